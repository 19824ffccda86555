//! Failures: the line that says what to do, within the time limit, and never a second attempt against an account.

use std::time::Duration;

use anyhow::{Result, ensure};
use netsession_conformance::domain::{
    CONTROLLER, CONTROLLER_ADDRESS, MEMBER, MEMBER_ADDRESS, SILENT_ADDRESS, UNKNOWN_NAME,
};
use netsession_conformance::{Domain, Netsession, Outcome, PASSWORD};

use super::support::{Credential, at, under, with_names};

/// The longest that a failure may take. The library alone would wait for 18 to 87 seconds.
const LIMIT: Duration = Duration::from_secs(15);

/// Checks that a run failed in time, with these texts on standard error.
fn expect_failure(outcome: &Outcome, texts: &[&str]) -> Result<()> {
    ensure!(outcome.code.is_some_and(|code| code != 0 && code < 100), "{outcome:#?}");
    ensure!(outcome.elapsed < LIMIT, "it took {:?}: {outcome:#?}", outcome.elapsed);
    for text in texts {
        ensure!(outcome.stderr.contains(text), "no {text:?} in {outcome:#?}");
    }
    Ok(())
}

fn sessions(credential: &Credential, server: &str) -> Result<Netsession> {
    credential.run(&["sessions", server])
}

/// A failure here would not tell a person to get a ticket.
#[test]
fn without_a_ticket_kinit_is_named() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let run = sessions(&Credential::Cache("FILE:/run/no-ticket".to_owned()), MEMBER)?;
    expect_failure(&domain.netsession(run)?, &["no Kerberos ticket", "kinit"])?;
    // With a user and no password, too, the ticket is what is missing.
    for user in [r"LAB\adm1", "adm1@lab.test", "adm1"] {
        let run = Netsession::bare()?.args(["sessions", MEMBER, "-k", "-U", user]);
        expect_failure(&domain.netsession(run)?, &["no Kerberos ticket", "kinit adm1@LAB.TEST,"])?;
    }
    Ok(())
}

/// A failure here would not tell a person to renew a ticket.
#[test]
fn with_an_expired_ticket_kinit_is_named() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let cache = domain.ticket_with("adm1", &["-l", "60s"], &[])?;
    let run = sessions(&Credential::Cache(cache.clone()), MEMBER)?;
    expect_failure(&under(&domain, &at("+2m"), run)?, &["expired", "kinit"])?;
    // Without a terminal the ticket is what is missing, even where a password would do.
    let run = Netsession::bare()?.args(["sessions", MEMBER, "-U", r"LAB\adm1"]).env("KRB5CCNAME", cache);
    let outcome = under(&domain, &at("+2m"), run)?;
    expect_failure(&outcome, &["expired", "kinit adm1@LAB.TEST,"])
}

/// A failure here would blame the password for a clock.
#[test]
fn a_wrong_clock_is_named() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let cache = domain.ticket("adm1")?;
    for offset in ["+12m", "-12m"] {
        let run = sessions(&Credential::Cache(cache.clone()), MEMBER)?;
        let outcome = under(&domain, &at(offset), run)?;
        expect_failure(&outcome, &["clock"])?;
    }
    Ok(())
}

/// A failure here would make an administrator wait for minutes while a domain controller is down, or not say so.
#[test]
fn a_controller_that_is_down_or_silent_is_named_in_time() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    for kdc in [MEMBER_ADDRESS, SILENT_ADDRESS] {
        let realms = format!("[realms]\n  LAB.TEST = {{\n    kdc = {kdc}\n  }}\n");
        let file = domain.krb5_conf(&["dns_lookup_kdc = false"], &realms)?;
        let run = sessions(&Credential::Password(r"LAB\adm1"), MEMBER)?.env("KRB5_CONFIG", file);
        expect_failure(&domain.netsession(run)?, &["domain controller"])?;
    }
    Ok(())
}

/// A failure here would make an administrator wait for minutes while a domain controller hangs, or end the wait without a
/// word.
#[test]
fn a_frozen_controller_is_named_in_time_and_works_again_later() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let hosts = format!("127.0.0.1 localhost\n{MEMBER_ADDRESS} {MEMBER} fs1\n");
    let resolv_conf = format!("nameserver {CONTROLLER_ADDRESS}\n");
    let password = Credential::Password(r"LAB\adm1");
    let frozen = domain.freeze_controller()?;
    let outcome = with_names(&domain, &hosts, &resolv_conf, sessions(&password, MEMBER)?)?;
    drop(frozen);
    expect_failure(&outcome, &["domain controller", "DNS"])?;
    domain.netsession(sessions(&password, MEMBER)?)?.expect_code(0)?;
    Ok(())
}

/// A failure here would make an administrator wait for minutes while DNS is down, even with a valid ticket.
#[test]
fn a_silent_dns_is_named_in_time() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let cache = domain.ticket("adm1")?;
    let hosts = format!("127.0.0.1 localhost\n{MEMBER_ADDRESS} {MEMBER} fs1\n");
    let resolv_conf = format!("nameserver {SILENT_ADDRESS}\n");
    for credential in [Credential::Cache(cache), Credential::Password(r"LAB\adm1")] {
        let outcome = with_names(&domain, &hosts, &resolv_conf, sessions(&credential, MEMBER)?)?;
        expect_failure(&outcome, &["DNS"])?;
    }
    // Nor does the server's own name have an address now.
    let cache = Credential::Cache(domain.ticket("adm1")?);
    let outcome = with_names(&domain, "127.0.0.1 localhost\n", &resolv_conf, sessions(&cache, MEMBER)?)?;
    expect_failure(&outcome, &["cannot look up", "nameserver"])
}

/// A failure here would not tell a person why a name or an address gets no ticket.
#[test]
fn a_name_without_a_service_and_an_address_are_explained() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    let outcome = domain.netsession(sessions(&credential, UNKNOWN_NAME)?)?;
    expect_failure(&outcome, &["not found in Kerberos database", "kerberos-name"])?;
    let outcome = domain.netsession(sessions(&credential, MEMBER_ADDRESS)?)?;
    expect_failure(&outcome, &["address", "kerberos-name"])
}

/// A failure here would leave a server that is reached by its address without Kerberos.
#[test]
fn a_configured_name_gets_a_ticket_for_an_address() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    let run = credential.run(&["info", MEMBER_ADDRESS, "--json"])?;
    let folder = run.home().join("config/netsession");
    std::fs::create_dir_all(&folder)?;
    let text = format!("[server.'{MEMBER_ADDRESS}']\nkerberos-name = '{MEMBER}'\n");
    std::fs::write(folder.join("config.toml"), text)?;
    let info = domain.netsession(run)?.expect_code(0)?.one()?;
    ensure!(info["logon"] == "kerberos", "{info}");
    Ok(())
}

/// A failure here would send an NTLM response to a computer that poses as another one.
#[test]
fn a_ticket_for_another_computer_is_refused_and_ntlm_does_not_follow() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    // The controller's name leads to the member.
    let hosts = format!("127.0.0.1 localhost\n{MEMBER_ADDRESS} {CONTROLLER}\n");
    let resolv_conf = format!("nameserver {CONTROLLER_ADDRESS}\n");
    let cache = domain.ticket("adm1")?;
    let before = domain.wrong_passwords("adm1")?;
    let capture = domain.capture()?;
    let run = Netsession::login(r"LAB\adm1")?.env("KRB5CCNAME", cache).args(["sessions", CONTROLLER]);
    let outcome = with_names(&domain, &hosts, &resolv_conf, run)?;
    expect_failure(&outcome, &["ticket", "another computer"])?;
    ensure!(!capture.stop()?.contains(b"NTLMSSP"), "NTLM followed");
    ensure!(domain.wrong_passwords("adm1")? == before);
    Ok(())
}

/// A failure here would bring an account two steps towards a lockout for one wrong password.
#[test]
fn a_wrong_password_is_tried_once() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    for mode in ["preferred", "required"] {
        let before = domain.wrong_passwords("bob")?;
        let capture = domain.capture()?;
        let run = Netsession::bare()?
            .args(["sessions", MEMBER, "-U", r"LAB\bob", "--kerberos", mode])
            .env("NETSESSION_PASSWORD", format!("{PASSWORD}?"));
        expect_failure(&domain.netsession(run)?, &["password"])?;
        ensure!(!capture.stop()?.contains(b"NTLMSSP"), "NTLM followed with {mode}");
        let counted = domain.wrong_passwords("bob")? - before;
        ensure!(counted == 1, "{counted} attempts with {mode}");
    }
    Ok(())
}

/// A failure here would not say why an account may not log on, or would try NTLM after it.
#[test]
fn the_state_of_an_account_is_named_and_ntlm_does_not_follow() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    for (user, text) in [("retired", "account"), ("leaver", "account"), ("novice", "password")] {
        let capture = domain.capture()?;
        let run = Netsession::login(&format!(r"LAB\{user}"))?.args(["sessions", MEMBER]);
        let outcome = domain.netsession(run)?;
        ensure!(!capture.stop()?.contains(b"NTLMSSP"), "NTLM followed for {user}");
        expect_failure(&outcome, &[text])?;
    }
    Ok(())
}

/// A failure here would not name Kerberos to a member of Protected Users, whom NTLM refuses.
#[test]
fn protected_users_are_told_to_use_kerberos() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    for server in [CONTROLLER, MEMBER] {
        let run = Netsession::login(r"LAB\guarded")?.args(["sessions", server, "--kerberos", "off"]);
        expect_failure(&domain.netsession(run)?, &["Kerberos", "Protected Users"])?;
    }
    Ok(())
}

/// A failure here would not name Kerberos where a domain has turned NTLM off, or would not log on by it.
#[test]
fn without_ntlm_a_ticket_logs_on_and_a_password_alone_is_explained() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let credential = Credential::Cache(domain.ticket("adm1")?);
    let _changed = domain.configure_servers(&["ntlm auth = disabled"])?;
    for server in [CONTROLLER, MEMBER] {
        domain.netsession(sessions(&credential, server)?)?.expect_code(0)?;
        let run = Netsession::login(r"LAB\adm1")?.args(["sessions", server, "--kerberos", "off"]);
        expect_failure(&domain.netsession(run)?, &["STATUS_NTLM_BLOCKED", "Kerberos"])?;
    }
    Ok(())
}
