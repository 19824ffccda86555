//! MS-SRVS, the Server Service Remote Protocol: one file per operation, with its declaration, its request and its
//! response. [`info`] has the structures that the operations share.
//!
//! The same lines write and read a message, in the 32-bit and in the 64-bit transfer syntax, so that a server reads
//! exactly what a client sends. This crate contains only the messages. The documentation of each operation says what a
//! server does; the crate `netsession-server` does it.
//!
//! An information level carries a part of what a server knows about a session, a file, a connection, a share or itself.
//! One structure holds all levels of each: a member is `None` at a level that does not carry it. At a level that carries
//! it, a text that is `None` is a null pointer (an empty text is not), and a number that is `None` is
//! written as zero.
//!
//! ```
//! use netsession_rpc::ndr::{Syntax, decode, encode};
//! use netsession_srvs::{session_del, unc_name};
//!
//! let request = session_del::Request {
//!     server_name: Some(unc_name("fs1")),
//!     client_name: Some(unc_name("10.0.0.5")),
//!     user_name: Some("alice".into()),
//! };
//! let stub = encode(request.clone(), Syntax::Ndr32)?;
//! assert_eq!(decode::<session_del::Request>(&stub, Syntax::Ndr32)?, request);
//! assert_eq!((session_del::Request::OPNUM, session_del::Request::NAME), (13, "NetrSessionDel"));
//! # Ok::<(), netsession_rpc::ndr::NdrError>(())
//! ```
//!
//! # Adding an operation
//!
//! Add a file with `netsession_rpc::operation! { crate::Srvsvc: NAME = OPNUM, ... }` and the two messages. The build
//! script finds it, and [`operations!`] and [`Srvsvc`]'s table contain it: nothing else in this crate changes.
#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

pub mod context;
mod enum_struct;
pub mod info;
mod info_struct;
mod level;
mod operation;
mod session_id;

pub use enum_struct::EnumStruct;
pub use info_struct::InfoStruct;
pub use level::{Info, Level};
pub use operation::Operation;
pub use session_id::{ParseSessionIdError, SessionId};

use netsession_rpc::{Description, Interface, SyntaxId};

macro_rules! modules {
    ($($stem:ident)*) => {
        $(pub mod $stem;)*

        const OPERATIONS: &[Description] = &[$(Description::of::<$stem::Request>(stringify!($stem))),*];
    };
}

operations!(modules);

/// The interface srvsvc, version 3.0 ([MS-SRVS] 1.9).
///
/// ```
/// use netsession_rpc::Interface;
/// use netsession_srvs::Srvsvc;
///
/// let operation = Srvsvc::operation(13).expect("an operation that this crate has");
/// assert_eq!((operation.name, operation.stem), ("NetrSessionDel", "session_del"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Srvsvc;

impl Interface for Srvsvc {
    const ID: SyntaxId = SyntaxId::new(0x4b32_4fc8_1670_01d3_1278_5a47_bf6e_e188, 3);
    const PIPE: &'static str = "srvsvc";
    const OPERATIONS: &'static [Description] = OPERATIONS;
}

/// The UUID and the version of [`Srvsvc`].
pub const INTERFACE: SyntaxId = Srvsvc::ID;

/// The name of the pipe on `IPC$` ([MS-SRVS] 2.1).
pub const PIPE: &str = Srvsvc::PIPE;

/// A preferred maximum length that asks for everything in one response ([MS-SRVS] 2.2.2.2).
pub const MAX_PREFERRED_LENGTH: u32 = u32::MAX;

/// The most characters in the name of a client, user, share or path in a request, without the terminator ([MS-SRVS]
/// 3.1.4.1 to 3.1.4.6). A server answers a longer name with `ERROR_INVALID_PARAMETER`.
pub const MAX_NAME_LENGTH: usize = 1023;

/// Returns the name of a computer as `ServerName` carries it: with two backslashes before it ([MS-SRVS] 2.2.1.1).
///
/// ```
/// assert_eq!(netsession_srvs::unc_name("fs1"), r"\\fs1");
/// assert_eq!(netsession_srvs::unc_name(r"\\fs1"), r"\\fs1");
/// ```
#[must_use]
pub fn unc_name(computer: &str) -> String {
    format!(r"\\{}", computer.trim_start_matches('\\'))
}

/// The programs in the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
