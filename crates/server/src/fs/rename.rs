//! New names for files: rename and hard link ([MS-FSA] 2.1.5.15.11, 2.1.5.15.6).

use std::ffi::OsStr;
use std::os::fd::OwnedFd;

use netsession_smb::fscc::AccessMask;
use netsession_wire::NtStatus;
use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;

use super::disk::Action;
use super::info::{FileKey, Kind};
use super::name::SharePath;
use super::open::Open;
use super::root::Spelled;
use super::status::to_status;

impl Open {
    /// Renames the file, also into another folder of the share.
    ///
    /// # Errors
    /// - `STATUS_OBJECT_NAME_COLLISION`: the name exists, and `replace` is false.
    /// - `STATUS_ACCESS_DENIED`: the name is that of a folder or of an open file, or a file below the folder is open.
    /// - `STATUS_OBJECT_PATH_NOT_FOUND`: the target's folder does not exist.
    pub(crate) fn rename(&self, target: &SharePath, replace: bool) -> Result<(), NtStatus> {
        self.require_any(AccessMask::DELETE)?;
        let from = self.path();
        if from.is_root() || target.is_root() || self.disk().is_read_only() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        if self.kind() == Kind::Directory && self.disk().nodes.any_below(&from) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let to = self.available_name(target, replace)?;
        let (old_folder, old_leaf) = self.disk().root.open_folder_of(&from).map_err(to_status)?;
        let (new_folder, new_leaf) = self.disk().root.open_folder_of(&to).map_err(missing_folder)?;
        let stat = self.stat_own_name(&old_folder, old_leaf)?;
        let same = rustix::fs::statat(&new_folder, new_leaf, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|there| FileKey::of(&there) == FileKey::of(&stat));
        let may_replace = replace || same;
        rename_at(&old_folder, old_leaf, &new_folder, new_leaf, may_replace)?;
        self.node().state().path = to.clone();
        self.disk().changed(&from, Action::RenamedOld(self.kind()));
        self.disk().changed(&to, Action::RenamedNew(self.kind()));
        Ok(())
    }

    /// Adds a name to the file.
    ///
    /// # Errors
    /// As [`Open::rename`]; `STATUS_FILE_IS_A_DIRECTORY` for a folder.
    pub(crate) fn link(&self, target: &SharePath, replace: bool) -> Result<(), NtStatus> {
        if self.kind() == Kind::Directory {
            return Err(NtStatus::FILE_IS_A_DIRECTORY);
        }
        if self.disk().is_read_only() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        if self.is_own_name(target)? {
            // Removing the name first would lose the file.
            return if replace { Ok(()) } else { Err(NtStatus::OBJECT_NAME_COLLISION) };
        }
        let from = self.path();
        let to = self.available_name(target, replace)?;
        let (old_folder, old_leaf) = self.disk().root.open_folder_of(&from).map_err(to_status)?;
        let (new_folder, new_leaf) = self.disk().root.open_folder_of(&to).map_err(missing_folder)?;
        self.stat_own_name(&old_folder, old_leaf)?;
        let link = || rustix::fs::linkat(&old_folder, old_leaf, &new_folder, new_leaf, AtFlags::empty());
        match link() {
            Err(Errno::EXIST) if replace => {
                rustix::fs::unlinkat(&new_folder, new_leaf, AtFlags::empty()).map_err(to_status)?;
                link().map_err(to_status)?;
            }
            linked => linked.map_err(to_status)?,
        }
        self.disk().changed(&to, Action::Added(Kind::File));
        Ok(())
    }

    /// Returns whether the target is already a name of this file, in any case.
    fn is_own_name(&self, target: &SharePath) -> Result<bool, NtStatus> {
        let Spelled { path, exists } = self.disk().root.spell(target).map_err(missing_folder)?;
        let stat = || self.disk().root.stat(&path).map_err(to_status);
        Ok(exists && FileKey::of(&stat()?) == self.file_key())
    }

    /// Returns the target with the disk's spelling of its folder, if the name is available.
    fn available_name(&self, target: &SharePath, replace: bool) -> Result<SharePath, NtStatus> {
        let Spelled { path, exists } = self.disk().root.spell(target).map_err(missing_folder)?;
        if !exists {
            return Ok(path);
        }
        let stat = self.disk().root.stat(&path).map_err(to_status)?;
        if FileKey::of(&stat) == self.file_key() {
            // Only the case changes: the requested spelling applies.
            let folder = path.split_last().map_or(&[][..], |(folder, _)| folder);
            let leaf = target.split_last().map(|(_, leaf)| leaf.to_owned());
            return Ok(folder.iter().cloned().chain(leaf).collect());
        }
        if !replace {
            return Err(NtStatus::OBJECT_NAME_COLLISION);
        }
        let open = self.disk().nodes.get(FileKey::of(&stat)).is_some();
        match Kind::of(&stat) {
            Some(Kind::File) if !open => Ok(path),
            _ => Err(NtStatus::ACCESS_DENIED),
        }
    }

    /// Returns the system's record of the name, if it still names this file.
    fn stat_own_name(&self, folder: &OwnedFd, leaf: &OsStr) -> Result<Stat, NtStatus> {
        let stat = rustix::fs::statat(folder, leaf, AtFlags::SYMLINK_NOFOLLOW).map_err(to_status)?;
        let link = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink();
        if link || FileKey::of(&stat) == self.file_key() {
            Ok(stat)
        } else {
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
        }
    }
}

fn missing_folder(error: std::io::Error) -> NtStatus {
    match to_status(error) {
        NtStatus::OBJECT_NAME_NOT_FOUND => NtStatus::OBJECT_PATH_NOT_FOUND,
        other => other,
    }
}

/// Renames; unless `replace` is set, the kernel refuses to overwrite a file.
fn rename_at(
    old_folder: &OwnedFd,
    old: &OsStr,
    new_folder: &OwnedFd,
    new: &OsStr,
    replace: bool,
) -> Result<(), NtStatus> {
    if replace {
        return rustix::fs::renameat(old_folder, old, new_folder, new).map_err(to_status);
    }
    match rustix::fs::renameat_with(old_folder, old, new_folder, new, rustix::fs::RenameFlags::NOREPLACE) {
        // The file system cannot guarantee it; the name was free a moment ago.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rustix::fs::renameat(old_folder, old, new_folder, new).map_err(to_status)
        }
        renamed => renamed.map_err(to_status),
    }
}
