//! Runs observers at scripted servers, on the tests' clock.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::timeout;

use super::{Change, ChangeOutcome, Observer, Observers};
use crate::close;
use crate::end;
use crate::link::Link;
use crate::ops::session_del::session_del;
use crate::ops::{file_close::file_close, file_enum, session_enum};
use crate::testing::{CallFault, Lab, ServerKind};
use crate::{EndOptions, Error, FileFilter, FileId, FileSelection, Refusal, Selector, Win32Error};

/// Records each event, and how many requests the server had received before it.
struct Recorder {
    lab: Lab,
    refuses: bool,
    seen: Mutex<Vec<String>>,
}

impl Recorder {
    async fn at(lab: &Lab, refuses: bool) -> (Link<Lab>, Arc<Self>) {
        let mut link = lab.link().await;
        let recorder = Self::add(&mut link, lab, refuses);
        (link, recorder)
    }

    fn add(link: &mut Link<Lab>, lab: &Lab, refuses: bool) -> Arc<Self> {
        let recorder = Arc::new(Self { lab: lab.clone(), refuses, seen: Mutex::default() });
        link.observe(Arc::clone(&recorder) as Arc<dyn Observer>);
        recorder
    }

    fn note(&self, text: &str) {
        let sent = requests(&self.lab);
        self.seen.lock().unwrap().push(format!("{text} at {sent}"));
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// How many changing requests the server got.
fn requests(lab: &Lab) -> usize {
    let state = lab.state();
    state.deleted.len() + state.closes.len()
}

fn short(change: &Change) -> String {
    match change {
        Change::EndSessions { server, client, user } => {
            let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "any".into());
            format!("{server}: end {} {}", name(client), name(user))
        }
        Change::CloseFile { server, id } => format!("{server}: close {id}"),
        Change::AddShare { server, name, path } => format!("{server}: share {path} as {name}"),
        Change::SetShare { server, name, level, .. } => format!("{server}: set {name} at level {level}"),
        Change::DeleteShare { server, name } => format!("{server}: stop sharing {name}"),
        Change::SetServer { server, level, .. } => format!("{server}: set at level {level}"),
        Change::SetAccount { server, name, is_disabled, .. } => {
            format!("{server}: account {name} disabled: {is_disabled}")
        }
    }
}

impl Observer for Recorder {
    fn before(&self, change: &Change) -> Result<(), Refusal> {
        self.note(&short(change));
        match self.refuses {
            true => Err(Refusal::new(Win32Error::ERROR_ACCESS_DENIED, "not today")),
            false => Ok(()),
        }
    }

    fn after(&self, _: &Change, outcome: &ChangeOutcome<'_>) {
        let text = match outcome {
            ChangeOutcome::Answered(code) => format!("answered {}", code.0),
            ChangeOutcome::Unknown(error) => {
                format!("unknown, {}", if error.is_some() { "error" } else { "dropped" })
            }
            ChangeOutcome::Failed(error) => {
                format!("failed, {}", if error.is_some() { "error" } else { "dropped" })
            }
            ChangeOutcome::Refused(refusal) => format!("refused: {refusal}"),
        };
        self.note(&text);
    }
}

fn lab() -> Lab {
    let lab = Lab::new(ServerKind::Windows, &[("10.0.0.5", "bob"), ("10.0.0.6", "alice")]);
    lab.state().files = vec![(1, "bob".into(), "10.0.0.5".into()), (2, "bob".into(), "10.0.0.5".into())];
    lab
}

/// A failure here would journal a change only after netsession sent it, or with other names than netsession sent.
#[tokio::test(start_paused = true)]
async fn every_change_is_seen_before_it_is_sent_and_afterwards() {
    let lab = lab();
    let (mut link, recorder) = Recorder::at(&lab, false).await;
    session_del(&mut link, None, Some("alice")).await.unwrap();
    session_del(&mut link, Some(r"\\10.0.0.9"), Some("nobody")).await.unwrap_err();
    let listed = session_enum::sessions(&mut link).await.unwrap();
    let user = Selector::User("bob".parse().unwrap());
    let decision = end::Decision::make(&user, &EndOptions::default(), listed, link.facts(), false);
    end::carry_out(&mut link, decision).await;
    file_close(&mut link, FileId(1)).await.unwrap();
    let decision = close::decide(&mut link, &FileSelection::Ids(vec![FileId(2)])).await.unwrap();
    close::carry_out(&mut link, decision).await;
    assert_eq!(
        recorder.seen(),
        [
            "labsrv: end any alice at 0",
            "answered 0 at 1",
            r"labsrv: end \\10.0.0.9 nobody at 1",
            "answered 2312 at 2",
            r"labsrv: end \\10.0.0.5 bob at 2",
            "answered 0 at 3",
            "labsrv: close 1 at 3",
            "answered 0 at 4",
            "labsrv: close 2 at 4",
            "answered 0 at 5",
        ]
    );
}

/// A failure here would send a change that an observer refused.
#[tokio::test(start_paused = true)]
async fn a_refusal_sends_nothing() {
    let lab = lab();
    let (mut link, agrees) = Recorder::at(&lab, false).await;
    let refuses = Recorder::add(&mut link, &lab, true);
    let last = Recorder::add(&mut link, &lab, false);
    let error = session_del(&mut link, None, Some("bob")).await.unwrap_err();
    assert!(matches!(error, Error::Vetoed { .. }), "{error}");
    assert_eq!(error.win32(), Win32Error::ERROR_ACCESS_DENIED);
    assert!(error.to_string().contains("not today") && !error.is_unknown());
    assert_eq!(agrees.seen(), ["labsrv: end any bob at 0", "refused: not today at 0"]);
    assert_eq!((refuses.seen().len(), last.seen().len()), (1, 0));

    let listed = session_enum::sessions(&mut link).await.unwrap();
    let decision = end::Decision::make(&Selector::All, &EndOptions::default(), listed, link.facts(), false);
    let report = end::carry_out(&mut link, decision).await;
    assert_eq!((report.remaining.len(), report.ended.len()), (2, 0));
    assert_eq!(report.status, Some(Win32Error::ERROR_ACCESS_DENIED));
    file_close(&mut link, FileId(1)).await.unwrap_err();
    assert_eq!(requests(&lab), 0);
    assert_eq!(lab.state().logons, 1, "the connection stays usable");
}

/// Refuses to end the sessions of alice.
struct SparesAlice;

impl Observer for SparesAlice {
    fn before(&self, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::EndSessions { user: Some(user), .. } if user == "alice" => {
                Err(Refusal::new(Win32Error::ERROR_ACCESS_DENIED, "alice stays"))
            }
            _ => Ok(()),
        }
    }

    fn after(&self, _: &Change, _: &ChangeOutcome<'_>) {}
}

/// A failure here would leave an attacker connected because an observer refuses to end another session.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_one_request_stops_no_other() {
    let lab = Lab::new(ServerKind::Windows, &[("10.0.0.6", "alice"), ("10.0.0.5", "bob")]);
    let mut link = lab.link().await;
    link.observe(Arc::new(SparesAlice));
    let listed = session_enum::sessions(&mut link).await.unwrap();
    let decision = end::Decision::make(&Selector::All, &EndOptions::default(), listed, link.facts(), false);
    let report = end::carry_out(&mut link, decision).await;
    assert_eq!((report.ended.len(), report.remaining.len()), (1, 1), "{report:?}");
    assert_eq!((requests(&lab), report.status), (1, Some(Win32Error::ERROR_ACCESS_DENIED)));
    assert!(matches!(report.error, Some(Error::Vetoed { .. })), "{report:?}");
}

/// A failure here would report a change that the server may have carried out as failed, or not at all.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_reported_as_unknown() {
    for fault in [CallFault::Silence { effect_after: None }, CallFault::Break { took_effect: true }] {
        let lab = lab();
        lab.state().faults.push_back(fault);
        let (mut link, recorder) = Recorder::at(&lab, false).await;
        drop(session_del(&mut link, None, Some("bob")).await);
        assert_eq!(recorder.seen(), ["labsrv: end any bob at 0", "unknown, error at 1"], "{fault:?}");
    }
}

/// A failure here would lose the outcome of a change if the program drops the call's future.
#[tokio::test(start_paused = true)]
async fn a_dropped_future_is_reported_as_unknown() {
    let lab = lab();
    lab.state().faults.push_back(CallFault::Silence { effect_after: None });
    let (mut link, recorder) = Recorder::at(&lab, false).await;
    let call = session_del(&mut link, None, Some("bob"));
    assert!(timeout(Duration::from_secs(1), call).await.is_err());
    assert_eq!(recorder.seen(), ["labsrv: end any bob at 0", "unknown, dropped at 1"]);
}

/// A failure here would report a change as unknown that certainly never reached the server.
#[tokio::test(start_paused = true)]
async fn a_request_that_was_never_sent_has_failed() {
    let lab = lab();
    let (mut link, recorder) = Recorder::at(&lab, false).await;
    link.disconnect();
    lab.state().is_reachable = false;
    session_del(&mut link, None, Some("bob")).await.unwrap_err();
    assert_eq!(recorder.seen(), ["labsrv: end any bob at 0", "failed, error at 0"]);

    let mut observers = Observers::default();
    observers.add(Arc::clone(&recorder) as Arc<dyn Observer>);
    drop(observers.ask(Change::CloseFile { server: "labsrv".into(), id: FileId(7) }).unwrap());
    assert_eq!(recorder.seen().last().unwrap(), "failed, dropped at 0");
}

/// A failure here would let an observer keep a program from listing at a server.
#[tokio::test(start_paused = true)]
async fn reading_is_not_observed() {
    let lab = lab();
    let (mut link, recorder) = Recorder::at(&lab, true).await;
    session_enum::sessions(&mut link).await.unwrap();
    assert_eq!(file_enum::files(&mut link, &FileFilter::default()).await.unwrap().files.len(), 2);
    assert_eq!(recorder.seen(), [""; 0]);
}

/// Panics when it sees an outcome, or already when it sees a request.
struct Panics {
    panics_before: bool,
}

impl Observer for Panics {
    fn before(&self, _: &Change) -> Result<(), Refusal> {
        assert!(!self.panics_before, "on purpose");
        Ok(())
    }

    fn after(&self, _: &Change, _: &ChangeOutcome<'_>) {
        panic!("on purpose");
    }
}

/// A failure here would hide a change from a journal, or abort the process, because another observer has a bug.
#[test]
fn an_observer_that_panics_hides_no_outcome_from_the_others() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for panics_before in [false, true] {
        let lab = lab();
        let (mut link, first) = runtime.block_on(Recorder::at(&lab, false));
        link.observe(Arc::new(Panics { panics_before }));
        link.observe(Arc::new(Panics { panics_before: false }));
        let last = Recorder::add(&mut link, &lab, false);
        let call = || runtime.block_on(session_del(&mut link, None, Some("bob")));
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "the panic reaches the caller");
        let end = "labsrv: end any bob at 0";
        if panics_before {
            assert_eq!(first.seen(), [end, "failed, dropped at 0"]);
            assert_eq!(last.seen(), [""; 0]);
        } else {
            assert_eq!(first.seen(), [end, "answered 0 at 1"]);
            assert_eq!(last.seen(), first.seen());
        }
        runtime.block_on(session_enum::sessions(&mut link)).unwrap();
    }
}
