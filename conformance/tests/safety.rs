//! `netsession end` must never end a session that the user did not select.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::half_logon::HalfLogon;
use netsession_conformance::{ADMIN, Netsession, OPERATOR, Proxy, Samba};
use serde_json::Value;

/// A failure here would end every session if the user forgets the selector.
#[test]
fn no_selector_is_wrong_usage_and_sends_nothing() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold("alice")?;
    let proxy = Proxy::plain().to(samba.address())?;
    for arguments in
        [&["--yes"][..], &[], &["--yes", "--json"], &["--client", "", "--yes"], &["--user", "", "--yes"]]
    {
        Netsession::admin()?.args(["end", &proxy.name()]).args(arguments).run()?.expect_code(2)?;
    }
    let counts = proxy.counts();
    assert_eq!((counts.connections, counts.bytes_to_server), (0, 0), "{counts:?}");
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would let a script end sessions without a confirmation.
#[test]
fn without_a_person_yes_is_needed() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    Netsession::admin()?.args(["end", &samba.name(), "--user", "alice"]).run()?.expect_code(2)?;
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would let one wrong word in a script end every session.
#[test]
fn all_with_yes_needs_the_servers_name_again() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    Netsession::admin()?.args(["end", &samba.name(), "--all", "--yes"]).run()?.expect_code(2)?;
    Netsession::admin()?
        .args(["end", &samba.name(), "--all", "--yes", "--confirm", "other"])
        .run()?
        .expect_code(2)?;
    assert!(alice.works()?);
    let name = samba.name();
    Netsession::admin()?.args(["end", &name, "--all", "--yes", "--confirm", &name]).run()?.expect_code(0)?;
    samba.wait_for(&[])
}

/// A failure here would let a script end all sessions by a pattern or a network that is not spelled `*`.
#[test]
fn a_pattern_that_matches_everybody_needs_the_servers_name_again() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold_from("bob", 8)?;
    let name = samba.name();
    for selector in [["--user", "?*"], ["--client", "127.0.0.0/28"]] {
        let run = Netsession::admin()?.args(["end", &name, "--yes", "--json"]).args(selector).run()?;
        let run = run.expect_code(2)?;
        assert!(run.stdout.is_empty() && run.stderr.contains(&format!("--confirm '{name}'")), "{run:?}");
    }
    assert!(alice.works()? && bob.works()?);
    Netsession::admin()?.args(["end", &name, "--user", "a*", "--yes"]).run()?.expect_code(0)?;
    assert!(!alice.works()? && bob.works()?, "one of two");
    Netsession::admin()?.args(["end", &name, "--user", "b*", "--yes"]).run()?.expect_code(0)?;
    assert!(!bob.works()?, "the only one");
    let _alice = samba.hold_from("alice", 7)?;
    let _bob = samba.hold_from("bob", 8)?;
    let confirmed = ["end", &name, "--user", "?*", "--yes", "--confirm", &name];
    Netsession::admin()?.args(confirmed).run()?.expect_code(0)?;
    samba.wait_for(&[])
}

/// A failure here would make "nothing matched" look like success, or like "access denied", which Samba answers.
#[test]
fn nothing_matched_is_2312_and_exit_3() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    for selector in [["--user", "nobody-here"], ["--client", "127.0.0.99"], ["--client", "10.1.0.0/16"]] {
        let run =
            Netsession::admin()?.args(["end", &samba.name(), "--yes", "--json"]).args(selector).run()?;
        let result = run.expect_code(3)?.one()?;
        assert_eq!(result["status"]["code"], 2312, "{result}");
        assert_eq!(result["status"]["name"], "NERR_ClientNameNotFound", "{result}");
    }
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would report success or "nothing matched" to a user without the right to end sessions.
#[test]
fn not_an_administrator_is_5_and_exit_1() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    // The operator may list but not end; bob may do neither.
    for user in [OPERATOR, "bob"] {
        let run = Netsession::login(user)?
            .args(["end", &samba.name(), "--user", "alice", "--yes", "--json"])
            .run()?;
        let result = run.expect_code(1)?.one()?;
        assert_eq!(result["status"]["code"], 5, "{user}: {result}");
        assert_eq!(result["status"]["name"], "ERROR_ACCESS_DENIED", "{user}: {result}");
    }
    assert!(alice.works()?);
    Ok(())
}

/// A failure here would end the administrator's own session, and lose the report.
#[test]
fn its_own_session_is_spared_and_mentioned() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold("alice")?;
    let run = Netsession::admin()?
        .args(["end", &samba.name(), "--client", "127.0.0.1", "--yes", "--json"])
        .run()?;
    let run = run.expect_code(0)?;
    let result = run.one()?;
    let ended: Vec<&Value> =
        result["ended"].as_array().into_iter().flatten().map(|session| &session["user"]).collect();
    assert_eq!(ended, ["alice"], "{result}");
    assert!(run.stderr.contains("spares"), "not said: {}", run.stderr);
    assert!(!alice.works()?);
    Ok(())
}

/// A failure here would ignore `--include-self`, or report an error because the answer is lost with the connection.
#[test]
fn include_self_ends_its_own_session_too() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold("alice")?;
    let arguments = ["end", &samba.name(), "--client", "127.0.0.1", "--include-self", "--yes", "--json"];
    let result = Netsession::admin()?.args(arguments).run()?.expect_code(0)?.one()?;
    let mut ended: Vec<&str> = result["ended"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|session| session["user"].as_str())
        .collect();
    ended.sort_unstable();
    assert_eq!(ended, [ADMIN, "alice"], "{result}");
    assert!(!alice.works()?);
    Ok(())
}

/// A failure here would end netsession's own session when it is the only selected one, or report it as ended.
#[test]
fn a_match_of_only_its_own_session_ends_nothing() -> Result<()> {
    let samba = Samba::start()?;
    let arguments = ["end", &samba.name(), "--user", ADMIN, "--client", "127.0.0.1", "--yes", "--json"];
    let run = Netsession::admin()?.args(arguments).run()?.expect_code(3)?;
    assert_eq!(run.one()?["ended"], Value::Array(Vec::new()), "{run:?}");
    assert!(run.stderr.contains("spares"), "not said: {}", run.stderr);
    Ok(())
}

/// A failure here would end netsession's own session as somebody else's if a proxy hides its address; or hide from a script that an
/// intruder who uses the same account stays connected.
#[test]
fn behind_a_translated_address_all_sessions_of_its_own_user_are_spared() -> Result<()> {
    let samba = Samba::start()?;
    let mut other = samba.hold_from(ADMIN, 7)?;
    let mut alice = samba.hold_from("alice", 7)?;
    let translated = Proxy::from(7).to(samba.address())?;
    let run = Netsession::admin()?
        .args(["end", &translated.name(), "--client", "127.0.0.7", "--yes", "--json"])
        .run()?;
    let run = run.expect_code(1)?;
    assert!(!alice.works()?);
    assert!(other.works()?, "{run:?}");
    assert!(run.stderr.contains("spares"), "not said: {}", run.stderr);
    let report = run.one()?;
    assert_eq!(report["ended"][0]["user"], "alice", "{report}");
    let remaining = report["remaining"].as_array().into_iter().flatten();
    let rows: Vec<_> = remaining.map(|row| (row["user"].as_str(), row["result"].as_str())).collect();
    assert_eq!(rows, [(Some(ADMIN), Some("not ended")); 2], "{report}");
    assert!(report["error"].is_string() && report["status"]["code"] == 50, "{report}");
    let arguments = ["end", &translated.name(), "--user", ADMIN, "--yes"];
    let table = Netsession::admin()?.args(arguments).run()?.expect_code(1)?;
    assert!(table.stdout.contains("not ended") && table.stderr.contains("--include-self"), "{table:?}");
    // Its own session alone is no other one.
    drop(other);
    samba.wait_for(&[])?;
    let arguments = ["end", &translated.name(), "--user", ADMIN, "--yes", "--json"];
    let alone = Netsession::admin()?.args(arguments).run()?.expect_code(3)?.one()?;
    assert_eq!((&alone["remaining"], &alone["error"]), (&Value::Array(Vec::new()), &Value::Null), "{alone}");
    Ok(())
}

/// A failure here would send a row with an empty user, and Samba would end all sessions from that client.
#[test]
fn an_unfinished_logon_is_never_sent() -> Result<()> {
    let samba = Samba::start()?;
    let from_7 = Proxy::from(7).to(samba.address())?;
    let half = HalfLogon::start(from_7.address())?;
    let mut bob = samba.hold_from("bob", 7)?;
    let listed = Netsession::admin()?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(0)?;
    let rows = listed.json()?;
    let nobody = rows.iter().find(|row| row["user"] == "" || row["user"] == Value::Null);
    assert!(nobody.is_some(), "the unfinished logon is not listed: {rows:?}");

    // Whatever else the flags select at this client, the unfinished logon stays.
    let run = Netsession::admin()?
        .args(["end", &samba.name(), "--client", "127.0.0.7", "--yes", "--json"])
        .run()?;
    let result = run.one()?;
    let users = |field: &str| -> Vec<String> {
        result[field]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row["user"].as_str().unwrap_or("").to_owned())
            .collect()
    };
    assert_eq!(users("ended"), ["bob"], "{result}");
    assert_eq!(users("remaining"), [""], "{result}");
    assert_eq!(run.code, Some(1), "something remains: {run:?}");
    assert!(!bob.works()?);
    assert!(half.connected()?, "the unfinished logon was ended");

    // Even alone at its client, it is not sent: an empty user with this client would end carol's session, too.
    let mut carol = samba.hold_from("carol", 7)?;
    let _ = Netsession::admin()?.args(["end", &samba.name(), "--user", "nobody-*", "--yes"]).run()?;
    assert!(carol.works()? && half.connected()?);
    Ok(())
}

/// A failure here would end the local account's session together with that of a domain account of the same name.
#[test]
fn another_domains_bob_is_not_the_local_bob() -> Result<()> {
    let samba = Samba::start()?;
    let mut bob = samba.hold_from("bob", 7)?;
    for user in [r"CORP\bob", r"LAB\bob", r"LABSRV2\bob", "bob@corp.example"] {
        Netsession::admin()?.args(["end", &samba.name(), "--user", user, "--yes"]).run()?.expect_code(3)?;
        assert!(bob.works()?, "{user} ended the local bob");
    }
    Ok(())
}

/// A failure here would not find a client by its host name, or would end the sessions of two computers that share the name.
#[test]
fn a_host_name_with_several_addresses_is_shown_and_refused_under_yes() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = samba.hold_from("bob", 8)?;
    let mut carol = samba.hold_from("carol", 9)?;
    let hosts = samba.folder().join("hosts");
    std::fs::write(&hosts, "127.0.0.7 pc7\n127.0.0.8 pc7\n127.0.0.9 pc9\n")?;
    let run = |arguments: &[&str]| {
        let run =
            Netsession::admin()?.env("LD_PRELOAD", "libnss_wrapper.so").env("NSS_WRAPPER_HOSTS", &hosts);
        run.args(arguments).args([samba.name()]).run()
    };
    let both = "pc7 has several addresses: 127.0.0.7, 127.0.0.8";
    let listed = run(&["sessions", "--client", "pc7", "--json"])?.expect_code(0)?;
    assert_eq!(listed.who()?, [("127.0.0.7".into(), "alice".into()), ("127.0.0.8".into(), "bob".into())]);
    assert!(listed.stderr.contains(both), "{listed:?}");
    let refused = run(&["end", "--client", "pc7", "--yes"])?.expect_code(2)?;
    assert!(refused.stderr.contains(both) && refused.stderr.contains("--client ADDRESS"), "{refused:?}");
    let shown = run(&["end", "--client", r"\\PC7", "--dry-run"])?.expect_code(0)?;
    assert!(shown.stderr.contains("several addresses") && shown.stdout.contains("bob"), "{shown:?}");
    assert!(alice.works()? && bob.works()? && carol.works()?);
    run(&["end", "--client", "pc9", "--yes"])?.expect_code(0)?;
    assert!(alice.works()? && bob.works()? && !carol.works()?);
    Ok(())
}
