//! The rows that `close` prints: what would happen to each file, and what did.

use anstyle::Style;
use netsession::{CloseOutcome, ClosePreview, CloseResult, Error};
use serde::Serialize;

use crate::output::{BAD, Cell, Column, GOOD, NOTABLE, Row};
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

impl Row for PlanRow {
    fn columns() -> Vec<Column> {
        std::iter::once(Column::accented("PLAN")).chain(FileRow::columns()).collect()
    }

    fn server(&self) -> &str {
        self.file.server()
    }

    fn cells(&self) -> Vec<Cell> {
        std::iter::once(Some(self.action.to_owned())).chain(self.file.cells()).collect()
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

impl Row for ClosedRow {
    fn columns() -> Vec<Column> {
        std::iter::once(Column::accented("RESULT")).chain(FileRow::columns()).collect()
    }

    fn server(&self) -> &str {
        self.file.server()
    }

    fn cells(&self) -> Vec<Cell> {
        let result = match self.closed {
            Some(true) => "closed",
            Some(false) => "still open",
            None => "unknown",
        };
        std::iter::once(Some(result.to_owned())).chain(self.file.cells()).collect()
    }

    fn style(&self) -> Style {
        if self.closed == Some(true) { GOOD } else { BAD }
    }
}
