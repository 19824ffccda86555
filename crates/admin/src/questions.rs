//! The questions that a front end asks a person: [`Questions`].

use std::io;

use netsession_config::Password;

/// Asks a person for what nothing else gives. The front end owns the terminal; this layer only calls it.
pub trait Questions {
    /// Whether a person can answer.
    fn can_ask(&self) -> bool;

    /// Asks for the user to log on to `server` as; `None` where the person gives none.
    ///
    /// # Errors
    /// The terminal fails.
    fn user(&mut self, server: &str) -> io::Result<Option<String>>;

    /// Asks for the password of `user`, without showing it.
    ///
    /// # Errors
    /// The terminal fails, or the person leaves.
    fn password(&mut self, user: &str) -> io::Result<Password>;
}

/// Asks nothing: no person can answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoQuestions;

impl Questions for NoQuestions {
    fn can_ask(&self) -> bool {
        false
    }

    fn user(&mut self, _server: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn password(&mut self, _user: &str) -> io::Result<Password> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
