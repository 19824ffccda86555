//! Returning one open file ([MS-SRVS] 3.1.4.3, NetrFileGetInfo).

use netsession_srvs::file_enum;
use netsession_srvs::file_get_info::Request;
use netsession_srvs::info::{self, FileInfo, FileLevel};

use super::pages;
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Error, FileId, Win32Error};

const CALL: &str = Request::NAME;

impl Reading for Request {}

method! { Raw;
    /// Returns the open file with this id ([MS-SRVS] 3.1.4.3).
    ///
    /// # Errors
    /// [`Error::Answered`] with `ERROR_FILE_NOT_FOUND` if there is none.
    pub async fn file_get_info(&mut self, id: FileId, level: FileLevel) -> Result<FileInfo, Error> {
        file_get_info(self.link, id, level).await
    }
}

/// Returns the open file with this id, as `NetFileGetInfo` does. If the server lacks the call (Samba), this function
/// lists all files.
pub(crate) async fn file_get_info<C: Connector>(
    link: &mut Link<C>,
    id: FileId,
    level: FileLevel,
) -> Result<FileInfo, Error> {
    let file_id = info::FileId(id.0);
    let answer = link.ask(Request { server_name: link.server_name(), file_id, level }).await;
    match answer.map(|answer| (answer.status, answer.info_struct.info)) {
        Ok((code, Some(file))) if code.is_success() => Ok(file),
        Ok((Win32Error::ERROR_INVALID_LEVEL, _)) | Err(Error::Fault { .. }) => among_all(link, file_id).await,
        Ok((code, _)) => Err(link.answered_badly(CALL, code)),
        Err(error) => Err(error),
    }
}

async fn among_all<C: Connector>(link: &mut Link<C>, id: info::FileId) -> Result<FileInfo, Error> {
    let request = file_enum::Request::asking(FileLevel::INFO_3);
    let request = file_enum::Request { server_name: link.server_name(), ..request };
    let (code, files) = pages::all(link, request).await?;
    let found = files.into_iter().find(|file| file.id == id);
    match code.is_success() {
        true => found.ok_or_else(|| link.answered(CALL, Win32Error::ERROR_FILE_NOT_FOUND)),
        false => Err(link.answered(CALL, code)),
    }
}
