//! Looks whether the accounts of an open hold are still disabled, and disables those again that somebody has enabled.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use netsession::{Account, AccountControl, Server};
use netsession_journal::{AccountState, HeldAccount, Moment};
use tokio::time::{Instant, sleep};

use super::{Accounts, Attempt, RETRY, TICK, check_administrators, of_account, problem};
use crate::hold::own::is_own;
use crate::hold::{HoldEvent, is_open};
use crate::watch::is_refused_for_good;
use crate::{AccountProblem, ChangeNote, Error, Target};

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
            wait = every;
            let errors = self.look(is_over).await;
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
            match self.enabled_of(&there).await {
                Ok(enabled) => {
                    for account in enabled {
                        if is_over.get() || !is_open(&mut self.holds.borrow_mut(), self.hold.id) {
                            return errors;
                        }
                        errors.extend(self.disable_again(account).await.err());
                    }
                }
                Err(error) => errors.extend(there.first().map(|first| self.failed(first, error))),
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
            for account in self.enabled_of(&there).await?.into_iter().filter(was_disabled) {
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
                let account = HeldAccount { state: AccountState::Disabled, ..account.clone() };
                self.note_state(&account, AccountState::Disabled);
                self.enabled_by_others.borrow_mut().insert(account.id, enabled_meanwhile(&account));
                (self.report.borrow_mut())(HoldEvent::AccountDisabledAgain { account: &account.found });
                Ok(self.holds.borrow_mut().set_account(&account, AccountState::Disabled, &Moment::now())?)
            }
            Err(error) => {
                if let Error::Server(refused) = &error
                    && was_untouched
                    && Attempt::First.has_changed_nothing(refused)
                {
                    self.leave(account)?;
                }
                Err(self.failed(account, problem(account, error)))
            }
        }
    }

    /// Returns those of these accounts of one server that are enabled now, if the hold may disable all of them.
    async fn enabled_of<'h>(&self, accounts: &[&'h HeldAccount]) -> Result<Vec<&'h HeldAccount>, Error> {
        let mut target = None;
        for account in accounts {
            target = Some(self.target(account).await?);
        }
        let Some(target) = target else { return Ok(Vec::new()) };
        let (mut connection, _in_use) = self.logins.log_on(&target).await?;
        let enabled = enabled_ones(&mut connection, &target, accounts).await;
        if let Err(error) = connection.close().await {
            tracing::debug!(%error, "the logoff after a look at accounts failed");
        }
        enabled
    }
}

/// Whether an open hold keeps an account in this state disabled. One that it has left as it was can be enabled meanwhile, too.
const fn is_watched(state: AccountState) -> bool {
    matches!(state, AccountState::Disabled | AccountState::Untouched)
}

fn enabled_meanwhile(account: &HeldAccount) -> String {
    let (name, server) = (&account.found.name, &account.found.server);
    format!(
        "somebody else enabled {name} at {server} during the hold, which disabled it again: release the hold to let them log on"
    )
}

/// Returns those of these accounts that are enabled now, if the hold may disable all of them.
async fn enabled_ones<'a>(
    server: &mut Server,
    target: &Target,
    accounts: &[&'a HeldAccount],
) -> Result<Vec<&'a HeldAccount>, Error> {
    let (mut enabled, mut found) = (Vec::new(), Vec::<Account>::new());
    for held in accounts {
        let sid = held.found.sid.parse().map_err(|_| of_account(held, AccountProblem::Missing))?;
        let account = server.account(&sid).await.map_err(|error| problem(held, error.into()))?;
        if let Some(account) = account.filter(|account| !account.is_disabled()) {
            enabled.push(*held);
            found.push(account);
        }
    }
    if !found.is_empty() {
        // The login can be another one than at the beginning of the hold.
        let listed = server.sessions().await.unwrap_or_default();
        let known_as = [target.login().user.as_str(), server.logged_on_user()];
        let own = enabled.iter().zip(&found).find(|(_, one)| is_own(&one.to_string(), &known_as, &listed));
        if let Some((held, _)) = own {
            return Err(of_account(held, AccountProblem::Own));
        }
    }
    check_administrators(server, target, &found).await?;
    Ok(enabled)
}
