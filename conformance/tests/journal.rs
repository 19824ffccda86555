//! The journal: whatever happens during an ending, an ending that was sent is in it, and nobody changes it unnoticed.
#![cfg(unix)]

#[path = "support/kill.rs"]
mod kill;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};
use kill::kill_at;
use netsession_conformance::languages::C;
use netsession_conformance::proxy::Direction;
use netsession_conformance::{ADMIN, Embedded, Held, Netsession, Outcome, PASSWORD, wait_until};
use serde_json::Value;
use tempfile::TempDir;

/// A server, and a user of this computer with a journal.
struct Lab {
    server: Embedded,
    state: TempDir,
}

impl Lab {
    fn new() -> Result<Self> {
        Ok(Self { server: Embedded::start()?, state: TempDir::new()? })
    }

    fn run(&self, arguments: &[&str]) -> Result<Netsession> {
        // The journal needs no login.
        let run = match arguments {
            ["journal", ..] => Netsession::bare()?,
            _ => Netsession::admin()?,
        };
        Ok(run.env("XDG_STATE_HOME", self.state.path()).args(arguments))
    }

    /// Runs with these lines in the table `[journal]`.
    fn with_journal(&self, lines: &str, arguments: &[&str]) -> Result<Netsession> {
        let run = self.run(arguments)?;
        let config = run.home().join("config.toml");
        std::fs::write(&config, format!("[journal]\n{lines}\n"))?;
        Ok(run.env("NETSESSION_CONFIG", config))
    }

    /// The arguments that end the sessions of a user.
    fn end<'a>(&self, name: &'a str, user: &'a str) -> [&'a str; 7] {
        ["end", name, "--user", user, "--yes", "--reason", "INC-4711"]
    }

    fn changes(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        self.run(&[&["journal", "--json"], arguments].concat())?.run()?.expect_code(0)?.json()
    }

    fn verify(&self) -> Result<Outcome> {
        self.run(&["journal", "verify"])?.run()
    }

    fn database(&self) -> PathBuf {
        self.state.path().join("netsession/journal.db")
    }

    fn is_connected(&self, user: &str) -> Result<bool> {
        Ok(self.server.who()?.iter().any(|(_, connected)| connected == user))
    }

    fn hold(&self, user: &str) -> Result<Held> {
        self.server.hold_from(user, 7)
    }
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A failure here would not tell tomorrow who ended whose session, and why.
#[test]
fn an_ending_is_recorded_with_its_reason_and_outcome() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let _bob = lab.hold("bob")?;
    lab.run(&lab.end(&name, "bob"))?.run()?.expect_code(0)?;
    let rows = lab.changes(&["--user", "BOB"])?;
    let [row] = rows.as_slice() else { anyhow::bail!("one change: {rows:?}") };
    for (field, expected) in [
        ("operation", "end"),
        ("login", "admin"),
        ("mechanism", "NTLM"),
        ("server", &name),
        ("selection", "--user bob"),
        ("result", "1 ended"),
        ("reason", "INC-4711"),
        ("program", "end"),
    ] {
        assert_eq!(text(row, field), expected, "{field}: {row}");
    }
    assert_eq!(row["users"], serde_json::json!(["bob"]));
    assert!(lab.changes(&["--user", "alice"])?.is_empty());
    assert_eq!(lab.changes(&["--by", "admin", "--server", &name, "--since", "1h"])?.len(), 1);
    // What only reads is not recorded.
    lab.run(&["sessions", &name])?.run()?.expect_code(0)?;
    lab.run(&["end", &name, "--user", "admin*", "--dry-run"])?.run()?;
    assert_eq!(lab.changes(&[])?.len(), 1);
    lab.verify()?.expect_code(0)?;
    let exported = lab.run(&["journal", "export"])?.run()?.expect_code(0)?.stdout;
    assert!(exported.lines().count() == 2 && exported.contains(r#""client":"127.0.0.7""#), "{exported}");
    assert!(!exported.contains(PASSWORD));
    Ok(())
}

/// A failure here would not record who closed a file.
#[test]
fn a_closing_is_recorded() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let _bob = lab.server.copy_from("bob", 7, Direction::ToServer, 1 << 20, &[])?;
    let files = lab.run(&["files", &name, "--json"])?.run()?.json()?;
    let id = files.iter().find(|file| text(file, "user") == "bob").context("bob has a file open")?["id"]
        .to_string();
    lab.run(&["close", &name, "--id", &id, "--yes", "--reason", "locked"])?.run()?.expect_code(0)?;
    let rows = lab.changes(&["--user", "bob"])?;
    let row = rows.first().context("a change")?;
    assert_eq!((text(row, "operation"), text(row, "result")), ("close", "1 closed"), "{row}");
    assert_eq!((text(row, "selection"), text(row, "reason")), (&*format!("--id {id}"), "locked"));
    Ok(())
}

/// Ends bob's session again and again, and kills the command once at each `step`-th system call. Returns how often it was
/// killed, and how often bob's session ended.
fn survives_kills(step: usize) -> Result<(usize, usize)> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let (mut number, mut kills, mut ended) = (0, 0, 0);
    let mut bob = lab.hold("bob")?;
    loop {
        if !kill_at(lab.run(&lab.end(&name, "bob"))?, number)? {
            break;
        }
        kills += 1;
        number += step;
        // What the command had sent, the server carries out. Its connection ends first.
        wait_until("the server notices that the command is gone", || {
            Ok((!lab.is_connected("admin")?).then_some(()))
        })?;
        if !lab.is_connected("bob")? {
            ended += 1;
            assert_eq!(
                lab.changes(&["--user", "bob"])?.len(),
                ended,
                "an ending is not recorded, killed at {number}"
            );
            bob = lab.hold("bob")?;
        } else {
            // The request did not leave, although it may be recorded.
            ended = lab.changes(&["--user", "bob"])?.len();
        }
    }
    lab.verify()?.expect_code(0)?;
    drop(bob);
    Ok((kills, ended))
}

/// A failure here would lose the record of an ending when the command is killed.
#[test]
fn an_ending_that_was_sent_is_recorded_wherever_the_command_is_killed() -> Result<()> {
    // The number of system calls differs by machine and by run: a long step may miss those after the request.
    let mut kills = 0;
    for step in [61, 23, 7] {
        let (more, ended) = survives_kills(step)?;
        kills += more;
        if ended > 0 && kills > 10 {
            return Ok(());
        }
    }
    anyhow::bail!("no request was sent before one of the {kills} kills")
}

/// A failure here would lose the record of an ending when the command is killed at a rare moment.
#[test]
#[ignore = "kills an ending a thousand times: cargo xtask test --full"]
fn an_ending_that_was_sent_is_recorded_wherever_the_command_is_killed_a_thousand_times() -> Result<()> {
    let (mut kills, mut ended) = (0, 0);
    while kills < 1_000 {
        let more = survives_kills(2)?;
        (kills, ended) = (kills + more.0, ended + more.1);
    }
    ensure!(ended > 0, "no request was sent before a kill");
    Ok(())
}

/// A failure here would change what must be recorded and cannot be, or hide that a change is not recorded.
#[test]
fn a_journal_that_does_not_work_is_said_or_forbids_the_change() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let _bob = lab.hold("bob")?;
    std::fs::create_dir_all(lab.state.path().join("netsession"))?;
    std::fs::write(lab.state.path().join("netsession/journal.key"), [7; 32])?;
    let refused = lab.with_journal("required = true", &lab.end(&name, "bob"))?.run()?.expect_code(1)?;
    assert!(
        refused.stderr.contains("requires a journal") && refused.stderr.contains("is gone"),
        "{refused:?}"
    );
    assert!(lab.is_connected("bob")?, "nothing is changed");
    let done = lab.run(&lab.end(&name, "bob"))?.run()?.expect_code(0)?;
    assert!(done.stderr.contains("changes will not be recorded"), "{done:?}");
    assert!(!lab.is_connected("bob")?);
    let _bob = lab.hold("bob")?;
    let off = lab.with_journal("enabled = false", &lab.end(&name, "bob"))?.run()?.expect_code(0)?;
    assert!(!off.stderr.contains("recorded"), "{off:?}");
    Ok(())
}

/// Makes a command run in a file system of this many kilobytes at `folder`.
fn on_small_disk(run: Netsession, folder: &Path, kilobytes: u32) -> Result<std::process::Output> {
    let (command, _home) = run.into_parts();
    let script = format!("mount -t tmpfs -o size={kilobytes}k,mode=700 tmpfs \"$0\" && exec \"$@\"");
    let mut small = Command::new("unshare");
    small.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).arg(folder);
    small.arg(command.get_program()).args(command.get_args()).env_clear();
    small.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    small.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    Ok(small.stdin(Stdio::null()).output()?)
}

/// A failure here would hide that a full disk took no record, or change what must be recorded.
#[test]
fn a_full_disk_is_said_or_forbids_the_change() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let mut seen = BTreeSet::new();
    // From a disk on which nothing fits to one on which everything does.
    for kilobytes in (4..=256).step_by(12) {
        let bob = lab.hold("bob")?;
        let run = lab.with_journal("required = true", &lab.end(&name, "bob"))?;
        let output = on_small_disk(run, lab.state.path(), kilobytes)?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_connected = lab.is_connected("bob")?;
        let is_full = stderr.contains("the disk is full") || stderr.contains("No space left");
        match output.status.code() {
            // The intent fits, and the outcome may not.
            Some(0) => ensure!(!is_connected, "{kilobytes}: {stderr}"),
            Some(1) => ensure!(is_connected && is_full, "{kilobytes}: {stderr}"),
            code => anyhow::bail!("{kilobytes}: {code:?} {stderr}"),
        }
        seen.insert(output.status.code());
        drop(bob);
        wait_until("bob is gone", || Ok((!lab.is_connected("bob")?).then_some(())))?;
    }
    assert_eq!(seen.len(), 2, "some disks are too small, and some are not");
    Ok(())
}

/// A failure here would lose the record of one of several administrators.
#[test]
fn endings_at_once_are_all_recorded() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let users = ["alice", "bob", "carol"];
    let _held: Vec<Held> =
        users.iter().zip(11..).map(|(user, last)| lab.server.hold_from(user, last)).collect::<Result<_>>()?;
    thread::scope(|scope| -> Result<()> {
        let runs: Vec<_> =
            users.map(|user| lab.run(&lab.end(&name, user))).into_iter().collect::<Result<_>>()?;
        let runs: Vec<_> = runs.into_iter().map(|run| scope.spawn(|| run.run())).collect();
        for run in runs {
            run.join().map_err(|_| anyhow::anyhow!("a run panicked"))??.expect_code(0)?;
        }
        Ok(())
    })?;
    for user in users {
        let rows = lab.changes(&["--user", user])?;
        assert_eq!((rows.len(), text(&rows[0], "result")), (1, "1 ended"), "{rows:?}");
    }
    lab.verify()?.expect_code(0)?;
    Ok(())
}

/// A failure here would let a person with write access to the database change or remove rows unnoticed.
#[test]
fn a_changed_and_a_removed_row_are_named() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    for user in ["alice", "bob"] {
        let _held = lab.hold(user)?;
        lab.run(&lab.end(&name, user))?.run()?.expect_code(0)?;
    }
    let intact = lab.verify()?.expect_code(0)?.stdout;
    let last =
        intact.lines().find_map(|line| line.strip_prefix("last row: ")).context("the last row")?.to_owned();
    let expect = |head: &str| lab.run(&["journal", "verify", "--expect", head])?.run();
    expect(&last)?.expect_code(0)?;
    expect(&last.replacen("4:", "9:", 1))?.expect_code(1)?;
    let whole = std::fs::read(lab.database())?;
    for (statement, message) in [
        ("UPDATE entry SET body = replace(body, 'alice', 'carol') WHERE seq = 1", "row 1 was changed"),
        ("DELETE FROM entry WHERE seq = 2", "row 2 was removed"),
        ("DELETE FROM entry WHERE seq = 4", "the last row, 4, was removed"),
    ] {
        let database = rusqlite::Connection::open(lab.database())?;
        database.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
        database.execute(statement, [])?;
        drop(database);
        let found = lab.verify()?.expect_code(1)?;
        assert!(found.stderr.contains(message), "{statement}: {found:?}");
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", lab.database().display()));
        }
        std::fs::write(lab.database(), &whole)?;
    }
    lab.verify()?.expect_code(0)?;
    Ok(())
}

/// A failure here would send a person to the police, although they have only restored the key of another journal.
#[test]
fn another_key_is_to_be_put_back() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let _bob = lab.hold("bob")?;
    lab.run(&lab.end(&name, "bob"))?.run()?.expect_code(0)?;
    let key = lab.database().with_extension("key");
    let kept = std::fs::read(&key)?;
    std::fs::write(&key, kept.iter().map(|octet| octet ^ 1).collect::<Vec<_>>())?;
    let found = lab.verify()?.expect_code(1)?;
    assert!(found.stderr.contains("copy the right journal.key from a backup"), "{}", found.stderr);
    std::fs::write(&key, &kept)?;
    lab.verify()?.expect_code(0)?;
    Ok(())
}

/// A failure here would remove records without a trace, or without asking.
#[test]
fn pruning_is_recorded() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let _bob = lab.hold("bob")?;
    lab.run(&["journal", "verify"])?.run()?.expect_code(3)?;
    lab.run(&lab.end(&name, "bob"))?.run()?.expect_code(0)?;
    lab.run(&["journal", "prune", "--before", "0s"])?.run()?.expect_code(2)?;
    lab.run(&["journal", "prune", "--before", "1d", "--yes"])?.run()?.expect_code(3)?;
    // The newest records, which are evidence, would go, too.
    lab.run(&["journal", "prune", "--before", "2200-01-01", "--yes"])?.run()?.expect_code(2)?;
    lab.run(&["journal", "prune", "--before", "0s", "--yes"])?.run()?.expect_code(0)?;
    let rows = lab.changes(&[])?;
    assert_eq!(
        (rows.len(), text(&rows[0], "operation"), text(&rows[0], "result")),
        (1, "prune", "2 rows removed")
    );
    lab.verify()?.expect_code(0)?;
    Ok(())
}

/// A failure here would change something without the reason that the configuration requires.
#[test]
fn a_required_reason_is_required() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let _bob = lab.hold("bob")?;
    for reason in [&[][..], &["--reason", " "]] {
        let arguments = [&["end", &name, "--user", "bob", "--yes"], reason].concat();
        let refused = lab.with_journal("reason = 'required'", &arguments)?.run()?.expect_code(2)?;
        assert!(refused.stderr.contains("requires a reason"), "{refused:?}");
        assert!(lab.is_connected("bob")?, "nothing is changed");
    }
    let close = ["close", &name, "--user", "bob", "--yes"];
    let refused = lab.with_journal("reason = 'required'", &close)?.run()?.expect_code(2)?;
    assert!(refused.stderr.contains("requires a reason"), "{refused:?}");
    lab.with_journal("reason = 'required'", &lab.end(&name, "bob"))?.run()?.expect_code(0)?;
    assert!(!lab.is_connected("bob")?);
    Ok(())
}

/// A failure here would write to the disk once for each server, before the last server gets its request.
#[test]
fn the_intents_of_many_servers_are_recorded_first() -> Result<()> {
    let lab = Lab::new()?;
    let others = [Embedded::start()?, Embedded::start()?];
    let servers = [&lab.server, &others[0], &others[1]];
    let _held: Vec<Held> = servers.iter().map(|server| server.hold_from("bob", 7)).collect::<Result<_>>()?;
    let names: Vec<String> = servers.iter().map(|server| server.name()).collect::<Result<_>>()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    lab.run(&[&["end"], &*names, &["--user", "bob", "--yes"]].concat())?.run()?.expect_code(0)?;
    let exported = lab.run(&["journal", "export"])?.run()?.expect_code(0)?.stdout;
    let rows: Vec<Value> = exported.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let kinds: Vec<&str> = rows.iter().map(|row| text(&row["entry"], "kind")).collect();
    assert_eq!(kinds, ["intent", "intent", "intent", "outcome", "outcome", "outcome"]);
    let mut recorded: Vec<&str> =
        rows.iter().take(3).map(|row| text(&row["entry"]["server"], "named")).collect();
    let mut expected = names.clone();
    recorded.sort_unstable();
    expected.sort_unstable();
    assert_eq!(recorded, expected);
    lab.verify()?.expect_code(0)?;
    Ok(())
}

/// A failure here would not record what other programs end, or record what the configuration does not say.
#[test]
fn a_c_program_is_recorded_if_the_configuration_says_so() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let config = lab.state.path().join("config.toml");
    let end = |lines: &str, user: &str| -> Result<Outcome> {
        std::fs::write(&config, format!("[journal]\n{lines}\n"))?;
        let call = C.call()?.login(ADMIN, &name).env("NETSESSION_CONFIG", &config);
        call.env("XDG_STATE_HOME", lab.state.path()).args([&format!(r"\\{name}"), "-", user]).run()
    };
    let _held: Vec<Held> =
        ["alice", "bob", "carol"].map(|user| lab.hold(user)).into_iter().collect::<Result<_>>()?;
    end("", "alice")?.expect_code(0)?;
    assert!(lab.changes(&[])?.is_empty(), "the C library records only if the configuration says so");
    end("c-library = true", "bob")?.expect_code(0)?;
    let rows = lab.changes(&["--user", "bob"])?;
    let [row] = rows.as_slice() else { anyhow::bail!("one change: {rows:?}") };
    assert_eq!((text(row, "program"), text(row, "result")), ("netapi32", "1 answered"), "{row}");
    lab.run(&lab.end(&name, "alice"))?.run()?;
    lab.verify()?.expect_code(0)?;
    std::fs::rename(lab.database(), lab.state.path().join("away"))?;
    let refused = end("required = true", "carol")?.expect_code(1)?;
    assert!(refused.stderr.contains("requires a journal"), "{refused:?}");
    assert!(lab.is_connected("carol")?, "nothing is changed");
    let done = end("c-library = true", "carol")?.expect_code(0)?;
    assert!(done.stderr.contains("not recorded"), "{done:?}");
    Ok(())
}

/// A failure here would hinder an ending because of a home that cannot be written, or say so more than once.
#[test]
fn an_unwritable_home_hinders_no_ending() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let _bob = lab.hold("bob")?;
    // Also root cannot make a folder below a file.
    let file = lab.state.path().join("file");
    std::fs::write(&file, "")?;
    let done = lab.run(&lab.end(&name, "bob"))?.env("XDG_STATE_HOME", &file).run()?.expect_code(0)?;
    assert_eq!(done.stderr.matches("recorded").count(), 1, "{done:?}");
    assert!(!lab.is_connected("bob")?);
    Ok(())
}
