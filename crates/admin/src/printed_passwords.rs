//! [`PrintedPasswords`] keeps the passwords that the configuration's commands printed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use netsession_config::{Password, printed_password};

use crate::Error;

/// Runs each password command once and keeps its output, until [`PrintedPasswords::forget`].
///
/// ```
/// use netsession_admin::PrintedPasswords;
///
/// let printed = PrintedPasswords::silent();
/// let password = printed.password(&["echo".to_owned(), "secret".to_owned()])?;
/// assert_eq!(password.as_str(), "secret");
/// # Ok::<(), netsession_admin::Error>(())
/// ```
#[derive(Default)]
pub struct PrintedPasswords {
    is_silent: bool,
    known: Mutex<HashMap<Vec<String>, Password>>,
}

impl PrintedPasswords {
    /// Runs the commands without standard input and standard error, for a library whose program owns the terminal.
    #[must_use]
    pub fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    /// Returns the first line that a command prints. It runs a command only until it has printed a password.
    ///
    /// # Errors
    /// [`Error::Config`] if the command cannot run, fails, or prints nothing.
    pub fn password(&self, command: &[String]) -> Result<Password, Error> {
        if let Some(password) = self.known().get(command) {
            return Ok(password.clone());
        }
        let password = printed_password(command, self.is_silent)?;
        self.known().insert(command.to_vec(), password.clone());
        Ok(password)
    }

    /// Forgets every password, because one of them may have changed.
    pub fn forget(&self) {
        self.known().clear();
    }

    /// Locks the map. A panic of another thread cannot leave it inconsistent, because each change is one step.
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<String>, Password>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Redacts commands and passwords.
impl fmt::Debug for PrintedPasswords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintedPasswords").field("is_silent", &self.is_silent).finish_non_exhaustive()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::PrintedPasswords;

    /// A failure here would open a password manager for each server, or keep a password that has been changed.
    #[test]
    fn a_command_runs_once_until_its_password_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("count").display().to_string();
        let script = format!("echo x >> {file}; wc -l < {file}");
        let command = ["sh".to_owned(), "-c".to_owned(), script];
        let printed = PrintedPasswords::silent();
        let password = || printed.password(&command).unwrap().trim().to_owned();
        assert_eq!((password(), password()), ("1".to_owned(), "1".to_owned()));
        printed.forget();
        assert_eq!(password(), "2");
        assert!(!format!("{printed:?}").contains("wc"));
    }
}
