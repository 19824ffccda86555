//! [`list`] lists from several servers in parallel, for `sessions`, `files`, `connections`, `shares` and `info`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use netsession::Server;
use netsession_admin::{Error, Target};

use super::goodbye::with_server;
use super::waiting;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, Notes, Row};

/// The servers from which to list, and how to print the rows.
#[derive(Clone, Copy)]
pub(super) struct Listing<'a> {
    pub(super) targets: &'a [Target],
    pub(super) json: bool,
    /// The note about a server that returned no rows.
    pub(super) if_empty: &'a str,
}

/// Gets rows from every server by `rows_of`, prints them as one table, and prints which servers failed.
pub(super) async fn list<R: Row>(
    listing: Listing<'_>,
    rows_of: &impl AsyncFn(&mut Server, &str) -> Result<Vec<R>, netsession::Error>,
) -> Result<Exit, Failure> {
    let Listing { targets, .. } = listing;
    let named = targets.iter().map(|target| (target.name(), target));
    // With a single server there is nothing to show before its answer, so Ctrl-C can end the process at once.
    let mut interrupts = if targets.len() > 1 { Some(Interrupts::listen()?) } else { None };
    let answers = waiting::each(named, interrupts.as_mut(), async |target| {
        with_server(target, async |server| Ok(rows_of(server, target.name()).await?)).await
    });
    let (answers, interrupt) = answers.await;
    let exit = print(listing, answers)?;
    interrupt.into_iter().for_each(Interrupt::end_process);
    Ok(exit)
}

/// Prints the answers. `None` means that an interrupt came before the server answered.
fn print<R: Row>(listing: Listing<'_>, answers: Vec<Option<Result<Vec<R>, Error>>>) -> Result<Exit, Failure> {
    let Listing { targets, json, if_empty } = listing;
    let (mut rows, mut errors, mut exits) = (Vec::new(), Vec::new(), Vec::new());
    let (mut notes, mut silent) = (Notes::default(), Vec::new());
    for (target, answer) in targets.iter().zip(answers) {
        exits.push(if matches!(answer, Some(Ok(_))) { Exit::Done } else { Exit::Failed });
        match answer {
            Some(Ok(answer)) if answer.is_empty() => notes.add(target.name(), if_empty),
            Some(Ok(answer)) => rows.extend(answer),
            Some(Err(error)) => errors.push(error),
            None => silent.push(target.name()),
        }
    }
    output::print(&rows, json, targets.len() > 1)?;
    if !json {
        totals(&rows).iter().for_each(|total| output::note(total));
        notes.print();
    }
    output::errors(&errors);
    silent.iter().for_each(|server| output::error(&format!("interrupted before {server} answered")));
    Ok(Exit::of_servers(exits))
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
