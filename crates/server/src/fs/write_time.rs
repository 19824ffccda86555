//! How the writes of an open file change its times ([MS-FSA] 2.1.5.4, 2.1.5.15.2).

use std::time::SystemTime;

use netsession_smb::fscc::FileTime;
use netsession_wire::NtStatus;

use super::info::{Dos, FileInfo, last_write};
use super::open::Open;
use super::status::to_status;
use super::times::{DelayedWrite, set_times};

impl Open {
    /// Prepares a write of data: it leaves LastWriteTime as it was for a while, or for good if a client has set that.
    pub(super) fn before_write(&self) {
        let shown = {
            let state = self.node().state();
            match state.delayed_write {
                Some(delayed) if !delayed.is_over() => return,
                _ => self.times().kept().is_none(),
            }
        };
        if !shown {
            return;
        }
        let Ok(last_write) = self.file().and_then(|file| last_write(file).map_err(to_status)) else { return };
        let delayed = DelayedWrite { by: self.key(), shown: last_write, until: self.times().delay() };
        self.node().state().delayed_write = Some(delayed);
    }

    /// Gives the file the LastWriteTime that a client has set to stay, after a change of its data.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(super) fn keep_last_write(&self) -> Result<(), NtStatus> {
        match self.times().kept() {
            Some(kept) => set_times(self.record()?, FileTime::ZERO, kept),
            None => Ok(()),
        }
    }

    /// Gives the file the time at which this open is closed, if it has written and the server has not shown that yet.
    pub(crate) fn end_writes(&self) {
        let is_due = |delayed: &mut DelayedWrite| delayed.by == self.key() && delayed.until.is_none();
        let ended = self.node().state().delayed_write.take_if(is_due);
        if let (Some(_), Ok(file)) = (ended, self.record()) {
            // The system's own time for this can be some milliseconds old.
            _ = set_times(file, FileTime::ZERO, FileTime::from_system(SystemTime::now()));
        }
    }

    /// Shows the true LastWriteTime from now on: after a flush, or a change of the size or of the times.
    pub(super) fn show_last_write(&self) {
        self.node().state().delayed_write = None;
    }

    /// Gives ChangeTime back to the system, after a change other than of the data. The change itself has succeeded, so a
    /// file system that cannot store this is no error.
    pub(super) fn forget_change_time(&self) {
        let Ok(file) = self.record() else { return };
        let dos = Dos::read(file);
        if dos.change.is_some() {
            _ = Dos { change: None, ..dos }.write(file);
        }
    }

    /// Returns the file's current information, with the LastWriteTime that clients may see now.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn info(&self) -> Result<FileInfo, NtStatus> {
        let info = self.own_info()?;
        let mut state = self.node().state();
        state.delayed_write.take_if(|delayed| delayed.is_over());
        let last_write = state.delayed_write.map_or(info.last_write, |delayed| delayed.shown);
        Ok(FileInfo { last_write, ..info })
    }
}
