//! [`Open`]: an open file or folder and its operations ([MS-FSA] 2.1.5.3 to 2.1.5.9).

use rustix::fd::{AsFd, AsRawFd, RawFd};
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use netsession_smb::fscc::{AccessMask, FileAttributes, FileTime};
use netsession_smb::msg::CreateOptions;
use netsession_smb::msg::create_context::Lease;
#[cfg(any(test, feature = "testing"))]
use netsession_smb::msg::create_context::LeaseState;
use netsession_wire::NtStatus;
use rustix::fs::AtFlags;

use super::caching_client::CachingClient;
use super::disk::Disk;
use super::file_name::Name;
use super::folder::{Action, Event};
use super::info::{Dos, FileInfo, FileKey, Kind};
use super::listing::Listing;
use super::locks::{Mode, Range};
use super::name::SharePath;
use super::node::Node;
use super::open_key::OpenKey;
use super::oplock::{Breaks, OplockKind};
use super::status::to_status;
use super::stream_name::StreamName;
use super::times::{OpenTimes, set_times};

/// The options about the use of an open ([MS-FSCC] 2.4.31).
const MODE: CreateOptions = CreateOptions::WRITE_THROUGH
    .union(CreateOptions::SEQUENTIAL_ONLY)
    .union(CreateOptions::NO_INTERMEDIATE_BUFFERING)
    .union(CreateOptions::SYNCHRONOUS_IO_ALERT)
    .union(CreateOptions::SYNCHRONOUS_IO_NONALERT)
    .union(CreateOptions::DELETE_ON_CLOSE);

/// A file or folder that a client has open. Dropping it closes it: this releases its locks, and deletes a name marked
/// for deletion with its last open.
#[derive(Debug)]
pub(crate) struct Open {
    disk: Arc<Disk>,
    node: Arc<Node>,
    key: OpenKey,
    access: AccessMask,
    kind: Kind,
    delete_on_close: AtomicBool,
    mode: AtomicU32,
    position: AtomicU64,
    /// The extended attribute that the next query returns first.
    next_attribute: AtomicUsize,
    file: Option<File>,
    /// On the heap, because most opens have none.
    stream: Option<Box<Stream>>,
    listing: Mutex<Option<Listing>>,
    times: OpenTimes,
}

/// The named stream that an open refers to. The open's file is the one that holds the stream.
#[derive(Debug)]
pub(super) struct Stream {
    name: Mutex<StreamName>,
    /// The file that has the stream.
    base: File,
}

impl Stream {
    pub(super) fn new(name: StreamName, base: File) -> Self {
        Self { name: Mutex::new(name), base }
    }
}

/// Times and attributes to set. Zero leaves a time as it is, [`FileTime::FREEZE`] keeps it as it is, and
/// [`FileTime::THAW`] lets it change again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Basic {
    /// The creation time.
    pub(crate) creation: FileTime,
    /// The time of the last read.
    pub(crate) last_access: FileTime,
    /// The time of the last change of its data.
    pub(crate) last_write: FileTime,
    /// The time of the last change of anything about it.
    pub(crate) change: FileTime,
    /// DOS attributes; empty for no change.
    pub(crate) attributes: FileAttributes,
}

impl Open {
    pub(super) fn new(
        disk: &Arc<Disk>,
        node: Arc<Node>,
        key: OpenKey,
        access: AccessMask,
        kind: Kind,
        options: CreateOptions,
    ) -> Self {
        let delete_on_close = options.contains(CreateOptions::DELETE_ON_CLOSE);
        Self {
            disk: Arc::clone(disk),
            node,
            key,
            access,
            kind,
            delete_on_close: AtomicBool::new(delete_on_close),
            mode: AtomicU32::new(options.intersection(MODE).bits()),
            position: AtomicU64::new(0),
            next_attribute: AtomicUsize::new(0),
            file: None,
            stream: None,
            listing: Mutex::new(None),
            times: OpenTimes::default(),
        }
    }

    pub(super) fn with(mut self, file: impl Into<File>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Makes it an open of a named stream.
    pub(super) fn of_stream(mut self, stream: Stream) -> Self {
        self.stream = Some(Box::new(stream));
        self
    }

    /// Returns the file that has the attributes and times: that of the name, whose stream may be open.
    pub(super) fn record(&self) -> Result<&File, NtStatus> {
        self.stream.as_ref().map_or_else(|| self.file(), |stream| Ok(&stream.base))
    }

    /// Returns the named stream that is open; `None` for the file itself.
    #[must_use]
    pub(crate) fn stream(&self) -> Option<StreamName> {
        let stream = self.stream.as_ref()?;
        Some(stream.name.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    pub(super) fn set_stream_name(&self, name: StreamName) {
        if let Some(stream) = &self.stream {
            *stream.name.lock().unwrap_or_else(PoisonError::into_inner) = name;
        }
    }

    /// Returns its path as clients see it: `dir\file.txt`, with `:name` behind it for a named stream.
    #[must_use]
    pub(crate) fn wire_path(&self) -> String {
        let path = self.path().to_wire();
        self.stream().map_or_else(|| path.clone(), |stream| format!("{path}:{}", stream.as_str()))
    }

    pub(super) fn file(&self) -> Result<&File, NtStatus> {
        self.file.as_ref().ok_or(NtStatus::FILE_CLOSED)
    }

    /// Undoes what opening it did, because the client does not get it: it deletes a file that it created, and leaves
    /// one that it found.
    pub(crate) fn abandon(&self, was_created: bool) {
        self.delete_on_close.store(was_created, Ordering::Relaxed);
    }

    /// Identifies this open.
    #[must_use]
    pub(crate) const fn key(&self) -> OpenKey {
        self.key
    }

    /// The share that it is in.
    #[must_use]
    pub(crate) const fn disk(&self) -> &Arc<Disk> {
        &self.disk
    }

    pub(super) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Identifies its file.
    #[must_use]
    pub(crate) fn file_key(&self) -> FileKey {
        self.node.key
    }

    /// Rights that it was granted.
    #[must_use]
    pub(crate) const fn access(&self) -> AccessMask {
        self.access
    }

    /// File or folder.
    #[must_use]
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the options that FileModeInformation reports.
    #[must_use]
    pub(crate) fn mode(&self) -> CreateOptions {
        CreateOptions::from_bits_retain(self.mode.load(Ordering::Relaxed))
    }

    /// Changes its mode ([MS-FSA] 2.1.5.15.8).
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for options that a client cannot change in this way.
    pub(crate) fn set_mode(&self, mode: CreateOptions) -> Result<(), NtStatus> {
        let synchronous = CreateOptions::SYNCHRONOUS_IO_ALERT | CreateOptions::SYNCHRONOUS_IO_NONALERT;
        let settable = CreateOptions::WRITE_THROUGH | CreateOptions::SEQUENTIAL_ONLY | synchronous;
        let before = self.mode();
        let both = mode.contains(synchronous);
        let starts_or_stops = mode.intersects(synchronous) != before.intersects(synchronous);
        if !settable.contains(mode) || both || starts_or_stops {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        self.mode.store((before.difference(settable) | mode).bits(), Ordering::Relaxed);
        Ok(())
    }

    /// Returns the client's current position in bytes. The server only stores it.
    #[must_use]
    pub(crate) fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Sets the client's current position in bytes.
    pub(crate) fn set_position(&self, position: u64) {
        self.position.store(position, Ordering::Relaxed);
    }

    pub(super) fn next_attribute(&self) -> usize {
        self.next_attribute.load(Ordering::Relaxed)
    }

    pub(super) fn set_next_attribute(&self, index: usize) {
        self.next_attribute.store(index, Ordering::Relaxed);
    }

    /// Returns the current path, from the root of the share, of the name that the client opened.
    #[must_use]
    pub(crate) fn path(&self) -> SharePath {
        self.node.state().path_of(self.key)
    }

    /// Returns the name that the client opened.
    pub(super) fn name(&self) -> Name {
        self.disk.name(&self.path())
    }

    /// Returns whether the server deletes the name with its last open.
    #[must_use]
    pub(crate) fn delete_pending(&self) -> bool {
        self.node.state().is_deleted(self.key)
    }

    /// Returns whether closing it can take long, because it deletes a large file: the file system must free its space.
    #[must_use]
    pub(crate) fn is_slow_to_close(&self) -> bool {
        let deletes = self.delete_on_close.load(Ordering::Relaxed) || self.delete_pending();
        deletes && self.own_info().is_ok_and(|info| info.is_slow_to_free())
    }

    /// Grants it an oplock of this kind, or of level II if the file has other opens, or none.
    pub(crate) fn grant_oplock(
        &self,
        kind: OplockKind,
        client: Box<dyn CachingClient>,
    ) -> Option<OplockKind> {
        match self.kind {
            Kind::File => self.node.state().grant_oplock(self.key, kind, client),
            Kind::Directory => None,
        }
    }

    /// Returns its oplock.
    pub(crate) fn oplock(&self) -> Option<OplockKind> {
        self.node.state().oplocks.kind_of(self.key)
    }

    /// Adds it to the lease that its request has named, and returns the lease; `None` for a folder.
    pub(crate) fn grant_lease(&self, request: &Lease, client: Box<dyn CachingClient>) -> Option<Lease> {
        match self.kind {
            Kind::File => self.node.state().grant_lease(self.key, request, client),
            Kind::Directory => None,
        }
    }

    /// Returns what its client may cache.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn caching(&self) -> LeaseState {
        self.node.state().oplocks.caching_of(self.key)
    }

    /// Returns its lease.
    pub(crate) fn lease(&self) -> Option<Lease> {
        self.node.state().oplocks.lease_of(self.key)
    }

    /// Returns whether it may stay open without its client: a batch oplock or a lease caches the handle, nobody breaks it, and its
    /// name is not being deleted.
    pub(crate) fn is_durable(&self) -> bool {
        let is_deleted = self.delete_pending() || self.disk.nodes().is_of_doomed_file(&self.node);
        !is_deleted && self.node.state().oplocks.keeps_handle(self.key)
    }

    /// Lets the client give up its oplock after a break; `kept` is what it would keep. Returns what it keeps.
    ///
    /// # Errors
    /// - `STATUS_INVALID_DEVICE_STATE`: the server is not breaking the oplock.
    /// - `STATUS_INVALID_OPLOCK_PROTOCOL`: the client would keep too much, and keeps nothing.
    pub(crate) fn acknowledge_break(&self, kept: Option<OplockKind>) -> Result<Option<OplockKind>, NtStatus> {
        let acknowledged = self.node.state().oplocks.acknowledge(self.key, kept);
        if acknowledged != Err(NtStatus::INVALID_DEVICE_STATE) {
            self.disk.notify(Event::Unlocked(self.node.key));
        }
        acknowledged
    }

    /// Returns the opens, in order, whose byte-range locks keep this one from a range: from reading it, if `mode` is shared, or
    /// from writing it.
    pub(crate) fn kept_out_by(&self, range: Range, mode: Mode) -> Vec<OpenKey> {
        self.node.state().locks.in_the_way(self.key, range, mode)
    }

    /// Returns how many byte-range locks it holds.
    #[must_use]
    pub(crate) fn locks(&self) -> usize {
        self.node.state().locks.held_by(self.key)
    }

    /// # Errors
    /// `STATUS_ACCESS_DENIED` if none of `rights` was granted.
    pub(crate) fn require_any(&self, rights: AccessMask) -> Result<(), NtStatus> {
        if self.access.intersects(rights) { Ok(()) } else { Err(NtStatus::ACCESS_DENIED) }
    }

    /// Returns the times that a client has set to stay.
    pub(super) const fn times(&self) -> &OpenTimes {
        &self.times
    }

    /// Returns the file's own information: [`Open::info`] can show an earlier LastWriteTime.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn own_info(&self) -> Result<FileInfo, NtStatus> {
        let info = self.file_info()?;
        match self.stream {
            Some(_) => Ok(info.of_stream(&rustix::fs::fstat(self.file()?).map_err(to_status)?)),
            None => Ok(info),
        }
    }

    /// Returns the current information of the file itself, even if a named stream of it is open.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn file_info(&self) -> Result<FileInfo, NtStatus> {
        FileInfo::of(self.record()?).map_err(to_status)?.ok_or(NtStatus::ACCESS_DENIED)
    }

    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a folder.
    pub(super) fn require_file(&self) -> Result<(), NtStatus> {
        if self.kind == Kind::File { Ok(()) } else { Err(NtStatus::INVALID_PARAMETER) }
    }

    /// Sets times and attributes.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for attributes of the other kind; errors of the system.
    pub(crate) fn set_basic(&self, basic: &Basic) -> Result<(), NtStatus> {
        self.require_any(AccessMask::WRITE_ATTRIBUTES)?;
        let directory = basic.attributes.contains(FileAttributes::DIRECTORY);
        if directory && self.kind == Kind::File
            || basic.attributes.contains(FileAttributes::TEMPORARY) && self.kind == Kind::Directory
        {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let file = self.record()?;
        let mut dos = Dos::read(file);
        let before = dos;
        if !basic.attributes.is_empty() {
            let sparse = before.kept.unwrap_or_default() & FileAttributes::SPARSE_FILE;
            dos.kept = Some(basic.attributes.difference(FileAttributes::SPARSE_FILE) | sparse);
        }
        if basic.creation > FileTime::ZERO {
            dos.creation = Some(basic.creation);
        }
        set_times(file, basic.last_access, basic.last_write)?;
        let info = self.own_info()?;
        self.times.set(basic.last_write, info.last_write);
        dos.change = match basic.change {
            FileTime::ZERO => None,
            FileTime::THAW => dos.change,
            FileTime::FREEZE => Some((info.change, info.last_write)),
            change => Some((change, info.last_write)),
        };
        if dos != before {
            dos.write(file).map_err(to_status)?;
        }
        self.show_last_write();
        self.disk.changed(&self.path(), Action::AttributesSet);
        Ok(())
    }

    /// Marks the name for deletion with its last open, or removes the mark. Other names of the file stay.
    ///
    /// # Errors
    /// `STATUS_CANNOT_DELETE` for a read-only file and for the root, `STATUS_DIRECTORY_NOT_EMPTY`.
    pub(crate) fn set_delete_pending(&self, delete: bool) -> Result<(), NtStatus> {
        self.require_any(AccessMask::DELETE)?;
        if delete {
            let info = self.info()?;
            let read_only = info.attributes.contains(FileAttributes::READONLY);
            let is_root = self.stream.is_none() && self.path().is_root();
            if is_root || read_only || self.disk.is_read_only() {
                return Err(NtStatus::CANNOT_DELETE);
            }
            if self.kind == Kind::Directory && !self.is_empty_folder()? {
                return Err(NtStatus::DIRECTORY_NOT_EMPTY);
            }
        }
        self.node.state().set_deleted(self.key, delete);
        if delete {
            self.report_deletion();
        }
        Ok(())
    }

    /// Marks the name for deletion when an open is closed that was to delete it. Clients that only cache handles of the file
    /// close them; nobody waits for that.
    fn delete_with_last_open(&self) {
        {
            let mut state = self.node.state();
            state.set_deleted(self.key, true);
            _ = state.end_handle_caching(self.key, Breaks::WithoutWaiting);
        }
        self.report_deletion();
    }

    /// Reports that the name is deleted with its last open, to clients that watch the folder.
    fn report_deletion(&self) {
        if self.kind == Kind::Directory {
            self.disk.deleting(&self.path());
        }
    }

    fn is_empty_folder(&self) -> Result<bool, NtStatus> {
        let folder = rustix::fs::Dir::read_from(self.file()?).map_err(to_status)?;
        for entry in folder {
            let entry = entry.map_err(to_status)?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lists a folder: `search` receives the listing where the last call stopped, or `None`.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a file.
    pub(crate) fn list<T>(
        &self,
        search: impl FnOnce(&File, &mut Option<Listing>) -> Result<T, NtStatus>,
    ) -> Result<T, NtStatus> {
        if self.kind == Kind::File {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        self.require_any(AccessMask::READ_DATA)?;
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        search(self.file()?, &mut listing)
    }

    /// Returns the information about what a link in this folder leads to; `None` if a client cannot open it, because it leads
    /// nowhere or out of the share.
    pub(crate) fn follow(&self, name: &str) -> Option<FileInfo> {
        let folder = self.path();
        let path: SharePath = folder.components().iter().cloned().chain([name.to_owned()]).collect();
        self.disk.root.info(&path).ok().flatten()
    }

    /// Returns whether its search has listed every name.
    pub(crate) fn has_listed_all(&self) -> bool {
        let listing = self.listing.try_lock();
        listing.is_ok_and(|listing| listing.as_ref().is_some_and(Listing::is_over))
    }

    /// Closes it.
    #[cfg(test)]
    pub(crate) fn close(self) {
        drop(self);
    }

    /// Deletes the file's name, if it still names this file.
    fn remove(&self, name: &Name) {
        if !self.remove_stream() {
            self.remove_name(name, self.node.key, self.kind);
        }
    }

    /// Deletes a name of the file that has this open stream, if it still names that file.
    fn remove_file(&self, name: &Name) {
        let Some(file) = self.node.stream_of else { return };
        let kind = self.file_info().map_or(Kind::File, |info| info.kind);
        self.remove_name(name, file, kind);
    }

    /// Deletes a name of a file, if it still names that file. It can be a name in another share, through which a client has
    /// deleted it.
    fn remove_name(&self, Name { folder, path }: &Name, file: FileKey, kind: Kind) {
        let disk = Disk::of(&self.disk.files, folder);
        let Ok((parent, leaf)) = disk.root.open_folder_of(path) else { return };
        let Ok(stat) = rustix::fs::statat(&parent, leaf, AtFlags::SYMLINK_NOFOLLOW) else { return };
        let link = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink();
        let named = if link { disk.root.stat(path).ok() } else { Some(stat) };
        if named.is_none_or(|named| FileKey::of(&named) != file) {
            return;
        }
        let flags = if kind == Kind::Directory && !link { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        if rustix::fs::unlinkat(&parent, leaf, flags).is_ok() {
            disk.changed(path, Action::Removed(kind));
            if let Ok(record) = self.record() {
                disk.remove_streams_of_nameless(path, record, kind);
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.delete_on_close.load(Ordering::Relaxed) && self.file.is_some() {
            self.delete_with_last_open();
        }
        self.end_writes();
        let left = self.disk.nodes().leave(&self.node, self.key);
        if let Some(name) = &left.deleted {
            self.remove(name);
        }
        if let Some(name) = &left.deleted_file {
            self.remove_file(name);
        }
        if left.freed {
            self.disk.notify(Event::Unlocked(self.node.key));
        }
    }
}

/// Checks that a new descriptor is not one of those that are reserved for connections. Without a reserve, a user who opens many
/// files would keep everyone out, even an administrator who wants to end that session.
///
/// # Errors
/// `STATUS_TOO_MANY_OPENED_FILES`.
pub(super) fn require_room(descriptor: impl AsFd) -> Result<(), NtStatus> {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    match leaves_room(descriptor.as_fd().as_raw_fd(), most) {
        true => Ok(()),
        false => Err(NtStatus::TOO_MANY_OPENED_FILES),
    }
}

/// The system always assigns the lowest free number.
fn leaves_room(descriptor: RawFd, most: Option<u64>) -> bool {
    const RESERVE: u64 = 1024;
    most.is_none_or(|most| {
        let for_files = most.saturating_sub(RESERVE.min(most / 4));
        u64::try_from(descriptor).is_ok_and(|descriptor| descriptor < for_files)
    })
}

#[cfg(test)]
mod tests {
    use super::leaves_room;

    /// A failure here would let a user who opens many files block every new connection, or allow too few files.
    #[test]
    fn descriptors_are_reserved_for_connections() {
        assert!(leaves_room(3071, Some(4096)) && !leaves_room(3072, Some(4096)));
        assert!(leaves_room(191, Some(256)) && !leaves_room(192, Some(256)));
        assert!(leaves_room(1_000_000, None));
    }
}
