//! [`Disk`]: a shared folder, and the [`Event`]s that happen in it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use netsession_smb::fscc::{AccessMask, FileAttributes};

use super::file_name::{Name, Place};
use super::files::Files;
use super::info::{FileInfo, FileKey, Kind};
use super::name::SharePath;
use super::node::Nodes;
use super::open_key::OpenKey;
use super::root::Root;
use super::streams;

/// A shared folder.
pub(crate) struct Disk {
    pub(super) root: Root,
    place: RwLock<Place>,
    /// What it has in common with the other shares of the server.
    pub(super) files: Arc<Files>,
    read_only: bool,
    has_streams: bool,
    events: Box<dyn Fn(Event) + Send + Sync>,
}

/// Something in a share that a request may wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A client released byte-range locks of this file, or gave an oplock back.
    Unlocked(FileKey),
    /// The folder at this path is deleted with its last open.
    Deleting(SharePath),
    /// A file or folder was added, removed, renamed or changed.
    Changed {
        /// Its path from the root of the share.
        path: SharePath,
        /// How it changed (FILE_ACTION_* of [MS-FSCC] 2.7.1).
        action: Action,
    },
}

/// How a file or folder changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A new name.
    Added(Kind),
    /// A removed name.
    Removed(Kind),
    /// The old name of a renamed file or folder.
    RenamedOld(Kind),
    /// Its new name.
    RenamedNew(Kind),
    /// A client wrote data.
    Written,
    /// The size changed.
    Resized,
    /// A client set attributes or times.
    AttributesSet,
    /// A rename marked the file for archiving.
    MarkedForArchiving,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("root", &self.root)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

impl Disk {
    /// Shares everything below `root`, on the server that has these files.
    #[must_use]
    pub(crate) fn new(
        files: &Arc<Files>,
        root: Root,
        read_only: bool,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let has_streams = streams::are_supported(root.folder());
        let place = RwLock::new(Place::of(root.path()));
        let (own, events) = (Arc::clone(files), Box::new(events));
        let disk = Arc::new(Self { root, place, files: own, read_only, has_streams, events });
        files.add(&disk);
        disk
    }

    /// Returns whether the server refuses every change in the share.
    #[must_use]
    pub(crate) const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Returns whether its files can have named streams.
    #[must_use]
    pub(crate) const fn has_streams(&self) -> bool {
        self.has_streams
    }

    /// The folder.
    #[must_use]
    pub(crate) const fn root(&self) -> &Root {
        &self.root
    }

    /// Returns how many files are open in this share.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn open_files(&self) -> usize {
        self.nodes().count_in(self)
    }

    /// Returns the open files of the server.
    pub(super) fn nodes(&self) -> &Nodes {
        &self.files.nodes
    }

    /// Returns a path in this share as a name of a file.
    pub(super) fn name(self: &Arc<Self>, path: &SharePath) -> Name {
        Name { disk: Arc::clone(self), path: path.clone() }
    }

    /// Returns where the folder is.
    pub(super) fn place(&self) -> Place {
        self.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether this folder is the other one, is in it, or contains it.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.place().overlaps(&other.place())
    }

    /// Changes its place if a client has renamed this folder or one above it through another share.
    pub(super) fn follow_rename(&self, from: &Name, to: &SharePath) {
        let to = Name { disk: Arc::clone(&from.disk), path: to.clone() };
        let (Some(from), Some(to)) = (from.whole(), to.whole()) else { return };
        let moved = self.place().after_rename(&from, &to);
        if let Some(moved) = moved {
            *self.place.write().unwrap_or_else(PoisonError::into_inner) = moved;
        }
    }

    /// Returns whether both shares still show the same files. Another program can have moved one of the folders; then the
    /// clients of one share must not learn the names of the other.
    fn is_together_with(&self, other: &Self) -> bool {
        let (own, others) = (self.place(), other.place());
        let (Some(own), Some(others)) = (own.components(), others.components()) else { return false };
        let leads = |outer: &Self, inner: &Self, path: &[String]| {
            let found = outer.root.stat(&path.iter().cloned().collect());
            let folder = rustix::fs::fstat(inner.root.folder());
            found.is_ok_and(|found| folder.is_ok_and(|folder| FileKey::of(&found) == FileKey::of(&folder)))
        };
        match (others.strip_prefix(own), own.strip_prefix(others)) {
            (Some(path), _) => leads(self, other, path),
            (_, Some(path)) => leads(other, self, path),
            _ => false,
        }
    }

    /// Returns the other shares that have this name too, and its path there.
    pub(super) fn elsewhere(self: &Arc<Self>, path: &SharePath) -> Vec<(Arc<Self>, SharePath)> {
        let others = self.files.overlapping(self);
        if others.is_empty() {
            return Vec::new();
        }
        let name = self.name(path);
        let others = others.into_iter().filter(|other| self.is_together_with(other));
        others.filter_map(|other| name.path_in(&other).map(|path| (other, path))).collect()
    }

    pub(super) fn notify(&self, event: Event) {
        (self.events)(event);
    }

    /// Reports that the folder at this path is deleted with its last open.
    pub(super) fn deleting(self: &Arc<Self>, path: &SharePath) {
        self.notify(Event::Deleting(path.clone()));
        for (other, path) in self.elsewhere(path) {
            other.notify(Event::Deleting(path));
        }
    }

    /// Reports a change, also to the clients of other shares that show the same file.
    pub(super) fn changed(self: &Arc<Self>, path: &SharePath, action: Action) {
        self.note(path, action);
        for (other, path) in self.elsewhere(path) {
            other.note(&path, action);
        }
    }

    fn note(&self, path: &SharePath, action: Action) {
        match action {
            Action::Added(_) | Action::RenamedNew(_) => self.root.renamed(path, true),
            Action::Removed(_) | Action::RenamedOld(_) => self.root.renamed(path, false),
            Action::Written | Action::Resized | Action::AttributesSet | Action::MarkedForArchiving => {}
        }
        self.notify(Event::Changed { path: path.clone(), action });
    }

    /// Returns the rights that this share can grant at most.
    #[must_use]
    pub(crate) const fn maximal_access(&self) -> AccessMask {
        match self.read_only {
            true => AccessMask::FILE_READ.union(AccessMask::FILE_EXECUTE),
            false => AccessMask::FILE_ALL,
        }
    }

    /// Returns the rights that this share can grant to a file at most.
    #[must_use]
    pub(crate) fn maximal_access_of(&self, info: &FileInfo) -> AccessMask {
        match info.attributes.contains(FileAttributes::READONLY) {
            true => self.maximal_access().difference(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA),
            false => self.maximal_access(),
        }
    }

    /// Returns a key that no other open of the server has.
    pub(super) fn new_open_key(&self) -> OpenKey {
        self.files.new_open_key()
    }
}
