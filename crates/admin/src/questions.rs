//! [`Questions`]: what a front end asks a person.

use std::io;
use std::sync::Arc;

use netsession_config::Password;

use crate::PrintedPasswords;

/// Asks a person for a user or a password that no source has. The front end implements it, because it owns the
/// terminal.
///
/// ```
/// use netsession_admin::Questions;
/// use netsession_config::Password;
///
/// /// Gives the same answers to every question.
/// struct Answers;
///
/// impl Questions for Answers {
///     fn can_ask(&self) -> bool {
///         true
///     }
///
///     fn user(&mut self, _servers: &[String]) -> std::io::Result<Option<String>> {
///         Ok(Some(r"LAB\adm1".to_owned()))
///     }
///
///     fn password(&mut self, _user: &str, _servers: &[String]) -> std::io::Result<Password> {
///         Ok("secret".to_owned().into())
///     }
/// }
/// # assert_eq!(Answers.user(&["fs1".to_owned()]).unwrap().as_deref(), Some(r"LAB\adm1"));
/// ```
pub trait Questions {
    /// Whether a person can answer.
    fn can_ask(&self) -> bool;

    /// Asks for the user who logs on to these servers, of which there is at least one; `None` if the person names none.
    ///
    /// # Errors
    /// The terminal fails.
    fn user(&mut self, servers: &[String]) -> io::Result<Option<String>>;

    /// Asks for the password of `user`, without showing it. `servers` get it; the list is empty if the caller does not know
    /// them yet.
    ///
    /// # Errors
    /// The terminal fails, or the person cancels.
    fn password(&mut self, user: &str, servers: &[String]) -> io::Result<Password>;

    /// Returns what runs the password commands of the configuration.
    fn printed(&self) -> Arc<PrintedPasswords> {
        Arc::default()
    }
}

/// Asks nothing, and shares the runs of password commands, each with a time limit ([`PrintedPasswords::unattended`]): for a process
/// without a person that goes on for days.
#[derive(Debug, Clone)]
pub struct Unattended(Arc<PrintedPasswords>);

impl Default for Unattended {
    fn default() -> Self {
        Self(Arc::new(PrintedPasswords::unattended()))
    }
}

impl Questions for Unattended {
    fn can_ask(&self) -> bool {
        false
    }

    fn user(&mut self, servers: &[String]) -> io::Result<Option<String>> {
        NoQuestions.user(servers)
    }

    fn password(&mut self, user: &str, servers: &[String]) -> io::Result<Password> {
        NoQuestions.password(user, servers)
    }

    fn printed(&self) -> Arc<PrintedPasswords> {
        Arc::clone(&self.0)
    }
}

/// Asks nothing: no person can answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoQuestions;

impl Questions for NoQuestions {
    fn can_ask(&self) -> bool {
        false
    }

    fn user(&mut self, _servers: &[String]) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn password(&mut self, _user: &str, _servers: &[String]) -> io::Result<Password> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
