//! `netsession connections`: lists the tree connections to a share, or from a client.

use std::time::Duration;

use netsession::{Connection, ConnectionQualifier, Server};
use serde::Serialize;

use super::list::{Listing, list};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Format, Servers};
use crate::output::{Cell, Column, Row, duration};
use crate::rows::seconds;
use crate::runtime::block_on;
use crate::servers::targets;

/// List connections to a share or from a client
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: netsession connections fs1 --share data")]
#[command(group = clap::ArgGroup::new("qualifier").required(true).args(["share", "client"]))]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    /// Select connections to this share
    #[arg(long, value_name = "SHARE", help_heading = "Selection")]
    share: Option<String>,
    /// Select connections from this client, spelled as the server lists it
    #[arg(long, value_name = "CLIENT", help_heading = "Selection")]
    client: Option<String>,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let qualifier = match (&args.share, &args.client) {
        (Some(share), _) if !share.is_empty() => ConnectionQualifier::Share(share.clone()),
        (None, Some(client)) if !client.trim_start_matches('\\').is_empty() => {
            ConnectionQualifier::Client(client.trim_start_matches('\\').to_owned())
        }
        _ => {
            return Err(Failure::usage(
                "an empty name selects no connections: pass the name of a share or a client",
            ));
        }
    };
    let targets = targets(&args.servers.servers, &args.connect)?;
    let listing = Listing { targets: &targets, json: args.format.json, if_empty: "no connections" };
    block_on(list(listing, &async |server: &mut Server, name: &str| {
        let connections = server.connections(&qualifier).await?;
        Ok(connections.iter().map(|connection| ConnectionRow::new(name, connection)).collect())
    }))?
}

/// A printed connection.
#[derive(Debug, Serialize)]
struct ConnectionRow {
    server: String,
    share: Option<String>,
    client: Option<String>,
    user: Option<String>,
    id: Option<u32>,
    opens: Option<u32>,
    connected_secs: Option<u64>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl ConnectionRow {
    fn new(server: &str, connection: &Connection) -> ConnectionRow {
        ConnectionRow {
            server: server.to_owned(),
            share: connection.share.clone(),
            client: connection.client.clone(),
            user: connection.user.clone(),
            id: connection.id,
            opens: connection.opens,
            connected_secs: seconds(connection.connected),
            kind: connection.share_type.map(|kind| kind.to_string()),
        }
    }
}

impl Row for ConnectionRow {
    fn columns() -> Vec<Column> {
        vec![
            Column::number("ID"),
            Column::text("SHARE"),
            Column::text("CLIENT"),
            Column::text("USER"),
            Column::number("OPENS"),
            Column::number("CONNECTED"),
            Column::text("TYPE"),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.id.map(|id| id.to_string()),
            self.share.clone(),
            self.client.clone(),
            self.user.clone(),
            self.opens.map(|opens| opens.to_string()),
            self.connected_secs.map(|secs| duration::show(Duration::from_secs(secs))),
            self.kind.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::ConnectionRow;
    use netsession::{Connection, ShareType};

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
