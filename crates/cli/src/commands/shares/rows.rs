//! The rows of `shares`: a share as a server lists it, as a change would leave it, and as a change left it.

use anstyle::Style;
use netsession::{Share, ShareChange, SharePreview, ShareReport, ShareResult, ShareType};
use serde::{Serialize, Serializer};

use crate::output::{BAD, Column, Field, GOOD, NOTABLE, Row, Value, object, visible};
use crate::rows::Status;

/// A printed share.
#[derive(Debug)]
pub(in crate::commands) struct ShareRow {
    server: String,
    name: String,
    kind: String,
    comment: String,
    path: Option<String>,
    connections: Option<u32>,
    max_connections: Option<u32>,
}

impl ShareRow {
    pub(super) fn new(server: &str, share: &Share) -> ShareRow {
        ShareRow {
            server: server.to_owned(),
            name: share.name.clone(),
            kind: share.share_type.to_string(),
            comment: share.comment.clone(),
            path: share.path.clone(),
            connections: share.connections,
            max_connections: share.max_connections,
        }
    }
}

impl Serialize for ShareRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self, serializer)
    }
}

impl Row for ShareRow {
    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::server(|row: &Self| &row.server),
            Field::new("name", Column::text("NAME"), |row: &Self| Value::text(&row.name)),
            Field::new("type", Column::text("TYPE"), |row: &Self| Value::text(&row.kind)),
            Field::new("comment", Column::words("COMMENT"), |row: &Self| Value::text(&row.comment))
                .shown_as(|row| Some(row.comment.clone()))
                .last(),
            Field::new("path", Column::long("PATH"), |row: &Self| Value::known_text(row.path.as_deref()))
                .last(),
            Field::new("connections", Column::number("CONNECTIONS"), |row: &Self| {
                Value::number(row.connections)
            }),
            Field::new("max_connections", Column::number("MAX"), |row: &Self| {
                Value::number(row.max_connections)
            }),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn name(&self) -> Option<String> {
        Some(visible(&self.name).into_owned())
    }
}

/// A share as a change would leave it; a share that would be removed, as it is.
#[derive(Debug, Serialize)]
pub(super) struct PlanRow {
    #[serde(flatten)]
    share: ShareRow,
    #[serde(skip)]
    action: &'static str,
    #[serde(skip)]
    style: Style,
}

impl PlanRow {
    /// Returns the row of a preview; None if netsession would send nothing.
    pub(super) fn of(name: &str, preview: &SharePreview) -> Option<PlanRow> {
        if preview.obstacle.is_some() {
            return None;
        }
        let (action, style) = match &preview.change {
            ShareChange::Add { .. } => ("add", GOOD),
            ShareChange::Remove { .. } => ("remove", BAD),
            _ => ("change", NOTABLE),
        };
        let share = ShareRow::new(name, &planned(&preview.change, preview.before.as_ref()));
        Some(PlanRow { share, action, style })
    }
}

impl Row for PlanRow {
    fn fields() -> Vec<Field<Self>> {
        let plan = Field::new("plan", Column::accented("PLAN"), |row: &Self| Value::text(row.action));
        let share = ShareRow::fields().into_iter().map(|field| field.of(|row: &Self| &row.share));
        std::iter::once(plan.table_only().first()).chain(share).collect()
    }

    fn server(&self) -> &str {
        self.share.server()
    }

    fn name(&self) -> Option<String> {
        self.share.name()
    }

    fn style(&self) -> Style {
        self.style
    }
}

/// Returns the share as the change would leave it.
fn planned(change: &ShareChange, before: Option<&Share>) -> Share {
    let most = |limit| match limit {
        netsession::ConnectionLimit::AtMost(most) => Some(most),
        netsession::ConnectionLimit::Unlimited => None,
    };
    let mut share = before.cloned().unwrap_or_else(|| Share {
        name: change.name().to_owned(),
        share_type: ShareType::DISKTREE,
        comment: String::new(),
        path: None,
        connections: None,
        max_connections: None,
    });
    match change {
        ShareChange::Add { path, comment, limit, .. } => {
            share.path = Some(path.clone());
            share.comment.clone_from(comment);
            share.max_connections = most(*limit);
        }
        ShareChange::Set { comment, limit, .. } => {
            comment.iter().for_each(|comment| share.comment.clone_from(comment));
            share.max_connections = limit.map_or(share.max_connections, most);
        }
        _ => {}
    }
    share
}

/// A share after a change, and whether the change is made. A removed share is shown as it was.
#[derive(Debug, Serialize)]
pub(super) struct ChangedRow {
    #[serde(flatten)]
    share: ShareRow,
    /// Whether the change is made; `None` if it is unknown.
    pub(super) done: Option<bool>,
    status: Option<Status>,
    #[serde(skip)]
    words: &'static str,
}

impl ChangedRow {
    pub(super) fn new(name: &str, report: &ShareReport) -> ChangedRow {
        let done = match report.result {
            ShareResult::Done => Some(true),
            ShareResult::NotDone | ShareResult::NotSent => Some(false),
            _ => None,
        };
        let words = match (&report.change, done) {
            (_, None) => "unknown",
            (ShareChange::Add { .. }, Some(true)) => "added",
            (ShareChange::Add { .. }, Some(false)) => "not added",
            (ShareChange::Remove { .. }, Some(true)) => "removed",
            (ShareChange::Remove { .. }, Some(false)) => "not removed",
            (_, Some(true)) => "changed",
            (_, Some(false)) => "not changed",
        };
        let now = report.after.as_ref().or(report.before.as_ref()).cloned();
        let now = now.unwrap_or_else(|| planned(&report.change, None));
        ChangedRow { share: ShareRow::new(name, &now), done, status: report.status.map(Status::from), words }
    }
}

impl Row for ChangedRow {
    fn fields() -> Vec<Field<Self>> {
        let result = Field::new("result", Column::accented("RESULT"), |row: &Self| Value::text(row.words));
        let share = ShareRow::fields().into_iter().map(|field| field.of(|row: &Self| &row.share));
        let status = Field::new("status", Column::text("STATUS"), |row: &Self| {
            Value::known_text(row.status.as_ref().map(|status| &*status.name))
        });
        std::iter::once(result.first()).chain(share).chain([status.hidden()]).collect()
    }

    fn server(&self) -> &str {
        self.share.server()
    }

    fn name(&self) -> Option<String> {
        self.share.name()
    }

    fn style(&self) -> Style {
        if self.done == Some(true) { GOOD } else { BAD }
    }
}

#[cfg(test)]
mod tests {
    use super::{ShareRow, planned};
    use netsession::{ConnectionLimit, Share, ShareChange, ShareType};

    fn share() -> Share {
        Share {
            name: "IPC$".to_owned(),
            share_type: ShareType(0x8000_0003),
            comment: String::new(),
            path: None,
            connections: Some(1),
            max_connections: None,
        }
    }

    /// A failure here would break programs that read `--json`.
    #[test]
    fn json_has_the_documented_fields() {
        assert_eq!(
            serde_json::to_string(&ShareRow::new("fs1", &share())).unwrap(),
            r#"{"server":"fs1","name":"IPC$","type":"ipc","comment":"","path":null,"connections":1,"max_connections":null}"#
        );
    }

    /// A failure here would show a person another share than the one that the change makes.
    #[test]
    fn a_preview_shows_the_share_after_the_change() {
        let set = |comment: Option<&str>, limit| ShareChange::Set {
            name: "IPC$".to_owned(),
            comment: comment.map(str::to_owned),
            limit,
        };
        let before = Share { max_connections: Some(5), comment: "old".to_owned(), ..share() };
        let after = planned(&set(None, Some(ConnectionLimit::Unlimited)), Some(&before));
        assert_eq!((after.comment.as_str(), after.max_connections), ("old", None));
        let after = planned(&set(Some("new"), None), Some(&before));
        assert_eq!((after.comment.as_str(), after.max_connections), ("new", Some(5)));
    }
}
