//! Holds under attack: processes that are killed in the middle of an ending, a database that is full or locked, servers
//! that go away, and names that look alike.
#![cfg(unix)]

#[path = "support/hold.rs"]
mod support;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use netsession_conformance::proxy::{Direction, Meddle, Verdict};
use netsession_conformance::{Embedded, Netsession, PASSWORD, Proxy, Samba, Smbclient, wait_until};
use netsession_server::{Account, Builder, Encryption};
use netsession_smb::auth::ntlm::NtHash;
use nix::sys::signal::Signal;
use serde_json::Value;
use support::{Looping, Person, Running, Stream, count, is_connected, measure, text, wait_for_user};

/// Whether a message carries a call of NetrSessionDel, over a connection that is signed and not encrypted.
fn is_ending(frame: &[u8]) -> bool {
    // The header of a request of DCE/RPC, and its opnum ([C706] 12.6.4.9).
    frame.windows(24).any(|pdu| {
        pdu.starts_with(&[5, 0, 0]) && pdu.get(4..8) == Some(&[0x10, 0, 0, 0][..]) && pdu.ends_with(&[13, 0])
    })
}

/// Returns a proxy that loses the request of every ending, or its answer, from one message to its sender on until the
/// next, and says so.
fn losing(server: SocketAddr, way: Direction) -> Result<(Proxy, Sender<()>, Receiver<()>)> {
    let ((arm, armed), (lost, losses)) = (channel(), channel());
    let (mut is_armed, mut is_asked) = (false, false);
    let meddle = Meddle::new(move |direction, frame| {
        is_armed ^= armed.try_recv().is_ok();
        let is_request = direction == Direction::ToServer && is_ending(&frame);
        is_asked = is_asked || is_request && is_armed;
        let is_lost = match way {
            Direction::ToServer => is_request && is_armed,
            Direction::ToClient => is_asked && is_armed && direction == Direction::ToClient,
        };
        if is_lost {
            let _ = lost.send(());
            return Verdict::Swallow;
        }
        Verdict::Pass(frame)
    });
    Ok((Proxy::plain().meddle(meddle).to(server)?, arm, losses))
}

/// A failure here would free an attacker, or lose what was sent, when the process that ends the sessions is killed.
#[test]
fn a_kill_in_the_middle_of_an_ending_loses_nothing() -> Result<()> {
    for (way, by_agent) in [
        (Direction::ToServer, false),
        (Direction::ToClient, false),
        (Direction::ToServer, true),
        (Direction::ToClient, true),
    ] {
        let server = Embedded::start_with(|builder| builder.encryption(Encryption::Off))?;
        let person = Person::new()?;
        let (proxy, arm, losses) = losing(server.address()?, way)?;
        let mut alice = server.hold_from("alice", 8)?;
        let hold = ["hold", &proxy.name(), "--user", "bob", "--for", "1h", "--reason", "INC-1", "--yes"];
        let agent = || Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs");
        let carrier = match by_agent {
            true => {
                let agent = agent()?;
                person.with_login(&hold)?.run()?.expect_code(0)?;
                agent
            }
            false => Running::start(person.with_login(&hold)?, Stream::Err, "no agent runs")?,
        };
        person.carried_by(if by_agent { "agent" } else { "hold" })?;
        arm.send(())?;
        let _bob = server.hold_from("bob", 7)?;
        losses.recv_timeout(Duration::from_secs(60)).context("nothing was sent")?;
        carrier.signal(Signal::SIGKILL)?;
        carrier.end()?;
        assert_eq!(is_connected(&server, "bob")?, way == Direction::ToServer, "{way:?}");
        // What was sent is in the journal, without an outcome.
        let open = |row: &Value| text(row, "operation") == "end" && text(row, "result").contains("not known");
        let rows = person.journal()?;
        ensure!(rows.iter().filter(|row| open(row)).count() == 1, "{rows:?}");
        person.run(&["journal", "verify"])?.run()?.expect_code(0)?;
        let row = person.holds(&[])?.into_iter().next().context("the hold stays")?;
        assert!(row["carrier"].is_null(), "{row}");
        // The network works again, and an agent starts.
        arm.send(())?;
        let second = agent()?;
        person.carried_by("agent")?;
        let lasted = measure(&server, "bob")?;
        let _loop = Looping::start(server.address()?, "bob");
        wait_until("an ending by the agent", || Ok((count(&lasted) >= 1).then_some(())))?;
        assert!(alice.works()?);
        second.signal(Signal::SIGTERM)?;
        second.end()?;
    }
    Ok(())
}

/// A failure here would end sessions of people whose names only look like the held one, or of another client.
#[test]
fn names_that_look_alike_and_other_clients_are_spared() -> Result<()> {
    // A Cyrillic o, a blank, a full-width b, a zero, and parts of the name.
    let others = ["b\u{43e}b", "bob ", "\u{ff42}ob", "b0b", "bobby", "bo", "obob", "bob.", "*", "bob*"];
    let account = |name: &&str| Account {
        name: (*name).to_owned(),
        hash: NtHash::of_password(PASSWORD),
        admin: false,
        loopback_only: false,
    };
    let person = Person::new()?;
    let server = Embedded::start_with(|builder| others.iter().map(account).fold(builder, Builder::account))?;
    let name = server.name()?;
    let add = |last: u8, user: &str| -> Result<()> {
        let client = IpAddr::from(Ipv4Addr::new(10, 0, 0, last));
        ensure!(netsession_server::testing::add_session(server.server()?, client, user), "no {user}");
        Ok(())
    };
    for (last, user) in (20..).zip(others) {
        add(last, user)?;
    }
    add(5, "BOB")?;
    add(6, "bob")?;
    let count = || {
        Ok::<_, anyhow::Error>(server.who()?.iter().filter(|(client, _)| client.starts_with("10.")).count())
    };
    let arguments = ["hold", &name, "--user", "bob", "--client", "10.0.0.5", "--for", "1h", "--yes"];
    let pair = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    wait_until("bob at 10.0.0.5 is ended", || Ok((count()? == others.len() + 1).then_some(())))?;
    add(5, "Bob")?;
    wait_until("he is ended again", || Ok((count()? == others.len() + 1).then_some(())))?;
    assert!(server.who()?.contains(&("10.0.0.6".to_owned(), "bob".to_owned())), "another client");
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--yes"];
    let user = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    wait_until("bob is ended everywhere", || Ok((count()? == others.len()).then_some(())))?;
    // Several rounds later nobody else is gone.
    add(7, "bob")?;
    wait_until("he is ended again", || Ok((count()? == others.len()).then_some(())))?;
    for (last, user) in (20..).zip(others) {
        let session = (format!("10.0.0.{last}"), user.to_owned());
        assert!(server.who()?.contains(&session), "{session:?}");
    }
    person.release(&["--all"])?;
    for hold in [pair, user] {
        assert_eq!(hold.end()?.0, Some(0));
    }
    Ok(())
}

/// A failure here would end the session of a user at a second client of Samba, whom nobody named.
#[test]
fn another_client_of_the_same_user_is_spared_at_samba() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let name = samba.name();
    let mut other = samba.hold_from("bob", 8)?;
    let mut held = samba.hold_from("bob", 7)?;
    let arguments = ["hold", &name, "--user", "bob", "--client", "127.0.0.7", "--for", "1h", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    wait_until("the session from 127.0.0.7 is ended", || Ok((!held.works()?).then_some(())))?;
    for _ in 0..3 {
        if let Ok(mut again) = samba.hold_from("bob", 7) {
            wait_until("the next one is ended", || Ok((!again.works()?).then_some(())))?;
        }
    }
    assert!(other.works()?);
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}

/// A failure here would let two holds end each other's connections for ever, disconnect a colleague with the same account, or
/// let an administrator think that a hold of the own account keeps an attacker out.
#[test]
fn the_own_account_is_never_held() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    for user in ["admin", "ADMIN", r"EMBEDDED\admin"] {
        let run = person.with_login(&["hold", &name, "--user", user, "--for", "1h", "--yes"])?;
        let refused = run.run()?.expect_code(2)?;
        assert!(refused.stderr.contains("names its own login admin"), "{}", refused.stderr);
    }
    assert!(person.holds(&["--all"])?.is_empty());
    let lasted = measure(&server, "admin")?;
    let mut colleague = server.hold_from("admin", 9)?;
    let start = |selection: &[&str]| -> Result<Running> {
        let arguments = [&["hold", &name, "--for", "1h", "--yes", "--confirm", &name], selection].concat();
        Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")
    };
    let network = start(&["--client", "127.0.0.0/8"])?;
    let pattern = start(&["--user", "*"])?;
    let others = measure(&server, "bob")?;
    let _bob = Looping::start(server.address()?, "bob");
    wait_until("endings of others", || Ok((count(&others) >= 3).then_some(())))?;
    assert!(colleague.works()?);
    // Somebody uses the account at another client, which the hold names.
    let client = start(&["--client", "127.0.0.9"])?;
    wait_until("the session from the named client is ended", || Ok((!colleague.works()?).then_some(())))?;
    // That one, and the commands that previewed: a fight would have ended more.
    assert!(count(&lasted) <= 6, "{}", count(&lasted));
    person.release(&["--all"])?;
    for hold in [network, pattern, client] {
        assert_eq!(hold.end()?.0, Some(0));
    }
    Ok(())
}

/// A failure here would free somebody, or hold for days, because somebody or a time server set the clock of the computer.
#[test]
fn a_clock_that_is_set_neither_frees_nor_extends() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    person.carried_by("hold")?;
    for jump in ["+10d", "-10d"] {
        // The clock since the start of the computer stays, as it does when somebody sets the clock.
        let (command, _home) = person.run(&["holds", "--json"])?.into_parts();
        let mut later = Command::new("faketime");
        later.args(["-f", jump]).arg(command.get_program()).args(command.get_args()).env_clear();
        later.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = later
            .envs([("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1")])
            .env("PATH", "/usr/bin:/bin")
            .output()?;
        let rows: Vec<Value> = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        let row = rows.first().with_context(|| format!("{jump}: the hold is open"))?;
        let left = row["left_secs"].as_u64().context("seconds")?;
        ensure!((3_000..=3_600).contains(&left), "{jump}: {row}");
        let made = text(row, "at").get(..10).context("a day")?.to_owned();
        ensure!(!text(row, "until").starts_with(&made), "{jump}: this clock did not jump: {row}");
    }
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}

/// A failure here would say the same several times a second, and fill the journal, when the login may list and not end.
#[test]
fn a_refused_ending_is_said_once_and_tried_less_and_less_often() -> Result<()> {
    let (samba, person) = (Samba::start()?, Person::new()?);
    let mut bob = samba.hold_from("bob", 7)?;
    let login = person.state.path().join("operator");
    std::fs::write(&login, format!("username = operator\npassword = {PASSWORD}\n"))?;
    std::fs::set_permissions(&login, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let arguments = ["hold", &samba.name(), "--user", "bob", "--for", "6s", "--yes"];
    let done = person.run(&arguments)?.args(["-A".into(), login]).run()?.expect_code(0)?;
    assert!(bob.works()?, "{done:?}");
    // At once, and at the first attempt of the hold.
    let said = done.stdout.matches("remaining").count();
    assert!((1..=2).contains(&said), "{said}: {}", done.stdout);
    let attempts = person.journal()?.iter().filter(|row| text(row, "operation") == "end").count();
    assert!((2..=8).contains(&attempts), "{attempts}");
    let all = person.holds(&["--all"])?;
    let row = all.first().context("one hold")?;
    assert_eq!(row["acted"], 0, "{row}");
    Ok(())
}

/// A failure here would give up when a server restarts, or not say that it is down.
#[test]
fn a_server_that_comes_back_is_held_again() -> Result<()> {
    let person = Person::new()?;
    let first = Embedded::start()?;
    let address = first.address()?;
    let name = first.name()?;
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    person.carried_by("hold")?;
    drop(first);
    wait_until("the problem", || {
        let row = person.holds(&[])?.into_iter().next().context("one hold")?;
        Ok(text(&row, "problem").contains(&name).then_some(()))
    })?;
    let second = Embedded::start_with(|builder| builder.listen(address))?;
    let lasted = measure(&second, "bob")?;
    let _bob = Looping::start(address, "bob");
    wait_until("endings at the new server", || Ok((count(&lasted) >= 2).then_some(())))?;
    wait_until("no problem", || {
        let row = person.holds(&[])?.into_iter().next().context("one hold")?;
        Ok(row["problem"].is_null().then_some(()))
    })?;
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    wait_for_user(&second, "bob", true)
}

/// A failure here would stop a hold when its database is locked, or not end it at the release that follows.
#[test]
fn a_locked_database_frees_nobody() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let arguments = ["hold", &name, "--user", "bob", "--for", "1h", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    person.carried_by("hold")?;
    let database = person.state.path().join("netsession/journal.db");
    let locked = rusqlite::Connection::open(&database)?;
    locked.execute_batch("BEGIN IMMEDIATE")?;
    let lasted = measure(&server, "bob")?;
    let _bob = Looping::start(server.address()?, "bob");
    wait_until("endings meanwhile", || Ok((count(&lasted) >= 2).then_some(())))?;
    locked.execute_batch("COMMIT")?;
    wait_until("the count of actions", || {
        let acted = person.holds(&[])?.first().and_then(|row| row["acted"].as_u64());
        Ok((acted >= Some(2)).then_some(()))
    })?;
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}

/// A failure here would hold somebody of whom no database knows, so that nobody could release the hold; or give a hold up when
/// the disk is full later.
#[test]
fn a_full_disk_holds_nobody_or_for_the_whole_time() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let mut seen = BTreeSet::new();
    // From a disk on which nothing fits to one on which everything does.
    for kilobytes in (4..=256).step_by(28) {
        let mut bob = server.hold_from("bob", 7)?;
        let run = Netsession::admin()?.env("XDG_STATE_HOME", person.state.path());
        let run = run.args(["hold", &name, "--user", "bob", "--for", "1s", "--yes"]);
        let output = on_small_disk(run, person.state.path(), kilobytes)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => ensure!(!bob.works()? && stderr.contains("is over"), "{kilobytes}: {stderr}"),
            Some(1) => ensure!(bob.works()? && stderr.contains("full"), "{kilobytes}: {stderr}"),
            code => anyhow::bail!("{kilobytes}: {code:?} {stderr}"),
        }
        seen.insert(output.status.code());
        drop(bob);
        wait_for_user(&server, "bob", false)?;
    }
    assert_eq!(seen.len(), 2, "some disks are too small, and some are not");
    Ok(())
}

/// A failure here would keep somebody out whom nobody can release, because the command names a way that does not work.
#[test]
fn the_way_that_a_release_names_on_a_full_disk_works() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let script = r#"
        "$1" hold "$2" --user bob --for 1h --yes -A "$3" >/dev/null 2>said & hold=$!
        until grep -q 'no agent runs' said; do sleep 0.05; done
        head -c 1M /dev/zero > "$XDG_STATE_HOME/spare"
        cat /dev/zero > "$XDG_STATE_HOME/full" 2>/dev/null
        "$1" release 1; echo "refused: $?"
        rm "$XDG_STATE_HOME/spare"
        "$1" release 1; echo "released: $?"
        wait $hold; echo "hold: $?"
        "$1" journal verify
    "#;
    // The login is outside of the small disk, whose folder hides everything that was in it.
    let (state, work) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let (command, _home) = Netsession::bare()?.env("XDG_STATE_HOME", state.path()).into_parts();
    let mut small = Command::new("unshare");
    let mount = format!(
        "cd '{}'; mount -t tmpfs -o size=3m,mode=700 tmpfs \"$XDG_STATE_HOME\"",
        work.path().display()
    );
    small.args(["--user", "--map-root-user", "--mount", "sh", "-c", &format!("{mount}\n{script}"), "sh"]);
    small.arg(command.get_program()).arg(&name).arg(person.login()).env_clear();
    small.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    small.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let output = small.stdin(Stdio::null()).output()?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let expected = [
        "refused: 1",
        "released: 0",
        "hold: 0",
        "complete",
        "free 1 MiB on that disk",
        "if you stop the process",
    ];
    for text in expected {
        ensure!(said.contains(text), "{text}: {said}");
    }
    let mut bob = server.hold_from("bob", 7)?;
    assert!(bob.works()?);
    Ok(())
}

/// Makes a command run in a file system of this many kilobytes at `folder`.
fn on_small_disk(run: Netsession, folder: &Path, kilobytes: u32) -> Result<Output> {
    let (command, _home) = run.into_parts();
    let script = format!("mount -t tmpfs -o size={kilobytes}k,mode=700 tmpfs \"$0\" && exec \"$@\"");
    let mut small = Command::new("unshare");
    small.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).arg(folder);
    small.arg(command.get_program()).args(command.get_args()).env_clear();
    small.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    small.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    Ok(small.stdin(Stdio::null()).output()?)
}

/// The processor time of Samba so far: of all processes that have its folder in their command line.
fn samba_time(samba: &Samba) -> Result<Duration> {
    let folder = samba.folder().display().to_string();
    let mut ticks = 0;
    for entry in std::fs::read_dir("/proc")?.filter_map(Result::ok) {
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        if String::from_utf8_lossy(&read("cmdline")).contains(&folder) {
            let stat = String::from_utf8_lossy(&read("stat")).into_owned();
            let after = stat.rsplit_once(')').map_or("", |(_, after)| after).to_owned();
            let fields =
                after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
            ticks += fields.sum::<u64>();
        }
    }
    Ok(Duration::from_millis(ticks * 10))
}

/// Measures what a client can do that connects, copies a small file and disconnects, again and again. The numbers in
/// `docs/hold.md` are from here. A failure here would keep it connected, or disconnect somebody else.
#[test]
#[ignore = "measures: run it alone, with --nocapture"]
fn what_a_client_that_reconnects_can_do() -> Result<()> {
    let (embedded, samba, person) = (Embedded::start()?, Samba::start()?, Person::new()?);
    let put = |address| Smbclient::new(address, "bob").run("put /etc/hostname short.txt").is_ok();
    for (server, address) in [("embedded", embedded.address()?), ("smbd", samba.address())] {
        let start = Instant::now();
        let free = (0..20).filter(|_| put(address)).count();
        println!("{server}: without a hold {free} of 20 copies succeed, {:?} for each", start.elapsed() / 20);
        let proxy = Proxy::plain().to(address)?;
        let arguments = ["hold", &proxy.name(), "--user", "bob", "--for", "1h", "--yes"];
        let first = (0..30).map(|_| -> Result<bool> {
            let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
            person.carried_by("hold")?;
            let is_done = put(address);
            person.release(&["--all"])?;
            hold.end()?;
            Ok(is_done)
        });
        let first = first.collect::<Result<Vec<bool>>>()?.into_iter().filter(|is_done| *is_done).count();
        println!("{server}: the first copy succeeds in {first} of 30 holds");
        let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
        let start = Instant::now();
        let held = (0..100).filter(|_| put(address)).count();
        println!("{server}: {held} of 100 copies in a loop succeed, in {:?}", start.elapsed());
        for (what, seconds) in [("after an ending", 10), ("in between", 40), ("later", 10)] {
            let (before, time, start) = (proxy.counts().requests, samba_time(&samba)?, Instant::now());
            std::thread::sleep(Duration::from_secs(seconds));
            let (requests, spent) = (proxy.counts().requests - before, samba_time(&samba)? - time);
            println!("{server}: {what}: {requests} requests and {spent:?} of smbd in {:?}", start.elapsed());
        }
        person.release(&["--all"])?;
        assert_eq!(hold.end()?.0, Some(0));
        assert!(put(address));
    }
    Ok(())
}

/// A failure here would keep nobody out any more after a password was changed, although somebody has told the agent the new one.
#[test]
fn the_agent_goes_on_with_a_new_password() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let proxy = Proxy::plain().to(server.address()?)?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    person
        .with_login(&["hold", &proxy.name(), "--user", "bob", "--for", "1h", "--yes"])?
        .run()?
        .expect_code(0)?;
    person.carried_by("agent")?;
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    // The password was changed at the server.
    std::fs::write(person.login(), "username = admin\npassword = an old one\n")?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    wait_until("the problem", || {
        let row = person.holds(&[])?.into_iter().next().context("one hold")?;
        Ok((!row["problem"].is_null()).then_some(()))
    })?;
    let refused = proxy.counts().connections;
    std::fs::write(person.login(), format!("username = admin\npassword = {PASSWORD}\n"))?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    assert_eq!(proxy.counts().connections, refused + 1, "the old password went to the server again");
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}
