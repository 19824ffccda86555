//! The formats of `end`, `close` and `who`, totals, and a share that names its server.
#![cfg(test)]
#![cfg(unix)]

use std::fs;

use anyhow::{Context as _, Result};
use netsession_conformance::{Embedded, Netsession, Outcome, Samba};
use serde_json::Value;

/// Returns the lines of a csv as lists of values.
fn lines(outcome: &Outcome) -> Vec<Vec<&str>> {
    outcome.stdout.split_terminator("\r\n").map(|line| line.split(',').collect()).collect()
}

/// Returns the values of a column in a csv with titles.
fn column<'a>(lines: &[Vec<&'a str>], title: &str) -> Result<Vec<&'a str>> {
    let (titles, rows) = lines.split_first().context("no titles")?;
    let place = titles.iter().position(|it| *it == title).with_context(|| format!("no {title}"))?;
    rows.iter().map(|row| row.get(place).copied().context("a short line")).collect()
}

/// A failure here would give a script another outcome than the person sees, or none in its format.
#[test]
fn end_prints_its_outcome_in_every_format() -> Result<()> {
    let server = Embedded::start()?;
    let _held = [server.hold_from("alice", 7)?, server.hold_from("bob", 8)?, server.hold_from("carol", 9)?];
    let end = |flags: &[&str]| Netsession::admin()?.args(["end", &server.name()?]).args(flags).run();
    let plan = end(&["--user", "alice", "--dry-run", "-o", "csv"])?.expect_code(0)?;
    let planned = lines(&plan);
    assert_eq!(column(&planned, "result")?, ["would end"]);
    assert_eq!((column(&planned, "client")?, column(&planned, "user")?), (vec!["127.0.0.7"], vec!["alice"]));
    let names = end(&["--user", "alice", "--user", "bob", "--dry-run", "-o", "name"])?.expect_code(0)?;
    assert_eq!(names.stdout.lines().collect::<Vec<_>>(), ["alice@127.0.0.7", "bob@127.0.0.8"]);
    let ended =
        end(&["--session", "alice@127.0.0.7", "--yes", "-o", "csv", "--no-headers"])?.expect_code(0)?;
    let ended = lines(&ended);
    assert!(ended.len() == 1 && ended[0].starts_with(&["ended"]) && ended[0].contains(&"alice"), "{ended:?}");
    let yaml = end(&["--user", "bob", "--yes", "-o", "yaml"])?.expect_code(0)?;
    let report: Value = serde_json::from_str(yaml.stdout.strip_prefix("- ").context("no sequence")?)?;
    assert_eq!(report["ended"][0]["user"], "bob", "{report}");
    let line = end(&["--user", "carol", "--yes", "-o", "jsonl"])?.expect_code(0)?;
    assert_eq!(line.stdout.lines().count(), 1);
    let line: Value = serde_json::from_str(&line.stdout)?;
    assert_eq!((&line["ended"][0]["user"], &line["error"]), (&"carol".into(), &Value::Null));
    let none = end(&["--user", "nobody", "--yes", "-o", "csv"])?.expect_code(3)?;
    assert!(lines(&none).len() == 1 && none.stdout.starts_with("result,server,client,user,"), "{none:?}");
    let several = Netsession::admin()?.args(["end", "fs1", "fs2", "--user", "bob", "--yes", "-o", "name"]);
    assert!(several.run()?.expect_code(2)?.stderr.contains("name one server"));
    Ok(())
}

/// A failure here would make a script take an open file for a closed one, or close another file than it listed.
#[test]
fn close_and_who_print_in_every_format() -> Result<()> {
    let samba = Samba::start()?;
    let mut held = [samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?];
    for (session, name) in held.iter_mut().zip(["one.txt", "two.txt"]) {
        fs::write(samba.share().join(name), name)?;
        session.open(name)?;
    }
    let path = |name: &str| format!(r"\\{}\data\{name}", samba.name());
    let who = |format: &str, name: &str| Netsession::admin()?.args(["who", &path(name), "-o", format]).run();
    let csv = who("csv", "one.txt")?.expect_code(0)?;
    let rows = lines(&csv);
    assert_eq!((column(&rows, "user")?, column(&rows, "client")?), (vec!["alice"], vec!["127.0.0.7"]));
    assert!(csv.stderr.is_empty(), "a format for programs has no commands to copy: {csv:?}");
    let line: Value = serde_json::from_str(&who("jsonl", "two.txt")?.expect_code(0)?.stdout)?;
    assert_eq!(line["sessions"][0]["client"], "127.0.0.8");
    let yaml = who("yaml", "two.txt")?.expect_code(0)?.stdout;
    assert!(yaml.starts_with("- {\"server\":"), "{yaml}");
    let id = who("name", "one.txt")?.expect_code(0)?.stdout;

    let close =
        |flags: &[&str]| Netsession::admin()?.args(["close", &samba.name(), "--yes"]).args(flags).run();
    let plan = close(&["--id", id.trim(), "--dry-run", "-o", "csv"])?.expect_code(0)?;
    let planned = lines(&plan);
    assert_eq!((column(&planned, "user")?, column(&planned, "id")?), (vec!["alice"], vec![id.trim()]));
    let closed = close(&["--id", id.trim(), "-o", "csv"])?.expect_code(0)?;
    let closed = lines(&closed);
    assert_eq!((column(&closed, "result")?, column(&closed, "user")?), (vec!["closed"], vec!["alice"]));
    let line = close(&["--path", &path("two.txt"), "-o", "jsonl"])?.expect_code(0)?;
    let line: Value = serde_json::from_str(&line.stdout)?;
    assert_eq!((&line["closed"], &line["user"]), (&true.into(), &"bob".into()));
    Ok(())
}

/// A failure here would make an administrator count by hand which client of an incident is on how many servers.
#[test]
fn totals_count_servers_users_and_clients() -> Result<()> {
    let (one, other) = (Embedded::start()?, Embedded::start()?);
    let _held = [one.hold_from("alice", 7)?, one.hold_from("bob", 7)?, other.hold_from("alice", 7)?];
    let servers = [one.name()?, other.name()?];
    let people = ["--user", "alice", "--user", "bob", "--totals"];
    let list = |flags: &[&str]| {
        Netsession::admin()?.args(["sessions"]).args(&servers).args(people).args(flags).run()
    };
    let totals = list(&["--json"])?.expect_code(0)?.json()?;
    let short = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| row[key].as_u64().unwrap_or_default();
        (text("by"), text("name"), number("count"), number("servers"))
    };
    let expected = [
        ("server", &*servers[0], 2, 1),
        ("server", &*servers[1], 1, 1),
        ("user", "alice", 2, 2),
        ("user", "bob", 1, 1),
        ("client", "127.0.0.7", 3, 2),
    ];
    let expected =
        expected.map(|(by, name, count, servers)| (by.to_owned(), name.to_owned(), count, servers));
    assert_eq!(totals.iter().map(short).collect::<Vec<_>>(), expected);
    let first = list(&["-o", "csv", "--limit", "1"])?.expect_code(0)?;
    assert_eq!(column(&lines(&first), "by")?, ["server", "user", "client"]);
    assert!(first.stderr.contains("--limit leaves out 2 rows"), "{first:?}");
    Ok(())
}

/// A failure here would end sessions at another server than the path names, or those of a whole share for one file.
#[test]
fn a_share_names_the_server_of_sessions_end_and_connections() -> Result<()> {
    let (one, other) = (Embedded::start()?, Embedded::start()?);
    let _held = [one.hold_from("alice", 7)?, other.hold_from("alice", 8)?];
    let path = format!("//{}/data", other.name()?);
    let share = ["--share", &*path];
    let listed = Netsession::admin()?
        .args(["sessions", "--json", "--user", "alice"])
        .args(share)
        .run()?
        .expect_code(0)?;
    assert_eq!(listed.who()?, [("127.0.0.8".to_owned(), "alice".to_owned())]);
    let connections =
        Netsession::admin()?.args(["connections", "--json"]).args(share).run()?.expect_code(0)?;
    assert!(connections.json()?.iter().any(|row| row["user"] == "alice"), "{connections:?}");
    for (wrong, part) in
        [(format!("{path}/plan.txt"), "is a folder or file"), (r"C:\data".into(), "is not a share")]
    {
        let end = ["end", "--user", "alice", "--yes", "--share", &wrong];
        let refused = Netsession::admin()?.args(end).run()?.expect_code(2)?;
        assert!(refused.stderr.contains(part), "{refused:?}");
    }
    let end = ["end", "--user", "alice", "--yes"];
    Netsession::admin()?.args(end).args(share).run()?.expect_code(0)?;
    assert_eq!((one.who()?.len(), other.who()?.len()), (1, 0));
    Ok(())
}
