//! [`Verification`] compares a decision with a later listing. It does no I/O.

use std::time::Duration;

use super::unit::Unit;
use super::{Decision, EndReport, Outcome, Unsent};
use crate::difference::{Difference, session_difference_after};
use crate::{Error, Own, Session, Win32Error};

/// How long a server takes to end everything on a connection.
const CONNECTION_END_TIME: Duration = Duration::from_millis(100);

/// A pair of client and user, or a single session, for which netsession sent a request, and the result.
#[derive(Debug)]
pub(super) struct Sent {
    /// The first session of the pair.
    pub(super) session: Session,
    /// The server's answer, or why there is none.
    pub(super) answer: Result<Win32Error, Error>,
}

/// What netsession has sent, and what not.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// In the order of the requests.
    pub(super) sent: Vec<Sent>,
    /// The planned sessions that a listing between two requests spared, and why.
    pub(super) held: Vec<(Session, Unsent)>,
}

impl Requests {
    /// Returns the planned sessions without a request, and why.
    fn unsent(&self, decision: &Decision) -> Vec<(Session, Unsent)> {
        let unit = decision.unit;
        let is_sent = |session: &&Session| self.sent.iter().any(|sent| unit.has_both(&sent.session, session));
        let why = |session: &Session| {
            let mut held = self.held.iter().filter(|(held, _)| unit.has_both(held, session));
            held.next().map_or(Unsent::Stopped, |(_, why)| *why)
        };
        let unsent = decision.preview.to_end.iter().filter(|session| !is_sent(session));
        unsent.map(|session| (session.clone(), why(session))).collect()
    }
}

/// When a later listing was taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// Time since the listing of the decision.
    pub(super) since_listing: Duration,
    /// Time since just before the first request.
    pub(super) since_sending: Duration,
    /// Whether this connection began after the first request, because the earlier one broke.
    pub(super) has_new_own_session: bool,
}

/// A decision compared with a later listing.
pub(super) struct Verification<'a> {
    decision: &'a Decision,
    now: &'a [Session],
    timing: Timing,
    difference: Difference<&'a Session>,
}

impl<'a> Verification<'a> {
    /// Compares the listing of the decision with the one of `now`.
    pub(super) fn new(decision: &'a Decision, now: &'a [Session], timing: Timing) -> Self {
        let Timing { since_listing, since_sending, has_new_own_session } = timing;
        // This connection's new session is not a client that returned.
        let is_new_own = |session: &&Session| has_new_own_session && session.own == Own::Yes;
        let others = now.iter().filter(|session| !is_new_own(session));
        let difference = session_difference_after(&decision.listed, others, since_listing, since_sending);
        Self { decision, now, timing, difference }
    }

    /// Whether no later listing can change the report.
    pub(super) fn is_settled(&self, sent: &[Sent]) -> bool {
        let is_open = sent.iter().any(|sent| {
            let is_refused = matches!(sent.answer, Ok(code) if !code.is_success());
            !is_refused && self.difference.kept().any(|row| self.is_of(sent, row.after))
        });
        !is_open && !self.may_others_still_end()
    }

    /// Whether the request concerns the session.
    fn is_of(&self, sent: &Sent, session: &Session) -> bool {
        self.decision.unit.has_both(&sent.session, session)
    }

    /// Whether a session on the same connection as an ended one may be about to end.
    fn may_others_still_end(&self) -> bool {
        let is_there = |session: &Session| self.now.iter().any(|other| other.is_same_pair(session));
        self.timing.since_sending < CONNECTION_END_TIME
            && self.decision.preview.may_also_end.iter().any(is_there)
    }

    /// Makes the report for the user.
    pub(super) fn report(&self, requests: Requests, stopped: Option<Error>) -> EndReport {
        let mut report =
            EndReport { also_ended: self.also_ended(), ..EndReport::empty(self.decision.preview.is_by_id) };
        let unsent = requests.unsent(self.decision);
        let mut failure = None;
        let mut is_unknown = false;
        let mut lost = None;
        for sent in requests.sent {
            let is_gone = !self.difference.kept().any(|row| self.is_of(&sent, row.after));
            let status = status(&sent.answer, is_gone);
            match status {
                None => is_unknown = true,
                Some(code) if !code.is_success() && !is_gone => {
                    failure.get_or_insert(code);
                }
                Some(_) => {}
            }
            let is_of = |session: &&Session| self.is_of(&sent, session);
            let outcome = |session: &Session| Outcome::new(session.clone(), status);
            let gone = self.difference.gone.iter().copied().filter(is_of).map(outcome);
            match status {
                Some(code) if !code.is_success() => report.vanished.extend(gone),
                _ => report.ended.extend(gone),
            }
            // The session that returned has another id.
            let returned = self.difference.returned.iter().filter(|row| is_of(&row.before));
            report.returned.extend(returned.map(|row| Outcome::returned(row.before, row.after, status)));
            let kept = self.difference.kept().map(|row| row.after);
            report.remaining.extend(kept.filter(is_of).map(outcome));
            if let (Err(error), None) = (sent.answer, status) {
                lost.get_or_insert(error);
            }
        }
        self.add_gone(&mut report);
        self.add_unsent(&mut report, unsent);
        report.remaining.extend(self.never_ended());
        // A request that the server may still carry out is more important than why netsession could not send another.
        let error = lost.or(stopped);
        report.status = match (failure, &error) {
            (Some(code), _) => Some(code),
            (None, Some(error)) if !is_unknown && !error.is_unknown() => Some(error.win32()),
            (None, _) if is_unknown => None,
            (None, _) => Some(Win32Error::NERR_SUCCESS),
        };
        report.error = error;
        report
    }

    /// Returns the selected sessions that the decision does not end, and that are still there.
    fn never_ended(&self) -> Vec<Outcome> {
        let mut left: Vec<_> = self.now.iter().collect();
        let outcomes = never_ended(self.decision);
        outcomes.filter(|one| take(self.decision.unit, &mut left, &one.session)).collect()
    }

    /// Adds the planned sessions without a request, which may be gone as well.
    fn add_unsent(&self, report: &mut EndReport, unsent: Vec<(Session, Unsent)>) {
        let mut gone = self.difference.gone.clone();
        let mut returned: Vec<_> = self.difference.returned.iter().collect();
        let status = Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
        for (session, why) in unsent {
            if let Some(place) = gone.iter().position(|gone| **gone == session) {
                gone.swap_remove(place);
                report.vanished.push(Outcome::vanished(session));
            } else if let Some(place) = returned.iter().position(|row| *row.before == session) {
                let row = returned.swap_remove(place);
                report.returned.push(Outcome::returned(row.before, row.after, status));
            } else {
                report.remaining.push(Outcome::not_sent(session, why));
            }
        }
    }

    /// Adds the planned sessions that were gone before netsession could send a request: the client of one has returned if it
    /// opened another session since the plan.
    fn add_gone(&self, report: &mut EndReport) {
        let gone = &self.decision.gone;
        let Some((before, asked_at)) = self.decision.replaced.as_ref().filter(|_| !gone.is_empty()) else {
            return;
        };
        // This connection's own session can be a new one, too.
        let is_other = |session: &&Session| session.own != Own::Yes;
        let before: Vec<Session> = before.iter().filter(is_other).cloned().collect();
        let now = self.now.iter().filter(is_other);
        let elapsed = asked_at.elapsed();
        let difference = session_difference_after(&before, now, elapsed, elapsed);
        let status = Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND);
        let is_gone = |session: &Session| gone.contains(session);
        let returned: Vec<_> = difference.returned.iter().filter(|row| is_gone(row.before)).collect();
        report.returned.extend(returned.iter().map(|row| Outcome::returned(row.before, row.after, status)));
        let mut vanished: Vec<&Session> = gone.iter().collect();
        for row in returned {
            if let Some(place) = vanished.iter().position(|session| *session == row.before) {
                vanished.swap_remove(place);
            }
        }
        report.vanished.extend(vanished.into_iter().cloned().map(Outcome::vanished));
    }

    /// Returns the sessions that ended though nobody selected them: those from a client of which another session ended. A server
    /// that ends single sessions should end none besides.
    fn also_ended(&self) -> Vec<Outcome> {
        let (to_end, unit) = (&self.decision.preview.to_end, self.decision.unit);
        let is_affected = |session: &&Session| {
            session.is_logged_on()
                && session.own == Own::No
                && !to_end.iter().any(|ended| unit.has_both(ended, session))
                && to_end.iter().any(|ended| ended.is_same_client(session))
        };
        let returned = self.difference.returned.iter().map(|row| row.before);
        let over = self.difference.gone.iter().copied().chain(returned);
        over.filter(is_affected)
            .cloned()
            .map(|session| Outcome::not_sent(session, Unsent::NotSelected))
            .collect()
    }
}

/// Removes one session of the same pair, or with the same id, from `list`, and returns whether there was one.
fn take(unit: Unit, list: &mut Vec<&Session>, session: &Session) -> bool {
    let found = list.iter().position(|other| unit.has_both(session, other));
    found.map(|found| list.swap_remove(found)).is_some()
}

/// Returns the status of a request, corrected by another listing.
///
/// Samba answers "denied" if it finds no session, so "denied" for a missing session means that it was not found. If the
/// connection broke and the session is gone, the server carried the request out. If no answer came in time, the server
/// may still carry it out.
fn status(answer: &Result<Win32Error, Error>, is_gone: bool) -> Option<Win32Error> {
    match answer {
        Ok(Win32Error::ERROR_ACCESS_DENIED) if is_gone => Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
        Ok(code) => Some(*code),
        Err(Error::Disconnected { .. }) if is_gone => Some(Win32Error::NERR_SUCCESS),
        Err(_) => None,
    }
}

/// Returns the selected sessions that the decision does not end.
fn never_ended(decision: &Decision) -> impl Iterator<Item = Outcome> {
    let half_done = decision.preview.cannot_end.iter().map(|session| (session, Unsent::Unnameable));
    half_done.chain(decision.preview.left_out()).map(|(session, why)| Outcome::not_sent(session.clone(), why))
}

/// Makes the report of a decision that ends nothing.
pub(super) fn nothing_to_send(decision: &Decision) -> EndReport {
    EndReport {
        status: Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
        remaining: never_ended(decision).collect(),
        ..EndReport::empty(decision.preview.is_by_id)
    }
}

/// Makes the report of a decision if netsession could send no request.
pub(super) fn not_sent(decision: &Decision, error: Error) -> EndReport {
    let stopped = |session: &Session| Outcome::not_sent(session.clone(), Unsent::Stopped);
    EndReport {
        status: Some(error.win32()),
        remaining: decision.preview.to_end.iter().map(stopped).chain(never_ended(decision)).collect(),
        is_verified: false,
        error: Some(error),
        ..EndReport::empty(decision.preview.is_by_id)
    }
}

/// Makes the report if no listing could verify anything: nobody knows whether a session is still there. A request without an
/// answer is more important than why no listing came.
pub(super) fn not_verified(decision: &Decision, requests: Requests, error: Error) -> EndReport {
    let unit = decision.unit;
    let unsent = requests.unsent(decision).into_iter().map(|(session, why)| Outcome::not_sent(session, why));
    let sent = requests.sent;
    let failure = sent.iter().filter_map(|sent| sent.answer.as_ref().ok()).find(|code| !code.is_success());
    let status = failure.copied();
    let outcome = |session: &Session| {
        let sent = sent.iter().find(|sent| unit.has_both(&sent.session, session))?;
        Some(Outcome::new(session.clone(), sent.answer.as_ref().ok().copied()))
    };
    let with_request = decision.preview.to_end.iter().filter_map(outcome);
    let remaining = with_request.chain(unsent).chain(never_ended(decision)).collect();
    let vanished = decision.gone.iter().cloned().map(Outcome::vanished).collect();
    let lost = sent.into_iter().find_map(|sent| sent.answer.err());
    EndReport {
        status,
        vanished,
        remaining,
        is_verified: false,
        error: Some(lost.unwrap_or(error)),
        ..EndReport::empty(decision.preview.is_by_id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::facts;
    use crate::{EndOptions, Selector, SessionId};

    fn session((client, user, connected): (u8, u8, Option<u64>)) -> Session {
        let mut session = Session::new(&format!("10.0.0.{client}"), &format!("user{user}"));
        session.connected = connected.map(Duration::from_secs);
        session
    }

    fn sessions(most: usize) -> impl Strategy<Value = Vec<Session>> {
        let row = (0..3_u8, 0..3_u8, proptest::option::of(0..100_u64));
        proptest::collection::vec(row.prop_map(session), 0..most)
    }

    fn decision(listed: Vec<Session>, chosen: u8) -> Decision {
        let selector = match chosen {
            0 => Selector::User("user0".parse().unwrap()),
            1 => Selector::Client("10.0.0.1".parse().unwrap()),
            _ => Selector::All,
        };
        Decision::make(&selector, &EndOptions::default(), listed, &facts(), false)
    }

    fn timing(seconds: u64) -> Timing {
        let since = Duration::from_secs(seconds);
        Timing { since_listing: since, since_sending: since, has_new_own_session: false }
    }

    fn count(outcomes: &[Outcome], pair: &Session) -> usize {
        outcomes.iter().filter(|outcome| outcome.session.is_same_pair(pair)).count()
    }

    fn sent(decision: &Decision, answer: Win32Error) -> Requests {
        let mut sent: Vec<Sent> = Vec::new();
        for session in &decision.preview.to_end {
            if !sent.iter().any(|sent| sent.session.is_same_pair(session)) {
                sent.push(Sent { session: session.clone(), answer: Ok(answer) });
            }
        }
        Requests { sent, held: Vec::new() }
    }

    /// Sessions with different ids, of three pairs.
    fn with_ids() -> impl Strategy<Value = Vec<Session>> {
        let row = |id: &u64| session((0, u8::try_from(id % 3).unwrap_or_default(), Some(60))).with_id(*id);
        let ids = proptest::sample::subsequence((1..9_u64).collect::<Vec<_>>(), 0..8);
        ids.prop_map(move |ids| ids.iter().map(row).collect())
    }

    proptest! {
        /// A failure here would name another session of the same pair, or call one ended that is still listed.
        #[test]
        fn only_the_session_with_the_id_is_reported(
            listed in with_ids(), now in with_ids(), chosen in 1..9_u64, answer in 0..3_usize,
        ) {
            let id = SessionId::new(chosen);
            let selector = Selector::ids(id).unwrap();
            let is_listed = listed.iter().any(|session| session.id == id);
            let decision = Decision::make(&selector, &EndOptions::default(), listed, &facts(), true);
            prop_assert_eq!(decision.preview.to_end.len(), usize::from(is_listed));
            prop_assert!(decision.preview.may_also_end.is_empty());
            let verification = Verification::new(&decision, &now, timing(0));
            let requests = sent(&decision, Win32Error([0, 5, 2312][answer]));
            let report = verification.report(requests, None);
            let is_left = now.iter().any(|session| session.id == id);
            let lists = [&report.ended, &report.vanished, &report.returned, &report.remaining];
            prop_assert_eq!(lists.iter().map(|list| list.len()).sum::<usize>(), usize::from(is_listed));
            prop_assert_eq!(report.remaining.len(), usize::from(is_listed && is_left));
            let is_other = |outcome: &Outcome| outcome.session.id != id && !now.contains(&outcome.session);
            prop_assert!(report.also_ended.iter().all(is_other));
            let is_old = |outcome: &Outcome| outcome.session.id == id;
            prop_assert!(report.ended.iter().chain(&report.vanished).chain(&report.remaining).all(is_old));
            prop_assert!(report.returned.iter().all(|outcome| outcome.session.id != id));
        }

        /// A failure here would report a session twice or not at all, call one ended that is still listed, or report
        /// one that nobody listed before.
        #[test]
        fn every_planned_session_is_reported_once(
            listed in sessions(8), now in sessions(8), chosen in 0..3_u8, seconds in 0..30_u64, answer in 0..3_usize,
        ) {
            let decision = decision(listed, chosen);
            let verification = Verification::new(&decision, &now, timing(seconds));
            let is_accepted = answer == 0;
            let answers = [0, 5, 2312];
            let requests = sent(&decision, Win32Error(answers[answer]));
            let is_settled = verification.is_settled(&requests.sent);
            let report = verification.report(requests, None);
            for session in &decision.preview.to_end {
                let before = decision.preview.to_end.iter().filter(|other| other.is_same_pair(session)).count();
                let (ended, vanished, returned, remaining) = (
                    count(&report.ended, session),
                    count(&report.vanished, session),
                    count(&report.returned, session),
                    count(&report.remaining, session),
                );
                prop_assert_eq!(ended + vanished + returned + remaining, before);
                prop_assert!(is_accepted || ended == 0);
                let there = now.iter().filter(|other| other.is_same_pair(session)).count();
                prop_assert!(returned + remaining <= there);
                prop_assert!(ended + vanished == 0 || there < before);
                prop_assert_eq!(count(&report.also_ended, session), 0);
            }
            for other in &report.also_ended {
                prop_assert!(decision.listed.contains(&other.session));
            }
            let is_done = report.remaining.is_empty() || is_accepted;
            prop_assert_eq!(report.status == Some(Win32Error::NERR_SUCCESS), is_done);
            // A refusal settles a session at once, and a remaining session that the server agreed to end never does.
            prop_assert_eq!(is_settled, report.remaining.is_empty() || !is_accepted);
        }
    }

    /// A failure here would take the connection that verifies for a client that returned.
    #[test]
    fn the_new_own_session_does_not_count_as_returned() {
        let decision = decision(vec![session((5, 0, Some(60)))], 0);
        let mut own = session((5, 0, Some(0)));
        own.own = Own::Yes;
        let now = [own];
        for (has_new_own_session, ended, returned) in [(true, 1, 0), (false, 0, 1)] {
            let timing = Timing { has_new_own_session, ..timing(5) };
            let report = Verification::new(&decision, &now, timing)
                .report(sent(&decision, Win32Error::NERR_SUCCESS), None);
            assert_eq!((report.ended.len(), report.returned.len()), (ended, returned));
        }
    }
}
