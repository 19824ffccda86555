//! `netsession release`: ends holds before their time is over.

mod search;

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use netsession_admin::{
    ChangeNote, Error, HoldCarrier, HoldTargets, LoginFlags, LoginSources, NoQuestions, SharedHolds,
};
use netsession_config::Config;
use netsession_journal::{Hold, HoldLogin, HoldOrder, HoldState, Holds, Moment};

use super::hold::accounts::still_disabled;
use super::hold::lines::Lines;
use super::hold::{order, place};
use super::holds::rows::HoldRow;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::Reason;
use crate::output;
use crate::runtime::block_on;
use crate::servers::{ask_reason, check_journal, check_reason, warn_unrecorded};
use search::Search;

/// How long the command waits for the process that carries a hold on, and how often it looks.
const HANDOVER: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// Release holds, so that their users and clients can connect again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`netsession holds` lists the numbers. Name a client or a user exactly as its hold does.

Example: netsession release --user bob")]
pub(crate) struct Args {
    /// Numbers of holds
    #[arg(value_name = "ID")]
    id: Vec<u64>,
    /// Release the holds that name this client; repeat for several
    #[arg(long, value_name = "CLIENT", conflicts_with = "id", help_heading = "Selection")]
    client: Vec<String>,
    /// Release the holds that name this user; repeat for several
    #[arg(long, value_name = "USER", conflicts_with = "id", help_heading = "Selection")]
    user: Vec<String>,
    /// Release every open hold
    #[arg(long, conflicts_with_all = ["id", "client", "user"], help_heading = "Selection")]
    all: bool,
    /// User to log on as, to enable accounts [default: the login of the hold]
    #[arg(short = 'U', long, value_name = "[DOMAIN\\]USER", help_heading = "Logon")]
    login: Option<String>,
    /// Read the username, password and domain from a file in Samba's format
    #[arg(short = 'A', long, value_name = "FILE", help_heading = "Logon")]
    authentication_file: Option<PathBuf>,
    #[command(flatten)]
    reason: Reason,
}

impl Args {
    /// Whether the person names no hold.
    fn is_empty(&self) -> bool {
        !self.all && self.id.is_empty() && self.client.is_empty() && self.user.is_empty()
    }

    const fn has_login(&self) -> bool {
        self.login.is_some() || self.authentication_file.is_some()
    }

    /// Refuses a login that its flags do not make, before anything changes.
    fn check_login(&self) -> Result<(), Failure> {
        if self.has_login() {
            let (user, authentication_file) = (self.login.clone(), self.authentication_file.clone());
            let flags = LoginFlags { user, authentication_file, ..LoginFlags::default() };
            LoginSources::of_flags(&flags, Config::default(), false, &mut NoQuestions)?;
        }
        Ok(())
    }

    /// Returns the order of a hold with the login of this command, if it has one.
    fn order(&self, hold: &Hold) -> HoldOrder {
        if !self.has_login() {
            return hold.order.clone();
        }
        let (user, authentication_file) = (self.login.clone(), self.authentication_file.clone());
        let login = HoldLogin { user, authentication_file, keytab: None, ..hold.order.login.clone() };
        HoldOrder { login, ..hold.order.clone() }
    }

    fn selects(&self, hold: &Hold) -> bool {
        let names = |wanted: &[String], named: &[String]| {
            wanted.is_empty() || wanted.iter().any(|one| named.iter().any(|name| is_same(one, name)))
        };
        self.all
            || self.id.contains(&hold.id)
            || self.id.is_empty()
                && names(&self.client, &hold.order.clients)
                && names(&self.user, &hold.order.users)
    }
}

fn is_same(one: &str, other: &str) -> bool {
    output::from_visible(one).to_lowercase() == other.to_lowercase()
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let Some(mut holds) = place::open_existing()? else { return Ok(nothing(args)) };
    let now = Moment::now();
    // A row that somebody has spoilt can look like one of a hold that is over.
    let mut open = holds.all(&now).map_err(Error::from)?;
    open.retain(|hold| hold.is_open() || hold.has_pending_accounts());
    open.sort_by_key(|hold| !hold.is_open());
    holds.unreadable().iter().for_each(|error| output::error(&error.to_string()));
    let has_spoilt =
        args.all && !holds.unreadable().is_empty() || args.id.iter().any(|id| holds.is_unreadable(*id));
    if args.is_empty() {
        return which(args, open);
    }
    let selected: Vec<&Hold> = open.iter().filter(|hold| args.selects(hold)).collect();
    let missing: Vec<&u64> =
        args.id.iter().filter(|id| !selected.iter().any(|hold| hold.id == **id)).collect();
    let is_spoilt = |id: &u64| holds.is_unreadable(*id);
    let (spoilt, missing): (Vec<&u64>, Vec<&u64>) = missing.into_iter().partition(|id| is_spoilt(id));
    for id in spoilt {
        output::error(&format!(
            "hold {id} is not released: it has no valid signature, and nobody carries it on"
        ));
    }
    missing.iter().for_each(|id| output::error(&format!("hold {id} is not open")));
    if selected.is_empty() {
        if has_spoilt {
            return Ok(Exit::Failed);
        }
        return Ok(if missing.is_empty() { nothing(args) } else { Exit::NothingMatched });
    }
    args.check_login()?;
    let is_asked = ask::is_person_present();
    check_reason(&args.reason, is_asked)?;
    check_journal()?;
    let mut note = ChangeNote { reason: args.reason.reason.clone(), ..ChangeNote::default() };
    ask_reason(&mut note, is_asked)?;
    let holds = Rc::new(RefCell::new(holds));
    // Many holds may have the same login: if a server refuses it, none of the others sends it again.
    let carrier = HoldCarrier::new(Rc::clone(&holds));
    let mut failures = Vec::new();
    let mut released = Vec::new();
    // Nobody stays out because the account of another hold is not enabled yet.
    for hold in selected {
        match hold.is_open().then(|| release(&mut holds.borrow_mut(), hold, note.reason.clone())) {
            Some(Err(failure)) => failures.push(failure),
            _ => released.push(hold),
        }
    }
    let has_failed = !failures.is_empty();
    let (search, deadline) = (Search::default(), Instant::now() + HANDOVER);
    for hold in released {
        failures.extend(enable(args, &search, &holds, &carrier, hold, deadline).err());
    }
    warn_unrecorded(match has_failed {
        true => "this attempt is not recorded",
        false => "this release is not recorded",
    });
    let mut failures = failures.into_iter();
    match failures.next() {
        Some(failure) => {
            for other in failures {
                output::failure(&other);
            }
            Err(failure)
        }
        None if has_spoilt => Ok(Exit::Failed),
        None => Ok(if missing.is_empty() { Exit::Done } else { Exit::NothingMatched }),
    }
}

/// Shows the holds that the person can release, because they name none.
fn which(args: &Args, open: Vec<Hold>) -> Result<Exit, Failure> {
    let Some(first) = open.first().map(|hold| hold.id) else { return Ok(nothing(args)) };
    let rows: Vec<HoldRow> = open.into_iter().map(HoldRow::of).collect();
    output::print_to_stderr(&rows, true);
    let hint =
        format!("name its number, as in `netsession release {first}`; or use --user, --client or --all");
    Err(Failure::usage("which hold?").hint(hint))
}

fn nothing(args: &Args) -> Exit {
    output::note(if args.is_empty() || args.all { "no hold is open" } else { "no open hold matches" });
    Exit::NothingMatched
}

fn release(holds: &mut Holds, hold: &Hold, reason: Option<String>) -> Result<(), Failure> {
    let id = hold.id;
    let is_released = order::release(holds, hold, "release", reason)?;
    let whom = order::whom(hold);
    match is_released {
        true => output::note(&format!("Released hold {id} ({whom}).")),
        false => output::note(&format!("Hold {id} was over before.")),
    }
    Ok(())
}

/// Waits until the process that carries the hold on has enabled the accounts that the hold disabled. If there is none, this
/// process does.
fn enable(
    args: &Args,
    search: &Search,
    holds: &SharedHolds,
    carrier: &HoldCarrier,
    hold: &Hold,
    deadline: Instant,
) -> Result<(), Failure> {
    let id = hold.id;
    loop {
        let now = holds.borrow_mut().get(id, &Moment::now()).map_err(Error::from)?;
        let Some(now) = now.filter(Hold::has_pending_accounts) else { return Ok(()) };
        let lock = holds.borrow().carry(id, "release").map_err(Error::from)?;
        if let Some(lock) = lock {
            let lines = Lines::new(true);
            let state = if now.state == HoldState::Over { "over" } else { "released" };
            let servers = search.servers_of(&now, &args.order(&now));
            let HoldTargets { targets, left_out } =
                servers.map_err(|error| still_disabled(id, state, error))?;
            left_out.iter().for_each(|(server, why)| output::error(&format!("{server}: {why}")));
            let enabled = block_on(carrier.enable_accounts(&now, &targets, |event| lines.event(&event)))?;
            drop(lock);
            return enabled.map_err(|error| still_disabled(id, state, error));
        }
        if Instant::now() >= deadline {
            let carrier = now.carrier.unwrap_or_else(|| "another process".to_owned());
            let problem = now.problem.map(|problem| format!(": {problem}")).unwrap_or_default();
            return Err(Failure::failed(format!(
                "hold {id} is released, and {carrier} has not enabled its account yet{problem}"
            ))
            .hint("`netsession holds` lists the hold until its account is enabled"));
        }
        std::thread::sleep(LOOK);
    }
}
