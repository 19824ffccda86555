//! The journal as a whole: what it notices, and what a writer gets in each kind of trouble.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use tempfile::TempDir;

use crate::sqlite::execute;
use crate::{
    Actor, Damage, Entry, Error, Fate, Head, Intent, Journal, Location, LoginUsed, Operation, Outcome,
    Preview, Query, ServerUsed, Subject, SubjectOutcome, Timestamp,
};
#[cfg(unix)]
use crate::{Exposure, Hint};

/// A journal in a folder of its own.
struct Lab {
    folder: TempDir,
    journal: Journal,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&place(folder.path())).unwrap();
        Self { folder, journal }
    }

    /// A journal with three changes of `bob`, `carol` and `dave`, which is six rows.
    fn with_three() -> Self {
        let lab = Self::new();
        ["bob", "carol", "dave"].iter().for_each(|user| lab.change(user));
        lab
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    fn change(&self, user: &str) {
        let change = self.journal.begin(&intent(user)).unwrap();
        self.journal.complete(&outcome(change, user)).unwrap();
    }

    fn damage(&self) -> Option<Damage> {
        self.journal.verify(&[]).unwrap().damage
    }

    /// Damages the journal behind its back, and returns what it notices.
    fn after(statement: &str) -> Option<Damage> {
        let lab = Self::with_three();
        assert_eq!(lab.damage(), None);
        assert!(execute(&lab.path(), statement) > 0, "{statement}");
        lab.damage()
    }
}

fn place(folder: &Path) -> Location {
    Location::File(folder.join("journal.db"))
}

fn subject(user: &str) -> Subject {
    Subject { user: Some(user.to_owned()), client: Some("10.0.0.5".to_owned()), ..Subject::default() }
}

fn intent(user: &str) -> Intent {
    Intent {
        at: Timestamp::now(),
        actor: Actor { name: Some("root".to_owned()), ..Actor::of_process("end") },
        login: LoginUsed { user: r"LAB\adm1".to_owned(), mechanism: "NTLM".to_owned() },
        server: ServerUsed {
            named: r"\\FS1".to_owned(),
            address: "10.0.0.9:445".to_owned(),
            reached: "FS1, fs1.lab.test".to_owned(),
        },
        operation: Operation::End,
        selection: format!("--user {user}"),
        reason: Some("INC-4711".to_owned()),
        preview: Preview { planned: vec![subject(user)], ..Preview::default() },
    }
}

fn outcome(change: u64, user: &str) -> Outcome {
    let results = vec![SubjectOutcome { subject: subject(user), result: Fate::Ended, status: Some(0) }];
    Outcome { change, at: Timestamp::now(), results, error: None }
}

fn users(journal: &Journal, query: &Query) -> Vec<String> {
    let found = journal.search(query).unwrap();
    let user = |entry: &Entry| match entry {
        Entry::Intent(intent) => intent.preview.planned[0].user.clone().unwrap(),
        other => format!("{other:?}"),
    };
    found.iter().map(|recorded| user(&recorded.entry)).collect()
}

/// A failure here would lose what was recorded, or change a name that a server may list.
#[test]
fn a_change_is_found_as_it_was_recorded() {
    let lab = Lab::new();
    let names = [r"LAB\bob", "alice@LAB.TEST", "b\u{10f83d}b", "line\nbreak \u{1b}[2J\"'", ""];
    names.iter().for_each(|name| lab.change(name));
    let reopened = Journal::open_existing(&place(lab.folder.path())).unwrap().unwrap();
    for name in names {
        let query = Query { user: Some(name.to_owned()), ..Query::default() };
        let found = reopened.search(&query).unwrap();
        let [recorded] = found.as_slice() else { panic!("{name:?}: {found:?}") };
        let Entry::Intent(found) = &recorded.entry else { panic!("{recorded:?}") };
        assert_eq!(Intent { at: found.at, ..intent(name) }, *found);
        assert_eq!(recorded.outcome.as_ref().unwrap().results, outcome(1, name).results);
    }
    assert_eq!(reopened.verify(&[]).unwrap().rows, 10);
}

/// A failure here would not find what somebody asks for, or show what they did not ask for.
#[test]
fn a_search_matches_every_part() {
    let lab = Lab::new();
    [r"LAB\bob", r"OTHER\Bob", "svc-1", "svc-[2"].iter().for_each(|user| lab.change(user));
    let of = |query: Query| users(&lab.journal, &query);
    let user = |user: &str| Query { user: Some(user.to_owned()), ..Query::default() };
    assert_eq!(of(user("BOB")), [r"OTHER\Bob", r"LAB\bob"]);
    assert_eq!(of(user(r"lab\bob")), [r"LAB\bob"]);
    assert_eq!(of(user("svc-*")), ["svc-[2", "svc-1"]);
    assert_eq!(of(user("svc-[?")), ["svc-[2"]);
    assert_eq!(of(Query { limit: Some(1), ..user("bob") }), [r"OTHER\Bob"]);
    assert!(of(user("bo")).is_empty() && of(user("adm1")).is_empty());
    for server in ["fs1", r"\\FS1", "10.0.0.9", "10.0.0.9:445", "fs1.lab.test", "fs*"] {
        assert_eq!(of(Query { server: Some(server.to_owned()), ..Query::default() }).len(), 4, "{server}");
    }
    for by in ["adm1", r"LAB\adm1", "ROOT"] {
        assert_eq!(of(Query { by: Some(by.to_owned()), ..user("svc-1") }).len(), 1, "{by}");
    }
    assert!(of(Query { by: Some("bob".to_owned()), ..Query::default() }).is_empty());
    let now = Timestamp::now();
    let hour = std::time::Duration::from_secs(3_600);
    assert_eq!(of(Query { since: Some(now.before(hour)), ..Query::default() }).len(), 4);
    assert!(of(Query { until: Some(now.before(hour)), ..Query::default() }).is_empty());
}

/// A failure here would show a request that may have been sent as if nothing had happened.
#[test]
fn a_change_without_outcome_is_found() {
    let lab = Lab::new();
    lab.journal.begin(&intent("bob")).unwrap();
    let found = lab.journal.search(&Query { user: Some("bob".to_owned()), ..Query::default() }).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].outcome, None);
    assert_eq!(lab.damage(), None);
}

/// A failure here would hide that somebody changed, removed or added a row.
#[test]
fn every_damage_is_noticed_at_its_row() {
    for (statement, expected) in [
        ("UPDATE entry SET body = replace(body, 'carol', 'mallo') WHERE seq = 3", Damage::Changed { seq: 3 }),
        ("UPDATE entry SET hash = zeroblob(32) WHERE seq = 3", Damage::Changed { seq: 3 }),
        ("UPDATE entry SET mac = zeroblob(32) WHERE seq = 6", Damage::Changed { seq: 6 }),
        ("DELETE FROM entry WHERE seq = 3", Damage::Removed { seq: 3 }),
        ("DELETE FROM entry WHERE seq IN (2, 4)", Damage::Removed { seq: 2 }),
        ("DELETE FROM entry WHERE seq = 1", Damage::FirstRemoved { seq: 2 }),
        ("DELETE FROM entry WHERE seq = 6", Damage::LastRemoved { seq: 6, head: 6 }),
        ("DELETE FROM entry WHERE seq > 4", Damage::LastRemoved { seq: 5, head: 6 }),
        ("DELETE FROM entry", Damage::LastRemoved { seq: 1, head: 6 }),
        ("UPDATE head SET seq = 5", Damage::Added { seq: 6 }),
        ("UPDATE head SET mac = zeroblob(32)", Damage::Head),
        ("UPDATE head SET hash = zeroblob(32)", Damage::Head),
        ("DELETE FROM head", Damage::Added { seq: 1 }),
        ("UPDATE entry SET at = 0 WHERE seq = 5", Damage::Index { seq: 5 }),
        ("UPDATE entry SET change = 1 WHERE seq = 4", Damage::Index { seq: 4 }),
        ("DELETE FROM term WHERE value = 'carol'", Damage::Index { seq: 3 }),
        (
            "INSERT INTO entry SELECT 7, at, kind, 7, body, hash, mac FROM entry WHERE seq = 1",
            Damage::Added { seq: 7 },
        ),
        ("UPDATE entry SET seq = 9 WHERE seq = 6", Damage::Removed { seq: 6 }),
    ] {
        assert_eq!(Lab::after(statement), Some(expected), "{statement}");
    }
}

/// A failure here would say that a journal is complete in which nothing can be recorded any more.
#[test]
fn a_damaged_page_of_an_index_is_noticed() {
    let lab = Lab::with_three();
    let path = lab.path();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let page: u32 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'entry_at'", [], |row| row.get(0))
        .unwrap();
    let size: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let place = place(lab.folder.path());
    drop(lab.journal);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(u64::from(page - 1) * u64::from(size))).unwrap();
    file.write_all(&[0xff; 64]).unwrap();
    drop(file);
    let journal = Journal::open_existing(&place).unwrap().unwrap();
    let verified = journal.verify(&[]);
    assert!(matches!(verified, Err(Error::Corrupt { .. })), "{verified:?}");
}

/// A failure here would say that nothing was recorded, although this user only may not look.
#[cfg(unix)]
#[test]
fn a_link_or_a_closed_folder_is_no_missing_journal() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink("/nonexistent/journal.db", &link).unwrap();
    let error = Journal::open_existing(&Location::File(link)).unwrap_err();
    assert!(matches!(error, Error::Exposed { exposure: Exposure::NotAFile, .. }), "{error}");
    assert_eq!(error.hint(), Some(Hint::NameFile));
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let opened = Journal::open_existing(&Location::File(closed.join("journal.db")));
    // The superuser may look everywhere.
    let is_superuser = std::fs::read_dir(&closed).is_ok();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(is_superuser || matches!(opened, Err(Error::File { .. })), "{opened:?}");
    assert!(Journal::open_existing(&Location::File(closed.join("none.db"))).unwrap().is_none());
}

/// A failure here would hide that somebody removed the last rows and made the head fit, without the key.
#[test]
fn a_head_needs_the_key() {
    let lab = Lab::with_three();
    let path = lab.path();
    execute(&path, "UPDATE head SET seq = 4, hash = (SELECT hash FROM entry WHERE seq = 4)");
    execute(&path, "DELETE FROM entry WHERE seq > 4");
    assert_eq!(lab.damage(), Some(Damage::Head));
    // To record on top would sign the forged head.
    assert!(matches!(lab.journal.begin(&intent("bob")), Err(Error::Damaged { damage: Damage::Head, .. })));
}

/// A failure here would hide that rows were removed from a journal that goes on.
#[test]
fn a_journal_with_missing_rows_goes_on_and_remembers() {
    let lab = Lab::with_three();
    execute(&lab.path(), "DELETE FROM entry WHERE seq > 4");
    assert_eq!(lab.journal.check_head().unwrap(), Some(Damage::LastRemoved { seq: 5, head: 6 }));
    lab.change("erin");
    assert_eq!(lab.damage(), Some(Damage::Removed { seq: 5 }));
    assert_eq!(users(&lab.journal, &Query { user: Some("erin".to_owned()), ..Query::default() }), ["erin"]);
}

/// A failure here would hide that somebody with the key, or an older copy, replaced the journal.
#[test]
fn a_row_that_was_noted_elsewhere_is_compared() {
    let lab = Lab::with_three();
    let head = lab.journal.verify(&[]).unwrap().head;
    let damage = |expected: Head| lab.journal.verify(&[expected]).unwrap().damage;
    assert_eq!(damage(head), None);
    let hash = "0".repeat(64).parse().unwrap();
    assert_eq!(damage(Head { seq: 2, hash }), Some(Damage::Replaced { seq: 2 }));
    assert_eq!(damage(Head { seq: 8, hash }), Some(Damage::LastRemoved { seq: 7, head: 8 }));
}

/// A failure here would lose newer rows, or take a removal that is recorded for damage.
#[test]
fn pruning_keeps_the_chain_verifiable() {
    let lab = Lab::new();
    let old = |user: &str, millis: i64| {
        let at = Timestamp::of_millis(millis);
        let change = lab.journal.begin(&Intent { at, ..intent(user) }).unwrap();
        (change, at)
    };
    let actor = Actor::of_process("journal");
    let (first, at) = old("bob", 1_000);
    lab.journal.complete(&Outcome { at, ..outcome(first, "bob") }).unwrap();
    let (crossing, _) = old("carol", 2_000);
    let (second, at) = old("dave", 3_000);
    lab.journal.complete(&Outcome { at, ..outcome(second, "dave") }).unwrap();
    lab.journal.complete(&Outcome { at: Timestamp::of_millis(9_000), ..outcome(crossing, "carol") }).unwrap();
    assert_eq!(lab.journal.prune(Timestamp::of_millis(500), &actor).unwrap(), None);
    let pruned = lab.journal.prune(Timestamp::of_millis(5_000), &actor).unwrap().unwrap();
    // The outcome of carol's change is newer, and rows are only removed from the beginning.
    assert_eq!((pruned.rows, pruned.first_kept), (2, 3));
    assert_eq!(lab.damage(), None);
    assert_eq!(users(&lab.journal, &Query::default()).len(), 3);
    let pruned = lab.journal.prune(Timestamp::of_millis(i64::MAX), &actor).unwrap().unwrap();
    assert_eq!(pruned.rows, 5);
    assert_eq!(lab.damage(), None);
    lab.change("erin");
    assert_eq!((lab.damage(), lab.journal.verify(&[]).unwrap().rows), (None, 3));
    execute(&lab.path(), "DELETE FROM entry WHERE kind = 'pruned'");
    assert!(matches!(lab.damage(), Some(Damage::FirstRemoved { .. } | Damage::Removed { .. })));
}

/// A failure here would say that the journal is complete to somebody who asks for a row that was removed, or never there.
#[test]
fn an_expected_row_that_was_pruned_is_missing() {
    let lab = Lab::with_three();
    let noted = lab.journal.verify(&[]).unwrap().head;
    lab.journal.prune(Timestamp::of_millis(i64::MAX), &Actor::of_process("journal")).unwrap().unwrap();
    let damage = |expected: Head| lab.journal.verify(&[expected]).unwrap().damage;
    let (zeros, garbage) = (crate::RowHash::default(), "ab".repeat(32).parse().unwrap());
    for row in [noted, Head { seq: 5, hash: garbage }, Head { seq: 1, hash: zeros }] {
        let found = damage(row);
        assert!(matches!(&found, Some(Damage::Pruned { seq, .. }) if *seq == row.seq), "{found:?}");
    }
    assert_eq!(damage(Head { seq: 0, hash: garbage }), Some(Damage::Replaced { seq: 0 }));
    assert_eq!(damage(Head::default()), None, "what `verify` says of a journal without rows");
    let kept = lab.journal.verify(&[]).unwrap().head;
    assert_eq!((kept.seq, damage(kept)), (7, None));
    assert_eq!(damage(Head { hash: garbage, ..kept }), Some(Damage::Replaced { seq: 7 }));
}

/// A failure here would write to a file that nobody finds, or begin a new journal in place of one that was removed.
#[cfg(unix)]
#[test]
fn a_journal_that_is_gone_is_noticed() {
    let lab = Lab::with_three();
    std::fs::rename(lab.path(), lab.folder.path().join("away")).unwrap();
    assert!(matches!(lab.journal.begin(&intent("bob")), Err(Error::Gone { .. })));
    assert!(matches!(Journal::open(&place(lab.folder.path())), Err(Error::Gone { .. })));
    std::fs::write(lab.path(), "").unwrap();
    std::fs::set_permissions(lab.path(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(matches!(lab.journal.begin(&intent("bob")), Err(Error::Gone { .. })));
    assert!(matches!(Journal::open(&place(lab.folder.path())), Err(Error::Gone { .. })));
    let none = tempfile::tempdir().unwrap();
    assert!(Journal::open_existing(&place(none.path())).unwrap().is_none());
    assert_eq!(std::fs::read_dir(none.path()).unwrap().count(), 0);
}

/// A failure here would record without signatures, or take another key.
#[test]
fn a_missing_key_is_noticed() {
    let lab = Lab::with_three();
    let key = lab.folder.path().join("journal.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(Journal::open(&place(lab.folder.path())), Err(Error::NoKey { .. })));
    // The process that made the key ended before it named it.
    let new = lab.folder.path().join("journal.key.new");
    std::fs::write(&new, &kept).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&new, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let reopened = Journal::open(&place(lab.folder.path())).unwrap();
    assert_eq!(reopened.verify(&[]).unwrap().damage, None);
    assert!(key.exists() && !new.exists());
}

/// A failure here would accuse somebody of changing row 1, and send a person to the backups, because the key is that of another journal. Or
/// it would blame the key although somebody has changed a row.
#[test]
fn another_key_is_told_from_a_changed_row() {
    let lab = Lab::with_three();
    let key = lab.folder.path().join("journal.key");
    let kept = std::fs::read(&key).unwrap();
    let with_other_key = || {
        std::fs::write(&key, kept.iter().map(|octet| octet ^ 1).collect::<Vec<_>>()).unwrap();
        let damage = Journal::open(&place(lab.folder.path())).unwrap().verify(&[]).unwrap().damage;
        std::fs::write(&key, &kept).unwrap();
        damage
    };
    assert_eq!(with_other_key(), Some(Damage::OtherKey));
    assert_eq!(lab.damage(), None);
    execute(&lab.path(), "UPDATE entry SET body = replace(body, 'carol', 'mallo') WHERE seq = 3");
    assert!(matches!(with_other_key(), Some(Damage::Changed { .. })));
}

/// A failure here would lose a record of one of two administrators, or break the chain.
#[test]
fn writers_at_once_lose_nothing() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    // In Wine a write takes so long that with more writers one gives up.
    let count = if cfg!(windows) { 8 } else { 64 };
    let writers: Vec<_> = (0..count)
        .map(|writer| {
            let folder = Arc::clone(&folder);
            // Each also opens, and one of them makes, the journal.
            thread::spawn(move || {
                let journal = Journal::open(&place(folder.path())).unwrap();
                for number in 0..2 {
                    let user = format!("user{writer}-{number}");
                    let change = journal.begin(&intent(&user)).unwrap();
                    journal.complete(&outcome(change, &user)).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let journal = Journal::open_existing(&place(folder.path())).unwrap().unwrap();
    let verified = journal.verify(&[]).unwrap();
    assert_eq!((verified.rows, verified.damage), (count * 4, None));
    let found = journal.search(&Query::default()).unwrap();
    assert_eq!(u64::try_from(found.len()).unwrap(), count * 2);
    assert!(found.iter().all(|recorded| recorded.outcome.is_some()));
}

/// A failure here would let others read who ended whom, or replace the journal.
#[cfg(unix)]
#[test]
fn the_journal_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("state");
    let location = place(&inner);
    drop(Journal::open(&location).unwrap());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for name in ["journal.db", "journal.key"] {
        assert_eq!(mode(&inner.join(name)), 0o600, "{name}");
    }
    let set =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    set(&inner.join("journal.db"), 0o640);
    assert!(matches!(Journal::open(&location), Err(Error::Exposed { .. })));
    set(&inner.join("journal.db"), 0o600);
    set(&inner.join("journal.key"), 0o604);
    assert!(matches!(Journal::open(&location), Err(Error::Exposed { .. })));
    set(&inner.join("journal.key"), 0o600);
    let open_folder = folder.path().join("open");
    std::fs::create_dir(&open_folder).unwrap();
    set(&open_folder, 0o777);
    assert!(matches!(Journal::open(&place(&open_folder)), Err(Error::Exposed { .. })));
}

/// A failure here would let another user plant holds, which the agent then carries out with the login of this one: SQLite reads a
/// `journal.db-wal` also if another user made it, and in a sticky folder such as /tmp everybody can make one.
#[cfg(unix)]
#[test]
fn a_folder_in_which_others_can_make_files_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    for mode in [0o1777, 0o1770, 0o775, 0o757] {
        let lab = Lab::with_three();
        let at = place(lab.folder.path());
        std::fs::set_permissions(lab.folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        let errors = [
            Journal::open(&at).unwrap_err(),
            Journal::open_existing(&at).unwrap_err(),
            crate::Holds::open(&at).unwrap_err(),
            crate::Holds::open_existing(&at).unwrap_err(),
            Journal::open_existing(&Location::File(lab.folder.path().join("other.db"))).unwrap_err(),
        ];
        for error in errors {
            let folder = lab.folder.path();
            let (exposure, hint) = match mode {
                0o1777 | 0o1770 => (Exposure::OpenFolder, Hint::OwnFolder),
                _ => (Exposure::OwnOpenFolder, Hint::CloseFolder(folder.to_owned())),
            };
            let is_open = matches!(error, Error::Exposed { exposure: found, .. } if found == exposure);
            assert!(is_open && error.hint() == Some(hint), "{mode:o}: {error}");
        }
    }
}

/// A failure here would make a second journal in the same folder unusable, or let it take the key of the first.
#[test]
fn journals_with_other_endings_share_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| Location::File(folder.path().join(name));
    for name in ["journal.2026", "journal.2027", "journal.db", "other.key"] {
        for _ in 0..2 {
            Journal::open(&at(name)).unwrap().begin(&intent("bob")).unwrap();
        }
    }
    // An earlier version named the key without the ending.
    let (key, old) = (folder.path().join("trail.sqlite.key"), folder.path().join("trail.key"));
    drop(Journal::open(&at("trail.sqlite")).unwrap());
    std::fs::rename(&key, &old).unwrap();
    drop(Journal::open(&at("trail.other")).unwrap());
    std::fs::remove_file(folder.path().join("trail.other.key")).unwrap();
    assert!(matches!(Journal::open(&at("trail.other")), Err(Error::NoKey { .. })), "the key of another");
    assert_eq!(Journal::open(&at("trail.sqlite")).unwrap().verify(&[]).unwrap().damage, None);
    assert!(key.exists() && !old.exists());
}

/// A failure here would write to a file that somebody else chose.
#[cfg(unix)]
#[test]
fn a_symbolic_link_is_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other");
    for name in ["journal.db", "journal.key.new"] {
        std::os::unix::fs::symlink(&other, folder.path().join(name)).unwrap();
        let refused = Journal::open(&place(folder.path()));
        assert!(
            matches!(refused, Err(Error::Exposed { exposure: crate::Exposure::NotAFile, .. })),
            "{name}: {refused:?}"
        );
        assert!(!other.exists());
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
}

/// A failure here would remove newer rows, or find damage, because a clock was set back.
#[test]
fn a_clock_that_jumps_neither_breaks_the_chain_nor_removes_newer_rows() {
    let lab = Lab::new();
    for (user, millis) in [("bob", 9_000), ("carol", 1_000), ("dave", 5_000)] {
        lab.journal.begin(&Intent { at: Timestamp::of_millis(millis), ..intent(user) }).unwrap();
    }
    assert_eq!(lab.damage(), None);
    assert_eq!(users(&lab.journal, &Query::default()), ["dave", "carol", "bob"]);
    let actor = Actor::of_process("journal");
    assert_eq!(lab.journal.prune(Timestamp::of_millis(6_000), &actor).unwrap(), None);
    assert_eq!(users(&lab.journal, &Query::default()).len(), 3);
}

/// A failure here would show a damaged file as an empty journal.
#[test]
fn a_corrupt_file_is_an_error() {
    let lab = Lab::with_three();
    let path = lab.path();
    drop(lab.journal);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(&path, &bytes).unwrap();
    let corrupt = Journal::open(&place(lab.folder.path())).and_then(|journal| journal.verify(&[]));
    assert!(matches!(corrupt, Err(Error::Corrupt { .. })), "{corrupt:?}");
    let newer = tempfile::tempdir().unwrap();
    drop(Journal::open(&place(newer.path())).unwrap());
    rusqlite::Connection::open(newer.path().join("journal.db"))
        .unwrap()
        .pragma_update(None, "user_version", 9)
        .unwrap();
    assert!(matches!(Journal::open(&place(newer.path())), Err(Error::Newer { found: 9, .. })));
}

/// A failure here would wait forever for another program, or lose the record.
#[test]
fn a_locked_journal_is_an_error() {
    let lab = Lab::with_three();
    let other = rusqlite::Connection::open(lab.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(lab.journal.begin(&intent("bob")), Err(Error::Busy { .. })));
    // Each request would wait for the same program again before it is sent.
    let begun = std::time::Instant::now();
    assert!(matches!(lab.journal.begin(&intent("bob")), Err(Error::Busy { .. })));
    assert!(begun.elapsed() < crate::BUSY_TIMEOUT / 2, "{:?}", begun.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
    lab.change("bob");
    assert_eq!(lab.damage(), None);
    // From now on, a record waits for a program that only writes.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writing = thread::spawn(move || {
        thread::sleep(std::time::Duration::from_millis(500));
        other.execute_batch("ROLLBACK").unwrap();
    });
    lab.change("carol");
    writing.join().unwrap();
}

/// A failure here would carry out a change that must be recorded, and record nothing: a trigger makes the database ignore each row.
#[test]
fn a_journal_that_ignores_rows_is_an_error() {
    let lab = Lab::with_three();
    let other = rusqlite::Connection::open(lab.path()).unwrap();
    let trigger = "CREATE TRIGGER t BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END";
    other.execute_batch(trigger).unwrap();
    assert!(matches!(lab.journal.begin(&intent("bob")), Err(Error::Database { .. })));
    other.execute_batch("DROP TRIGGER t").unwrap();
    lab.change("bob");
    assert_eq!(lab.damage(), None);
}

/// A failure here would export something other than what the chain covers.
#[test]
fn an_export_can_be_verified_without_the_database() {
    let lab = Lab::with_three();
    let mut out = Vec::new();
    assert_eq!(lab.journal.export(&mut out).unwrap(), 6);
    let text = String::from_utf8(out).unwrap();
    let mut before = crate::RowHash::default();
    for (line, seq) in text.lines().zip(1..) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let (_, body) = line.split_once(r#""entry":"#).unwrap();
        before = crate::RowHash::of_row(before, seq, body.strip_suffix('}').unwrap());
        assert_eq!(
            (value["seq"].as_u64(), value["hash"].as_str().unwrap()),
            (Some(seq), &*before.to_string())
        );
    }
}

/// A failure here would keep the rows from the system's log, or break its format.
#[cfg(unix)]
#[test]
fn rows_are_forwarded_with_their_hash() {
    use std::os::unix::net::UnixDatagram;
    let folder = tempfile::tempdir().unwrap();
    let (syslog, journald) = (folder.path().join("syslog"), folder.path().join("journald"));
    let sockets = [&syslog, &journald].map(|path| UnixDatagram::bind(path).unwrap());
    let forward = crate::Forward { syslog: Some(syslog), journald: Some(journald) };
    let journal = Journal::open(&place(folder.path())).unwrap().forwarding(forward);
    journal.begin(&Intent { reason: Some("two\nlines".to_owned()), ..intent("bob") }).unwrap();
    let head = journal.verify(&[]).unwrap().head;
    let [syslog, journald] = sockets.map(|socket| {
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    });
    assert!(syslog.starts_with("<86>netsession["), "{syslog}");
    assert!(
        syslog.contains(&head.to_string()) && !syslog.contains('\n') && !syslog.contains("bob"),
        "{syslog}"
    );
    assert!(
        journald.starts_with("MESSAGE={") && journald.contains("\nSYSLOG_IDENTIFIER=netsession\n"),
        "{journald}"
    );
    assert_eq!(journald.lines().count(), 4, "{journald}");
}

/// A failure here would let somebody trust that another log has the rows, which has taken none, or say so for each row.
#[cfg(unix)]
#[test]
fn a_log_that_takes_no_lines_is_said_once_until_it_does() {
    use std::os::unix::net::UnixDatagram;
    let folder = tempfile::tempdir().unwrap();
    let syslog = folder.path().join("syslog");
    let forward = crate::Forward { syslog: Some(syslog.clone()), journald: None };
    let journal = Journal::open(&place(folder.path())).unwrap().forwarding(forward);
    let said = || {
        journal.begin(&intent("bob")).unwrap();
        journal.not_forwarded().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for _ in 0..2 {
        let first = said();
        assert!(first.len() == 1 && first[0].contains("syslog takes no lines"), "{first:?}");
        assert_eq!(said(), Vec::<String>::new());
        let socket = UnixDatagram::bind(&syslog).unwrap();
        assert_eq!(said(), Vec::<String>::new());
        drop(socket);
        std::fs::remove_file(&syslog).unwrap();
    }
}
