//! The tables of the embedded server: many sessions, and the cost of listing them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use netsession::{ConnectOptions, DiskShare, Login, Secret, ServerAddress, ServerTarget};
use netsession_conformance::{Crowd, Embedded, Netsession, PASSWORD, memory};
use tokio::runtime::Runtime;

use crate::embedded::Stage;
use crate::{measure, median, process};

/// The number of times that the benchmark requests a list.
const LISTINGS: usize = 9;

/// Idle sessions, each on a connection of its own, and many on few connections: the server's memory for one session,
/// and the time of one NetrSessionEnum of all.
pub(crate) fn idle() -> Result<()> {
    const CONNECTIONS: u32 = 2000;
    let stage = Stage::new()?;
    let serve = stage.serve(&["--admin", "alice"])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let before = resident(serve.id())?;
    let held = runtime.block_on(async {
        let (target, login) = (target(serve.address())?, login()?);
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            held.push(DiskShare::connect(&target, "data", &login, &ConnectOptions::default()).await?);
        }
        anyhow::Ok(held)
    })?;
    let what = format!("{CONNECTIONS} connections with an idle session each");
    report(&what, CONNECTIONS, serve.address(), serve.id(), before, &runtime)?;
    drop(held);
    drop(serve);

    const CROWDS: u32 = 10;
    const EACH: u32 = 1000;
    let serve = stage.serve(&["--admin", "alice"])?;
    let before = resident(serve.id())?;
    let mut crowds = Vec::new();
    for _ in 0..CROWDS {
        let mut crowd = Crowd::connect(serve.address())?;
        for _ in 0..EACH {
            crowd.join("alice", "data")?;
        }
        crowds.push(crowd);
    }
    let what = format!("{} idle sessions on {CROWDS} connections", CROWDS * EACH);
    report(&what, CROWDS * EACH, serve.address(), serve.id(), before, &runtime)
}

/// Prints the memory of one session, and how long listing all takes. `before` is the server's memory without them.
fn report(
    what: &str,
    count: u32,
    server: SocketAddr,
    pid: u32,
    before: f64,
    runtime: &Runtime,
) -> Result<()> {
    // By then, connections have freed the memory that they keep for a moment after use.
    std::thread::sleep(Duration::from_secs(3));
    let each = (resident(pid)? - before) / f64::from(count);
    let times = runtime.block_on(async {
        let mut server =
            netsession::Server::connect(&target(server)?, &login()?, &ConnectOptions::default()).await?;
        let mut times = Vec::new();
        for _ in 0..LISTINGS {
            let start = Instant::now();
            let listed = server.sessions().await?.len();
            times.push(start.elapsed().as_secs_f64() * 1e3);
            ensure!(listed == usize::try_from(count)? + 1, "{listed} sessions are listed");
        }
        Ok(times)
    })?;
    println!("{what}: {each:.1} KiB for one; all listed in {:.1} ms.", median(&times));
    Ok(())
}

fn target(server: SocketAddr) -> Result<ServerTarget> {
    Ok(ServerAddress::new(&server.ip().to_string(), server.port())?.into())
}

fn login() -> Result<Login> {
    Ok(Login::new("alice", Secret::password(PASSWORD))?)
}

/// A long table: the cost of listing it.
pub(crate) fn long_table() -> Result<()> {
    const SESSIONS: u32 = 100_000;
    let server = Embedded::start()?;
    fill(&server, SESSIONS)?;
    let name = server.name()?;
    let ours = Netsession::admin()?.args(["sessions", &name, "--json"]).into_parts().0;
    let ours = measure::run(&ours)?;
    let calls = r"srvs.hNetrSessionEnum(dce, '\0', NULL, 10)";
    let theirs = measure::run(&process::impacket(server.address()?.port(), calls));
    println!("{SESSIONS} sessions listed: netsession {:.1} MiB and {:.2} s;", ours.memory, ours.wall);
    match theirs {
        Ok(cost) => println!("impacket {:.1} MiB and {:.2} s.", cost.memory, cost.wall),
        Err(error) => {
            println!("impacket does not: {}.", error.to_string().lines().last().unwrap_or_default());
        }
    }
    Ok(())
}

/// Adds this number of sessions of bob to a server, each from a client of its own, without connections.
pub(crate) fn fill(server: &Embedded, sessions: u32) -> Result<()> {
    let server = server.server()?;
    for number in 0..sessions {
        let [_, b, c, d] = number.to_be_bytes();
        ensure!(netsession_server::testing::add_session(server, [10, b, c, d].into(), "bob"), "no bob");
    }
    Ok(())
}

/// Returns the resident memory of a process in KiB.
fn resident(pid: u32) -> Result<f64> {
    Ok(u32::try_from(memory::resident(pid)?)?.into())
}
