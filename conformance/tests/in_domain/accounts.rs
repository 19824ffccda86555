//! A hold disables an account of the domain at its controller, and ends the sessions at the member.

use anyhow::{Result, ensure};
use netsession_conformance::domain::{CONTROLLER, MEMBER};
use netsession_conformance::{Domain, Netsession, Outcome};
use tempfile::TempDir;

use super::support::Credential;

/// Runs netsession with the journal of one person.
fn run(domain: &Domain, state: &TempDir, run: Netsession) -> Result<Outcome> {
    domain.netsession(run.env("XDG_STATE_HOME", state.path()))
}

/// The flags of an account in the directory.
fn control(domain: &Domain, user: &str) -> Result<u32> {
    let script = "samba-tool user show \"$1\" --attributes=userAccountControl";
    let text = domain.controller().script(script, &[user])?;
    let value = text.lines().find_map(|line| line.strip_prefix("userAccountControl: "));
    Ok(value.unwrap_or_default().parse()?)
}

fn hold<'a>(user: &'a str, place: &'a str) -> [&'a str; 8] {
    ["hold", MEMBER, "--user", user, place, "--for", "1s", "--yes"]
}

/// A failure here would leave an account of the domain usable, change another of its attributes, or keep it disabled.
#[test]
fn a_hold_at_a_member_disables_the_account_at_the_controller() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let (state, place) = (TempDir::new()?, format!("--disable-account={CONTROLLER}"));
    let admin = Credential::Cache(domain.ticket("adm1")?);
    let mut bob = domain.hold(MEMBER, &domain.ticket("bob")?)?;
    let before = control(&domain, "bob")?;
    let retired = control(&domain, "retired")?;
    // The command stays until the time is over. Meanwhile nobody gets a ticket.
    let (command, _home) = admin
        .run(&[
            "hold",
            MEMBER,
            "--user",
            r"LAB\bob",
            "--user",
            r"LAB\retired",
            &place,
            "--for",
            "1h",
            "--yes",
        ])?
        .env("XDG_STATE_HOME", state.path())
        .into_parts();
    let mut running = domain.client().wrap(&command).spawn()?;
    netsession_conformance::wait_until("the account to be disabled", || {
        Ok((control(&domain, "bob")? & 2 != 0).then_some(()))
    })?;
    netsession_conformance::wait_until("the session to end", || Ok((!bob.works()?).then_some(())))?;
    ensure!(control(&domain, "bob")? == before | 2, "nothing else");
    let refused = format!("{:#}", domain.ticket("bob").expect_err("disabled"));
    assert!(refused.contains("revoked"), "{refused}");
    // It waits for the process that carries the hold on, and needs no login.
    let release = Netsession::bare()?.args(["release", "1"]);
    let released = run(&domain, &state, release)?.expect_code(0)?;
    assert!(released.stderr.contains("Released hold 1"), "{}", released.stderr);
    assert!(running.wait()?.success());
    assert_eq!((control(&domain, "bob")?, control(&domain, "retired")?), (before, retired));
    domain.ticket("bob")?;
    Ok(())
}

/// A failure here would disable the account of the person who holds, which has another name in the domain than in the login; a
/// computer's account; or an account of another domain.
#[test]
fn a_hold_refuses_the_wrong_account_of_a_domain() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let (state, place) = (TempDir::new()?, format!("--disable-account={CONTROLLER}"));
    let carol = Credential::Password("carol.jones@corp.example");
    let own = run(&domain, &state, carol.run(&hold(r"LAB\carol", &place))?)?.expect_code(1)?;
    assert!(own.stderr.contains("it is the account that would disable it"), "{}", own.stderr);
    let admin = Credential::Cache(domain.ticket("adm1")?);
    for (user, server, why) in [
        (r"LAB\bob", MEMBER, "there is no such account"),
        (r"OTHER\bob", CONTROLLER, "there is no such account"),
        ("FS1", CONTROLLER, "there is no such account"),
    ] {
        let place = format!("--disable-account={server}");
        let refused = run(&domain, &state, admin.run(&hold(user, &place))?)?.expect_code(1)?;
        assert!(refused.stderr.contains(why), "{user}: {}", refused.stderr);
    }
    Ok(())
}
