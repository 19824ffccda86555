//! The rows that `close` prints: what would happen to each file, and what did.

use anstyle::Style;
use netsession::{CloseOutcome, ClosePreview, CloseResult, Error};
use netsession_admin::Silence;
use serde::Serialize;

use crate::output::{BAD, Column, Field, GOOD, NOTABLE, Row, Value};
use crate::rows::{FileRow, Status};

/// A printed file, and what would happen to it.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct PlanRow {
    #[serde(flatten)]
    file: FileRow,
    #[serde(skip)]
    action: &'static str,
    #[serde(skip)]
    style: Style,
}

impl PlanRow {
    /// Returns the files that close, and those that netsession does not close because their ids are not unique.
    pub(in crate::commands) fn of(name: &str, preview: &ClosePreview) -> Vec<PlanRow> {
        let row = |file, action, style| PlanRow { file: FileRow::new(name, file), action, style };
        let closes = preview.to_close().iter().map(|file| row(file, "close", BAD));
        let ambiguous = preview.ambiguous().iter().map(|file| row(file, "cannot close", NOTABLE));
        closes.chain(ambiguous).collect()
    }
}

impl PlanRow {
    /// Whether the file closes.
    pub(super) fn closes(&self) -> bool {
        self.action == "close"
    }
}

impl Row for PlanRow {
    fn fields() -> Vec<Field<Self>> {
        let plan = Field::new("plan", Column::accented("PLAN"), |row: &Self| Value::text(row.action));
        let file = FileRow::fields().into_iter().map(|field| field.of(|row: &Self| &row.file));
        std::iter::once(plan.table_only().first()).chain(file).collect()
    }

    fn server(&self) -> &str {
        self.file.server()
    }

    fn name(&self) -> Option<String> {
        self.file.name()
    }

    fn style(&self) -> Style {
        self.style
    }
}

/// A printed file, and whether it is closed.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct ClosedRow {
    #[serde(flatten)]
    file: FileRow,
    /// Whether the file is closed; `None` if it is unknown.
    pub(in crate::commands) closed: Option<bool>,
    status: Option<Status>,
    #[serde(skip)]
    pub(in crate::commands) error: Option<Error>,
}

impl ClosedRow {
    pub(in crate::commands) fn new(name: &str, outcome: CloseOutcome) -> ClosedRow {
        ClosedRow {
            file: FileRow::new(name, &outcome.file),
            closed: match outcome.result {
                CloseResult::Closed => Some(true),
                CloseResult::StillOpen | CloseResult::NotSent => Some(false),
                _ => None,
            },
            status: outcome.status.map(Status::from),
            error: outcome.error,
        }
    }
}

impl ClosedRow {
    /// Takes back that the file is closed, if a node of a cluster can still have it open: the node fell silent, or the server
    /// did not find a file that it had just listed. The other nodes forget the files of a node that does not answer.
    pub(in crate::commands) fn of_a_cluster(self, silence: &Silence) -> ClosedRow {
        let was_closed = self.status.as_ref().is_some_and(|status| status.code == 0);
        let is_known = was_closed && !silence.is_outcome_unknown();
        ClosedRow { closed: self.closed.filter(|is_closed| !is_closed || is_known), ..self }
    }

    /// The text of the RESULT column.
    const fn result(&self) -> &'static str {
        match self.closed {
            Some(true) => "closed",
            Some(false) => "still open",
            None => "unknown",
        }
    }
}

impl Row for ClosedRow {
    fn fields() -> Vec<Field<Self>> {
        let result = Field::new("result", Column::accented("RESULT"), |row: &Self| Value::text(row.result()));
        let file = FileRow::fields().into_iter().map(|field| field.of(|row: &Self| &row.file));
        let status = Field::new("status", Column::text("STATUS"), |row: &Self| {
            Value::known_text(row.status.as_ref().map(|status| &*status.name))
        });
        std::iter::once(result.first()).chain(file).chain([status.hidden()]).collect()
    }

    fn name(&self) -> Option<String> {
        self.file.name()
    }

    fn server(&self) -> &str {
        self.file.server()
    }

    fn style(&self) -> Style {
        if self.closed == Some(true) { GOOD } else { BAD }
    }
}
