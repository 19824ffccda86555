//! `netsession exporter`: serves metrics of servers to Prometheus.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use netsession_admin::{Error, location};
use netsession_config::Config;
use netsession_exporter::{Certificate, Changes, Exporter, Listener, Options, serve};
use netsession_journal::Timestamp;
use tokio::task::LocalSet;

use super::reference::cannot_listen;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Servers, parse_listen_address};
use crate::interrupt::Interrupts;
use crate::runtime::block_on;
use crate::servers::targets;
use crate::{notify, output};

/// Serve metrics of servers to Prometheus
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A scrape of /metrics lists the sessions of each server once. /probe?target=NAME asks one of these servers, and never \
another. The metrics name users only with --by-user.

Examples:
  netsession exporter @files
  netsession exporter @files --by-user --listen 127.0.0.1:9744")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,

    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listen_address, default_value = "127.0.0.1:9744")]
    listen: SocketAddr,

    /// Listen on a Unix socket instead, for a proxy on this computer
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["listen", "allow_plain_http", "tls_cert"])]
    listen_unix: Option<PathBuf>,

    /// Encrypt with TLS 1.3: the certificate, and those of its authorities, in a PEM file. Then other computers can connect
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The key of the certificate, in a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Accept unencrypted requests from other computers
    #[arg(long)]
    allow_plain_http: bool,

    /// Also count the sessions and the open files of each user
    #[arg(long, help_heading = "Metrics")]
    by_user: bool,

    /// Also count the connections to each share, with a second listing
    #[arg(long, help_heading = "Metrics")]
    by_share: bool,

    #[command(flatten)]
    connect: Connect,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let is_encrypted = args.tls_cert.is_some();
    if !args.listen.ip().is_loopback() && !args.allow_plain_http && !is_encrypted {
        let refused =
            format!("{} is not a loopback address: other computers could read the metrics", args.listen);
        return Err(Failure::usage(refused).hint(
            "encrypt with --tls-cert and --tls-key, listen on 127.0.0.1, or pass --allow-plain-http in a network that you trust",
        ));
    }
    let targets = targets(&args.servers.servers, &args.connect)?;
    let options = Options { by_user: args.by_user, by_share: args.by_share };
    let exporter = Exporter::new(targets, options);
    let exporter = match changes()? {
        Some(changes) => exporter.counting(changes),
        None => exporter,
    };
    block_on(LocalSet::new().run_until(served(args, Rc::new(exporter))))?
}

/// Returns what counts the changes in the journal. None if the configuration turns the journal off.
fn changes() -> Result<Option<Changes>, Failure> {
    let config = Config::read().map_err(Error::from)?;
    let table = config.journal();
    if !table.is_enabled && !table.required {
        return Ok(None);
    }
    Ok(Some(Changes::from_now(location(table).map_err(Error::from)?)))
}

async fn served(args: &Args, exporter: Rc<Exporter>) -> Result<Exit, Failure> {
    let mut interrupts = Interrupts::listen()?;
    let listener = listener(args).await?;
    if let Some(address) = listener.address() {
        let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
        output::to_stdout(&format!("{scheme}://{address}/metrics\n"))?;
    }
    notify::ready();
    output::note("Press Ctrl-C to stop.");
    let stop = async {
        interrupts.wait().await;
        notify::stopping();
    };
    let served = serve(listener, Rc::clone(&exporter), stop).await;
    served.map_err(|error| Failure::failed(format!("the exporter stopped: {error}")))?;
    exporter.close().await;
    Ok(Exit::Done)
}

async fn listener(args: &Args) -> Result<Listener, Failure> {
    #[cfg(unix)]
    if let Some(path) = &args.listen_unix {
        let failed = |error| Failure::failed(format!("cannot listen on {}: {error}", path.display()));
        return Listener::unix(path).await.map_err(failed);
    }
    // A wrong file is an error before the port is taken.
    let certificate = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(certificate_of(certificate, key)?),
        _ => None,
    };
    let listener = Listener::tcp(args.listen).await.map_err(|error| cannot_listen(args.listen, &error))?;
    Ok(match certificate {
        Some(certificate) => listener.encrypted_by(certificate),
        None => listener,
    })
}

fn certificate_of(certificate: &Path, key: &Path) -> Result<Certificate, Failure> {
    let failed = |error| Failure::failed(format!("cannot encrypt: {error}"));
    let read = Certificate::read(certificate, key).map_err(failed)?;
    if let Some(end) = read.expires().filter(|end| *end < Timestamp::now()) {
        output::warn(&format!(
            "the certificate {} expired at {end}: clients refuse it",
            certificate.display()
        ));
    }
    Ok(read)
}
