//! `netsession sessions`: lists sessions.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use netsession::{Selector, Server, Session};
use netsession_admin::{Target, resolve_selectors};

use super::list::{Listing, list};
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Select, Servers, Show, Watch};
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
    watch: Watch,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    show: Show<SessionRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let selector = select::parse(&args.select)?;
    let presentation = args.show.presentation()?;
    let targets = targets(&args.servers.servers, &args.connect)?;
    let if_empty = if selector.is_some() { "no session matches" } else { "no sessions" };
    let listing = Listing { targets: &targets, presentation: &presentation, if_empty };
    block_on(async {
        let selectors = match &selector {
            Some(selector) => resolve_selectors(selector, &targets).await?,
            None => Vec::new(),
        };
        select::several_addresses(&selectors).iter().for_each(|several| output::note(several));
        let names = targets.iter().map(Target::name);
        let selectors: BTreeMap<&str, &Selector> = names.zip(&selectors).collect();
        let undecided = RefCell::new(Vec::new());
        let selected = async |server: &mut Server, name: &str| {
            let Some(selector) = selectors.get(name) else { return server.sessions().await };
            let listing = server.selected_sessions(selector).await?;
            undecided.borrow_mut().extend(note_of(name, listing.undecided));
            Ok(listing.sessions)
        };
        if let Some(interval) = args.watch.watch {
            let row = SessionRow::new;
            let watching = Watching {
                targets: &targets,
                interval,
                json: args.show.watches_json()?,
                kind: "session",
                row,
            };
            let listed = async |server: &mut Server, target: &Target| selected(server, target.name()).await;
            return print_events(watching, &listed).await;
        }
        let exit = list(listing, &async |server: &mut Server, name: &str| {
            let sessions: Vec<Session> = selected(server, name).await?;
            let server: Arc<str> = name.into();
            let mut rows: Vec<_> =
                sessions.into_iter().map(|session| SessionRow::new(&server, session)).collect();
            // Servers list sessions in no particular order.
            rows.sort_unstable_by(SessionRow::order);
            Ok(rows)
        })
        .await;
        undecided.into_inner().iter().for_each(|note| output::warn(note));
        exit
    })?
}

/// Returns the warning about sessions that may match, too.
fn note_of(server: &str, undecided: usize) -> Option<String> {
    (undecided > 0).then(|| {
        let sessions = if undecided == 1 { "1 session".to_owned() } else { format!("{undecided} sessions") };
        format!(
            "{server} does not tell enough about {sessions} to know whether they match; they are not listed"
        )
    })
}
