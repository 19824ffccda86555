//! The single calls of [MS-SRVS], as Windows' functions have them: with information levels, preferred lengths and
//! resume handles. They are the methods of [`Raw`].
//!
//! Most programs need only the methods of [`Server`](crate::Server). The C library netapi32 needs these calls. If a
//! server lacks a level, a filter or a whole call, the library sends another request and computes the same result. A
//! field that the server does not return is None.
//!
//! ```
//! use netsession::raw::{PageRequest, SessionLevel};
//! use netsession::{Error, Server};
//!
//! async fn names(server: &mut Server) -> Result<Vec<Option<String>>, Error> {
//!     let page = server.raw().session_enum(SessionLevel::INFO_10, None, None, PageRequest::ALL).await?;
//!     Ok(page.entries.into_iter().map(|session| session.username).collect())
//! }
//! ```

pub mod check;

use crate::dialer::Dialer;
use crate::link::Link;

pub use crate::page::{Page, PageRequest};
pub use netsession_srvs::info::{
    ConnectionInfo, ConnectionLevel, FileInfo, FileLevel, PlatformId, ServerInfo, ServerLevel, SessionFlags,
    SessionInfo, SessionLevel, ShareInfo, ShareLevel, TimeOfDayInfo,
};
pub use netsession_srvs::{MAX_NAME_LENGTH, MAX_PREFERRED_LENGTH};

/// The single calls over one connection. [`Server::raw`](crate::Server::raw) returns it.
// The file of each operation in `ops/` adds the method for its call.
#[derive(Debug)]
pub struct Raw<'a> {
    pub(crate) link: &'a mut Link<Dialer>,
}

impl<'a> Raw<'a> {
    pub(crate) const fn new(link: &'a mut Link<Dialer>) -> Self {
        Self { link }
    }
}
