//! [`Holds`]: the holds in the database of the journal.

mod account_rows;
mod accounts;
mod format;
mod lock;
mod signature;
mod unreadable;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::account::{FoundAccount, HeldAccount};
use crate::chain::{Key, RowHash};
use crate::hold::{Hold, HoldOrder, HoldState};
use crate::moment::{BootTime, Moment, TimeLeft};
use crate::sqlite::{self, Sqlite};
use crate::{Actor, Error, Location, Timestamp, private};
pub use lock::CarrierLock;
use lock::{carrier, holder, lock_path};
use unreadable::Unreadable;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS hold (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL,
    left_ms INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    boot TEXT,
    boot_ms INTEGER,
    released_at INTEGER,
    released_by TEXT,
    acted INTEGER NOT NULL DEFAULT 0,
    acted_at INTEGER,
    problem TEXT,
    mac BLOB
) STRICT;
";

/// How long a note waits for another program. A hold that waits ends nobody's session meanwhile.
const BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// How long a reading waits. It waits for nobody who writes, only while another process repairs the index of the WAL after a
/// crash: a logon that went by an older reading would pass a new hold.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

const COLUMNS: &str =
    "id, body, left_ms, seen_at, boot, boot_ms, released_at, released_by, acted, acted_at, problem, mac";

/// The holds, in the same database as the journal.
///
/// ```
/// use std::time::Duration;
/// use netsession_journal::{Actor, HoldOrder, Holds, Location, Moment};
///
/// let folder = tempfile::tempdir()?;
/// let mut holds = Holds::open(&Location::File(folder.path().join("journal.db")))?;
/// let order = HoldOrder {
///     named: vec!["@files".to_owned()],
///     servers: vec!["fs1".to_owned(), "fs2".to_owned()],
///     users: vec!["bob".to_owned()],
///     seconds: 7_200,
///     reason: Some("INC-4711".to_owned()),
///     ..HoldOrder::of(Actor::of_process("example"))
/// };
/// let id = holds.add(&order, &Moment::now())?;
/// assert_eq!(holds.open_ones(&Moment::now())?.len(), 1);
/// assert!(holds.release(id, &Actor::of_process("example"), &Moment::now())?);
/// assert!(holds.open_ones(&Moment::now())?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Holds {
    path: PathBuf,
    connection: Connection,
    /// Signs each hold.
    key: Key,
    /// The file that is open. Another file can have its name meanwhile.
    identity: (u64, u64),
    /// How many files of this name were open.
    generation: u64,
    /// How long a note waits.
    wait: Duration,
    /// Whether to make a missing database.
    is_created: bool,
    /// Why rows of the last reading are not among the holds.
    unreadable: Vec<Unreadable>,
    /// Whether that is so because the key is that of another journal.
    has_other_key: bool,
}

/// What a reading of the database depends on: it changes whenever another connection changes the database, or the file is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldsVersion(u64, i64);

impl fmt::Debug for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holds").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Holds {
    /// Opens the holds. It makes a missing database.
    ///
    /// # Errors
    /// Those of [`Journal::open`](crate::Journal::open).
    pub fn open(location: &Location) -> Result<Self, Error> {
        let path = path_of(location)?;
        let store = Sqlite::open(&path, true)?.ok_or_else(|| Error::Gone { path: path.clone() })?;
        Self::of(path, store, true)
    }

    /// Opens the holds of a database that exists. Returns None if there is none.
    ///
    /// # Errors
    /// Those of [`Holds::open`].
    pub fn open_existing(location: &Location) -> Result<Option<Self>, Error> {
        let path = path_of(location)?;
        match Sqlite::open(&path, false)? {
            Some(store) => Self::of(path, store, false).map(Some),
            None => Ok(None),
        }
    }

    fn of(path: PathBuf, store: Sqlite, is_created: bool) -> Result<Self, Error> {
        let (mut connection, identity, key) = store.into_connection();
        let exists = || -> rusqlite::Result<()> {
            let text = "SELECT count(*) FROM sqlite_schema WHERE name IN ('hold', 'hold_account')";
            if connection.query_row(text, [], |row| row.get::<_, i64>(0))? < 2 {
                connection.execute_batch(SCHEMA)?;
                connection.execute_batch(account_rows::SCHEMA)?;
            }
            Ok(())
        };
        let failed = |error| sqlite::failure(&path, &error);
        exists().map_err(failed)?;
        format::take_over(&path, &mut connection)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        Ok(Self {
            path,
            connection,
            key,
            identity,
            generation: 0,
            wait: BUSY_TIMEOUT,
            is_created,
            unreadable: Vec::new(),
            has_other_key: false,
        })
    }

    /// Opens the file that has the name of the database now, if it is another one: nobody else finds the holds in the file that is
    /// open. It refuses a file that a newer version has taken over.
    fn refresh(&mut self) -> Result<(), Error> {
        if private::identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            return sqlite::require_known(&self.path, self.reading(sqlite::format)?);
        }
        let gone = || Error::Gone { path: self.path.clone() };
        let store = Sqlite::open(&self.path, self.is_created)?.ok_or_else(gone)?;
        let new = Self::of(self.path.clone(), store, self.is_created)?;
        new.connection.busy_timeout(self.wait).map_err(new.failed())?;
        *self = Self { generation: self.generation.saturating_add(1), wait: self.wait, ..new };
        Ok(())
    }

    /// From now on, notes fail at once, with [`Error::Busy`], where they would wait for another program that writes. A program
    /// that carries many holds on would otherwise wait for each of them. Readings never wait for a program that writes.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn do_not_wait(&mut self) -> Result<(), Error> {
        self.wait = Duration::ZERO;
        self.connection.busy_timeout(self.wait).map_err(self.failed())
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> Error + use<> {
        let path = self.path.clone();
        move |error| sqlite::failure(&path, &error)
    }

    /// Records a hold, and returns its number. When this returns, it is durable.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Full`], [`Error::NotWritable`], and [`Error::Database`].
    pub fn add(&mut self, order: &HoldOrder, now: &Moment) -> Result<u64, Error> {
        self.add_with_accounts(order, &[], now)
    }

    /// Records a hold with the accounts that it is about to disable, and returns its number. When this returns, both are
    /// durable.
    ///
    /// # Errors
    /// Those of [`Holds::add`].
    pub fn add_with_accounts(
        &mut self,
        order: &HoldOrder,
        accounts: &[FoundAccount],
        now: &Moment,
    ) -> Result<u64, Error> {
        self.refresh()?;
        let body = self.body(order)?;
        let term = TimeLeft { left: Duration::from_secs(order.seconds), seen: now.clone() };
        let (left, seen, boot, boot_ms) = columns(&term);
        let failed = self.failed();
        self.connection.busy_timeout(crate::BUSY_TIMEOUT).map_err(&failed)?;
        let text = "INSERT INTO hold (body, left_ms, seen_at, boot, boot_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
        let insert = |connection: &Connection| -> rusqlite::Result<i64> {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute(text, (body, left, seen, boot, boot_ms))?;
            let id = transaction.last_insert_rowid();
            account_rows::add(&transaction, id, accounts, now)?;
            signature::sign(&transaction, &self.key, id)?;
            transaction.commit()?;
            Ok(id)
        };
        let inserted = insert(&self.connection);
        self.connection.busy_timeout(self.wait).map_err(&failed)?;
        Ok(u64::try_from(inserted.map_err(failed)?).unwrap_or_default())
    }

    /// Returns every hold that can be read, the newest first; see [`Holds::unreadable`].
    ///
    /// # Errors
    /// [`Error::Busy`] and [`Error::Database`].
    pub fn all(&mut self, now: &Moment) -> Result<Vec<Hold>, Error> {
        self.read("", now)
    }

    /// Returns the holds that keep somebody out, the newest first.
    ///
    /// # Errors
    /// Those of [`Holds::all`].
    pub fn open_ones(&mut self, now: &Moment) -> Result<Vec<Hold>, Error> {
        let mut found = self.read("WHERE released_at IS NULL AND left_ms > 0", now)?;
        found.retain(Hold::is_open);
        Ok(found)
    }

    /// Returns one hold.
    ///
    /// # Errors
    /// Those of [`Holds::all`].
    pub fn get(&mut self, id: u64, now: &Moment) -> Result<Option<Hold>, Error> {
        Ok(self.read(&format!("WHERE id = {id}"), now)?.pop())
    }

    /// Returns a number that changes whenever another connection has changed the database. Reading it costs far less than reading the
    /// holds.
    ///
    /// # Errors
    /// Those of [`Holds::all`].
    pub fn version(&mut self) -> Result<HoldsVersion, Error> {
        self.refresh()?;
        let version = self.reading(|connection| {
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
        })?;
        Ok(HoldsVersion(self.generation, version))
    }

    /// Records a hold again that is carried on, after somebody has removed it from the database: with its number, unless another
    /// hold has that one now. Returns its number.
    ///
    /// # Errors
    /// Those of [`Holds::add`].
    pub fn add_again(&mut self, hold: &Hold, now: &Moment) -> Result<u64, Error> {
        self.refresh()?;
        let body = self.body(&hold.order)?;
        let term = TimeLeft { left: hold.left, seen: now.clone() };
        let (left, seen, boot, boot_ms) = columns(&term);
        let text = "INSERT INTO hold (id, body, left_ms, seen_at, boot, boot_ms, acted, acted_at) \
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let acted_at = hold.acted_at.map(Timestamp::millis);
        let insert = || -> rusqlite::Result<i64> {
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            // A row that somebody has spoilt has the number, too.
            let count = "SELECT count(*) FROM hold WHERE id = ?1";
            let is_free = transaction.query_row(count, [number(hold.id)], |row| row.get::<_, i64>(0))? == 0;
            let id = is_free.then(|| number(hold.id));
            transaction.execute(text, (id, body, left, seen, boot, boot_ms, number(hold.acted), acted_at))?;
            let id = transaction.last_insert_rowid();
            // Accounts of a hold that was removed, or that somebody has added, are not those of this one.
            transaction.execute("DELETE FROM hold_account WHERE hold = ?1", [id])?;
            account_rows::add_again(&transaction, id, &hold.accounts)?;
            signature::sign(&transaction, &self.key, id)?;
            transaction.commit()?;
            Ok(id)
        };
        let inserted = insert().map_err(self.failed())?;
        Ok(u64::try_from(inserted).unwrap_or_default())
    }

    fn body(&self, order: &HoldOrder) -> Result<String, Error> {
        serde_json::to_string(order).map_err(|cause| Error::Database {
            place: self.path.display().to_string(),
            reason: cause.to_string(),
        })
    }

    fn read(&mut self, filter: &str, now: &Moment) -> Result<Vec<Hold>, Error> {
        self.refresh()?;
        let text = format!("SELECT {COLUMNS} FROM hold {filter} ORDER BY id DESC");
        let stored = self.reading(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            let stored: Vec<Stored> =
                snapshot.prepare_cached(&text)?.query_map([], Stored::of)?.collect::<Result<_, _>>()?;
            let with_accounts = stored.into_iter().map(|stored| {
                let accounts = account_rows::of_hold(&snapshot, stored.id)?;
                Ok((stored, accounts))
            });
            with_accounts.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        self.unreadable.clear();
        let mut holds = Vec::with_capacity(stored.len());
        for (stored, accounts) in stored {
            if !signature::is_signed(&self.key, &stored, &accounts) {
                self.unreadable.push(Unreadable::unsigned(&stored, &accounts));
                continue;
            }
            if stored.released.is_none() && stored.term.is_of_another_start(now) {
                // The wall clock counts once. A database that is locked now is written at the next reading.
                self.set_term(stored.id, &stored.term.at(now)).or_else(unless_busy)?;
            }
            let (id, carrier) = (stored.id, carrier(&self.path, stored.id));
            // One row that somebody has spoilt hides no other hold.
            match stored.order() {
                Ok(order) => holds.push(stored.hold(order, carrier, accounts, now)),
                Err(error) => {
                    self.unreadable.push(Unreadable::new(id, &error.to_string(), &accounts));
                }
            }
        }
        self.check_key()?;
        Ok(holds)
    }

    /// Reads, also while another process repairs the index of the WAL.
    fn reading<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let failed = self.failed();
        self.connection.busy_timeout(READ_TIMEOUT).map_err(&failed)?;
        let result = read(&self.connection);
        self.connection.busy_timeout(self.wait).map_err(&failed)?;
        result.map_err(failed)
    }

    fn set_term(&self, id: u64, term: &TimeLeft) -> Result<(), Error> {
        self.change(id, |transaction, _| set_term(transaction, id, term)).map(|_| ())
    }

    /// Changes a hold in a transaction, and signs it again. Returns None if it is gone, or somebody else has written it.
    fn change<T>(
        &self,
        id: u64,
        change: impl FnOnce(&Transaction<'_>, &Stored) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let changed = || -> rusqlite::Result<Option<T>> {
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let done = signature::change(&transaction, &self.key, id, |stored| change(&transaction, stored))?;
            transaction.commit()?;
            Ok(done)
        };
        changed().map_err(self.failed())
    }

    /// Notes how often a hold acted since the last note, what is wrong now, and the time that is left, which counts after
    /// the next start of the computer. A note that the power cuts off is lost: waiting for the disk would delay the other holds.
    ///
    /// # Errors
    /// [`Error::Busy`] if another program writes: note it later. [`Error::Full`] and [`Error::Database`].
    pub fn note(&mut self, id: u64, acted: u64, problem: Option<&str>, now: &Moment) -> Result<(), Error> {
        self.refresh()?;
        self.connection.pragma_update(None, "synchronous", "NORMAL").map_err(self.failed())?;
        let noted = self.note_at_once(id, acted, problem, now);
        self.connection.pragma_update(None, "synchronous", "FULL").map_err(self.failed())?;
        noted
    }

    fn note_at_once(&self, id: u64, acted: u64, problem: Option<&str>, now: &Moment) -> Result<(), Error> {
        let at = (acted > 0).then(|| now.wall.millis());
        let text = "UPDATE hold SET acted = acted + ?2, acted_at = coalesce(?3, acted_at), problem = ?4 WHERE id = ?1";
        let noted = self.change(id, |transaction, stored| {
            transaction.execute(text, (number(id), number(acted), at, problem))?;
            set_term(transaction, id, &stored.term.at(now))
        });
        noted.map(|_| ())
    }

    /// Notes only how often a hold acted since the last note.
    ///
    /// # Errors
    /// Those of [`Holds::note`].
    pub fn count(&mut self, id: u64, acted: u64, now: &Moment) -> Result<(), Error> {
        self.refresh()?;
        let text = "UPDATE hold SET acted = acted + ?2, acted_at = ?3 WHERE id = ?1";
        let done = self.connection.execute(text, (number(id), number(acted), now.wall.millis()));
        done.map(|_| ()).map_err(self.failed())
    }

    /// Releases a hold. Returns whether it was open.
    ///
    /// # Errors
    /// Those of [`Holds::add`].
    pub fn release(&mut self, id: u64, actor: &Actor, now: &Moment) -> Result<bool, Error> {
        if !self.get(id, now)?.is_some_and(|hold| hold.is_open()) {
            return Ok(false);
        }
        let failed = self.failed();
        self.connection.busy_timeout(crate::BUSY_TIMEOUT).map_err(&failed)?;
        let text = "UPDATE hold SET released_at = ?2, released_by = ?3 WHERE id = ?1 AND released_at IS NULL";
        let done = self.change(id, |transaction, _| {
            transaction.execute(text, (number(id), now.wall.millis(), actor.shown()))
        });
        self.connection.busy_timeout(self.wait).map_err(&failed)?;
        Ok(done? == Some(1))
    }

    /// Becomes the process that carries this hold on. Returns None if another process does.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Exposed`].
    pub fn carry(&self, id: u64, program: &str) -> Result<Option<CarrierLock>, Error> {
        CarrierLock::take(&lock_path(&self.path, &format!("hold-{id}")), program, true)
    }

    /// Becomes the agent. Returns None if another process is.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Exposed`].
    pub fn become_agent(&self) -> Result<Option<CarrierLock>, Error> {
        CarrierLock::take(&lock_path(&self.path, "agent"), "agent", false)
    }

    /// Whether an agent runs.
    #[must_use]
    pub fn has_agent(&self) -> bool {
        holder(&lock_path(&self.path, "agent")).is_some()
    }
}

/// Holds are in a file of this computer, even if several share the journal.
fn path_of(location: &Location) -> Result<PathBuf, Error> {
    match location {
        Location::File(path) => Ok(path.clone()),
        Location::Postgres(_) => match Location::of_user()? {
            Location::File(path) => Ok(path),
            Location::Postgres(_) => Err(Error::NoPlace),
        },
    }
}

fn unless_busy(error: Error) -> Result<(), Error> {
    match error {
        Error::Busy { .. } => Ok(()),
        error => Err(error),
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

fn columns(term: &TimeLeft) -> (i64, i64, Option<String>, Option<i64>) {
    let boot = term.seen.boot.as_ref();
    (
        millis(term.left),
        term.seen.wall.millis(),
        boot.map(|boot| boot.id.clone()),
        boot.map(|boot| millis(boot.since)),
    )
}

fn set_term(connection: &Connection, id: u64, term: &TimeLeft) -> rusqlite::Result<()> {
    let (left, seen, boot, boot_ms) = columns(term);
    let text =
        "UPDATE hold SET left_ms = ?2, seen_at = ?3, boot = ?4, boot_ms = ?5 WHERE id = ?1 AND left_ms >= ?2";
    connection.execute(text, (number(id), left, seen, boot, boot_ms)).map(|_| ())
}

/// A row of the table.
struct Stored {
    id: u64,
    body: String,
    term: TimeLeft,
    released: Option<(Timestamp, String)>,
    acted: u64,
    acted_at: Option<Timestamp>,
    problem: Option<String>,
    mac: Option<RowHash>,
}

impl Stored {
    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let boot = match (row.get::<_, Option<String>>(4)?, row.get::<_, Option<i64>>(5)?) {
            (Some(id), Some(since)) => Some(BootTime { id, since: duration(since) }),
            _ => None,
        };
        let seen = Moment { wall: Timestamp::of_millis(row.get(3)?), boot };
        let released_at = row.get::<_, Option<i64>>(6)?.map(Timestamp::of_millis);
        Ok(Self {
            id: u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(),
            body: row.get(1)?,
            term: TimeLeft { left: duration(row.get(2)?), seen },
            released: released_at.zip(row.get(7)?),
            acted: u64::try_from(row.get::<_, i64>(8)?).unwrap_or_default(),
            acted_at: row.get::<_, Option<i64>>(9)?.map(Timestamp::of_millis),
            problem: row.get(10)?,
            mac: row.get::<_, Option<Vec<u8>>>(11)?.and_then(|mac| RowHash::from_bytes(&mac)),
        })
    }

    fn order(&self) -> serde_json::Result<HoldOrder> {
        serde_json::from_str(&self.body)
    }

    fn hold(
        self,
        order: HoldOrder,
        carrier: Option<String>,
        accounts: Vec<HeldAccount>,
        now: &Moment,
    ) -> Hold {
        let left = self.term.at(now).left;
        let state = match self.released {
            Some((at, by)) => HoldState::Released { at, by },
            None if left.is_zero() => HoldState::Over,
            None => HoldState::Open,
        };
        let until = Timestamp::of_millis(now.wall.millis().saturating_add(millis(left)));
        let has_work = state == HoldState::Open || accounts.iter().any(|account| account.state.is_pending());
        let carrier = carrier.filter(|_| has_work);
        let (acted, acted_at, problem) = (self.acted, self.acted_at, self.problem);
        Hold { id: self.id, order, accounts, state, left, until, acted, acted_at, problem, carrier }
    }
}

#[cfg(test)]
mod tests;
