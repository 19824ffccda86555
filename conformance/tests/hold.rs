//! Holds: a client stays out for its time, whatever happens to the processes that keep it out, and nobody else does.
#![cfg(unix)]

#[path = "support/hold.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use netsession_conformance::raw_client::RawClient;
use netsession_conformance::{Embedded, PASSWORD, Samba, Serve, Smbclient, wait_until};
use nix::sys::signal::Signal;
use serde_json::Value;
use support::{Looping, Person, Running, Stream, Writing, count, is_connected, measure, text, wait_for_user};
use tempfile::TempDir;

/// A failure here would let an attacker back in, disconnect somebody else, or keep a user out after the release.
#[test]
fn a_client_that_reconnects_stays_out_until_the_release() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let mut alice = server.hold_from("alice", 8)?;
    let lasted = measure(&server, "bob")?;
    let _bob = Looping::start(server.address()?, "bob");
    wait_for_user(&server, "bob", true)?;
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--reason", "INC-4711", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    wait_until("four endings", || Ok((count(&lasted) >= 4).then_some(())))?;
    let row = person.carried_by("hold")?;
    for (field, expected) in
        [("state", "open"), ("selection", "--user bob"), ("named", &name), ("reason", "INC-4711")]
    {
        assert_eq!(text(&row, field), expected, "{field}: {row}");
    }
    wait_until("the count of actions", || {
        let acted = person.holds(&[])?.first().and_then(|row| row["acted"].as_u64());
        Ok((acted >= Some(3)).then_some(()))
    })?;
    assert!(alice.works()?, "nobody else");
    person.release(&["--user", "BOB", "--reason", "cleaned"])?;
    let (code, stderr) = hold.end()?;
    assert!(code == Some(0) && stderr.contains("Hold 1 was released."), "{code:?} {stderr}");
    wait_for_user(&server, "bob", true)?;
    let ended = count(&lasted);
    assert!(person.holds(&[])?.is_empty());
    let all = person.holds(&["--all"])?;
    assert_eq!(text(all.first().context("one hold")?, "state"), "released");
    assert!(alice.works()? && is_connected(&server, "bob")? && count(&lasted) == ended);
    // The journal has the hold, its endings with the reason, and the release.
    let rows = person.journal()?;
    let operations: Vec<&str> = rows.iter().map(|row| text(row, "operation")).collect();
    assert_eq!(operations.last(), Some(&"hold"), "{operations:?}");
    assert_eq!(operations.iter().filter(|operation| **operation == "release").count(), 1, "{operations:?}");
    let endings: Vec<&Value> = rows.iter().filter(|row| text(row, "operation") == "end").collect();
    assert!(endings.len() >= 4 && endings.iter().all(|row| text(row, "reason") == "INC-4711"));
    assert!(rows.iter().all(|row| matches!(row["users"][0].as_str(), Some("bob"))), "{rows:?}");
    let lasted = lasted.lock().unwrap_or_else(PoisonError::into_inner);
    println!("sessions of the held user lasted {lasted:?}");
    Ok(())
}

/// A failure here would free an attacker when the agent is killed or the computer restarts.
#[test]
fn the_agent_carries_a_hold_on_after_it_was_killed() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let agent = || Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs");
    let first = agent()?;
    let refused = person.run(&["agent"])?.run()?.expect_code(1)?;
    assert!(refused.stderr.contains("another agent"), "{}", refused.stderr);
    let mut alice = server.hold_from("alice", 8)?;
    let _bob = Looping::start(server.address()?, "bob");
    wait_for_user(&server, "bob", true)?;
    let hold = person
        .with_login(&["hold", &name, "--user", "bob", "--for", "1h", "--yes"])?
        .run()?
        .expect_code(0)?;
    assert!(hold.stderr.contains("The agent carries it on (agent "), "{}", hold.stderr);
    wait_for_user(&server, "bob", false)?;
    first.signal(Signal::SIGKILL)?;
    first.end()?;
    wait_for_user(&server, "bob", true)?;
    let row = person.holds(&[])?.into_iter().next().context("the hold stays open")?;
    assert!(row["carrier"].is_null(), "{row}");
    let second = agent()?;
    person.carried_by("agent")?;
    let lasted = measure(&server, "bob")?;
    wait_until("endings by the second agent", || Ok((count(&lasted) >= 2).then_some(())))?;
    assert!(alice.works()?);
    person.release(&["1"])?;
    wait_until("the end of the hold", || Ok(person.holds(&[])?.is_empty().then_some(())))?;
    wait_for_user(&server, "bob", true)?;
    second.signal(Signal::SIGTERM)?;
    second.end()?;
    Ok(())
}

/// A failure here would lose a hold whose command was stopped, or leave it to nobody when an agent starts later.
#[test]
fn an_agent_that_starts_later_takes_a_stopped_hold_over() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    assert!(text(&person.carried_by("hold")?, "carrier").starts_with("hold"), "one process at a time");
    hold.signal(Signal::SIGKILL)?;
    hold.end()?;
    person.carried_by("agent")?;
    // A password that a person typed is in no database: the command stays.
    let typed = person.run(&["hold", &name, "--user", "carol", "--for", "1h", "--yes", "-U", "admin"])?;
    let typed = Running::start(
        typed.env("NETSESSION_PASSWORD", PASSWORD),
        Stream::Err,
        "does not know the password",
    )?;
    typed.signal(Signal::SIGINT)?;
    let (_, stderr) = typed.end()?;
    assert!(stderr.contains("Hold 2 stays open"), "{stderr}");
    let listed = person.run(&["holds"])?.run()?.expect_code(0)?;
    assert!(listed.stderr.contains("release the hold, and hold again"), "{}", listed.stderr);
    let database = std::fs::read(person.state.path().join("netsession/journal.db"))?;
    ensure!(!database.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "a password");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would free an attacker when the administrator's ssh connection ends.
#[test]
fn a_hold_of_nohup_goes_on_after_its_terminal() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--yes"];
    let hold = person.with_login(&arguments)?.without_hangup();
    let hold = Running::start(hold, Stream::Err, "no agent runs")?;
    hold.signal(Signal::SIGHUP)?;
    let lasted = measure(&server, "bob")?;
    let _bob = Looping::start(server.address()?, "bob");
    wait_until("an ending", || Ok((count(&lasted) >= 1).then_some(())))?;
    hold.signal(Signal::SIGTERM)?;
    hold.end()?;
    Ok(())
}

/// A failure here would hold for ever.
#[test]
fn a_hold_ends_with_its_time() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let done = person
        .with_login(&["hold", &name, "--user", "bob", "--for", "1s", "--yes"])?
        .run()?
        .expect_code(0)?;
    assert!(done.stderr.contains("Hold 1 is over."), "{}", done.stderr);
    assert_eq!(text(&person.holds(&["--all"])?[0], "state"), "over");
    person.run(&["release", "1"])?.run()?.expect_code(3)?;
    Ok(())
}

/// A failure here would let one yes keep everybody out tomorrow.
#[test]
fn a_hold_that_could_become_everybody_needs_a_confirmation() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    for selection in [["--user", "b*"], ["--client", "127.0.0.0/8"]] {
        let run = person.with_login(&["hold", &name, "--for", "1h", "--yes"])?.args(selection);
        let refused = run.run()?.expect_code(2)?;
        assert!(refused.stderr.contains("needs a confirmation"), "{}", refused.stderr);
    }
    for wrong in [
        ["--for", "1h"].as_slice(),
        &["--user", "bob"],
        &["--user", "bob", "--for", "0h"],
        &["--user", "bob", "--for", "2"],
    ] {
        person.with_login(&["hold", &name, "--yes"])?.args(wrong).run()?.expect_code(2)?;
    }
    person.with_login(&["hold", &name, "--user", "bob", "--for", "1h"])?.run()?.expect_code(2)?;
    assert!(person.holds(&["--all"])?.is_empty());
    Ok(())
}

/// A failure here would not keep anybody out of Samba, or disconnect others there.
#[test]
fn a_hold_works_at_samba() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    let mut alice = samba.hold_from("alice", 8)?;
    let mut bob = samba.hold_from("bob", 7)?;
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    assert!(!bob.works()?, "ended at once");
    let acted =
        || -> Result<Option<u64>> { Ok(person.holds(&[])?.first().and_then(|row| row["acted"].as_u64())) };
    let before: Option<u64> =
        wait_until("the first ending is counted", || Ok(acted()?.filter(|count| *count >= 1).map(Some)))?;
    // It may be ended while it logs on.
    if let Ok(mut again) = samba.hold_from("bob", 7) {
        wait_until("the next ending", || Ok((!again.works()?).then_some(())))?;
    }
    wait_until("the next ending is counted", || Ok((acted()? > before).then_some(())))?;
    assert!(alice.works()?);
    person.release(&["--all"])?;
    assert_eq!(hold.end()?.0, Some(0));
    let mut free = samba.hold_from("bob", 7)?;
    assert!(free.works()? && alice.works()?);
    Ok(())
}

/// A failure here would let somebody log on at the embedded server although a hold keeps them out, or keep others out.
#[test]
fn our_own_server_refuses_the_logon() -> Result<()> {
    let person = Person::new()?;
    let (shared, runtime) = (TempDir::new()?, TempDir::new()?);
    let users = person.state.path().join("users");
    std::fs::write(&users, format!("alice:{PASSWORD}\nbob:{PASSWORD}\n"))?;
    std::fs::set_permissions(&users, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let share = format!("data={}", shared.path().display());
    let users = users.display().to_string();
    let arguments = ["--share", &share, "--users-file", &users, "--holds"];
    let state = person.state.path().display().to_string();
    let state = [("XDG_STATE_HOME", state.as_str())];
    let serve = Serve::start_with(runtime.path(), &arguments, &state)?;
    let address = serve.address();
    let connect = |user| RawClient::connect(address, user, "data");
    let _alice = connect("alice")?;
    drop(connect("bob")?);
    let name = serve.address().to_string();
    let run = || Ok::<_, anyhow::Error>(serve.command()?.env("XDG_STATE_HOME", person.state.path()));
    let hold = Running::start(
        run()?.args(["hold", &name, "--user", "bob", "--for", "1h", "--yes"]),
        Stream::Err,
        "Hold 1 lasts until",
    )?;
    hold.signal(Signal::SIGKILL)?;
    hold.end()?;
    // Nobody carries the hold on, and the server still refuses.
    for _ in 0..20 {
        assert!(connect("bob").is_err());
    }
    // A client that connects, copies and disconnects within a few milliseconds does not get in either.
    for _ in 0..5 {
        let put = Smbclient::new(serve.address(), "bob").run("put /etc/hostname short.txt");
        ensure!(put.is_err_and(|error| error.to_string().contains("NT_STATUS_ACCOUNT_RESTRICTION")));
    }
    assert!(!shared.path().join("short.txt").exists());
    serve.wait_for("logon failed from 127.0.0.1 (user bob): a hold keeps this user out")?;
    let _other = connect("alice")?;
    let row = person.holds(&[])?.into_iter().next().context("one hold")?;
    assert!(row["acted"].as_u64() >= Some(1), "{row}");
    person.release(&["1"])?;
    drop(connect("bob")?);
    // The next logon is the first reading after a new hold, and meets a process that repairs the index of the database.
    let hold = Running::start(
        run()?.args(["hold", &name, "--user", "bob", "--for", "1h", "--yes"]),
        Stream::Err,
        "Hold 2 lasts until",
    )?;
    hold.signal(Signal::SIGKILL)?;
    hold.end()?;
    let repair = Repair::begin(&person.state.path().join("netsession/journal.db-shm"))?;
    let is_refused = thread::scope(|scope| -> Result<bool> {
        let logon = scope.spawn(|| connect("bob").is_err());
        // A logon that does not wait is over at this time.
        thread::sleep(Duration::from_millis(300));
        repair.finish()?;
        Ok(logon.join().is_ok_and(|is_refused| is_refused))
    })?;
    ensure!(is_refused, "a new hold is passed");
    person.release(&["2"])?;
    serve.stop()?;
    Ok(())
}

/// A failure here would count the agent's own logons at a server that it is kept out of, as if somebody tried to come in again and again.
#[test]
fn the_own_logons_of_the_agent_are_not_counted() -> Result<()> {
    let person = Person::new()?;
    let (shared, runtime) = (TempDir::new()?, TempDir::new()?);
    let users = person.state.path().join("users");
    std::fs::write(&users, format!("admin:{PASSWORD}\nbob:{PASSWORD}\n"))?;
    std::fs::set_permissions(&users, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let (share, users) = (format!("data={}", shared.path().display()), users.display().to_string());
    let arguments = ["--share", &share, "--users-file", &users, "--admin", "admin", "--holds"];
    let state = person.state.path().display().to_string();
    let serve = Serve::start_with(runtime.path(), &arguments, &[("XDG_STATE_HOME", state.as_str())])?;
    let name = serve.address().to_string();
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    let hold = ["hold", &name, "--client", "127.0.0.1", "--for", "1h", "--yes"];
    person.with_login(&hold)?.run()?.expect_code(0)?;
    let acted = || person.holds(&[])?.first().and_then(|row| row["acted"].as_u64()).context("one hold");
    wait_until("the agent is refused", || {
        let row = person.holds(&[])?.into_iter().next().context("one hold")?;
        Ok(support::text(&row, "problem").contains("STATUS_ACCOUNT_RESTRICTION").then_some(()))
    })?;
    let before = acted()?;
    serve.wait_for("logon failed from 127.0.0.1 (user admin): a hold keeps this user out")?;
    serve.wait_for("logon failed from 127.0.0.1 (user admin): a hold keeps this user out")?;
    assert!(RawClient::connect(serve.address(), "bob", "data").is_err());
    wait_until("the client is counted", || Ok((acted()? == before + 1).then_some(())))?;
    assert_eq!(before, 0);
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    serve.stop()?;
    Ok(())
}

/// A process that repairs the index of a WAL, as the first one does that reads after a crash: it has its locks, and the index is
/// not valid meanwhile.
struct Repair {
    python: Child,
}

impl Repair {
    fn begin(index: &Path) -> Result<Self> {
        // The bytes 120 to 127 are the locks for writing, checkpoints, the repair and five readers.
        let script = "import fcntl, sys\n\
                      index = open(sys.argv[1], 'r+b', buffering=0)\n\
                      fcntl.lockf(index, fcntl.LOCK_EX, 8, 120)\n\
                      header = index.read(48)\n\
                      index.seek(8); index.write(bytes([header[8] ^ 1]))\n\
                      print('begun', flush=True)\n\
                      sys.stdin.readline()\n\
                      index.seek(0); index.write(header)\n";
        let mut python = Command::new("python3")
            .args(["-c", script])
            .arg(index)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut begun = String::new();
        BufReader::new(python.stdout.take().context("no stdout")?).read_line(&mut begun)?;
        ensure!(begun == "begun\n", "the index is not locked");
        Ok(Self { python })
    }

    fn finish(mut self) -> Result<()> {
        self.python.stdin.take().context("no stdin")?.write_all(b"\n")?;
        ensure!(self.python.wait()?.success(), "the repair failed");
        Ok(())
    }
}

/// A failure here would let somebody in at the embedded server because the hold names the server, or the client, by a name that only the
/// configuration or a name service knows.
#[test]
fn our_own_server_knows_the_names_of_a_hold() -> Result<()> {
    let person = Person::new()?;
    let (shared, runtime) = (TempDir::new()?, TempDir::new()?);
    let (users, config) = (person.state.path().join("users"), person.state.path().join("config.toml"));
    std::fs::write(&users, format!("bob:{PASSWORD}\n"))?;
    std::fs::set_permissions(&users, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    std::fs::write(&config, "")?;
    let share = format!("data={}", shared.path().display());
    let (users, config_name) = (users.display().to_string(), config.display().to_string());
    let state = person.state.path().display().to_string();
    let variables = [("XDG_STATE_HOME", state.as_str()), ("NETSESSION_CONFIG", config_name.as_str())];
    let arguments = ["--share", &share, "--users-file", &users, "--holds"];
    let serve = Serve::start_with(runtime.path(), &arguments, &variables)?;
    let address = serve.address();
    let table = format!("[server.mysrv]\naddress = '{address}'\n[cluster.clu]\nnodes = ['{address}']\n");
    std::fs::write(&config, table)?;
    let connect = || RawClient::connect(address, "bob", "data");
    let name = address.to_string();
    let by_client = |client| ["--client", client];
    let cases = [
        ("mysrv", ["--user", "bob"]),
        ("clu", ["--user", "bob"]),
        (name.as_str(), by_client("localhost")),
        (name.as_str(), by_client(r"\\localhost")),
    ];
    let _writing = Writing::start(person.state.path().join("netsession/journal.db"));
    for (server, selection) in cases {
        drop(connect().with_context(|| format!("before {server} {selection:?}"))?);
        let run = variables.iter().fold(serve.command()?, |run, (name, value)| run.env(name, value));
        let run = run.args(["hold", server, "--for", "1h", "--yes"]).args(selection);
        let hold = Running::start(run, Stream::Err, "lasts until")?;
        hold.signal(Signal::SIGKILL)?;
        hold.end()?;
        for _ in 0..5 {
            ensure!(connect().is_err(), "{server} {selection:?}");
        }
        person.release(&["--all"])?;
    }
    serve.stop()?;
    Ok(())
}
