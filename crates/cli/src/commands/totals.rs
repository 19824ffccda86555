//! Totals of a list by server, user and client.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::output::{Column, Field, Row, Value, natural, object};

/// The number of rows that have one server, user or client.
#[derive(Debug)]
pub(super) struct TotalRow {
    by: &'static str,
    name: String,
    host: Option<Arc<str>>,
    count: usize,
    servers: usize,
    users: usize,
    clients: usize,
}

impl Serialize for TotalRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self, serializer)
    }
}

impl Row for TotalRow {
    fn fields() -> Vec<Field<Self>> {
        let number = |count: usize| Value::Number(count.try_into().unwrap_or(u64::MAX));
        vec![
            Field::new("by", Column::text("BY"), |row: &Self| Value::text(row.by)),
            Field::new("name", Column::text("NAME"), |row: &Self| Value::text(&row.name)),
            Field::host(|row: &Self| row.host.as_deref()),
            Field::new("count", Column::number("COUNT"), move |row: &Self| number(row.count)),
            Field::new("servers", Column::number("SERVERS"), move |row: &Self| number(row.servers)),
            Field::new("users", Column::number("USERS"), move |row: &Self| number(row.users)),
            Field::new("clients", Column::number("CLIENTS"), move |row: &Self| number(row.clients)),
        ]
    }

    fn server(&self) -> &str {
        ""
    }

    fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

/// What is counted for one name. Names compare without regard to case.
#[derive(Default)]
struct Count<'a> {
    /// The first spelling.
    name: &'a str,
    host: Option<&'a str>,
    rows: usize,
    servers: BTreeSet<&'a str>,
    users: BTreeSet<String>,
    clients: BTreeSet<String>,
}

/// Reads the server, the user or the client of a row.
type ReadName<R> = fn(&R) -> Option<&str>;

/// Counts rows by server, user and client, the greatest number first. Of each it keeps at most `limit`, and returns how
/// many it leaves out.
pub(super) fn of<R: Row>(rows: &[&R], limit: usize) -> (Vec<TotalRow>, usize) {
    let (mut totals, mut left_out) = (Vec::new(), 0);
    let by: [(&'static str, ReadName<R>); 3] =
        [("server", |row| Some(row.server())), ("user", |row| row.user()), ("client", |row| row.client())];
    for (by, name) in by {
        let mut counts: BTreeMap<String, Count<'_>> = BTreeMap::new();
        for row in rows {
            // A logon that is not finished has no user.
            let Some(name) = name(row).filter(|name| !name.is_empty()) else { continue };
            let count = counts.entry(name.to_lowercase()).or_default();
            if count.rows == 0 {
                count.name = name;
            }
            count.host = count.host.or_else(|| row.host().filter(|_| by == "client"));
            count.rows = count.rows.saturating_add(1);
            count.servers.insert(row.server());
            let known = |name: Option<&str>| name.filter(|name| !name.is_empty()).map(str::to_lowercase);
            count.users.extend(known(row.user()));
            count.clients.extend(known(row.client()));
        }
        let mut counts: Vec<Count<'_>> = counts.into_values().collect();
        counts.sort_by(|one, other| {
            Reverse(one.rows).cmp(&Reverse(other.rows)).then_with(|| natural(one.name, other.name))
        });
        left_out += counts.len().saturating_sub(limit);
        let total = |count: Count<'_>| TotalRow {
            by,
            name: count.name.to_owned(),
            host: count.host.map(Arc::from),
            count: count.rows,
            servers: count.servers.len(),
            users: count.users.len(),
            clients: count.clients.len(),
        };
        totals.extend(counts.into_iter().take(limit).map(total));
    }
    (totals, left_out)
}

/// Returns the totals for a list that is longer than a screen: the number of each server's rows, and their users and
/// clients.
pub(super) fn notes<R: Row>(rows: &[R]) -> Vec<String> {
    const LONG: usize = 24;
    if rows.len() <= LONG {
        return Vec::new();
    }
    let mut servers: BTreeMap<&str, Vec<&R>> = BTreeMap::new();
    for row in rows {
        servers.entry(row.server()).or_default().push(row);
    }
    let note = |(server, rows): (&str, Vec<&R>)| {
        let (totals, _) = of(&rows, usize::MAX);
        let parts: Vec<String> =
            ["user", "client"].into_iter().filter_map(|by| greatest(&totals, by)).collect();
        let of = if parts.is_empty() { String::new() } else { format!(" of {}", parts.join(", ")) };
        format!("{server}: {} {}{of}", rows.len(), if rows.len() == 1 { "row" } else { "rows" })
    };
    servers.into_iter().map(note).collect()
}

/// Returns how many users or clients there are, and those with the most rows.
fn greatest(totals: &[TotalRow], by: &str) -> Option<String> {
    const MOST: usize = 3;
    let named: Vec<&TotalRow> = totals.iter().filter(|total| total.by == by).collect();
    let shown: Vec<String> =
        named.iter().take(MOST).map(|total| format!("{} {}", total.name, total.count)).collect();
    let more = if named.len() > MOST { ", ..." } else { "" };
    match named.len() {
        0 => None,
        1 => Some(format!("1 {by}")),
        several => Some(format!("{several} {by}s ({}{more})", shown.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use netsession::Session;

    use super::*;
    use crate::rows::SessionRow;

    fn row(server: &str, client: &str, user: &str) -> SessionRow {
        SessionRow::new(&server.into(), Session::new(client, user))
    }

    /// A failure here would make a person count the rows of a long list.
    #[test]
    fn a_long_list_ends_with_its_totals() {
        let mut rows: Vec<_> = (0..20).map(|_| row("fs1", "10.0.0.5", "bob")).collect();
        assert!(notes(&rows).is_empty());
        rows.extend(["alice", "alice", "carol", "dave", ""].map(|user| row("fs1", "10.0.0.6", user)));
        rows.push(row("fs2", "10.0.0.5", "bob"));
        let expected = [
            "fs1: 25 rows of 4 users (bob 20, alice 2, carol 1, ...), 2 clients (10.0.0.5 20, 10.0.0.6 5)",
            "fs2: 1 row of 1 user, 1 client",
        ];
        assert_eq!(notes(&rows), expected);
    }

    /// A failure here would count one user twice, or hide on how many servers a client is.
    #[test]
    fn totals_count_by_server_user_and_client() {
        let rows = [
            row("fs1", "10.0.0.5", "bob"),
            row("fs2", "10.0.0.5", "BOB"),
            row("fs1", "10.0.0.6", "alice"),
            row("fs1", "10.0.0.7", ""),
        ];
        let all: Vec<&SessionRow> = rows.iter().collect();
        let counted = |limit| {
            let (totals, left_out) = of(&all, limit);
            let shown = |total: &TotalRow| {
                let TotalRow { by, name, count, servers, users, clients, .. } = total;
                format!("{by} {name} {count} {servers} {users} {clients}")
            };
            (totals.iter().map(shown).collect::<Vec<_>>(), left_out)
        };
        let expected = [
            "server fs1 3 1 2 3",
            "server fs2 1 1 1 1",
            "user bob 2 2 1 1",
            "user alice 1 1 1 1",
            "client 10.0.0.5 2 2 1 1",
            "client 10.0.0.6 1 1 1 1",
            "client 10.0.0.7 1 1 0 1",
        ];
        assert_eq!(counted(usize::MAX), (expected.map(str::to_owned).to_vec(), 0));
        assert_eq!(counted(1), ([expected[0], expected[2], expected[4]].map(str::to_owned).to_vec(), 4));
    }
}
