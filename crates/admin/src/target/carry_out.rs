//! [`Target::end`], [`Target::close`] and [`Target::change_share`]: carry out plans, and record them in the journal.
//! [`Target::record_all`] records the plans of many servers at once.

use std::borrow::BorrowMut;
use std::sync::Arc;

use netsession::{
    AccountChange, ClosePlan, CloseReport, EndPlan, EndReport, Error, Server, SharePlan, ShareReport, Sid,
};
use netsession_journal::{Fate, Operation, Preview, Subject, SubjectOutcome};

use crate::recorder::{Recording, describe};
use crate::{ChangeNote, Target};

/// A plan that the journal records: an [`EndPlan`] or a [`ClosePlan`] with its server.
pub trait ChangePlan: sealed::Sealed {
    /// What the plan does.
    const OPERATION: Operation;

    /// Returns what the journal notes of the preview.
    fn recorded_preview(&self) -> Preview;

    /// Returns the server of the plan.
    fn server(&self) -> &Server;
}

mod sealed {
    pub trait Sealed {}
    impl<S: std::borrow::BorrowMut<netsession::Server>> Sealed for netsession::EndPlan<S> {}
    impl<S: std::borrow::BorrowMut<netsession::Server>> Sealed for netsession::ClosePlan<S> {}
}

impl<S: BorrowMut<Server>> ChangePlan for EndPlan<S> {
    const OPERATION: Operation = Operation::End;

    fn recorded_preview(&self) -> Preview {
        describe::end_preview(self.preview())
    }

    fn server(&self) -> &Server {
        self.server()
    }
}

impl<S: BorrowMut<Server>> ChangePlan for ClosePlan<S> {
    const OPERATION: Operation = Operation::Close;

    fn recorded_preview(&self) -> Preview {
        describe::close_preview(self.preview())
    }

    fn server(&self) -> &Server {
        self.server()
    }
}

impl Target {
    /// Ends the sessions of a plan at this server, reports the outcome of each, and returns the server.
    ///
    /// The journal gets the plan with its preview before the first request leaves, and the report. A plan that is carried out
    /// without this function is recorded, too, but each of its requests by itself.
    pub async fn end(&self, plan: EndPlan<Server>, note: &ChangeNote) -> (EndReport, Server) {
        let recording = self.recording(&plan, note);
        Self::end_recorded(plan, recording).await
    }

    /// Does the same by a plan that borrows its server.
    pub(crate) async fn end_borrowed(&self, plan: EndPlan<&mut Server>, note: &ChangeNote) -> EndReport {
        let recording = self.recording(&plan, note);
        let report = plan.end().await;
        recording.complete(describe::end_results(&report), report.error.as_ref().map(ToString::to_string));
        report
    }

    /// Closes the files of a plan at this server as [`Target::end`] ends sessions.
    pub async fn close(&self, plan: ClosePlan<Server>, note: &ChangeNote) -> (CloseReport, Server) {
        let recording = self.recording(&plan, note);
        Self::close_recorded(plan, recording).await
    }

    /// Records the intents of plans at several servers in one durable write, before the first request leaves. Give each
    /// recording, in the same order, to [`Target::end_recorded`] or [`Target::close_recorded`]. One that is dropped records
    /// that nothing was sent.
    pub fn record_all<'a, P: ChangePlan + 'a>(
        plans: impl IntoIterator<Item = (&'a Self, &'a P)>,
        note: &ChangeNote,
    ) -> Vec<Recording> {
        let started = plans
            .into_iter()
            .map(|(target, plan)| (target.recording(plan, note), target.whence_of(plan.server())));
        let started: Vec<_> = started.collect();
        Recording::begin_all(&started);
        started.into_iter().map(|(recording, _)| recording).collect()
    }

    /// Ends the sessions of a plan whose intent is recorded, as [`Target::end`] does.
    pub async fn end_recorded(plan: EndPlan<Server>, recording: Recording) -> (EndReport, Server) {
        let (report, server) = plan.end().await;
        recording.complete(describe::end_results(&report), report.error.as_ref().map(ToString::to_string));
        (report, server)
    }

    /// Closes the files of a plan whose intent is recorded, as [`Target::close`] does.
    pub async fn close_recorded(plan: ClosePlan<Server>, recording: Recording) -> (CloseReport, Server) {
        let (report, server) = plan.close().await;
        recording.complete(describe::close_results(&report), report.error.as_ref().map(ToString::to_string));
        (report, server)
    }

    /// Carries out a plan for a share at this server as [`Target::end`] does for sessions.
    pub async fn change_share(&self, plan: SharePlan, note: &ChangeNote) -> (ShareReport, Server) {
        let operation = describe::share_operation(&plan.preview().change);
        let recording = self.start(operation, note, describe::share_preview(plan.preview()));
        let (report, server) = plan.carry_out().await;
        recording.complete(describe::share_results(&report), report.error.as_ref().map(ToString::to_string));
        (report, server)
    }

    /// Disables or enables an account at this server, and records that as one change.
    pub(crate) async fn set_account(
        &self,
        server: &mut Server,
        sid: &Sid,
        name: &str,
        is_disabled: bool,
        note: &ChangeNote,
    ) -> Result<AccountChange, Error> {
        let operation = if is_disabled { Operation::DisableAccount } else { Operation::EnableAccount };
        let subject = Subject { user: Some(name.to_owned()), ..Subject::default() };
        let preview = Preview { planned: vec![subject.clone()], ..Preview::default() };
        let recording = self.start(operation, note, preview);
        let changed = server.set_account_disabled(sid, name, is_disabled).await;
        let (result, error) = match &changed {
            Ok(_) => (Fate::Done, None),
            Err(Error::Vetoed { .. }) => (Fate::NotSent, changed.as_ref().err()),
            Err(error) if error.is_unknown() => (Fate::NotKnown, Some(error)),
            Err(error) => (Fate::NotDone, Some(error)),
        };
        let status = match (&changed, error) {
            (Ok(_), _) => Some(0),
            (Err(_), Some(error)) if result == Fate::NotDone => Some(error.win32().0),
            _ => None,
        };
        let outcome = SubjectOutcome { subject, result, status };
        recording.complete(vec![outcome], error.map(ToString::to_string));
        changed
    }

    fn recording<P: ChangePlan>(&self, plan: &P, note: &ChangeNote) -> Recording {
        self.start(P::OPERATION, note, plan.recorded_preview())
    }

    fn start(&self, operation: Operation, note: &ChangeNote, preview: Preview) -> Recording {
        let recorder = self.observers.recorder().cloned();
        Recording::start(recorder, Arc::clone(&self.scope), operation, note, preview)
    }
}
