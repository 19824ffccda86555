use std::sync::{Arc, Mutex, PoisonError, Weak};

use netsession_smb::msg::CompletionFilter;

use super::{Inbox, Signal};
use crate::fs::{Action, Kind, SharePath};

/// Changes that are kept until the client asks; with more of them it must list the folder again.
const LIMIT: usize = 512;
/// Bytes of the names of these changes.
const TEXT_LIMIT: usize = 64 << 10;

/// A folder that a client watches ([MS-SMB2] 3.3.5.19, [MS-FSA] 2.1.5.11).
#[derive(Debug)]
pub(crate) struct Watch {
    folder: SharePath,
    below: bool,
    filter: CompletionFilter,
    /// The connections that have waited for a change.
    inboxes: Mutex<Vec<Weak<Inbox>>>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    changes: Vec<Change>,
    text: usize,
    too_many: bool,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The path relative to the watched folder, as clients see it.
    pub(crate) name: String,
    /// How it changed.
    pub(crate) action: Action,
}

impl Watch {
    /// Watches `folder` for the changes in `filter`; with `below`, also all folders below it.
    #[must_use]
    pub(crate) fn new(folder: SharePath, below: bool, filter: CompletionFilter) -> Arc<Self> {
        Arc::new(Self { folder, below, filter, inboxes: Mutex::default(), seen: Mutex::default() })
    }

    /// Signals a connection at every change from now on.
    pub(crate) fn notify_through(&self, inbox: &Arc<Inbox>) {
        let mut inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        inboxes.retain(|known| known.strong_count() > 0);
        if !inboxes.iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(inbox))) {
            inboxes.push(Arc::downgrade(inbox));
        }
    }

    /// Removes and returns the changes: none if there were none, an empty list if there were too many to keep.
    #[must_use]
    pub(crate) fn take(&self) -> Option<Vec<Change>> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        if seen.too_many {
            Some(Vec::new())
        } else {
            Some(seen.changes).filter(|changes| !changes.is_empty())
        }
    }

    pub(super) fn changed(&self, path: &SharePath, action: Action) {
        let (folder, path) = (self.folder.components(), path.components());
        let Some(rest) = path.strip_prefix(folder).filter(|rest| !rest.is_empty()) else { return };
        if !self.below && rest.len() > 1 || !self.filter.intersects(filter_of(action)) {
            return;
        }
        let name = rest.iter().cloned().collect::<SharePath>().to_wire();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let change = Change { name, action };
        if seen.changes.last() == Some(&change) {
            return;
        }
        seen.text = seen.text.saturating_add(change.name.len());
        if seen.changes.len() >= LIMIT || seen.text > TEXT_LIMIT {
            seen.changes = Vec::new();
            seen.too_many = true;
        }
        if !seen.too_many {
            seen.changes.push(change);
        }
        drop(seen);
        let inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        inboxes.iter().filter_map(Weak::upgrade).for_each(|inbox| inbox.send(Signal::Poll));
    }
}

/// Returns the filters that include a change.
fn filter_of(action: Action) -> CompletionFilter {
    match action {
        Action::Added(kind) | Action::Removed(kind) | Action::RenamedOld(kind) | Action::RenamedNew(kind) => {
            match kind {
                Kind::File => CompletionFilter::FILE_NAME,
                Kind::Directory => CompletionFilter::DIR_NAME,
            }
        }
        Action::Written => CompletionFilter::LAST_WRITE | CompletionFilter::SIZE,
        Action::Resized => CompletionFilter::SIZE | CompletionFilter::LAST_WRITE,
        Action::AttributesSet => {
            CompletionFilter::ATTRIBUTES
                | CompletionFilter::LAST_WRITE
                | CompletionFilter::LAST_ACCESS
                | CompletionFilter::CREATION
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(wire: &str) -> SharePath {
        SharePath::parse(wire).unwrap()
    }

    /// A failure here would report the changes of other folders to a client, or hide those of its own.
    #[test]
    fn only_watched_changes_are_reported() {
        let woken = Arc::new(Mutex::new(0));
        let count = Arc::clone(&woken);
        let inbox = Arc::new(Inbox::new(move || *count.lock().unwrap() += 1));
        let watch = Watch::new(path("d"), false, CompletionFilter::FILE_NAME);
        watch.notify_through(&inbox);
        let added = Action::Added(Kind::File);
        for elsewhere in ["d", "e", "dd\\f", "d\\e\\f"] {
            watch.changed(&path(elsewhere), added);
        }
        watch.changed(&path("d\\f"), Action::Written);
        watch.changed(&path("d\\f"), Action::Added(Kind::Directory));
        assert_eq!((watch.take(), *woken.lock().unwrap()), (None, 0));
        watch.changed(&path("d\\f"), added);
        watch.changed(&path("d\\f"), added);
        assert_eq!(watch.take(), Some(vec![Change { name: "f".into(), action: added }]));
        let tree = Watch::new(path(""), true, CompletionFilter::FILE_NAME);
        tree.changed(&path("d\\e\\f"), added);
        assert_eq!(tree.take().unwrap()[0].name, "d\\e\\f");
        for number in 0..=LIMIT {
            tree.changed(&path(&format!("f{number}")), added);
        }
        assert_eq!(tree.take(), Some(Vec::new()), "too much to keep");
        for number in 0..300 {
            tree.changed(&path(&format!("{number}{}", "x".repeat(240))), added);
        }
        assert!(tree.take() == Some(Vec::new()), "few, and too much text");
    }
}
