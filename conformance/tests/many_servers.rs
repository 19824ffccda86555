//! A stream over a thousand servers, some of which never answer, that the test cancels half-way. The test is alone in
//! its file, because it counts the process's descriptors.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use netsession::{ConnectOptions, Login, Secret, ServerAddress};
use netsession_admin::{Error, Limits, Outcome, Target, ask_many};
use netsession_conformance::{ADMIN, Embedded, PASSWORD, wait_until};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

const SERVERS: u8 = 200;
/// The number of networks, each with [`SERVERS`] addresses.
const NETWORKS: u8 = 5;
const AT_ONCE: usize = 256;
/// Every fifth server never answers: fewer servers than the stream queries at once, so that the others get their turn.
const SILENT: usize = 5;
const HALF: usize = 400;

/// A server at every address of this computer that accepts connections and never answers.
struct Silent {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Silent {
    fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)))?;
        let address = listener.local_addr()?;
        let (accepted, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, held) = (Arc::clone(&accepted), Arc::clone(&open));
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                held.fetch_add(1, Ordering::Relaxed);
                let held = Arc::clone(&held);
                tokio::spawn(async move {
                    while stream.read(&mut [0; 1_024]).await.is_ok_and(|count| count > 0) {}
                    held.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Ok(Self { address, accepted, open, _runtime: runtime })
    }
}

/// The targets: 127.1.0.1 to 127.5.0.200, each at the port of the good server or of the silent one.
fn targets(good: SocketAddr, silent: SocketAddr) -> Result<Vec<Target>> {
    let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
    let mut options = ConnectOptions::default();
    (options.connect_timeout, options.call_timeout) = (Duration::from_secs(120), Duration::from_secs(120));
    let addresses =
        (1..=NETWORKS).flat_map(|net| (1..=SERVERS).map(move |host| Ipv4Addr::new(127, net, 0, host)));
    addresses
        .enumerate()
        .map(|(index, ip)| {
            let port = if index % SILENT == 0 { silent.port() } else { good.port() };
            let address = ServerAddress::new(&ip.to_string(), port)?;
            Ok(Target::new(address.to_string(), address, login.clone(), options.clone()))
        })
        .collect()
}

/// This process's open descriptors.
fn descriptors() -> Result<usize> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}

async fn sessions(target: &Target) -> Result<usize, Error> {
    let mut server = target.connect().await?;
    let sessions = server.sessions().await?;
    // A busy computer may answer the logoff too late. The server ends the session with the connection all the same.
    let _ = server.close().await;
    Ok(sessions.len())
}

/// A failure here would leave connections and work behind whenever a caller stops waiting, until the process runs out
/// of descriptors.
#[test]
fn a_cancelled_stream_over_a_thousand_servers_leaves_nothing_open() -> Result<()> {
    let good = Embedded::start_with(|builder| builder.listen((Ipv4Addr::UNSPECIFIED, 0).into()))?;
    let address =
        good.addresses()?.iter().find(|address| address.ip().is_unspecified()).context("no address")?;
    let silent = Silent::start()?;
    let targets = targets(*address, silent.address)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let before = descriptors()?;

    let (answered, outstanding) = runtime.block_on(async {
        let limits = Limits { at_once: AT_ONCE, ..Limits::default() };
        let mut answers = ask_many(targets.iter().map(|target| (target.name(), target)), limits, sessions);
        let outstanding = answers.outstanding();
        let mut answered = 0;
        while answered < HALF {
            let answer = answers.next().await.context("too few answers")?;
            ensure!(matches!(answer.outcome, Outcome::Answered(Ok(1..))), "{answer:?}");
            answered += 1;
        }
        ensure!(descriptors()? > before, "connections are open when the stream is dropped");
        drop(answers);
        // An attempt to connect is a task, which ends when the runtime gets its next turn.
        let metrics = tokio::runtime::Handle::current().metrics();
        let tasks_end = async {
            while metrics.num_alive_tasks() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(5), tasks_end).await.context("a task is left")?;
        Ok::<_, anyhow::Error>((answered, outstanding))
    })?;

    ensure!(outstanding.count() == targets.len() - answered, "{} outstanding", outstanding.count());
    ensure!(silent.accepted.load(Ordering::Relaxed) > 0, "no silent server was asked");
    let until = |what, is_so: &dyn Fn() -> Result<bool>| wait_until(what, || Ok(is_so()?.then_some(())));
    until("the silent server's connections to close", &|| Ok(silent.open.load(Ordering::Relaxed) == 0))?;
    until("the good server's sessions to end", &|| Ok(good.who()?.is_empty()))?;
    until("every descriptor to be closed", &|| Ok(descriptors()? <= before))
}
