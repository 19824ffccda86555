//! SMB 2.1 to 3.1.1 with no I/O: messages, cryptography, NTLM, state machines.
//!
//! - [`client::Client`] and [`server::Connection`] are the two sides of a connection. The program passes bytes, time
//!   and random numbers to them, and sends the bytes that they return.
//! - [`auth`] has the mechanisms for logging on: NTLM inside SPNEGO, and the traits for others.
//! - [`msg`] has the messages of [MS-SMB2], [`fscc`] the structures of [MS-FSCC], [`crypto`] signing and encryption.
//!
//! A client begins with a NEGOTIATE request, which the program sends in a frame over TCP:
//!
//! ```
//! use netsession_smb::client::{Client, Config, Entropy};
//! use netsession_wire::Guid;
//!
//! // A program draws these from a random generator.
//! let entropy = Entropy { client_guid: Guid([1; 16]), salt: [2; 32], nonce_seed: [3; 12] };
//! let mut client = Client::new(Config::new("fs1.example.com"), entropy)?;
//! let negotiate = client.transmit().expect("the client negotiates first");
//! assert_eq!(negotiate.get(4..8), Some(&b"\xfeSMB"[..]), "4 bytes of length, then the message");
//! # Ok::<(), netsession_smb::client::Error>(())
//! ```
//!
//! # Conventions
//! Errors, events, and the enums from which a host chooses are `non_exhaustive`, because they grow. Enums of which a
//! caller must handle every case, and types that mirror the specification, are not. Structs that only this crate creates
//! ([`client::Negotiated`], [`server::Facts`], [`auth::ServerIdentity`]) are `non_exhaustive`; those that a program, a
//! mechanism or the tests of a host create ([`client::Config`], [`auth::Accepted`], [`server::LoggedOn`]) are not. `Debug`
//! shows no password, hash or key.
#![forbid(unsafe_code)]

pub mod auth;
#[cfg(test)]
mod captures;
pub mod client;
pub mod crypto;
pub mod fscc;
pub mod msg;
pub mod oracle;
pub mod server;
mod structure;

pub use structure::Structure;

/// The programs in the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
