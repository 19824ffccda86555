//! Several servers in one command.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::proxy::meddlers;
use netsession_conformance::{Embedded, Netsession, Proxy, Samba};
use serde_json::Value;

/// A failure here would confuse or omit servers, or query them one after the other.
#[test]
fn all_servers_are_listed_and_ended() -> Result<()> {
    let (one, other) = (Samba::start()?, Samba::start()?);
    let _alice = one.hold_from("alice", 7)?;
    let _bob = other.hold_from("bob", 8)?;
    let listed = Netsession::admin()?
        .args(["sessions", &one.name(), &other.name(), "--json"])
        .run()?
        .expect_code(0)?;
    assert_eq!(listed.who()?, [("127.0.0.7".into(), "alice".into()), ("127.0.0.8".into(), "bob".into())]);
    for session in listed.json()?.iter().filter(|session| session["self"] != true) {
        let expected = if session["user"] == "alice" { one.name() } else { other.name() };
        assert_eq!(session["server"], expected, "{session}");
    }
    let arguments = ["end", &one.name(), &other.name(), "--client", "127.0.0.0/8", "--yes", "--json"];
    let ended = Netsession::admin()?.args(arguments).run()?.expect_code(0)?.json()?;
    assert_eq!(ended.len(), 2, "{ended:?}");
    one.wait_for(&[])?;
    other.wait_for(&[])
}

/// A failure here would end sessions of other users than those of the share, or only at one of the servers.
#[test]
fn the_users_of_a_share_end_at_every_server() -> Result<()> {
    let (one, other) = (Embedded::start()?, Embedded::start()?);
    let _held = [one.hold_from("alice", 7)?, other.hold_from("bob", 8)?, other.hold_from("alice", 9)?];
    let servers = [one.name()?, other.name()?];
    let end = |flags: &[&str]| {
        Netsession::admin()?.args(["end"]).args(&servers).args(["--yes", "--json"]).args(flags).run()
    };
    let refused = end(&["--share", "data"])?.expect_code(2)?;
    assert!(refused.stderr.contains(&servers[1]), "two users are everybody there: {refused:?}");
    let ended = end(&["--share", "data", "--user", "alice"])?.expect_code(0)?.json()?;
    let count = |value: &Value| value["ended"].as_array().map(Vec::len);
    assert_eq!(ended.iter().map(count).collect::<Vec<_>>(), [Some(1), Some(1)], "{ended:?}");
    assert_eq!(other.who()?, [("127.0.0.8".into(), "bob".into())]);
    Ok(())
}

/// A failure here would close files at the first server only, or a file of another server with the same id.
#[test]
fn files_close_at_every_server() -> Result<()> {
    let (one, other) = (Samba::start()?, Samba::start()?);
    let mut held = [one.hold_from("alice", 7)?, other.hold_from("alice", 8)?, other.hold_from("bob", 9)?];
    for (samba, name) in [(&one, "one.txt"), (&other, "two.txt"), (&other, "three.txt")] {
        std::fs::write(samba.share().join(name), name)?;
    }
    for (session, name) in held.iter_mut().zip(["one.txt", "two.txt", "three.txt"]) {
        session.open(name)?;
    }
    let close = |flags: &[&str]| {
        Netsession::admin()?.args(["close", &one.name(), &other.name(), "--yes", "--json"]).args(flags).run()
    };
    let id = close(&["--id", "1"])?.expect_code(2)?;
    assert!(id.stderr.contains("an id belongs to one server"), "{id:?}");
    let of_alice = |rows: &[Value]| {
        let in_share =
            rows.iter().filter(|row| row["path"].as_str().is_some_and(|path| path.ends_with(".txt")));
        in_share
            .map(|row| (row["server"].clone(), row["user"].clone(), row["closed"].clone()))
            .collect::<Vec<_>>()
    };
    let closed = close(&["--share", "data", "--user", "alice"])?.expect_code(0)?.json()?;
    let expected = [one.name(), other.name()].map(|server| (server.into(), "alice".into(), true.into()));
    assert_eq!(of_alice(&closed), expected, "{closed:?}");
    let left: Vec<String> = other.status()?.open_files.into_iter().map(|file| file.name).collect();
    assert!(left.contains(&"three.txt".to_owned()), "{left:?}");
    Ok(())
}

/// A failure here would mix up servers, or give a name that is of no use without its server.
#[test]
fn rows_of_several_servers_are_sorted_together() -> Result<()> {
    let (one, other) = (Samba::start()?, Samba::start()?);
    let _held = [one.hold_from("alice", 7)?, other.hold_from("bob", 8)?];
    let people = ["--user", "alice", "--user", "bob"];
    let list = |flags: &[&str]| {
        Netsession::admin()?.args(["sessions", &one.name(), &other.name()]).args(people).args(flags).run()
    };
    let rows = list(&["-o", "csv", "--columns", "server,user", "--sort", "user:desc", "--no-headers"])?
        .expect_code(0)?;
    assert_eq!(rows.stdout, format!("{},bob\r\n{},alice\r\n", other.name(), one.name()));
    let lines = list(&["-o", "jsonl"])?.expect_code(0)?;
    assert_eq!(lines.stdout.lines().count(), 2, "{lines:?}");
    let names = list(&["-o", "name"])?.expect_code(2)?;
    assert!(names.stderr.contains("name one server"), "{names:?}");
    Ok(())
}

/// A failure here would let one unreachable server hide the answers of the others, or leave it out of the exit status.
#[test]
fn one_unreachable_server_is_exit_4_and_the_others_answer() -> Result<()> {
    let alive = Samba::start()?;
    let _alice = alive.hold_from("alice", 7)?;
    let closed = "127.0.0.1:1";
    let listed =
        Netsession::admin()?.args(["sessions", &alive.name(), closed, "--json"]).run()?.expect_code(4)?;
    assert_eq!(listed.who()?, [("127.0.0.7".into(), "alice".into())]);
    assert!(listed.stderr.contains(closed), "{listed:?}");
    let arguments = ["end", closed, &alive.name(), "--user", "alice", "--yes", "--json"];
    let results = Netsession::admin()?.args(arguments).run()?.expect_code(4)?.json()?;
    assert_eq!(results.len(), 2, "{results:?}");
    let of = |name: &str| results.iter().find(|result| result["server"] == name);
    assert!(of(closed).is_some_and(|result| result["error"].is_string()), "{results:?}");
    assert!(of(&alive.name()).is_some_and(|result| result["error"].is_null()), "{results:?}");
    alive.wait_for(&[])
}

/// A failure here would report "some failed" when the only server failed.
#[test]
fn all_unreachable_is_exit_1() -> Result<()> {
    Netsession::admin()?.args(["sessions", "127.0.0.1:1", "127.0.0.1:2", "--json"]).run()?.expect_code(1)?;
    Ok(())
}

/// A failure here would report a session on one server as not found because another server has none.
#[test]
fn matched_on_one_server_is_success() -> Result<()> {
    let (one, other) = (Samba::start()?, Samba::start()?);
    let _alice = one.hold_from("alice", 7)?;
    let arguments = ["end", &one.name(), &other.name(), "--user", "alice", "--yes", "--json"];
    Netsession::admin()?.args(arguments).run()?.expect_code(0)?;
    one.wait_for(&[])
}

/// A failure here would throw away a complete list, or report a failure, because a busy server does not answer the logoff.
#[test]
fn a_list_stays_complete_if_the_logoff_gets_no_answer() -> Result<()> {
    let server = Embedded::start()?;
    let _alice = server.hold_from("alice", 7)?;
    let whole = Proxy::plain().to(server.address()?)?;
    Netsession::admin()?.args(["sessions", &whole.name()]).run()?.expect_code(0)?;
    let answers = whole.counts().answers;
    let silent = Proxy::plain().meddle(meddlers::silent_from(answers - 1)).to(server.address()?)?;
    let run =
        Netsession::admin()?.args(["sessions", &silent.name(), "--user", "alice", "-o", "name"]).run()?;
    let run = run.expect_code(0)?;
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("alice@127.0.0.7\n", ""));
    let silent = Proxy::plain().meddle(meddlers::silent_from(answers - 1)).to(server.address()?)?;
    let run = Netsession::admin()?.args(["sessions", &silent.name(), "-v"]).run()?.expect_code(0)?;
    assert!(run.stderr.contains("did not answer the logoff") && run.stderr.contains("complete"), "{run:?}");
    Ok(())
}
