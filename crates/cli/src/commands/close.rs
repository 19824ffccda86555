//! `netsession close`: closes the selected open files, and no others.
//!
//! The command previews, confirms and reports. The library plans, closes and verifies.

use netsession::{
    CloseOutcome, ClosePreview, CloseReport, CloseResult, Error, FileFilter, FileId, FileSelection, Server,
};
use serde::Serialize;

use super::goodbye;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Format};
use crate::output::{self, BAD, Cell, Column, GOOD, Row};
use crate::rows::{FileRow, Status};
use crate::runtime::block_on;
use crate::select;
use crate::servers::targets;

/// Close open files (preview, confirm, verify)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The user who has a file open loses unsaved changes.

Example: netsession close fs1 --path '\\\\fs1\\data\\budget.xlsx' -U 'LAB\\adm1'")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["id", "path"]))]
pub(crate) struct Args {
    /// Server on which to close files [default: this computer]
    #[arg(value_name = "SERVER")]
    server: Option<String>,
    /// Select files by their ids, as `netsession files` lists them
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = id, help_heading = "Selection")]
    id: Vec<u32>,
    /// Select this file, or the files in this folder: \\fs1\share\file, or the server's own path
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
    let path = args.path.as_deref().map(select::path).transpose()?;
    let selection = match path {
        Some(path) => FileSelection::Matching(FileFilter { path: Some(path), ..FileFilter::default() }),
        None => FileSelection::Ids(args.id.iter().copied().map(FileId).collect()),
    };
    let servers: Vec<String> = args.server.iter().cloned().collect();
    let targets = targets(&servers, &args.connect)?;
    let target = targets.first().ok_or_else(|| Failure::usage("no server is selected"))?;
    block_on(async {
        let mut server = target.connect().await?;
        let exit = close(args, args.format.json, target.name(), &mut server, &selection).await;
        goodbye::close(server).await;
        exit
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
    warn(args, name, preview);
    let rows = |files: &[_]| files.iter().map(|file| FileRow::new(name, file)).collect::<Vec<_>>();
    let rows = rows(preview.to_close());
    let is_confirmed = if rows.is_empty() || args.dry_run {
        false
    } else if args.yes {
        true
    } else {
        output::print_to_stderr(&rows, false);
        let files = if rows.len() == 1 { "1 file".to_owned() } else { format!("{} files", rows.len()) };
        ask::yes(&format!("Close {files} on {name}? Unsaved changes are lost."))?
    };
    let (matches_nothing, is_ambiguous) = (preview.matches_nothing(), !preview.ambiguous().is_empty());
    if is_confirmed {
        return report(json, name, plan.close().await);
    }
    if json || args.dry_run {
        output::print(&rows, json, false)?;
    }
    match (matches_nothing, args.dry_run) {
        (true, _) => return Ok(Exit::NothingMatched),
        (false, true) if !is_ambiguous => return Ok(Exit::Done),
        (false, true) => {}
        (false, false) => output::note("Nothing was closed."),
    }
    Ok(Exit::Failed)
}

/// Warns about ids and paths without an open file, and about ids of several open files.
fn warn(args: &Args, name: &str, preview: &ClosePreview) {
    if !preview.ambiguous().is_empty() {
        let rows: Vec<FileRow> = preview.ambiguous().iter().map(|file| FileRow::new(name, file)).collect();
        output::print_to_stderr(&rows, false);
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

/// A printed file, and whether it is closed.
#[derive(Debug, Serialize)]
struct ClosedRow {
    #[serde(flatten)]
    file: FileRow,
    /// Whether the file is closed; `None` if it is unknown.
    closed: Option<bool>,
    status: Option<Status>,
    #[serde(skip)]
    error: Option<Error>,
}

impl ClosedRow {
    fn new(name: &str, outcome: CloseOutcome) -> ClosedRow {
        ClosedRow {
            file: FileRow::new(name, &outcome.file),
            closed: match outcome.result {
                CloseResult::Closed => Some(true),
                CloseResult::StillOpen | CloseResult::NotSent => Some(false),
                _ => None,
            },
            status: outcome.status.map(Status::from),
            error: outcome.error,
        }
    }
}

impl Row for ClosedRow {
    fn columns() -> Vec<Column> {
        std::iter::once(Column::accented("RESULT")).chain(FileRow::columns()).collect()
    }

    fn server(&self) -> &str {
        self.file.server()
    }

    fn cells(&self) -> Vec<Cell> {
        let result = match self.closed {
            Some(true) => "closed",
            Some(false) => "still open",
            None => "unknown",
        };
        std::iter::once(Some(result.to_owned())).chain(self.file.cells()).collect()
    }

    fn style(&self) -> anstyle::Style {
        if self.closed == Some(true) { GOOD } else { BAD }
    }
}
