//! The structures of a server's transports.
#![allow(non_camel_case_types)]

use netsession::raw::TransportInfo;

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// A transport of a server, level 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_TRANSPORT_INFO_0 {
    /// The number of clients.
    pub svti0_numberofvcs: u32,
    /// The name of the transport's device.
    pub svti0_transportname: *mut WCHAR,
    /// The address of the server on the transport, as octets.
    pub svti0_transportaddress: *mut u8,
    /// The number of these octets.
    pub svti0_transportaddresslength: u32,
    /// The address of the network adapter.
    pub svti0_networkaddress: *mut WCHAR,
}

/// A transport of a server, level 1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_TRANSPORT_INFO_1 {
    /// The number of clients.
    pub svti1_numberofvcs: u32,
    /// The name of the transport's device.
    pub svti1_transportname: *mut WCHAR,
    /// The address of the server on the transport, as octets.
    pub svti1_transportaddress: *mut u8,
    /// The number of these octets.
    pub svti1_transportaddresslength: u32,
    /// The address of the network adapter.
    pub svti1_networkaddress: *mut WCHAR,
    /// The domain.
    pub svti1_domain: *mut WCHAR,
}

/// A transport of a server, level 2.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_TRANSPORT_INFO_2 {
    /// The number of clients.
    pub svti2_numberofvcs: u32,
    /// The name of the transport's device.
    pub svti2_transportname: *mut WCHAR,
    /// The address of the server on the transport, as octets.
    pub svti2_transportaddress: *mut u8,
    /// The number of these octets.
    pub svti2_transportaddresslength: u32,
    /// The address of the network adapter.
    pub svti2_networkaddress: *mut WCHAR,
    /// The domain.
    pub svti2_domain: *mut WCHAR,
    /// Flags.
    pub svti2_flags: u32,
}

/// The octets of the address and their number, which is that of the octets that came, whatever the server claims.
fn address(info: &TransportInfo, tail: &mut Tail<'_>) -> (*mut u8, u32) {
    let octets = info.transportaddress.as_deref().unwrap_or_default();
    (tail.octets(octets), u32::try_from(octets.len()).unwrap_or(u32::MAX))
}

impl Record for SERVER_TRANSPORT_INFO_0 {
    type Info = TransportInfo;

    fn of(info: &TransportInfo, tail: &mut Tail<'_>) -> Self {
        let (svti0_transportaddress, svti0_transportaddresslength) = address(info, tail);
        Self {
            svti0_numberofvcs: info.numberofvcs,
            svti0_transportname: tail.text(info.transportname.as_deref()),
            svti0_transportaddress,
            svti0_transportaddresslength,
            svti0_networkaddress: tail.text(info.networkaddress.as_deref()),
        }
    }
}

impl Record for SERVER_TRANSPORT_INFO_1 {
    type Info = TransportInfo;

    fn of(info: &TransportInfo, tail: &mut Tail<'_>) -> Self {
        let (svti1_transportaddress, svti1_transportaddresslength) = address(info, tail);
        Self {
            svti1_numberofvcs: info.numberofvcs,
            svti1_transportname: tail.text(info.transportname.as_deref()),
            svti1_transportaddress,
            svti1_transportaddresslength,
            svti1_networkaddress: tail.text(info.networkaddress.as_deref()),
            svti1_domain: tail.text(info.domain.as_deref()),
        }
    }
}

impl Record for SERVER_TRANSPORT_INFO_2 {
    type Info = TransportInfo;

    fn of(info: &TransportInfo, tail: &mut Tail<'_>) -> Self {
        let (svti2_transportaddress, svti2_transportaddresslength) = address(info, tail);
        Self {
            svti2_numberofvcs: info.numberofvcs,
            svti2_transportname: tail.text(info.transportname.as_deref()),
            svti2_transportaddress,
            svti2_transportaddresslength,
            svti2_networkaddress: tail.text(info.networkaddress.as_deref()),
            svti2_domain: tail.text(info.domain.as_deref()),
            svti2_flags: info.flags.unwrap_or_default(),
        }
    }
}
