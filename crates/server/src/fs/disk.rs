//! [`Disk`]: a shared folder with the open files of its server.

use std::ops::Deref;
use std::sync::Arc;

use super::file_name::Name;
use super::files::Files;
use super::folder::{Action, Event, Folder};
use super::name::SharePath;
use super::node::Nodes;
use super::open_key::OpenKey;
use super::root::Root;

/// A shared folder, and what it has in common with the other shares of the server.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: Arc<Folder>,
    pub(super) files: Arc<Files>,
}

impl Deref for Disk {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
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
        let folder = Arc::new(Folder::new(root, read_only, events));
        files.add(&folder);
        Self::of(files, &folder)
    }

    /// Returns a shared folder of the server that has these files.
    #[must_use]
    pub(super) fn of(files: &Arc<Files>, folder: &Arc<Folder>) -> Arc<Self> {
        Arc::new(Self { folder: Arc::clone(folder), files: Arc::clone(files) })
    }

    /// Returns how many files are open in this share.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn open_files(&self) -> usize {
        self.nodes().count_in(&self.folder)
    }

    /// Returns the shared folder alone.
    pub(super) const fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// Returns the open files of the server.
    pub(super) fn nodes(&self) -> &Nodes {
        &self.files.nodes
    }

    /// Returns a path in this share as a name of a file.
    pub(super) fn name(&self, path: &SharePath) -> Name {
        Name { folder: Arc::clone(&self.folder), path: path.clone() }
    }

    /// Returns the other shared folders that have this name too, and its path there.
    pub(super) fn elsewhere(&self, path: &SharePath) -> Vec<(Arc<Folder>, SharePath)> {
        let others = self.files.overlapping(&self.folder);
        if others.is_empty() {
            return Vec::new();
        }
        let name = self.name(path);
        let others = others.into_iter().filter(|other| self.is_together_with(other));
        others.filter_map(|other| name.path_in(&other).map(|path| (other, path))).collect()
    }

    /// Reports that the folder at this path is deleted with its last open.
    pub(super) fn deleting(&self, path: &SharePath) {
        self.notify(Event::Deleting(path.clone()));
        for (other, path) in self.elsewhere(path) {
            other.notify(Event::Deleting(path));
        }
    }

    /// Reports a change, also to the clients of other shares that show the same file.
    pub(super) fn changed(&self, path: &SharePath, action: Action) {
        self.note(path, action);
        for (other, path) in self.elsewhere(path) {
            other.note(&path, action);
        }
    }

    /// Returns a key that no other open of the server has.
    pub(super) fn new_open_key(&self) -> OpenKey {
        self.files.new_open_key()
    }
}
