//! [`Place`]: where a shared folder is.

use std::path::Path;
use std::sync::Arc;

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
