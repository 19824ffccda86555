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
    /// A file, a variable or a command gives no login.
    #[error(transparent)]
    Config(#[from] netsession_config::Error),
    /// A variable is wrong, or two of them contradict each other.
    #[error("{0}")]
    Surroundings(String),
    /// Nobody is there to log on as.
    #[error("no login for {server}: {why}")]
    NoLogin {
        /// The server.
        server: String,
        /// What was looked for.
        why: String,
    },
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
            Self::Config(error) => error.win32(),
            Self::Surroundings(_) | Self::NoLogin { .. } => Win32Error::ERROR_ACCESS_DENIED,
            Self::Memory => Win32Error::ERROR_NOT_ENOUGH_MEMORY,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Server(error) => error.hint().map(|hint| hint.to_string()),
            Self::Config(error) => error.hint(),
            _ => None,
        }
    }
}
