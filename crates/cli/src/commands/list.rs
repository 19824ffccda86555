//! [`list`] lists from several servers in parallel, for `sessions`, `files`, `connections`, `shares` and `info`.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use netsession::Server;
use netsession_admin::{Error, Target};

use super::goodbye::with_server;
use super::waiting;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, Notes, OutputFormat, Presentation, Row};

/// The servers from which to list, and how to print the rows.
pub(super) struct Listing<'a, R> {
    pub(super) targets: &'a [Target],
    pub(super) presentation: &'a Presentation<R>,
    /// The note about a server that returned no rows.
    pub(super) if_empty: &'a str,
}

/// Gets rows from every server by `rows_of`, prints them, and prints which servers failed.
pub(super) async fn list<R: Row>(
    listing: Listing<'_, R>,
    rows_of: &impl AsyncFn(&mut Server, &str) -> Result<Vec<R>, netsession::Error>,
) -> Result<Exit, Failure> {
    let Listing { targets, presentation, .. } = listing;
    check_names(&listing)?;
    let named = targets.iter().map(|target| (target.name(), target));
    // With a single server there is nothing to show before its answer, so Ctrl-C can end the process at once.
    let mut interrupts = if targets.len() > 1 { Some(Interrupts::listen()?) } else { None };
    let printed = Cell::new(0);
    let answers = waiting::each(named, interrupts.as_mut(), async |target| {
        let rows: Result<Vec<R>, Error> =
            with_server(target, async |server| Ok(rows_of(server, target.name()).await?)).await;
        let rows = rows?;
        Ok(if presentation.is_streamed() {
            stream(presentation, &rows, &printed)
        } else {
            Answered::Rows(rows)
        })
    });
    let (answers, interrupt) = answers.await;
    let exit = print(&listing, answers, printed.get())?;
    interrupt.into_iter().for_each(Interrupt::end_process);
    Ok(exit)
}

/// The rows of a server, or their number if they are printed already.
enum Answered<R> {
    Rows(Vec<R>),
    Printed(usize),
}

/// Prints the rows of one server before the others have answered. `printed` counts the rows of all servers.
fn stream<R: Row>(presentation: &Presentation<R>, rows: &[R], printed: &Cell<usize>) -> Answered<R> {
    let room = presentation.limit.unwrap_or(usize::MAX).saturating_sub(printed.get());
    let shown: Vec<&R> = rows.iter().take(room).collect();
    // A failure to write also stops the rows that follow, and is printed then.
    let _ = output::present(presentation, &shown, true);
    printed.set(printed.get().saturating_add(rows.len()));
    Answered::Printed(rows.len())
}

/// Refuses `-o name` for several servers: a name alone does not say on which server the row is.
fn check_names<R>(listing: &Listing<'_, R>) -> Result<(), Failure> {
    if listing.presentation.format == OutputFormat::Name && listing.targets.len() > 1 {
        return Err(Failure::usage("-o name does not say which server a row is from: name one server")
            .hint("use -o csv or -o jsonl for several servers"));
    }
    Ok(())
}

/// Prints the answers. `None` means that an interrupt came before the server answered.
fn print<R: Row>(
    listing: &Listing<'_, R>,
    answers: Vec<Option<Result<Answered<R>, Error>>>,
    printed: usize,
) -> Result<Exit, Failure> {
    let Listing { targets, presentation, if_empty } = *listing;
    let (mut all, mut errors, mut exits) = (Vec::new(), Vec::new(), Vec::new());
    let (mut notes, mut silent) = (Notes::default(), Vec::new());
    for (target, answer) in targets.iter().zip(answers) {
        exits.push(if matches!(answer, Some(Ok(_))) { Exit::Done } else { Exit::Failed });
        match answer {
            Some(Ok(Answered::Rows(rows))) if !rows.is_empty() => all.extend(rows),
            Some(Ok(Answered::Printed(count))) if count > 0 => {}
            Some(Ok(_)) => notes.add(target.name(), if_empty),
            Some(Err(error)) => errors.push(error),
            None => silent.push(target.name()),
        }
    }
    let mut rows: Vec<&R> = all.iter().collect();
    let left_out = if presentation.is_streamed() {
        printed.saturating_sub(presentation.limit.unwrap_or(usize::MAX))
    } else {
        let left_out = presentation.arrange(&mut rows);
        output::present(presentation, &rows, targets.len() > 1)?;
        left_out
    };
    if presentation.format.is_for_people() {
        totals(&all).iter().for_each(|total| output::note(total));
        notes.print();
    }
    note_left_out(&rows, presentation, left_out);
    output::errors(&errors);
    silent.iter().for_each(|server| output::error(&format!("interrupted before {server} answered")));
    Ok(Exit::of_servers(exits))
}

/// Says how many rows the limit left out, and how many have no name.
fn note_left_out<R: Row>(rows: &[&R], presentation: &Presentation<R>, left_out: usize) {
    let count = |count: usize| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    if left_out > 0 {
        output::note(&format!("--limit leaves out {}", count(left_out)));
    }
    let nameless = rows.iter().filter(|row| row.name().is_none()).count();
    if presentation.format == OutputFormat::Name && nameless > 0 {
        output::warn(&format!("-o name leaves out {} that no name selects exactly", count(nameless)));
    }
}

/// Returns the totals for a list that is longer than a screen: the number of each server's rows, and their users.
fn totals<R: Row>(rows: &[R]) -> Vec<String> {
    const LONG: usize = 24;
    const MOST: usize = 3;
    if rows.len() <= LONG {
        return Vec::new();
    }
    let mut servers: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for row in rows {
        let (count, users) = servers.entry(row.server()).or_default();
        *count += 1;
        if let Some(user) = row.user().filter(|user| !user.is_empty()) {
            *users.entry(user).or_default() += 1;
        }
    }
    let total = |(server, (count, users)): (&str, (usize, BTreeMap<&str, usize>))| {
        let mut most: Vec<_> = users.iter().collect();
        most.sort_by_key(|(_, count)| Reverse(**count));
        let shown: Vec<String> =
            most.iter().take(MOST).map(|(user, count)| format!("{user} {count}")).collect();
        let more = if most.len() > MOST { ", ..." } else { "" };
        let rows = if count == 1 { "row" } else { "rows" };
        match users.len() {
            0 => format!("{server}: {count} {rows}"),
            1 => format!("{server}: {count} {rows} of 1 user"),
            several => format!("{server}: {count} {rows} of {several} users ({}{more})", shown.join(", ")),
        }
    };
    servers.into_iter().map(total).collect()
}

#[cfg(test)]
mod tests {
    use super::totals;
    use crate::rows::SessionRow;
    use netsession::Session;

    /// A failure here would make a person count the rows of a long list.
    #[test]
    fn a_long_list_ends_with_its_totals() {
        let row = |server: &str, user: &str| SessionRow::new(&server.into(), Session::new("10.0.0.5", user));
        let mut rows: Vec<_> = (0..20).map(|_| row("fs1", "bob")).collect();
        assert!(totals(&rows).is_empty());
        rows.extend(["alice", "alice", "carol", "dave", ""].map(|user| row("fs1", user)));
        rows.push(row("fs2", "bob"));
        let expected = ["fs1: 25 rows of 4 users (bob 20, alice 2, carol 1, ...)", "fs2: 1 row of 1 user"];
        assert_eq!(totals(&rows), expected);
    }
}
