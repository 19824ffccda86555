//! CREATE of a named stream ([MS-FSA] 2.1.5.1): `file:name`.

use rustix::fd::OwnedFd;
use std::fs::File;
use std::sync::{Arc, PoisonError};

use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{CreateAction, CreateDisposition, CreateOptions, ShareAccess};
use netsession_wire::NtStatus;
use rustix::fs::{Mode, OFlags, fstat};
use rustix::io::Errno;

use super::create::{Created, Request, allowed_by_attributes};
use super::disk::Disk;
use super::folder::Action;
use super::info::{FileInfo, FileKey, Kind};
use super::name::SharePath;
use super::open::{Open, Stream, require_room};
use super::oplock::Breaks;
use super::reserve;
use super::status::to_status;
use super::stream_name::StreamName;
use super::streams::Streams;

/// The file whose stream a client opens.
struct Base {
    path: SharePath,
    file: File,
    info: FileInfo,
    /// Set if this request has created the file; dropping it deletes the file again unless [`Open::abandon`] keeps it.
    created: Option<Open>,
}

/// The file that holds a stream.
struct Found {
    file: OwnedFd,
    /// The name in the folder of the streams.
    name: String,
    is_new: bool,
}

impl Disk {
    /// Opens or creates a stream, and the file if it is missing.
    pub(super) fn create_stream(
        self: &Arc<Self>,
        request: &Request<'_>,
        access: AccessMask,
        name: &StreamName,
    ) -> Result<Created, NtStatus> {
        if !self.has_streams() {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
        if request.options.contains(CreateOptions::DIRECTORY_FILE) {
            return Err(NtStatus::NOT_A_DIRECTORY);
        }
        let base = self.base(request, access)?;
        let as_open = Request { disposition: CreateDisposition::OPEN, ..request.clone() };
        let access = allowed_by_attributes(&base.info, access, &as_open)?;
        let is_read_only = self.is_read_only() || base.info.attributes.contains(FileAttributes::READONLY);
        if request.disposition.overwrites() && is_read_only {
            return Err(NtStatus::ACCESS_DENIED);
        }
        // One request at a time makes and removes streams, so that none is made in a folder that another one removes.
        let guard = self.files.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let (streams, found) = self.find_stream(request, access, &base, name)?;
        require_room(&found.file)?;
        let data = FileInfo::of(&found.file).map_err(to_status)?.ok_or(NtStatus::ACCESS_DENIED)?;
        if request.disposition.overwrites() && data.is_slow_to_free() {
            request.effort.check_slow_allowed()?;
        }
        let keys = (data.key, Some(base.info.key));
        let opened = self.register_at(keys, Kind::File, &base.path, access, request);
        let mut open = opened.inspect_err(|_| {
            if found.is_new {
                _ = streams.remove(&found.name);
            }
        })?;
        drop(guard);
        let action = match (found.is_new, request.disposition) {
            (true, _) => CreateAction::CREATED,
            (false, CreateDisposition::SUPERSEDE) => CreateAction::SUPERSEDED,
            (false, disposition) if disposition.overwrites() => CreateAction::OVERWRITTEN,
            (false, _) => CreateAction::OPENED,
        };
        if request.disposition.overwrites() && !found.is_new {
            reserve::can_replace(&found.file, request.allocation)?;
            rustix::fs::ftruncate(&found.file, 0).map_err(to_status)?;
            // There was room a moment ago; without a reservation the client can write, too.
            _ = reserve::reserve(&found.file, request.allocation, false);
        }
        let name = StreamName::from_disk(&found.name).ok_or(NtStatus::OBJECT_NAME_INVALID)?;
        open = open.with(found.file).of_stream(Stream::new(name, base.file));
        if found.is_new {
            // This can take long: nobody who uses other streams must wait for it.
            reserve::reserve(open.file()?, request.allocation, true).inspect_err(|_| open.abandon(true))?;
        }
        if let Some(created) = &base.created {
            created.abandon(false);
        }
        self.changed(&base.path, Action::AttributesSet);
        let info = open.info()?;
        Ok(Created { open, action, info })
    }

    /// Opens the file, and creates it if the disposition says so.
    fn base(self: &Arc<Self>, request: &Request<'_>, access: AccessMask) -> Result<Base, NtStatus> {
        let spelled = self.spell(request)?;
        let mut created = None;
        let mut path = spelled.path;
        if !spelled.exists {
            if !request.disposition.creates() {
                return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
            }
            let made = self.create(&Request {
                stream: None,
                access: AccessMask::READ_ATTRIBUTES,
                share: ShareAccess::all(),
                disposition: CreateDisposition::OPEN_IF,
                options: CreateOptions::NON_DIRECTORY_FILE,
                allocation: 0,
                extended: &[],
                lease: None,
                breaks: Breaks::Nothing,
                ..request.clone()
            })?;
            path = made.open.path();
            made.open.abandon(made.action == CreateAction::CREATED);
            created = Some(made.open);
        }
        let writes = access.intersects(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)
            || request.disposition.overwrites();
        let stat = self.root.stat(&path).map_err(to_status)?;
        let is_file = Kind::of(&stat).ok_or(NtStatus::ACCESS_DENIED)? == Kind::File;
        // Who may not change the file may not change its streams.
        let mode = if writes && is_file { OFlags::RDWR } else { OFlags::RDONLY };
        let flags = mode | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.root.open_beneath(&path, flags, Mode::empty()).map_err(to_status)?;
        require_room(&file)?;
        let info = FileInfo::of(&file).map_err(to_status)?.ok_or(NtStatus::ACCESS_DENIED)?;
        let name = self.name(&path);
        match self.nodes().get(info.key).is_some_and(|node| node.state().is_deleted_name(&name)) {
            true => Err(NtStatus::DELETE_PENDING),
            false => Ok(Base { path, file: file.into(), info, created }),
        }
    }

    fn find_stream(
        self: &Arc<Self>,
        request: &Request<'_>,
        access: AccessMask,
        base: &Base,
        name: &StreamName,
    ) -> Result<(Streams, Found), NtStatus> {
        let streams = self.streams_of(&base.path, &base.file)?;
        let spelled = streams.as_ref().map(|streams| streams.spell(name)).transpose()?.flatten();
        if let Some(name) = spelled
            && let Some(streams) = streams
        {
            if request.disposition == CreateDisposition::CREATE {
                return Err(NtStatus::OBJECT_NAME_COLLISION);
            }
            let writes = access.intersects(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)
                || request.disposition.overwrites();
            let mode = if writes { OFlags::RDWR } else { OFlags::RDONLY };
            let file = streams.open(&name, mode).map_err(to_status)?;
            if Kind::of(&fstat(&file).map_err(to_status)?) != Some(Kind::File) {
                return Err(NtStatus::ACCESS_DENIED);
            }
            return Ok((streams, Found { file, name, is_new: false }));
        }
        if !request.disposition.creates() {
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
        }
        if self.is_read_only() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        if base.info.links == 0 {
            return Err(NtStatus::DELETE_PENDING);
        }
        let streams = self.make_streams(&base.path, &base.file)?;
        if streams.are_full()? {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        let name = name.on_disk();
        match streams.open(&name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL) {
            Ok(file) => Ok((streams, Found { file, name, is_new: true })),
            Err(Errno::EXIST) => Err(NtStatus::SHARING_VIOLATION),
            Err(error) => Err(to_status(error)),
        }
    }
}

impl Open {
    /// Gives the stream that is open another name.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` if no stream is open, `STATUS_OBJECT_NAME_COLLISION` if the name is taken, and `replace`
    /// is false.
    pub(crate) fn rename_stream(&self, to: &StreamName, replace: bool) -> Result<(), NtStatus> {
        self.require_any(AccessMask::DELETE)?;
        let _guard = self.disk().files.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let (streams, name) = self.own_stream()?.ok_or(NtStatus::INVALID_PARAMETER)?;
        streams.rename(&name, to, replace)?;
        self.set_stream_name(to.clone());
        Ok(())
    }

    /// Removes the stream that is open. Returns false if no stream is open.
    pub(super) fn remove_stream(&self) -> bool {
        let _guard = self.disk().files.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let own = self.own_stream();
        if let Ok(Some((streams, name))) = &own {
            _ = streams.remove(name);
            self.disk().changed(&self.path(), Action::AttributesSet);
        }
        !matches!(own, Ok(None))
    }

    /// Returns the streams of the file and the name of the open one; `None` if it is the data of the file.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND` if it has been removed or replaced.
    fn own_stream(&self) -> Result<Option<(Streams, String)>, NtStatus> {
        let Some(stream) = self.stream() else { return Ok(None) };
        let streams = self.disk().streams_of(&self.path(), self.record()?)?;
        let streams = streams.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        let name = stream.on_disk();
        let named = streams.open(&name, OFlags::RDONLY).map_err(to_status)?;
        match FileKey::of(&fstat(named).map_err(to_status)?) == self.file_key() {
            true => Ok(Some((streams, name))),
            false => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        }
    }

    /// Returns the named streams of the file.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn streams(&self) -> Result<Vec<super::streams::Listed>, NtStatus> {
        match self.disk().streams_of(&self.path(), self.record()?)? {
            Some(streams) => streams.list(),
            None => Ok(Vec::new()),
        }
    }
}
