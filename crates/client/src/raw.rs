//! The single calls of [MS-SRVS] and [MS-WKST], as Windows' functions have them: with information levels, preferred lengths and
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
    ConnectionInfo, ConnectionLevel, FileInfo, FileLevel, PlatformId, ServerInfo, ServerLevel, ServerLimits,
    ServerType, SessionFlags, SessionInfo, SessionLevel, ShareFlags, ShareInfo, ShareLevel, TimeOfDayInfo,
};
pub use netsession_srvs::server_statistics_get::StatServer;
pub use netsession_srvs::server_transport_enum::{TransportInfo, TransportLevel};
pub use netsession_srvs::{MAX_NAME_LENGTH, MAX_PREFERRED_LENGTH};
pub use netsession_wkssvc::get_join_information::JoinStatus;
pub use netsession_wkssvc::wksta_get_info::WkstaInfo;
pub use netsession_wkssvc::wksta_user_enum::WkstaUserInfo;
pub use netsession_wkssvc::workstation_statistics_get::StatWorkstation;

/// The single calls over one connection. [`Server::raw`](crate::Server::raw) returns it.
///
/// ```
/// use netsession::raw::{PageRequest, SessionLevel};
/// use netsession::{ConnectOptions, Login, Secret, Server};
///
/// # #[cfg(not(unix))]
/// # fn main() {}
/// # #[cfg(unix)]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut admin = netsession_server::Account::with_password("adm1", "secret");
/// # admin.admin = true;
/// # let builder = netsession_server::Server::builder().listen(([127, 0, 0, 1], 0).into()).account(admin);
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let embedded = builder.start()?;
/// # let target = embedded.addresses()[0].into();
/// # let login = Login::new("adm1", Secret::password("secret"))?;
/// # let mut server = Server::connect(&target, &login, &ConnectOptions::default()).await?;
/// // Reads the sessions in pages of about 4 KiB.
/// let mut next = PageRequest { maximum: 4096, resume: Some(0) };
/// let mut sessions = Vec::new();
/// loop {
///     let page = server.raw().session_enum(SessionLevel::INFO_10, None, None, next).await?;
///     sessions.extend(page.entries);
///     if !page.has_more {
///         break;
///     }
///     next.resume = Some(page.resume);
/// }
/// assert_eq!(sessions[0].username.as_deref(), Some("adm1"));
/// # server.close().await?;
/// # embedded.stop().await;
/// # Ok(())
/// # })
/// # }
/// ```
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
