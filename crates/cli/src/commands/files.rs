//! `netsession files`: lists open files and who holds them.

use std::cell::RefCell;
use std::sync::Arc;

use netsession::{FileFilter, OpenFile, Server};
use netsession_admin::{Error, Missing, Presence, Target, check_shared};

use super::list::{Listing, list};
use super::waiting::MAX_NAMED;
use super::watch::{Watching, print_events};
use crate::exit::Exit;
use crate::failure::{Failure, Hinted as _};
use crate::flags::{Clients, Connect, SelectFiles, Servers, Show, Watch};
use crate::output::{self, Presentation};
use crate::path::{Asked, Wanted, asked};
use crate::rows::FileRow;
use crate::runtime::block_on;
use crate::select;
use crate::servers::targets;

/// List open files and the users who hold them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
PERM has a letter for each permission: r read, w write, c create, x execute, d delete, a attributes, p permissions.

Without SERVER, --path decides which server is asked.

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
    let Asked { targets, path } =
        asked(&args.servers.servers, wanted.as_ref(), &args.connect, targets).await?;
    let filter = FileFilter { path, ..filter };
    let if_empty = match &filter.path {
        Some(path) => select::nothing_open_at(path),
        None if filter.is_empty() => "no open files".to_owned(),
        None => "no open file matches".to_owned(),
    };
    let filters = select::resolved_filters(&filter, &targets).await?;
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
    let (left_out, not_shared) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let missing: RefCell<Vec<String>> = RefCell::default();
    let is_explained = |name: &str| {
        if missing.borrow().iter().any(|server| server == name) {
            return true;
        }
        let not_shared = not_shared.borrow();
        not_shared.iter().any(|error| matches!(error, Error::NotShared { server, .. } if server == name))
    };
    let listing = Listing {
        targets: &targets,
        presentation,
        if_empty: &if_empty,
        is_explained: &is_explained,
        missing: Some(Missing::Files),
        has_totals: args.clients.totals,
    };
    let exit = list(listing, &async |server: &mut Server, name: &str| {
        let listing = server.file_listing(filter(name)).await?;
        left_out.borrow_mut().extend(note_of(name, listing.unqueried_clients));
        left_out.borrow_mut().extend(select::unknown_clients(name, listing.unknown_clients));
        if let (Some(path), true) = (&filter(name).path, listing.files.is_empty()) {
            let error = check_shared(server, name, path).await.err();
            let is_missing =
                error.is_none() && matches!(Presence::at(server, path).await, Some(Presence::Missing));
            not_shared.borrow_mut().extend(error);
            missing.borrow_mut().extend(is_missing.then(|| name.to_owned()));
        }
        Ok(listing.files.iter().map(|file| FileRow::new(name, file)).collect())
    })
    .await?;
    left_out.into_inner().iter().for_each(|note| output::note(note));
    let exit = said(&not_shared.into_inner(), targets.len(), exit);
    Ok(missing_said(&missing.into_inner(), &path, targets.len(), exit))
}

/// Says which servers have nothing at the path, and returns the exit status: it is an error if no server has the path.
fn missing_said(missing: &[String], path: &str, servers: usize, exit: Exit) -> Exit {
    for server in missing {
        let line = format!("{server} has no file or folder {}", output::visible(path));
        if missing.len() < servers { output::note(&line) } else { output::error(&line) }
    }
    if missing.len() < servers || missing.is_empty() {
        return exit;
    }
    output::hint("check the spelling, or name the folder to list every open file in it");
    Exit::Failed
}

/// Says at which servers the path is in no share, and returns the exit status. It is an error if no server shares the path:
/// of several servers, a person expects the file at one.
fn said(not_shared: &[Error], servers: usize, exit: Exit) -> Exit {
    if not_shared.len() < servers {
        lines(not_shared).iter().for_each(|line| output::note(line));
        return exit;
    }
    lines(not_shared).iter().for_each(|line| output::error(line));
    not_shared.iter().find_map(Error::hint_with_flags).iter().for_each(|hint| output::hint(hint));
    Exit::Failed
}

/// Returns one line about the servers that do not share the path, and one for each other error.
fn lines(errors: &[Error]) -> Vec<String> {
    let mut servers = Vec::new();
    let mut lines = Vec::new();
    for error in errors {
        match error {
            Error::NotShared { server, path } => servers.push((server, path)),
            other => lines.push(other.to_string()),
        }
    }
    if let Some((_, path)) = servers.first() {
        let servers: Vec<&str> = servers.iter().map(|(server, _)| server.as_str()).collect();
        lines.insert(0, format!("{path} is in no share of {}", output::joined(&servers, MAX_NAMED)));
    }
    lines
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
    use super::{lines, note_of, said};
    use crate::exit::Exit;
    use netsession_admin::Error;

    /// A failure here would tell a script that nobody holds a file which no server shares, or call a search at many servers
    /// a failure because only one of them shares it.
    #[test]
    fn a_path_that_no_server_shares_is_an_error() {
        let not_shared = || Error::NotShared { server: "fs1".to_owned(), path: r"C:\data".to_owned() };
        assert_eq!(said(&[not_shared()], 1, Exit::Done), Exit::Failed);
        assert_eq!(said(&[not_shared(), not_shared()], 2, Exit::Done), Exit::Failed);
        assert_eq!(said(&[not_shared()], 2, Exit::Done), Exit::Done);
        assert_eq!(said(&[not_shared()], 2, Exit::SomeFailed), Exit::SomeFailed);
        assert_eq!(said(&[], 2, Exit::Done), Exit::Done);
    }

    /// A failure here would bury the servers that answered under one line for each of twenty others.
    #[test]
    fn servers_that_do_not_share_the_path_are_one_line() {
        let not_shared = |server: &str| Error::NotShared { server: server.to_owned(), path: "/x".to_owned() };
        assert_eq!(lines(&["fs1", "fs2"].map(not_shared)), ["/x is in no share of fs1 and fs2"]);
        assert!(lines(&[]).is_empty());
    }

    /// A failure here would leave CLIENT empty without a note, or print a note although nothing is missing.
    #[test]
    fn the_note_counts_clients_that_were_not_queried() {
        assert!(note_of("fs1", 8).unwrap().contains("netsession did not query 8 of them"));
        assert_eq!(note_of("fs1", 0), None);
    }
}
