//! `netsession servers`: shows what names of servers stand for, and which login each server would get.

use netsession_admin::{ServerDescription, describe};
use netsession_config::Config;
use serde::Serialize;

use super::list::note_left_out;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{MoreServers, Show};
use crate::output::{self, Column, Field, Row, Value, visible};
use crate::servers::{selection, warn};

/// Show the servers behind names, clusters and groups, and the login that each would get
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Connects to no server and runs no password command.

Example: netsession servers @files")]
pub(crate) struct Args {
    /// Servers, clusters and @groups to show [default: all of the configuration file]
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
    #[command(flatten)]
    more: MoreServers,
    #[command(flatten)]
    show: Show<ServerRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let presentation = args.show.presentation()?;
    let config = Config::read().map_err(netsession_admin::Error::from)?;
    let (servers, warnings) = describe(&selection(&args.servers, &args.more)?, config)?;
    warnings.iter().for_each(warn);
    let rows: Vec<ServerRow> = servers.into_iter().map(ServerRow::new).collect();
    let mut shown: Vec<&ServerRow> = rows.iter().collect();
    let left_out = presentation.arrange(&mut shown);
    output::present(&presentation, &shown, true)?;
    note_left_out(&shown, &presentation, left_out);
    Ok(Exit::Done)
}

/// A printed server.
#[derive(Debug, Serialize)]
struct ServerRow {
    server: String,
    address: String,
    port: u16,
    groups: Vec<String>,
    cluster: bool,
    nodes: Vec<String>,
    user: Option<String>,
    user_from: String,
    secret_from: String,
}

impl ServerRow {
    fn new(server: ServerDescription) -> ServerRow {
        ServerRow {
            address: server.address.host().to_owned(),
            port: server.address.port(),
            server: server.name,
            groups: server.groups,
            cluster: server.is_cluster,
            nodes: server.nodes.iter().map(ToString::to_string).collect(),
            user: server.user,
            user_from: server.user_from,
            secret_from: server.secret_from,
        }
    }
}

impl Row for ServerRow {
    fn fields() -> Vec<Field<Self>> {
        let server = Field::server(|row: &Self| &row.server);
        let cluster = Field::new("cluster", Column::text("CLUSTER"), |row: &Self| Value::Flag(row.cluster));
        let cluster = cluster.shown_as(|row| {
            Some(match row.nodes.as_slice() {
                [] if row.cluster => "yes".to_owned(),
                nodes => nodes.join(", "),
            })
        });
        vec![
            server,
            Field::new("address", Column::text("ADDRESS"), |row: &Self| Value::text(&row.address)),
            Field::new("port", Column::number("PORT"), |row: &Self| Value::Number(row.port.into())),
            Field::new("groups", Column::text("GROUP"), |row: &Self| Value::Texts(&row.groups))
                .shown_as(|row| Some(row.groups.join(" > "))),
            cluster,
            Field::new("nodes", Column::text("NODES"), |row: &Self| Value::Texts(&row.nodes)).hidden(),
            Field::new("user", Column::text("USER"), |row: &Self| Value::known_text(row.user.as_deref())),
            Field::new("user_from", Column::text("USER FROM"), |row: &Self| Value::text(&row.user_from)),
            Field::new("secret_from", Column::text("PASSWORD FROM"), |row: &Self| {
                Value::text(&row.secret_from)
            }),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn name(&self) -> Option<String> {
        Some(visible(&self.server).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::ServerRow;
    use crate::output;

    /// A failure here would break programs that read `--json`, or show a cluster as a server.
    #[test]
    fn a_cluster_shows_its_nodes() {
        let row = ServerRow {
            server: "nas".to_owned(),
            address: "n1".to_owned(),
            port: 445,
            groups: vec!["@files".to_owned(), "@berlin".to_owned()],
            cluster: true,
            nodes: vec!["n1".to_owned(), "n2".to_owned()],
            user: None,
            user_from: "nobody".to_owned(),
            secret_from: "a ticket".to_owned(),
        };
        assert_eq!(
            serde_json::to_string(&row).unwrap(),
            r#"{"server":"nas","address":"n1","port":445,"groups":["@files","@berlin"],"cluster":true,"nodes":["n1","n2"],"user":null,"user_from":"nobody","secret_from":"a ticket"}"#
        );
        let table = output::table(&[row], true, None);
        assert!(table.contains("SERVER") && !table.contains("NODES"), "{table}");
        assert!(table.contains("@files > @berlin") && table.contains("n1, n2"), "{table}");
    }
}
