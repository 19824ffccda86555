//! MS-SRVS, the Server Service Remote Protocol: one file per operation, with its number, its request and its
//! response; the structures that the operations share are in [`info`].
//!
//! Each message is written and read by the same lines, in the 32-bit and the 64-bit transfer syntax, so that
//! what a client sends is what a server reads. Here is only the wire: who may call, what matches and what a
//! server does are told in the comments and done elsewhere.
//!
//! An information level tells a part of what is known of a session, file, connection, share or server. There
//! is one structure for each of these, whose members are `None` where the level does not carry them. A text
//! that is `None` at a level that carries it is a null pointer; the empty text is something else. A number
//! that is `None` at a level that carries it is written as zero.
//!
//! ```
//! use netsession_rpc::ndr::{Syntax, decode, encode};
//! use netsession_srvs::{Operation, session_del, unc_name};
//!
//! let request = session_del::Request {
//!     server_name: Some(unc_name("fs1")),
//!     client_name: Some(unc_name("10.0.0.5")),
//!     user_name: Some("alice".into()),
//! };
//! let stub = encode(request.clone(), Syntax::Ndr32)?;
//! assert_eq!(decode::<session_del::Request>(&stub, Syntax::Ndr32)?, request);
//! assert_eq!(session_del::Request::OPNUM.0, 13);
//! # Ok::<(), netsession_rpc::ndr::NdrError>(())
//! ```
#![forbid(unsafe_code)]

pub mod connection_enum;
mod enum_struct;
pub mod file_close;
pub mod file_enum;
pub mod file_get_info;
pub mod info;
mod info_struct;
mod level;
mod operation;
pub mod oracle;
pub mod remote_tod;
pub mod server_get_info;
pub mod session_del;
pub mod session_enum;
pub mod share_check;
pub mod share_enum;
pub mod share_enum_sticky;
pub mod share_get_info;

pub use enum_struct::EnumStruct;
pub use info_struct::InfoStruct;
pub use level::{Info, Level};
pub use operation::{Answer, Operation, Opnum};

use netsession_rpc::SyntaxId;

/// The interface srvsvc, version 3.0 ([MS-SRVS] 1.9).
pub const INTERFACE: SyntaxId = SyntaxId::new(0x4b32_4fc8_1670_01d3_1278_5a47_bf6e_e188, 3);

/// The name of the pipe on `IPC$` ([MS-SRVS] 2.1).
pub const PIPE: &str = "srvsvc";

/// As a preferred maximum length: everything in one answer ([MS-SRVS] 2.2.2.2).
pub const MAX_PREFERRED_LENGTH: u32 = u32::MAX;

/// The most characters of a client's, user's, share's or path's name in a request, without the terminator
/// ([MS-SRVS] 3.1.4.1 to 3.1.4.6); a longer one is answered with `ERROR_INVALID_PARAMETER`.
pub const MAX_NAME_LENGTH: usize = 1023;

/// A computer's name as `ServerName` has it: with two backslashes before it ([MS-SRVS] 2.2.1.1).
#[must_use]
pub fn unc_name(computer: &str) -> String {
    format!(r"\\{}", computer.trim_start_matches('\\'))
}
