//! [`Records`]: the holds and the journal, as the database has them. [`Reader`] reads them on another thread.

use anstyle::Style;
use netsession::ServerNames;
use netsession_admin::{Error, location};
use netsession_config::Config;
use netsession_journal::{Hold, Holds, Journal, Moment, Query};

use super::filter::Names;
use super::pane::Pane;
use crate::commands::holds::rows::HoldRow;
use crate::commands::journal::rows::JournalRow;
use crate::output::Row;

/// The most changes of the journal that the view shows. `netsession journal` searches all of them.
const MOST: u32 = 500;

/// A row of the database.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) id: u64,
    /// One for each column of its pane.
    pub(super) cells: Vec<String>,
    /// Every field, for the details.
    pub(super) details: Vec<(&'static str, String)>,
    pub(super) style: Style,
    server: String,
    user: Option<String>,
    others: [String; 2],
}

impl Line {
    /// Makes a line of the fields with these names.
    fn of<R: Row>(id: u64, row: &R, shown: &[&str], user: Option<&String>) -> Self {
        let text =
            |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned());
        let details: Vec<(&'static str, String)> =
            R::fields().iter().map(|field| (field.key, text(field.cell(row)))).collect();
        let cell = |key: &str| {
            details.iter().find(|(name, _)| *name == key).map_or_else(String::new, |(_, text)| text.clone())
        };
        Self {
            id,
            cells: shown.iter().map(|key| cell(key)).collect(),
            style: row.style(),
            server: row.server().to_owned(),
            user: user.cloned(),
            others: [cell("selection"), cell("reason")],
            details,
        }
    }

    /// Returns what a filter compares.
    pub(super) fn names<'a>(&'a self, names: &'a ServerNames) -> Names<'a> {
        let others = self.others.each_ref().map(String::as_str);
        Names { server: &self.server, client: None, user: self.user.as_deref(), others, names }
    }
}

/// The holds and the journal.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The open holds, the newest first.
    pub(super) holds: Vec<Line>,
    /// The changes, the newest first.
    pub(super) journal: Vec<Line>,
    /// Why they cannot be read.
    pub(super) error: Option<String>,
}

impl Records {
    /// Makes the lines of holds.
    pub(super) fn of_holds(holds: Vec<Hold>) -> Vec<Line> {
        let shown = ["id", "selection", "named", "left_secs", "acted", "carrier", "problem"];
        let line = |hold: Hold| {
            let (id, user) = (hold.id, hold.order.users.first().cloned());
            Line::of(id, &HoldRow::of(hold), &shown, user.as_ref())
        };
        holds.into_iter().map(line).collect()
    }

    /// Returns a row of one of the two panes.
    pub(super) fn line(&self, pane: Pane, row: usize) -> Option<&Line> {
        match pane {
            Pane::Holds => self.holds.get(row),
            Pane::Journal => self.journal.get(row),
            _ => None,
        }
    }
}

/// The open database.
#[derive(Debug, Default)]
pub(super) struct Reader {
    holds: Option<Holds>,
    journal: Option<Journal>,
}

impl Reader {
    /// Reads the holds and, if it is shown, the journal. It waits for the disk or the network.
    pub(super) fn read(mut self, has_journal: bool) -> (Self, Records) {
        let mut records = Records::default();
        if let Err(error) = self.try_read(has_journal, &mut records) {
            records.error = Some(error.to_string());
            // The next one opens it again.
            self = Self::default();
        }
        (self, records)
    }

    fn try_read(&mut self, has_journal: bool, records: &mut Records) -> Result<(), Error> {
        let place = || Ok::<_, Error>(location(Config::read()?.journal())?);
        if self.holds.is_none() {
            self.holds = Holds::open_existing(&place()?)?;
        }
        if let Some(holds) = &mut self.holds {
            records.holds = Records::of_holds(holds.open_ones(&Moment::now())?);
        }
        if !has_journal {
            return Ok(());
        }
        if self.journal.is_none() {
            self.journal = Journal::open_existing(&place()?)?;
        }
        if let Some(journal) = &self.journal {
            let query = Query { limit: Some(MOST), ..Query::default() };
            let rows = journal.search(&query)?.into_iter().filter_map(JournalRow::of);
            let shown = ["at", "by", "operation", "server", "users", "result", "reason"];
            records.journal = rows.map(|row| Line::of(row.id(), &row, &shown, row.first_user())).collect();
        }
        Ok(())
    }
}
