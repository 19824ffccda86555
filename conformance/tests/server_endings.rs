//! Sessions of the embedded server that end in the middle of a copy.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
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
