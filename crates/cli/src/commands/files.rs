//! `netsession files`: lists open files and who holds them.

use std::cell::RefCell;
use std::sync::Arc;

use netsession::{FileFilter, OpenFile, Server, UserPattern};
use netsession_admin::{Missing, Presence, Target};

use super::list::{AskedServer, Listing, list};
use super::nothing_open::NothingOpen;
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Clients, Connect, SelectFiles, Servers, Show, Watch};
use crate::output::{self, Presentation};
use crate::path::{Destination, Wanted, asked, with_port};
use crate::rows::FileRow;
use crate::runtime::block_on;
use crate::select;
use crate::servers::targets;

/// List open files and the users who hold them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
PERM has a letter for each permission: r read, w write, c create, x execute, d delete, a attributes, p permissions.

Without SERVER, --path selects the server. If no server has the path, the exit status is 1.

Example: netsession files --path '\\\\fs1\\data\\budget.xlsx'")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    /// Select this file, or the files in this folder: \\fs1\share\file, a URL, a mounted or DFS path, or the server's
    /// own path
    #[arg(long, value_name = "PATH", help_heading = "Selection")]
    path: Option<String>,
    #[command(flatten)]
    select: SelectFiles,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    clients: Clients,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    show: Show<FileRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let presentation = args.show.presentation()?.with_hosts(args.clients.resolve)?;
    let wanted = args.path.as_deref().map(|path| Wanted::of(path, &args.servers.servers)).transpose()?;
    let filter = select::file_filter(None, &args.select)?;
    block_on(files(args, &presentation, wanted, filter))?
}

async fn files(
    args: &Args,
    presentation: &Presentation<FileRow>,
    wanted: Option<Wanted>,
    filter: FileFilter,
) -> Result<Exit, Failure> {
    let Destination { targets, path } =
        asked(&args.servers.servers, wanted.as_ref(), &args.connect, targets).await?;
    let filter = FileFilter { path, ..filter };
    let if_empty = match &filter.path {
        Some(path) => match targets.as_slice() {
            [target] => select::nothing_open_at(&with_port(path, target.name())),
            _ => select::nothing_open_at(path),
        },
        None if filter.is_empty() => "no open files".to_owned(),
        None => "no open file matches".to_owned(),
    };
    let filters = select::resolved_filters(&filter, &targets).await?;
    let unresolved = filter.clone();
    let path = filter.path.clone().unwrap_or_default();
    let filter = |name: &str| filters.get(name).unwrap_or(&filter);
    if let Some(interval) = args.watch.watch {
        let row = |server: &Arc<str>, file: OpenFile| FileRow::new(server, &file);
        let watching = Watching {
            targets: &targets,
            interval,
            json: args.show.watches_json()?,
            kind: "file",
            missing: Missing::Files,
            row,
        };
        let listed = async |server: &mut Server, target: &Target| server.files(filter(target.name())).await;
        return print_events(watching, &listed).await;
    }
    let (left_out, nothing_open) = (RefCell::new(Vec::new()), RefCell::<NothingOpen>::default());
    let near_users = RefCell::new(Vec::new());
    let is_explained = |name: &str| nothing_open.borrow().explains(name);
    let listing = Listing {
        targets: &targets,
        presentation,
        if_empty: &if_empty,
        is_explained: &is_explained,
        missing: Some(Missing::Files),
        has_totals: args.clients.totals,
    };
    let exit = list(listing, &async |server: &mut Server, asked: AskedServer<'_>| {
        let AskedServer { name, deadline } = asked;
        let listing = server.file_listing(filter(name)).await?;
        left_out.borrow_mut().extend(note_of(name, listing.unqueried_clients));
        left_out.borrow_mut().extend(select::unknown_clients(name, listing.unknown_clients));
        // A pattern seems to match all users whose names fit it, even where it matches some.
        if listing.files.is_empty() || filter(name).users.iter().any(UserPattern::is_pattern) {
            near_users.borrow_mut().extend(listing.near_users);
        }
        if let (Some(path), true) = (&filter(name).path, listing.files.is_empty()) {
            let presence = Presence::at(server, path, deadline).await;
            nothing_open.borrow_mut().add(name, presence);
        }
        Ok(listing.files.iter().map(|file| FileRow::new(name, file)).collect())
    })
    .await?;
    left_out.into_inner().iter().for_each(|note| output::note(note));
    select::hint_at_near_users(near_users.borrow().iter().map(String::as_str), &unresolved.users);
    Ok(nothing_open.into_inner().say(&path, targets.len(), exit))
}

/// Returns the note about clients that netsession did not query.
fn note_of(server: &str, unqueried: usize) -> Option<String> {
    (unqueried > 0).then(|| {
        format!(
            "{server}: CLIENT is not known for every file: these users have too many clients, and netsession did not \
            query {unqueried} of them (narrow the list with --user or --path)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::note_of;

    /// A failure here would leave CLIENT empty without a note, or print a note although nothing is missing.
    #[test]
    fn the_note_counts_clients_that_were_not_queried() {
        assert!(note_of("fs1", 8).unwrap().contains("netsession did not query 8 of them"));
        assert_eq!(note_of("fs1", 0), None);
    }
}
