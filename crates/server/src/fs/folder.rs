//! [`Folder`]: a shared folder, and the [`Event`]s that happen in it.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use netsession_smb::fscc::{AccessMask, FileAttributes};

use super::info::{FileInfo, FileKey, Kind};
use super::name::SharePath;
use super::place::Place;
use super::root::Root;
use super::streams;

/// A shared folder.
pub(crate) struct Folder {
    pub(super) root: Root,
    place: RwLock<Place>,
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

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder")
            .field("root", &self.root)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

impl Folder {
    /// Shares everything below `root`.
    #[must_use]
    pub(super) fn new(root: Root, read_only: bool, events: impl Fn(Event) + Send + Sync + 'static) -> Self {
        let has_streams = streams::are_supported(root.folder());
        let place = RwLock::new(Place::of(root.path()));
        Self { root, place, read_only, has_streams, events: Box::new(events) }
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

    /// Returns where the folder is.
    pub(super) fn place(&self) -> Place {
        self.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether this folder is the other one, is in it, or contains it.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.place().overlaps(&other.place())
    }

    /// Changes its place if a client has renamed this folder or one above it through another share: the names of the folders on
    /// the way to the renamed one, before and after.
    pub(super) fn follow_rename(&self, from: &[String], to: &[String]) {
        let moved = self.place().after_rename(from, to);
        if let Some(moved) = moved {
            *self.place.write().unwrap_or_else(PoisonError::into_inner) = moved;
        }
    }

    /// Returns whether both shares still show the same files. Another program can have moved one of the folders; then the
    /// clients of one share must not learn the names of the other.
    pub(super) fn is_together_with(&self, other: &Self) -> bool {
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

    pub(super) fn notify(&self, event: Event) {
        (self.events)(event);
    }

    /// Reports a change in this share alone.
    pub(super) fn note(&self, path: &SharePath, action: Action) {
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
}
