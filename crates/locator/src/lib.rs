//! Finds a domain controller as Windows does ([MS-ADTS] 6.3.6, [MS-NRPC] 3.5.4.3.1): SRV records in DNS name the candidates,
//! and the LDAP ping shows which of them answer and what they can do.
//!
//! The nameservers are those of `/etc/resolv.conf`, and on Windows those of the network adapters. Nothing is cached: each call asks DNS and pings. Neither DNS nor the ping
//! is protected, so an attacker on the network can name another computer; a logon with Kerberos detects that.
//!
//! ```no_run
//! use std::time::Duration;
//! use netsession_locator::{Flags, Request, locate};
//!
//! let request = Request { domain: Some("lab.test"), flags: Flags::WRITABLE_REQUIRED, ..Request::default() };
//! let controller = locate(&request, Duration::from_secs(10))?;
//! println!("{} at {}", controller.dns_host, controller.address);
//! # Ok::<(), netsession_locator::LocateError>(())
//! ```
#![forbid(unsafe_code)]

mod ber;
mod controller;
mod dns;
mod error;
mod flags;
mod locate;
mod netlogon;
mod ping;
mod pings;
mod services;

pub use controller::DomainController;
pub use error::LocateError;
pub use flags::{Flags, Roles};
pub use locate::{Request, locate};
pub use netsession_wire::Guid;
