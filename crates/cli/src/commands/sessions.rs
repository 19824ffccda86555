//! `netsession sessions`: lists sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use netsession::{Selector, Server, Session};
use netsession_admin::{Target, resolve_selectors};

use super::list::{Listing, list};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Format, Select, Servers};
use crate::output;
use crate::rows::SessionRow;
use crate::runtime::block_on;
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
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let selector = select::parse(&args.select)?;
    let targets = targets(&args.servers.servers, &args.connect)?;
    let if_empty = if selector.is_some() { "no session matches" } else { "no sessions" };
    let listing = Listing { targets: &targets, json: args.format.json, if_empty };
    block_on(async {
        let selectors = match &selector {
            Some(selector) => resolve_selectors(selector, &targets).await?,
            None => Vec::new(),
        };
        select::several_addresses(&selectors).iter().for_each(|several| output::note(several));
        let names = targets.iter().map(Target::name);
        let selectors: BTreeMap<&str, &Selector> = names.zip(&selectors).collect();
        list(listing, &async |server: &mut Server, name: &str| {
            let sessions = server.sessions().await?;
            let names = server.names();
            let selector = selectors.get(name);
            let is_selected =
                |session: &Session| selector.is_none_or(|selector| selector.matches(session, names));
            let server: Arc<str> = name.into();
            let selected = sessions.into_iter().filter(is_selected);
            let mut rows: Vec<_> = selected.map(|session| SessionRow::new(&server, session)).collect();
            // Servers list sessions in no particular order.
            rows.sort_unstable_by(SessionRow::order);
            Ok(rows)
        })
        .await
    })?
}
