//! Round trips, counted on the wire: how often netsession waits for the server.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession::{ConnectOptions, Login, Secret, blocking};
use netsession_conformance::{ADMIN, Netsession, PASSWORD, Proxy, Samba};

/// A failure here would mean that a listing over a slow line takes more round trips than documented.
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

fn connect(proxy: &Proxy, options: &ConnectOptions) -> Result<blocking::Server> {
    let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
    Ok(blocking::Server::connect(&proxy.name().parse()?, &login, options)?)
}

/// A failure here would mean that the library's NetSessionDel takes more round trips than documented: TCP, NEGOTIATE,
/// two SESSION_SETUPs, one compound that opens and binds the pipe, and the call.
#[test]
fn session_del_takes_six_from_connect_to_answer() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let proxy = Proxy::plain().to(samba.address())?;
    let mut server = connect(&proxy, &ConnectOptions::default())?;
    server.session_del(Some(r"\\127.0.0.7"), Some("alice"))?;
    let counts = proxy.counts();
    assert_eq!((counts.connections, counts.round_trips()), (1, 6), "{counts:?}");
    assert!(!alice.works()?);
    Ok(())
}
