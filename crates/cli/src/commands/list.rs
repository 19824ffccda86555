//! [`list`] lists from several servers in parallel, for `sessions`, `files`, `connections`, `shares` and `info`.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Instant;

use netsession::Server;
use netsession_admin::{Answered, Error, Missing, NamedNodes, Target, named_nodes};

use super::hosts::Hosts;
use super::waiting::MAX_NAMED;
use super::{totals, waiting};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::no_names;
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, Notes, OutputFormat, Presentation, Row};

/// The servers from which to list, and how to print the rows.
pub(super) struct Listing<'a, R> {
    pub(super) targets: &'a [Target],
    pub(super) presentation: &'a Presentation<R>,
    /// The note about a server that returned no rows.
    pub(super) if_empty: &'a str,
    /// Whether the command itself says why this server returned no rows.
    pub(super) is_explained: &'a dyn Fn(&str) -> bool,
    /// What is missing if a node of a cluster does not answer; `None` if each node has everything.
    pub(super) missing: Option<Missing>,
    /// Whether to print totals instead of the rows.
    pub(super) has_totals: bool,
}

/// Gets rows from every server by `rows_of`, prints them, and prints which servers failed.
pub(super) async fn list<R: Row>(
    listing: Listing<'_, R>,
    rows_of: &impl AsyncFn(&mut Server, AskedServer<'_>) -> Result<Vec<R>, netsession::Error>,
) -> Result<Exit, Failure> {
    let Listing { targets, presentation, missing, has_totals, .. } = listing;
    check_names(&listing)?;
    let hosts = Hosts::of(presentation.has_hosts, targets);
    let named = targets.iter().map(|target| (target.name(), target));
    let mut interrupts = Interrupts::listen()?;
    let printed = Cell::new(0);
    let answers = waiting::each(named, Some(&mut interrupts), async |target: &Target| {
        let asked = AskedServer { name: target.name(), deadline: target.deadline() };
        let rows = async |server: &mut Server| rows_of(server, asked).await;
        let (result, silent) = match missing {
            Some(missing) => {
                let Answered { result, silent, .. } = target.ask_all_nodes(rows).await;
                (result, silent.iter().map(|node| node.error(target.name(), missing)).collect())
            }
            None => (target.ask(rows).await, Vec::new()),
        };
        let mut result = result;
        if let Ok(rows) = &mut result {
            hosts.name(rows).await;
        }
        let is_streamed = presentation.is_streamed() && !has_totals;
        let rows = result
            .map(|rows| if is_streamed { stream(presentation, &rows, &printed) } else { Rows::Held(rows) });
        Ok(Reply { rows, silent })
    });
    let (answers, interrupt) = answers.await;
    let exit = print(&listing, answers, printed.get())?;
    hosts.note();
    interrupt.into_iter().for_each(Interrupt::end_process);
    Ok(exit)
}

/// A server that is being asked.
#[derive(Clone, Copy)]
pub(super) struct AskedServer<'a> {
    pub(super) name: &'a str,
    /// When the time for everything that is read from it is over.
    pub(super) deadline: Instant,
}

/// What a server or a cluster answered.
struct Reply<R> {
    rows: Result<Rows<R>, Error>,
    /// The errors of the nodes that do not answer.
    silent: Vec<Error>,
}

/// The rows of a server, or their number if they are printed already.
enum Rows<R> {
    Held(Vec<R>),
    Printed(usize),
}

impl<R> Rows<R> {
    fn count(&self) -> usize {
        match self {
            Self::Held(rows) => rows.len(),
            Self::Printed(count) => *count,
        }
    }
}

/// Prints the rows of one server before the others have answered. `printed` counts the rows of all servers.
fn stream<R: Row>(presentation: &Presentation<R>, rows: &[R], printed: &Cell<usize>) -> Rows<R> {
    let room = presentation.limit.unwrap_or(usize::MAX).saturating_sub(printed.get());
    let shown: Vec<&R> = rows.iter().take(room).collect();
    // A failure to write also stops the rows that follow, and is printed then.
    let _ = output::present(presentation, &shown, true);
    printed.set(printed.get().saturating_add(rows.len()));
    Rows::Printed(rows.len())
}

/// Refuses `-o name` for several servers: a name alone does not say on which server the row is.
fn check_names<R>(listing: &Listing<'_, R>) -> Result<(), Failure> {
    if listing.presentation.format == OutputFormat::Name && listing.has_totals {
        return Err(Failure::usage("--totals counts rows, which -o name does not print: use -o csv"));
    }
    if listing.presentation.format == OutputFormat::Name && listing.targets.len() > 1 {
        return Err(no_names());
    }
    Ok(())
}

/// Prints the answers. `None` means that an interrupt came before the server answered.
fn print<R: Row>(
    listing: &Listing<'_, R>,
    answers: Vec<Option<Result<Reply<R>, Error>>>,
    printed: usize,
) -> Result<Exit, Failure> {
    let Listing { targets, presentation, if_empty, has_totals, .. } = *listing;
    let if_incomplete = format!("{if_empty} on the nodes that answer");
    let (mut all, mut errors, mut exits) = (Vec::new(), Vec::new(), Vec::new());
    let (mut notes, mut interrupted) = (Notes::default(), Vec::new());
    for (target, answer) in targets.iter().zip(answers) {
        let Some(answer) = answer else {
            exits.push(Exit::Failed);
            interrupted.push(target.name());
            continue;
        };
        let (rows, silent) = match answer {
            Ok(reply) => (reply.rows, reply.silent),
            Err(error) => (Err(error), Vec::new()),
        };
        exits.push(match (&rows, silent.is_empty()) {
            (Ok(_), true) => Exit::Done,
            (Ok(_), false) => Exit::SomeFailed,
            (Err(_), _) => Exit::Failed,
        });
        match rows {
            Ok(rows) => {
                if rows.count() == 0 && !(listing.is_explained)(target.name()) {
                    notes.add(target.name(), if silent.is_empty() { if_empty } else { &if_incomplete });
                }
                if let Rows::Held(rows) = rows {
                    all.extend(rows);
                }
            }
            // No node answers, and the error says so.
            Err(error @ Error::NoNode { .. }) => {
                errors.push(error);
                continue;
            }
            Err(error) => errors.push(error),
        }
        // Also beside a failure: a cluster can wait for its silent node longer than the command waits for the cluster.
        errors.extend(silent);
    }
    let mut rows: Vec<&R> = all.iter().collect();
    let left_out = if has_totals {
        print_totals(&rows, presentation)?
    } else if presentation.is_streamed() {
        printed.saturating_sub(presentation.limit.unwrap_or(usize::MAX))
    } else {
        let left_out = presentation.arrange(&mut rows);
        output::present(presentation, &rows, targets.len() > 1)?;
        left_out
    };
    if presentation.format.is_for_people() {
        if !has_totals {
            totals::notes(&all).iter().for_each(|total| output::note(total));
        }
        notes.print();
    }
    note_left_out(&rows, presentation, left_out);
    if listing.missing.is_some() {
        named_nodes(targets).iter().for_each(|named| output::warn(&nodes_of_one(named)));
        warn_of_strangers(targets);
    }
    output::errors(&errors);
    if !interrupted.is_empty() {
        let servers = output::joined(&interrupted, MAX_NAMED);
        output::error(&format!("interrupted before {servers} answered"));
    }
    Ok(Exit::of_servers(exits))
}

/// Returns the warning about nodes of one cluster that a person named beside each other.
pub(super) fn nodes_of_one(named: &NamedNodes) -> String {
    let NamedNodes { cluster, targets, .. } = named;
    format!(
        "{} are the cluster {cluster}, and list the same: name {cluster} instead",
        output::joined(targets, targets.len())
    )
}

/// Warns of clusters whose nodes do not look like one cluster: each of them knows only its own sessions then.
pub(super) fn warn_of_strangers(targets: &[Target]) {
    let warnings: BTreeSet<String> = targets.iter().filter_map(Target::warning_of_strangers).collect();
    warnings.iter().for_each(|warning| output::warn(warning));
}

/// Says how many rows the limit left out, and how many have no name.
pub(super) fn note_left_out<R: Row>(rows: &[&R], presentation: &Presentation<R>, left_out: usize) {
    let count = |count: usize| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    if left_out > 0 {
        output::note(&format!("--limit leaves out {}", count(left_out)));
    }
    let nameless = rows.iter().filter(|row| row.name().is_none()).count();
    if presentation.format == OutputFormat::Name && nameless > 0 {
        output::warn(&format!("-o name leaves out {} that no name selects exactly", count(nameless)));
    }
}

/// Prints the totals, and returns how many the limit leaves out.
fn print_totals<R: Row>(rows: &[&R], presentation: &Presentation<R>) -> Result<usize, Failure> {
    let (totals, left_out) = totals::of(rows, presentation.limit.unwrap_or(usize::MAX));
    let Presentation { format, has_headers, has_hosts, .. } = *presentation;
    let presentation = Presentation { has_headers, has_hosts, ..Presentation::of(format) };
    output::present(&presentation, &totals.iter().collect::<Vec<_>>(), false)?;
    Ok(left_out)
}
