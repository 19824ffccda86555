//! [`Failure`]: the message, the hint and the exit status of a command that stops.

use std::fmt::Display;

use netsession::Error;
use netsession_admin::{AccountProblem, Error as AdminError, GET_TICKET, Hint as AdminHint, NAME_SERVER};

use crate::exit::Exit;

/// How a person can pass a password, by the command's flags.
pub(crate) const PASSWORD_SOURCES: &str = "pass the password with --authentication-file FILE, --password-stdin, \
                                           NETSESSION_PASSWORD, or a password-command in the configuration file";

/// How a person can name a user, by the command's flags.
const USER_SOURCES: &str =
    "name the user with --login [DOMAIN\\]USER, --authentication-file FILE, or in the configuration file";

/// Why a command stops.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// The arguments are wrong or missing, and the command did nothing.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// The arguments are right, and the command failed.
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
        AdminError::from(error).into()
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Failure {
        let exit = if error.is_usage() { Exit::Usage } else { Exit::Failed };
        Failure { exit, message: error.to_string(), hint: error.hint_with_flags() }
    }
}

/// An error of a library, whose hint names this command's flags.
pub(crate) trait Hinted: Display {
    /// What the user can do about the error.
    fn hint_with_flags(&self) -> Option<String>;
}

impl Hinted for Error {
    fn hint_with_flags(&self) -> Option<String> {
        self.hint().map(|hint| with_flags(&AdminHint::Server(hint)))
    }
}

impl Hinted for AdminError {
    fn hint_with_flags(&self) -> Option<String> {
        self.hint().as_ref().map(with_flags)
    }
}

/// Returns the text of a hint, with the command's flags if the libraries cannot name them.
fn with_flags(hint: &AdminHint) -> String {
    match hint {
        AdminHint::Server(netsession::Hint::UseNetBios) => format!("{hint} (--netbios)"),
        AdminHint::Server(netsession::Hint::UsePassword | netsession::Hint::WaitForDomainControllers) => {
            format!("{hint} (--kerberos off)")
        }
        AdminHint::Server(netsession::Hint::SelectByPair) => format!("{hint} (--client, --user)"),
        AdminHint::Server(netsession::Hint::SelectWholePair) => {
            format!("{hint} (--session USER@CLIENT, as `netsession sessions -o name` prints it)")
        }
        AdminHint::Server(netsession::Hint::LogOnAsAnother) => {
            format!("{hint} (--login or -U, --include-self)")
        }
        AdminHint::Account(AccountProblem::Missing) => format!("{hint} (--disable-account=dc1)"),
        AdminHint::Account(AccountProblem::Own) => format!("{hint} (--login)"),
        AdminHint::UserSources => USER_SOURCES.to_owned(),
        AdminHint::TicketOrUser => format!("{GET_TICKET}, or {USER_SOURCES}"),
        AdminHint::NameOrUser => format!("{NAME_SERVER}, or {USER_SOURCES}"),
        AdminHint::ListFolders => format!("{hint} (netsession shares)"),
        AdminHint::PasswordSources => PASSWORD_SOURCES.to_owned(),
        AdminHint::OmitPassword => format!("omit it to be asked for it, or {PASSWORD_SOURCES}"),
        AdminHint::GetTicketOf(user) => format!("get a ticket with kinit {user}, or {PASSWORD_SOURCES}"),
        AdminHint::Server(netsession::Hint::ListShares) => format!("{hint} (netsession shares)"),
        AdminHint::Server(netsession::Hint::AllowMoreTime)
        | AdminHint::MoreTime
        | AdminHint::WaitForCluster => format!("{hint} (--timeout)"),
        hint => hint.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Hinted as _, PASSWORD_SOURCES};
    use netsession_admin::{NamedServer, NoQuestions, ServerSelection};

    /// A failure here would hide the flag that looks up a name by NetBIOS.
    #[test]
    fn the_hint_for_an_unknown_name_gives_the_flag() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let look_up = netsession::netbios::look_up("fs1", netsession::NetBios::Off);
        let error = runtime.block_on(look_up).unwrap_err();
        let hint = error.hint_with_flags().unwrap();
        assert!(hint.ends_with("look the name up by NetBIOS (--netbios)"), "{hint}");
    }

    /// A failure here would name the missing value, but not the flags that pass it.
    #[test]
    fn hints_about_logins_give_the_flags() {
        let in_sight = NamedServer::parse("smb://bob:hunter2@fs1").unwrap_err();
        let hint = in_sight.hint_with_flags().unwrap();
        assert!(hint.contains(PASSWORD_SOURCES) && !hint.contains("hunter2"), "{hint}");
        let login = netsession_admin::LoginFlags::default();
        let connect = netsession_admin::ConnectFlags::default();
        let servers = ServerSelection::of(&["fs1.invalid"]);
        let found = netsession_admin::targets(&servers, &login, &connect, &mut NoQuestions, |_| ());
        if let Err(error @ netsession_admin::Error::NoUser { .. }) = found {
            assert!(error.hint_with_flags().unwrap().contains("--login"));
        }
    }
}
