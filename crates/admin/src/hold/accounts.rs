//! Disabling the accounts of a hold, and enabling exactly these at its end.

mod look;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netsession::{
    Account, AccountChange, AccountControl, Error as ServerError, LogonMechanism, NtStatus,
    RemainingAdministrators, Server, Sid, Step,
};
use netsession_journal::{AccountState, FoundAccount, HeldAccount, Hold, Holds, Moment};
use tokio::net::lookup_host;
use tokio::time::{Instant, sleep, timeout};

use super::finding::Finding;
use super::logins::Logins;
use super::own::is_own;
use super::servers::is_same_target;
use super::{HoldEvent, note_of};
use crate::watch::{LOCKED_OUT, is_locked_out, is_refused_for_good, place};
use crate::{AccountProblem, ChangeNote, Error, Target};

/// The pause after a server did not answer.
const RETRY: Duration = Duration::from_secs(5);
/// How long to look for the logins that hold now: a command that prints a password can hang.
const FIND: Duration = Duration::from_secs(30);
/// How long to wait for the addresses of a server, which has just answered.
const LOOK_UP: Duration = Duration::from_secs(2);
/// How often a pause looks whether the hold is over.
const TICK: Duration = Duration::from_millis(250);

/// Finds the accounts of `users` at a server, and verifies that a hold may disable each of them. A user without an account
/// there is left out. It changes nothing.
///
/// # Errors
/// [`Error::Account`] if the account is that of the login; if no administrator could log on without these accounts, or the
/// server does not tell; if the account is that of a computer that is not named with its `$`; and if the
/// login may not disable it. [`Error::Server`] if the server does not answer.
pub async fn find_accounts(
    server: &mut Server,
    target: &Target,
    users: &[String],
) -> Result<Vec<FoundAccount>, Error> {
    let mut found = Vec::new();
    // The names by which the server knows this login. Who may not list sessions may still disable accounts.
    let listed = server.sessions().await.unwrap_or_default();
    let known_as = [target.login().user.clone(), server.logged_on_user().to_owned()];
    let known_as: Vec<&str> = known_as.iter().map(String::as_str).collect();
    for user in users {
        let problem = |why| Error::Account { server: target.name().to_owned(), account: user.clone(), why };
        let account = server.find_account(user).await.map_err(|error| match why(&error) {
            Some(why) => problem(why),
            None => error.into(),
        })?;
        let Some(account) = account else { continue };
        if is_own(&account.to_string(), &known_as, &listed) {
            return Err(problem(AccountProblem::Own));
        }
        if account.control.is_computer() && !user.ends_with('$') {
            return Err(problem(AccountProblem::Computer));
        }
        found.push(account);
    }
    let enabled: Vec<Account> = found.iter().filter(|account| !account.is_disabled()).cloned().collect();
    check_administrators(server, target, &enabled).await?;
    if server.mechanism() == LogonMechanism::Kerberos {
        // With the second listing, the server has told its own name.
        let _ = server.sessions().await;
    }
    let places = places(target).await;
    let as_found = |account: &Account| {
        let is_own = server.names().contains(&account.domain);
        as_found(target, account, if is_own { places.clone() } else { Vec::new() })
    };
    Ok(found.iter().map(as_found).collect())
}

/// Returns the place of a target and its addresses, by which another name of it is recognized.
async fn places(target: &Target) -> Vec<String> {
    let (address, mut places) = (target.address(), vec![place(target)]);
    let looked_up = timeout(LOOK_UP, lookup_host((address.host(), address.port()))).await;
    for found in looked_up.into_iter().flatten().flatten() {
        let found = format!("{}:{}", found.ip().to_canonical(), found.port());
        if !places.contains(&found) {
            places.push(found);
        }
    }
    places
}

/// Refuses to disable accounts if no administrator could log on afterwards, or if the server does not report it.
async fn check_administrators(
    server: &mut Server,
    target: &Target,
    accounts: &[Account],
) -> Result<(), Error> {
    if accounts.is_empty() {
        return Ok(());
    }
    let why = match server.remaining_administrators(accounts).await? {
        RemainingAdministrators::Enabled => return Ok(()),
        RemainingAdministrators::Unknown(why) => AccountProblem::UnknownAdministrators(why),
        _ => AccountProblem::LastAdministrator,
    };
    let account = accounts.iter().map(Account::to_string).collect::<Vec<_>>().join(", ");
    Err(Error::Account { server: target.name().to_owned(), account, why })
}

/// Returns what an error says about an account.
fn why(error: &ServerError) -> Option<AccountProblem> {
    match error {
        ServerError::Refused { status: NtStatus::ACCESS_DENIED, step: Step::Call(_), .. } => {
            Some(AccountProblem::Denied)
        }
        ServerError::Refused {
            status: NtStatus::OBJECT_NAME_NOT_FOUND | NtStatus::PIPE_NOT_AVAILABLE,
            step: Step::Call(_),
            ..
        } => Some(AccountProblem::NoAccounts),
        _ => None,
    }
}

fn as_found(target: &Target, account: &Account, places: Vec<String>) -> FoundAccount {
    FoundAccount {
        server: target.name().to_owned(),
        name: account.to_string(),
        sid: account.sid.to_string(),
        control: account.control.bits(),
        is_disabled: account.is_disabled(),
        places,
    }
}

/// The work on the accounts of a hold.
pub(super) struct Accounts<'a, R> {
    pub(super) hold: &'a Hold,
    /// The accounts as they were known last, in case that the database is gone.
    pub(super) known: &'a RefCell<Vec<HeldAccount>>,
    pub(super) targets: RefCell<Vec<Target>>,
    /// What was reported about each account that could not be changed.
    pub(super) told: RefCell<BTreeMap<u64, String>>,
    /// Why an account of the open hold is not disabled, or what somebody else did to one.
    pub(super) problem: RefCell<Option<String>>,
    /// Why the last look did not see whether an account is still disabled.
    pub(super) not_seen: RefCell<Option<String>>,
    /// The accounts that this process may have enabled.
    pub(super) enabled: RefCell<BTreeSet<u64>>,
    pub(super) logins: &'a Logins,
    /// Finds the targets with the logins that hold now.
    pub(super) finding: Finding,
    pub(super) holds: &'a RefCell<Holds>,
    pub(super) note: ChangeNote,
    pub(super) report: &'a RefCell<R>,
}

/// Disables the accounts of a hold that are not disabled, also one that was disabled when it was found: the hold that had disabled it
/// can be over since. Each is recorded as asked for.
///
/// # Errors
/// [`Error::Account`] if the login may not disable an account, and [`Error::Server`]. The accounts that are disabled stay so
/// until [`enable_accounts`].
pub async fn disable_accounts(
    hold: &Hold,
    holds: &RefCell<Holds>,
    targets: &[Target],
    report: impl FnMut(HoldEvent<'_>),
) -> Result<(), Error> {
    let (report, known) = (RefCell::new(report), RefCell::new(hold.accounts.clone()));
    let logins = Logins::default();
    let accounts = Accounts::new(hold, &known, targets, holds, &logins, &report);
    accounts.look_again().await?;
    match accounts.disable(Attempt::First).await.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Enables the accounts that a hold has disabled, unless another hold of the same account is open. Call it with the lock of
/// the hold ([`Holds::carry`]), after the hold is released or over.
///
/// # Errors
/// The first error. The database keeps each account that is not enabled yet.
pub async fn enable_accounts(
    hold: &Hold,
    holds: &RefCell<Holds>,
    targets: &[Target],
    report: impl FnMut(HoldEvent<'_>),
) -> Result<(), Error> {
    enable_behind(&Logins::default(), hold, holds, targets, report).await
}

/// Does the same, and sends no login to a server that has refused it.
pub(super) async fn enable_behind(
    logins: &Logins,
    hold: &Hold,
    holds: &RefCell<Holds>,
    targets: &[Target],
    report: impl FnMut(HoldEvent<'_>),
) -> Result<(), Error> {
    let (report, known) = (RefCell::new(report), RefCell::new(hold.accounts.clone()));
    let accounts = Accounts::new(hold, &known, targets, holds, logins, &report);
    match accounts.enable().await.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// An attempt to disable an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// No request was sent before.
    First,
    /// An earlier request may have disabled the account, although its answer was lost.
    Later,
}

impl Attempt {
    /// Whether the account is as before the hold. The server refuses the change itself only if the account is enabled.
    fn has_changed_nothing(self, error: &Error) -> bool {
        match error {
            Error::Server(
                ServerError::Vetoed { .. }
                | ServerError::Refused { step: Step::Call("SamrSetInformationUser"), .. },
            ) => true,
            Error::Server(ServerError::Refused { .. } | ServerError::Logon { .. })
            | Error::Account { .. } => self == Self::First,
            _ => false,
        }
    }
}

impl<'a, R: FnMut(HoldEvent<'_>)> Accounts<'a, R> {
    pub(super) fn new(
        hold: &'a Hold,
        known: &'a RefCell<Vec<HeldAccount>>,
        targets: &[Target],
        holds: &'a RefCell<Holds>,
        logins: &'a Logins,
        report: &'a RefCell<R>,
    ) -> Self {
        let (targets, note) = (RefCell::new(targets.to_vec()), note_of(hold));
        let finding = Finding::new(None, &hold.order);
        Self {
            hold,
            known,
            targets,
            told: RefCell::default(),
            problem: RefCell::default(),
            not_seen: RefCell::default(),
            enabled: RefCell::default(),
            logins,
            finding,
            holds,
            note,
            report,
        }
    }

    /// Disables what is asked for until it is done, and finds the servers of all accounts, or until the hold is over. After a server has
    /// refused the login, it waits for another one.
    async fn disable_until_done(&self, is_over: &Cell<bool>) {
        while !is_over.get() {
            let mut errors = self.disable(Attempt::Later).await;
            errors.extend(self.each(AccountState::is_disabled, async |account| self.is_found(account)).await);
            self.tell_problem(errors.first());
            if errors.is_empty() {
                return;
            }
            let wait = wait_after(&errors);
            let (began, before) = (Instant::now(), self.logins.enabled_accounts());
            while !is_over.get() {
                pause(is_over).await;
                let is_time = wait.is_some_and(|wait| began.elapsed() >= wait);
                let is_freed = self.logins.enabled_accounts() != before;
                if self.has_new_logins(RETRY, AccountState::is_pending).await || is_time || is_freed {
                    break;
                }
            }
        }
    }

    /// Enables what the hold has disabled, until that is done, or until a server has refused the login or its request. Then somebody
    /// with another login can do it.
    ///
    /// # Errors
    /// The server refuses the login, or it may not enable the account.
    pub(super) async fn enable_until_done(&self) -> Result<(), Error> {
        let mut is_noted = self.note_missing_targets().await;
        self.has_new_logins(FIND, AccountState::is_pending).await;
        loop {
            let mut errors = self.enable().await;
            if let Some(place) = errors.iter().position(needs_another_login) {
                return Err(errors.swap_remove(place));
            }
            let problem = errors.first().map(ToString::to_string);
            if problem.is_some() || is_noted {
                is_noted = true;
                self.note_problem(problem.as_deref());
            }
            if problem.is_none() {
                return Ok(());
            }
            let (began, before) = (Instant::now(), self.logins.enabled_accounts());
            let wait = wait_after(&errors).unwrap_or(RETRY);
            while began.elapsed() < wait && self.logins.enabled_accounts() == before {
                sleep(RETRY).await;
                if self.has_new_logins(RETRY, AccountState::is_pending).await {
                    break;
                }
            }
        }
    }

    /// Notes that the server of an account is not found yet, for those who wait for the release. Returns whether that is so.
    async fn note_missing_targets(&self) -> bool {
        let errors = self.each(AccountState::is_pending, async |account| self.is_found(account)).await;
        let problem = errors.first().map(ToString::to_string);
        if problem.is_some() {
            self.note_problem(problem.as_deref());
        }
        problem.is_some()
    }

    fn note_problem(&self, problem: Option<&str>) {
        if let Err(error) = self.holds.borrow_mut().note(self.hold.id, 0, problem, &Moment::now()) {
            tracing::warn!(%error, "the problem of hold {} is not noted", self.hold.id);
        }
    }

    /// Sets what is wrong now: an account is not disabled, or was not seen, or somebody has enabled one.
    fn tell_problem(&self, error: Option<&Error>) {
        let now = error.map(ToString::to_string).or_else(|| self.not_seen.borrow().clone());
        let known = self.known.borrow();
        let again = || known.iter().find(|account| account.state == AccountState::DisabledAgain);
        self.problem.replace(now.or_else(|| again().map(look::enabled_meanwhile)));
    }

    /// Takes the logins that hold now for the accounts in these states, and returns whether one of them is another one.
    async fn has_new_logins(&self, limit: Duration, is_wanted: fn(AccountState) -> bool) -> bool {
        // The search can run a command that asks a person: it is only for the accounts that need it.
        let known = self.known.borrow().clone();
        let wanted = known.iter().filter(|account| is_wanted(account.state));
        let servers: BTreeSet<&String> = wanted.map(|account| &account.found.server).collect();
        let names = self.hold.order.accounts_on.iter().filter(|name| servers.contains(name));
        let names: Vec<String> = names.cloned().collect();
        let Some(found) = self.finding.within(&names, limit).await.map(|found| found.targets) else {
            return false;
        };
        let mut targets = self.targets.borrow_mut();
        let is_known = |new: &Target| targets.iter().any(|old| is_same_target(old, new));
        let has_new = !found.iter().all(is_known);
        targets.retain(|old| !found.iter().any(|new| new.name() == old.name()));
        targets.extend(found);
        has_new
    }

    async fn disable(&self, attempt: Attempt) -> Vec<Error> {
        self.each(
            |state| state == AccountState::Asked,
            async |account| {
                let target = self.target(account).await?;
                let result = self.set(account, &target, true, &self.note).await;
                match &result {
                    // Somebody else has disabled it since it was found.
                    Ok(change)
                        if attempt == Attempt::First && change.before.contains(AccountControl::DISABLED) =>
                    {
                        self.leave(account)?;
                        let by = self.holds.borrow_mut().disabler_of(
                            &account.found,
                            Some(self.hold.id),
                            &Moment::now(),
                        )?;
                        let event = HoldEvent::AccountUntouched { account: &account.found, by };
                        (self.report.borrow_mut())(event);
                    }
                    Ok(_) => self.settle(account, AccountState::Disabled)?,
                    Err(error) if attempt.has_changed_nothing(error) => self.leave(account)?,
                    Err(_) => {}
                }
                result.map(|_| ()).map_err(|error| problem(account, error))
            },
        )
        .await
    }

    async fn enable(&self) -> Vec<Error> {
        self.each(AccountState::is_pending, async |account| {
            if self.hand_over(account).await? {
                return Ok(());
            }
            let target = self.target(account).await?;
            self.enabled.borrow_mut().insert(account.id);
            match self.set(account, &target, false, &self.note).await {
                // A hold that has begun meanwhile finds no other one, or an account that is still disabled.
                Ok(_) if self.hand_over(account).await? => Ok(()),
                Ok(_) => self.settle(account, AccountState::Enabled),
                // Somebody has removed the account.
                Err(Error::Server(ServerError::Refused { status: NtStatus::NO_SUCH_USER, .. })) => {
                    self.settle(account, AccountState::Untouched)
                }
                Err(error) => Err(problem(account, error)),
            }
        })
        .await
    }

    /// Leaves an account to another open hold, if there is one. An account that this process may have enabled before that one began
    /// is disabled again.
    async fn hand_over(&self, account: &HeldAccount) -> Result<bool, Error> {
        let heir = self.holds.borrow_mut().hand_account_over(self.hold.id, account, &Moment::now())?;
        let Some(heir) = heir else { return Ok(false) };
        let event = HoldEvent::AccountHandedOver { account: &account.found, heir };
        (self.report.borrow_mut())(event);
        if self.enabled.borrow().contains(&account.id) {
            let target = self.target(account).await?;
            self.set(account, &target, true, &self.note).await.map_err(|error| problem(account, error))?;
        }
        Ok(true)
    }

    /// Does something with each account in such a state, and returns what failed.
    async fn each(
        &self,
        is_meant: fn(AccountState) -> bool,
        act: impl AsyncFn(&HeldAccount) -> Result<(), Error>,
    ) -> Vec<Error> {
        let mut errors = Vec::new();
        for account in self.read().iter().filter(|account| is_meant(account.state)) {
            if let Err(error) = act(account).await {
                errors.push(self.failed(account, error));
            }
        }
        errors
    }

    /// Reports what failed, unless it was reported before.
    fn failed(&self, account: &HeldAccount, error: Error) -> Error {
        let said = self.told.borrow_mut().insert(account.id, error.to_string());
        if said != Some(error.to_string()) {
            let account = &account.found;
            (self.report.borrow_mut())(HoldEvent::AccountFailed { account, error: &error });
        }
        error
    }

    /// Returns the accounts as the database has them now, or as they were known last.
    fn read(&self) -> Vec<HeldAccount> {
        let found = self.holds.borrow_mut().get(self.hold.id, &Moment::now());
        match found {
            // The number can be that of another hold, if somebody has replaced the database.
            Ok(Some(hold)) if hold.order == self.hold.order => drop(self.known.replace(hold.accounts)),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the accounts of hold {} are as known before", self.hold.id),
        }
        self.known.borrow().clone()
    }

    /// Returns the server of an account. A computer from the same image has an account with the same name and SID, so nothing goes to
    /// a server that is not where this one was.
    async fn target(&self, account: &HeldAccount) -> Result<Target, Error> {
        let FoundAccount { server, places: known, .. } = &account.found;
        let found = self.targets.borrow().iter().find(|target| target.name() == server).cloned();
        let Some(target) = found else { return Err(self.not_found(account)) };
        let is_there = known.is_empty()
            || known.contains(&place(&target))
            || places(&target).await.iter().any(|place| known.contains(place));
        if is_there { Ok(target) } else { Err(of_account(account, AccountProblem::Moved)) }
    }

    /// Refuses an account that nobody could enable now. A process that only uses its targets has all of them.
    fn is_found(&self, account: &HeldAccount) -> Result<(), Error> {
        let is_there = self.targets.borrow().iter().any(|target| target.name() == account.found.server);
        if is_there { Ok(()) } else { Err(self.not_found(account)) }
    }

    /// Says why the server of an account is not among the targets.
    fn not_found(&self, account: &HeldAccount) -> Error {
        let server = &account.found.server;
        match self.hold.order.accounts_on.contains(server) {
            true => of_account(account, AccountProblem::NoLogin),
            false => of_account(account, AccountProblem::NoServer),
        }
    }

    async fn set(
        &self,
        account: &HeldAccount,
        target: &Target,
        is_disabled: bool,
        note: &ChangeNote,
    ) -> Result<AccountChange, Error> {
        let sid = sid_of(account)?;
        let (mut server, _in_use) = self.logins.log_on(target).await?;
        let allowed = if is_disabled { check(&mut server, target, account).await } else { Ok(()) };
        let result = match allowed {
            Ok(()) => {
                let changed = target.set_account(&mut server, &sid, &account.found.name, is_disabled, note);
                changed.await.map_err(Error::from)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = server.close().await {
            tracing::debug!(%error, "the logoff after the change of an account failed");
        }
        result
    }

    /// Notes that the hold has changed nothing of an account.
    fn leave(&self, account: &HeldAccount) -> Result<(), Error> {
        self.note_state(account, AccountState::Untouched);
        Ok(self.holds.borrow_mut().leave_account(account, &Moment::now())?)
    }

    fn note_state(&self, account: &HeldAccount, state: AccountState) {
        let mut known = self.known.borrow_mut();
        known.iter_mut().filter(|known| known.id == account.id).for_each(|known| known.state = state);
    }

    /// Notes the outcome of an account, and reports it.
    fn settle(&self, account: &HeldAccount, state: AccountState) -> Result<(), Error> {
        self.note_state(account, state);
        self.holds.borrow_mut().set_account(account, state, &Moment::now())?;
        let is_disabled = state.is_disabled();
        if state == AccountState::Enabled {
            self.logins.account_is_enabled(&account.found);
        }
        if is_disabled || state == AccountState::Enabled {
            (self.report.borrow_mut())(HoldEvent::Account { account: &account.found, is_disabled });
        }
        Ok(())
    }
}

/// Whether only another login can enable the account.
fn needs_another_login(error: &Error) -> bool {
    is_refused_for_good(error) || matches!(error, Error::Account { why: AccountProblem::Denied, .. })
}

/// Returns how long to wait after an attempt; None until there is another login.
fn wait_after(errors: &[Error]) -> Option<Duration> {
    if errors.iter().all(is_refused_for_good) {
        return None;
    }
    Some(if errors.iter().all(|error| is_refused_for_good(error) || is_locked_out(error)) {
        LOCKED_OUT
    } else {
        RETRY
    })
}

/// Waits before the next attempt, unless the hold is over.
async fn pause(is_over: &Cell<bool>) {
    let began = Instant::now();
    while !is_over.get() && began.elapsed() < RETRY {
        sleep(TICK).await;
    }
}

/// Refuses to disable the account of the login, or that of the last administrator. It can be so only since the account was found.
async fn check(server: &mut Server, target: &Target, held: &HeldAccount) -> Result<(), Error> {
    let account = look::seen(server, held).await?;
    if account.is_disabled() {
        return Ok(());
    }
    let listed = server.sessions().await.unwrap_or_default();
    let known_as = [target.login().user.as_str(), server.logged_on_user()];
    if is_own(&account.to_string(), &known_as, &listed) {
        return Err(of_account(held, AccountProblem::Own));
    }
    check_administrators(server, target, std::slice::from_ref(&account)).await
}

fn sid_of(account: &HeldAccount) -> Result<Sid, Error> {
    account.found.sid.parse().map_err(|_| of_account(account, AccountProblem::Missing))
}

fn of_account(account: &HeldAccount, why: AccountProblem) -> Error {
    Error::Account { server: account.found.server.clone(), account: account.found.name.clone(), why }
}

/// Says what an error means for an account.
fn problem(account: &HeldAccount, error: Error) -> Error {
    match &error {
        Error::Server(cause) => why(cause).map_or(error, |why| of_account(account, why)),
        _ => error,
    }
}
