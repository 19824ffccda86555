//! The protection that a server or the user requires: every real configuration works, and netsession accepts nothing less.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{Netsession, Samba};
use serde_json::Value;

/// Lists, ends and queries a server with `settings`; returns the output of `info` about the connection.
fn works_with(settings: &[&str], arguments: &[&str]) -> Result<Value> {
    let samba = Samba::start_with(settings)?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold_from("bob", 8)?;
    let run =
        |first: &[&str]| Netsession::admin()?.args(first).args(arguments).arg_json().run()?.expect_code(0);
    let listed = run(&["sessions", &samba.name()])?;
    assert_eq!(listed.who()?, samba.who()?, "{settings:?}");
    run(&["end", &samba.name(), "--user", "alice", "--yes"])?;
    assert!(!alice.works()? && bob.works()?, "{settings:?}");
    let info = run(&["info", &samba.name()])?.one()?;
    assert!(info["signed"] == true || info["encrypted"] == true, "{info}");
    Ok(info)
}

trait Json {
    fn arg_json(self) -> Self;
}

impl Json for Netsession {
    fn arg_json(self) -> Self {
        self.args(["--json"])
    }
}

/// A failure here would mean that netsession cannot manage a Samba with its default configuration.
#[test]
fn as_installed() -> Result<()> {
    let info = works_with(&[], &[])?;
    assert_eq!(info["dialect"], "3.1.1", "{info}");
    assert_eq!(info["signed"], true, "{info}");
    Ok(())
}

/// A failure here would ignore `--encrypt`, or not show the encryption.
#[test]
fn encryption_on_request() -> Result<()> {
    let info = works_with(&[], &["--encrypt"])?;
    assert_eq!(info["encrypted"], true, "{info}");
    Ok(())
}

/// A failure here would lock the administrator out of servers that require encryption.
#[test]
fn encryption_required() -> Result<()> {
    let info = works_with(&["server smb encrypt = required"], &[])?;
    assert_eq!(info["encrypted"], true, "{info}");
    Ok(())
}

/// A failure here would break one of the four ciphers of SMB 3.1.1.
#[test]
fn every_cipher() -> Result<()> {
    for cipher in ["AES-128-CCM", "AES-128-GCM", "AES-256-CCM", "AES-256-GCM"] {
        let algorithms = format!("server smb3 encryption algorithms = {cipher}");
        let info = works_with(&["server smb encrypt = required", &algorithms], &["--encrypt"])?;
        assert_eq!(info["encrypted"], true, "{cipher}: {info}");
    }
    Ok(())
}

/// A failure here would break one of the three signing algorithms of SMB 3.1.1.
#[test]
fn every_signing_algorithm() -> Result<()> {
    for algorithm in ["AES-128-GMAC", "AES-128-CMAC", "HMAC-SHA256"] {
        let algorithms = format!("server smb3 signing algorithms = {algorithm}");
        let info = works_with(&["server signing = mandatory", &algorithms], &[])?;
        assert_eq!(info["signed"], true, "{algorithm}: {info}");
    }
    Ok(())
}

/// A failure here would lock the administrator out of older servers, or show a wrong dialect.
#[test]
fn every_dialect() -> Result<()> {
    for (setting, dialect) in
        [("SMB2_10", "2.1"), ("SMB3_00", "3.0"), ("SMB3_02", "3.0.2"), ("SMB3_11", "3.1.1")]
    {
        let highest = format!("server max protocol = {setting}");
        let info = works_with(&[&highest, "server signing = mandatory"], &[])?;
        assert_eq!(info["dialect"], dialect, "{info}");
    }
    Ok(())
}

/// A failure here would break encryption with SMB 3.0, which has only AES-128-CCM.
#[test]
fn encryption_with_older_dialects() -> Result<()> {
    for setting in ["SMB3_00", "SMB3_02"] {
        let highest = format!("server max protocol = {setting}");
        let info = works_with(&[&highest, "server smb encrypt = required"], &["--encrypt"])?;
        assert_eq!(info["encrypted"], true, "{setting}: {info}");
    }
    Ok(())
}

/// A failure here would silently ignore `--encrypt` at a server that cannot or does not want to encrypt.
#[test]
fn a_server_that_cannot_encrypt_is_refused() -> Result<()> {
    for setting in ["server max protocol = SMB2_10", "server smb encrypt = off"] {
        let samba = Samba::start_with(&[setting])?;
        let outcome = Netsession::admin()?.args(["sessions", &samba.name(), "--encrypt", "--json"]).run()?;
        let outcome = outcome.expect_code(1)?;
        assert!(outcome.stderr.contains("encrypt"), "{setting}: {outcome:?}");
        assert!(!outcome.stdout.contains("client"), "{setting}: {outcome:?}");
    }
    Ok(())
}

/// A failure here would print an obscure error for a server that speaks only old dialects.
#[test]
fn a_server_below_the_lowest_dialect_is_refused() -> Result<()> {
    let samba = Samba::start_with(&["server max protocol = SMB2_02"])?;
    let outcome = Netsession::admin()?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(1)?;
    assert!(outcome.stderr.contains("dialect") || outcome.stderr.contains("SMB"), "{outcome:?}");
    Ok(())
}

/// A failure here would continue unsigned, and with a guest's rights, after the server logged the user on as a guest.
#[test]
fn a_guest_logon_is_an_error() -> Result<()> {
    let samba = Samba::start_with(&["map to guest = Bad User", "guest account = nobody"])?;
    let run = Netsession::login("nobody-knows-me")?.args(["sessions", &samba.name(), "--json"]).run()?;
    let outcome = run.expect_code(1)?;
    assert!(outcome.stderr.to_lowercase().contains("guest"), "{outcome:?}");
    Ok(())
}
