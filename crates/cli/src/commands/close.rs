//! `netsession close`: close the open files that are meant, and no others.

use std::collections::BTreeSet;
use std::time::Duration;

use netsession::{Error, FileFilter, FileId, OpenFile, Server};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::block_on;
use super::end::Status;
use super::files::FileRow;
use crate::args::Cli;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, BAD, Cell, Column, GOOD, Row};
use crate::select;
use crate::servers::targets;

/// Close open files: lists what it will close, asks, closes, and looks again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Who has a file open loses what is not yet written to it.

Example: netsession close fs1 --path '\\\\fs1\\data\\budget.xlsx' -U 'LAB\\adm1'")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["id", "path"]))]
pub(crate) struct Args {
    /// Server to ask [default: this computer]
    #[arg(value_name = "SERVER")]
    server: Option<String>,
    /// Ids of files, as `netsession files` lists them
    #[arg(long, value_name = "ID", num_args = 1.., value_parser = id, help_heading = "Selecting")]
    id: Vec<u32>,
    /// This file, or the files in this folder: \\fs1\share\file, or the server's own path
    #[arg(long, value_name = "PATH", help_heading = "Selecting")]
    path: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Only show what would be closed
    #[arg(short = 'n', long)]
    dry_run: bool,
}

fn id(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "an id is a number from 0 to 4294967295; the server stands before --id")
}

pub(crate) fn run(args: &Args, cli: &Cli) -> Result<Exit, Failure> {
    if !args.yes && !args.dry_run && !ask::person_is_there() {
        return Err(Failure::usage("nobody is there to ask, and --yes is not given: nothing was closed")
            .hint("look first with --dry-run, then close with --yes"));
    }
    let path = args.path.as_deref().map(select::path).transpose()?;
    let filter = FileFilter { path, ..FileFilter::default() };
    let servers: Vec<String> = args.server.iter().cloned().collect();
    let targets = targets(&servers, &cli.connect)?;
    let target = targets.first().ok_or_else(|| Failure::usage("no server is given"))?;
    block_on(async {
        let mut server = target.connect().await?;
        let exit = close(args, cli.json, &target.name, &mut server, &filter).await;
        super::close(server).await;
        exit
    })?
}

async fn close(
    args: &Args,
    json: bool,
    name: &str,
    server: &mut Server,
    filter: &FileFilter,
) -> Result<Exit, Failure> {
    let mut files = server.files(filter).await?;
    files.retain(|file| args.id.is_empty() || args.id.contains(&file.id.0));
    say_missing(args, name, &files);
    let shown: Vec<FileRow> = files.iter().map(|file| FileRow::new(name, file)).collect();
    let agreed = if files.is_empty() || args.dry_run {
        false
    } else if args.yes {
        true
    } else {
        output::print_to_stderr(&shown, false);
        let count =
            if files.len() == 1 { "this file".to_owned() } else { format!("these {} files", files.len()) };
        ask::yes(&format!("Close {count} on {name}? What is not yet written to it is lost."))?
    };
    if agreed {
        let (rows, error) = closed(name, server, filter, &files).await;
        return report(json, &rows, error.as_ref());
    }
    if json || args.dry_run {
        output::print(&shown, json, false)?;
    }
    match (files.is_empty(), args.dry_run) {
        (true, _) => return Ok(Exit::NothingMatched),
        (false, true) => return Ok(Exit::Done),
        (false, false) => output::note("Nothing was closed."),
    }
    Ok(Exit::Failed)
}

fn say_missing(args: &Args, name: &str, files: &[OpenFile]) {
    let open: BTreeSet<u32> = files.iter().map(|file| file.id.0).collect();
    let missing: Vec<String> = args.id.iter().filter(|id| !open.contains(id)).map(u32::to_string).collect();
    match (missing.as_slice(), &args.path) {
        ([], Some(path)) if files.is_empty() => {
            output::note(&format!("{name}: nothing is open at {path} (a path is {})", select::PATHS));
        }
        ([], _) => {}
        ([id], _) => output::warn(&format!("{name} has no open file with the id {id}")),
        (ids, _) => output::warn(&format!("{name} has no open files with the ids {}", ids.join(", "))),
    }
}

/// How long a file that was closed may still be listed, and how often that is looked at.
const PATIENCE: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(50);

/// Closes one after the other, and lists again: some servers answer an error to a close that they carry out, and some
/// (Samba) answer before they have carried it out. Also returns why it could not be looked again.
async fn closed(
    name: &str,
    server: &mut Server,
    filter: &FileFilter,
    files: &[OpenFile],
) -> (Vec<ClosedRow>, Option<Error>) {
    let mut answers = Vec::with_capacity(files.len());
    for file in files {
        answers.push(server.file_close(file.id).await);
    }
    let (open, error) = match still_open(server, filter, files, &answers).await {
        Ok(open) => (Some(open), None),
        Err(error) => (None, Some(error)),
    };
    let row = |(file, answer): (&OpenFile, Result<(), Error>)| ClosedRow {
        file: FileRow::new(name, file),
        closed: open.as_ref().map(|open| !open.contains(&file.id)),
        status: match &answer {
            Ok(()) => Some(netsession::Win32Error::NERR_SUCCESS.into()),
            Err(error) if error.is_unknown() => None,
            Err(error) => Some(error.win32().into()),
        },
        error: answer.err(),
    };
    (files.iter().zip(answers).map(row).collect(), error)
}

/// Lists until what was closed is gone, or the patience for it.
async fn still_open(
    server: &mut Server,
    filter: &FileFilter,
    files: &[OpenFile],
    answers: &[Result<(), Error>],
) -> Result<BTreeSet<FileId>, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let open: BTreeSet<FileId> = server.files(filter).await?.iter().map(|file| file.id).collect();
        let mut agreed = files.iter().zip(answers).filter(|(_, answer)| answer.is_ok());
        if Instant::now() >= deadline || !agreed.any(|(file, _)| open.contains(&file.id)) {
            return Ok(open);
        }
        sleep(INTERVAL).await;
    }
}

fn report(json: bool, rows: &[ClosedRow], unseen: Option<&Error>) -> Result<Exit, Failure> {
    output::print(rows, json, false)?;
    let is_closed = |row: &ClosedRow| row.closed == Some(true);
    let refused = rows.iter().filter(|row| !is_closed(row)).filter_map(|row| row.error.as_ref());
    super::say(refused.chain(unseen));
    Ok(if rows.iter().all(is_closed) { Exit::Done } else { Exit::Failed })
}

/// A file and what became of it.
#[derive(Serialize)]
struct ClosedRow {
    #[serde(flatten)]
    file: FileRow,
    /// None: it is not known.
    closed: Option<bool>,
    status: Option<Status>,
    #[serde(skip)]
    error: Option<Error>,
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
            None => "not known",
        };
        std::iter::once(Some(result.to_owned())).chain(self.file.cells()).collect()
    }

    fn style(&self) -> anstyle::Style {
        if self.closed == Some(true) { GOOD } else { BAD }
    }
}
