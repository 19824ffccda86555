//! [`Error`]: why the journal cannot record or read. [`Hint`]: what a person can do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::folder::folder_of;
use crate::{Damage, ParseUrlError};

/// Why the journal cannot record a change, or cannot be read.
///
/// ```
/// use netsession_journal::{Error, Hint, Journal, Location};
///
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("journal.db");
/// std::fs::write(&path, "this is not a database, but a text").unwrap();
/// # #[cfg(unix)]
/// # std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
/// let error = Journal::open(&Location::File(path)).unwrap_err();
/// assert!(matches!(error, Error::Corrupt { .. }));
/// assert!(matches!(error.hint(), Some(Hint::Restore)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither the configuration nor the environment says where the journal is.
    #[error("no place for the journal: neither XDG_STATE_HOME nor HOME is an absolute path")]
    NoPlace,
    /// The configuration names a file and a database.
    #[error("two places for the journal: the table [journal] has `path` and `url`")]
    TwoPlaces,
    /// The URL of the database has a mistake.
    #[error("the URL of the journal: {0}")]
    Url(#[from] ParseUrlError),
    /// The system cannot open, create or write a file of the journal, for example in a folder without write access.
    #[error("the journal {path}: {cause}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// Other users can read or write a file of the journal.
    #[error("the journal {path} is refused: {exposure}", path = .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who could have changed it.
        exposure: Exposure,
    },
    /// The database may be read only.
    #[error("the journal {place} cannot be written: {reason}")]
    NotWritable {
        /// The database.
        place: String,
        /// The database's own text.
        reason: String,
    },
    /// The disk is full.
    #[error("the journal {place} cannot be written: the disk is full")]
    Full {
        /// The database.
        place: String,
    },
    /// Another program kept the database locked for longer than [`BUSY_TIMEOUT`](crate::BUSY_TIMEOUT).
    #[error("the journal {place} is locked by another program")]
    Busy {
        /// The database.
        place: String,
    },
    /// The server of the database does not answer, or refuses the logon.
    #[error("the journal {place} cannot be reached: {reason}")]
    Unreachable {
        /// The URL of the database.
        place: String,
        /// The text of the server or of the connection.
        reason: String,
    },
    /// The certificate of the server is not accepted: it could be another server.
    #[error("the journal {place} is not reached: the server's certificate is not accepted: {reason}")]
    Untrusted {
        /// The URL of the database.
        place: String,
        /// Why not.
        reason: String,
    },
    /// The database has no tables of a journal.
    #[error("the journal {place} has no tables")]
    NotSetUp {
        /// The URL of the database.
        place: String,
    },
    /// The file of the database is gone, or another file has its name now.
    #[error("the journal {path} is gone: somebody has removed or replaced it", path = .path.display())]
    Gone {
        /// The database.
        path: PathBuf,
    },
    /// A log of the system takes no lines about the rows. The journal has the rows.
    #[error("{socket} takes no lines about changes: {cause}", socket = .socket.display())]
    NotForwarded {
        /// The socket of the log.
        socket: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// The database is not a journal, or its file is damaged.
    #[error("the journal {place} is corrupt: {reason}")]
    Corrupt {
        /// The database.
        place: String,
        /// The database's own text.
        reason: String,
    },
    /// A newer version of netsession wrote this journal.
    #[error("the journal {place} has the format {found}; this version reads the format {known}")]
    Newer {
        /// The database.
        place: String,
        /// The format of the database.
        found: i64,
        /// The format that this version knows.
        known: i64,
    },
    /// A process of an earlier build carries a hold on. It would write holds without a signature.
    #[error("the journal {path} is in use by an earlier build of netsession ({process})", path = .path.display())]
    EarlierBuild {
        /// The database.
        path: PathBuf,
        /// The program and the number of the process.
        process: String,
    },
    /// The key of the journal is missing, although the journal has rows.
    #[error("the key of the journal {path} is missing", path = .path.display())]
    NoKey {
        /// The file of the key.
        path: PathBuf,
    },
    /// Somebody changed the journal. To record on top would hide it.
    #[error("the journal {place} was changed by somebody else: {damage}")]
    Damaged {
        /// The database.
        place: String,
        /// The first damage.
        damage: Damage,
    },
    /// The system cannot make the random bytes of a key.
    #[error("the system has no random bytes: {0}")]
    Random(io::Error),
    /// The database failed in another way.
    #[error("the journal {place}: {reason}")]
    Database {
        /// The database.
        place: String,
        /// The database's own text.
        reason: String,
    },
    /// An answer could not be written.
    #[error("cannot write the export: {0}")]
    Export(io::Error),
}

/// Who else could have changed a file of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exposure {
    /// The file belongs to another user.
    ForeignOwner,
    /// Others can read or write the file.
    OpenMode,
    /// Others can put files into the folder, even if it is sticky.
    OpenFolder,
    /// The same for a folder of this user that is not sticky.
    OwnOpenFolder,
    /// The folder belongs to another user, who can replace the file.
    ForeignFolder,
    /// It is not a file.
    NotAFile,
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ForeignOwner => "it belongs to another user",
            Self::OpenMode => "others can read or write it",
            Self::OpenFolder | Self::OwnOpenFolder => "others can put files into its folder",
            Self::ForeignFolder => "its folder belongs to another user",
            Self::NotAFile => "it is not a file",
        })
    }
}

/// What a person can do about an error of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Name a place in the configuration.
    NamePlace,
    /// Take the access away from others.
    Protect,
    /// Name a regular file.
    NameFile,
    /// Free space on the disk.
    FreeSpace,
    /// Take the write access to this folder away from others.
    CloseFolder(PathBuf),
    /// Keep the journal in a private folder.
    OwnFolder,
    /// Wait, and try again.
    TryAgain,
    /// Restore the file from a backup, or move it away.
    Restore,
    /// Look at the damage.
    Verify,
    /// Use the newer version.
    Update,
    /// Start the process again, by this build.
    Restart,
    /// Make the tables.
    SetUp,
    /// Name the certificates by which to verify the server.
    NameAuthority,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(windows)]
            Self::CloseFolder(folder) => return f.write_str(&netsession_winfs::access::to_make_private(folder)),
            #[cfg(not(windows))]
            Self::CloseFolder(folder) => return write!(f, "chmod go-w {}", folder.display()),
            Self::NamePlace => "name it with `path` in the table [journal] of the configuration file",
            Self::Protect if cfg!(windows) => {
                "make the file and its folder private with `icacls PATH /inheritance:r /grant:r USER:F`"
            }
            Self::Protect => "make the file private with chmod 600, and its folder with chmod 700",
            Self::NameFile => {
                "name a regular file with `path` in the table [journal] of the configuration file, or remove what is there"
            }
            Self::FreeSpace => "free 1 MiB on that disk, and try again",
            Self::TryAgain => "try again when the other program has finished",
            Self::Restore => {
                "restore the journal from a backup; to begin a new one, move the journal and its key away"
            }
            Self::Verify => {
                "run `netsession journal verify` to see what is wrong, and change nothing in the file before"
            }
            Self::Update => "update netsession on this computer; the rows and the holds stay as they are",
            Self::Restart => {
                "stop that process, so that the new build takes the holds over; the unit does so with `systemctl --user restart netsession-agent`"
            }
            Self::OwnFolder => {
                "keep the journal in a folder of your own that only you can write: name it with `path` in the table [journal]"
            }
            Self::NameAuthority => {
                "name the certificate of the server's authority with sslrootcert=FILE in the URL"
            }
            Self::SetUp => "make the tables with journal-postgresql.sql, which is beside the documentation",
        })
    }
}

impl Error {
    /// Returns what a person can do about this error, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        Some(match self {
            Self::Exposed { path, exposure: Exposure::OwnOpenFolder } => {
                Hint::CloseFolder(folder_of(path).to_owned())
            }
            Self::Exposed { exposure: Exposure::OpenFolder | Exposure::ForeignFolder, .. } => Hint::OwnFolder,
            Self::NoPlace => Hint::NamePlace,
            Self::Exposed { exposure: Exposure::NotAFile, .. } => Hint::NameFile,
            Self::Exposed { .. } => Hint::Protect,
            Self::Full { .. } => Hint::FreeSpace,
            Self::Busy { .. } => Hint::TryAgain,
            Self::Gone { .. } | Self::Corrupt { .. } | Self::NoKey { .. } => Hint::Restore,
            Self::Damaged { .. } => Hint::Verify,
            Self::Newer { .. } => Hint::Update,
            Self::EarlierBuild { .. } => Hint::Restart,
            Self::NotSetUp { .. } => Hint::SetUp,
            Self::Untrusted { .. } => Hint::NameAuthority,
            Self::File { .. }
            | Self::NotForwarded { .. }
            | Self::NotWritable { .. }
            | Self::Unreachable { .. }
            | Self::TwoPlaces
            | Self::Url(_)
            | Self::Random(_)
            | Self::Database { .. }
            | Self::Export(_) => return None,
        })
    }

    pub(crate) fn file(path: &Path, cause: io::Error) -> Self {
        if cause.kind() == io::ErrorKind::StorageFull {
            return Self::Full { place: path.display().to_string() };
        }
        Self::File { path: path.to_owned(), cause }
    }
}
