//! `netsession reference`: serves the pages of the netapi32 reference, which are built into the program.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::output;
use crate::runtime::block_on;

/// Serve the netapi32 reference as a website on this computer
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The pages work offline: they load nothing from another host.
Editors and scripts can use /api/signature/NetSessionDel?lang=vb and /api/search?q=sess, feed readers /feed.atom.

Examples:
  netsession reference                          print the address of a free port
  netsession reference --listen 127.0.0.1:8080")]
pub(crate) struct Args {
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let listener =
            TcpListener::bind(args.listen).await.map_err(|error| cannot_listen(args.listen, &error))?;
        let address = listener.local_addr().map_err(|error| Failure::failed(error.to_string()))?;
        output::to_stdout(&format!("http://{address}/\n"))?;
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

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
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
