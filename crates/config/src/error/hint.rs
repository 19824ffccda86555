use std::fmt;
use std::path::{Path, PathBuf};

use super::{Error, Risk};

/// What a person can do about an [`Error`]: one line in lower case without a period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Hint {
    /// The file must belong to the user.
    OwnFile(PathBuf),
    /// Other users must not be able to write this file or directory.
    RemoveWriteAccess(PathBuf),
    /// Other users must not be able to read this file.
    MakePrivate(PathBuf),
    /// A password command is a list of a program and its arguments.
    NameProgram,
    /// The form of an authentication file.
    AuthFileForm,
    /// The user can run the password command to see its error.
    RunCommand,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnFile(path) if cfg!(windows) => {
                write!(f, "make a file of your own, or takeown /f \"{}\"", path.display())
            }
            Self::OwnFile(path) => write!(f, "make a file of your own, or chown {}", path.display()),
            Self::RemoveWriteAccess(path) if cfg!(windows) => f.write_str(&to_make_private(path)),
            Self::RemoveWriteAccess(path) => write!(f, "chmod go-w {}", path.display()),
            Self::MakePrivate(path) => f.write_str(&to_make_private(path)),
            Self::NameProgram => {
                f.write_str(r#"name a program and its arguments: password-command = ["pass", "lab"]"#)
            }
            Self::AuthFileForm => {
                f.write_str("write one of these on each line; lines that start with # are comments")
            }
            Self::RunCommand => f.write_str("run the password command by hand to see why"),
        }
    }
}

/// Returns the command with which a person makes a file private.
#[must_use]
pub fn to_make_private(path: &Path) -> String {
    #[cfg(windows)]
    return netsession_winfs::access::to_make_private(path);
    #[cfg(not(windows))]
    format!("chmod 600 {}", path.display())
}

impl Hint {
    /// Returns the hint for a file that another user could have written or could read.
    fn against(path: &Path, risk: &Risk) -> Self {
        match risk {
            Risk::ForeignOwner => Self::OwnFile(path.to_owned()),
            Risk::WritableFile => Self::RemoveWriteAccess(path.to_owned()),
            Risk::ReadableFile => Self::MakePrivate(path.to_owned()),
            Risk::WritableFolder(folder) => Self::RemoveWriteAccess(folder.clone()),
        }
    }

    /// Returns the hint for an error: the only mapping of this crate.
    pub(super) fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::Refused { path, risk } | Error::RefusedServeFile { path, risk } => {
                Self::against(path, risk)
            }
            Error::AuthFileMistake { .. } => Self::AuthFileForm,
            Error::NoCommand => Self::NameProgram,
            Error::CommandNotStarted { .. }
            | Error::CommandUnreadable { .. }
            | Error::CommandFailed { .. }
            | Error::CommandHung { .. }
            | Error::CommandSilent(_) => Self::RunCommand,
            // The parser's message already lists the valid entries.
            Error::Mistake { .. }
            | Error::Unreadable { .. }
            | Error::NotAFile(_)
            | Error::AuthFileUnreadable { .. }
            | Error::PasswordNotText => return None,
        })
    }
}
