//! `netsession connections`: lists the tree connections to a share, or from a client.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use netsession::{ClientPattern, Connection, ConnectionQualifier, Server};
use netsession_admin::{Missing, Target};
use serde::{Serialize, Serializer};

use super::list::{AskedServer, Listing, list};
use super::waiting::MAX_NAMED;
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Clients, Connect, Servers, Show, Watch};
use crate::output::{self, Column, Field, Presentation, Row, Value, object};
use crate::path::{WantedShare, share_at, wanted_share};
use crate::rows::seconds;
use crate::runtime::block_on;
use crate::select;
use crate::servers::targets;

/// List connections to a share or from a client
#[derive(Debug, clap::Args)]
#[command(after_help = "\
COUNT is the number of equal connections: the same share, client, user, files and age.

Example: netsession connections fs1 --share data")]
#[command(group = clap::ArgGroup::new("qualifier").required(true).args(["share", "client"]))]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    /// Select connections to this share: its name, or its path, which also selects the server
    #[arg(long, value_name = "SHARE", help_heading = "Selection")]
    share: Option<String>,
    /// Select connections from this client, spelled as the server lists it
    #[arg(long, value_name = "CLIENT", help_heading = "Selection")]
    client: Option<String>,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    clients: Clients,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    show: Show<ConnectionRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let share = args.share.as_deref().filter(|share| !share.is_empty());
    let share = wanted_share(share, &args.servers.servers)?;
    let qualifier = match (&share, &args.client) {
        (Some(share), _) => ConnectionQualifier::Share(share.name().to_owned()),
        (None, Some(client)) if !client.trim_start_matches('\\').is_empty() => {
            ConnectionQualifier::Client(one_client(client)?.to_owned())
        }
        _ => {
            return Err(Failure::usage(
                "an empty name selects no connections: pass the name of a share or a client",
            ));
        }
    };
    let presentation = args.show.presentation()?.with_hosts(args.clients.resolve)?;
    if let Some(WantedShare::At(path)) = &share {
        return block_on(async {
            let (target, share) = share_at(path, &args.connect).await?;
            connections(args, ConnectionQualifier::Share(share), &presentation, &[target]).await
        })?;
    }
    let targets = targets(&args.servers.servers, &args.connect)?;
    block_on(connections(args, qualifier, &presentation, &targets))?
}

/// Returns the client without backslashes. A server compares it as a text, so that a network or a pattern would find nothing.
fn one_client(text: &str) -> Result<&str, Failure> {
    let is_one = text.parse().is_ok_and(|pattern: ClientPattern| pattern.is_exact());
    match is_one {
        true => Ok(text.trim_start_matches('\\')),
        false => Err(Failure::usage(format!(
            "a server lists the connections of one client, and {text} is not one"
        ))
        .hint("see the clients with `netsession sessions`, and name one")),
    }
}

async fn connections(
    args: &Args,
    qualifier: ConnectionQualifier,
    presentation: &Presentation<ConnectionRow>,
    targets: &[Target],
) -> Result<Exit, Failure> {
    if let Some(interval) = args.watch.watch {
        let row = |server: &Arc<str>, connection: Connection| ConnectionRow::new(server, &connection);
        let watching = Watching {
            targets,
            interval,
            json: args.show.watches_json()?,
            kind: "connection",
            missing: Missing::Connections,
            row,
        };
        let listed = async |server: &mut Server, _: &Target| server.connections(&qualifier).await;
        return print_events(watching, &listed).await;
    }
    let listing = Listing {
        targets,
        presentation,
        if_empty: "no connections",
        is_explained: &|_| false,
        missing: Some(Missing::Connections),
        has_totals: args.clients.totals,
    };
    let hiding = RefCell::new(Vec::new());
    let exit = list(listing, &async |server: &mut Server, AskedServer { name, .. }| {
        let connections = server.connections(&qualifier).await?;
        if !connections.is_empty() && connections.iter().all(|connection| connection.user.is_none()) {
            hiding.borrow_mut().push(name.to_owned());
        }
        let rows = connections.iter().map(|connection| ConnectionRow::new(name, connection)).collect();
        let counts = presentation.format.is_for_people() && !args.clients.totals;
        Ok(if counts { counted(rows) } else { rows })
    })
    .await;
    let hiding = hiding.into_inner();
    if let (false, ConnectionQualifier::Share(share)) = (hiding.is_empty(), &qualifier) {
        output::note(&format!(
            "{}: netsession knows only the number of connections, because Samba does not report their clients and users; \
             `netsession files --share {share}` lists who has files open",
            output::joined(&hiding, MAX_NAMED),
        ));
    }
    exit
}

/// A printed connection.
#[derive(Debug)]
struct ConnectionRow {
    server: String,
    share: Option<String>,
    client: Option<String>,
    host: Option<Arc<str>>,
    user: Option<String>,
    id: Option<u32>,
    opens: Option<u32>,
    connected_secs: Option<u64>,
    kind: Option<String>,
    /// The number of connections that this row counts.
    count: usize,
}

/// Replaces connections that differ only in their ids by one row with their number.
fn counted(rows: Vec<ConnectionRow>) -> Vec<ConnectionRow> {
    let mut counted: Vec<ConnectionRow> = Vec::new();
    let mut places = HashMap::new();
    for row in rows {
        let mut key = row.cells();
        key.drain(..2);
        match places.entry(key) {
            Entry::Vacant(place) => {
                place.insert(counted.len());
                counted.push(row);
            }
            Entry::Occupied(place) => {
                if let Some(known) = counted.get_mut(*place.get()) {
                    (known.count, known.id) = (known.count.saturating_add(1), None);
                }
            }
        }
    }
    counted
}

impl ConnectionRow {
    fn new(server: &str, connection: &Connection) -> ConnectionRow {
        ConnectionRow {
            server: server.to_owned(),
            share: connection.share.clone(),
            client: connection.client.clone(),
            host: None,
            user: connection.user.clone(),
            id: connection.id,
            opens: connection.opens,
            connected_secs: seconds(connection.connected),
            kind: connection.share_type.map(|kind| kind.to_string()),
            count: 1,
        }
    }
}

impl Serialize for ConnectionRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self, serializer)
    }
}

impl Row for ConnectionRow {
    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::server(|row: &Self| &row.server),
            Field::new("count", Column::number("COUNT"), |row: &Self| {
                Value::Number(row.count.try_into().unwrap_or(u64::MAX))
            })
            .shown_as(|row| (row.count > 1).then(|| row.count.to_string()))
            .table_only()
            .first(),
            Field::new("share", Column::text("SHARE"), |row: &Self| Value::known_text(row.share.as_deref())),
            Field::new("client", Column::text("CLIENT"), |row: &Self| {
                Value::known_text(row.client.as_deref())
            }),
            Field::host(|row: &Self| row.host.as_deref()),
            Field::new("user", Column::text("USER"), |row: &Self| Value::known_text(row.user.as_deref())),
            Field::new("id", Column::number("ID"), |row: &Self| Value::number(row.id)).first(),
            Field::new("opens", Column::number("OPENS"), |row: &Self| Value::number(row.opens)),
            Field::new("connected_secs", Column::number("CONNECTED"), |row: &Self| {
                Value::seconds(row.connected_secs)
            }),
            Field::new("type", Column::text("TYPE"), |row: &Self| Value::known_text(row.kind.as_deref())),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    fn set_host(&mut self, host: &Arc<str>) {
        self.host = Some(Arc::clone(host));
    }

    fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    fn name(&self) -> Option<String> {
        select::name(self.client.as_deref()?, self.user.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionRow, counted};
    use crate::output;
    use netsession::{Connection, ShareType};

    /// A failure here would print a hundred equal rows.
    #[test]
    fn equal_connections_are_counted() {
        let row = |user: &str, id| {
            let connection = Connection {
                share: Some("data".to_owned()),
                client: None,
                user: Some(user.to_owned()),
                id: Some(id),
                opens: Some(2),
                connected: None,
                share_type: None,
            };
            ConnectionRow::new("fs1", &connection)
        };
        let rows = counted(vec![row("bob", 1), row("alice", 2), row("bob", 3), row("bob", 4)]);
        let text = output::table(&rows, false, None);
        assert_eq!(
            text.lines().nth(1).map(|line| line.split_whitespace().collect::<Vec<_>>()),
            Some(vec!["3", "-", "data", "bob", "2"])
        );
        assert_eq!(rows.len(), 2, "{text}");
    }

    /// A failure here would break programs that read `--json`.
    #[test]
    fn json_has_the_documented_fields() {
        let connection = Connection {
            share: Some("data".to_owned()),
            client: None,
            user: Some("bob".to_owned()),
            id: Some(7),
            opens: Some(2),
            connected: None,
            share_type: Some(ShareType(0)),
        };
        assert_eq!(
            serde_json::to_string(&ConnectionRow::new("fs1", &connection)).unwrap(),
            r#"{"server":"fs1","share":"data","client":null,"user":"bob","id":7,"opens":2,"connected_secs":null,"type":"disk"}"#
        );
    }
}
