//! The domain itself, by programs of Samba and MIT Kerberos.

use std::process::Command;

use anyhow::Result;
use netsession_conformance::domain::{ALIAS, CONTROLLER, MEMBER, UNKNOWN_NAME};
use netsession_conformance::{Domain, PASSWORD};

/// Lists the shares of a server with a ticket.
fn list(domain: &Domain, server: &str, cache: &str) -> Result<(bool, String)> {
    let mut smbclient = Command::new("smbclient");
    smbclient.args(["--no-pass", "--use-kerberos=required", "--list", server]);
    smbclient.env("KRB5CCNAME", cache);
    let outcome = domain.client().run(&smbclient)?;
    Ok((outcome.code == Some(0), outcome.stdout + &outcome.stderr))
}

/// A failure here would mean that no other test of this file measures a domain.
#[test]
fn smbclient_lists_shares_at_both_servers_with_a_ticket() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    for user in ["alice", "adm1", "guarded"] {
        let cache = domain.ticket(user)?;
        for server in [CONTROLLER, MEMBER] {
            let (listed, text) = list(&domain, server, &cache)?;
            assert!(listed && text.contains("data"), "{user} at {server}: {text}");
        }
    }
    Ok(())
}

/// A failure here would test an alias that is an ordinary name, or none.
#[test]
fn the_alias_is_another_name_in_dns() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    assert!(domain.client().sh(&format!("getent ahosts {ALIAS}"))?.contains(MEMBER));
    Ok(())
}

/// A failure here would let a test pass although no ticket was needed, or although the name is known to the domain.
#[test]
fn smbclient_is_refused_without_a_ticket_and_by_a_name_without_a_service() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    assert!(!list(&domain, MEMBER, "FILE:/run/no-ticket")?.0);
    let cache = domain.ticket("alice")?;
    let (listed, text) = list(&domain, UNKNOWN_NAME, &cache)?;
    assert!(!listed, "{text}");
    Ok(())
}

/// A failure here would test nothing about accounts that may not log on.
#[test]
fn kinit_says_why_an_account_gets_no_ticket() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    for (user, why) in [("retired", "revoked"), ("leaver", "revoked"), ("novice", "xpired")] {
        let error = format!("{:#}", domain.ticket(user).expect_err(user));
        assert!(error.contains(why), "{user}: {error}");
    }
    domain.ticket_with("carol.jones@corp.example", &["-E"], &[])?;
    Ok(())
}

/// A failure here would count no wrong password, so that a second attempt against an account went unnoticed.
#[test]
fn the_controller_counts_a_wrong_password() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let before = domain.wrong_passwords("dave")?;
    let mut rpcclient = Command::new("rpcclient");
    rpcclient.args(["-U", r"LAB\dave%wrong", CONTROLLER, "-c", "srvinfo"]);
    assert_ne!(domain.client().run(&rpcclient)?.code, Some(0));
    assert_eq!(domain.wrong_passwords("dave")?, before + 1);
    Ok(())
}

/// A failure here would leave the keys that the tests log on with useless.
#[test]
fn a_keytab_gets_a_ticket() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let keytab = domain.keytab("adm1")?;
    let cache = domain.new_file("cache");
    let cache = format!("FILE:{}", cache.display());
    let keytab = keytab.display().to_string();
    domain.kinit(&cache, "adm1", &["-k", "-t", &keytab], &[])?;
    let mut held = domain.hold(MEMBER, &cache)?;
    assert!(held.works()?);
    // A service's keys for an embedded server.
    assert!(std::fs::metadata(domain.keytab("cifs/client.lab.test")?)?.len() > 0);
    Ok(())
}

/// A failure here would look for NTLM or a KDC in a capture that shows neither.
#[test]
fn a_capture_shows_ntlm_and_the_kdc() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let capture = domain.capture()?;
    let mut smbclient = Command::new("smbclient");
    smbclient.args(["--use-kerberos=off", "--list", MEMBER]);
    smbclient.args(["-U", &format!(r"LAB\alice%{PASSWORD}")]);
    let outcome = domain.client().run(&smbclient)?;
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    domain.ticket("bob")?;
    let seen = capture.stop()?;
    assert!(seen.contains(b"NTLMSSP"), "no NTLM in {} packets", seen.packets.len());
    assert!(seen.with_port(88) >= 2 && seen.connections(445) == 1, "{} packets", seen.packets.len());
    Ok(())
}

/// A failure here would leave NTLM on where a test believes that it is off.
#[test]
fn ntlm_can_be_turned_off_at_both_servers() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let cache = domain.ticket("adm1")?;
    let _changed = domain.configure_servers(&["ntlm auth = disabled"])?;
    for server in [CONTROLLER, MEMBER] {
        let mut smbclient = Command::new("smbclient");
        smbclient.args(["--use-kerberos=off", "--list", server]);
        smbclient.args(["-U", &format!(r"LAB\adm1%{PASSWORD}")]);
        let outcome = domain.client().run(&smbclient)?;
        let text = outcome.stdout + &outcome.stderr;
        assert!(outcome.code != Some(0) && text.contains("NTLM_BLOCKED"), "{server}: {text}");
        assert!(list(&domain, server, &cache)?.0, "{server}");
    }
    Ok(())
}
