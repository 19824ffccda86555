//! [`carry_out`] sends each pair of client and user once, or each id, then lists until the sessions are gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::plan::Refreshed;
use super::unit::Unit;
use super::verify::{self, Requests, Sent, Timing, Verification};
use super::{Decision, EndReport, Outcome, Unsent};
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::{session_del, session_enum};
use crate::{Error, Session};

/// If the decision is older, netsession lists again before it sends anything, because some sessions may be gone. If the
/// decision comes from an earlier connection, netsession always lists again, because the new connection's own session
/// may be one that the decision ends.
const MAX_LISTING_AGE: Duration = Duration::from_secs(1);
/// After this many requests without an answer, netsession sends no more.
const MAX_UNANSWERED: usize = 2;
/// The pause before the second verifying listing. It doubles each time, up to [`MAX_INTERVAL`].
const FIRST_INTERVAL: Duration = Duration::from_millis(20);
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// Ends the sessions of the decision, and verifies that they are gone.
pub(crate) async fn carry_out<C: Connector>(link: &mut Link<C>, mut decision: Decision) -> EndReport {
    if decision.preview.to_end.is_empty() {
        return verify::nothing_to_send(&decision).with_left_out(&link.facts().server);
    }
    let mut refreshed = Refreshed::default();
    // A request for a pair ends what the selector may not select, so it follows a listing at once.
    let is_at_once = decision.unit == Unit::Pair && decision.judges_single_sessions();
    if is_at_once || decision.listed_at.elapsed() > MAX_LISTING_AGE || link.is_newer_than(decision.listed_at)
    {
        let asked_at = Instant::now();
        match list_again(link, &decision).await {
            Ok(listed) => refreshed = decision.refresh(listed, asked_at),
            Err(error) => return verify::not_sent(&decision, error),
        }
    }
    let began = Instant::now();
    let (requests, stopped) = send(link, &decision).await;
    let other = refreshed.other.and_then(|(was, is)| other_session(link, &was, &is));
    let stopped = stopped.or(other);
    let mut report = match stopped {
        Some(error) if requests.sent.is_empty() && decision.gone.is_empty() => {
            verify::not_sent(&decision, error)
        }
        stopped => verify_by_listing(link, decision, requests, began, stopped).await,
    };
    report.remaining.extend(refreshed.held.into_iter().map(|(session, why)| Outcome::not_sent(session, why)));
    report.with_left_out(&link.facts().server)
}

/// Returns the error about an id that belongs to another session than the planned one by now.
fn other_session<C: Connector>(link: &Link<C>, was: &Session, is: &Session) -> Option<Error> {
    let server = link.facts().server.clone();
    let [was, other] = [(was, is), (is, was)].map(|(one, other)| described_beside(one, other));
    Some(Error::OtherSession { server, id: is.id?, was, is: other })
}

/// Describes a session by its user, client and age, and by its transport if `other` has another one.
fn described_beside(session: &Session, other: &Session) -> String {
    let age = session.connected.map(|age| format!(", connected for {} s", age.as_secs())).unwrap_or_default();
    let transport = session.transport.as_ref().filter(|_| session.transport != other.transport);
    let transport = transport.map(|transport| format!(", over {transport}")).unwrap_or_default();
    format!("{} from {}{age}{transport}", session.user, session.client)
}

/// Lists the sessions for a decision again.
async fn list_again<C: Connector>(link: &mut Link<C>, decision: &Decision) -> Result<Vec<Session>, Error> {
    let listed = session_enum::sessions(link).await?;
    let untold = |what| Error::NotReported { server: link.facts().server.clone(), what };
    decision.check(&listed).map_err(untold)?;
    Ok(listed)
}

/// Sends one request for each pair of client and user, or for each id. Also returns why netsession could not send some requests.
///
/// After each reconnection it lists the sessions, and sends no request that may end the new connection's own session, or
/// another one under a planned id. Sending many requests takes long, and meanwhile sessions come and are used again: if the
/// selector judges single sessions, each request follows a listing that is not much older than a second.
async fn send<C: Connector>(link: &mut Link<C>, decision: &Decision) -> (Requests, Option<Error>) {
    let mut requests = Requests::default();
    let mut unanswered = 0;
    let mut listed_at = decision.listed_at;
    // A slow listing stays valid for as long as it took, so that listing takes at most half of the time.
    let mut max_age = MAX_LISTING_AGE;
    let mut newest: Option<(Vec<Session>, Instant)> = None;
    // An observer that refuses one request may agree to the next.
    let mut refused = None;
    let unit = decision.unit;
    for session in &decision.preview.to_end {
        // A decision has no session without both names. If it had one, netsession would not send it.
        let Ok(request) = unit.request(session) else { continue };
        if requests.sent.iter().any(|earlier| unit.has_both(&earlier.session, session)) {
            continue;
        }
        if must_list_again(link, decision, listed_at, max_age) {
            let asked_at = Instant::now();
            match list_again(link, decision).await {
                Ok(listed) => newest = Some((listed, asked_at)),
                Err(error) => return (requests, Some(error)),
            }
            (listed_at, max_age) = (Instant::now(), MAX_LISTING_AGE.max(asked_at.elapsed()));
        }
        if let Some((listed, asked_at)) = &newest {
            if let Some(is) = decision.other_in(session, listed, *asked_at) {
                refused = refused.or_else(|| other_session(link, session, is));
                requests.held.push((session.clone(), Unsent::OtherSession));
                continue;
            }
            if let Some(why) = decision.why_not_now(session, listed) {
                requests.held.push((session.clone(), why));
                continue;
            }
        }
        let answer = session_del::send(link, &request).await;
        match answer {
            Err(error @ Error::Vetoed { .. }) => {
                refused.get_or_insert(error);
            }
            Err(error) if !error.is_unknown() => return (requests, Some(error)),
            // Another listing shows whether the server carried the request out. netsession never sends it again, and
            // sends the next one over a new connection.
            answer => {
                unanswered += usize::from(matches!(answer, Err(Error::Unknown { .. })));
                let is_forged = matches!(answer, Err(Error::Tampered { .. }));
                requests.sent.push(Sent { session: session.clone(), answer });
                if is_forged || unanswered >= MAX_UNANSWERED {
                    break;
                }
            }
        }
    }
    (requests, refused)
}

/// Whether the next request needs a newer listing than that of `listed_at`.
fn must_list_again<C: Connector>(
    link: &Link<C>,
    decision: &Decision,
    listed_at: Instant,
    max_age: Duration,
) -> bool {
    let is_own_at_risk = decision.unit == Unit::Single || !decision.options.include_self;
    link.is_newer_than(listed_at) && is_own_at_risk
        || decision.judges_single_sessions() && listed_at.elapsed() > max_age
}

/// Lists until every session with a request is gone, the time limit has passed, or no further listing can change the
/// report.
async fn verify_by_listing<C: Connector>(
    link: &mut Link<C>,
    decision: Decision,
    requests: Requests,
    began: Instant,
    stopped: Option<Error>,
) -> EndReport {
    let deadline = Instant::now() + decision.options.verify_timeout;
    let mut interval = FIRST_INTERVAL;
    loop {
        let now = match list_again(link, &decision).await {
            Ok(now) => now,
            Err(error) => return verify::not_verified(&decision, requests, stopped.unwrap_or(error)),
        };
        let listed_at = Instant::now();
        let timing = Timing {
            since_listing: listed_at.saturating_duration_since(decision.listed_at),
            since_sending: listed_at.saturating_duration_since(began),
            has_new_own_session: link.facts().since >= began,
        };
        let verification = Verification::new(&decision, &now, timing);
        if verification.is_settled(&requests.sent) || listed_at >= deadline {
            return verification.report(requests, stopped);
        }
        sleep(interval.min(deadline.saturating_duration_since(listed_at))).await;
        interval = interval.saturating_mul(2).min(MAX_INTERVAL);
    }
}
