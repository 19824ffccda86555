//! Finding out, from what is listed afterwards, what became of the sessions of a plan. Nothing is asked here.

use std::time::Duration;

use super::{EndPlan, EndReport, Outcome};
use crate::{Error, Own, Session, Win32Error};

/// How far a server's whole seconds can be off: one for their fraction, one for rounding.
const GRANULARITY: Duration = Duration::from_secs(2);

/// How long a server takes to take down everything on a connection.
const FATE: Duration = Duration::from_millis(100);

/// A pair of client and user that was sent, and what came of it.
#[derive(Debug)]
pub(super) struct Sent {
    /// The first session of that pair.
    pub(super) session: Session,
    /// The server's answer, or why there is none.
    pub(super) answer: Result<Win32Error, Error>,
}

/// Whether looking again can tell more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Something that the server agreed to end is still there, or may be.
    Wait,
    /// No.
    Settled,
}

/// What is seen when looking again.
pub(super) struct Look<'a> {
    /// What was to be ended, and was listed before.
    pub(super) plan: &'a EndPlan,
    /// What is listed now.
    pub(super) now: &'a [Session],
    /// Time since the plan's listing.
    pub(super) since_listing: Duration,
    /// Time since before the first call.
    pub(super) since_call: Duration,
    /// Whether the own session began after the first call, since the connection had to be made again.
    pub(super) own_is_new: bool,
}

/// What became of the sessions of one pair.
struct Pair<'a> {
    /// Still there, or perhaps.
    remaining: Vec<&'a Session>,
    /// Gone, and come again.
    returned: Vec<&'a Session>,
    /// Gone.
    ended: Vec<&'a Session>,
}

impl<'a> Look<'a> {
    /// Whether anything is open.
    pub(super) fn judge(&self, sent: &[Sent]) -> Verdict {
        let open = sent.iter().any(|sent| {
            let refused = matches!(sent.answer, Ok(code) if !code.is_success());
            !refused && !self.pair(&sent.session).remaining.is_empty()
        });
        if open || self.is_fate_open() { Verdict::Wait } else { Verdict::Settled }
    }

    /// Whether a session that may go along with what was ended may only be about to.
    fn is_fate_open(&self) -> bool {
        let is_there = |session: &Session| self.now.iter().any(|other| other.is_same_pair(session));
        self.since_call < FATE && self.plan.goes_along.iter().any(is_there)
    }

    fn pair(&self, pair: &Session) -> Pair<'a> {
        let before: Vec<_> = self.plan.to_end.iter().filter(|session| session.is_same_pair(pair)).collect();
        let mut same: Vec<_> = self.now.iter().filter(|session| session.is_same_pair(pair)).collect();
        if self.own_is_new {
            // The connection that looks again is not somebody who came back.
            let own = (0_usize..).zip(&same).filter(|(_, session)| session.own == Own::Yes);
            let youngest = own.min_by_key(|(_, session)| session.connected).map(|(index, _)| index);
            youngest.map(|index| same.swap_remove(index));
        }
        let (mut returned, mut remaining): (Vec<_>, Vec<_>) =
            same.into_iter().partition(|session| self.is_new(session));
        remaining.truncate(before.len());
        let gone = before.len().saturating_sub(remaining.len());
        returned.truncate(gone);
        let ended = before.into_iter().take(gone.saturating_sub(returned.len())).collect();
        Pair { remaining, returned, ended }
    }

    /// Whether a session that is listed now surely is none of those that were listed before, nor any that was there
    /// when the call was sent: it is too young.
    fn is_new(&self, session: &Session) -> bool {
        let is_younger_than = |age: Duration| {
            session.connected.is_some_and(|connected| connected.saturating_add(GRANULARITY) <= age)
        };
        let mut before = self.plan.listed.iter().filter(|before| before.is_same_pair(session)).peekable();
        let is_none_of_them = before.peek().is_some()
            && before.all(|before| {
                before.connected.is_some_and(|then| is_younger_than(then.saturating_add(self.since_listing)))
            });
        is_younger_than(self.since_call) || is_none_of_them
    }

    /// What is reported in the end.
    pub(super) fn report(&self, sent: Vec<Sent>, stopped: Option<Error>) -> EndReport {
        let mut report = EndReport { also_ended: self.also_ended(), ..EndReport::empty() };
        let mut failure = None;
        let mut is_unknown = false;
        let mut lost = None;
        for sent in sent {
            let pair = self.pair(&sent.session);
            let is_gone = pair.remaining.is_empty();
            let status = status(&sent.answer, is_gone);
            match status {
                None => is_unknown = true,
                Some(code) if !code.is_success() && !is_gone => {
                    failure.get_or_insert(code);
                }
                Some(_) => {}
            }
            if let (Err(error), None) = (sent.answer, status) {
                lost.get_or_insert(error);
            }
            let outcome = |session: &Session| Outcome { session: session.clone(), status };
            report.ended.extend(pair.ended.into_iter().map(outcome));
            report.returned.extend(pair.returned.into_iter().map(outcome));
            report.remaining.extend(pair.remaining.into_iter().map(outcome));
        }
        let unsent = unsent(self.plan, &report);
        report.remaining.extend(unsent.into_iter().chain(self.half_done()).map(Outcome::not_sent));
        // What may still be carried out matters more than why no more was sent.
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

    /// Logons that were half done and are still.
    fn half_done(&self) -> Vec<Session> {
        let mut left: Vec<_> = self.now.iter().collect();
        let before = self.plan.not_logged_in.iter();
        before.filter(|session| take_same_pair(&mut left, session)).cloned().collect()
    }

    /// What went though it was not meant: sessions from a client of which something was ended.
    fn also_ended(&self) -> Vec<Outcome> {
        let to_end = &self.plan.to_end;
        let others = self.plan.listed.iter().filter(|session| {
            session.is_logged_on()
                && session.own == Own::No
                && !to_end.iter().any(|ended| ended.is_same_pair(session))
                && to_end.iter().any(|ended| ended.is_same_client(session))
        });
        let mut old: Vec<_> = self.now.iter().filter(|session| !self.is_new(session)).collect();
        others.filter(|session| !take_same_pair(&mut old, session)).cloned().map(Outcome::not_sent).collect()
    }
}

/// Takes one session of the same pair out of `list`, if there is one.
fn take_same_pair(list: &mut Vec<&Session>, session: &Session) -> bool {
    let found = list.iter().position(|other| other.is_same_pair(session));
    found.map(|found| list.swap_remove(found)).is_some()
}

/// What can be said of a call after listing again.
///
/// Samba denies what it does not find, so "denied" for what is gone means that it was gone already. Where the
/// connection broke and the session is gone, the call was carried out; where an answer did not come in time, it may
/// yet be.
fn status(answer: &Result<Win32Error, Error>, is_gone: bool) -> Option<Win32Error> {
    match answer {
        Ok(Win32Error::ERROR_ACCESS_DENIED) if is_gone => Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
        Ok(code) => Some(*code),
        Err(Error::Disconnected { .. }) if is_gone => Some(Win32Error::NERR_SUCCESS),
        Err(_) => None,
    }
}

/// Sessions of the plan that were never sent, since the sending was stopped.
fn unsent(plan: &EndPlan, report: &EndReport) -> Vec<Session> {
    let told = [&report.ended, &report.returned, &report.remaining];
    let is_told = |session: &Session| {
        told.iter().any(|outcomes| outcomes.iter().any(|outcome| outcome.session.is_same_pair(session)))
    };
    plan.to_end.iter().filter(|session| !is_told(session)).cloned().collect()
}

/// The report of a plan that ends nothing.
pub(super) fn nothing_sent(plan: EndPlan) -> EndReport {
    EndReport {
        status: Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND),
        remaining: plan.not_logged_in.into_iter().map(Outcome::not_sent).collect(),
        ..EndReport::empty()
    }
}

/// The report of a plan of which nothing could be sent.
pub(super) fn not_sent(plan: EndPlan, error: Error) -> EndReport {
    EndReport {
        status: Some(error.win32()),
        remaining: plan.to_end.into_iter().chain(plan.not_logged_in).map(Outcome::not_sent).collect(),
        error: Some(error),
        ..EndReport::empty()
    }
}

/// The report where it could not be seen what became of anything: all of it may still be there. That a call got no answer
/// matters more than why nobody could look.
pub(super) fn not_seen(plan: EndPlan, sent: Vec<Sent>, error: Error) -> EndReport {
    let answer = |session: &Session| {
        let sent = sent.iter().find(|sent| sent.session.is_same_pair(session))?;
        sent.answer.as_ref().ok().copied()
    };
    let failure = sent.iter().filter_map(|sent| sent.answer.as_ref().ok()).find(|code| !code.is_success());
    let all_answered = sent.iter().all(|sent| sent.answer.is_ok());
    let status = failure.copied().or(all_answered.then_some(Win32Error::NERR_SUCCESS));
    let sessions = plan.to_end.into_iter().chain(plan.not_logged_in);
    let remaining = sessions.map(|session| Outcome { status: answer(&session), session }).collect();
    let lost = sent.into_iter().find_map(|sent| sent.answer.err());
    EndReport { status, remaining, error: Some(lost.unwrap_or(error)), ..EndReport::empty() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::*;

    fn session((client, user, connected): (u8, u8, Option<u64>)) -> Session {
        let mut session = Session::new(&format!("10.0.0.{client}"), &format!("user{user}"));
        session.connected = connected.map(Duration::from_secs);
        session
    }

    fn sessions(most: usize) -> impl Strategy<Value = Vec<Session>> {
        let row = (0..3_u8, 0..3_u8, proptest::option::of(0..100_u64));
        proptest::collection::vec(row.prop_map(session), 0..most)
    }

    fn plan(listed: Vec<Session>, chosen: u8) -> EndPlan {
        let (to_end, _): (Vec<_>, Vec<_>) = listed
            .iter()
            .cloned()
            .partition(|session| session.user.ends_with(|c| c <= char::from(b'0' + chosen)));
        EndPlan {
            to_end,
            spared: Vec::new(),
            not_logged_in: Vec::new(),
            goes_along: Vec::new(),
            near: Vec::new(),
            listed,
            listed_at: Instant::now(),
        }
    }

    fn count(outcomes: &[Outcome], pair: &Session) -> usize {
        outcomes.iter().filter(|outcome| outcome.session.is_same_pair(pair)).count()
    }

    proptest! {
        /// If this fails, a session is reported twice or not at all, is called ended while it is listed, or comes up
        /// though nobody listed it before.
        #[test]
        fn every_planned_session_is_reported_once(
            listed in sessions(8), now in sessions(8), chosen in 0..3_u8, seconds in 0..30_u64, answered: bool,
        ) {
            let plan = plan(listed, chosen);
            let since = Duration::from_secs(seconds);
            let look =
                Look { plan: &plan, now: &now, since_listing: since, since_call: since, own_is_new: false };
            let mut sent: Vec<Sent> = Vec::new();
            for session in &plan.to_end {
                if !sent.iter().any(|sent| sent.session.is_same_pair(session)) {
                    sent.push(Sent { session: session.clone(), answer: Ok(Win32Error(if answered { 0 } else { 5 })) });
                }
            }
            let report = look.report(sent, None);
            for session in &plan.to_end {
                let before = plan.to_end.iter().filter(|other| other.is_same_pair(session)).count();
                let (ended, returned, remaining) = (
                    count(&report.ended, session),
                    count(&report.returned, session),
                    count(&report.remaining, session),
                );
                prop_assert_eq!(ended + returned + remaining, before);
                let there = now.iter().filter(|other| other.is_same_pair(session)).count();
                prop_assert!(returned + remaining <= there);
                prop_assert!(ended == 0 || there < before);
                prop_assert_eq!(count(&report.also_ended, session), 0);
            }
            let is_done = report.remaining.is_empty() || answered;
            prop_assert_eq!(report.status == Some(Win32Error::NERR_SUCCESS), is_done);
        }
    }

    /// If this fails, an old session is taken for a new one, and called ended while it lives.
    #[test]
    fn a_session_is_new_only_when_it_cannot_be_old() {
        let plan = plan(vec![session((5, 0, Some(60)))], 0);
        for (connected, since, expected) in [
            (Some(60), 0, false),
            (Some(61), 1, false),
            (Some(59), 0, false),
            (Some(1), 0, true),
            (Some(0), 1, true),
            (Some(64), 5, false),
            (None, 5, false),
        ] {
            let now = [session((5, 0, connected))];
            let since = Duration::from_secs(since);
            let look =
                Look { plan: &plan, now: &now, since_listing: since, since_call: since, own_is_new: false };
            assert_eq!(look.is_new(&now[0]), expected, "{connected:?} after {since:?}");
        }
    }
}
