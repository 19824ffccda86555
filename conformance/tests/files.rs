//! Open files, shares, connections and the server itself, against smbd.
#![cfg(test)]
#![cfg(unix)]

use std::collections::BTreeSet;

use anyhow::Result;
use netsession_conformance::{ADMIN, Embedded, Netsession, Samba, Terminal, wait_until};
use serde_json::Value;

fn json(samba: &Samba, command: &str, arguments: &[&str]) -> Result<Vec<Value>> {
    Netsession::admin()?
        .args([command, &samba.name(), "--json"])
        .args(arguments)
        .run()?
        .expect_code(0)?
        .json()
}

fn has_fields(value: &Value, fields: &[&str]) {
    let names: BTreeSet<&str> =
        value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, fields.iter().copied().collect::<BTreeSet<_>>(), "{value}");
}

fn samba_with_files() -> Result<Samba> {
    let samba = Samba::start()?;
    for name in ["report.txt", "plan.txt"] {
        std::fs::write(samba.share().join(name), name)?;
    }
    Ok(samba)
}

/// A failure here would name the wrong file or person for "who holds this file".
#[test]
fn files_lists_the_users_who_hold_them() -> Result<()> {
    let samba = samba_with_files()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold_from("bob", 8)?;
    alice.open("report.txt")?;
    bob.open("plan.txt")?;
    let files = json(&samba, "files", &[])?;
    let named =
        |name: &str| files.iter().find(|file| file["path"].as_str().is_some_and(|path| path.ends_with(name)));
    let report = named("report.txt").unwrap_or(&Value::Null);
    has_fields(report, &["server", "id", "path", "user", "client", "permissions", "locks"]);
    assert_eq!(report["user"], "alice");
    assert_eq!(named("plan.txt").unwrap_or(&Value::Null)["user"], "bob");
    let known: BTreeSet<String> = samba.status()?.open_files.into_iter().map(|file| file.name).collect();
    assert!(known.contains("report.txt") && known.contains("plan.txt"), "{known:?}");

    let of_alice = json(&samba, "files", &["--user", "alice"])?;
    assert!(of_alice.iter().all(|file| file["user"] == "alice") && !of_alice.is_empty(), "{of_alice:?}");
    let path = report["path"].as_str().unwrap_or_default();
    let by_path = json(&samba, "files", &["--path", path])?;
    assert_eq!(by_path.len(), 1, "{by_path:?}");
    assert_eq!(by_path.first(), Some(report));
    Ok(())
}

/// A failure here would show the files of another client or share, or hide that the server does not report the client.
#[test]
fn files_are_selected_by_client_and_share() -> Result<()> {
    let samba = samba_with_files()?;
    let (mut alice, mut bob, mut other) =
        (samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?, samba.hold_from("alice", 9)?);
    alice.open("report.txt")?;
    bob.open("plan.txt")?;
    other.open("plan.txt")?;
    let users = |arguments: &[&str]| -> Result<Vec<String>> {
        let files = json(&samba, "files", arguments)?;
        let in_share =
            files.iter().filter(|file| file["path"].as_str().is_some_and(|path| path.ends_with(".txt")));
        Ok(in_share.map(|file| file["user"].as_str().unwrap_or_default().to_owned()).collect())
    };
    assert_eq!(users(&["--client", "127.0.0.8"])?, ["bob"]);
    assert_eq!(users(&["--client", "127.0.0.8", "--client", "127.0.0.7"])?, ["bob"]);
    assert_eq!(users(&["--share", "data"])?.len(), 3);
    assert_eq!(users(&["--share", "DATA", "--user", "bob"])?, ["bob"]);
    let run =
        Netsession::admin()?.args(["files", &samba.name(), "--client", "127.0.0.7"]).run()?.expect_code(0)?;
    assert!(run.stderr.contains("match except for the client"), "alice has two clients: {run:?}");
    Netsession::admin()?.args(["files", &samba.name(), "--share", "no-such-share"]).run()?.expect_code(1)?;
    Ok(())
}

/// A failure here would close another file than the user named, or not verify the close.
#[test]
fn close_by_id_closes_that_file_only() -> Result<()> {
    let samba = samba_with_files()?;
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("report.txt")?;
    alice.open("plan.txt")?;
    let files = json(&samba, "files", &["--user", "alice"])?;
    let report =
        files.iter().find(|file| file["path"].as_str().is_some_and(|path| path.ends_with("report.txt")));
    let id = report.map(|file| file["id"].to_string()).unwrap_or_default();
    Netsession::admin()?.args(["close", &samba.name(), "--id", &id, "--yes"]).run()?.expect_code(0)?;
    wait_until("report.txt to be closed", || {
        let names: Vec<String> = samba.status()?.open_files.into_iter().map(|file| file.name).collect();
        Ok((names.contains(&"plan.txt".to_owned()) && !names.contains(&"report.txt".to_owned()))
            .then_some(()))
    })?;
    assert!(alice.works()?, "closing a file ended the session");
    Ok(())
}

/// A failure here would close other files by a path, or miss one of several opens.
#[test]
fn close_by_path_closes_every_open_of_it() -> Result<()> {
    let samba = samba_with_files()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold_from("bob", 8)?;
    alice.open("report.txt")?;
    bob.open("report.txt")?;
    bob.open("plan.txt")?;
    let files = json(&samba, "files", &[])?;
    let path = files
        .iter()
        .filter_map(|file| file["path"].as_str())
        .find(|path| path.ends_with("report.txt"))
        .unwrap_or_default()
        .to_owned();
    Netsession::admin()?.args(["close", &samba.name(), "--path", &path, "--yes"]).run()?.expect_code(0)?;
    wait_until("report.txt to be closed", || {
        let names: Vec<String> = samba.status()?.open_files.into_iter().map(|file| file.name).collect();
        Ok((names.contains(&"plan.txt".to_owned()) && !names.contains(&"report.txt".to_owned()))
            .then_some(()))
    })
}

/// Plans to close alice's file, lets her program close it before the answer, and open it again if `opens_again`. Returns
/// the exit status, what the terminal has shown, the new id and the journal's result.
fn close_what_is_gone(opens_again: bool, flags: &[&str]) -> Result<(Option<i32>, String, String, String)> {
    let server = Embedded::start()?;
    server.file("held.txt", b"x")?;
    let state = tempfile::tempdir()?;
    let mut alice = server.hold_from("alice", 7)?;
    alice.open("held.txt")?;
    let name = server.name()?;
    let listed = || -> Result<Vec<Value>> {
        Netsession::admin()?.args(["files", &name, "--user", "alice", "--json"]).run()?.json()
    };
    let id = |rows: &[Value]| rows.first().map(|row| row["id"].to_string()).unwrap_or_default();
    let planned = id(&listed()?);
    let run = Netsession::admin()?.env("XDG_STATE_HOME", state.path());
    let mut terminal = Terminal::start(run.args(["close", &name, "--id", &planned]).args(flags))?;
    terminal.wait_for("[y/N]")?;
    drop(alice);
    wait_until("the file to be closed", || Ok(listed()?.is_empty().then_some(())))?;
    let mut again = server.hold_from("alice", 7)?;
    if opens_again {
        again.open("held.txt")?;
    }
    let now = id(&listed()?);
    terminal.type_line("y")?;
    let (code, seen) = terminal.finish()?;
    assert_eq!(id(&listed()?), now, "netsession closed another open: {seen}");
    let journal = Netsession::bare()?.env("XDG_STATE_HOME", state.path()).args(["journal", "--json"]);
    let result = journal.run()?.one()?["result"].as_str().unwrap_or_default().to_owned();
    Ok((code, seen, now, result))
}

/// A failure here would tell a person that netsession has closed a file for which it sent nothing, and that the same user
/// still holds.
#[test]
fn a_file_that_is_gone_before_the_answer_was_not_closed() -> Result<()> {
    let (code, seen, _, journal) = close_what_is_gone(false, &[])?;
    assert!(code == Some(0) && seen.contains(": 1 vanished") && !seen.contains("closed"), "{code:?}: {seen}");
    assert_eq!(journal, "1 vanished");
    let (code, seen, id, journal) = close_what_is_gone(true, &[])?;
    assert!(seen.contains(&format!("vanished, open again as {id}")), "{seen}");
    assert!(code == Some(1) && seen.contains(": 1 vanished, 1 open again"), "{code:?}: {seen}");
    assert!(!seen.contains("closed"), "{seen}");
    assert_eq!(journal, "1 open again");
    let (code, seen, id, _) = close_what_is_gone(true, &["--json"])?;
    let expected = format!(
        r#""result":"vanished","closed":false,"status":{{"code":2314,"name":"NERR_FileIdNotFound"}},"open_again_as":{id}"#
    );
    assert!(code == Some(1) && seen.contains(&expected), "{code:?}: {seen}");
    Ok(())
}

/// A failure here would tell a person that nobody holds a file which the server does not share, perhaps one of another
/// server.
#[test]
fn a_path_in_no_share_is_an_error() -> Result<()> {
    let samba = samba_with_files()?;
    let files = |path: &str| Netsession::admin()?.args(["files", &samba.name(), "--path", path]).run();
    for path in ["/nonexistent/report.txt", r"C:\nonexistent"] {
        let run = files(path)?.expect_code(1)?;
        let expected = format!("error: {path} is in no share of {}", samba.name());
        assert!(run.stderr.contains(&expected) && run.stderr.contains("(netsession shares)"), "{run:?}");
    }
    let share = samba.share();
    for shared in [share.join("report.txt"), share.to_path_buf()] {
        let run = files(&shared.display().to_string())?.expect_code(0)?;
        assert!(run.stderr.contains("no open files at") && !run.stderr.contains("error"), "{run:?}");
    }
    Ok(())
}

/// A failure here would tell a person that nobody holds a file whose path is only mistyped.
#[test]
fn a_path_that_does_not_exist_is_an_error() -> Result<()> {
    let (samba, own) = (samba_with_files()?, Embedded::start()?);
    for server in [samba.name(), own.name()?] {
        let path = r"\\127.0.0.1\data\reprot.txt";
        let run = Netsession::admin()?.args(["files", &server, "--path", path]).run()?.expect_code(1)?;
        let shown = format!(r"\\{server}\data\reprot.txt");
        assert!(run.stderr.contains(&format!("error: {server} has no file or folder {shown}")), "{run:?}");
        assert!(
            run.stderr.contains("check the spelling") && !run.stderr.contains("no open files"),
            "{run:?}"
        );
    }
    let path = r"\\127.0.0.1\data\report.txt";
    let there = Netsession::admin()?.args(["files", &samba.name(), "--path", path]).run()?.expect_code(0)?;
    assert!(there.stderr.contains("no open files at"), "{there:?}");
    // The server's own path.
    own.file("report.txt", b"x")?;
    for (server, folder) in [(samba.name(), samba.share()), (own.name()?, own.share().to_path_buf())] {
        for (name, codes) in [("reprot.txt", [1, 1]), ("report.txt", [0, 3]), (r"report.txt\x", [1, 1])] {
            let path = format!("C:{}/{name}", folder.display());
            for (command, code) in [&["files"][..], &["close", "--yes"]].into_iter().zip(codes) {
                let run = Netsession::admin()?.args(command).args([&server, "--path", &path]);
                let run = run.run()?.expect_code(code)?;
                assert_eq!(run.stderr.contains("error: "), code == 1, "{run:?}");
                assert_eq!(run.stderr.contains("no open files at"), code != 1, "{run:?}");
            }
        }
    }
    // Of two servers, one has it.
    let path = samba.share().join("report.txt").display().to_string();
    let two = ["close", "--yes", &samba.name(), &own.name()?, "--path", &path];
    let two = Netsession::admin()?.args(two).run()?.expect_code(3)?;
    assert!(two.stderr.contains("is in no share of") && !two.stderr.contains("error: "), "{two:?}");
    Ok(())
}

/// A failure here would tell a person nothing that helps about a mistyped share.
#[test]
fn a_share_that_does_not_exist_is_named_as_such() -> Result<()> {
    let samba = Samba::start()?;
    for command in ["sessions", "connections"] {
        let run =
            Netsession::admin()?.args([command, &samba.name(), "--share", "nope"]).run()?.expect_code(1)?;
        assert!(
            run.stderr.contains("has no share nope") && run.stderr.contains("netsession shares"),
            "{run:?}"
        );
    }
    Ok(())
}

/// A failure here would close the files of somebody who was not selected, or everybody's.
#[test]
fn close_by_user_and_client_closes_only_theirs() -> Result<()> {
    let samba = samba_with_files()?;
    let (mut alice, mut bob) = (samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?);
    alice.open("report.txt")?;
    bob.open("plan.txt")?;
    let close =
        |flags: &[&str]| Netsession::admin()?.args(["close", &samba.name(), "--yes"]).args(flags).run();
    let everybody = close(&["--user", "*"])?.expect_code(2)?;
    assert!(everybody.stderr.contains("every open file of everybody"), "{everybody:?}");
    close(&["--user", "alice", "--client", "127.0.0.8"])?.expect_code(3)?;
    close(&["--share", "data", "--client", "127.0.0.8"])?.expect_code(0)?;
    wait_until("plan.txt to be closed", || {
        let names: Vec<String> = samba.status()?.open_files.into_iter().map(|file| file.name).collect();
        Ok((names.contains(&"report.txt".to_owned()) && !names.contains(&"plan.txt".to_owned()))
            .then_some(()))
    })?;
    assert!(alice.works()? && bob.works()?, "closing a file ended a session");
    Ok(())
}

/// A failure here would report an unknown id as closed.
#[test]
fn closing_what_is_not_open_is_exit_3() -> Result<()> {
    let samba = Samba::start()?;
    Netsession::admin()?
        .args(["close", &samba.name(), "--id", "4000000000", "--yes"])
        .run()?
        .expect_code(3)?;
    Ok(())
}

/// A failure here would close every file if the user forgets the selector.
#[test]
fn close_without_a_selector_is_wrong_usage() -> Result<()> {
    let samba = Samba::start()?;
    Netsession::admin()?.args(["close", &samba.name(), "--yes"]).run()?.expect_code(2)?;
    Ok(())
}

/// A failure here would omit a share, or show it with another share's path.
#[test]
fn shares_lists_what_is_configured() -> Result<()> {
    let samba = Samba::start()?;
    let shares = json(&samba, "shares", &[])?;
    let data = shares.iter().find(|share| share["name"] == "data").unwrap_or(&Value::Null);
    has_fields(data, &["server", "name", "type", "comment", "path", "connections", "max_connections"]);
    assert_eq!(data["comment"], "a folder to work in");
    assert!(data["path"].as_str().is_some_and(|path| path.ends_with("share")), "{data}");
    assert!(shares.iter().any(|share| share["name"] == "IPC$"), "{shares:?}");
    Ok(())
}

/// A failure here would hide the connections to a share.
#[test]
fn connections_to_a_share() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let connections = json(&samba, "connections", &["--share", "data"])?;
    assert!(!connections.is_empty());
    for connection in &connections {
        let fields = ["server", "share", "client", "user", "id", "opens", "connected_secs", "type"];
        has_fields(connection, &fields);
    }
    Ok(())
}

/// A failure here would print an obscure error for `connections` without a selector, which no server answers.
#[test]
fn connections_without_a_selector_is_wrong_usage() -> Result<()> {
    let samba = Samba::start()?;
    Netsession::admin()?.args(["connections", &samba.name()]).run()?.expect_code(2)?;
    Ok(())
}

/// A failure here would show another server's name, or claim protection that the connection lacks.
#[test]
fn info_names_the_server_and_its_security() -> Result<()> {
    let samba = Samba::start()?;
    let info = json(&samba, "info", &[])?;
    let [info] = info.as_slice() else { panic!("{info:?}") };
    has_fields(
        info,
        &[
            "server",
            "name",
            "platform",
            "version",
            "type",
            "comment",
            "dialect",
            "signed",
            "encrypted",
            "logon",
            "user",
        ],
    );
    assert_eq!(info["name"], "LABSRV");
    assert_eq!(info["comment"], "a private server");
    assert_eq!((&info["dialect"], &info["signed"]), (&"3.1.1".into(), &true.into()));
    Ok(())
}

/// A failure here would close the pipe over which netsession itself asks the server, when a person closes the files of an account.
#[test]
fn close_leaves_out_its_own_pipe() -> Result<()> {
    let server = Embedded::start()?;
    let name = server.name()?;
    let close = ["close", &name, "--user", ADMIN, "--yes"];
    let run = Netsession::admin()?.args(close).run()?.expect_code(3)?;
    assert!(run.stderr.contains("netsession does not close its own pipe"), "{run:?}");
    Ok(())
}

/// A failure here would hide open files behind the spelling of a root.
#[test]
fn a_root_lists_every_file_at_each_server() -> Result<()> {
    let (samba, own) = (samba_with_files()?, Embedded::start()?);
    std::fs::write(own.share().join("report.txt"), "x")?;
    let (mut one, mut two) = (samba.hold_from("alice", 7)?, own.hold_from("alice", 7)?);
    one.open("report.txt")?;
    two.open("report.txt")?;
    for server in [samba.name(), own.name()?] {
        for root in ["C:\\", "c:", "\\", "/"] {
            let run = Netsession::admin()?.args(["files", &server, "--path", root, "--json"]).run()?;
            let files = run.expect_code(0)?.json()?;
            let is_report =
                |file: &Value| file["path"].as_str().is_some_and(|path| path.ends_with("report.txt"));
            assert!(files.iter().any(is_report), "{server} {root}: {files:?}");
        }
    }
    Ok(())
}
