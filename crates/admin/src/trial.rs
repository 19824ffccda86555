//! [`Trial`] sends a typed password to one server before it sends it to the others: if twenty servers of a domain
//! refuse a mistyped password at once, they lock the account.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use netsession::NtStatus;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::Error;

/// How long each further server waits for the result of the servers before it. A server that is down delays the next
/// one by no more than this.
const TURN_WAIT: Duration = Duration::from_secs(1);

/// One login, and the result of the first server that it went to.
#[derive(Debug)]
pub(crate) struct Trial {
    result: watch::Sender<Option<TrialResult>>,
    turns: AtomicU32,
}

#[derive(Debug, Clone)]
enum TrialResult {
    Accepted,
    /// Refused by the server of this name.
    Refused(String),
}

/// What a connection shows about the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LogonResult {
    Accepted,
    Refused,
    Unknown,
}

impl Default for Trial {
    fn default() -> Self {
        Self { result: watch::Sender::new(None), turns: AtomicU32::new(0) }
    }
}

impl Trial {
    /// Connects to `server` as `user` when its turn has come.
    ///
    /// # Errors
    /// Those of `connect`; [`Error::NotTried`] if another server has refused the login.
    pub(crate) async fn connect<T>(
        &self,
        server: &str,
        user: &str,
        connect: impl Future<Output = Result<T, netsession::Error>>,
    ) -> Result<T, Error> {
        let tried = self.run(server, connect, logon_result).await;
        match tried {
            Ok(result) => Ok(result?),
            Err(refused_by) => {
                Err(Error::NotTried { server: server.to_owned(), refused_by, user: user.to_owned() })
            }
        }
    }

    /// Returns the result of `connect`, or the name of the server that has refused the login.
    async fn run<R>(
        &self,
        server: &str,
        connect: impl Future<Output = R>,
        logon_result: impl Fn(&R) -> LogonResult,
    ) -> Result<R, String> {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let mut trial_result = self.result.subscribe();
        let known = timeout(TURN_WAIT.saturating_mul(turn), trial_result.wait_for(Option::is_some)).await;
        if let Ok(Ok(known)) = known
            && let Some(TrialResult::Refused(by)) = known.clone()
        {
            return Err(by);
        }
        let result = connect.await;
        match logon_result(&result) {
            LogonResult::Accepted => self.set_result(TrialResult::Accepted),
            LogonResult::Refused => self.set_result(TrialResult::Refused(server.to_owned())),
            LogonResult::Unknown => {}
        }
        Ok(result)
    }

    /// Keeps the first result. A later refusal by a server that has another password stops no other server.
    fn set_result(&self, result: TrialResult) {
        self.result.send_if_modified(|current| {
            let is_first = current.is_none();
            if is_first {
                *current = Some(result);
            }
            is_first
        });
    }
}

fn logon_result<T>(result: &Result<T, netsession::Error>) -> LogonResult {
    match result {
        Ok(_) => LogonResult::Accepted,
        Err(netsession::Error::Logon { status, .. }) if counts_against_the_account(*status) => {
            LogonResult::Refused
        }
        Err(netsession::Error::Kerberos { cause, .. }) if cause.counts_towards_lockout() => {
            LogonResult::Refused
        }
        Err(_) => LogonResult::Unknown,
    }
}

fn counts_against_the_account(status: NtStatus) -> bool {
    [NtStatus::LOGON_FAILURE, NtStatus::WRONG_PASSWORD, NtStatus::ACCOUNT_LOCKED_OUT].contains(&status)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::{Limits, ask_many};

    /// The answer of a server: its delay in milliseconds, and its result.
    type Answer = (u64, LogonResult);

    const ACCEPTED: Answer = (50, LogonResult::Accepted);
    const REFUSED: Answer = (50, LogonResult::Refused);
    const SILENT: Answer = (5_000, LogonResult::Unknown);

    /// Connects to twenty servers. Returns how many got the login, how many accepted it, and how long that took.
    async fn try_twenty(answer: impl Fn(usize) -> Answer) -> (usize, usize, Duration) {
        let (trial, asked, began) = (Trial::default(), AtomicUsize::new(0), Instant::now());
        let answers = ask_many((0..20).map(|server| (server, server)), Limits::default(), async |server| {
            let connect = async {
                asked.fetch_add(1, Ordering::Relaxed);
                let (millis, result) = answer(server);
                sleep(Duration::from_millis(millis)).await;
                result
            };
            trial.run(&server.to_string(), connect, |result| *result).await
        });
        let answers = answers.in_order().await;
        let accepted = answers.into_iter().filter_map(|answer| answer.outcome.answered());
        let accepted = accepted.filter(|result| *result == Ok(LogonResult::Accepted)).count();
        (asked.load(Ordering::Relaxed), accepted, began.elapsed())
    }

    /// A failure here would send one mistyped password to twenty servers, which lock the account during an incident.
    #[tokio::test(start_paused = true)]
    async fn a_refused_login_is_tried_once() {
        let (asked, accepted, _) = try_twenty(|_| REFUSED).await;
        assert_eq!((asked, accepted), (1, 0));
    }

    /// A failure here would make servers wait for each other although the password is right, or the first one is down.
    #[tokio::test(start_paused = true)]
    async fn a_good_login_takes_one_logon_longer_and_a_dead_server_one_second() {
        let (asked, accepted, took) = try_twenty(|_| ACCEPTED).await;
        assert_eq!((asked, accepted, took.as_millis()), (20, 20, 100));
        let dead_first = |server| if server == 0 { SILENT } else { ACCEPTED };
        let (asked, accepted, took) = try_twenty(dead_first).await;
        assert_eq!((asked, accepted, took.as_millis()), (20, 19, 5_000));
        let wrong_too = |server| if server == 0 { SILENT } else { REFUSED };
        assert_eq!(try_twenty(wrong_too).await.0, 2);
    }

    /// A failure here would let one server that has another password for the user stop the logon at all other servers.
    #[tokio::test(start_paused = true)]
    async fn a_refusal_after_an_acceptance_stops_no_server() {
        let second_refuses = |server| if server == 1 { REFUSED } else { ACCEPTED };
        assert_eq!(try_twenty(second_refuses).await.1, 19);
    }

    /// A failure here would count an account that is merely disabled as a wrong password, or miss one that is locked.
    #[test]
    fn only_wrong_passwords_count_against_the_account() {
        for (status, counts) in [
            (NtStatus::LOGON_FAILURE, true),
            (NtStatus::WRONG_PASSWORD, true),
            (NtStatus::ACCOUNT_LOCKED_OUT, true),
            (NtStatus::ACCOUNT_DISABLED, false),
            (NtStatus::ACCESS_DENIED, false),
        ] {
            assert_eq!(counts_against_the_account(status), counts, "{status}");
        }
    }
}
