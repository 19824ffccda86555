//! Holds whose login a real Samba refuses: the login is not sent again, and the accounts are enabled with another one.
#![cfg(unix)]

#[path = "support/hold.rs"]
mod support;

use anyhow::{Context, Result};
use netsession_conformance::{ADMIN, PASSWORD, Samba, wait_until};
use nix::sys::signal::Signal;
use support::{Person, Running, Stream, text};

const NEW: &str = "Another-1";

fn set_login(person: &Person, password: &str) -> Result<()> {
    Ok(std::fs::write(person.login(), format!("username = {ADMIN}\npassword = {password}\n"))?)
}

/// Starts a Samba that counts wrong passwords.
fn counting() -> Result<Samba> {
    let samba = Samba::start()?;
    samba.lock_out_after(50)?;
    Ok(samba)
}

/// Waits until the only hold has had its turn again with the login that the server refused.
fn wait_for_another_turn(person: &Person) -> Result<()> {
    wait_until("another turn with the refused login", || {
        let row = person.holds(&[])?.into_iter().next().context("the hold stays listed")?;
        Ok(text(&row, "problem").contains("was not tried").then_some(()))
    })
}

fn wait_for_flags(samba: &Samba, flags: &str) -> Result<()> {
    wait_until(&format!("the flags {flags}"), || Ok((samba.account_flags("bob")? == flags).then_some(())))
}

/// A failure here would lock the administrator out after a change of the password, and keep somebody out for ever whose hold is
/// over.
#[test]
fn the_agent_sends_a_refused_login_once_to_enable_an_account() -> Result<()> {
    let (samba, person) = (counting()?, Person::new()?);
    let name = samba.name();
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    let hold = ["hold", &name, "--user", "bob", "--disable-account", "--yes", "--for", "3s"];
    person.with_login(&hold)?.run()?.expect_code(0)?;
    samba.set_password(ADMIN, NEW)?;
    wait_for_another_turn(&person)?;
    assert_eq!((samba.account_flags("bob")?.as_str(), samba.wrong_passwords(ADMIN)?), ("DU", 1));
    // Nobody restarts the agent.
    set_login(&person, NEW)?;
    wait_for_flags(&samba, "U")?;
    wait_until("the record", || Ok(person.holds(&[])?.is_empty().then_some(())))?;
    // Somebody with the right login does not wait for the agent.
    person.with_login(&hold)?.run()?.expect_code(0)?;
    samba.set_password(ADMIN, PASSWORD)?;
    wait_for_another_turn(&person)?;
    assert_eq!(samba.wrong_passwords(ADMIN)?, 1);
    set_login(&person, PASSWORD)?;
    person.release(&["2"])?;
    assert_eq!(samba.account_flags("bob")?, "U");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would lock the administrator out while an agent starts with an old password.
#[test]
fn an_agent_that_starts_after_the_end_sends_a_refused_login_once() -> Result<()> {
    let (samba, person) = (counting()?, Person::new()?);
    let name = samba.name();
    let hold =
        person.with_login(&["hold", &name, "--user", "bob", "--disable-account", "--yes", "--for", "1h"])?;
    let running = Running::start(hold, Stream::Err, "no agent runs")?;
    // The command that carries it on leaves it to others after a refusal, and says so.
    samba.set_password(ADMIN, NEW)?;
    let released = person.run(&["release", "1"])?.run()?.expect_code(1)?;
    let (code, said) = running.end()?;
    assert!(code == Some(1) && said.contains("`netsession release 1` tries again"), "{said}");
    assert!(released.stderr.contains("`netsession release 1` tries again"), "{}", released.stderr);
    assert_eq!(samba.wrong_passwords(ADMIN)?, 2, "one each");
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    wait_for_another_turn(&person)?;
    assert_eq!((samba.account_flags("bob")?.as_str(), samba.wrong_passwords(ADMIN)?), ("DU", 3));
    set_login(&person, NEW)?;
    wait_for_flags(&samba, "U")?;
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would send one wrong password as often as there are holds, and lock the administrator out.
#[test]
fn a_release_of_many_holds_sends_a_refused_login_once() -> Result<()> {
    let (samba, person) = (counting()?, Person::new()?);
    let name = samba.name();
    for user in ["alice", "bob"] {
        let hold = ["hold", &name, "--user", user, "--disable-account", "--yes", "--for", "1h"];
        let running = Running::start(person.with_login(&hold)?, Stream::Err, "no agent runs")?;
        running.signal(Signal::SIGKILL)?;
        running.end()?;
    }
    set_login(&person, "wrong")?;
    person.run(&["release", "--all"])?.run()?.expect_code(1)?;
    assert_eq!(samba.wrong_passwords(ADMIN)?, 1);
    set_login(&person, PASSWORD)?;
    person.release(&["--all"])?;
    assert_eq!((samba.account_flags("alice")?.as_str(), samba.account_flags("bob")?.as_str()), ("U", "U"));
    Ok(())
}

/// A failure here would count one server as many, and send it one wrong password for each of its names.
#[test]
fn a_server_with_several_names_gets_a_refused_login_once() -> Result<()> {
    let (samba, person) = (counting()?, Person::new()?);
    for host in ["localhost", "LOCALHOST", "LocalHost"] {
        let name = format!("{host}:{}", samba.port());
        let hold = person.with_login(&["hold", &name, "--user", "bob", "--yes", "--for", "1h"])?;
        let running = Running::start(hold, Stream::Err, "no agent runs")?;
        running.signal(Signal::SIGKILL)?;
        running.end()?;
    }
    set_login(&person, "wrong")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    wait_until("the problem of each hold", || {
        let rows = person.holds(&[])?;
        Ok((rows.len() == 3 && rows.iter().all(|row| !row["problem"].is_null())).then_some(()))
    })?;
    assert_eq!(samba.wrong_passwords(ADMIN)?, 1);
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}
