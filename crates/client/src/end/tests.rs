//! Plans carried out against scripted servers, on the tests' clock.

use std::time::Duration;

use super::{EndPlan, EndReport, Outcome, end, plan};
use crate::ops::session_enum::sessions;
use crate::testing::{Habit, Lab, Upset};
use crate::{EndOptions, Error, Selector, Win32Error};

fn by_user(user: &str) -> Selector {
    Selector { user: Some(user.parse().unwrap()), ..Selector::default() }
}

fn by_client(client: &str) -> Selector {
    Selector { client: Some(client.parse().unwrap()), ..Selector::default() }
}

/// Lists, plans and ends.
async fn run(lab: &Lab, selector: Selector, options: EndOptions) -> (EndPlan, EndReport) {
    let mut link = lab.link().await;
    let listed = sessions(&mut link).await.unwrap();
    let plan = plan(&selector, &options, listed, link.facts(), link.shares_fate);
    let report = end(&mut link, plan.clone(), &options).await;
    (plan, report)
}

fn who(outcomes: &[Outcome]) -> Vec<(&str, &str)> {
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

/// If this fails, a name reaches the server in another spelling than the server's own, or more than once.
#[tokio::test(start_paused = true)]
async fn each_pair_is_sent_once_as_the_server_spells_it() {
    let seats = [("10.0.0.5", "Bob"), ("10.0.0.5", "Bob"), ("10.0.0.6", r"CORP\bob"), ("10.0.0.7", "bob")];
    for (habit, prefix) in [(Habit::Samba, ""), (Habit::Windows, r"\\")] {
        let lab = Lab::new(habit, &seats);
        let (_, report) = run(&lab, by_user("BOB"), EndOptions::default()).await;
        assert_eq!(
            sent(&lab),
            [pair(&format!("{prefix}10.0.0.5"), "Bob"), pair(&format!("{prefix}10.0.0.7"), "bob")]
        );
        assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS));
        assert_eq!(who(&report.ended).len(), 3);
        assert_eq!(lab.seats()[0], pair("10.0.0.6", r"CORP\bob"));
        assert!(report.remaining.is_empty() && report.returned.is_empty() && report.also_ended.is_empty());
    }
}

/// If this fails, who lost a connection though nobody meant it is not told.
#[tokio::test(start_paused = true)]
async fn on_samba_everyone_on_the_connection_goes_and_is_reported() {
    let lab = Lab::new(Habit::Samba, &[("10.0.0.6", "carol")]);
    for user in ["bob", "alice", ""] {
        lab.sit("10.0.0.5", user, 7);
    }
    lab.sit("10.0.0.5", "dave", 8);
    let (plan, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
    assert_eq!(plan.goes_along.len(), 2, "said before: alice and dave may go");
    assert_eq!(who(&report.ended), [("10.0.0.5", "bob")]);
    assert_eq!(who(&report.also_ended), [("10.0.0.5", "alice")]);
    assert_eq!(sent(&lab), [pair("10.0.0.5", "bob")]);
}

/// If this fails, who goes along a moment later than what was ended is not told.
#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_a_moment_to_go_is_waited_for() {
    let lab = Lab::new(Habit::Samba, &[]);
    lab.sit("10.0.0.5", "bob", 7);
    lab.sit("10.0.0.5", "alice", 7);
    lab.state().straggler = Some(Duration::from_millis(30));
    let (_, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
    assert_eq!(
        (who(&report.ended), who(&report.also_ended)),
        (vec![("10.0.0.5", "bob")], vec![("10.0.0.5", "alice")])
    );
}

/// If this fails, a server that answers nothing holds the user up for as long as there are sessions.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_not_asked_for_ever() {
    let names: Vec<_> = (0..50).map(|n| format!("user{n}")).collect();
    let seats: Vec<_> = names.iter().map(|name| ("10.0.0.5", name.as_str())).collect();
    let lab = Lab::new(Habit::Samba, &seats);
    lab.state().upsets = std::iter::repeat_n(Upset::Silence { effect_after: None }, 50).collect();
    let (_, report) = run(&lab, by_client("10.0.0.5"), EndOptions::default()).await;
    assert_eq!((sent(&lab).len(), report.remaining.len(), report.status), (2, 50, None));
}

/// If this fails, two users on one connection look like a failure, for Samba denies what is gone already.
#[tokio::test(start_paused = true)]
async fn denied_for_what_is_gone_already_is_not_a_failure() {
    let lab = Lab::new(Habit::Samba, &[]);
    lab.sit("10.0.0.5", "bob", 7);
    lab.sit("10.0.0.5", "alice", 7);
    let (_, report) = run(&lab, by_client("10.0.0.5"), EndOptions::default()).await;
    assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS));
    let statuses: Vec<_> = report.ended.iter().map(|outcome| outcome.status).collect();
    assert_eq!(statuses, [Some(Win32Error::NERR_SUCCESS), Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND)]);
}

/// If this fails, somebody without the right to end sessions is told that they are ended, or waits for nothing.
#[tokio::test(start_paused = true)]
async fn denied_for_what_is_still_there_is_a_failure_at_once() {
    for habit in [Habit::Samba, Habit::Windows] {
        let lab = Lab::new(habit, &[("10.0.0.5", "bob")]);
        lab.state().may_end = false;
        let began = tokio::time::Instant::now();
        let (_, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
        assert_eq!(report.status, Some(Win32Error::ERROR_ACCESS_DENIED));
        assert_eq!(report.remaining[0].status, Some(Win32Error::ERROR_ACCESS_DENIED));
        assert!(report.ended.is_empty());
        assert!(began.elapsed() < Duration::from_millis(1), "nothing to wait for");
    }
}

/// If this fails, the session that does the work can be ended without being told to, or not when told to.
#[tokio::test(start_paused = true)]
async fn the_own_session_goes_only_when_told_to() {
    let all = Selector { all: true, ..Selector::default() };
    for habit in [Habit::Samba, Habit::Windows] {
        let lab = Lab::new(habit, &[("10.0.0.5", "bob")]);
        let (plan, report) = run(&lab, all.clone(), EndOptions::default()).await;
        assert_eq!((plan.spared.len(), who(&report.ended)), (1, vec![("10.0.0.5", "bob")]));
        assert_eq!(lab.state().logons, 1, "the connection lived");

        let lab = Lab::new(habit, &[("10.0.0.5", "bob")]);
        let options = EndOptions { include_self: true, ..EndOptions::default() };
        let (_, report) = run(&lab, all.clone(), options).await;
        assert_eq!(
            sent(&lab).last().map(|pair| pair.1.clone()),
            Some("adm1".into()),
            "the own session goes last"
        );
        assert_eq!(lab.state().logons, 2, "it takes a new connection to look");
        assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS), "{report:?}");
        assert_eq!((report.ended.len(), report.returned.len()), (2, 0), "{report:?}");
    }
}

/// If this fails, a client that connects again at once is taken for one that could not be ended, or for one that stays away.
#[tokio::test(start_paused = true)]
async fn a_session_that_comes_again_is_reported_as_returned() {
    let lab = Lab::new(Habit::Windows, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    lab.state().comes_back_after = Some(Duration::ZERO);
    let (_, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
    assert_eq!(report.status, Some(Win32Error::NERR_SUCCESS));
    assert_eq!(who(&report.returned), [("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    assert!(report.ended.is_empty() && report.remaining.is_empty());
}

/// If this fails, the time limit of the looking is ignored, or what is in doubt is called ended.
#[tokio::test(start_paused = true)]
async fn when_in_doubt_a_session_remains() {
    for (effect_after, ended) in [(Duration::from_secs(3), true), (Duration::from_secs(60), false)] {
        let lab = Lab::new(Habit::Windows, &[("10.0.0.5", "bob")]);
        lab.state().effect_after = effect_after;
        let began = tokio::time::Instant::now();
        let (_, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
        assert_eq!((report.ended.len(), report.remaining.len()), if ended { (1, 0) } else { (0, 1) });
        let took = began.elapsed();
        assert!(took <= Duration::from_millis(5100), "{took:?}");
        assert!(ended || took >= Duration::from_secs(5), "{took:?}");
    }
    // A session that comes again at once, and looks as young as the one that was ended.
    let lab = Lab::new(Habit::Windows, &[("10.0.0.5", "bob")]);
    lab.begin_all_anew();
    lab.state().comes_back_after = Some(Duration::ZERO);
    let options = EndOptions { verify_timeout: Duration::from_millis(500), ..EndOptions::default() };
    let (_, report) = run(&lab, by_user("bob"), options).await;
    assert_eq!((report.returned.len(), report.remaining.len()), (0, 1));
}

/// If this fails, a call without an answer is sent a second time, or reported as done or failed.
#[tokio::test(start_paused = true)]
async fn no_answer_in_time_is_unknown_and_never_sent_again() {
    for (effect_after, ended) in [(Some(Duration::from_secs(3)), 1), (None, 0)] {
        let lab = Lab::new(Habit::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
        lab.state().upsets.push_back(Upset::Silence { effect_after });
        let (_, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
        assert_eq!(sent(&lab), [pair("10.0.0.5", "bob"), pair("10.0.0.6", "bob")], "each once");
        assert_eq!(report.status, None);
        assert!(matches!(report.error, Some(Error::Unknown { .. })), "{:?}", report.error);
        assert_eq!((report.ended.len(), report.remaining.len()), (1 + ended, 1 - ended));
        let unknown = report.ended.iter().chain(&report.remaining).find(|o| o.session.client == "10.0.0.5");
        assert_eq!(unknown.unwrap().status, None);
    }
}

/// If this fails, a connection that breaks in the middle of a call leaves the user without an answer, or with a guess.
#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_a_question_answered_by_listing_again() {
    let lab = Lab::new(Habit::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    lab.state().upsets.push_back(Upset::Break { took_effect: true });
    let (_, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
    assert_eq!((report.status, report.ended.len()), (Some(Win32Error::NERR_SUCCESS), 2));
    assert!(report.error.is_none() && lab.state().logons == 2);

    let lab = Lab::new(Habit::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    lab.state().upsets.push_back(Upset::Break { took_effect: false });
    let (_, report) = run(&lab, by_user("bob"), EndOptions::default()).await;
    assert_eq!((report.status, who(&report.ended)), (None, vec![("10.0.0.6", "bob")]));
    assert_eq!(who(&report.remaining), [("10.0.0.5", "bob")]);
    assert!(matches!(report.error, Some(Error::Disconnected { .. })));
    assert_eq!(sent(&lab).len(), 2, "each once");
}

/// If this fails, sessions count as ended because nobody could look.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_seen_remains() {
    let lab = Lab::new(Habit::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    let mut link = lab.link().await;
    let listed = sessions(&mut link).await.unwrap();
    let plan = plan(&by_user("bob"), &EndOptions::default(), listed, link.facts(), link.shares_fate);
    {
        let mut state = lab.state();
        state.upsets.push_back(Upset::Break { took_effect: true });
        state.is_reachable = false;
    }
    let report = end(&mut link, plan, &EndOptions::default()).await;
    assert_eq!((report.status, report.ended.len(), report.remaining.len()), (None, 0, 2));
    assert!(report.error.as_ref().is_some_and(Error::is_unknown), "{:?}", report.error);
    assert_eq!(sent(&lab), [pair("10.0.0.5", "bob")]);
}

/// If this fails, that a call got no answer is hidden by why nobody could look afterwards.
#[tokio::test(start_paused = true)]
async fn an_unanswered_call_is_told_where_nobody_can_look_either() {
    let lab = Lab::new(Habit::Samba, &[("10.0.0.5", "bob"), ("10.0.0.6", "bob")]);
    let mut link = lab.link().await;
    let listed = sessions(&mut link).await.unwrap();
    let plan = plan(&by_user("bob"), &EndOptions::default(), listed, link.facts(), link.shares_fate);
    {
        let mut state = lab.state();
        state.upsets.push_back(Upset::Silence { effect_after: None });
        state.is_reachable = false;
    }
    let report = end(&mut link, plan, &EndOptions::default()).await;
    assert_eq!((report.status, report.remaining.len()), (None, 2));
    assert!(matches!(report.error, Some(Error::Unknown { .. })), "{:?}", report.error);
}

/// If this fails, a call is sent over a connection that died while the user was thinking, and is lost.
#[tokio::test(start_paused = true)]
async fn a_stale_connection_is_tried_before_anything_is_sent() {
    let lab = Lab::new(Habit::Samba, &[("10.0.0.5", "bob")]);
    let mut link = lab.link().await;
    let listed = sessions(&mut link).await.unwrap();
    let plan = plan(&by_user("bob"), &EndOptions::default(), listed, link.facts(), link.shares_fate);
    lab.state().upsets.clear();
    tokio::time::sleep(Duration::from_secs(900)).await;
    lab.hang_up();
    let report = end(&mut link, plan, &EndOptions::default()).await;
    assert_eq!((report.status, report.ended.len()), (Some(Win32Error::NERR_SUCCESS), 1));
    assert_eq!((sent(&lab).len(), lab.state().logons), (1, 2));
}

/// If this fails, a half-done logon is sent or forgotten, or nothing to end is called done.
#[tokio::test(start_paused = true)]
async fn a_half_done_logon_is_never_sent_and_remains() {
    let lab = Lab::new(Habit::Samba, &[("10.0.0.5", ""), ("10.0.0.5", "bob")]);
    let (_, report) = run(&lab, by_client("10.0.0.5"), EndOptions::default()).await;
    assert_eq!(sent(&lab), [pair("10.0.0.5", "bob")]);
    assert_eq!(
        (report.status, who(&report.ended)),
        (Some(Win32Error::NERR_SUCCESS), vec![("10.0.0.5", "bob")])
    );
    assert_eq!((who(&report.remaining), report.remaining[0].status), (vec![("10.0.0.5", "")], None));

    let lab = Lab::new(Habit::Samba, &[("10.0.0.5", "")]);
    let (plan, report) = run(&lab, by_client("10.0.0.5"), EndOptions::default()).await;
    assert_eq!((sent(&lab).len(), plan.not_logged_in.len(), report.remaining.len()), (0, 1, 1));
    assert_eq!(report.status, Some(Win32Error::NERR_CLIENT_NAME_NOT_FOUND));
}
