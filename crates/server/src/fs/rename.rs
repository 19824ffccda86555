//! New names for files: rename and hard link ([MS-FSA] 2.1.5.15.11, 2.1.5.15.6).

use rustix::fd::OwnedFd;
use std::ffi::OsStr;
use std::fs::File;

use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_wire::NtStatus;
use netsession_wire::name::is_same_name;
use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::effort::Effort;
use super::folder::Action;
use super::info::{Dos, FileKey, Kind};
use super::name::SharePath;
use super::open::Open;
use super::root::Spelled;
use super::status::to_status;
use super::streams;

/// What exists at a new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing: the name is free.
    Free,
    /// The name itself, in this or another case.
    Own,
    /// Another name of the same file.
    OtherLink,
    /// A file that the new name may replace.
    Replaceable,
}

/// A directory entry: an open folder, and a name in it.
#[derive(Debug)]
struct Entry<'a> {
    folder: OwnedFd,
    leaf: &'a OsStr,
}

impl Open {
    /// Renames the file, even into another folder of the share. Only the name that the client opened changes.
    ///
    /// # Errors
    /// - `STATUS_OBJECT_NAME_COLLISION`: the name exists, and `replace` is false.
    /// - `STATUS_ACCESS_DENIED`: the name is that of a folder, of an open or a read-only file, or a file below the folder is open.
    /// - `STATUS_OBJECT_PATH_NOT_FOUND`: the target's folder does not exist.
    /// - `STATUS_SHARING_VIOLATION`: a client has the target's folder open, and may delete or rename it or lets nobody write there.
    pub(crate) fn rename(&self, target: &SharePath, replace: bool) -> Result<(), NtStatus> {
        self.require_any(AccessMask::DELETE)?;
        let from = self.path();
        if from.is_root() || target.is_root() || self.disk().is_read_only() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        if self.kind() == Kind::Directory && self.disk().nodes().any_below(&self.name()) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let old = self.own_entry(&from)?;
        let Spelled { path: found, exists, .. } =
            self.disk().root.spell(target, &Effort::UNLIMITED).map_err(missing_folder)?;
        let to = respelled(&found, target);
        let place = match exists {
            true => self.place(&old, &found, replace)?,
            false => Place::Free,
        };
        let to = if place == Place::Own { to } else { found };
        let new = self.entry(&to)?;
        if self.disk().nodes().excludes_new_names(new.folder_key()?) {
            return Err(NtStatus::SHARING_VIOLATION);
        }
        let victim = self.victim(place, &to);
        match place {
            // The system sees one file with two names, and a rename would change nothing.
            Place::OtherLink => {
                rustix::fs::unlinkat(&old.folder, old.leaf, AtFlags::empty()).map_err(to_status)?;
            }
            Place::Free => rename_at(&old, &new, false)?,
            Place::Own | Place::Replaceable => rename_at(&old, &new, true)?,
        }
        let names = (self.disk().name(&from), self.disk().name(&to));
        self.node().state().rename(&names.0, &names.1);
        self.forget_change_time();
        if self.record().is_ok_and(streams::has_id) {
            self.disk().nodes().rename_streams(&names.0, &names.1);
        }
        if let Some(victim) = victim {
            self.disk().remove_streams_of_nameless(&to, &victim, Kind::File);
        }
        if self.kind() == Kind::Directory {
            self.disk().files.moved(&names.0, &to);
        }
        self.report_rename(&from, &to);
        if self.kind() == Kind::File {
            self.mark_for_archiving();
            self.disk().changed(&to, Action::MarkedForArchiving);
        }
        Ok(())
    }

    /// Gives a renamed file the attribute that makes backup programs copy it ([MS-FSA] 2.1.5.15.12). The rename itself has
    /// succeeded, so a file system that cannot store this is no error.
    fn mark_for_archiving(&self) {
        let Ok(file) = self.record() else { return };
        let dos = Dos::read(file);
        if let Some(kept) = dos.kept.filter(|kept| !kept.contains(FileAttributes::ARCHIVE)) {
            let kept = kept.difference(FileAttributes::NORMAL) | FileAttributes::ARCHIVE;
            _ = Dos { kept: Some(kept), ..dos }.write(file);
        }
    }

    /// Reports a rename to clients that watch the folders. A file in another folder is removed here and added there ([MS-FSA]
    /// 2.1.5.15.12).
    fn report_rename(&self, from: &SharePath, to: &SharePath) {
        let kind = self.kind();
        let folder = |path: &SharePath| path.split_last().map(|(folder, _)| folder.to_vec());
        let (gone, come) = match folder(from) == folder(to) {
            true => (Action::RenamedOld(kind), Action::RenamedNew(kind)),
            false => (Action::Removed(kind), Action::Added(kind)),
        };
        self.disk().changed(from, gone);
        self.disk().changed(to, come);
    }

    /// Adds a name to the file.
    ///
    /// # Errors
    /// As [`Open::rename`]; `STATUS_FILE_IS_A_DIRECTORY` for a folder.
    pub(crate) fn link(&self, target: &SharePath, replace: bool) -> Result<(), NtStatus> {
        if self.kind() == Kind::Directory {
            return Err(NtStatus::FILE_IS_A_DIRECTORY);
        }
        if self.disk().is_read_only() || target.is_root() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let from = self.path();
        let old = self.own_entry(&from)?;
        let Spelled { path: to, exists, .. } =
            self.disk().root.spell(target, &Effort::UNLIMITED).map_err(missing_folder)?;
        let place = match exists {
            true => self.place(&old, &to, replace)?,
            false => Place::Free,
        };
        let new = self.entry(&to)?;
        if self.disk().nodes().excludes_new_names(new.folder_key()?) {
            return Err(NtStatus::SHARING_VIOLATION);
        }
        let victim = self.victim(place, &to);
        match place {
            Place::Own if !replace => return Err(NtStatus::OBJECT_NAME_COLLISION),
            Place::Own | Place::OtherLink => return Ok(()),
            Place::Free => link_at(&old, &new)?,
            Place::Replaceable => self.link_over(&old, &new)?,
        }
        if let Some(victim) = victim {
            self.disk().remove_streams_of_nameless(&to, &victim, Kind::File);
        }
        self.disk().changed(&to, Action::Added(Kind::File));
        Ok(())
    }

    /// Opens the file that a new name replaces, to remove its streams afterwards.
    fn victim(&self, place: Place, path: &SharePath) -> Option<File> {
        if place != Place::Replaceable || !self.disk().has_streams() {
            return None;
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        Some(self.disk().root.open_beneath(path, flags, Mode::empty()).ok()?.into())
    }

    /// Replaces another file by another name of this file. The other file stays until the system replaces it in one
    /// step.
    fn link_over(&self, old: &Entry<'_>, new: &Entry<'_>) -> Result<(), NtStatus> {
        let name = format!(".netsession-link-{}-{}", std::process::id(), self.disk().new_open_key().0);
        let temporary = Entry { folder: new.folder.try_clone().map_err(to_status)?, leaf: OsStr::new(&name) };
        link_at(old, &temporary)?;
        rename_at(&temporary, new, true).inspect_err(|_| {
            _ = rustix::fs::unlinkat(&temporary.folder, temporary.leaf, AtFlags::empty());
        })
    }

    /// Returns what the name at `found`, which exists, is for this file.
    ///
    /// # Errors
    /// - `STATUS_OBJECT_NAME_COLLISION`: it is another name, and `replace` is false.
    /// - `STATUS_ACCESS_DENIED`: it is a folder, an open or a read-only file.
    fn place(&self, old: &Entry<'_>, found: &SharePath, replace: bool) -> Result<Place, NtStatus> {
        let there = self.entry(found)?;
        let is_same_file = FileKey::of(&there.stat()?) == FileKey::of(&old.stat()?);
        if is_same_file && there.is_same_as(old)? {
            return Ok(Place::Own);
        }
        if !replace {
            return Err(NtStatus::OBJECT_NAME_COLLISION);
        }
        let info = self.disk().root.info(found).map_err(to_status)?.ok_or(NtStatus::ACCESS_DENIED)?;
        let is_open = match is_same_file {
            true => self.node().state().is_open_as(&self.disk().name(found)),
            false => self.disk().nodes().get(info.key).is_some(),
        };
        if info.kind != Kind::File || is_open || info.attributes.contains(FileAttributes::READONLY) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(if is_same_file { Place::OtherLink } else { Place::Replaceable })
    }

    /// Opens the folder of a path.
    fn entry<'a>(&self, path: &'a SharePath) -> Result<Entry<'a>, NtStatus> {
        let (folder, leaf) = self.disk().root.open_folder_of(path).map_err(missing_folder)?;
        Ok(Entry { folder, leaf })
    }

    /// Returns the entry of the name that the client opened, if it still names this file.
    fn own_entry<'a>(&self, path: &'a SharePath) -> Result<Entry<'a>, NtStatus> {
        let (folder, leaf) = self.disk().root.open_folder_of(path).map_err(to_status)?;
        let entry = Entry { folder, leaf };
        let stat = entry.stat()?;
        let named = match rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink() {
            true => self.disk().root.stat(path).map_err(to_status)?,
            false => stat,
        };
        match FileKey::of(&named) == self.file_key() {
            true => Ok(entry),
            false => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        }
    }
}

impl Entry<'_> {
    /// Returns the system's record of the entry; for a link, that of the link itself.
    fn stat(&self) -> Result<Stat, NtStatus> {
        rustix::fs::statat(&self.folder, self.leaf, AtFlags::SYMLINK_NOFOLLOW).map_err(to_status)
    }

    /// Identifies the folder.
    fn folder_key(&self) -> Result<FileKey, NtStatus> {
        Ok(FileKey::of(&rustix::fs::fstat(&self.folder).map_err(to_status)?))
    }

    /// Returns whether both are one name in one folder, even on a file system that ignores case.
    fn is_same_as(&self, other: &Self) -> Result<bool, NtStatus> {
        let are_alike = match (self.leaf.to_str(), other.leaf.to_str()) {
            (Some(one), Some(other)) => is_same_name(one, other),
            _ => self.leaf == other.leaf,
        };
        Ok(are_alike && self.folder_key()? == other.folder_key()?)
    }
}

/// Returns the path with the requested spelling of its last component.
fn respelled(path: &SharePath, target: &SharePath) -> SharePath {
    let folder = path.split_last().map_or(&[][..], |(folder, _)| folder);
    let leaf = target.split_last().map(|(_, leaf)| leaf.to_owned());
    folder.iter().cloned().chain(leaf).collect()
}

fn missing_folder(error: std::io::Error) -> NtStatus {
    match to_status(error) {
        NtStatus::OBJECT_NAME_NOT_FOUND => NtStatus::OBJECT_PATH_NOT_FOUND,
        other => other,
    }
}

/// Renames; unless `replace` is set, the kernel refuses to overwrite a file.
fn rename_at(old: &Entry<'_>, new: &Entry<'_>, replace: bool) -> Result<(), NtStatus> {
    let rename = || rustix::fs::renameat(&old.folder, old.leaf, &new.folder, new.leaf).map_err(to_status);
    if replace {
        return rename();
    }
    let flags = rustix::fs::RenameFlags::NOREPLACE;
    match rustix::fs::renameat_with(&old.folder, old.leaf, &new.folder, new.leaf, flags) {
        // The file system cannot guarantee this, but the name was free a moment ago.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => rename(),
        renamed => renamed.map_err(to_status),
    }
}

fn link_at(old: &Entry<'_>, new: &Entry<'_>) -> Result<(), NtStatus> {
    rustix::fs::linkat(&old.folder, old.leaf, &new.folder, new.leaf, AtFlags::empty()).map_err(to_status)
}
