//! Holds at servers that leave a connection without an answer, and at servers without a login.
#![cfg(unix)]

#[path = "support/hold_order.rs"]
mod hold_order;
#[path = "support/hold.rs"]
mod support;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hold_order::order;
use netsession_conformance::proxy::meddlers;
use netsession_conformance::{ADMIN, Embedded, PASSWORD, Proxy, Samba, wait_until};
use netsession_journal::{HoldLogin, Holds, Location, Moment};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{Person, Running, Stream, text, wait_for_end};

/// The process of smbd that serves the agent does not answer until this is dropped.
struct Stalled(Pid);

impl Stalled {
    fn of_user(samba: &Samba, user: &str) -> Result<Self> {
        let sessions = samba.status()?.sessions;
        let served = sessions.iter().find(|session| session.username == user).context("no session")?;
        let pid = Pid::from_raw(served.server_id.pid.parse()?);
        kill(pid, Signal::SIGSTOP)?;
        Ok(Self(pid))
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

/// A failure here would let a client work for as long as a call may take, without a word, because one connection gets no answer,
/// although the server answers everybody else.
#[test]
fn a_connection_without_an_answer_is_replaced_by_another_one() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let arguments = ["hold", &samba.name(), "--user", "alice", "--for", "1h", "--yes", "--timeout", "60"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    person.carried_by("hold")?;
    let stalled = Stalled::of_user(&samba, ADMIN)?;
    let began = Instant::now();
    let mut alice = samba.hold_from("alice", 7)?;
    wait_until("the problem", || {
        let row = person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok(text(&row, "problem").contains("did not answer").then_some(()))
    })?;
    wait_until("she is ended", || Ok((!alice.works()?).then_some(())))?;
    let after = began.elapsed();
    assert!(after < Duration::from_secs(15), "{after:?}");
    drop(stalled);
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}

/// A failure here would let a client work for most of the time at a server that is slow, such as one under attack: the connection that
/// works is given up, and no new logon is in time.
#[test]
fn a_slow_server_keeps_the_connection_that_works() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let hold = Running::start(
        person.with_login(&["hold", &samba.name(), "--user", "alice", "--for", "1h", "--yes"])?,
        Stream::Err,
        "no agent runs",
    )?;
    person.carried_by("hold")?;
    let served = || -> Result<Vec<String>> {
        let sessions = samba.status()?.sessions;
        Ok(sessions.iter().filter(|one| one.username == ADMIN).map(|one| one.server_id.pid.clone()).collect())
    };
    let before = served()?;
    // The connection of the hold, and every new one.
    let (stalled, frozen) = (Stalled::of_user(&samba, ADMIN)?, samba.freeze()?);
    wait_until("the problem", || {
        let row = person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok(text(&row, "problem").contains("did not answer").then_some(()))
    })?;
    drop((stalled, frozen));
    wait_until("no problem", || {
        let row = person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok(row["problem"].is_null().then_some(()))
    })?;
    let after = served()?;
    assert!(before.iter().all(|one| after.contains(one)) && !before.is_empty(), "{before:?} {after:?}");
    wait_for_end(samba.hold_from("alice", 7))?;
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}

/// A failure here would ask a person for the passwords of all servers of a hold every five seconds, because one server has no login.
#[test]
fn only_the_commands_of_servers_without_a_login_run_again() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let folder = person.state.path();
    let command = |name: &str, end: &str| -> Result<String> {
        let script = folder.join(name);
        std::fs::write(&script, format!("echo x >> '{}.runs'\n{end}\n", script.display()))?;
        Ok(format!("login = '{ADMIN}'\npassword-command = ['sh', '{}']\n", script.display()))
    };
    let runs = |name: &str| {
        std::fs::read_to_string(folder.join(format!("{name}.runs"))).map_or(0, |text| text.lines().count())
    };
    let (first, second) = (command("pw1", &format!("echo '{PASSWORD}'"))?, command("pw2", "exit 1")?);
    let address = samba.address();
    let tables =
        format!("[server.s1]\naddress = '{address}'\n{first}[server.s2]\naddress = '127.0.0.1:1'\n{second}");
    let config = folder.join("config.toml");
    std::fs::write(&config, tables)?;
    let run =
        |arguments: &[&str]| -> Result<_> { Ok(person.run(arguments)?.env("NETSESSION_CONFIG", &config)) };
    // As an agent finds it after the command has stopped working.
    let mut holds = Holds::open(&Location::File(folder.join("netsession/journal.db")))?;
    let order = order(&["s1", "s2"].map(str::to_owned), &["alice".to_owned()], HoldLogin::default());
    holds.add(&order, &Moment::now())?;
    let agent = Running::start(run(&["agent"])?, Stream::Out, "left out")?;
    let before = runs("pw1");
    wait_until("more runs of the other command", || Ok((runs("pw2") >= 4).then_some(())))?;
    assert_eq!(runs("pw1"), before, "its login is known");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would leave a password prompt, or a program that keeps a token locked, behind each agent that is stopped.
#[test]
fn an_agent_that_is_stopped_leaves_no_password_command_behind() -> Result<()> {
    let person = Person::new()?;
    let folder = person.state.path();
    let (config, number) = (folder.join("config.toml"), folder.join("number"));
    let script = format!("echo $$ > '{0}.new'; mv '{0}.new' '{0}'; exec sleep 25", number.display());
    let login = format!("login = '{ADMIN}'\npassword-command = ['sh', '-c', \"{script}\"]\n");
    std::fs::write(&config, format!("[server.s1]\naddress = '127.0.0.1:1'\n{login}"))?;
    let mut holds = Holds::open(&Location::File(folder.join("netsession/journal.db")))?;
    holds.add(&order(&["s1".to_owned()], &["alice".to_owned()], HoldLogin::default()), &Moment::now())?;
    let run = person.run(&["agent"])?.env("NETSESSION_CONFIG", &config);
    let agent = Running::start(run, Stream::Out, "The agent runs")?;
    let pid = wait_until("the command", || Ok(std::fs::read_to_string(&number).ok()))?;
    let pid = Pid::from_raw(pid.trim().parse()?);
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    // A dead process without a parent that waits for it can still have its number.
    wait_until("the end of the command", || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        Ok((state.is_empty() || state.contains(") Z ")).then_some(()))
    })?;
    Ok(())
}

/// A failure here would let a person believe that a hold keeps somebody out of every server of a cluster, although the servers are
/// none and the hold sees the sessions of one of them.
#[test]
fn a_hold_at_servers_that_are_no_cluster_is_warned_of() -> Result<()> {
    let (one, two, person) = (Embedded::start()?, Embedded::start()?, Person::new()?);
    let config = person.state.path().join("config.toml");
    std::fs::write(&config, format!("[cluster.nas]\nnodes = ['{}', '{}']\n", one.name()?, two.name()?))?;
    let warning = "have different ServerGuids: are they one cluster?";
    let order = ["hold", "nas", "--user", "bob", "--for", "1h"];
    let run = |more: &str| {
        let run = person.with_login(&[&order[..], &[more]].concat())?;
        anyhow::Ok(run.env("NETSESSION_CONFIG", &config))
    };
    let preview = run("--dry-run")?.run()?.expect_code(0)?;
    assert!(preview.stderr.contains(warning), "{preview:?}");
    let node = Proxy::plain().meddle(meddlers::silent_from(0)).to(two.address()?)?;
    let other = person.state.path().join("other.toml");
    std::fs::write(&other, format!("[cluster.nas]\nnodes = ['{}', '{}']\n", one.name()?, node.name()))?;
    let preview = run("--dry-run")?.args(["--timeout", "2"]).env("NETSESSION_CONFIG", &other).run()?;
    let says = format!("{} does not answer", node.name());
    assert!(preview.stderr.contains(&says), "the sessions of this node are missing: {preview:?}");
    let hold = Running::start(run("--yes")?, Stream::Out, warning)?;
    wait_until("the problem", || {
        let row = person.holds(&[])?.into_iter().next().context("the hold")?;
        Ok(text(&row, "problem").contains(warning).then_some(()))
    })?;
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}
