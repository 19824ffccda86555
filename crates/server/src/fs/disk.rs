//! [`Disk`]: a shared folder, and the [`Event`]s that happen in it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use netsession_smb::fscc::{AccessMask, FileAttributes};

use super::info::{FileInfo, Kind};
use super::name::SharePath;
use super::node::Nodes;
use super::open_key::OpenKey;
use super::root::Root;
use super::streams;

/// A shared folder.
pub(crate) struct Disk {
    pub(super) root: Root,
    pub(super) nodes: Nodes,
    read_only: bool,
    has_streams: bool,
    /// Locked while a request makes, renames or removes named streams.
    pub(super) streams: Mutex<()>,
    next_open: AtomicU64,
    events: Box<dyn Fn(Event) + Send + Sync>,
}

/// Something in a share that a request may wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A client released byte-range locks of this file, or gave an oplock back.
    Unlocked(super::info::FileKey),
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
    /// Shares everything below `root`.
    #[must_use]
    pub(crate) fn new(
        root: Root,
        read_only: bool,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (nodes, next_open) = (Nodes::default(), AtomicU64::new(1));
        let has_streams = streams::are_supported(root.folder());
        let (streams, events) = (Mutex::default(), Box::new(events));
        Arc::new(Self { root, nodes, read_only, has_streams, streams, next_open, events })
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

    /// Returns how many files are open.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn open_files(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn notify(&self, event: Event) {
        (self.events)(event);
    }

    pub(super) fn changed(&self, path: &SharePath, action: Action) {
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

    /// Returns a key that no other open of the share has.
    pub(super) fn new_open_key(&self) -> OpenKey {
        OpenKey(self.next_open.fetch_add(1, Ordering::Relaxed))
    }
}
