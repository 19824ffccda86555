//! [`Recording`]: a plan that is being carried out. [`ConnectionRecorder`] sees each of its requests, and every other one.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use netsession::{Change, ChangeOutcome, Observer, Refusal, SessionId};
use netsession_journal::{
    Fate, Intent, LoginUsed, Operation, Outcome, Preview, ServerUsed, Subject, SubjectOutcome, Timestamp,
};

use super::{RecordedIntent, Recorder, lock};

/// What the journal notes about a change besides the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeNote {
    /// The part of the program, such as `end` or `top`.
    pub program: Option<&'static str>,
    /// What was selected, as the person gave it.
    pub selection: String,
    /// Why, if the person said so.
    pub reason: Option<String>,
}

/// A connection to a server: the server's names and address, and the login.
#[derive(Debug, Clone)]
pub(crate) struct Whence {
    pub(crate) server: ServerUsed,
    pub(crate) login: LoginUsed,
}

/// The plans that a target's connections carry out now, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    plans: Mutex<BTreeMap<u64, Planned>>,
}

/// A plan that is being carried out.
#[derive(Debug)]
struct Planned {
    operation: Operation,
    note: ChangeNote,
    preview: Preview,
    /// What the requests of the plan may name.
    covered: HashSet<Subject>,
    begun: Begun,
    /// Whether a request was about to leave.
    is_sent: bool,
}

impl Planned {
    fn intent(&self, recorder: &Recorder, whence: &Whence) -> Intent {
        intent(recorder, whence, self.operation, &self.note, self.preview.clone())
    }
}

/// Whether the intent of a plan is recorded.
#[derive(Debug, Clone)]
enum Begun {
    /// No request was about to leave yet.
    NotYet,
    /// With the intent; None if the plan need not be recorded.
    As(Option<RecordedIntent>),
    /// It cannot be recorded, and must be.
    Refused(Refusal),
}

/// A plan that is being carried out. Its outcome is recorded at the latest when this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Recording {
    recorder: Option<Recorder>,
    scope: Arc<Scope>,
    number: u64,
}

impl Recording {
    /// Begins to carry out a plan. Its intent is recorded when the first request is about to leave.
    pub(crate) fn start(
        recorder: Option<Recorder>,
        scope: Arc<Scope>,
        operation: Operation,
        note: &ChangeNote,
        preview: Preview,
    ) -> Self {
        let mut plans = lock(&scope.plans);
        let number = plans.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        if recorder.is_some() {
            let covered = preview.planned.iter().map(key).collect();
            let (note, begun) = (note.clone(), Begun::NotYet);
            plans.insert(number, Planned { operation, note, preview, covered, begun, is_sent: false });
        }
        drop(plans);
        Self { recorder, scope, number }
    }

    /// Records the intents of several plans, each with its connection, in one write before the first of their requests leaves.
    pub(crate) fn begin_all(recordings: &[(Self, Whence)]) {
        let Some(recorder) = recordings.iter().find_map(|(one, _)| one.recorder.as_ref()) else { return };
        let intents = recordings.iter().filter_map(|(one, whence)| {
            let plans = lock(&one.scope.plans);
            // A plan without requests changes nothing.
            let planned = plans.get(&one.number).filter(|planned| !planned.covered.is_empty())?;
            Some((one, planned.intent(recorder, whence)))
        });
        let (begun, intents): (Vec<&Self>, Vec<Intent>) = intents.unzip();
        let numbers = match recorder.begin_all(intents) {
            Ok(numbers) => numbers.into_iter().map(Begun::As).collect(),
            Err(refusal) => vec![Begun::Refused(refusal); begun.len()],
        };
        for (one, number) in begun.into_iter().zip(numbers) {
            if let Some(planned) = lock(&one.scope.plans).get_mut(&one.number) {
                planned.begun = number;
            }
        }
    }

    /// Records the outcome of the plan.
    pub(crate) fn complete(self, results: Vec<SubjectOutcome>, error: Option<String>) {
        self.end(|_| (results, error));
    }

    /// Records the outcome, if the intent is recorded.
    fn end(&self, outcome: impl FnOnce(&Planned) -> (Vec<SubjectOutcome>, Option<String>)) {
        let Some(planned) = lock(&self.scope.plans).remove(&self.number) else { return };
        if let (Some(recorder), Begun::As(Some(intent))) = (&self.recorder, &planned.begun) {
            let (results, error) = outcome(&planned);
            let at = Timestamp::now();
            recorder.complete(intent, &Outcome { change: intent.change(), at, results, error });
        }
    }
}

/// Records that the outcome is not known, because the caller dropped the plan. The server may still carry out requests that
/// were sent.
impl Drop for Recording {
    fn drop(&mut self) {
        self.end(|planned| {
            let result = if planned.is_sent { Fate::NotKnown } else { Fate::NotSent };
            let of = |subject: &Subject| SubjectOutcome { subject: subject.clone(), result, status: None };
            (planned.preview.planned.iter().map(of).collect(), Some("interrupted".to_owned()))
        });
    }
}

/// What identifies a session, a file or a share in a request.
fn key(subject: &Subject) -> Subject {
    match subject.id {
        Some(id) => Subject { id: Some(id), ..Subject::default() },
        None => Subject { id: None, path: None, ..subject.clone() },
    }
}

fn intent(
    recorder: &Recorder,
    whence: &Whence,
    operation: Operation,
    note: &ChangeNote,
    preview: Preview,
) -> Intent {
    Intent {
        at: Timestamp::now(),
        actor: recorder.actor(note.program),
        login: whence.login.clone(),
        server: whence.server.clone(),
        operation,
        selection: note.selection.clone(),
        reason: note.reason.clone(),
        preview,
    }
}

/// Records the changes over one connection.
#[derive(Debug)]
pub(crate) struct ConnectionRecorder {
    recorder: Recorder,
    scope: Arc<Scope>,
    whence: Whence,
    /// The requests that belong to no plan, with their intent.
    single: Mutex<Vec<(Change, Option<RecordedIntent>)>>,
}

impl ConnectionRecorder {
    pub(crate) fn new(recorder: Recorder, scope: Arc<Scope>, whence: Whence) -> Self {
        Self { recorder, scope, whence, single: Mutex::default() }
    }

    /// Records the intent of the plan that the request belongs to. Returns None if it belongs to none.
    fn begin_plan(&self, subject: &Subject) -> Option<Result<(), Refusal>> {
        let mut plans = lock(&self.scope.plans);
        let subject = key(subject);
        let planned = plans.values_mut().find(|planned| planned.covered.contains(&subject))?;
        if let Begun::NotYet = planned.begun {
            let intent = planned.intent(&self.recorder, &self.whence);
            planned.begun = match self.recorder.begin(&intent) {
                Ok(change) => Begun::As(change),
                Err(refusal) => Begun::Refused(refusal),
            };
        }
        Some(match &planned.begun {
            Begun::Refused(refusal) => Err(refusal.clone()),
            Begun::NotYet | Begun::As(_) => {
                planned.is_sent = true;
                Ok(())
            }
        })
    }
}

impl Observer for ConnectionRecorder {
    fn before(&self, change: &Change) -> Result<(), Refusal> {
        if !self.recorder.is_enabled() {
            return Ok(());
        }
        let (operation, subject) = request(change);
        if let Some(begun) = self.begin_plan(&subject) {
            return begun;
        }
        let preview = Preview { planned: vec![subject], ..Preview::default() };
        let note = ChangeNote { selection: call(change), ..ChangeNote::default() };
        let begun = self.recorder.begin(&intent(&self.recorder, &self.whence, operation, &note, preview))?;
        lock(&self.single).push((change.clone(), begun));
        Ok(())
    }

    fn after(&self, change: &Change, outcome: &ChangeOutcome<'_>) {
        let begun = {
            let mut single = lock(&self.single);
            let at = single.iter().position(|(begun, _)| begun == change);
            at.and_then(|at| single.swap_remove(at).1)
        };
        let Some(begun) = begun else { return };
        let (result, status, error) = match outcome {
            ChangeOutcome::Answered(status) => (Fate::Answered, Some(status.0), None),
            ChangeOutcome::Unknown(error) => (Fate::NotKnown, None, error.map(ToString::to_string)),
            ChangeOutcome::Failed(error) => (Fate::NotSent, None, error.map(ToString::to_string)),
            ChangeOutcome::Refused(refusal) => (Fate::NotSent, None, Some(refusal.to_string())),
            _ => (Fate::NotKnown, None, None),
        };
        let results = vec![SubjectOutcome { subject: request(change).1, result, status }];
        let (change, at) = (begun.change(), Timestamp::now());
        self.recorder.complete(&begun, &Outcome { change, at, results, error });
    }
}

/// Returns what a request does, and to whom.
fn request(change: &Change) -> (Operation, Subject) {
    match change {
        Change::EndSessions { client, user, .. } => {
            let named = client.as_deref();
            let single = named.and_then(SessionId::split_client);
            let client = single.map(|(client, _)| client).or(named);
            let client = client.map(|client| client.trim_start_matches('\\').to_owned());
            let session = single.map(|(_, id)| id.to_string());
            (Operation::End, Subject { user: user.clone(), client, session, ..Subject::default() })
        }
        Change::CloseFile { id, .. } => (Operation::Close, Subject { id: Some(id.0), ..Subject::default() }),
        Change::AddShare { name, path, .. } => {
            (Operation::AddShare, Subject { path: Some(path.clone()), ..share(name) })
        }
        Change::SetShare { name, .. } => (Operation::SetShare, share(name)),
        Change::DeleteShare { name, .. } => (Operation::RemoveShare, share(name)),
        Change::SetServer { .. } => (Operation::SetServer, Subject::default()),
        Change::SetAccount { name, is_disabled, .. } => {
            let operation = if *is_disabled { Operation::DisableAccount } else { Operation::EnableAccount };
            (operation, Subject { user: Some(name.clone()), ..Subject::default() })
        }
        _ => (Operation::Other, Subject::default()),
    }
}

fn share(name: &str) -> Subject {
    Subject { share: Some(name.to_owned()), ..Subject::default() }
}

/// Returns a request as a call, for one that belongs to no plan.
fn call(change: &Change) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "NULL".to_owned());
    match change {
        Change::EndSessions { client, user, .. } => {
            format!("NetrSessionDel({}, {})", name(client), name(user))
        }
        Change::CloseFile { id, .. } => format!("NetrFileClose({})", id.0),
        Change::AddShare { name, path, .. } => format!("NetrShareAdd({name}, {path})"),
        Change::SetShare { name, level, .. } => format!("NetrShareSetInfo({name}, {level})"),
        Change::DeleteShare { name, .. } => format!("NetrShareDel({name})"),
        Change::SetServer { level, comment: Some(comment), .. } => {
            format!("NetrServerSetInfo({level}, {comment})")
        }
        Change::SetServer { level, .. } => format!("NetrServerSetInfo({level})"),
        Change::SetAccount { name, is_disabled, .. } => {
            format!("SamrSetInformationUser({name}, {})", if *is_disabled { "disabled" } else { "enabled" })
        }
        other => format!("{other:?}"),
    }
}
