//! `netsession close`: closes the selected open files, and no others.
//!
//! The command previews, confirms and reports. The library plans, closes and verifies.

pub(super) mod rows;

use netsession::{ClosePreview, CloseReport, FileFilter, FileId, FileSelection, Server};
use netsession_admin::Target;

use super::goodbye::with_server;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Format};
use crate::output;
use crate::path::{Asked, Wanted, asked};
use crate::runtime::block_on;
use crate::select;
use rows::{ClosedRow, PlanRow};

/// Close open files (preview, confirm, verify)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The user who has a file open loses unsaved changes.

Without SERVER, --path decides which server is asked.

Example: netsession close --path '\\\\fs1\\data\\budget.xlsx' -U 'LAB\\adm1'")]
// `--id` takes several ids, so that a server after it would be one of them.
#[command(override_usage = "netsession close [OPTIONS] [SERVER] <--id <ID>...|--path <PATH>>")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["id", "path"]))]
pub(crate) struct Args {
    /// Server on which to close files [default: this computer]
    #[arg(value_name = "SERVER")]
    server: Option<String>,
    /// Select files by their ids, as `netsession files` lists them
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = id, help_heading = "Selection")]
    id: Vec<u32>,
    /// Select this file, or the files in this folder: \\fs1\share\file, a URL, a mounted or DFS path, or the server's
    /// own path
    #[arg(long, value_name = "PATH", help_heading = "Selection")]
    path: Option<String>,
    /// Close without asking
    #[arg(short, long)]
    yes: bool,
    /// Show what would be closed, and close nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    format: Format,
}

/// Parses an id.
fn id(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "invalid id (use 0 to 4294967295, and put the server before --id)")
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    if !args.yes && !args.dry_run && !ask::is_person_present() {
        return Err(Failure::usage("stdin is not a terminal: pass --yes to close without asking")
            .hint("use --dry-run to see what would be closed"));
    }
    let servers: Vec<String> = args.server.iter().cloned().collect();
    let wanted = args.path.as_deref().map(|path| Wanted::of(path, &servers)).transpose()?;
    block_on(async {
        let Asked { targets, path } = asked(&servers, wanted.as_ref(), &args.connect).await?;
        let selection = match path {
            Some(path) => FileSelection::Matching(FileFilter { path: Some(path), ..FileFilter::default() }),
            None => FileSelection::Ids(args.id.iter().copied().map(FileId).collect()),
        };
        let [target] = targets.as_slice() else {
            let names: Vec<&str> = targets.iter().map(Target::name).collect();
            return Err(Failure::usage(format!("close works on one server, not on {}", names.join(", ")))
                .hint("name the server that lists the files"));
        };
        with_server(target, async |server| {
            close(args, args.format.json, target.name(), server, &selection).await
        })
        .await
    })?
}

async fn close(
    args: &Args,
    json: bool,
    name: &str,
    server: &mut Server,
    selection: &FileSelection,
) -> Result<Exit, Failure> {
    let plan = server.plan_close(selection).await?;
    let preview = plan.preview();
    let rows = PlanRow::of(name, preview);
    let (to_close, is_ambiguous) = (preview.to_close().len(), !preview.ambiguous().is_empty());
    let asks = !args.yes && !args.dry_run && to_close > 0;
    if asks || is_ambiguous && (json || !args.dry_run) {
        output::print_to_stderr(&rows, false);
    }
    warn(args, name, preview);
    let is_confirmed = to_close > 0 && !args.dry_run && (args.yes || ask::yes(&question(to_close, name))?);
    if is_confirmed {
        return report(json, name, plan.close().await);
    }
    if json {
        output::print(rows.get(..to_close).unwrap_or_default(), true, false)?;
    } else if args.dry_run {
        output::print(&rows, false, false)?;
    }
    if args.dry_run {
        output::note(&format!("This would close {} on {name}.", files(to_close)));
    }
    if preview.matches_nothing() {
        return Ok(Exit::NothingMatched);
    }
    if args.dry_run && !is_ambiguous {
        return Ok(Exit::Done);
    }
    if !args.dry_run {
        output::note("Nothing was closed.");
    }
    Ok(Exit::Failed)
}

fn question(count: usize, name: &str) -> String {
    format!("Close {} on {name}? Unsaved changes are lost.", files(count))
}

pub(super) fn files(count: usize) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    }
}

/// Warns about ids and paths without an open file, and about ids of several open files.
fn warn(args: &Args, name: &str, preview: &ClosePreview) {
    if !preview.ambiguous().is_empty() {
        output::warn(&format!(
            "{name} lists the ids of these files more than once; netsession does not close them"
        ));
    }
    let missing: Vec<String> = preview.not_open().iter().map(ToString::to_string).collect();
    match (missing.as_slice(), &args.path) {
        ([], Some(path)) if preview.matches_nothing() => {
            output::note(&format!("{name}: {}", select::nothing_open_at(path)));
        }
        ([], _) => {}
        ([id], _) => output::warn(&format!("{name} has no open file with the id {id}")),
        (ids, _) => output::warn(&format!("{name} has no open files with the ids {}", ids.join(", "))),
    }
}

/// Prints the results, and returns the exit status.
fn report(json: bool, name: &str, report: CloseReport) -> Result<Exit, Failure> {
    let rows: Vec<ClosedRow> =
        report.outcomes.into_iter().map(|outcome| ClosedRow::new(name, outcome)).collect();
    output::print(&rows, json, false)?;
    let is_closed = |row: &ClosedRow| row.closed == Some(true);
    let refused = rows.iter().filter(|row| !is_closed(row)).filter_map(|row| row.error.as_ref());
    output::errors(refused.chain(&report.error));
    Ok(if rows.iter().all(is_closed) { Exit::Done } else { Exit::Failed })
}
