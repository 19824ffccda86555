//! [`FolderNames`]: the names in large folders, for searches in any case.
//!
//! A client may send a name in any case. If the exact name does not exist, the server must read the whole folder to
//! find another spelling. It reads a large folder once, and not for each request.
//!
//! The names of a folder are valid while its record (times and number) is the same. Most file systems stamp changes
//! with a clock that ticks some hundred times a second, and some with one that ticks once in two seconds. So if the
//! last change was recent when the server read the names, a later change may leave the record the same, and these names
//! are valid for [`SETTLED`] only. The server adds the names that it creates, so that it does not read a folder for
//! each file that a client copies into it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use netsession_wire::name::{is_same_name, upper_case_char};
use rustix::fs::Stat;

use super::info::FileKey;
use super::name::SharePath;

/// How old the last change of a folder must be for its record to reveal the next one, and how long names are valid
/// otherwise.
const SETTLED: Duration = Duration::from_secs(2);
/// The most names that a share keeps: some 25 MB.
const MOST_NAMES: usize = 200_000;

/// The names in the large folders of a share.
#[derive(Debug, Default)]
pub(super) struct FolderNames {
    folders: Mutex<Folders>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Folders {
    known: HashMap<SharePath, Known>,
    /// The sum of their names.
    names: usize,
    /// Counts uses, to find the folder that nobody has used for longest.
    uses: u64,
}

#[derive(Debug)]
struct Known {
    record: Record,
    /// When the server read the names, if the last change was recent then.
    unsettled_since: Option<Instant>,
    used: u64,
    /// By the hash of their upper case.
    names: HashMap<u64, Vec<Box<str>>>,
    count: usize,
}

/// Distinguishes one state of a folder from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    key: FileKey,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Record {
    /// Returns the record from what the system reports.
    pub(super) fn of(stat: &Stat) -> Self {
        #[allow(
            clippy::unnecessary_cast,
            clippy::cast_possible_wrap,
            reason = "of other types on some systems"
        )]
        let time = |seconds, nanoseconds| (seconds as i64, nanoseconds as i64);
        Self {
            key: FileKey::of(stat),
            modified: time(stat.st_mtime, stat.st_mtime_nsec),
            changed: time(stat.st_ctime, stat.st_ctime_nsec),
        }
    }

    /// Returns whether the next change will have another time. A time in the future never settles.
    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let last = self.modified.0.max(self.changed.0);
        // The record has whole seconds: the change happened before the next second.
        let after = u64::try_from(last.saturating_add(1)).unwrap_or(u64::MAX);
        Duration::from_secs(after).checked_add(SETTLED).is_some_and(|settled| settled <= now)
    }
}

/// The names of a folder while they are read.
#[derive(Debug)]
pub(super) struct Reading {
    record: Record,
    is_settled: bool,
    names: HashMap<u64, Vec<Box<str>>>,
    count: usize,
}

impl Reading {
    /// Begins to read a folder; `record` is from before this.
    pub(super) fn new(record: Record) -> Self {
        Self { record, is_settled: record.is_settled(), names: HashMap::new(), count: 0 }
    }
}

impl FolderNames {
    fn folders(&self) -> MutexGuard<'_, Folders> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hash(&self, name: &str) -> u64 {
        let mut upper = String::with_capacity(name.len());
        upper.extend(name.chars().map(upper_case_char));
        self.hasher.hash_one(upper)
    }

    /// Returns the spelling of `wanted` in a folder: `None` if the names of this state are not known, and `Some(None)`
    /// if the folder has no such name.
    pub(super) fn find(&self, folder: &SharePath, record: Record, wanted: &str) -> Option<Option<String>> {
        let hash = self.hash(wanted);
        let mut folders = self.folders();
        folders.uses = folders.uses.saturating_add(1);
        let used = folders.uses;
        let known = folders.known.get_mut(folder)?;
        if known.record != record || known.unsettled_since.is_some_and(|since| since.elapsed() > SETTLED) {
            folders.forget(folder);
            return None;
        }
        known.used = used;
        let found =
            known.names.get(&hash).and_then(|names| names.iter().find(|name| is_same_name(name, wanted)));
        Some(found.map(|name| name.to_string()))
    }

    /// Adds a name from the folder.
    pub(super) fn read(&self, reading: &mut Reading, name: &str) {
        reading.names.entry(self.hash(name)).or_default().push(name.into());
        reading.count = reading.count.saturating_add(1);
    }

    /// Keeps the names of a folder that the server has read to its end.
    pub(super) fn keep(&self, folder: &SharePath, reading: Reading) {
        let Reading { record, is_settled, names, count } = reading;
        let unsettled_since = (!is_settled).then(Instant::now);
        let mut folders = self.folders();
        folders.forget(folder);
        while folders.names.saturating_add(count) > MOST_NAMES {
            let oldest =
                folders.known.iter().min_by_key(|(_, known)| known.used).map(|(path, _)| path.clone());
            let Some(oldest) = oldest else { break };
            folders.forget(&oldest);
        }
        let used = folders.uses;
        folders.names = folders.names.saturating_add(count);
        folders.known.insert(folder.clone(), Known { record, unsettled_since, used, names, count });
    }

    /// Returns whether the names of a folder are known.
    pub(super) fn knows(&self, folder: &SharePath) -> bool {
        self.folders().known.contains_key(folder)
    }

    /// Adds a name that the server has just created in a folder whose names it knew; `record` is the folder's record
    /// after that. The server finds another change of the same moment when the names are no longer valid.
    pub(super) fn added(&self, folder: &SharePath, record: Record, name: &str) {
        let hash = self.hash(name);
        let mut folders = self.folders();
        let Some(known) = folders.known.get_mut(folder) else { return };
        known.record = record;
        known.unsettled_since.get_or_insert_with(Instant::now);
        let names = known.names.entry(hash).or_default();
        if !names.iter().any(|known| **known == *name) {
            names.push(name.into());
            known.count = known.count.saturating_add(1);
            folders.names = folders.names.saturating_add(1);
        }
    }

    /// Removes a name that the server has deleted.
    pub(super) fn removed(&self, folder: &SharePath, name: &str) {
        let hash = self.hash(name);
        let mut folders = self.folders();
        if let Some(names) = folders.known.get_mut(folder).and_then(|known| known.names.get_mut(&hash)) {
            names.retain(|known| **known != *name);
        }
    }

    /// Forgets the names of a folder.
    pub(super) fn forget(&self, folder: &SharePath) {
        self.folders().forget(folder);
    }
}

impl Folders {
    fn forget(&mut self, folder: &SharePath) {
        if let Some(known) = self.known.remove(folder) {
            self.names = self.names.saturating_sub(known.count);
        }
    }
}
