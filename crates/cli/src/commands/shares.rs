//! `netsession shares`: lists the shares of servers.

use std::sync::Arc;

use netsession::{Server, Share};
use netsession_admin::Target;
use serde::{Serialize, Serializer};

use super::list::{Listing, list};
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Servers, Show, Watch};
use crate::output::{Column, Field, Row, Value, object, visible};
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
    show: Show<ShareRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let presentation = args.show.presentation()?;
    let targets = targets(&args.servers.servers, &args.connect)?;
    if let Some(interval) = args.watch.watch {
        let row = |server: &Arc<str>, share: Share| ShareRow::new(server, &share);
        let watching =
            Watching { targets: &targets, interval, json: args.show.watches_json()?, kind: "share", row };
        let listed = async |server: &mut Server, _: &Target| server.shares().await;
        return block_on(print_events(watching, &listed))?;
    }
    let listing = Listing { targets: &targets, presentation: &presentation, if_empty: "no shares" };
    block_on(list(listing, &async |server: &mut Server, name: &str| {
        let shares = server.shares().await?;
        Ok(shares.iter().map(|share| ShareRow::new(name, share)).collect())
    }))?
}

/// A printed share.
#[derive(Debug)]
struct ShareRow {
    server: String,
    name: String,
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

impl Serialize for ShareRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self, serializer)
    }
}

impl Row for ShareRow {
    fn fields() -> Vec<Field<Self>> {
        vec![
            Field::server(|row: &Self| &row.server),
            Field::new("name", Column::text("NAME"), |row: &Self| Value::text(&row.name)),
            Field::new("type", Column::text("TYPE"), |row: &Self| Value::text(&row.kind)),
            Field::new("comment", Column::text("COMMENT"), |row: &Self| Value::text(&row.comment))
                .shown_as(|row| Some(row.comment.clone()))
                .last(),
            Field::new("path", Column::long("PATH"), |row: &Self| Value::known_text(row.path.as_deref()))
                .last(),
            Field::new("connections", Column::number("CONNECTIONS"), |row: &Self| {
                Value::number(row.connections)
            }),
            Field::new("max_connections", Column::number("MAX"), |row: &Self| {
                Value::number(row.max_connections)
            }),
        ]
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn name(&self) -> Option<String> {
        Some(visible(&self.name).into_owned())
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
