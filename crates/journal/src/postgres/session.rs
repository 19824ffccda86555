//! [`Session`]: the statements of one piece of work.

use std::cell::Cell;

use futures_util::future;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, SimpleQueryMessage};

use super::failure::Fault;

/// A value of a statement, with its type.
pub(super) type Value<'a> = (&'a (dyn ToSql + Sync), Type);

/// The statements of one piece of work. Each is one message to the server and back, without a statement that the server
/// would have to keep.
pub(super) struct Session<'a> {
    client: &'a Client,
    /// Whether the server has answered a statement.
    has_answered: Cell<bool>,
}

impl<'a> Session<'a> {
    pub(super) const fn new(client: &'a Client) -> Self {
        Self { client, has_answered: Cell::new(false) }
    }

    /// Says of a fault that the connection was closed before the work began.
    pub(super) fn judge(&self, fault: Fault) -> Fault {
        if fault.is_closed() && !self.has_answered.get() { Fault::Stale } else { fault }
    }

    /// Notes that the server has answered.
    fn answered<T>(&self, answer: Result<T, tokio_postgres::Error>) -> Result<T, Fault> {
        self.has_answered.set(self.has_answered.get() || answer.is_ok());
        Ok(answer?)
    }

    /// Runs statements, and returns the number that the last one selects.
    pub(super) async fn settings(&self, statements: &str) -> Result<i64, Fault> {
        let rows = self.answered(self.client.simple_query(statements).await)?;
        let number = rows.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        });
        number.ok_or_else(Fault::malformed)
    }

    /// Runs a statement, and returns its rows.
    pub(super) async fn rows(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        self.answered(self.client.query_typed(statement, values).await)
    }

    /// Begins a transaction by `begin`, and returns the row of its first statement. The two messages leave together, in this order.
    pub(super) async fn begin(&self, begin: &str, statement: &str) -> Result<Option<Row>, Fault> {
        let begun = self.client.batch_execute(begin);
        let (begun, row) = future::join(begun, self.client.query_typed_opt(statement, &[])).await;
        self.answered(begun)?;
        self.answered(row)
    }

    /// Runs the last statement of a transaction, and commits. The two messages leave together, in this order: if the
    /// statement fails, the server rolls back instead.
    pub(super) async fn last(&self, statement: &str, values: &[Value<'_>]) -> Result<(), Fault> {
        let done = self.client.execute_typed(statement, values);
        let (done, committed) = future::join(done, self.client.batch_execute("COMMIT")).await;
        self.answered(done)?;
        self.answered(committed)
    }

    /// Ends a transaction that changes nothing.
    pub(super) async fn roll_back(&self) -> Result<(), Fault> {
        self.answered(self.client.batch_execute("ROLLBACK").await)
    }
}
