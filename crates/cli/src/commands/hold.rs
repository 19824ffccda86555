//! `netsession hold`: keeps a client or a user out of servers for a time.
//!
//! The command previews and confirms as `end` does, records the hold, ends the sessions, and ends them again whenever they
//! come back. If an agent runs, the command hands the hold over to it.

pub(super) mod accounts;
pub(super) mod lines;
pub(super) mod order;
pub(super) mod place;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use netsession::{EndPlan, EndPreview, Selector, Server};
use netsession_admin::{
    ChangeNote, Error, HoldEnd, HoldEvent, Missing, SharedHolds, SilentNode, Target, carry_on,
    hold_addresses, hold_is_open_ended, hold_options, resolve_selectors,
};
use netsession_journal::{FoundAccount, Hold, HoldOrder, Holds, Moment};

use tokio::sync::Notify;

use super::end::open_files::OpenFiles;
use super::end::{Place, check_nodes, confirmed_places, show_hold};
use super::goodbye::close;
use super::list::warn_of_strangers;
use super::waiting;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Reason, parse_age};
use crate::interrupt::{Interrupt, Interrupts};
use crate::output;
use crate::runtime::block_on;
use crate::select;
use crate::servers::{
    ask_reason, check_connections, check_journal, check_reason, targets_to_change, warn_unrecorded,
};
use lines::Lines;
use order::{Begun, Noting, Wish, check_logins};

/// How long, with `--yes`, the first servers wait for the others before their sessions end.
const GRACE: Duration = Duration::from_secs(1);
/// How long the command waits for the agent to take a hold over.
const HANDOVER: Duration = Duration::from_secs(10);

/// Keep a client or a user out for a time (preview, confirm)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
netsession records the hold in the database of the journal. While `netsession agent` runs, it ends the sessions, and ends them \
again whenever they come back; without an agent, this command does, and stays in the foreground. A server of `netsession \
serve --holds` refuses the logon itself. `netsession holds` lists holds, and `netsession release` ends one.

Example: netsession hold @files --user bob --for 2h --reason INC-4711")]
pub(crate) struct Args {
    /// Servers and @groups to keep out of [default: this computer]
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
    /// Keep out this client: an address, a host name, \\NAME, or a network such as 10.1.0.0/16; repeat for several
    #[arg(long, value_name = "CLIENT", help_heading = "Selection")]
    client: Vec<String>,
    /// Keep out this user: a name, DOMAIN\name, or a pattern such as 'svc-*'; repeat for several
    #[arg(long, value_name = "USER", help_heading = "Selection")]
    user: Vec<String>,
    /// How long, such as 30m, 2h or 7d
    #[arg(long = "for", value_name = "TIME", value_parser = parse_time)]
    time: Duration,
    /// Also disable the account of each user until the release: at the servers of the hold, or at SERVER, such as a
    /// domain controller
    #[arg(
        long,
        value_name = "SERVER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        help_heading = "Account"
    )]
    disable_account: Option<String>,
    /// Hold without asking
    #[arg(short, long)]
    yes: bool,
    /// Confirm, with --yes, that every session on SERVER may end: SERVER is a server or @group of the arguments; repeat for each
    #[arg(long, value_name = "SERVER")]
    confirm: Vec<String>,
    /// Show what would end, and hold nobody
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    connect: Connect,
}

/// Parses the time of a hold.
pub(super) fn parse_time(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "give a number with s, m, h or d, such as 30m, 2h or 7d";
    // A person who types 2 does not mean two seconds.
    let has_unit = text.trim().ends_with(|unit: char| unit.is_ascii_alphabetic());
    parse_age(text).ok().filter(|time| has_unit && !time.is_zero()).ok_or(WRONG)
}

impl Args {
    fn wish(&self) -> Wish {
        let given = |texts: &[String]| texts.iter().map(|text| output::from_visible(text)).collect();
        Wish {
            clients: given(&self.client),
            users: given(&self.user),
            time: self.time,
            disable_account: self.disable_account.clone(),
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let selector = Selector::filter(netsession::SessionFilter {
        clients: select::clients(&args.client)?,
        users: select::users(&args.user)?,
        ..netsession::SessionFilter::default()
    });
    let selector =
        selector.ok_or_else(|| Failure::usage("select whom to keep out with --client or --user"))?;
    if !args.yes && !args.dry_run && !ask::is_person_present() {
        return Err(Failure::usage("stdin is not a terminal: pass --yes to hold without asking")
            .hint("use --dry-run to see what would end"));
    }
    let wish = args.wish();
    order::check_spaces(&wish)?;
    accounts::check(&wish)?;
    if !args.dry_run {
        check_reason(&args.reason, !args.yes)?;
    }
    let mut questions = Noting::default();
    let targets = targets_to_change(&args.servers, &args.connect, &mut questions)?;
    check_nodes(&targets)?;
    check_logins(&selector, &targets)?;
    let accounts = accounts::servers(args, &targets, &mut questions)?;
    check_logins(&selector, &accounts)?;
    if hold_is_open_ended(&selector) && args.yes && !args.dry_run {
        confirmed_places(&args.confirm, &targets.iter().map(Place::of).collect::<Vec<_>>())?;
    }
    let login = order::login(&args.connect, questions.needs_a_person(&args.connect))?;
    let order = HoldOrder {
        reason: args.reason.reason.clone(),
        accounts_on: accounts.iter().map(|target| target.name().to_owned()).collect(),
        ..order::order(&wish, login, &targets, "hold")
    };
    block_on(hold(args, &selector, &Places { targets: &targets, accounts: &accounts }, order))?
}

/// The servers of a hold.
#[derive(Debug, Clone, Copy)]
struct Places<'a> {
    targets: &'a [Target],
    /// Where accounts are disabled.
    accounts: &'a [Target],
}

/// A server that was reached, with what will end there at once.
struct Planned<'a> {
    target: &'a Target,
    plan: EndPlan<Server>,
    open_files: OpenFiles,
    /// The nodes of a cluster whose sessions the plan lacks.
    silent: Vec<SilentNode>,
}

async fn hold(
    args: &Args,
    selector: &Selector,
    places: &Places<'_>,
    mut order: HoldOrder,
) -> Result<Exit, Failure> {
    let targets = places.targets;
    let holds = match args.dry_run {
        true => None,
        false => Some(place::open().map_err(nobody_is_held)?),
    };
    if !args.dry_run {
        check_journal()?;
    }
    check_connections(targets.len())?;
    let selectors = resolve_selectors(selector, targets).await?;
    if let Some(several) = select::several_addresses(&selectors) {
        return Err(Failure::usage(several).hint("select one address with --client ADDRESS"));
    }
    order.addresses = hold_addresses(&selectors);
    // Nobody reads a preview with --yes, and every second counts then.
    let planned = plan(&selectors, targets, !args.yes || args.dry_run).await?;
    let plans: Vec<(&str, EndPreview)> =
        planned.iter().map(|one| (one.target.name(), one.plan.preview().clone())).collect();
    let open_files: Vec<&OpenFiles> = planned.iter().map(|one| &one.open_files).collect();
    show_hold(&plans, &open_files, selector, targets.len() > 1);
    warn_of_strangers(targets);
    let silent = planned.iter().flat_map(|one| one.silent.iter().map(|node| (one.target, node)));
    let silent: Vec<Error> =
        silent.map(|(target, node)| node.error(target.name(), Missing::Sessions)).collect();
    output::errors(&silent);
    let found = accounts::find(&order.users, places.accounts).await;
    let found =
        match found.and_then(|found| accounts::check_names(&order, found)).and_then(accounts::check_holds) {
            Ok(found) => found,
            Err(failure) => {
                log_off(planned).await;
                return Err(failure);
            }
        };
    accounts::preview(&found).iter().for_each(|line| output::note(line));
    let mut note = ChangeNote { reason: order.reason.take(), ..ChangeNote::default() };
    let decision = decide(args, selector, targets, &plans, &found).and_then(|everybody| {
        if everybody.is_some() {
            ask_reason(&mut note, !args.yes)?;
        }
        Ok(everybody)
    });
    let (everybody, holds) = match (decision, holds) {
        (Ok(Some(everybody)), Some(holds)) => (everybody, holds),
        (undecided, _) => {
            log_off(planned).await;
            undecided?;
            output::note(if args.dry_run {
                "Nobody is held."
            } else {
                "Nothing was ended, and nobody is held."
            });
            return Ok(if args.dry_run { Exit::Done } else { Exit::Failed });
        }
    };
    (order.is_everybody_confirmed, order.reason) = (everybody, note.reason);
    let holds: SharedHolds = Rc::new(RefCell::new(holds));
    let begun = order::begin(&order, &found, &mut holds.borrow_mut(), "hold").map_err(nobody_is_held)?;
    let lines = Lines::new(targets.len() > 1);
    let report = |event: HoldEvent<'_>| lines.event(&event);
    let lock = begun.lock.as_ref();
    let disabled = accounts::disable(&begun.hold, &holds, places.accounts, lock, "hold", report).await;
    if disabled.is_err() {
        log_off(planned).await;
        disabled?;
        return Ok(Exit::Failed);
    }
    let Begun { hold, note, lock, .. } = begun.after_accounts();
    end_now(&holds, hold.id, planned, &note, &lines, lock.is_some()).await;
    warn_unrecorded("this change is not recorded");
    match lock {
        Some(lock) => stay(&hold, lock, places, &holds, &lines).await,
        None => hand_over(&hold, places, &holds, &lines).await,
    }
}

/// Says that a hold has not begun.
fn nobody_is_held(failure: Failure) -> Failure {
    Failure { message: format!("{}: nothing was ended, and nobody is held", failure.message), ..failure }
}

/// Plans at every server. A server that does not answer is reported; without any that does, nobody is held.
async fn plan<'a>(
    selectors: &[Selector],
    targets: &'a [Target],
    is_shown: bool,
) -> Result<Vec<Planned<'a>>, Failure> {
    let options = hold_options();
    let named = targets.iter().zip(selectors).map(|(target, selector)| (target.name(), (target, selector)));
    let is_first = Cell::new(true);
    let has_answer = Notify::new();
    let (answers, _) = waiting::each(named, None, async |(target, selector): (&'a Target, &Selector)| {
        let deadline = target.deadline();
        // With --yes, the first listing of the hold tells of them.
        let probes = async { if is_shown { target.silent_nodes().await } else { Vec::new() } };
        let planned = target.within_limit(async {
            let mut plan = target.connect().await?.into_plan_end(selector, &options).await?;
            let open_files = match is_shown {
                true => OpenFiles::of(&mut plan, deadline).await,
                false => OpenFiles::NotAsked,
            };
            if is_first.replace(false) {
                has_answer.notify_waiters();
            }
            Ok((plan, open_files))
        });
        // With --yes, no server waits long for another one that is silent. The hold tries that one again.
        let too_late = async {
            if is_shown {
                std::future::pending::<()>().await;
            }
            if is_first.get() {
                has_answer.notified().await;
            }
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            (planned, silent) = async { tokio::join!(planned, probes) } => {
                planned.map(|(plan, open_files)| Planned { target, plan, open_files, silent })
            }
            () = too_late => Err(Error::DeadlinePassed { server: target.name().to_owned(), after: GRACE }),
        }
    })
    .await;
    let (mut planned, mut failed) = (Vec::new(), Vec::new());
    for answer in answers.into_iter().flatten() {
        match answer {
            Ok(one) => planned.push(one),
            Err(error) => failed.push(error),
        }
    }
    output::errors(&failed);
    match planned.is_empty() {
        true => Err(Failure::failed("no server answered: nobody is held")),
        false => Ok(planned),
    }
}

/// Logs off from servers to which nothing was sent.
async fn log_off(planned: Vec<Planned<'_>>) {
    let named = planned.into_iter().map(|one| (one.target.name(), one.plan));
    let closed = async |plan: EndPlan<Server>| {
        close(plan.into_server()).await;
        Ok(())
    };
    waiting::each(named, None, closed).await;
}

/// Asks the person. Returns None for no, else whether the answer was that everybody's sessions may end.
fn decide(
    args: &Args,
    selector: &Selector,
    targets: &[Target],
    plans: &[(&str, EndPreview)],
    found: &[FoundAccount],
) -> Result<Option<bool>, Failure> {
    if args.dry_run {
        return Ok(None);
    }
    let is_open_ended = hold_is_open_ended(selector);
    let is_emptied = |target: &&Target| {
        plans
            .iter()
            .any(|(name, plan)| *name == target.name() && plan.is_everybody() && !plan.to_end().is_empty())
    };
    let everybody: Vec<Place<'_>> =
        targets.iter().filter(|target| is_open_ended || is_emptied(target)).map(Place::of).collect();
    if args.yes {
        confirmed_places(&args.confirm, &everybody)?;
        return Ok(Some(is_open_ended));
    }
    let mut asked: Vec<&str> = Vec::new();
    for origin in everybody.iter().map(|place| place.origin()) {
        if asked.contains(&origin) {
            continue;
        }
        asked.push(origin);
        let shown = output::visible(origin);
        let question = format!("This can end everybody's sessions on {shown}. Type {shown} to confirm:");
        if !ask::type_back(&question, origin)? {
            return Ok(None);
        }
    }
    let count: usize = plans.iter().map(|(_, plan)| plan.to_end().len()).sum();
    let question = order::question(&args.wish(), targets, found, count);
    Ok(ask::yes(&question)?.then_some(is_open_ended))
}

/// Ends the sessions of the preview. The command keeps the connections if it carries the hold on itself.
async fn end_now(
    holds: &RefCell<Holds>,
    id: u64,
    planned: Vec<Planned<'_>>,
    note: &ChangeNote,
    lines: &Lines,
    is_kept: bool,
) {
    let named = planned.into_iter().map(|one| (one.target.name(), one));
    let (reports, _) = waiting::each(named, None, async |one: Planned<'_>| {
        if one.plan.preview().to_end().is_empty() {
            let server = one.plan.into_server();
            keep_or_close(one.target, server, is_kept).await;
            return Ok(None);
        }
        let (report, server) = one.target.end(one.plan, note).await;
        keep_or_close(one.target, server, is_kept).await;
        Ok(Some((one.target, report)))
    })
    .await;
    let mut acted = 0_usize;
    for (target, report) in reports.into_iter().flatten().filter_map(Result::ok).flatten() {
        acted = acted.saturating_add(report.ended.len()).saturating_add(report.returned.len());
        lines.ended(target, &report);
    }
    let acted = u64::try_from(acted).unwrap_or(u64::MAX);
    if let Err(error) = holds.borrow_mut().note(id, acted, None, &Moment::now()) {
        tracing::warn!(%error, "the first endings of hold {id} are not counted");
    }
}

async fn keep_or_close(target: &Target, server: Server, is_kept: bool) {
    match is_kept {
        true => target.keep(server),
        false => close(server).await,
    }
}

/// Says that this command holds, and until when.
fn in_foreground(hold: &Hold, has_agent: bool) -> String {
    let why = match (hold.order.login.needs_a_person, has_agent) {
        (true, true) => "the agent does not know the password",
        (true, false) => "no agent runs, and it would not know the password",
        (false, _) => "no agent runs",
    };
    format!(
        "Hold {} lasts until {}. This command carries it on ({why}); Ctrl-C stops it.",
        hold.id,
        lines::until(hold)
    )
}

/// Carries the hold on until its end or an interrupt.
async fn stay(
    hold: &Hold,
    lock: netsession_journal::CarrierLock,
    places: &Places<'_>,
    holds: &SharedHolds,
    lines: &Lines,
) -> Result<Exit, Failure> {
    let mut interrupts = Interrupts::listen()?;
    // Only now Ctrl-C does what this says.
    output::note(&in_foreground(hold, holds.borrow().has_agent()));
    let end = tokio::select! {
        end = carry_on(hold, lock, places.targets, places.accounts, holds, |event| {
            lines.event(&event);
            warn_unrecorded("a change is not recorded");
        }) => end.map_err(|error| not_carried(hold.id, holds, error))?,
        interrupt = interrupts.wait() => {
            output::note(&lines::left_open(hold, holds.borrow().has_agent()));
            Interrupt::end_process(interrupt);
            return Ok(Exit::Failed);
        }
    };
    let id = hold.id;
    match end {
        HoldEnd::Over => output::note(&format!("Hold {id} is over.")),
        HoldEnd::Released => output::note(&format!("Hold {id} was released.")),
        HoldEnd::Moved { id } => output::note(&format!("Another process carries the hold on as hold {id}.")),
        _ => return Err(Failure::failed(format!("hold {id} names nobody: somebody changed it"))),
    }
    Ok(Exit::Done)
}

/// Says why this command no longer carries a hold on, and who enables an account that is still disabled.
fn not_carried(id: u64, holds: &SharedHolds, error: Error) -> Failure {
    let now = holds.borrow_mut().get(id, &Moment::now()).ok().flatten();
    match now.is_some_and(|hold| !hold.is_open() && hold.has_pending_accounts()) {
        true => accounts::still_disabled(id, "over", error),
        false => error.into(),
    }
}

/// Waits until the agent carries the hold on. If it does not, this command does.
async fn hand_over(
    hold: &Hold,
    places: &Places<'_>,
    holds: &SharedHolds,
    lines: &Lines,
) -> Result<Exit, Failure> {
    let deadline = tokio::time::Instant::now() + HANDOVER;
    while tokio::time::Instant::now() < deadline {
        let now = holds.borrow_mut().get(hold.id, &Moment::now()).map_err(Error::from)?;
        if let Some(carrier) = now.and_then(|hold| hold.carrier) {
            output::note(&format!(
                "Hold {} lasts until {}. The agent carries it on ({carrier}).",
                hold.id,
                lines::until(hold)
            ));
            return Ok(Exit::Done);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    output::warn(match holds.borrow().has_agent() {
        true => "the agent does not take the hold over",
        false => "the agent has ended before it took the hold over",
    });
    let lock = holds.borrow().carry(hold.id, "hold").map_err(Error::from)?;
    match lock {
        Some(lock) => stay(hold, lock, places, holds, lines).await,
        None => Ok(Exit::Done),
    }
}
