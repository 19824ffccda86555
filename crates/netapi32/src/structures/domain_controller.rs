//! The structures of a domain controller.
#![allow(non_camel_case_types, non_snake_case)]

use std::ffi::c_char;

use netsession_locator::{DomainController, Guid};

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// A globally unique identifier.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GUID {
    /// The first four octets, as a number.
    pub Data1: u32,
    /// The next two.
    pub Data2: u16,
    /// The next two.
    pub Data3: u16,
    /// The others.
    pub Data4: [u8; 8],
}

/// DS_INET_ADDRESS: the address is an IP address.
const DS_INET_ADDRESS: u32 = 1;
/// The names of the controller, of the domain and of the forest are DNS names.
const DS_DNS_CONTROLLER_FLAG: u32 = 0x2000_0000;
const DS_DNS_DOMAIN_FLAG: u32 = 0x4000_0000;
const DS_DNS_FOREST_FLAG: u32 = 0x8000_0000;

macro_rules! domain_controller {
    ($(#[$meta:meta])* $name:ident, $character:ty, $text:ident) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Debug, Clone, Copy)]
        pub struct $name {
            /// The controller, with two backslashes.
            pub DomainControllerName: *mut $character,
            /// Its address, with two backslashes.
            pub DomainControllerAddress: *mut $character,
            /// The kind of the address: 1 for an IP address.
            pub DomainControllerAddressType: u32,
            /// The GUID of the domain.
            pub DomainGuid: GUID,
            /// The domain.
            pub DomainName: *mut $character,
            /// The DNS name of the forest.
            pub DnsForestName: *mut $character,
            /// What the controller does: `DS_..._FLAG`.
            pub Flags: u32,
            /// The site of the controller.
            pub DcSiteName: *mut $character,
            /// The site of this computer.
            pub ClientSiteName: *mut $character,
        }

        impl Record for $name {
            type Info = (DomainController, bool);

            fn of((found, is_flat): &Self::Info, tail: &mut Tail<'_>) -> Self {
                let (host, domain) = match is_flat {
                    true => (&found.netbios_host, &found.netbios_domain),
                    false => (&found.dns_host, &found.dns_domain),
                };
                let dns = if *is_flat { 0 } else { DS_DNS_CONTROLLER_FLAG | DS_DNS_DOMAIN_FLAG };
                Self {
                    DomainControllerName: tail.$text(Some(&format!(r"\\{host}"))),
                    DomainControllerAddress: tail.$text(Some(&format!(r"\\{}", found.address))),
                    DomainControllerAddressType: DS_INET_ADDRESS,
                    DomainGuid: guid(found),
                    DomainName: tail.$text(Some(domain)),
                    DnsForestName: tail.$text(Some(&found.forest)),
                    Flags: found.roles.bits() | DS_DNS_FOREST_FLAG | dns,
                    DcSiteName: tail.$text(Some(&found.site)),
                    ClientSiteName: tail.$text(Some(&found.client_site)),
                }
            }
        }
    };
}

domain_controller! {
    /// A domain controller, with wide texts.
    DOMAIN_CONTROLLER_INFOW, WCHAR, text
}

domain_controller! {
    /// A domain controller, with texts in UTF-8.
    DOMAIN_CONTROLLER_INFOA, c_char, utf8
}

impl From<GUID> for Guid {
    fn from(guid: GUID) -> Self {
        let [a, b, c, d] = guid.Data1.to_le_bytes();
        let ([e, f], [g, h]) = (guid.Data2.to_le_bytes(), guid.Data3.to_le_bytes());
        let [i, j, k, l, m, n, o, p] = guid.Data4;
        Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }
}

fn guid(found: &DomainController) -> GUID {
    let [a, b, c, d, e, f, g, h, rest @ ..] = found.domain_guid.0;
    GUID {
        Data1: u32::from_le_bytes([a, b, c, d]),
        Data2: u16::from_le_bytes([e, f]),
        Data3: u16::from_le_bytes([g, h]),
        Data4: rest,
    }
}
