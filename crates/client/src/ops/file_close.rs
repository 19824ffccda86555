//! Closing an open file ([MS-SRVS] 3.1.4.4, NetrFileClose).

use std::time::Duration;

use netsession_srvs::{file_close::Request, info};
use tokio::time::{Instant, sleep};

use super::file_enum;
use crate::calls::Connector;
use crate::link::Link;
use crate::{Error, FileId, Win32Error};

const CALL: &str = Request::NAME;
/// How long a file that was closed may still be listed, and how often that is looked at.
const PATIENCE: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(50);

/// Closes the open file `id`.
///
/// Samba answers "no such file" for an unknown id, and later versions after closing one too: so what was open before is
/// listed, unless the file was listed already, and listed again where the answer does not settle it. An unknown id is
/// `NERR_FileIdNotFound` everywhere.
pub(crate) async fn file_close<C: Connector>(link: &mut Link<C>, id: FileId) -> Result<(), Error> {
    let is_seen = |seen: &Option<Vec<FileId>>| seen.as_ref().is_some_and(|seen| seen.contains(&id));
    if !is_seen(&link.files_seen) {
        match file_enum::listed(link).await {
            // Who may not list may still be allowed to close.
            Ok(_) | Err(Error::Answered { .. } | Error::Fault { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let was_open = is_seen(&link.files_seen);
    let result = close(link, id, was_open).await;
    if let (Ok(()), Some(seen)) = (&result, &mut link.files_seen) {
        seen.retain(|open| *open != id);
    }
    result
}

async fn close<C: Connector>(link: &mut Link<C>, id: FileId, was_open: bool) -> Result<(), Error> {
    let request = Request { server_name: link.server_name(), file_id: info::FileId(id.0) };
    match link.call(request).await.map(|answer| answer.status) {
        Ok(code) if code.is_success() => Ok(()),
        Ok(Win32Error::ERROR_FILE_NOT_FOUND | Win32Error::NERR_FILE_ID_NOT_FOUND) => {
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
    let deadline = Instant::now() + PATIENCE;
    loop {
        let listed = file_enum::listed(link).await?;
        if !listed.iter().any(|file| file.id == id) {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        sleep(INTERVAL).await;
    }
}
