//! Counted on the wire: how often netsession has to wait for the server.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{Netsession, Proxy, Samba};

/// If it failed, listing sessions over a slow line would have become slower than promised.
#[test]
fn listing_sessions_takes_at_most_nine() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let proxy = Proxy::plain().to(samba.address())?;
    Netsession::admin()?.args(["sessions", &proxy.name(), "--json"]).run()?.expect_code(0)?;
    let counts = proxy.counts();
    assert_eq!(counts.connections, 1, "{counts:?}");
    assert!(counts.round_trips() <= 9, "{} round trips: {counts:?}", counts.round_trips());
    Ok(())
}
