//! `netsession who`: who holds a file, and what to do about it.
//!
//! The command finds the server that has the path, and lists its open files and sessions. At a terminal it offers to close
//! or to end, by the same steps as `close` and `end`; otherwise it prints these commands.

pub(super) mod case;
mod place;
mod rows;
mod shell;
mod unusual;

use std::collections::BTreeMap;
use std::time::Instant;

use netsession::{FileFilter, OpenFile, Server};
use netsession_admin::{
    Answered, Error, Holder, Missing, Presence, SharePath, Target, holders, narrow_holders,
};
use netsession_config::ReasonRule;

use super::end::WithAPerson;
use super::hosts::Hosts;
use super::list::warn_of_strangers;
use super::nothing_open::CHECK_SPELLING;
use super::{close, end, waiting};
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Output, Reason};
use crate::interrupt::Interrupts;
use crate::output::{self, OutputFormat, visible};
use crate::path::with_port;
use crate::runtime::block_on;
use crate::servers::reason_rule;
use place::Found;
use rows::HolderRow;
use shell::{Commands, Ending};

/// Show who holds a file, and offer to close it or to end the sessions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
PATH is \\\\fs1\\share\\file, smb://fs1/share/file, a DFS path, or a path in a share that is mounted on this computer. For a \
folder, `who` lists every open file in it.

Only `netsession serve` reports which session holds a file. Other servers report the user, not the client: CLIENT is \
certain if all sessions of the user come from one client; `who` omits sessions without open files. CONNECTED is the time \
since the session of each client began, because servers do not report when a file was opened. PERM is as in `netsession files`.

If nobody holds the file, the exit status is 3; if there is no such file or folder, it is 1.

Example: netsession who /mnt/data/budget.xlsx -U 'LAB\\adm1'")]
// The path names the server: `who` refuses both.
#[command(mut_arg("exclude", |flag| flag.hide(true)), mut_arg("servers_from", |flag| flag.hide(true)))]
pub(crate) struct Args {
    /// File or folder
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    path: String,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    connect: Connect,
    /// Show the host name beside each address; the owner of the address chooses this name
    #[arg(long, help_heading = "Output")]
    resolve: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    block_on(who(args))?
}

async fn who(args: &Args) -> Result<Exit, Failure> {
    if args.connect.more.is_given() {
        return Err(Failure::usage("the path names the server: omit --exclude and --servers-from"));
    }
    let Found { target, path, user } = place::find(&args.path, &args.connect).await?;
    let mut answered = answered(&target, &path).await?;
    // An id belongs to one node of a cluster, and any node can answer the next request.
    if let (Ok((holders, _)), true) = (&mut answered.result, target.nodes().next().is_some()) {
        let sessions = holders.iter_mut().flat_map(|holder| &mut holder.sessions);
        sessions.for_each(|session| session.id = None);
    }
    let silent: Vec<Error> =
        answered.silent.iter().map(|node| node.error(target.name(), Missing::Files)).collect();
    let (holders, presence) = answered.result?;
    let mut rows: Vec<HolderRow> =
        holders.iter().map(|holder| HolderRow::new(target.name(), holder)).collect();
    let hosts = Hosts::of(args.resolve, std::slice::from_ref(&target));
    for row in &mut rows {
        hosts.name(row.sessions_mut()).await;
    }
    print(args, &rows)?;
    hosts.note();
    warn_of_strangers(std::slice::from_ref(&target));
    output::errors(&silent);
    let (done, on) = match silent.is_empty() {
        true => (Exit::Done, ""),
        false => (Exit::SomeFailed, ", as far as its nodes answer"),
    };
    if holders.is_empty() {
        let path = with_port(&path, target.name());
        let nobody = format!("nobody holds {} at {}{on}", visible(&path), target.name());
        let done = if silent.is_empty() { Exit::NothingMatched } else { done };
        return Ok(free(&path, target.name(), &nobody, presence.as_ref(), done));
    }
    case::note(holders.iter().map(|holder| &holder.file));
    if !args.output.format().is_for_people() {
        return Ok(done);
    }
    explain(&holders);
    let (server, user) = (target.name(), user.as_deref());
    let reason = args.reason.reason.as_deref();
    let commands = Commands { server, path: &path, user, reason, connect: &args.connect };
    if !ask::is_person_present() {
        output::note(&commands.text(&holders));
        if reason.is_none() && reason_rule() == ReasonRule::Required {
            output::hint(
                "the configuration requires a reason: each command asks for it, or takes it with --reason TEXT",
            );
        }
        return Ok(done);
    }
    act(&commands, &target, &holders).await
}

/// What `who` cannot see.
const ONE_NAME: &str = "the file can be open under another name: that of a hard or symbolic link";

/// Says that nobody holds a path, or that there is no such path: that is no proof of anything. Returns the exit status, which is
/// `done` if nobody holds it.
fn free(path: &str, server: &str, nobody: &str, presence: Option<&Presence>, done: Exit) -> Exit {
    let exit = match presence {
        Some(Presence::Missing) => {
            output::error(&format!("{server} has no file or folder {}", visible(path)));
            Exit::Failed
        }
        Some(Presence::Unknown(why)) => {
            output::note(&format!("{nobody}; whether it exists is not known ({why})"));
            done
        }
        _ => {
            output::note(nobody);
            done
        }
    };
    let is_missing = exit == Exit::Failed;
    let spelling = is_missing.then_some(CHECK_SPELLING);
    unusual::unusual(path).or(spelling).or(Some(ONE_NAME)).into_iter().for_each(output::hint);
    exit
}

/// The holders of a path; if there are none, whether the path exists.
type Listed = (Vec<Holder>, Option<Presence>);

/// Asks the server who holds the path. An interrupt ends the process.
async fn answered(target: &Target, path: &str) -> Result<Answered<Listed>, Failure> {
    let mut interrupts = Interrupts::listen()?;
    let named = [(target.name(), target)];
    let (mut answers, interrupt) = waiting::each(named, Some(&mut interrupts), async |target: &Target| {
        let deadline = target.deadline();
        Ok(target.ask_all_nodes(async |server| listed(server, target.name(), path, deadline).await).await)
    })
    .await;
    if let Some(interrupt) = interrupt {
        output::error(&format!("interrupted before {} answered", target.name()));
        interrupt.end_process();
    }
    match answers.pop().flatten() {
        Some(answered) => Ok(answered?),
        None => Err(Failure::failed(format!("interrupted before {} answered", target.name()))),
    }
}

/// Prints the holders. The sessions of each are a list within it, for which csv has no place.
fn print(args: &Args, rows: &[HolderRow]) -> Result<(), Failure> {
    match args.output.format() {
        format @ (OutputFormat::Json | OutputFormat::Jsonl | OutputFormat::Yaml) => {
            output::print_nested(format, rows)
        }
        _ => {
            let presentation = args.output.presentation().with_hosts(args.resolve)?;
            output::present(&presentation, &rows.iter().collect::<Vec<_>>(), false)
        }
    }
}

/// Lists the files at `path`, and who can hold them.
async fn listed(
    server: &mut Server,
    name: &str,
    path: &str,
    deadline: Instant,
) -> Result<Listed, netsession::Error> {
    let filter = FileFilter { path: Some(path.to_owned()), ..FileFilter::default() };
    let files = server.files(&filter).await?;
    if files.is_empty() {
        return Ok((Vec::new(), Some(presence(server, path, deadline).await)));
    }
    let mut sessions = match server.sessions().await {
        Ok(sessions) => sessions,
        // An administrator of one may be denied the other.
        Err(error @ (netsession::Error::Answered { .. } | netsession::Error::Fault { .. })) => {
            output::warn(&format!("CLIENT is not known: {name} does not list sessions ({error})"));
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    // Servers list sessions in no particular order.
    sessions.sort_by(|one, other| output::natural(&one.client, &other.client));
    let mut holders = holders(files, &sessions);
    narrow_holders(server, &mut holders).await?;
    Ok((holders, None))
}

/// Finds out whether the path exists: at the server, or on this computer, whose own server shares it.
async fn presence(server: &mut Server, path: &str, deadline: Instant) -> Presence {
    match SharePath::parse(path) {
        Some(_) => Presence::at(server, path, deadline).await,
        None => Presence::here(path),
    }
}

/// Says which clients are uncertain.
fn explain(holders: &[Holder]) {
    let mut users: Vec<&str> =
        holders.iter().filter(|holder| holder.clients().len() > 1).map(|holder| &*holder.file.user).collect();
    users.sort_unstable();
    users.dedup();
    let is_uncertain = |holder: &&Holder| is_in_any_of_several(holder) && holder.clients().len() == 1;
    for Holder { file, sessions, .. } in holders.iter().filter(is_uncertain) {
        output::note(&format!(
            "the server does not report which of {} sessions of {} has {} open",
            sessions.len(),
            visible(&file.user),
            visible(&file.path)
        ));
    }
    for user in users {
        output::note(&format!(
            "{} is logged on from several clients; the server does not report which of them holds the file",
            visible(user)
        ));
    }
}

/// Whether the file can be open in any of several sessions with ids: it was opened or closed between two listings.
fn is_in_any_of_several(holder: &Holder) -> bool {
    holder.sessions.len() > 1 && holder.sessions.iter().all(|session| session.id.is_some())
}

/// Asks what to do, and does it by the steps of `close` or `end`.
async fn act(commands: &Commands<'_>, target: &Target, holders: &[Holder]) -> Result<Exit, Failure> {
    let endings = Ending::of(holders);
    let files = close::files(holders.len());
    let sessions = match endings.as_slice() {
        [] => String::new(),
        several if several.len() > 1 && several.iter().all(Ending::is_exact) => {
            let which = if holders.iter().any(is_in_any_of_several) { " that can hold it" } else { "" };
            format!(", end {} sessions{which} [e]", several.len())
        }
        several => format!(", end {} [e]", Ending::sessions(several)),
    };
    let question = format!("Close {files} [c]{sessions}, or do nothing [Enter]?");
    match ask::choice(&question)? {
        Some('c') => close_each(commands, target, holders).await,
        Some('e') if !endings.is_empty() => end_each(commands, target, &endings).await,
        _ => {
            output::note("Nothing was closed or ended.");
            Ok(Exit::Done)
        }
    }
}

/// Closes the files: one plan for each user, so that the person can choose whose.
async fn close_each(commands: &Commands<'_>, target: &Target, holders: &[Holder]) -> Result<Exit, Failure> {
    let mut by_user: BTreeMap<&str, Vec<OpenFile>> = BTreeMap::new();
    for file in holders.iter().map(|holder| &holder.file) {
        by_user.entry(&file.user).or_default().push(file.clone());
    }
    let mut exits = Vec::new();
    let mut all = by_user.into_values();
    while let Some(files) = all.next() {
        let is_further = exits.contains(&Exit::Done);
        let person = WithAPerson { reason: commands.reason, is_further, is_for_file: true };
        let exit = close::with_a_person(target, commands.path, files, person).await;
        let is_failed = matches!(exit, Err(_) | Ok(Exit::Failed));
        let is_over = is_failed && says_if_silent(target, all.len()).await;
        exits.push(exit?);
        if is_over {
            break;
        }
    }
    Ok(Exit::of_servers(exits))
}

/// Ends the sessions: one plan for each session that the server tells apart, or else for each user and client, so that the
/// person can choose.
async fn end_each(commands: &Commands<'_>, target: &Target, endings: &[Ending<'_>]) -> Result<Exit, Failure> {
    let mut exits = Vec::new();
    let mut selectors = endings.iter().filter_map(Ending::selector);
    while let Some(selector) = selectors.next() {
        let is_further = exits.contains(&Exit::Done);
        let person = WithAPerson { reason: commands.reason, is_further, is_for_file: true };
        let exit = end::with_a_person(target, selector, person).await?;
        exits.push(exit);
        if exit == Exit::Failed && says_if_silent(target, selectors.clone().count()).await {
            break;
        }
    }
    Ok(Exit::of_servers(exits))
}

/// Says that so many changes are not tried if the server no longer answers, and returns whether that is so.
async fn says_if_silent(target: &Target, left: usize) -> bool {
    let is_silent = left > 0 && !answers(target).await;
    if is_silent {
        output::error(&format!("{} no longer answers: {left} more not tried", target.name()));
    }
    is_silent
}

/// Whether the server of a target answers. Another node of a cluster may.
async fn answers(target: &Target) -> bool {
    target.is_cluster() || Server::probe(&target.address().clone().into(), target.options()).await.is_ok()
}
