//! How soon a copy stops after its session is ended.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};
use netsession_conformance::{Embedded, PASSWORD, wait_until};
use netsession_smb::server::Encryption;
use tempfile::TempDir;

use crate::{median, pipe};

/// A size at which no copy ends by itself. The file takes no space on the disk.
const LARGE: u64 = 1 << 40;
/// The number of endings of each kind.
const ROUNDS: usize = 5;

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

/// The time from the answer to NetSessionDel until smbclient has failed and ended, in the middle of a copy.
pub(crate) fn copies() -> Result<()> {
    let here = TempDir::with_prefix("netsession-bench-")?;
    let source = here.path().join("source");
    fs::File::create(&source)?.set_len(LARGE)?;
    println!(
        "| smbclient stops after its session is ended in the middle of | put, ms | get, ms | the slowest, ms |"
    );
    println!("| --- | --- | --- | --- |");
    for (dialect, encryption, protection) in WAYS {
        let server = Embedded::start_with(|builder| builder.encryption(encryption))?;
        fs::File::create(server.share().join("got"))?.set_len(LARGE)?;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            let put = format!("put {} put", source.display());
            for ((name, commands), times) in
                [("put", put.as_str()), ("get", "get got /dev/null")].into_iter().zip(&mut times)
            {
                let mut alice = copying(&server, &[protection, "-m", dialect], commands)?;
                let stopped = stop(&server, if name == "get" { "got" } else { "put" }, &mut alice);
                let _ = alice.kill();
                alice.wait()?;
                times.push(stopped?);
            }
            fs::remove_file(server.share().join("put"))?;
        }
        let slowest = times.iter().flatten().copied().fold(0.0, f64::max);
        let how = protection.trim_start_matches("--client-protection=");
        println!("| {dialect}, {how} | {:.1} | {:.1} | {slowest:.1} |", median(&times[0]), median(&times[1]));
    }
    Ok(())
}

/// alice's smbclient, copying.
fn copying(server: &Embedded, arguments: &[&str], commands: &str) -> Result<Child> {
    let child = Command::new("smbclient")
        .args(["--configfile=/dev/null", &format!("--port={}", server.address()?.port()), "--user=alice"])
        .args(arguments)
        .args(["//127.0.0.1/data", "-c", commands])
        .env("PASSWD", PASSWORD)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(child)
}

/// Ends alice's session and waits for her smbclient; returns the milliseconds in between.
fn stop(server: &Embedded, name: &str, alice: &mut Child) -> Result<f64> {
    let mut admin = pipe::connect(server.address()?.port())?;
    wait_until("the copy to begin", || {
        Ok(server.server()?.opens().iter().any(|open| open.path() == name).then_some(()))
    })?;
    let path = server.share().join(name);
    if name == "put" {
        wait_until("data to come", || Ok((path.metadata()?.len() > 1 << 20).then_some(())))?;
    }
    admin.session_del(None, Some("alice"))?;
    let answered = Instant::now();
    ensure!(!alice.wait()?.success(), "smbclient says that the copy succeeded");
    Ok(answered.elapsed().as_secs_f64() * 1e3)
}
