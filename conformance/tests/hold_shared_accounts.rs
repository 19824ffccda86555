//! Accounts that several holds, several servers or several people disable, at a real Samba.
#![cfg(unix)]

#[path = "support/account.rs"]
mod account;
#[path = "support/configured.rs"]
mod configured;
#[path = "support/hold_order.rs"]
mod hold_order;
#[path = "support/hold.rs"]
mod support;

use std::cell::RefCell;

use account::account_of_bob;
use anyhow::{Context, Result};
use configured::{Configured, end, table};
use hold_order::order;
use netsession::{ConnectOptions, Login, Secret};
use netsession_admin::{Target, disable_accounts, enable_accounts};
use netsession_conformance::{ADMIN, OPERATOR, PASSWORD, Proxy, Samba, wait_until};
use netsession_journal::{Actor, FoundAccount, HoldLogin, Holds, Location, Moment};
use nix::sys::signal::Signal;
use support::{Person, Running, Stream, text};

fn hold(person: &Person, arguments: &[&str]) -> Result<Running> {
    let run = person.with_login(&["hold", "--for", "1h", "--yes"])?.args(arguments);
    Running::start(run, Stream::Err, "no agent runs")
}

/// A failure here would let somebody in whom another open hold still keeps out: both holds have disabled the account, because somebody
/// had enabled it in between.
#[test]
fn the_last_of_two_holds_that_disabled_an_account_enables_it() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    let first = hold(&person, &[&name, "--user", "bob", "--disable-account"])?;
    samba.enable_account("bob")?;
    let second = hold(&person, &[&name, "--user", "bob", "--disable-account"])?;
    person.release(&["1"])?;
    assert_eq!((samba.account_flags("bob")?.as_str(), first.end()?.0), ("DU", Some(0)));
    person.release(&["2"])?;
    assert_eq!((samba.account_flags("bob")?.as_str(), second.end()?.0), ("U", Some(0)));
    Ok(())
}

/// Records a hold of this account, carries it out, and releases it. Returns the flags of the account during the hold, and after it.
fn hold_and_release(samba: &Samba, account: FoundAccount) -> Result<[String; 2]> {
    let folder = tempfile::tempdir()?;
    let mut holds = Holds::open(&Location::File(folder.path().join("journal.db")))?;
    let order = order(&[samba.name()], &["bob".to_owned()], HoldLogin::default());
    let id = holds.add_with_accounts(&order, &[account], &Moment::now())?;
    let hold = holds.get(id, &Moment::now())?.context("the hold")?;
    let holds = RefCell::new(holds);
    let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
    let targets = [Target::new(samba.name(), samba.address().into(), login, ConnectOptions::default())];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(disable_accounts(&hold, &holds, &targets, |_| {}))?;
    let during = samba.account_flags("bob")?;
    holds.borrow_mut().release(id, &Actor::of_process("release"), &Moment::now())?;
    runtime.block_on(enable_accounts(&hold, &holds, &targets, |_| {}))?;
    assert!(holds.borrow_mut().unsettled_ones(&Moment::now())?.is_empty());
    Ok([during, samba.account_flags("bob")?])
}

/// A failure here would enable an account that an administrator has disabled while the hold asked its question.
#[test]
fn an_account_that_somebody_disables_during_the_question_stays_so() -> Result<()> {
    let samba = Samba::start()?;
    let found = account_of_bob(&samba, false)?;
    samba.disable_account("bob")?;
    assert_eq!(hold_and_release(&samba, found)?, ["DU", "DU"]);
    Ok(())
}

/// A failure here would let somebody log on whom a hold keeps out, without a word: the account was disabled when the hold asked its
/// question, by another hold, and enabled before the answer.
#[test]
fn an_account_that_is_enabled_during_the_question_is_disabled() -> Result<()> {
    let samba = Samba::start()?;
    assert_eq!(hold_and_release(&samba, account_of_bob(&samba, true)?)?, ["DU", "U"]);
    Ok(())
}

/// A failure here would enable the account of a computer from the same image, which no hold has disabled, and say that the account of
/// the hold is enabled.
#[test]
fn nothing_goes_to_a_server_that_has_another_address() -> Result<()> {
    let samba = Samba::start()?;
    // The same image at another address.
    let clone = Proxy::plain().to(samba.address())?;
    let lab = Configured::new(&table("s3", &samba.address().to_string(), ADMIN))?;
    lab.leave_hold(&["s3", "--user", "bob", "--disable-account"])?;
    lab.write(&table("s3", &clone.address().to_string(), ADMIN))?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "left out")?;
    let refused = lab.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(refused.stderr.contains("another address"), "{}", refused.stderr);
    assert_eq!(samba.account_flags("bob")?, "DU", "no request");
    lab.write(&table("s3", &samba.address().to_string(), ADMIN))?;
    wait_until("the agent to enable it", || Ok((samba.account_flags("bob")? == "U").then_some(())))?;
    end(agent)
}

/// A failure here would hold nobody for half a minute, or hide until the end that nobody can enable the account: the command for the
/// server of the account hangs.
#[test]
fn a_hold_begins_without_the_login_of_the_server_of_its_account() -> Result<()> {
    let (one, other) = (Samba::start()?, Samba::start()?);
    let first = table("s1", &one.address().to_string(), ADMIN);
    let second = table("s2", &other.address().to_string(), ADMIN);
    let lab = Configured::new(&format!("{first}{second}"))?;
    let user = account_of_bob(&other, false)?.name;
    let arguments = ["hold", "s1", "--user", &user, "--disable-account=s2", "--yes", "--for", "1h"];
    let running = Running::start(lab.run(&arguments)?, Stream::Err, "no agent runs")?;
    running.signal(Signal::SIGKILL)?;
    running.end()?;
    let hanging = second.replace(&format!("'echo', '{PASSWORD}'"), "'sleep', '29'");
    lab.write(&format!("{first}{hanging}"))?;
    let began = std::time::Instant::now();
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "begin")?;
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    wait_until("the problem", || {
        let row = lab.person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok((text(&row, "problem").contains("s2") && text(&row, "carrier").starts_with("agent")).then_some(()))
    })?;
    let late = lab.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(late.stderr.contains("s2"), "{}", late.stderr);
    lab.write(&format!("{first}{second}"))?;
    wait_until("the agent to enable it", || Ok((other.account_flags("bob")? == "U").then_some(())))?;
    end(agent)
}

/// A failure here would free everybody, or leave every account disabled, because the login of one server is not found.
#[test]
fn a_server_without_a_login_keeps_no_account_of_the_others() -> Result<()> {
    let (one, other) = (Samba::start()?, Samba::start()?);
    let first = table("s1", &one.address().to_string(), ADMIN);
    let second = table("s2", &other.address().to_string(), ADMIN);
    let lab = Configured::new(&format!("{first}{second}"))?;
    lab.leave_hold(&["s1", "s2", "--user", "bob", "--disable-account"])?;
    let broken = format!("{first}{}", second.replace("'echo'", "'false'"));
    lab.write(&broken)?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "left out")?;
    lab.person.carried_by("agent")?;
    let late = lab.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(late.stderr.contains("is released"), "{}", late.stderr);
    wait_until("the first account", || Ok((one.account_flags("bob")? == "U").then_some(())))?;
    assert_eq!(other.account_flags("bob")?, "DU");
    end(agent)?;
    // Without an agent, too.
    let late = lab.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(late.stderr.contains("s2"), "{}", late.stderr);
    lab.write(&format!("{first}{second}"))?;
    lab.run(&["release", "1"])?.run()?.expect_code(0)?;
    assert_eq!(other.account_flags("bob")?, "U");
    Ok(())
}

/// A failure here would leave a person with the words of a program that failed, and without the server whose configuration is wrong.
#[test]
fn a_release_names_the_server_of_a_password_command_that_fails() -> Result<()> {
    let (one, other) = (Samba::start()?, Samba::start()?);
    let right =
        [("s1", &one), ("s2", &other)].map(|(name, it)| table(name, &it.address().to_string(), ADMIN));
    let lab = Configured::new(&right.concat())?;
    lab.leave_hold(&["s1", "s2", "--user", "bob", "--disable-account"])?;
    lab.write(&right.concat().replace("'echo'", "'false'"))?;
    // Both searches go on beside each other.
    let names_one = |text: &str| {
        ["s1", "s2"].iter().any(|name| text.contains(&format!("{name}: the password command false failed")))
    };
    let agent = Running::start(lab.run(&["agent"])?, Stream::Err, "the password command false failed")?;
    for is_over in [false, true] {
        let late = lab.run(&["release", "1"])?.run()?.expect_code(1)?;
        assert!(names_one(&late.stderr), "{is_over}: {}", late.stderr);
        let problem = text(&lab.person.holds(&[])?[0], "problem").to_owned();
        assert!(names_one(&problem), "{is_over}: {problem}");
    }
    end(agent)?;
    let late = lab.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(names_one(&late.stderr), "{}", late.stderr);
    lab.write(&right.concat())?;
    lab.run(&["release", "1"])?.run()?.expect_code(0)?;
    assert_eq!([one.account_flags("bob")?, other.account_flags("bob")?], ["U", "U"]);
    Ok(())
}

/// A failure here would end another hold without a word: it logs on by the account that this one disables.
#[test]
fn a_hold_does_not_disable_the_login_of_another_one() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    samba.add_administrator("carol")?;
    let first = hold(&person, &[&name, "--user", "bob"])?;
    let operator = person.state.path().join("operator");
    std::fs::write(&operator, format!("username = {OPERATOR}\npassword = {PASSWORD}\n"))?;
    std::fs::set_permissions(&operator, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let operator = operator.display().to_string();
    let by_operator =
        ["hold", &name, "--user", ADMIN, "--disable-account", "--for", "1h", "--yes", "-A", &operator];
    let refused = person.run(&by_operator)?.run()?.expect_code(2)?;
    assert!(refused.stderr.contains("hold 1 logs on as"), "{}", refused.stderr);
    assert_eq!(samba.account_flags(ADMIN)?, "U");
    person.release(&["1"])?;
    assert_eq!(first.end()?.0, Some(0));
    let second = Running::start(person.run(&by_operator)?, Stream::Err, "no agent runs")?;
    assert_eq!(samba.account_flags(ADMIN)?, "DU", "no hold needs it any more");
    person.release(&["2"])?;
    assert_eq!((samba.account_flags(ADMIN)?.as_str(), second.end()?.0), ("U", Some(0)));
    Ok(())
}

/// A failure here would let a person think that the hold goes on, as it does without `--disable-account`, although a server is down.
#[test]
fn a_server_that_is_down_says_that_nobody_is_held() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let mut bob = samba.hold_from("bob", 7)?;
    let arguments = ["hold", &samba.name(), "127.0.0.1:1", "--user", "bob", "--disable-account"];
    let run = person.with_login(&arguments)?.args(["--for", "1h", "--yes"]);
    let failed = run.run()?.expect_code(1)?;
    assert!(failed.stderr.contains("nothing was ended, and nobody is held"), "{}", failed.stderr);
    assert!(failed.stderr.contains("leave it out"), "{}", failed.stderr);
    assert!(bob.works()? && samba.account_flags("bob")? == "U" && person.holds(&["--all"])?.is_empty());
    Ok(())
}

/// A failure here would hold nobody, or disable nothing, until the last password command of the hold has hung for half a minute.
#[test]
fn a_password_command_that_hangs_delays_no_account_of_another_server() -> Result<()> {
    let samba = Samba::start()?;
    let first = table("s1", &samba.address().to_string(), ADMIN);
    let hanging: String = [1, 2, 3]
        .map(|number| {
            table(&format!("h{number}"), &format!("127.0.0.1:{number}"), ADMIN)
                .replace(&format!("'echo', '{PASSWORD}'"), &format!("'sleep', '2{number}'"))
        })
        .concat();
    let lab = Configured::new(&first)?;
    lab.leave_hold(&["s1", "--user", "bob", "--disable-account"])?;
    lab.write(&format!("{first}{hanging}"))?;
    // A hold of four servers, as a killed process leaves it.
    let mut holds = Holds::open(&Location::File(lab.person.state.path().join("netsession/journal.db")))?;
    let servers = ["h1", "s1", "h2", "h3"].map(str::to_owned);
    holds.add(&order(&servers, &["alice".to_owned()], HoldLogin::default()), &Moment::now())?;
    let mut alice = samba.hold_from("alice", 7)?;
    let began = std::time::Instant::now();
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "The agent runs")?;
    wait_until("she is ended", || Ok((!alice.works()?).then_some(())))?;
    let after = began.elapsed();
    assert!(after < std::time::Duration::from_secs(15), "{after:?}");
    let row = lab.person.holds(&[])?.into_iter().find(|row| text(row, "selection").contains("alice"));
    let problem = text(&row.context("the hold")?, "problem").to_owned();
    assert!(problem.contains("has not answered"), "{problem}");
    end(agent)
}

/// Waits for the flags of the account of bob.
fn wait_for_flags(samba: &Samba, flags: &str) -> Result<()> {
    wait_until(&format!("the account to be {flags}"), || {
        Ok((samba.account_flags("bob")? == flags).then_some(()))
    })
}

/// A failure here would let an attacker log on for the rest of the hold, without a word: somebody has enabled the account, and perhaps
/// renamed it. Or it would forget the account at the end.
#[test]
fn an_account_that_somebody_enables_during_the_hold_is_disabled_again() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let running = hold(&person, &[&samba.name(), "--user", "bob", "--disable-account"])?;
    running.signal(Signal::SIGKILL)?;
    running.end()?;
    samba.enable_account("bob")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "somebody else had enabled it")?;
    assert_eq!(samba.account_flags("bob")?, "DU");
    let problem = wait_until("the problem", || {
        let problem = text(&person.holds(&[])?[0], "problem").to_owned();
        Ok((!problem.is_empty()).then_some(problem))
    })?;
    assert!(problem.contains(r"somebody else enabled LABSRV\bob"), "{problem}");
    let rows = person.journal()?;
    let again = rows.iter().find(|row| text(row, "operation") == "disable-account").context("a row")?;
    assert!(text(again, "selection").contains("somebody had enabled the account"), "{again}");
    person.release(&["1"])?;
    assert_eq!(samba.account_flags("bob")?, "U");
    end(agent)
}

/// A failure here would let somebody in for the rest of a hold: the account was disabled by the hold of another administrator, with a
/// journal of their own, and that hold is over. Or both holds would leave the account disabled for ever.
#[test]
fn the_holds_of_two_administrators_keep_an_account_disabled_until_the_last_one_ends() -> Result<()> {
    let (samba, one, other) = (Samba::start()?, Person::new()?, Person::new()?);
    let arguments = [&samba.name(), "--user", "bob", "--disable-account"];
    let first = hold(&one, &arguments)?;
    let second = hold(&other, &arguments)?;
    second.signal(Signal::SIGKILL)?;
    second.end()?;
    let accounts = other.holds(&[])?[0]["accounts"].to_string();
    assert!(accounts.contains("untouched"), "{accounts}");
    one.release(&["1"])?;
    assert_eq!((samba.account_flags("bob")?.as_str(), first.end()?.0), ("U", Some(0)));
    let agent = Running::start(other.run(&["agent"])?, Stream::Out, "somebody else had enabled it")?;
    wait_for_flags(&samba, "DU")?;
    // Whatever becomes of the process, the database knows what to undo.
    agent.signal(Signal::SIGKILL)?;
    agent.end()?;
    other.release(&["1"])?;
    wait_for_flags(&samba, "U")?;
    assert!(other.holds(&[])?.is_empty());
    Ok(())
}

/// A failure here would lock out every administrator: the last one is enabled again, and the hold disables that account.
#[test]
fn the_last_administrator_is_not_disabled_again() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    samba.add_administrator("carol")?;
    let operator = person.state.path().join("operator");
    std::fs::write(&operator, format!("username = {OPERATOR}\npassword = {PASSWORD}\n"))?;
    std::fs::set_permissions(&operator, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let run = person.run(&["hold", &samba.name(), "--user", "carol", "--disable-account", "--yes", "-A"])?;
    let run = run.args([&operator]).args(["--for", "1h"]);
    let running = Running::start(run, Stream::Err, "no agent runs")?;
    running.signal(Signal::SIGKILL)?;
    running.end()?;
    samba.disable_account(ADMIN)?;
    samba.enable_account("carol")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "no other administrator's account")?;
    assert_eq!(samba.account_flags("carol")?, "U");
    wait_until("the problem", || {
        let problem = text(&person.holds(&[])?[0], "problem").to_owned();
        Ok(problem.contains("no other administrator's account").then_some(()))
    })?;
    samba.enable_account(ADMIN)?;
    person.release(&["1"])?;
    end(agent)
}

/// A failure here would let somebody in for five minutes although nothing is wrong any more: the account by which a hold logs on was
/// disabled by another hold, which is over.
#[test]
fn a_hold_goes_on_once_the_account_of_its_login_is_enabled() -> Result<()> {
    let samba = Samba::start()?;
    samba.add_administrator("carol")?;
    let address = samba.address().to_string();
    let lab = Configured::new(&table("s1", &address, OPERATOR))?;
    lab.leave_hold(&["s1", "--user", "alice"])?;
    let operator = lab.person.state.path().join("operator");
    std::fs::write(&operator, format!("username = {OPERATOR}\npassword = {PASSWORD}\n"))?;
    std::fs::set_permissions(&operator, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let operator = operator.display().to_string();
    lab.leave_hold(&["s1", "--user", ADMIN, "--disable-account", "-A", &operator])?;
    // Somebody changes the login of the server afterwards.
    lab.write(&table("s1", &address, ADMIN))?;
    let mut alice = samba.hold_from("alice", 7)?;
    let agent = Running::start(lab.run(&["agent"])?, Stream::Out, "STATUS_ACCOUNT_DISABLED")?;
    assert!(alice.works()?);
    lab.person.release(&["2"])?;
    wait_until("she is ended", || Ok((!alice.works()?).then_some(())))?;
    end(agent)
}

/// A failure here would keep a person waiting for ever, without a word, for a password command that hangs.
#[test]
fn a_release_without_an_agent_does_not_wait_for_ever() -> Result<()> {
    let samba = Samba::start()?;
    let config = table("s1", &samba.address().to_string(), ADMIN);
    let lab = Configured::new(&config)?;
    lab.leave_hold(&["s1", "--user", "bob", "--disable-account"])?;
    lab.write(&config.replace(&format!("'echo', '{PASSWORD}'"), "'sleep', '3600'"))?;
    let began = std::time::Instant::now();
    let late = lab.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(began.elapsed() < std::time::Duration::from_secs(50), "{:?}", began.elapsed());
    for text in ["this waits for a password command", "s1: ", "sleep", "30 s"] {
        assert!(late.stderr.contains(text), "{text}: {}", late.stderr);
    }
    lab.write(&config)?;
    lab.run(&["release", "1"])?.run()?.expect_code(0)?;
    assert_eq!(samba.account_flags("bob")?, "U");
    Ok(())
}
