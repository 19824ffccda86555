//! Listing from several servers in parallel: the common part of `sessions`, `files`, `connections`, `shares` and `info`.

use netsession::Server;
use netsession_admin::{Error, Target};

use super::goodbye::close;
use super::waiting;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, Notes, Row};

/// The servers to list from, and how to print what they return.
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
    // A single server has nothing to show before its answer, so that Ctrl-C can end the process at once.
    let mut interrupts = if targets.len() > 1 { Some(Interrupts::listen()?) } else { None };
    let answers = waiting::each(named, interrupts.as_mut(), async |target| {
        let mut server = target.connect().await?;
        let rows = rows_of(&mut server, target.name()).await;
        close(server).await;
        Ok(rows?)
    });
    let (answers, interrupt) = answers.await;
    let exit = print(listing, answers)?;
    interrupt.into_iter().for_each(Interrupt::end_process);
    Ok(exit)
}

/// Prints the answers, `None` for a server that had not answered at an interrupt.
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
        notes.print();
    }
    output::errors(&errors);
    silent.iter().for_each(|server| output::error(&format!("interrupted before {server} answered")));
    Ok(Exit::of_servers(exits))
}
