//! [`Files`]: what the shares of a server have in common, because one share can show files of another.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use super::disk::Disk;
use super::file_name::Name;
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
    disks: RwLock<Vec<Weak<Disk>>>,
    /// Whether two shared folders have had files in common.
    overlap: AtomicBool,
}

impl Files {
    /// Adds a shared folder.
    pub(super) fn add(&self, disk: &Arc<Disk>) {
        let mut disks = self.disks.write().unwrap_or_else(PoisonError::into_inner);
        disks.retain(|disk| disk.strong_count() > 0);
        if disks.iter().filter_map(Weak::upgrade).any(|other| other.overlaps(disk)) {
            self.overlap.store(true, Ordering::Relaxed);
        }
        disks.push(Arc::downgrade(disk));
    }

    /// Returns the other shared folders that have files in common with this one.
    pub(super) fn overlapping(&self, disk: &Disk) -> Vec<Arc<Disk>> {
        if !self.overlap.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let is_other = |other: &Arc<Disk>| !std::ptr::eq(Arc::as_ptr(other), disk) && other.overlaps(disk);
        self.disks().filter(is_other).collect()
    }

    /// Notes that a client has renamed a folder: other shared folders can be in it.
    pub(super) fn moved(&self, from: &Name, to: &SharePath) {
        if self.overlap.load(Ordering::Relaxed) {
            self.disks().for_each(|disk| disk.follow_rename(from, to));
        }
    }

    /// Returns a key that no other open has.
    pub(super) fn new_open_key(&self) -> OpenKey {
        OpenKey(self.next_open.fetch_add(1, Ordering::Relaxed))
    }

    fn disks(&self) -> impl Iterator<Item = Arc<Disk>> {
        let disks = self.disks.read().unwrap_or_else(PoisonError::into_inner);
        let disks: Vec<_> = disks.iter().filter_map(Weak::upgrade).collect();
        disks.into_iter()
    }
}
