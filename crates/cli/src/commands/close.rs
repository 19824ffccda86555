//! `netsession close`: closes the selected open files, and no others.
//!
//! The command previews, confirms and reports. The library plans, closes and verifies.

pub(super) mod rows;

use netsession::{
    ClosePlan, ClosePreview, CloseReport, FileFilter, FileId, FileSelection, OpenFile, Selector, Server,
    SessionFilter, UserPattern,
};
use netsession_admin::{ChangeNote, Error, Missing, Presence, Recording, Silence, SilentNode, Target};

use super::end::{WithAPerson, check_nodes, print_nothing};
use super::goodbye::close as goodbye;
use super::list::warn_of_strangers;
use super::nothing_open::NothingOpen;
use super::waiting;
use super::who::case;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Output, Reason, SelectFiles};
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, OutputFormat, Row as _};
use crate::path::{Destination, Wanted, asked, with_port};
use crate::runtime::block_on;
use crate::select;
use crate::servers::{
    Terminal, ask_reason, check_connections, check_journal, check_reason, targets_to_change, warn_unrecorded,
};
use rows::{Became, ClosedRow, PlanRow};

/// Close open files (preview, confirm, verify)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The user who has a file open loses unsaved changes.

Without SERVER, --path selects the server. If no file is open at the path, the exit status is 3; if no server has the \
path, it is 1.

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
    /// Show what would close, and close nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    output: Output,
    /// Whether this process has closed other files before.
    #[arg(skip)]
    is_further: bool,
}

impl Args {
    /// Returns what the journal notes about the closing.
    fn note(&self) -> ChangeNote {
        let ids = self.id.iter().map(ToString::to_string).collect();
        let flags = [("--id", ids), ("--path", self.path.iter().cloned().collect())];
        ChangeNote {
            program: Some("close"),
            selection: select::shown(flags.into_iter().chain(self.select.flags())),
            reason: self.reason.reason.clone(),
        }
    }
}

/// Parses an id.
fn id(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "invalid id (use 0 to 4294967295, and put the server before --id)")
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    if !args.yes && !args.dry_run && !ask::is_person_present() {
        return Err(Failure::usage("stdin is not a terminal: pass --yes to close without asking")
            .hint("use --dry-run to see what would close"));
    }
    let filter = select::file_filter(None, &args.select)?;
    let wanted = args.path.as_deref().map(|path| Wanted::of(path, &args.servers)).transpose()?;
    let targets = |names: &[String], flags: &Connect| targets_to_change(names, flags, &mut Terminal);
    block_on(async {
        let Destination { targets, path } =
            asked(&args.servers, wanted.as_ref(), &args.connect, targets).await?;
        check_nodes(&targets)?;
        let filter = FileFilter { path, ..filter };
        check_everybody(&filter)?;
        let filters = select::resolved_filters(&filter, &targets).await?;
        let selection = |target: &Target| match filters.get(target.name()) {
            Some(filter) if args.id.is_empty() => FileSelection::Matching(filter.clone()),
            _ => FileSelection::Ids(args.id.iter().copied().map(FileId).collect()),
        };
        args.output.check_names(targets.len())?;
        if !args.id.is_empty() && targets.len() > 1 {
            return Err(Failure::usage("an id belongs to one server: name exactly one server beside --id"));
        }
        close_at(args, &targets, &selection).await
    })?
}

/// Returns the path that selects files.
fn selected_path(selection: &FileSelection) -> Option<&str> {
    match selection {
        FileSelection::Matching(filter) => filter.path.as_deref(),
        _ => None,
    }
}

/// Refuses a selection of every open file that is spelled as a pattern.
fn check_everybody(filter: &FileFilter) -> Result<(), Failure> {
    let (clients, users) = (filter.clients.clone(), filter.users.clone());
    let everybody = Selector::filter(SessionFilter { clients, users, ..SessionFilter::default() });
    // A root contains every file.
    let has_root = filter.path.as_deref().is_some_and(is_root);
    let is_narrowed = filter.share.is_some() || filter.path.is_some() && !has_root;
    let is_everybody = everybody.map_or(has_root, |selector| selector.is_everybody());
    if !is_narrowed && is_everybody {
        return Err(Failure::usage("this selects every open file of everybody")
            .hint("name users or clients, or add --path of a folder or --share"));
    }
    Ok(())
}

/// Whether a server's own path is a root, such as `\` or `C:\`.
fn is_root(path: &str) -> bool {
    let is_drive = |drive: &str| matches!(drive.as_bytes(), [letter] if letter.is_ascii_alphabetic());
    let rest = path.split_once(':').filter(|(drive, _)| is_drive(drive)).map_or(path, |(_, rest)| rest);
    rest.chars().all(|c| matches!(c, '\\' | '/' | '.'))
}

/// A connected server, and its plan.
struct Planned<'a> {
    target: &'a Target,
    plan: ClosePlan<Server>,
    /// The nodes of a cluster whose files the plan lacks.
    silent: Vec<SilentNode>,
    /// Whether the selected path exists, if nothing is open there.
    presence: Option<Presence>,
}

/// A server's plan as the command shows it, and the nodes of a cluster that do not answer.
struct Previewed<'a> {
    name: &'a str,
    preview: ClosePreview,
    silence: Silence,
}

impl Previewed<'_> {
    /// Returns the errors of the nodes that do not answer.
    fn silent(&self) -> Vec<Error> {
        self.silence.errors(self.name, Missing::Files)
    }
}

/// Closes files that another command has listed at one server, as the command without flags does: it shows them and asks. It leaves
/// out those whose ids belong to other files by now. `path` is where they were found.
pub(super) async fn with_a_person(
    target: &Target,
    path: &str,
    files: Vec<OpenFile>,
    person: WithAPerson<'_>,
) -> Result<Exit, Failure> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    let line = <Line as clap::Parser>::try_parse_from(["close".to_owned(), format!("--path={path}")]);
    let args = line.map_err(|error| Failure::usage(error.to_string()))?.args;
    let args = Args { is_further: person.is_further, reason: person.reason(), ..args };
    close_at(&args, std::slice::from_ref(target), &|_| FileSelection::Listed(files.clone())).await
}

async fn close_at(
    args: &Args,
    targets: &[Target],
    selection: &impl Fn(&Target) -> FileSelection,
) -> Result<Exit, Failure> {
    if !args.dry_run {
        check_reason(&args.reason, !args.yes)?;
        check_journal()?;
    }
    check_connections(targets.len())?;
    let named = targets.iter().map(|target| (target.name(), target));
    let mut interrupts = Interrupts::listen()?;
    let (answers, interrupt) = waiting::each(named, Some(&mut interrupts), async |target: &Target| {
        let deadline = target.deadline();
        let wanted = selection(target);
        let plan = async || {
            let mut plan = target.connect().await?.into_plan_close(&wanted).await?;
            let presence = match selected_path(&wanted) {
                Some(path) if plan.preview().matches_nothing() => {
                    Some(Presence::at(plan.server_mut(), path, deadline).await)
                }
                _ => None,
            };
            Ok((plan, presence))
        };
        let discard = async |(plan, _): (ClosePlan<Server>, _)| goodbye(plan.into_server()).await;
        let (plan, silent) = target.beside_probes(plan, discard).await;
        Ok(match plan {
            Ok((plan, presence)) => Ok(Planned { target, plan, silent, presence }),
            Err(error) => {
                let silent = silent.iter().map(|node| node.error(target.name(), Missing::Files));
                Err((error, silent.collect::<Vec<_>>()))
            }
        })
    })
    .await;
    let names: Vec<&str> = targets.iter().map(Target::name).collect();
    waiting::end_before_changes(&names, &answers, interrupt, || print_nothing(&args.output))?;
    drop(interrupts);
    let (mut planned, mut failed, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    for answer in answers.into_iter().flatten() {
        match answer {
            Ok(Ok(one)) => planned.push(one),
            Ok(Err((error, nodes))) => {
                failed.push(error);
                silent.extend(nodes);
            }
            Err(error) => failed.push(error),
        }
    }
    if !args.is_further {
        warn_of_strangers(targets);
    }
    if let ([_], Some(_)) = (targets, failed.last()) {
        output::errors(&silent);
        return failed.pop().map_or(Ok(Exit::Failed), |error| Err(error.into()));
    }
    let previewed = planned.iter().map(|one| Previewed {
        name: one.target.name(),
        preview: one.plan.preview().clone(),
        silence: Silence::new(one.silent.clone(), Vec::new()),
    });
    let previewed: Vec<Previewed<'_>> = previewed.collect();
    let mut nothing_open = NothingOpen::default();
    for one in &mut planned {
        one.presence.take().into_iter().for_each(|presence| nothing_open.add(one.target.name(), presence));
    }
    // Before the question: a person must not take these servers for searched.
    silent.extend(previewed.iter().flat_map(Previewed::silent));
    output::errors(failed.iter().chain(&silent));
    let mut note = args.note();
    let decision = decide(args, &previewed, &nothing_open, targets.len() > 1).and_then(|is_confirmed| {
        if is_confirmed {
            ask_reason(&mut note, !args.yes)?;
        }
        Ok(is_confirmed)
    });
    let is_declined = matches!(decision, Ok(false))
        && !args.dry_run
        && previewed.iter().any(|one| !one.preview.to_close().is_empty());
    let mut interrupt = None;
    let results = if matches!(decision, Ok(true)) {
        let mut interrupts = Interrupts::listen()?;
        let recordings = Target::record_all(planned.iter().map(|one| (one.target, &one.plan)), &note);
        let named = planned.into_iter().zip(recordings);
        let named = named.map(|(one, recording)| (one.target.name(), (one, recording)));
        let closing = waiting::each(
            named,
            Some(&mut interrupts),
            async |(one, recording): (Planned<'_>, Recording)| {
                let (report, server) = Target::close_recorded(one.plan, recording).await;
                let (after, ()) = tokio::join!(one.target.silent_nodes(), goodbye(server));
                Ok(Closed::new(one.target, report, Silence::new(one.silent, after)))
            },
        );
        let (results, interrupted) = closing.await;
        interrupt = interrupted;
        warn_unrecorded("this change is not recorded");
        let named = previewed.iter().map(|one| (one.name, one.preview.to_close()));
        let closings = named.zip(results).map(|((name, files), result)| match result {
            Some(Ok(closed)) => Closing::Done(closed),
            Some(Err(_)) | None => Closing::Interrupted { name, files },
        });
        report(args, closings, targets.len() > 1)?
    } else {
        for one in planned {
            goodbye(one.plan.into_server()).await;
        }
        decision?;
        previewed.iter().map(|one| untouched(args, one)).collect()
    };
    interrupt.into_iter().for_each(Interrupt::end_process);
    let exit = Exit::of_servers(results.into_iter().chain(failed.iter().map(|_| Exit::Failed)));
    let path = args.path.as_deref().unwrap_or_default();
    Ok(nothing_open.say(path, targets.len(), exit).unless_declined(is_declined))
}

/// Shows the plans, and returns whether they are to be carried out.
fn decide(
    args: &Args,
    previewed: &[Previewed<'_>],
    nothing_open: &NothingOpen,
    is_several: bool,
) -> Result<bool, Failure> {
    let format = args.output.format();
    let previews: Vec<(&str, &ClosePreview)> = previewed.iter().map(|one| (one.name, &one.preview)).collect();
    let rows: Vec<PlanRow> = previews.iter().flat_map(|(name, preview)| PlanRow::of(name, preview)).collect();
    let to_close: usize = previews.iter().map(|(_, preview)| preview.to_close().len()).sum();
    let is_ambiguous = previews.iter().any(|(_, preview)| !preview.ambiguous().is_empty());
    let asks = !args.yes && !args.dry_run && to_close > 0;
    if asks || is_ambiguous && (!format.is_for_people() || !args.dry_run) {
        output::print_to_stderr(&rows, is_several);
    }
    previewed.iter().for_each(|one| {
        warn(args, one, nothing_open.explains(one.name));
        case::note(one.preview.to_close().iter());
    });
    let concerned: Vec<&str> =
        previews.iter().filter(|(_, one)| !one.to_close().is_empty()).map(|(name, _)| *name).collect();
    let place = match (concerned.as_slice(), previews.as_slice()) {
        ([name], _) | ([], [(name, _)]) => (*name).to_owned(),
        (several, _) => format!("{} servers", several.len()),
    };
    let is_confirmed = to_close > 0 && !args.dry_run && (args.yes || ask::yes(&question(to_close, &place))?);
    if is_confirmed {
        return Ok(true);
    }
    let is_shown = |row: &&PlanRow| row.closes() || format.is_for_people();
    if args.dry_run || !format.is_for_people() {
        let shown: Vec<&PlanRow> = rows.iter().filter(is_shown).collect();
        output::present(&args.output.presentation(), &shown, is_several)?;
    }
    if args.dry_run {
        output::note(&would_close(to_close, &place));
    } else if previews.iter().any(|(_, one)| !one.matches_nothing() || !one.reused().is_empty()) {
        output::note(if args.is_further { "Nothing more was closed." } else { "Nothing was closed." });
    }
    Ok(false)
}

/// Returns the last line of a dry run.
fn would_close(to_close: usize, place: &str) -> String {
    match to_close {
        0 => "This would close nothing.".to_owned(),
        _ => format!("This would close {} on {place}.", files(to_close)),
    }
}

/// Returns the exit status of a server at which the command closed nothing.
fn untouched(args: &Args, one: &Previewed<'_>) -> Exit {
    let exit = match (one.preview.matches_nothing(), args.dry_run && one.preview.ambiguous().is_empty()) {
        (true, _) => Exit::NothingMatched,
        (false, true) => Exit::Done,
        (false, false) => Exit::Failed,
    };
    at_nodes(exit, !one.silent().is_empty())
}

/// Returns the exit status of a cluster, of which a node may be silent: nobody can say then that nothing matched.
fn at_nodes(exit: Exit, is_node_silent: bool) -> Exit {
    match exit {
        Exit::Done | Exit::NothingMatched if is_node_silent => Exit::SomeFailed,
        exit => exit,
    }
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
/// `is_explained` says that the server does not have the path.
fn warn(args: &Args, one: &Previewed<'_>, is_explained: bool) {
    let Previewed { name, preview, .. } = one;
    let on = if one.silent().is_empty() { "" } else { " on the nodes that answer" };
    if !preview.ambiguous().is_empty() {
        output::warn(&format!(
            "{name} lists the ids of these files more than once; netsession does not close them"
        ));
    }
    if !preview.own_pipes().is_empty() {
        output::note(&format!("{name}: netsession does not close its own pipe (--id closes it)"));
    }
    select::unknown_clients(name, preview.unknown_clients()).iter().for_each(|note| output::note(note));
    let reused: Vec<String> = preview.reused().iter().map(|file| file.id.to_string()).collect();
    match reused.as_slice() {
        [] => {}
        [id] => output::warn(&format!("{name}: the id {id} belongs to another file now, which stays open")),
        ids => {
            let ids = ids.join(", ");
            output::warn(&format!("{name}: the ids {ids} belong to other files now, which stay open"));
        }
    }
    let missing: Vec<String> = preview.not_open().iter().map(ToString::to_string).collect();
    match (missing.as_slice(), &args.path) {
        ([], _) if !reused.is_empty() => {}
        ([], Some(_)) if preview.matches_nothing() && is_explained => {}
        ([], Some(path)) if preview.matches_nothing() => {
            output::note(&format!("{name}: {}{on}", select::nothing_open_at(&with_port(path, name))));
        }
        ([], None) if preview.matches_nothing() => output::note(&format!("{name}: no open file matches{on}")),
        ([], _) => {}
        ([id], _) => output::warn(&format!("{name} has no open file with the id {id}{on}")),
        (ids, _) => output::warn(&format!("{name} has no open files with the ids {}{on}", ids.join(", "))),
    }
    let patterns = select::file_filter(None, &args.select).map(|filter| filter.users).unwrap_or_default();
    // A pattern seems to match all users whose names fit it, even where it matches some.
    if preview.matches_nothing() || patterns.iter().any(UserPattern::is_pattern) {
        select::hint_at_near_users(preview.near_users().iter().map(String::as_str), &patterns);
    }
}

/// What closing at a server came to.
pub(super) struct Closed<'a> {
    target: &'a Target,
    report: CloseReport,
    silence: Silence,
}

impl<'a> Closed<'a> {
    pub(super) const fn new(target: &'a Target, report: CloseReport, silence: Silence) -> Self {
        Self { target, report, silence }
    }

    /// Returns the rows of the files, and the errors that belong to none of them.
    pub(super) fn rows(self) -> (Vec<ClosedRow>, Vec<Error>) {
        let name = self.target.name();
        let row = |outcome| {
            let row = ClosedRow::new(name, outcome, self.report.is_verified);
            if self.target.is_cluster() { row.of_a_cluster(&self.silence) } else { row }
        };
        let rows = self.report.outcomes.into_iter().map(row).collect();
        let silent = self.silence.errors(name, Missing::Files);
        (rows, self.report.error.map(Error::from).into_iter().chain(silent).collect())
    }
}

/// What is known of a server after the requests.
enum Closing<'a> {
    Done(Closed<'a>),
    /// An interrupt came before its answer.
    Interrupted {
        name: &'a str,
        files: &'a [OpenFile],
    },
}

/// Prints the results, and returns the exit status of each server.
fn report<'a>(
    args: &Args,
    closings: impl Iterator<Item = Closing<'a>>,
    is_several: bool,
) -> Result<Vec<Exit>, Failure> {
    let (mut rows, mut errors, mut exits) = (Vec::new(), Vec::new(), Vec::new());
    let mut interrupted = Vec::new();
    for closing in closings {
        let closed = match closing {
            Closing::Done(closed) => closed,
            Closing::Interrupted { name, files } => {
                rows.extend(files.iter().map(|file| ClosedRow::not_known(name, file)));
                exits.push(if files.is_empty() { Exit::NothingMatched } else { Exit::Failed });
                interrupted.extend((!files.is_empty()).then_some(name));
                continue;
            }
        };
        let (is_node_silent, has_failed) =
            (!closed.silence.errors("", Missing::Files).is_empty(), closed.report.error.is_some());
        let (of_server, of_report) = closed.rows();
        let exit = match of_server.iter().all(ClosedRow::is_done) && !has_failed {
            true if of_server.is_empty() => Exit::NothingMatched,
            true => Exit::Done,
            false => Exit::Failed,
        };
        exits.push(at_nodes(exit, is_node_silent));
        if let Some(row) = of_server.iter().find(|row| row.result == Became::Unknown && row.error.is_none()) {
            output::warn(&format!(
                "{} no longer lists the files whose result is unknown; a node of the cluster may still have them open",
                row.server()
            ));
        }
        errors.extend(of_report);
        rows.extend(of_server);
    }
    match args.output.format() {
        // The status of a file is an object.
        format @ (OutputFormat::Json | OutputFormat::Jsonl | OutputFormat::Yaml) => {
            output::print_nested(format, &rows)?;
        }
        _ => output::present(&args.output.presentation(), &rows.iter().collect::<Vec<_>>(), is_several)?,
    }
    if args.output.format().is_for_people() && !rows.is_empty() {
        summaries(&rows).iter().for_each(|summary| output::note(summary));
    }
    let refused = rows.iter().filter(|row| row.result != Became::Closed).filter_map(|row| row.error.as_ref());
    output::errors(refused);
    output::errors(&errors);
    for name in interrupted {
        output::error(&format!("interrupted: {name} may still carry out the requests that were sent"));
    }
    Ok(exits)
}

/// Returns a summary for each server: how many files have each outcome, and how many are open again.
fn summaries(rows: &[ClosedRow]) -> Vec<String> {
    let mut servers: Vec<&str> = rows.iter().map(ClosedRow::server).collect();
    servers.dedup();
    let summary = |server: &str| {
        let count = |is_wanted: &dyn Fn(&ClosedRow) -> bool| {
            rows.iter().filter(|row| row.server() == server && is_wanted(row)).count()
        };
        let results = Became::ALL.map(|result| (count(&|row| row.result == result), result.words()));
        let again = (count(&|row| row.open_again_as.is_some()), "open again");
        let counted = results.into_iter().chain([again]).filter(|(count, _)| *count > 0);
        let parts: Vec<String> = counted.map(|(count, what)| format!("{count} {what}")).collect();
        format!("{server}: {}", parts.join(", "))
    };
    servers.into_iter().map(summary).collect()
}

#[cfg(test)]
mod tests {
    use super::{check_everybody, is_root};
    use netsession::FileFilter;

    /// A failure here would close the files of everybody, and netsession's own pipe, because a root looks like a narrow path.
    #[test]
    fn a_root_is_everybodys_files() {
        for root in ["\\", "/", "C:\\", "c:", "C:/", "\\.\\", "//"] {
            assert!(is_root(root), "{root}");
            let filter = FileFilter { path: Some(root.to_owned()), ..FileFilter::default() };
            assert!(check_everybody(&filter).is_err(), "{root}");
            let users = vec!["bob".parse().unwrap()];
            assert!(check_everybody(&FileFilter { users, ..filter.clone() }).is_ok(), "{root}");
            let users = vec!["*".parse().unwrap()];
            assert!(check_everybody(&FileFilter { users, ..filter }).is_err(), "{root}");
        }
        for folder in ["C:\\data", "/srv", "data"] {
            assert!(!is_root(folder), "{folder}");
        }
    }
}
