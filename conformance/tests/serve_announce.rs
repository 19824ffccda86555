//! `netsession serve --announce`, in a network of its own.
#![cfg(test)]
#![cfg(unix)]

#[path = "support/place.rs"]
mod place;

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::memory::resident;
use netsession_conformance::own_network::{self, ADDRESS};
use netsession_conformance::{Netsession, Serve, wait_until};
use place::Place;

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(place: &Place) -> Result<Serve> {
    let (data, users) = (place.data(), place.users());
    Serve::start_at(
        "0.0.0.0:0",
        &place.run(),
        &[&data, "--users-file", &users, "--announce", "--name", "FS1"],
        &[],
    )
}

/// Asks by multicast DNS for records of this type, and returns the first datagram that answers.
fn ask(name: &str, kind: u8) -> Result<Option<Vec<u8>>> {
    let socket = UdpSocket::bind((ADDRESS, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut query = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(u8::try_from(label.len())?);
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, kind, 0, 1]);
    socket.send_to(&query, (Ipv4Addr::new(224, 0, 0, 251), 5353))?;
    let mut answer = vec![0; 9000];
    match socket.recv(&mut answer) {
        Ok(length) => Ok(Some(answer.get(..length).context("no bytes")?.to_vec())),
        Err(_) => Ok(None),
    }
}

/// A failure here would hide the server from Finder, send Finder to a wrong port, or list the server after it has stopped.
#[test]
fn a_scanner_finds_the_server_by_multicast_dns() -> Result<()> {
    if !own_network::inside("a_scanner_finds_the_server_by_multicast_dns")? {
        return Ok(());
    }
    let place = Place::new()?;
    let serve = serve(&place)?;
    wait_until("the services", || {
        // It asks once, perhaps before the server has claimed its name, and prints everything when it ends.
        let scanned = Command::new("timeout").args(["2", "mdns-scan"]).output()?;
        let text = String::from_utf8_lossy(&scanned.stderr).into_owned();
        ensure!(scanned.status.code() == Some(124), "mdns-scan (Debian: mdns-scan): {scanned:?}");
        let services = ["FS1._smb._tcp.local", "FS1._device-info._tcp.local"];
        Ok(services.iter().all(|name| text.contains(name)).then_some(()))
    })?;
    let port = serve.address().port().to_be_bytes();
    wait_until("the port", || {
        // Priority and weight are 0.
        let is_there =
            |answer: Vec<u8>| answer.windows(6).any(|part| part == [&[0; 4], port.as_slice()].concat());
        Ok(ask("FS1._smb._tcp.local", 33)?.filter(|answer| is_there(answer.clone())).map(drop))
    })?;
    wait_until("the model", || {
        let is_there = |answer: &Vec<u8>| answer.windows(13).any(|part| part == b"model=RackMac");
        Ok(ask("FS1._device-info._tcp.local", 16)?.filter(is_there).map(drop))
    })?;
    ensure!(serve.stop()? == Some(0));
    ensure!(ask("FS1._smb._tcp.local", 33)?.is_none(), "it has stopped");
    Ok(())
}

/// A wsdd that looks for devices from another computer, and logs what it finds.
struct Devices {
    _program: Running,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Devices {
    /// Starts wsdd in a network of its own, which a cable connects with that of the server, and waits until it listens. On
    /// the same computer it would not hear the server, because it turns off the loop of multicasts. It ends with `timeout`.
    fn start() -> Result<Self> {
        const SET_UP: &str = "
read -r ready &&
ip link set lo up && ip address add 10.77.0.2/24 dev ns1 && ip link set ns1 up &&
exec timeout 60 setpriv --pdeathsig KILL wsdd --ipv4only --discovery --no-host --interface ns1 --verbose";
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH")?);
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", SET_UP]).env("PATH", &path);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut program = Running(child?);
        let id = program.0.id().to_string();
        let own = fs::read_link("/proc/self/ns/net")?;
        wait_until("the other network", || {
            let other = fs::read_link(format!("/proc/{id}/ns/net"))?;
            Ok((other != own).then_some(()))
        })?;
        let moved =
            Command::new("ip").args(["link", "set", "ns1", "netns", &id]).env("PATH", &path).status()?;
        ensure!(moved.success(), "the cable");
        writeln!(program.0.stdin.take().context("no input")?)?;
        let lines = BufReader::new(program.0.stderr.take().context("no log")?).lines();
        let mut devices = Self { _program: program, lines };
        devices.wait_for("joined multicast group").context("wsdd (Debian: wsdd)")?;
        Ok(devices)
    }

    fn wait_for(&mut self, text: &str) -> Result<()> {
        ensure!(self.lines.by_ref().map_while(Result::ok).any(|line| line.contains(text)), "{text}");
        Ok(())
    }
}

/// A failure here would hide the server from Explorer, show it without its name, or list it after it has stopped.
#[test]
fn wsdd_finds_the_server_by_ws_discovery() -> Result<()> {
    if !own_network::inside("wsdd_finds_the_server_by_ws_discovery")? {
        return Ok(());
    }
    let found = format!("discovered FS1 in Workgroup:WORKGROUP on {ADDRESS}%ns1");
    let place = Place::new()?;
    let first = serve(&place)?;
    let mut devices = Devices::start()?;
    devices.wait_for(&found).context("by the answer to a Probe")?;
    ensure!(first.stop()? == Some(0));
    devices.wait_for("\"Bye ")?;
    let _second = serve(&place)?;
    devices.wait_for("\"Hello ")?;
    devices.wait_for(&found).context("by the Hello of another server")
}

/// A failure here would let any computer of the network fill the memory of the server, or hide the server from Finder.
#[test]
#[cfg(target_os = "linux")]
fn a_flood_of_records_takes_little_memory() -> Result<()> {
    if !own_network::inside("a_flood_of_records_takes_little_memory")? {
        return Ok(());
    }
    let place = Place::new()?;
    let serve = serve(&place)?;
    let is_found = || Ok(ask("FS1._smb._tcp.local", 33)?.map(drop));
    wait_until("the server", is_found)?;
    let before = resident(serve.id())?;
    let socket = UdpSocket::bind((ADDRESS, 0))?;
    let mut number = 0_u32;
    let mut flood = |records: u32| -> Result<()> {
        for _ in 0..records {
            number += 1;
            // A response with one record: TXT, class IN, a time to live of years, and a text of 1200 bytes.
            let mut record = vec![0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 8];
            record.extend(format!("{number:08x}").into_bytes());
            record.extend(b"\x04_smb\x04_tcp\x05local\0\0\x10\0\x01\x07\0\0\0\x04\xb0");
            record.extend([[239].as_slice(), &[b'x'; 239]].concat().repeat(5));
            socket.send_to(&record, (Ipv4Addr::new(224, 0, 0, 251), 5353))?;
        }
        Ok(())
    };
    // So much that the server would take a hundred megabytes, in steps that it can follow.
    for _ in 0..600 {
        flood(200)?;
        std::thread::sleep(Duration::from_millis(20));
    }
    let taken = resident(serve.id())?.saturating_sub(before);
    ensure!(taken < 64 << 10, "{taken} KiB");
    wait_until("the server after the flood", is_found)?;
    ensure!(serve.stop()? == Some(0));
    Ok(())
}

/// A failure here would let one computer hide the server from the Explorer of all others.
#[test]
fn silent_connections_do_not_keep_others_from_the_description() -> Result<()> {
    if !own_network::inside("silent_connections_do_not_keep_others_from_the_description")? {
        return Ok(());
    }
    let place = Place::new()?;
    let serve = serve(&place)?;
    let connect = || TcpStream::connect((ADDRESS, 5357));
    let silent = (0..200).map(|_| connect()).collect::<std::io::Result<Vec<_>>>()?;
    let mut explorer = connect()?;
    explorer.set_read_timeout(Some(Duration::from_secs(5)))?;
    explorer.write_all(b"GET / HTTP/1.1\r\nHost: FS1\r\n\r\n")?;
    let mut answer = [0; 12];
    explorer.read_exact(&mut answer).context("no answer within 5 seconds")?;
    ensure!(answer == *b"HTTP/1.1 404");
    drop(silent);
    ensure!(serve.stop()? == Some(0));
    Ok(())
}

/// A failure here would announce a server that nobody can reach.
#[test]
fn a_server_for_this_computer_alone_is_not_announced() -> Result<()> {
    let place = Place::new()?;
    let run =
        Netsession::bare()?.args(["serve", &place.data(), "--announce", "--users-file", &place.users()]);
    let run = run.args(["--listen", "127.0.0.1:0"]).run()?.expect_code(2)?;
    ensure!(run.stderr.contains("--listen 0.0.0.0:445"), "{run:?}");
    Ok(())
}
