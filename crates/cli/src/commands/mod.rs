//! The subcommands, a file each, and what they share: asking several servers side by side.

pub(crate) mod close;
pub(crate) mod completions;
pub(crate) mod connections;
#[cfg(unix)]
pub(crate) mod demo;
pub(crate) mod end;
pub(crate) mod files;
pub(crate) mod info;
pub(crate) mod reference;
#[cfg(unix)]
pub(crate) mod serve;
pub(crate) mod sessions;
pub(crate) mod shares;
pub(crate) mod signature;
mod waiting;

use std::collections::BTreeSet;
use std::time::Duration;

use netsession::{Error, Server};

use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, Notes, Row};
use crate::servers::Target;

/// So many servers are asked at once; more wait for their turn.
const AT_ONCE: usize = 64;

/// Runs a subcommand.
pub(crate) fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Sessions(args) => sessions::run(args, cli),
        Command::End(args) => end::run(args, cli),
        Command::Files(args) => files::run(args, cli),
        Command::Close(args) => close::run(args, cli),
        Command::Connections(args) => connections::run(args, cli),
        Command::Shares(args) => shares::run(args, cli),
        Command::Info(args) => info::run(args, cli),
        #[cfg(unix)]
        Command::Serve(args) => serve::run(args, cli),
        #[cfg(unix)]
        Command::Demo(args) => demo::run(args, cli),
        Command::Signature(args) => signature::run(args, cli),
        Command::Reference(args) => reference::run(args, cli),
        Command::Completions(args) => completions::run(args, cli),
    }
}

/// Asks every server for rows, prints them together, and says which servers failed.
fn list<R: Row>(
    targets: &[Target],
    cli: &Cli,
    nothing: &str,
    ask: &impl AsyncFn(&mut Server, &str) -> Result<Vec<R>, Error>,
) -> Result<Exit, Failure> {
    let named = targets.iter().map(|target| (target.name.as_str(), target));
    let (answers, interrupt) = block_on(async {
        // Of one server there is nothing to show before its answer.
        let mut interrupts = if targets.len() > 1 { Some(Interrupts::listen()?) } else { None };
        let answers = waiting::each(named, interrupts.as_mut(), async |target| {
            let mut server = target.connect().await?;
            let rows = ask(&mut server, &target.name).await;
            close(server).await;
            rows
        });
        Ok::<_, Failure>(answers.await)
    })??;
    let (mut rows, mut errors, mut exits, mut empty) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut silent = Vec::new();
    for (target, answer) in targets.iter().zip(answers) {
        exits.push(if matches!(answer, Some(Ok(_))) { Exit::Done } else { Exit::Failed });
        match answer {
            Some(Ok(answer)) if answer.is_empty() => empty.push(target.name.as_str()),
            Some(Ok(answer)) => rows.extend(answer),
            Some(Err(error)) => errors.push(error),
            None => silent.push(target.name.as_str()),
        }
    }
    output::print(&rows, cli.json, targets.len() > 1)?;
    if !cli.json {
        let mut notes = Notes::default();
        empty.iter().for_each(|server| notes.add(server, nothing));
        notes.say();
    }
    say(&errors);
    silent.iter().for_each(|server| output::error(&format!("interrupted before {server} answered")));
    interrupt.into_iter().for_each(Interrupt::carry_out);
    Ok(Exit::of_servers(exits))
}

/// Says goodbye. Everything has been asked by then, so that a server which does not answer is no failure.
async fn close(server: Server) {
    if let Err(error) = server.close().await {
        tracing::debug!(%error, "closing");
    }
}

/// Every error, and each hint once: twenty servers that are down need one.
fn say<'a>(errors: impl IntoIterator<Item = &'a Error>) {
    let mut hints = BTreeSet::new();
    for error in errors {
        output::error(&error.to_string());
        hints.extend(failure::hint(error));
    }
    hints.iter().for_each(|hint| output::hint(hint));
}

/// Runs to the end on this thread.
fn block_on<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the operating system refused an event loop: {error}")))?;
    let result = runtime.block_on(future);
    // A name that the system still looks up, after its time is over, must not hold up the end.
    runtime.shutdown_background();
    Ok(result)
}

/// A runtime of several threads, for a server.
#[cfg(unix)]
fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::failed(format!("the operating system refused an event loop: {error}")))
}

/// Whole seconds, as JSON has them.
fn seconds(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| duration.as_secs())
}
