//! Runs decisions about files against scripted servers, on the tests' clock.

use std::time::Duration;

use super::{ClosePreview, CloseReport, CloseResult, FileSelection, carry_out, decide};
use crate::testing::{CallFault, Lab, ServerKind};
use crate::{FileFilter, FileId, OpenFile, Win32Error};

/// A server with these open files: id and user.
fn lab(kind: ServerKind, files: &[(u32, &str)]) -> Lab {
    let lab = Lab::new(kind, &[("10.0.0.5", "bob"), ("10.0.0.6", "alice")]);
    open(&lab, files);
    lab
}

fn open(lab: &Lab, files: &[(u32, &str)]) {
    lab.state().files = self::files(files);
}

fn files(files: &[(u32, &str)]) -> Vec<(u32, String, String)> {
    files.iter().map(|(id, user)| (*id, (*user).into(), "10.0.0.5".into())).collect()
}

fn by_id(ids: &[u32]) -> FileSelection {
    FileSelection::Ids(ids.iter().copied().map(FileId).collect())
}

fn ids(files: &[OpenFile]) -> Vec<u32> {
    files.iter().map(|file| file.id.0).collect()
}

async fn run(lab: &Lab, selection: &FileSelection) -> (ClosePreview, CloseReport) {
    let mut link = lab.link().await;
    let decision = decide(&mut link, selection).await.unwrap();
    let preview = decision.preview().clone();
    (preview, carry_out(&mut link, decision).await)
}

fn results(report: &CloseReport) -> Vec<(u32, CloseResult, Option<u32>)> {
    let row = |outcome: &super::CloseOutcome| {
        (outcome.file.id.0, outcome.result, outcome.status.map(|code| code.0))
    };
    report.outcomes.iter().map(row).collect()
}

/// A failure here would close files that nobody selected, or leave selected ones open.
#[tokio::test(start_paused = true)]
async fn the_selected_files_are_closed_and_no_others() {
    for kind in [ServerKind::Samba, ServerKind::Windows] {
        let files = [(1, "bob"), (2, "alice"), (3, "bob"), (u32::MAX, "bob")];
        let server = lab(kind, &files);
        let (preview, report) = run(&server, &by_id(&[u32::MAX, 2, 77, 77, 2])).await;
        assert_eq!((ids(preview.to_close()), preview.not_open()), (vec![2, u32::MAX], &[FileId(77)][..]));
        assert_eq!(report.closed().count(), 2);
        assert_eq!((report.remaining().count(), report.unknown().count()), (0, 0));
        assert_eq!(server.state().closes, [2, u32::MAX]);

        let server = lab(kind, &files);
        let user = FileFilter { users: vec!["bob".parse().unwrap()], ..FileFilter::default() };
        let (_, report) = run(&server, &FileSelection::Matching(user)).await;
        assert_eq!(results(&report).len(), 3);
        assert_eq!(server.state().closes, [1, 3, u32::MAX]);
        assert_eq!(server.state().files.len(), 1);
    }
}

/// A failure here would close another user's file that has the id of a listed one: a restarted server can begin its numbers again.
#[tokio::test(start_paused = true)]
async fn a_listed_file_is_selected_only_with_its_path_and_user() {
    for kind in [ServerKind::Samba, ServerKind::Windows] {
        let server = lab(kind, &[(1, "bob"), (2, "bob"), (3, "bob"), (4, "bob"), (5, "bob")]);
        let mut link = server.link().await;
        let mut before =
            decide(&mut link, &by_id(&[1, 2, 3, 4])).await.unwrap().preview().to_close().to_vec();
        for file in before.iter_mut().filter(|file| file.id.0 == 3) {
            file.path.push_str(".old");
        }
        open(&server, &[(1, "alice"), (2, "bob"), (3, "bob"), (5, "bob")]);
        let (preview, report) = run(&server, &FileSelection::Listed(before)).await;
        assert_eq!((ids(preview.to_close()), ids(preview.reused())), (vec![2], vec![1, 3]));
        assert_eq!(preview.not_open(), [FileId(4)]);
        assert_eq!(report.closed().count(), 1);
        assert_eq!(server.state().closes, [2]);
    }
}

/// A failure here would close every open file of a server if a caller leaves everything out.
#[tokio::test(start_paused = true)]
async fn a_filter_without_parts_selects_nothing() {
    let server = lab(ServerKind::Samba, &[(1, "bob")]);
    let nothing =
        [FileSelection::Matching(FileFilter::default()), by_id(&[]), FileSelection::Listed(Vec::new())];
    for selection in nothing {
        let (preview, report) = run(&server, &selection).await;
        assert!(preview.matches_nothing() && report.outcomes.is_empty() && report.error.is_none());
    }
    assert!(server.state().closes.is_empty());
}

/// A failure here would close a file of somebody else who happens to have the same id.
#[tokio::test(start_paused = true)]
async fn an_id_that_is_listed_twice_is_refused_with_all_its_rows() {
    let server = lab(ServerKind::Samba, &[(1, "bob"), (1, "alice"), (2, "bob")]);
    let user = FileFilter { users: vec!["bob".parse().unwrap()], ..FileFilter::default() };
    for selection in [by_id(&[1, 2]), FileSelection::Matching(user)] {
        open(&server, &[(1, "bob"), (1, "alice"), (2, "bob")]);
        let (preview, report) = run(&server, &selection).await;
        assert_eq!((ids(preview.to_close()), ids(preview.ambiguous())), (vec![2], vec![1, 1]));
        assert!(preview.not_open().is_empty());
        let not_sent = (1, CloseResult::NotSent, None);
        assert_eq!(results(&report), [(2, CloseResult::Closed, Some(0)), not_sent, not_sent]);
    }
    assert_eq!(server.state().closes, [2, 2]);
}

/// A failure here would report a file as still open if Samba closed it but answered "no such file", or as closed by
/// netsession if another server did not find it.
#[tokio::test(start_paused = true)]
async fn another_listing_tells_whether_a_file_is_closed() {
    let not_found = Win32Error::NERR_FILE_ID_NOT_FOUND.0;
    for (kind, result, status) in
        [(ServerKind::Samba, CloseResult::Closed, 0), (ServerKind::Windows, CloseResult::Vanished, not_found)]
    {
        let server = lab(kind, &[(1, "bob")]);
        server.state().denies_closing = true;
        let (_, report) = run(&server, &by_id(&[1])).await;
        assert_eq!(results(&report), [(1, result, Some(status))]);
        assert!(report.outcomes[0].error.is_none());
    }
}

/// The bob of 10.0.0.5 has file 1 open, and after a minute these files: id, the id of the same path, user and client.
async fn after_a_minute(now: &[(u32, u32, &str, &str)]) -> (Lab, CloseReport) {
    let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob")]);
    server.state().same_paths.insert(2, 1);
    let mut link = server.link().await;
    let decision = decide(&mut link, &by_id(&[1])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    {
        let mut state = server.state();
        state.files =
            now.iter().map(|(id, _, user, client)| (*id, (*user).into(), (*client).into())).collect();
        state.same_paths.extend(now.iter().map(|(id, path, ..)| (*id, *path)));
    }
    let report = carry_out(&mut link, decision).await;
    (server, report)
}

/// A failure here would tell a person that a file is closed which the same user still holds under another id.
#[tokio::test(start_paused = true)]
async fn a_file_that_was_closed_and_opened_again_before_the_request_is_told() {
    let other = "10.0.0.6";
    for (now, again) in [
        (&[][..], None),
        (&[(13, 1, "bob", "10.0.0.5")], Some(13)),
        (&[(13, 1, "BOB", "10.0.0.5")], Some(13)),
        // Another path, another user, an open that was there before, and another client.
        (&[(13, 13, "bob", "10.0.0.5")], None),
        (&[(13, 1, "alice", other)], None),
        (&[(2, 1, "bob", "10.0.0.5")], None),
    ] {
        let (server, report) = after_a_minute(now).await;
        assert_eq!(results(&report), [(1, CloseResult::Vanished, Some(2314))], "{now:?}");
        assert_eq!(report.outcomes[0].open_again_as, again.map(FileId), "{now:?}");
        assert_eq!(
            (report.vanished().count(), report.closed().count(), report.remaining().count()),
            (1, 0, 0)
        );
        assert!(server.state().closes.is_empty() && report.error.is_none());
    }
}

/// A failure here would take the new file of another client of the same user for the one that the client held.
#[tokio::test(start_paused = true)]
async fn another_clients_file_is_not_the_same_one() {
    for (client, again) in [("10.0.0.5", Some(FileId(13))), ("10.0.0.7", None)] {
        let server = lab(ServerKind::Windows, &[(1, "bob")]);
        server.log_on("10.0.0.7", "bob", 77);
        let mut link = server.link().await;
        let decision = decide(&mut link, &by_id(&[1])).await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        server.state().files = vec![(13, "bob".into(), client.into())];
        server.state().same_paths.insert(13, 1);
        let report = carry_out(&mut link, decision).await;
        assert_eq!(report.outcomes[0].open_again_as, again, "{client}");
    }
}

/// A failure here would hide that the user's program opens a file again as soon as netsession has closed it.
#[tokio::test(start_paused = true)]
async fn a_closed_file_that_is_open_again_is_told() {
    let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob")]);
    server.state().close_takes = Duration::from_millis(500);
    let mut link = server.link().await;
    let decision = decide(&mut link, &by_id(&[1, 2])).await.unwrap();
    let opened = async {
        tokio::time::sleep(Duration::from_millis(800)).await;
        server.state().same_paths.insert(13, 1);
        open(&server, &[(2, "bob"), (13, "bob")]);
    };
    let (report, ()) = tokio::join!(carry_out(&mut link, decision), opened);
    assert_eq!(results(&report), [(1, CloseResult::Closed, Some(0)), (2, CloseResult::Closed, Some(0))]);
    let again: Vec<_> = report.outcomes.iter().map(|outcome| outcome.open_again_as).collect();
    assert_eq!(again, [Some(FileId(13)), None]);
}

/// A failure here would report a file as closed for which netsession sent no request, because nothing was verified.
#[tokio::test(start_paused = true)]
async fn an_ambiguous_file_stays_open_though_the_others_are_gone() {
    let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob")]);
    let mut link = server.link().await;
    let decision = decide(&mut link, &by_id(&[1, 2])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    open(&server, &[(2, "bob"), (2, "alice")]);
    let report = carry_out(&mut link, decision).await;
    assert_eq!(results(&report), [(1, CloseResult::Vanished, Some(2314)), (2, CloseResult::NotSent, None)]);
    assert!(server.state().closes.is_empty());
}

/// A failure here would close another user's file that got the same id before a person confirmed the plan.
#[tokio::test(start_paused = true)]
async fn an_old_plan_closes_no_reused_id() {
    let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob"), (3, "bob")]);
    let mut link = server.link().await;
    let decision = decide(&mut link, &by_id(&[1, 2, 3])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    open(&server, &[(1, "alice"), (2, "bob"), (3, "bob"), (3, "alice")]);
    let report = carry_out(&mut link, decision).await;
    let gone = Win32Error::NERR_FILE_ID_NOT_FOUND.0;
    assert_eq!(
        results(&report),
        [
            (1, CloseResult::Vanished, Some(gone)),
            (2, CloseResult::Closed, Some(0)),
            (3, CloseResult::NotSent, None)
        ]
    );
    assert_eq!(server.state().closes, [2]);
}

/// A failure here would close another user's file that got its id while netsession closed earlier files of the plan.
#[tokio::test(start_paused = true)]
async fn a_long_plan_closes_no_id_that_is_reused_meanwhile() {
    let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob"), (3, "bob"), (4, "bob")]);
    server.state().close_takes = Duration::from_millis(800);
    let mut link = server.link().await;
    let decision = decide(&mut link, &by_id(&[1, 2, 3, 4])).await.unwrap();
    let reused = async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        open(&server, &[(3, "alice"), (4, "bob")]);
    };
    let (report, ()) = tokio::join!(carry_out(&mut link, decision), reused);
    assert_eq!(server.state().closes, [1, 2, 4]);
    assert_eq!(report.outcomes[2].status, Some(Win32Error::NERR_FILE_ID_NOT_FOUND));
    assert_eq!(server.state().files.len(), 1, "alice's file stays open");
}

/// A failure here would close a file of another computer that has the same id: each computer numbers its own files.
#[tokio::test(start_paused = true)]
async fn a_plan_closes_nothing_at_another_computer_or_over_another_connection_unseen() {
    for (name, closes) in [("NODE2", vec![1]), ("LABSRV", vec![1, 3])] {
        let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob"), (3, "bob")]);
        let mut link = server.link().await;
        let decision = decide(&mut link, &by_id(&[1, 2, 3])).await.unwrap();
        server.state().faults.push_back(CallFault::Break { took_effect: true });
        server.state().name = name;
        server.state().files_after_break = Some(files(&[(2, "alice"), (3, "bob")]));
        tokio::time::advance(Duration::from_millis(1)).await;
        let report = carry_out(&mut link, decision).await;
        assert_eq!(server.state().closes, closes, "{name}");
        let is_other = matches!(report.error, Some(crate::Error::OtherServer { .. }));
        assert_eq!(is_other, name == "NODE2", "{:?}", report.error);
    }
}

/// A failure here would send a close without an answer again, report it as failed, or wait for each of many files.
#[tokio::test(start_paused = true)]
async fn a_silent_server_gets_two_requests() {
    let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob"), (3, "bob"), (4, "bob")]);
    server.state().faults = [CallFault::Silence { effect_after: None }; 4].into();
    let (_, report) = run(&server, &by_id(&[1, 2, 3, 4])).await;
    assert_eq!(server.state().closes, [1, 2]);
    use CloseResult::{NotSent, StillOpen};
    let expected = [(1, StillOpen, None), (2, StillOpen, None), (3, NotSent, None), (4, NotSent, None)];
    assert_eq!(results(&report), expected);
    assert!(report.outcomes[0].error.as_ref().is_some_and(crate::Error::is_unknown));
}

/// A failure here would count a file as closed though no listing could verify it.
#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_verified_is_unknown() {
    let server = lab(ServerKind::Windows, &[(1, "bob"), (2, "bob")]);
    let mut link = server.link().await;
    let decision = decide(&mut link, &by_id(&[1, 2])).await.unwrap();
    {
        let mut state = server.state();
        state.faults.push_back(CallFault::Break { took_effect: true });
        state.is_reachable = false;
    }
    let report = carry_out(&mut link, decision).await;
    assert_eq!((report.unknown().count(), report.remaining().count(), report.closed().count()), (1, 1, 0));
    assert_eq!(report.outcomes[0].status, None, "the server may have carried it out");
    assert!(report.error.is_some());
}
