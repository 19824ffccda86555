//! The single calls of [MS-SRVS], as Windows' functions have them: with information levels, preferred lengths and resume
//! handles. [`Raw`] has them all.
//!
//! Most programs want the methods of [`Server`](crate::Server). The calls here make the functions of netapi32 possible: they
//! make up for levels, filters and whole calls that a server lacks. A field that the server does not return is None.
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

use crate::dialer::Dialer;
use crate::link::Link;
use crate::ops::{
    connection_enum, file_enum, file_get_info, remote_tod, server_get_info, session_del, session_enum,
    session_get_info, share_check, share_enum, share_get_info,
};
use crate::{Error, FileId, ShareType, Step, Win32Error};

pub use crate::page::{Page, PageRequest};
pub use netsession_srvs::info::{
    ConnectionInfo, ConnectionLevel, FileInfo, FileLevel, PlatformId, ServerInfo, ServerLevel, SessionFlags,
    SessionInfo, SessionLevel, ShareInfo, ShareLevel, TimeOfDayInfo,
};
pub use netsession_srvs::{MAX_NAME_LENGTH, MAX_PREFERRED_LENGTH};

/// The single calls over one connection. [`Server::raw`](crate::Server::raw) returns it.
#[derive(Debug)]
pub struct Raw<'a> {
    link: &'a mut Link<Dialer>,
}

impl<'a> Raw<'a> {
    pub(crate) const fn new(link: &'a mut Link<Dialer>) -> Self {
        Self { link }
    }

    /// Lists a page of the sessions of `client` and `user` ([MS-SRVS] 3.1.4.5). None and an empty text match any.
    ///
    /// # Errors
    /// By [`Error::win32`]: the errors of [`check::session_enum`]; `NERR_ClientNameNotFound` or `NERR_UserNotFound` if
    /// nothing matches; `ERROR_ACCESS_DENIED`.
    pub async fn session_enum(
        &mut self,
        level: SessionLevel,
        client: Option<&str>,
        user: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<SessionInfo>, Error> {
        check::session_enum(level, client, user)?;
        session_enum::page(self.link, level, (client, user), page).await
    }

    /// As [`Server::session_del`](crate::Server::session_del).
    ///
    /// # Errors
    /// As there.
    pub async fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del::session_del(self.link, client, user).await
    }

    /// Returns the first session of `user` from `client`.
    ///
    /// # Errors
    /// As [`Raw::session_enum`].
    pub async fn session_get_info(
        &mut self,
        level: SessionLevel,
        client: &str,
        user: &str,
    ) -> Result<SessionInfo, Error> {
        check::session_enum(level, Some(client), Some(user))?;
        session_get_info::session_get_info(self.link, level, client, user).await
    }

    /// Lists a page of the open files below `path` and of `user` ([MS-SRVS] 3.1.4.2). None and an empty text match any. On
    /// Windows `user` may also be `\\client`.
    ///
    /// # Errors
    /// [`Error::Answered`], with `NERR_BufTooSmall` if not even one entry fits.
    pub async fn file_enum(
        &mut self,
        level: FileLevel,
        path: Option<&str>,
        user: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<FileInfo>, Error> {
        file_enum::page(self.link, level, (path, user), page).await
    }

    /// Returns the open file with this id ([MS-SRVS] 3.1.4.3).
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_FILE_NOT_FOUND` if there is none.
    pub async fn file_get_info(&mut self, id: FileId, level: FileLevel) -> Result<FileInfo, Error> {
        file_get_info::file_get_info(self.link, id, level).await
    }

    /// Lists a page of the connections to a share, or from a `\\client` ([MS-SRVS] 3.1.4.1).
    ///
    /// # Errors
    /// [`Error::Answered`]; [`Error::HidesConnections`] by client on Samba.
    pub async fn connection_enum(
        &mut self,
        level: ConnectionLevel,
        qualifier: &str,
        page: PageRequest,
    ) -> Result<Page<ConnectionInfo>, Error> {
        connection_enum::page(self.link, level, qualifier, page).await
    }

    /// Lists a page of the shares ([MS-SRVS] 3.1.4.8).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` at the levels for administrators.
    pub async fn share_enum(
        &mut self,
        level: ShareLevel,
        page: PageRequest,
    ) -> Result<Page<ShareInfo>, Error> {
        share_enum::page(self.link, level, page).await
    }

    /// Returns the share with this name ([MS-SRVS] 3.1.4.10).
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_NetNameNotFound` if there is none.
    pub async fn share_get_info(&mut self, name: &str, level: ShareLevel) -> Result<ShareInfo, Error> {
        share_get_info::share_get_info(self.link, name, level).await
    }

    /// Returns the type of the share that a device or folder is ([MS-SRVS] 3.1.4.16).
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_DeviceNotShared` if it is not shared.
    pub async fn share_check(&mut self, device: &str) -> Result<ShareType, Error> {
        share_check::share_check(self.link, device).await
    }

    /// Returns the server's description of itself ([MS-SRVS] 3.1.4.17).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` at the levels for administrators.
    pub async fn server_get_info(&mut self, level: ServerLevel) -> Result<ServerInfo, Error> {
        server_get_info::at_level(self.link, level).await
    }

    /// Returns the time of the server's clock ([MS-SRVS] 3.1.4.21).
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn remote_tod(&mut self) -> Result<TimeOfDayInfo, Error> {
        remote_tod::remote_tod(self.link).await
    }
}

/// The checks with which the calls begin, before anything is sent.
pub mod check {
    use super::{Error, SessionLevel, Step, Win32Error, is_too_long};
    use crate::{name, ops::session_del};

    /// Checks the arguments of `NetSessionDel`.
    ///
    /// # Errors
    /// [`Error::Parameter`], as [`Server::session_del`](crate::Server::session_del).
    pub fn session_del(client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del::check(client, user)
    }

    /// Checks the arguments of `NetSessionEnum`.
    ///
    /// # Errors
    /// [`Error::Parameter`] with `ERROR_INVALID_LEVEL`; `ERROR_INVALID_PARAMETER` for a name of more than 1,023
    /// characters; `NERR_InvalidComputer` for a client that does not begin with `\\`.
    pub fn session_enum(level: SessionLevel, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        const CALL: &str = netsession_srvs::session_enum::Request::NAME;
        self::level(CALL, SessionLevel::ALL.contains(&level))?;
        names(CALL, &[client, user])?;
        match name::non_empty(client) {
            Some(client) if !client.starts_with(r"\\") => {
                refuse(CALL, Win32Error::NERR_INVALID_COMPUTER, r"a client's name begins with \\")
            }
            _ => Ok(()),
        }
    }

    pub(super) fn level(call: &'static str, is_known: bool) -> Result<(), Error> {
        match is_known {
            true => Ok(()),
            false => refuse(call, Win32Error::ERROR_INVALID_LEVEL, "the level does not exist"),
        }
    }

    pub(super) fn names(call: &'static str, names: &[Option<&str>]) -> Result<(), Error> {
        match names.iter().flatten().any(|name| is_too_long(name)) {
            true => {
                refuse(call, Win32Error::ERROR_INVALID_PARAMETER, "a name is longer than 1,023 characters")
            }
            false => Ok(()),
        }
    }

    pub(super) fn refuse(call: &'static str, code: Win32Error, why: &'static str) -> Result<(), Error> {
        Err(Error::Parameter { step: Step::Call(call), code, why })
    }
}

fn is_too_long(name: &str) -> bool {
    name.encode_utf16().count() > MAX_NAME_LENGTH
}
