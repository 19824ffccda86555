//! A thousand servers, and ten thousand: netsession beside a loop of rpcclient.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::estate::{Estate, Kinds};
use netsession_conformance::{ADMIN, Netsession, PASSWORD};
use tempfile::TempDir;

use crate::median;

const FEW: usize = 1_000;
const MANY: usize = 10_000;
const ROUNDS: usize = 5;
/// A round of rpcclient takes a minute.
const ROUNDS_OF_RPCCLIENT: usize = 2;

/// Asks every server for its name and version. Each server is an address of this computer, where one embedded server
/// listens on all of them.
pub(crate) fn many() -> Result<()> {
    let estate = Estate::start(Kinds { good: MANY, dead: 0, silent: 0, late: 0 })?;
    let folder = TempDir::new()?;
    let few = estate.names.get(..FEW).context("too few servers")?;
    let (mut ratios, mut times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (of_few, of_many) = (netsession(&folder, few)?, netsession(&folder, &estate.names)?);
        times.push(of_few);
        ratios.push(of_many / of_few);
    }
    let mut beside = Vec::new();
    for _ in 0..ROUNDS_OF_RPCCLIENT {
        let rpcclient = rpcclient(&folder, few)?;
        beside.push(rpcclient / netsession(&folder, few)?);
    }
    println!("| {FEW} servers, one call at each | measured |");
    println!("| --- | --- |");
    println!("| `netsession info` beside `xargs -P64 rpcclient` | {:.0} times as fast |", median(&beside));
    println!("| {MANY} servers beside {FEW} | {:.1} times as long |", median(&ratios));
    eprintln!("{FEW} servers: {:.2} s", median(&times));
    Ok(())
}

fn netsession(folder: &TempDir, servers: &[String]) -> Result<f64> {
    let list = folder.path().join("servers");
    std::fs::write(&list, servers.join("\n"))?;
    let run = Netsession::admin()?.args(["info", "-o", "jsonl", "--servers-from"]).args([&list]);
    let start = Instant::now();
    let outcome = run.run()?.expect_code(0)?;
    let took = start.elapsed().as_secs_f64();
    ensure!(outcome.stdout.lines().count() == servers.len(), "{} rows", outcome.stdout.lines().count());
    Ok(took)
}

fn rpcclient(folder: &TempDir, servers: &[String]) -> Result<f64> {
    let (login, list) = (folder.path().join("login"), folder.path().join("hosts"));
    std::fs::write(&login, format!("username = {ADMIN}\npassword = {PASSWORD}\n"))?;
    let split = |name: &String| {
        name.rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).context("no port")
    };
    let named: Vec<(String, String)> = servers.iter().map(split).collect::<Result<_>>()?;
    let port = named.first().context("no server")?.1.clone();
    let hosts: Vec<&str> = named.iter().map(|(host, _)| host.as_str()).collect();
    std::fs::write(&list, hosts.join("\n"))?;
    let mut xargs = Command::new("xargs");
    xargs.args(["-P64", "-I{}", "rpcclient", "--configfile=/dev/null", "--authentication-file"]).arg(&login);
    xargs.args([&format!("--port={port}"), "{}", "-c", "srvinfo"]).stdin(std::fs::File::open(&list)?);
    let start = Instant::now();
    let output = xargs.output()?;
    let took = start.elapsed().as_secs_f64();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(took)
}
