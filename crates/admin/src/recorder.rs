//! [`Recorder`]: records each change in the journal before the library sends it, and its outcome.

pub(crate) mod describe;
mod scope;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use netsession::{Refusal, Win32Error};
use netsession_config::{Config, ForwardTo, JournalTable, ReasonRule};
use netsession_journal::{
    Actor, DatabaseUrl, Error as JournalError, Forward, Head, Intent, Journal, Location, LoginUsed,
    Operation, Outcome, PasswordSource, Preview, ServerUsed, Subject, Timestamp,
};

pub use scope::{ChangeNote, Recording};
pub(crate) use scope::{ConnectionRecorder, Scope, Whence};

use crate::{Error, PrintedPasswords};

/// Which program records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recorded {
    /// The command, which records unless the configuration says otherwise.
    Command,
    /// The C library, which records only if the configuration says so.
    Library,
}

/// Records each change in the journal that the configuration file names: an intent, durable before the library sends the
/// request, and its outcome.
///
/// A front end adds it to its [`Observers`](crate::Observers). Every connection of a [`Target`](crate::Target) then
/// records every request that changes something, by whatever function it is sent. [`Target::end`](crate::Target::end)
/// and [`Target::close`](crate::Target::close) record a whole plan with its preview instead.
///
/// It reads the configuration and opens the journal when the first change needs it.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    recorded: Recorded,
    program: &'static str,
    table: OnceLock<JournalTable>,
    /// Who changes something, by the system's list of users.
    actor: OnceLock<Actor>,
    journal: Mutex<State>,
    /// The password of the database, so that its command runs once.
    passwords: Arc<PrintedPasswords>,
    warnings: Mutex<Vec<Arc<JournalError>>>,
    /// How long changes have waited for their records.
    waited: Mutex<Duration>,
    /// How many times a record was written.
    written: AtomicU64,
    /// Whether another program kept the journal locked for too long, and no record was written since. The library forgets its journals.
    is_locked: AtomicBool,
    not_forwarded: Mutex<Vec<JournalError>>,
}

/// How long after a failure to open the journal again: twice as long after each, up to the second time.
const REOPEN: Duration = Duration::from_secs(10);
const LONGEST_REOPEN: Duration = Duration::from_secs(300);
/// A database that takes longer to fail hangs: the next change does not wait for it, too.
const HANGS: Duration = Duration::from_secs(3);

/// Why the journal does not work, and when to open it again.
#[derive(Debug, Clone)]
struct Failure {
    cause: Arc<JournalError>,
    at: Instant,
    pause: Duration,
}

impl Failure {
    fn new(cause: Arc<JournalError>, pause: Duration) -> Self {
        Self { cause, at: Instant::now(), pause }
    }
}

/// An intent that is recorded, and the journal that has it: the outcome belongs into no other one.
#[derive(Debug, Clone)]
pub(crate) struct RecordedIntent {
    row: Head,
    /// The journal; None if it is not kept open.
    journal: Option<Arc<Journal>>,
}

impl RecordedIntent {
    /// The number of the change.
    pub(crate) const fn change(&self) -> u64 {
        self.row.seq
    }
}

/// Whether the journal is open.
#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Closed,
    Open(Arc<Journal>),
    /// It could not be opened, or is gone; a program that runs for days tries again later.
    Failed(Failure),
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("program", &self.0.program).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Makes the recorder of a program, such as `netapi32`, by the user's configuration file.
    #[must_use]
    pub fn new(recorded: Recorded, program: &'static str) -> Self {
        Self(Arc::new(Inner {
            recorded,
            program,
            table: OnceLock::new(),
            actor: OnceLock::new(),
            journal: Mutex::default(),
            passwords: Arc::new(match recorded {
                Recorded::Command => PrintedPasswords::default(),
                Recorded::Library => PrintedPasswords::silent(),
            }),
            warnings: Mutex::default(),
            waited: Mutex::default(),
            written: AtomicU64::default(),
            is_locked: AtomicBool::default(),
            not_forwarded: Mutex::default(),
        }))
    }

    /// Does the same by this table of a configuration.
    #[must_use]
    pub fn with_table(self, table: JournalTable) -> Self {
        // Only a new recorder has none.
        let _ = self.0.table.set(table);
        self
    }

    /// Returns the table of the configuration. A configuration with a mistake names no journal: no server gets a login
    /// by it, either.
    fn table(&self) -> &JournalTable {
        self.0.table.get_or_init(|| Config::read().map(|config| config.journal().clone()).unwrap_or_default())
    }

    /// Whether changes are recorded at all.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        let table = self.table();
        let is_wanted = match self.0.recorded {
            Recorded::Command => true,
            Recorded::Library => table.c_library,
        };
        table.required || table.is_enabled && is_wanted
    }

    /// Returns whether a person has to say why, before they change something.
    #[must_use]
    pub fn reason_rule(&self) -> ReasonRule {
        match self.is_enabled() {
            true => self.table().reason,
            false => ReasonRule::Optional,
        }
    }

    /// Opens the journal before a person decides, so that they learn in time if it does not work.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] if the configuration requires a journal, and it cannot be opened. If it is not required, the
    /// reason is among the [`warnings`](Recorder::warnings).
    pub fn check(&self) -> Result<(), Error> {
        match self.journal() {
            Err(cause) if self.table().required => Err(Error::NotRecorded { cause }),
            Err(cause) => {
                self.warn(cause);
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    /// Records a change that sends no request itself, such as a hold, at these servers. The journal finds it by `subjects`.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] if the configuration requires a journal, and the change cannot be recorded.
    pub fn note(
        &self,
        operation: Operation,
        note: &ChangeNote,
        servers: &str,
        subjects: Vec<Subject>,
    ) -> Result<(), Error> {
        let nowhere = String::new;
        let intent = Intent {
            at: Timestamp::now(),
            actor: self.actor(note.program),
            login: LoginUsed { user: nowhere(), mechanism: nowhere() },
            server: ServerUsed { named: servers.to_owned(), address: nowhere(), reached: nowhere() },
            operation,
            selection: note.selection.clone(),
            reason: note.reason.clone(),
            preview: Preview { planned: subjects, ..Preview::default() },
        };
        let recorded = self.journal().and_then(|journal| match journal {
            Some(journal) => {
                let change = self.write(&journal, |journal| journal.begin(&intent))?;
                let outcome = Outcome { change, at: Timestamp::now(), results: Vec::new(), error: None };
                self.write(&journal, |journal| journal.complete(&outcome))
            }
            None => Ok(()),
        });
        match recorded {
            Err(cause) if self.table().required => Err(Error::NotRecorded { cause }),
            Err(cause) => {
                self.warn(cause);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Returns why changes were not recorded, each reason once.
    #[must_use]
    pub fn warnings(&self) -> Vec<Arc<JournalError>> {
        let mut warnings = lock(&self.0.warnings);
        let new = warnings.clone();
        warnings.clear();
        new
    }

    fn warn(&self, cause: Arc<JournalError>) {
        tracing::warn!("a change is not recorded: {cause}");
        let mut warnings = lock(&self.0.warnings);
        if warnings.iter().all(|known| known.to_string() != cause.to_string()) {
            warnings.push(cause);
        }
    }

    /// Returns how long the changes so far waited for the journal's records to be durable.
    #[must_use]
    pub fn waited(&self) -> Duration {
        *lock(&self.0.waited)
    }

    /// Returns which logs of the system have begun to take no lines about changes, each once until it takes one.
    #[must_use]
    pub fn not_forwarded(&self) -> Vec<JournalError> {
        std::mem::take(&mut lock(&self.0.not_forwarded))
    }

    /// Returns how many times a record was written. If the number has grown, the journal worked meanwhile, and the
    /// next failure is a new one.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.0.written.load(Ordering::Relaxed)
    }

    /// Writes to the journal, and measures how long that takes.
    fn write<T>(
        &self,
        journal: &Arc<Journal>,
        write: impl FnOnce(&Journal) -> Result<T, JournalError>,
    ) -> Result<T, Arc<JournalError>> {
        let start = Instant::now();
        let written = write(journal);
        let time = start.elapsed();
        *lock(&self.0.waited) += time;
        tracing::debug!(?time, "the journal wrote a record");
        self.note_lock(&written);
        let written = written.map_err(Arc::new);
        let pause = |cause: &JournalError| match cause {
            // Another file may have its name, in which everybody looks for the changes: the next change opens it.
            JournalError::Gone { .. } => Some(Duration::ZERO),
            JournalError::Unreachable { .. } if time >= HANGS => Some(REOPEN),
            _ => None,
        };
        match &written {
            Ok(_) => {
                self.0.written.fetch_add(1, Ordering::Relaxed);
                lock(&self.0.not_forwarded).append(&mut journal.not_forwarded());
            }
            Err(cause) => {
                let mut state = lock(&self.0.journal);
                // Another change may have opened the next journal meanwhile.
                let is_current = matches!(&*state, State::Open(open) if Arc::ptr_eq(open, journal));
                if let Some(pause) = pause(cause).filter(|_| is_current) {
                    *state = State::Failed(Failure::new(Arc::clone(cause), pause));
                }
            }
        }
        written
    }

    fn note_lock<T>(&self, written: &Result<T, JournalError>) {
        self.0.is_locked.store(matches!(written, Err(JournalError::Busy { .. })), Ordering::Relaxed);
    }

    /// Returns the journal, None if changes are not recorded.
    fn journal(&self) -> Result<Option<Arc<Journal>>, Arc<JournalError>> {
        if !self.is_enabled() {
            return Ok(None);
        }
        let mut state = lock(&self.0.journal);
        // A host program may fork, or close every file, so the library keeps none open.
        if let (Recorded::Library, State::Closed | State::Open(_)) = (self.0.recorded, &*state) {
            return self.open().map(|journal| Some(Arc::new(journal))).map_err(Arc::new);
        }
        let pause = match &*state {
            State::Failed(failure) if failure.at.elapsed() >= failure.pause => {
                Some(failure.pause.saturating_mul(2).clamp(REOPEN, LONGEST_REOPEN))
            }
            State::Closed => Some(REOPEN),
            _ => None,
        };
        if let Some(pause) = pause {
            let began = Instant::now();
            *state = match self.open() {
                Ok(journal) => State::Open(Arc::new(journal)),
                // It does not hang: the next change tries again, as after a write that fails.
                Err(cause @ JournalError::Unreachable { .. }) if began.elapsed() < HANGS => {
                    State::Failed(Failure::new(Arc::new(cause), Duration::ZERO))
                }
                Err(cause) => State::Failed(Failure::new(Arc::new(cause), pause)),
            };
        }
        match &*state {
            State::Open(journal) => Ok(Some(Arc::clone(journal))),
            State::Failed(failure) => Err(Arc::clone(&failure.cause)),
            State::Closed => Ok(None),
        }
    }

    /// Returns the journal that has the intent, and no other one, which can have its name by now.
    fn journal_of(&self, intent: &RecordedIntent) -> Result<Option<Arc<Journal>>, Arc<JournalError>> {
        if let Some(journal) = &intent.journal {
            // Nobody waits a second time for a database that hangs.
            return match &*lock(&self.0.journal) {
                State::Failed(failure) if !matches!(*failure.cause, JournalError::Gone { .. }) => {
                    Err(Arc::clone(&failure.cause))
                }
                _ => Ok(Some(Arc::clone(journal))),
            };
        }
        let Some(journal) = self.journal()? else { return Ok(None) };
        match journal.has(intent.row).map_err(Arc::new)? {
            true => Ok(Some(journal)),
            false => {
                let place = location(self.table()).map(|place| place.to_string()).unwrap_or_default();
                Err(Arc::new(JournalError::Gone { path: place.into() }))
            }
        }
    }

    fn open(&self) -> Result<Journal, JournalError> {
        let table = self.table();
        let location = location_with(table, Arc::clone(&self.0.passwords))?;
        let opened = match self.0.is_locked.load(Ordering::Relaxed) {
            true => Journal::open_locked(&location),
            false => Journal::open(&location),
        };
        if matches!(opened, Err(JournalError::Busy { .. })) {
            self.0.is_locked.store(true, Ordering::Relaxed);
        }
        if opened.is_err() {
            // The password may have changed.
            self.0.passwords.forget();
        }
        Ok(opened?.forwarding(forward(table)))
    }

    /// Records an intent, and returns it; None if it is not recorded, and need not be.
    ///
    /// # Errors
    /// A refusal if it must be recorded, and cannot be.
    fn begin(&self, intent: &Intent) -> Result<Option<RecordedIntent>, Refusal> {
        Ok(self.begin_all(vec![intent.clone()])?.into_iter().next().flatten())
    }

    /// Records several intents in one write, all or none.
    ///
    /// # Errors
    /// Those of [`Recorder::begin`].
    fn begin_all(&self, intents: Vec<Intent>) -> Result<Vec<Option<RecordedIntent>>, Refusal> {
        let count = intents.len();
        if count == 0 {
            return Ok(Vec::new());
        }
        let Some((journal, rows)) = self.recorded(|journal| journal.record(intents))? else {
            return Ok(vec![None; count]);
        };
        let journal = (self.0.recorded == Recorded::Command).then_some(journal);
        Ok(rows.into_iter().map(|row| Some(RecordedIntent { row, journal: journal.clone() })).collect())
    }

    /// Writes to the journal, and returns it; None if there is none, and need not be.
    fn recorded<T>(
        &self,
        write: impl FnOnce(&Journal) -> Result<T, JournalError>,
    ) -> Result<Option<(Arc<Journal>, T)>, Refusal> {
        let begun = self.journal().and_then(|journal| match journal {
            Some(journal) => self.write(&journal, write).map(|written| Some((journal, written))),
            None => Ok(None),
        });
        begun.or_else(|cause| {
            if self.table().required {
                let reason = Error::NotRecorded { cause };
                return Err(Refusal::new(Win32Error::ERROR_ACCESS_DENIED, reason));
            }
            self.warn(cause);
            Ok(None)
        })
    }

    /// Records an outcome. The intent is in the journal in any case; if that one is gone, a new one does not know the change.
    fn complete(&self, intent: &RecordedIntent, outcome: &Outcome) {
        let completed = self.journal_of(intent).and_then(|journal| match journal {
            Some(journal) => self.write(&journal, |journal| journal.complete(outcome)),
            None => Ok(()),
        });
        if let Err(cause) = completed {
            self.warn(cause);
        }
    }

    fn actor(&self, program: Option<&'static str>) -> Actor {
        let program = program.unwrap_or(self.0.program);
        match self.0.recorded {
            Recorded::Command => {
                let actor = self.0.actor.get_or_init(|| Actor::of_process(program)).clone();
                Actor { program: program.to_owned(), ..actor }
            }
            // A host program may become another user, or fork.
            Recorded::Library => Actor::of_process(program),
        }
    }
}

/// Returns where the journal is by the table `[journal]`.
///
/// # Errors
/// [`JournalError::NoPlace`] if neither the table nor the environment names a place, [`JournalError::TwoPlaces`] if the table
/// names two. [`JournalError::Url`] if the URL has a mistake.
pub fn location(table: &JournalTable) -> Result<Location, JournalError> {
    location_with(table, Arc::default())
}

fn location_with(table: &JournalTable, passwords: Arc<PrintedPasswords>) -> Result<Location, JournalError> {
    match (&table.url, &table.path) {
        (Some(_), Some(_)) => Err(JournalError::TwoPlaces),
        (Some(url), None) => {
            let url: DatabaseUrl = url.parse()?;
            let Some(command) = table.password_command.clone() else { return Ok(Location::Postgres(url)) };
            let source = PasswordSource::new(move || {
                let password = passwords.password(&command).map_err(|error| error.to_string())?;
                Ok(password.as_str().to_owned().into())
            });
            Ok(Location::Postgres(url.with_password(source)))
        }
        (None, Some(path)) => Ok(Location::File(path.clone())),
        (None, None) => Location::of_user(),
    }
}

/// Returns the logs of the system that get a line about each row, by the table `[journal]`.
#[must_use]
pub fn forward(table: &JournalTable) -> Forward {
    let has = |log: ForwardTo| table.forward.contains(&log);
    Forward::to(has(ForwardTo::Syslog), has(ForwardTo::Journald))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would record nothing for ten seconds although the journal is there again, or hide a later failure.
    #[test]
    #[cfg_attr(windows, ignore = "Windows deletes no open database")]
    fn a_journal_that_was_replaced_is_opened_at_the_next_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let table = JournalTable { path: Some(path.clone()), ..JournalTable::default() };
        let recorder = Recorder::new(Recorded::Command, "test").with_table(table);
        let note = ChangeNote::default();
        let change = || {
            recorder.note(Operation::Hold, &note, "fs1", Vec::new()).unwrap();
            recorder.warnings().len()
        };
        for _ in 0..2 {
            let before = recorder.written();
            assert_eq!((change(), recorder.written() - before), (0, 2), "the intent and the outcome");
            for file in std::fs::read_dir(folder.path()).unwrap() {
                std::fs::remove_file(file.unwrap().path()).unwrap();
            }
            assert_eq!((change(), recorder.written() - before), (1, 2), "it is said");
        }
        assert_eq!(change(), 0);
        let found = Journal::open(&Location::File(path)).unwrap().search(&Default::default()).unwrap();
        assert_eq!(found.len(), 1, "in the file that has the name now");
        assert!(found[0].outcome.is_some());
    }

    /// A failure here would delay each call of a program by five seconds while another program keeps the journal locked, go on with a
    /// change that must be recorded, or lose records after the journal works again.
    #[test]
    fn a_locked_journal_delays_the_library_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let of = |is_required| {
            let table =
                JournalTable { path: Some(path.clone()), required: is_required, ..JournalTable::default() };
            Recorder::new(Recorded::Library, "test").with_table(JournalTable { c_library: true, ..table })
        };
        let note = |recorder: &Recorder| {
            let begun = Instant::now();
            let noted = recorder.note(Operation::Hold, &ChangeNote::default(), "fs1", Vec::new());
            (noted.is_ok(), recorder.warnings().len(), begun.elapsed())
        };
        let (optional, required) = (of(false), of(true));
        assert!(matches!(note(&optional), (true, 0, _)));
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        for (recorder, expected) in [(&optional, (true, 1)), (&required, (false, 0))] {
            let (is_done, warnings, took) = note(recorder);
            assert!((is_done, warnings) == expected && took >= Duration::from_secs(4), "{took:?}");
            for _ in 0..3 {
                let (is_done, warnings, took) = note(recorder);
                assert!((is_done, warnings) == expected && took < Duration::from_secs(2), "{took:?}");
            }
        }
        other.execute_batch("COMMIT").unwrap();
        for recorder in [&optional, &required] {
            assert!(matches!(note(recorder), (true, 0, _)));
            assert!(!recorder.0.is_locked.load(Ordering::Relaxed), "the next one waits again");
        }
        let found = Journal::open(&Location::File(path)).unwrap().search(&Default::default()).unwrap();
        assert_eq!(found.len(), 3);
    }

    /// A failure here would record the outcome of one change as the outcome of another one, in the journal that somebody has put in
    /// the place of the first one.
    #[test]
    #[cfg_attr(windows, ignore = "Windows deletes no open database")]
    fn an_outcome_goes_to_the_journal_of_its_intent_or_nowhere() {
        for recorded in [Recorded::Command, Recorded::Library] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("journal.db");
            let table = JournalTable { path: Some(path.clone()), c_library: true, ..JournalTable::default() };
            let recorder = Recorder::new(recorded, "test").with_table(table);
            let intent = |user: &str| Intent {
                at: Timestamp::now(),
                actor: recorder.actor(None),
                login: LoginUsed { user: user.to_owned(), mechanism: String::new() },
                server: ServerUsed { named: String::new(), address: String::new(), reached: String::new() },
                operation: Operation::End,
                selection: String::new(),
                reason: None,
                preview: Preview::default(),
            };
            let begun = recorder.begin(&intent("adm1")).unwrap().unwrap();
            for file in std::fs::read_dir(folder.path()).unwrap() {
                std::fs::remove_file(file.unwrap().path()).unwrap();
            }
            // Another change begins in the new journal, under the same number.
            let other = Recorder::new(Recorded::Command, "test").with_table(recorder.table().clone());
            let others = other.begin(&intent("adm2")).unwrap().unwrap();
            assert_eq!(others.change(), begun.change());
            let outcome = |change| Outcome { change, at: Timestamp::now(), results: Vec::new(), error: None };
            recorder.complete(&begun, &outcome(begun.change()));
            assert_eq!(recorder.warnings().len(), 1, "{recorded:?}");
            let journal = Journal::open(&Location::File(path)).unwrap();
            assert_eq!(journal.search(&Default::default()).unwrap()[0].outcome, None, "{recorded:?}");
            other.complete(&others, &outcome(others.change()));
            assert!(journal.search(&Default::default()).unwrap()[0].outcome.is_some(), "{recorded:?}");
        }
    }
}
