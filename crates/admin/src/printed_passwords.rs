//! [`PrintedPasswords`] keeps the passwords that the configuration's commands printed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use netsession_config::{
    Error as ConfigError, Password, asked_password_within, printed_password, printed_password_within,
};

use crate::Error;

/// How long a process without a person waits for a command.
const LIMIT: Duration = Duration::from_secs(30);
/// How long the output of a command counts in such a process: long enough for many holds that begin together.
const FRESH: Duration = Duration::from_secs(2);

/// Runs each password command once and keeps its output, until [`PrintedPasswords::forget`]. Who asks while a command runs waits for
/// that run.
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
    mode: Mode,
    known: Mutex<Runs>,
}

/// How commands run, and how long their results count.
#[derive(Debug, Clone, Copy, Default)]
enum Mode {
    /// For a person, without a limit. A password counts for good.
    #[default]
    Attended,
    /// For a person, with a limit. Every result counts for good.
    Asking(Duration),
    /// Without a person.
    Unattended,
}

/// The last run of each command. The holder of a command's lock runs the command.
type Runs = HashMap<Vec<String>, Arc<Mutex<Option<Printed>>>>;

/// What a run of a command printed last, and when it ended.
struct Printed {
    at: Instant,
    result: Result<Password, ConfigError>,
}

impl PrintedPasswords {
    /// Runs the commands without standard input and standard error, for a library whose program owns the terminal.
    #[must_use]
    pub fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    /// Runs the commands for a process without a person, such as an agent. A command that has not ended after 30 seconds is killed. What
    /// a run printed, or its error, also counts for everybody who asked before its end, or within two seconds after it.
    #[must_use]
    pub fn unattended() -> Self {
        Self { mode: Mode::Unattended, ..Self::default() }
    }

    /// Runs the commands for a person, whom they may ask, within this time. What a run printed, or its error, counts for good.
    #[must_use]
    pub fn asking(limit: Duration) -> Self {
        Self { mode: Mode::Asking(limit), ..Self::default() }
    }

    /// Returns the first line that a command prints. It runs a command only until it has printed a password.
    ///
    /// # Errors
    /// [`Error::Config`] if the command cannot run, fails, or prints nothing.
    pub fn password(&self, command: &[String]) -> Result<Password, Error> {
        let asked = Instant::now();
        let run = Arc::clone(self.known().entry(command.to_vec()).or_default());
        let mut printed = lock(&run);
        if let Some(known) = printed.as_ref().and_then(|printed| self.known_since(asked, printed)) {
            return Ok(known?);
        }
        let result = match self.mode {
            Mode::Attended => printed_password(command, self.is_silent),
            Mode::Asking(limit) => asked_password_within(command, limit),
            Mode::Unattended => printed_password_within(command, self.is_silent, LIMIT),
        };
        let kept = copy(&result);
        *printed = kept.map(|result| Printed { at: Instant::now(), result });
        Ok(result?)
    }

    /// Returns what counts for somebody who asked then; None if the command must run.
    fn known_since(&self, asked: Instant, printed: &Printed) -> Option<Result<Password, ConfigError>> {
        let counts = match self.mode {
            Mode::Attended => printed.result.is_ok(),
            Mode::Asking(_) => true,
            Mode::Unattended => asked.saturating_duration_since(printed.at) < FRESH,
        };
        counts.then(|| copy(&printed.result)).flatten()
    }

    /// Forgets every password, because one of them may have changed.
    pub fn forget(&self) {
        self.known().clear();
    }

    /// Locks the map. A panic of another thread cannot leave it inconsistent, because each change is one step.
    fn known(&self) -> MutexGuard<'_, Runs> {
        lock(&self.known)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn copy(result: &Result<Password, ConfigError>) -> Option<Result<Password, ConfigError>> {
    match result {
        Ok(password) => Some(Ok(password.clone())),
        Err(error) => error.of_command().map(Err),
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

    /// A failure here would ask a person as often as there are holds, or hold nobody at the last ones for as many runs.
    #[test]
    fn one_run_serves_everybody_who_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("count").display().to_string();
        for (end, expected) in [("echo secret", Ok("secret".to_owned())), ("exit 3", Err(()))] {
            let script = format!("echo x >> {file}; sleep 0.3; {end}");
            let command = ["sh".to_owned(), "-c".to_owned(), script];
            let printed = PrintedPasswords::unattended();
            std::thread::scope(|scope| {
                let ask = || printed.password(&command).map(|found| found.as_str().to_owned()).map_err(drop);
                let asked: Vec<_> = (0..13).map(|_| scope.spawn(ask)).collect();
                asked.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), expected));
            });
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "x\n");
            std::fs::remove_file(&file).unwrap();
        }
    }
}
