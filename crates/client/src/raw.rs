//! The calls of [MS-SRVS] one by one, as Windows' functions have them: with information levels, preferred lengths and
//! resume handles.
//!
//! [`Server`](crate::Server)'s own methods are what most programs want. Here is what it takes to give others the
//! functions of netapi32: what a server lacks or ignores is made up for, and what it does not tell is None.

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

/// The calls, over one connection.
#[derive(Debug)]
pub struct Raw<'a> {
    link: &'a mut Link<Dialer>,
}

impl<'a> Raw<'a> {
    pub(crate) const fn new(link: &'a mut Link<Dialer>) -> Self {
        Self { link }
    }

    /// A part of the sessions of `client` and `user`, where None or an empty text is any.
    ///
    /// # Errors
    /// By [`Error::win32`]: what [`check::session_enum`] says; `NERR_ClientNameNotFound` or `NERR_UserNotFound` where
    /// nothing matches; `ERROR_ACCESS_DENIED`.
    pub async fn session_enum(
        &mut self,
        level: SessionLevel,
        client: Option<&str>,
        user: Option<&str>,
        asked: PageRequest,
    ) -> Result<Page<SessionInfo>, Error> {
        check::session_enum(level, client, user)?;
        session_enum::page(self.link, level, (client, user), asked).await
    }

    /// As [`Server::session_del`](crate::Server::session_del).
    ///
    /// # Errors
    /// As there.
    pub async fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del::session_del(self.link, client, user).await
    }

    /// The first session of `user` from `client`.
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

    /// A part of the open files below `path` and of `user` (or, on Windows, `\\\\client`), where None or an empty text is
    /// any.
    ///
    /// # Errors
    /// [`Error::Answered`], with `NERR_BufTooSmall` where not even one entry fits.
    pub async fn file_enum(
        &mut self,
        level: FileLevel,
        path: Option<&str>,
        user: Option<&str>,
        asked: PageRequest,
    ) -> Result<Page<FileInfo>, Error> {
        file_enum::page(self.link, level, (path, user), asked).await
    }

    /// The open file of that number.
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_FILE_NOT_FOUND` where there is none.
    pub async fn file_get_info(&mut self, id: FileId, level: FileLevel) -> Result<FileInfo, Error> {
        file_get_info::file_get_info(self.link, id, level).await
    }

    /// A part of the connections to a share, or from a client, which is given with `\\\\`.
    ///
    /// # Errors
    /// [`Error::Answered`]; [`Error::HidesConnections`] by client on Samba.
    pub async fn connection_enum(
        &mut self,
        level: ConnectionLevel,
        qualifier: &str,
        asked: PageRequest,
    ) -> Result<Page<ConnectionInfo>, Error> {
        connection_enum::page(self.link, level, qualifier, asked).await
    }

    /// A part of the shares.
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` at levels that are for administrators.
    pub async fn share_enum(
        &mut self,
        level: ShareLevel,
        asked: PageRequest,
    ) -> Result<Page<ShareInfo>, Error> {
        share_enum::page(self.link, level, asked).await
    }

    /// The share of that name.
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_NetNameNotFound` where there is none.
    pub async fn share_get_info(&mut self, name: &str, level: ShareLevel) -> Result<ShareInfo, Error> {
        share_get_info::share_get_info(self.link, name, level).await
    }

    /// What kind of share a device or folder is.
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_DeviceNotShared` where it is none.
    pub async fn share_check(&mut self, device: &str) -> Result<ShareType, Error> {
        share_check::share_check(self.link, device).await
    }

    /// What the server says of itself.
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` at levels that are for administrators.
    pub async fn server_get_info(&mut self, level: ServerLevel) -> Result<ServerInfo, Error> {
        server_get_info::at_level(self.link, level).await
    }

    /// What the server's clock says.
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn remote_tod(&mut self) -> Result<TimeOfDayInfo, Error> {
        remote_tod::remote_tod(self.link).await
    }
}

/// What is wrong with a call before anything is sent: the same checks that the calls begin with.
pub mod check {
    use super::{Error, SessionLevel, Step, Win32Error, is_too_long};
    use crate::{name, ops::session_del};

    /// `NetSessionDel` with these names.
    ///
    /// # Errors
    /// [`Error::Parameter`], as [`Server::session_del`](crate::Server::session_del) has them.
    pub fn session_del(client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del::check(client, user)
    }

    /// `NetSessionEnum` with these.
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
            false => refuse(call, Win32Error::ERROR_INVALID_LEVEL, "there is no such level"),
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
