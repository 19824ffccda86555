//! [`Failure`]: why a function fails, and the code that it returns.

use netsession::{Error, Win32Error};

/// Why a function fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments are wrong.
    #[error("{why}")]
    Argument {
        /// The code that the function returns.
        code: Win32Error,
        /// What is wrong.
        why: &'static str,
    },
    /// The characters of a text do not have the width of this build.
    #[error("{}", other_width(*is_32_bit))]
    OtherWidth {
        /// Whether they have 32 bits.
        is_32_bit: bool,
    },
    /// The server cannot be reached, or refuses.
    #[error(transparent)]
    Server(#[from] netsession::Error),
    /// No login may go to the server, or it cannot be reached.
    #[error(transparent)]
    Admin(#[from] netsession_admin::Error),
    /// No domain controller was found.
    #[error(transparent)]
    Locate(#[from] netsession_locator::LocateError),
    /// No memory for the result.
    #[error("not enough memory for the result")]
    Memory,
}

impl Failure {
    pub(crate) const fn argument(why: &'static str) -> Self {
        Self::Argument { code: Win32Error::ERROR_INVALID_PARAMETER, why }
    }

    /// Returns the code that the function returns.
    pub(crate) fn code(&self) -> Win32Error {
        match self {
            Self::Argument { code, .. } => *code,
            Self::OtherWidth { .. } => Win32Error::ERROR_INVALID_PARAMETER,
            Self::Server(error) => error.win32(),
            Self::Admin(error) => error.win32(),
            Self::Locate(error) => error.win32(),
            Self::Memory => Win32Error::ERROR_NOT_ENOUGH_MEMORY,
        }
    }

    /// Returns whether a lack of memory can be the cause: the cryptography then fails, as it does for a forged response.
    pub(crate) const fn can_lack_memory(&self) -> bool {
        matches!(
            self.of_server(),
            Some(Error::Decode { .. } | Error::Protocol { .. } | Error::Tampered { .. })
        )
    }

    /// Returns the text for a line of the log that names [`Failure::code`] already: the text does not repeat it.
    pub(crate) fn reason(&self) -> String {
        match self.of_server() {
            Some(Error::Parameter { step, why, .. }) => format!("{step} was not sent: {why}"),
            Some(Error::Answered { server, step, .. }) => format!("{server} answered {step} with this code"),
            _ => self.to_string(),
        }
    }

    /// Returns the library's error, even where the application layer has passed it on.
    const fn of_server(&self) -> Option<&Error> {
        match self {
            Self::Server(error) | Self::Admin(netsession_admin::Error::Server(error)) => Some(error),
            _ => None,
        }
    }

    /// Returns what a person can do about it, for the log.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Server(error) => error.hint().map(|hint| hint.to_string()),
            Self::Admin(error) => error.hint().map(|hint| hint.to_string()),
            _ => None,
        }
    }
}

/// Returns the message about characters of another width: it names the build that reads them.
const fn other_width(is_32_bit: bool) -> &'static str {
    if is_32_bit {
        "a text has characters of 32 bits, or could have, but this build of the library reads 16 bits: load the build for a \
         wchar_t of 32 bits (libnetapi32-wchar32), or pass UTF-16, a name of one character with three zeros after it"
    } else {
        "a text has characters of 16 bits, but this build of the library reads 32 bits: load the build for 16 bits \
         (libnetapi32), or pass wchar_t"
    }
}
