//! [`LogonGate`] protects accounts: while several servers are watched for hours, a login that one of them refuses never
//! goes to any of them again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netsession::{Error as ServerError, NtStatus};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::Error;

/// How long a logon waits for the result of an earlier one with the same login, for each that waits before it.
const TURN_WAIT: Duration = Duration::from_secs(1);
/// How long an accepted login counts as right, so that logons do not wait for each other.
const TRUST: Duration = Duration::from_secs(30);

/// The logins of a watch, and which of them a server has refused.
#[derive(Debug, Default)]
pub(crate) struct LogonGate {
    logins: Mutex<HashMap<String, Known>>,
}

/// What is known about a login.
#[derive(Debug)]
struct Known {
    refused_by: Option<String>,
    accepted: Option<Instant>,
    waiting: u32,
    turn: Arc<Semaphore>,
}

/// The permission to send a login once.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    gate: &'a LogonGate,
    key: String,
    _turn: Option<OwnedSemaphorePermit>,
}

impl LogonGate {
    /// Waits until the login may go to `server`. It returns the error if another server has refused the login.
    pub(crate) async fn pass(&self, key: &str, server: &str, user: &str) -> Result<Pass<'_>, Error> {
        let (turn, wait) = {
            let mut logins = self.lock();
            let known = logins.entry(key.to_owned()).or_insert_with(Known::new);
            let is_trusted = known.accepted.is_some_and(|at| at.elapsed() < TRUST);
            let wait = if is_trusted { Duration::ZERO } else { TURN_WAIT.saturating_mul(known.waiting) };
            known.waiting = known.waiting.saturating_add(1);
            (Arc::clone(&known.turn), wait)
        };
        // The count falls even if the caller drops this future while it waits.
        let mut pass = Pass { gate: self, key: key.to_owned(), _turn: None };
        pass._turn = timeout(wait, turn.acquire_owned()).await.ok().and_then(Result::ok);
        match self.lock().get(key).and_then(|known| known.refused_by.clone()) {
            Some(refused_by) => {
                Err(Error::NotTried { server: server.to_owned(), refused_by, user: user.to_owned() })
            }
            None => Ok(pass),
        }
    }

    /// Remembers the result of a logon.
    pub(crate) fn set_result<T>(&self, key: &str, server: &str, result: &Result<T, Error>) {
        let mut logins = self.lock();
        let Some(known) = logins.get_mut(key) else { return };
        match result {
            Ok(_) => known.accepted = Some(Instant::now()),
            Err(error) if is_login_refused(error) => {
                known.refused_by.get_or_insert_with(|| server.to_owned());
            }
            Err(_) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(known) = self.gate.lock().get_mut(&self.key) {
            known.waiting = known.waiting.saturating_sub(1);
        }
    }
}

impl Known {
    fn new() -> Self {
        Self { refused_by: None, accepted: None, waiting: 0, turn: Arc::new(Semaphore::new(1)) }
    }
}

/// Whether a server judged the login and refused it, so that another attempt could lock the account.
pub(crate) fn is_login_refused(error: &Error) -> bool {
    match error {
        Error::Server(ServerError::Logon { status, .. }) => !is_servers_trouble(*status),
        Error::Server(ServerError::Kerberos { cause, .. }) => cause.is_judgement(),
        Error::Server(ServerError::Guest { .. } | ServerError::TicketRefused { .. }) => true,
        Error::NotTried { .. } => true,
        _ => false,
    }
}

/// Whether the server could not judge the login.
fn is_servers_trouble(status: NtStatus) -> bool {
    [
        NtStatus::NO_LOGON_SERVERS,
        NtStatus::INSUFFICIENT_RESOURCES,
        NtStatus::REQUEST_NOT_ACCEPTED,
        NtStatus::IO_TIMEOUT,
        NtStatus::NETLOGON_NOT_STARTED,
    ]
    .contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: NtStatus) -> Result<(), Error> {
        Err(ServerError::Logon { server: "fs1".to_owned(), user: r"LAB\adm1".to_owned(), status }.into())
    }

    /// A failure here would send a wrong password again, and lock the account.
    #[tokio::test(start_paused = true)]
    async fn a_refused_login_goes_to_no_server_again() {
        let gate = LogonGate::default();
        let pass = gate.pass("adm1", "fs1", "adm1").await.unwrap();
        gate.set_result("adm1", "fs1", &refused(NtStatus::LOGON_FAILURE));
        drop(pass);
        let error = gate.pass("adm1", "fs2", "adm1").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "fs2 was not tried: fs1 has refused the same login of adm1",
            "{error:?}"
        );
        assert!(gate.pass("other", "fs2", "other").await.is_ok(), "another login is not affected");
    }

    /// A failure here would send a mistyped password to twenty servers at once, because the first one is slow.
    #[tokio::test(start_paused = true)]
    async fn an_unknown_login_goes_to_one_server_after_the_other() {
        let gate = LogonGate::default();
        let began = Instant::now();
        let _slow = gate.pass("adm1", "fs1", "adm1").await.unwrap();
        let _second = gate.pass("adm1", "fs2", "adm1").await.unwrap();
        let _third = gate.pass("adm1", "fs3", "adm1").await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(3), "1 s for the second, 2 s for the third");
        gate.set_result("adm1", "fs1", &Ok(()));
        let began = Instant::now();
        let _fourth = gate.pass("adm1", "fs4", "adm1").await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(10), "an accepted login does not wait");
    }

    /// A failure here would give up on a server whose domain controller was away for a minute.
    #[test]
    fn a_server_that_cannot_judge_the_login_is_tried_again() {
        for (status, expected) in [
            (NtStatus::LOGON_FAILURE, true),
            (NtStatus::ACCOUNT_LOCKED_OUT, true),
            (NtStatus::ACCOUNT_DISABLED, true),
            (NtStatus::NO_LOGON_SERVERS, false),
            (NtStatus::INSUFFICIENT_RESOURCES, false),
        ] {
            assert_eq!(is_login_refused(&refused(status).unwrap_err()), expected, "{status}");
        }
    }
}
