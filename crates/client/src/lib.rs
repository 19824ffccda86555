//! See who is connected to SMB file servers, and disconnect them: `NetSessionDel` and its family for every operating
//! system, with nothing to install on the server.
//!
//! A [`Session`] is a client computer and a user, as one server lists them. A [`Selector`] selects sessions. Ending
//! them takes three steps, so that a person can look before anything happens: [`Server::plan_end`] lists and decides,
//! [`EndPlan::preview`] shows, and [`EndPlan::end`] carries the plan out. Its [`EndReport`] has the outcome of each
//! session. [`Server::plan_close`] does the same for open files.
//!
//! ```
//! # #[cfg(unix)] {
//! # use netsession_server::{Account, Server as Embedded};
//! use netsession::{ConnectOptions, EndOptions, Login, Secret, Selector, Server, ServerTarget};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! # // An embedded server stands in for a file server.
//! # let mut admin = Account::with_password("adm1", "secret");
//! # admin.admin = true;
//! # let bob = Account::with_password("bob", "secret");
//! # let embedded = Embedded::builder().listen(([127, 0, 0, 1], 0).into()).account(admin).account(bob).start()?;
//! # let target = ServerTarget::from(embedded.addresses()[0]);
//! # let options = ConnectOptions::default();
//! # let bob = Login::new("bob", Secret::password("secret"))?;
//! # let _bob = Server::connect(&target, &bob, &options).await?;
//! // `target` is "fs1".parse()?, for example.
//! let login = Login::new("adm1", Secret::password("secret"))?;
//! let mut server = Server::connect(&target, &login, &ConnectOptions::default()).await?;
//! for session in server.sessions().await? {
//!     println!("{} from {}, {:?} open", session.user, session.client, session.opens);
//! }
//!
//! let selector = Selector::ClientAndUser("127.0.0.0/8".parse()?, "b*".parse()?);
//! let plan = server.plan_end(&selector, &EndOptions::default()).await?;
//! assert_eq!(plan.preview().to_end()[0].user, "bob");
//! let report = plan.end().await;
//! assert_eq!((report.ended.len(), report.remaining.len()), (1, 0));
//! server.close().await?;
//! # embedded.stop().await;
//! # Ok(())
//! # })
//! # }
//! # main().unwrap();
//! # }
//! ```
//!
//! - [`Server::session_del`] is `NetSessionDel` itself, with its error codes.
//! - [`raw`] has the single calls, with levels and resume handles.
//! - [`blocking`] is the library without async.
//! - An [`Observer`] sees each changing request before it is sent, and its outcome.
//! - [`Snapshot`] and [`session_difference`] compare two listings.
//! - Each [`Error`] says what failed and why, has a [`hint`](Error::hint), and maps to the code that Windows' functions
//!   return ([`Error::win32`]). A call without an answer is [unknown](Error::is_unknown), not failed.
//! - A field is None if the server did not return it, or returned an impossible value.
//! - Every message is signed, or encrypted if the server can. The library refuses a server that offers less.
//!
//! # Runtime
//! The async methods need a tokio runtime with net and time enabled, and panic outside of one. They start no task: a
//! connection moves while you await one of its methods. [`blocking`] has a runtime of its own.
//!
//! # Compatibility
//! Public enums are `non_exhaustive`, and so are the reports and previews that the library makes for you to read.
//! Filters and options that you fill, and the rows of listings such as [`OpenFile`] and [`Share`], are plain structs,
//! so that you can construct them.
#![forbid(unsafe_code)]

mod account;
mod address;
pub mod blocking;
mod calls;
mod close;
mod connection;
mod dfs;
mod dialer;
mod difference;
mod end;
mod end_request;
mod error;
mod filter;
mod kerberos;
mod learned;
mod link;
mod local;
mod login;
mod method;
mod name;
pub mod netbios;
mod observer;
mod open_file;
mod ops;
mod options;
mod own;
mod page;
pub mod raw;
mod refusal;
mod selector;
mod server;
mod server_details;
mod session;
mod share;
mod share_change;
#[cfg(test)]
mod testing;
mod transport;

pub use account::{Account, AccountChange, RemainingAdministrators, UnknownAdministrators};
pub use address::{ParseAddressError, ServerAddress};
pub use close::{CloseOutcome, ClosePreview, CloseReport, CloseResult, FileSelection};
pub use connection::{Connection, ConnectionQualifier};
pub use dfs::DfsReferral;
pub use difference::{
    BeforeAfter, Difference, Snapshot, connection_difference, file_difference, session_difference,
    share_difference,
};
pub use end::{AffectedFile, EndPreview, EndReport, Outcome, PlannedFate, SpareReason, Spared, Unsent};
pub use end_request::{ClientName, EndRequest, NameError, UserName};
pub use error::{Error, Hint, NetBiosError, Protection, Step, SystemResource, Violation};
pub use filter::FileFilter;
pub use kerberos::{
    Kerberos, KerberosError, KerberosReason, LogonMechanism, ParseKerberosError, Ticket, check_chosen_library,
};
pub use local::{Announcement, LOCAL_VARIABLE, Local, LocalServer, PrivateFile, ServerTarget};
pub use login::{Login, ParseLoginError, Password, Secret};
pub use netsession_rpc::FaultCode;
pub use netsession_samr::{AccountControl, ParseSidError, Sid};
pub use netsession_srvs::info::ShareType;
pub use netsession_srvs::{ParseSessionIdError, SessionId};
pub use netsession_wire::{DecodeError, NtStatus, Win32Error, wide};
pub use observer::{Change, ChangeOutcome, Observer};
pub use open_file::{FileId, FileListing, OpenFile, Permissions};
pub use options::{ConnectOptions, Dialect, Encryption, EndOptions, NetBios};
pub use refusal::Refusal;
pub use selector::{
    ClientPattern, Filter, ListedIds, ListedPairs, ParseSelectorError, Selector, ServerNames, SessionFilter,
    Unreported, UserPattern,
};
pub use server::Server;
pub use server::close_plan::ClosePlan;
pub use server::end_plan::EndPlan;
pub use server::share_plan::SharePlan;
pub use server_details::{Platform, ServerDetails, ServerType};
pub use session::{Own, Session, SessionListing};
pub use share::Share;
pub use share_change::{ConnectionLimit, ShareChange, ShareObstacle, SharePreview, ShareReport, ShareResult};
pub use transport::{DiskShare, EarlyConnection};
