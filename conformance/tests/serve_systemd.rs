//! `netsession serve` as a service of systemd, without systemd: its messages and the sockets that systemd passes.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/place.rs"]
mod place;

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::{PASSWORD, Serve, Smbclient};
use place::Place;

/// The socket on which systemd would receive messages.
struct Manager {
    socket: UnixDatagram,
    path: String,
}

impl Manager {
    fn new(place: &Place) -> Result<Self> {
        let path = place.run().join("notify").display().to_string();
        let socket = UnixDatagram::bind(&path)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self { socket, path })
    }

    fn receive(&self) -> Result<String> {
        let mut buffer = [0; 256];
        let length = self.socket.recv(&mut buffer).context("no message")?;
        Ok(String::from_utf8(buffer.get(..length).context("no bytes")?.to_vec())?)
    }
}

/// A failure here would let systemd start other services before the server listens, or end `systemctl reload` before the
/// server has read its file.
#[test]
fn systemd_learns_when_the_server_is_ready() -> Result<()> {
    let place = Place::new()?;
    let manager = Manager::new(&place)?;
    let share = format!("[share.data]\npath = '{}'\n[user.bob]\npassword = '{PASSWORD}'\n", place.data());
    let config = place.config(&share)?;
    let variables = [("NOTIFY_SOCKET", manager.path.as_str())];
    let serve = Serve::start_as_said(&place.run(), &["--config", &config], &variables)?;
    ensure!(manager.receive()? == "READY=1");
    for text in [share.as_str(), "nonsense"] {
        place.config(text)?;
        serve.hang_up()?;
        let message = manager.receive()?;
        let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").context(message.clone())?;
        let uptime = fs::read_to_string("/proc/uptime")?;
        let uptime: f64 = uptime.split(' ').next().context("no uptime")?.parse()?;
        let elapsed = uptime - time.parse::<f64>()? / 1e6;
        ensure!((-1.0..20.0).contains(&elapsed), "{message}, {uptime}");
        ensure!(manager.receive()? == "READY=1", "after a mistake, too");
    }
    ensure!(serve.stop()? == Some(0));
    ensure!(manager.receive()? == "STOPPING=1");
    Ok(())
}

/// A failure here would make port 445 need root although systemd listens there for the server.
#[test]
fn a_socket_that_systemd_passes_is_served() -> Result<()> {
    let place = Place::new()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (data, users) = (place.data(), place.users());
    let serve = Serve::start_with_socket(&place.run(), &[&data, "--users-file", &users], listener)?;
    ensure!(serve.address() == address, "{}", serve.banner());
    Smbclient::new(address, "alice").run("ls")?;
    serve.command()?.args(["sessions"]).run()?.expect_code(0)?;
    Ok(())
}
