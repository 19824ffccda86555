//! `netsession serve`: shares folders of this computer, and logs activity.

mod access_log;
mod accounts;
#[cfg_attr(windows, path = "serve/unannounced.rs")]
mod announce;
mod backlog;
mod banner;
mod dialects;
mod domain;
mod events;
mod flags;
mod held;
mod privileges;
mod reload;
mod settings;
mod share_flag;
mod sockets;

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use netsession::{Announcement, LocalServer};
use netsession_server::{Bound, StartError};

use tokio::task::JoinSet;

use crate::core_dump;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::notify;
use crate::output;
use crate::runtime::multi_threaded;
use access_log::{AccessLog, Target};
use announce::Announcer;
use banner::{Announced, Banner};
use flags::Flags;
use reload::Reload;
use settings::Settings;
use sockets::{Sockets, local_addresses};

/// Share folders and log activity
#[derive(Debug, clap::Args)]
#[command(after_help = "\
While it runs, `netsession sessions`, `end`, `files` and `close` without a SERVER connect to it.

Examples:
  netsession serve ~/Public                     share a folder with this computer only
  netsession serve --share docs=/srv/docs:ro --user bob --admin alice --listen 0.0.0.0:4450
  netsession serve --config /etc/netsession/serve.toml
  netsession serve /srv/docs --keytab fs1.keytab --user '*@LAB.TEST' --admin adm1@LAB.TEST --listen 0.0.0.0:445")]
pub(crate) struct Args {
    /// Read shares, users and settings from FILE instead of flags, and read it again at SIGHUP
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "Flags")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Signing {
    /// Refuse unsigned requests
    Required,
    /// Let clients decide
    Optional,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let find_identity = |run_as: &Option<String>| privileges::Identity::find(run_as.as_deref());
    let (identity, mut settings) = match &args.config {
        None => (find_identity(&args.flags.run_as)?, Settings::of_flags(&args.flags)?),
        Some(path) => {
            let settings = Settings::of_file(path)?;
            (find_identity(&settings.fixed.run_as)?, settings)
        }
    };
    let local = accounts::local()?;
    let sockets = Sockets::take(&settings.fixed.listen)?;
    let (requested, without_ipv4) = (sockets.count(), sockets.without_ipv4());
    let builder = settings.fixed.apply(settings.builder(&local.account));
    let bound = sockets.apply(builder).bind().map_err(|error| cannot_start(&error))?;
    if settings.fixed.announce {
        announce::check(bound.addresses())?;
    }
    // Do this before any other thread starts, and before the server opens or writes a file.
    identity.assume()?;
    // Forbid core dumps again: after a change of the user, the system's setting fs.suid_dumpable decides.
    core_dump::forbid();
    privileges::allow_many_files();
    let bound = match settings.fixed.holds {
        true => {
            let names = [Some(settings::computer_name()), privileges::host_name()].into_iter().flatten();
            let held = held::HeldOut::open(bound.addresses(), names.collect())?;
            bound.refuse_logons(move |logon| held.refuses(logon))
        }
        false => bound,
    };
    let generated = accounts::write_generated(&settings.accounts.generated)?;
    // From here on the server knows the hashes only.
    settings.accounts.generated.clear();
    let local_addresses = local_addresses(bound.addresses(), &without_ipv4);
    let local_address = local_addresses.first().copied();
    let announced = local_addresses
        .split_first()
        .map(|(address, also)| Announcement::write_at(*address, also, &local.account.name, &local.password));
    drop(local.password);
    if let Some(Err(error)) = &announced {
        output::warn(&format!("cannot write the local login file: {error}"));
        output::hint("commands without a SERVER will not find this server: name its address and log on");
    }
    let banner = Banner {
        addresses: bound.addresses(),
        requested,
        folders: &settings.folders,
        user: settings.accounts.first.as_deref(),
        services: settings.domain.as_ref().map_or(&[], |domain| domain.keytab.services()),
        generated: generated.as_ref().map(netsession::PrivateFile::path),
        weaknesses: &settings.weaknesses(),
        announced: local_address.filter(|_| matches!(announced, Some(Ok(_)))).map(|address| Announced {
            user: settings.fixed.run_as.as_deref(),
            address: Some(address).filter(|_| LocalServer::all().len() > 1),
        }),
    };
    let plan = Plan {
        banner: banner.text(),
        local: local.account.name.clone(),
        access_log: settings.fixed.access_log.as_deref().map(Target::open).transpose()?,
        announce: settings.fixed.announce.then(|| settings.fixed.name.clone()),
        reload: args.config.as_deref().map(|path| Reload::new(path, settings.fixed, local.account)),
    };
    serve(bound, plan)
}

/// What a server does besides serving.
struct Plan {
    banner: String,
    /// The user of the local login.
    local: String,
    access_log: Option<Target>,
    /// The name under which the network finds the server.
    announce: Option<String>,
    reload: Option<Reload>,
}

/// Prints for a person: the server goes on even if nobody can read it.
fn print_to_stdout(text: &str) {
    let _ = output::to_stdout(text);
}

/// Prints for a person while stdout has the access log.
fn print_to_stderr(text: &str) {
    output::to_stderr(text);
}

/// Serves until an interrupt.
fn serve(bound: Bound, plan: Plan) -> Result<Exit, Failure> {
    let runtime = multi_threaded()?;
    let Plan { banner, local, access_log, announce, reload } = plan;
    let print = if matches!(access_log, Some(Target::Stdout)) { print_to_stderr } else { print_to_stdout };
    let printer = events::Printer::start(local, print);
    let log = printer.sender();
    let access_log = access_log.map(|target| AccessLog::start(target, Arc::clone(&log)));
    let accesses = access_log.as_ref().map(AccessLog::queue);
    let result = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let events = Arc::clone(&log);
        let mut bound = bound.on_event(move |event| events.send(event));
        if let Some(accesses) = accesses.clone() {
            bound = bound.on_event(move |event| accesses.send(event));
        }
        let server = Arc::new(bound.start().map_err(|error| cannot_start(&error))?);
        let announcer = announce.map(|name| Announcer::start(&name, server.addresses(), &log));
        print(&banner);
        notify::ready();
        let mut reloads = JoinSet::new();
        while interrupts.wait_or_hangup().await.is_none() {
            if let Some(accesses) = &accesses {
                accesses.reopen();
            } else if reload.is_none() {
                break;
            }
            let Some(reload) = reload.clone() else { continue };
            let (server, log) = (Arc::clone(&server), Arc::clone(&log));
            // A file system that does not answer must not keep the server from stopping.
            reloads.spawn_blocking(move || reload.run(&server, &log));
        }
        notify::stopping();
        let sessions = server.session_count();
        let stopped = async {
            if let Some(announcer) = announcer {
                announcer.stop().await;
            }
            while reloads.join_next().await.is_some() {}
            if let Some(server) = Arc::into_inner(server) {
                server.stop().await;
            }
        };
        tokio::select! {
            () = stopped => {}
            // A file system that does not answer could hold the server for ever.
            _ = interrupts.wait() => {}
        }
        if let Some(access_log) = access_log {
            access_log.finish();
        }
        printer.finish();
        let ended = match sessions {
            0 => "no session was open".to_owned(),
            1 => "ended 1 session".to_owned(),
            count => format!("ended {count} sessions"),
        };
        print(&format!("\nStopped: {ended}.\n"));
        Ok(Exit::Done)
    });
    // Does not wait for a thread that a file system holds.
    runtime.shutdown_background();
    result
}

fn cannot_start(error: &StartError) -> Failure {
    if let StartError::Keytab(error) = error {
        return domain::unusable(error);
    }
    let hint = match error {
        StartError::Listen { source, .. } => match source.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program listens there; pick a free port with --listen 127.0.0.1:0"
            }
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 need root: run as root with --run-as USER, or use another port"
            }
            std::io::ErrorKind::AddrNotAvailable => {
                "this computer has no such address; 0.0.0.0 and [::] stand for all of its addresses"
            }
            _ => return Failure::failed(with_cause(error)),
        },
        StartError::InvalidShareName(_) => "choose another name with --share NAME=DIR",
        StartError::DuplicateShareName(_) => "choose another name for one of them with --share NAME=DIR",
        _ => return Failure::failed(with_cause(error)),
    };
    Failure::failed(with_cause(error)).hint(hint)
}

/// Returns an error's message with the cause after it.
pub(super) fn with_cause(error: &StartError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
