//! A journal in PostgreSQL, which several administrators share: one chain, and a role that can only append.
#![cfg(unix)]

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use netsession_conformance::postgres::Postgres;
use netsession_conformance::proxy::Direction;
use netsession_conformance::{Embedded, Held, Netsession, Outcome, PASSWORD, wait_until};
use netsession_journal::{
    Actor, Damage, DatabaseUrl, Error, Fate, Intent, Journal, Location, LoginUsed, Operation, PasswordSource,
    Preview, Query, ServerUsed, Subject, SubjectOutcome, Timestamp,
};
use serde_json::Value;

/// A server, and the database of its administrators.
struct Lab {
    server: Embedded,
    database: Postgres,
}

impl Lab {
    fn new() -> Result<Self> {
        Ok(Self { server: Embedded::start()?, database: Postgres::start()? })
    }

    /// Runs with the journal at this URL, and these lines in the table `[journal]`.
    fn run(&self, url: &str, lines: &str, arguments: &[&str]) -> Result<Netsession> {
        let run = match arguments {
            ["journal", ..] => Netsession::bare()?,
            _ => Netsession::admin()?,
        };
        let config = run.home().join("config.toml");
        std::fs::write(&config, format!("[journal]\nurl = '{url}'\n{lines}\n"))?;
        Ok(run.env("NETSESSION_CONFIG", config).args(arguments))
    }

    /// Ends the sessions of a user as this administrator.
    fn end(&self, role: &str, lines: &str, user: &str) -> Result<Netsession> {
        let name = self.server.name()?;
        self.run(&self.database.url(role), lines, &["end", &name, "--user", user, "--yes"])
    }

    fn is_connected(&self, user: &str) -> Result<bool> {
        Ok(self.server.who()?.iter().any(|(_, connected)| connected == user))
    }
}

fn open(database: &Postgres, role: &str) -> Result<Journal> {
    Ok(Journal::open(&Location::Postgres(database.url(role).parse()?))?)
}

fn intent(user: &str) -> Intent {
    let subject =
        Subject { user: Some(user.to_owned()), client: Some("10.0.0.5".to_owned()), ..Subject::default() };
    Intent {
        at: Timestamp::now(),
        actor: Actor::of_process("end"),
        login: LoginUsed { user: r"LAB\adm1".to_owned(), mechanism: "NTLM".to_owned() },
        server: ServerUsed {
            named: "fs1".to_owned(),
            address: "10.0.0.9:445".to_owned(),
            reached: "FS1".to_owned(),
        },
        operation: Operation::End,
        selection: format!("--user {user}"),
        reason: None,
        preview: Preview { planned: vec![subject], ..Preview::default() },
    }
}

fn record(journal: &Journal, user: &str) -> Result<()> {
    let change = journal.begin(&intent(user))?;
    let subject = Subject { user: Some(user.to_owned()), ..Subject::default() };
    let results = vec![SubjectOutcome { subject, result: Fate::Ended, status: Some(0) }];
    journal.complete(&netsession_journal::Outcome { change, at: Timestamp::now(), results, error: None })?;
    Ok(())
}

/// A failure here would lose the record of one of several administrators, or not say whose it is.
#[test]
fn endings_of_several_administrators_are_one_chain() -> Result<()> {
    let lab = Lab::new()?;
    let _held: Vec<Held> = [("alice", 11), ("bob", 12)]
        .map(|(user, last)| lab.server.hold_from(user, last))
        .into_iter()
        .collect::<Result<_>>()?;
    let runs = [lab.end("alice", "", "bob")?, lab.end("bob", "", "alice")?];
    thread::scope(|scope| -> Result<()> {
        for run in runs.map(|run| scope.spawn(|| run.run())) {
            run.join().map_err(|_| anyhow::anyhow!("a run panicked"))??.expect_code(0)?;
        }
        Ok(())
    })?;
    let url = lab.database.url("reader");
    let journal = |arguments: &[&str]| lab.run(&url, "", &[&["journal"], arguments].concat())?.run();
    let rows: Vec<Value> = journal(&["--json", "--user", "bo*"])?.expect_code(0)?.json()?;
    ensure!(rows.len() == 1 && rows[0]["result"] == "1 ended", "{rows:?}");
    let verified = journal(&["verify"])?.expect_code(0)?;
    assert!(verified.stdout.contains("4 rows, complete"), "{verified:?}");
    let stored =
        lab.database.sql("netsession", "SELECT DISTINCT stored_by FROM netsession.entry ORDER BY 1")?;
    assert_eq!(stored, "alice\nbob");
    Ok(())
}

/// A failure here would let somebody whom holds keep out work for five seconds at each return: each ending waits for the same writer that
/// hangs, one after the other.
#[test]
fn a_head_that_stays_locked_delays_only_the_first_record() -> Result<()> {
    let database = Postgres::start()?;
    let journal = open(&database, "alice")?;
    let sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    thread::scope(|scope| -> Result<()> {
        let hanging = "SELECT * FROM netsession.lock_head(); SELECT pg_sleep(60)";
        scope.spawn(|| database.query_as("bob", "netsession", hanging));
        wait_until("the lock", || Ok((!database.sql("postgres", sleeping)?.is_empty()).then_some(())))?;
        let times = [(); 3].map(|()| {
            let begun = Instant::now();
            (matches!(journal.begin(&intent("bob")), Err(Error::Busy { .. })), begun.elapsed())
        });
        database.sql("postgres", &format!("SELECT pg_terminate_backend(({sleeping}))"))?;
        let [first, rest @ ..] = times;
        ensure!(first.0 && first.1 >= Duration::from_secs(4), "{times:?}");
        ensure!(rest.iter().all(|(busy, after)| *busy && *after < Duration::from_secs(2)), "{times:?}");
        Ok(())
    })?;
    record(&journal, "bob")
}

/// A failure here would let an administrator whose psql hangs in a transaction hold up every record of the others.
#[test]
fn a_connection_that_is_idle_in_a_transaction_does_not_last() -> Result<()> {
    let database = Postgres::start()?;
    for role in ["alice", "bob"] {
        let shown = database.query_as(role, "netsession", "SHOW idle_in_transaction_session_timeout")?;
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        ensure!(shown.contains("10s"), "{role}: {shown}");
    }
    Ok(())
}

/// A failure here would write rows of this version into the tables of a newer one, which their owner has made meanwhile.
#[test]
fn tables_of_a_newer_version_are_left_alone() -> Result<()> {
    let database = Postgres::start()?;
    let journal = open(&database, "alice")?;
    record(&journal, "bob")?;
    database.sql("netsession", "UPDATE netsession.head SET format = 2")?;
    let refused = journal.begin(&intent("bob")).err().context("it is refused")?;
    ensure!(matches!(refused, Error::Newer { found: 2, known: 1, .. }), "{refused}");
    ensure!(matches!(open(&database, "alice"), Err(error) if error.to_string().contains("format 2")));
    database.sql("netsession", "UPDATE netsession.head SET format = 1")?;
    record(&journal, "bob")
}

/// A failure here would write to the disk once for each of many servers, or record a cluster only when its request leaves.
#[test]
fn a_command_at_many_servers_and_a_cluster_is_one_write() -> Result<()> {
    let lab = Lab::new()?;
    let node = Embedded::start()?;
    let _open = [&lab.server, &node].map(|one| one.copy_from("bob", 7, Direction::ToServer, 1 << 20, &[]));
    let cluster = format!("[cluster.nas]\nnodes = ['{}']", node.name()?);
    let (url, name) = (lab.database.url("alice"), lab.server.name()?);
    for (operation, intents) in [("close", 2), ("end", 4)] {
        let change = [operation, &name, "nas", "--user", "bob", "--yes"];
        lab.run(&url, &cluster, &change)?.run()?.expect_code(0)?;
        let count = "SELECT count(*), count(DISTINCT xmin::text) FROM netsession.entry WHERE kind = 'intent'";
        assert_eq!(
            lab.database.sql("netsession", count)?,
            format!("{intents}|{}", intents / 2),
            "{operation}"
        );
    }
    let rows: Vec<Value> = lab.run(&url, "", &["journal", "--json"])?.run()?.expect_code(0)?.json()?;
    let of_cluster = rows.iter().filter(|row| row["server"] == "nas").collect::<Vec<_>>();
    assert_eq!(of_cluster.len(), 2, "{rows:?}");
    ensure!(
        rows.iter().all(|row| matches!(row["result"].as_str(), Some("1 ended" | "1 closed"))),
        "{rows:?}"
    );
    Ok(())
}

/// A failure here would let an administrator change or remove what they did.
#[test]
fn an_administrator_can_only_append() -> Result<()> {
    let database = Postgres::start()?;
    let journal = open(&database, "alice")?;
    record(&journal, "bob")?;
    for (statement, message) in [
        ("UPDATE netsession.entry SET body = '{}'", "permission denied"),
        ("DELETE FROM netsession.entry", "permission denied"),
        ("TRUNCATE netsession.entry", "permission denied"),
        ("DELETE FROM netsession.term", "permission denied"),
        ("UPDATE netsession.head SET seq = 1", "permission denied"),
        ("INSERT INTO netsession.entry VALUES (3, 0, 'intent', 3, '{}', '')", "permission denied"),
        ("DROP TABLE netsession.entry", "must be owner"),
        ("SELECT netsession.append_row(3, 0, 'intent', 3, '{}', '', '{}', '{}')", "permission denied"),
        ("SELECT netsession.prune(3, 3, 0, '{}', '', '{}', '{}')", "permission denied"),
        (
            "SELECT netsession.append(3, 0, 'pruned', 3, '{\"kind\":\"pruned\"}', '', '{}', '{}')",
            "permission denied",
        ),
        (
            "SELECT netsession.append(3, 0, 'intent', 3, '{\"kind\":\"intent\"}', '', '{}', '{}')",
            "does not follow",
        ),
        (
            "SELECT netsession.append(9, 0, 'intent', 9, '{\"kind\":\"intent\"}', '', '{}', '{}')",
            "does not follow",
        ),
    ] {
        let refused = database.query_as("alice", "netsession", statement)?;
        let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
        ensure!(!refused.status.success() && stderr.contains(message), "{statement}: {stderr}");
    }
    let now = Timestamp::of_millis(i64::MAX);
    let actor = Actor::of_process("journal prune");
    assert!(matches!(journal.prune(now, &actor), Err(Error::NotWritable { .. })));
    assert!(matches!(open(&database, "reader")?.begin(&intent("bob")), Err(Error::NotWritable { .. })));
    assert!(matches!(
        Journal::open(&Location::Postgres(database.url("stranger").parse()?)),
        Err(Error::NotWritable { .. })
    ));
    assert_eq!(journal.verify(&[])?.damage, None);
    let pruned = open(&database, "keeper")?.prune(now, &actor)?;
    ensure!(pruned.as_ref().is_some_and(|pruned| pruned.rows == 2), "{pruned:?}");
    record(&journal, "carol")?;
    let verified = journal.verify(&[])?;
    assert_eq!((verified.rows, verified.damage), (3, None));
    Ok(())
}

/// A failure here would hide that the owner of the database changed or removed rows.
#[test]
fn every_damage_is_noticed() -> Result<()> {
    let database = Postgres::start()?;
    let journal = open(&database, "alice")?;
    ["bob", "carol", "svc_[%"].iter().try_for_each(|user| record(&journal, user))?;
    let found = |user: &str| -> Result<usize> {
        Ok(journal.search(&Query { user: Some(user.to_owned()), ..Query::default() })?.len())
    };
    assert_eq!((found("BOB")?, found("svc_[?")?, found("b?b")?, found("svcx*")?), (1, 1, 1, 0));
    // The rollback restores everything: each statement begins with the same rows.
    database.sql("netsession", "CREATE SCHEMA kept")?;
    for table in ["entry", "term", "head"] {
        database.sql("netsession", &format!("CREATE TABLE kept.{table} AS TABLE netsession.{table}"))?;
    }
    for (statement, expected) in [
        (
            "UPDATE netsession.entry SET body = replace(body, 'carol', 'mallo') WHERE seq = 3",
            Damage::Changed { seq: 3 },
        ),
        ("UPDATE netsession.entry SET hash = '' WHERE seq = 6", Damage::Changed { seq: 6 }),
        ("DELETE FROM netsession.entry WHERE seq = 3", Damage::Removed { seq: 3 }),
        ("DELETE FROM netsession.entry WHERE seq = 1", Damage::FirstRemoved { seq: 2 }),
        ("DELETE FROM netsession.entry WHERE seq = 6", Damage::LastRemoved { seq: 6, head: 6 }),
        ("DELETE FROM netsession.entry WHERE seq > 4", Damage::LastRemoved { seq: 5, head: 6 }),
        ("UPDATE netsession.head SET seq = 5", Damage::Added { seq: 6 }),
        ("UPDATE netsession.head SET hash = ''", Damage::Head),
        ("UPDATE netsession.entry SET at = 0 WHERE seq = 5", Damage::Index { seq: 5 }),
        ("DELETE FROM netsession.term WHERE value = 'carol'", Damage::Index { seq: 3 }),
    ] {
        assert_eq!(journal.verify(&[])?.damage, None);
        database.sql("netsession", statement)?;
        assert_eq!(journal.verify(&[])?.damage, Some(expected), "{statement}");
        for table in ["entry", "term", "head"] {
            let restore = format!(
                "TRUNCATE netsession.{table}; INSERT INTO netsession.{table} SELECT * FROM kept.{table}"
            );
            database.sql("netsession", &restore)?;
        }
    }
    database.sql("netsession", "UPDATE netsession.head SET format = 9")?;
    assert!(matches!(open(&database, "alice"), Err(error) if error.to_string().contains("format 9")));
    database.sql("netsession", "DROP SCHEMA netsession CASCADE")?;
    let gone = Journal::open(&Location::Postgres(database.url("alice").parse()?));
    assert!(matches!(gone, Err(Error::NotSetUp { .. })), "{gone:?}");
    Ok(())
}

/// A failure here would change what must be recorded and cannot be, hide that it is not recorded, or need a restart.
#[test]
fn a_server_that_is_gone_is_said_or_forbids_the_change() -> Result<()> {
    let mut lab = Lab::new()?;
    let _bob = lab.server.hold_from("bob", 7)?;
    let journal = open(&lab.database, "alice")?;
    record(&journal, "carol")?;
    lab.database.stop()?;
    let lost = journal.begin(&intent("bob"));
    assert!(matches!(lost, Err(Error::Unreachable { .. })), "{lost:?}");
    let refused = lab.end("alice", "required = true", "bob")?.run()?.expect_code(1)?;
    assert!(
        refused.stderr.contains("requires a journal") && refused.stderr.contains("cannot be reached"),
        "{refused:?}"
    );
    assert!(lab.is_connected("bob")?, "nothing is changed");
    let done = lab.end("alice", "", "bob")?.run()?.expect_code(0)?;
    assert!(done.stderr.contains("changes will not be recorded"), "{done:?}");
    assert!(!lab.is_connected("bob")?);
    lab.database.run_server()?;
    record(&journal, "dave")?;
    let verified = journal.verify(&[])?;
    assert_eq!((verified.rows, verified.damage), (4, None));
    Ok(())
}

/// A failure here would need a password in a file that others can read, or log on without it.
#[test]
fn a_password_comes_from_a_private_file_or_the_environment() -> Result<()> {
    let lab = Lab::new()?;
    let name = lab.server.name()?;
    let folder = tempfile::tempdir()?;
    let secret = folder.path().join("pgpass");
    std::fs::write(&secret, format!("*:*:other:alice:wrong\n*:*:netsession:alice:{PASSWORD}\n"))?;
    let set = |mode| std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(mode));
    let end = |variable: &str, value: &str| -> Result<Outcome> {
        let arguments = ["end", &name, "--user", "bob", "--yes"];
        let run = lab.run(&lab.database.tcp_url("alice"), "required = true", &arguments)?;
        run.env("PGPASSFILE", &secret).env(variable, value).run()
    };
    let bob = lab.server.hold_from("bob", 7)?;
    set(0o644)?;
    let exposed = end("LC_ALL", "C")?.expect_code(1)?;
    assert!(exposed.stderr.contains("wants a password"), "{exposed:?}");
    let wrong = end("PGPASSWORD", "hunter2")?.expect_code(1)?;
    assert!(wrong.stderr.contains("password authentication failed"), "{wrong:?}");
    assert!(lab.is_connected("bob")? && !wrong.stderr.contains("hunter2"), "{wrong:?}");
    set(0o600)?;
    end("LC_ALL", "C")?.expect_code(0)?;
    drop(bob);
    let _bob = lab.server.hold_from("bob", 8)?;
    set(0o644)?;
    end("PGPASSWORD", PASSWORD)?.expect_code(0)?;
    for (url, message) in [
        ("postgresql://alice:hunter2@localhost/j", "contains a password"),
        ("postgresql://alice@db.invalid/j?sslmode=prefer", "in clear text"),
        ("postgresql://alice@db.invalid/j?sslmode=require", "does not verify the server"),
    ] {
        let refused = lab.run(url, "", &["journal"])?.run()?.expect_code(1)?;
        assert!(refused.stderr.contains(message) && !refused.stderr.contains("hunter2"), "{refused:?}");
    }
    Ok(())
}

/// A failure here would break the chain, or lose a record, when many write.
#[test]
fn sixty_four_writers_at_once_lose_nothing() -> Result<()> {
    let database = Postgres::start()?;
    thread::scope(|scope| -> Result<()> {
        let writers: Vec<_> = (0..64)
            .map(|writer| {
                let database = &database;
                scope.spawn(move || -> Result<()> {
                    let journal = open(database, if writer % 2 == 0 { "alice" } else { "bob" })?;
                    (0..4).try_for_each(|number| record(&journal, &format!("user{writer}-{number}")))
                })
            })
            .collect();
        for writer in writers {
            writer.join().map_err(|_| anyhow::anyhow!("a writer panicked"))??;
        }
        Ok(())
    })?;
    let journal = open(&database, "reader")?;
    let verified = journal.verify(&[])?;
    assert_eq!((verified.rows, verified.damage), (512, None));
    assert!(journal.search(&Query::default())?.iter().all(|recorded| recorded.outcome.is_some()));
    Ok(())
}

/// A failure here would send records to another server than the one that its certificate names, or in clear text.
#[test]
fn another_computer_is_reached_by_tls_only_if_its_certificate_is_accepted() -> Result<()> {
    let (database, certificates) = Postgres::start_encrypted()?;
    let open = |parameters: &str| {
        let url: DatabaseUrl = format!("{}?{parameters}", database.tcp_url("alice")).parse()?;
        let url = url.with_password(PasswordSource::new(|| Ok(PASSWORD.to_owned().into())));
        Ok::<_, anyhow::Error>(Journal::open(&Location::Postgres(url)))
    };
    let root = |file: &str| format!("sslrootcert={}", certificates.join(file).display());
    for parameters in [
        root("ca.pem"),
        format!("{}&sslmode=verify-full", root("ca.pem")),
        format!("{}&sslmode=verify-ca", root("ca.pem")),
        format!("{}&sslmode=require", root("ca.pem")),
    ] {
        record(&open(&parameters)??, "bob")?;
    }
    for (parameters, reason) in [
        (root("other.pem"), "none of the authorities signed it"),
        (format!("{}&sslmode=verify-ca", root("other.pem")), "none of the authorities signed it"),
        ("sslmode=verify-full".to_owned(), "none of the authorities signed it"),
    ] {
        let refused = open(&parameters)?;
        ensure!(
            matches!(&refused, Err(Error::Untrusted { reason: why, .. }) if why.contains(reason)),
            "{parameters}: {refused:?}"
        );
    }
    let plain = open("sslmode=disable")?;
    ensure!(
        matches!(&plain, Err(Error::Unreachable { reason, .. }) if reason.contains("no encryption")),
        "{plain:?}"
    );
    // The certificate has no such name.
    let named = database.tcp_url("alice").replace("127.0.0.1", "localhost");
    let of_name = |mode: &str| -> Result<_> {
        let url: DatabaseUrl = format!("{named}?sslmode={mode}&{}", root("ca.pem")).parse()?;
        let url = url.with_password(PasswordSource::new(|| Ok(PASSWORD.to_owned().into())));
        Ok(Journal::open(&Location::Postgres(url)))
    };
    let refused = of_name("verify-full")?;
    ensure!(
        matches!(&refused, Err(Error::Untrusted { reason, .. }) if reason.contains("name")),
        "{refused:?}"
    );
    let verified = of_name("verify-ca")??.verify(&[])?;
    assert_eq!((verified.rows, verified.damage), (8, None));
    Ok(())
}

/// A failure here would lose a change that was sent, or say that it was recorded to its end.
#[test]
fn a_server_that_stops_between_intent_and_outcome_loses_neither() -> Result<()> {
    let mut database = Postgres::start()?;
    let journal = open(&database, "alice")?;
    let change = journal.begin(&intent("bob"))?;
    database.stop()?;
    let outcome = netsession_journal::Outcome {
        change,
        at: Timestamp::now(),
        results: vec![SubjectOutcome {
            subject: Subject { user: Some("bob".to_owned()), ..Subject::default() },
            result: Fate::Ended,
            status: Some(0),
        }],
        error: None,
    };
    let lost = journal.complete(&outcome);
    assert!(matches!(lost, Err(Error::Unreachable { .. })), "{lost:?}");
    database.run_server()?;
    let found = journal.search(&Query::default())?;
    ensure!(found.len() == 1 && found[0].outcome.is_none(), "{found:?}");
    journal.complete(&outcome)?;
    // The connection is open, and the server behind it is another one.
    database.stop()?;
    database.run_server()?;
    journal.begin(&intent("carol"))?;
    let verified = journal.verify(&[])?;
    assert_eq!((verified.rows, verified.damage), (3, None));
    Ok(())
}

/// A failure here would call a change recorded that is not, or break the chain when the disk has room again.
#[test]
fn a_full_disk_of_the_database_is_said() -> Result<()> {
    let Some(database) = Postgres::start_on_a_small_disk()? else {
        println!("left out: only root can mount a small disk");
        return Ok(());
    };
    let journal = open(&database, "alice")?;
    database.sql("netsession", "CREATE TABLE filler (bytes text) TABLESPACE small")?;
    database.sql("netsession", "ALTER TABLE filler ALTER bytes SET STORAGE EXTERNAL")?;
    database
        .sql("netsession", "INSERT INTO filler SELECT repeat('x', 100000) FROM generate_series(1, 20)")?;
    let large = |number: u32| Intent { selection: format!("{number}").repeat(60_000), ..intent("bob") };
    let mut recorded = 0;
    let full = loop {
        // PostgreSQL compresses what repeats, so that each row has several users of its own, too.
        let users =
            (0..400).map(|user| Subject { user: Some(format!("{recorded}-{user}")), ..Subject::default() });
        let preview = Preview { planned: users.collect(), ..Preview::default() };
        match journal.begin(&Intent { preview, ..large(recorded) }) {
            Ok(_) => recorded += 1,
            Err(error) => break error,
        }
        ensure!(recorded < 1_000, "the disk is never full");
    };
    assert!(matches!(full, Error::Full { .. }), "{full:?}");
    let verified = journal.verify(&[])?;
    assert_eq!((verified.rows, verified.damage), (recorded.into(), None));
    database.sql("netsession", "DROP TABLE filler")?;
    record(&journal, "carol")?;
    let verified = journal.verify(&[])?;
    assert_eq!((verified.rows, verified.damage), (u64::from(recorded) + 2, None));
    Ok(())
}

/// A failure here would need the password in a file, or show it.
#[test]
fn a_program_prints_the_password_of_the_database() -> Result<()> {
    let lab = Lab::new()?;
    let _bob = lab.server.hold_from("bob", 7)?;
    let (name, url) = (lab.server.name()?, lab.database.tcp_url("alice"));
    let end = |command: &str| -> Result<Outcome> {
        let lines = format!("required = true\npassword-command = {command}");
        lab.run(&url, &lines, &["end", &name, "--user", "bob", "--yes", "-vv"])?.run()
    };
    let failed = end("['sh', '-c', 'exit 3']")?.expect_code(1)?;
    assert!(failed.stderr.contains("the password command sh failed"), "{failed:?}");
    let done = end(&format!("['printf', '{PASSWORD}']"))?.expect_code(0)?;
    assert!(!done.stderr.contains(PASSWORD), "{done:?}");
    Ok(())
}
