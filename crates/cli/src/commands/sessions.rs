//! `netsession sessions`: lists sessions.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use netsession::{Selector, Server, Session, SessionId};
use netsession_admin::{Missing, Seen, Target, look_alikes, named_nodes, resolve_selectors};

use super::list::{AskedServer, Listing, list};
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Clients, Connect, Select, SelectIds, Servers, Show, Watch};
use crate::output::{self, Presentation};
use crate::path::{WantedShare, share_at, wanted_share};
use crate::rows::SessionRow;
use crate::runtime::block_on;
use crate::select;
use crate::servers::targets;

/// The most servers whose lists are compared.
pub(super) const MAX_COMPARED: usize = 32;

/// List sessions: who is connected, from where, and since when
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: netsession sessions fs1 fs2 --user 'svc-*' -U 'LAB\\adm1'")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    select: Select,
    #[command(flatten)]
    ids: SelectIds,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    clients: Clients,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    show: Show<SessionRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let share = wanted_share(args.select.share.as_deref(), &args.servers.servers)?;
    let ids = Selector::ids(args.ids.id.iter().copied());
    let selector = match ids {
        Some(ids) => Some(ids),
        None => select::parse(&args.select, share.as_ref().map(WantedShare::name))?,
    };
    let presentation = args.show.presentation()?.with_hosts(args.clients.resolve)?;
    let besides = (!args.ids.id.is_empty()).then_some("id");
    let presentation = Presentation { besides, ..presentation };
    if let Some(WantedShare::At(path)) = &share {
        return block_on(async {
            let (target, share) = share_at(path, &args.connect).await?;
            let selector = select::parse(&args.select, Some(&share))?;
            sessions(args, selector, &presentation, &[target]).await
        })?;
    }
    let targets = targets(&args.servers.servers, &args.connect)?;
    block_on(sessions(args, selector, &presentation, &targets))?
}

async fn sessions(
    args: &Args,
    selector: Option<Selector>,
    presentation: &Presentation<SessionRow>,
    targets: &[Target],
) -> Result<Exit, Failure> {
    let if_empty = if selector.is_some() { "no session matches" } else { "no sessions" };
    let listing = Listing {
        targets,
        presentation,
        if_empty,
        is_explained: &|_| false,
        missing: Some(Missing::Sessions),
        has_totals: args.clients.totals,
    };
    let selectors = match &selector {
        Some(selector) => resolve_selectors(selector, targets).await?,
        None => Vec::new(),
    };
    select::several_addresses(&selectors).iter().for_each(|several| output::note(several));
    let names = targets.iter().map(Target::name);
    let selectors: BTreeMap<&str, &Selector> = names.zip(&selectors).collect();
    let (undecided, near_misses) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let selected = async |server: &mut Server, name: &str| {
        let Some(selector) = selectors.get(name) else { return server.sessions().await };
        let listing = server.selected_sessions(selector).await?;
        undecided.borrow_mut().extend(note_of(name, listing.undecided));
        near_misses.borrow_mut().extend(listing.near_misses);
        Ok(listing.sessions)
    };
    if let Some(interval) = args.watch.watch {
        let is_by_id = !args.ids.id.is_empty();
        let row = |name: &Arc<str>, session| SessionRow::new(name, session).named_by_id(is_by_id);
        let watching = Watching {
            targets,
            interval,
            json: args.show.watches_json()?,
            kind: "session",
            missing: Missing::Sessions,
            row,
        };
        let listed = async |server: &mut Server, target: &Target| selected(server, target.name()).await;
        return print_events(watching, &listed).await;
    }
    // A cluster has a few nodes, and the sessions of an estate would be kept twice.
    let is_compared = (2..=MAX_COMPARED).contains(&targets.len()) && selector.is_none();
    let seen = RefCell::new(Vec::new());
    let is_by_id = !args.ids.id.is_empty();
    // The ids that were found, at the servers that listed their sessions.
    let found: RefCell<Option<BTreeSet<SessionId>>> = RefCell::new(None);
    let exit = list(listing, &async |server: &mut Server, AskedServer { name, .. }| {
        let sessions: Vec<Session> = selected(server, name).await?;
        if is_compared {
            let (server, guid, at) = (name.to_owned(), server.guid(), Instant::now());
            seen.borrow_mut().push(Seen { server, guid, sessions: sessions.clone(), at });
        }
        if is_by_id {
            let ids = sessions.iter().filter_map(|session| session.id);
            found.borrow_mut().get_or_insert_default().extend(ids);
        }
        let server: Arc<str> = name.into();
        let row = |session| SessionRow::new(&server, session).named_by_id(is_by_id);
        let mut rows: Vec<_> = sessions.into_iter().map(row).collect();
        // Servers list sessions in no particular order.
        rows.sort_unstable_by(SessionRow::order);
        Ok(rows)
    })
    .await;
    undecided.into_inner().iter().for_each(|note| output::warn(note));
    let lacks_one = |found: BTreeSet<SessionId>| args.ids.id.iter().any(|id| !found.contains(id));
    if exit.is_ok() && found.into_inner().is_some_and(lacks_one) {
        output::hint(select::IDS_CHANGE);
    }
    if let Some(selector) = &selector {
        select::hint_at_near_misses(&near_misses.into_inner(), selector);
    }
    if named_nodes(targets).is_empty() {
        // In the order of the command line, and not of the answers.
        let mut seen = seen.into_inner();
        seen.sort_by_key(|one| targets.iter().position(|target| target.name() == one.server));
        look_alikes(&seen).iter().for_each(|alike| output::warn(&alike_note(alike)));
    }
    exit
}

/// Returns the warning about servers that seem to be one cluster.
pub(super) fn alike_note(servers: &[&str]) -> String {
    let nodes: Vec<String> = servers.iter().map(|server| format!("\"{server}\"")).collect();
    format!(
        "{} list the same sessions, as the nodes of a cluster do; name them as one in the configuration file: \
         [cluster.NAME] nodes = [{}]",
        output::joined(servers, servers.len()),
        nodes.join(", ")
    )
}

/// Returns the warning about sessions that may match, too.
fn note_of(server: &str, undecided: usize) -> Option<String> {
    (undecided > 0).then(|| {
        let sessions = if undecided == 1 { "1 session".to_owned() } else { format!("{undecided} sessions") };
        format!(
            "{server} does not report enough about {sessions} to match them; netsession does not list them"
        )
    })
}
