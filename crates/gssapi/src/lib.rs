//! Kerberos by the system's own library, which is loaded when it is first needed: GSSAPI ([RFC 2744], [RFC 4121]), or
//! SSPI on Windows.
//!
//! The system's library knows every kind of ticket cache (FILE, DIR, KCM, KEYRING, API), `krb5.conf`, referrals and
//! plug-ins, and adds no dependency to a computer that has none. [`Library::get`] loads MIT's library, or else
//! Heimdal's, or reports that there is none. On macOS it loads Apple's GSS.framework, which is Heimdal's.
//!
//! - A [`Credential`] comes from a ticket cache, a password or a keytab.
//! - An [`Initiator`] logs on to a service with it; an [`Acceptor`] verifies such a logon with the keys of a keytab.
//!   Both produce and consume bare Kerberos tokens, which SPNEGO wraps.
//! - [`read_keytab`] lists the principals of a keytab, and [`is_in_ticket_file`] looks for a ticket, without a library.
//! - [`Established`] is the result of both: the two names, the session key and integrity codes.
//! - An [`Error`] has the library's statuses, and a [`Reason`] that a program can match.
//!
//! Every call may wait for a ticket server or for DNS, for a minute and longer: run it on a thread of its own, under a
//! deadline. This crate creates no ticket cache on disk. The library adds the service's ticket to the cache that the
//! user has, as it does for every program.
//!
//! ```no_run
//! use netsession_gssapi::{Credential, Initiator, Library, Service};
//!
//! let library = Library::get()?;
//! let credential = Credential::from_cache(library, None)?;
//! let service = Service::new("cifs", "fs1.lab.test");
//! let mut initiator = Initiator::new(credential, &service)?;
//! let first = initiator.step(None)?;
//! assert!(first.token.is_some() && !first.is_complete, "mutual authentication needs the server's answer");
//! # Ok::<(), netsession_gssapi::Error>(())
//! ```
//!
//! # Unsafe code
//! This crate calls C functions, so it contains `unsafe`. Three rules make the blocks sound:
//! 1. A function pointer comes from the symbol of that name, with the signature of RFC 2744 or of the library's header,
//!    and the library is never unloaded (`gss/raw.rs`, `gss/library.rs`).
//! 2. A handle (name, credential, context, buffer) is owned by exactly one value, which releases it once (`gss/handle.rs`, `sspi/windows.rs`).
//! 3. A C structure that points to Rust memory lives only during the call that reads it (`gss/buffer.rs`,
//!    `sspi/windows.rs`).

mod error;
mod flavor;
#[cfg(unix)]
mod gss;
mod integrity;
mod keytab;
mod name;
mod principal;
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), expect(dead_code, reason = "only Windows acquires credentials by it"))]
mod sspi;
mod step;
mod ticket_file;

#[cfg(unix)]
use gss as system;
#[cfg(windows)]
use sspi as system;

pub use error::{Error, Reason, Status};
pub use flavor::{Flavor, LIBRARY_VARIABLE};
pub use integrity::MECHANISM_NAMES;
pub use keytab::{KeytabEntry, read_keytab};
pub use name::{Service, User};
pub use step::Step;
pub use system::{Acceptor, Credential, Established, Initiator, Library};
pub use ticket_file::is_in_ticket_file;

/// The programs in the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
