//! Sessions of the embedded server that end in the middle of a copy.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::proxy::Direction;
use netsession_conformance::{ADMIN, Embedded, rpcclient, wait_until};

/// A size for many requests, but small enough for AES-CCM in a debug build.
const SIZE: u64 = 6 << 20;

/// The options of smbclient.
const WAYS: [[&str; 2]; 7] = [
    ["--max-protocol=SMB2_10", "--client-protection=sign"],
    ["--max-protocol=SMB3_00", "--client-protection=sign"],
    ["--max-protocol=SMB3_00", "--client-protection=encrypt"],
    ["--max-protocol=SMB3_02", "--client-protection=sign"],
    ["--max-protocol=SMB3_02", "--client-protection=encrypt"],
    ["--max-protocol=SMB3_11", "--client-protection=sign"],
    ["--max-protocol=SMB3_11", "--client-protection=encrypt"],
];

/// Alice and Bob copy; the test ends Alice's session: her copy fails, his arrives, and she can reconnect.
fn ended_in_the_middle(direction: Direction, arguments: &[&str]) -> Result<()> {
    let server = Embedded::start()?;
    let mut of_alice = server.copy_from("alice", 7, direction, SIZE, arguments)?;
    let mut of_bob = server.copy_from("bob", 8, direction, SIZE, arguments)?;
    let (ended, text) = rpcclient(server.address()?, ADMIN, r"netsessdel \\\\127.0.0.7 alice")?;
    assert!(ended, "{arguments:?}: {text}");
    assert!(
        !server.server()?.opens().iter().any(|open| open.user() == "alice"),
        "{arguments:?}: her file is closed"
    );
    of_alice.resume();
    of_bob.resume();
    let (succeeded, text) = of_alice.finish()?;
    assert!(!succeeded && text.contains("NT_STATUS_USER_SESSION_DELETED"), "{arguments:?}: {text}");
    let (succeeded, text) = of_bob.finish()?;
    assert!(succeeded && of_bob.arrived()?, "{arguments:?}: {text}");
    assert!(server.hold_from("alice", 7)?.works()?, "{arguments:?}: she can come back");
    wait_until("everybody to be gone", || Ok(server.who()?.is_empty().then_some(())))?;
    assert_eq!(server.server()?.opens().len(), 0);
    Ok(())
}

/// A failure here would let a client keep writing after its session ended, hang, or disconnect others.
#[test]
fn a_put_stops_and_the_others_continue() -> Result<()> {
    WAYS.iter().try_for_each(|arguments| ended_in_the_middle(Direction::ToServer, arguments))
}

/// A failure here would let a client keep reading after its session ended, hang, or disconnect others.
#[test]
fn a_get_stops_and_the_others_continue() -> Result<()> {
    WAYS.iter().try_for_each(|arguments| ended_in_the_middle(Direction::ToClient, arguments))
}
