//! The accounts of open holds, which a process looks at again and again, at a real Samba.
#![cfg(unix)]

#[path = "support/account.rs"]
mod account;
#[path = "support/hold_order.rs"]
mod hold_order;
#[path = "support/hold.rs"]
mod support;

use std::path::PathBuf;

use account::{account_of, location};
use anyhow::{Context, Result};
use hold_order::order;
use netsession_conformance::{ADMIN, OPERATOR, PASSWORD, Samba, wait_until};
use netsession_journal::{AccountState, FoundAccount, HoldLogin, HoldOrder, Holds, Moment};
use nix::sys::signal::Signal;
use support::{Person, Running, Stream, text, wait_for_end};

/// Stops a process as systemd does.
fn end(process: Running) -> Result<()> {
    process.signal(Signal::SIGTERM)?;
    process.end()?;
    Ok(())
}

/// Writes the authentication file of a user.
fn login(person: &Person, user: &str) -> Result<PathBuf> {
    let (file, new) = (person.state.path().join("operator"), person.state.path().join("operator.new"));
    std::fs::write(&new, format!("username = {user}\npassword = {PASSWORD}\n"))?;
    std::fs::set_permissions(&new, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    std::fs::rename(new, &file)?;
    Ok(file)
}

/// Records an open hold of these accounts as a killed process leaves it, which had sent no request.
fn record(person: &Person, samba: &Samba, accounts: &[FoundAccount]) -> Result<u64> {
    let login = HoldLogin { authentication_file: Some(login(person, OPERATOR)?), ..HoldLogin::default() };
    // Also a user whose account stays as it is.
    let users = accounts.iter().map(|account| account.name.clone()).chain(["carol".to_owned()]);
    let users: Vec<String> = users.collect();
    let order = HoldOrder { accounts_on: vec![samba.name()], ..order(&[samba.name()], &users, login) };
    let mut holds = Holds::open(&location(person)?)?;
    Ok(holds.add_with_accounts(&order, accounts, &Moment::now())?)
}

/// The same, after the requests were carried out.
fn disabled(person: &Person, samba: &Samba, users: &[&str]) -> Result<u64> {
    let accounts: Result<Vec<FoundAccount>> =
        users.iter().map(|user| account_of(samba, user, false)).collect();
    let hold = record(person, samba, &accounts?)?;
    let mut holds = Holds::open(&location(person)?)?;
    let accounts = holds.get(hold, &Moment::now())?.context("the hold")?.accounts;
    for account in &accounts {
        holds.set_account(account, AccountState::Disabled, &Moment::now())?;
    }
    users.iter().try_for_each(|user| samba.disable_account(user))?;
    Ok(hold)
}

fn wait_for_flags(samba: &Samba, user: &str, flags: &str) -> Result<()> {
    wait_until(&format!("{user} to be {flags}"), || Ok((samba.account_flags(user)? == flags).then_some(())))
}

fn wait_for_problem(person: &Person, wanted: &str) -> Result<()> {
    wait_until(&format!("the problem {wanted:?}"), || {
        Ok(text(&person.holds(&[])?[0], "problem").contains(wanted).then_some(()))
    })
}

/// A failure here would hide that somebody works against the hold, as soon as the agent is restarted.
#[test]
fn the_problem_of_an_enabled_account_survives_the_process() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    disabled(&person, &samba, &["bob"])?;
    // The operator may not list sessions.
    login(&person, ADMIN)?;
    samba.enable_account("bob")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "somebody else had enabled it")?;
    wait_for_problem(&person, "somebody else enabled")?;
    end(agent)?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "begin")?;
    // With this, the new process has noted what is wrong.
    wait_for_end(samba.hold_from("carol", 7))?;
    let noted = wait_until("a note of the new process", || {
        let row = person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok((row["acted"] == 1).then_some(row))
    })?;
    assert!(text(&noted, "problem").contains("somebody else enabled"), "{noted}");
    person.release(&["1"])?;
    assert_eq!(samba.account_flags("bob")?, "U");
    end(agent)
}

/// A failure here would lock out the administrator who holds, or every administrator: between the record and the request, the
/// configuration or the other accounts have changed.
#[test]
fn a_later_request_spares_the_own_login_and_the_last_administrator() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    samba.add_administrator("carol")?;
    record(&person, &samba, &[account_of(&samba, ADMIN, false)?])?;
    login(&person, ADMIN)?;
    let agent =
        Running::start(person.run(&["agent"])?, Stream::Out, "it is the account that would disable it")?;
    assert_eq!(samba.account_flags(ADMIN)?, "U");
    login(&person, OPERATOR)?;
    person.release(&["1"])?;
    record(&person, &samba, &[account_of(&samba, "carol", false)?])?;
    samba.disable_account(ADMIN)?;
    wait_for_problem(&person, "no other administrator's account is enabled")?;
    assert_eq!(samba.account_flags("carol")?, "U");
    samba.enable_account(ADMIN)?;
    wait_for_flags(&samba, "carol", "DU")?;
    person.release(&["2"])?;
    assert_eq!(samba.account_flags("carol")?, "U");
    end(agent)
}

/// A failure here would let an attacker log on because another account of the same hold is the last administrator by now.
#[test]
fn an_account_that_must_stay_enabled_frees_no_other_one() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    samba.add_administrator("carol")?;
    disabled(&person, &samba, &["carol", "bob"])?;
    samba.disable_account(ADMIN)?;
    for user in ["carol", "bob"] {
        samba.enable_account(user)?;
    }
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "no other administrator's account")?;
    wait_for_flags(&samba, "bob", "DU")?;
    assert_eq!(samba.account_flags("carol")?, "U");
    samba.enable_account(ADMIN)?;
    person.release(&["1"])?;
    assert_eq!(samba.account_flags("bob")?, "U");
    end(agent)
}

/// A failure here would let somebody log on for the whole hold without a word: their account was removed, and they have a new one of the
/// same name. Or the release would change the new one.
#[test]
fn a_removed_account_is_said_and_a_new_one_of_its_name_is_left_alone() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    disabled(&person, &samba, &["bob", "alice"])?;
    let before = account_of(&samba, "bob", false)?.sid;
    samba.remove_account("bob")?;
    samba.enable_account("alice")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "somebody else had enabled it")?;
    assert_eq!(samba.account_flags("alice")?, "DU");
    wait_for_problem(&person, "there is no such account")?;
    end(agent)?;
    samba.add_account("bob")?;
    assert_ne!(account_of(&samba, "bob", false)?.sid, before, "another account");
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "another account has its name")?;
    wait_for_problem(&person, "another account has its name")?;
    assert_eq!(samba.account_flags("bob")?, "U");
    samba.disable_account("bob")?;
    person.release(&["1"])?;
    assert_eq!(samba.account_flags("bob")?, "DU", "the hold has not disabled this one");
    assert_eq!(samba.account_flags("alice")?, "U");
    end(agent)
}
