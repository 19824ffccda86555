//! Why a function does not do what it was asked, and the code that it returns for that.

use netsession::Win32Error;

/// Why a function fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments are wrong.
    #[error("{why} ({code})")]
    Argument {
        /// What the function returns.
        code: Win32Error,
        /// What is wrong.
        why: &'static str,
    },
    /// The server cannot be asked, or refuses.
    #[error(transparent)]
    Server(#[from] netsession::Error),
    /// No login may go to the server, or it cannot be reached.
    #[error(transparent)]
    Admin(#[from] netsession_admin::Error),
    /// There is no memory for the answer.
    #[error("there is no memory for the answer")]
    Memory,
}

impl Failure {
    pub(crate) const fn argument(why: &'static str) -> Self {
        Self::Argument { code: Win32Error::ERROR_INVALID_PARAMETER, why }
    }

    /// What the function returns.
    pub(crate) fn code(&self) -> Win32Error {
        match self {
            Self::Argument { code, .. } => *code,
            Self::Server(error) => error.win32(),
            Self::Admin(error) => error.win32(),
            Self::Memory => Win32Error::ERROR_NOT_ENOUGH_MEMORY,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Server(error) => error.hint().map(|hint| hint.to_string()),
            Self::Admin(error) => error.hint().map(|hint| hint.to_string()),
            _ => None,
        }
    }
}
