//! See who is connected to SMB file servers, and disconnect them.
//!
//! This library is the function family of `NetSessionDel` for every operating system: it lists the sessions,
//! open files, connections and shares of a file server over MS-SRVS, and ends exactly the sessions that are
//! meant. A [`Session`] is a client computer and a user as one server lists them; a [`Selector`] says which
//! of them are meant.
#![forbid(unsafe_code)]

mod address;
pub mod blocking;
mod calls;
mod connection;
mod dialer;
mod end;
mod error;
mod filter;
mod link;
mod local;
mod login;
mod many;
mod name;
pub mod netbios;
mod open_file;
mod ops;
mod options;
mod own;
mod selector;
mod server;
mod server_info;
mod session;
mod share;
#[cfg(test)]
mod testing;
mod transport;

pub use address::{ParseAddressError, ServerAddress};
pub use connection::{Connection, ConnectionQualifier};
pub use end::{EndPlan, EndReport, Outcome, SpareReason, Spared};
pub use error::{Error, Step};
pub use filter::FileFilter;
pub use local::{LOCAL_VARIABLE, ServerTarget};
pub use login::{Login, ParseLoginError, Secret};
pub use many::side_by_side;
pub use netsession_wire::{NtStatus, Win32Error};
pub use open_file::{FileId, OpenFile, Permissions};
pub use options::{ConnectOptions, Dialect, Encryption, EndOptions, NetBios};
pub use selector::{ClientPattern, ParseSelectorError, Selector, ServerNames, UserPattern};
pub use server::Server;
pub use server_info::{Platform, ServerInfo, ServerType};
pub use session::{Own, Session};
pub use share::{Share, ShareType};
