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

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use netsession_smb::server::OutOfMemory;
use netsession_wire::name::{is_same_name, upper_case_char};
use rustix::fs::Stat;

use super::info::FileKey;
use super::name::SharePath;
use super::names::Text;

/// How old the last change of a folder must be for its record to reveal the next one, and how long names are valid
/// otherwise.
const SETTLED: Duration = Duration::from_secs(2);
/// The most names that a share keeps: some 10 MB.
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
    names: Names,
}

/// The names of a folder.
#[derive(Debug, Default)]
struct Names {
    /// The names that the server has read.
    text: Text,
    /// Where each of them begins, behind the hash of its upper case, in order once all are read.
    places: Vec<(u64, u32)>,
    /// The places of names that the server has deleted since.
    removed: HashSet<u32>,
    /// The names that the server has created since, by the hash of their upper case.
    added: HashMap<u64, Vec<Box<str>>>,
    added_count: usize,
}

impl Names {
    fn count(&self) -> usize {
        self.places.len().saturating_add(self.added_count)
    }

    /// Returns the names with this hash that exist. A name that the server has read has a place.
    fn with(&self, hash: u64) -> impl Iterator<Item = (&str, Option<u32>)> {
        let first = self.places.partition_point(|(other, _)| *other < hash);
        let read = self.places.iter().skip(first).take_while(move |(other, _)| *other == hash);
        let read = read.map(|(_, place)| *place).filter(|place| !self.removed.contains(place));
        let added = self.added.get(&hash).into_iter().flatten();
        read.map(|place| (self.text.at(place), Some(place))).chain(added.map(|name| (&**name, None)))
    }

    /// Adds a name; returns false if it was there.
    fn add(&mut self, hash: u64, name: &str) -> bool {
        if self.with(hash).any(|(known, _)| known == name) {
            return false;
        }
        self.added.entry(hash).or_default().push(name.into());
        self.added_count = self.added_count.saturating_add(1);
        true
    }

    fn remove(&mut self, hash: u64, name: &str) {
        let place = self.with(hash).find_map(|(known, place)| place.filter(|_| known == name));
        self.removed.extend(place);
        if let Some(names) = self.added.get_mut(&hash) {
            names.retain(|known| **known != *name);
        }
    }
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
    names: Names,
}

impl Reading {
    /// Begins to read a folder; `record` is from before this.
    pub(super) fn new(record: Record) -> Self {
        Self { record, is_settled: record.is_settled(), names: Names::default() }
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
        let found = known.names.with(hash).find(|(name, _)| is_same_name(name, wanted));
        Some(found.map(|(name, _)| name.to_owned()))
    }

    /// Adds a name from the folder.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(super) fn read(&self, reading: &mut Reading, name: &str) -> Result<(), OutOfMemory> {
        let Names { text, places, .. } = &mut reading.names;
        places.extend(text.push(name)?.map(|place| (self.hash(name), place)));
        Ok(())
    }

    /// Keeps the names of a folder that the server has read to its end.
    pub(super) fn keep(&self, folder: &SharePath, reading: Reading) {
        let Reading { record, is_settled, mut names } = reading;
        names.places.sort_unstable();
        let count = names.count();
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
        folders.known.insert(folder.clone(), Known { record, unsettled_since, used, names });
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
        if known.names.add(hash, name) {
            folders.names = folders.names.saturating_add(1);
        }
    }

    /// Removes a name that the server has deleted.
    pub(super) fn removed(&self, folder: &SharePath, name: &str) {
        let hash = self.hash(name);
        let mut folders = self.folders();
        if let Some(known) = folders.known.get_mut(folder) {
            known.names.remove(hash, name);
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
            self.names = self.names.saturating_sub(known.names.count());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would open a deleted name, or report that a new one does not exist.
    #[test]
    fn names_come_and_go() {
        let mut names = Names::default();
        // Two names have one hash.
        for (hash, name) in [(7, "b"), (5, "a"), (7, "B"), (9, "c")] {
            let Names { text, places, .. } = &mut names;
            places.extend(text.push(name).unwrap().map(|place| (hash, place)));
        }
        names.places.sort_unstable();
        let with =
            |names: &Names, hash| names.with(hash).map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            (with(&names, 7), with(&names, 5), with(&names, 6)),
            (vec!["b".into(), "B".into()], vec!["a".into()], vec![])
        );
        assert!(!names.add(7, "B") && names.add(6, "new") && !names.add(6, "new"));
        names.remove(7, "B");
        names.remove(7, "c");
        assert_eq!((with(&names, 7), with(&names, 9)), (vec!["b".to_owned()], vec!["c".to_owned()]));
        assert!(names.add(7, "B"), "a deleted name can be created again");
        assert_eq!((with(&names, 7), with(&names, 6)), (vec!["b".into(), "B".into()], vec!["new".into()]));
        names.remove(7, "B");
        names.remove(6, "new");
        assert_eq!((with(&names, 7), with(&names, 6)), (vec!["b".to_owned()], vec![]));
    }
}
