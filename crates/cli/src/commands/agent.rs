//! `netsession agent`: carries on every open hold of the user's journal.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use netsession_admin::{
    Error, HoldCarrier, HoldEnd, HoldEvent, HoldTargets, SharedHolds, Target, Unattended, hold_targets,
    reserve_connections, unattended_account_targets,
};
use netsession_journal::{Error as JournalError, Hold, HoldOrder, Holds, Moment};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::hold::lines::{Lines, until};
use super::hold::place;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{Interrupt, Interrupts};
use crate::notify;
use crate::output;
use crate::runtime::block_on;
use crate::servers::{observers, warn, warn_unrecorded};

/// How often to look for new holds.
const TICK: Duration = Duration::from_millis(250);
/// The descriptors that many holds need.
const MANY: usize = 4_096;
/// How often to look at a database in which nothing is new.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the next hold waits until the servers of this one are found, if many are looked for.
const QUICK: Duration = Duration::from_millis(250);
/// How many searches for servers go on without that, each on a thread of its own.
const CROWD: usize = 64;
/// How long a hold whose servers are found waits for those of its accounts.
const GRACE: Duration = Duration::from_secs(1);
/// After how long a hold says that its servers are not found yet.
const SLOW: Duration = Duration::from_secs(5);
/// How long to wait after a hold could not be carried on, such as without a login.
const RETRY: Duration = Duration::from_secs(10);

/// Carry on every open hold until you stop this command
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The agent carries on the holds in the journal of its user, including those that were open when the computer or the agent stopped. It \
takes its login from the configuration file, an authentication file, a keytab or a ticket; it never asks for a password. \
One agent runs for each journal. The packages contain a unit: `systemctl --user enable --now netsession-agent`.")]
pub(crate) struct Args {}

pub(super) fn run(_: &Args) -> Result<Exit, Failure> {
    let holds = place::open()?;
    let Some(lock) = holds.become_agent().map_err(Error::from)? else {
        return Err(Failure::failed("another agent carries on the holds of this journal"));
    };
    let result = block_on(LocalSet::new().run_until(agent(holds)));
    drop(lock);
    result?
}

/// The holds that this process carries on, and when it tries again to carry on the others.
#[derive(Debug, Default)]
struct State {
    carried: BTreeSet<u64>,
    retries: BTreeMap<u64, Instant>,
    /// Why each of these is not carried on, as it was said.
    said: BTreeMap<u64, String>,
    /// How many searches for servers go on.
    searches: usize,
}

impl State {
    /// Leaves a hold alone for a while, and says why, unless it was said before.
    fn failed(&mut self, id: u64, error: &str) {
        self.retries.insert(id, Instant::now() + RETRY);
        self.say(id, error);
    }

    fn count_searches(&mut self, count: impl Fn(usize) -> usize) {
        self.searches = count(self.searches);
    }

    fn say(&mut self, id: u64, error: &str) {
        if self.said.get(&id).is_none_or(|said| said != error) {
            output::error(&format!("hold {id}: {error}"));
            self.said.insert(id, error.to_owned());
        }
    }
}

/// A hold that this process carries on. However that ends, also by a fault in the program, the next tick carries it on again.
#[derive(Debug)]
struct Carried {
    id: u64,
    state: Rc<RefCell<State>>,
}

impl Carried {
    fn new(id: u64, state: &Rc<RefCell<State>>) -> Self {
        state.borrow_mut().carried.insert(id);
        Self { id, state: Rc::clone(state) }
    }

    /// Leaves the hold alone for a while.
    fn failed(&self, error: &Error) {
        self.state.borrow_mut().failed(self.id, &error.to_string());
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.state.borrow_mut().carried.remove(&self.id);
    }
}

async fn agent(mut holds: Holds) -> Result<Exit, Failure> {
    holds.do_not_wait().map_err(Error::from)?;
    // The ordinary reading does not see a row that somebody has spoilt such that its hold looks released or over.
    holds.all(&Moment::now()).map_err(Error::from)?;
    let mut spoilt = BTreeSet::new();
    say_new(&mut spoilt, &holds);
    // Each hold keeps a file locked, and each server has a connection. As many as the system allows.
    let _ = reserve_connections(MANY);
    let holds: SharedHolds = Rc::new(RefCell::new(holds));
    let questions = Unattended::default();
    let (of_servers, of_accounts) = (questions.clone(), questions.clone());
    let (said, said_accounts) = (Said::default(), Said::default());
    let carrier = HoldCarrier::new(Rc::clone(&holds))
        .finding(move |order| {
            let found = hold_targets(order, &of_servers, |_| {});
            said.found(found).map(all_observed)
        })
        .finding_accounts(move |order| {
            let found = unattended_account_targets(order, &of_accounts, |_| {});
            said_accounts.found(found).map(all_observed)
        });
    let mut interrupts = Interrupts::listen()?;
    output::to_stdout("The agent runs. Press Ctrl-C to stop it; the holds stay open.\n")?;
    notify::ready();
    let state = Rc::new(RefCell::new(State::default()));
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut has_failed = false;
    let (mut known, mut looked) = (None, Instant::now());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            interrupt = interrupts.wait() => {
                notify::stopping();
                Interrupt::end_process(interrupt);
                return Ok(Exit::Done);
            }
        }
        notify::alive();
        warn_unrecorded("a change is not recorded");
        // Holds that a killed process leaves behind change nothing in the database.
        let version = holds.borrow_mut().version().ok();
        if version.is_some() && version == known && looked.elapsed() < LOOK_EVERY {
            continue;
        }
        (known, looked) = (version, Instant::now());
        let now = Moment::now();
        let found = read(&mut holds.borrow_mut(), &now, &mut spoilt);
        match found {
            Ok(found) => {
                has_failed = false;
                for hold in found {
                    start(hold, &holds, &carrier, &state, &questions).await;
                }
            }
            // The holds that are carried on continue.
            Err(error) if !has_failed => {
                (has_failed, known) = (true, None);
                output::error(&error.to_string());
            }
            Err(_) => known = None,
        }
    }
}

/// Names each row that is no hold, once.
fn say_new(said: &mut BTreeSet<String>, holds: &Holds) {
    for error in holds.unreadable() {
        let text = error.to_string();
        if said.insert(text.clone()) {
            output::error(&text);
        }
    }
}

/// Reads the holds that keep somebody out, and those with an account to enable.
fn read(holds: &mut Holds, now: &Moment, said: &mut BTreeSet<String>) -> Result<Vec<Hold>, JournalError> {
    let unsettled = holds.unsettled_ones(now)?;
    say_new(said, holds);
    let open = holds.open_ones(now)?;
    say_new(said, holds);
    Ok([unsettled, open].concat())
}

/// What the searches for other logins said. Each search can be for another server.
#[derive(Debug, Default)]
struct Said(Mutex<BTreeSet<String>>);

impl Said {
    /// How many texts to remember.
    const MOST: usize = 1_000;

    /// Says why nothing is found, unless it said so before.
    fn found<T>(&self, found: Result<T, Error>) -> Option<T> {
        if let Err(error) = &found {
            let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() >= Self::MOST {
                said.clear();
            }
            if said.insert(error.to_string()) {
                output::error(&error.to_string());
            }
        }
        found.ok()
    }
}

/// Starts to carry a hold on, unless somebody does. The next hold does not wait long for its servers to be found.
async fn start(
    mut hold: Hold,
    holds: &SharedHolds,
    carrier: &HoldCarrier,
    state: &Rc<RefCell<State>>,
    questions: &Unattended,
) {
    let now = Instant::now();
    let is_waiting = state.borrow().retries.get(&hold.id).is_some_and(|retry| *retry > now);
    let is_carried = state.borrow().carried.contains(&hold.id) || hold.carrier.is_some();
    if is_waiting || is_carried || hold.order.login.needs_a_person {
        return;
    }
    let carried = Carried::new(hold.id, state);
    let (holds, carrier) = (Rc::clone(holds), carrier.clone());
    let is_crowded = state.borrow().searches >= CROWD;
    state.borrow_mut().count_searches(|count| count.saturating_add(1));
    let mut search = Box::pin(places(hold.order.clone(), hold.is_open(), questions.clone()));
    let found = timeout(if is_crowded { QUICK } else { Duration::ZERO }, &mut search).await;
    spawn_local(async move {
        let found = match found {
            Ok(found) => Ok(found),
            Err(_) => timeout(SLOW, &mut search).await,
        };
        let found = match found {
            Ok(found) => found,
            Err(_) => {
                carried.state.borrow_mut().say(hold.id, UNFOUND);
                note(&mut holds.borrow_mut(), hold.id, UNFOUND);
                // The carrier takes the note back.
                hold.problem = Some(UNFOUND.to_owned());
                search.await
            }
        };
        carried.state.borrow_mut().count_searches(|count| count.saturating_sub(1));
        // The descriptors that are left are for the connections to the servers.
        if reserve_connections(1).is_err() {
            let problem =
                "this process cannot open more files: raise the limit (`ulimit -n`) and restart the agent";
            carried.state.borrow_mut().failed(hold.id, problem);
            note(&mut holds.borrow_mut(), hold.id, problem);
            return;
        }
        let lock = || holds.borrow().carry(hold.id, "agent").map_err(Error::from);
        match found.and_then(|places| Ok((places, lock()?))) {
            Ok((places, Some(lock))) => {
                if let Err(error) = carry(&hold, lock, places, &holds, &carrier).await {
                    carried.failed(&error);
                }
            }
            Ok((_, None)) => {}
            Err(error) => {
                carried.failed(&error);
                note_problem(&mut holds.borrow_mut(), hold.id, &error);
            }
        }
    });
}

/// The problem of a hold whose servers are not found yet.
const UNFOUND: &str = "nobody is held yet: a password command or the name service has not answered";

/// Finds the servers of a hold, on a thread of its own: a command that prints a password can take long, and the other holds go on
/// meanwhile. A hold that keeps nobody out any more needs only those of its accounts.
async fn places(order: HoldOrder, is_open: bool, questions: Unattended) -> Result<Places, Error> {
    let lost = || Error::Panicked { server: "the search for servers".to_owned() };
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let find = move || {
        let accounts = search_for_accounts(&order, &questions);
        if !is_open {
            let accounts = observed(accounts.recv().map_err(|_| lost())??.targets);
            return Ok(Places { targets: Vec::new(), left_out: BTreeMap::new(), accounts });
        }
        let HoldTargets { targets, left_out } = hold_targets(&order, &questions, warn)?;
        // Somebody stays out although an account cannot be disabled or enabled yet: the hold says so, and searches on.
        let accounts = accounts.recv_timeout(GRACE).ok().and_then(Result::ok).unwrap_or_default();
        Ok(Places { targets: observed(targets), left_out, accounts: observed(accounts.targets) })
    };
    let spawned =
        std::thread::Builder::new().name("servers".to_owned()).spawn(move || drop(sender.send(find())));
    spawned.map_err(|_| lost())?;
    receiver.await.map_err(|_| lost())?
}

/// Searches for the servers of the accounts, beside the search for those of the sessions. Without a thread the channel is closed.
fn search_for_accounts(
    order: &HoldOrder,
    questions: &Unattended,
) -> std::sync::mpsc::Receiver<Result<HoldTargets, Error>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (order, questions) = (order.clone(), questions.clone());
    if !order.accounts_on.is_empty() {
        let search = move || drop(sender.send(unattended_account_targets(&order, &questions, warn)));
        let _ = std::thread::Builder::new().name("accounts".to_owned()).spawn(search);
    }
    receiver
}

/// Returns the servers such that the journal records the changes there.
fn observed(targets: Vec<Target>) -> Vec<Target> {
    let observers = observers();
    targets.into_iter().map(|target| target.observed_by(observers.clone())).collect()
}

fn all_observed(found: HoldTargets) -> HoldTargets {
    HoldTargets { targets: observed(found.targets), ..found }
}

/// The servers of a hold.
struct Places {
    targets: Vec<Target>,
    left_out: BTreeMap<String, String>,
    /// Where accounts are disabled.
    accounts: Vec<Target>,
}

async fn carry(
    hold: &Hold,
    lock: netsession_journal::CarrierLock,
    places: Places,
    holds: &SharedHolds,
    carrier: &HoldCarrier,
) -> Result<(), Error> {
    let Places { targets, left_out, accounts } = places;
    let (id, lines) = (hold.id, Lines::of_hold(hold.id));
    if !hold.is_open() {
        // A process that was killed left a disabled account.
        let tell = |event: HoldEvent<'_>| match event {
            // The caller says it once, not with each attempt.
            HoldEvent::AccountFailed { .. } => {}
            event => lines.event(&event),
        };
        let enabled = carrier.enable_accounts(hold, &accounts, tell).await;
        drop(lock);
        match &enabled {
            Ok(()) => holds.borrow_mut().note(id, 0, None, &Moment::now())?,
            Err(error) => note_problem(&mut holds.borrow_mut(), id, error),
        }
        return enabled;
    }
    lines.said(
        "begin",
        &format!("{} on {}", netsession_admin::hold_selection(&hold.order), hold.order.named.join(", ")),
    );
    tracing::info!("hold {id} lasts until {}", until(hold));
    let carrier = carrier.leaving_out(left_out);
    let end = carrier.carry_on(hold, lock, &targets, &accounts, |event| lines.event(&event)).await;
    match end {
        Ok(HoldEnd::Over) => lines.said("over", "the time is over"),
        Ok(HoldEnd::Released) => lines.said("released", "it was released"),
        Ok(HoldEnd::Moved { id }) => lines.said("moved", &format!("its number is {id} now")),
        Ok(_) => {
            let problem = "it names nobody, or everybody without a confirmation: somebody changed it";
            lines.said("refused", problem);
            holds.borrow_mut().note(id, 0, Some(problem), &Moment::now())?;
            // It stays so until it is released.
            std::future::pending::<()>().await;
        }
        Err(error) => {
            note_problem(&mut holds.borrow_mut(), id, &error);
            return Err(error);
        }
    }
    Ok(())
}

/// Shows in `holds` why a hold is not carried on.
fn note_problem(holds: &mut Holds, id: u64, error: &Error) {
    note(holds, id, &error.to_string());
}

fn note(holds: &mut Holds, id: u64, problem: &str) {
    match holds.note(id, 0, Some(problem), &Moment::now()) {
        Ok(()) | Err(JournalError::Busy { .. }) => {}
        Err(error) => output::error(&error.to_string()),
    }
}
