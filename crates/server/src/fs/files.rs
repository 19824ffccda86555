//! [`Files`]: what the shares of a server have in common, because one share can show files of another.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use super::file_name::Name;
use super::folder::Folder;
use super::name::SharePath;
use super::node::Nodes;
use super::open_key::OpenKey;

/// The open files of all shares, with their share modes, locks and oplocks.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(super) nodes: Nodes,
    /// Locked while a request makes, renames or removes named streams.
    pub(super) streams: Mutex<()>,
    next_open: AtomicU64,
    folders: RwLock<Vec<Weak<Folder>>>,
    /// Whether two shared folders have had files in common.
    overlap: AtomicBool,
}

impl Files {
    /// Adds a shared folder.
    pub(super) fn add(&self, folder: &Arc<Folder>) {
        let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        folders.retain(|folder| folder.strong_count() > 0);
        if folders.iter().filter_map(Weak::upgrade).any(|other| other.overlaps(folder)) {
            self.overlap.store(true, Ordering::Relaxed);
        }
        folders.push(Arc::downgrade(folder));
    }

    /// Returns the other shared folders that have files in common with this one.
    pub(super) fn overlapping(&self, folder: &Arc<Folder>) -> Vec<Arc<Folder>> {
        if !self.overlap.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let is_other = |other: &Arc<Folder>| !Arc::ptr_eq(other, folder) && other.overlaps(folder);
        self.folders().filter(is_other).collect()
    }

    /// Notes that a client has renamed a folder: other shared folders can be in it.
    pub(super) fn moved(&self, from: &Name, to: &SharePath) {
        if !self.overlap.load(Ordering::Relaxed) {
            return;
        }
        let to = Name { folder: Arc::clone(&from.folder), path: to.clone() };
        if let (Some(from), Some(to)) = (from.whole(), to.whole()) {
            self.folders().for_each(|folder| folder.follow_rename(&from, &to));
        }
    }

    /// Returns a key that no other open has.
    pub(super) fn new_open_key(&self) -> OpenKey {
        OpenKey(self.next_open.fetch_add(1, Ordering::Relaxed))
    }

    fn folders(&self) -> impl Iterator<Item = Arc<Folder>> {
        let folders = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        let folders: Vec<_> = folders.iter().filter_map(Weak::upgrade).collect();
        folders.into_iter()
    }
}
