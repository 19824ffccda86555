//! Several servers in one command.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{Netsession, Samba};

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
