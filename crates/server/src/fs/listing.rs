//! What is in a folder ([MS-FSA] 2.1.5.6.3).

use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use netsession_wire::NtStatus;
use rustix::fs::{AtFlags, Dir, Mode, OFlags};

use super::info::{FileInfo, Kind};
use super::name;
use super::pattern::Pattern;
use super::status::of;

/// The memory that all searches through a share take together: each open folder can have one.
#[derive(Debug)]
pub(crate) struct Kept {
    bytes: AtomicUsize,
    most: usize,
}

impl Kept {
    /// Nothing, and `most` bytes at most.
    #[must_use]
    pub(crate) const fn new(most: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), most }
    }
}

/// What one search takes of it. Dropped, it is given back.
#[derive(Debug)]
struct Part {
    kept: Arc<Kept>,
    bytes: usize,
}

impl Part {
    fn add(&mut self, name: &str) -> Result<(), NtStatus> {
        /// What a name costs beside its text.
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

impl Drop for Part {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// A search through a folder, which goes on from call to call.
///
/// The names are taken at its start, so that what is added or removed meanwhile makes nobody skip a file that
/// was there all the time; what a name stands for is looked up when it is its turn.
#[derive(Debug)]
pub(crate) struct Listing {
    names: VecDeque<String>,
    part: Part,
    found: bool,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name as clients see it.
    pub(crate) name: String,
    /// What it is.
    pub(crate) info: FileInfo,
}

impl Listing {
    /// Starts a search of `folder` for `pattern`, whose names count in `kept`.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES` where too much is kept already; what the system says.
    pub(crate) fn start(folder: &File, pattern: &str, kept: &Arc<Kept>) -> Result<Self, NtStatus> {
        let pattern = Pattern::new(pattern);
        let mut part = Part { kept: Arc::clone(kept), bytes: 0 };
        let mut names = VecDeque::new();
        for entry in Dir::read_from(folder).map_err(of)? {
            let entry = entry.map_err(of)?;
            // A name that is no text cannot be told to a client.
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

    /// The next entry, for as long as `take` accepts it; one that it does not accept comes again next time.
    ///
    /// # Errors
    /// `STATUS_NO_SUCH_FILE` where nothing matches at all, `STATUS_NO_MORE_FILES` at the end, and what `take`
    /// says where not even one entry was accepted.
    pub(crate) fn next(
        &mut self,
        folder: &File,
        mut take: impl FnMut(&Entry) -> Result<bool, NtStatus>,
    ) -> Result<(), NtStatus> {
        let mut accepted = false;
        while let Some(disk_name) = self.names.front() {
            if let Some(info) = look(folder, disk_name) {
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

/// What a name in a folder stands for; none where it is gone or is nothing that a share shows. Opens only
/// files and folders, since opening a device can have effects.
fn look(folder: &File, name: &str) -> Option<FileInfo> {
    if name == ".." {
        // The folder above may be outside the share: its own record stands in for it.
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
