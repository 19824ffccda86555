//! Many holds: one connection and one listing a server serve all of them, and one hold does not hinder the others.
#![cfg(unix)]

#[path = "support/hold_order.rs"]
mod hold_order;
#[path = "support/hold.rs"]
mod support;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hold_order::order;
use netsession_conformance::{Embedded, PASSWORD, Proxy, wait_until};
use netsession_journal::{HoldLogin, Holds, Location, Moment};
use netsession_server::{Account, Encryption};
use netsession_smb::auth::ntlm::NtHash;
use nix::sys::signal::Signal;
use support::{Person, Running, Stream, count, measure, wait_for_end};

/// Records holds of `users` at these servers, as `netsession hold` does.
fn record(person: &Person, users: impl Iterator<Item = String>, servers: &[String]) -> Result<()> {
    let mut holds = Holds::open(&Location::File(person.state.path().join("netsession/journal.db")))?;
    for user in users {
        let login = HoldLogin { authentication_file: Some(person.login()), ..HoldLogin::default() };
        let order = order(servers, &[user], login);
        holds.add(&order, &Moment::now())?;
    }
    Ok(())
}

/// Waits until the agent carries this many holds on.
fn carried(person: &Person, wanted: usize) -> Result<()> {
    wait_until("every hold has a carrier", || {
        let rows = person.holds(&[])?;
        Ok((rows.iter().filter(|row| row["carrier"].is_string()).count() == wanted).then_some(()))
    })
}

/// A failure here would burden each server with a connection and five listings a second for every hold, so that an
/// attacker who comes back is connected for a minute.
#[test]
fn one_listing_serves_every_hold_of_a_server() -> Result<()> {
    const HOLDS: usize = 60;
    let (server, person) = (Embedded::start()?, Person::new()?);
    let proxy = Proxy::plain().to(server.address()?)?;
    let users = (1..HOLDS).map(|number| format!("absent{number}")).chain(["bob".to_owned()]);
    record(&person, users, &[proxy.name()])?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    carried(&person, HOLDS)?;
    // The last hold began before a listing that begins now.
    let calm = || -> Result<usize> {
        let (before, began) = (proxy.counts().requests, Instant::now());
        wait_until("some listings", || Ok((proxy.counts().requests >= before + 10).then_some(())))?;
        Ok(usize::try_from(began.elapsed().as_millis())? / 10)
    };
    let pause = calm()?;
    ensure!(pause >= 20, "a message each {pause} ms is more than one listing five times a second");
    assert_eq!(proxy.counts().connections, 1, "one connection for all holds");
    let lasted = measure(&server, "bob")?;
    let mut alice = server.hold_from("alice", 8)?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    wait_until("it is counted", || Ok((count(&lasted) == 1).then_some(())))?;
    assert!(alice.works()? && proxy.counts().connections == 1);
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would let everybody whom other holds keep out work for seconds, because one session cannot be ended.
#[test]
fn the_holds_of_a_server_end_independently() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    record(&person, ["alice", "bob"].into_iter().map(str::to_owned), &[name])?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    carried(&person, 2)?;
    person.release(&["--user", "alice"])?;
    let mut alice = server.hold_from("alice", 8)?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    assert!(alice.works()?, "the release of one hold leaves the other");
    carried(&person, 1)?;
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would let everybody whom other holds keep out in again, while a command that should print a password hangs.
#[test]
fn a_password_command_that_hangs_hinders_no_other_hold() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let config = person.state.path().join("config.toml");
    let table =
        "[server.vault]\naddress = '127.0.0.1:1'\nlogin = 'admin'\npassword-command = ['sleep', '30']\n";
    std::fs::write(&config, table)?;
    record(&person, ["bob".to_owned()].into_iter(), &[server.name()?])?;
    let run = person.run(&["agent"])?.env("NETSESSION_CONFIG", &config);
    let agent = Running::start(run, Stream::Out, "The agent runs")?;
    carried(&person, 1)?;
    let mut holds = Holds::open(&Location::File(person.state.path().join("netsession/journal.db")))?;
    let silent = order(&["vault".to_owned()], &["alice".to_owned()], HoldLogin::default());
    holds.add(&silent, &Moment::now())?;
    // The agent has seen the new hold once it has read the database again, which it does four times a second.
    std::thread::sleep(Duration::from_secs(1));
    let (began, mut bob) = (Instant::now(), server.hold_from("bob", 7)?);
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    ensure!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would let an administrator in whose account was stolen, if he comes from the computer of the agent, because a hold that
/// is over logged on by this account.
#[test]
fn the_login_of_a_hold_that_is_over_is_spared_no_longer() -> Result<()> {
    let second = Account {
        name: "second".to_owned(),
        hash: NtHash::of_password(PASSWORD),
        admin: true,
        loopback_only: false,
    };
    let (server, person) = (Embedded::start_with(|builder| builder.account(second))?, Person::new()?);
    let name = server.name()?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    let file = person.state.path().join("second");
    std::fs::write(&file, format!("username = second\npassword = {PASSWORD}\n"))?;
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let by_second = ["hold", &name, "--user", "alice", "--for", "1h", "--yes"];
    person.run(&by_second)?.args(["-A".into(), file]).run()?.expect_code(0)?;
    let of_second = ["hold", &name, "--user", "second", "--for", "1h", "--yes"];
    person.with_login(&of_second)?.run()?.expect_code(0)?;
    carried(&person, 2)?;
    // The agent uses both logins, and ends no session of its own.
    let mut spared = server.hold_from("second", 1)?;
    // The one from another computer.
    wait_for_end(server.hold_from("second", 9))?;
    assert!(spared.works()?);
    person.release(&["--user", "alice"])?;
    wait_until("the other one is ended, too", || Ok((!spared.works()?).then_some(())))?;
    wait_for_end(server.hold_from("second", 1))?;
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

fn descriptors(pid: u32) -> Result<usize> {
    Ok(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// Measures what 400 holds cost at 1, 5 and 20 servers.
#[test]
#[ignore = "measures: run it alone, with --nocapture"]
fn what_many_holds_cost() -> Result<()> {
    const HOLDS: usize = 400;
    for count_of_servers in [1, 5, 20] {
        let person = Person::new()?;
        let servers = (0..count_of_servers)
            .map(|_| Embedded::start_with(|builder| builder.encryption(Encryption::Off)))
            .collect::<Result<Vec<_>>>()?;
        let proxies =
            servers.iter().map(|server| Proxy::plain().to(server.address()?)).collect::<Result<Vec<_>>>()?;
        let names: Vec<String> = proxies.iter().map(Proxy::name).collect();
        let users = (1..HOLDS).map(|number| format!("absent{number}")).chain(["bob".to_owned()]);
        record(&person, users, &names)?;
        let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(120) {
            let rows = person.holds(&[])?;
            if rows.iter().all(|row| row["carrier"].is_string()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        println!("{count_of_servers} servers: every hold is carried on after {:?}", began.elapsed());
        std::thread::sleep(Duration::from_secs(5));
        let requests = || proxies.iter().map(|proxy| proxy.counts().requests).sum::<usize>();
        let (before, began) = (requests(), Instant::now());
        std::thread::sleep(Duration::from_secs(5));
        let rate = (requests() - before) as f64 / began.elapsed().as_secs_f64();
        let connections: usize = proxies.iter().map(|proxy| proxy.counts().connections).sum();
        println!(
            "  {rate:.0} requests a second, {connections} connections, {} descriptors",
            descriptors(agent.id())?
        );
        let server = servers.last().context("a server")?;
        let mut times = Vec::new();
        for _ in 0..5 {
            let mut bob = server.hold_from("bob", 7)?;
            let began = Instant::now();
            while bob.works()? && began.elapsed() < Duration::from_secs(120) {
                std::thread::sleep(Duration::from_millis(2));
            }
            times.push(began.elapsed());
        }
        println!("  he is ended after {times:?}");
        agent.signal(Signal::SIGKILL)?;
        agent.end()?;
    }
    Ok(())
}

/// A failure here would leave no descriptor for the connections, so that too many holds keep nobody out, and nobody learns why.
#[test]
fn too_many_holds_leave_the_others_working() -> Result<()> {
    const HOLDS: usize = 60;
    let (server, person) = (Embedded::start()?, Person::new()?);
    // The newest hold is the first that the agent carries on.
    let users = (1..HOLDS).map(|number| format!("absent{number}")).chain(["bob".to_owned()]);
    record(&person, users, &[server.name()?])?;
    let (command, home) = person.run(&["agent"])?.into_parts();
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 80 && exec \"$0\" agent"]).arg(command.get_program()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut agent =
        limited.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn()?;
    wait_until("the problem of the last hold", || {
        let rows = person.holds(&[])?;
        let problem = rows.last().map(|row| support::text(row, "problem").to_owned()).unwrap_or_default();
        Ok(problem.contains("ulimit -n").then_some(()))
    })?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    agent.kill()?;
    agent.wait()?;
    drop(home);
    Ok(())
}
