//! Deciding what is ended, from one listing.

use tokio::time::Instant;

use super::{EndPlan, SpareReason, Spared};
use crate::calls::Facts;
use crate::{EndOptions, Own, Selector, Session, own};

/// What `selector` means among the sessions that were `listed` over the connection of these facts.
///
/// `shares_fate` says that everyone on a connection goes together at this server.
pub(crate) fn plan(
    selector: &Selector,
    options: &EndOptions,
    listed: Vec<Session>,
    facts: &Facts,
    shares_fate: bool,
) -> EndPlan {
    let mut plan = EndPlan::default();
    for session in &listed {
        if !selector.matches(session, &facts.names) {
            if session.is_logged_on() && selector.nearly_matches(session, &facts.names) {
                plan.near.push(session.clone());
            }
        } else if !session.is_logged_on() {
            plan.not_logged_in.push(session.clone());
        } else if let Some(reason) = spared(session, &listed, facts).filter(|_| !options.include_self) {
            plan.spared.push(Spared { session: session.clone(), reason });
        } else {
            plan.to_end.push(session.clone());
        }
    }
    // The session that does the ending goes last.
    plan.to_end.sort_by_key(|session| session.own != Own::No);
    if shares_fate {
        plan.goes_along =
            listed.iter().filter(|session| goes_along(session, &plan.to_end)).cloned().collect();
    }
    plan.listed = listed;
    plan
}

impl EndPlan {
    /// Takes a newer listing in: what is sent stays the same pairs of client and user, as far as they are still there.
    /// Returns the sessions that are gone, and those that are held back since they may be the own one by now.
    pub(super) fn refresh(
        &mut self,
        listed: Vec<Session>,
        include_self: bool,
    ) -> (Vec<Session>, Vec<Session>) {
        let planned = std::mem::take(&mut self.to_end);
        let is_planned = |session: &Session| {
            session.is_logged_on()
                && (include_self || session.own == Own::No)
                && planned.iter().any(|planned| planned.is_same_pair(session))
        };
        self.to_end = listed.iter().filter(|session| is_planned(session)).cloned().collect();
        self.to_end.sort_by_key(|session| session.own != Own::No);
        self.listed = listed;
        self.listed_at = Instant::now();
        let is_in =
            |list: &[Session], session: &Session| list.iter().any(|there| there.is_same_pair(session));
        let (there, gone): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|session| is_in(&self.listed, session));
        let held = there.into_iter().filter(|session| !is_in(&self.to_end, session)).collect();
        (gone, held)
    }
}

/// Why a session must be left alone: it is or may be the own one, or is ended together with one that is.
fn spared(session: &Session, listed: &[Session], facts: &Facts) -> Option<SpareReason> {
    let protected = listed.iter().any(|other| other.own != Own::No && other.is_same_pair(session));
    protected.then(|| match (own::is_own_user(session, facts), own::is_own_address(session, facts)) {
        (true, true) => SpareReason::OwnSession,
        (true, false) => SpareReason::OwnUser,
        (false, _) => SpareReason::MayBeOwn,
    })
}

/// Whether a session that stays may share a connection with one that goes. The own session has one to itself.
fn goes_along(session: &Session, to_end: &[Session]) -> bool {
    session.is_logged_on()
        && session.own != Own::Yes
        && !to_end.iter().any(|ended| ended.is_same_pair(session))
        && to_end.iter().any(|ended| ended.is_same_client(session))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{facts, listing};

    fn selector(client: Option<&str>, user: Option<&str>, all: bool) -> Selector {
        Selector { client: client.and_then(|c| c.parse().ok()), user: user.and_then(|u| u.parse().ok()), all }
    }

    fn users(sessions: &[Session]) -> Vec<&str> {
        sessions.iter().map(|session| session.user.as_str()).collect()
    }

    fn planned(selector: &Selector, rows: &[(&str, &str)], include_self: bool) -> EndPlan {
        let options = EndOptions { include_self, ..EndOptions::default() };
        plan(selector, &options, listing(rows), &facts(), true)
    }

    /// If this fails, ending everybody ends the session that does it, or leaves out someone else.
    #[test]
    fn the_own_session_is_spared_and_goes_last_when_it_must_go() {
        let rows = [("10.0.0.9", "adm1"), ("10.0.0.5", "bob"), ("10.0.0.6", "alice")];
        let plan = planned(&selector(None, None, true), &rows, false);
        assert_eq!(users(&plan.to_end), ["bob", "alice"]);
        assert_eq!(plan.spared.len(), 1);
        assert_eq!((plan.spared[0].session.own, plan.spared[0].reason), (Own::Yes, SpareReason::OwnSession));
        let plan = planned(&selector(None, None, true), &rows, true);
        assert_eq!(users(&plan.to_end), ["bob", "alice", "adm1"]);
        assert!(plan.spared.is_empty());
    }

    /// If this fails, a second session of the own user from the own address takes the own one with it.
    #[test]
    fn what_is_ended_together_with_the_own_session_is_spared_too() {
        let mut listed = listing(&[("10.0.0.9", "adm1"), (r"\\10.0.0.9", "ADM1"), ("10.0.0.9", "bob")]);
        listed[0].own = Own::Yes;
        listed[1].own = Own::No;
        let plan = plan(&selector(None, None, true), &EndOptions::default(), listed, &facts(), false);
        assert_eq!(users(&plan.to_end), ["bob"]);
        assert!(plan.spared.iter().all(|spared| spared.reason == SpareReason::OwnSession));
    }

    /// If this fails, an administrator behind a translated address loses the session that does the work.
    #[test]
    fn all_of_the_own_user_is_spared_where_the_own_session_cannot_be_told() {
        let rows = [("192.0.2.1", "adm1"), ("192.0.2.8", r"LAB\adm1"), ("192.0.2.1", "bob")];
        let plan = planned(&selector(None, None, true), &rows, false);
        assert_eq!(users(&plan.to_end), ["bob"]);
        assert!(plan.spared.iter().all(|spared| spared.reason == SpareReason::OwnUser));
        assert_eq!(plan.spared.len(), 2);
    }

    /// If this fails, a half-done logon is sent with its empty user, and everybody at that client is ended.
    #[test]
    fn a_half_done_logon_is_shown_and_never_ended() {
        let rows = [("10.0.0.5", ""), ("10.0.0.5", "bob"), ("10.0.0.9", "adm1")];
        let plan = planned(&selector(Some("10.0.0.5"), None, false), &rows, false);
        assert_eq!(users(&plan.to_end), ["bob"]);
        assert_eq!(plan.not_logged_in.len(), 1);
        let plan = planned(&selector(Some("10.0.0.5"), Some("bob"), false), &rows, false);
        assert!(plan.not_logged_in.is_empty(), "no user is asked for that it could be");
    }

    /// If this fails, nobody is warned that others at the same client lose their connection too.
    #[test]
    fn who_may_go_along_is_said_before() {
        let rows = [("10.0.0.5", "bob"), ("10.0.0.5", "alice"), ("10.0.0.6", "carol"), ("10.0.0.9", "adm1")];
        let plan = planned(&selector(None, Some("bob"), false), &rows, false);
        assert_eq!(users(&plan.goes_along), ["alice"]);
        let windows = super::plan(
            &selector(None, Some("bob"), false),
            &EndOptions::default(),
            listing(&rows),
            &facts(),
            false,
        );
        assert!(windows.goes_along.is_empty());
    }

    /// If this fails, who leaves out the domain is told that nothing matches, and not why.
    #[test]
    fn the_same_name_in_another_domain_is_told() {
        let plan = planned(&selector(None, Some("bob"), false), &[("10.0.0.5", r"CORP\bob")], false);
        assert!(plan.matches_nothing());
        assert_eq!(users(&plan.near), [r"CORP\bob"]);
    }

    fn rows() -> impl Strategy<Value = Vec<(String, String)>> {
        let client = prop_oneof![Just(String::new()), r"(\\\\\\\\)?10\.0\.0\.[5-9]", Just("PC7".to_owned())];
        let user =
            prop_oneof![Just(String::new()), "[abAB]", Just("adm1".to_owned()), r"(CORP|labsrv)\\\\[ab]"];
        proptest::collection::vec((client, user), 0..12)
    }

    fn any_selector() -> impl Strategy<Value = Selector> {
        let client = proptest::option::of(prop_oneof![
            r"10\.0\.0\.[5-9]",
            Just("10.0.0.0/24".into()),
            Just("pc7".into())
        ]);
        let user = proptest::option::of(prop_oneof!["[ab*]", r"CORP\\\\[ab]", Just("adm1".to_owned())]);
        (client, user, any::<bool>())
            .prop_map(|(client, user, all)| selector(client.as_deref(), user.as_deref(), all))
    }

    proptest! {
        /// If this fails, some list and some selector make a plan that ends the own session, sends an empty name, ends
        /// what was not meant, or forgets what was.
        #[test]
        fn a_plan_ends_what_is_meant_and_nothing_else(rows in rows(), selector in any_selector(), include_self: bool) {
            let rows: Vec<_> = rows.iter().map(|(client, user)| (client.as_str(), user.as_str())).collect();
            let plan = planned(&selector, &rows, include_self);
            let names = facts().names;
            for session in &plan.to_end {
                prop_assert!(selector.matches(session, &names));
                prop_assert!(session.is_logged_on());
                let (client, user) = session.listed();
                prop_assert!(!client.trim_matches('\\').is_empty() && !user.is_empty());
                prop_assert!(include_self || session.own == Own::No);
                for own in plan.listed.iter().filter(|other| other.own != Own::No) {
                    prop_assert!(include_self || !own.is_same_pair(session));
                }
            }
            let meant = plan.listed.iter().filter(|session| selector.matches(session, &names)).count();
            prop_assert_eq!(meant, plan.to_end.len() + plan.spared.len() + plan.not_logged_in.len());
            prop_assert!(!selector.is_empty() || plan.matches_nothing());
        }
    }
}
