//! Groups of real servers, and a cluster whose nodes are real servers, one of which is frozen.
#![cfg(test)]
#![cfg(unix)]

use std::time::Duration;

use anyhow::{Result, ensure};
use netsession_conformance::proxy::meddlers;
use netsession_conformance::{Embedded, Netsession, Outcome, Proxy, Samba};

/// Runs the command as the administrator, with this configuration file.
fn run(config: &str, arguments: &[&str]) -> Result<Outcome> {
    let run = Netsession::admin()?.args(arguments);
    let folder = run.home().join("config/netsession");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("config.toml"), config)?;
    run.run()
}

/// Returns the server and the user of each listed session, without the own ones.
fn listed(outcome: &Outcome) -> Result<Vec<(String, String)>> {
    let rows = outcome.json()?;
    let others = rows.iter().filter(|row| row["self"] != true);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut rows: Vec<_> = others.map(|row| (text(&row["server"]), text(&row["user"]))).collect();
    rows.sort();
    Ok(rows)
}

/// A failure here would ask another server than the group names, leave one out, or end sessions at an excluded one.
#[test]
fn a_group_of_three_sambas_and_the_embedded_server_is_listed_and_ended() -> Result<()> {
    let (one, two, three) = (Samba::start()?, Samba::start()?, Samba::start()?);
    let own = Embedded::start()?;
    let names = [one.name(), two.name(), three.name(), own.name()?];
    let mut held = [
        one.hold_from("alice", 7)?,
        two.hold_from("alice", 8)?,
        three.hold_from("alice", 9)?,
        own.hold_from("alice", 10)?,
        two.hold_from("bob", 11)?,
    ];
    let config = format!(
        "[group.files]\nservers = ['{}', 'second', '@inner']\n[group.inner]\nservers = ['{}', '{}', 'second']\n\
         [server.second]\naddress = '{}'\n",
        names[0], names[2], names[3], names[1]
    );
    let all = run(&config, &["sessions", "@files", "--json"])?.expect_code(0)?;
    let shown = |server: &str, user: &str| (server.to_owned(), user.to_owned());
    let mut expected = vec![
        shown(&names[0], "alice"),
        shown("second", "alice"),
        shown("second", "bob"),
        shown(&names[2], "alice"),
        shown(&names[3], "alice"),
    ];
    expected.sort();
    assert_eq!(listed(&all)?, expected);
    let refused = run(&config, &["end", "@files", "--all", "--yes"])?.expect_code(2)?;
    assert!(refused.stderr.contains("--confirm '@files'"), "{refused:?}");
    let arguments = ["end", "@files", "--exclude", &names[0], "--user", "alice", "--yes", "--json"];
    let ended = run(&config, &arguments)?.expect_code(0)?.json()?;
    let count = |report: &serde_json::Value| report["ended"].as_array().map(Vec::len);
    assert_eq!(ended.iter().map(count).collect::<Vec<_>>(), [Some(1); 3], "{ended:?}");
    let mut works = held.iter_mut().map(|session| session.works());
    let expected = [true, false, false, false, true];
    for (index, expected) in expected.into_iter().enumerate() {
        assert_eq!(works.next().transpose()?, Some(expected), "session {index}");
    }
    drop(works);
    run(&config, &["end", "@files", "--all", "--yes", "--confirm", "@FILES"])?.expect_code(0)?;
    two.wait_for(&[])?;
    one.wait_for(&[])
}

/// A failure here would ask nobody although a node answers, hide that a node is frozen, or say that nothing matches although
/// the sessions of a node were not looked for.
#[test]
fn another_node_takes_over_from_a_frozen_one() -> Result<()> {
    let (one, two) = (Samba::start()?, Samba::start()?);
    let (_alice, _bob) = (one.hold_from("alice", 7)?, two.hold_from("bob", 8)?);
    let config = format!(
        "[cluster.nas]\nnodes = ['{}', '{}']\n[group.all]\nservers = ['nas']",
        one.name(),
        two.name()
    );
    let healthy = run(&config, &["sessions", "nas", "--json"])?.expect_code(0)?;
    assert_eq!(listed(&healthy)?, [("nas".to_owned(), "alice".to_owned())]);
    assert!(!healthy.stderr.contains("ServerGuid"), "these have the same: {healthy:?}");
    let frozen = one.freeze()?;
    let silent = format!("error: nas: {} does not answer: its sessions are missing here", one.name());
    let timeout = ["--timeout", "3"];
    let taken_over =
        run(&config, &[&["sessions", "@all", "--json"][..], &timeout].concat())?.expect_code(4)?;
    assert_eq!(listed(&taken_over)?, [("nas".to_owned(), "bob".to_owned())]);
    assert!(taken_over.stderr.contains(&silent), "{taken_over:?}");
    // The probe and the logon elsewhere run side by side, and neither waits for more than the time limit.
    assert!(taken_over.elapsed < Duration::from_secs(15), "{:?}", taken_over.elapsed);
    for command in [&["sessions"][..], &["end", "--yes"]] {
        let nobody =
            run(&config, &[command, &["nas", "--user", "alice"], &timeout].concat())?.expect_code(4)?;
        assert!(nobody.stderr.contains(&silent), "{nobody:?}");
        assert!(nobody.stderr.contains("no session matches on the nodes that answer"), "{nobody:?}");
    }
    let nobody =
        run(&config, &[&["end", "nas", "--user", "alice", "--yes", "--json"][..], &timeout].concat())?;
    let report = nobody.expect_code(4)?.one()?;
    assert_eq!(report["status"], serde_json::Value::Null, "{report}");
    assert!(report["error"].as_str().is_some_and(|error| error.contains("does not answer")), "{report}");
    let files = run(&config, &[&["close", "nas", "--user", "alice", "--yes"][..], &timeout].concat())?
        .expect_code(4)?;
    assert!(files.stderr.contains("its open files are missing here"), "{files:?}");
    let both = two.freeze()?;
    let nobody = run(&config, &[&["sessions", "nas"][..], &timeout].concat())?.expect_code(1)?;
    assert!(nobody.stderr.contains("no node of nas answers"), "{nobody:?}");
    drop((frozen, both));
    run(&config, &["sessions", "nas"])?.expect_code(0)?;
    Ok(())
}

/// A failure here would call a session ended that a node still serves, or hang, because the node falls silent at an unlucky moment:
/// before, during or after the listing, the ending or its verification.
#[test]
fn a_node_that_falls_silent_at_any_moment_is_said() -> Result<()> {
    const LATE: usize = 40;
    let (one, two) = (Samba::start()?, Samba::start()?);
    let mut outcomes = Vec::new();
    for answer in (1..=11).step_by(2).chain([LATE]) {
        let mut alice = one.hold_from("alice", 7)?;
        // From this answer on, neither a connection nor a probe gets another one.
        let node = Proxy::plain().meddle(meddlers::silent_from(answer)).to(one.address())?;
        let config = format!("[cluster.nas]\nnodes = ['{}', '{}']\n", node.name(), two.name());
        let end = ["end", "nas", "--user", "alice", "--yes", "--json", "--timeout", "5"];
        let outcome = run(&config, &end)?;
        ensure!(outcome.elapsed < Duration::from_secs(30), "{answer}: {outcome:?}");
        let ended =
            outcome.json()?.first().map_or(0, |report| report["ended"].as_array().map_or(0, Vec::len));
        ensure!(ended == 0 || !alice.works()?, "{answer}: alice goes on: {outcome:?}");
        ensure!((outcome.code == Some(0)) == (ended == 1), "{answer}: {outcome:?}");
        let is_said = outcome.stderr.contains(&node.name()) || outcome.stdout.contains(&node.name());
        ensure!(is_said || ended == 1, "{answer}: {outcome:?}");
        outcomes.push(outcome.code);
        drop(alice);
        one.wait_for(&[])?;
    }
    // The listing lacks the silent node; the outcome is not known; the session has ended.
    for code in [4, 1, 0] {
        ensure!(outcomes.contains(&Some(code)), "{code}: {outcomes:?}");
    }
    ensure!(outcomes.last() == Some(&Some(0)), "{outcomes:?}");
    Ok(())
}

/// A failure here would hide the files that a person is about to lose, or that a path does not exist, because the wait for a silent node
/// takes all the time.
#[test]
fn a_silent_node_takes_no_time_from_the_other_questions() -> Result<()> {
    let (one, two) = (Embedded::start()?, Embedded::start()?);
    one.file("plan.txt", b"x")?;
    let mut alice = one.hold_from("alice", 7)?;
    alice.open("plan.txt")?;
    let node = Proxy::plain().meddle(meddlers::silent_from(0)).to(two.address()?)?;
    let config = format!("[cluster.nas]\nnodes = ['{}', '{}']\n", one.name()?, node.name());
    let end = run(&config, &["end", "nas", "--user", "alice", "--dry-run", "--timeout", "2"])?;
    ensure!(end.code == Some(4) && end.stderr.contains("plan.txt"), "{end:?}");
    let silent = format!("{} does not answer", node.name());
    ensure!(end.stderr.matches(&silent).count() == 1, "said twice: {end:?}");
    let close = ["close", "--yes", "--timeout", "2", "--path", r"\\nas\data\nope.txt"];
    let close = run(&config, &close)?;
    ensure!(
        close.stderr.contains("has no file or folder") && close.stderr.contains(&node.name()),
        "{close:?}"
    );
    Ok(())
}

/// A failure here would let a person believe that a user is disconnected everywhere: servers that are no cluster know only their
/// own sessions.
#[test]
fn servers_that_are_no_cluster_are_warned_of() -> Result<()> {
    let (one, two) = (Embedded::start()?, Embedded::start()?);
    let (mut bob, mut other) = (one.hold_from("bob", 7)?, two.hold_from("bob", 8)?);
    let config = format!("[cluster.nas]\nnodes = ['{}', '{}']\n", one.name()?, two.name()?);
    let warning = "have different ServerGuids: are they one cluster?";
    for command in [&["sessions"][..], &["end", "--dry-run"], &["close", "--dry-run"]] {
        let outcome = run(&config, &[command, &["nas", "--user", "bob"]].concat())?;
        ensure!(outcome.stderr.contains(warning), "{command:?}: {outcome:?}");
    }
    // A node of it is not the cluster.
    let node = run(&config, &["sessions", "nas", &two.name()?])?;
    ensure!(node.stderr.matches(warning).count() == 1 && node.stderr.contains("warning: nas: "), "{node:?}");
    let held = run(&config, &["who", r"\\nas\data"])?;
    ensure!(held.stderr.contains(warning), "{held:?}");
    let ended = run(&config, &["end", "nas", "--user", "bob", "--yes"])?;
    ensure!(ended.stderr.contains(warning) && bob.works()? != other.works()?, "{ended:?}");
    Ok(())
}
