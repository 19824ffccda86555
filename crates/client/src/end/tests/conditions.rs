//! Selectors that can select one of two sessions of a pair.

use super::*;

/// Selects the sessions of bob that are connected for longer.
fn bob_over(seconds: u64) -> Selector {
    let users = vec!["bob".parse().unwrap()];
    let connected_over = Some(Duration::from_secs(seconds));
    Selector::filter(SessionFilter { users, connected_over, ..SessionFilter::default() }).unwrap()
}

/// A failure here would let an attacker evade a rule by a second connection, or end a fresh session that nobody selected.
#[tokio::test(start_paused = true)]
async fn a_condition_ends_single_sessions_where_the_server_gives_ids() {
    let (lab, _) = lab_with_ids();
    lab.move_id(8, Duration::from_secs(5));
    let (preview, report) = run(&lab, &bob_over(30), &EndOptions::default()).await;
    assert!(preview.is_by_id && preview.spared.is_empty() && preview.to_end.len() == 2, "{preview:?}");
    assert_eq!(report.ended.len(), 2);
    assert!(report.remaining.is_empty() && report.error.is_none(), "{report:?}");
    assert_eq!(lab.sessions()[0], pair("10.0.0.5", "bob"), "the fresh one stays");
}

/// A failure here would report success, or that nothing matches, although selected sessions stay.
#[tokio::test(start_paused = true)]
async fn selected_sessions_that_a_server_cannot_end_alone_remain_with_an_error() {
    for alice_too in [false, true] {
        let lab = Lab::new(ServerKind::Windows, &[]);
        lab.log_on("10.0.0.5", "bob", 7);
        lab.log_on("10.0.0.5", "bob", 8);
        lab.move_id(8, Duration::from_secs(5));
        if alice_too {
            lab.log_on("10.0.0.6", "bob", 9);
        }
        let (preview, report) = run(&lab, &bob_over(30), &EndOptions::default()).await;
        assert!(!preview.matches_nothing() && preview.left_out_error("fs1").is_some(), "{preview:?}");
        assert_eq!(report.ended.len(), usize::from(alice_too));
        assert_eq!(report.remaining.len(), 1, "{report:?}");
        assert_eq!(report.remaining[0].unsent, Some(Unsent::Inseparable));
        assert_eq!(report.status, Some(Win32Error::ERROR_NOT_SUPPORTED));
        assert!(matches!(report.error, Some(Error::LeftOut { count: 1, .. })), "{report:?}");
        assert!(report.refusal("fs1").is_none(), "the server refused nothing");
    }
}

/// A failure here would name a session as remaining that is gone, because its user came back while a person read the preview.
#[tokio::test(start_paused = true)]
async fn a_session_whose_client_came_back_before_the_request_has_returned() {
    for kind in [ServerKind::Samba, ServerKind::Windows] {
        let lab = Lab::new(kind, &[]);
        lab.log_on("10.0.0.5", "bob", 7);
        let mut link = lab.link().await;
        let decision = decide(&mut link, &bob_over(30), &EndOptions::default()).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        lab.end_connection(7);
        lab.log_on("10.0.0.5", "bob", 8);
        lab.move_id(8, Duration::from_secs(2));
        let report = carry_out(&mut link, decision).await;
        assert!(sent(&lab).is_empty(), "{report:?}");
        assert_eq!((report.returned.len(), report.remaining.len()), (1, 0), "{report:?}");
    }
}

/// A failure here would end a session that the user has begun to use again, or hide why it stays.
#[tokio::test(start_paused = true)]
async fn a_fresh_session_beside_a_planned_one_spares_both_and_says_why() {
    let lab = Lab::new(ServerKind::Windows, &[]);
    lab.log_on("10.0.0.5", "bob", 7);
    let mut link = lab.link().await;
    let decision = decide(&mut link, &bob_over(30), &EndOptions::default()).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    lab.log_on("10.0.0.5", "bob", 8);
    lab.move_id(8, Duration::from_secs(2));
    let report = carry_out(&mut link, decision).await;
    assert!(sent(&lab).is_empty(), "{report:?}");
    assert_eq!(report.remaining[0].unsent, Some(Unsent::Inseparable), "{report:?}");
    assert!(matches!(report.error, Some(Error::LeftOut { .. })), "{report:?}");
}

/// A failure here would end sessions that began while netsession ended others, and that nobody selected.
#[tokio::test(start_paused = true)]
async fn a_fresh_session_that_comes_during_the_ending_is_spared() {
    let rows = [("10.0.0.5", "bob"), ("10.0.0.6", "bob"), ("10.0.0.7", "bob"), ("10.0.0.8", "bob")];
    let lab = Lab::new(ServerKind::Windows, &rows);
    lab.state().end_takes = Duration::from_secs(2);
    let fresh = async {
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        lab.log_on("10.0.0.8", "bob", 8);
        lab.move_id(8, Duration::ZERO);
        lab.log_off("10.0.0.7");
        lab.log_on("10.0.0.7", "bob", 9);
        lab.move_id(9, Duration::ZERO);
    };
    let (selector, options) = (bob_over(30), EndOptions::default());
    let ((_, report), ()) = tokio::join!(run(&lab, &selector, &options), fresh);
    assert_eq!(sent(&lab).len(), 2, "{:?}", sent(&lab));
    assert_eq!(pairs(&report.ended), [("10.0.0.5", "bob"), ("10.0.0.6", "bob")], "{report:?}");
    assert_eq!(pairs(&report.returned), [("10.0.0.7", "bob")]);
    assert_eq!(pairs(&report.remaining), [("10.0.0.8", "bob")]);
    assert_eq!(report.remaining[0].unsent, Some(Unsent::Inseparable));
    assert_eq!(lab.sessions().len(), 3, "{:?}", lab.sessions());
}

/// A failure here would end a session that began between the plan and an answer within a second, and count it as nothing.
#[tokio::test(start_paused = true)]
async fn a_fresh_session_beside_a_plan_of_this_second_is_spared() {
    let lab = Lab::new(ServerKind::Samba, &[("10.0.0.5", "bob")]);
    let mut link = lab.link().await;
    let decision = decide(&mut link, &bob_over(30), &EndOptions::default()).await;
    lab.log_on("10.0.0.5", "bob", 8);
    lab.move_id(8, Duration::ZERO);
    let report = carry_out(&mut link, decision).await;
    assert!(sent(&lab).is_empty(), "{report:?}");
    assert_eq!(report.remaining[0].unsent, Some(Unsent::Inseparable), "{report:?}");
}
