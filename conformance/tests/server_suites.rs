//! Foreign test suites against the embedded server, with the tables of the cases that pass.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{Embedded, impacket, suites};

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
    let results = suites::smbtorture_pipe(server.address()?, "rpc.srvsvc")?;
    suites::check(include_str!("../suites/smbtorture-rpc.srvsvc.md"), &results)
}

/// The suites of smbtorture whose cases count together.
const SMB2: [&str; 10] =
    ["connect", "read", "rw", "dir", "create", "session", "tcon", "lock", "compound", "credits"];

/// A failure here would make the server treat files, locks, sessions or compounds otherwise than Samba's own tests
/// expect, where it passed before.
#[test]
fn smbtorture_smb2() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.signing_required(false))?;
    let mut results = suites::Results::new();
    for suite in SMB2 {
        let part = suites::smbtorture_share(server.address()?, &format!("smb2.{suite}"))?;
        results.extend(part.into_iter().map(|(case, passed)| (format!("{suite}.{case}"), passed)));
    }
    // smbtorture runs the cases of binding either if the server prefers AES-GMAC, or if sessions can have several
    // connections. At this server these exclude each other.
    let several = Embedded::start_with(|builder| builder.signing_required(false).multi_channel(true))?;
    for (suite, cases) in [("session", "bind*"), ("lock", "replay_smb3_specification_multi")] {
        for (case, passed) in suites::smbtorture_share(several.address()?, &format!("smb2.{suite}.{cases}"))?
        {
            *results.entry(format!("{suite}.{case}")).or_default() |= passed;
        }
    }
    suites::check(include_str!("../suites/smbtorture-smb2.md"), &results)
}

/// A failure here would give clients fewer connections for a session than they rely on, or execute a request twice that
/// a client repeats on another connection.
#[test]
fn smbtorture_smb2_several_connections() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.signing_required(false).multi_channel(true))?;
    let mut results = suites::Results::new();
    for suite in ["replay", "multichannel.generic"] {
        let part = suites::smbtorture_share(server.address()?, &format!("smb2.{suite}"))?;
        results.extend(part.into_iter().map(|(case, passed)| (format!("{suite}.{case}"), passed)));
    }
    suites::check(include_str!("../suites/smbtorture-smb2-several.md"), &results)
}

/// A failure here would make clients lose the times of files or their open files, cache files although others change them, or wait for each
/// other, where the server passed before.
#[test]
#[ignore = "waits until oplocks are revoked, which takes minutes: cargo xtask test --full"]
fn smbtorture_smb2_caching() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.signing_required(false))?;
    let mut results = suites::Results::new();
    for suite in ["timestamps", "lease", "oplock", "durable-open", "durable-v2-open"] {
        let part = suites::smbtorture_share(server.address()?, &format!("smb2.{suite}"))?;
        results.extend(part.into_iter().map(|(case, passed)| (format!("{suite}.{case}"), passed)));
    }
    suites::check(include_str!("../suites/smbtorture-smb2-caching.md"), &results)
}
