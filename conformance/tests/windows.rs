//! What is built for Windows and runs in Wine, beside the tests of the command that `cargo xtask test --windows` runs with it.
#![cfg(test)]
#![cfg(unix)]

use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_conformance::{ADMIN, PASSWORD, Samba};

/// Runs `examples/c/windows.c`, which the tools of Windows have linked with the system's library, beside `netapi32.dll`.
fn sessions(arguments: &[&str]) -> Result<(Option<i32>, String)> {
    let program = std::env::var_os("NETSESSION_WINDOWS_PROGRAM").context("no NETSESSION_WINDOWS_PROGRAM")?;
    let [server, ..] = arguments else { anyhow::bail!("no server") };
    let mut command = Command::new(program);
    command.args(arguments).env("NETSESSION_LOGIN", ADMIN).env("NETSESSION_PASSWORD", PASSWORD);
    let run = command.env("NETSESSION_SERVERS", server).output()?;
    let text = String::from_utf8_lossy(&run.stdout).replace('\r', "") + &String::from_utf8_lossy(&run.stderr);
    Ok((run.status.code(), text))
}

/// A failure here would end another user's session, or none, in a program for Windows that loads this library instead of the system's.
#[test]
#[ignore = "needs Wine: cargo xtask test --windows"]
fn in_wine_a_program_lists_and_ends_sessions() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold_from("bob", 8)?;
    let name = samba.name();
    let (code, listed) = sessions(&[&name])?;
    ensure!(code == Some(0), "{code:?}: {listed}");
    for session in ["127.0.0.7\talice\t", "127.0.0.8\tbob\t"] {
        ensure!(listed.contains(session), "{session}: {listed}");
    }
    let (code, ended) = sessions(&[&name, r"\\127.0.0.7", "alice"])?;
    ensure!(code == Some(0) && ended.ends_with("ended\n"), "{code:?}: {ended}");
    ensure!(!alice.works()? && bob.works()?, "{ended}");
    let (code, unknown) = sessions(&[&name, r"\\127.0.0.9", "alice"])?;
    ensure!(code == Some(1) && unknown.contains("NetSessionEnum: error 2312"), "{code:?}: {unknown}");
    Ok(())
}
