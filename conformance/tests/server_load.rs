//! Five hundred endings while twelve clients work. The only test in its file, because it counts what the process holds.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow, ensure};
use netsession::{
    ConnectOptions, DiskShare, Error, Login, Secret, Server, ServerAddress, ServerTarget, Win32Error,
};
use netsession_conformance::memory::resident;
use netsession_conformance::{Embedded, PASSWORD, Smbclient, wait_until};
use netsession_server::{EndReason, Event};
use tokio::runtime::Runtime;

/// The clients whose sessions end.
const ENDED: usize = 9;
/// The sessions that end.
const ENDINGS: usize = 500;
/// The sessions that end before the process is measured.
const WARM_UP: usize = 100;
/// How much more memory the process may take afterwards, in KiB: 128 KiB for each session that ended. Without a leak, it
/// differs by 25 MiB from one time to the next, and does not grow with the number of endings.
const MORE_MEMORY: u64 = 64 << 10;
/// A file of several requests.
const SIZE: usize = 3 << 20;

/// A failure here would leave memory or descriptors of ended sessions behind, or disturb the clients of other users.
#[test]
#[ignore = "ends 500 sessions under load, which takes half a minute: cargo xtask test --full"]
fn five_hundred_endings_leave_everything_else_as_it_was() -> Result<()> {
    let ended = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ended);
    let server = Embedded::start_with(|builder| {
        builder.on_event(move |event| {
            if let Event::SessionEnded(_, EndReason::EndedBy(_)) = event {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        })
    })?;
    let panicked = Arc::new(AtomicBool::new(false));
    note_panics(&panicked);
    // The allocator keeps what the clients and the server need at once. Only what is added later was lost.
    let start = Held::now()?;
    load(&server, &ended, WARM_UP)?;
    let before = start.wait_for_descriptors()?;
    load(&server, &ended, WARM_UP + ENDINGS)?;
    let after = start.wait_for_descriptors()?;
    eprintln!("{} sessions ended; before: {before:?}, after: {after:?}", ended.load(Ordering::Relaxed));
    ensure!(!panicked.load(Ordering::Relaxed), "something panicked");
    ensure!(after.memory < before.memory + MORE_MEMORY, "memory grows: {before:?}, then {after:?}");
    Ok(())
}

/// Lets clients work until so many sessions have ended, then waits until all clients are gone.
fn load(server: &Embedded, ended: &AtomicUsize, endings: usize) -> Result<()> {
    let address = server.address()?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| -> Result<()> {
        let mut clients: Vec<ScopedJoinHandle<'_, Result<usize>>> = Vec::new();
        for number in 0..ENDED {
            let done = &done;
            clients.push(scope.spawn(move || whatever_happens(address, number, done)));
        }
        let others: Vec<_> = ["bob", "carol"]
            .into_iter()
            .map(|user| {
                let done = &done;
                scope.spawn(move || without_an_error(address, user, done))
            })
            .chain([scope.spawn(|| listing(address, &done))])
            .collect();
        let has_stopped = || others.iter().any(ScopedJoinHandle::is_finished);
        let result = end_many(server, ended, endings, has_stopped);
        done.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().map_err(|_| anyhow!("a client panicked"))??;
        }
        for other in others {
            let rounds = other.join().map_err(|_| anyhow!("a client panicked"))?;
            let rounds = rounds.context("a client whose session nobody ended")?;
            ensure!(rounds > 0, "a client that nobody disturbed did no work");
        }
        result
    })?;
    nobody_is_left(server)
}

/// Sets `panicked` when a thread or a task of this process panics.
fn note_panics(panicked: &Arc<AtomicBool>) {
    let (seen, before) = (Arc::clone(panicked), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        seen.store(true, Ordering::Relaxed);
        before(info);
    }));
}

/// What this process holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Resident memory in KiB.
    memory: u64,
    descriptors: usize,
}

impl Held {
    fn now() -> Result<Self> {
        let memory = resident(std::process::id())?;
        Ok(Self { memory, descriptors: fs::read_dir("/proc/self/fd")?.count() })
    }

    /// Waits until the process has no more descriptors than it had then; returns what it holds.
    fn wait_for_descriptors(&self) -> Result<Self> {
        let closed = wait_until("the descriptors to be closed", || {
            let now = Self::now()?;
            Ok((now.descriptors <= self.descriptors).then_some(now))
        });
        closed.with_context(|| format!("{self:?}, then {:?}", Self::now()))
    }
}

/// Ends alice's sessions again and again, in turn by an administrator's call and by the server's own method.
fn end_many(
    server: &Embedded,
    ended: &AtomicUsize,
    endings: usize,
    has_stopped: impl Fn() -> bool,
) -> Result<()> {
    while ended.load(Ordering::Relaxed) < endings {
        ensure!(!has_stopped(), "a client whose session nobody ended has stopped");
        wait_until("clients at work", || {
            let sessions = server.server()?.sessions();
            Ok(sessions.iter().any(|it| it.user() == "alice" && it.open_count() > 0).then_some(()))
        })?;
        end_sessions(server.address()?, "alice")?;
        for session in server.server()?.sessions() {
            if session.user() == "alice" && session.open_count() > 0 {
                server.server()?.end_session(&session);
            }
        }
    }
    Ok(())
}

/// Ends the sessions of a user by NetrSessionDel; they may have ended already.
fn end_sessions(address: SocketAddr, user: &str) -> Result<()> {
    let (target, login) = (target(address)?, Login::new("admin", Secret::password(PASSWORD))?);
    runtime()?.block_on(async {
        let mut server = Server::connect(&target, &login, &ConnectOptions::default()).await?;
        match server.session_del(None, Some(user)).await {
            Err(error) if error.win32() == Win32Error::NERR_CLIENT_NAME_NOT_FOUND => {}
            done => done?,
        }
        server.close().await?;
        Ok(())
    })
}

fn nobody_is_left(server: &Embedded) -> Result<()> {
    wait_until("everybody to be gone", || Ok(server.who()?.is_empty().then_some(())))?;
    ensure!(server.server()?.opens().is_empty(), "something is still open");
    let shares = server.server()?.shares();
    ensure!(shares.iter().all(|share| share.connection_count() == 0), "a share counts wrongly");
    Ok(())
}

/// Works, whatever becomes of the sessions; returns how often all went well.
fn whatever_happens(address: SocketAddr, number: usize, done: &AtomicBool) -> Result<usize> {
    let client = Client::new(address, "alice", number)?;
    let mut rounds = 0;
    while !done.load(Ordering::Relaxed) {
        rounds += usize::from(client.round().is_ok());
    }
    Ok(rounds)
}

/// Works; every error is a failure.
fn without_an_error(address: SocketAddr, user: &str, done: &AtomicBool) -> Result<usize> {
    let client = Client::new(address, user, 0)?;
    let mut rounds = 0;
    while !done.load(Ordering::Relaxed) {
        client.round()?;
        rounds += 1;
    }
    Ok(rounds)
}

/// Lists the folder on one connection that stays, and logs on beside it.
fn listing(address: SocketAddr, done: &AtomicBool) -> Result<usize> {
    let mut held = Smbclient::new(address, "bob").hold()?;
    let mut rounds = 0;
    while !done.load(Ordering::Relaxed) {
        ensure!(held.works()?, "the listing failed");
        Smbclient::new(address, "carol").run("ls")?;
        rounds += 1;
    }
    Ok(rounds)
}

/// A client that copies a file to the server and back, each time in a new session.
struct Client {
    runtime: Runtime,
    target: ServerTarget,
    login: Login,
    name: String,
    byte: u8,
}

impl Client {
    fn new(address: SocketAddr, user: &str, number: usize) -> Result<Self> {
        let login = Login::new(user, Secret::password(PASSWORD))?;
        let byte = u8::try_from(number)?;
        Ok(Self {
            runtime: runtime()?,
            target: target(address)?,
            login,
            name: format!("{user}{number}"),
            byte,
        })
    }

    fn round(&self) -> Result<()> {
        self.runtime.block_on(async {
            let options = ConnectOptions::default();
            let mut share = DiskShare::connect(&self.target, "data", &self.login, &options).await?;
            let mut left = SIZE;
            let put = share.put(&self.name, async |most| {
                let piece = left.min(most);
                left -= piece;
                Ok(vec![self.byte; piece])
            });
            put.await?;
            let mut is_same = true;
            let got = share.get(&self.name, async |bytes| {
                is_same &= bytes.iter().all(|byte| *byte == self.byte);
                Ok(())
            });
            let got = got.await?;
            ensure!(is_same && usize::try_from(got)? == SIZE, "{} has other content", self.name);
            share.close().await.map_err(Error::into)
        })
    }
}

fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn target(address: SocketAddr) -> Result<ServerTarget> {
    Ok(ServerAddress::new(&address.ip().to_string(), address.port())?.into())
}
