//! [`Failure`]: what a command reports when it stops, which is a message, a hint and the exit status.

use netsession::{Error, Hint};

use crate::exit::Exit;

/// Why a command stops.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// The user gave wrong or missing arguments. Nothing was done.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// The arguments were right, and the command failed.
    pub(crate) fn failed(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Failed, message: message.into(), hint: None }
    }

    /// Adds what the user can do about it.
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
        Failure { exit, message: error.to_string(), hint: error.hint().map(|hint| hint.to_string()) }
    }
}

/// Returns the library's hint, with the command's flags where the library cannot name them.
pub(crate) fn hint(error: &Error) -> Option<String> {
    error.hint().map(|hint| match hint {
        Hint::UseNetBios => format!("{hint} (--netbios)"),
        hint => hint.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::hint;

    /// A failure here would hide the flag that looks up a name by NetBIOS.
    #[test]
    fn the_hint_for_an_unknown_name_gives_the_flag() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let look_up = netsession::netbios::look_up("fs1", netsession::NetBios::Off);
        let error = runtime.block_on(look_up).unwrap_err();
        let hint = hint(&error).unwrap();
        assert!(hint.ends_with("look the name up by NetBIOS (--netbios)"), "{hint}");
    }
}
