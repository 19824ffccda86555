//! [`Name`]: a name of a file in one of the shares.

use std::sync::Arc;

use super::folder::Folder;
use super::name::SharePath;

/// A name of a file: a shared folder, and a path in it. Two shares can have one name under different paths.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(super) folder: Arc<Folder>,
    pub(super) path: SharePath,
}

impl Name {
    /// Returns whether both are one name in one folder, as far as the server knows.
    #[must_use]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match Arc::ptr_eq(&self.folder, &other.folder) {
            true => self.path == other.path,
            false => other.path_in(&self.folder).is_some_and(|path| path == self.path),
        }
    }

    /// Returns whether it is a name of something below this folder.
    #[must_use]
    pub(super) fn is_below(&self, folder: &Self) -> bool {
        let is_below =
            |path: &[String], folder: &[String]| path.len() > folder.len() && path.starts_with(folder);
        if Arc::ptr_eq(&self.folder, &folder.folder) {
            return is_below(self.path.components(), folder.path.components());
        }
        match (self.whole(), folder.whole()) {
            (Some(path), Some(folder)) => is_below(&path, &folder),
            _ => false,
        }
    }

    /// Returns the path of the same name in another share, if that share contains it.
    #[must_use]
    pub(super) fn path_in(&self, folder: &Arc<Folder>) -> Option<SharePath> {
        if Arc::ptr_eq(&self.folder, folder) {
            return Some(self.path.clone());
        }
        let place = folder.place();
        Some(self.whole()?.strip_prefix(place.components()?)?.iter().cloned().collect())
    }

    /// Returns its path from the root of the file system.
    #[must_use]
    pub(super) fn whole(&self) -> Option<Vec<String>> {
        let place = self.folder.place();
        Some(place.components()?.iter().chain(self.path.components()).cloned().collect())
    }
}
