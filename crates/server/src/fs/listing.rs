//! [`Listing`]: a search in a folder ([MS-FSA] 2.1.5.6.3).

use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use netsession_wire::NtStatus;
use rustix::fs::{AtFlags, Dir, Mode, OFlags};

use super::effort::Effort;
use super::info::{FileInfo, Kind};
use super::name;
use super::pattern::Pattern;
use super::status::to_status;

/// The memory budget of all searches in a share: each open folder can have one.
#[derive(Debug)]
pub(crate) struct SearchBudget {
    bytes: AtomicUsize,
    most: usize,
}

impl SearchBudget {
    /// Creates a budget of `most` bytes.
    #[must_use]
    pub(crate) const fn new(most: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), most }
    }
}

/// The part of the budget that one search uses; dropping it returns it.
#[derive(Debug)]
struct Reservation {
    kept: Arc<SearchBudget>,
    bytes: usize,
}

impl Reservation {
    fn add(&mut self, name: &str) -> Result<(), NtStatus> {
        /// Bytes that a name costs beside its text.
        const BESIDE: usize = 48;
        let more = name.len().saturating_add(BESIDE);
        self.bytes = self.bytes.saturating_add(more);
        let before = self.kept.bytes.fetch_add(more, Ordering::Relaxed);
        match before.saturating_add(more) > self.kept.most {
            true => Err(NtStatus::INSUFFICIENT_RESOURCES),
            false => Ok(()),
        }
    }

    fn give_back(&mut self) {
        self.kept.bytes.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// A search in a folder, which continues from call to call.
///
/// It reads all names when it starts, so that a client never misses a file that exists throughout. It reads each file's
/// information when it returns the entry.
#[derive(Debug)]
pub(crate) struct Listing {
    names: VecDeque<String>,
    part: Reservation,
    found: bool,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name as clients see it.
    pub(crate) name: String,
    /// Its information.
    pub(crate) info: FileInfo,
}

impl Listing {
    /// Starts a search in `folder` for `pattern`; its names count in `kept`.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` if the budget is used up; errors of the system.
    pub(crate) fn start(
        folder: &File,
        pattern: &str,
        kept: &Arc<SearchBudget>,
        effort: &Effort<'_>,
    ) -> Result<Self, NtStatus> {
        let pattern = Pattern::new(pattern);
        let mut part = Reservation { kept: Arc::clone(kept), bytes: 0 };
        let mut names = VecDeque::new();
        for entry in Dir::read_from(folder).map_err(to_status)? {
            effort.go_on()?;
            let entry = entry.map_err(to_status)?;
            // A name that is not UTF-8 has no form that a client could send back.
            let Ok(name) = entry.file_name().to_str() else { continue };
            let dots = matches!(name, "." | "..");
            if !dots && pattern.matches(&name::to_wire(name)) {
                part.add(name)?;
                names.push_back(name.to_owned());
            }
        }
        let dots = ["..", "."].into_iter().filter(|dots| pattern.has_wildcard() && pattern.matches(dots));
        dots.for_each(|dots| names.push_front(dots.to_owned()));
        Ok(Self { names, part, found: false })
    }

    /// Returns whether it has returned every name.
    pub(crate) fn is_over(&self) -> bool {
        self.names.is_empty()
    }

    /// Passes entries to `take` while it accepts them; the next call repeats the one that it did not accept.
    ///
    /// # Errors
    /// `STATUS_NO_SUCH_FILE` if no name matches, `STATUS_NO_MORE_FILES` at the end, and the error of `take` if it did not accept
    /// a single entry.
    pub(crate) fn next(
        &mut self,
        folder: &File,
        effort: &Effort<'_>,
        mut take: impl FnMut(&Entry) -> Result<bool, NtStatus>,
    ) -> Result<(), NtStatus> {
        let mut accepted = false;
        while let Some(disk_name) = self.names.front() {
            effort.go_on()?;
            if let Some(info) = entry_info(folder, disk_name) {
                let name = if disk_name == "." || disk_name == ".." {
                    disk_name.clone()
                } else {
                    name::to_wire(disk_name)
                };
                match take(&Entry { name, info }) {
                    Ok(true) => accepted = true,
                    Err(status) if !accepted => return Err(status),
                    Ok(false) | Err(_) => return Ok(()),
                }
            }
            self.names.pop_front();
        }
        self.names = VecDeque::new();
        self.part.give_back();
        let before = self.found;
        self.found |= accepted;
        match (accepted, before) {
            (true, _) => Ok(()),
            (false, true) => Err(NtStatus::NO_MORE_FILES),
            (false, false) => Err(NtStatus::NO_SUCH_FILE),
        }
    }
}

/// Returns the information about a name in a folder; none if it no longer exists or is of a hidden kind. It opens only files
/// and folders, because opening a device can have effects.
fn entry_info(folder: &File, name: &str) -> Option<FileInfo> {
    if name == ".." {
        // The parent folder may be outside the share: the folder's own record replaces it.
        return FileInfo::of(folder).ok()?;
    }
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let kind = Kind::of(&stat)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = if kind == Kind::Directory { flags | OFlags::DIRECTORY } else { flags };
    let opened: Result<OwnedFd, _> = rustix::fs::openat(folder, name, flags, Mode::empty());
    match opened {
        Ok(file) => FileInfo::of(file).ok()?,
        Err(_) => Some(FileInfo::from_stat(&stat, kind)),
    }
}
