//! [`CarrierLock`]: which process carries a hold on.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::{Error, private};

/// A file that its process keeps locked, so that the system frees it however the process ends.
#[derive(Debug)]
pub struct CarrierLock {
    path: PathBuf,
    file: File,
    is_removed: bool,
}

impl CarrierLock {
    pub(super) fn take(path: &Path, program: &str, is_removed: bool) -> Result<Option<Self>, Error> {
        let mut file = private::open(path, true)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(cause)) => return Err(Error::file(path, cause)),
        }
        // The process before this one may have removed the file meanwhile: another process would make a new one, and lock that.
        if !private::has_name(&file, path) {
            return Ok(None);
        }
        let text = format!("{program} {}\n", std::process::id());
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
        written.map_err(|cause| Error::file(path, cause))?;
        Ok(Some(Self { path: path.to_owned(), file, is_removed }))
    }
}

impl Drop for CarrierLock {
    fn drop(&mut self) {
        if self.is_removed {
            // Another process makes a new file.
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

pub(super) fn lock_path(database: &Path, name: &str) -> PathBuf {
    private::beside(database, &format!("{name}.lock"))
}

/// Returns the process that carries a hold on.
pub(super) fn carrier(database: &Path, id: u64) -> Option<String> {
    holder(&lock_path(database, &format!("hold-{id}")))
}

/// Returns what a process wrote into the file that it keeps locked.
pub(super) fn holder(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text).ok()?;
            Some(text.trim().to_owned())
        }
        _ => None,
    }
}
