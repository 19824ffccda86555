//! `netsession close`: closes the selected open files, and no others.
//!
//! The command previews, confirms and reports. The library plans, closes and verifies.

pub(super) mod rows;

use netsession::{
    ClosePlan, ClosePreview, CloseReport, FileFilter, FileId, FileSelection, Selector, Server, SessionFilter,
};
use netsession_admin::Target;

use super::goodbye::close as goodbye;
use super::waiting;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Format, SelectFiles};
use crate::output::{self, OutputFormat, Presentation};
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
#[command(
    override_usage = "netsession close [OPTIONS] [SERVER]... <--id <ID>...|--path <PATH>|--user <USER>|--client <CLIENT>|--share <SHARE>>"
)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["id", "path", "user", "client", "share"]))]
pub(crate) struct Args {
    /// Servers on which to close files [default: this computer]
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
    /// Select files of one server by their ids, as `netsession files` lists them
    #[arg(
        long,
        value_name = "ID",
        num_args = 1..,
        value_parser = id,
        conflicts_with_all = ["path", "user", "client", "share"],
        help_heading = "Selection"
    )]
    id: Vec<u32>,
    /// Select this file, or the files in this folder: \\fs1\share\file, a URL, a mounted or DFS path, or the server's
    /// own path
    #[arg(long, value_name = "PATH", help_heading = "Selection")]
    path: Option<String>,
    #[command(flatten)]
    select: SelectFiles,
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
    let filter = select::file_filter(None, &args.select)?;
    let wanted = args.path.as_deref().map(|path| Wanted::of(path, &args.servers)).transpose()?;
    block_on(async {
        let Asked { targets, path } = asked(&args.servers, wanted.as_ref(), &args.connect).await?;
        let filter = FileFilter { path, ..filter };
        check_everybody(&filter)?;
        let filters = select::resolved_filters(&filter, &targets).await?;
        let selection = |target: &Target| match filters.get(target.name()) {
            Some(filter) if args.id.is_empty() => FileSelection::Matching(filter.clone()),
            _ => FileSelection::Ids(args.id.iter().copied().map(FileId).collect()),
        };
        if !args.id.is_empty() && targets.len() > 1 {
            return Err(Failure::usage("an id belongs to one server: name one server with --id"));
        }
        close_at(args, &targets, &selection).await
    })?
}

/// Refuses a selection of every open file that is spelled as a pattern.
fn check_everybody(filter: &FileFilter) -> Result<(), Failure> {
    let (clients, users) = (filter.clients.clone(), filter.users.clone());
    let everybody = Selector::filter(SessionFilter { clients, users, ..SessionFilter::default() });
    let is_narrowed = filter.path.is_some() || filter.share.is_some();
    if !is_narrowed && everybody.is_some_and(|selector| selector.is_everybody()) {
        return Err(Failure::usage("this selects every open file of everybody")
            .hint("name users or clients, or add --path or --share"));
    }
    Ok(())
}

/// A connected server, and its plan.
struct Planned<'a> {
    name: &'a str,
    plan: ClosePlan<Server>,
}

/// Closes the files that `filter` selects at one server, as the command without flags does: it shows them and asks.
pub(super) async fn with_a_person(target: &Target, filter: FileFilter) -> Result<Exit, Failure> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    let path = filter.path.clone().unwrap_or_default();
    let line = <Line as clap::Parser>::try_parse_from(["close".to_owned(), format!("--path={path}")]);
    let args = line.map_err(|error| Failure::usage(error.to_string()))?.args;
    close_at(&args, std::slice::from_ref(target), &|_| FileSelection::Matching(filter.clone())).await
}

async fn close_at(
    args: &Args,
    targets: &[Target],
    selection: &impl Fn(&Target) -> FileSelection,
) -> Result<Exit, Failure> {
    let named = targets.iter().map(|target| (target.name(), target));
    let (answers, _) = waiting::each(named, None, async |target: &Target| {
        let plan = target.connect().await?.into_plan_close(&selection(target)).await?;
        Ok(Planned { name: target.name(), plan })
    })
    .await;
    let (mut planned, mut failed) = (Vec::new(), Vec::new());
    for answer in answers.into_iter().flatten() {
        match answer {
            Ok(one) => planned.push(one),
            Err(error) => failed.push(error),
        }
    }
    if let ([_], Some(_)) = (targets, failed.last()) {
        return failed.pop().map_or(Ok(Exit::Failed), |error| Err(error.into()));
    }
    let previews: Vec<(&str, ClosePreview)> =
        planned.iter().map(|one| (one.name, one.plan.preview().clone())).collect();
    let decision = decide(args, &previews, targets.len() > 1);
    output::errors(&failed);
    let results = if matches!(decision, Ok(true)) {
        let named = planned.into_iter().map(|one| (one.name, one));
        let (reports, _) = waiting::each(named, None, async |one: Planned<'_>| {
            let (report, server) = one.plan.close().await;
            goodbye(server).await;
            Ok(report)
        })
        .await;
        let named = previews.iter().zip(reports.into_iter().flatten().flatten());
        report(
            args.format.json,
            named.map(|((name, _), report)| (*name, report)).collect(),
            targets.len() > 1,
        )?
    } else {
        for one in planned {
            goodbye(one.plan.into_server()).await;
        }
        decision?;
        previews.iter().map(|(_, preview)| untouched(args, preview)).collect()
    };
    Ok(Exit::of_servers(results.into_iter().chain(failed.iter().map(|_| Exit::Failed))))
}

/// Shows the plans, and returns whether they are to be carried out.
fn decide(args: &Args, previews: &[(&str, ClosePreview)], is_several: bool) -> Result<bool, Failure> {
    let json = args.format.json;
    let rows: Vec<PlanRow> = previews.iter().flat_map(|(name, preview)| PlanRow::of(name, preview)).collect();
    let to_close: usize = previews.iter().map(|(_, preview)| preview.to_close().len()).sum();
    let is_ambiguous = previews.iter().any(|(_, preview)| !preview.ambiguous().is_empty());
    let asks = !args.yes && !args.dry_run && to_close > 0;
    if asks || is_ambiguous && (json || !args.dry_run) {
        output::print_to_stderr(&rows, is_several);
    }
    previews.iter().for_each(|(name, preview)| warn(args, name, preview));
    let place = match previews {
        [(name, _)] => (*name).to_owned(),
        several => {
            format!("{} servers", several.iter().filter(|(_, one)| !one.to_close().is_empty()).count())
        }
    };
    let is_confirmed = to_close > 0 && !args.dry_run && (args.yes || ask::yes(&question(to_close, &place))?);
    if is_confirmed {
        return Ok(true);
    }
    if json {
        let closes: Vec<&PlanRow> = rows.iter().filter(|row| row.closes()).collect();
        output::present(&Presentation::of(OutputFormat::Json), &closes, is_several)?;
    } else if args.dry_run {
        output::print(&rows, false, is_several)?;
    }
    if args.dry_run {
        output::note(&format!("This would close {} on {place}.", files(to_close)));
    } else if previews.iter().any(|(_, preview)| !preview.matches_nothing()) {
        output::note("Nothing was closed.");
    }
    Ok(false)
}

/// Returns the exit status of a server at which the command closed nothing.
fn untouched(args: &Args, preview: &ClosePreview) -> Exit {
    if preview.matches_nothing() {
        return Exit::NothingMatched;
    }
    if args.dry_run && preview.ambiguous().is_empty() { Exit::Done } else { Exit::Failed }
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
    select::unknown_clients(name, preview.unknown_clients()).iter().for_each(|note| output::note(note));
    let missing: Vec<String> = preview.not_open().iter().map(ToString::to_string).collect();
    match (missing.as_slice(), &args.path) {
        ([], Some(path)) if preview.matches_nothing() => {
            output::note(&format!("{name}: {}", select::nothing_open_at(path)));
        }
        ([], None) if preview.matches_nothing() => output::note(&format!("{name}: no open file matches")),
        ([], _) => {}
        ([id], _) => output::warn(&format!("{name} has no open file with the id {id}")),
        (ids, _) => output::warn(&format!("{name} has no open files with the ids {}", ids.join(", "))),
    }
}

/// Prints the results, and returns the exit status of each server.
fn report(json: bool, reports: Vec<(&str, CloseReport)>, is_several: bool) -> Result<Vec<Exit>, Failure> {
    let (mut rows, mut errors, mut exits) = (Vec::new(), Vec::new(), Vec::new());
    for (name, report) in reports {
        let of_server: Vec<ClosedRow> =
            report.outcomes.into_iter().map(|outcome| ClosedRow::new(name, outcome)).collect();
        exits.push(match of_server.iter().all(|row| row.closed == Some(true)) {
            true if of_server.is_empty() && report.error.is_none() => Exit::NothingMatched,
            true => Exit::Done,
            false => Exit::Failed,
        });
        errors.push(report.error);
        rows.extend(of_server);
    }
    output::print(&rows, json, is_several)?;
    let refused = rows.iter().filter(|row| row.closed != Some(true)).filter_map(|row| row.error.as_ref());
    output::errors(refused.chain(errors.iter().flatten()));
    Ok(exits)
}
