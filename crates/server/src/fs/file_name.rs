//! [`Name`]: a name of a file in one of the shares, and [`Place`]: where a shared folder is.

use std::path::Path;
use std::sync::Arc;

use super::disk::Disk;
use super::name::SharePath;

/// A name of a file: a shared folder, and a path in it. Two shares can have one name under different paths.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(super) disk: Arc<Disk>,
    pub(super) path: SharePath,
}

impl Name {
    /// Returns whether both are one name in one folder, as far as the server knows.
    #[must_use]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match Arc::ptr_eq(&self.disk, &other.disk) {
            true => self.path == other.path,
            false => other.path_in(&self.disk).is_some_and(|path| path == self.path),
        }
    }

    /// Returns whether it is a name of something below this folder.
    #[must_use]
    pub(super) fn is_below(&self, folder: &Self) -> bool {
        let is_below =
            |path: &[String], folder: &[String]| path.len() > folder.len() && path.starts_with(folder);
        if Arc::ptr_eq(&self.disk, &folder.disk) {
            return is_below(self.path.components(), folder.path.components());
        }
        match (self.whole(), folder.whole()) {
            (Some(path), Some(folder)) => is_below(&path, &folder),
            _ => false,
        }
    }

    /// Returns the path of the same name in another share, if that share contains it.
    #[must_use]
    pub(super) fn path_in(&self, disk: &Arc<Disk>) -> Option<SharePath> {
        if Arc::ptr_eq(&self.disk, disk) {
            return Some(self.path.clone());
        }
        let place = disk.place();
        Some(self.whole()?.strip_prefix(place.components()?)?.iter().cloned().collect())
    }

    /// Returns its path from the root of the file system.
    #[must_use]
    pub(super) fn whole(&self) -> Option<Vec<String>> {
        let place = self.disk.place();
        Some(place.components()?.iter().chain(self.path.components()).cloned().collect())
    }
}

/// The path of a shared folder from the root of the file system, without links; nothing if it is not known. The server uses it
/// to compare names of different shares, and never to open anything.
#[derive(Debug, Clone, Default)]
pub(super) struct Place(Option<Arc<[String]>>);

impl Place {
    /// Returns the place of the folder at this path, which can contain links.
    #[must_use]
    pub(super) fn of(path: &Path) -> Self {
        let names = |path: &Path| path.iter().map(|name| name.to_str().map(str::to_owned)).collect();
        Self(path.canonicalize().ok().and_then(|path| names(&path)))
    }

    /// Returns the names of the folders on the way.
    #[must_use]
    pub(super) fn components(&self) -> Option<&[String]> {
        self.0.as_deref()
    }

    /// Returns whether one of the two folders is the other or is in it.
    #[must_use]
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self.components(), other.components()) {
            (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
            _ => false,
        }
    }

    /// Returns the place after a rename of a folder; nothing if the folder is elsewhere.
    #[must_use]
    pub(super) fn after_rename(&self, from: &[String], to: &[String]) -> Option<Self> {
        let rest = self.components()?.strip_prefix(from)?;
        Some(Self(Some(to.iter().chain(rest).cloned().collect())))
    }
}
