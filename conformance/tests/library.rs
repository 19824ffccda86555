//! Tests of the tools of the other tests: a test with a broken tool proves nothing.

#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::half_logon::HalfLogon;
use netsession_conformance::{Proxy, Samba, wait_until};

/// A failure here would let tests hold sessions that the server does not list, or lists under another address.
#[test]
fn held_sessions_are_listed_with_their_clients() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold("bob")?;
    std::fs::write(samba.share().join("x.txt"), "x")?;
    bob.open("x.txt")?;
    samba.wait_for(&[("127.0.0.7", "alice"), ("127.0.0.1", "bob")])?;
    let files = samba.status()?.open_files;
    assert!(files.iter().any(|file| file.name == "x.txt"), "{files:?}");
    assert!(alice.works()? && bob.works()?);
    Ok(())
}

/// A failure here would leave smbd, a helper of it or its folder behind after each test.
#[test]
fn nothing_is_left_behind() -> Result<()> {
    let samba = Samba::start()?;
    let folder = samba.folder().to_owned();
    // Opening a pipe starts the helpers.
    let _ = samba.client("admin").run("ls")?;
    drop(samba);
    assert!(!folder.exists());
    let mine = folder.display().to_string();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        assert!(!command.contains(&mine), "left behind: {command}");
    }
    Ok(())
}

/// A failure here would make the test of unfinished logons prove nothing: it would have no such row, or not see it end.
#[test]
fn an_unfinished_logon_stays_until_the_server_ends_it() -> Result<()> {
    let mut samba = Samba::start()?;
    let proxy = Proxy::plain().to(samba.address())?;
    let half = HalfLogon::start(proxy.address())?;
    assert!(half.connected()?);
    samba.crash()?;
    proxy.disconnect();
    wait_until("the end of the connection", || Ok((!half.connected()?).then_some(())))
}

/// A failure here would let a put finish before its session ends, and the test would prove nothing.
#[test]
fn a_put_pauses_until_it_may_continue() -> Result<()> {
    let samba = Samba::start()?;
    let mut put = samba.put_from("alice", 9, "big.bin", 32 << 20)?;
    samba.wait_for(&[("127.0.0.9", "alice")])?;
    assert!(!put.arrived()?);
    put.resume();
    let (succeeded, text) = put.finish()?;
    assert!(succeeded, "{text}");
    assert!(put.arrived()?);
    Ok(())
}

/// A failure here would miscount round trips.
#[test]
fn a_proxy_counts() -> Result<()> {
    let samba = Samba::start()?;
    let proxy = Proxy::plain().to(samba.address())?;
    let _ = samba.client("alice").through(proxy).run("ls")?;
    let proxy = Proxy::plain().to(samba.address())?;
    let address = proxy.address();
    let _ = netsession_conformance::Smbclient::new(address, "alice").run("ls")?;
    let counts = proxy.counts();
    assert_eq!(counts.connections, 1);
    assert!(counts.requests >= 5 && counts.round_trips() >= 5, "{counts:?}");
    Ok(())
}
