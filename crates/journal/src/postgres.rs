//! [`Postgres`]: a journal in a database of PostgreSQL, which several administrators share.
//!
//! `docs/journal-postgresql.sql` makes the tables, and a function that appends: the role of an administrator can change
//! nothing else. A lock on the head makes writers wait for each other, so that there is one chain.

mod bounded;
mod connection;
mod failure;
mod guarded;
mod pgpass;
mod place;
mod proof_only;
mod row;
mod session;
mod tls;

use std::fmt;
use std::time::Duration;

use futures_util::future;
use tokio_postgres::types::Type;

use crate::chain::Head;
use crate::query::{Bound, Dialect};
use crate::record::Term;
use crate::store::{NewRow, Row, Store, hash, number, seq};
use crate::{Damage, Error, Query};
use connection::Connection;
use failure::Fault;
pub use place::{DatabaseUrl, ParseUrlError, PasswordSource};
use row::{APPEND, NextRows, PRUNE, column, read_row, without_zero};
use session::{Session, Value};

/// How long to wait for a record. It is longer than the server waits for the lock of another writer.
const RECORD_LIMIT: Duration = Duration::from_secs(10);
/// How long to wait for an answer to a search, or to a step of a verification.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// What each connection sets and asks for first: a commit is durable when it returns, and a writer that hangs does not hold up the others.
const SETTINGS: &str = "
SET search_path = netsession, pg_catalog, pg_temp;
SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '10s';
SET statement_timeout = '55s';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
SELECT format FROM netsession.head;
";

/// The format of the tables.
const FORMAT: i64 = 1;

/// What begins a transaction that appends.
const BEGIN: &str = "BEGIN";
/// The same while a writer that hung before may still keep the head locked. The request that the record is about waits, too.
const BEGIN_SOON: &str = "BEGIN; SET LOCAL lock_timeout = '100ms'";

const ROW: &str = "seq, at, kind, change, body, hash";

/// A journal in a database of PostgreSQL.
pub(crate) struct Postgres {
    url: DatabaseUrl,
    place: String,
    /// The connection. After a fault there is none, and the next request makes one.
    connection: Option<Connection>,
    /// Whether another writer kept the head locked for too long.
    is_locked: bool,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects, and checks that the database has the tables.
    pub(crate) fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        let mut new = Self { url: url.clone(), place: url.to_string(), connection: None, is_locked: false };
        new.run(RECORD_LIMIT, async |_| Ok(()))?;
        Ok(new)
    }

    /// Does the work over the connection. If the server has closed it since the last request, which the first statement of
    /// the work learns, nothing has happened yet: a new connection does the work.
    fn run<T: Send>(
        &mut self,
        limit: Duration,
        work: impl AsyncFn(&Session<'_>) -> Result<T, Fault> + Send + Sync,
    ) -> Result<T, Error> {
        if let Some(mut connection) = self.connection.take() {
            match connection.run(limit, &work) {
                Err(Fault::Stale) => {}
                done => return self.keep(connection, done),
            }
        }
        let mut connection = connect(&self.url).map_err(|fault| fault.at(&self.place))?;
        let done = connection.run(limit, &work);
        self.keep(connection, done)
    }

    /// Keeps a connection that works.
    fn keep<T>(&mut self, connection: Connection, done: Result<T, Fault>) -> Result<T, Error> {
        let done = done.map_err(|fault| fault.at(&self.place))?;
        self.connection = Some(connection);
        Ok(done)
    }
}

fn connect(url: &DatabaseUrl) -> Result<Connection, Fault> {
    let mut connection = Connection::open(url)?;
    let format =
        connection.run(RECORD_LIMIT, &async |session: &Session<'_>| session.settings(SETTINGS).await)?;
    check_format(&url.to_string(), format)?;
    Ok(connection)
}

/// Refuses the tables of another version.
fn check_format(place: &str, found: i64) -> Result<(), Error> {
    match found {
        FORMAT => Ok(()),
        found => Err(Error::Newer { place: place.to_owned(), found, known: FORMAT }),
    }
}

/// Begins a transaction in which no other writer appends, and returns the head. The owner can have made tables of another format since the
/// connection began.
async fn begin(session: &Session<'_>, place: &str, begin: &str) -> Result<Head, Fault> {
    let damaged = || Error::Damaged { place: place.to_owned(), damage: Damage::Head };
    let statement = "SELECT last_seq, last_hash, (SELECT format::bigint FROM head) FROM lock_head()";
    let head = session.begin(begin, statement).await?.ok_or_else(damaged)?;
    check_format(place, column::<Option<i64>>(&head, 2)?.unwrap_or_default())?;
    Ok(Head { seq: seq(column(&head, 0)?), hash: hash(column(&head, 1)?) })
}

async fn one_row(session: &Session<'_>, rest: &str, values: &[Value<'_>]) -> Result<Option<Row>, Fault> {
    let rows = session.rows(&format!("SELECT {ROW} FROM entry {rest}"), values).await?;
    rows.first().map(read_row).transpose()
}

async fn one_number(
    session: &Session<'_>,
    statement: &str,
    values: &[Value<'_>],
) -> Result<Option<i64>, Fault> {
    let rows = session.rows(statement, values).await?;
    column(rows.first().ok_or_else(Fault::malformed)?, 0)
}

impl Store for Postgres {
    fn append(&mut self, rows: &[NewRow]) -> Result<Vec<Head>, Error> {
        let place = self.place.clone();
        let first = if self.is_locked { BEGIN_SOON } else { BEGIN };
        let appended = self.run(RECORD_LIMIT, async |session| {
            let next = NextRows::after(begin(session, &place, first).await?, rows);
            let first = next.heads.first().copied().unwrap_or_default().seq;
            let appended = session.last(APPEND, &next.values()).await;
            appended.map_err(|fault| fault.of_row(first, &place))?;
            Ok(next.heads)
        });
        self.is_locked = matches!(appended, Err(Error::Busy { .. }));
        appended
    }

    fn rows(&mut self, from: u64, limit: u32) -> Result<Vec<Row>, Error> {
        let (from, limit) = (number(from), i64::from(limit));
        self.run(READ_LIMIT, async |session| {
            let text = format!("SELECT {ROW} FROM entry WHERE seq >= $1 ORDER BY seq LIMIT $2");
            let rows = session.rows(&text, &[(&from, Type::INT8), (&limit, Type::INT8)]).await?;
            rows.iter().map(read_row).collect()
        })
    }

    fn find(&mut self, query: &Query) -> Result<Vec<u64>, Error> {
        let (statement, bound) = query.statement(Dialect::Postgres);
        let bound: Vec<Bound> = bound
            .into_iter()
            .map(|bound| match bound {
                Bound::Text(text) => Bound::Text(without_zero(&text)),
                number => number,
            })
            .collect();
        self.run(READ_LIMIT, async |session| {
            let values = bound.iter().map(|bound| -> Value<'_> {
                match bound {
                    Bound::Text(text) => (text, Type::TEXT),
                    Bound::Number(number) => (number, Type::INT8),
                }
            });
            let rows = session.rows(&statement, &values.collect::<Vec<_>>()).await?;
            rows.iter().map(|row| column(row, 0).map(seq)).collect()
        })
    }

    fn change(&mut self, seq: u64) -> Result<(Option<Row>, Option<Row>), Error> {
        let seq = number(seq);
        self.run(READ_LIMIT, async |session| {
            let value = [(&seq as _, Type::INT8)];
            let outcome = "WHERE change = $1 AND kind = 'outcome' ORDER BY seq LIMIT 1";
            // The second statement does not wait for the answer to the first.
            let intent = one_row(session, "WHERE seq = $1", &value);
            future::try_join(intent, one_row(session, outcome, &value)).await
        })
    }

    fn head(&mut self) -> Result<(Head, Option<Damage>), Error> {
        self.run(READ_LIMIT, async |session| {
            // One statement, so that no other writer appends between the two answers.
            let statement = "SELECT head.seq, head.hash, (SELECT max(seq) FROM entry) FROM head";
            let rows = session.rows(statement, &[]).await?;
            let Some(row) = rows.first() else { return Ok((Head::default(), Some(Damage::Head))) };
            let head = Head { seq: seq(column(row, 0)?), hash: hash(column(row, 1)?) };
            let last = column::<Option<i64>>(row, 2)?.map(seq).unwrap_or_default();
            Ok((head, Damage::of_last(last, head)))
        })
    }

    fn last_pruned(&mut self) -> Result<Option<Row>, Error> {
        self.run(READ_LIMIT, async |session| {
            one_row(session, "WHERE kind = 'pruned' ORDER BY seq DESC LIMIT 1", &[]).await
        })
    }

    fn missing_terms(&mut self, change: u64, terms: &[Term]) -> Result<bool, Error> {
        let ((kinds, values), change) = (row::terms(terms), number(change));
        self.run(READ_LIMIT, async |session| {
            let statement = "SELECT count(*) FROM unnest($1, $2) AS wanted (kind, value)
                WHERE NOT EXISTS (SELECT FROM term
                    WHERE term.kind = wanted.kind AND term.value = wanted.value AND term.change = $3)";
            let texts = Type::TEXT_ARRAY;
            let wanted: [Value<'_>; 3] = [(&kinds, texts.clone()), (&values, texts), (&change, Type::INT8)];
            Ok(one_number(session, statement, &wanted).await? > Some(0))
        })
    }

    /// A key that several administrators shared would sign nothing.
    fn is_signed(&self, _row: &Row) -> bool {
        true
    }

    fn cut(&mut self, millis: i64) -> Result<u64, Error> {
        self.run(READ_LIMIT, async |session| {
            let first = "SELECT coalesce(min(seq), (SELECT seq + 1 FROM head)) FROM entry WHERE at >= $1";
            let first = one_number(session, first, &[(&millis, Type::INT8)]).await?;
            let mut cut = first.ok_or_else(Fault::malformed)?;
            loop {
                // The outcome of an older change is newer: both stay.
                let least = "SELECT min(change) FROM entry WHERE seq >= $1";
                match one_number(session, least, &[(&cut, Type::INT8)]).await? {
                    Some(least) if least < cut => cut = least,
                    _ => return Ok(seq(cut)),
                }
            }
        })
    }

    fn prune(
        &mut self,
        cut: u64,
        record: &(dyn Fn(&Row, u64) -> Result<NewRow, Error> + Sync),
    ) -> Result<Option<Head>, Error> {
        let (place, cut) = (self.place.clone(), number(cut));
        self.run(READ_LIMIT, async |session| {
            let head = begin(session, &place, BEGIN).await?;
            let before: [Value<'_>; 1] = [(&cut, Type::INT8)];
            let Some(last) = one_row(session, "WHERE seq < $1 ORDER BY seq DESC LIMIT 1", &before).await?
            else {
                session.roll_back().await?;
                return Ok(None);
            };
            let count = one_number(session, "SELECT count(*) FROM entry WHERE seq < $1", &before).await?;
            let row = record(&last, seq(count.unwrap_or_default()))?;
            let next = NextRows::after(head, std::slice::from_ref(&row));
            let head = next.heads.first().copied().unwrap_or_default();
            let pruned = session.last(PRUNE, &[&before[..], &next.values()].concat()).await;
            pruned.map_err(|fault| fault.of_row(head.seq, &place))?;
            Ok(Some(head))
        })
    }
}
