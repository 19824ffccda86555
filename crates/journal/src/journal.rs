//! [`Journal`]: records changes, finds them, and verifies that none is missing.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::chain::Head;
use crate::forward::{Forward, Refusals};
use crate::postgres::{DatabaseUrl, Postgres};
use crate::sqlite::Sqlite;
use crate::store::{NewRow, Row, Store};
use crate::verify::verify;
use crate::{Actor, Damage, Entry, Error, Intent, Outcome, Pruned, Query, Timestamp, Verified};

/// How many rows an export reads at once.
const BATCH: u32 = 1_000;

/// Where a journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A file of SQLite. Its key is beside it, in a file of the same name that ends with `.key`.
    File(PathBuf),
    /// A database of PostgreSQL, which several administrators share.
    Postgres(DatabaseUrl),
}

impl Location {
    /// Returns the user's own journal: `netsession/journal.db` below `$XDG_STATE_HOME` if that is absolute, else below
    /// `~/.local/state` (`%LOCALAPPDATA%` on Windows).
    ///
    /// # Errors
    /// [`Error::NoPlace`] if the environment names no such folder.
    pub fn of_user() -> Result<Self, Error> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_STATE_HOME").or_else(|| match cfg!(windows) {
            true => absolute("LOCALAPPDATA"),
            false => absolute("HOME").map(|home| home.join(".local").join("state")),
        });
        base.map(|base| Self::File(base.join("netsession").join("journal.db"))).ok_or(Error::NoPlace)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// The journal of changes.
///
/// ```
/// use netsession_journal::{
///     Actor, Fate, Intent, Journal, Location, LoginUsed, Operation, Outcome, Preview, Query, ServerUsed, Subject,
///     SubjectOutcome, Timestamp,
/// };
///
/// let folder = tempfile::tempdir()?;
/// let journal = Journal::open(&Location::File(folder.path().join("journal.db")))?;
/// let bob = Subject { user: Some(r"LAB\bob".to_owned()), client: Some("10.0.0.5".to_owned()), ..Subject::default() };
/// let change = journal.begin(&Intent {
///     at: Timestamp::now(),
///     actor: Actor::of_process("example"),
///     login: LoginUsed { user: r"LAB\adm1".to_owned(), mechanism: "Kerberos".to_owned() },
///     server: ServerUsed { named: "fs1".to_owned(), address: "fs1:445".to_owned(), reached: "FS1".to_owned() },
///     operation: Operation::End,
///     selection: "--user bob".to_owned(),
///     reason: Some("INC-4711".to_owned()),
///     preview: Preview { planned: vec![bob.clone()], ..Preview::default() },
/// })?;
/// // The intent is durable. Now the request leaves.
/// let results = vec![SubjectOutcome { subject: bob, result: Fate::Ended, status: Some(0) }];
/// journal.complete(&Outcome { change, at: Timestamp::now(), results, error: None })?;
///
/// let found = journal.search(&Query { user: Some("bob".to_owned()), ..Query::default() })?;
/// assert_eq!(found.len(), 1);
/// assert_eq!(journal.verify(&[])?.damage, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Journal {
    store: Mutex<Box<dyn Store>>,
    forward: Forward,
    refusals: Mutex<Refusals>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("forward", &self.forward).finish_non_exhaustive()
    }
}

/// A recorded change, or a removal of old rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The row of the intent, or of the removal.
    pub head: Head,
    /// What was recorded.
    pub entry: Entry,
    /// The outcome. Without one, it is not known whether the request was sent.
    pub outcome: Option<Outcome>,
}

impl Journal {
    /// Opens a journal to record. It makes a missing file; the tables in PostgreSQL are made by their owner.
    ///
    /// # Errors
    /// [`Error::Gone`] if only the key of the journal is left. [`Error::Exposed`] if others can read or write it.
    /// [`Error::File`], [`Error::NotWritable`], [`Error::Full`], [`Error::Busy`], [`Error::Corrupt`], [`Error::Newer`],
    /// [`Error::NoKey`], [`Error::Random`], and [`Error::Database`]. [`Error::Unreachable`] and [`Error::NotSetUp`] for
    /// PostgreSQL.
    pub fn open(location: &Location) -> Result<Self, Error> {
        match location {
            Location::File(path) => match Sqlite::open(path, true)? {
                Some(store) => Ok(Self::of(store)),
                None => Err(Error::Gone { path: path.clone() }),
            },
            Location::Postgres(url) => Ok(Self::of(Postgres::open(url)?)),
        }
    }

    /// Opens a journal that another program kept locked for too long before ([`Error::Busy`]). This and each record wait for that
    /// program for 0.1 seconds only, until a record succeeds.
    ///
    /// # Errors
    /// Those of [`Journal::open`].
    pub fn open_locked(location: &Location) -> Result<Self, Error> {
        match location {
            Location::File(path) => match Sqlite::open_locked(path)? {
                Some(store) => Ok(Self::of(store)),
                None => Err(Error::Gone { path: path.clone() }),
            },
            Location::Postgres(_) => Self::open(location),
        }
    }

    /// Opens a journal to read. Returns None if there is none.
    ///
    /// # Errors
    /// Those of [`Journal::open`].
    pub fn open_existing(location: &Location) -> Result<Option<Self>, Error> {
        match location {
            Location::File(path) => Ok(Sqlite::open(path, false)?.map(Self::of)),
            Location::Postgres(url) => Ok(Some(Self::of(Postgres::open(url)?))),
        }
    }

    fn of(store: impl Store + 'static) -> Self {
        Self { store: Mutex::new(Box::new(store)), forward: Forward::default(), refusals: Mutex::default() }
    }

    /// Also sends each row to these logs of the system.
    #[must_use]
    pub fn forwarding(self, forward: Forward) -> Self {
        Self { forward, ..self }
    }

    fn with<T>(&self, work: impl FnOnce(&mut dyn Store) -> Result<T, Error>) -> Result<T, Error> {
        work(self.store.lock().unwrap_or_else(PoisonError::into_inner).as_mut())
    }

    fn append(&self, entries: Vec<Entry>) -> Result<Vec<Head>, Error> {
        let rows = entries.into_iter().map(NewRow::new).collect::<Result<Vec<_>, _>>()?;
        let heads = self.with(|store| store.append(&rows))?;
        heads.iter().zip(&rows).for_each(|(head, row)| self.forward(*head, &row.entry));
        Ok(heads)
    }

    fn forward(&self, head: Head, entry: &Entry) {
        self.forward.send(head, entry, &mut self.refusals.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns which logs of the system have begun to take no lines ([`Error::NotForwarded`]), each once until it takes one.
    #[must_use]
    pub fn not_forwarded(&self) -> Vec<Error> {
        std::mem::take(&mut self.refusals.lock().unwrap_or_else(PoisonError::into_inner).new)
    }

    /// Records what a request will change, and returns its number. When this returns, the record is durable.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Busy`], [`Error::Gone`], [`Error::Damaged`], [`Error::NotWritable`],
    /// [`Error::Corrupt`], and [`Error::Database`].
    pub fn begin(&self, intent: &Intent) -> Result<u64, Error> {
        let heads = self.append(vec![Entry::Intent(intent.clone())])?;
        Ok(heads.first().map(|head| head.seq).unwrap_or_default())
    }

    /// Records several intents in one transaction, all or none, and returns their numbers.
    ///
    /// # Errors
    /// Those of [`Journal::begin`].
    pub fn begin_all(&self, intents: Vec<Intent>) -> Result<Vec<u64>, Error> {
        Ok(self.record(intents)?.into_iter().map(|head| head.seq).collect())
    }

    /// Does the same, and returns the rows, by which [`Journal::has`] finds them in this journal and in no other.
    ///
    /// # Errors
    /// Those of [`Journal::begin`].
    pub fn record(&self, intents: Vec<Intent>) -> Result<Vec<Head>, Error> {
        self.append(intents.into_iter().map(Entry::Intent).collect())
    }

    /// Whether this journal has the row. Another journal has another row of the same number.
    ///
    /// # Errors
    /// Those of [`Journal::search`].
    pub fn has(&self, row: Head) -> Result<bool, Error> {
        let found = self.with(|store| store.change(row.seq))?.0;
        Ok(found.is_some_and(|found| found.hash == row.hash))
    }

    /// Records the outcome of a change. When this returns, the record is durable.
    ///
    /// # Errors
    /// Those of [`Journal::begin`].
    pub fn complete(&self, outcome: &Outcome) -> Result<(), Error> {
        self.append(vec![Entry::Outcome(outcome.clone())]).map(|_| ())
    }

    /// Finds changes, the newest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Busy`], [`Error::Gone`], and [`Error::Database`].
    pub fn search(&self, query: &Query) -> Result<Vec<Recorded>, Error> {
        self.with(|store| {
            let mut found = Vec::new();
            for seq in store.find(query)? {
                let (row, outcome) = store.change(seq)?;
                let entry = row.and_then(|row| Some((Head { seq, hash: row.hash }, entry(&row)?)));
                let Some((head, entry)) = entry else { continue };
                let outcome = outcome.as_ref().and_then(self::entry).and_then(|entry| match entry {
                    Entry::Outcome(outcome) => Some(outcome),
                    _ => None,
                });
                found.push(Recorded { head, entry, outcome });
            }
            Ok(found)
        })
    }

    /// Reads every row, and compares it with the chain, its signature and the index. `expected` are rows that somebody
    /// noted elsewhere, such as in the system's log.
    ///
    /// # Errors
    /// Those of [`Journal::search`].
    pub fn verify(&self, expected: &[Head]) -> Result<Verified, Error> {
        self.with(|store| verify(store, expected))
    }

    /// Compares only the last row with the head of the chain. That takes no time, and notices the removal of last rows.
    ///
    /// # Errors
    /// Those of [`Journal::search`].
    pub fn check_head(&self) -> Result<Option<Damage>, Error> {
        self.with(|store| Ok(store.head()?.1))
    }

    /// Writes every row as a line of JSON: its number, its hash, and the row exactly as the chain covers it.
    ///
    /// # Errors
    /// [`Error::Export`] if `out` fails, and those of [`Journal::search`].
    pub fn export(&self, out: &mut dyn Write) -> Result<u64, Error> {
        let (mut next, mut count) = (0_u64, 0_u64);
        loop {
            let rows = self.with(|store| store.rows(next, BATCH))?;
            let Some(last) = rows.last() else { return Ok(count) };
            next = last.seq.saturating_add(1);
            for Row { seq, hash, body, .. } in &rows {
                writeln!(out, r#"{{"seq":{seq},"hash":"{hash}","entry":{body}}}"#).map_err(Error::Export)?;
                count = count.saturating_add(1);
            }
        }
    }

    /// Removes the rows before a time, and records that. A change whose outcome is newer stays. Returns None if there was
    /// nothing to remove.
    ///
    /// # Errors
    /// Those of [`Journal::begin`].
    pub fn prune(&self, before: Timestamp, actor: &Actor) -> Result<Option<Pruned>, Error> {
        let made = Mutex::new(None);
        let head = self.with(|store| {
            let cut = store.cut(before.millis())?;
            store.prune(cut, &|last, rows| {
                let pruned = Pruned {
                    at: Timestamp::now(),
                    actor: actor.clone(),
                    before,
                    rows,
                    first_kept: cut,
                    last_removed_hash: last.hash.to_string(),
                };
                *made.lock().unwrap_or_else(PoisonError::into_inner) = Some(pruned.clone());
                NewRow::new(Entry::Pruned(pruned))
            })
        })?;
        let made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let (Some(head), Some(pruned)) = (head, &made) {
            self.forward(head, &Entry::Pruned(pruned.clone()));
        }
        Ok(made)
    }
}

fn entry(row: &Row) -> Option<Entry> {
    serde_json::from_str(&row.body).ok()
}
