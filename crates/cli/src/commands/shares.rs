//! `netsession shares`: lists the shares of servers, and changes them.

mod change;
mod rows;

use std::sync::Arc;

use netsession::{Server, Share};
use netsession_admin::{Missing, Target};

use super::list::{AskedServer, Listing, list};
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Servers, Show, Watch};
use crate::runtime::block_on;
use crate::servers::targets;
use change::Change;
use rows::ShareRow;

/// List shares; add, change and remove them
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    change: Option<Change>,
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
    if let Some(change) = &args.change {
        return change.run();
    }
    let presentation = args.show.presentation()?;
    let targets = targets(&args.servers.servers, &args.connect)?;
    if let Some(interval) = args.watch.watch {
        let row = |server: &Arc<str>, share: Share| ShareRow::new(server, &share);
        let watching = Watching {
            targets: &targets,
            interval,
            json: args.show.watches_json()?,
            kind: "share",
            missing: Missing::Connections,
            row,
        };
        let listed = async |server: &mut Server, _: &Target| server.shares().await;
        return block_on(print_events(watching, &listed))?;
    }
    let listing = Listing {
        targets: &targets,
        presentation: &presentation,
        if_empty: "no shares",
        is_explained: &|_| false,
        missing: None,
        has_totals: false,
    };
    block_on(list(listing, &async |server: &mut Server, AskedServer { name, .. }| {
        let shares = server.shares().await?;
        Ok(shares.iter().map(|share| ShareRow::new(name, share)).collect())
    }))?
}
