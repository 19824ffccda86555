//! `netsession top`: a live view of sessions, files, shares and servers, from which a person ends sessions and closes
//! files.
//!
//! [`state`] is pure: listings, keys and results go in, actions come out. [`draw`] draws it. [`work`] plans and carries
//! out. This file connects them with the terminal and the servers.

mod data;
mod draw;
mod filter;
mod help;
mod input;
mod pane;
mod records;
mod screen;
mod state;
mod work;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::io::{self, IsTerminal as _};
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use netsession::{FileFilter, Server};
use netsession_admin::{HostNames, QueryTimes, Target, Update, WatchOptions, watch};
use netsession_config::parse_time_limit;
use netsession_journal::{Hold, HoldLogin};
use tokio::task::{JoinHandle, spawn_blocking};

use super::end::check_nodes;
use super::end::lines::StyledLine;
use super::hold::lines::left_open;
use super::hold::order::{self, Noting};
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Servers};
use crate::interrupt::{Interrupt, Interrupts, Suspends};
use crate::output;
use crate::runtime::block_on;
use crate::servers::{reason_rule, targets_to_change};
use data::Listing;
use draw::Palette;
use input::Input;
use pane::Pane;
use records::{Reader, Records};
use screen::Screen;
use state::{Action, State};
use work::hold::Carrying;
use work::{Plans, Proposal, Unplanned};

/// The least time between two drawings that no key caused.
const PAUSE: Duration = Duration::from_millis(500);

/// After how many intervals without an answer a server counts as silent, and after which time at least.
const PATIENCE: u32 = 2;
const LEAST_PATIENCE: Duration = Duration::from_secs(3);

/// Show sessions, files and shares as they change, and end or close them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Press ? for the keys. Programs can read the same data from `netsession sessions --watch SECONDS -o jsonl`.

Example: netsession top fs1 fs2 -U 'LAB\\adm1'")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    /// List every SECONDS
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit, default_value = "2")]
    interval: Duration,
    /// Show the host name of each address in NOTE; the owner of the address chooses this name
    #[arg(long)]
    resolve: bool,
    #[command(flatten)]
    connect: Connect,
}

/// How long the view waits for host names in total. Later it shows those that are known.
const HOST_NAMES: Duration = Duration::from_millis(500);

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    check_terminal()?;
    let mut questions = Noting::default();
    let targets = targets_to_change(&args.servers.servers, &args.connect, &mut questions)?;
    check_nodes(&targets)?;
    let login = order::login(&args.connect, questions.needs_a_person(&args.connect))?;
    block_on(view(&targets, args, login))?
}

/// Refuses a terminal on which the view cannot draw.
fn check_terminal() -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::usage("top needs a terminal, and stdin or stdout is not a terminal")
            .hint("for a program, use `netsession sessions --watch SECONDS -o jsonl`"));
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(Failure::usage("this terminal cannot move its cursor (TERM=dumb)")
            .hint("use `netsession sessions --watch SECONDS`"));
    }
    if tracing::enabled!(tracing::Level::INFO) && io::stderr().is_terminal() {
        return Err(Failure::usage("the log of -v and the live view cannot share a terminal")
            .hint("send the log to a file: 2> FILE"));
    }
    Ok(())
}

/// The work that runs beside the view.
type Running<'a> = Pin<Box<dyn Future<Output = Done<'a>> + 'a>>;

/// What such work returns.
enum Done<'a> {
    Planned(Proposal<'a>),
    CarriedOut(Vec<StyledLine>),
    Held(Vec<StyledLine>, Option<Box<Carrying>>),
    Dropped,
}

/// A hold that this view carries on: its number, and the message about its end.
type Carried<'a> = Pin<Box<dyn Future<Output = (u64, Option<String>)> + 'a>>;

/// What the holds of this view did: the server, the event and the text.
type Deeds = Rc<RefCell<Vec<(String, &'static str, String)>>>;

/// What the view waits for.
enum Event<'a> {
    Input(Option<Input>),
    Update(Option<Update<Listing>>),
    Done(Done<'a>),
    /// The database was read.
    Read(Reader, Records),
    /// A hold ended that this view carried on.
    Ended(u64, Option<String>),
    Interrupt(Interrupt),
    Suspend,
    Tick,
}

async fn view(targets: &[Target], args: &Args, login: HoldLogin) -> Result<Exit, Failure> {
    let mut interrupts = Interrupts::listen()?;
    let mut suspends = Suspends::listen()?;
    let has_colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let names = targets.iter().map(|target| target.name().to_owned());
    let mut view = View {
        targets,
        state: State::new(names, SystemTime::now()).of_groups(groups(targets)).asking_why(reason_rule()),
        screen: Screen::take()?,
        palette: Palette { has_colour },
        login,
        running: None,
        carried: FuturesUnordered::new(),
        carried_holds: BTreeMap::new(),
        deeds: Deeds::default(),
        reading: None,
        reader: Some(Reader::default()),
        plans: None,
        unplanned: Unplanned::default(),
        results: Vec::new(),
        is_stale: false,
    };
    let patience = args.interval.saturating_mul(PATIENCE).max(LEAST_PATIENCE);
    let options = WatchOptions { interval: args.interval, ..WatchOptions::default() };
    let hosts = args.resolve.then(|| HostNames::new(HOST_NAMES));
    let list = async |server: &mut Server, _: &Target| listing(server, hosts.as_ref()).await;
    let mut updates = watch(targets, options, &list);
    let mut keys = input::keys();
    let mut has_updates = true;
    let mut drawn = view.draw()?;
    let interrupt = loop {
        let wait = match view.is_stale {
            true => PAUSE.saturating_sub(drawn.elapsed()),
            // The clock and the ages go on.
            false => Duration::from_secs(1).saturating_sub(drawn.elapsed()),
        };
        let event = tokio::select! {
            biased;
            interrupt = interrupts.wait() => Event::Interrupt(interrupt),
            () = suspends.wait() => Event::Suspend,
            input = keys.recv() => Event::Input(input),
            done = finished(&mut view.running) => Event::Done(done),
            Some((id, message)) = view.carried.next(), if !view.carried.is_empty() => Event::Ended(id, message),
            (reader, records) = was_read(&mut view.reading) => Event::Read(reader, records),
            () = tokio::time::sleep(wait) => Event::Tick,
            update = updates.next(), if has_updates => Event::Update(update),
        };
        match event {
            Event::Interrupt(interrupt) => break Some(interrupt),
            Event::Input(None) => break None,
            Event::Input(Some(input)) => {
                if !view.input(input)? {
                    break None;
                }
                if matches!(view.state.pane, Pane::Holds | Pane::Journal) {
                    view.read();
                }
                drawn = view.draw()?;
            }
            Event::Suspend => {
                view.suspend()?;
                drawn = view.draw()?;
            }
            Event::Update(None) => has_updates = false,
            Event::Update(Some(update)) => view.update(update),
            Event::Done(done) => {
                view.running = None;
                view.done(done)?;
                drawn = view.draw()?;
            }
            Event::Read(reader, records) => view.was_read(reader, records),
            Event::Ended(id, message) => {
                view.carried_holds.remove(&id);
                view.state.carried = view.carried_holds.len();
                view.state.message = message;
                drawn = view.draw()?;
            }
            Event::Tick => {
                view.read();
                let now = Instant::now();
                view.state.data.set_unanswered(|server| updates.unanswered_since(server), patience, now);
                drawn = view.draw()?;
            }
        }
    };
    let View { screen, results, running, carried, carried_holds, .. } = view;
    drop(screen);
    drop(carried);
    let is_unfinished = running.is_some();
    drop(running);
    results.iter().for_each(|line| output::note(line));
    let has_agent = !carried_holds.is_empty() && work::hold::has_agent();
    carried_holds.values().for_each(|hold| output::note(&left_open(hold, has_agent)));
    if is_unfinished {
        output::warn("top ended before its work: a server may still carry out the requests that were sent");
    }
    interrupt.into_iter().for_each(Interrupt::end_process);
    Ok(Exit::Done)
}

/// Returns the groups that the person named, each once.
fn groups(targets: &[Target]) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for group in targets.iter().map(Target::origin).filter(|origin| origin.starts_with('@')) {
        if groups.iter().all(|known| known != group) {
            groups.push(group.to_owned());
        }
    }
    groups
}

/// Lists everything that the view shows.
async fn listing(server: &mut Server, hosts: Option<&HostNames>) -> Result<Listing, netsession::Error> {
    let at = Instant::now();
    let sessions = server.sessions().await?;
    let asked = QueryTimes { at, answered: Instant::now() };
    let files = server.files(&FileFilter::default()).await.map_err(|error| error.to_string());
    let shares = server.shares().await.map_err(|error| error.to_string());
    let hosts = match hosts {
        None => HashMap::new(),
        Some(hosts) => {
            let found = hosts.of(sessions.iter().map(|session| session.client.as_str())).await;
            found.into_iter().map(|(client, name)| (client.to_owned(), name)).collect()
        }
    };
    Ok(Listing { asked, sessions, files, shares, names: server.names().clone(), hosts })
}

async fn finished<'a>(running: &mut Option<Running<'a>>) -> Done<'a> {
    match running {
        Some(running) => running.await,
        None => pending().await,
    }
}

async fn was_read(reading: &mut Option<JoinHandle<(Reader, Records)>>) -> (Reader, Records) {
    match reading {
        // A reading that panicked is begun again.
        Some(reading) => reading.await.unwrap_or_default(),
        None => pending().await,
    }
}

/// The view with its terminal.
struct View<'a> {
    targets: &'a [Target],
    state: State,
    screen: Screen,
    palette: Palette,
    /// How a hold logs on without this view.
    login: HoldLogin,
    running: Option<Running<'a>>,
    carried: FuturesUnordered<Carried<'a>>,
    /// The holds that this view carries on.
    carried_holds: BTreeMap<u64, Hold>,
    deeds: Deeds,
    /// The database is being read.
    reading: Option<JoinHandle<(Reader, Records)>>,
    reader: Option<Reader>,
    plans: Option<Plans<'a>>,
    /// The servers for which no plan could be made.
    unplanned: Unplanned,
    /// The outcomes, which the program prints again after it has given the terminal back.
    results: Vec<String>,
    /// Whether a listing came after the last drawing.
    is_stale: bool,
}

impl<'a> View<'a> {
    fn update(&mut self, update: Update<Listing>) {
        let failure =
            |down: netsession_admin::Down| data::Failure { error: down.error.to_string(), retry: down.retry };
        let now = (update.asked.answered, SystemTime::now());
        let warning = self.targets.get(update.server).and_then(Target::warning_of_strangers);
        self.state.set_strangers(update.server, warning, now.1);
        self.state.update(update.server, update.result.map_err(failure), &update.silent, now);
        self.is_stale = true;
    }

    /// Answers a key. Returns false if the person quits.
    fn input(&mut self, input: Input) -> Result<bool, Failure> {
        let Input::Key(press, at) = input else { return Ok(true) };
        // Only a drawing shows the view again.
        self.state.is_too_small |= draw::is_too_small(self.screen.area());
        match self.state.press(press, at, SystemTime::now()) {
            None => {}
            Some(Action::Quit) => return Ok(false),
            Some(Action::Suspend) => self.suspend()?,
            Some(Action::Redraw) => self.screen.clear().map_err(|error| lost(&error))?,
            Some(Action::PlanEnd(wanted)) => {
                let planning = work::plan_end(self.targets, wanted, self.state.data.seen());
                self.running = Some(Box::pin(async { Done::Planned(planning.await) }));
            }
            Some(Action::PlanClose(wanted)) => {
                let planning = work::plan_close(self.targets, wanted);
                self.running = Some(Box::pin(async { Done::Planned(planning.await) }));
            }
            Some(Action::PlanHold(wish)) => {
                let planning =
                    work::hold::plan(self.targets, wish, self.login.clone(), self.state.data.seen());
                self.running = Some(Box::pin(async { Done::Planned(planning.await) }));
            }
            Some(Action::PlanRelease(id)) => {
                self.running = Some(Box::pin(async move { Done::Planned(work::hold::plan_release(id)) }));
            }
            Some(Action::CarryOut) => self.carry_out(),
            Some(Action::DropPlans) => {
                self.running = None;
                if let Some(plans) = self.plans.take() {
                    self.drop_plans(plans);
                }
            }
        }
        Ok(true)
    }

    fn done(&mut self, done: Done<'a>) -> Result<(), Failure> {
        match done {
            Done::Dropped => {}
            Done::Held(lines, begun) => {
                if let Some(begun) = begun {
                    self.carry(*begun);
                }
                self.done(Done::CarriedOut(lines))?;
            }
            Done::CarriedOut(lines) => {
                let unplanned = std::mem::take(&mut self.unplanned);
                let lines: Vec<StyledLine> = unplanned.outcome().chain(lines).collect();
                self.results.extend(lines.iter().map(|(_, line)| line.clone()));
                self.state.report(lines, &unplanned.servers);
                self.read();
            }
            Done::Planned(Proposal { plans, lines, confirmation, without_plan, unplanned }) => {
                self.unplanned = unplanned;
                if self.state.ask(lines, confirmation, without_plan, Instant::now()) {
                    self.plans = Some(plans);
                    self.draw()?;
                    // Only what the person presses now is an answer. On Windows the thread that reads keys has taken all others.
                    if cfg!(unix) {
                        ask::discard_pending_input();
                    }
                    self.state.set_asked(Instant::now());
                } else {
                    self.drop_plans(plans);
                }
            }
        }
        Ok(())
    }

    /// Carries out what the person confirmed.
    fn carry_out(&mut self) {
        let reason = self.state.take_reason();
        self.running = match self.plans.take() {
            None => None,
            Some(Plans::Hold(plan)) => Some(Box::pin(async {
                let (lines, begun) = work::hold::begin(*plan, reason).await;
                Done::Held(lines, begun.map(Box::new))
            })),
            Some(Plans::Release(hold)) => {
                Some(Box::pin(async move { Done::CarriedOut(work::hold::release(&hold, reason)) }))
            }
            Some(plans) => Some(Box::pin(async { Done::CarriedOut(work::carry_out(plans, reason).await) })),
        };
    }

    /// Carries a hold on beside the view, unless the agent does.
    fn carry(&mut self, carrying: Carrying) {
        if carrying.begun.lock.is_none() {
            return;
        }
        let (hold, targets, deeds) = (carrying.begun.hold.clone(), self.targets, Rc::clone(&self.deeds));
        let id = hold.id;
        self.carried_holds.insert(id, hold);
        self.state.carried = self.carried_holds.len();
        self.carried.push(Box::pin(async move {
            let report =
                |server: &str, event, text| deeds.borrow_mut().push((server.to_owned(), event, text));
            (id, work::hold::carry(carrying, targets, report).await)
        }));
    }

    /// Begins to read the database, unless that is under way.
    fn read(&mut self) {
        if let Some(reader) = self.reader.take() {
            let has_journal = self.state.pane == Pane::Journal;
            self.reading = Some(spawn_blocking(move || reader.read(has_journal)));
        }
    }

    fn was_read(&mut self, reader: Reader, records: Records) {
        (self.reading, self.reader) = (None, Some(reader));
        self.state.set_records(records);
        self.is_stale = true;
    }

    /// Logs what the holds of this view did.
    fn log_deeds(&mut self) {
        for (server, event, text) in self.deeds.borrow_mut().drain(..) {
            let index = self.targets.iter().position(|target| target.name() == server).unwrap_or_default();
            self.state.data.log_hold(SystemTime::now(), index, event, text);
            self.is_stale = true;
        }
    }

    fn drop_plans(&mut self, plans: Plans<'a>) {
        self.running = Some(Box::pin(async {
            work::drop_plans(plans).await;
            Done::Dropped
        }));
    }

    fn suspend(&mut self) -> Result<(), Failure> {
        self.screen.suspend().map_err(|error| lost(&error))
    }

    /// Draws, and returns the time.
    fn draw(&mut self) -> Result<Instant, Failure> {
        self.log_deeds();
        if std::mem::take(&mut self.is_stale) {
            self.state.refresh();
        }
        self.state.set_page(draw::page(self.screen.area().height));
        let now = Instant::now();
        let (state, palette) = (&self.state, self.palette);
        let mut is_too_small = false;
        let drawn = self.screen.draw(|buffer| {
            is_too_small = draw::is_too_small(buffer.area);
            draw::draw(state, palette, (now, SystemTime::now()), buffer);
        });
        drawn.map_err(|error| lost(&error))?;
        let drawn = Instant::now();
        if std::mem::replace(&mut self.state.is_too_small, is_too_small) && !is_too_small {
            // Keys that were pressed before the plan was on the screen are no answer.
            self.state.set_asked(drawn);
        }
        Ok(drawn)
    }
}

fn lost(error: &io::Error) -> Failure {
    Failure::failed(format!("lost the terminal: {error}"))
}
