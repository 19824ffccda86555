//! `netsession reference`: the reference's pages, served on this machine from inside the program.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::args::{Cli, NoLogin};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::output;

/// Show the reference of the netapi32 functions in a browser, from inside this program
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing else is needed, and nothing else is asked for: no page loads anything from another host.
For editors and scripts it has /api/signature/NetSessionDel?lang=vb and /api/search?q=sess, for feed readers /feed.atom.

Examples:
  netsession reference                          on a free port of this computer; the address is printed
  netsession reference --listen 127.0.0.1:8080")]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    #[command(flatten)]
    nowhere: NoLogin,
}

pub(crate) fn run(args: &Args, cli: &Cli) -> Result<Exit, Failure> {
    args.nowhere.check(&cli.connect, "reference")?;
    if cli.json {
        return Err(Failure::usage("reference does not end with a list, so that there is no --json of it"));
    }
    super::block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let listener = TcpListener::bind(args.listen).await.map_err(|error| refused(args.listen, &error))?;
        let address = listener.local_addr().map_err(|error| Failure::failed(error.to_string()))?;
        output::to_stdout(&format!("http://{address}/\n"))?;
        if !address.ip().is_loopback() {
            output::warn(
                "it is not only this computer that can read it: the pages are public and ask for no login",
            );
        }
        output::note("Ctrl-C ends it.");
        let stop = async {
            interrupts.wait().await;
        };
        let served = netsession_site::serve(listener, stop).await;
        served.map_err(|error| Failure::failed(format!("cannot serve any longer: {error}")))?;
        Ok(Exit::Done)
    })?
}

fn refused(address: SocketAddr, error: &std::io::Error) -> Failure {
    let failure = Failure::failed(format!("cannot listen on {address}: {error}"));
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            failure.hint("another port by --listen 127.0.0.1:0, which takes a free one")
        }
        std::io::ErrorKind::AddrNotAvailable => failure.hint("this computer has no such address"),
        std::io::ErrorKind::PermissionDenied => failure.hint("ports below 1024 take root: take another"),
        _ => failure,
    }
}
