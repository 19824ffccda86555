//! `netsession end` ends only the sessions that the flags select; the others keep working.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::netsession::who;
use netsession_conformance::{Held, Netsession, Outcome, PASSWORD, Proxy, Samba};
use serde_json::Value;

/// Four sessions of three users and a service at three clients.
struct Office {
    samba: Samba,
    alice7: Held,
    bob7: Held,
    alice8: Held,
    scan9: Held,
}

impl Office {
    fn open() -> Result<Self> {
        let samba = Samba::start()?;
        Ok(Self {
            alice7: samba.hold_from("alice", 7)?,
            bob7: samba.hold_from("bob", 7)?,
            alice8: samba.hold_from("alice", 8)?,
            scan9: samba.hold_from("svc-scan", 9)?,
            samba,
        })
    }

    fn end(&self, selector: &[&str]) -> Result<Outcome> {
        Netsession::admin()?.args(["end", &self.samba.name(), "--yes", "--json"]).args(selector).run()
    }

    /// Returns which of the four still work, in the order of the fields.
    fn working(&mut self) -> Result<[bool; 4]> {
        Ok([self.alice7.works()?, self.bob7.works()?, self.alice8.works()?, self.scan9.works()?])
    }
}

/// Returns the sessions in one field of a result as (client, user).
fn in_field(result: &Value, field: &str) -> Vec<(String, String)> {
    who(result[field].as_array().map(Vec::as_slice).unwrap_or_default())
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|&(client, user)| (client.to_owned(), user.to_owned())).collect()
}

/// Ends the sessions that `selector` selects in a new office, and compares the report, the clients and smbstatus with
/// the expected ones.
fn ends_exactly(selector: &[&str], ended: &[(&str, &str)], working: [bool; 4]) -> Result<()> {
    let mut office = Office::open()?;
    let outcome = office.end(selector)?.expect_code(0)?;
    let result = outcome.one()?;
    assert_eq!(result["status"]["code"], 0, "{result}");
    assert_eq!(in_field(&result, "ended"), pairs(ended), "{result}");
    for field in ["vanished", "also_ended", "returned", "remaining"] {
        assert_eq!(result[field], Value::Array(Vec::new()), "{field} of {result}");
    }
    assert_eq!(result["error"], Value::Null, "{result}");
    assert_eq!(office.working()?, working, "{selector:?}");
    Ok(())
}

/// A failure here would end too many or too few sessions for a client and a user.
#[test]
fn by_client_and_user() -> Result<()> {
    ends_exactly(
        &["--client", "127.0.0.7", "--user", "alice"],
        &[("127.0.0.7", "alice")],
        [false, true, true, true],
    )
}

/// A failure here would leave an infected client connected, or disconnect another client.
#[test]
fn by_client() -> Result<()> {
    ends_exactly(
        &["--client", "127.0.0.7"],
        &[("127.0.0.7", "alice"), ("127.0.0.7", "bob")],
        [false, false, true, true],
    )
}

/// A failure here would leave a user connected somewhere, or disconnect another user.
#[test]
fn by_user_in_any_case() -> Result<()> {
    ends_exactly(
        &["--user", "Alice"],
        &[("127.0.0.7", "alice"), ("127.0.0.8", "alice")],
        [false, true, false, true],
    )
}

/// A failure here would make a network wider or narrower than the user typed.
#[test]
fn by_network() -> Result<()> {
    ends_exactly(
        &["--client", "127.0.0.8/31"],
        &[("127.0.0.8", "alice"), ("127.0.0.9", "svc-scan")],
        [true, true, false, false],
    )
}

/// A failure here would match other names than the pattern describes.
#[test]
fn by_pattern() -> Result<()> {
    ends_exactly(&["--user", "svc-*"], &[("127.0.0.9", "svc-scan")], [true, true, true, false])
}

/// A failure here would end the sessions of a user whom the selection does not name.
#[test]
fn by_several_users_and_clients() -> Result<()> {
    let selector = ["--user", "bob", "--user", "svc-*", "--client", "127.0.0.7", "--client", "127.0.0.9"];
    ends_exactly(&selector, &[("127.0.0.7", "bob"), ("127.0.0.9", "svc-scan")], [true, false, true, false])
}

/// A failure here would end another session than the listed one that a script passes on.
#[test]
fn by_the_name_that_a_list_prints() -> Result<()> {
    let mut office = Office::open()?;
    let list = ["sessions", &office.samba.name(), "--client", "127.0.0.7", "-o", "name"];
    let names = Netsession::admin()?.args(list).run()?.expect_code(0)?.stdout;
    assert_eq!(names, "alice@127.0.0.7\nbob@127.0.0.7\n");
    let selected: Vec<&str> = std::iter::once("--session").chain(names.lines()).collect();
    let result = office.end(&selected)?.expect_code(0)?.one()?;
    assert_eq!(in_field(&result, "ended"), pairs(&[("127.0.0.7", "alice"), ("127.0.0.7", "bob")]));
    assert_eq!(office.working()?, [false, false, true, true]);
    let pattern = office.end(&["--session", "*@127.0.0.8"])?.expect_code(3)?;
    assert!(pattern.stderr.contains("no session matches"), "{pattern:?}");
    assert_eq!(office.working()?, [false, false, true, true]);
    Ok(())
}

/// A failure here would end every session after a yes, because two names together select everybody.
#[test]
fn two_names_that_are_everybody_need_a_confirmation() -> Result<()> {
    let samba = Samba::start()?;
    let _held = [samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?];
    let names = ["end", &samba.name(), "--user", "alice", "--user", "bob", "--yes"];
    let refused = Netsession::admin()?.args(names).run()?.expect_code(2)?;
    assert!(refused.stderr.contains("--confirm"), "{refused:?}");
    samba.wait_for(&[("127.0.0.7", "alice"), ("127.0.0.8", "bob")])?;
    Netsession::admin()?.args(names).args(["--confirm", &samba.name()]).run()?.expect_code(0)?;
    samba.wait_for(&[])
}

/// A failure here would match no session for `SERVER\name`, the form in which some tools write a local user.
#[test]
fn by_user_with_the_servers_own_name() -> Result<()> {
    ends_exactly(&["--user", r"LABSRV\bob"], &[("127.0.0.7", "bob")], [true, false, true, true])
}

/// A failure here would omit a field that scripts read from a result of `end`, or the status of a session in it.
#[test]
fn a_result_has_every_field_of_the_contract() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let run =
        Netsession::admin()?.args(["end", &samba.name(), "--user", "alice", "--yes", "--json"]).run()?;
    let result = run.expect_code(0)?.one()?;
    let mut names: Vec<&String> = result.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(
        names,
        ["also_ended", "ended", "error", "remaining", "returned", "server", "status", "vanished"],
        "{result}"
    );
    assert_eq!(result["status"], serde_json::json!({"code": 0, "name": "NERR_Success"}));
    assert_eq!(
        result["ended"][0]["status"],
        serde_json::json!({"code": 0, "name": "NERR_Success"}),
        "{result}"
    );
    Ok(())
}

/// A failure here would not stop the copy of the ended session, or would harm another user's copy.
#[test]
fn a_copy_in_progress_fails_and_the_one_beside_it_completes() -> Result<()> {
    const SIZE: u64 = 300 << 20;
    let samba = Samba::start()?;
    let mut alice = samba.put_from("alice", 7, "alice.bin", SIZE)?;
    let mut bob = samba.put_from("bob", 8, "bob.bin", SIZE)?;
    Netsession::admin()?
        .args(["end", &samba.name(), "--client", "127.0.0.7", "--user", "alice", "--yes"])
        .run()?
        .expect_code(0)?;
    samba.wait_for(&[("127.0.0.8", "bob")])?;
    alice.resume();
    bob.resume();
    let (succeeded, text) = alice.finish()?;
    assert!(!succeeded && text.contains("NT_STATUS_"), "alice was not told: {text}");
    assert!(!alice.arrived()?);
    let (succeeded, text) = bob.finish()?;
    assert!(succeeded, "bob was harmed: {text}");
    assert!(bob.arrived()?);
    Ok(())
}

/// A failure here would lock a user out after the session ended.
#[test]
fn the_ended_client_can_connect_again() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let end = || {
        Netsession::admin()?.args(["end", &samba.name(), "--user", "alice", "--yes"]).run()?.expect_code(0)
    };
    end()?;
    assert!(!alice.works()?);
    let mut again = samba.hold_from("alice", 7)?;
    assert!(again.works()?);
    samba.wait_for(&[("127.0.0.7", "alice")])?;
    end()?;
    samba.wait_for(&[])
}

/// A failure here would misreport several sessions of one user at one client, which end together.
#[test]
fn all_sessions_of_one_user_at_one_client_go_together() -> Result<()> {
    let samba = Samba::start()?;
    let mut first = samba.hold_from("alice", 7)?;
    let mut second = samba.hold_from("alice", 7)?;
    let run =
        Netsession::admin()?.args(["end", &samba.name(), "--user", "alice", "--yes", "--json"]).run()?;
    let result = run.expect_code(0)?.one()?;
    assert_eq!(
        in_field(&result, "ended"),
        pairs(&[("127.0.0.7", "alice"), ("127.0.0.7", "alice")]),
        "{result}"
    );
    assert!(!first.works()? && !second.works()?);
    Ok(())
}

/// A failure here would hide from a person which sessions ended.
#[test]
fn people_see_which_sessions_ended() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let run = Netsession::admin()?
        .args(["end", &samba.name(), "--user", "alice", "--yes"])
        .run()?
        .expect_code(0)?;
    let text = run.stdout + &run.stderr;
    assert!(text.contains("alice") && text.contains("127.0.0.7") && text.contains("ended"), "{text}");
    Ok(())
}

/// A failure here would end sessions in a dry run.
#[test]
fn a_dry_run_ends_nothing() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let proxy = Proxy::plain().to(samba.address())?;
    let run = Netsession::admin()?.args(["end", &proxy.name(), "--user", "alice", "--dry-run"]).run()?;
    let text = run.expect_code(0)?;
    assert!((text.stdout.clone() + &text.stderr).contains("alice"), "{text:?}");
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would hide from a person or a program which files somebody is about to lose.
#[test]
fn a_preview_shows_the_open_files() -> Result<()> {
    let samba = Samba::start()?;
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let (mut alice, _bob) = (samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?);
    alice.open("report.txt")?;
    let end =
        |flags: &[&str]| Netsession::admin()?.args(["end", &samba.name(), "--dry-run"]).args(flags).run();
    let shown = end(&["--user", "alice"])?.expect_code(0)?.stderr;
    assert!(shown.contains("alice at 127.0.0.7 has open: ") && shown.contains("report.txt"), "{shown}");
    assert!(shown.contains("unsaved changes in open files are lost"), "{shown}");
    let result = end(&["--user", "alice", "--json"])?.expect_code(0)?.one()?;
    let files = result["remaining"][0]["open_files"].as_array().cloned().unwrap_or_default();
    let is_report = |file: &Value| file["path"].as_str().is_some_and(|path| path.ends_with("report.txt"));
    assert!(files.iter().any(is_report) && files.iter().all(|file| file["user"] == "alice"), "{result}");
    let bob = end(&["--user", "bob"])?.expect_code(0)?.stderr;
    assert!(!bob.contains("report.txt"), "{bob}");
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would hide that a user lost a session because it shared a connection, as on Samba.
#[test]
fn sessions_on_the_same_connection_are_reported() -> Result<()> {
    let samba = Samba::start()?;
    let mut both = samba.hold_from("alice", 7)?;
    both.ask(&format!("logon bob {PASSWORD}"))?;
    samba.wait_for(&[("127.0.0.7", "alice"), ("127.0.0.7", "bob")])?;
    let run =
        Netsession::admin()?.args(["end", &samba.name(), "--user", "alice", "--yes", "--json"]).run()?;
    let result = run.expect_code(0)?.one()?;
    assert_eq!(in_field(&result, "ended"), pairs(&[("127.0.0.7", "alice")]), "{result}");
    assert_eq!(in_field(&result, "also_ended"), pairs(&[("127.0.0.7", "bob")]), "{result}");
    samba.wait_for(&[])
}
