//! One call on a pipe that is already open.

use std::time::Instant;

use anyhow::Result;
use netsession::{ConnectOptions, Login, Secret, blocking};
use netsession_conformance::{ADMIN, PASSWORD, Proxy, Samba};

use crate::measure;
use crate::median;
use crate::process::{impacket, rpcclient};

/// The number of calls in one measurement.
const CALLS: u32 = 1000;

/// The number of measurements of each program, one after the other.
const ROUNDS: usize = 7;

/// Connects as the administrator.
pub(crate) fn connect(port: u16) -> Result<blocking::Server> {
    let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
    Ok(blocking::Server::connect(&format!("127.0.0.1:{port}").parse()?, &login, &ConnectOptions::default())?)
}

/// NetrSessionEnum, by each program in a loop.
pub(crate) fn calls(samba: &Samba) -> Result<()> {
    let requests = requests_per_call(samba)?;
    let mut rows = Vec::new();
    for round in 0..=ROUNDS {
        let row = [library(samba)? / requests, by_rpcclient(samba)?, by_impacket(samba)?];
        if round > 0 {
            rows.push(row);
        }
    }
    let ratio = |index: usize| {
        median(
            &rows.iter().map(|row| row.get(index).copied().unwrap_or(f64::NAN) / row[1]).collect::<Vec<_>>(),
        )
    };
    println!("| a NetrSessionEnum on an open pipe: wall time | {:.2} | {:.2} |", ratio(0), ratio(2));
    let absolute: Vec<String> = rows
        .iter()
        .map(|row| format!("{:.3}/{:.3}/{:.3}", row[0] * 1e3, row[1] * 1e3, row[2] * 1e3))
        .collect();
    eprintln!("a call, ms, netsession/rpcclient/impacket: {}", absolute.join(" "));
    Ok(())
}

/// Returns how many requests the library sends for one list, once it knows the server.
fn requests_per_call(samba: &Samba) -> Result<f64> {
    let proxy = Proxy::plain().to(samba.address())?;
    let mut server = connect(proxy.address().port())?;
    server.sessions()?;
    let before = proxy.counts().requests;
    for _ in 0..10 {
        server.sessions()?;
    }
    Ok(f64::from(u32::try_from(proxy.counts().requests - before)?) / 10.0)
}

fn library(samba: &Samba) -> Result<f64> {
    let mut server = connect(samba.port())?;
    server.sessions()?;
    let start = Instant::now();
    for _ in 0..CALLS {
        server.sessions()?;
    }
    let seconds = start.elapsed().as_secs_f64() / f64::from(CALLS);
    server.close()?;
    Ok(seconds)
}

/// The difference between many calls and one, so that starting and logging on cancel out.
fn by_rpcclient(samba: &Samba) -> Result<f64> {
    let commands = |calls: usize| vec!["netsessenum"; calls].join(";");
    let many = measure::run(&rpcclient(samba, samba.port(), &commands(CALLS as usize))?)?;
    let one = measure::run(&rpcclient(samba, samba.port(), &commands(1))?)?;
    Ok((many.wall - one.wall) / f64::from(CALLS - 1))
}

fn by_impacket(samba: &Samba) -> Result<f64> {
    let calls = |calls: u32| {
        impacket(
            samba.port(),
            &format!("for _ in range({calls}): srvs.hNetrSessionEnum(dce, '\\0', NULL, 1)"),
        )
    };
    let many = measure::run(&calls(CALLS))?;
    let one = measure::run(&calls(1))?;
    Ok((many.wall - one.wall) / f64::from(CALLS - 1))
}
