//! Sessions of the embedded server that end in the middle of a copy, and many of them under load.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use netsession::{ConnectOptions, DiskShare, Login, Secret, ServerAddress, ServerTarget};
use netsession_conformance::{Embedded, Netsession, PASSWORD, Smbclient, wait_until};
use netsession_smb::server::Encryption;
use tempfile::TempDir;

/// A size at which no copy ends by itself during a test. The file takes no space on the disk.
const LARGE: u64 = 1 << 40;

/// Dialects with signing and with encryption, as options of smbclient.
const WAYS: [(&str, Encryption, &str); 7] = [
    ("SMB2_10", Encryption::Off, "--client-protection=sign"),
    ("SMB3_00", Encryption::Off, "--client-protection=sign"),
    ("SMB3_02", Encryption::Off, "--client-protection=sign"),
    ("SMB3_11", Encryption::Off, "--client-protection=sign"),
    ("SMB3_00", Encryption::Required, "--client-protection=encrypt"),
    ("SMB3_02", Encryption::Required, "--client-protection=encrypt"),
    ("SMB3_11", Encryption::Required, "--client-protection=encrypt"),
];

/// alice's smbclient, copying.
fn copying(address: SocketAddr, arguments: &[&str], commands: &str) -> Result<Child> {
    let child = Command::new("smbclient")
        .args(["--configfile=/dev/null", &format!("--port={}", address.port()), "--user=alice"])
        .args(arguments)
        .args(["//127.0.0.1/data", "-c", commands])
        .env("PASSWD", PASSWORD)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child.context("starting smbclient")
}

/// Waits until alice has the file of a copy open.
fn under_way(server: &Embedded, name: &str) -> Result<()> {
    wait_until("the copy to begin", || {
        Ok(server.server()?.opens().iter().any(|open| open.path() == name).then_some(()))
    })
}

/// A failure here would not notify a client that its session ended, disturb other clients, or leave the file open.
#[test]
fn a_copy_is_ended_on_each_dialect_signed_and_encrypted() -> Result<()> {
    let here = TempDir::new()?;
    let source = here.path().join("source");
    fs::File::create(&source)?.set_len(LARGE)?;
    for (dialect, encryption, protection) in WAYS {
        let server = Embedded::start_with(|builder| builder.encryption(encryption))?;
        fs::File::create(server.share().join("got"))?.set_len(LARGE)?;
        let arguments = [protection, "-m", dialect];
        let mut bob = Smbclient::new(server.address()?, "bob").argument(protection).hold()?;
        for (name, commands) in
            [("got", "get got /dev/null".to_owned()), ("put", format!("put {} put", source.display()))]
        {
            let what = format!("{name} {dialect} {protection}");
            let mut alice = copying(server.address()?, &arguments, &commands)?;
            let ended = end_while_copying(&server, name, &mut alice);
            let _ = alice.kill();
            alice.wait()?;
            ended.with_context(|| what.clone())?;
            ensure!(bob.works()?, "{what}: bob suffers");
            ensure!(server.server()?.opens().iter().all(|open| open.user() != "alice"), "{what}: still open");
            let back = arguments
                .iter()
                .fold(Smbclient::new(server.address()?, "alice"), |it, argument| it.argument(argument));
            back.run("ls").with_context(|| format!("{what}: alice cannot come back"))?;
            fs::remove_file(server.share().join(name)).with_context(|| what.clone())?;
        }
    }
    Ok(())
}

fn end_while_copying(server: &Embedded, name: &str, alice: &mut Child) -> Result<()> {
    under_way(server, name)?;
    let end = ["end", &server.name()?, "--user", "alice", "--yes"];
    Netsession::admin()?.args(end).run()?.expect_code(0)?;
    let status = wait_until("smbclient to stop", || Ok(alice.try_wait()?))?;
    ensure!(!status.success(), "smbclient says that the copy succeeded");
    Ok(())
}

/// A failure here would break the server when sessions end under load, or leak entries of its tables or memory.
#[test]
#[ignore = "ends 500 sessions under load, which takes a minute: cargo xtask test --full"]
fn five_hundred_endings_under_load() -> Result<()> {
    const CLIENTS: usize = 12;
    const ENDINGS: usize = 500;
    let server = Embedded::start()?;
    let address = server.address()?;
    let done = AtomicBool::new(false);
    let panicked = std::sync::Arc::new(AtomicBool::new(false));
    let seen = std::sync::Arc::clone(&panicked);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        seen.store(true, Ordering::Relaxed);
        before(info);
    }));
    let memory = thread::scope(|scope| -> Result<(u64, u64)> {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let done = &done;
                scope.spawn(move || load(address, number, done))
            })
            .collect();
        // The largest use in the second and in the last fifth.
        let (mut endings, mut early, mut late) = (0, 0, 0);
        while endings < ENDINGS {
            for session in server.server()?.sessions() {
                if session.open_count() > 0 && server.server()?.end_session(&session) {
                    endings += 1;
                }
            }
            match endings * 5 / ENDINGS {
                1 => early = early.max(resident()?),
                4.. => late = late.max(resident()?),
                _ => {}
            }
            thread::sleep(Duration::from_millis(5));
        }
        done.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        Ok((early, late))
    });
    done.store(true, Ordering::Relaxed);
    let (early, late) = memory?;
    wait_until("everybody to be gone", || Ok(server.who()?.is_empty().then_some(())))?;
    ensure!(server.server()?.opens().is_empty(), "something is still open");
    ensure!(
        server.server()?.shares().iter().all(|share| share.connection_count() == 0),
        "a share counts wrongly"
    );
    ensure!(!panicked.load(Ordering::Relaxed), "something panicked");
    eprintln!("resident memory: {early} KiB, then {late} KiB");
    ensure!(late < early + (32 << 10), "memory grows: {early} KiB, then {late} KiB");
    Ok(())
}

/// Copies to and from the server again and again, even after failures.
fn load(address: SocketAddr, number: usize, done: &AtomicBool) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let target: ServerTarget = ServerAddress::new(&address.ip().to_string(), address.port())?.into();
    let login = Login::new("alice", Secret::password(PASSWORD))?;
    let name = format!("load{number}");
    runtime.block_on(async {
        while !done.load(Ordering::Relaxed) {
            let Ok(mut share) = DiskShare::connect(&target, "data", &login, &ConnectOptions::default()).await
            else {
                continue;
            };
            let mut pieces = 16;
            let put = share.put(&name, async |most| {
                pieces -= 1;
                Ok(if pieces > 0 { vec![7; most] } else { Vec::new() })
            });
            if put.await.is_ok() {
                // The session may end during this, too.
                let _ = share.get(&name, async |_| Ok(())).await;
            }
        }
    });
    Ok(())
}

/// Returns the resident memory of this process in KiB.
fn resident() -> Result<u64> {
    let status = fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
