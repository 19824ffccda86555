//! The rows that `journal` prints: a recorded change, and its outcome.

use std::collections::BTreeMap;

use anstyle::Style;
use netsession_journal::{Entry, Fate, Intent, Operation, Outcome, Recorded};
use serde::{Serialize, Serializer};

use crate::output::{self, BAD, Column, Field, GOOD, NOTABLE, Row, Value};

/// A change without an outcome.
const NOT_KNOWN: &str = "sent or not: not known";
/// The most ids of sessions in a row; the export has all.
const MOST_SESSIONS: usize = 1_000;
/// How many users a table shows.
const SHOWN_USERS: usize = 3;

/// A printed change.
#[derive(Debug)]
pub(crate) struct JournalRow {
    id: u64,
    hash: String,
    at: String,
    by: String,
    login: Option<String>,
    mechanism: Option<String>,
    server: String,
    address: Option<String>,
    operation: &'static str,
    selection: Option<String>,
    users: Vec<String>,
    /// The ids of the sessions, if they were selected by them.
    sessions: Vec<String>,
    planned: Option<u64>,
    result: String,
    reason: Option<String>,
    error: Option<String>,
    host: String,
    program: String,
    version: String,
    style: Style,
}

impl JournalRow {
    /// Returns the row of a change or of a removal; None for a row that only a later version knows.
    pub(in crate::commands) fn of(recorded: Recorded) -> Option<JournalRow> {
        let Recorded { head, entry, outcome } = recorded;
        let (id, hash) = (head.seq, head.hash.to_string());
        match entry {
            Entry::Intent(intent) => Some(Self::of_intent(id, hash, intent, outcome.as_ref())),
            Entry::Pruned(pruned) => Some(JournalRow {
                id,
                hash,
                at: pruned.at.to_string(),
                by: pruned.actor.shown(),
                login: None,
                mechanism: None,
                server: String::new(),
                address: None,
                operation: "prune",
                selection: Some(format!("--before {}", pruned.before)),
                users: Vec::new(),
                sessions: Vec::new(),
                planned: None,
                result: format!("{} rows removed", pruned.rows),
                reason: None,
                error: None,
                host: pruned.actor.host,
                program: pruned.actor.program,
                version: pruned.actor.version,
                style: NOTABLE,
            }),
            _ => None,
        }
    }

    /// The number of the change.
    pub(in crate::commands) const fn id(&self) -> u64 {
        self.id
    }

    /// The first user whose sessions or files the change is about.
    pub(in crate::commands) fn first_user(&self) -> Option<&String> {
        self.users.first()
    }

    fn of_intent(id: u64, hash: String, intent: Intent, outcome: Option<&Outcome>) -> JournalRow {
        let mut users: Vec<String> = Vec::new();
        for user in intent.preview.planned.iter().filter_map(|subject| subject.user.as_ref()) {
            if !users.contains(user) && users.len() < 1_000 {
                users.push(user.clone());
            }
        }
        let ids = intent.preview.planned.iter().filter_map(|subject| subject.session.clone());
        let sessions: Vec<String> = ids.take(MOST_SESSIONS).collect();
        let planned = match intent.operation {
            Operation::Hold | Operation::Release => None,
            _ => u64::try_from(intent.preview.planned.len()).ok(),
        };
        let (result, style) = match intent.operation {
            // Nothing is sent for these: the sessions have rows of their own.
            Operation::Hold | Operation::Release if outcome.is_some() => ("recorded".to_owned(), NOTABLE),
            _ => result(outcome),
        };
        JournalRow {
            id,
            hash,
            at: intent.at.to_string(),
            by: intent.actor.shown(),
            login: Some(intent.login.user).filter(|user| !user.is_empty()),
            mechanism: Some(intent.login.mechanism).filter(|mechanism| !mechanism.is_empty()),
            server: intent.server.named,
            address: Some(intent.server.address).filter(|address| !address.is_empty()),
            operation: intent.operation.name(),
            selection: Some(intent.selection),
            users,
            sessions,
            planned,
            result,
            reason: intent.reason,
            error: outcome.and_then(|outcome| outcome.error.clone()),
            host: intent.actor.host,
            program: intent.actor.program,
            version: intent.actor.version,
            style,
        }
    }
}

/// Returns the first names, and how many more there are.
fn shown(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Returns a time to the second, for the table.
fn time(at: &str) -> String {
    let second = at.split_once('.').map_or(at, |(second, _)| second);
    format!("{}Z", second.trim_end_matches('Z').replacen('T', " ", 1))
}

/// Returns the text of the RESULT column, such as `2 ended, 1 remaining`.
fn result(outcome: Option<&Outcome>) -> (String, Style) {
    let Some(outcome) = outcome else { return (NOT_KNOWN.to_owned(), BAD) };
    let mut counts: BTreeMap<Fate, usize> = BTreeMap::new();
    for row in &outcome.results {
        *counts.entry(row.result).or_default() += 1;
    }
    let is_bad = |fate: &Fate| {
        matches!(
            fate,
            Fate::Remaining
                | Fate::OpenAgain
                | Fate::StillOpen
                | Fate::NotDone
                | Fate::NotSent
                | Fate::NotKnown
                | Fate::Other
        )
    };
    let style = match counts.keys().any(is_bad) || outcome.error.is_some() {
        true => BAD,
        false => GOOD,
    };
    let counted: Vec<String> =
        counts.iter().map(|(fate, count)| format!("{count} {}", fate.words())).collect();
    match counted.is_empty() {
        true => ("nothing".to_owned(), style),
        false => (counted.join(", "), style),
    }
}

impl Serialize for JournalRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        output::object(self, serializer)
    }
}

impl Row for JournalRow {
    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::new("id", Column::number("ID"), |row: &Self| Value::Number(row.id)),
            Field::new("at", Column::time("AT"), |row: &Self| Value::text(&row.at))
                .shown_as(|row| Some(time(&row.at))),
            Field::new("by", Column::text("BY"), |row: &Self| Value::text(&row.by)),
            Field::new("login", Column::text("LOGIN"), |row: &Self| Value::known_text(row.login.as_deref()))
                .wide(),
            Field::new("mechanism", Column::text("MECHANISM"), |row: &Self| {
                Value::known_text(row.mechanism.as_deref())
            })
            .wide(),
            Field::new("server", Column::text("SERVER"), |row: &Self| Value::text(&row.server)),
            Field::new("address", Column::text("ADDRESS"), |row: &Self| {
                Value::known_text(row.address.as_deref())
            })
            .wide(),
            Field::new("operation", Column::text("OPERATION"), |row: &Self| Value::text(row.operation)),
            Field::new("selection", Column::text("SELECTION"), |row: &Self| {
                Value::known_text(row.selection.as_deref())
            })
            .wide(),
            Field::new("users", Column::text("USERS"), |row: &Self| Value::Texts(&row.users))
                .shown_as(|row| Some(shown(&row.users, SHOWN_USERS))),
            Field::new("sessions", Column::text("SESSIONS"), |row: &Self| Value::Texts(&row.sessions))
                .shown_as(|row| Some(shown(&row.sessions, 1)).filter(|text| !text.is_empty())),
            Field::new("planned", Column::number("PLANNED"), |row: &Self| Value::number(row.planned)).wide(),
            Field::new("result", Column::accented("RESULT"), |row: &Self| Value::text(&row.result)),
            Field::new("reason", Column::prose("REASON"), |row: &Self| {
                Value::known_text(row.reason.as_deref())
            })
            .last(),
            Field::new("error", Column::text("ERROR"), |row: &Self| Value::known_text(row.error.as_deref()))
                .hidden(),
            Field::new("host", Column::text("HOST"), |row: &Self| Value::text(&row.host)).wide(),
            Field::new("program", Column::text("PROGRAM"), |row: &Self| Value::text(&row.program)).hidden(),
            Field::new("version", Column::text("VERSION"), |row: &Self| Value::text(&row.version)).hidden(),
            Field::new("hash", Column::text("HASH"), |row: &Self| Value::text(&row.hash)).hidden(),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn name(&self) -> Option<String> {
        Some(self.id.to_string())
    }

    fn style(&self) -> Style {
        self.style
    }
}

#[cfg(test)]
mod tests {
    use super::{JournalRow, NOT_KNOWN, result};
    use crate::output::{self, Row as _};
    use netsession_journal::{
        Actor, Fate, Intent, LoginUsed, Operation, Outcome, Preview, ServerUsed, Subject, SubjectOutcome,
        Timestamp,
    };

    fn outcome(fates: &[Fate]) -> Outcome {
        let row =
            |result: &Fate| SubjectOutcome { subject: Subject::default(), result: *result, status: None };
        let results = fates.iter().map(row).collect();
        Outcome { change: 1, at: Timestamp::default(), results, error: None }
    }

    /// A failure here would show a request that may have been sent as if it was not, or count outcomes wrongly.
    #[test]
    fn the_result_counts_each_outcome() {
        assert_eq!(result(None).0, NOT_KNOWN);
        let several = outcome(&[Fate::Remaining, Fate::Ended, Fate::AlsoEnded, Fate::Ended]);
        assert_eq!(result(Some(&several)).0, "2 ended, 1 also ended, 1 remaining");
        assert_eq!(result(Some(&outcome(&[]))).0, "nothing");
    }

    /// A failure here would tear the times apart at a terminal of 80 columns, so that nobody can read who did what when.
    #[test]
    fn a_table_of_eighty_columns_keeps_each_time_whole() {
        let intent = Intent {
            at: Timestamp::of_millis(1_795_964_754_123),
            actor: Actor {
                name: Some("carl".to_owned()),
                logged_on: None,
                sudo: None,
                ..Actor::of_process("end")
            },
            login: LoginUsed { user: r"LAB\adm1".to_owned(), mechanism: "Kerberos".to_owned() },
            server: ServerUsed {
                named: "files1.lab.example:44701".to_owned(),
                address: "10.0.0.5:445".to_owned(),
                reached: String::new(),
            },
            operation: Operation::End,
            selection: "--user bob".to_owned(),
            reason: Some("INC-4711: encrypts files on the share of the office".to_owned()),
            preview: Preview {
                planned: vec![Subject { user: Some("bob".to_owned()), ..Subject::default() }],
                ..Preview::default()
            },
        };
        let row = JournalRow::of_intent(1_017, String::new(), intent, Some(&outcome(&[Fate::Ended])));
        let shown = output::table(&[row], true, Some(80));
        assert!(shown.contains("2026-11-29 15:05:54Z"), "{shown}");
        assert!(shown.lines().count() <= 6 && shown.contains("INC-4711:"), "{shown}");
    }

    /// A failure here would rename a field that programs read.
    #[test]
    fn the_fields_are_the_documented_ones() {
        let keys: Vec<&str> = JournalRow::fields().iter().map(|field| field.key).collect();
        let documented = include_str!("../../../../../docs/journal.md");
        for key in keys {
            assert!(documented.contains(&format!("`{key}`")), "{key}");
        }
    }
}
