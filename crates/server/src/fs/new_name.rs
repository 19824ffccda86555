//! [`NewName`]: a file or folder that a CREATE has made, and deletes again if it fails.

use rustix::fd::OwnedFd;
use std::ffi::OsStr;

use rustix::fs::{AtFlags, Mode, OFlags, fstat, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::info::{FileKey, Kind};
use super::node::Nodes;

/// A new name in a folder. Dropping it deletes the file or folder, unless the caller has called [`NewName::keep`].
#[derive(Debug)]
pub(super) struct NewName<'a> {
    nodes: &'a Nodes,
    folder: OwnedFd,
    leaf: &'a OsStr,
    kind: Kind,
    /// The file that it names; `None` before the server knows it.
    key: Option<FileKey>,
    is_kept: bool,
}

impl<'a> NewName<'a> {
    /// Creates the file or folder and opens it.
    ///
    /// # Errors
    /// `EEXIST` if the name exists, and errors of the system. Then nothing was created.
    pub(super) fn create(
        nodes: &'a Nodes,
        folder: OwnedFd,
        leaf: &'a OsStr,
        kind: Kind,
    ) -> Result<(OwnedFd, Self), Errno> {
        let base = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let new = |folder, key| Self { nodes, folder, leaf, kind, key, is_kept: false };
        match kind {
            Kind::File => {
                let flags = base | OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
                let file = openat(&folder, leaf, flags, Mode::from_raw_mode(0o666))?;
                let key = fstat(&file).ok().map(|stat| FileKey::of(&stat));
                Ok((file, new(folder, key)))
            }
            Kind::Directory => {
                mkdirat(&folder, leaf, Mode::from_raw_mode(0o777))?;
                let stat = statat(&folder, leaf, AtFlags::SYMLINK_NOFOLLOW).ok();
                let name = new(folder, stat.map(|stat| FileKey::of(&stat)));
                let file = openat(&name.folder, leaf, base | OFlags::DIRECTORY, Mode::empty())?;
                Ok((file, name))
            }
        }
    }

    /// Keeps the file or folder.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }

    /// Deletes the name, if it still names the new file and nobody else has opened the file meanwhile.
    fn take_back(&self) {
        let Ok(stat) = statat(&self.folder, self.leaf, AtFlags::SYMLINK_NOFOLLOW) else { return };
        let key = FileKey::of(&stat);
        if self.key != Some(key) || self.nodes.get(key).is_some() {
            return;
        }
        let flags = if self.kind == Kind::Directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        if let Err(error) = unlinkat(&self.folder, self.leaf, flags) {
            tracing::warn!(%error, "a file that a failed request created was not deleted");
        }
    }
}

impl Drop for NewName<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            self.take_back();
        }
    }
}
