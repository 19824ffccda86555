//! The embedded server keeps serving its clients while others do harm, by malice or by mistake.
#![cfg(test)]
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use netsession::{ConnectOptions, DiskShare, Error, Login, Secret, ServerTarget};
use netsession_conformance::{Embedded, PASSWORD, Proxy, wait_until};
use netsession_server::{Limits, Open};
use tokio::runtime::Runtime;

fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

async fn connect(address: SocketAddr, user: &str, password: &str) -> Result<DiskShare, Error> {
    let target = ServerTarget::from(address);
    let login = Login { domain: None, user: user.to_owned(), secret: Secret::password(password) };
    let options = ConnectOptions { connect_timeout: Duration::from_secs(30), ..ConnectOptions::default() };
    DiskShare::connect(&target, "data", &login, &options).await
}

/// Returns whether the server serves an ordinary client, and how fast.
fn serves_others(server: &Embedded) -> Result<Duration> {
    let start = Instant::now();
    let mut seen = Vec::new();
    server.file("others", b"content")?;
    runtime()?.block_on(async {
        let mut share = connect(server.address()?, "alice", PASSWORD).await?;
        share
            .get("others", async |data| {
                seen.extend_from_slice(data);
                Ok(())
            })
            .await?;
        anyhow::Ok(share.close().await?)
    })?;
    ensure!(seen == b"content");
    Ok(start.elapsed())
}

/// Returns whether the server has closed the connection.
fn is_closed(stream: &mut TcpStream) -> Result<bool> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(true),
            Err(_) => return Ok(false),
        }
    }
}

/// A failure here would let garbage or a wrong length stop the server, use up its memory, or make it wait forever.
#[test]
fn garbage_and_wrong_lengths_are_cut_off() -> Result<()> {
    let limits = Limits { patience: Duration::from_millis(500), ..Limits::default() };
    let server = Embedded::start_with(|builder| builder.limits(limits))?;
    let frame = |length: u32, body: &[u8]| [&length.to_be_bytes(), body].concat();
    let mut header = vec![0xfe, b'S', b'M', b'B', 64, 0];
    header.resize(64, 0);
    for bytes in [
        b"GET / HTTP/1.1\r\nHost: fs1\r\n\r\n".to_vec(),
        vec![0xff; 70_000],
        vec![0; 64],
        frame(0x00ff_ffff, &[0xfe, b'S', b'M', b'B']),
        frame(64, &header[..60]),
        frame(3, b"SMB"),
        frame(64, &header),
        frame(68, &[&header[..], &[0xff; 4]].concat()),
        frame(64, &[&[0xfd], &header[1..]].concat()),
    ] {
        let mut stream = TcpStream::connect(server.address()?)?;
        // The server may close it before everything is sent.
        let _ = stream.write_all(&bytes);
        ensure!(is_closed(&mut stream)?, "{:?} is waited on", bytes.get(..16));
        serves_others(&server)?;
    }
    Ok(())
}

/// An SMB1 NEGOTIATE request that offers these dialects.
fn smb1_negotiate(dialects: &[&str]) -> Vec<u8> {
    let offered: Vec<u8> =
        dialects.iter().flat_map(|name| [b"\x02", name.as_bytes(), b"\0"].concat()).collect();
    let mut message = b"\xffSMB\x72\0\0\0\0\x18\x53\xc8".to_vec();
    // The rest of the header, and no parameters.
    message.resize(33, 0);
    message.extend(u16::try_from(offered.len()).unwrap_or(u16::MAX).to_le_bytes());
    message.extend(offered);
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &message].concat()
}

/// Returns everything that the server sends before it closes the connection.
fn until_closed(stream: &mut TcpStream) -> Result<Vec<u8>> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut sent = Vec::new();
    match stream.read_to_end(&mut sent) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => Err(error.into()),
        _ => Ok(sent),
    }
}

/// A failure here would make a client wait for the rest of an empty frame after it has broken the protocol.
#[test]
fn nothing_is_sent_before_a_violation_closes_the_connection() -> Result<()> {
    let server = Embedded::start()?;
    let mut echo = vec![0xfe, b'S', b'M', b'B', 64, 0];
    echo.resize(64 + 4, 0);
    (echo[12], echo[64]) = (13, 4);
    let echo = [&68_u32.to_be_bytes()[..], &echo].concat();
    for bytes in [echo, smb1_negotiate(&["NT LM 0.12"]), [&3_u32.to_be_bytes()[..], b"SMB"].concat()] {
        let mut stream = TcpStream::connect(server.address()?)?;
        stream.write_all(&bytes)?;
        let sent = until_closed(&mut stream)?;
        ensure!(sent.is_empty(), "{:?} is answered by {sent:?}", bytes.get(..16));
    }
    Ok(())
}

/// A failure here would stop clients that begin with SMB1 and check the charge of the response, as the Rust crate `smb` does.
#[test]
fn the_response_to_smb1_has_no_charge() -> Result<()> {
    let server = Embedded::start()?;
    let mut stream = TcpStream::connect(server.address()?)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(&smb1_negotiate(&["NT LM 0.12", "SMB 2.002", "SMB 2.???"]))?;
    let mut start = [0; 4 + 64 + 8];
    stream.read_exact(&mut start)?;
    ensure!(start[4..8] == *b"\xfeSMB" && start[12..16] == [0; 4], "refused: {start:?}");
    ensure!(start[10..12] == [0, 0], "CreditCharge: {:?}", &start[10..12]);
    ensure!(start[4 + 64 + 4..4 + 64 + 6] == [0xff, 2], "the dialect is not the wildcard: {start:?}");
    Ok(())
}

/// A failure here would let idle clients take the places of others.
#[test]
fn half_open_connections_are_closed_and_do_not_keep_others_out() -> Result<()> {
    let patience = Duration::from_secs(3);
    let limits = Limits { patience, ..Limits::default() };
    let server = Embedded::start_with(|builder| builder.limits(limits))?;
    let silent = (0..20).map(|_| TcpStream::connect(server.address()?).map_err(Into::into));
    let mut silent = silent.collect::<Result<Vec<_>>>()?;
    // Clients at their address and at other addresses need not wait for them.
    runtime()?.block_on(connect(server.address()?, "alice", PASSWORD))?;
    let proxy = Proxy::from(9).to(server.address()?)?;
    runtime()?.block_on(connect(proxy.address(), "alice", PASSWORD))?;
    for stream in &mut silent {
        ensure!(is_closed(stream)?, "a silent client is kept");
    }
    ensure!(server.who()?.is_empty());
    serves_others(&server)?;
    Ok(())
}

/// A failure here would let anybody keep others out by silent connections until these time out.
#[test]
fn silent_connections_are_closed_for_new_ones() -> Result<()> {
    let long = Duration::from_secs(600);
    let waiting = Limits { first_frame: long, patience: long, ..Limits::default() };
    let few = [Limits { connections: 8, ..waiting }, Limits { connections_per_address: 8, ..waiting }];
    for limits in few {
        let server = Embedded::start_with(|builder| builder.limits(limits))?;
        let silent = (0..20).map(|_| TcpStream::connect(server.address()?).map_err(Into::into));
        let mut silent = silent.collect::<Result<Vec<_>>>()?;
        serves_others(&server)?;
        ensure!(is_closed(silent.first_mut().context("no connection")?)?, "the oldest one is closed");
    }
    Ok(())
}

/// A failure here would let silent connections keep their places as long as connections that log on slowly.
#[test]
fn the_first_frame_is_due_sooner_than_the_logon() -> Result<()> {
    let (first_frame, patience) = (Duration::from_secs(1), Duration::from_secs(600));
    let limits = Limits { first_frame, patience, ..Limits::default() };
    let server = Embedded::start_with(|builder| builder.limits(limits))?;
    let mut silent = TcpStream::connect(server.address()?)?;
    ensure!(is_closed(&mut silent)?, "a silent client is kept");
    serves_others(&server)?;
    Ok(())
}

/// A failure here would let a client that never reads its data block the server, or stay connected forever.
#[test]
fn a_client_that_never_reads_is_cut_off() -> Result<()> {
    let limits = Limits { slow_reader: Duration::from_millis(300), ..Limits::default() };
    let server = Embedded::start_with(|builder| builder.limits(limits))?;
    std::fs::File::create(server.share().join("large"))?.set_len(4 << 30)?;
    let mut bob = Command::new("smbclient")
        .args(["--configfile=/dev/null", &format!("--port={}", server.address()?.port()), "//127.0.0.1/data"])
        // Otherwise its system would accept everything that it requests at once.
        .args(["--user=bob", "--socket-options=SO_RCVBUF=65536", "-c", "get large /dev/null"])
        .env("PASSWD", PASSWORD)
        .stderr(Stdio::null())
        .spawn()?;
    let signal = |name: &str| Command::new("kill").args([name, &bob.id().to_string()]).status();
    // At this time it requests as much at once as it ever does.
    let far = |open: &Arc<Open>| open.path() == "large" && open.position() > 64 << 20;
    wait_until("the large file to be read", || Ok(server.server()?.opens().iter().any(far).then_some(())))?;
    signal("-STOP")?;
    serves_others(&server)?;
    let gone = wait_until("bob to be gone", || Ok(server.who()?.is_empty().then_some(())));
    signal("-KILL")?;
    bob.wait()?;
    gone?;
    serves_others(&server)?;
    Ok(())
}

/// A failure here would let an attacker try passwords at full speed, or lock an administrator out.
#[test]
fn wrong_passwords_are_delayed_and_nobody_is_locked_out() -> Result<()> {
    let server = Embedded::start()?;
    let wrong = || -> Result<Duration> {
        let start = Instant::now();
        let refused = runtime()?.block_on(connect(server.address()?, "admin", "wrong"));
        ensure!(matches!(refused, Err(Error::Logon { .. })), "a wrong password is refused as such");
        Ok(start.elapsed())
    };
    let times = (0..7).map(|_| wrong()).collect::<Result<Vec<_>>>()?;
    let slowest = times.last().copied().context("no attempt")?;
    ensure!(slowest >= Duration::from_millis(1500), "{times:?}");
    // Nobody waits at another address, and another user does not wait at this one.
    let elsewhere = Proxy::from(9).to(server.address()?)?;
    let start = Instant::now();
    runtime()?.block_on(connect(elsewhere.address(), "admin", PASSWORD))?;
    runtime()?.block_on(connect(server.address()?, "alice", PASSWORD))?;
    ensure!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    // The right password works at this address, too, after its wait, and removes the delays.
    runtime()?.block_on(connect(server.address()?, "admin", PASSWORD))?;
    let start = Instant::now();
    runtime()?.block_on(connect(server.address()?, "admin", PASSWORD))?;
    ensure!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    Ok(())
}

/// A failure here would let an attacker evade the delays with parallel attempts.
#[test]
fn parallel_wrong_passwords_wait_for_each_other() -> Result<()> {
    let server = Embedded::start()?;
    let address = server.address()?;
    for _ in 0..5 {
        ensure!(runtime()?.block_on(connect(address, "admin", "wrong")).is_err());
    }
    let start = Instant::now();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(move || {
                runtime().map(|it| it.block_on(connect(address, "admin", "no")).is_err())
            })
        })
        .collect();
    for thread in threads {
        ensure!(thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??);
    }
    // One, two, three and four seconds after the last of the five.
    ensure!(start.elapsed() >= Duration::from_millis(3500), "{:?}", start.elapsed());
    Ok(())
}

/// A failure here would let others use the local login, or let other users of this computer lock it out with wrong
/// passwords.
#[test]
fn the_local_login_works_from_loopback_only() -> Result<()> {
    let server = Embedded::start_with(|builder| {
        let mut account = netsession_server::Account::with_password("near", PASSWORD);
        account.loopback_only = true;
        builder.account(account).listen((Ipv4Addr::UNSPECIFIED, 0).into())
    })?;
    for _ in 0..8 {
        ensure!(runtime()?.block_on(connect(server.address()?, "near", "wrong")).is_err());
    }
    let start = Instant::now();
    runtime()?.block_on(connect(server.address()?, "near", PASSWORD))?;
    ensure!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let Some(own) = own_address()? else { return Ok(()) };
    let everywhere = server.addresses()?.last().copied().context("it listens once only")?;
    let outside = SocketAddr::new(own, everywhere.port());
    runtime()?.block_on(connect(outside, "alice", PASSWORD)).context("others are served there")?;
    ensure!(matches!(runtime()?.block_on(connect(outside, "near", PASSWORD)), Err(Error::Logon { .. })));
    Ok(())
}

/// Returns an address of this computer that is not a loopback address, if there is one. It sends nothing.
fn own_address() -> Result<Option<std::net::IpAddr>> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    match socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)) {
        Ok(()) => Ok(Some(socket.local_addr()?.ip()).filter(|ip| !ip.is_loopback())),
        Err(_) => Ok(None),
    }
}

/// A failure here would refuse or forget some of many concurrent clients.
#[test]
#[ignore = "opens 2,000 connections, which takes a minute: cargo xtask test --full"]
fn two_thousand_connections() -> Result<()> {
    let server = Embedded::start()?;
    let address = server.address()?;
    runtime()?.block_on(async {
        let mut shares = Vec::new();
        for number in 0..2000 {
            shares.push(
                connect(address, "alice", PASSWORD).await.with_context(|| format!("connection {number}"))?,
            );
        }
        ensure!(server.server()?.session_count() == 2000);
        anyhow::Ok(())
    })?;
    wait_until("everybody to be gone", || Ok(server.who()?.is_empty().then_some(())))?;
    ensure!(serves_others(&server)? < Duration::from_secs(1));
    Ok(())
}
