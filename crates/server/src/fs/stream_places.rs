//! Which shared folder keeps the streams of a file: the innermost one that contains the file when a client makes the first
//! stream. So they are there whichever of the shares remains.

use rustix::fd::{AsFd, BorrowedFd};
use std::fs::File;
use std::sync::{Arc, PoisonError};

use netsession_wire::NtStatus;
use rustix::fs::{Mode, OFlags, fstat};

use super::disk::Disk;
use super::info::Kind;
use super::name::SharePath;
use super::streams::{self, Detached, Streams};

impl Disk {
    /// Finds the streams of a file, even if a client has made them through another share.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(super) fn streams_of(
        self: &Arc<Self>,
        path: &SharePath,
        file: impl AsFd,
    ) -> Result<Option<Streams>, NtStatus> {
        for id in streams::ids_of(&file) {
            let found = self.find_in_places(path, |place| Streams::find(place, &id, &file))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Returns the streams of a file, and makes a place for them if there is none. The caller has locked the streams.
    ///
    /// # Errors
    /// As [`Streams::make`].
    pub(super) fn make_streams(
        self: &Arc<Self>,
        path: &SharePath,
        file: impl AsFd,
    ) -> Result<Streams, NtStatus> {
        if let Some(found) = self.streams_of(path, &file)? {
            return Ok(found);
        }
        let others = self.elsewhere(path).into_iter().filter(|(other, _)| other.has_streams());
        let places = others.chain([(Arc::clone(self.folder()), path.clone())]);
        let innermost = places.min_by_key(|(_, path)| path.components().len());
        Streams::make(innermost.as_ref().map_or(self.folder(), |(folder, _)| folder).root.folder(), file)
    }

    /// Removes the streams of a file.
    pub(super) fn remove_streams(self: &Arc<Self>, path: &SharePath, file: impl AsFd) {
        if !streams::has_id(&file) {
            return;
        }
        let guard = self.files.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let detach =
            |id| self.find_in_places(path, |place| Ok(Streams::detach(place, &id, &file))).ok().flatten();
        let detached: Vec<_> = streams::ids_of(&file).into_iter().filter_map(detach).collect();
        // Freeing their space can take long: nobody who uses other streams must wait for it.
        drop(guard);
        detached.into_iter().for_each(Detached::remove);
    }

    /// Removes the streams of a file or folder that the server has just removed, if it has no other name.
    pub(super) fn remove_streams_of_nameless(self: &Arc<Self>, path: &SharePath, file: &File, kind: Kind) {
        let is_nameless = kind == Kind::Directory || fstat(file).is_ok_and(|stat| stat.st_nlink == 0);
        if is_nameless {
            self.remove_streams(path, file);
        }
    }

    /// Returns what `find` finds first: in this folder, in the other shared folders that overlap with it, or in the folders on
    /// the way to the file, which can have been shared before.
    fn find_in_places<T>(
        self: &Arc<Self>,
        path: &SharePath,
        find: impl Fn(BorrowedFd<'_>) -> Result<Option<T>, NtStatus>,
    ) -> Result<Option<T>, NtStatus> {
        if let Some(found) = find(self.root.folder().as_fd())? {
            return Ok(Some(found));
        }
        for other in self.files.overlapping(self.folder()) {
            if let Some(found) = find(other.root.folder().as_fd())? {
                return Ok(Some(found));
            }
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let on_the_way = (1..=path.components().len()).rev().filter_map(|depth| {
            let folder: SharePath = path.components().iter().take(depth).cloned().collect();
            self.root.open_beneath(&folder, flags, Mode::empty()).ok()
        });
        Ok(on_the_way.into_iter().find_map(|folder| find(folder.as_fd()).ok().flatten()))
    }
}
