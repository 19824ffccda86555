use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use netsession_smb::msg::CompletionFilter;

use super::{Inbox, Signal};
use crate::budget::Part;
use crate::fs::{Action, Kind, SharePath};

/// The most changes that a log keeps until a client asks. If there are more, the client must list the folder again.
const LIMIT: usize = 512;
/// Bytes of these changes.
const BYTES_LIMIT: usize = 64 << 10;
/// The most bytes of changes for all folders of a share.
const BYTES_IN_ALL: usize = 16 << 20;
/// The most folders whose watches no longer exist before the share removes some of them.
const FEW_FOLDERS: usize = 64;
/// The most logs that began to keep changes before the share removes those that no longer exist.
const MANY_LOGS: usize = 1024;

/// The watched folders of a share.
///
/// All watches of a folder for the same changes share one log, so a change costs the same however many watches there
/// are.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    folders: Mutex<Folders>,
    /// Bytes that all logs keep.
    bytes: Arc<AtomicUsize>,
    /// The logs that keep changes, the one that began first at the front.
    begun: Mutex<VecDeque<Weak<Log>>>,
}

#[derive(Debug, Default)]
struct Folders {
    logs: HashMap<Vec<String>, Vec<Weak<Log>>>,
    /// The number of folders at which the share removes those without a watch.
    sweep_at: usize,
}

/// The changes of a folder that some watches wait for.
#[derive(Debug)]
struct Log {
    scope: Scope,
    kept: Mutex<Kept>,
    /// Bytes that all logs of the share keep.
    bytes: Arc<AtomicUsize>,
}

/// Which changes a log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scope {
    /// Whether changes in the folders below count.
    below: bool,
    /// Whether each of [`KINDS`] counts.
    kinds: [bool; KINDS.len()],
}

impl Scope {
    /// Returns whether the log has changes of this kind. Who watches names learns of a rename by the new name, as on Windows.
    fn has(&self, kind: usize) -> bool {
        let counts = |kind: usize| self.kinds.get(kind).is_some_and(|counts| *counts);
        counts(kind) && !(kind == ARCHIVING && counts(FILE_NAMES))
    }
}

#[derive(Debug, Default)]
struct Kept {
    /// The number of the first change that the log keeps.
    first: u64,
    changes: VecDeque<Change>,
    bytes: usize,
    /// The number of the first change that no watch has taken.
    fresh: u64,
    /// The connections that wait for the next change.
    waiting: Vec<Weak<Inbox>>,
}

/// A folder that a client watches ([MS-SMB2] 3.3.5.19, [MS-FSA] 2.1.5.11).
#[derive(Debug)]
pub(crate) struct Watch {
    log: Arc<Log>,
    /// The number of the first change that its client has not received.
    next: Mutex<u64>,
    /// Its part of what the user may watch.
    _part: Option<Part>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The path relative to the watched folder, as clients see it.
    pub(crate) name: String,
    /// How it changed.
    pub(crate) action: Action,
}

impl Change {
    /// Returns the bytes of memory that it takes.
    fn bytes(&self) -> usize {
        self.name.len().saturating_add(size_of::<Self>())
    }
}

impl Kept {
    fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.changes.len()).unwrap_or(u64::MAX))
    }

    /// Forgets the oldest changes until `is_enough`; returns their bytes.
    fn forget(&mut self, is_enough: impl Fn(&Self) -> bool) -> usize {
        let before = self.bytes;
        while !is_enough(self)
            && let Some(oldest) = self.changes.pop_front()
        {
            self.first = self.first.saturating_add(1);
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
        }
        before.saturating_sub(self.bytes)
    }
}

impl Log {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let bytes = self.kept().bytes;
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Watches {
    fn folders(&self) -> MutexGuard<'_, Folders> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begun(&self) -> MutexGuard<'_, VecDeque<Weak<Log>>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches `folder` from now on for the changes in `filter`; with `below`, also all folders below it.
    #[must_use]
    pub(crate) fn watch(
        &self,
        folder: &SharePath,
        below: bool,
        filter: CompletionFilter,
        part: Option<Part>,
    ) -> Arc<Watch> {
        let scope = Scope { below, kinds: KINDS.map(|kind| filter.intersects(kind)) };
        let mut folders = self.folders();
        if folders.logs.len() >= folders.sweep_at {
            folders.logs.retain(|_, logs| logs.iter().any(|log| log.strong_count() > 0));
            folders.sweep_at = folders.logs.len().saturating_mul(2).max(FEW_FOLDERS);
        }
        let logs = folders.logs.entry(folder.components().to_vec()).or_default();
        logs.retain(|log| log.strong_count() > 0);
        let known = logs.iter().filter_map(Weak::upgrade).find(|log| log.scope == scope);
        let log = known.unwrap_or_else(|| {
            let log = Arc::new(Log { scope, kept: Mutex::default(), bytes: Arc::clone(&self.bytes) });
            logs.push(Arc::downgrade(&log));
            log
        });
        let next = Mutex::new(log.kept().end());
        Arc::new(Watch { log, next, _part: part })
    }

    /// Keeps a change for the watches of the folders that contain it.
    pub(super) fn changed(&self, path: &SharePath, action: Action) {
        let components = path.components();
        let kind = kind_of(action);
        let mut concerned = Vec::new();
        {
            let folders = self.folders();
            for depth in 0..components.len() {
                let Some(logs) = components.get(..depth).and_then(|folder| folders.logs.get(folder)) else {
                    continue;
                };
                let is_direct = depth.saturating_add(1) == components.len();
                let logs = logs.iter().filter_map(Weak::upgrade);
                let logs = logs.filter(|log| log.scope.below || is_direct);
                let logs = logs.filter(|log| log.scope.has(kind));
                concerned.extend(logs.map(|log| (log, depth)));
            }
        }
        for (log, depth) in concerned {
            let rest = components.get(depth..).unwrap_or_default();
            let name = rest.iter().cloned().collect::<SharePath>().to_wire();
            self.add(&log, Change { name, action });
        }
    }

    /// Wakes the clients that watch this folder, which is about to be deleted.
    pub(super) fn wake(&self, folder: &SharePath) {
        let logs: Vec<_> = match self.folders().logs.get(folder.components()) {
            Some(logs) => logs.iter().filter_map(Weak::upgrade).collect(),
            None => return,
        };
        for log in logs {
            let waiting = std::mem::take(&mut log.kept().waiting);
            waiting.iter().filter_map(Weak::upgrade).for_each(|inbox| inbox.send(Signal::Poll));
        }
    }

    fn add(&self, log: &Arc<Log>, change: Change) {
        let mut kept = log.kept();
        // The previous change is the same, and no client has received it yet.
        if kept.changes.back() == Some(&change) && kept.end() > kept.fresh {
            return;
        }
        let begins = kept.changes.is_empty();
        let bytes = change.bytes();
        kept.bytes = kept.bytes.saturating_add(bytes);
        kept.changes.push_back(change);
        let forgotten = kept.forget(|kept| kept.changes.len() <= LIMIT && kept.bytes <= BYTES_LIMIT);
        let waiting = std::mem::take(&mut kept.waiting);
        drop(kept);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes.fetch_sub(forgotten, Ordering::Relaxed);
        if begins {
            let mut begun = self.begun();
            if begun.len() % MANY_LOGS == MANY_LOGS - 1 {
                begun.retain(|log| log.strong_count() > 0);
            }
            begun.push_back(Arc::downgrade(log));
        }
        while self.bytes.load(Ordering::Relaxed) > BYTES_IN_ALL
            && let Some(oldest) = self.begun().pop_front()
        {
            if let Some(oldest) = oldest.upgrade() {
                let forgotten = oldest.kept().forget(|_| false);
                self.bytes.fetch_sub(forgotten, Ordering::Relaxed);
            }
        }
        waiting.iter().filter_map(Weak::upgrade).for_each(|inbox| inbox.send(Signal::Poll));
    }
}

impl Watch {
    /// Returns the changes that its client has not received; an empty list if there were too many to keep. If nothing
    /// has changed, returns `None` and makes the connection wait for the next change.
    #[must_use]
    pub(crate) fn take(&self, inbox: &Arc<Inbox>) -> Option<Vec<Change>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = self.log.kept();
        let end = kept.end();
        let from = std::mem::replace(&mut *next, end);
        let Some(skipped) = from.checked_sub(kept.first) else { return Some(Vec::new()) };
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let changes: Vec<Change> = kept.changes.iter().skip(skipped).cloned().collect();
        if changes.is_empty() {
            kept.waiting.retain(|known| known.strong_count() > 0);
            if !kept.waiting.iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(inbox))) {
                kept.waiting.push(Arc::downgrade(inbox));
            }
            return None;
        }
        kept.fresh = end;
        Some(changes)
    }
}

/// The filters that include each kind of change.
const KINDS: [CompletionFilter; 5] = [
    CompletionFilter::FILE_NAME,
    CompletionFilter::DIR_NAME,
    CompletionFilter::LAST_WRITE.union(CompletionFilter::SIZE),
    CompletionFilter::ATTRIBUTES
        .union(CompletionFilter::LAST_WRITE)
        .union(CompletionFilter::LAST_ACCESS)
        .union(CompletionFilter::CREATION),
    CompletionFilter::ATTRIBUTES,
];

/// The positions of two of them.
const FILE_NAMES: usize = 0;
const ARCHIVING: usize = 4;

/// Returns the position of a change's kind in [`KINDS`].
const fn kind_of(action: Action) -> usize {
    match action {
        Action::Added(kind) | Action::Removed(kind) | Action::RenamedOld(kind) | Action::RenamedNew(kind) => {
            match kind {
                Kind::File => FILE_NAMES,
                Kind::Directory => 1,
            }
        }
        Action::Written | Action::Resized => 2,
        Action::AttributesSet => 3,
        Action::MarkedForArchiving => ARCHIVING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    fn path(wire: &str) -> SharePath {
        SharePath::parse(wire).unwrap()
    }

    fn inbox() -> (Arc<Inbox>, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        let wake = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        (Arc::new(Inbox::new(wake)), woken)
    }

    const ADDED: Action = Action::Added(Kind::File);

    /// A failure here would report the changes of other folders to a client, or hide those of its own.
    #[test]
    fn only_watched_changes_are_reported() {
        let (inbox, woken) = inbox();
        let watches = Watches::default();
        let watch = watches.watch(&path("d"), false, CompletionFilter::FILE_NAME, None);
        assert_eq!(watch.take(&inbox), None);
        for elsewhere in ["d", "e", "dd\\f", "d\\e\\f"] {
            watches.changed(&path(elsewhere), ADDED);
        }
        watches.changed(&path("d\\f"), Action::Written);
        watches.changed(&path("d\\f"), Action::Added(Kind::Directory));
        assert_eq!((watch.take(&inbox), woken.load(Ordering::Relaxed)), (None, 0));
        watches.changed(&path("d\\f"), ADDED);
        watches.changed(&path("d\\f"), ADDED);
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        let change = Change { name: "f".into(), action: ADDED };
        assert_eq!(watch.take(&inbox), Some(vec![change.clone()]));
        assert_eq!(watch.take(&inbox), None);
        watches.changed(&path("d\\f"), ADDED);
        assert_eq!(watch.take(&inbox), Some(vec![change]), "it happened once more");
        let tree = watches.watch(&path(""), true, CompletionFilter::FILE_NAME, None);
        watches.changed(&path("d\\e\\f"), ADDED);
        assert_eq!(tree.take(&inbox).unwrap()[0].name, "d\\e\\f");
        for number in 0..=LIMIT {
            watches.changed(&path(&format!("f{number}")), ADDED);
        }
        assert_eq!(tree.take(&inbox), Some(Vec::new()), "too much to keep");
        for number in 0..300 {
            watches.changed(&path(&format!("{number}{}", "x".repeat(240))), ADDED);
        }
        assert!(tree.take(&inbox) == Some(Vec::new()), "few, and too much text");
    }

    /// A failure here would hide a renamed file from a backup program, or report it twice to others.
    #[test]
    fn a_rename_is_reported_to_each_watch_once() {
        let (inbox, _) = inbox();
        let watches = Watches::default();
        let watch = |filter| watches.watch(&path("d"), false, filter, None);
        let [names, attributes, both] = [
            watch(CompletionFilter::FILE_NAME),
            watch(CompletionFilter::ATTRIBUTES),
            watch(CompletionFilter::FILE_NAME | CompletionFilter::ATTRIBUTES),
        ];
        let renamed = Action::RenamedNew(Kind::File);
        watches.changed(&path("d\\f"), renamed);
        watches.changed(&path("d\\f"), Action::MarkedForArchiving);
        let seen = |watch: &Watch| watch.take(&inbox).map(|changes| changes[0].action);
        for (watch, action) in [(names, renamed), (attributes, Action::MarkedForArchiving), (both, renamed)] {
            assert_eq!((seen(&watch), seen(&watch)), (Some(action), None));
        }
    }

    /// A failure here would make each change cost time and memory for each watch of other clients.
    #[test]
    fn watches_of_a_folder_share_a_log() {
        let (inbox, _) = inbox();
        let watches = Watches::default();
        let budget = Budget::new(1000);
        let watch = || watches.watch(&path("d"), false, CompletionFilter::all(), budget.take("bob", 1));
        let first = watch();
        let many: Vec<_> = (0..400).map(|_| watch()).collect();
        watches.changed(&path("d\\f"), ADDED);
        let one = watches.bytes.load(Ordering::Relaxed);
        assert!(one > 0 && many.iter().all(|watch| Arc::ptr_eq(&watch.log, &first.log)));
        let late = watch();
        for watch in many.iter().chain([&first]) {
            assert_eq!(watch.take(&inbox).map(|changes| changes.len()), Some(1));
        }
        assert_eq!(late.take(&inbox), None, "that was before it");
        assert_eq!((watches.bytes.load(Ordering::Relaxed), budget.total()), (one, 402));
        drop((first, many, late));
        assert_eq!((watches.bytes.load(Ordering::Relaxed), budget.total()), (0, 0));
        for folder in 0..2 * FEW_FOLDERS {
            drop(watches.watch(&path(&format!("{folder}")), false, CompletionFilter::all(), None));
        }
        assert!(watches.folders().logs.len() <= FEW_FOLDERS);
    }

    /// A failure here would let unread watches fill the memory, or take the changes from clients that read theirs.
    #[test]
    fn unread_changes_are_dropped_first() {
        let (inbox, _) = inbox();
        let watches = Watches::default();
        let watch =
            |folder: usize| watches.watch(&path(&format!("{folder}")), false, CompletionFilter::all(), None);
        let unread: Vec<_> = (0..400).map(watch).collect();
        let change = |folder: usize, file: usize| {
            watches.changed(&path(&format!("{folder}\\{file}{}", "x".repeat(240))), ADDED);
        };
        (0..unread.len()).for_each(|folder| (0..200).for_each(|file| change(folder, file)));
        assert!(watches.bytes.load(Ordering::Relaxed) <= BYTES_IN_ALL);
        let read = watch(1000);
        change(1000, 1);
        assert_eq!(read.take(&inbox).map(|changes| changes.len()), Some(1));
        assert_eq!(unread[0].take(&inbox), Some(Vec::new()), "its client must list the folder again");
    }
}
