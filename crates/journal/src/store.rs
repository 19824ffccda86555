//! [`Store`]: what keeps the rows. [`Row`] is a stored row.

use crate::chain::{Head, RowHash};
use crate::record::Term;
use crate::{Damage, Entry, Error, Query, json};

/// Reads a hash; bytes that are none become one that no row has.
pub(crate) fn hash(bytes: &[u8]) -> RowHash {
    RowHash::from_bytes(bytes).unwrap_or(RowHash([0xff; 32]))
}

/// Returns the number of a row as a database stores it.
pub(crate) fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// Reads the number of a row.
pub(crate) fn seq(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A row to append.
#[derive(Debug)]
pub(crate) struct NewRow {
    pub(crate) entry: Entry,
    pub(crate) body: String,
}

impl NewRow {
    pub(crate) fn new(entry: Entry) -> Result<Self, Error> {
        let body = json::text(&entry);
        let body =
            body.map_err(|cause| Error::Database { place: String::new(), reason: cause.to_string() })?;
        Ok(Self { entry, body })
    }
}

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: u64,
    /// The columns by which the database finds the row.
    pub(crate) columns: Columns,
    pub(crate) body: String,
    pub(crate) hash: RowHash,
    /// The signature of the hash; a database that several people share has none.
    pub(crate) mac: Option<RowHash>,
}

/// What the database knows about a row without reading its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) at: i64,
    pub(crate) kind: String,
    /// The number of the intent to which the row belongs; its own number if it is no outcome.
    pub(crate) change: u64,
}

impl Columns {
    pub(crate) fn of(seq: u64, entry: &Entry) -> Self {
        let kind = match entry {
            Entry::Intent(_) => "intent",
            Entry::Outcome(_) => "outcome",
            Entry::Pruned(_) => "pruned",
            Entry::Other => "other",
        };
        Self { at: entry.at().millis(), kind: kind.to_owned(), change: entry.change().unwrap_or(seq) }
    }
}

/// Keeps the rows. Each function is one transaction; when it returns, its rows are durable.
pub(crate) trait Store: Send {
    /// Appends rows to the chain, all or none, and returns them.
    fn append(&mut self, rows: &[NewRow]) -> Result<Vec<Head>, Error>;

    /// Returns at most `limit` rows from this number on, in order.
    fn rows(&mut self, from: u64, limit: u32) -> Result<Vec<Row>, Error>;

    /// Returns the numbers of the intents and removals that match, the newest first.
    fn find(&mut self, query: &Query) -> Result<Vec<u64>, Error>;

    /// Returns the row of this number, and that of its outcome.
    fn change(&mut self, seq: u64) -> Result<(Option<Row>, Option<Row>), Error>;

    /// Returns the last row as the journal's head names it, and what is wrong with the head.
    fn head(&mut self) -> Result<(Head, Option<Damage>), Error>;

    /// Looks for damage in the structure of the database, which readings of its rows do not meet.
    fn check_structure(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Returns the newest removal of rows.
    fn last_pruned(&mut self) -> Result<Option<Row>, Error>;

    /// Returns the terms that the index lacks for the change.
    fn missing_terms(&mut self, change: u64, terms: &[Term]) -> Result<bool, Error>;

    /// Whether the signature of a row is right. True for a database without signatures.
    fn is_signed(&self, row: &Row) -> bool;

    /// Returns the number of the first row that stays if the rows before `millis` are removed: it and every row after it
    /// are newer, or belong to newer rows.
    fn cut(&mut self, millis: i64) -> Result<u64, Error>;

    /// Removes the rows before `cut`, and appends the row that says so, which `record` makes from the last removed row.
    fn prune(
        &mut self,
        cut: u64,
        record: &(dyn Fn(&Row, u64) -> Result<NewRow, Error> + Sync),
    ) -> Result<Option<Head>, Error>;
}
