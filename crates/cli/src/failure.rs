//! A failure as the user meets it: what went wrong, what to do about it, and the exit status.

use netsession::Error;

use crate::exit::Exit;

/// Why the command stops.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// The command was used wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// The command was used well and failed.
    pub(crate) fn failed(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Failed, message: message.into(), hint: None }
    }

    /// Says what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { exit: Exit::Failed, message: error.to_string(), hint: hint(&error) }
    }
}

impl From<netsession_config::Error> for Failure {
    fn from(error: netsession_config::Error) -> Failure {
        let exit = if error.is_usage() { Exit::Usage } else { Exit::Failed };
        Failure { exit, message: error.to_string(), hint: error.hint() }
    }
}

/// The library's hint, with the flag that it cannot know of.
pub(crate) fn hint(error: &Error) -> Option<String> {
    let hint = error.hint()?;
    let flag = if hint.contains("NetBIOS") { " (--netbios)" } else { "" };
    Some(hint + flag)
}
