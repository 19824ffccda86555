//! `netsession serve`: shares folders of this computer, and logs activity.

mod accounts;
mod banner;
mod dialects;
mod domain;
mod events;
mod held;
mod privileges;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use netsession::{Announcement, LocalServer};
use netsession_server::{Bound, Encryption, Folder, Server, StartError};

use crate::core_dump;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::parse_listen_address;
use crate::interrupt::Interrupts;
use crate::output;
use crate::runtime::multi_threaded;
use accounts::Accounts;
use banner::{Announced, Banner};
use dialects::Dialects;
use domain::{Domain, Names};

/// Share folders and log activity
#[derive(Debug, clap::Args)]
#[command(after_help = "\
While it runs, `netsession sessions`, `end`, `files` and `close` without a SERVER connect to it.

Examples:
  netsession serve ~/Public                     share a folder with this computer only
  netsession serve --share docs=/srv/docs:ro --user bob --admin alice --listen 0.0.0.0:4450
  netsession serve /srv/docs --keytab fs1.keytab --user '*@LAB.TEST' --admin adm1@LAB.TEST --listen 0.0.0.0:445")]
pub(crate) struct Args {
    /// Folder to share, named by the last component of its path
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Share the folder DIR as NAME; :ro makes the share read-only
    #[arg(long = "share", value_name = "NAME=DIR[:ro]", value_parser = share)]
    shares: Vec<Folder>,
    /// Let this user log on; asks for the password, or generates it without a terminal. A user of a domain,
    /// alice@LAB.TEST or *@LAB.TEST, logs on by Kerberos without a password (--keytab)
    #[arg(long = "user", value_name = "NAME", help_heading = "Users")]
    users: Vec<String>,
    /// Read users from a private file with lines `name:password` or `name:nt:HEX`
    #[arg(long, value_name = "FILE", help_heading = "Users")]
    users_file: Option<PathBuf>,
    /// Let this user also list and end sessions from other computers
    #[arg(long = "admin", value_name = "NAME", help_heading = "Users")]
    admins: Vec<String>,
    /// Accept Kerberos with the server's keys in this keytab, cifs/HOST@REALM
    #[arg(long, value_name = "FILE", help_heading = "Users")]
    keytab: Option<PathBuf>,
    /// Refuse NTLM: users log on by Kerberos only, except for commands on this computer
    #[arg(long, requires = "keytab", conflicts_with = "users_file", help_heading = "Users")]
    no_ntlm: bool,
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listen_address, default_value = "127.0.0.1:4450", help_heading = "Network")]
    listen: Vec<SocketAddr>,
    /// Let administrators share folders below DIR, and stop sharing them, while the server runs (repeatable)
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    allow_shares_in: Vec<PathBuf>,
    /// Whether clients must sign their requests
    #[arg(long, value_enum, default_value = "required", help_heading = "Network")]
    signing: Signing,
    /// Require encryption and refuse clients that do not support it
    #[arg(long, help_heading = "Network")]
    encrypt: bool,
    /// Dialects of SMB to speak, from the oldest to the newest: 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1. Old devices and some
    /// programs speak 2.0.2 only
    #[arg(long, value_name = "OLDEST-NEWEST", value_parser = dialects::parse, default_value = "2.1-3.1.1", help_heading = "Network")]
    dialects: Dialects,
    /// Let a client use several connections for one session (SMB multichannel); disables AES-GMAC signing
    #[arg(long, help_heading = "Network")]
    multichannel: bool,
    /// Refuse the logon of users and clients whom a hold in the journal of this user keeps out (`netsession hold`)
    #[arg(long, help_heading = "Users")]
    holds: bool,
    /// Give up root for this user once the server listens
    #[arg(long, value_name = "USER", help_heading = "Network")]
    run_as: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Signing {
    /// Refuse unsigned requests
    Required,
    /// Let clients decide
    Optional,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let identity = privileges::Identity::find(args.run_as.as_deref())?;
    let folders = folders(args)?;
    let (users, admins) = (Names::sort(&args.users), Names::sort(&args.admins));
    let domain = Domain::open(args.keytab.as_deref(), &users, &admins)?;
    may_log_on(args, domain.as_ref(), &users, &admins)?;
    let accounts =
        Accounts::collect(&users.local, args.users_file.as_deref(), &admins.local, domain.is_some())?;
    let local = accounts::local()?;
    let mut builder = Server::builder()
        .name(&computer_name())
        .comment("netsession serve")
        .signing_required(args.signing == Signing::Required)
        .encryption(if args.encrypt { Encryption::Required } else { Encryption::Offered })
        .dialects(args.dialects.range())
        .multi_channel(args.multichannel)
        .account(local.account.clone());
    if let Some(Domain { keytab, principals }) = &domain {
        builder = builder.keytab(keytab.clone()).ntlm(!args.no_ntlm);
        builder = principals.iter().cloned().fold(builder, netsession_server::Builder::principal);
    }
    builder = folders.iter().cloned().fold(builder, netsession_server::Builder::folder);
    builder = args.allow_shares_in.iter().cloned().fold(builder, netsession_server::Builder::allow_shares_in);
    builder = accounts.all.into_iter().fold(builder, netsession_server::Builder::account);
    builder = args.listen.iter().fold(builder, |builder, address| builder.listen(*address));
    if !args.listen.iter().any(reaches_loopback) {
        // The local login works from loopback only, so that the server needs a loopback address.
        builder = builder.listen((Ipv4Addr::LOCALHOST, 0).into());
    }
    let bound = builder.bind().map_err(|error| cannot_start(&error))?;
    // Do this before any other thread starts, and before the server opens or writes a file.
    identity.assume()?;
    // Forbid core dumps again: after a change of the user, the system's setting fs.suid_dumpable decides.
    core_dump::forbid();
    privileges::allow_many_files();
    let bound = match args.holds {
        true => {
            let names = [Some(computer_name()), privileges::host_name()].into_iter().flatten();
            let held = held::HeldOut::open(bound.addresses(), names.collect())?;
            bound.refuse_logons(move |logon| held.refuses(logon))
        }
        false => bound,
    };
    let generated = accounts::write_generated(&accounts.generated)?;
    // From here on the server knows the hashes only.
    drop(accounts.generated);
    let local_address = local_address(bound.addresses());
    let announced =
        local_address.map(|address| Announcement::leave(address, &local.account.name, &local.password));
    drop(local.password);
    if let Some(Err(error)) = &announced {
        output::warn(&format!("cannot write the local login file: {error}"));
        output::hint("commands without a SERVER will not find this server: name its address and log on");
    }
    let optional = "clients may leave out signatures (--signing)";
    let weaknesses = [args.dialects.weakness(), (args.signing == Signing::Optional).then_some(optional)];
    let weaknesses: Vec<&str> = weaknesses.into_iter().flatten().collect();
    let banner = Banner {
        addresses: bound.addresses(),
        requested: args.listen.len(),
        folders: &folders,
        user: accounts.first.as_deref(),
        services: domain.as_ref().map_or(&[], |domain| domain.keytab.services()),
        generated: generated.as_ref().map(netsession::PrivateFile::path),
        weaknesses: &weaknesses,
        announced: local_address.filter(|_| matches!(announced, Some(Ok(_)))).map(|address| Announced {
            user: args.run_as.as_deref(),
            address: Some(address).filter(|_| LocalServer::all().len() > 1),
        }),
    };
    let banner = banner.text();
    serve(bound, &banner, &local.account.name)
}

/// Serves until an interrupt.
fn serve(bound: Bound, banner: &str, local: &str) -> Result<Exit, Failure> {
    let runtime = multi_threaded()?;
    let printer = events::Printer::start(local.to_owned());
    let events = printer.sender();
    let result = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let bound = bound.on_event(move |event| events.send(event));
        let server = bound.start().map_err(|error| cannot_start(&error))?;
        output::to_stdout(banner)?;
        interrupts.wait().await;
        let sessions = server.session_count();
        tokio::select! {
            () = server.stop() => {}
            // A file system that does not answer could hold the server for ever.
            _ = interrupts.wait() => {}
        }
        printer.finish();
        let ended = match sessions {
            0 => "no session was open".to_owned(),
            1 => "ended 1 session".to_owned(),
            count => format!("ended {count} sessions"),
        };
        output::to_stdout(&format!("\nStopped: {ended}.\n"))?;
        Ok(Exit::Done)
    });
    // Does not wait for a thread that a file system holds.
    runtime.shutdown_background();
    result
}

/// Refuses options that contradict each other about how users log on.
fn may_log_on(
    args: &Args,
    domain: Option<&Domain>,
    users: &Names<'_>,
    admins: &Names<'_>,
) -> Result<(), Failure> {
    if args.no_ntlm
        && let Some(user) = users.local.iter().chain(&admins.local).next()
    {
        let message = format!("{user} logs on by NTLM, which --no-ntlm refuses");
        return Err(Failure::usage(message).hint("name users of the domain with their realm: bob@LAB.TEST"));
    }
    if args.signing == Signing::Optional && domain.is_some_and(|domain| !domain.keytab.detects_replays()) {
        let message = "--signing optional is not safe with this computer's Kerberos library, Heimdal";
        return Err(Failure::usage(message).hint(
            "Heimdal accepts a ticket that somebody has recorded and sends again; signing makes it useless",
        ));
    }
    Ok(())
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

/// The folders to share: at least one.
fn folders(args: &Args) -> Result<Vec<Folder>, Failure> {
    let mut folders = Vec::new();
    if let Some(dir) = &args.dir {
        let path = dir.canonicalize().map_err(|error| {
            Failure::usage(format!("cannot share {}: {error}", dir.display()))
                .hint("DIR must be a folder on this computer")
        })?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| {
            Failure::usage(format!("cannot share {}: the path has no last component", dir.display()))
                .hint("choose a name with --share NAME=DIR")
        })?;
        folders.push(Folder::new(name, path));
    }
    folders.extend(args.shares.iter().cloned());
    for folder in &folders {
        let problem = match folder.path.metadata() {
            Ok(found) if found.is_dir() => continue,
            Ok(_) => "not a directory".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(Failure::usage(format!("cannot share {}: {problem}", folder.path.display()))
            .hint("DIR must be a folder on this computer"));
    }
    match folders.is_empty() {
        false => Ok(folders),
        true => Err(Failure::usage("nothing to share")
            .hint("pass DIR to share a folder, or --share NAME=DIR[:ro] for each of several")),
    }
}

/// Parses `NAME=DIR` or `NAME=DIR:ro`.
fn share(text: &str) -> Result<Folder, String> {
    let (name, path) = text.split_once('=').ok_or("expected NAME=DIR or NAME=DIR:ro")?;
    let (path, read_only) = path.strip_suffix(":ro").map_or((path, false), |path| (path, true));
    if !Folder::is_valid_name(name) {
        return Err(match name.encode_utf16().count() {
            0 => "NAME is missing".to_owned(),
            length @ 81.. => format!("the share name has {length} characters (80 at most)"),
            _ => format!("invalid share name `{name}` (no control character, and none of \"/\\[]:|<>+;,*?)"),
        });
    }
    if path.is_empty() {
        return Err("DIR is missing".to_owned());
    }
    let path = std::path::absolute(Path::new(path)).map_err(|error| error.to_string())?;
    Ok(Folder::new(name, path).read_only(read_only))
}

/// Whether a listener accepts connections from this computer to a loopback address.
fn reaches_loopback(address: &SocketAddr) -> bool {
    address.ip().is_loopback() || address.ip().is_unspecified()
}

/// The address at which this computer itself reaches the server.
fn local_address(addresses: &[SocketAddr]) -> Option<SocketAddr> {
    let address = addresses.iter().find(|address| reaches_loopback(address))?;
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Some(SocketAddr::new(ip, address.port()))
}

/// The part of the computer's name that is a valid NetBIOS name.
fn computer_name() -> String {
    let name = privileges::host_name().unwrap_or_default();
    let name: String = name
        .split('.')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(15)
        .collect();
    if name.is_empty() { "NETSESSION".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would share a folder under another name, or make a read-only share writable.
    #[test]
    fn share_flag_is_parsed() {
        let parts = |text| share(text).map(|it| (it.name, it.path.display().to_string(), it.read_only));
        assert_eq!(parts("a=/srv/a"), Ok(("a".into(), "/srv/a".into(), false)));
        assert_eq!(parts("a=/srv/b=c:ro"), Ok(("a".into(), "/srv/b=c".into(), true)));
        for wrong in ["/srv/a", "a=", "a=:ro", "a/b=/srv", "=/srv"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    /// A failure here would send commands of this computer to an address on which the server does not listen.
    #[test]
    fn local_address_reaches_the_server() {
        let address_of = |addresses: &[&str]| {
            let addresses: Vec<SocketAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
            local_address(&addresses).map(|it| it.to_string())
        };
        assert_eq!(address_of(&["10.0.0.5:445"]), None);
        assert_eq!(address_of(&["10.0.0.5:445", "0.0.0.0:4450"]).as_deref(), Some("127.0.0.1:4450"));
        assert_eq!(address_of(&["[::]:445"]).as_deref(), Some("[::1]:445"));
        assert_eq!(address_of(&["127.0.0.2:1"]).as_deref(), Some("127.0.0.2:1"));
    }
}
