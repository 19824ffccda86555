//! `netsession serve`: shares folders from this computer, and says who comes.

mod accounts;
mod events;
mod greeting;
mod privileges;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use netsession::Announcement;
use netsession_server::{Bound, Encryption, Folder, Server, StartError};

use crate::args::{Cli, NoLogin};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::output;
use accounts::Accounts;
pub(super) use accounts::random_password;

/// Share folders from this computer, and see who comes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
While it runs, `netsession sessions`, `end`, `files` and `close` without a server talk to it.

Examples:
  netsession serve ~/Public                     share a folder on this computer only
  netsession serve --share docs=/srv/docs:ro --user bob --admin alice --listen 0.0.0.0:4450")]
pub(crate) struct Args {
    /// Folder to share under its last component
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Folder to share under this name; with :ro nothing in it can be changed
    #[arg(long = "share", value_name = "NAME=DIR[:ro]", value_parser = share)]
    shares: Vec<Folder>,
    /// Who may log on: the password is asked for, or generated and written to a file
    #[arg(long = "user", value_name = "NAME", help_heading = "Users")]
    users: Vec<String>,
    /// File with a line `name:password` or `name:nt:HEX` for each user; nobody else may be able to read it
    #[arg(long, value_name = "FILE", help_heading = "Users")]
    users_file: Option<PathBuf>,
    /// Who may also list and end sessions from elsewhere
    #[arg(long = "admin", value_name = "NAME", help_heading = "Users")]
    admins: Vec<String>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4450", help_heading = "Network")]
    listen: Vec<SocketAddr>,
    /// Whether clients must sign
    #[arg(long, value_enum, default_value = "required", help_heading = "Network")]
    signing: Signing,
    /// Refuse clients that cannot encrypt
    #[arg(long, help_heading = "Network")]
    encrypt: bool,
    /// Let a client use one session over several connections (SMB multichannel); those that can sign by AES-CMAC then
    #[arg(long, help_heading = "Network")]
    multichannel: bool,
    /// Give up root for this user once it listens
    #[arg(long, value_name = "USER", help_heading = "Network")]
    run_as: Option<String>,
    #[command(flatten)]
    nowhere: NoLogin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Signing {
    /// Unsigned requests are refused
    Required,
    /// Clients decide
    Optional,
}

pub(crate) fn run(args: &Args, cli: &Cli) -> Result<Exit, Failure> {
    args.nowhere.check(&cli.connect, "serve")?;
    if cli.json {
        return Err(Failure::usage("serve does not end with a list, so that there is no --json of it"));
    }
    let identity = privileges::Identity::find(args.run_as.as_deref())?;
    let folders = folders(args)?;
    let accounts = Accounts::collect(&args.users, args.users_file.as_deref(), &args.admins)?;
    let local = accounts::local()?;
    let mut builder = Server::builder()
        .name(&computer_name())
        .comment("netsession serve")
        .signing_required(args.signing == Signing::Required)
        .encryption(if args.encrypt { Encryption::Required } else { Encryption::Offered })
        .multi_channel(args.multichannel)
        .account(local.account.clone());
    builder = folders.iter().cloned().fold(builder, netsession_server::Builder::folder);
    builder = accounts.all.into_iter().fold(builder, netsession_server::Builder::account);
    builder = args.listen.iter().fold(builder, |builder, address| builder.listen(*address));
    if !args.listen.iter().any(reaches_loopback) {
        // The local login works from this computer only, and so needs a way in from here.
        builder = builder.listen((Ipv4Addr::LOCALHOST, 0).into());
    }
    let bound = builder.bind().map_err(|error| refused(&error))?;
    // Before any other thread starts, and before anything is opened or written.
    identity.assume()?;
    privileges::allow_many_files();
    let generated = accounts::leave_generated(&accounts.generated)?;
    let near = near(bound.addresses());
    let announced = near.map(|address| Announcement::leave(address, &local.account.name, &local.password));
    if let Some(Err(error)) = &announced {
        output::warn(&format!("the login for this computer cannot be left: {error}"));
        output::hint("commands without a server will not find this one; name its address and log in");
    }
    let greeting = greeting::Greeting {
        addresses: bound.addresses(),
        asked: args.listen.len(),
        folders: &folders,
        user: accounts.first.as_deref().unwrap_or("USER"),
        generated: generated.as_ref().map(netsession::PrivateFile::path),
        is_near: matches!(announced, Some(Ok(_))),
    };
    let greeting = greeting.text();
    serve(bound, &greeting, &local.account.name)
}

/// Serves until somebody interrupts it.
fn serve(bound: Bound, greeting: &str, local: &str) -> Result<Exit, Failure> {
    let runtime = super::threads()?;
    let printer = events::Printer::start(local.to_owned());
    let told = printer.sender();
    runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let bound = bound.on_event(move |event| told.tell(event));
        let server = bound.start().map_err(|error| refused(&error))?;
        output::to_stdout(greeting)?;
        interrupts.wait().await;
        let sessions = server.session_count();
        server.stop().await;
        printer.finish();
        let ended = match sessions {
            0 => "nobody was connected".to_owned(),
            1 => "1 session was ended".to_owned(),
            count => format!("{count} sessions were ended"),
        };
        output::to_stdout(&format!("\nStopped; {ended}.\n"))?;
        Ok(Exit::Done)
    })
}

fn refused(error: &StartError) -> Failure {
    let hint = match error {
        StartError::Listen { source, .. } => match source.kind() {
            std::io::ErrorKind::AddrInUse => {
                "something listens there already: another port by --listen 127.0.0.1:0"
            }
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 take root: start it as root with --run-as USER, or take another port"
            }
            std::io::ErrorKind::AddrNotAvailable => {
                "this computer has no such address: 0.0.0.0 and [::] mean all that it has"
            }
            _ => return Failure::failed(with_cause(error)),
        },
        StartError::InvalidShareName(_) => "give it another name by --share NAME=DIR",
        StartError::DuplicateShareName(_) => "give one of them another name by --share NAME=DIR",
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

/// What is to be shared: at least one folder.
fn folders(args: &Args) -> Result<Vec<Folder>, Failure> {
    let mut folders = Vec::new();
    if let Some(dir) = &args.dir {
        let path = dir.canonicalize().map_err(|error| {
            Failure::usage(format!("cannot share {}: {error}", dir.display()))
                .hint("DIR is a folder of this computer")
        })?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| {
            Failure::usage(format!("{} has no name to be shared under", dir.display()))
                .hint("give it one by --share NAME=DIR")
        })?;
        folders.push(Folder::new(name, path));
    }
    folders.extend(args.shares.iter().cloned());
    for folder in &folders {
        if !folder.path.is_dir() {
            return Err(Failure::usage(format!("cannot share {}: it is no folder", folder.path.display())));
        }
    }
    match folders.is_empty() {
        false => Ok(folders),
        true => Err(Failure::usage("nothing is given to share")
            .hint("netsession serve DIR shares a folder, --share NAME=DIR[:ro] any number of them")),
    }
}

/// `NAME=DIR`, or `NAME=DIR:ro`.
fn share(text: &str) -> Result<Folder, String> {
    let (name, path) = text.split_once('=').ok_or("it is NAME=DIR or NAME=DIR:ro")?;
    let (path, read_only) = path.strip_suffix(":ro").map_or((path, false), |path| (path, true));
    if !Folder::is_valid_name(name) {
        return Err(format!("`{name}` cannot be the name of a share"));
    }
    if path.is_empty() {
        return Err("it names no folder".to_owned());
    }
    let path = std::path::absolute(Path::new(path)).map_err(|error| error.to_string())?;
    Ok(Folder::new(name, path).read_only(read_only))
}

/// Whether a listener hears connections from this computer to a loopback address.
fn reaches_loopback(address: &SocketAddr) -> bool {
    address.ip().is_loopback() || address.ip().is_unspecified()
}

/// Where this computer itself reaches the server.
fn near(addresses: &[SocketAddr]) -> Option<SocketAddr> {
    let address = addresses.iter().find(|address| reaches_loopback(address))?;
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Some(SocketAddr::new(ip, address.port()))
}

/// The computer's name, as far as it can be a NetBIOS name.
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

    /// If this fails, a folder is shared under another name, or one that was to be read only can be changed.
    #[test]
    fn shares_are_read_as_written() {
        let parts = |text| share(text).map(|it| (it.name, it.path.display().to_string(), it.read_only));
        assert_eq!(parts("a=/srv/a"), Ok(("a".into(), "/srv/a".into(), false)));
        assert_eq!(parts("a=/srv/b=c:ro"), Ok(("a".into(), "/srv/b=c".into(), true)));
        for wrong in ["/srv/a", "a=", "a=:ro", "a/b=/srv", "=/srv"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    /// If this fails, commands of this computer are sent to an address that the server does not hear.
    #[test]
    fn the_way_in_from_this_computer() {
        let near_of = |addresses: &[&str]| {
            let addresses: Vec<SocketAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
            near(&addresses).map(|it| it.to_string())
        };
        assert_eq!(near_of(&["10.0.0.5:445"]), None);
        assert_eq!(near_of(&["10.0.0.5:445", "0.0.0.0:4450"]).as_deref(), Some("127.0.0.1:4450"));
        assert_eq!(near_of(&["[::]:445"]).as_deref(), Some("[::1]:445"));
        assert_eq!(near_of(&["127.0.0.2:1"]).as_deref(), Some("127.0.0.2:1"));
    }
}
