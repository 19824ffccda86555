//! [`Decision`] says which sessions of one listing end. It does no I/O.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;

use super::census::Census;
use super::unit::Unit;
use super::{EndPreview, PlannedFate, SpareReason, Unsent};
use crate::calls::Facts;
use crate::selector::{ids, pair, pairs_not_selected};
use crate::{ClientPattern, EndOptions, Own, Selector, ServerNames, Session, Unreported, own};

/// What a newer listing says about planned sessions that do not end now.
#[derive(Debug, Default)]
pub(super) struct Refreshed {
    /// Those that the decision spares now, and why.
    pub(super) held: Vec<(Session, Unsent)>,
    /// A planned session whose id belongs to another one by now, and that other one.
    pub(super) other: Option<(Session, Session)>,
}

/// A decision about the sessions of one listing, with its options.
///
/// Its fields are private to this module and its siblings, and [`Decision::make`] is the only constructor: no other
/// code can add a session.
#[derive(Debug)]
pub(crate) struct Decision {
    /// The sessions and what will happen to each.
    pub(super) preview: EndPreview,
    /// Everything that the server listed.
    pub(super) listed: Vec<Session>,
    /// Before the request for this listing, and after the answer.
    asked_at: Instant,
    pub(super) listed_at: Instant,
    /// The listing that a newer one has replaced, and before which moment the server made it.
    pub(super) replaced: Option<(Vec<Session>, Instant)>,
    /// The planned sessions that the newer listing lacks.
    pub(super) gone: Vec<Session>,
    /// The options that hold for planning and for ending.
    pub(super) options: EndOptions,
    /// What one request ends.
    pub(super) unit: Unit,
    /// The selector, with the users of its share.
    selector: Selector,
    /// The names of the server, as the selector needs them.
    names: ServerNames,
}

impl Decision {
    /// Decides about the sessions that the server listed over the connection of these facts.
    ///
    /// `ends_whole_connections` says whether this server ends all sessions on a connection together.
    pub(crate) fn make(
        selector: &Selector,
        options: &EndOptions,
        listed: Vec<Session>,
        facts: &Facts,
        ends_whole_connections: bool,
    ) -> Self {
        let unit = Unit::of(selector, &listed);
        let mut preview = EndPreview { is_by_id: unit == Unit::Single, ..EndPreview::default() };
        let own: Vec<_> = listed.iter().filter(|session| session.own != Own::No).collect();
        let own_user = match own.as_slice() {
            [only] if only.own == Own::Yes => Some(only.user.as_str()),
            _ => None,
        };
        let is_protected = |session: &Session| own.iter().any(|own| unit.has_both(own, session));
        let is_own_known = own::is_known(&own, facts, Instant::now());
        let mut census = Census::default();
        let unselected = unselected_pairs((selector, unit), &listed, &facts.names);
        for session in &listed {
            let fate =
                match fate(session, (selector, unit), options, is_protected(session), (facts, own_user)) {
                    Some(PlannedFate::Spare(SpareReason::OwnUser | SpareReason::MayBeOwn))
                        if is_own_known =>
                    {
                        Some(PlannedFate::Spare(SpareReason::OwnSession))
                    }
                    Some(PlannedFate::End) if unselected.contains(&pair(session)) => {
                        Some(PlannedFate::Spare(SpareReason::NotAllSelected))
                    }
                    fate => fate,
                };
            let is_own = fate == Some(PlannedFate::Spare(SpareReason::OwnAccount));
            // A session beside the own one is no other person, even if an id tells them apart.
            let is_beside_own = own.iter().any(|own| own.is_same_pair(session));
            if unit.request(session).is_ok() && !is_beside_own && !is_own {
                census.count(session, fate == Some(PlannedFate::End));
            }
            preview.extend(fate.map(|fate| (session.clone(), fate)));
        }
        own_session_last(&mut preview.to_end);
        preview.is_everybody = selector.is_everybody() || !selector.is_exact() && census.is_everybody();
        if ends_whole_connections && unit == Unit::Pair {
            let may_also_end = listed.iter().filter(|session| may_also_end(session, &preview.to_end));
            preview.may_also_end = may_also_end.cloned().collect();
        }
        let (selector, names, options) = (selector.clone(), facts.names.clone(), options.clone());
        let (now, replaced, gone) = (Instant::now(), None, Vec::new());
        Self {
            preview,
            listed,
            asked_at: now,
            listed_at: now,
            replaced,
            gone,
            options,
            unit,
            selector,
            names,
        }
    }

    /// Sets when the listing was asked for.
    pub(crate) fn asked_at(self, asked_at: Instant) -> Self {
        Self { asked_at, ..self }
    }

    /// Returns the preview, to show before netsession sends anything.
    pub(crate) const fn preview(&self) -> &EndPreview {
        &self.preview
    }

    /// Returns everything that the server listed, and when.
    pub(crate) fn listing(&self) -> (&[Session], std::time::Instant) {
        (&self.listed, self.listed_at.into_std())
    }

    /// Returns the options that this decision used.
    pub(crate) const fn options(&self) -> &EndOptions {
        &self.options
    }

    /// Refuses a listing without ids: by an id, every session would seem to be gone.
    pub(super) fn check(&self, listed: &[Session]) -> Result<(), Unreported> {
        match self.unit {
            Unit::Single if !ids::are_complete(listed) => Err(Unreported::Ids),
            Unit::Single | Unit::Pair => Ok(()),
        }
    }

    /// Replaces the listing by a newer one, which was asked for at `asked_at`. The decision keeps those of its pairs of client
    /// and user that are still listed, and whose sessions are all still selected; or those of its ids that are still listed for
    /// the same sessions.
    ///
    /// Returns the sessions that it now spares.
    pub(super) fn refresh(&mut self, listed: Vec<Session>, asked_at: Instant) -> Refreshed {
        let planned = std::mem::take(&mut self.preview.to_end);
        let passed = self.passed_until(asked_at);
        let why_not = |session: &Session| self.why_not_now(session, &listed);
        let is_to_end = |session: &Session| {
            self.unit.request(session).is_ok()
                && why_not(session).is_none()
                && planned.iter().any(|planned| self.is_planned(planned, session, &passed))
        };
        let mut to_end: Vec<_> = listed.iter().filter(|session| is_to_end(session)).cloned().collect();
        own_session_last(&mut to_end);
        let mut others = planned.iter().filter_map(|one| Some((one, self.other_in(one, &listed, asked_at)?)));
        let other = others.next().map(|(planned, other)| (planned.clone(), other.clone()));
        let is_there = |planned: &Session| {
            listed.iter().any(|session| match self.unit {
                // The pair may have another session by now, which says nothing about the planned one.
                Unit::Pair if self.judges_single_sessions() => session.continues(planned, passed.clone()),
                unit => unit.has_both(planned, session),
            })
        };
        let (there, gone): (Vec<_>, Vec<_>) = planned.into_iter().partition(is_there);
        let is_kept = |session: &Session| to_end.iter().any(|kept| self.unit.has_both(kept, session));
        let why = |planned: &Session| {
            let now = listed.iter().find(|session| self.unit.has_both(planned, session));
            now.and_then(why_not).unwrap_or(Unsent::OtherSession)
        };
        let held = there.into_iter().filter(|session| !is_kept(session)).map(|session| {
            let why = why(&session);
            (session, why)
        });
        let held = held.collect();
        self.gone.extend(gone);
        self.preview.to_end = to_end;
        let before = std::mem::replace(&mut self.listed, listed);
        self.replaced.get_or_insert((before, self.asked_at));
        (self.asked_at, self.listed_at) = (asked_at, Instant::now());
        Refreshed { held, other }
    }

    /// Why a planned session may not end now, by a newer listing; None if it may.
    pub(super) fn why_not_now(&self, planned: &Session, listed: &[Session]) -> Option<Unsent> {
        let ends = listed.iter().filter(|session| self.unit.has_both(planned, session));
        let (mut is_own, mut is_unselected) = (false, false);
        for session in ends {
            is_own |= session.own != Own::No && !self.options.include_self;
            is_unselected |= !self.is_still_selected(session);
        }
        match (is_own, is_unselected, self.unit) {
            (true, ..) => Some(Unsent::MayBeOwn),
            (_, true, Unit::Pair) => Some(Unsent::Inseparable),
            (_, true, Unit::Single) => Some(Unsent::NotSelected),
            (false, false, _) => None,
        }
    }

    /// Whether the selector can select one session of a pair of client and user and not the other.
    pub(super) fn judges_single_sessions(&self) -> bool {
        self.selector.judges_single_sessions()
    }

    /// Whether the selector still selects a planned session. One that only names a client or a user always does.
    fn is_still_selected(&self, session: &Session) -> bool {
        !self.judges_single_sessions() || self.selector.matches_including_computers(session, &self.names)
    }

    /// Returns the session that a newer listing, asked for at `asked_at`, has under the id of a planned one, if it is not the
    /// same: a server that restarts, or lies, can give an id to another session.
    pub(super) fn other_in<'a>(
        &self,
        planned: &Session,
        listed: &'a [Session],
        asked_at: Instant,
    ) -> Option<&'a Session> {
        let passed = self.passed_until(asked_at);
        let with_id = |session: &&Session| self.unit == Unit::Single && self.unit.has_both(planned, session);
        listed.iter().filter(with_id).find(|session| !self.is_planned(planned, session, &passed))
    }

    /// Whether a listed session is a planned one.
    fn is_planned(&self, planned: &Session, session: &Session, passed: &RangeInclusive<Duration>) -> bool {
        match self.unit {
            Unit::Pair => planned.is_same_pair(session),
            Unit::Single => session.continues(planned, passed.clone()),
        }
    }

    /// Returns how much time has passed between the listing and one that was asked for at `asked_at`, at least and at most.
    fn passed_until(&self, asked_at: Instant) -> RangeInclusive<Duration> {
        asked_at.saturating_duration_since(self.listed_at)..=self.asked_at.elapsed()
    }
}

/// Returns the pairs of client and user with a session that the selector does not select, if it can select one session of
/// a pair and not the other, and a request ends both or neither.
fn unselected_pairs(
    (selector, unit): (&Selector, Unit),
    listed: &[Session],
    names: &ServerNames,
) -> HashSet<(String, String)> {
    if unit == Unit::Single || !selector.judges_single_sessions() {
        return HashSet::new();
    }
    pairs_not_selected(listed, |session| selector.matches_including_computers(session, names))
}

/// Moves this connection's own session to the end, so that it ends last.
fn own_session_last(sessions: &mut [Session]) {
    sessions.sort_by_key(|session| session.own != Own::No);
}

/// Returns what will happen to one session; None if the selector does not concern it. `is_protected` says whether it is or may
/// be this connection's own, or ends together with one that is; `own_user` is how the server lists its user, if that is sure.
fn fate(
    session: &Session,
    (selector, unit): (&Selector, Unit),
    options: &EndOptions,
    is_protected: bool,
    (facts, own_user): (&Facts, Option<&str>),
) -> Option<PlannedFate> {
    if !selector.matches_including_computers(session, &facts.names) {
        if session.end_request().is_ok() && selector.is_undecided(session, &facts.names) {
            return Some(PlannedFate::Undecided);
        }
        let is_near = session.is_logged_on() && selector.nearly_matches(session, &facts.names);
        return is_near.then_some(PlannedFate::NearMiss);
    }
    Some(if unit.request(session).is_err() {
        PlannedFate::CannotEnd
    } else if !options.include_self && is_protected {
        PlannedFate::Spare(own_reason(session, facts))
    } else if options.spares_own_account && is_of_own_account(session, selector, (facts, own_user))
        || is_of_this_program(session, options, facts)
    {
        PlannedFate::Spare(SpareReason::OwnAccount)
    } else if session.is_computer()
        && !options.include_computers
        && !selector.names_computer(session, &facts.names)
    {
        PlannedFate::Spare(SpareReason::Computer)
    } else {
        PlannedFate::End
    })
}

/// Whether a session belongs to the account of this connection, and the selector does not name its client exactly. A
/// session from this connection's own address is never from a client that a person wants to keep out. The domain counts if the
/// server lists both: `FS1\adm1` is not `LAB\adm1`.
fn is_of_own_account(
    session: &Session,
    selector: &Selector,
    (facts, own_user): (&Facts, Option<&str>),
) -> bool {
    let is_named = |client: &ClientPattern| client.is_exact() && client.matches(&session.client);
    own::is_own_user(session, facts)
        && !own_user.is_some_and(|own| own::is_of_other_domain(&session.user, own))
        && (own::is_own_address(session, facts) || !selector.clients().iter().any(is_named))
}

/// Whether a session can be another one of this program.
fn is_of_this_program(session: &Session, options: &EndOptions, facts: &Facts) -> bool {
    let is_user = |user: &String| own::is_of_account(session, own::bare(user));
    own::is_own_address(session, facts) && options.spared_users.iter().any(is_user)
}

/// Why a session that is or may be this connection's own, or ends together with one that is, must stay.
fn own_reason(session: &Session, facts: &Facts) -> SpareReason {
    match (own::is_own_user(session, facts), own::is_own_address(session, facts)) {
        (true, true) => SpareReason::OwnSession,
        (true, false) => SpareReason::OwnUser,
        (false, _) => SpareReason::MayBeOwn,
    }
}

/// Whether a session that nobody selected may be on the same connection as one that ends. This connection carries only
/// its own session.
fn may_also_end(session: &Session, to_end: &[Session]) -> bool {
    session.is_logged_on()
        && session.own != Own::Yes
        && !to_end.iter().any(|ended| ended.is_same_pair(session))
        && to_end.iter().any(|ended| ended.is_same_client(session))
}

#[cfg(test)]
mod tests;
