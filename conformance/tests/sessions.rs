//! `netsession sessions` lists the same sessions as Samba's own smbstatus.
#![cfg(test)]
#![cfg(unix)]

use std::collections::BTreeSet;

use anyhow::Result;
use netsession_conformance::{Either, Embedded, Held, Netsession, OPERATOR, Proxy, Samba, Smbclient};
use serde_json::Value;

/// A failure here would omit or invent a session, or show it with another one's client, user or files.
#[test]
fn agrees_with_smbstatus_for_several_users_clients_and_files() -> Result<()> {
    let samba = Samba::start()?;
    for name in ["one.txt", "two.txt"] {
        std::fs::write(samba.share().join(name), name)?;
    }
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("one.txt")?;
    alice.open("two.txt")?;
    let _bob = samba.hold_from("bob", 7)?;
    let _carol = samba.hold_from("carol", 8)?;
    let _alice_elsewhere = samba.hold_from("alice", 9)?;
    samba.wait_for(&[
        ("127.0.0.7", "alice"),
        ("127.0.0.7", "bob"),
        ("127.0.0.8", "carol"),
        ("127.0.0.9", "alice"),
    ])?;
    let outcome = Netsession::admin()?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(0)?;
    assert_eq!(outcome.who()?, samba.who()?);
    for session in outcome.json()? {
        let of_alice_at_7 = session["user"] == "alice" && session["client"] == "127.0.0.7";
        let opens = session["opens"].as_u64().unwrap_or_default();
        if of_alice_at_7 {
            assert_eq!(opens, 2, "{session}");
        } else if session["self"] != true {
            assert_eq!(opens, 0, "{session}");
        }
        let connected = session["connected_secs"].as_u64();
        assert!(connected.is_none_or(|seconds| seconds < 120), "an impossible time: {session}");
    }
    Ok(())
}

/// A failure here would omit a field that scripts read, or give it another type.
#[test]
fn a_session_in_json_has_every_field_of_the_contract() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let outcome = Netsession::admin()?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(0)?;
    let fields = [
        "server",
        "client",
        "user",
        "opens",
        "connected_secs",
        "idle_secs",
        "guest",
        "self",
        "client_type",
        "transport",
        "id",
    ];
    let sessions = outcome.json()?;
    assert_eq!(sessions.len(), 2, "alice and netsession itself: {sessions:?}");
    for session in &sessions {
        let names: BTreeSet<&str> =
            session.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, BTreeSet::from(fields), "{session}");
        assert!(session["server"].is_string() && session["self"].is_boolean(), "{session}");
    }
    assert_eq!(sessions.iter().filter(|session| session["self"] == true).count(), 1, "{sessions:?}");
    Ok(())
}

/// A failure here would truncate, repeat or refuse an answer of several fragments.
#[test]
fn agrees_with_smbstatus_for_150_sessions() -> Result<()> {
    let samba = Samba::start()?;
    let proxies = [21, 22, 23]
        .into_iter()
        .map(|last| Proxy::from(last).to(samba.address()))
        .collect::<Result<Vec<_>>>()?;
    let users = ["alice", "bob", "carol", "svc-backup", "svc-scan"];
    let held: Vec<Held> = (0..150)
        .map(|index| Smbclient::new(proxies[index % 3].address(), users[index % 5]).hold())
        .collect::<Result<_>>()?;
    let outcome = Netsession::admin()?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(0)?;
    let who = outcome.who()?;
    assert_eq!(who.len(), 150);
    assert_eq!(who, samba.who()?);
    drop(held);
    Ok(())
}

/// A failure here would show other sessions than `--client` and `--user` select.
#[test]
fn shows_only_what_was_selected() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    let _bob = samba.hold_from("bob", 8)?;
    let _scan = samba.hold_from("svc-scan", 8)?;
    let listed = |arguments: &[&str]| -> Result<Vec<String>> {
        let run = Netsession::admin()?.args(["sessions", &samba.name(), "--json"]).args(arguments).run()?;
        Ok(run.expect_code(0)?.who()?.into_iter().map(|(client, user)| format!("{user}@{client}")).collect())
    };
    assert_eq!(listed(&["--user", "ALICE"])?, ["alice@127.0.0.7"]);
    assert_eq!(listed(&["--user", "svc-*"])?, ["svc-scan@127.0.0.8"]);
    assert_eq!(listed(&["--client", "127.0.0.8"])?, ["bob@127.0.0.8", "svc-scan@127.0.0.8"]);
    assert_eq!(listed(&["--client", r"\\127.0.0.8", "--user", "bob"])?, ["bob@127.0.0.8"]);
    assert_eq!(listed(&["--client", "127.0.0.6/31"])?, ["alice@127.0.0.7"]);
    Ok(())
}

/// A failure here would select another user or client than one of the named ones.
#[test]
fn several_names_select_any_of_them() -> Result<()> {
    for server in [Either::samba()?, Either::embedded()?] {
        let _alice = server.hold_from("alice", 7)?;
        let _bob = server.hold_from("bob", 8)?;
        let _print = server.hold_from("олена", 9)?;
        let listed = |arguments: &[&str]| -> Result<Vec<String>> {
            let run =
                Netsession::admin()?.args(["sessions", &server.name()?, "--json"]).args(arguments).run()?;
            Ok(run
                .expect_code(0)?
                .who()?
                .into_iter()
                .map(|(client, user)| format!("{user}@{client}"))
                .collect())
        };
        assert_eq!(listed(&["--user", "ALICE", "--user", "оле*"])?, ["alice@127.0.0.7", "олена@127.0.0.9"]);
        assert_eq!(
            listed(&["--client", "127.0.0.8", "--client", "127.0.0.6/31"])?,
            ["alice@127.0.0.7", "bob@127.0.0.8"]
        );
        let both = ["--client", "127.0.0.8", "--client", "127.0.0.9", "--user", "alice", "--user", "bob"];
        assert_eq!(listed(&both)?, ["bob@127.0.0.8"]);
        assert!(listed(&["--connected-over", "1h"])?.is_empty());
        assert!(listed(&["--opens-over", "4000000000"])?.is_empty());
    }
    Ok(())
}

/// A failure here would report that nobody is idle, or that nobody uses a share, at a server that reports neither.
#[test]
fn what_samba_does_not_tell_is_an_error() -> Result<()> {
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    for (flags, reason) in [
        (["--idle-over", "0"], "does not report how long a session has been idle"),
        (["--share", "data"], "does not report who is connected to a share"),
    ] {
        for command in ["sessions", "end"] {
            let mut run = Netsession::admin()?.args([command, &samba.name(), "--json"]).args(flags);
            if command == "end" {
                run = run.args(["--yes"]);
            }
            let outcome = run.run()?.expect_code(1)?;
            assert!(outcome.stderr.contains(reason), "{command} {flags:?}: {outcome:?}");
        }
    }
    samba.wait_for(&[("127.0.0.7", "alice")])
}

/// A failure here would select a session that does not use the share.
#[test]
fn a_share_selects_its_users_at_our_own_server() -> Result<()> {
    let server = Embedded::start()?;
    let _alice = server.hold_from("alice", 7)?;
    let listed = |share: &str| {
        Netsession::admin()?.args(["sessions", &server.name()?, "--json", "--share", share]).run()
    };
    assert_eq!(listed("data")?.expect_code(0)?.who()?, [("127.0.0.7".into(), "alice".into())]);
    assert!(listed("IPC$")?.expect_code(0)?.who()?.is_empty(), "alice does not use it");
    let missing = listed("no-such-share")?.expect_code(1)?;
    assert!(missing.stderr.contains("has no share"), "{missing:?}");
    Ok(())
}

/// A failure here would print another order, other columns or other rows than a script asked for.
#[test]
fn a_list_has_the_asked_order_columns_and_format() -> Result<()> {
    let samba = Samba::start()?;
    let _sessions =
        [samba.hold_from("alice", 7)?, samba.hold_from("bob", 10)?, samba.hold_from("svc-scan", 9)?];
    let listed = |arguments: &[&str]| -> Result<String> {
        let selected = ["sessions", &samba.name(), "--user", "alice", "--user", "bob", "--user", "svc-*"];
        Ok(Netsession::admin()?.args(selected).args(arguments).run()?.expect_code(0)?.stdout)
    };
    let by_client = ["--sort", "client:desc", "--columns", "user,client"];
    let csv = listed(&[&by_client[..], &["-o", "csv"]].concat())?;
    assert_eq!(csv, "user,client\r\nbob,127.0.0.10\r\nsvc-scan,127.0.0.9\r\nalice,127.0.0.7\r\n");
    let lines = listed(&[&by_client[..], &["-o", "jsonl", "--limit", "1"]].concat())?;
    assert_eq!(lines, "{\"user\":\"bob\",\"client\":\"127.0.0.10\"}\n");
    let yaml = listed(&[&by_client[..], &["-o", "yaml", "--limit", "1"]].concat())?;
    assert_eq!(yaml, "- user: \"bob\"\n  client: \"127.0.0.10\"\n");
    let table = listed(&[&by_client[..], &["--no-headers"]].concat())?;
    assert_eq!(table, "bob       127.0.0.10\nsvc-scan  127.0.0.9\nalice     127.0.0.7\n");
    let limited =
        Netsession::admin()?.args(["sessions", &samba.name(), "--limit", "1", "-o", "csv"]).run()?;
    assert!(limited.expect_code(0)?.stderr.contains("--limit leaves out 3 rows"));
    Ok(())
}

/// A failure here would report an error to a script when nothing matches.
#[test]
fn an_empty_list_is_empty_brackets_and_success() -> Result<()> {
    let samba = Samba::start()?;
    let run =
        Netsession::admin()?.args(["sessions", &samba.name(), "--json", "--user", "nobody-here"]).run()?;
    assert_eq!(run.expect_code(0)?.json()?, Vec::<Value>::new());
    Ok(())
}

/// A failure here would refuse a listing to a user who may only list, or give an ordinary user no clear answer.
#[test]
fn an_operator_may_list_and_a_plain_user_may_not() -> Result<()> {
    let samba = Samba::start()?;
    Netsession::login(OPERATOR)?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(0)?;
    let denied =
        Netsession::login("alice")?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(1)?;
    assert!(denied.stderr.contains("ERROR_ACCESS_DENIED"), "{denied:?}");
    assert!(denied.stderr.contains("(5)") || denied.stderr.contains(" 5"), "{denied:?}");
    Ok(())
}
