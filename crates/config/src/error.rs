use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use netsession::Win32Error;

use crate::PASSWORD_VARIABLE;

/// Why a file, a variable or a command gives no login. No message repeats what could be a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration file is something else, such as a folder.
    #[error("the configuration file {} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// The configuration file could have been written by somebody else.
    #[error("the configuration file {} is refused: {why}, and it can name programs to run", .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
        /// What to do about it.
        remedy: String,
    },
    /// The configuration file has a mistake.
    #[error("the configuration file {}, {reason}", .path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong there.
        reason: String,
    },
    /// The authentication file cannot be read.
    #[error("cannot read the authentication file {}: {source}", .path.display())]
    AuthFileUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The authentication file has a line that is none of the three.
    #[error("{}, line {line}: not `username =`, `password =` or `domain =`", .path.display())]
    AuthFileMistake {
        /// The file.
        path: PathBuf,
        /// The line's number.
        line: usize,
    },
    /// `NETSESSION_PASSWORD` is not UTF-8.
    #[error("{PASSWORD_VARIABLE} is not text (UTF-8)")]
    PasswordNotText,
    /// A password command without a program.
    #[error("the configuration file has an empty password-command")]
    NoCommand,
    /// A password command cannot be run, or printed something that is no text.
    #[error("the password command {program} {what}: {source}")]
    Command {
        /// The program.
        program: String,
        /// What went wrong.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A password command ended with an error.
    #[error("the password command {program} failed: {status}")]
    CommandFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A password command printed nothing.
    #[error("the password command {0} printed nothing")]
    CommandSilent(String),
}

impl Error {
    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { remedy, .. } => Some(remedy.clone()),
            // What there is instead is said already.
            Self::Mistake { reason, .. } if reason.contains("unknown field") => None,
            Self::Mistake { .. } => {
                Some(r"a name with a backslash stands in single quotes: login = 'LAB\adm1'".to_owned())
            }
            Self::AuthFileMistake { .. } => {
                Some("one of these a line; lines that start with # are comments".to_owned())
            }
            Self::CommandFailed { .. } => Some("run it by hand to see why".to_owned()),
            _ => None,
        }
    }

    /// Whether what was given is wrong, and not what was done with it.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        !matches!(self, Self::Command { .. } | Self::CommandFailed { .. } | Self::CommandSilent(_))
    }

    /// The code that a function of Windows' kind returns for this: without a login there is no access.
    #[must_use]
    pub const fn win32(&self) -> Win32Error {
        match self {
            Self::Mistake { .. } | Self::AuthFileMistake { .. } | Self::PasswordNotText | Self::NoCommand => {
                Win32Error::ERROR_INVALID_DATA
            }
            _ => Win32Error::ERROR_ACCESS_DENIED,
        }
    }
}
