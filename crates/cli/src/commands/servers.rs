//! `netsession servers`: shows what names of servers stand for, and which login each server would get.

use netsession_admin::{ServerDescription, describe};
use netsession_config::Config;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Format, MoreServers};
use crate::output::{self, Cell, Column};
use crate::servers::{selection, warn};

/// Show what servers and groups stand for, and which login they would get
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Connects to no server and runs no password command.

Example: netsession servers @files")]
pub(crate) struct Args {
    /// Servers and @groups to show [default: all of the configuration file]
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
    #[command(flatten)]
    more: MoreServers,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let config = Config::read().map_err(netsession_admin::Error::from)?;
    let (servers, warnings) = describe(&selection(&args.servers, &args.more)?, config)?;
    warnings.iter().for_each(warn);
    let rows: Vec<ServerRow> = servers.into_iter().map(ServerRow::new).collect();
    if args.format.json {
        output::print_json(&rows)?;
    } else if !rows.is_empty() {
        let cells: Vec<_> = rows.iter().map(ServerRow::cells).collect();
        output::print_table(&ServerRow::columns(), &cells)?;
    }
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
            user: server.user,
            user_from: server.user_from,
            secret_from: server.secret_from,
        }
    }
}

impl ServerRow {
    fn columns() -> Vec<Column> {
        let titles = ["SERVER", "ADDRESS", "PORT", "GROUP", "CLUSTER", "USER", "USER FROM", "PASSWORD FROM"];
        titles.into_iter().map(Column::text).collect()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Some(self.server.clone()),
            Some(self.address.clone()),
            Some(self.port.to_string()),
            Some(self.groups.join(" > ")),
            Some(if self.cluster { "yes" } else { "" }.to_owned()),
            self.user.clone(),
            Some(self.user_from.clone()),
            Some(self.secret_from.clone()),
        ]
    }
}
