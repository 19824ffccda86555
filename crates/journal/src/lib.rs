//! The journal of changes: who ended a session or closed a file, as which login, where, why, and with what result.
//!
//! A change has two rows: an [`Intent`], durable before the request leaves, and an [`Outcome`]. After a crash between them
//! it is not known whether the request was sent, and the journal says so. Rows are only appended. Each contains the hash of
//! the row before it, and a key signs each row and the last one, so that [`Journal::verify`] notices a row that somebody
//! changed, removed or added. `docs/journal.md` says what somebody with write access can and cannot hide.
//!
//! [`Holds`] are in the same database: who is kept out of which servers, and for how long.
//!
//! This crate knows nothing of SMB, and opens no connection to a server.
#![forbid(unsafe_code)]

mod account;
mod actor;
mod chain;
mod damage;
mod error;
mod folder;
mod forward;
mod hold;
mod holds;
mod journal;
mod json;
mod moment;
mod postgres;
mod private;
mod query;
mod record;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;
mod time;
mod verify;

pub use account::{AccountState, FoundAccount, HeldAccount};
pub use actor::{Actor, Person};
pub use chain::{Head, ParseHashError, RowHash};
pub use damage::Damage;
pub use error::{Error, Exposure, Hint};
pub use forward::Forward;
pub use hold::{ClientAddresses, Hold, HoldLogin, HoldOrder, HoldState};
pub use holds::{CarrierLock, Holds, HoldsVersion};
pub use journal::{Journal, Location, Recorded};
pub use json::is_hidden;
pub use moment::{BootTime, Moment};
pub use postgres::{DatabaseUrl, ParseUrlError, PasswordSource};
pub use query::Query;
pub use record::{
    Entry, Fate, Intent, LoginUsed, Operation, Outcome, Preview, Pruned, ServerUsed, Subject, SubjectOutcome,
};
pub use sqlite::BUSY_TIMEOUT;
pub use time::{ParseTimestampError, Timestamp};
pub use verify::Verified;
