//! Foreign servers, clients and proxies for the tests, and the tests that need them.
//!
//! A test in `tests/` starts a [`Samba`] of its own, holds sessions on it with [`Samba::hold`], runs the command with
//! [`Netsession`], and asks Samba's own `smbstatus` ([`Samba::status`]) who is right. A [`Proxy`] between any two of them
//! gives a client another address, counts, delays, cuts or tampers.
//!
//! Nothing here needs root, and nothing is left behind: see [`guard`] and [`samba`].
#![cfg(unix)]
#![forbid(unsafe_code)]

pub mod browser;
pub mod crowd;
pub mod either;
pub mod embedded;
pub mod guard;
pub mod half_logon;
pub mod impacket;
pub mod languages;
pub mod netsession;
pub mod output;
pub mod own_network;
pub mod pages;
pub mod proxy;
pub mod rpcclient;
pub mod samba;
pub mod serve;
pub mod smbclient;
pub mod smbprotocol;
pub mod suites;
pub mod terminal;
mod wait;

pub use browser::Browser;
pub use crowd::Crowd;
pub use either::Either;
pub use embedded::Embedded;
pub use impacket::impacket;
pub use netsession::{Netsession, Outcome};
pub use pages::Pages;
pub use proxy::Proxy;
pub use rpcclient::rpcclient;
pub use samba::{ADMIN, OPERATOR, PASSWORD, Samba};
pub use serve::Serve;
pub use smbclient::{Held, Put, Smbclient};
pub use smbprotocol::Smbprotocol;
pub use terminal::Terminal;
pub use wait::wait_until;
