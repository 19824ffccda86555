//! The rows that `holds` prints.

use anstyle::Style;
use netsession_admin::hold_selection;
use netsession_journal::{HeldAccount, Hold, HoldState};
use serde::{Serialize, Serializer};

use crate::output::{self, BAD, Column, Field, GOOD, Row, Value};

/// A printed hold.
#[derive(Debug)]
pub(crate) struct HoldRow {
    id: u64,
    state: &'static str,
    selection: String,
    named: String,
    servers: Vec<String>,
    until: String,
    /// The time that is left; None after the release.
    left: Option<u64>,
    acted: u64,
    acted_at: Option<String>,
    at: String,
    by: String,
    reason: Option<String>,
    carrier: Option<String>,
    problem: Option<String>,
    released_at: Option<String>,
    released_by: Option<String>,
    needs_a_person: bool,
    accounts: Vec<String>,
    has_pending_accounts: bool,
}

impl HoldRow {
    /// Returns the row of a hold.
    pub(in crate::commands) fn of(hold: Hold) -> HoldRow {
        let (state, released_at, released_by) = match &hold.state {
            HoldState::Open => ("open", None, None),
            HoldState::Released { at, by } => ("released", Some(at.to_string()), Some(by.clone())),
            _ => ("over", None, None),
        };
        let account = |account: &HeldAccount| {
            format!("{} at {}: {}", account.found.name, account.found.server, account.state.name())
        };
        HoldRow {
            id: hold.id,
            accounts: hold.accounts.iter().map(account).collect(),
            has_pending_accounts: hold.has_pending_accounts(),
            state,
            selection: hold_selection(&hold.order),
            named: hold.order.named.join(", "),
            until: hold.until.to_string(),
            left: released_at.is_none().then_some(hold.left.as_secs()),
            acted: hold.acted,
            acted_at: hold.acted_at.map(|at| at.to_string()),
            at: hold.order.at.to_string(),
            by: hold.order.actor.shown(),
            carrier: hold.carrier,
            problem: hold.problem,
            released_at,
            released_by,
            needs_a_person: hold.order.login.needs_a_person,
            servers: hold.order.servers,
            reason: hold.order.reason,
        }
    }

    /// Whether only the command that was told the password can carry the hold on.
    pub(super) const fn needs_a_person(&self) -> bool {
        self.needs_a_person
    }

    /// Whether the hold is over or released, and an account is still disabled.
    pub(super) fn is_unsettled(&self) -> bool {
        self.state != "open" && self.has_pending_accounts
    }

    /// Whether the hold is open or has disabled an account, and no process carries it on.
    pub(super) fn is_abandoned(&self) -> bool {
        (self.state == "open" || self.has_pending_accounts) && self.carrier.is_none()
    }
}

impl Serialize for HoldRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        output::object(self, serializer)
    }
}

impl Row for HoldRow {
    fn fields() -> Vec<Field<Self>> {
        let known = |text: &'static str, column: &'static str, value: fn(&Self) -> Option<&str>| {
            Field::new(text, Column::text(column), move |row: &Self| Value::known_text(value(row)))
        };
        vec![
            Field::new("id", Column::number("ID"), |row: &Self| Value::Number(row.id)),
            Field::new("state", Column::accented("STATE"), |row: &Self| Value::text(row.state)),
            Field::new("selection", Column::text("SELECTION"), |row: &Self| Value::text(&row.selection)),
            Field::new("named", Column::text("ON"), |row: &Self| Value::text(&row.named)),
            Field::new("servers", Column::text("SERVERS"), |row: &Self| Value::Texts(&row.servers)).wide(),
            Field::new("left_secs", Column::number("LEFT"), |row: &Self| Value::seconds(row.left)),
            Field::new("until", Column::text("UNTIL"), |row: &Self| Value::text(&row.until)).wide(),
            Field::new("acted", Column::number("ACTED"), |row: &Self| Value::Number(row.acted)),
            known("acted_at", "LAST ACTED", |row| row.acted_at.as_deref()).wide(),
            Field::new("at", Column::text("AT"), |row: &Self| Value::text(&row.at)).wide(),
            Field::new("by", Column::text("BY"), |row: &Self| Value::text(&row.by)),
            known("carrier", "CARRIER", |row| row.carrier.as_deref()),
            Field::new("accounts", Column::text("ACCOUNTS"), |row: &Self| Value::Texts(&row.accounts)).wide(),
            known("problem", "PROBLEM", |row| row.problem.as_deref()),
            known("reason", "REASON", |row| row.reason.as_deref()).last(),
            known("released_at", "RELEASED AT", |row| row.released_at.as_deref()).hidden(),
            known("released_by", "RELEASED BY", |row| row.released_by.as_deref()).hidden(),
            Field::new("needs_a_person", Column::text("NEEDS A PERSON"), |row: &Self| {
                Value::flag(Some(row.needs_a_person))
            })
            .hidden(),
        ]
    }

    fn server(&self) -> &str {
        &self.named
    }

    fn name(&self) -> Option<String> {
        Some(self.id.to_string())
    }

    fn style(&self) -> Style {
        match self.state {
            "open" if self.carrier.is_none() || self.problem.is_some() => BAD,
            "open" => GOOD,
            _ if self.has_pending_accounts => BAD,
            _ => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HoldRow;
    use crate::output::Row as _;

    /// A failure here would rename a field that programs read.
    #[test]
    fn the_fields_are_the_documented_ones() {
        let documented = include_str!("../../../../../docs/hold.md");
        for key in HoldRow::fields().iter().map(|field| field.key) {
            assert!(documented.contains(&format!("`{key}`")), "{key}");
        }
    }
}
