//! Runs decisions against scripted servers, on the tests' clock.

use std::time::Duration;

use super::{Decision, EndPreview, EndReport, Outcome, Unsent, carry_out, open_files};
use crate::link::Link;
use crate::ops::session_enum::sessions;
use crate::testing::{CallFault, Lab, ServerKind};
use crate::{EndOptions, Error, Selector, SessionFilter, SessionId, Unreported, Win32Error, wide};

mod conditions;

fn by_user(user: &str) -> Selector {
    Selector::User(user.parse().unwrap())
}

fn by_client(client: &str) -> Selector {
    Selector::Client(client.parse().unwrap())
}

/// Lists and decides.
async fn decide(link: &mut Link<Lab>, selector: &Selector, options: &EndOptions) -> Decision {
    let listed = sessions(link).await.unwrap();
    Decision::make(selector, options, listed, link.facts(), link.learned.ends_whole_connections)
}

/// Lists, decides and ends.
async fn run(lab: &Lab, selector: &Selector, options: &EndOptions) -> (EndPreview, EndReport) {
    let mut link = lab.link().await;
    let decision = decide(&mut link, selector, options).await;
    let preview = decision.preview().clone();
    (preview, carry_out(&mut link, decision).await)
}

fn pairs(outcomes: &[Outcome]) -> Vec<(&str, &str)> {
    outcomes.iter().map(|o| (o.session.client.as_str(), o.session.user.as_str())).collect()
}

fn sent(lab: &Lab) -> Vec<(String, String)> {
    let state = lab.state();
    let text = |name: &Option<String>| name.clone().unwrap_or_default();
    state.deleted.iter().map(|(client, user)| (text(client), text(user))).collect()
}

fn pair(client: &str, user: &str) -> (String, String) {
    (client.into(), user.into())
}

/// A failure here would send a name in another spelling than the server's own, or more than once.
#[tokio::test(start_paused = true)]
async fn each_pair_is_sent_once_as_the_server_spells_it() {
    let rows = [("10.0.0.5", "Bob"), ("10.0.0.5", "Bob"), ("10.0.0.6", r"CORP\bob"), ("10.0.0.7", "bob")];
    for (kind, prefix) in [(ServerKind::Samba, ""), (ServerKind::Windows, r"\\")] {
        let lab = Lab::new(kind, &rows);
        let (_, report) = run(&lab, &by_user("BOB"), &EndOptions::default()).await;
        assert_eq!(
            sent(&lab),
            [pair(&format!("{prefix}10.0.0.5"), "Bob"), pair(&format!("{prefix}10.0.0.7"), "bob")]
        );
        assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS));
        assert_eq!(pairs(&report.ended).len(), 3);
        assert_eq!(lab.sessions()[0], pair("10.0.0.6", r"CORP\bob"));
        assert!(report.remaining.is_empty() && report.returned.is_empty() && report.also_ended.is_empty());
    }
}

/// Makes a server with ids and two sessions of bob from 10.0.0.5, the first of them 7.
fn lab_with_ids() -> (Lab, Selector) {
    let lab = Lab::new(ServerKind::Windows, &[("10.0.0.6", "bob")]);
    lab.state().has_ids = true;
    lab.log_on("10.0.0.5", "bob", 7);
    lab.log_on("10.0.0.5", "bob", 8);
    (lab, Selector::ids(SessionId::new(7)).unwrap())
}

/// A failure here would end both sessions of a user from a client, or report the one that nobody named.
#[tokio::test(start_paused = true)]
async fn an_id_ends_one_of_two_sessions_of_a_pair() {
    let (lab, seven) = lab_with_ids();
    let (preview, report) = run(&lab, &seven, &EndOptions::default()).await;
    assert_eq!((preview.to_end.len(), preview.spared.len(), preview.may_also_end.len()), (1, 0, 0));
    assert!(preview.is_by_id && !preview.is_everybody && report.is_by_id);
    assert_eq!(sent(&lab), [pair(r"\\10.0.0.5#000000000007", "bob")]);
    assert_eq!((pairs(&report.ended), report.status), (vec![("10.0.0.5", "bob")], Some(Win32Error(0))));
    let others = [&report.vanished, &report.also_ended, &report.returned, &report.remaining];
    assert!(others.iter().all(|outcomes| outcomes.is_empty()), "{report:?}");
    assert_eq!(lab.sessions()[..2], [pair("10.0.0.6", "bob"), pair("10.0.0.5", "bob")]);
}

/// A failure here would end the session that a user has opened since, or report it as the old one.
#[tokio::test(start_paused = true)]
async fn a_client_that_returns_has_another_id() {
    let (lab, seven) = lab_with_ids();
    lab.state().reconnects_after = Some(Duration::ZERO);
    let (_, report) = run(&lab, &seven, &EndOptions::default()).await;
    assert_eq!(sent(&lab).len(), 1);
    assert_eq!(report.returned.len(), 1, "{report:?}");
    assert_ne!(report.returned[0].session.id, SessionId::new(7));
    assert!(report.ended.is_empty() && report.remaining.is_empty(), "{report:?}");
}

/// A failure here would end the second session of a user because the first one is gone.
#[tokio::test(start_paused = true)]
async fn an_id_that_is_gone_ends_nothing() {
    let (lab, seven) = lab_with_ids();
    let mut link = lab.link().await;
    let decision = decide(&mut link, &seven, &EndOptions::default()).await;
    let plan_is_old = Duration::from_secs(2);
    tokio::time::sleep(plan_is_old).await;
    lab.end_connection(7);
    let report = carry_out(&mut link, decision).await;
    assert_eq!((pairs(&report.vanished), sent(&lab)), (vec![("10.0.0.5", "bob")], vec![]));
    let decision =
        decide(&mut link, &Selector::ids(SessionId::new(8)).unwrap(), &EndOptions::default()).await;
    lab.end_connection(8);
    let report = carry_out(&mut link, decision).await;
    assert_eq!((pairs(&report.vanished), report.remaining.len()), (vec![("10.0.0.5", "bob")], 0));
    assert_eq!(lab.sessions().len(), 2, "bob at another client, and the own session");
}

/// A failure here would end another user's session because a server gave the id to it meanwhile.
#[tokio::test(start_paused = true)]
async fn an_id_that_belongs_to_another_user_by_now_ends_nothing() {
    let (lab, seven) = lab_with_ids();
    let mut link = lab.link().await;
    let decision = decide(&mut link, &seven, &EndOptions::default()).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.end_connection(7);
    lab.log_on("10.0.0.5", "alice", 7);
    let report = carry_out(&mut link, decision).await;
    assert_eq!((sent(&lab), report.ended.len(), report.remaining.len()), (vec![], 0, 1), "{report:?}");
}

/// A failure here would end one of two sessions under one id, and perhaps the one that nobody meant.
#[tokio::test(start_paused = true)]
async fn an_id_that_is_listed_twice_ends_nothing() {
    let (lab, seven) = lab_with_ids();
    lab.log_on("10.0.0.7", "alice", 7);
    let (preview, report) = run(&lab, &seven, &EndOptions::default()).await;
    assert!(preview.matches_nothing() && sent(&lab).is_empty() && report.ended.is_empty(), "{report:?}");
}

/// A failure here would end the session to which a hostile or restarted server has given the id meanwhile, although the person
/// read about another one of the same user.
#[tokio::test(start_paused = true)]
async fn an_id_that_belongs_to_a_session_of_another_age_by_now_ends_nothing() {
    for age in [0, 50, 3_600] {
        let (lab, seven) = lab_with_ids();
        let mut link = lab.link().await;
        let decision = decide(&mut link, &seven, &EndOptions::default()).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        lab.move_id(7, Duration::from_secs(age));
        let report = carry_out(&mut link, decision).await;
        assert_eq!((sent(&lab), report.remaining.len()), (vec![], 1), "{age} {report:?}");
        assert_eq!(report.remaining[0].unsent, Some(Unsent::OtherSession), "{age} {report:?}");
        let error = report.error.unwrap();
        assert!(matches!(error, Error::OtherSession { .. }), "{error}");
        assert!(error.to_string().contains("bob from 10.0.0.5, connected for 60 s"), "{error}");
        assert_eq!(report.status, Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND));
    }
}

/// A failure here would end another session under a planned id after a server restarted between two requests.
#[tokio::test(start_paused = true)]
async fn an_id_is_compared_again_after_a_reconnection() {
    for include_self in [false, true] {
        let (lab, _) = lab_with_ids();
        let both = Selector::ids([7, 8].into_iter().filter_map(SessionId::new)).unwrap();
        let mut link = lab.link().await;
        let options = EndOptions { include_self, ..EndOptions::default() };
        let decision = decide(&mut link, &both, &options).await;
        lab.state().faults.push_back(CallFault::Break { took_effect: true });
        lab.move_id(8, Duration::ZERO);
        let report = carry_out(&mut link, decision).await;
        assert_eq!(sent(&lab), [pair(r"\\10.0.0.5#000000000007", "bob")], "{report:?}");
        assert!(matches!(report.error, Some(Error::OtherSession { .. })), "{report:?}");
        assert_eq!((report.ended.len(), report.remaining.len()), (1, 1), "{report:?}");
    }
}

/// A failure here would call a user gone who has come back before the request, and is connected.
#[tokio::test(start_paused = true)]
async fn a_client_that_returned_before_the_request_is_reported_with_its_new_id() {
    for also in [false, true] {
        let (lab, seven) = lab_with_ids();
        let ids = [7, 8].into_iter().filter_map(SessionId::new);
        let selector = if also { Selector::ids(ids).unwrap() } else { seven };
        let mut link = lab.link().await;
        let decision = decide(&mut link, &selector, &EndOptions::default()).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        lab.end_connection(7);
        lab.log_on("10.0.0.5", "bob", 12);
        lab.move_id(12, Duration::from_secs(5));
        let report = carry_out(&mut link, decision).await;
        assert_eq!(report.returned.len(), 1, "{report:?}");
        let returned = &report.returned[0];
        assert_eq!((returned.session.id, returned.previous_id), (SessionId::new(12), SessionId::new(7)));
        assert_eq!((report.vanished.len(), report.ended.len()), (0, usize::from(also)), "{report:?}");
        assert_eq!((report.status, report.error.is_none()), (Some(Win32Error::NERR_SUCCESS), true));
        assert_eq!(sent(&lab).len(), usize::from(also));
    }
}

/// A failure here would hide that a server ended sessions that nobody selected.
#[tokio::test(start_paused = true)]
async fn sessions_that_a_server_ends_besides_the_one_with_the_id_are_reported() {
    let (lab, seven) = lab_with_ids();
    lab.log_on("10.0.0.5", "alice", 9);
    lab.state().ignores_ids = true;
    let (_, report) = run(&lab, &seven, &EndOptions::default()).await;
    assert_eq!(pairs(&report.ended), [("10.0.0.5", "bob")]);
    let mut also: Vec<_> = report.also_ended.iter().map(|outcome| outcome.session.id).collect();
    also.sort();
    assert_eq!(also, [SessionId::new(8), SessionId::new(9)], "{report:?}");
}

/// A failure here would make a person believe that a file is lost that another session has open, or hide one that is lost.
#[tokio::test(start_paused = true)]
async fn the_open_files_are_those_of_the_session_with_the_id() {
    let files = |holders: &[&str]| -> Vec<(u32, String, String)> {
        (1..).zip(holders).map(|(id, holder)| (id, "bob".to_owned(), (*holder).to_owned())).collect()
    };
    let of = |number: u32| format!("10.0.0.5#{}", SessionId::new(number.into()).unwrap());
    for (holders, expected) in [
        (vec![of(7), of(8), "10.0.0.6".to_owned()], vec![(1, true, false)]),
        // A server that cannot tell the session.
        (vec!["10.0.0.5".to_owned(), "10.0.0.5".to_owned()], vec![(1, false, true), (2, false, true)]),
    ] {
        let (lab, seven) = lab_with_ids();
        lab.state().files = files(&holders.iter().map(String::as_str).collect::<Vec<_>>());
        let mut link = lab.link().await;
        let decision = decide(&mut link, &seven, &EndOptions::default()).await;
        let found = open_files(&mut link, &decision).await.unwrap();
        let found: Vec<_> =
            found.iter().map(|one| (one.file.id.0, one.session.is_some(), one.may_stay_open)).collect();
        assert_eq!(found, expected, "{holders:?}");
    }
    // Without another session of the pair, every file is lost.
    let (lab, seven) = lab_with_ids();
    lab.end_connection(8);
    lab.state().files = files(&["10.0.0.5", "10.0.0.6"]);
    let mut link = lab.link().await;
    let decision = decide(&mut link, &seven, &EndOptions::default()).await;
    let found = open_files(&mut link, &decision).await.unwrap();
    assert_eq!((found.len(), found[0].may_stay_open), (1, false), "{found:?}");
}

/// A failure here would report that a session has ended because the server stopped giving ids.
#[tokio::test(start_paused = true)]
async fn a_listing_without_ids_proves_nothing() {
    let (lab, seven) = lab_with_ids();
    let mut link = lab.link().await;
    let decision = decide(&mut link, &seven, &EndOptions::default()).await;
    lab.state().has_ids = false;
    lab.state().may_end = false;
    let report = carry_out(&mut link, decision).await;
    assert!(matches!(report.error, Some(Error::NotReported { what: Unreported::Ids, .. })), "{report:?}");
    assert_eq!((report.remaining.len(), report.ended.len(), report.vanished.len()), (1, 0, 0));
    assert!(!report.is_verified);
}

/// A failure here would let one user with an invalid name hide everybody's sessions, or would send another name.
#[tokio::test(start_paused = true)]
async fn a_name_with_an_unpaired_surrogate_hides_nobody_and_is_sent_back_exactly() {
    let broken = wide::from_units([0x62, 0xd83d, 0x62]);
    let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", &broken), ("10.0.0.6", "bob")]);
    let (preview, report) = run(&lab, &Selector::All, &EndOptions::default()).await;
    assert_eq!((preview.to_end.len(), report.ended.len()), (2, 2), "{report:?}");
    let names: Vec<Vec<u16>> = sent(&lab).iter().map(|(_, user)| wide::units(user).collect()).collect();
    assert!(names.contains(&vec![0x62, 0xd83d, 0x62]), "{names:?}");
}

/// A failure here would hide that a user whom nobody selected lost the connection.
#[tokio::test(start_paused = true)]
async fn everybody_on_a_samba_connection_ends_and_is_reported() {
    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.6", "carol")]);
    for user in ["bob", "alice", ""] {
        lab.log_on("10.0.0.5", user, 7);
    }
    lab.log_on("10.0.0.5", "dave", 8);
    let (preview, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
    assert_eq!(preview.may_also_end.len(), 2, "announced: alice and dave may end too");
    assert_eq!(pairs(&report.ended), [("10.0.0.5", "bob")]);
    assert_eq!(pairs(&report.also_ended), [("10.0.0.5", "alice")]);
    assert_eq!(sent(&lab), [pair("10.0.0.5", "bob")]);
}

/// A failure here would not report a session that ends a moment after the selected one.
#[tokio::test(start_paused = true)]
async fn verifying_waits_for_the_rest_of_a_connection() {
    let lab = Lab::new(ServerKind::Samba, &[]);
    lab.log_on("10.0.0.5", "bob", 7);
    lab.log_on("10.0.0.5", "alice", 7);
    lab.state().delay_of_others = Some(Duration::from_millis(30));
    let (_, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
    assert_eq!(
        (pairs(&report.ended), pairs(&report.also_ended)),
        (vec![("10.0.0.5", "bob")], vec![("10.0.0.5", "alice")])
    );
}

/// A failure here would keep the user waiting for each session of a silent server.
#[tokio::test(start_paused = true)]
async fn a_silent_server_gets_two_requests() {
    let names: Vec<_> = (0..50).map(|n| format!("user{n}")).collect();
    let rows: Vec<_> = names.iter().map(|name| ("10.0.0.5", name.as_str())).collect();
    let lab = Lab::new(ServerKind::Samba, &rows);
    lab.state().faults = std::iter::repeat_n(CallFault::Silence { effect_after: None }, 50).collect();
    let (_, report) = run(&lab, &by_client("10.0.0.5"), &EndOptions::default()).await;
    assert_eq!((sent(&lab).len(), report.remaining.len(), report.status), (2, 50, None));
}

/// A failure here would report a failure for two users on one connection, or claim that a request of its own ended the
/// second session: Samba answers "denied" for a session that is already gone.
#[tokio::test(start_paused = true)]
async fn a_denial_for_a_session_that_is_gone_means_that_it_vanished() {
    let lab = Lab::new(ServerKind::Samba, &[]);
    lab.log_on("10.0.0.5", "bob", 7);
    lab.log_on("10.0.0.5", "alice", 7);
    let (_, report) = run(&lab, &by_client("10.0.0.5"), &EndOptions::default()).await;
    assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS));
    assert_eq!(pairs(&report.ended), [("10.0.0.5", "bob")]);
    assert_eq!(pairs(&report.vanished), [("10.0.0.5", "alice")]);
    assert_eq!(report.vanished[0].status, Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND));
}

/// A failure here would call a session ended that a cluster's node still serves: the node freezes between the listing
/// and the request, and the other nodes do not find the session and no longer list it.
#[tokio::test(start_paused = true)]
async fn a_session_that_the_server_no_longer_finds_has_vanished_and_not_ended() {
    for kind in [ServerKind::Samba, ServerKind::Windows] {
        let lab = Lab::new(kind, &[("10.0.0.5", "bob")]);
        let mut link = lab.link().await;
        let decision = decide(&mut link, &by_user("bob"), &EndOptions::default()).await;
        lab.log_off("10.0.0.5");
        let report = carry_out(&mut link, decision).await;
        assert_eq!((report.ended.len(), pairs(&report.vanished).len()), (0, 1), "{kind:?} {report:?}");
        assert_eq!(report.vanished[0].status, Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND));
        assert_eq!((report.status, report.remaining.len()), (Some(Win32Error::NERR_SUCCESS), 0));
    }
}

/// A failure here would call a session ended for which netsession sent no request: it was gone when an old plan listed
/// again.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_gone_before_its_request_has_vanished() {
    let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    let mut link = lab.link().await;
    let decision = decide(&mut link, &by_user("bob"), &EndOptions::default()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    lab.log_off("10.0.0.6");
    let report = carry_out(&mut link, decision).await;
    assert_eq!(sent(&lab).len(), 1);
    assert_eq!(pairs(&report.ended), [("10.0.0.5", "bob")]);
    assert_eq!(pairs(&report.vanished), [("10.0.0.6", "bob")]);
}

/// A failure here would report success to a user who has no right to end sessions, or would make that user wait.
#[tokio::test(start_paused = true)]
async fn a_denial_for_a_session_that_is_still_there_is_a_failure_at_once() {
    for kind in [ServerKind::Samba, ServerKind::Windows] {
        let lab = Lab::new(kind, &[("10.0.0.5", "bob")]);
        lab.state().may_end = false;
        let began = tokio::time::Instant::now();
        let (_, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
        assert_eq!(report.status, Some(Win32Error::ERROR_ACCESS_DENIED));
        assert_eq!(report.remaining[0].status, Some(Win32Error::ERROR_ACCESS_DENIED));
        assert!(report.ended.is_empty());
        assert!(began.elapsed() < Duration::from_millis(1), "nothing to wait for");
    }
}

/// A failure here would end this connection's own session without the option, or keep it with the option.
#[tokio::test(start_paused = true)]
async fn the_own_session_ends_only_with_the_option() {
    for kind in [ServerKind::Samba, ServerKind::Windows] {
        let lab = Lab::new(kind, &[("10.0.0.5", "bob")]);
        let (preview, report) = run(&lab, &Selector::All, &EndOptions::default()).await;
        assert_eq!((preview.spared.len(), pairs(&report.ended)), (1, vec![("10.0.0.5", "bob")]));
        assert_eq!(lab.state().logons, 1, "the connection stays open");

        let lab = Lab::new(kind, &[("10.0.0.5", "bob")]);
        let options = EndOptions { include_self: true, ..EndOptions::default() };
        let (_, report) = run(&lab, &Selector::All, &options).await;
        assert_eq!(
            sent(&lab).last().map(|pair| pair.1.clone()),
            Some("adm1".into()),
            "the own session goes last"
        );
        assert_eq!(lab.state().logons, 2, "verifying takes a new connection");
        assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS), "{report:?}");
        assert_eq!((report.ended.len(), report.returned.len()), (2, 0), "{report:?}");
    }
}

/// A failure here would report a client that reconnects at once as remaining, or as ended for good.
#[tokio::test(start_paused = true)]
async fn a_client_that_reconnects_is_reported_as_returned() {
    let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    lab.state().reconnects_after = Some(Duration::ZERO);
    let (_, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
    assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS));
    assert_eq!(pairs(&report.returned), [("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    assert!(report.ended.is_empty() && report.remaining.is_empty());
}

/// A failure here would ignore the time limit for verifying, or report a session as ended that may remain.
#[tokio::test(start_paused = true)]
async fn a_session_that_may_remain_is_reported_as_remaining() {
    for (effect_after, ended) in [(Duration::from_secs(3), true), (Duration::from_secs(60), false)] {
        let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob")]);
        lab.state().effect_after = effect_after;
        let began = tokio::time::Instant::now();
        let (_, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
        assert_eq!((report.ended.len(), report.remaining.len()), if ended { (1, 0) } else { (0, 1) });
        let took = began.elapsed();
        assert!(took <= Duration::from_millis(5100), "{took:?}");
        assert!(ended || took >= Duration::from_secs(5), "{took:?}");
    }
    // The client reconnects at once, and its new session looks as young as the one that ended.
    let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob")]);
    lab.restart_all_sessions();
    lab.state().reconnects_after = Some(Duration::ZERO);
    let options = EndOptions { verify_timeout: Duration::from_millis(500), ..EndOptions::default() };
    let (_, report) = run(&lab, &by_user("bob"), &options).await;
    assert_eq!((report.returned.len(), report.remaining.len()), (0, 1));
}

/// A failure here would send a request without an answer again, or report it as done or failed.
#[tokio::test(start_paused = true)]
async fn no_answer_in_time_is_unknown_and_never_sent_again() {
    for (effect_after, ended) in [(Some(Duration::from_secs(3)), 1), (None, 0)] {
        let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
        lab.state().faults.push_back(CallFault::Silence { effect_after });
        let (_, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
        assert_eq!(sent(&lab), [pair("10.0.0.5", "bob"), pair("10.0.0.6", "bob")], "each once");
        assert_eq!(report.status, None);
        assert!(matches!(report.error, Some(Error::Unknown { .. })), "{:?}", report.error);
        assert_eq!((report.ended.len(), report.remaining.len()), (1 + ended, 1 - ended));
        let unknown = report.ended.iter().chain(&report.remaining).find(|o| o.session.client == "10.0.0.5");
        assert_eq!(unknown.unwrap().status, None);
    }
}

/// A failure here would report no outcome, or a wrong one, after a connection broke during a call.
#[tokio::test(start_paused = true)]
async fn another_listing_settles_a_broken_connection() {
    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    lab.state().faults.push_back(CallFault::Break { took_effect: true });
    let (_, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
    assert_eq!((report.status, report.ended.len()), (Some(Win32Error::NERR_SUCCESS), 2));
    assert!(report.error.is_none() && lab.state().logons == 2);

    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    lab.state().faults.push_back(CallFault::Break { took_effect: false });
    let (_, report) = run(&lab, &by_user("bob"), &EndOptions::default()).await;
    assert_eq!((report.status, pairs(&report.ended)), (None, vec![("10.0.0.6", "bob")]));
    assert_eq!(pairs(&report.remaining), [("10.0.0.5", "bob")]);
    assert!(matches!(report.error, Some(Error::Disconnected { .. })));
    assert_eq!(sent(&lab).len(), 2, "each once");
}

/// A failure here would count sessions as ended because no listing could verify them.
#[tokio::test(start_paused = true)]
async fn sessions_that_cannot_be_verified_remain() {
    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    let mut link = lab.link().await;
    let decision = decide(&mut link, &by_user("bob"), &EndOptions::default()).await;
    {
        let mut state = lab.state();
        state.faults.push_back(CallFault::Break { took_effect: true });
        state.is_reachable = false;
    }
    let report = carry_out(&mut link, decision).await;
    assert_eq!((report.status, report.ended.len(), report.remaining.len()), (None, 0, 2));
    assert!(!report.is_verified, "nobody knows whether they are gone");
    assert!(report.error.as_ref().is_some_and(Error::is_unknown), "{:?}", report.error);
    assert_eq!(sent(&lab), [pair("10.0.0.5", "bob")]);
}

/// A failure here would hide a request without an answer behind the listing that failed afterwards.
#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_reported_even_if_no_listing_follows() {
    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    let mut link = lab.link().await;
    let decision = decide(&mut link, &by_user("bob"), &EndOptions::default()).await;
    {
        let mut state = lab.state();
        state.faults.push_back(CallFault::Silence { effect_after: None });
        state.is_reachable = false;
    }
    let report = carry_out(&mut link, decision).await;
    assert_eq!((report.status, report.remaining.len()), (None, 2));
    assert!(matches!(report.error, Some(Error::Unknown { .. })), "{:?}", report.error);
}

/// A failure here would send a request over a connection that broke while a person read the preview, and lose it.
#[tokio::test(start_paused = true)]
async fn an_old_plan_lists_again_before_it_sends() {
    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob")]);
    let mut link = lab.link().await;
    let decision = decide(&mut link, &by_user("bob"), &EndOptions::default()).await;
    lab.state().faults.clear();
    tokio::time::sleep(Duration::from_secs(900)).await;
    lab.break_connections();
    let report = carry_out(&mut link, decision).await;
    assert_eq!((report.status, report.ended.len()), (Some(Win32Error::NERR_SUCCESS), 1));
    assert_eq!((sent(&lab).len(), lab.state().logons), (1, 2));
}

/// A failure here would end this connection's own session after it came back from another address, such as through a
/// VPN.
#[tokio::test(start_paused = true)]
async fn a_session_that_becomes_the_own_one_after_a_reconnection_is_spared() {
    for breaks_before in [true, false] {
        for include_self in [false, true] {
            let lab = Lab::new(
                ServerKind::Windows,
                &[("10.0.0.5", "bob"), ("10.8.0.1", "adm1"), ("10.0.0.6", "bob")],
            );
            let mut link = lab.link().await;
            let options = EndOptions { include_self, ..EndOptions::default() };
            let decision = decide(&mut link, &Selector::All, &options).await;
            tokio::time::advance(Duration::from_millis(1)).await;
            lab.state().own_address = [10, 8, 0, 1];
            match breaks_before {
                true => link.disconnect(),
                false => lab.state().faults.push_back(CallFault::Break { took_effect: true }),
            }
            let report = carry_out(&mut link, decision).await;
            let own = pair(r"\\10.8.0.1", "adm1");
            assert_eq!(sent(&lab).contains(&own), include_self, "{:?}", sent(&lab));
            assert!(sent(&lab).contains(&pair(r"\\10.0.0.6", "bob")), "the others end");
            assert_eq!(report.remaining.is_empty(), include_self, "{report:?}");
        }
    }
}

/// A failure here would end sessions at a computer that had no preview, or use its listing: a session that the first
/// computer still serves would count as ended.
#[tokio::test(start_paused = true)]
async fn a_plan_holds_for_the_computer_at_which_it_was_made() {
    for breaks_before in [true, false] {
        let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
        let mut link = lab.link().await;
        let decision = decide(&mut link, &by_user("bob"), &EndOptions::default()).await;
        lab.state().name = "NODE2";
        match breaks_before {
            true => link.disconnect(),
            false => lab.state().faults.push_back(CallFault::Break { took_effect: false }),
        }
        let report = carry_out(&mut link, decision).await;
        assert_eq!(sent(&lab).len(), usize::from(!breaks_before));
        assert_eq!((report.ended.len(), report.remaining.len()), (0, 2), "{report:?}");
        let error = report.error.unwrap();
        assert_eq!(matches!(error, Error::OtherServer { .. }), breaks_before, "{error}");
        assert_eq!(error.is_unknown(), !breaks_before, "{error}");
    }
}

/// A failure here would send or forget an unfinished logon, or report success if there was nothing to end.
#[tokio::test(start_paused = true)]
async fn an_unfinished_logon_is_never_sent_and_remains() {
    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", ""), ("10.0.0.5", "bob")]);
    let (_, report) = run(&lab, &by_client("10.0.0.5"), &EndOptions::default()).await;
    assert_eq!(sent(&lab), [pair("10.0.0.5", "bob")]);
    assert_eq!(
        (report.status, pairs(&report.ended)),
        (Some(Win32Error::NERR_SUCCESS), vec![("10.0.0.5", "bob")])
    );
    assert_eq!((pairs(&report.remaining), report.remaining[0].status), (vec![("10.0.0.5", "")], None));

    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "")]);
    let (preview, report) = run(&lab, &by_client("10.0.0.5"), &EndOptions::default()).await;
    assert_eq!((sent(&lab).len(), preview.cannot_end.len(), report.remaining.len()), (0, 1, 1));
    assert_eq!(report.status, Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND));
}

/// A failure here would hide from a person which files are lost, or show those of somebody who stays.
#[tokio::test(start_paused = true)]
async fn the_open_files_of_the_sessions_to_end_are_listed() {
    let rows = [("10.0.0.5", "bob"), ("10.0.0.6", "bob"), ("10.0.0.7", "alice"), ("10.0.0.8", "carol")];
    for (kind, expected) in [(ServerKind::Samba, [1, 2, 3].as_slice()), (ServerKind::Windows, &[1])] {
        let lab = Lab::new(kind, &rows);
        let held = [
            (1, "BOB", "10.0.0.5"),
            (2, "bob", "10.0.0.6"),
            (3, "bob", "10.0.0.6"),
            (4, "carol", "10.0.0.8"),
        ];
        lab.state().files = held.map(|(id, user, client)| (id, user.into(), client.into())).into();
        let mut link = lab.link().await;
        let decision = decide(&mut link, &by_client("10.0.0.5"), &EndOptions::default()).await;
        let files = super::open_files(&mut link, &decision).await.unwrap();
        let ids: Vec<_> = files.iter().map(|file| file.file.id.0).collect();
        assert_eq!(ids, expected, "{kind:?}: Samba does not report which client of bob holds a file");
        let report = carry_out(&mut link, decision).await;
        assert_eq!(pairs(&report.ended), [("10.0.0.5", "bob")]);
    }
}
