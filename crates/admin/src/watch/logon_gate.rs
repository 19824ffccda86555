//! [`LogonGate`] protects accounts: while several servers are watched for hours, a login that one of them refuses never
//! goes to any of them again, and no server gets it a second time before it has answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netsession::{Error as ServerError, NtStatus};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::Error;

/// How long a logon waits for the result of an earlier one with the same login, for each that waits before it.
const TURN_WAIT: Duration = Duration::from_secs(1);
/// How long a login waits whose account a server has locked out. That ends by itself, after half an hour by Windows' default. So does a
/// hold that has disabled the account; and no attempt with a disabled account counts as a wrong password.
pub(crate) const LOCKED_OUT: Duration = Duration::from_secs(300);
/// How long an accepted login counts as right, so that logons do not wait for each other.
const TRUST: Duration = Duration::from_secs(30);

/// The logins of a watch, and which of them a server has refused.
#[derive(Debug, Default)]
pub(crate) struct LogonGate {
    logins: Mutex<HashMap<String, Known>>,
    /// An account that was disabled is enabled.
    freed: Notify,
}

/// A login as a gate knows it, and the server that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateKey {
    /// The account: with the server, unless other servers have the same one.
    account: String,
    /// The server, however a person spells its name.
    place: String,
}

impl GateKey {
    /// Makes the key of a login at a server. `is_shared` says whether other servers have the same account.
    pub(crate) fn new(login: &str, is_shared: bool, place: String) -> Self {
        let account = if is_shared { login.to_owned() } else { format!("{login} at {place}") };
        Self { account, place }
    }
}

/// What is known about a login.
#[derive(Debug)]
struct Known {
    refused_by: Option<String>,
    /// The server that has locked the account out, and when to try again.
    locked_out: Option<(String, Instant)>,
    /// Whether it has not locked the account, but somebody has disabled it.
    is_disabled: bool,
    accepted: Option<Instant>,
    waiting: u32,
    turn: Arc<Semaphore>,
    /// The servers to which the login was sent, each with the turn there.
    places: HashMap<String, Arc<Semaphore>>,
}

/// The permission to send a login once.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    gate: &'a LogonGate,
    account: String,
    _place: Option<OwnedSemaphorePermit>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl LogonGate {
    /// Waits until the login may go to `server`. Until it was accepted somewhere, that takes as long as an earlier logon at the
    /// same server, which its own time limits end.
    ///
    /// # Errors
    /// [`Error::NotTried`] if a server has refused the login, [`Error::LockedOut`] if one has locked the account out.
    pub(crate) async fn pass(&self, key: &GateKey, server: &str, user: &str) -> Result<Pass<'_>, Error> {
        let place = match self.unless_trusted(key, |known| known.place(&key.place)) {
            // The semaphore is never closed.
            Some(place) => place.acquire_owned().await.ok(),
            None => None,
        };
        let wait =
            self.unless_trusted(key, |known| TURN_WAIT.saturating_mul(known.waiting)).unwrap_or_default();
        let turn = {
            let mut logins = self.lock();
            let known = logins.entry(key.account.clone()).or_insert_with(Known::new);
            known.waiting = known.waiting.saturating_add(1);
            Arc::clone(&known.turn)
        };
        // The count falls even if the caller drops this future while it waits.
        let mut pass = Pass { gate: self, account: key.account.clone(), _place: place, _turn: None };
        pass._turn = timeout(wait, turn.acquire_owned()).await.ok().and_then(Result::ok);
        let logins = self.lock();
        let Some(known) = logins.get(&key.account) else { return Ok(pass) };
        let (server, user) = (server.to_owned(), user.to_owned());
        if let Some(refused_by) = known.refused_by.clone() {
            return Err(Error::NotTried { server, refused_by, user });
        }
        match &known.locked_out {
            Some((by, until)) if *until > Instant::now() => {
                let retry = until.saturating_duration_since(Instant::now());
                Err(Error::LockedOut { server, locked_by: by.clone(), user, retry })
            }
            _ => Ok(pass),
        }
    }

    /// Returns something about a login, unless it was accepted lately.
    fn unless_trusted<T>(&self, key: &GateKey, of: impl FnOnce(&mut Known) -> T) -> Option<T> {
        let mut logins = self.lock();
        let known = logins.entry(key.account.clone()).or_insert_with(Known::new);
        let is_trusted = known.accepted.is_some_and(|at| at.elapsed() < TRUST);
        (!is_trusted).then(|| of(known))
    }

    /// Remembers the result of a logon.
    pub(crate) fn set_result<T>(&self, key: &GateKey, server: &str, result: &Result<T, Error>) {
        let mut logins = self.lock();
        let Some(known) = logins.get_mut(&key.account) else { return };
        match result {
            Ok(_) => {
                (known.accepted, known.locked_out) = (Some(Instant::now()), None);
                known.is_disabled = false;
            }
            Err(error) if is_locked_out(error) => {
                known.is_disabled = is_disabled(error);
                known.locked_out = Some((server.to_owned(), Instant::now() + LOCKED_OUT));
            }
            Err(error) if is_login_refused(error) => {
                known.refused_by.get_or_insert_with(|| server.to_owned());
            }
            Err(_) => {}
        }
    }

    /// Forgets that the account of these logins was disabled: this process has enabled it. One that wrong passwords have locked out
    /// stays locked out.
    pub(crate) fn forget_disabled(&self) {
        for known in self.lock().values_mut().filter(|known| known.is_disabled) {
            (known.locked_out, known.is_disabled) = (None, false);
        }
        self.freed.notify_waiters();
    }

    /// Waits until a login that is locked out may be tried again before its time.
    pub(crate) async fn freed(&self, key: &GateKey) {
        loop {
            // From here on, no notification is lost.
            let freed = self.freed.notified();
            if self.lock().get(&key.account).is_none_or(|known| known.locked_out.is_none()) {
                return;
            }
            freed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(known) = self.gate.lock().get_mut(&self.account) {
            known.waiting = known.waiting.saturating_sub(1);
        }
    }
}

impl Known {
    fn new() -> Self {
        Self {
            refused_by: None,
            locked_out: None,
            is_disabled: false,
            accepted: None,
            waiting: 0,
            turn: Arc::new(Semaphore::new(1)),
            places: HashMap::new(),
        }
    }

    fn place(&mut self, place: &str) -> Arc<Semaphore> {
        Arc::clone(self.places.entry(place.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

/// Whether a server refused the login because the account is locked out or disabled, so that it may accept it later.
pub(crate) fn is_locked_out(error: &Error) -> bool {
    match error {
        Error::Server(ServerError::Logon { status, .. }) => {
            [NtStatus::ACCOUNT_LOCKED_OUT, NtStatus::ACCOUNT_DISABLED].contains(status)
        }
        Error::LockedOut { .. } => true,
        _ => false,
    }
}

fn is_disabled(error: &Error) -> bool {
    matches!(error, Error::Server(ServerError::Logon { status: NtStatus::ACCOUNT_DISABLED, .. }))
}

/// Whether a server refused the login such that only another login can help.
pub(crate) fn is_refused_for_good(error: &Error) -> bool {
    is_login_refused(error) && !is_locked_out(error)
}

/// Whether a server judged the login and refused it, so that another attempt could lock the account.
pub(crate) fn is_login_refused(error: &Error) -> bool {
    match error {
        Error::Server(ServerError::Logon { status, .. }) => !is_servers_trouble(*status),
        Error::Server(ServerError::Kerberos { cause, .. }) => cause.counts_towards_lockout(),
        Error::Server(ServerError::Guest { .. } | ServerError::TicketRefused { .. }) => true,
        Error::NotTried { .. } | Error::LockedOut { .. } => true,
        _ => false,
    }
}

/// Whether the server could not judge the login, or the password was right: the account may not log on now, or from here.
fn is_servers_trouble(status: NtStatus) -> bool {
    [
        NtStatus::NO_LOGON_SERVERS,
        NtStatus::INSUFFICIENT_RESOURCES,
        NtStatus::REQUEST_NOT_ACCEPTED,
        NtStatus::IO_TIMEOUT,
        NtStatus::NETLOGON_NOT_STARTED,
        NtStatus::ACCOUNT_RESTRICTION,
        NtStatus::INVALID_LOGON_HOURS,
        NtStatus::INVALID_WORKSTATION,
    ]
    .contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: NtStatus) -> Result<(), Error> {
        Err(ServerError::Logon { server: "fs1".to_owned(), user: r"LAB\adm1".to_owned(), status }.into())
    }

    fn at(place: &str) -> GateKey {
        GateKey::new("adm1", true, place.to_owned())
    }

    /// A failure here would send a wrong password again, and lock the account.
    #[tokio::test(start_paused = true)]
    async fn a_refused_login_goes_to_no_server_again() {
        let gate = LogonGate::default();
        let pass = gate.pass(&at("fs1"), "fs1", "adm1").await.unwrap();
        gate.set_result(&at("fs1"), "fs1", &refused(NtStatus::LOGON_FAILURE));
        drop(pass);
        let error = gate.pass(&at("fs2"), "fs2", "adm1").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "fs2 was not tried: fs1 has refused the same login of adm1",
            "{error:?}"
        );
        let other = GateKey::new("other", true, "fs2".to_owned());
        assert!(gate.pass(&other, "fs2", "other").await.is_ok(), "another login is not affected");
    }

    /// A failure here would send a mistyped password to twenty servers at once, because the first one is slow.
    #[tokio::test(start_paused = true)]
    async fn an_unknown_login_goes_to_one_server_after_the_other() {
        let gate = LogonGate::default();
        let began = Instant::now();
        let _slow = gate.pass(&at("fs1"), "fs1", "adm1").await.unwrap();
        let _second = gate.pass(&at("fs2"), "fs2", "adm1").await.unwrap();
        let _third = gate.pass(&at("fs3"), "fs3", "adm1").await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(3), "1 s for the second, 2 s for the third");
        gate.set_result(&at("fs1"), "fs1", &Ok(()));
        let began = Instant::now();
        let _fourth = gate.pass(&at("fs1"), "fs1", "adm1").await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(10), "an accepted login does not wait");
    }

    /// A failure here would send a wrong password twice to a server that answers slowly, once to list and once to change an
    /// account, and lock the administrator out.
    #[tokio::test(start_paused = true)]
    async fn a_server_gets_a_login_once_until_it_has_answered() {
        let (gate, place) = (LogonGate::default(), at("fs1"));
        let slow = gate.pass(&place, "fs1", "adm1").await.unwrap();
        let second = tokio::time::timeout(Duration::from_secs(60), gate.pass(&place, "fs1", "adm1"));
        assert!(second.await.is_err(), "the first answer is not known");
        gate.set_result(&place, "fs1", &refused(NtStatus::LOGON_FAILURE));
        drop(slow);
        assert!(matches!(gate.pass(&place, "fs1", "adm1").await, Err(Error::NotTried { .. })));
    }

    /// A failure here would give a hold up because somebody locked the administrator's account for a while, or send the login so
    /// often that it stays locked.
    #[tokio::test(start_paused = true)]
    async fn a_locked_account_is_tried_again_after_a_while() {
        let (gate, place) = (LogonGate::default(), at("fs1"));
        let pass = gate.pass(&place, "fs1", "adm1").await.unwrap();
        gate.set_result(&place, "fs1", &refused(NtStatus::ACCOUNT_LOCKED_OUT));
        drop(pass);
        tokio::time::advance(Duration::from_secs(60)).await;
        let error = gate.pass(&at("fs2"), "fs2", "adm1").await.unwrap_err();
        let expected =
            "fs2 was not tried: fs1 has locked or disabled the account of adm1; the next attempt is in 4 min";
        assert_eq!(error.to_string(), expected);
        assert!(is_locked_out(&error) && !is_refused_for_good(&error));
        tokio::time::advance(LOCKED_OUT).await;
        assert!(gate.pass(&at("fs2"), "fs2", "adm1").await.is_ok());
    }

    /// A failure here would let somebody in for five minutes: the account of a hold's login was disabled, and this process has enabled it.
    /// Or it would send the login to a server that has locked the account out, so that it stays locked.
    #[tokio::test(start_paused = true)]
    async fn a_login_goes_on_at_once_after_this_process_has_enabled_its_account() {
        for (status, is_forgotten) in
            [(NtStatus::ACCOUNT_DISABLED, true), (NtStatus::ACCOUNT_LOCKED_OUT, false)]
        {
            let (gate, place) = (LogonGate::default(), at("fs1"));
            drop(gate.pass(&place, "fs1", "adm1").await.unwrap());
            gate.set_result(&place, "fs1", &refused(status));
            let soon = Duration::from_secs(60);
            assert!(timeout(soon, gate.freed(&place)).await.is_err(), "{status}");
            let forget = async { gate.forget_disabled() };
            let (freed, ()) = futures_util::future::join(timeout(soon, gate.freed(&place)), forget).await;
            assert_eq!(freed.is_ok(), is_forgotten, "{status}");
            assert_eq!(gate.pass(&place, "fs1", "adm1").await.is_ok(), is_forgotten, "{status}");
        }
    }

    /// A failure here would leave a hold dead for ever, and its accounts disabled, because another hold has disabled the account of its
    /// login for a while.
    #[test]
    fn a_disabled_account_is_tried_again_after_a_while() {
        let error = refused(NtStatus::ACCOUNT_DISABLED).unwrap_err();
        assert!(is_locked_out(&error) && !is_refused_for_good(&error));
        assert!(is_refused_for_good(&refused(NtStatus::LOGON_FAILURE).unwrap_err()));
    }

    /// A failure here would give up on a server whose domain controller was away for a minute.
    #[test]
    fn a_server_that_cannot_judge_the_login_is_tried_again() {
        for (status, expected) in [
            (NtStatus::LOGON_FAILURE, true),
            (NtStatus::ACCOUNT_LOCKED_OUT, true),
            (NtStatus::ACCOUNT_DISABLED, true),
            (NtStatus::NO_LOGON_SERVERS, false),
            (NtStatus::ACCOUNT_RESTRICTION, false),
            (NtStatus::INSUFFICIENT_RESOURCES, false),
        ] {
            assert_eq!(is_login_refused(&refused(status).unwrap_err()), expected, "{status}");
        }
    }
}
