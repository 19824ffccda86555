//! [`Estate`]: a thousand servers at addresses of this computer. Most of them are the embedded server; some are dead, some
//! never answer, and some answer late.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::Embedded;

/// How long a late server waits before its first answer.
pub const LATE: Duration = Duration::from_secs(4);

/// How many servers of each kind an estate has.
#[derive(Debug, Clone, Copy)]
pub struct Kinds {
    /// Servers that answer at once.
    pub good: usize,
    /// Addresses at which nothing listens.
    pub dead: usize,
    /// Servers that accept connections and never answer.
    pub silent: usize,
    /// Servers that answer after [`LATE`].
    pub late: usize,
}

impl Kinds {
    /// The number of servers.
    #[must_use]
    pub const fn count(self) -> usize {
        self.good + self.dead + self.silent + self.late
    }
}

/// The servers. Dropping it stops them.
#[derive(Debug)]
pub struct Estate {
    /// Their names on netsession's command line. The kinds are mixed.
    pub names: Vec<String>,
    /// The server at the good and the late addresses.
    pub server: Embedded,
    /// The connections that are open at the silent servers.
    open: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Estate {
    /// Starts the servers.
    ///
    /// # Errors
    /// A listener does not start.
    pub fn start(kinds: Kinds) -> Result<Self> {
        let server = Embedded::start_with(|builder| builder.listen((Ipv4Addr::UNSPECIFIED, 0).into()))?;
        let everywhere = server.addresses()?.iter().find(|address| address.ip().is_unspecified());
        let good = everywhere.context("the server does not listen everywhere")?.port();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let everywhere = || runtime.block_on(TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)));
        let (silent, late, dead) = (everywhere()?, everywhere()?, everywhere()?);
        let ports = [good, dead.local_addr()?.port(), silent.local_addr()?.port(), late.local_addr()?.port()];
        drop(dead);
        let open = Arc::new(AtomicUsize::new(0));
        runtime.spawn(keep_silent(silent, Arc::clone(&open)));
        runtime.spawn(answer_late(late, (Ipv4Addr::LOCALHOST, good).into()));
        Ok(Self { names: names(kinds, ports), server, open, _runtime: runtime })
    }

    /// Returns the number of connections that are open at the silent servers.
    #[must_use]
    pub fn open_at_silent(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// Returns the names, with the ports of the good, dead, silent and late servers. Each kind is spread over the whole list.
fn names(kinds: Kinds, ports: [u16; 4]) -> Vec<String> {
    let counts = [kinds.good, kinds.dead, kinds.silent, kinds.late];
    let of_kind = |(count, port): (usize, u16)| (0..count).map(move |n| ((2 * n + 1, 2 * count), port));
    let mut places: Vec<_> = counts.into_iter().zip(ports).flat_map(of_kind).collect();
    places.sort_by_key(|((part, whole), _)| part * 1_000_000 / whole);
    let address = |index: usize| {
        let [.., high, low] = index.to_be_bytes();
        Ipv4Addr::new(127, 1, high, low)
    };
    places.iter().enumerate().map(|(index, (_, port))| format!("{}:{port}", address(index + 256))).collect()
}

async fn keep_silent(listener: TcpListener, open: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        open.fetch_add(1, Ordering::Relaxed);
        let open = Arc::clone(&open);
        tokio::spawn(async move {
            while stream.read(&mut [0; 1_024]).await.is_ok_and(|count| count > 0) {}
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn answer_late(listener: TcpListener, server: SocketAddr) {
    while let Ok((mut client, _)) = listener.accept().await {
        tokio::spawn(async move {
            tokio::time::sleep(LATE).await;
            let mut server = TcpStream::connect(server).await?;
            server.set_nodelay(true)?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}
