//! MS-WKST, the Workstation Service Remote Protocol: one file per operation, with its declaration, its request and its
//! response. A client asks a computer for its name, its version, its domain, the users who are logged on, and the use of its SMB client.
//!
//! As in `netsession-srvs`, the same lines write and read a message, and a member is `None` at a level that does not carry it.
//!
//! ```
//! use netsession_rpc::ndr::{Syntax, decode, encode};
//! use netsession_wkssvc::wksta_get_info;
//!
//! let request = wksta_get_info::Request { server_name: Some(r"\\fs1".into()), level: 100 };
//! let stub = encode(request.clone(), Syntax::Ndr32)?;
//! assert_eq!(decode::<wksta_get_info::Request>(&stub, Syntax::Ndr32)?, request);
//! # Ok::<(), netsession_rpc::ndr::NdrError>(())
//! ```
#![forbid(unsafe_code)]

pub mod get_join_information;
pub mod wksta_get_info;
pub mod wksta_user_enum;
pub mod workstation_statistics_get;

use netsession_rpc::{Description, Interface, SyntaxId};

/// The interface wkssvc, version 1.0 ([MS-WKST] 1.9).
///
/// ```
/// use netsession_rpc::Interface;
/// use netsession_wkssvc::Wkssvc;
///
/// assert_eq!(Wkssvc::operation(20).map(|operation| operation.name), Some("NetrGetJoinInformation"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wkssvc;

impl Interface for Wkssvc {
    const ID: SyntaxId = SyntaxId::new(0x6bff_d098_a112_3610_9833_46c3_f87e_345a, 1);
    const PIPE: &'static str = "wkssvc";
    const OPERATIONS: &'static [Description] = &[
        Description::of::<get_join_information::Request>("get_join_information"),
        Description::of::<wksta_get_info::Request>("wksta_get_info"),
        Description::of::<wksta_user_enum::Request>("wksta_user_enum"),
        Description::of::<workstation_statistics_get::Request>("workstation_statistics_get"),
    ];
}

/// The programs in the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
