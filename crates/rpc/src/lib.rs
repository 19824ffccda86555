//! DCE/RPC over named pipes, and NDR, with no I/O and for both roles.
//!
//! [`client::Association`] turns calls into bytes for a pipe, and the bytes of the pipe into results.
//! [`server::Association`] is the other end. [`ndr`] writes and reads the messages, and [`operation!`] declares the
//! operations that they belong to. Here a client and a server bind an interface without any pipe:
//!
//! ```
//! use netsession_rpc::server::Event;
//! use netsession_rpc::{SyntaxId, client, server};
//!
//! let interface = SyntaxId::new(0x4b324fc8_1670_01d3_1278_5a47bf6ee188, 3);
//! let served = vec![server::Interface::new(interface)];
//! let mut server = server::Association::new(server::Config::new(r"\PIPE\srvsvc".into(), served));
//! let mut client = client::Association::new(client::Config::default());
//!
//! let (_, bind) = client.bind(interface)?;
//! server.push(&bind);
//! let Some(Event::Send(ack)) = server.poll() else { panic!("no response to the bind") };
//! assert!(matches!(client.push(&ack)?, Some(client::Answer::Bound { .. })));
//! # Ok::<(), netsession_rpc::RpcError>(())
//! ```
//!
//! Errors and descriptions are `non_exhaustive`. [`client::Answer`] and [`server::Event`] are not, because a caller must
//! handle each of them, and neither are structures that the caller fills, nor the PDUs of [`pdu`], whose fields the
//! specification fixes.
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

/// The programs in the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
