//! The database of the holds is removed, replaced, or lacks a hold, while a process carries holds on.
#![cfg(unix)]

#[path = "support/hold.rs"]
mod support;

use std::path::PathBuf;

use anyhow::{Context, Result};
use netsession_conformance::{Embedded, wait_until};
use nix::sys::signal::Signal;
use support::{Looping, Person, Running, Stream, text, wait_for_end, wait_for_user};

fn database(person: &Person) -> PathBuf {
    person.state.path().join("netsession/journal.db")
}

/// Moves the database and its key away, as somebody does who removes traces or restores a backup.
fn remove(person: &Person) -> Result<()> {
    let folder = person.state.path().join("netsession");
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.ends_with(".lock") {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn hold(person: &Person, server: &str, user: &str) -> Result<()> {
    person.with_login(&["hold", server, "--user", user, "--for", "1h", "--yes"])?.run()?.expect_code(0)?;
    Ok(())
}

/// Waits until `holds` lists exactly holds of these users, which the agent carries on, and returns their numbers.
fn carried(person: &Person, users: &[&str]) -> Result<Vec<u64>> {
    wait_until(&format!("the agent carries on holds of {users:?}"), || {
        // A database that is made at this moment cannot be read.
        let Ok(rows) = person.holds(&[]) else { return Ok(None) };
        let by_agent = |user: &str| {
            let row = rows.iter().find(|row| text(row, "selection") == format!("--user {user}"))?;
            text(row, "carrier").starts_with("agent").then(|| row["id"].as_u64()).flatten()
        };
        let found: Option<Vec<u64>> = users.iter().map(|user| by_agent(user)).collect();
        Ok(found.filter(|_| rows.len() == users.len()))
    })
}

/// A failure here would keep somebody out whom nobody can release any more, or lose a hold without a word.
#[test]
fn a_hold_survives_the_removal_of_its_database() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    hold(&person, &server.name()?, "bob")?;
    carried(&person, &["bob"])?;
    remove(&person)?;
    let id = carried(&person, &["bob"])?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    person.release(&[&id.first().context("a number")?.to_string()])?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_for_user(&server, "bob", true)?;
    assert!(bob.works()?);
    person.run(&["journal", "verify"])?.run()?.expect_code(0)?;
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would take a new hold for an old one of the same number: nobody would carry it on, although the command
/// says that the agent does.
#[test]
fn a_new_hold_in_a_new_database_is_not_taken_for_an_old_one() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let name = server.name()?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    hold(&person, &name, "bob")?;
    carried(&person, &["bob"])?;
    // The agent does not see the moment between the two databases.
    agent.signal(Signal::SIGSTOP)?;
    remove(&person)?;
    let (mut command, _home) =
        person.with_login(&["hold", &name, "--user", "alice", "--for", "1h", "--yes"])?.into_parts();
    let mut alices = command.spawn()?;
    wait_until("the new database", || {
        let rows = person.holds(&[]).unwrap_or_default();
        Ok((!rows.is_empty()).then_some(()))
    })?;
    agent.signal(Signal::SIGCONT)?;
    let ids = carried(&person, &["alice", "bob"])?;
    assert!(ids.first() != ids.last(), "{ids:?}");
    assert_eq!(alices.wait()?.code(), Some(0));
    for user in ["alice", "bob"] {
        let mut client = server.hold_from(user, 7)?;
        wait_until(&format!("{user} is ended"), || Ok((!client.works()?).then_some(())))?;
        person.release(&["--user", user])?;
    }
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would let an attacker with access to the file end a hold without a trace, or hide it from those who could
/// release it.
#[test]
fn a_hold_whose_row_is_removed_is_recorded_again() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let arguments = ["hold", &server.name()?, "--user", "bob", "--for", "1h", "--reason", "INC-1", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    person.carried_by("hold")?;
    rusqlite::Connection::open(database(&person))?.execute("DELETE FROM hold", [])?;
    let row = person.carried_by("hold")?;
    assert_eq!((text(&row, "reason"), row["id"].as_u64()), ("INC-1", Some(1)), "{row}");
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}

/// A failure here would say nothing when only the database is gone and its key is left, or give the hold up.
#[test]
fn a_hold_goes_on_without_its_database_and_is_recorded_when_it_is_back() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    hold(&person, &server.name()?, "bob")?;
    carried(&person, &["bob"])?;
    let (database, aside) = (database(&person), person.state.path().join("aside.db"));
    std::fs::rename(&database, &aside)?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    std::fs::rename(&aside, &database)?;
    carried(&person, &["bob"])?;
    // The agent opens its journal again, and records what it ends.
    let endings = || -> Result<usize> {
        Ok(person.journal()?.iter().filter(|row| text(row, "operation") == "end").count())
    };
    let (before, bobs) = (endings()?, Looping::start(server.address()?, "bob"));
    wait_until("a recorded ending", || Ok((endings()? > before).then_some(())))?;
    drop(bobs);
    person.release(&["--all"])?;
    let mut bob = server.hold_from("bob", 7)?;
    assert!(bob.works()?);
    agent.signal(Signal::SIGTERM)?;
    let (_, stderr) = agent.end()?;
    assert!(stderr.contains("is gone: somebody has removed or replaced it"), "{stderr}");
    assert!(stderr.contains("a change is not recorded"), "{stderr}");
    Ok(())
}

/// A failure here would let a user with write access to the database, but without its key, end anybody's sessions with the login of the
/// administrator, or widen or release an open hold.
#[test]
fn a_planted_and_a_changed_hold_are_carried_on_by_nobody() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    hold(&person, &server.name()?, "bob")?;
    let other = rusqlite::Connection::open(database(&person))?;
    let plant = "INSERT INTO hold (body, left_ms, seen_at, boot, boot_ms, mac) \
                 SELECT replace(body, '\"bob\"', '\"alice\"'), left_ms, seen_at, boot, boot_ms, mac FROM hold WHERE id = 1";
    assert_eq!(other.execute(plant, [])?, 1);
    let widen = "UPDATE hold SET body = replace(body, '\"bob\"', '\"bob\",\"carol\"') WHERE id = 1";
    assert_eq!(other.execute(widen, [])?, 1);
    // The agent records its hold again as it was.
    let again = wait_until("the hold as it was", || {
        let rows = person.run(&["holds", "--json"])?.run()?.expect_code(1)?.json()?;
        Ok(rows.into_iter().find(|row| text(row, "carrier").starts_with("agent")))
    })?;
    assert_eq!(text(&again, "selection"), "--user bob");
    let (mut alice, mut carol) = (server.hold_from("alice", 8)?, server.hold_from("carol", 9)?);
    wait_for_end(server.hold_from("bob", 7))?;
    assert!(alice.works()? && carol.works()?);
    other.execute("UPDATE hold SET released_at = 1, released_by = 'nobody' WHERE released_at IS NULL", [])?;
    wait_for_end(server.hold_from("bob", 7))?;
    agent.signal(Signal::SIGTERM)?;
    agent.end()?;
    Ok(())
}

/// A failure here would let a person think that a hold is released, although the database takes no release.
#[test]
fn a_release_that_fails_does_not_sound_as_if_it_were_done() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let arguments = ["hold", &server.name()?, "--user", "bob", "--for", "1h", "--yes"];
    let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
    let other = rusqlite::Connection::open(database(&person))?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let failed = person.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(failed.stderr.contains("hold 1 is not released"), "{}", failed.stderr);
    assert!(!failed.stderr.contains("this release is not recorded"), "{}", failed.stderr);
    other.execute_batch("ROLLBACK")?;
    person.release(&["1"])?;
    assert_eq!(hold.end()?.0, Some(0));
    Ok(())
}

/// A failure here would leave accounts disabled for ever while `release` says that nothing is to do.
#[test]
fn release_names_each_hold_without_a_signature() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    for user in ["bob", "alice"] {
        let arguments = ["hold", &server.name()?, "--user", user, "--for", "1h", "--yes"];
        let hold = Running::start(person.with_login(&arguments)?, Stream::Err, "no agent runs")?;
        hold.signal(Signal::SIGKILL)?;
        hold.end()?;
    }
    let other = rusqlite::Connection::open(database(&person))?;
    let plant = "INSERT INTO hold_account (hold, server, name, sid, control, was_disabled, state, changed_at) \
                 SELECT id, 'dc1', 'LAB\\b' || id, 'S-1-5-21-1-2-3-110' || id, 16, 0, 'disabled', 0 FROM hold";
    assert_eq!(other.execute(plant, [])?, 2);
    for arguments in [&["holds"][..], &["release", "--all"], &["release", "1"]] {
        let said = person.run(arguments)?.run()?.expect_code(1)?;
        for account in [r"LAB\b1 at dc1 (S-1-5-21-1-2-3-1101)", r"LAB\b2 at dc1"] {
            assert!(said.stderr.contains(account), "{arguments:?}: {}", said.stderr);
        }
        assert!(!said.stderr.contains("no open hold"), "{arguments:?}: {}", said.stderr);
    }
    let one = person.run(&["release", "1"])?.run()?.expect_code(1)?;
    assert!(one.stderr.contains("hold 1 is not released: it has no valid signature"), "{}", one.stderr);
    Ok(())
}

/// A failure here would free everybody whom holds keep out, because one row of the database cannot be read.
#[test]
fn a_row_that_cannot_be_read_hides_no_other_hold() -> Result<()> {
    let (server, person) = (Embedded::start()?, Person::new()?);
    let first = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    hold(&person, &server.name()?, "bob")?;
    first.signal(Signal::SIGTERM)?;
    first.end()?;
    rusqlite::Connection::open(database(&person))?
        .execute("INSERT INTO hold (body, left_ms, seen_at) VALUES ('{', 3600000, unixepoch() * 1000)", [])?;
    let agent = Running::start(person.run(&["agent"])?, Stream::Out, "The agent runs")?;
    let mut bob = server.hold_from("bob", 7)?;
    wait_until("he is ended", || Ok((!bob.works()?).then_some(())))?;
    let listed = person.run(&["holds"])?.run()?.expect_code(1)?;
    assert!(listed.stdout.contains("--user bob") && listed.stderr.contains("hold 2"), "{listed:?}");
    let verified = person.run(&["journal", "verify"])?.run()?.expect_code(1)?;
    assert!(verified.stderr.contains("hold 2: its signature is missing"), "{verified:?}");
    person.release(&["--user", "bob"])?;
    agent.signal(Signal::SIGTERM)?;
    let (_, stderr) = agent.end()?;
    assert_eq!(stderr.matches("hold 2").count(), 1, "{stderr}");
    Ok(())
}
