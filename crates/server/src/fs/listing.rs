//! [`Listing`]: a search in a folder ([MS-FSA] 2.1.5.6.3).

use rustix::fd::OwnedFd;
use std::fs::File;
use std::sync::Arc;

use netsession_wire::NtStatus;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use super::effort::Effort;
use super::info::{FileInfo, Kind};
use super::name;
use super::names::Gathering;
use super::pattern::Pattern;
use super::searches::{Kept, Names, Searches};
use super::status::{no_memory, to_status};
use super::streams;

/// The most bytes of names that one search keeps: some hundred thousand names. It reads the others after it has
/// returned these.
const WINDOW: usize = 8 << 20;

/// A search in a folder, which continues from call to call.
///
/// It returns the names in order, and keeps the next ones, as far as [`Searches`] allows. When it has none left, it
/// reads the folder again and continues after the last one. So a client never misses a file that exists throughout the
/// search, and receives no file twice. The search reads each file's information when it returns the entry.
#[derive(Debug)]
pub(crate) struct Listing {
    /// On the heap, because most opens never list anything.
    pattern: Box<Pattern>,
    user: String,
    searches: Arc<Searches>,
    window: usize,
    /// `.` and `..`, the next one last.
    dots: Vec<&'static str>,
    names: Arc<Names>,
    kept: Option<Kept>,
    /// The last name that the search has returned.
    last: Option<Box<str>>,
    /// Whether the folder has more names than those that are kept.
    has_more: bool,
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
    /// Starts a search of `user` in `folder` for `pattern`; its names count in `searches`.
    ///
    /// # Errors
    /// Those of `effort` and of the system.
    pub(crate) fn start(
        folder: &File,
        pattern: &str,
        searches: &Arc<Searches>,
        user: &str,
        effort: &Effort<'_>,
    ) -> Result<Self, NtStatus> {
        let mut listing = Self::new(pattern, searches, user, WINDOW);
        listing.read(folder, effort)?;
        Ok(listing)
    }

    fn new(pattern: &str, searches: &Arc<Searches>, user: &str, window: usize) -> Self {
        let pattern = Box::new(Pattern::new(pattern));
        let dots = ["..", "."].into_iter().filter(|dots| pattern.has_wildcard() && pattern.matches(dots));
        Self {
            dots: dots.collect(),
            pattern,
            user: user.to_owned(),
            searches: Arc::clone(searches),
            window,
            names: Arc::default(),
            kept: None,
            last: None,
            has_more: false,
            found: false,
        }
    }

    /// Reads the names after the last one that the search has returned: the first of them, if they are too many to
    /// keep.
    fn read(&mut self, folder: &File, effort: &Effort<'_>) -> Result<(), NtStatus> {
        let mut names = Gathering::new(self.window);
        for entry in Dir::read_from(folder).map_err(to_status)? {
            effort.check_running()?;
            let entry = entry.map_err(to_status)?;
            // A name that is not UTF-8 has no form that a client could send back.
            let Ok(name) = entry.file_name().to_str() else { continue };
            let is_next = self.last.as_ref().is_none_or(|last| name > &**last);
            let dots = matches!(name, "." | "..");
            if !is_next || dots || streams::is_reserved(name) || !self.pattern.matches(&name::to_wire(name)) {
                continue;
            }
            names.add(name).map_err(no_memory)?;
        }
        let (names, has_more) = names.finish().map_err(no_memory)?;
        (self.kept, self.has_more) = (None, has_more);
        let bytes = names.first().is_some().then(|| names.bytes());
        // First the names, then their record: another search can take only what is there, and drops the record with it.
        *self.names.lock() = Some(names);
        self.kept = bytes.map(|bytes| self.searches.keep(&self.user, &self.names, bytes));
        Ok(())
    }

    /// Returns whether it has returned every name.
    pub(crate) fn is_over(&self) -> bool {
        self.dots.is_empty()
            && !self.has_more
            && self.names.lock().as_ref().is_some_and(|names| names.first().is_none())
    }

    /// Returns the next name; `None` at the end.
    fn front(&mut self, folder: &File, effort: &Effort<'_>) -> Result<Option<Box<str>>, NtStatus> {
        if let Some(dots) = self.dots.last() {
            return Ok(Some((*dots).into()));
        }
        loop {
            let next = self.names.lock().as_ref().map(|names| names.first().map(Box::from));
            match next {
                Some(Some(name)) => return Ok(Some(name)),
                Some(None) if !self.has_more => return Ok(None),
                // It has lost its names, or has returned them.
                _ => {
                    effort.check_slow_allowed()?;
                    self.read(folder, effort)?;
                }
            }
        }
    }

    /// Records that the search has returned the next name.
    fn pass(&mut self, name: Box<str>) {
        if self.dots.pop().is_some() {
            return;
        }
        // If another search has taken the names meanwhile, this one reads the next names again.
        if let Some(names) = self.names.lock().as_mut() {
            names.pass();
        }
        self.last = Some(name);
    }

    /// Passes entries to `take` while it accepts them. The next call repeats the entry that it did not accept. `follow`
    /// returns the information about what a link in the folder leads to, or `None` if a client cannot open it.
    ///
    /// # Errors
    /// `STATUS_NO_SUCH_FILE` if no name matches, `STATUS_NO_MORE_FILES` at the end, the error of `take` if it did not accept
    /// a single entry, and the errors of `effort`.
    pub(crate) fn next(
        &mut self,
        folder: &File,
        effort: &Effort<'_>,
        follow: impl Fn(&str) -> Option<FileInfo>,
        mut take: impl FnMut(&Entry) -> Result<bool, NtStatus>,
    ) -> Result<(), NtStatus> {
        let mut accepted = false;
        while let Some(disk_name) = self.front(folder, effort)? {
            effort.check_running()?;
            if let Some(info) = entry_info(folder, &disk_name, &follow) {
                let name = match &*disk_name {
                    dots @ ("." | "..") => dots.to_owned(),
                    other => name::to_wire(other),
                };
                match take(&Entry { name, info }) {
                    Ok(true) => accepted = true,
                    Err(status) if !accepted => return Err(status),
                    Ok(false) | Err(_) => return Ok(()),
                }
            }
            self.pass(disk_name);
        }
        self.kept = None;
        let before = self.found;
        self.found |= accepted;
        match (accepted, before) {
            (true, _) => Ok(()),
            (false, true) => Err(NtStatus::NO_MORE_FILES),
            (false, false) => Err(NtStatus::NO_SUCH_FILE),
        }
    }
}

/// Returns the information about a name in a folder; `None` if it no longer exists or is of a hidden kind. It opens only files
/// and folders, because opening a device can have effects. A link is what it leads to, as when a client opens it.
fn entry_info(folder: &File, name: &str, follow: impl Fn(&str) -> Option<FileInfo>) -> Option<FileInfo> {
    if name == ".." {
        // The parent folder may be outside the share: the folder's own record replaces it.
        return FileInfo::of(folder).ok()?;
    }
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    if FileType::from_raw_mode(stat.st_mode).is_symlink() {
        return follow(name);
    }
    let kind = Kind::of(&stat)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = if kind == Kind::Directory { flags | OFlags::DIRECTORY } else { flags };
    let opened: Result<OwnedFd, _> = rustix::fs::openat(folder, name, flags, Mode::empty());
    match opened {
        Ok(file) => FileInfo::of(file).ok()?,
        Err(_) => Some(FileInfo::from_stat(&stat, kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::BESIDE;
    use super::*;

    fn folder(files: usize) -> (tempfile::TempDir, File) {
        let dir = tempfile::tempdir().unwrap();
        (0..files)
            .for_each(|number| std::fs::write(dir.path().join(format!("file {number:03}")), "").unwrap());
        let folder =
            rustix::fs::openat(rustix::fs::CWD, dir.path(), OFlags::DIRECTORY, Mode::empty()).unwrap();
        (dir, folder.into())
    }

    /// Returns the next names, at most `most`.
    fn next(listing: &mut Listing, folder: &File, most: usize) -> Result<Vec<String>, NtStatus> {
        let mut names = Vec::new();
        listing.next(
            folder,
            &Effort::UNLIMITED,
            |_| None,
            |entry| {
                let is_taken = names.len() < most;
                if is_taken {
                    names.push(entry.name.clone());
                }
                Ok(is_taken)
            },
        )?;
        Ok(names)
    }

    fn all(listing: &mut Listing, folder: &File) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            match next(listing, folder, 7) {
                Ok(more) => names.extend(more),
                Err(status) => {
                    assert_eq!(status, NtStatus::NO_MORE_FILES);
                    return names;
                }
            }
        }
    }

    fn expected(files: usize) -> Vec<String> {
        (0..files).map(|number| format!("file {number:03}")).collect()
    }

    /// A failure here would let the half-read searches of one user stop every listing, or make a search miss files or
    /// return them twice after it has lost its names.
    #[test]
    fn the_oldest_search_drops_its_names_and_continues() {
        let (_dir, folder) = folder(100);
        let searches = Arc::new(Searches::new(100 * (8 + BESIDE) * 2, usize::MAX));
        let start = |user| Listing::start(&folder, "file*", &searches, user, &Effort::UNLIMITED).unwrap();
        let mut half_read: Vec<_> = (0..5).map(|_| start("bob")).collect();
        for listing in &mut half_read {
            assert_eq!(next(listing, &folder, 30).unwrap().len(), 30);
        }
        let mut alice = start("alice");
        let keeps = |listing: &Listing| listing.names.lock().is_some();
        assert_eq!(half_read.iter().map(keeps).collect::<Vec<_>>(), [false, false, false, true, true]);
        assert!(keeps(&alice) && !half_read[0].is_over());
        for listing in &mut half_read {
            assert_eq!(all(listing, &folder), expected(100)[30..]);
            assert!(listing.is_over());
        }
        assert_eq!(all(&mut alice, &folder), expected(100));
        assert_eq!(searches.total(), 0);
    }

    /// A failure here would let several users together take the memory that another user needs.
    #[test]
    fn the_user_who_keeps_most_loses_names_first() {
        let (_dir, folder) = folder(100);
        let searches = Arc::new(Searches::new(usize::MAX, 100 * (8 + BESIDE) * 3));
        let start = |user| Listing::start(&folder, "file*", &searches, user, &Effort::UNLIMITED).unwrap();
        let (bob, carol, alice) = ([start("bob"), start("bob")], start("carol"), start("alice"));
        let keeps = |listing: &Listing| listing.names.lock().is_some();
        assert!(!keeps(&bob[0]) && keeps(&bob[1]) && keeps(&carol) && keeps(&alice));
        drop((bob, carol, alice));
        assert_eq!(searches.total(), 0);
    }

    /// A failure here would make a search in a huge folder take more memory than it may, or skip names.
    #[test]
    fn a_search_keeps_only_the_names_that_come_next() {
        let (dir, folder) = folder(100);
        let searches = Arc::new(Searches::new(usize::MAX, usize::MAX));
        let mut listing = Listing::new("file*", &searches, "bob", 10 * (8 + BESIDE));
        let mut names = next(&mut listing, &folder, 5).unwrap();
        assert!(searches.total() <= 10 * (8 + BESIDE));
        std::fs::remove_file(dir.path().join("file 050")).unwrap();
        names.extend(all(&mut listing, &folder));
        let mut expected = expected(100);
        expected.remove(50);
        assert_eq!(names, expected);
    }
}
