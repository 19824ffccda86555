//! The rows that `close` prints: what would happen to each file, and what did.

use anstyle::Style;
use netsession::{CloseOutcome, ClosePreview, CloseResult, Error, OpenFile};
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

/// The outcome of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::commands) enum Became {
    Closed,
    /// It was gone without netsession.
    Vanished,
    #[serde(rename = "still open")]
    StillOpen,
    Unknown,
}

impl Became {
    /// Each kind, in the order of a summary.
    pub(super) const ALL: [Self; 4] = [Self::Closed, Self::Vanished, Self::StillOpen, Self::Unknown];

    /// Returns the text of the RESULT column.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Vanished => "vanished",
            Self::StillOpen => "still open",
            Self::Unknown => "unknown",
        }
    }
}

/// A printed file, and whether it is closed.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct ClosedRow {
    #[serde(flatten)]
    file: FileRow,
    pub(in crate::commands) result: Became,
    /// Whether netsession has closed the file; `None` if it is unknown.
    closed: Option<bool>,
    status: Option<Status>,
    /// The id under which the same user has the file open again.
    pub(in crate::commands) open_again_as: Option<u32>,
    #[serde(skip)]
    pub(in crate::commands) error: Option<Error>,
}

impl ClosedRow {
    /// `is_verified` says whether a later listing shows which files are open.
    pub(in crate::commands) fn new(name: &str, outcome: CloseOutcome, is_verified: bool) -> ClosedRow {
        let row = ClosedRow {
            file: FileRow::new(name, &outcome.file),
            result: Became::Unknown,
            closed: None,
            status: outcome.status.map(Status::from),
            open_again_as: outcome.open_again_as.map(|id| id.0),
            error: outcome.error,
        };
        match outcome.result {
            CloseResult::Closed => row.with(Became::Closed),
            CloseResult::Vanished => row.with(Became::Vanished),
            // netsession has not closed the file, and nobody knows whether somebody else has.
            CloseResult::NotSent if !is_verified => ClosedRow { closed: Some(false), ..row },
            CloseResult::StillOpen | CloseResult::NotSent => row.with(Became::StillOpen),
            _ => row,
        }
    }

    /// A file of which nothing is known after an interrupt: the server may still close it.
    pub(super) fn not_known(name: &str, file: &OpenFile) -> ClosedRow {
        ClosedRow {
            file: FileRow::new(name, file),
            result: Became::Unknown,
            closed: None,
            status: None,
            open_again_as: None,
            error: None,
        }
    }

    fn with(self, result: Became) -> ClosedRow {
        let closed = (result != Became::Unknown).then_some(result == Became::Closed);
        ClosedRow { result, closed, ..self }
    }
}

impl ClosedRow {
    /// Whether the command did what it should: netsession has closed the file, or it is gone and stays so.
    pub(in crate::commands) const fn is_done(&self) -> bool {
        match self.result {
            Became::Closed => true,
            Became::Vanished => self.open_again_as.is_none(),
            Became::StillOpen | Became::Unknown => false,
        }
    }

    /// Takes back that the file is closed, if a node of a cluster can still have it open: the node fell silent, or the server
    /// did not find a file that it had just listed. The other nodes forget the files of a node that does not answer.
    pub(in crate::commands) fn of_a_cluster(self, silence: &Silence) -> ClosedRow {
        let was_closed = self.status.as_ref().is_some_and(|status| status.code == 0);
        let is_known = was_closed && !silence.is_outcome_unknown();
        match self.result {
            Became::Closed | Became::Vanished if !is_known => self.with(Became::Unknown),
            _ => self,
        }
    }

    /// The text of the RESULT column for people.
    fn shown(&self) -> String {
        let result = self.result.words();
        match self.open_again_as {
            Some(id) => format!("{result}, open again as {id}"),
            None => result.to_owned(),
        }
    }
}

impl Row for ClosedRow {
    fn fields() -> Vec<Field<Self>> {
        let result =
            Field::new("result", Column::accented("RESULT"), |row: &Self| Value::text(row.result.words()))
                .shown_as(|row: &Self| Some(row.shown()));
        let file = FileRow::fields().into_iter().map(|field| field.of(|row: &Self| &row.file));
        let status = Field::new("status", Column::text("STATUS"), |row: &Self| {
            Value::known_text(row.status.as_ref().map(|status| &*status.name))
        });
        let again = Field::new("open_again_as", Column::number("OPEN AGAIN AS"), |row: &Self| {
            Value::number(row.open_again_as)
        });
        std::iter::once(result.first()).chain(file).chain([status.hidden(), again.hidden()]).collect()
    }

    fn name(&self) -> Option<String> {
        self.file.name()
    }

    fn server(&self) -> &str {
        self.file.server()
    }

    fn style(&self) -> Style {
        match (self.is_done(), self.result, self.open_again_as) {
            (true, Became::Closed, None) => GOOD,
            (true, ..) => NOTABLE,
            (false, ..) => BAD,
        }
    }
}
