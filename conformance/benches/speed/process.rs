//! Whole processes, as a shell sees them: start, logon, call and end.

use std::process::Command;

use anyhow::{Context, Result};
use netsession_conformance::{ADMIN, Netsession, PASSWORD, Samba};

use crate::measure::{self, Cost};
use crate::median;

/// The number of rounds, each with every program once, in rotating order.
const ROUNDS: usize = 21;

/// The programs to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Netsession,
    Rpcclient,
    Impacket,
}

impl Program {
    pub(crate) const ALL: [Self; 3] = [Self::Netsession, Self::Rpcclient, Self::Impacket];
}

/// Ends alice's session at 127.0.0.7.
pub(crate) fn end_command(program: Program, samba: &Samba, port: u16) -> Result<Command> {
    Ok(match program {
        Program::Netsession => {
            let server = format!("127.0.0.1:{port}");
            let end = ["end", &server, "--client", "127.0.0.7", "--user", "alice", "--yes"];
            return Ok(Netsession::admin()?.args(end).into_parts().0);
        }
        Program::Rpcclient => rpcclient(samba, port, "netsessdel 127.0.0.7 alice")?,
        Program::Impacket => impacket(port, r"srvs.hNetrSessionDel(dce, '\\\\127.0.0.7\0', 'alice\0')"),
    })
}

/// Lists the sessions.
pub(crate) fn sessions_command(program: Program, samba: &Samba, port: u16) -> Result<Command> {
    Ok(match program {
        Program::Netsession => {
            let server = format!("127.0.0.1:{port}");
            return Ok(Netsession::admin()?.args(["sessions", &server]).into_parts().0);
        }
        Program::Rpcclient => rpcclient(samba, port, "netsessenum")?,
        Program::Impacket => impacket(port, r"srvs.hNetrSessionEnum(dce, '\0', NULL, 1)"),
    })
}

/// Returns rpcclient with these commands.
pub(crate) fn rpcclient(samba: &Samba, port: u16, commands: &str) -> Result<Command> {
    let login = samba.folder().join("rpcclient-login");
    if !login.exists() {
        std::fs::write(&login, format!("username = {ADMIN}\npassword = {PASSWORD}\n"))?;
    }
    let mut command = Command::new("rpcclient");
    command.args(["--configfile=/dev/null", "--authentication-file"]).arg(login).args([
        &format!("--port={port}"),
        "127.0.0.1",
        "-c",
        commands,
    ]);
    Ok(command)
}

/// Returns a Python program that logs on with impacket and makes these calls on srvsvc.
pub(crate) fn impacket(port: u16, calls: &str) -> Command {
    let program = format!(
        "
import os
from impacket.dcerpc.v5 import srvs, transport
from impacket.dcerpc.v5.dtypes import NULL
link = transport.SMBTransport('127.0.0.1', {port}, r'\\srvsvc', os.environ['BENCH_USER'], os.environ['BENCH_PASSWORD'])
dce = link.get_dce_rpc()
dce.connect()
dce.bind(srvs.MSRPC_UUID_SRVS)
{calls}
dce.disconnect()
"
    );
    let mut command = Command::new(std::env::var_os("NETSESSION_PYTHON").unwrap_or("python3".into()));
    command.args(["-c", &program]).env("BENCH_USER", ADMIN).env("BENCH_PASSWORD", PASSWORD);
    command
}

/// Measures `netsession end`, which also lists and verifies, beside one bare NetSessionDel by the other programs.
pub(crate) fn end(samba: &Samba) -> Result<()> {
    rounds(
        "`end` of one held session, listed before and verified after; the others: one netsessdel",
        |program| {
            let held = samba.hold_from("alice", 7)?;
            let cost = measure::run(&end_command(program, samba, samba.port())?)?;
            drop(held);
            samba.wait_for(&[])?;
            Ok(cost)
        },
    )
}

/// Measures `netsession sessions` beside the enumeration by the other programs.
pub(crate) fn sessions(samba: &Samba) -> Result<()> {
    let _alice = samba.hold_from("alice", 7)?;
    rounds("`sessions`", |program| measure::run(&sessions_command(program, samba, samba.port())?))
}

fn rounds(what: &str, mut one: impl FnMut(Program) -> Result<Cost>) -> Result<()> {
    let mut costs: Vec<[Cost; 3]> = Vec::new();
    for round in 0..=ROUNDS {
        let mut of_round = [None; 3];
        for turn in 0..3 {
            let index = (round + turn) % 3;
            let program = Program::ALL.get(index).copied().context("no such program")?;
            if let Some(cost) = of_round.get_mut(index) {
                *cost = Some(one(program)?);
            }
        }
        // The first round warms up.
        if let [Some(a), Some(b), Some(c)] = of_round
            && round > 0
        {
            costs.push([a, b, c]);
        }
    }
    let ratios = |of: fn(&Cost) -> f64| {
        let ratio = |pick: fn(&[Cost; 3]) -> &Cost| {
            median(&costs.iter().map(|costs| of(pick(costs)) / of(&costs[1])).collect::<Vec<_>>())
        };
        (ratio(|costs| &costs[0]), ratio(|costs| &costs[2]))
    };
    let (netsession, impacket) = ratios(|cost| cost.wall);
    println!("| {what}: wall time | {netsession:.2} | {impacket:.2} |");
    let (netsession, impacket) = ratios(|cost| cost.processor);
    println!("| the same: processor time | {netsession:.2} | {impacket:.2} |");
    let (netsession, impacket) = ratios(|cost| cost.memory);
    let peak = median(&costs.iter().map(|costs| costs[0].memory).collect::<Vec<_>>());
    println!("| the same: peak memory (netsession: {peak:.1} MiB) | {netsession:.2} | {impacket:.2} |");
    let absolute: Vec<String> = costs
        .iter()
        .map(|c| format!("{:.0}/{:.0}/{:.0}", c[0].wall * 1e3, c[1].wall * 1e3, c[2].wall * 1e3))
        .collect();
    eprintln!("wall, ms, netsession/rpcclient/impacket: {}", absolute.join(" "));
    Ok(())
}
