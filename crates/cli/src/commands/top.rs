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
mod screen;
mod state;
mod work;

use std::future::pending;
use std::io::{self, IsTerminal as _};
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use netsession::{FileFilter, Server};
use netsession_admin::{Asked, Target, Update, WatchOptions, watch};
use netsession_config::parse_time_limit;

use super::end::lines::StyledLine;
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Servers};
use crate::interrupt::{Interrupt, Interrupts, Suspends};
use crate::output;
use crate::runtime::block_on;
use crate::servers::targets;
use data::Listing;
use draw::Palette;
use input::Input;
use screen::Screen;
use state::{Action, State};
use work::{Plans, Proposal};

/// The least time between two drawings that no key caused.
const PAUSE: Duration = Duration::from_millis(500);

/// Show sessions, files and shares as they change, and end or close them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Press ? for the keys. A program reads the same from `netsession sessions --watch SECONDS -o jsonl`.

Example: netsession top fs1 fs2 -U 'LAB\\adm1'")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    /// List every SECONDS
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit, default_value = "2")]
    interval: Duration,
    #[command(flatten)]
    connect: Connect,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    check_terminal()?;
    let targets = targets(&args.servers.servers, &args.connect)?;
    block_on(view(&targets, args.interval))?
}

/// Refuses a terminal on which the view cannot draw.
fn check_terminal() -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::usage("top draws on a terminal, and this is none")
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
    Dropped,
}

/// What the view waits for.
enum Event<'a> {
    Input(Option<Input>),
    Update(Option<Update<Listing>>),
    Done(Done<'a>),
    Interrupt(Interrupt),
    Suspend,
    Tick,
}

async fn view(targets: &[Target], interval: Duration) -> Result<Exit, Failure> {
    let mut interrupts = Interrupts::listen()?;
    let mut suspends = Suspends::listen()?;
    let has_colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let names = targets.iter().map(|target| target.name().to_owned());
    let mut view = View {
        targets,
        state: State::new(names, SystemTime::now()),
        screen: Screen::take()?,
        palette: Palette { has_colour },
        running: None,
        plans: None,
        results: Vec::new(),
        is_stale: false,
    };
    let options = WatchOptions { interval, ..WatchOptions::default() };
    let mut updates = watch(targets, options, &listing);
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
            Event::Tick => drawn = view.draw()?,
        }
    };
    let View { screen, results, running, .. } = view;
    drop(screen);
    let is_unfinished = running.is_some();
    drop(running);
    results.iter().for_each(|line| output::note(line));
    if is_unfinished {
        output::warn("top ended before its work: a server may still carry out the requests that were sent");
    }
    interrupt.into_iter().for_each(Interrupt::end_process);
    Ok(Exit::Done)
}

/// Lists everything that the view shows.
async fn listing(server: &mut Server, _: &Target) -> Result<Listing, netsession::Error> {
    let at = Instant::now();
    let sessions = server.sessions().await?;
    let asked = Asked { at, answered: Instant::now() };
    let files = server.files(&FileFilter::default()).await.map_err(|error| error.to_string());
    let shares = server.shares().await.map_err(|error| error.to_string());
    Ok(Listing { asked, sessions, files, shares, names: server.names().clone() })
}

async fn finished<'a>(running: &mut Option<Running<'a>>) -> Done<'a> {
    match running {
        Some(running) => running.await,
        None => pending().await,
    }
}

/// The view with its terminal.
struct View<'a> {
    targets: &'a [Target],
    state: State,
    screen: Screen,
    palette: Palette,
    running: Option<Running<'a>>,
    plans: Option<Plans<'a>>,
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
        self.state.update(update.server, update.result.map_err(failure), now);
        self.is_stale = true;
    }

    /// Answers a key. Returns false if the person quits.
    fn input(&mut self, input: Input) -> Result<bool, Failure> {
        let Input::Key(press, at) = input else { return Ok(true) };
        match self.state.press(press, at, SystemTime::now()) {
            None => {}
            Some(Action::Quit) => return Ok(false),
            Some(Action::Suspend) => self.suspend()?,
            Some(Action::Redraw) => self.screen.clear().map_err(|error| lost(&error))?,
            Some(Action::PlanEnd(wanted)) => {
                let planning = work::plan_end(self.targets, wanted);
                self.running = Some(Box::pin(async { Done::Planned(planning.await) }));
            }
            Some(Action::PlanClose(wanted)) => {
                let planning = work::plan_close(self.targets, wanted);
                self.running = Some(Box::pin(async { Done::Planned(planning.await) }));
            }
            Some(Action::CarryOut) => {
                if let Some(plans) = self.plans.take() {
                    self.running = Some(Box::pin(async { Done::CarriedOut(work::carry_out(plans).await) }));
                }
            }
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
            Done::CarriedOut(lines) => {
                self.results.extend(lines.iter().map(|(_, line)| line.clone()));
                self.state.report(lines);
            }
            Done::Planned(Proposal { plans, lines, confirmation }) => {
                if self.state.ask(lines, confirmation, Instant::now()) {
                    self.plans = Some(plans);
                    self.draw()?;
                    // Only what the person presses now is an answer.
                    ask::discard_pending_input();
                    self.state.set_asked(Instant::now());
                } else {
                    self.drop_plans(plans);
                }
            }
        }
        Ok(())
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
        if std::mem::take(&mut self.is_stale) {
            self.state.refresh();
        }
        self.state.set_page(draw::page(self.screen.height()));
        let now = Instant::now();
        let (state, palette) = (&self.state, self.palette);
        let drawn = self.screen.draw(|buffer| draw::draw(state, palette, (now, SystemTime::now()), buffer));
        drawn.map_err(|error| lost(&error))?;
        Ok(Instant::now())
    }
}

fn lost(error: &io::Error) -> Failure {
    Failure::failed(format!("lost the terminal: {error}"))
}
