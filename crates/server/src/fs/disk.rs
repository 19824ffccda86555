//! [`Disk`]: a shared folder, and how files in it are opened and created ([MS-FSA] 2.1.5.1).

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{CreateAction, CreateDisposition, CreateOptions, ShareAccess};
use netsession_wire::NtStatus;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::info::{Dos, FileInfo, Kind};
use super::listing::Kept;
use super::name::SharePath;
use super::node::{Breaks, Nodes, OpenKey};
use super::open::Open;
use super::root::{LOOK, Root, Spelled};
use super::sharing::Sharing;
use super::status::of;

/// Attributes that a CREATE may name ([MS-FSA] 2.1.5.1); the server ignores those that it cannot store.
const ATTRIBUTES: FileAttributes = FileAttributes::from_bits_retain(0x0000_7fb7);

/// Bytes of names that the share's searches may keep: some million names.
const MOST_NAMES: usize = 256 << 20;

/// How often a CREATE starts over while others create and delete the same name.
const RACES: usize = 8;

/// A shared folder.
pub(crate) struct Disk {
    pub(super) root: Root,
    pub(super) nodes: Nodes,
    read_only: bool,
    next_open: AtomicU64,
    kept: Arc<Kept>,
    events: Box<dyn Fn(Event) + Send + Sync>,
}

/// Something in a share that a request may wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Byte-range locks of this file were released, or an oplock was given back.
    Unlocked(super::FileKey),
    /// A file or folder was added, removed, renamed or changed.
    Changed {
        /// Its path from the root of the share.
        path: SharePath,
        /// How it changed (FILE_ACTION_* of [MS-FSCC] 2.7.1).
        action: Action,
    },
}

/// How a file or folder changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A new name.
    Added(Kind),
    /// A removed name.
    Removed(Kind),
    /// The old name of a renamed file or folder.
    RenamedOld(Kind),
    /// Its new name.
    RenamedNew(Kind),
    /// Data were written.
    Written,
    /// The size changed.
    Resized,
    /// Attributes or times were set.
    AttributesSet,
}

/// The parameters of a CREATE.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    /// The path to open or create.
    pub(crate) path: &'a SharePath,
    /// The requested rights.
    pub(crate) access: AccessMask,
    /// The share mode.
    pub(crate) share: ShareAccess,
    /// What to do if it exists, and if it does not.
    pub(crate) disposition: CreateDisposition,
    /// File or folder, delete on close, and so on.
    pub(crate) options: CreateOptions,
    /// The DOS attributes of a new file.
    pub(crate) attributes: FileAttributes,
    /// The bytes to reserve for a new file.
    pub(crate) allocation: u64,
    /// What it does if another open has an oplock.
    pub(crate) breaks: Breaks,
}

/// The result of a CREATE.
#[derive(Debug)]
pub(crate) struct Created {
    /// The open.
    pub(crate) open: Open,
    /// Whether it was opened, created or overwritten.
    pub(crate) action: CreateAction,
    /// The file's current information.
    pub(crate) info: FileInfo,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("root", &self.root)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

impl Disk {
    /// Shares everything below `root`.
    #[must_use]
    pub(crate) fn new(
        root: Root,
        read_only: bool,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (nodes, next_open) = (Nodes::default(), AtomicU64::new(1));
        let kept = Arc::new(Kept::new(MOST_NAMES));
        Arc::new(Self { root, nodes, read_only, next_open, kept, events: Box::new(events) })
    }

    /// Returns whether the server refuses every change in the share.
    #[must_use]
    pub(crate) const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The folder.
    #[must_use]
    pub(crate) const fn root(&self) -> &Root {
        &self.root
    }

    /// Returns the memory budget of its searches.
    #[must_use]
    pub(crate) const fn kept(&self) -> &Arc<Kept> {
        &self.kept
    }

    /// How many files are open.
    #[cfg(test)]
    pub(crate) fn open_files(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn notify(&self, event: Event) {
        (self.events)(event);
    }

    pub(super) fn changed(&self, path: &SharePath, action: Action) {
        self.notify(Event::Changed { path: path.clone(), action });
    }

    /// Returns the rights that this share can grant at most.
    #[must_use]
    pub(crate) const fn maximal_access(&self) -> AccessMask {
        match self.read_only {
            true => AccessMask::FILE_READ.union(AccessMask::FILE_EXECUTE),
            false => AccessMask::FILE_ALL,
        }
    }

    /// Opens or creates a file or folder.
    ///
    /// # Errors
    /// The status of [MS-FSA] 2.1.5.1; `STATUS_TOO_MANY_OPENED_FILES` if the process has few descriptors left;
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS` if it must wait for an [`Event::Unlocked`].
    pub(crate) fn create(self: &Arc<Self>, request: &Request<'_>) -> Result<Created, NtStatus> {
        let access = self.granted(request)?;
        for _ in 0..RACES {
            let spelled = self.spell(request)?;
            let tried = match spelled.exists {
                true => self.open_existing(request, access, &spelled.path),
                false => self.make(request, access, &spelled.path),
            };
            match tried {
                Err(Tried::Raced) => {}
                Err(Tried::Failed(status)) => return Err(status),
                Ok(created) => return created.open.leaves_room().map(|()| created),
            }
        }
        Err(NtStatus::SHARING_VIOLATION)
    }

    /// Returns the granted rights, if the request is valid.
    fn granted(&self, request: &Request<'_>) -> Result<AccessMask, NtStatus> {
        let options = request.options;
        let directory = options.contains(CreateOptions::DIRECTORY_FILE);
        let file = options.contains(CreateOptions::NON_DIRECTORY_FILE);
        if directory && (file || request.disposition.overwrites())
            || request.disposition > CreateDisposition::OVERWRITE_IF
            || !ATTRIBUTES.contains(request.attributes)
        {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let maximum = self.maximal_access();
        let wanted = request.access.without_generic();
        let mut access = wanted.difference(AccessMask::MAXIMUM_ALLOWED);
        if wanted.contains(AccessMask::MAXIMUM_ALLOWED) {
            access |= maximum;
        }
        if access.is_empty() || !maximum.contains(access) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let delete_on_close = options.contains(CreateOptions::DELETE_ON_CLOSE);
        if delete_on_close && !access.contains(AccessMask::DELETE) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(access)
    }

    fn spell(&self, request: &Request<'_>) -> Result<Spelled, NtStatus> {
        self.root.spell(request.path).map_err(|error| match error.kind() {
            // A folder on the way is missing, rather than the file itself.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NtStatus::OBJECT_PATH_NOT_FOUND,
            _ => of(error),
        })
    }

    fn open_existing(
        self: &Arc<Self>,
        request: &Request<'_>,
        access: AccessMask,
        path: &SharePath,
    ) -> Result<Created, Tried> {
        if request.disposition == CreateDisposition::CREATE {
            return Err(NtStatus::OBJECT_NAME_COLLISION.into());
        }
        let look = self.root.open_beneath(path, LOOK, Mode::empty()).map_err(Tried::at_open)?;
        let stat = rustix::fs::fstat(&look).map_err(of)?;
        let kind = Kind::of(&stat).ok_or(NtStatus::ACCESS_DENIED)?;
        self.fits(request, kind, path)?;
        let file = self.open_file(kind, access, request, path)?;
        let info = FileInfo::of(&file).map_err(of)?.ok_or(Tried::Raced)?;
        let overwrite = request.disposition.overwrites();
        let access = allowed_by_attributes(&info, access, request)?;
        let open = self.register(&info, path, access, request)?;
        let (action, info) = match overwrite && kind == Kind::File {
            false => (CreateAction::OPENED, info),
            true => (
                self.overwrite(&file, &info, request, path)?,
                FileInfo::of(&file).map_err(of)?.unwrap_or(info),
            ),
        };
        Ok(Created { open: open.with(file), action, info })
    }

    /// Checks that the existing file is of the requested kind and may be opened in this way.
    fn fits(&self, request: &Request<'_>, kind: Kind, path: &SharePath) -> Result<(), NtStatus> {
        let options = request.options;
        match kind {
            Kind::File if options.contains(CreateOptions::DIRECTORY_FILE) => Err(NtStatus::NOT_A_DIRECTORY),
            Kind::Directory if options.contains(CreateOptions::NON_DIRECTORY_FILE) => {
                Err(NtStatus::FILE_IS_A_DIRECTORY)
            }
            Kind::Directory if request.disposition.overwrites() => Err(NtStatus::OBJECT_NAME_COLLISION),
            _ if request.disposition.overwrites() && self.read_only => Err(NtStatus::ACCESS_DENIED),
            _ if path.is_root() && options.contains(CreateOptions::DELETE_ON_CLOSE) => {
                Err(NtStatus::CANNOT_DELETE)
            }
            _ => Ok(()),
        }
    }

    /// Opens the file itself, for reading or writing as the rights require and the system allows.
    fn open_file(
        &self,
        kind: Kind,
        access: AccessMask,
        request: &Request<'_>,
        path: &SharePath,
    ) -> Result<OwnedFd, Tried> {
        let writes = access.intersects(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)
            || request.disposition.overwrites();
        let reads = access.intersects(AccessMask::READ_DATA | AccessMask::EXECUTE);
        let base = OFlags::NONBLOCK | OFlags::NOCTTY;
        if kind == Kind::Directory {
            return self
                .root
                .open_beneath(path, base | OFlags::DIRECTORY, Mode::empty())
                .map_err(Tried::at_open);
        }
        let maximum = request.access.contains(AccessMask::MAXIMUM_ALLOWED);
        let flags = if writes { base | OFlags::RDWR } else { base | OFlags::RDONLY };
        match self.root.open_beneath(path, flags, Mode::empty()) {
            // Without rights to the data, a descriptor without access (O_PATH), or one for reading only, is enough.
            Err(error) if denied(&error) && !writes && !reads => {
                self.root.open_beneath(path, LOOK, Mode::empty()).map_err(Tried::at_open)
            }
            Err(error) if denied(&error) && maximum && !request.disposition.overwrites() => {
                self.root.open_beneath(path, base | OFlags::RDONLY, Mode::empty()).map_err(Tried::at_open)
            }
            opened => opened.map_err(Tried::at_open),
        }
    }

    /// Truncates a file and sets the attributes of a new one.
    fn overwrite(
        &self,
        file: &OwnedFd,
        info: &FileInfo,
        request: &Request<'_>,
        path: &SharePath,
    ) -> Result<CreateAction, NtStatus> {
        rustix::fs::ftruncate(file, 0).map_err(of)?;
        let kept = request.attributes.difference(FileAttributes::SPARSE_FILE) | FileAttributes::ARCHIVE;
        let dos = Dos { kept: Some(kept), ..Dos::read(file) };
        dos.write(file).map_err(of)?;
        reserve(file, request.allocation)?;
        if info.size != 0 {
            self.changed(path, Action::Resized);
        }
        Ok(match request.disposition {
            CreateDisposition::SUPERSEDE => CreateAction::SUPERSEDED,
            _ => CreateAction::OVERWRITTEN,
        })
    }

    /// Creates a file or folder.
    fn make(
        self: &Arc<Self>,
        request: &Request<'_>,
        access: AccessMask,
        path: &SharePath,
    ) -> Result<Created, Tried> {
        if !request.disposition.creates() {
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND.into());
        }
        if self.read_only {
            return Err(NtStatus::ACCESS_DENIED.into());
        }
        if request.attributes.contains(FileAttributes::READONLY)
            && request.options.contains(CreateOptions::DELETE_ON_CLOSE)
        {
            return Err(NtStatus::CANNOT_DELETE.into());
        }
        let directory = request.options.contains(CreateOptions::DIRECTORY_FILE);
        let kind = if directory { Kind::Directory } else { Kind::File };
        let file = self.make_file(kind, path)?;
        let not_given = FileAttributes::DIRECTORY | FileAttributes::NORMAL | FileAttributes::SPARSE_FILE;
        let attributes = request.attributes.difference(not_given);
        match kind {
            Kind::File => {
                let kept = Some(attributes | FileAttributes::ARCHIVE);
                Dos { kept, creation: None }.write(&file).map_err(of)?;
                reserve(&file, request.allocation)?;
            }
            Kind::Directory if !attributes.is_empty() => {
                Dos { kept: Some(attributes), creation: None }.write(&file).map_err(of)?;
            }
            Kind::Directory => {}
        }
        let info = FileInfo::of(&file).map_err(of)?.ok_or(Tried::Raced)?;
        let open = self.register(&info, path, access, request)?;
        self.changed(path, Action::Added(kind));
        Ok(Created { open: open.with(file), action: CreateAction::CREATED, info })
    }

    /// Creates the name, never through a link, and opens it.
    fn make_file(&self, kind: Kind, path: &SharePath) -> Result<OwnedFd, Tried> {
        let (folder, leaf) = self.root.open_folder_of(path).map_err(Tried::at_open)?;
        let base = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = match kind {
            Kind::File => {
                let flags = base | OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
                rustix::fs::openat(&folder, leaf, flags, Mode::from_raw_mode(0o666))
            }
            Kind::Directory => rustix::fs::mkdirat(&folder, leaf, Mode::from_raw_mode(0o777))
                .and_then(|()| rustix::fs::openat(&folder, leaf, base | OFlags::DIRECTORY, Mode::empty())),
        };
        made.map_err(|error| match error {
            Errno::EXIST => Tried::Raced,
            Errno::NOENT => NtStatus::OBJECT_PATH_NOT_FOUND.into(),
            other => of(other).into(),
        })
    }

    /// Adds the open to the table of open files.
    fn register(
        self: &Arc<Self>,
        info: &FileInfo,
        path: &SharePath,
        access: AccessMask,
        request: &Request<'_>,
    ) -> Result<Open, NtStatus> {
        let key = OpenKey(self.next_open.fetch_add(1, Ordering::Relaxed));
        let sharing = Sharing { access, share: request.share };
        let node = self.nodes.join(info.key, path, key, sharing, breaks(access, request))?;
        Ok(Open::new(self, node, key, access, info.kind, request.options))
    }
}

/// Returns what the open does to an oplock: reading or setting attributes breaks none.
fn breaks(access: AccessMask, request: &Request<'_>) -> Breaks {
    let looks = AccessMask::READ_ATTRIBUTES | AccessMask::WRITE_ATTRIBUTES | AccessMask::SYNCHRONIZE;
    match looks.contains(access) && !request.disposition.overwrites() {
        true => Breaks::Nothing,
        false => request.breaks,
    }
}

/// Returns the rights that the file's attributes leave.
///
/// A read-only file cannot be opened for writing, overwritten or deleted on close. A hidden or system file is overwritten only
/// by one with the same attribute.
fn allowed_by_attributes(
    info: &FileInfo,
    access: AccessMask,
    request: &Request<'_>,
) -> Result<AccessMask, NtStatus> {
    let guarded = info.attributes & (FileAttributes::HIDDEN | FileAttributes::SYSTEM);
    if request.disposition.overwrites() && !request.attributes.contains(guarded) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    if info.kind == Kind::Directory || !info.attributes.contains(FileAttributes::READONLY) {
        return Ok(access);
    }
    if request.options.contains(CreateOptions::DELETE_ON_CLOSE) {
        return Err(NtStatus::CANNOT_DELETE);
    }
    let writes = AccessMask::WRITE_DATA | AccessMask::APPEND_DATA;
    let maximum = request.access.contains(AccessMask::MAXIMUM_ALLOWED);
    let demanded = request.access.without_generic().intersects(writes) && !maximum;
    if demanded || request.disposition.overwrites() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    Ok(access.difference(writes))
}

/// Reserves disk space without changing the size, if the file system can.
pub(super) fn reserve(file: impl AsFd, bytes: u64) -> Result<(), NtStatus> {
    #[cfg(target_os = "linux")]
    if bytes > 0 {
        match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, bytes) {
            Err(Errno::NOSPC) => return Err(NtStatus::DISK_FULL),
            Err(Errno::FBIG) => return Err(NtStatus::INVALID_PARAMETER),
            _ => {}
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, bytes);
    Ok(())
}

fn denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Why an attempt to create or open a file failed.
enum Tried {
    /// Another process created or deleted the name meanwhile: start over.
    Raced,
    /// The request fails with this status.
    Failed(NtStatus),
}

impl Tried {
    fn at_open(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Raced,
            _ => Self::Failed(of(error)),
        }
    }
}

impl From<NtStatus> for Tried {
    fn from(status: NtStatus) -> Self {
        Self::Failed(status)
    }
}
