use super::*;
use crate::Journal;

fn order(user: &str, seconds: u64) -> HoldOrder {
    HoldOrder {
        named: vec!["@files".to_owned()],
        servers: vec!["fs1".to_owned()],
        users: vec![user.to_owned()],
        seconds,
        ..HoldOrder::of(Actor::of_process("test"))
    }
}

fn at(wall: i64, start: &str, since: u64) -> Moment {
    let boot = BootTime { id: start.to_owned(), since: Duration::from_secs(since) };
    Moment { wall: Timestamp::of_millis(wall * 1_000), boot: Some(boot) }
}

/// A failure here would let held users in again: the process that carries many holds waits for a locked database once for each. Or a
/// power failure would undo a release.
#[test]
fn a_note_waits_neither_for_others_nor_for_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut holds = Holds::open(&Location::File(path.clone())).unwrap();
    let now = at(1_000, "a", 10);
    let id = holds.add(&order("bob", 100), &now).unwrap();
    holds.do_not_wait().unwrap();
    let found = FoundAccount {
        server: "fs1".to_owned(),
        name: "bob".to_owned(),
        sid: "S-1-5-21-1-2-3-1001".to_owned(),
        control: 0,
        is_disabled: false,
        places: Vec::new(),
    };
    let absent = HeldAccount { id: 7, found, state: crate::AccountState::Disabled, at: now.wall };
    holds.set_account(&absent, crate::AccountState::Enabled, &now).unwrap();
    let setting = |holds: &Holds, name: &str| -> i64 {
        holds.connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    };
    assert_eq!(setting(&holds, "busy_timeout"), 0);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let noted = holds.note(id, 1, None, &now);
    assert!(matches!(noted, Err(Error::Busy { .. })), "{noted:?}");
    other.execute_batch("ROLLBACK").unwrap();
    holds.note(id, 1, None, &now).unwrap();
    assert_eq!(holds.get(id, &now).unwrap().unwrap().acted, 1);
    assert_eq!(setting(&holds, "synchronous"), 2, "a release is durable");
}

/// A failure here would forget a hold over a restart, or hold for another time than the person said.
#[test]
fn a_hold_survives_a_restart_of_the_computer_and_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let place = Location::File(folder.path().join("journal.db"));
    let id = Holds::open(&place).unwrap().add(&order("bob", 100), &at(1_000, "a", 10)).unwrap();
    let mut again = Holds::open_existing(&place).unwrap().unwrap();
    let left = |holds: &mut Holds, now: &Moment| holds.get(id, now).unwrap().unwrap().left.as_secs();
    assert_eq!(left(&mut again, &at(9_000, "a", 30)), 80, "the wall clock jumped");
    again.note(id, 3, Some("fs1 does not answer"), &at(1_040, "a", 50)).unwrap();
    assert_eq!(left(&mut again, &at(1_050, "b", 0)), 50, "ten seconds without power");
    assert_eq!(left(&mut again, &at(900_000, "b", 10)), 40, "the wall clock counted once");
    let hold = again.get(id, &at(900_000, "b", 10)).unwrap().unwrap();
    assert_eq!((hold.acted, hold.problem.as_deref()), (3, Some("fs1 does not answer")));
    assert_eq!(hold.until, Timestamp::of_millis(900_040_000));
    assert_eq!(again.get(id, &at(1_000, "b", 51)).unwrap().unwrap().state, HoldState::Over);
    assert!(again.open_ones(&at(1_000, "b", 51)).unwrap().is_empty());
    assert!(!again.release(id, &Actor::of_process("test"), &at(1_000, "b", 51)).unwrap());
}

/// A failure here would let two processes end the same sessions, or none after one was killed.
#[test]
fn one_process_carries_a_hold_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Location::File(folder.path().join("journal.db"));
    let (mut one, other) = (Holds::open(&place).unwrap(), Holds::open(&place).unwrap());
    let id = one.add(&order("bob", 100), &Moment::now()).unwrap();
    assert_eq!(one.get(id, &Moment::now()).unwrap().unwrap().carrier, None);
    let lock = one.carry(id, "hold").unwrap().unwrap();
    assert!(other.carry(id, "agent").unwrap().is_none());
    let carrier = one.get(id, &Moment::now()).unwrap().unwrap().carrier;
    assert_eq!(carrier, Some(format!("hold {}", std::process::id())));
    drop(lock);
    assert!(other.carry(id, "agent").unwrap().is_some());
    assert!(!one.has_agent());
    let agent = one.become_agent().unwrap().unwrap();
    assert!(other.become_agent().unwrap().is_none() && other.has_agent());
    drop(agent);
    assert!(!other.has_agent());
}

/// A failure here would take the locks of a database from this process whenever it opens the database a second time: another
/// program could change it under a reading.
#[cfg(target_os = "linux")]
#[test]
fn opening_the_database_again_keeps_its_locks() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut holds = Holds::open(&Location::File(path.clone())).unwrap();
    holds.all(&Moment::now()).unwrap();
    let (inode, process) = (std::fs::metadata(&path).unwrap().ino(), std::process::id());
    let is_locked = || {
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let is_ours =
            |line: &str| line.contains(&format!(" {process} ")) && line.contains(&format!(":{inode} "));
        locks.lines().any(is_ours)
    };
    assert!(is_locked());
    let journal = Journal::open(&Location::File(path.clone())).unwrap();
    assert!(is_locked(), "after the journal is open");
    drop(journal);
    Holds::open_existing(&Location::File(path)).unwrap();
    assert!(is_locked(), "after another reading");
}

/// A failure here would let a user with write access to the database, but without the key, make the agent log on anywhere and end
/// sessions, widen a hold, release one unseen, or have an account enabled.
#[test]
fn nobody_carries_a_row_on_that_this_program_did_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut holds = Holds::open(&Location::File(path.clone())).unwrap();
    let other = Connection::open(&path).unwrap();
    let bob = FoundAccount {
        server: "dc1".to_owned(),
        name: r"LAB\bob".to_owned(),
        sid: "S-1-5-21-1-2-3-1104".to_owned(),
        control: 0x10,
        is_disabled: true,
        places: Vec::new(),
    };
    let now = at(1_000, "a", 10);
    for change in [
        "UPDATE hold SET body = replace(body, 'bob', 'eve') WHERE id = ?1",
        "UPDATE hold SET body = replace(body, 'fs1', 'fs2') WHERE id = ?1",
        "UPDATE hold SET left_ms = left_ms * 10 WHERE id = ?1",
        "UPDATE hold SET left_ms = 0 WHERE id = ?1",
        "UPDATE hold SET released_at = 1, released_by = 'x' WHERE id = ?1",
        "UPDATE hold SET mac = NULL WHERE id = ?1",
        "UPDATE hold SET id = 77 WHERE id = ?1",
        "UPDATE hold_account SET was_disabled = 0, state = 'disabled' WHERE hold = ?1",
        "UPDATE hold_account SET sid = 'S-1-5-21-1-2-3-500' WHERE hold = ?1",
        "DELETE FROM hold_account WHERE hold = ?1",
        "INSERT INTO hold (body, left_ms, seen_at, boot, boot_ms) \
         SELECT body, left_ms, seen_at, boot, boot_ms FROM hold WHERE id = ?1",
        "INSERT INTO hold (body, left_ms, seen_at, boot, boot_ms, mac) \
         SELECT body, left_ms, seen_at, boot, boot_ms, mac FROM hold WHERE id = ?1",
    ] {
        let id = holds.add_with_accounts(&order("bob", 100), std::slice::from_ref(&bob), &now).unwrap();
        holds.note(id, 1, Some("fs1 does not answer"), &at(1_001, "a", 11)).unwrap();
        let kept = holds.get(id, &now).unwrap().unwrap();
        other.execute(change, [number(id)]).unwrap();
        let is_added = change.starts_with("INSERT");
        let found = holds.open_ones(&now).unwrap();
        assert_eq!(found.iter().filter(|hold| **hold == kept).count(), usize::from(is_added), "{change}");
        assert_eq!(found.len(), usize::from(is_added), "{change}");
        assert_eq!(holds.all(&now).unwrap().len(), found.len());
        let said = holds.unreadable().remove(0).to_string();
        assert!(said.contains("its signature is "), "{said}");
        // The program makes nothing of it its own by a note or a release.
        holds.note(id, 1, None, &at(1_002, "a", 12)).unwrap();
        assert!(is_added || !holds.release(id, &Actor::of_process("test"), &now).unwrap());
        // The process that carries it on records it again, beside the row that somebody has spoilt.
        if !is_added {
            let again = holds.add_again(&kept, &now).unwrap();
            let found = holds.open_ones(&now).unwrap();
            assert_eq!((found.len(), found[0].id, &found[0].order), (1, again, &kept.order), "{change}");
        }
        other.execute_batch("DELETE FROM hold; DELETE FROM hold_account").unwrap();
    }
}

/// A failure here would leave accounts disabled for ever without a word: the hold of each has no signature, as after an upgrade.
#[test]
fn every_row_without_a_signature_is_named_with_its_disabled_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut holds = Holds::open(&Location::File(path.clone())).unwrap();
    let now = at(1_000, "a", 10);
    for (name, sid) in [(r"LAB\alice", "S-1-5-21-1-2-3-1103"), (r"LAB\bob", "S-1-5-21-1-2-3-1104")] {
        let account = FoundAccount {
            server: "dc1".to_owned(),
            name: name.to_owned(),
            sid: sid.to_owned(),
            control: 0x10,
            is_disabled: false,
            places: Vec::new(),
        };
        holds.add_with_accounts(&order("bob", 100), &[account], &now).unwrap();
    }
    Connection::open(&path).unwrap().execute("UPDATE hold SET mac = NULL WHERE id = 1", []).unwrap();
    Connection::open(&path).unwrap().execute("UPDATE hold SET left_ms = 1 WHERE id = 2", []).unwrap();
    assert!(holds.all(&now).unwrap().is_empty());
    let said: Vec<String> = holds.unreadable().iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[1].contains("earlier build") && said[1].contains(r"LAB\alice at dc1 (S-1-5-21-1-2-3-1103)"));
    assert!(said[0].contains("is wrong") && said[0].contains(r"LAB\bob at dc1"), "{said:?}");
    assert!(holds.is_unreadable(1) && holds.is_unreadable(2) && !holds.is_unreadable(3));
}

/// A failure here would send people to look for an intruder after they restore the database without its key.
#[test]
fn another_key_is_named_as_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut holds = Holds::open(&Location::File(path.clone())).unwrap();
    let now = at(1_000, "a", 10);
    holds.add(&order("bob", 100), &now).unwrap();
    drop(holds);
    let key = folder.path().join("journal.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, vec![b'7'; right.len()]).unwrap();
    let mut holds = Holds::open(&Location::File(path)).unwrap();
    assert!(holds.all(&now).unwrap().is_empty());
    let said = holds.unreadable().remove(0).to_string();
    assert!(said.contains("is not the one that signed it"), "{said}");
    // Somebody puts the right one back while the agent runs.
    std::fs::write(&key, right).unwrap();
    holds.all(&now).unwrap();
    assert_eq!((holds.all(&now).unwrap().len(), holds.unreadable().len()), (1, 0));
}

/// A failure here would stop a hold, or the journal, when another program writes to the database.
#[test]
fn a_locked_database_delays_only_the_notes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut holds = Holds::open(&Location::File(path.clone())).unwrap();
    let id = holds.add(&order("bob", 100), &at(1_000, "a", 10)).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(holds.note(id, 1, None, &at(1_001, "a", 11)), Err(Error::Busy { .. })));
    assert_eq!(holds.open_ones(&at(1_001, "b", 0)).unwrap().len(), 1, "it can still be read");
    other.execute_batch("COMMIT").unwrap();
    holds.note(id, 1, None, &at(1_001, "a", 11)).unwrap();
    assert_eq!(holds.get(id, &at(1_001, "a", 11)).unwrap().unwrap().acted, 1);
    // The journal does not mind the other table.
    let journal = Journal::open(&Location::File(path)).unwrap();
    assert_eq!(journal.verify(&[]).unwrap().damage, None);
}
