//! Foreign test suites against the embedded server, with the tables of the cases that pass.
#![cfg(test)]
#![cfg(unix)]

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use netsession_conformance::suites::{self, Results, beside, smbtorture};
use netsession_conformance::{Embedded, Samba, impacket};
use netsession_server::{Builder, Folder};
use netsession_smb::msg::Dialect;
use tempfile::TempDir;

/// A failure here would break an operation that impacket's own tests cover, in one of the two syntaxes.
#[test]
fn impacket_test_srvs() -> Result<()> {
    // The suite shares the whole disk.
    let server = Embedded::start_with(|builder| builder.allow_shares_in("/"))?;
    let results = impacket::suite(server.address()?)?;
    assert_eq!(results.len(), 126, "another suite than the one of the table");
    suites::check(include_str!("../suites/impacket-test_srvs.md"), &results)?;
    assert_eq!(results.values().filter(|passed| **passed).count(), 90);
    Ok(())
}

/// A failure here would break an operation that Samba's own tests cover.
#[test]
fn smbtorture_rpc_srvsvc() -> Result<()> {
    let server = Embedded::start()?;
    let results = smbtorture::pipe(server.address()?, "rpc.srvsvc")?;
    suites::check(include_str!("../suites/smbtorture-rpc.srvsvc.md"), &results)
}

/// The suites of smbtorture whose cases count together, besides `session`.
const SMB2: [&str; 9] = ["connect", "read", "rw", "dir", "create", "tcon", "lock", "compound", "credits"];

/// Runs the cases of sessions at both servers: smbtorture runs those of binding either if the server prefers AES-GMAC, or if
/// sessions can have several connections. At this server these exclude each other.
fn sessions(address: SocketAddr, several: SocketAddr) -> Result<Results> {
    let mut results = smbtorture::groups(address, &["session"])?;
    for (case, passed) in smbtorture::groups(several, &["session"])? {
        *results.entry(case).or_default() |= passed;
    }
    Ok(results)
}

/// Sets up a server whose sessions can have several connections. As smbd does, it speaks SMB 2.0.2, too.
fn several_connections(builder: Builder) -> Builder {
    let dialects = Dialect::SMB_2_0_2..=Dialect::SMB_3_1_1;
    builder.signing_required(false).multi_channel(true).dialects(dialects)
}

/// A failure here would make the server treat files, locks, sessions or compounds otherwise than Samba's own tests
/// expect, where it passed before.
#[test]
fn smbtorture_smb2() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.signing_required(false))?;
    let several = Embedded::start_with(several_connections)?;
    let mut results = smbtorture::groups(server.address()?, &SMB2)?;
    results.extend(sessions(server.address()?, several.address()?)?);
    for (case, passed) in smbtorture::groups(several.address()?, &["lock"])? {
        *results.entry(case).or_default() |= passed;
    }
    let table = include_str!("../suites/smbtorture-smb2.md");
    suites::again(table, &mut results, |case| {
        let passes = |server: &Embedded| smbtorture::case_passes(server.address()?, case);
        Ok(passes(&server)? || passes(&several)?)
    })?;
    suites::check(table, &results)
}

/// A failure here would give clients fewer connections for a session than they rely on, or execute a request twice that
/// a client repeats on another connection.
#[test]
fn smbtorture_smb2_several_connections() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.signing_required(false).multi_channel(true))?;
    let address = server.address()?;
    let mut results = smbtorture::groups(address, &["replay", "multichannel.generic"])?;
    let table = include_str!("../suites/smbtorture-smb2-several.md");
    suites::again(table, &mut results, |case| smbtorture::case_passes(address, case))?;
    suites::check(table, &results)
}

/// The groups of smbtorture that run at smbd, too.
const BESIDE: [&str; 14] = [
    "connect",
    "read",
    "rw",
    "dir",
    "create",
    "compound",
    "rename",
    "notify",
    "oplock",
    "lease",
    "durable-open",
    "durable-v2-open",
    "timestamps",
    "streams",
];

/// More groups. They have cases of sessions over several connections, which smbd allows by default.
const BESIDE_SEVERAL: [&str; 2] = ["lock", "ioctl"];

/// The groups about what a client caches, with a table of their own.
const CACHING: [&str; 5] = ["timestamps", "lease", "oplock", "durable-open", "durable-v2-open"];

/// Settings with which smbd passes the most cases: named streams, access control lists, and oplocks that only smbd knows of.
const SMBD: [&str; 5] = [
    "ea support = yes",
    "vfs objects = acl_xattr streams_xattr",
    "kernel oplocks = no",
    "kernel share modes = no",
    "posix locking = no",
];

/// The cases that passed at this server when the table was written.
const PASSED: usize = 331;

/// A failure here would make clients lose the times of files or their open files, cache files although others change them, or
/// wait for each other, where the server passed before.
#[test]
#[ignore = "waits until oplocks are revoked, which takes minutes: cargo xtask test --full"]
fn smbtorture_beside_smbd() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.signing_required(false))?;
    // A share in which the users of smbd have no rights; two cases of ioctl skip themselves without it.
    let closed = TempDir::with_prefix("netsession-noperm-")?;
    let several = Embedded::start_with(|builder| {
        several_connections(builder).folder(Folder::new("noperm", closed.path()))
    })?;
    let share = format!("[noperm]\n  path = {}", closed.path().display());
    let samba = Samba::start_with(&[&SMBD[..], &[&share]].concat())?;
    let (address, several) = (server.address()?, several.address()?);
    let (ours, theirs) = beside::at_once(
        || {
            let mut ours = smbtorture::groups(address, &BESIDE)?;
            ours.extend(smbtorture::groups(several, &BESIDE_SEVERAL)?);
            ours.extend(sessions(address, several)?);
            Ok(ours)
        },
        || smbtorture::groups(samba.address(), &[&BESIDE[..], &BESIDE_SEVERAL, &["session"]].concat()),
    )?;
    let counts = beside::table(&ours, &theirs);
    println!("{counts}");
    if std::env::var_os("GOLDEN").is_some_and(|value| value == "write") {
        record(&counts)?;
    }
    let (table, mut caching) =
        (include_str!("../suites/smbtorture-smb2-caching.md"), beside::of_groups(&ours, &CACHING));
    suites::again(table, &mut caching, |case| smbtorture::case_passes(address, case))?;
    suites::check(table, &caching)?;
    let mine = beside::total(&ours).passed;
    ensure!(mine >= PASSED, "{mine} cases pass, and {PASSED} before");
    Ok(())
}

/// Writes the table of a run to its file, after the text that is there.
fn record(table: &str) -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/smbtorture-beside-smbd.md");
    let old = std::fs::read_to_string(path)?;
    let text = old.split_once("| group").map_or(old.as_str(), |(text, _)| text);
    Ok(std::fs::write(path, format!("{text}{table}"))?)
}
