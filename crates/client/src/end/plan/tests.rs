use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::testing::{facts, listing};
use crate::{SessionFilter, Spared};

fn selector(client: Option<&str>, user: Option<&str>) -> Selector {
    let client = client.map(|text| text.parse().unwrap());
    Selector::new(client, user.map(|text| text.parse().unwrap())).unwrap_or(Selector::All)
}

fn users(sessions: &[Session]) -> Vec<&str> {
    sessions.iter().map(|session| session.user.as_str()).collect()
}

fn held_users(held: &[(Session, Unsent)]) -> Vec<&str> {
    held.iter().map(|(session, _)| session.user.as_str()).collect()
}

fn decide(selector: &Selector, rows: &[(&str, &str)], include_self: bool) -> Decision {
    let options = EndOptions { include_self, ..EndOptions::default() };
    Decision::make(selector, &options, listing(rows), &facts(), true)
}

fn planned(selector: &Selector, rows: &[(&str, &str)], include_self: bool) -> EndPreview {
    decide(selector, rows, include_self).preview
}

/// A failure here would end this connection's own session, or leave another selected session connected.
#[test]
fn the_own_session_is_spared_and_ends_last_if_included() {
    let rows = [("10.0.0.9", "adm1"), ("10.0.0.5", "bob"), ("10.0.0.6", "alice")];
    let preview = planned(&Selector::All, &rows, false);
    assert_eq!(users(&preview.to_end), ["bob", "alice"]);
    assert_eq!(preview.spared.len(), 1);
    assert_eq!(
        (preview.spared[0].session.own, preview.spared[0].reason),
        (Own::Yes, SpareReason::OwnSession)
    );
    let preview = planned(&Selector::All, &rows, true);
    assert_eq!(users(&preview.to_end), ["bob", "alice", "adm1"]);
    assert!(preview.spared.is_empty());
}

/// A failure here would let a hold end the connections of other holds, or of colleagues with the same account, again
/// and again; or leave a stolen account connected from a client that the person names.
#[test]
fn the_own_account_is_spared_where_that_is_asked() {
    let rows = [("10.0.0.9", "adm1"), ("10.0.0.5", r"LAB\ADM1"), ("10.0.0.5", "bob"), ("10.0.0.9", "bob")];
    let options = EndOptions { spares_own_account: true, ..EndOptions::default() };
    let mut listed = listing(&rows);
    listed[0].own = Own::Yes;
    let planned = |selector: &Selector, options: &EndOptions| {
        Decision::make(selector, options, listed.clone(), &facts(), false).preview
    };
    let everybody = planned(&Selector::All, &options);
    assert_eq!(users(&everybody.to_end), ["bob", "bob"]);
    assert!(everybody.spared.iter().any(|spared| spared.reason == SpareReason::OwnAccount));
    let by_user = selector(None, Some(r"LAB\adm1"));
    assert!(planned(&by_user, &options).to_end.is_empty());
    assert_eq!(users(&planned(&by_user, &EndOptions::default()).to_end), [r"LAB\ADM1"]);
    let named = planned(&selector(Some("10.0.0.5"), None), &options);
    assert_eq!(users(&named.to_end), [r"LAB\ADM1", "bob"]);
    let network = planned(&selector(Some("10.0.0.0/24"), None), &options);
    assert_eq!(users(&network.to_end), ["bob", "bob"]);
}

/// A failure here would spare an attacker's local account that has the name of the login; or end the connections of other holds
/// where the server does not distinguish the domains.
#[test]
fn an_account_of_another_domain_is_not_the_own_one() {
    let options = EndOptions { spares_own_account: true, ..EndOptions::default() };
    let ended = |own: &str, user: &str| {
        let mut listed = listing(&[("10.0.0.9", own), ("10.0.0.5", user)]);
        listed[0].own = Own::Yes;
        let network = selector(Some("10.0.0.0/24"), None);
        !Decision::make(&network, &options, listed, &facts(), false).preview.to_end.is_empty()
    };
    assert!(ended(r"LAB\adm1", r"FS1\adm1") && ended(r"LAB\adm1", r"TRUSTED\ADM1"));
    for (own, user) in [
        (r"LAB\adm1", r"lab\ADM1"),
        (r"LAB\adm1", r"lab.test\adm1"),
        (r"LAB\adm1", "adm1"),
        ("adm1", r"FS1\adm1"),
        (r"LAB\adm1", "adm1@OTHER.TEST"),
    ] {
        assert!(!ended(own, user), "{own} {user}");
    }
}

/// A failure here would let two holds with different logins end each other's connections for ever.
#[test]
fn other_sessions_of_this_program_are_spared() {
    let mut listed = listing(&[
        ("10.0.0.9", "adm1"),
        ("10.0.0.9", r"LAB\ADM2"),
        ("10.0.0.5", "adm2"),
        ("10.0.0.9", "bob"),
    ]);
    listed[0].own = Own::Yes;
    let spared_users = vec![r"LAB\adm2".to_owned()];
    let options = EndOptions { spared_users, spares_own_account: true, ..EndOptions::default() };
    let planned = |selector: &Selector| {
        let preview = Decision::make(selector, &options, listed.clone(), &facts(), false).preview;
        preview.to_end.iter().map(|one| format!("{} from {}", one.user, one.client)).collect::<Vec<_>>()
    };
    assert_eq!(planned(&selector(None, Some("adm2"))), ["adm2 from 10.0.0.5"]);
    assert_eq!(planned(&selector(Some("10.0.0.9"), None)), ["bob from 10.0.0.9"]);
}

/// A failure here would end this connection's own session together with a second one of the same client and user.
#[test]
fn a_session_that_ends_together_with_the_own_one_is_spared() {
    let mut listed = listing(&[("10.0.0.9", "adm1"), (r"\\10.0.0.9", "ADM1"), ("10.0.0.9", "bob")]);
    listed[0].own = Own::Yes;
    listed[1].own = Own::No;
    let decision = Decision::make(&Selector::All, &EndOptions::default(), listed, &facts(), false);
    assert_eq!(users(&decision.preview.to_end), ["bob"]);
    assert!(decision.preview.spared.iter().all(|spared| spared.reason == SpareReason::OwnSession));
}

/// A failure here would end the session of an administrator behind a translated address.
#[test]
fn the_own_user_is_spared_if_the_own_session_cannot_be_identified() {
    let rows = [("192.0.2.1", "adm1"), ("192.0.2.8", r"LAB\adm1"), ("192.0.2.1", "bob")];
    let preview = planned(&Selector::All, &rows, false);
    assert_eq!(users(&preview.to_end), ["bob"]);
    assert!(preview.spared.iter().all(|spared| spared.reason == SpareReason::OwnUser));
    assert_eq!(preview.spared.len(), 2);
}

/// A failure here would send an unfinished logon with its empty user, and end everybody's sessions from that client.
#[test]
fn an_unfinished_logon_is_shown_and_never_ended() {
    let rows = [("10.0.0.5", ""), ("10.0.0.5", "bob"), ("10.0.0.9", "adm1")];
    let preview = planned(&selector(Some("10.0.0.5"), None), &rows, false);
    assert_eq!(users(&preview.to_end), ["bob"]);
    assert_eq!(preview.cannot_end.len(), 1);
    let preview = planned(&selector(Some("10.0.0.5"), Some("bob")), &rows, false);
    assert!(preview.cannot_end.is_empty(), "the selector names a user, and the row has none");
}

/// A failure here would send a name that [MS-SRVS] does not allow.
#[test]
fn a_name_that_cannot_be_sent_is_never_ended() {
    let long = "x".repeat(1024);
    let rows = [("10.0.0.5", long.as_str()), ("10.0.0.5", "b\0b"), ("10.0.0.5", r"\\")];
    let preview = planned(&Selector::All, &rows, true);
    assert_eq!((preview.to_end.len(), preview.cannot_end.len()), (0, 3));
}

/// A failure here would say nothing about a session whose client's name leaves no room for its id, and end nothing.
#[test]
fn a_client_that_leaves_no_room_for_the_id_cannot_end() {
    for (length, can_end) in [(1_000, true), (1_023 - 15, true), (1_023 - 14, false), (1_020, false)] {
        let listed = vec![Session::new(&"x".repeat(length), "bob").with_id(7)];
        let selector = Selector::ids(crate::SessionId::new(7)).unwrap();
        let preview = Decision::make(&selector, &EndOptions::default(), listed, &facts(), false).preview;
        let counts = (preview.to_end.len(), preview.cannot_end.len());
        assert_eq!(counts, if can_end { (1, 0) } else { (0, 1) }, "{length}");
        assert!(can_end || preview.cannot_end[0].is_logged_on());
    }
}

/// A failure here would hide that others at the same client lose their connection too.
#[test]
fn sessions_that_may_also_end_are_in_the_preview() {
    let rows = [("10.0.0.5", "bob"), ("10.0.0.5", "alice"), ("10.0.0.6", "carol"), ("10.0.0.9", "adm1")];
    let preview = planned(&selector(None, Some("bob")), &rows, false);
    assert_eq!(users(&preview.may_also_end), ["alice"]);
    let bob = selector(None, Some("bob"));
    let windows = Decision::make(&bob, &EndOptions::default(), listing(&rows), &facts(), false);
    assert!(windows.preview.may_also_end.is_empty());
}

/// A failure here would report "nothing matches" without the reason: a missing domain.
#[test]
fn the_same_name_in_another_domain_is_a_near_miss() {
    let preview = planned(&selector(None, Some("bob")), &[("10.0.0.5", r"CORP\bob")], false);
    assert!(preview.matches_nothing());
    assert_eq!(users(&preview.near_misses), [r"CORP\bob"]);
}

/// A failure here would let a person who marked every row end everybody, or end a computer's session.
#[test]
fn marked_rows_follow_the_rule_of_everybody_and_spare_computers() {
    let rows = [OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "alice"), ("10.0.0.7", "FS2$")];
    let marked = |rows: &[(&str, &str)]| {
        let sessions: Vec<_> = rows.iter().map(|(client, user)| Session::new(client, user)).collect();
        Selector::pairs(&sessions).unwrap()
    };
    let preview = planned(&marked(&rows), &rows, false);
    assert_eq!(users(&preview.to_end), ["bob", "alice"]);
    assert!(preview.is_everybody);
    let reasons: Vec<_> = preview.spared.iter().map(|spared| spared.reason).collect();
    assert_eq!(reasons, [SpareReason::OwnSession, SpareReason::Computer]);
    let preview = planned(&marked(&rows[1..2]), &rows, false);
    assert_eq!((users(&preview.to_end), preview.is_everybody), (vec!["bob"], false));
    assert!(!planned(&marked(&rows[1..2]), &rows[..2], false).is_everybody, "one user alone");
}

fn filter(parts: SessionFilter) -> Selector {
    Selector::filter(parts).unwrap()
}

fn idle(client: &str, user: &str, seconds: u64) -> Session {
    let mut session = Session::new(client, user);
    session.idle = Some(Duration::from_secs(seconds));
    session
}

/// A failure here would end the session in which a user works together with the forgotten one: a server ends both.
#[test]
fn a_pair_with_a_session_that_is_not_selected_is_spared() {
    let hour = Some(Duration::from_secs(3_600));
    let selector = filter(SessionFilter { idle_over: hour, ..SessionFilter::default() });
    let listed = vec![
        idle("10.0.0.5", "bob", 7_200),
        idle("10.0.0.5", "BOB", 5),
        idle("10.0.0.6", "bob", 7_200),
        idle("10.0.0.7", "carol", 7_200),
        Session::new("10.0.0.7", "Carol"),
        idle("10.0.0.8", "dave", 5),
    ];
    let decision = Decision::make(&selector, &EndOptions::default(), listed, &facts(), false);
    let preview = decision.preview();
    assert_eq!(preview.to_end.iter().map(|s| s.client.as_str()).collect::<Vec<_>>(), ["10.0.0.6"]);
    let spared: Vec<_> = preview.spared.iter().map(|s| (s.session.user.as_str(), s.reason)).collect();
    let reason = SpareReason::NotAllSelected;
    assert_eq!(spared, [("bob", reason), ("carol", reason)]);
    assert_eq!(users(&preview.undecided), ["Carol"], "its idle time is unknown");
    assert!(!preview.is_everybody);
}

/// A failure here would end the session of a user who has come back to work while a person read the preview.
#[test]
fn a_refresh_spares_a_session_that_is_no_longer_selected() {
    let hour = Some(Duration::from_secs(3_600));
    let selector = filter(SessionFilter { idle_over: hour, ..SessionFilter::default() });
    let listed = vec![idle("10.0.0.5", "bob", 7_200), idle("10.0.0.6", "alice", 7_200)];
    let mut decision = Decision::make(&selector, &EndOptions::default(), listed, &facts(), false);
    assert_eq!(decision.preview.to_end.len(), 2);
    let newer = vec![idle("10.0.0.5", "bob", 0), idle("10.0.0.6", "alice", 7_230)];
    let Refreshed { held, .. } = decision.refresh(newer, Instant::now());
    assert_eq!(
        (users(&decision.preview.to_end), held_users(&held), decision.gone.len()),
        (vec!["alice"], vec!["bob"], 0)
    );
    assert_eq!(held[0].1, Unsent::Inseparable);
}

/// A failure here would end everybody's sessions after a single yes, because several names or a condition select them.
#[test]
fn several_names_or_a_condition_that_match_every_session_are_everybody() {
    let rows = [OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "alice")];
    let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let named = filter(SessionFilter { users: names(&["bob", "alice"]), ..SessionFilter::default() });
    assert!(planned(&named, &rows, false).is_everybody);
    let more = [OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "alice"), ("10.0.0.7", "carol")];
    assert!(!planned(&named, &more, false).is_everybody, "carol stays");
    let mut listed = listing(&rows);
    listed.iter_mut().for_each(|session| session.opens = Some(3));
    let opens = filter(SessionFilter { opens_over: Some(2), ..SessionFilter::default() });
    let decision = Decision::make(&opens, &EndOptions::default(), listed, &facts(), false);
    assert!(decision.preview.is_everybody);
}

/// A failure here would end everybody's sessions after a single yes, because ids select them, or spare a session of the
/// own user that the server tells apart.
#[test]
fn ids_of_every_other_session_are_everybody() {
    let rows = [OWN, OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "alice")];
    let mut listed: Vec<_> =
        (1..).zip(rows).map(|(id, (client, user))| Session::new(client, user).with_id(id)).collect();
    listed[0].own = Own::Yes;
    let planned = |ids: &[u64]| {
        let selector = Selector::ids(ids.iter().filter_map(|id| crate::SessionId::new(*id))).unwrap();
        let decision = Decision::make(&selector, &EndOptions::default(), listed.clone(), &facts(), false);
        decision.preview
    };
    assert!(planned(&[3, 4]).is_everybody && !planned(&[3]).is_everybody);
    let beside = planned(&[1, 2]);
    assert_eq!((users(&beside.to_end), beside.to_end[0].id), (vec!["adm1"], listed[1].id));
    assert_eq!(beside.spared[0].reason, SpareReason::OwnSession);
    assert!(!beside.is_everybody);
}

/// A failure here would disconnect a computer that only a pattern beside another user's name selects.
#[test]
fn a_computer_is_spared_unless_one_of_the_names_is_its_own() {
    let rows = [OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "FS1$"), ("10.0.0.7", "FS2$")];
    let names = ["bob", "fs1$", "*$"].map(|name| name.parse().unwrap()).to_vec();
    let selector = filter(SessionFilter { users: names, ..SessionFilter::default() });
    let preview = planned(&selector, &rows, false);
    assert_eq!(users(&preview.to_end), ["bob", "FS1$"]);
    assert_eq!(preview.spared[0].reason, SpareReason::Computer);
}

const OWN: (&str, &str) = ("10.0.0.9", "adm1");

fn is_everybody(client: Option<&str>, user: Option<&str>, rows: &[(&str, &str)]) -> bool {
    planned(&selector(client, user), rows, false).is_everybody
}

/// A failure here would end everybody's sessions after a single yes, because the pattern is not spelled `*`.
#[test]
fn a_pattern_or_a_network_that_matches_every_session_is_everybody() {
    let rows = [OWN, ("10.0.0.5", "bob"), ("10.0.0.6", r"LABSRV\alice"), ("10.0.0.7", "")];
    for (client, user) in [
        (None, Some("?*")),
        (None, Some("*")),
        (Some("10.0.0.0/24"), None),
        (Some("10.0.0.0/29"), Some("*[a-z]*")),
        (Some("0.0.0.0/1"), Some("??*")),
    ] {
        let expected = !user.is_some_and(|user| user.contains('['));
        assert_eq!(is_everybody(client, user, &rows), expected, "{client:?} {user:?}");
    }
    assert!(planned(&Selector::All, &rows[..2], false).is_everybody, "one other user, but spelled --all");
}

/// A failure here would ask for the server's name although somebody stays connected, or only one person is
/// selected.
#[test]
fn a_selection_that_leaves_somebody_or_names_one_is_not_everybody() {
    let rows = [OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "alice")];
    for (client, user) in [
        (None, Some("b*")),
        (Some("10.0.0.5/32"), None),
        (Some("10.0.0.5"), None),
        (Some("10.0.0.0/24"), Some("bob")),
    ] {
        assert!(!is_everybody(client, user, &rows), "{client:?} {user:?}");
    }
    assert!(!is_everybody(None, Some("b*"), &[OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "BOB")]), "one user");
    let of_one_client = [OWN, ("10.0.0.5", "bob"), ("10.0.0.5", "alice")];
    assert!(!is_everybody(Some("10.0.0.5"), None, &of_one_client), "an exact address");
    assert!(!is_everybody(None, Some("?*"), &[OWN]));
}

/// A failure here would disconnect a cluster's node or a backup server together with everybody's sessions.
#[test]
fn computers_are_spared_unless_named_or_included() {
    let rows = [OWN, ("10.0.0.5", "bob"), ("10.0.0.6", "FS1$"), ("10.0.0.7", "alice")];
    let computer = |client: Option<&str>, user: Option<&str>, include_computers: bool| {
        let options = EndOptions { include_computers, ..EndOptions::default() };
        let selector = selector(client, user);
        let preview = Decision::make(&selector, &options, listing(&rows), &facts(), false).preview;
        let is_spared = |spared: &Spared| spared.reason == SpareReason::Computer;
        (users(&preview.to_end).contains(&"FS1$"), preview.spared.iter().any(is_spared))
    };
    let sweeps = [
        (None, None),
        (None, Some("*")),
        (None, Some("f*")),
        (None, Some("*$")),
        (Some("10.0.0.0/24"), None),
        (Some("10.0.0.6"), Some("*")),
    ];
    for (client, user) in sweeps {
        assert_eq!(computer(client, user, false), (false, true), "{client:?} {user:?}");
        assert_eq!(computer(client, user, true), (true, false), "{client:?} {user:?}");
    }
    for (client, user) in
        [(None, Some("fs1$")), (Some("10.0.0.0/24"), Some("FS1$")), (Some("10.0.0.6"), None)]
    {
        assert_eq!(computer(client, user, false), (true, false), "{client:?} {user:?}");
    }
    assert_eq!(computer(None, Some("b*"), true), (false, false));
    assert!(is_everybody(None, Some("?*"), &rows), "all people are everybody, though a computer stays");
}

/// A failure here would end this connection's own session, which the server lists beside a planned one after a
/// reconnection.
#[test]
fn a_refresh_spares_a_pair_that_now_has_the_own_session() {
    let rows = [("10.0.0.9", "adm1"), ("10.0.0.5", "bob")];
    let mut elsewhere = listing(&rows);
    elsewhere.iter_mut().for_each(|session| session.own = Own::No);
    let options = EndOptions::default();
    let mut decision = Decision::make(&Selector::All, &options, elsewhere, &facts(), false);
    assert_eq!(users(&decision.preview.to_end), ["adm1", "bob"]);
    let mut newer = listing(&[("10.0.0.9", "adm1"), ("10.0.0.9", "adm1"), ("10.0.0.5", "bob")]);
    (newer[0].own, newer[1].own) = (Own::No, Own::Yes);
    let Refreshed { held, other } = decision.refresh(newer, Instant::now());
    assert_eq!((users(&decision.preview.to_end), held_users(&held)), (vec!["bob"], vec!["adm1"]));
    assert!(decision.gone.is_empty() && other.is_none());
}

fn rows() -> impl Strategy<Value = Vec<(String, String)>> {
    let client = prop_oneof![
        Just(String::new()),
        Just(r"\\".to_owned()),
        r"(\\\\)?10\.0\.0\.[5-9]",
        Just("PC7".to_owned())
    ];
    let user = prop_oneof![
        Just(String::new()),
        Just(r"\".to_owned()),
        "[abAB]",
        "[ab][$]",
        Just("adm1".to_owned()),
        r"(CORP|labsrv)\\[ab]"
    ];
    proptest::collection::vec((client, user), 0..12)
}

fn any_selector() -> impl Strategy<Value = Selector> {
    let client =
        proptest::option::of(prop_oneof![r"10\.0\.0\.[5-9]", Just("10.0.0.0/24".into()), Just("pc7".into())]);
    let user = proptest::option::of(prop_oneof!["[ab*]", r"CORP\\[ab]", Just("adm1".to_owned())]);
    (client, user).prop_map(|(client, user)| selector(client.as_deref(), user.as_deref()))
}

fn borrowed(rows: &[(String, String)]) -> Vec<(&str, &str)> {
    rows.iter().map(|(client, user)| (client.as_str(), user.as_str())).collect()
}

proptest! {
    /// A failure here would, for some listing and some selector, end the own session, send an empty name, end a
    /// session that nobody selected, or forget a selected one.
    #[test]
    fn a_plan_ends_the_selected_sessions_and_no_others(rows in rows(), selector in any_selector(), include_self: bool) {
        let decision = decide(&selector, &borrowed(&rows), include_self);
        let (preview, names) = (&decision.preview, facts().names);
        for session in &preview.to_end {
            prop_assert!(selector.matches(session, &names));
            prop_assert!(session.is_logged_on());
            prop_assert!(!session.is_computer() || selector.names_computer(session, &names));
            let request = session.end_request().unwrap();
            prop_assert_eq!((request.client().as_str(), request.user().as_str()), session.listed());
            prop_assert!(include_self || session.own == Own::No);
            for own in decision.listed.iter().filter(|other| other.own != Own::No) {
                prop_assert!(include_self || !own.is_same_pair(session));
            }
        }
        let selected = decision.listed.iter().filter(|session| selector.matches_including_computers(session, &names)).count();
        prop_assert_eq!(selected, preview.to_end.len() + preview.spared.len() + preview.cannot_end.len());
        for session in &preview.may_also_end {
            prop_assert!(!preview.to_end.iter().any(|ended| ended.is_same_pair(session)));
        }
    }

    /// A failure here would let a second listing add a pair that the preview did not show, end the own session, or
    /// lose a planned one.
    #[test]
    fn a_refresh_never_adds_a_pair(
        first in rows(), second in rows(), selector in any_selector(), include_self: bool, shift in 0..4_u64,
    ) {
        let mut decision = decide(&selector, &borrowed(&first), include_self);
        let planned = decision.preview.to_end.clone();
        let mut newer = listing(&borrowed(&second));
        // Another session may look like the own one after a reconnect.
        let shifted = newer.iter().map(|session| session.own).cycle().skip(usize::try_from(shift).unwrap());
        let shifted: Vec<_> = shifted.take(newer.len()).collect();
        newer.iter_mut().zip(shifted).for_each(|(session, own)| session.own = own);
        let Refreshed { held, other } = decision.refresh(newer.clone(), Instant::now());
        prop_assert!(other.is_none(), "no id is given");
        for session in &decision.preview.to_end {
            prop_assert!(planned.iter().any(|planned| planned.is_same_pair(session)));
            prop_assert!(newer.contains(session) && session.end_request().is_ok());
            for own in newer.iter().filter(|other| other.own != Own::No) {
                prop_assert!(include_self || !own.is_same_pair(session));
            }
        }
        for session in &planned {
            let is_in = |list: &[Session]| list.iter().any(|other| other.is_same_pair(session));
            let places = [is_in(&decision.preview.to_end), is_in(&decision.gone), held.iter().any(|(other, _)| other.is_same_pair(session))];
            prop_assert_eq!(places.iter().filter(|is_there| **is_there).count(), 1, "{:?}", session);
        }
        prop_assert!(decision.listed_at.elapsed() < Duration::from_secs(60));
    }
}
