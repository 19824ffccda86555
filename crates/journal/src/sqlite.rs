//! [`Sqlite`]: a journal in one file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::chain::{Head, Key, RowHash};
use crate::private::{self, KeyFiles};
use crate::query::{Bound, Dialect};
use crate::record::Term;
use crate::store::{Columns, NewRow, Row, Store, hash, number, seq};
use crate::{Damage, Error, Query};

/// How long to wait for another program that writes to the journal.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a record waits while the program that delayed the record before it may still keep the journal locked. The request that
/// the record is about waits, too.
const LOCKED_TIMEOUT: Duration = Duration::from_millis(100);

/// How long a process waits for another one that switches a new file to WAL, before it asks again.
const SWITCH_PAUSE: Duration = Duration::from_millis(2);

/// Held while a thread makes the file.
static MAKING: Mutex<()> = Mutex::new(());

/// The format of the file: every writer of a hold signs it, and knows where its accounts are.
pub(crate) const FORMAT: i64 = 2;
/// The format of earlier builds. Their rows of the journal are the same; the holds are taken over.
pub(crate) const BEFORE: i64 = 1;

/// `ntsj`: what the file says about its purpose.
const APPLICATION: i64 = 0x6e74_736a;

const SCHEMA: &str = "
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    change INTEGER NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL,
    mac BLOB NOT NULL
) STRICT;
CREATE INDEX entry_at ON entry (at);
CREATE INDEX entry_change ON entry (change) WHERE kind = 'outcome';
CREATE TABLE term (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    change INTEGER NOT NULL,
    PRIMARY KEY (kind, value, change)
) STRICT, WITHOUT ROWID;
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    mac BLOB NOT NULL
) STRICT;
";

/// A journal in a file of SQLite.
pub(crate) struct Sqlite {
    path: PathBuf,
    connection: Connection,
    key: Key,
    /// The file that is open. Another file of its name is not the journal.
    identity: (u64, u64),
    /// Whether another program kept the journal locked for too long.
    is_locked: bool,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the journal. With `is_created` it makes a missing one; otherwise the result is None then.
    pub(crate) fn open(path: &Path, is_created: bool) -> Result<Option<Self>, Error> {
        Self::open_if(path, is_created, false)
    }

    /// Opens or makes a journal that another program kept locked for too long before, and waits for that program only shortly.
    pub(crate) fn open_locked(path: &Path) -> Result<Option<Self>, Error> {
        Self::open_if(path, true, true)
    }

    fn open_if(path: &Path, is_created: bool, is_locked: bool) -> Result<Option<Self>, Error> {
        private::check_folder(path)?;
        let keys = KeyFiles::beside(path);
        // Making the file closes it, which would take the locks from a connection that another thread opens meanwhile.
        let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if !private::is_present(path)? {
            if keys.exists()? {
                return Err(Error::Gone { path: path.to_owned() });
            }
            if !is_created {
                return Ok(None);
            }
            private::make_folder(path)?;
            private::make(path)?;
        }
        drop(making);
        private::check_unopened(path)?;
        let failed = |error| failure(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(timeout(is_locked)).map_err(failed)?;
        if connection.is_readonly("main").map_err(failed)? {
            return Err(Error::file(path, std::io::ErrorKind::PermissionDenied.into()));
        }
        let identity = private::identity(path).map_err(|cause| Error::file(path, cause))?;
        prepare(&connection, timeout(is_locked)).map_err(failed)?;
        create(&mut connection, path, &keys)?;
        let key = match keys.read() {
            Err(Error::NoKey { .. }) => {
                keys.adopt(|key| Ok(read_head(&connection, key).map_err(failed)?.1.is_none()))?
            }
            read => read?,
        };
        Ok(Some(Self { path: path.to_owned(), connection, key, identity, is_locked }))
    }

    /// Returns the connection, for the holds, the identity of its file, and the key.
    pub(crate) fn into_connection(self) -> (Connection, (u64, u64), Key) {
        (self.connection, self.identity, self.key)
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> Error + use<> {
        let path = self.path.clone();
        move |error| failure(&path, &error)
    }

    /// Refuses to go on with a file that nobody finds any more, to which SQLite would write without an error, or that a newer version
    /// has taken over.
    fn check_present(&self) -> Result<(), Error> {
        match private::identity(&self.path) {
            Ok(identity) if identity == self.identity => check_format(&self.path, &self.connection),
            _ => Err(Error::Gone { path: self.path.clone() }),
        }
    }

    /// Appends rows, or waits for a program that locks the journal.
    fn append_waiting(&self, rows: &[NewRow]) -> Result<Vec<Head>, Error> {
        let failed = self.failed();
        // `&self` for the rest: the transaction borrows the connection only.
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let transaction = transaction.map_err(&failed)?;
        let heads = self.append_in(&transaction, rows)?;
        transaction.commit().map_err(failed)?;
        Ok(heads)
    }

    /// Appends rows within a transaction. `first` is the number of the first one.
    fn append_in(&self, transaction: &Transaction<'_>, rows: &[NewRow]) -> Result<Vec<Head>, Error> {
        let failed = self.failed();
        let (mut head, damage) = read_head(transaction, &self.key).map_err(&failed)?;
        if let Some(damage) = damage {
            return Err(self.damaged(damage));
        }
        let mut heads = Vec::with_capacity(rows.len());
        for row in rows {
            let seq = head.seq.saturating_add(1);
            let hash = RowHash::of_row(head.hash, seq, &row.body);
            head = Head { seq, hash };
            match insert(transaction, head, row, self.key.sign_row(hash)) {
                // Somebody else added a row of this number.
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    return Err(self.damaged(Damage::Added { seq }));
                }
                inserted => inserted.map_err(&failed)?,
            }
            heads.push(head);
        }
        write_head(transaction, head, &self.key).map_err(failed)?;
        Ok(heads)
    }

    fn damaged(&self, damage: Damage) -> Error {
        Error::Damaged { place: self.path.display().to_string(), damage }
    }
}

/// Returns how long to wait for another program that writes.
const fn timeout(is_locked: bool) -> Duration {
    if is_locked { LOCKED_TIMEOUT } else { BUSY_TIMEOUT }
}

/// Sets what the journal needs of SQLite: each transaction is durable when it returns.
fn prepare(connection: &Connection, timeout: Duration) -> rusqlite::Result<()> {
    switch_to_wal(connection, timeout)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // A statement sees no more than the rows of a batch.
    connection.pragma_update(None, "cache_size", -2_000)
}

/// Switches to WAL, which the file then keeps. If two processes switch a new file at once, SQLite answers one of them that it is
/// busy, and does not wait.
fn switch_to_wal(connection: &Connection, timeout: Duration) -> rusqlite::Result<()> {
    let begun = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begun.elapsed() < timeout =>
            {
                thread::sleep(SWITCH_PAUSE);
            }
            done => return done,
        }
    }
}

/// Returns the format of a file; 0 if it has no tables.
pub(crate) fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses the file of a newer version, which can have taken it over since it was opened.
pub(crate) fn check_format(path: &Path, connection: &Connection) -> Result<(), Error> {
    require_known(path, format(connection).map_err(|error| failure(path, &error))?)
}

/// Refuses the format of a newer version.
pub(crate) fn require_known(path: &Path, found: i64) -> Result<(), Error> {
    match found > FORMAT {
        true => Err(Error::Newer { place: path.display().to_string(), found, known: FORMAT }),
        false => Ok(()),
    }
}

/// Makes the tables and the key, unless they exist.
fn create(connection: &mut Connection, path: &Path, keys: &KeyFiles) -> Result<(), Error> {
    let failed = |error| failure(path, &error);
    let exists = |connection: &Connection| -> Result<bool, Error> {
        check_format(path, connection)?;
        Ok(format(connection).map_err(failed)? != 0)
    };
    if exists(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have made them meanwhile.
    if exists(&transaction)? {
        return Ok(());
    }
    if keys.exists()? {
        return Err(Error::Gone { path: path.to_owned() });
    }
    let key = keys.make()?;
    let make = || -> rusqlite::Result<()> {
        transaction.execute_batch(SCHEMA)?;
        write_head(&transaction, Head::default(), &key)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", FORMAT)
    };
    make().map_err(failed)?;
    transaction.commit().map_err(failed)?;
    keys.keep()
}

fn insert(transaction: &Transaction<'_>, head: Head, row: &NewRow, mac: RowHash) -> rusqlite::Result<()> {
    let columns = Columns::of(head.seq, &row.entry);
    let change = number(columns.change);
    let mut statement = transaction.prepare_cached(
        "INSERT INTO entry (seq, at, kind, change, body, hash, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let entry = (number(head.seq), columns.at, columns.kind, change, &row.body, head.hash.0, mac.0);
    one_row(statement.execute(entry)?)?;
    let mut statement =
        transaction.prepare_cached("INSERT OR IGNORE INTO term (kind, value, change) VALUES (?1, ?2, ?3)")?;
    for Term { kind, value } in row.entry.terms() {
        statement.execute((kind.letter(), value, change))?;
    }
    Ok(())
}

fn write_head(connection: &Connection, head: Head, key: &Key) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO head (one, seq, hash, mac) VALUES (1, ?1, ?2, ?3)")?
        .execute((number(head.seq), head.hash.0, key.sign_head(head).0))
        .and_then(one_row)
}

/// Refuses a database that takes no row: a trigger of another program can ignore it.
fn one_row(count: usize) -> rusqlite::Result<()> {
    match count {
        1 => Ok(()),
        count => Err(rusqlite::Error::StatementChangedRows(count)),
    }
}

/// Reads the head, and checks its signature.
fn read_head(connection: &Connection, key: &Key) -> rusqlite::Result<(Head, Option<Damage>)> {
    let stored = connection
        .prepare_cached("SELECT seq, hash, mac FROM head")?
        .query_row([], |row| {
            Ok((
                Head { seq: seq(row.get(0)?), hash: hash(&row.get::<_, Vec<u8>>(1)?) },
                hash(&row.get::<_, Vec<u8>>(2)?),
            ))
        })
        .optional()?;
    Ok(match stored {
        Some((head, mac)) if key.sign_head(head) == mac => (head, None),
        Some((head, _)) => (head, Some(Damage::Head)),
        None => (Head::default(), Some(Damage::Head)),
    })
}

/// Whether a key is that of the journal: it has signed the head.
pub(crate) fn is_key_of(connection: &Connection, key: &Key) -> rusqlite::Result<bool> {
    Ok(read_head(connection, key)?.1.is_none())
}

const ROW: &str = "seq, at, kind, change, body, hash, mac";

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        seq: seq(row.get(0)?),
        columns: Columns { at: row.get(1)?, kind: row.get(2)?, change: seq(row.get(3)?) },
        body: row.get(4)?,
        hash: hash(&row.get::<_, Vec<u8>>(5)?),
        mac: RowHash::from_bytes(&row.get::<_, Vec<u8>>(6)?),
    })
}

impl Store for Sqlite {
    fn append(&mut self, rows: &[NewRow]) -> Result<Vec<Head>, Error> {
        self.check_present()?;
        let appended = self.append_waiting(rows);
        let is_locked = matches!(appended, Err(Error::Busy { .. }));
        if is_locked != self.is_locked {
            self.connection.busy_timeout(timeout(is_locked)).map_err(self.failed())?;
            self.is_locked = is_locked;
        }
        let heads = appended?;
        self.check_present()?;
        Ok(heads)
    }

    fn rows(&mut self, from: u64, limit: u32) -> Result<Vec<Row>, Error> {
        let read = || -> rusqlite::Result<Vec<Row>> {
            let text = format!("SELECT {ROW} FROM entry WHERE seq >= ?1 ORDER BY seq LIMIT ?2");
            let mut statement = self.connection.prepare_cached(&text)?;
            statement.query_map((number(from), limit), read_row)?.collect()
        };
        read().map_err(self.failed())
    }

    fn find(&mut self, query: &Query) -> Result<Vec<u64>, Error> {
        let (text, values) = query.statement(Dialect::Sqlite);
        let values = values.into_iter().map(|value| match value {
            Bound::Text(text) => Value::from(text),
            Bound::Number(number) => Value::from(number),
        });
        let read = || -> rusqlite::Result<Vec<u64>> {
            let mut statement = self.connection.prepare(&text)?;
            let rows = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
            rows.map(|found| found.map(seq)).collect()
        };
        read().map_err(self.failed())
    }

    fn change(&mut self, number_of: u64) -> Result<(Option<Row>, Option<Row>), Error> {
        let read = || -> rusqlite::Result<(Option<Row>, Option<Row>)> {
            let text = format!("SELECT {ROW} FROM entry WHERE seq = ?1");
            let mut statement = self.connection.prepare_cached(&text)?;
            let intent = statement.query_row([number(number_of)], read_row).optional()?;
            let text = format!(
                "SELECT {ROW} FROM entry WHERE change = ?1 AND kind = 'outcome' ORDER BY seq LIMIT 1"
            );
            let mut statement = self.connection.prepare_cached(&text)?;
            Ok((intent, statement.query_row([number(number_of)], read_row).optional()?))
        };
        read().map_err(self.failed())
    }

    fn head(&mut self) -> Result<(Head, Option<Damage>), Error> {
        self.check_present()?;
        let read = || -> rusqlite::Result<(Head, Option<Damage>)> {
            let (head, damage) = read_head(&self.connection, &self.key)?;
            let mut statement = self.connection.prepare_cached("SELECT max(seq) FROM entry")?;
            let last =
                statement.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(seq).unwrap_or_default();
            Ok((head, damage.or_else(|| Damage::of_last(last, head))))
        };
        read().map_err(self.failed())
    }

    fn check_structure(&mut self) -> Result<(), Error> {
        let found: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(self.failed())?;
        match found.as_str() {
            "ok" => Ok(()),
            reason => {
                Err(Error::Corrupt { place: self.path.display().to_string(), reason: reason.to_owned() })
            }
        }
    }

    fn last_pruned(&mut self) -> Result<Option<Row>, Error> {
        let read = || -> rusqlite::Result<Option<Row>> {
            let text = format!("SELECT {ROW} FROM entry WHERE kind = 'pruned' ORDER BY seq DESC LIMIT 1");
            self.connection.prepare(&text)?.query_row([], read_row).optional()
        };
        read().map_err(self.failed())
    }

    fn missing_terms(&mut self, change: u64, terms: &[Term]) -> Result<bool, Error> {
        let read = || -> rusqlite::Result<bool> {
            let text = "SELECT 1 FROM term WHERE kind = ?1 AND value = ?2 AND change = ?3";
            let mut statement = self.connection.prepare_cached(text)?;
            for Term { kind, value } in terms {
                if !statement.exists((kind.letter(), value, number(change)))? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        read().map_err(self.failed())
    }

    fn is_signed(&self, row: &Row) -> bool {
        row.mac == Some(self.key.sign_row(row.hash))
    }

    fn cut(&mut self, millis: i64) -> Result<u64, Error> {
        let read = || -> rusqlite::Result<u64> {
            let (head, _) = read_head(&self.connection, &self.key)?;
            let text = "SELECT min(seq) FROM entry WHERE at >= ?1";
            let first = self.connection.query_row(text, [millis], |row| row.get::<_, Option<i64>>(0))?;
            let mut cut = first.map_or(head.seq.saturating_add(1), seq);
            loop {
                // The outcome of an older change is newer: both stay.
                let text = "SELECT min(change) FROM entry WHERE seq >= ?1";
                let least =
                    self.connection.query_row(text, [number(cut)], |row| row.get::<_, Option<i64>>(0))?;
                match least.map(seq) {
                    Some(least) if least < cut => cut = least,
                    _ => return Ok(cut),
                }
            }
        };
        read().map_err(self.failed())
    }

    fn prune(
        &mut self,
        cut: u64,
        record: &(dyn Fn(&Row, u64) -> Result<NewRow, Error> + Sync),
    ) -> Result<Option<Head>, Error> {
        self.check_present()?;
        let failed = self.failed();
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let transaction = transaction.map_err(&failed)?;
        let text = format!("SELECT {ROW} FROM entry WHERE seq < ?1 ORDER BY seq DESC LIMIT 1");
        let last = transaction.query_row(&text, [number(cut)], read_row).optional().map_err(&failed)?;
        let Some(last) = last else { return Ok(None) };
        let remove = || -> rusqlite::Result<usize> {
            transaction.execute("DELETE FROM term WHERE change < ?1", [number(cut)])?;
            transaction.execute("DELETE FROM entry WHERE seq < ?1", [number(cut)])
        };
        let removed = remove().map_err(&failed)?;
        let row = record(&last, u64::try_from(removed).unwrap_or(u64::MAX))?;
        let heads = self.append_in(&transaction, &[row])?;
        transaction.commit().map_err(failed)?;
        self.check_present()?;
        Ok(heads.into_iter().next_back())
    }
}

/// Says what an error of SQLite means for the journal.
pub(crate) fn failure(path: &Path, error: &rusqlite::Error) -> Error {
    let place = path.display().to_string();
    let reason = error.to_string();
    let rusqlite::Error::SqliteFailure(code, _) = error else {
        return match error {
            // A value of another type: somebody else wrote it.
            rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..) => {
                Error::Corrupt { place, reason }
            }
            _ => Error::Database { place, reason },
        };
    };
    /// A file of shared memory could not get its size.
    const NO_SHARED_MEMORY: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    match code.code {
        ErrorCode::DiskFull => Error::Full { place },
        _ if code.extended_code == NO_SHARED_MEMORY => Error::Full { place },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy { place },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Corrupt { place, reason },
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            Error::NotWritable { place, reason }
        }
        // The schema is another one.
        ErrorCode::Unknown => Error::Corrupt { place, reason },
        _ => Error::Database { place, reason },
    }
}

/// Changes a database behind the journal's back.
#[cfg(test)]
pub(crate) fn execute(path: &Path, statement: &str) -> usize {
    Connection::open(path).unwrap().execute(statement, []).unwrap()
}
