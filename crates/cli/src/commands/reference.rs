//! `netsession reference`: serves the manual and the netapi32 reference, which are built into the program.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::{Command, Stdio};

use tokio::net::TcpListener;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::parse_listen_address;
use crate::interrupt::Interrupts;
use crate::output;
use crate::runtime::block_on;

/// Serve the manual and the netapi32 reference as a website on this computer
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The pages work offline: they load nothing from another host.
Editors and scripts can use /api/signature/NetSessionDel?lang=vb and /api/search?q=sess, feed readers /feed.atom.

Examples:
  netsession reference                          print the address of a free port
  netsession reference --open                   open the pages in a browser
  netsession reference --listen 127.0.0.1:8080")]
pub(crate) struct Args {
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listen_address, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Open the pages in a browser
    #[arg(long)]
    open: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let listener =
            TcpListener::bind(args.listen).await.map_err(|error| cannot_listen(args.listen, &error))?;
        let address = listener.local_addr().map_err(|error| Failure::failed(error.to_string()))?;
        output::to_stdout(&format!("http://{address}/\n"))?;
        if args.open {
            open(&format!("http://{}/", reachable(address)));
        }
        if !address.ip().is_loopback() {
            output::warn("other computers can read these pages too: the server asks for no login");
        }
        output::note("Press Ctrl-C to stop.");
        let stop = async {
            interrupts.wait().await;
        };
        let served = netsession_site::serve(listener, stop).await;
        served.map_err(|error| Failure::failed(format!("the server stopped: {error}")))?;
        Ok(Exit::Done)
    })?
}

/// The address that a browser on this computer uses.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Opens an address in the user's browser. A failure is a warning: the address is printed, too.
fn open(url: &str) {
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else {
        Command::new("xdg-open")
    };
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        // The browser outlives this command, and nothing depends on its exit status.
        Ok(mut child) => {
            std::thread::spawn(move || child.wait());
        }
        Err(error) => output::warn(&format!("cannot open a browser: {error}; open the address yourself")),
    }
}

/// Says why the command cannot listen, and what to do.
pub(super) fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    let failure = Failure::failed(format!("cannot listen on {address}: {error}"));
    match error.kind() {
        ErrorKind::AddrInUse => {
            failure.hint("another program uses this port; pick a free one with --listen 127.0.0.1:0")
        }
        ErrorKind::AddrNotAvailable => failure.hint("this computer has no such address"),
        ErrorKind::PermissionDenied => failure.hint("ports below 1024 need root; use another port"),
        _ => failure,
    }
}
