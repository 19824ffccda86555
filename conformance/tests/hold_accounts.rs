//! Holds that disable accounts at a real Samba: exactly the named account, until the release, whatever happens to the
//! processes.
#![cfg(unix)]

#[path = "support/account.rs"]
mod account;
#[path = "support/hold.rs"]
mod support;

use account::{account_of_bob, connect, location};
use anyhow::{Context, Result};
use netsession_conformance::{ADMIN, Embedded, OPERATOR, Outcome, PASSWORD, Samba, wait_until};
use netsession_journal::{Actor, FoundAccount, HoldLogin, HoldOrder, Holds, Moment};
use nix::sys::signal::Signal;
use serde_json::Value;
use support::{Person, Running, Stream, text};

/// Whether a new logon is refused because the account is disabled.
fn is_disabled(samba: &Samba, user: &str) -> Result<bool> {
    match samba.client(user).run("ls") {
        Ok(_) => Ok(false),
        Err(error) if error.to_string().contains("NT_STATUS_ACCOUNT_DISABLED") => Ok(true),
        Err(error) => Err(error),
    }
}

fn hold(person: &Person, arguments: &[&str]) -> Result<Running> {
    let run = person.with_login(&["hold", "--for", "1h", "--yes"])?.args(arguments);
    Running::start(run, Stream::Err, "no agent runs")
}

/// Runs a hold that must fail before anything changes.
fn refused(person: &Person, arguments: &[&str], code: i32) -> Result<Outcome> {
    person.with_login(&["hold", "--for", "1h", "--yes"])?.args(arguments).run()?.expect_code(code)
}

fn account(hold: &Value) -> String {
    hold.pointer("/accounts/0").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A failure here would leave an attacker's account usable, or disable it for longer than the hold.
#[test]
fn an_account_is_disabled_until_the_release_and_then_as_before() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    samba.disable_account("carol")?;
    let mut alice = samba.hold_from("alice", 8)?;
    let mut bob = samba.hold_from("bob", 7)?;
    let users = ["--user", "bob", "--user", r"LABSRV\carol"];
    let running = hold(&person, &[&[name.as_str(), "--disable-account"], &users[..]].concat())?;
    assert!(!bob.works()? && is_disabled(&samba, "bob")? && alice.works()?);
    let row = person.holds(&[])?.into_iter().next().context("one hold")?;
    let expected =
        [format!(r"LABSRV\bob at {name}: disabled"), format!(r"LABSRV\carol at {name}: untouched")];
    assert_eq!(row["accounts"], serde_json::json!(expected));
    person.release(&["1", "--reason", "cleaned"])?;
    assert!(!is_disabled(&samba, "bob")?, "the release waits for it");
    assert_eq!(samba.account_flags("bob")?, "U");
    assert_eq!(samba.account_flags("carol")?, "DU", "disabled before");
    assert_eq!(running.end()?.0, Some(0));
    let journal = person.journal()?;
    for (operation, user) in [("disable-account", r"LABSRV\bob"), ("enable-account", r"LABSRV\bob")] {
        let rows: Vec<&Value> = journal.iter().filter(|row| text(row, "operation") == operation).collect();
        assert!(rows.len() == 1 && rows[0]["users"] == serde_json::json!([user]), "{operation}: {rows:?}");
    }
    Ok(())
}

/// A failure here would keep an account disabled after the time of the hold.
#[test]
fn an_account_is_enabled_when_the_time_is_over() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    let run =
        person.with_login(&["hold", &name, "--user", "bob", "--disable-account", "--for", "1s", "--yes"])?;
    let done = run.run()?.expect_code(0)?;
    assert!(done.stderr.contains("Hold 1 is over."), "{}", done.stderr);
    assert!(done.stdout.contains("disabled") && !is_disabled(&samba, "bob")?, "{}", done.stdout);
    Ok(())
}

/// A failure here would leave a disabled account that nobody enables, after the process that disabled it was killed.
#[test]
fn a_killed_process_leaves_no_account_behind() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    let running = hold(&person, &[&name, "--user", "bob", "--disable-account"])?;
    running.signal(Signal::SIGKILL)?;
    running.end()?;
    assert!(is_disabled(&samba, "bob")?);
    // Without an agent, the release does it.
    person.release(&["1"])?;
    assert!(!is_disabled(&samba, "bob")?);
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    let handed =
        person.with_login(&["hold", &name, "--user", "bob", "--disable-account", "--for", "1h", "--yes"])?;
    handed.run()?.expect_code(0)?;
    agent.signal(Signal::SIGKILL)?;
    agent.end()?;
    assert!(is_disabled(&samba, "bob")?);
    // Somebody releases it in the live view, which enables nothing, and an agent starts later.
    let mut holds = Holds::open(&location(&person)?)?;
    assert!(holds.release(2, &Actor::of_process("top"), &Moment::now())?);
    assert_eq!(text(&person.holds(&[])?[0], "state"), "released", "listed until it is settled");
    let _agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    wait_until("the agent to enable the account", || Ok((!is_disabled(&samba, "bob")?).then_some(())))?;
    wait_until("the record", || Ok(person.holds(&[])?.is_empty().then_some(())))?;
    Ok(())
}

/// What the database has when a process is killed between the record and the answer of the server.
fn asked(person: &Person, samba: &Samba, account: &FoundAccount) -> Result<u64> {
    let login = HoldLogin { authentication_file: Some(person.login()), ..HoldLogin::default() };
    let order = HoldOrder {
        named: vec![samba.name()],
        servers: vec![samba.name()],
        users: vec!["bob".to_owned()],
        accounts_on: vec![samba.name()],
        login,
        seconds: 3600,
        ..HoldOrder::of(Actor::of_process("hold"))
    };
    let mut holds = Holds::open(&location(person)?)?;
    Ok(holds.add_with_accounts(&order, std::slice::from_ref(account), &Moment::now())?)
}

/// A failure here would forget a request after a crash: the account stays usable during the hold, or disabled after it.
#[test]
fn a_crash_before_or_after_the_request_is_made_good() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let account = account_of_bob(&samba, false)?;
    // The request was not sent: the agent sends it.
    let before = asked(&person, &samba, &account)?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    wait_until("the agent to disable the account", || Ok(is_disabled(&samba, "bob")?.then_some(())))?;
    person.release(&[&before.to_string()])?;
    assert!(!is_disabled(&samba, "bob")?);
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    // The request was carried out, and nobody noted that.
    let after = asked(&person, &samba, &account)?;
    samba.disable_account("bob")?;
    person.release(&[&after.to_string()])?;
    assert!(!is_disabled(&samba, "bob")?);
    Ok(())
}

/// A failure here would leave an account disabled for ever: the answer to the request was lost, and the server refuses what the
/// agent asks for afterwards.
#[test]
fn a_later_refusal_does_not_forget_a_request() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let found = account_of_bob(&samba, false)?;
    let hold = asked(&person, &samba, &found)?.to_string();
    samba.disable_account("bob")?;
    let login = person.login();
    let right = std::fs::read_to_string(&login)?;
    std::fs::write(&login, format!("username = alice\npassword = {PASSWORD}\n"))?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "this login may not disable it")?;
    let state = account(person.holds(&[])?.first().context("the hold")?);
    assert!(state.ends_with(": asked"), "{state}");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    std::fs::write(&login, right)?;
    person.release(&[&hold])?;
    assert!(!is_disabled(&samba, "bob")?);
    Ok(())
}

/// A failure here would keep a user locked out: the login of the hold has lost its rights, the agent tries on with it, and nobody with
/// the right login gets a turn.
#[test]
fn a_release_with_the_right_login_enables_the_account_although_the_agent_may_not() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let hold = asked(&person, &samba, &account_of_bob(&samba, false)?)?.to_string();
    samba.disable_account("bob")?;
    let right = person.state.path().join("right");
    std::fs::copy(person.login(), &right)?;
    std::fs::write(person.login(), format!("username = alice\npassword = {PASSWORD}\n"))?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "this login may not disable it")?;
    let right = right.display().to_string();
    // The user and the file contradict each other: that is said before anything changes.
    person.run(&["release", &hold, "-U", "carol", "-A", &right])?.run()?.expect_code(2)?;
    assert_eq!(text(&person.holds(&[])?[0], "state"), "open");
    person.release(&[&hold, "-A", &right])?;
    assert_eq!(samba.account_flags("bob")?, "U");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would leave an attacker's account usable during the whole hold, or lock the administrator out, because the agent
/// has an old password.
#[test]
fn an_agent_disables_the_account_once_it_has_the_right_login() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    samba.lock_out_after(50)?;
    let found = account_of_bob(&samba, false)?;
    asked(&person, &samba, &found)?;
    // The agent never reads half a password.
    let login = |password: &str| -> Result<()> {
        let new = person.state.path().join("login.new");
        std::fs::write(&new, format!("username = {ADMIN}\npassword = {password}\n"))?;
        std::fs::set_permissions(&new, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(std::fs::rename(new, person.login())?)
    };
    login("an old one")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    let wait_for =
        |count| wait_until("a refusal", || Ok((samba.wrong_passwords(ADMIN)? >= count).then_some(())));
    wait_for(1)?;
    // To list and to disable, the agent takes another login at its next turn.
    login("another old one")?;
    wait_for(2)?;
    login(PASSWORD)?;
    let count = samba.wrong_passwords(ADMIN)?;
    wait_until("the disabled account", || Ok((samba.account_flags("bob")? == "DU").then_some(())))?;
    assert_eq!(count, 2, "each wrong password goes there once, however slowly the server answers");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would let a hold lock every administrator out, or the person who makes it.
#[test]
fn a_hold_never_disables_the_last_administrator_or_its_own_account() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    let own = refused(&person, &[&name, "--user", ADMIN, "--disable-account"], 2)?;
    assert!(own.stderr.contains("its own login"), "{}", own.stderr);
    // The operator is no administrator that the server lists, so that this one is the last.
    let file = person.state.path().join("operator");
    std::fs::write(&file, format!("username = {OPERATOR}\npassword = {PASSWORD}\n"))?;
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let file = file.display().to_string();
    let by_operator =
        ["hold", &name, "--user", ADMIN, "--disable-account", "--for", "1h", "--yes", "-A", &file];
    let last = person.run(&by_operator)?.run()?.expect_code(1)?;
    assert!(last.stderr.contains("no other administrator's account is enabled"), "{}", last.stderr);
    assert_eq!(samba.account_flags(ADMIN)?, "U");
    samba.add_administrator("carol")?;
    let running = Running::start(person.run(&by_operator)?, Stream::Err, "no agent runs")?;
    assert_eq!(samba.account_flags(ADMIN)?, "DU", "carol is another administrator");
    person.release(&["--all"])?;
    assert_eq!((samba.account_flags(ADMIN)?.as_str(), running.end()?.0), ("U", Some(0)));
    Ok(())
}

/// A failure here would end sessions although the account cannot be disabled, or disable one that nobody meant.
#[test]
fn a_hold_that_cannot_disable_the_account_changes_nothing() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    let mut bob = samba.hold_from("bob", 7)?;
    for wrong in [[r"OTHER\bob"], ["nobody-here"]] {
        let missing = refused(&person, &[&name, "--user", wrong[0], "--disable-account"], 1)?;
        assert!(missing.stderr.contains("there is no such account"), "{}", missing.stderr);
    }
    for inexact in [["--user", "b*"], ["--user", "bob@LAB.TEST"], ["--client", "127.0.0.7"]] {
        refused(&person, &[&[name.as_str(), "--disable-account"], &inexact[..]].concat(), 2)?;
    }
    // The embedded server has no accounts of this kind.
    let embedded = Embedded::start()?;
    let place = format!("--disable-account={}", embedded.name()?);
    let none = refused(&person, &[&name, "--user", "bob", &place], 1)?;
    assert!(none.stderr.contains("no accounts that a client can disable"), "{}", none.stderr);
    assert!(none.stderr.contains("netsession serve --holds"), "{}", none.stderr);
    // A user without the right.
    let mut server = connect(&samba, "alice", PASSWORD)?;
    let denied = server.find_account("bob").err().context("alice may not")?;
    assert!(denied.to_string().contains("STATUS_ACCESS_DENIED"), "{denied}");
    let dry =
        person.with_login(&["hold", &name, "--user", "bob", "--for", "1h", "--disable-account", "-n"])?;
    let dry = dry.run()?.expect_code(0)?;
    assert!(dry.stderr.contains(r"LABSRV\bob") && dry.stderr.contains("will be disabled"), "{}", dry.stderr);
    assert!(bob.works()? && samba.account_flags("bob")? == "U" && person.holds(&["--all"])?.is_empty());
    Ok(())
}

/// A failure here would let somebody in whom another hold still keeps out.
#[test]
fn the_last_of_two_holds_enables_the_account() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    // The second one spells the server otherwise.
    let alias = format!("localhost:{}", samba.port());
    let [first, second] =
        [&name, &alias].map(|server| hold(&person, &[server, "--user", "bob", "--disable-account"]));
    let (first, second) = (first?, second?);
    person.release(&["1"])?;
    assert!(is_disabled(&samba, "bob")? && first.end()?.0 == Some(0));
    assert!(account(&person.holds(&[])?[0]).ends_with(": disabled"));
    person.release(&["2"])?;
    assert!(!is_disabled(&samba, "bob")? && second.end()?.0 == Some(0));
    Ok(())
}

/// A failure here would enable an account that no hold has disabled, and leave another one disabled for ever, because two computers are
/// from one image and have the same name.
#[test]
fn the_accounts_of_two_clones_are_two() -> Result<()> {
    let (one, person) = (Samba::start()?, Person::new()?);
    let other = one.start_clone()?;
    other.disable_account("bob")?;
    let first = hold(&person, &[&one.name(), "--user", "bob", "--disable-account"])?;
    let second = hold(&person, &[&other.name(), "--user", "bob", "--disable-account"])?;
    let mut holds = Holds::open(&location(&person)?)?;
    let sids: Vec<String> =
        holds.all(&Moment::now())?.into_iter().map(|hold| hold.accounts[0].found.sid.clone()).collect();
    assert_eq!(sids[0], sids[1], "one image");
    let flags = || Ok::<_, anyhow::Error>((one.account_flags("bob")?, other.account_flags("bob")?));
    assert_eq!(flags()?, ("DU".to_owned(), "DU".to_owned()));
    person.release(&["1"])?;
    assert_eq!(flags()?, ("U".to_owned(), "DU".to_owned()), "an administrator has disabled the other one");
    person.release(&["2"])?;
    assert_eq!(flags()?, ("U".to_owned(), "DU".to_owned()));
    assert_eq!((first.end()?.0, second.end()?.0), (Some(0), Some(0)));
    assert!(person.holds(&[])?.is_empty());
    Ok(())
}

/// A failure here would lift a lockout that somebody's wrong passwords have caused, so that guessing can go on.
#[test]
fn a_lockout_survives_the_hold() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    samba.lock_out_after(1)?;
    assert!(connect(&samba, "bob", "wrong").is_err() && samba.account_flags("bob")? == "UL");
    let running = hold(&person, &[&samba.name(), "--user", "bob", "--disable-account"])?;
    assert_eq!(samba.account_flags("bob")?, "DUL");
    person.release(&["1"])?;
    assert_eq!((samba.account_flags("bob")?.as_str(), running.end()?.0), ("UL", Some(0)));
    Ok(())
}
