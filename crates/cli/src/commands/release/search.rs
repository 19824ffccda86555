//! Finds the servers at which a release enables accounts. A password command that hangs does not keep the command for ever.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use netsession_admin::{
    Error, HoldTargets, Password, PrintedPasswords, Questions, Unattended, account_targets,
    unattended_account_targets,
};
use netsession_journal::{Hold, HoldOrder};

use crate::ask;
use crate::failure::Failure;
use crate::output;
use crate::servers::{Terminal, observers, warn};

/// After how long the command says what it waits for.
const SLOW: Duration = Duration::from_secs(2);
/// How long a password command may take that can ask a person.
const ASKED: Duration = Duration::from_secs(120);

/// Finds logins for all holds of one release: each password command runs once.
#[derive(Debug)]
pub(super) struct Search {
    attended: Attended,
    unattended: Unattended,
}

impl Default for Search {
    fn default() -> Self {
        let printed = Arc::new(PrintedPasswords::asking(ASKED));
        Self { attended: Attended { printed, has_asked: Arc::default() }, unattended: Unattended::default() }
    }
}

impl Search {
    /// Returns the servers of the accounts that are still disabled, with the login of this order, and says so if that takes long.
    ///
    /// # Errors
    /// No login is found for any of the servers.
    pub(super) fn servers_of(&self, hold: &Hold, order: &HoldOrder) -> Result<HoldTargets, Failure> {
        let pending = hold.accounts.iter().filter(|account| account.state.is_pending());
        let servers: Vec<&str> = pending.map(|account| account.found.server.as_str()).collect();
        let mut order = order.clone();
        order.accounts_on.retain(|name| servers.contains(&name.as_str()));
        let has_person = ask::is_person_present();
        let (mut attended, unattended) = (self.attended.clone(), self.unattended.clone());
        let (sender, receiver) = channel();
        let search = move || {
            let found = match has_person {
                true => account_targets(&order, &mut attended, warn),
                false => unattended_account_targets(&order, &unattended, warn),
            };
            drop(sender.send(found));
        };
        let lost = || Error::Panicked { server: "the search for servers".to_owned() };
        let spawned = thread::Builder::new().name("accounts".to_owned()).spawn(search);
        spawned.map_err(|_| Failure::from(lost()))?;
        let found = match receiver.recv_timeout(SLOW) {
            Err(RecvTimeoutError::Timeout) => {
                if !self.attended.has_asked.load(Ordering::Relaxed) {
                    let id = hold.id;
                    output::note(&format!(
                        "Hold {id}: to enable its account, this waits for a password command or the name service."
                    ));
                }
                receiver.recv().map_err(|_| Failure::from(lost()))?
            }
            found => found.map_err(|_| Failure::from(lost()))?,
        };
        let HoldTargets { targets, left_out } = found?;
        let observers = observers();
        let targets = targets.into_iter().map(|target| target.observed_by(observers.clone())).collect();
        Ok(HoldTargets { targets, left_out })
    }
}

/// The person at the terminal, whom a password command can ask, too.
#[derive(Debug, Clone)]
struct Attended {
    printed: Arc<PrintedPasswords>,
    /// Whether a question is at the terminal, which a note would spoil.
    has_asked: Arc<AtomicBool>,
}

impl Questions for Attended {
    fn can_ask(&self) -> bool {
        Terminal.can_ask()
    }

    fn user(&mut self, servers: &[String]) -> io::Result<Option<String>> {
        self.has_asked.store(true, Ordering::Relaxed);
        Terminal.user(servers)
    }

    fn password(&mut self, user: &str, servers: &[String]) -> io::Result<Password> {
        self.has_asked.store(true, Ordering::Relaxed);
        Terminal.password(user, servers)
    }

    fn printed(&self) -> Arc<PrintedPasswords> {
        Arc::clone(&self.printed)
    }
}
