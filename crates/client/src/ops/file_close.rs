//! Closing an open file ([MS-SRVS] 3.1.4.4, NetrFileClose).

use std::time::Duration;

use netsession_srvs::{file_close::Request, info};
use tokio::time::{Instant, sleep};

use super::file_enum;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::{Change, Changing};
use crate::{Error, FileId, Win32Error};

const CALL: &str = Request::NAME;
/// How long the server may still list a closed file, and the pause between two listings.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

method! { Server;
    /// Closes an open file, as `NetFileClose` does ([MS-SRVS] 3.1.4.4).
    /// [`Server::plan_close`](crate::Server::plan_close) shows the file first.
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_FileIdNotFound` if no open file has this id, and with `ERROR_ACCESS_DENIED` if
    /// the user may not close files. [`Error::is_unknown`] if no answer came. [`Error::Vetoed`] if an observer refused.
    pub async fn file_close(&mut self, id: FileId) -> Result<(), Error> {
        file_close(&mut self.link, id).await
    }
}

impl Changing for Request {
    fn change(&self, server: &str) -> Change {
        Change::CloseFile { server: server.to_owned(), id: FileId(self.file_id.0) }
    }
}

/// Closes the open file `id`.
///
/// Samba answers "no such file" for an unknown id, and recent versions also after closing a file. Therefore this
/// function lists the open files first, unless the last listing had the file, and again if the answer alone does not
/// show whether the file is closed. For an unknown id it returns `NERR_FileIdNotFound` at every server.
pub(crate) async fn file_close<C: Connector>(link: &mut Link<C>, id: FileId) -> Result<(), Error> {
    let was_listed = |open: &Option<Vec<FileId>>| open.as_ref().is_some_and(|ids| ids.contains(&id));
    if !was_listed(&link.learned.open_files) {
        match file_enum::listed(link).await {
            // A user without the right to list files may still have the right to close them.
            Ok(_) | Err(Error::Answered { .. } | Error::Fault { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let was_open = was_listed(&link.learned.open_files);
    let result = close(link, id, was_open).await;
    if let (Ok(()), Some(open)) = (&result, &mut link.learned.open_files) {
        open.retain(|other| *other != id);
    }
    result
}

async fn close<C: Connector>(link: &mut Link<C>, id: FileId, was_open: bool) -> Result<(), Error> {
    let request = Request { server_name: link.server_name(), file_id: info::FileId(id.0) };
    match link.change(request).await.map(|answer| answer.status) {
        Ok(code) if code.is_success() => Ok(()),
        // Samba's answer; another server's `NERR_FileIdNotFound` means that somebody else has closed the file.
        Ok(Win32Error::ERROR_FILE_NOT_FOUND) => {
            if was_open && is_gone_soon(link, id).await? {
                return Ok(());
            }
            Err(link.answered(CALL, Win32Error::NERR_FILE_ID_NOT_FOUND))
        }
        Ok(code) => Err(link.answered(CALL, code)),
        Err(lost @ Error::Disconnected { .. }) if was_open => match is_gone_soon(link, id).await {
            Ok(true) => Ok(()),
            _ => Err(lost),
        },
        Err(error) => Err(error),
    }
}

async fn is_gone_soon<C: Connector>(link: &mut Link<C>, id: FileId) -> Result<bool, Error> {
    let deadline = Instant::now() + VERIFY_TIMEOUT;
    loop {
        let listed = file_enum::listed(link).await?;
        if !listed.iter().any(|file| file.id == id) {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        sleep(POLL_INTERVAL).await;
    }
}
