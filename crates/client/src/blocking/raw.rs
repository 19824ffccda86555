use tokio::runtime::Runtime;

use crate::raw::{
    self, ConnectionInfo, ConnectionLevel, FileInfo, FileLevel, Page, PageRequest, ServerInfo, ServerLevel,
    SessionInfo, SessionLevel, ShareInfo, ShareLevel, TimeOfDayInfo,
};
use crate::{Error, FileId, ShareType};

/// The single calls: [`raw::Raw`] without async.
#[derive(Debug)]
pub struct Raw<'a> {
    raw: raw::Raw<'a>,
    runtime: &'a Runtime,
}

impl<'a> Raw<'a> {
    pub(super) const fn new(raw: raw::Raw<'a>, runtime: &'a Runtime) -> Self {
        Self { raw, runtime }
    }

    /// As [`raw::Raw::session_enum`].
    ///
    /// # Errors
    /// As there.
    pub fn session_enum(
        &mut self,
        level: SessionLevel,
        client: Option<&str>,
        user: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<SessionInfo>, Error> {
        self.runtime.block_on(self.raw.session_enum(level, client, user, page))
    }

    /// As [`raw::Raw::session_del`].
    ///
    /// # Errors
    /// As there.
    pub fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        self.runtime.block_on(self.raw.session_del(client, user))
    }

    /// As [`raw::Raw::session_get_info`].
    ///
    /// # Errors
    /// As there.
    pub fn session_get_info(
        &mut self,
        level: SessionLevel,
        client: &str,
        user: &str,
    ) -> Result<SessionInfo, Error> {
        self.runtime.block_on(self.raw.session_get_info(level, client, user))
    }

    /// As [`raw::Raw::file_enum`].
    ///
    /// # Errors
    /// As there.
    pub fn file_enum(
        &mut self,
        level: FileLevel,
        path: Option<&str>,
        user: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<FileInfo>, Error> {
        self.runtime.block_on(self.raw.file_enum(level, path, user, page))
    }

    /// As [`raw::Raw::file_get_info`].
    ///
    /// # Errors
    /// As there.
    pub fn file_get_info(&mut self, id: FileId, level: FileLevel) -> Result<FileInfo, Error> {
        self.runtime.block_on(self.raw.file_get_info(id, level))
    }

    /// As [`raw::Raw::connection_enum`].
    ///
    /// # Errors
    /// As there.
    pub fn connection_enum(
        &mut self,
        level: ConnectionLevel,
        qualifier: &str,
        page: PageRequest,
    ) -> Result<Page<ConnectionInfo>, Error> {
        self.runtime.block_on(self.raw.connection_enum(level, qualifier, page))
    }

    /// As [`raw::Raw::share_enum`].
    ///
    /// # Errors
    /// As there.
    pub fn share_enum(&mut self, level: ShareLevel, page: PageRequest) -> Result<Page<ShareInfo>, Error> {
        self.runtime.block_on(self.raw.share_enum(level, page))
    }

    /// As [`raw::Raw::share_get_info`].
    ///
    /// # Errors
    /// As there.
    pub fn share_get_info(&mut self, name: &str, level: ShareLevel) -> Result<ShareInfo, Error> {
        self.runtime.block_on(self.raw.share_get_info(name, level))
    }

    /// As [`raw::Raw::share_check`].
    ///
    /// # Errors
    /// As there.
    pub fn share_check(&mut self, device: &str) -> Result<ShareType, Error> {
        self.runtime.block_on(self.raw.share_check(device))
    }

    /// As [`raw::Raw::server_get_info`].
    ///
    /// # Errors
    /// As there.
    pub fn server_get_info(&mut self, level: ServerLevel) -> Result<ServerInfo, Error> {
        self.runtime.block_on(self.raw.server_get_info(level))
    }

    /// As [`raw::Raw::remote_tod`].
    ///
    /// # Errors
    /// As there.
    pub fn remote_tod(&mut self) -> Result<TimeOfDayInfo, Error> {
        self.runtime.block_on(self.raw.remote_tod())
    }
}
