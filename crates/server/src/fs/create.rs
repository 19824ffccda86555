//! CREATE in a share: opens and creates files and folders ([MS-FSA] 2.1.5.1).

use rustix::fd::OwnedFd;
use std::io;
use std::sync::Arc;

use netsession_smb::fscc::{AccessMask, FileAttributes, FileFullEaInformation};
use netsession_smb::msg::{CreateAction, CreateDisposition, CreateOptions, ShareAccess};
use netsession_wire::NtStatus;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::attributes;
use super::disk::Disk;
use super::effort::Effort;
use super::folder::Action;
use super::info::{Dos, FileInfo, FileKey, Kind};
use super::leases::LeaseClaim;
use super::name::SharePath;
use super::new_name::NewName;
use super::node::Member;
use super::open::{Open, require_room};
use super::oplock::Breaks;
use super::oplocks::Effect;
use super::reserve;
use super::root::{RECORD_ONLY, Spelled};
use super::sharing::Sharing;
use super::status::to_status;
use super::stream_name::StreamName;

/// Attributes that a CREATE may name ([MS-FSA] 2.1.5.1); the server ignores those that it cannot store.
const ATTRIBUTES: FileAttributes = FileAttributes::from_bits_retain(0x0000_7fb7);

/// How often a CREATE starts over while others create and delete the same name.
const RACES: usize = 8;

/// The parameters of a CREATE.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    /// The path to open or create.
    pub(crate) path: &'a SharePath,
    /// The named stream of the file at that path; `None` for the file itself.
    pub(crate) stream: Option<&'a StreamName>,
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
    /// The extended attributes of a file that it creates or overwrites.
    pub(crate) extended: &'a [FileFullEaInformation],
    /// The lease that the client asks for.
    pub(crate) lease: Option<LeaseClaim<'a>>,
    /// How this open affects the oplock of another one.
    pub(crate) breaks: Breaks,
    /// The effort that it may spend to find the name.
    pub(crate) effort: Effort<'a>,
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

impl Disk {
    /// Opens or creates a file or folder.
    ///
    /// # Errors
    /// The status of [MS-FSA] 2.1.5.1; `STATUS_TOO_MANY_OPENED_FILES` if the process has few descriptors left;
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS` if it must wait for an [`Event::Unlocked`](super::Event::Unlocked).
    pub(crate) fn create(self: &Arc<Self>, request: &Request<'_>) -> Result<Created, NtStatus> {
        let access = self.granted(request)?;
        if request.disposition != CreateDisposition::OPEN && reserve::is_slow(request.allocation) {
            request.effort.check_slow_allowed()?;
        }
        if let Some(name) = request.stream {
            return self.create_stream(request, access, name);
        }
        for _ in 0..RACES {
            let spelled = self.spell(request)?;
            let tried = match spelled.exists {
                true => self.open_existing(request, access, &spelled),
                false => self.create_new(request, access, &spelled.path),
            };
            match tried {
                Err(CreateError::Raced) => {}
                Err(CreateError::Failed(status)) => return Err(status),
                Ok(created) => return Ok(created),
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

    pub(super) fn spell(&self, request: &Request<'_>) -> Result<Spelled, NtStatus> {
        self.root.spell(request.path, &request.effort).map_err(|error| match error.kind() {
            // A folder on the way is missing, rather than the file itself.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NtStatus::OBJECT_PATH_NOT_FOUND,
            _ => to_status(error),
        })
    }

    fn open_existing(
        self: &Arc<Self>,
        request: &Request<'_>,
        access: AccessMask,
        found: &Spelled,
    ) -> Result<Created, CreateError> {
        if request.disposition == CreateDisposition::CREATE {
            return Err(NtStatus::OBJECT_NAME_COLLISION.into());
        }
        let path = &found.path;
        let stat = match found.stat {
            Some(stat) => stat,
            None => self.root.stat(path).map_err(CreateError::at_open)?,
        };
        let kind = Kind::of(&stat).ok_or(NtStatus::ACCESS_DENIED)?;
        self.check_kind(request, kind, path)?;
        let file = self.open_file(kind, access, request, path)?;
        require_room(&file)?;
        let info = FileInfo::of(&file).map_err(to_status)?.ok_or(CreateError::Raced)?;
        let overwrite = request.disposition.overwrites();
        if overwrite && info.is_slow_to_free() {
            request.effort.check_slow_allowed()?;
        }
        let access = allowed_by_attributes(&info, access, request)?;
        let open = self.register(&info, path, access, request)?;
        let (action, info) = match overwrite && kind == Kind::File {
            false => (CreateAction::OPENED, info),
            true => (
                self.overwrite(&file, &info, request, path)?,
                FileInfo::of(&file).ok().flatten().unwrap_or(info),
            ),
        };
        Ok(Created { open: open.with(file), action, info })
    }

    /// Checks that the existing file is of the requested kind and may be opened in this way.
    fn check_kind(&self, request: &Request<'_>, kind: Kind, path: &SharePath) -> Result<(), NtStatus> {
        let options = request.options;
        match kind {
            Kind::File if options.contains(CreateOptions::DIRECTORY_FILE) => Err(NtStatus::NOT_A_DIRECTORY),
            Kind::Directory if options.contains(CreateOptions::NON_DIRECTORY_FILE) => {
                Err(NtStatus::FILE_IS_A_DIRECTORY)
            }
            Kind::Directory if request.disposition.overwrites() => Err(NtStatus::OBJECT_NAME_COLLISION),
            _ if request.disposition.overwrites() && self.is_read_only() => Err(NtStatus::ACCESS_DENIED),
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
    ) -> Result<OwnedFd, CreateError> {
        let writes = access.intersects(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)
            || request.disposition.overwrites();
        let reads = access.intersects(AccessMask::READ_DATA | AccessMask::EXECUTE);
        let base = OFlags::NONBLOCK | OFlags::NOCTTY;
        if kind == Kind::Directory {
            return self
                .root
                .open_beneath(path, base | OFlags::DIRECTORY, Mode::empty())
                .map_err(CreateError::at_open);
        }
        let maximum = request.access.contains(AccessMask::MAXIMUM_ALLOWED);
        let flags = if writes { base | OFlags::RDWR } else { base | OFlags::RDONLY };
        match self.root.open_beneath(path, flags, Mode::empty()) {
            // Without rights to the data, a descriptor without access (O_PATH), or one for reading only, is enough.
            Err(error) if denied(&error) && !writes && !reads => {
                self.root.open_beneath(path, RECORD_ONLY, Mode::empty()).map_err(CreateError::at_open)
            }
            Err(error) if denied(&error) && maximum && !request.disposition.overwrites() => self
                .root
                .open_beneath(path, base | OFlags::RDONLY, Mode::empty())
                .map_err(CreateError::at_open),
            opened => opened.map_err(CreateError::at_open),
        }
    }

    /// Truncates a file and sets the attributes of a new one. What can fail comes before the truncation.
    fn overwrite(
        self: &Arc<Self>,
        file: &OwnedFd,
        info: &FileInfo,
        request: &Request<'_>,
        path: &SharePath,
    ) -> Result<CreateAction, NtStatus> {
        reserve::can_replace(file, request.allocation)?;
        let kept = request.attributes.difference(FileAttributes::SPARSE_FILE) | FileAttributes::ARCHIVE;
        let before = Dos::read(file);
        Dos { kept: Some(kept), change: None, ..before }.write(file).map_err(to_status)?;
        if !request.extended.is_empty() {
            attributes::set_all(file, request.extended).inspect_err(|_| _ = before.write(file))?;
        }
        if let Err(error) = rustix::fs::ftruncate(file, 0) {
            _ = before.write(file);
            return Err(to_status(error));
        }
        self.remove_streams(path, file);
        // There was room a moment ago. If others have taken it since, the client writes to a file without a
        // reservation.
        _ = reserve::reserve(file, request.allocation, false);
        if info.size != 0 {
            self.changed(path, Action::Resized);
        }
        Ok(match request.disposition {
            CreateDisposition::SUPERSEDE => CreateAction::SUPERSEDED,
            _ => CreateAction::OVERWRITTEN,
        })
    }

    /// Creates a file or folder.
    fn create_new(
        self: &Arc<Self>,
        request: &Request<'_>,
        access: AccessMask,
        path: &SharePath,
    ) -> Result<Created, CreateError> {
        if !request.disposition.creates() {
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND.into());
        }
        if self.is_read_only() {
            return Err(NtStatus::ACCESS_DENIED.into());
        }
        if request.attributes.contains(FileAttributes::READONLY)
            && request.options.contains(CreateOptions::DELETE_ON_CLOSE)
        {
            return Err(NtStatus::CANNOT_DELETE.into());
        }
        let directory = request.options.contains(CreateOptions::DIRECTORY_FILE);
        let kind = if directory { Kind::Directory } else { Kind::File };
        let (file, name) = self.create_file(kind, path)?;
        require_room(&file)?;
        let not_given = FileAttributes::DIRECTORY | FileAttributes::NORMAL | FileAttributes::SPARSE_FILE;
        let attributes = request.attributes.difference(not_given);
        match kind {
            Kind::File => {
                let kept = Some(attributes | FileAttributes::ARCHIVE);
                Dos { kept, ..Dos::default() }.write(&file).map_err(to_status)?;
                reserve::reserve(&file, request.allocation, true)?;
            }
            Kind::Directory if !attributes.is_empty() => {
                Dos { kept: Some(attributes), ..Dos::default() }.write(&file).map_err(to_status)?;
            }
            Kind::Directory => {}
        }
        if !request.extended.is_empty() {
            attributes::set_all(&file, request.extended)?;
        }
        let info = FileInfo::of(&file).map_err(to_status)?.ok_or(CreateError::Raced)?;
        let open = self.register(&info, path, access, request)?;
        name.keep();
        self.changed(path, Action::Added(kind));
        Ok(Created { open: open.with(file), action: CreateAction::CREATED, info })
    }

    /// Creates the name, never through a link, and opens it.
    fn create_file<'a>(
        &'a self,
        kind: Kind,
        path: &'a SharePath,
    ) -> Result<(OwnedFd, NewName<'a>), CreateError> {
        let (folder, leaf) = self.root.open_folder_of(path).map_err(CreateError::at_open)?;
        // The file needs one more.
        require_room(&folder)?;
        NewName::create(self.nodes(), folder, leaf, kind).map_err(|error| match error {
            Errno::EXIST => CreateError::Raced,
            Errno::NOENT => NtStatus::OBJECT_PATH_NOT_FOUND.into(),
            other => to_status(other).into(),
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
        self.register_at((info.key, None), info.kind, path, access, request)
    }

    /// Adds an open to the table of open files: of a file, or of a stream and the file that has it.
    pub(super) fn register_at(
        self: &Arc<Self>,
        at: (FileKey, Option<FileKey>),
        kind: Kind,
        path: &SharePath,
        access: AccessMask,
        request: &Request<'_>,
    ) -> Result<Open, NtStatus> {
        let key = self.new_open_key();
        let sharing = Sharing { access, share: request.share };
        if let Some(lease) = request.lease {
            lease.claim(self, at.0)?;
        }
        let lease = request.lease.filter(|_| kind == Kind::File);
        let member = Member { key, sharing, lease: lease.map(|lease| lease.id), name: self.name(path) };
        let effect = Effect {
            overwrites: request.disposition.overwrites(),
            deletes: request.options.contains(CreateOptions::DELETE_ON_CLOSE),
        };
        let node = self.nodes().join(at, member, breaks(access, request), effect)?;
        Ok(Open::new(self, node, key, access, kind, request.options))
    }
}

/// Returns how the open affects an oplock: reading or setting attributes breaks none.
fn breaks(access: AccessMask, request: &Request<'_>) -> Breaks {
    let looks = AccessMask::READ_ATTRIBUTES | AccessMask::WRITE_ATTRIBUTES | AccessMask::SYNCHRONIZE;
    match looks.contains(access) && !request.disposition.overwrites() {
        true => Breaks::Nothing,
        false => request.breaks,
    }
}

/// Returns the rights that the file's attributes leave.
///
/// A read-only file cannot be opened for writing, overwritten or deleted on close. Only a file with the same attribute
/// can overwrite a hidden or system file.
pub(super) fn allowed_by_attributes(
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

fn denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Why an attempt to create or open a file failed.
enum CreateError {
    /// Another process created or deleted the name meanwhile: start over.
    Raced,
    /// The request fails with this status.
    Failed(NtStatus),
}

impl CreateError {
    fn at_open(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Raced,
            _ => Self::Failed(to_status(error)),
        }
    }
}

impl From<NtStatus> for CreateError {
    fn from(status: NtStatus) -> Self {
        Self::Failed(status)
    }
}
