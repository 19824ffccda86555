//! Carrying a plan out.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::verify::{self, Look, Sent, Verdict};
use super::{EndPlan, EndReport, Outcome};
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::{session_del, session_enum};
use crate::{EndOptions, Error, Session, Win32Error};

/// A plan that is older is looked over again before anything is sent: its connection may be gone by now, and some of
/// its sessions too.
const STALE: Duration = Duration::from_secs(1);
/// So many calls may go unanswered before no more are sent.
const MOST_SILENCES: usize = 2;
/// How often it is looked at what became of the sessions: soon, then less and less often.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LAST_INTERVAL: Duration = Duration::from_secs(1);

/// Ends what the plan says, and finds out what became of it.
pub(crate) async fn end<C: Connector>(
    link: &mut Link<C>,
    mut plan: EndPlan,
    options: &EndOptions,
) -> EndReport {
    if plan.to_end.is_empty() {
        return verify::nothing_sent(plan);
    }
    let (mut gone, mut held) = (Vec::new(), Vec::new());
    if plan.listed_at.elapsed() > STALE {
        match session_enum::sessions(link).await {
            Ok(listed) => (gone, held) = plan.refresh(listed, options.include_self),
            Err(error) => return verify::not_sent(plan, error),
        }
    }
    let began = Instant::now();
    let (sent, stopped) = send(link, &plan.to_end).await;
    let mut report = match stopped {
        Some(error) if sent.is_empty() => verify::not_sent(plan, error),
        stopped => look(link, plan, sent, began, options.verify_timeout, stopped).await,
    };
    let not_found = Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
    report.ended.extend(gone.into_iter().map(|session| Outcome { session, status: not_found }));
    report.remaining.extend(held.into_iter().map(Outcome::not_sent));
    report
}

/// Sends each pair of client and user once, as the server spells it. Also returns why not all could be sent.
async fn send<C: Connector>(link: &mut Link<C>, to_end: &[Session]) -> (Vec<Sent>, Option<Error>) {
    let mut sent: Vec<Sent> = Vec::new();
    let mut silences = 0;
    for session in to_end {
        if sent.iter().any(|earlier| earlier.session.is_same_pair(session)) {
            continue;
        }
        let answer = send_one(link, session).await;
        match answer {
            Err(error) if !error.is_unknown() => return (sent, Some(error)),
            // Whether it was carried out is found by listing again, and it is never sent again. The next goes over a
            // new connection.
            answer => {
                silences += usize::from(matches!(answer, Err(Error::Unknown { .. })));
                let is_forged = matches!(answer, Err(Error::Tampered { .. }));
                sent.push(Sent { session: session.clone(), answer });
                if is_forged || silences >= MOST_SILENCES {
                    break;
                }
            }
        }
    }
    (sent, None)
}

/// Sends the pair. A server that lists clients without `\\` and finds none of that name is asked with `\\`, which
/// [MS-SRVS] 3.1.4.6 requires and which names the same client.
async fn send_one<C: Connector>(link: &mut Link<C>, session: &Session) -> Result<Win32Error, Error> {
    let (client, user) = session.listed();
    match session_del::send(link, Some(client), Some(user)).await? {
        Win32Error::NERR_CLIENT_NAME_NOT_FOUND if !client.starts_with(r"\\") => {
            session_del::send(link, Some(&format!(r"\\{client}")), Some(user)).await
        }
        code => Ok(code),
    }
}

/// Lists until everything that was sent is gone, or the time is over, or nothing more is to be expected.
async fn look<C: Connector>(
    link: &mut Link<C>,
    plan: EndPlan,
    sent: Vec<Sent>,
    began: Instant,
    timeout: Duration,
    stopped: Option<Error>,
) -> EndReport {
    let deadline = Instant::now() + timeout;
    let mut interval = FIRST_LOOK;
    loop {
        let now = match session_enum::sessions(link).await {
            Ok(now) => now,
            Err(error) => return verify::not_seen(plan, sent, stopped.unwrap_or(error)),
        };
        let looked = Instant::now();
        let look = Look {
            plan: &plan,
            now: &now,
            since_listing: looked.saturating_duration_since(plan.listed_at),
            since_call: looked.saturating_duration_since(began),
            own_is_new: link.facts().since >= began,
        };
        if look.judge(&sent) == Verdict::Settled || looked >= deadline {
            return look.report(sent, stopped);
        }
        sleep(interval.min(deadline.saturating_duration_since(looked))).await;
        interval = interval.saturating_mul(2).min(LAST_INTERVAL);
    }
}
