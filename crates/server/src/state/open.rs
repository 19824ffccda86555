use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use netsession_smb::fscc::{AccessMask, FileTime};
use netsession_smb::msg::{FileId, SessionId};

use super::{ChannelSequence, LockSequences, Tree, Watch};
use crate::fs;
use crate::pipe::Pipe;

/// Names an open on this server: the file id of NetFileClose, and both halves of an SMB2 FileId.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpenNumber(pub u32);

impl OpenNumber {
    /// The SMB2 form.
    #[must_use]
    pub fn file_id(self) -> FileId {
        FileId { persistent: self.0.into(), volatile: self.0.into() }
    }

    /// From the SMB2 form; none for one that this server never gave.
    #[must_use]
    pub fn of(file_id: FileId) -> Option<Self> {
        let number = u32::try_from(file_id.volatile).ok()?;
        (file_id.persistent == file_id.volatile && number != 0).then_some(Self(number))
    }
}

/// Something that a session has open.
#[derive(Debug)]
pub struct Open {
    /// Names it.
    pub number: OpenNumber,
    /// Whose it is.
    pub session: SessionId,
    /// The user, for lists.
    pub user: String,
    /// Through which tree connection.
    pub tree: Arc<Tree>,
    /// What is open.
    pub object: Object,
    /// When it was opened.
    pub since: FileTime,
    /// Set once it was taken from its session: whoever waits for it waits no longer.
    pub(crate) closed: AtomicBool,
    /// How often the client has changed its channel.
    pub(crate) sequence: Arc<ChannelSequence>,
    /// Its last locks.
    pub(crate) lock_sequences: LockSequences,
    /// What CHANGE_NOTIFY watches through it.
    pub(crate) watch: OnceLock<Arc<Watch>>,
}

/// What can be open.
#[derive(Debug)]
pub enum Object {
    /// A file or folder.
    File(fs::Open),
    /// A named pipe.
    Pipe(Pipe),
}

impl Open {
    /// Whether it was closed, though somebody still looks at it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn set_closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Rights that it was granted.
    #[must_use]
    pub fn access(&self) -> AccessMask {
        match &self.object {
            Object::File(open) => open.access(),
            Object::Pipe(_) => AccessMask::READ_DATA | AccessMask::WRITE_DATA,
        }
    }

    /// Whether it is a file whose data it may read.
    #[must_use]
    pub fn reads_data(&self) -> bool {
        self.is_file() && self.access().contains(AccessMask::READ_DATA)
    }

    /// Whether it is a file whose data it may change.
    #[must_use]
    pub fn writes_data(&self) -> bool {
        self.is_file() && self.access().intersects(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)
    }

    fn is_file(&self) -> bool {
        matches!(&self.object, Object::File(open) if open.kind() == fs::Kind::File)
    }

    /// Byte-range locks that it holds.
    #[must_use]
    pub fn locks(&self) -> usize {
        match &self.object {
            Object::File(open) => open.locks(),
            Object::Pipe(_) => 0,
        }
    }

    /// Its path within the share; for a pipe `\PIPE\name`.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.object {
            Object::File(open) => open.path().to_wire(),
            Object::Pipe(pipe) => format!(r"\PIPE\{}", pipe.name()),
        }
    }
}
