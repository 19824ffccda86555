//! `netsession end`: ends the selected sessions, and no others.
//!
//! The command lists, previews, confirms, ends, verifies and reports. The library makes the plan and the report. A
//! failure at one server does not affect the others.

mod confirm;
pub(super) mod lines;
pub(super) mod open_files;
mod person;
mod plan;
pub(super) mod report;
mod targets;
mod unmatched;

use std::collections::BTreeMap;
use std::time::Duration;

use netsession::{EndOptions, EndPlan, EndPreview, EndReport, Selector, Server};
use netsession_admin::{
    ChangeNote, Error, Limits, Missing, Recording, Seen, Silence, SilentNode, Target, ask_many, look_alikes,
    resolve_selectors,
};
use netsession_config::parse_time_limit;

use super::goodbye::close;
use super::list::warn_of_strangers;
use super::sessions::{MAX_COMPARED, alike_note};
use super::waiting;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{CONDITIONS, Connect, Output, Reason, Select, SelectIds};
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, OutputFormat};
use crate::path::{WantedShare, share_at, wanted_share};
use crate::runtime::block_on;
use crate::select;
use crate::servers::{
    Terminal, ask_reason, check_connections, check_journal, check_reason, targets_to_change, warn_unrecorded,
};
pub(super) use confirm::{Place, confirmed_places};
use confirm::{check_confirmation, confirm, emptied, would_end};
use open_files::OpenFiles;
pub(super) use person::{WithAPerson, show_hold, with_a_person};
use report::Report;
pub(super) use targets::check_nodes;
use targets::{check_addresses, check_ids};

/// End sessions (preview, confirm, verify)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A server ends a user's sessions from a client, not a single session: all sessions of that user from that client end \
together. Samba also ends everyone else on the same connection. Only `netsession serve` can end a single session (--id). \
The client can connect again.

Example: netsession end fs1 --client 10.0.0.5 --user alice -U 'LAB\\adm1'")]
pub(crate) struct Args {
    /// Servers and @groups on which to end sessions [default: this computer]
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
    #[command(flatten)]
    select: Select,
    /// Select exactly the sessions of a user from a client, as `sessions -o name` prints them
    #[arg(
        long,
        value_name = "USER@CLIENT",
        num_args = 1..,
        conflicts_with_all = CONDITIONS,
        conflicts_with = "id",
        help_heading = "Selection"
    )]
    session: Vec<String>,
    #[command(flatten)]
    ids: SelectIds,
    /// Select every session; asks you to type the server's name
    #[arg(long, conflicts_with_all = CONDITIONS, conflicts_with_all = ["session", "id"], help_heading = "Selection")]
    all: bool,
    /// Also end netsession's own session, if it is selected
    #[arg(long, help_heading = "Selection")]
    include_self: bool,
    /// Also end sessions of computers (FS1$) that --all, a pattern or a network selects
    #[arg(long, help_heading = "Selection")]
    include_computers: bool,
    /// End without asking
    #[arg(short, long)]
    yes: bool,
    /// Confirm, with --yes, that every session on SERVER may end: SERVER is a server or @group of the arguments; repeat for each
    #[arg(long, value_name = "SERVER")]
    confirm: Vec<String>,
    /// Show what would end, and end nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Time limit for verifying that the sessions are gone
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit, default_value = "5")]
    verify_timeout: Duration,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    output: Output,
    /// Whether this process has ended other sessions before.
    #[arg(skip)]
    is_further: bool,
    /// Whether the person wants to end the one session that holds a file.
    #[arg(skip)]
    is_for_file: bool,
}

impl Args {
    /// Returns what the journal notes about the ending.
    fn note(&self) -> ChangeNote {
        let all = if self.all { &[String::new()][..] } else { &[] };
        let flags =
            self.select.flags().into_iter().chain([("--session", self.session.clone()), self.ids.flags()]);
        let flags = flags.chain([("--all", all.to_vec())]);
        ChangeNote {
            program: Some("end"),
            selection: select::shown(flags),
            reason: self.reason.reason.clone(),
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let share = wanted_share(args.select.share.as_deref(), &args.servers)?;
    let selector = selector(args, share.as_ref().map(WantedShare::name))?;
    check_person(args)?;
    if let Some(WantedShare::At(path)) = &share {
        return block_on(async {
            let (target, share) = share_at(path, &args.connect).await?;
            end(args, self::selector(args, Some(&share))?, &[target]).await
        })?;
    }
    let targets = targets_to_change(&args.servers, &args.connect, &mut Terminal)?;
    args.output.check_names(targets.len())?;
    check_ids(args, &targets)?;
    check_nodes(&targets)?;
    if selector.is_everybody() {
        check_confirmation(args, &targets.iter().map(Place::of).collect::<Vec<_>>())?;
    }
    block_on(end(args, selector, &targets))?
}

/// Makes the selector from the flags.
fn selector(args: &Args, share: Option<&str>) -> Result<Selector, Failure> {
    if args.all {
        return Ok(Selector::All);
    }
    if let Some(ids) = Selector::ids(args.ids.id.iter().copied()) {
        return Ok(ids);
    }
    let selector = match select::sessions(&args.session)? {
        None => select::parse(&args.select, share).map_err(|failure| match has_empty_name(&args.select) {
            true => failure.hint("--all selects every session"),
            false => failure,
        })?,
        pairs => pairs,
    };
    selector.ok_or_else(|| {
        let at = match args.servers.as_slice() {
            [] => String::new(),
            servers => format!(" at {}", output::visible(&output::joined(servers, servers.len()))),
        };
        Failure::usage(format!("no session is selected{at}"))
            .hint("select with --client, --user, --session, --id, --share, --idle-over, --connected-over, --opens-over or --all")
    })
}

/// Whether a flag selects an empty name. A server takes it for everybody, and the person may mean that.
fn has_empty_name(select: &Select) -> bool {
    select.client.iter().chain(&select.user).any(|name| name.trim().is_empty())
}

/// Refuses to run without `--yes` if nobody can confirm.
fn check_person(args: &Args) -> Result<(), Failure> {
    if !args.yes && !args.dry_run && !ask::is_person_present() {
        return Err(Failure::usage("stdin is not a terminal: pass --yes to end without asking")
            .hint("use --dry-run to see what would end"));
    }
    Ok(())
}

/// A connected server, and its plan.
struct Planned<'a> {
    target: &'a Target,
    plan: EndPlan<Server>,
    open_files: OpenFiles,
    /// The nodes of a cluster whose sessions the plan lacks.
    silent: Vec<SilentNode>,
}

/// A server without a plan.
struct Unplanned<'a> {
    name: &'a str,
    /// Why there is no plan, and which nodes of a cluster do not answer.
    errors: Vec<Error>,
}

impl<'a> Unplanned<'a> {
    fn new(target: &'a Target, error: Error, silent: &[SilentNode]) -> Self {
        let name = target.name();
        let silent = silent.iter().map(|node| node.error(name, Missing::Sessions));
        Self { name, errors: std::iter::once(error).chain(silent).collect() }
    }
}

async fn end(args: &Args, selector: Selector, targets: &[Target]) -> Result<Exit, Failure> {
    if !args.dry_run {
        check_reason(&args.reason, !args.yes)?;
        check_journal()?;
    }
    check_connections(targets.len())?;
    let selectors = resolve_selectors(&selector, targets).await?;
    check_addresses(args, &selectors)?;
    let options = EndOptions {
        include_self: args.include_self,
        include_computers: args.include_computers,
        verify_timeout: args.verify_timeout,
        ..EndOptions::default()
    };

    let named = targets.iter().zip(&selectors).map(|(target, selector)| (target.name(), (target, selector)));
    let mut interrupts = Interrupts::listen()?;
    let (answers, interrupt) =
        waiting::each(named, Some(&mut interrupts), async |(target, selector): (&Target, &Selector)| {
            let deadline = target.deadline();
            let plan = async || {
                let mut plan = target.connect().await?.into_plan_end(selector, &options).await?;
                // Nobody reads a preview with --yes, and every second counts then.
                let open_files = match args.yes && !args.dry_run {
                    true => OpenFiles::NotAsked,
                    false => OpenFiles::of(&mut plan, deadline).await,
                };
                Ok((plan, open_files))
            };
            let discard = async |(plan, _): (EndPlan<Server>, _)| close(plan.into_server()).await;
            let (plan, silent) = target.beside_probes(plan, discard).await;
            Ok(match plan {
                Ok((plan, open_files)) => Ok(Planned { target, plan, open_files, silent }),
                Err(error) => Err(Unplanned::new(target, error, &silent)),
            })
        })
        .await;
    let names: Vec<&str> = targets.iter().map(Target::name).collect();
    waiting::end_before_changes(&names, &answers, interrupt, || print_nothing(&args.output))?;
    // At the question, Ctrl-C ends the process.
    drop(interrupts);
    let (planned, failed) = split(targets, answers.into_iter().flatten());
    warn_of_clusters(&planned);
    if !args.is_further {
        warn_of_strangers(targets);
    }
    let are_all = failed.is_empty() && planned.iter().all(|one| one.silent.is_empty());
    unmatched::warn(args, &planned, are_all)?;
    let plans: Vec<(&str, EndPreview)> =
        planned.iter().map(|one| (one.target.name(), one.plan.preview().clone())).collect();
    let open_files: Vec<OpenFiles> = planned.iter().map(|one| one.open_files.clone()).collect();

    let places: BTreeMap<&str, Place<'_>> =
        targets.iter().map(|target| (target.name(), Place::of(target))).collect();
    let silences: Vec<Silence> =
        planned.iter().map(|one| Silence::new(one.silent.clone(), Vec::new())).collect();
    let previewed = Previewed { plans: &plans, open_files: &open_files, silences: &silences };
    let decision = decide(args, &selector, &previewed, &failed, &places);
    let mut note = args.note();
    let decision = decision.and_then(|is_confirmed| {
        if is_confirmed {
            ask_reason(&mut note, !args.yes)?;
        }
        Ok(is_confirmed)
    });
    let interrupts = decision.and_then(|is_confirmed| is_confirmed.then(Interrupts::listen).transpose());
    let is_confirmed = matches!(interrupts, Ok(Some(_)));
    let has_work = plans.iter().any(|(_, plan)| !plan.to_end().is_empty());
    let is_declined = has_work && !is_confirmed && !args.dry_run;
    let mut reports: Vec<Report> = failed.iter().map(|one| Report::failed(one.name, &one.errors)).collect();
    let mut interrupt = None;
    if let Ok(Some(mut interrupts)) = interrupts {
        let (carried_out, interrupted) = carry_out(planned, &plans, &note, &mut interrupts).await;
        warn_unrecorded("this change is not recorded");
        reports.extend(carried_out);
        interrupt = interrupted;
    } else {
        log_off(planned).await;
        interrupts?;
        reports.extend(plans.iter().zip(&open_files).zip(&silences).map(
            |(((name, plan), open_files), silence)| {
                let report = Report::untouched(name, plan, args.dry_run).at_nodes(silence);
                if args.dry_run { report.with_open_files(open_files) } else { report }
            },
        ));
    }
    reports.sort_by_key(|report| targets.iter().position(|target| target.name() == report.server()));
    // Where nothing could end, the result is that sessions stay.
    let is_result = is_confirmed || !has_work && !args.dry_run && reports.iter().any(Report::has_left_out);
    report::print(&reports, &args.output, is_result, args.dry_run, targets.len() > 1)?;
    interrupt.into_iter().for_each(Interrupt::end_process);
    Ok(Exit::of_servers(reports.iter().map(Report::exit)).unless_declined(is_declined))
}

/// Warns of servers that seem to be nodes of one cluster: the second one would not find the sessions that the first one ended.
fn warn_of_clusters(planned: &[Planned<'_>]) {
    if !(2..=MAX_COMPARED).contains(&planned.len()) {
        return;
    }
    let seen = planned.iter().map(|one| {
        let (sessions, at) = one.plan.listing();
        let (server, guid) = (one.target.name().to_owned(), one.plan.server().guid());
        Seen { server, guid, sessions: sessions.to_vec(), at }
    });
    let seen: Vec<Seen> = seen.collect();
    look_alikes(&seen).iter().for_each(|alike| output::warn(&alike_note(alike)));
}

/// Prints the result without a server. A program reads an array even after an interrupt.
pub(super) fn print_nothing(output: &Output) -> Result<(), Failure> {
    match output.format() {
        format @ (OutputFormat::Json | OutputFormat::Yaml) => output::print_nested::<()>(format, &[]),
        _ => Ok(()),
    }
}

/// What the command knows before it ends anything, a value for each server with a plan.
struct Previewed<'a> {
    plans: &'a [(&'a str, EndPreview)],
    open_files: &'a [OpenFiles],
    /// The nodes of clusters that do not answer.
    silences: &'a [Silence],
}

impl Previewed<'_> {
    /// Returns the errors of the nodes that do not answer, with the cluster's name.
    fn silent(&self) -> Vec<(&str, Error)> {
        let named = self.plans.iter().zip(self.silences);
        let errors = named.flat_map(|((name, _), silence)| {
            silence.errors(name, Missing::Sessions).into_iter().map(move |error| (*name, error))
        });
        errors.collect()
    }
}

/// Shows the plans, and returns whether they are to be carried out.
fn decide(
    args: &Args,
    selector: &Selector,
    previewed: &Previewed<'_>,
    failed: &[Unplanned<'_>],
    places: &BTreeMap<&str, Place<'_>>,
) -> Result<bool, Failure> {
    let Previewed { plans, open_files, .. } = *previewed;
    let silent = previewed.silent();
    let preview = plan::rows(plans);
    let is_several = plans.len().saturating_add(failed.len()) > 1;
    if args.dry_run && args.output.format().is_for_people() {
        output::present(&args.output.presentation(), &preview.iter().collect::<Vec<_>>(), is_several)?;
    } else {
        output::print_to_stderr(&preview, is_several);
    }
    let incomplete: Vec<&str> = silent.iter().map(|(name, _)| *name).collect();
    plan::explain(plans, selector, &incomplete, plan::Offer::Flags);
    if args.is_for_file {
        plan::explain_several(plans);
    }
    let notes = plans.iter().zip(open_files).flat_map(|((name, plan), files)| files.notes(name, plan));
    notes.for_each(|line| output::note(&line));
    let failures = failed.iter().flat_map(|one| &one.errors);
    output::errors(failures.chain(silent.iter().map(|(_, error)| error)));
    let has_work = plans.iter().any(|(_, plan)| !plan.to_end().is_empty());
    if args.dry_run {
        output::note(&would_end(plans));
        return Ok(false);
    }
    let place = |name| places.get(name).copied().unwrap_or(Place { name, origin: name });
    let emptied: Vec<Place<'_>> = emptied(plans).into_iter().map(place).collect();
    let refusal = check_confirmation(args, &emptied);
    let is_confirmed = has_work && refusal.is_ok() && (args.yes || confirm(plans, &emptied)?);
    if has_work && !is_confirmed {
        output::note(if args.is_further { "Nothing more was ended." } else { "Nothing was ended." });
    }
    refusal.map(|()| is_confirmed)
}

/// Logs off from servers to which nothing was sent.
async fn log_off(planned: Vec<Planned<'_>>) {
    let planned = planned.into_iter().map(|one| ((), one));
    let closing =
        ask_many(planned, Limits::default(), async |one: Planned<'_>| close(one.plan.into_server()).await);
    closing.in_order().await;
}

/// Separates the servers with a plan from those that failed.
fn split<'a>(
    targets: &'a [Target],
    answers: impl Iterator<Item = Result<Result<Planned<'a>, Unplanned<'a>>, Error>>,
) -> (Vec<Planned<'a>>, Vec<Unplanned<'a>>) {
    let (mut planned, mut failed) = (Vec::new(), Vec::new());
    for (target, answer) in targets.iter().zip(answers) {
        match answer {
            Ok(Ok(one)) => planned.push(one),
            Ok(Err(one)) => failed.push(one),
            Err(error) => failed.push(Unplanned::new(target, error, &[])),
        }
    }
    (planned, failed)
}

/// Carries out the plans of all servers in parallel. After an interrupt, it returns the reports so far.
async fn carry_out(
    planned: Vec<Planned<'_>>,
    plans: &[(&str, EndPreview)],
    note: &ChangeNote,
    interrupts: &mut Interrupts,
) -> (Vec<Report>, Option<Interrupt>) {
    let recordings = Target::record_all(planned.iter().map(|one| (one.target, &one.plan)), note);
    let named =
        planned.into_iter().zip(recordings).map(|(one, recording)| (one.target.name(), (one, recording)));
    let (known, interrupt) =
        waiting::each(named, Some(interrupts), async |(one, recording): (Planned<'_>, Recording)| {
            let (report, server) = Target::end_recorded(one.plan, recording).await;
            Ok(reported(one.target, report, server, one.silent).await)
        })
        .await;
    let reports = plans.iter().zip(known).map(|((name, plan), report)| match report {
        Some(Ok(report)) => report.since(plan),
        Some(Err(error)) => Report::unknown(name, plan, error.to_string()),
        None => Report::interrupted(name, plan),
    });
    (reports.collect(), interrupt)
}

/// Reports what the server of a plan did, and logs off. At a cluster it probes the nodes meanwhile, because the others forget
/// the sessions of a node that falls silent.
pub(super) async fn reported(
    target: &Target,
    report: EndReport,
    server: Server,
    silent: Vec<SilentNode>,
) -> Report {
    let (after, ()) = tokio::join!(target.silent_nodes(), close(server));
    let report = Report::of(target.name(), &report);
    let report = if target.is_cluster() { report.of_a_cluster() } else { report };
    report.at_nodes(&Silence::new(silent, after))
}

#[cfg(test)]
mod tests {
    use super::{check_person, selector};
    use crate::exit::Exit;
    use clap::Parser;
    use netsession::Selector;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: super::Args,
    }

    pub(super) fn args(flags: &[&str]) -> super::Args {
        Line::try_parse_from([&["end", "fs1"], flags].concat()).unwrap().args
    }

    /// A failure here would verify for another time than the documentation or the flag says.
    #[test]
    fn the_time_limit_for_verifying_has_a_default() {
        let limit = |flags: &[&str]| args(flags).verify_timeout.as_millis();
        assert_eq!(limit(&["--user", "bob"]), 5_000);
        assert_eq!(limit(&["--user", "bob", "--verify-timeout", "500ms"]), 500);
    }

    /// A failure here would start a run that selects nobody, or that nobody confirms.
    #[test]
    fn an_empty_selection_is_refused() {
        assert_eq!(selector(&args(&["--yes"]), None).unwrap_err().exit, Exit::Usage);
        for flag in ["--client", "--user"] {
            let refused = selector(&args(&["--user", "bob", flag, ""]), None).unwrap_err();
            assert_eq!(refused.exit, Exit::Usage, "{flag}");
            assert!(refused.hint.is_some_and(|hint| hint.contains("--all")), "{flag}");
        }
        assert_eq!(selector(&args(&["--all"]), None).unwrap(), Selector::All);
        assert!(check_person(&args(&["--all", "--yes"])).is_ok());
        assert!(check_person(&args(&["--all", "--dry-run"])).is_ok());
    }
}
