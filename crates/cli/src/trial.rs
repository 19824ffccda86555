//! A password that was typed can be mistyped, and where twenty servers of a domain refuse it at once, they lock the
//! account out. So one of them is asked first.

use std::cell::Cell;
use std::time::Duration;

use netsession::{Error, NtStatus};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long each server more waits for the first ones' verdict: one that is down must not hold up all others.
const PATIENCE: Duration = Duration::from_secs(1);

/// One login, tried at one server before it is used at the others.
pub(crate) struct Trial {
    verdict: watch::Sender<Option<Verdict>>,
    turns: Cell<u32>,
}

#[derive(Clone)]
enum Verdict {
    Accepted,
    /// By the server of this name.
    Refused(String),
}

impl Trial {
    pub(crate) fn new() -> Trial {
        Trial { verdict: watch::Sender::new(None), turns: Cell::new(0) }
    }

    /// Connects to `server` as `user` when its turn has come, unless another server has refused the login by then.
    pub(crate) async fn connect<T>(
        &self,
        server: &str,
        user: &str,
        connect: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let turn = self.turns.replace(self.turns.get().saturating_add(1));
        let mut verdict = self.verdict.subscribe();
        let known = timeout(PATIENCE.saturating_mul(turn), verdict.wait_for(Option::is_some)).await;
        if let Ok(Ok(known)) = known
            && let Some(Verdict::Refused(by)) = known.clone()
        {
            return Err(Error::NotTried { server: server.to_owned(), refused_by: by, user: user.to_owned() });
        }
        let result = connect.await;
        let told = match &result {
            Ok(_) => Some(Verdict::Accepted),
            Err(Error::Logon { status, .. }) if counts_against_the_account(*status) => {
                Some(Verdict::Refused(server.to_owned()))
            }
            Err(_) => None,
        };
        if told.is_some() {
            // The first one's word counts: a second server that knows another password stops nobody.
            self.verdict.send_if_modified(|verdict| {
                let is_first = verdict.is_none();
                if is_first {
                    *verdict = told;
                }
                is_first
            });
        }
        result
    }
}

fn counts_against_the_account(status: NtStatus) -> bool {
    [NtStatus::LOGON_FAILURE, NtStatus::WRONG_PASSWORD, NtStatus::ACCOUNT_LOCKED_OUT].contains(&status)
}

#[cfg(test)]
mod tests {
    use super::Trial;
    use netsession::{Error, NtStatus};
    use std::cell::Cell;
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    fn refusal(server: usize) -> Error {
        Error::Logon {
            server: server.to_string(),
            user: "LAB\\adm1".to_owned(),
            status: NtStatus::LOGON_FAILURE,
        }
    }

    fn silence(server: usize) -> Error {
        let (server, after) = (server.to_string(), Duration::from_secs(5));
        Error::TimedOut { server, step: netsession::Step::Connect, after }
    }

    /// How many of twenty servers were asked, how many let the user in, and how long that took; a server answers after
    /// the time, and as the function says of its place.
    async fn twenty(answer: impl Fn(usize) -> (u64, Result<(), Error>)) -> (usize, usize, Duration) {
        let (trial, asked, began) = (Trial::new(), Cell::new(0), Instant::now());
        let results = netsession::side_by_side(0..20, 20, async |server| {
            let connect = async {
                asked.set(asked.get() + 1);
                let (millis, result) = answer(server);
                sleep(Duration::from_millis(millis)).await;
                result
            };
            trial.connect(&server.to_string(), "LAB\\adm1", connect).await
        });
        let let_in = results.await.iter().filter(|result| result.is_ok()).count();
        (asked.get(), let_in, began.elapsed())
    }

    /// If this fails, one mistyped password is sent to twenty servers, and the account is locked out in the middle of an
    /// incident.
    #[tokio::test(start_paused = true)]
    async fn a_refused_login_is_tried_once() {
        let (asked, let_in, _) = twenty(|server| (50, Err(refusal(server)))).await;
        assert_eq!((asked, let_in), (1, 0));
    }

    /// If this fails, servers wait for each other though the password is right, or the first one is down.
    #[tokio::test(start_paused = true)]
    async fn a_good_login_costs_one_logon_and_a_dead_server_one_second() {
        let (asked, let_in, took) = twenty(|_| (50, Ok(()))).await;
        assert_eq!((asked, let_in, took.as_millis()), (20, 20, 100));
        let dead_first = |server| if server == 0 { (5_000, Err(silence(server))) } else { (50, Ok(())) };
        let (asked, let_in, took) = twenty(dead_first).await;
        assert_eq!((asked, let_in, took.as_millis()), (20, 19, 5_000));
        let wrong_too =
            |server| if server == 0 { (5_000, Err(silence(server))) } else { (50, Err(refusal(server))) };
        assert_eq!(twenty(wrong_too).await.0, 2);
    }

    /// If this fails, one server with a password of its own keeps the user from all the others.
    #[tokio::test(start_paused = true)]
    async fn after_one_that_accepts_a_refusal_stops_nobody() {
        let second_refuses = |server| (50, if server == 1 { Err(refusal(server)) } else { Ok(()) });
        assert_eq!(twenty(second_refuses).await.1, 19);
    }
}
