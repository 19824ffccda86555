//! The layer between the library `netsession`, which connects to one server, and its front ends: the command and the C
//! library.
//!
//! It decides which servers to query, which login goes to which server, and how many servers to query at once. A front
//! end only shows results and asks a person.
//!
//! - [`NamedServer`] reads the names that people type; [`ServerSelection`] adds groups, lists and exclusions; [`targets`] makes each a [`Target`] with its login and options.
//! - [`Place::of`] finds the server to which a path leads: a UNC path, a URL, or a path that is mounted here.
//! - [`is_shared`] finds whether a server shares a path of its own.
//! - [`follow()`] connects to that server, and follows DFS referrals.
//! - [`describe()`] shows what names of servers stand for, and which login each server would get.
//! - [`holders()`] finds the sessions that can hold an open file.
//! - [`LoginSources::choose`] decides which login may go to which server. [`Policy`] says whether a person or only a program
//!   named the server. [`Logins`] adds the password. [`SetLogins`] and [`PrintedPasswords`] keep logins and passwords for
//!   several calls.
//! - [`ask_many()`] queries many servers, and returns a stream of [`Answers`], within [`Limits`].
//! - [`Target::ask`] reads from a server or from a cluster, where another node takes over if one does not answer.
//!   [`Target::ask_all_nodes`] finds each [`SilentNode`], too, whose sessions are missing. [`named_nodes`] finds nodes of one cluster that are named beside each other.
//! - [`HostNames`] looks up the names of clients that servers list by address.
//! - [`Snapshots`] keeps the listings of several servers, and finds what changed since the previous ones.
//! - [`watch()`] lists from many servers again and again, and [`LastListings`] finds what changed.
//! - [`carry_on()`] keeps somebody out of servers for a time.
//! - [`Observers`] see each changing request before the library sends it, and its outcome; [`ChangeLog`] logs both.
//! - [`Recorder`] records each change in the journal before the library sends it.
//! - Each [`Error`] has a [`Hint`], if a person can do something, and maps to a Windows code.
//!
//! ```
//! use netsession_admin::{LoginSources, Logins, NamedServer, NoQuestions, Policy, PrintedPasswords, Target};
//!
//! let sources = LoginSources {
//!     user: Some("adm1".to_owned()),
//!     password: Some("secret".to_owned().into()),
//!     ..LoginSources::default()
//! };
//! let (printed, mut nobody) = (PrintedPasswords::default(), NoQuestions);
//! let mut logins = Logins::new(Policy::PersonNamed, sources, &printed, &mut nobody);
//! let target = Target::find(&NamedServer::parse(r"\\FS1")?, None, &Default::default(), &mut logins)?;
//! assert_eq!((target.name(), target.address().host()), (r"\\FS1", "FS1"));
//! # Ok::<(), netsession_admin::Error>(())
//! ```
//!
//! Public enums of errors, hints and warnings are `non_exhaustive`; structs that callers fill are not.
#![forbid(unsafe_code)]

mod ask_many;
mod client_names;
mod connect_flags;
mod describe;
mod error;
mod follow;
mod groups;
mod hold;
mod holders;
mod host_names;
mod limits;
mod login_rule;
mod login_sources;
mod logins;
mod named_server;
mod observers;
mod open_files;
mod pace;
mod paths;
mod policy;
mod printed_passwords;
mod questions;
mod recorder;
mod server_selection;
mod set_logins;
mod snapshots;
mod target;
mod trial;
mod watch;

pub use ask_many::{Answer, Answers, Outcome, Outstanding, ask_many};
pub use client_names::resolve_selectors;
pub use connect_flags::ConnectFlags;
pub use describe::{ServerDescription, describe};
pub use error::{
    AccountProblem, Error, GET_TICKET, Hint, Missing, NAME_SERVER, NoLogin, PasswordPlace, PathError,
    ServersError, SilentNode,
};
pub use follow::{Followed, Step, follow};
pub use hold::{
    HoldCarrier, HoldEnd, HoldEvent, HoldTargets, SharedHolds, account_targets, carry_on, disable_accounts,
    enable_accounts, find_accounts, hold_addresses, hold_is_open_ended, hold_logs_on_as, hold_names_login,
    hold_namesake, hold_nodes, hold_options, hold_place, hold_selection, hold_selector, hold_targets,
    unattended_account_targets,
};
pub use holders::{Holder, holders, narrow_holders};
pub use host_names::HostNames;
pub use limits::Limits;
pub use login_rule::Choice;
pub use login_sources::{LoginFlags, LoginSources, Warning};
pub use logins::Logins;
pub use named_server::NamedServer;
pub use netsession_config::{Password, has_password};
pub use observers::{ChangeLog, Observers};
pub use open_files::reserve_connections;
pub use paths::{Place, Presence, SharePath, is_shared, unquoted, without_streams};
pub use policy::Policy;
pub use printed_passwords::PrintedPasswords;
pub use questions::{NoQuestions, Questions, Unattended};
pub use recorder::describe::is_untouched;
pub use recorder::{ChangeNote, Recorded, Recorder, Recording, forward, location};
pub use server_selection::ServerSelection;
pub use set_logins::{LoginScope, SetLogin, SetLogins};
pub use snapshots::{Look, ServerChange, ServerDifference, Snapshots};
pub use target::{
    Answered, ChangePlan, NamedNodes, Seen, Silence, Target, look_alikes, named_nodes, targets,
};
pub use watch::{
    Down, LastListings, Listed, NodeEvent, OnDemand, OnDemandServer, QueryTimes, RowEvent, SilentNodes,
    Update, Watch, WatchOptions, watch,
};
