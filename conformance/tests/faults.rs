//! RPC faults: each status that a server can return keeps its name, its code and its hint, in the command and in the C
//! library.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/driver.rs"]
mod driver;
#[path = "faults/server.rs"]
mod server;

use anyhow::{Result, ensure};
use driver::Driver;
use netsession::FaultCode;
use netsession_conformance::{ADMIN, Netsession, PASSWORD};
use server::Faulty;

/// Every status that has a name, and some that have none: an NTSTATUS, and unknown numbers.
fn codes() -> Vec<FaultCode> {
    let blocks = [0..0x800_u32, 0x1c00_0000..0x1c00_0040, 0x1c01_0000..0x1c01_0020];
    let named = blocks.into_iter().flatten().map(FaultCode).filter(|code| code.name().is_some());
    named.chain([1234, 0xc000_0022, u32::MAX].map(FaultCode)).collect()
}

/// A failure here would show a fault under another name, twice, or as success.
#[test]
fn the_command_names_each_fault_once() -> Result<()> {
    let server = Faulty::start()?;
    ensure!(codes().len() > 45);
    for code in codes() {
        server.answer(code);
        let end = ["end", &server.name(), "--user", "bob", "--yes"];
        for arguments in [&["sessions", &server.name()][..], &end] {
            let run = Netsession::admin()?.args(arguments).run()?;
            let shown = format!("RPC fault {code}");
            ensure!(run.code == Some(1) && run.stdout.is_empty(), "{code}: {run:?}");
            ensure!(run.stderr.matches(&shown).count() == 1, "{code}: {run:?}");
            let hints = run.stderr.matches("hint: ").count();
            ensure!(hints == 1, "{code}: {run:?}");
        }
    }
    Ok(())
}

/// A failure here would return another code than Windows does to a C program, or success.
#[test]
fn the_c_library_returns_each_fault_as_its_win32_error() -> Result<()> {
    let (server, driver) = (Faulty::start()?, Driver::compile()?);
    for code in codes() {
        server.answer(code);
        let (mut run, _home) = driver.run(&["list", &server.name()])?;
        run.env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
        let output = run.env("NETSESSION_SERVERS", server.name()).output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(printed.contains(&format!(" {} 0", code.win32().0)), "{code}: {printed} {log}");
        ensure!(code.win32().0 != 0, "{code} looks like success");
        ensure!(log.matches(&code.to_string()).count() == 1, "{code}: {log}");
    }
    Ok(())
}
