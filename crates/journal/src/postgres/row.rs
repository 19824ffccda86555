//! [`NextRows`]: rows as the functions of the database take them. [`read_row`] reads a stored row.

use tokio_postgres::types::{FromSql, Type};

use super::failure::Fault;
use super::session::Value;
use crate::chain::{Head, RowHash};
use crate::record::Term;
use crate::store::{Columns, NewRow, Row, hash, number, seq};

/// Appends any number of rows in one statement. The terms of all rows are two arrays, of which each row has a part.
pub(super) const APPEND: &str = "
SELECT append(seq, at, kind, change, body, hash, ($7)[first:last], ($8)[first:last])
FROM unnest($1, $2, $3, $4, $5, $6, $9, $10) AS added (seq, at, kind, change, body, hash, first, last)";

/// Removes the rows before the first value, and appends one row, whose values are those of [`APPEND`].
pub(super) const PRUNE: &str = "
SELECT prune($1, ($2)[1], ($3)[1], ($6)[1], ($7)[1], $8, $9)";

/// Reads a column.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a tokio_postgres::Row, at: usize) -> Result<T, Fault> {
    Ok(row.try_get(at)?)
}

/// Reads a row of the columns `seq, at, kind, change, body, hash`.
pub(super) fn read_row(row: &tokio_postgres::Row) -> Result<Row, Fault> {
    let columns = Columns { at: column(row, 1)?, kind: column(row, 2)?, change: seq(column(row, 3)?) };
    let (seq, body, hash) = (seq(column(row, 0)?), column(row, 4)?, hash(column(row, 5)?));
    Ok(Row { seq, columns, body, hash, mac: None })
}

/// The rows after the last one, a column for each field.
#[derive(Debug, Default)]
pub(super) struct NextRows {
    pub(super) heads: Vec<Head>,
    seqs: Vec<i64>,
    times: Vec<i64>,
    kinds: Vec<String>,
    changes: Vec<i64>,
    bodies: Vec<String>,
    hashes: Vec<Vec<u8>>,
    term_kinds: Vec<String>,
    term_values: Vec<String>,
    /// The part of the terms that belongs to each row, counted from 1. It is empty if the last is before the first.
    firsts: Vec<i32>,
    lasts: Vec<i32>,
}

impl NextRows {
    pub(super) fn after(mut last: Head, rows: &[NewRow]) -> Self {
        let mut all = Self::default();
        for row in rows {
            let at = last.seq.saturating_add(1);
            last = Head { seq: at, hash: RowHash::of_row(last.hash, at, &row.body) };
            all.add(last, row);
        }
        all
    }

    fn add(&mut self, head: Head, row: &NewRow) {
        let Columns { at, kind, change } = Columns::of(head.seq, &row.entry);
        let (kinds, values) = terms(&row.entry.terms().into_iter().collect::<Vec<_>>());
        self.heads.push(head);
        self.seqs.push(number(head.seq));
        self.times.push(at);
        self.kinds.push(kind);
        self.changes.push(number(change));
        self.bodies.push(row.body.clone());
        self.hashes.push(head.hash.0.to_vec());
        let count = |terms: &[String]| i32::try_from(terms.len()).unwrap_or(i32::MAX);
        self.firsts.push(count(&self.term_kinds).saturating_add(1));
        self.term_kinds.extend(kinds);
        self.term_values.extend(values);
        self.lasts.push(count(&self.term_kinds));
    }

    pub(super) fn values(&self) -> [Value<'_>; 10] {
        [
            (&self.seqs, Type::INT8_ARRAY),
            (&self.times, Type::INT8_ARRAY),
            (&self.kinds, Type::TEXT_ARRAY),
            (&self.changes, Type::INT8_ARRAY),
            (&self.bodies, Type::TEXT_ARRAY),
            (&self.hashes, Type::BYTEA_ARRAY),
            (&self.term_kinds, Type::TEXT_ARRAY),
            (&self.term_values, Type::TEXT_ARRAY),
            (&self.firsts, Type::INT4_ARRAY),
            (&self.lasts, Type::INT4_ARRAY),
        ]
    }
}

/// Returns the kinds and the values of terms.
pub(super) fn terms(terms: &[Term]) -> (Vec<String>, Vec<String>) {
    terms.iter().map(|term| (term.kind.letter().to_owned(), without_zero(&term.value))).unzip()
}

/// PostgreSQL has no text with a zero character.
pub(super) fn without_zero(value: &str) -> String {
    value.replace('\0', "\u{2400}")
}
