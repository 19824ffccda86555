//! Clients of other projects that copy, are ended, and come back.
#![cfg(test)]
#![cfg(unix)]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use netsession_conformance::{Embedded, Foreign, impacket, languages, wait_until};
use netsession_server::Event;
use netsession_smb::msg::Dialect;

/// What the server has seen.
#[derive(Debug, Default)]
struct Seen {
    /// The connections that are open.
    connections: AtomicUsize,
    /// The sessions since its start.
    logons: AtomicUsize,
}

/// Starts a server for old clients: one speaks SMB 2.0.2 only, and some do not sign.
fn server() -> Result<(Embedded, Arc<Seen>)> {
    let counts = Arc::new(Seen::default());
    let seen = Arc::clone(&counts);
    let server = Embedded::start_with(|builder| {
        let builder = builder.signing_required(false).dialects(Dialect::SMB_2_0_2..=Dialect::SMB_3_1_1);
        builder.on_event(move |event| {
            match event {
                Event::Connected(_) => seen.connections.fetch_add(1, Ordering::Relaxed),
                Event::Disconnected(_) => seen.connections.fetch_sub(1, Ordering::Relaxed),
                Event::SessionStarted(_) => seen.logons.fetch_add(1, Ordering::Relaxed),
                _ => 0,
            };
        })
    })?;
    Ok((server, counts))
}

/// Lets a client copy, ends its session, and lets it come back. A client that is busy with a file is ended in the middle of
/// that, and goes on without being told.
fn copies_is_ended_and_comes_back(
    interpreter: Command,
    program: &str,
    is_busy_with: Option<&str>,
) -> Result<()> {
    let (server, seen) = server()?;
    std::fs::File::create(server.share().join("huge.bin"))?.set_len(1 << 40)?;
    let mut client = Foreign::start(server.address()?, interpreter, program)?;
    client.copies(server.share())?;
    if let Some(name) = is_busy_with {
        wait_until("the client to open its file", || {
            Ok(server.server()?.opens().iter().any(|open| open.path() == name).then_some(()))
        })?;
    }
    let sessions = server.server()?.sessions();
    ensure!(!sessions.is_empty(), "the client has no session");
    let before = seen.logons.load(Ordering::Relaxed);
    for session in &sessions {
        ensure!(server.server()?.end_session(session), "not ended");
    }
    if is_busy_with.is_none() {
        wait_until("the server to close the connection", || {
            Ok((seen.connections.load(Ordering::Relaxed) == 0).then_some(()))
        })?;
    }
    client.comes_back()?;
    ensure!(seen.logons.load(Ordering::Relaxed) > before, "the client has not logged on again");
    Ok(())
}

fn node() -> Result<Command> {
    let mut node = Command::new("node");
    // v9u-smb2 calculates MD4.
    node.arg("--openssl-legacy-provider").env("NODE_PATH", languages::npm_packages()?);
    Ok(node)
}

/// A failure here would keep media players and scripts with libsmbclient from copying, or leave them outside after their
/// session was ended.
#[test]
fn libsmbclient_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(Command::new("sh"), "libsmbclient.sh", None)
}

/// A failure here would break downloads by smbget, or let it report an interrupted download as complete.
#[test]
fn smbget_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(Command::new("sh"), "smbget.sh", Some("huge.bin"))
}

/// A failure here would break backups by rclone, or end them with the session.
#[test]
fn rclone_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(Command::new("sh"), "rclone.sh", Some("again.bin"))
}

/// A failure here would keep out Python scripts and devices that speak SMB 2.0.2 only.
#[test]
fn pysmb_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(Command::new(impacket::interpreter()?), "pysmb.py", None)
}

/// A failure here would keep out Node programs whose NTLM messages request little.
#[test]
fn v9u_smb2_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(node()?, "v9u-smb2.js", None)
}

/// A failure here would keep out Node programs whose NTLM response has no flags.
#[test]
fn node_smb2_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(node()?, "node-smb2.js", None)
}

/// A failure here would keep out Rust programs with the crate `smb`, which sends an SMB1 NEGOTIATE request first.
#[test]
#[ignore = "compiles two SMB clients of crates.io, which takes minutes: cargo xtask test --full"]
fn rust_smb_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(
        Command::new(languages::rust_client("smb_client")?),
        "rust/src/bin/smb_client.rs",
        None,
    )
}

/// A failure here would keep out Rust programs with the crate `smb2`, or leave them outside after their session was ended.
#[test]
#[ignore = "compiles two SMB clients of crates.io, which takes minutes: cargo xtask test --full"]
fn rust_smb2_comes_back() -> Result<()> {
    copies_is_ended_and_comes_back(
        Command::new(languages::rust_client("smb2_client")?),
        "rust/src/bin/smb2_client.rs",
        None,
    )
}

/// A failure here would keep the file managers of GNOME from copying, or leave a mounted folder dead after its session was
/// ended.
#[test]
#[ignore = "needs GVFS, a hundred packages: cargo xtask test --full"]
fn gvfs_comes_back() -> Result<()> {
    let mut bus = Command::new("dbus-run-session");
    bus.args(["--", "sh"]);
    copies_is_ended_and_comes_back(bus, "gvfs.sh", None)
}
