use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use netsession_smb::fscc::{AccessMask, FileTime};
use netsession_smb::msg::TreeId;
use netsession_srvs::SessionId;
use netsession_wire::NtStatus;

use super::{Attachment, ChannelSequence, Durable, Instance, LockSequences, OpenNumber, Share, Watch};
use crate::budget::Part;
use crate::fs;
use crate::fs::locks::{Mode, Range};
use crate::named_pipe::Pipe;

/// A file, folder or named pipe that a session has open.
#[derive(Debug)]
pub struct Open {
    pub(crate) number: OpenNumber,
    pub(crate) user: String,
    /// The client's address when it was opened.
    pub(crate) client: IpAddr,
    /// Whether its client has created the file or folder.
    pub(crate) is_new: bool,
    pub(crate) share: Arc<Share>,
    /// Its tree connection; a durable open can get another one.
    pub(crate) tree: AtomicU32,
    pub(crate) attachment: Arc<Attachment>,
    /// What a client needs to reclaim it, if the client has asked for that.
    pub(crate) durable: Option<Durable>,
    /// The application that has it open, if the client names it.
    pub(crate) instance: Option<Instance>,
    /// Whether its client has used it: then the client does not repeat the CREATE request.
    pub(crate) is_used: AtomicBool,
    pub(crate) object: Object,
    pub(crate) since: FileTime,
    /// Set when its session loses it: a request that waits for it must stop waiting.
    pub(crate) closed: AtomicBool,
    pub(crate) sequence: Arc<ChannelSequence>,
    pub(crate) lock_sequences: LockSequences,
    /// The watch of its CHANGE_NOTIFY requests, and the room for changes in the first one.
    pub(crate) watch: OnceLock<(Arc<Watch>, usize)>,
    /// Its part of the user's files; `None` for a pipe.
    pub(crate) _place: Option<Part>,
    /// How many bytes of the file the client has read and written.
    pub(crate) traffic: [AtomicU64; 2],
    /// Its part of the user's byte-range locks.
    pub(crate) lock_part: Mutex<Part>,
}

/// What an open refers to.
#[derive(Debug)]
pub(crate) enum Object {
    /// A file or folder.
    File(fs::Open),
    /// A named pipe.
    Pipe(Pipe),
}

/// The public part.
impl Open {
    /// Returns the number that NetFileEnum lists for it and NetFileClose takes.
    #[must_use]
    pub const fn file_id(&self) -> u32 {
        self.number.0
    }

    /// Returns the user whose session has it open.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the id of the session that has it open, or had it last, as listings show it.
    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        SessionId::new(self.attachment.session().0)
    }

    /// Returns the client's address when it was opened.
    #[must_use]
    pub const fn client(&self) -> IpAddr {
        self.client
    }

    /// Returns whether its client has created the file or folder.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns whether it is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        matches!(&self.object, Object::File(open) if open.kind() == fs::Kind::Directory)
    }

    /// Returns how many bytes the client has read; 0 for a pipe.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.traffic[0].load(Ordering::Relaxed)
    }

    /// Returns how many bytes the client has written; 0 for a pipe.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.traffic[1].load(Ordering::Relaxed)
    }

    /// Returns the share that it is in.
    #[must_use]
    pub const fn share(&self) -> &Arc<Share> {
        &self.share
    }

    /// Returns when it was opened.
    #[must_use]
    pub fn opened_at(&self) -> SystemTime {
        super::environment::system_time(self.since)
    }

    /// Returns the offset in bytes after its last read or write; 0 for a pipe.
    #[must_use]
    pub fn position(&self) -> u64 {
        match &self.object {
            Object::File(open) => open.position(),
            Object::Pipe(_) => 0,
        }
    }

    /// Returns whether it is a file whose data it may read.
    #[must_use]
    pub fn can_read_data(&self) -> bool {
        self.is_file() && self.access().contains(AccessMask::READ_DATA)
    }

    /// Returns whether it is a file whose data it may change.
    #[must_use]
    pub fn can_write_data(&self) -> bool {
        self.is_file() && self.access().intersects(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)
    }

    /// Returns how many byte-range locks it holds.
    #[must_use]
    pub fn lock_count(&self) -> usize {
        match &self.object {
            Object::File(open) => open.locks(),
            Object::Pipe(_) => 0,
        }
    }

    /// Returns its path within the share, with backslashes; for a pipe `\PIPE\name`.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.object {
            Object::File(open) => open.wire_path(),
            Object::Pipe(pipe) => format!(r"\PIPE\{}", pipe.name()),
        }
    }
}

/// The internal part.
impl Open {
    /// Returns whether it is closed, although a request still refers to it.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Returns whether closing it can take long.
    pub(crate) fn is_slow_to_close(&self) -> bool {
        match &self.object {
            Object::File(open) => open.is_slow_to_close(),
            Object::Pipe(_) => false,
        }
    }

    /// Returns its tree connection.
    pub(crate) fn tree_id(&self) -> TreeId {
        TreeId(self.tree.load(Ordering::Acquire))
    }

    /// Gives it another tree connection, for a client that reclaims it.
    pub(super) fn attach(&self, tree: TreeId) {
        self.tree.store(tree.0, Ordering::Release);
        self.closed.store(false, Ordering::Release);
    }

    pub(super) fn set_closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Counts bytes of the file that the client has read and written.
    pub(crate) fn count(&self, read: usize, written: usize) {
        for (total, more) in self.traffic.iter().zip([read, written]) {
            total.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Returns the rights that it was granted.
    pub(crate) fn access(&self) -> AccessMask {
        match &self.object {
            Object::File(open) => open.access(),
            Object::Pipe(_) => AccessMask::READ_DATA | AccessMask::WRITE_DATA,
        }
    }

    /// Locks a range of its file; see [`fs::locks`].
    ///
    /// # Errors
    /// - `STATUS_LOCK_NOT_GRANTED`: another lock conflicts.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the file or the user has too many locks.
    /// - `STATUS_INVALID_DEVICE_REQUEST`: a folder or a pipe has no ranges.
    pub(crate) fn lock(&self, range: Range, mode: Mode) -> Result<(), NtStatus> {
        let Object::File(file) = &self.object else { return Err(NtStatus::INVALID_DEVICE_REQUEST) };
        let mut part = self.lock_part.lock().unwrap_or_else(PoisonError::into_inner);
        if !part.add(1) {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        file.lock(range, mode).inspect_err(|_| part.subtract(1))
    }

    /// Releases a lock of exactly this range.
    ///
    /// # Errors
    /// - `STATUS_RANGE_NOT_LOCKED`: there is no such lock.
    /// - `STATUS_INVALID_DEVICE_REQUEST`: a folder or a pipe has no ranges.
    pub(crate) fn unlock(&self, range: Range) -> Result<(), NtStatus> {
        let Object::File(file) = &self.object else { return Err(NtStatus::INVALID_DEVICE_REQUEST) };
        let mut part = self.lock_part.lock().unwrap_or_else(PoisonError::into_inner);
        file.unlock(range)?;
        part.subtract(1);
        Ok(())
    }

    fn is_file(&self) -> bool {
        matches!(&self.object, Object::File(open) if open.kind() == fs::Kind::File)
    }
}
