//! [`HolderRow`]: an open file with the sessions that can hold it.

use std::sync::Arc;
use std::time::Duration;

use netsession::{OpenFile, Session};
use netsession_admin::Holder;
use serde::Serialize;

use crate::commands::hosts::HasClient;
use crate::output::{Column, Field, Row, Value, duration};
use crate::rows::{FileRow, seconds};

/// A printed file: the fields of `files`, then the sessions that can hold it.
#[derive(Debug, Serialize)]
pub(super) struct HolderRow {
    #[serde(flatten)]
    file: FileRow,
    sessions: Vec<SessionOfFile>,
    /// The client if it is certain, or those that it can be.
    #[serde(skip)]
    clients: Option<String>,
    /// How long the user has been connected from each of the shown clients; with several sessions from a client, the longest
    /// time.
    #[serde(skip)]
    connected: Option<String>,
}

/// A session that can hold a file.
#[derive(Debug, Serialize)]
pub(super) struct SessionOfFile {
    client: String,
    /// The host name of the client's address; only with `--resolve`, if the address has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    connected_secs: Option<u64>,
    idle_secs: Option<u64>,
    /// The id of the session, if its server gives one.
    id: Option<String>,
}

impl HolderRow {
    pub(super) fn new(server: &str, holder: &Holder) -> HolderRow {
        let clients = holder.clients();
        let certain = if let [client] = clients.as_slice() { Some((*client).to_owned()) } else { None };
        let client = holder.file.client.clone().or(certain);
        let file = OpenFile { client: client.clone(), ..holder.file.clone() };
        let session = |session: &Session| SessionOfFile {
            client: session.client.clone(),
            host: None,
            connected_secs: seconds(session.connected),
            idle_secs: seconds(session.idle),
            id: session.id.map(|id| id.to_string()),
        };
        HolderRow {
            file: FileRow::new(server, &file),
            connected: connected(holder),
            sessions: holder.sessions.iter().map(session).collect(),
            clients: client.or_else(|| shown(&clients)),
        }
    }

    /// The sessions that can hold the file.
    pub(super) fn sessions_mut(&mut self) -> &mut [SessionOfFile] {
        &mut self.sessions
    }

    /// Returns the ids of the sessions, if the server gives them.
    fn ids(&self) -> Option<String> {
        let ids: Vec<&str> = self.sessions.iter().filter_map(|session| session.id.as_deref()).collect();
        (!ids.is_empty()).then(|| ids.join(", "))
    }

    /// Returns the different host names of the clients.
    fn hosts(&self) -> Option<String> {
        let mut hosts: Vec<&str> =
            self.sessions.iter().filter_map(|session| session.host.as_deref()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        (!hosts.is_empty()).then(|| hosts.join(", "))
    }
}

/// The most clients of a file that a table names.
const MOST: usize = 2;

/// Returns the times of the clients that [`shown`] names, in their order.
fn connected(holder: &Holder) -> Option<String> {
    let clients = holder.clients();
    let times: Vec<Option<Duration>> =
        clients.iter().take(MOST).map(|client| holder.connected_from(client)).collect();
    if times.iter().all(Option::is_none) {
        return None;
    }
    let texts: Vec<String> =
        times.into_iter().map(|time| time.map_or_else(|| "-".to_owned(), duration::show)).collect();
    let more = if clients.len() > MOST { ", ..." } else { "" };
    Some(format!("{}{more}", texts.join(", ")))
}

/// Returns the text for several clients.
fn shown(clients: &[&str]) -> Option<String> {
    match clients {
        [] => None,
        few if few.len() <= MOST => Some(format!("one of {}", few.join(", "))),
        many => {
            let first: Vec<&str> = many.iter().copied().take(MOST).collect();
            Some(format!("one of {}: {}, ...", many.len(), first.join(", ")))
        }
    }
}

impl HasClient for SessionOfFile {
    fn client_address(&self) -> Option<&str> {
        Some(&self.client)
    }

    fn set_host_name(&mut self, name: &Arc<str>) {
        self.host = Some(name.as_ref().to_owned());
    }
}

impl Row for HolderRow {
    fn fields() -> Vec<Field<Self>> {
        let mut fields: Vec<Field<Self>> =
            FileRow::fields().into_iter().map(|field| field.of(|row: &Self| &row.file)).collect();
        let client =
            Field::new("client", Column::text("CLIENT"), |row: &Self| Value::known_text(row.file.client()));
        let client = client.shown_as(|row| row.clients.clone());
        let host = Field::host_text(|row: &Self| row.hosts());
        let connected = Field::new("connected", Column::number("CONNECTED"), |row: &Self| {
            Value::known_text(row.connected.as_deref())
        });
        // The client follows the server, the id, the path and the user.
        if let Some(place) = fields.get_mut(4) {
            *place = client;
        }
        if let Some(place) = fields.get_mut(5) {
            *place = host;
        }
        fields.insert(6, connected.table_only());
        let session = Field::new("session", Column::text("SESSION"), |row: &Self| {
            row.ids().map_or(Value::Unknown, |ids| Value::Text(ids.into()))
        });
        fields.push(session.wide());
        fields
    }

    fn server(&self) -> &str {
        self.file.server()
    }

    fn user(&self) -> Option<&str> {
        self.file.user()
    }

    fn name(&self) -> Option<String> {
        self.file.name()
    }
}

#[cfg(test)]
mod tests {
    use netsession::{FileId, Permissions};
    use netsession_admin::holders;

    use super::*;
    use crate::output;

    fn rows(clients: &[&str]) -> Vec<HolderRow> {
        let file = OpenFile {
            id: FileId(7),
            path: r"C:\data\plan.txt".to_owned(),
            user: "bob".to_owned(),
            client: None,
            permissions: Permissions(3),
            locks: 1,
        };
        let session = |(index, client): (usize, &&str)| {
            let mut session = Session::new(client, "bob");
            session.connected = Some(Duration::from_secs(60 * u64::try_from(index).unwrap() + 5));
            session
        };
        let sessions: Vec<Session> = clients.iter().enumerate().map(session).collect();
        holders(vec![file], &sessions).iter().map(|holder| HolderRow::new("fs1", holder)).collect()
    }

    /// A failure here would show a client as certain that only may hold the file.
    #[test]
    fn several_clients_are_shown_as_one_of_them() {
        for (clients, client, connected) in [
            (&["10.0.0.5"][..], "10.0.0.5 ", "5s"),
            (&["10.0.0.5", "10.0.0.5"], "10.0.0.5 ", "1m 05s"),
            (&["10.0.0.5", "10.0.0.6"], "one of 10.0.0.5, 10.0.0.6 ", "  5s, 1m 05s  "),
            (&["a", "b", "c"], "one of 3: a, b, ... ", "  5s, 1m 05s, ...  "),
        ] {
            let table = output::table(&rows(clients), false, None);
            let line = table.lines().last().unwrap();
            assert!(line.contains(client) && line.contains(connected), "{table}");
        }
        assert!(!output::table(&rows(&[]), false, None).contains("one of"));
    }

    /// A failure here would break programs that read `--json`, or tell them a client that only may hold the file.
    #[test]
    fn json_has_the_documented_fields() {
        let json = |clients: &[&str]| serde_json::to_string(&rows(clients)).unwrap();
        let file = |client: &str| {
            format!(
                r#"[{{"server":"fs1","id":7,"path":"C:\\data\\plan.txt","user":"bob","client":{client},"permissions":["read","write"],"locks":1,"sessions":["#
            )
        };
        let session = |client: &str, secs: u64| {
            format!(r#"{{"client":"{client}","connected_secs":{secs},"idle_secs":null,"id":null}}"#)
        };
        assert_eq!(json(&["a"]), file(r#""a""#) + &session("a", 5) + "]}]");
        assert_eq!(json(&["a", "b"]), file("null") + &session("a", 5) + "," + &session("b", 65) + "]}]");
        assert_eq!(json(&[]), file("null") + "]}]");
    }
}
