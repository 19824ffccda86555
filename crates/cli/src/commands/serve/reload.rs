//! [`Reload`]: reads the configuration file of a running server again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use netsession_server::{Account, Changes, Server};

use super::accounts;
use super::events::Sender;
use super::settings::{Fixed, Settings};
use super::with_cause;
use crate::failure::Failure;
use crate::notify;

/// Reads a configuration file again.
#[derive(Debug, Clone)]
pub(super) struct Reload(Arc<Source>);

#[derive(Debug)]
struct Source {
    path: PathBuf,
    fixed: Fixed,
    local: Account,
    /// Held while the file is read: a later signal waits for an earlier one.
    turn: Mutex<()>,
}

impl Reload {
    /// Takes the file that the server was started with, the settings that count until it stops, and its local account.
    pub(super) fn new(path: &Path, fixed: Fixed, local: Account) -> Self {
        Self(Arc::new(Source { path: path.to_owned(), fixed, local, turn: Mutex::default() }))
    }

    /// Changes the server as the file says now, and logs the outcome. After a mistake nothing has changed.
    pub(super) fn run(&self, server: &Server, log: &Sender) {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        notify::reloading();
        match self.change(server) {
            Ok((changes, settings)) => {
                log.note(&format!("read the configuration again: {}", described(&changes)));
                for key in settings.fixed.differences(&self.0.fixed) {
                    log.warn(&format!(
                        "a new {key} in the configuration applies after a restart of the server"
                    ));
                }
                for weakness in settings.weaknesses() {
                    log.warn(&format!("weaker than the default: {weakness}"));
                }
            }
            Err(failure) => {
                log.warn(&format!("the configuration stays as it was: {}", failure.message));
            }
        }
        notify::ready();
    }

    fn change(&self, server: &Server) -> Result<(Changes, Settings), Failure> {
        accounts::require_regular(&self.0.path)?;
        let settings = Settings::of_file(&self.0.path)?;
        let builder = settings.builder(&self.0.local);
        let changes = server.reload(builder).map_err(|error| Failure::failed(with_cause(&error)))?;
        Ok((changes, settings))
    }
}

/// Describes changes in one line.
fn described(changes: &Changes) -> String {
    if changes.is_empty() {
        return "no share and no user has changed".to_owned();
    }
    let ended = match changes.ended {
        0 => None,
        1 => Some("ended 1 session".to_owned()),
        count => Some(format!("ended {count} sessions")),
    };
    let lists = [
        ("shared", &changes.shared),
        ("changed the share", &changes.changed),
        ("stopped sharing", &changes.unshared),
        ("added the user", &changes.users_added),
        ("changed the user", &changes.users_changed),
        ("removed the user", &changes.users_removed),
    ];
    let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> =
        lists.map(|(what, names)| format!("{what} {}", names.join(", "))).chain(ended).collect();
    parts.join("; ")
}
