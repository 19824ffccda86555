//! The embedded server closes a connection after it has ended the last session, whatever the client does.
#![cfg(test)]
#![cfg(unix)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use netsession_conformance::{Crowd, Embedded, wait_until};
use netsession_server::{Event, Limits};

/// A server that counts its connections.
struct Counted {
    server: Embedded,
    open: Arc<AtomicUsize>,
}

impl Counted {
    fn start() -> Result<Self> {
        let open = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&open);
        let limits = Limits { patience: Duration::from_secs(3), ..Limits::default() };
        let server = Embedded::start_with(|builder| {
            builder.limits(limits).on_event(move |event| match event {
                Event::Connected(_) => drop(counted.fetch_add(1, Ordering::Relaxed)),
                Event::Disconnected(_) => drop(counted.fetch_sub(1, Ordering::Relaxed)),
                _ => {}
            })
        })?;
        Ok(Self { server, open })
    }

    fn connect(&self) -> Result<Crowd> {
        Crowd::connect(self.server.address()?)
    }

    /// Ends every session of `user`.
    fn end(&self, user: &str) -> Result<()> {
        let server = self.server.server()?;
        let sessions = server.sessions();
        let ended =
            sessions.iter().filter(|it| it.user() == user).filter(|it| server.end_session(it)).count();
        ensure!(ended > 0, "{user} has no session");
        Ok(())
    }

    fn wait_for_nobody(&self) -> Result<()> {
        let open = || self.open.load(Ordering::Relaxed);
        wait_until("every connection to be closed", || Ok((open() == 0).then_some(())))
    }
}

/// A failure here would disconnect users who share a connection with the ended session, or keep the connection of a
/// client without a session, which then does not reconnect.
#[test]
fn the_last_ending_closes_the_connection_and_no_earlier_one() -> Result<()> {
    let counted = Counted::start()?;
    let mut client = counted.connect()?;
    for user in ["alice", "bob"] {
        client.join(user, "data")?;
    }
    counted.end("alice")?;
    client.join("carol", "data")?;
    counted.end("bob")?;
    client.send_echoes(1)?;
    counted.end("carol")?;
    client.wait_for_close()?;
    counted.wait_for_nobody()
}

/// A failure here would let a client whose session has ended keep the connection: by reading nothing, by endless
/// requests, or by a logon that it never finishes.
#[test]
fn no_client_keeps_the_connection_of_an_ended_session() -> Result<()> {
    let counted = Counted::start()?;
    let mut silent = counted.connect()?;
    silent.join("alice", "data")?;
    silent.send_echoes(20)?;
    counted.end("alice")?;
    counted.wait_for_nobody()?;

    let mut busy = counted.connect()?;
    busy.join("alice", "data")?;
    counted.end("alice")?;
    // The server may close the connection between two of them.
    let _ = (0..50).try_for_each(|_| busy.send_echoes(1));
    counted.wait_for_nobody()?;

    let mut half = counted.connect()?;
    half.join("alice", "data")?;
    counted.end("alice")?;
    half.begin_logon()?;
    counted.wait_for_nobody()
}

/// A failure here would end the new session of a client that logs on again before the server closes the connection.
#[test]
fn a_new_logon_keeps_the_connection() -> Result<()> {
    let counted = Counted::start()?;
    let mut client = counted.connect()?;
    for _ in 0..20 {
        client.join("alice", "data")?;
        counted.end("alice")?;
    }
    client.join("alice", "data")?;
    // Longer than the server waits for a request that is on its way.
    std::thread::sleep(Duration::from_millis(1_500));
    client.join("bob", "data")?;
    ensure!(counted.server.who()?.len() == 2 && counted.open.load(Ordering::Relaxed) == 1);
    Ok(())
}
