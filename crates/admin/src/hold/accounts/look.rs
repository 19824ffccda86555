//! Looks whether the accounts of an open hold are still disabled, and disables those again that somebody has enabled.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use netsession::{Account, AccountControl, Server};
use netsession_journal::{AccountState, HeldAccount, Moment};
use tokio::time::{Instant, sleep};

use super::{Accounts, Attempt, RETRY, TICK, of_account, problem, sid_of};
use crate::hold::{HoldEvent, is_open};
use crate::watch::{is_locked_out, is_refused_for_good};
use crate::{AccountProblem, ChangeNote, Error};

impl<R: FnMut(HoldEvent<'_>)> Accounts<'_, R> {
    /// Disables what is asked for, and then looks again and again whether it stays disabled, until the hold is over. The first look of
    /// each hold is at another time, because many holds can begin together.
    pub(in crate::hold) async fn keep_disabled(&self, is_over: &Cell<bool>, every: Duration) {
        const PLACES: u32 = 60;
        let place = u32::try_from(self.hold.id % u64::from(PLACES)).unwrap_or_default();
        let mut wait = every.saturating_mul(place).checked_div(PLACES).unwrap_or(every);
        while !self.known.borrow().is_empty() {
            self.disable_until_done(is_over).await;
            let began = Instant::now();
            while !is_over.get() && began.elapsed() < wait {
                sleep(TICK.min(every)).await;
            }
            if is_over.get() {
                break;
            }
            let errors = self.look(is_over).await;
            wait = if errors.iter().any(passes) { RETRY.min(every) } else { every };
            self.not_seen.replace(errors.first().map(ToString::to_string));
            self.tell_problem(None);
            if errors.iter().any(is_refused_for_good) {
                self.has_new_logins(RETRY, is_watched).await;
            }
        }
    }

    /// Looks at each account once. What somebody has enabled is disabled again: a person did it, or a hold of another journal.
    async fn look(&self, is_over: &Cell<bool>) -> Vec<Error> {
        let mut errors = Vec::new();
        let accounts = self.read();
        let watched = || accounts.iter().filter(|account| is_watched(account.state));
        let servers: BTreeSet<&String> = watched().map(|one| &one.found.server).collect();
        for server in servers {
            let there: Vec<&HeldAccount> = watched().filter(|one| one.found.server == *server).collect();
            for account in self.enabled_of(&there, &mut errors).await {
                if is_over.get() || !is_open(&mut self.holds.borrow_mut(), self.hold.id) {
                    return errors;
                }
                errors.extend(self.disable_again(account).await.err());
            }
        }
        errors
    }

    /// Asks for each account that was disabled when it was found, and is enabled now: the hold that had disabled it is over, or somebody
    /// has enabled it. From the record of this hold on, no other hold enables it.
    pub(super) async fn look_again(&self) -> Result<(), Error> {
        let accounts = self.known.borrow().clone();
        let was_disabled = |one: &&HeldAccount| one.found.is_disabled && one.state == AccountState::Untouched;
        let servers: BTreeSet<&String> =
            accounts.iter().filter(was_disabled).map(|one| &one.found.server).collect();
        for server in servers {
            let there: Vec<&HeldAccount> =
                accounts.iter().filter(|one| one.found.server == *server).collect();
            let mut errors = Vec::new();
            let enabled = self.enabled_of(&there, &mut errors).await;
            if let Some(error) = errors.pop() {
                return Err(error);
            }
            for account in enabled.into_iter().filter(was_disabled) {
                self.ask(account)?;
            }
        }
        Ok(())
    }

    /// Records that the hold is about to disable an account, before it does: whatever happens then, its end enables the account.
    fn ask(&self, account: &HeldAccount) -> Result<(), Error> {
        self.holds.borrow_mut().ask_for_account(account, &Moment::now())?;
        self.note_state(account, AccountState::Asked);
        Ok(())
    }

    /// Disables an account that somebody has enabled.
    async fn disable_again(&self, account: &HeldAccount) -> Result<(), Error> {
        let was_untouched = account.state == AccountState::Untouched;
        if was_untouched {
            self.ask(account).map_err(|error| self.failed(account, error))?;
        }
        let note = ChangeNote {
            selection: format!("{} (somebody had enabled the account)", self.note.selection),
            ..self.note.clone()
        };
        let target = self.target(account).await.map_err(|error| self.failed(account, error))?;
        match self.set(account, &target, true, &note).await {
            // Somebody else was faster, and enables it, or not.
            Ok(change) if change.before.contains(AccountControl::DISABLED) => match was_untouched {
                true => self.leave(account),
                false => Ok(()),
            },
            Ok(_) => {
                self.note_state(account, AccountState::DisabledAgain);
                (self.report.borrow_mut())(HoldEvent::AccountDisabledAgain { account: &account.found });
                let again = AccountState::DisabledAgain;
                Ok(self.holds.borrow_mut().set_account(account, again, &Moment::now())?)
            }
            Err(error) => {
                if was_untouched && Attempt::First.has_changed_nothing(&error) {
                    self.leave(account)?;
                }
                Err(self.failed(account, problem(account, error)))
            }
        }
    }

    /// Returns those of these accounts of one server that are enabled now. What it cannot see is among the errors.
    async fn enabled_of<'h>(
        &self,
        accounts: &[&'h HeldAccount],
        errors: &mut Vec<Error>,
    ) -> Vec<&'h HeldAccount> {
        let Some(first) = accounts.first() else { return Vec::new() };
        let connected = async {
            let target = self.target(first).await?;
            self.logins.log_on(&target).await
        };
        let (mut server, _in_use) = match connected.await {
            Ok(connected) => connected,
            Err(error) => {
                errors.push(self.failed(first, error));
                return Vec::new();
            }
        };
        let mut enabled = Vec::new();
        for account in accounts {
            match seen(&mut server, account).await {
                Ok(now) if now.is_disabled() => {}
                Ok(_) => enabled.push(*account),
                Err(error) => {
                    let is_lost = !matches!(error, Error::Account { .. });
                    errors.push(self.failed(account, error));
                    if is_lost {
                        break;
                    }
                }
            }
        }
        if let Err(error) = server.close().await {
            tracing::debug!(%error, "the logoff after a look at accounts failed");
        }
        enabled
    }
}

/// Whether the next look can come soon: nothing is wrong with the account or the login.
fn passes(error: &Error) -> bool {
    !matches!(error, Error::Account { .. }) && !is_refused_for_good(error) && !is_locked_out(error)
}

/// Whether an open hold keeps an account in this state disabled. One that it has left as it was can be enabled meanwhile, too.
const fn is_watched(state: AccountState) -> bool {
    state.is_disabled() || matches!(state, AccountState::Untouched)
}

pub(super) fn enabled_meanwhile(account: &HeldAccount) -> String {
    let (name, server) = (&account.found.name, &account.found.server);
    format!(
        "somebody else enabled {name} at {server} during the hold, which disabled it again: release the hold to let them log on"
    )
}

/// Returns an account as it is now, even if somebody has renamed it.
///
/// # Errors
/// [`Error::Account`] if somebody has removed it, or the login may not disable it; [`Error::Server`].
pub(super) async fn seen(server: &mut Server, held: &HeldAccount) -> Result<Account, Error> {
    let sid = sid_of(held)?;
    let of_server = |error: netsession::Error| problem(held, error.into());
    if let Some(account) = server.account(&sid).await.map_err(of_server)? {
        return Ok(account);
    }
    let namesake = server.find_account(&held.found.name).await.map_err(of_server)?;
    Err(of_account(held, namesake.map_or(AccountProblem::Missing, |_| AccountProblem::Replaced)))
}
