//! `netsession who`: who holds a file, at a terminal and in a script.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::samba::PASSWORD;
use netsession_conformance::serve::Serve;
use netsession_conformance::smbclient::{Held, Smbclient};
use netsession_conformance::terminal::Terminal;
use netsession_conformance::{Netsession, Proxy, Samba, wait_until};
use serde_json::Value;
use tempfile::TempDir;

/// A server at which alice holds a file, and bob the same one from one of two clients.
struct Desk {
    samba: Samba,
    alice: Held,
    bobs: [Held; 2],
}

impl Desk {
    fn start() -> Result<Self> {
        let samba = Samba::start()?;
        for name in ["the plan's.txt", "other.txt"] {
            fs::write(samba.share().join(name), "x")?;
        }
        let mut alice = samba.hold_from("alice", 7)?;
        let mut bobs = [samba.hold_from("bob", 8)?, samba.hold_from("bob", 9)?];
        alice.open("\"the plan's.txt\"")?;
        bobs[0].open("\"the plan's.txt\"")?;
        bobs[1].open("other.txt")?;
        Ok(Self { samba, alice, bobs })
    }

    fn path(&self) -> String {
        format!(r"\\{}\data\the plan's.txt", self.samba.name())
    }

    fn is_open(&self, name: &str) -> Result<bool> {
        Ok(self.samba.status()?.open_files.iter().any(|file| file.name == name))
    }
}

/// A failure here would blame the wrong client for holding a file, or print commands that do something else.
#[test]
fn who_lists_every_client_that_can_hold_the_file() -> Result<()> {
    let mut desk = Desk::start()?;
    let run = Netsession::admin()?.args(["who", "--json", &desk.path()]).run()?.expect_code(0)?;
    let rows = run.json()?;
    let row = |user: &str| rows.iter().find(|row| row["user"] == user).context("no row");
    let clients = |row: &Value| -> Vec<String> {
        let sessions = row["sessions"].as_array().into_iter().flatten();
        let mut clients: Vec<String> =
            sessions.filter_map(|session| Some(session["client"].as_str()?.to_owned())).collect();
        clients.sort();
        clients
    };
    ensure!(rows.len() == 2, "{rows:?}");
    let (alice, bob) = (row("alice")?, row("bob")?);
    assert_eq!((alice["client"].as_str(), clients(alice)), (Some("127.0.0.7"), vec!["127.0.0.7".to_owned()]));
    assert_eq!(
        (&bob["client"], clients(bob)),
        (&Value::Null, vec!["127.0.0.8".to_owned(), "127.0.0.9".to_owned()])
    );
    assert!(alice["sessions"][0]["connected_secs"].is_u64() && alice["permissions"][0] == "read", "{alice}");

    let run = Netsession::admin()?.args(["who", &desk.path()]).run()?.expect_code(0)?;
    assert!(run.stdout.contains("one of 127.0.0.8, 127.0.0.9"), "{run:?}");
    assert!(run.stderr.contains("bob is logged on from several clients"), "{run:?}");
    let commands: Vec<&str> =
        run.stderr.lines().map(str::trim).filter(|line| line.starts_with("netsession ")).collect();
    let [close, ends @ ..] = commands.as_slice() else { panic!("{run:?}") };
    assert_eq!(ends.len(), 3, "{run:?}");
    let end = ends.iter().find(|line| line.contains("127.0.0.9")).context("no command for 127.0.0.9")?;
    shell(end)?;
    assert!(!desk.bobs[1].works()? && desk.bobs[0].works()? && desk.alice.works()?);
    shell(close)?;
    assert!(!desk.is_open("the plan's.txt")? && desk.alice.works()?);
    Ok(())
}

/// Runs a printed command in a shell, without a question.
fn shell(line: &str) -> Result<()> {
    let (command, _home) = Netsession::bare()?.into_parts();
    let folder = std::path::Path::new(command.get_program()).parent().context("no folder")?.to_owned();
    let line = format!("PATH='{}':$PATH; {line} --yes", folder.display());
    let mut shell = Command::new("sh");
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.args(["-c", &line]).env("NETSESSION_PASSWORD", PASSWORD).output()?;
    ensure!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A failure here would leave the journal without the reason, or print commands that the configuration refuses.
#[test]
fn a_reason_goes_to_the_journal_and_into_the_commands() -> Result<()> {
    let mut desk = Desk::start()?;
    let state = TempDir::new()?;
    fs::write(state.path().join("config.toml"), "[journal]\nreason = 'required'\n")?;
    let who = |flags: &[&str]| -> Result<Netsession> {
        let run = Netsession::admin()?.env("XDG_STATE_HOME", state.path());
        let run = run.env("NETSESSION_CONFIG", state.path().join("config.toml"));
        Ok(run.args(["who", &desk.path()]).args(flags))
    };
    let plain = who(&[])?.run()?.expect_code(0)?.stderr;
    assert!(plain.contains("requires a reason") && !plain.contains("--reason '"), "{plain}");
    let run = who(&["--reason", "INC-1: locks"])?.run()?.expect_code(0)?.stderr;
    assert_eq!(run.matches("--reason 'INC-1: locks'").count(), 4, "{run}");

    let mut terminal = Terminal::start(who(&["--reason", "INC-1: locks"])?)?;
    terminal.wait_for("do nothing [Enter]?")?;
    terminal.type_line("c")?;
    for answered in 1..=2 {
        terminal.wait_for_times("[y/N]", answered)?;
        terminal.type_line("y")?;
    }
    let (code, seen) = terminal.finish()?;
    assert_eq!(code, Some(0), "{seen}");
    let journal = Netsession::bare()?.env("XDG_STATE_HOME", state.path()).args(["journal", "--json"]);
    let rows = journal.run()?.expect_code(0)?.json()?;
    assert!(rows.len() == 2 && rows.iter().all(|row| row["reason"] == "INC-1: locks"), "{rows:?}");
    assert!(desk.alice.works()?);
    Ok(())
}

/// A failure here would close or end something that the person has not confirmed, or not offer it.
#[test]
fn a_person_closes_or_ends_from_the_list() -> Result<()> {
    let mut desk = Desk::start()?;
    let path = desk.path();
    let at_terminal = || -> Result<Terminal> {
        let mut terminal = Terminal::start(Netsession::admin()?.args(["who", &path]))?;
        terminal.wait_for("do nothing [Enter]?")?;
        Ok(terminal)
    };
    let mut nothing = at_terminal()?;
    nothing.type_line("")?;
    let (code, seen) = nothing.finish()?;
    assert!(code == Some(0) && seen.contains("Nothing was closed or ended."), "{code:?}: {seen}");

    let mut ending = at_terminal()?;
    ending.type_line("e")?;
    // bob's client is not certain, so the person decides about each client.
    for answered in 1..=3 {
        let seen = ending.wait_for_times("[y/N]", answered)?.to_owned();
        let last = seen.rsplit("PLAN").next().unwrap_or_default();
        ending.type_line(if last.contains("127.0.0.8") { "y" } else { "n" })?;
    }
    let (code, seen) = ending.finish()?;
    assert!(seen.contains("Nothing more was ended.") && code == Some(4), "{code:?}: {seen}");
    assert!(!desk.bobs[0].works()? && desk.bobs[1].works()? && desk.alice.works()?, "{seen}");

    let mut closing = at_terminal()?;
    closing.type_line("c")?;
    closing.wait_for("Unsaved changes are lost.")?;
    assert!(desk.is_open("the plan's.txt")?);
    closing.type_line("y")?;
    let (code, seen) = closing.finish()?;
    assert!(code == Some(0) && seen.contains("closed"), "{code:?}: {seen}");
    assert!(!desk.is_open("the plan's.txt")? && desk.is_open("other.txt")? && desk.alice.works()?);
    Ok(())
}

/// A failure here would keep a person waiting for each client in turn, at a server that is gone.
#[test]
fn endings_at_a_server_that_is_gone_stop_after_the_first() -> Result<()> {
    let desk = Desk::start()?;
    let proxy = Proxy::plain().to(desk.samba.address())?;
    let path = format!(r"\\{}\data\the plan's.txt", proxy.name());
    let mut ending = Terminal::start(Netsession::admin()?.args(["who", &path]))?;
    ending.wait_for("do nothing [Enter]?")?;
    drop(proxy);
    ending.type_line("e")?;
    let (code, seen) = ending.finish()?;
    assert!(code == Some(1) && seen.contains("no longer answers: 2 more not tried"), "{code:?}: {seen}");
    assert_eq!(seen.matches("cannot connect to").count(), 1, "{seen}");
    Ok(())
}

/// A failure here would keep a person waiting for each user in turn, at a server that is gone, or hide that files of others were not
/// tried.
#[test]
fn closings_at_a_server_that_is_gone_stop_after_the_first() -> Result<()> {
    let desk = Desk::start()?;
    let proxy = Proxy::plain().to(desk.samba.address())?;
    let path = format!(r"\\{}\data\the plan's.txt", proxy.name());
    let mut closing = Terminal::start(Netsession::admin()?.args(["who", &path]))?;
    closing.wait_for("do nothing [Enter]?")?;
    drop(proxy);
    closing.type_line("c")?;
    let (code, seen) = closing.finish()?;
    assert!(code == Some(1) && seen.contains("no longer answers: 1 more not tried"), "{code:?}: {seen}");
    assert_eq!(seen.matches("cannot connect to").count(), 1, "{seen}");
    Ok(())
}

/// A failure here would close a file of a user whom the person has spared, or say that nothing was closed.
#[test]
fn a_person_closes_the_file_of_one_of_two_users() -> Result<()> {
    let mut desk = Desk::start()?;
    let mut closing = Terminal::start(Netsession::admin()?.args(["who", &desk.path()]))?;
    closing.wait_for("do nothing [Enter]?")?;
    closing.type_line("c")?;
    for answered in 1..=2 {
        let seen = closing.wait_for_times("[y/N]", answered)?.to_owned();
        let last = seen.rsplit("PLAN").next().unwrap_or_default();
        closing.type_line(if last.contains("alice") { "y" } else { "n" })?;
    }
    let (code, seen) = closing.finish()?;
    assert!(seen.contains("Nothing more was closed.") && code == Some(4), "{code:?}: {seen}");
    let holders = desk.samba.status()?.open_files.iter().filter(|file| file.name == "the plan's.txt").count();
    assert_eq!(holders, 1, "{seen}");
    assert!(desk.alice.works()? && desk.bobs[0].works()?, "{seen}");
    Ok(())
}

/// A failure here would close the files of another user, to whom a restarted server gives the ids that the person has seen.
#[test]
fn an_id_of_an_earlier_run_selects_no_file() -> Result<()> {
    let place = TempDir::new()?;
    let (data, run, users) =
        (place.path().join("data"), place.path().join("run"), place.path().join("users"));
    fs::create_dir(&data)?;
    fs::create_dir(&run)?;
    let names: Vec<String> = (0..8).map(|number| format!("{number}.txt")).collect();
    names.iter().try_for_each(|name| fs::write(data.join(name), "x"))?;
    fs::write(&users, format!("alice:{PASSWORD}\nbob:{PASSWORD}\n"))?;
    fs::set_permissions(&users, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let (shared, users) = (data.display().to_string(), users.display().to_string());
    let arguments = [&*shared, "--users-file", &users];

    let serve = Serve::start(&run, &arguments)?;
    let address = serve.address();
    let mut bob = Smbclient::new(address, "bob").hold()?;
    bob.open(&names[0])?;
    let who = serve.command()?.args(["who", &format!("{shared}/{}", names[0])]);
    let mut terminal = Terminal::start(who)?;
    terminal.wait_for("do nothing [Enter]?")?;

    drop((serve, bob));
    let serve = Serve::start_at(&address.to_string(), &run, &arguments, &[])?;
    let mut alice = Smbclient::new(serve.address(), "alice").hold()?;
    // As many as it takes to reach the number of bob's file, if the server counted from the same number again.
    names.iter().rev().try_for_each(|name| alice.open(name))?;
    terminal.type_line("c")?;
    let (code, seen) = terminal.finish()?;
    assert!(code == Some(3) && seen.contains("no open file with the id") && !seen.contains("PLAN"), "{seen}");
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would leave a script in doubt whether nobody holds the file or the command looked elsewhere.
#[test]
fn a_path_that_nobody_holds_and_a_path_without_a_server_are_told_apart() -> Result<()> {
    let desk = Desk::start()?;
    fs::write(desk.samba.share().join("free.txt"), "x")?;
    let free = format!(r"\\{}\data\free.txt", desk.samba.name());
    let nobody = Netsession::admin()?.args(["who", &free]).run()?.expect_code(3)?;
    let says = format!("nobody holds {free} at");
    assert!(nobody.stdout.is_empty() && nobody.stderr.contains(&says), "{nobody:?}");
    let nobody = Netsession::admin()?.args(["who", "--json", &free]).run()?.expect_code(3)?;
    assert!(nobody.json()?.is_empty());
    let folder = format!("//{}/data", desk.samba.name());
    let all = Netsession::admin()?.args(["who", "--json", &folder]).run()?.expect_code(0)?.json()?;
    let of_files = all.iter().filter(|row| row["path"].as_str().is_some_and(|path| path.ends_with(".txt")));
    assert_eq!(of_files.count(), 3, "{all:?}");
    let missing = format!(r"\\{}\nonexistent\x", desk.samba.name());
    let missing = Netsession::admin()?.args(["who", &missing]).run()?.expect_code(1)?;
    let says = format!("{} has no share nonexistent\nhint: check the name of the share", desk.samba.name());
    assert!(missing.stderr.contains(&says), "{missing:?}");
    // A mistyped path is no proof that the file is free.
    for mistyped in ["fre.txt", r"nonexistent\free.txt", r"free.txt\x"] {
        let path = format!(r"\\{}\data\{mistyped}", desk.samba.name());
        let missing = Netsession::admin()?.args(["who", &path]).run()?.expect_code(1)?;
        let says = format!("{} has no file or folder {path}\n", desk.samba.name());
        assert!(missing.stderr.contains(&says), "{missing:?}");
        assert!(!missing.stderr.contains("nobody holds"), "{missing:?}");
        let close = ["close", "--yes", "--json", "--path", &path];
        let close = Netsession::admin()?.args(close).run()?.expect_code(1)?;
        assert!(close.stderr.contains(&says) && close.json()?.is_empty(), "{close:?}");
        let files = Netsession::admin()?.args(["files", "--json", "--path", &path]).run()?.expect_code(1)?;
        assert!(files.stderr.contains(&says) && files.json()?.is_empty(), "{files:?}");
    }
    let close = Netsession::admin()?.args(["close", "--yes", "--path", &free]).run()?.expect_code(3)?;
    assert!(close.stderr.contains("no open files at"), "{close:?}");
    assert!(!desk.is_open("free.txt")?, "the question leaves nothing open");
    let pipes = format!(r"\\{}\IPC$", desk.samba.name());
    let refused = Netsession::admin()?.args(["who", &pipes]).run()?.expect_code(2)?;
    assert!(refused.stderr.contains("named pipes, not files"), "{refused:?}");
    for (path, part) in [
        ("/nonexistent/x", "there is no file or folder /nonexistent/x on this computer"),
        ("/etc", "is on this computer, in no mounted share"),
        (r"C:\data\x", "names no server"),
        (r"\fs1databudget.xlsx", "quote a path with backslashes"),
        (r"\\fs1", "names no share"),
        ("", "PATH is empty"),
    ] {
        let refused = Netsession::admin()?.args(["who", path]).run()?.expect_code(2)?;
        assert!(
            refused.stderr.contains(part) && refused.stderr.contains("hint:") != path.is_empty(),
            "{refused:?}"
        );
    }
    Ok(())
}

/// A failure here would close another user's file, whose name differs in one capital letter, without a word.
#[test]
fn names_that_differ_in_case_only_are_said() -> Result<()> {
    let samba = Samba::start_with(&["case sensitive = yes"])?;
    for name in ["Case.txt", "case.txt"] {
        fs::write(samba.share().join(name), "x")?;
    }
    let (mut alice, mut bob) = (samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?);
    alice.open("Case.txt")?;
    let path = format!(r"\\{}\data\case.txt", samba.name());
    let said = |arguments: &[&str]| -> Result<bool> {
        let run = Netsession::admin()?.args(arguments).args([&path]).run()?.expect_code(0)?;
        Ok(run.stderr.contains("differ in case only, and can be different files"))
    };
    ensure!(!said(&["who"])?, "one file");
    bob.open("case.txt")?;
    ensure!(said(&["who"])? && said(&["close", "--dry-run", "--path"])?);
    Ok(())
}

/// A failure here would not find the visitors of a folder that the user shares.
#[test]
fn a_file_of_ones_own_running_server_is_found_by_its_local_path() -> Result<()> {
    let place = TempDir::new()?;
    let (data, run) = (place.path().join("data"), place.path().join("run"));
    fs::create_dir_all(data.join("sub"))?;
    fs::create_dir(&run)?;
    fs::write(data.join("sub/a b.txt"), "x")?;
    let users = place.path().join("users");
    fs::write(&users, format!("alice:{PASSWORD}\n"))?;
    fs::set_permissions(&users, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let shown = |path: &std::path::Path| path.display().to_string();
    let serve = Serve::start(&run, &[&shown(&data), "--users-file", &shown(&users)])?;
    let mut alice = Smbclient::new(serve.address(), "alice").hold()?;
    alice.open("\"sub/a b.txt\"")?;
    let who = |path: &str| serve.command()?.args(["who", "--json", path]).run();
    for path in [shown(&data.join("sub/a b.txt")), shown(&data.join("sub/../sub")), shown(&data)] {
        let rows = wait_until("the file", || Ok(Some(who(&path)?.json()?).filter(|rows| !rows.is_empty())))?;
        assert!(
            rows.iter().any(|row| row["user"] == "alice" && row["sessions"][0]["client"] == "127.0.0.1"),
            "{rows:?}"
        );
    }
    fs::write(data.join("free.txt"), "x")?;
    who(&shown(&data.join("free.txt")))?.expect_code(3)?;
    who(&shown(&data.join("fre.txt")))?.expect_code(1)?;
    let outside = who(&shown(&users))?.expect_code(2)?;
    assert!(outside.stderr.contains("in no share of your server"), "{outside:?}");
    Ok(())
}

/// A failure here would offer to end a session that holds nothing, or show one age for clients that have been connected for
/// different times.
#[test]
fn a_client_without_open_files_is_left_out() -> Result<()> {
    let desk = Desk::start()?;
    let mut idle = desk.samba.hold_from("bob", 10)?;
    ensure!(idle.works()?);
    let run = Netsession::admin()?.args(["who", "--json", &desk.path()]).run()?.expect_code(0)?;
    let rows = run.json()?;
    let bob = rows.iter().find(|row| row["user"] == "bob").context("no row")?;
    let mut clients: Vec<&str> = bob["sessions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|session| session["client"].as_str())
        .collect();
    clients.sort_unstable();
    assert_eq!(clients, ["127.0.0.8", "127.0.0.9"], "{bob}");
    let run = Netsession::admin()?.args(["who", &desk.path()]).run()?.expect_code(0)?;
    let row = run.stdout.lines().find(|line| line.contains("one of")).context("no row")?;
    let ages = row.split_whitespace().filter(|word| word.trim_end_matches(',').ends_with('s'));
    assert!(ages.filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).count() >= 2, "{row}");
    Ok(())
}
