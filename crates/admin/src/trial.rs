//! The trial of a typed password: if twenty servers of a domain refuse a mistyped password at once, they lock the
//! account. So the password goes to one server before it goes to the others.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use netsession::NtStatus;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::Error;

/// How long each further server waits for the verdict of the servers before it: a server that is down delays the next by
/// this much only.
const TURN: Duration = Duration::from_secs(1);

/// One login, tried at one server before it is used at the others.
#[derive(Debug)]
pub(crate) struct Trial {
    verdict: watch::Sender<Option<Verdict>>,
    turns: AtomicU32,
}

#[derive(Debug, Clone)]
enum Verdict {
    Accepted,
    /// Refused by the server of this name.
    Refused(String),
}

/// The verdict of a connection about the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    Accepted,
    Refused,
    Unknown,
}

impl Default for Trial {
    fn default() -> Self {
        Self { verdict: watch::Sender::new(None), turns: AtomicU32::new(0) }
    }
}

impl Trial {
    /// Connects to `server` as `user` when its turn has come.
    ///
    /// # Errors
    /// `connect`'s; [`Error::NotTried`] where another server has refused the login by then.
    pub(crate) async fn connect<T>(
        &self,
        server: &str,
        user: &str,
        connect: impl Future<Output = Result<T, netsession::Error>>,
    ) -> Result<T, Error> {
        let tried = self.run(server, connect, judge).await;
        match tried {
            Ok(result) => Ok(result?),
            Err(refused_by) => {
                Err(Error::NotTried { server: server.to_owned(), refused_by, user: user.to_owned() })
            }
        }
    }

    /// The result of `connect`, or the name of the server that has refused the login before.
    async fn run<R>(
        &self,
        server: &str,
        connect: impl Future<Output = R>,
        judge: impl Fn(&R) -> Judgement,
    ) -> Result<R, String> {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let mut verdict = self.verdict.subscribe();
        let known = timeout(TURN.saturating_mul(turn), verdict.wait_for(Option::is_some)).await;
        if let Ok(Ok(known)) = known
            && let Some(Verdict::Refused(by)) = known.clone()
        {
            return Err(by);
        }
        let result = connect.await;
        match judge(&result) {
            Judgement::Accepted => self.decide(Verdict::Accepted),
            Judgement::Refused => self.decide(Verdict::Refused(server.to_owned())),
            Judgement::Unknown => {}
        }
        Ok(result)
    }

    /// The first verdict counts: a second server that knows another password stops no one.
    fn decide(&self, verdict: Verdict) {
        self.verdict.send_if_modified(|decided| {
            let is_first = decided.is_none();
            if is_first {
                *decided = Some(verdict);
            }
            is_first
        });
    }
}

fn judge<T>(result: &Result<T, netsession::Error>) -> Judgement {
    match result {
        Ok(_) => Judgement::Accepted,
        Err(netsession::Error::Logon { status, .. }) if counts_against_the_account(*status) => {
            Judgement::Refused
        }
        Err(_) => Judgement::Unknown,
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

    /// The answer of a server: after so many milliseconds, with this judgement.
    type Answer = (u64, Judgement);

    const ACCEPTED: Answer = (50, Judgement::Accepted);
    const REFUSED: Answer = (50, Judgement::Refused);
    const SILENT: Answer = (5_000, Judgement::Unknown);

    /// Tries twenty servers. Returns how many got the login, how many accepted it, and how long that took.
    async fn twenty(answer: impl Fn(usize) -> Answer) -> (usize, usize, Duration) {
        let (trial, asked, began) = (Trial::default(), AtomicUsize::new(0), Instant::now());
        let answers = ask_many((0..20).map(|server| (server, server)), Limits::default(), async |server| {
            let connect = async {
                asked.fetch_add(1, Ordering::Relaxed);
                let (millis, judgement) = answer(server);
                sleep(Duration::from_millis(millis)).await;
                judgement
            };
            trial.run(&server.to_string(), connect, |judgement| *judgement).await
        });
        let answers = answers.in_order().await;
        let accepted = answers.into_iter().filter_map(|answer| answer.outcome.answered());
        let accepted = accepted.filter(|result| *result == Ok(Judgement::Accepted)).count();
        (asked.load(Ordering::Relaxed), accepted, began.elapsed())
    }

    /// A failure here would send one mistyped password to twenty servers and lock the account in the middle of an incident.
    #[tokio::test(start_paused = true)]
    async fn a_refused_login_is_tried_once() {
        let (asked, accepted, _) = twenty(|_| REFUSED).await;
        assert_eq!((asked, accepted), (1, 0));
    }

    /// A failure here would make servers wait for each other although the password is right, or the first one is down.
    #[tokio::test(start_paused = true)]
    async fn a_good_login_costs_one_logon_and_a_dead_server_one_second() {
        let (asked, accepted, took) = twenty(|_| ACCEPTED).await;
        assert_eq!((asked, accepted, took.as_millis()), (20, 20, 100));
        let dead_first = |server| if server == 0 { SILENT } else { ACCEPTED };
        let (asked, accepted, took) = twenty(dead_first).await;
        assert_eq!((asked, accepted, took.as_millis()), (20, 19, 5_000));
        let wrong_too = |server| if server == 0 { SILENT } else { REFUSED };
        assert_eq!(twenty(wrong_too).await.0, 2);
    }

    /// A failure here would let one server with a password of its own keep the user from all other servers.
    #[tokio::test(start_paused = true)]
    async fn a_refusal_after_an_acceptance_stops_no_server() {
        let second_refuses = |server| if server == 1 { REFUSED } else { ACCEPTED };
        assert_eq!(twenty(second_refuses).await.1, 19);
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
