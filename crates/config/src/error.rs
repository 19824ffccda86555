//! [`Error`]: why a file, a variable or a command contains no login. [`Hint`]: what a person can do about it.

mod hint;
// The texts are those of Unix: commands such as `chmod`, and the errors of its system.
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use netsession::Win32Error;

pub use hint::{Hint, to_make_private};

use crate::PASSWORD_VARIABLE;

/// Why a file, a variable or a command contains no login. Its text never repeats a value, which could be a password.
///
/// ```
/// use netsession_config::{Error, Hint, printed_password};
///
/// let error = printed_password(&["false".to_owned()], true).unwrap_err();
/// assert!(matches!(error, Error::CommandFailed { .. }));
/// assert!(matches!(error.hint(), Some(Hint::RunCommand)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system cannot read the configuration file.
    #[error("cannot read the configuration file {}: {cause}", .path.display())]
    #[non_exhaustive]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The configuration file is something else, such as a directory.
    #[error("the configuration file {} is not a file", .0.display())]
    #[non_exhaustive]
    NotAFile(PathBuf),
    /// Another user could have written the configuration file.
    #[error("the configuration file {} is refused: {risk}, and it can name programs to run", .path.display())]
    #[non_exhaustive]
    Refused {
        /// The file.
        path: PathBuf,
        /// How another user could have written it.
        risk: Risk,
    },
    /// Another user could have written the configuration file of a server, or could read the passwords in it.
    #[error("the configuration file {} is refused: {risk}", .path.display())]
    #[non_exhaustive]
    RefusedServeFile {
        /// The file.
        path: PathBuf,
        /// How another user could have written or read it.
        risk: Risk,
    },
    /// The configuration file has a mistake.
    #[error("the configuration file {}, {mistake}", .path.display())]
    #[non_exhaustive]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The mistake.
        mistake: Mistake,
    },
    /// The system cannot read the authentication file.
    #[error("cannot read the authentication file {}: {cause}", .path.display())]
    #[non_exhaustive]
    AuthFileUnreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The authentication file has a line that is neither a comment nor an entry.
    #[error("{}, line {line}: not `username =`, `password =` or `domain =`", .path.display())]
    #[non_exhaustive]
    AuthFileMistake {
        /// The file.
        path: PathBuf,
        /// The line's number.
        line: usize,
    },
    /// `NETSESSION_PASSWORD` is not UTF-8.
    #[error("{PASSWORD_VARIABLE} is not text (UTF-8)")]
    PasswordNotText,
    /// A password command names no program.
    #[error("the configuration file has an empty password-command")]
    NoCommand,
    /// The system cannot start a password command.
    #[error("the password command {program} cannot be run: {cause}")]
    #[non_exhaustive]
    CommandNotStarted {
        /// The program.
        program: String,
        /// The system's error.
        cause: io::Error,
    },
    /// The output of a password command is unreadable or not UTF-8.
    #[error("cannot read the output of the password command {program}: {cause}")]
    #[non_exhaustive]
    CommandUnreadable {
        /// The program.
        program: String,
        /// The system's error.
        cause: io::Error,
    },
    /// A password command ended with an error.
    #[error("the password command {program} failed: {status}")]
    #[non_exhaustive]
    CommandFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A password command has not ended within its time limit, and was killed.
    #[error("the password command {program} has not ended after {} s: it was killed", .after.as_secs_f32())]
    #[non_exhaustive]
    CommandHung {
        /// The program.
        program: String,
        /// The limit.
        after: Duration,
    },
    /// A password command printed nothing.
    #[error("the password command {0} printed nothing")]
    #[non_exhaustive]
    CommandSilent(String),
}

/// How another user could have written the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Risk {
    /// The file belongs to another user.
    ForeignOwner,
    /// Other users can write the file.
    WritableFile,
    /// Other users can read the file, which has passwords.
    ReadableFile,
    /// Other users can write the file's directory and replace the file.
    WritableFolder(PathBuf),
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ForeignOwner => "it belongs to another user",
            Self::WritableFile => "others can write it",
            Self::ReadableFile => "others can read it, and it has passwords",
            Self::WritableFolder(_) => "others can write its folder",
        })
    }
}

/// A mistake in the text of a configuration file. It never shows a value of the file, which could be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
#[non_exhaustive]
pub struct Mistake {
    /// The line's number.
    pub line: usize,
    /// The kind of mistake.
    pub kind: MistakeKind,
    pub(crate) reason: String,
}

impl Mistake {
    /// Returns what is wrong, without the line.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Describes an error of the parser. The parser's own text would quote the file, which may contain a password by
    /// mistake.
    pub(crate) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let message = error.message();
        let reason = match message.split_once(", expected ") {
            Some((what, expected)) if what.starts_with("invalid ") => format!("expected {expected}"),
            // A person writes a login with a backslash, and TOML names all of its escapes.
            Some((what, _)) if what.contains("escape") => {
                "a backslash in double quotes begins an escape: use single quotes, as in 'LAB\\adm1'"
                    .to_owned()
            }
            _ => message.trim().replace('\n', ", "),
        };
        let is_toml = text.parse::<toml::Table>().is_ok();
        Self { line, kind: if is_toml { MistakeKind::Entry } else { MistakeKind::Syntax }, reason }
    }
}

/// The kind of a [`Mistake`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MistakeKind {
    /// The text is not TOML.
    Syntax,
    /// A key does not exist, or its value has the wrong type or is out of range.
    Entry,
}

impl Error {
    /// Returns what a person can do about this error, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        Hint::of(self)
    }

    /// Returns the error of a password command once more, for somebody else who waited for the same run. None for another error.
    #[must_use]
    pub fn of_command(&self) -> Option<Self> {
        let copy = |cause: &io::Error| match cause.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(cause.kind(), cause.to_string()),
        };
        Some(match self {
            Self::CommandNotStarted { program, cause } => {
                Self::CommandNotStarted { program: program.clone(), cause: copy(cause) }
            }
            Self::CommandUnreadable { program, cause } => {
                Self::CommandUnreadable { program: program.clone(), cause: copy(cause) }
            }
            Self::CommandFailed { program, status } => {
                Self::CommandFailed { program: program.clone(), status: *status }
            }
            Self::CommandHung { program, after } => {
                Self::CommandHung { program: program.clone(), after: *after }
            }
            Self::CommandSilent(program) => Self::CommandSilent(program.clone()),
            _ => return None,
        })
    }

    /// Whether a variable or a file is wrong, rather than a password command that failed.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        !matches!(
            self,
            Self::CommandNotStarted { .. }
                | Self::CommandUnreadable { .. }
                | Self::CommandFailed { .. }
                | Self::CommandHung { .. }
                | Self::CommandSilent(_)
        )
    }

    /// Returns the code that Windows' functions return for this error: `ERROR_INVALID_DATA` for a mistake, and
    /// otherwise `ERROR_ACCESS_DENIED`, because there is no login.
    #[must_use]
    pub const fn win32(&self) -> Win32Error {
        match self {
            Self::Mistake { .. } | Self::AuthFileMistake { .. } | Self::PasswordNotText | Self::NoCommand => {
                Win32Error::ERROR_INVALID_DATA
            }
            Self::Unreadable { .. }
            | Self::NotAFile(_)
            | Self::Refused { .. }
            | Self::RefusedServeFile { .. }
            | Self::AuthFileUnreadable { .. }
            | Self::CommandNotStarted { .. }
            | Self::CommandUnreadable { .. }
            | Self::CommandFailed { .. }
            | Self::CommandHung { .. }
            | Self::CommandSilent(_) => Win32Error::ERROR_ACCESS_DENIED,
        }
    }
}
