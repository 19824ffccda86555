//! `netsession sessions`: who is connected.

use std::cmp::Ordering;
use std::sync::Arc;

use netsession::{Own, Server, Session};
use serde::{Serialize, Serializer};

use super::{block_on, list, seconds};
use crate::args::{Cli, Select, Servers};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Cell, Column, Row, duration, natural};
use crate::select;
use crate::servers::targets;

/// List sessions: who is connected, from where, and since when
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: netsession sessions fs1 fs2 --user 'svc-*' -U 'LAB\\adm1'")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    select: Select,
}

pub(crate) fn run(args: &Args, cli: &Cli) -> Result<Exit, Failure> {
    let mut selector = select::parse(&args.select)?;
    let targets = targets(&args.servers.servers, &cli.connect)?;
    if let Some(selector) = selector.as_mut().filter(|selector| selector.client().is_some()) {
        block_on(select::resolve(selector, &targets))??;
        select::several_addresses(selector).iter().for_each(|several| output::note(several));
    }
    list(&targets, cli, "no sessions", &async |server: &mut Server, name: &str| {
        let sessions = server.sessions().await?;
        let names = server.names();
        let is_selected =
            |session: &Session| selector.as_ref().is_none_or(|selector| selector.matches(session, names));
        let server: Arc<str> = name.into();
        let selected = sessions.into_iter().filter(is_selected);
        let mut rows: Vec<_> = selected.map(|session| SessionRow::new(&server, session)).collect();
        // Servers list in no particular order.
        rows.sort_unstable_by(SessionRow::order);
        Ok(rows)
    })
}

/// A session as it is printed. There can be very many: what they share is there once, and a row takes no more room than
/// the session it is made of.
#[derive(Debug, Serialize)]
pub(crate) struct SessionRow {
    #[serde(serialize_with = "as_text")]
    server: Arc<str>,
    client: String,
    user: String,
    opens: Option<u32>,
    connected_secs: Option<u64>,
    idle_secs: Option<u64>,
    guest: Option<bool>,
    #[serde(rename = "self")]
    own: Option<bool>,
    client_type: Option<String>,
    transport: Option<String>,
}

fn as_text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl SessionRow {
    pub(crate) fn new(server: &Arc<str>, session: Session) -> SessionRow {
        SessionRow {
            server: Arc::clone(server),
            client: session.client,
            user: session.user,
            opens: session.opens,
            connected_secs: seconds(session.connected),
            idle_secs: seconds(session.idle),
            guest: session.guest,
            own: match session.own {
                Own::Yes => Some(true),
                Own::No => Some(false),
                _ => None,
            },
            client_type: session.client_type,
            transport: session.transport,
        }
    }

    /// How rows are sorted: numbers in names of clients and users by their value.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let rest = |row: &Self| (row.connected_secs, row.idle_secs, row.opens);
        natural(&self.client, &other.client)
            .then_with(|| natural(&self.user, &other.user))
            .then_with(|| rest(self).cmp(&rest(other)))
    }

    /// Whether it names a client and a user.
    pub(crate) fn is_logged_on(&self) -> bool {
        !self.user.is_empty() && !self.client.is_empty()
    }

    /// What stands out about the session.
    fn note(&self) -> String {
        let notes = [
            (!self.is_logged_on(), "not logged in"),
            (self.own == Some(true), "this session"),
            (self.own.is_none(), "may be this session"),
            (self.guest == Some(true), "guest"),
            (self.user.ends_with('$'), "computer"),
        ];
        let said: Vec<&str> = notes.into_iter().filter_map(|(holds, note)| holds.then_some(note)).collect();
        said.join(", ")
    }
}

impl Row for SessionRow {
    fn columns() -> Vec<Column> {
        vec![
            Column::text("CLIENT"),
            Column::text("USER"),
            Column::number("OPENS"),
            Column::number("CONNECTED"),
            Column::number("IDLE"),
            Column::text("TYPE").minor(),
            Column::text("TRANSPORT").minor(),
            Column::text("NOTE"),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn cells(&self) -> Vec<Cell> {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let time = |secs: Option<u64>| secs.map(|secs| duration::show(std::time::Duration::from_secs(secs)));
        vec![
            known(&self.client),
            known(&self.user),
            self.opens.map(|opens| opens.to_string()),
            time(self.connected_secs),
            time(self.idle_secs),
            self.client_type.clone().filter(|text| !text.is_empty()),
            self.transport.clone().filter(|text| !text.is_empty()),
            Some(self.note()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::SessionRow;
    use netsession::{Own, Session};
    use std::time::Duration;

    /// If this fails, programs that read `--json` break: a field is missing, renamed, or unknown is not null.
    #[test]
    fn the_json_fields_are_the_documented_ones() {
        let mut session = Session::new(r"\\10.0.0.5", "alice");
        session.connected = Some(Duration::from_millis(61_900));
        session.own = Own::Unknown;
        assert_eq!(
            serde_json::to_string(&SessionRow::new(&r"\\FS1".into(), session)).unwrap(),
            r#"{"server":"\\\\FS1","client":"10.0.0.5","user":"alice","opens":null,"connected_secs":61,"idle_secs":null,"guest":null,"self":null,"client_type":null,"transport":null}"#
        );
    }
}
