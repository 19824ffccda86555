//! Foreign servers, clients and proxies for the tests, and the tests that need them.
//!
//! A test in `tests/` starts a [`Samba`] of its own, holds sessions on it with [`Samba::hold`], runs the command with
//! [`Netsession`], and compares the result with Samba's own `smbstatus` ([`Samba::status`]). A [`Proxy`] between two of them
//! gives a client another address, counts, delays, cuts or changes messages. [`Embedded`] is the embedded server, and [`Either`]
//! runs one test on both.
//!
//! ```no_run
//! use netsession_conformance::{Netsession, Samba};
//!
//! # fn main() -> anyhow::Result<()> {
//! let samba = Samba::start()?;
//! let mut alice = samba.hold_from("alice", 7)?; // a session from the client 127.0.0.7
//! Netsession::admin()?.args(["end", &samba.name(), "--user", "alice", "--yes"]).run()?.expect_code(0)?;
//! assert!(!alice.works()?);
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here needs root, and a test leaves nothing behind: see [`guard`] and [`samba`].
#![cfg(unix)]
#![forbid(unsafe_code)]

pub mod browser;
pub mod certificates;
pub mod cluster;
pub mod crowd;
pub mod domain;
pub mod either;
pub mod embedded;
pub mod estate;
pub mod foreign;
pub mod guard;
pub mod half_logon;
pub mod impacket;
pub mod languages;
pub mod lines;
pub mod linux;
pub mod memory;
pub mod netsession;
pub mod output;
pub mod own_network;
pub mod pages;
pub mod postgres;
pub mod prometheus;
pub mod proxy;
pub mod raw_client;
pub mod rpcclient;
pub mod samba;
pub mod serve;
pub mod smbclient;
pub mod smbprotocol;
pub mod suites;
pub mod terminal;
mod wait;

pub use browser::Browser;
pub use cluster::Cluster;
pub use crowd::Crowd;
pub use domain::Domain;
pub use either::Either;
pub use embedded::Embedded;
pub use estate::Estate;
pub use foreign::Foreign;
pub use impacket::impacket;
pub use lines::lines;
pub use linux::Linux;
pub use netsession::{Netsession, Outcome};
pub use pages::Pages;
pub use proxy::Proxy;
pub use raw_client::RawClient;
pub use rpcclient::rpcclient;
pub use samba::{ADMIN, OPERATOR, PASSWORD, Samba};
pub use serve::Serve;
pub use smbclient::{Held, Put, Smbclient};
pub use smbprotocol::Smbprotocol;
pub use terminal::Terminal;
pub use wait::wait_until;
