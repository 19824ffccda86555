//! MS-SAMR, the Security Account Manager Remote Protocol: one file per operation, with its declaration, its request and its
//! response. A client finds an account at a server or a domain controller, and disables or enables it.
//!
//! As in `netsession-srvs`, the same lines write and read a message. Only the operations that this needs are here.
//!
//! ```
//! use netsession_rpc::ndr::{Syntax, decode, encode};
//! use netsession_samr::{Handle, UserAccess, open_user};
//!
//! let access = UserAccess::READ_ACCOUNT | UserAccess::WRITE_ACCOUNT;
//! let request = open_user::Request { domain: Handle::default(), access, rid: 1003 };
//! let stub = encode(request.clone(), Syntax::Ndr32)?;
//! assert_eq!(decode::<open_user::Request>(&stub, Syntax::Ndr32)?, request);
//! # Ok::<(), netsession_rpc::ndr::NdrError>(())
//! ```
#![forbid(unsafe_code)]

mod access;
mod account_control;
pub mod close_handle;
pub mod connect5;
pub mod enumerate_domains_in_sam_server;
pub mod get_members_in_alias;
pub mod get_members_in_group;
mod handle;
pub mod lookup_domain_in_sam_server;
pub mod lookup_names_in_domain;
pub mod open_alias;
pub mod open_domain;
pub mod open_group;
pub mod open_user;
pub mod query_information_user;
pub mod set_information_user;
mod sid;
#[cfg(test)]
mod tests;

pub use access::{AliasAccess, DomainAccess, GroupAccess, ServerAccess, UserAccess};
pub use account_control::AccountControl;
pub use handle::Handle;
pub use sid::{ParseSidError, Sid};

use netsession_rpc::{Description, Interface, SyntaxId};

/// The RID of the group Domain Admins ([MS-DTYP] 2.4.2.4).
pub const DOMAIN_ADMINS: u32 = 512;
/// The RID of the alias Administrators in the domain Builtin ([MS-SAMR] 2.2.1.14).
pub const ADMINISTRATORS: u32 = 544;

/// The interface samr, version 1.0 ([MS-SAMR] 1.9).
///
/// ```
/// use netsession_rpc::Interface;
/// use netsession_samr::Samr;
///
/// assert_eq!(Samr::operation(34).map(|operation| operation.name), Some("SamrOpenUser"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Samr;

impl Interface for Samr {
    const ID: SyntaxId = SyntaxId::new(0x1234_5778_1234_abcd_ef00_0123_4567_89ac, 1);
    const PIPE: &'static str = "samr";
    const OPERATIONS: &'static [Description] = &[
        Description::of::<close_handle::Request>("close_handle"),
        Description::of::<lookup_domain_in_sam_server::Request>("lookup_domain_in_sam_server"),
        Description::of::<enumerate_domains_in_sam_server::Request>("enumerate_domains_in_sam_server"),
        Description::of::<open_domain::Request>("open_domain"),
        Description::of::<lookup_names_in_domain::Request>("lookup_names_in_domain"),
        Description::of::<open_group::Request>("open_group"),
        Description::of::<get_members_in_group::Request>("get_members_in_group"),
        Description::of::<open_alias::Request>("open_alias"),
        Description::of::<get_members_in_alias::Request>("get_members_in_alias"),
        Description::of::<open_user::Request>("open_user"),
        Description::of::<query_information_user::Request>("query_information_user"),
        Description::of::<set_information_user::Request>("set_information_user"),
        Description::of::<connect5::Request>("connect5"),
    ];
}

/// The programs in the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
