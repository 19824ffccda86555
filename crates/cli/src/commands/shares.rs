//! `netsession shares`: lists the shares of servers.

use std::sync::Arc;

use netsession::{Server, Share};
use netsession_admin::Target;
use serde::Serialize;

use super::list::{Listing, list};
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Format, Servers, Watch};
use crate::output::{Cell, Column, Row};
use crate::runtime::block_on;
use crate::servers::targets;

/// List shares
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let targets = targets(&args.servers.servers, &args.connect)?;
    if let Some(interval) = args.watch.watch {
        let row = |server: &Arc<str>, share: Share| ShareRow::new(server, &share);
        let watching = Watching { targets: &targets, interval, json: args.format.json, kind: "share", row };
        let listed = async |server: &mut Server, _: &Target| server.shares().await;
        return block_on(print_events(watching, &listed))?;
    }
    let listing = Listing { targets: &targets, json: args.format.json, if_empty: "no shares" };
    block_on(list(listing, &async |server: &mut Server, name: &str| {
        let shares = server.shares().await?;
        Ok(shares.iter().map(|share| ShareRow::new(name, share)).collect())
    }))?
}

/// A printed share.
#[derive(Debug, Serialize)]
struct ShareRow {
    server: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    comment: String,
    path: Option<String>,
    connections: Option<u32>,
    max_connections: Option<u32>,
}

impl ShareRow {
    fn new(server: &str, share: &Share) -> ShareRow {
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

impl Row for ShareRow {
    fn columns() -> Vec<Column> {
        vec![
            Column::text("NAME"),
            Column::text("TYPE"),
            Column::number("CONNECTIONS"),
            Column::number("MAX"),
            Column::text("COMMENT"),
            Column::long("PATH"),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Some(self.name.clone()),
            Some(self.kind.clone()),
            self.connections.map(|connections| connections.to_string()),
            self.max_connections.map(|most| most.to_string()),
            Some(self.comment.clone()),
            self.path.clone().filter(|path| !path.is_empty()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::ShareRow;
    use netsession::{Share, ShareType};

    /// A failure here would break programs that read `--json`.
    #[test]
    fn json_has_the_documented_fields() {
        let share = Share {
            name: "IPC$".to_owned(),
            share_type: ShareType(0x8000_0003),
            comment: String::new(),
            path: None,
            connections: Some(1),
            max_connections: None,
        };
        assert_eq!(
            serde_json::to_string(&ShareRow::new("fs1", &share)).unwrap(),
            r#"{"server":"fs1","name":"IPC$","type":"ipc","comment":"","path":null,"connections":1,"max_connections":null}"#
        );
    }
}
