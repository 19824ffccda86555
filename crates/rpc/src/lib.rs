//! DCE/RPC over named pipes and NDR, with no I/O, both roles.
//!
//! [`client::Association`] turns calls into bytes for a pipe and the pipe's bytes into results;
//! [`server::Association`] does the same for the other end.
#![forbid(unsafe_code)]

pub mod client;
mod error;
mod fault;
mod fragments;
pub mod ndr;
pub mod operation;
pub mod oracle;
pub mod pdu;
pub mod server;

pub use error::RpcError;
pub use fault::FaultCode;
pub use operation::{Description, Interface, MessageDescription, Operation, Response};
pub use pdu::SyntaxId;
