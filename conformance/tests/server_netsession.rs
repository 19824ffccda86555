//! The command against the embedded server: its output matches the server's tables.
#![cfg(test)]
#![cfg(unix)]

use std::net::Ipv6Addr;

use anyhow::Result;
use netsession_conformance::{Embedded, Netsession, PASSWORD, wait_until};
use netsession_server::Account;
use serde_json::Value;

fn rows(server: &Embedded, arguments: &[&str]) -> Result<Vec<Value>> {
    let (command, rest) = arguments.split_first().unwrap_or((&"", &[]));
    let name = server.name()?;
    Netsession::admin()?.args([command, name.as_str(), "--json"]).args(rest).run()?.expect_code(0)?.json()
}

/// A failure here would make the command show other rows than the embedded server has.
#[test]
fn lists_what_the_tables_hold() -> Result<()> {
    let server = Embedded::start()?;
    server.file("one.txt", b"one")?;
    let mut alice = server.hold_from("alice", 7)?;
    alice.open("one.txt")?;
    let _bob = server.hold_from("bob", 8)?;
    let sessions = rows(&server, &["sessions"])?;
    let pair = |client: &str, user: &str| (client.to_owned(), user.to_owned());
    assert_eq!(
        netsession_conformance::netsession::who(&sessions),
        [pair("127.0.0.7", "alice"), pair("127.0.0.8", "bob")]
    );
    let of_alice = sessions.iter().find(|session| session["user"] == "alice").unwrap();
    assert_eq!((&of_alice["opens"], &of_alice["guest"]), (&Value::from(1), &Value::from(false)));
    let connected = of_alice["connected_secs"].as_u64().unwrap();
    assert!(connected < 60 && of_alice["idle_secs"].as_u64().unwrap() <= connected, "{of_alice}");
    let files = rows(&server, &["files", "--user", "alice"])?;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0]["path"], format!(r"{}\one.txt", server.share_path()));
    assert_eq!((&files[0]["client"], &files[0]["permissions"][0]), (&"127.0.0.7".into(), &"read".into()));
    let connections = rows(&server, &["connections", "--share", "data"])?;
    let users: Vec<_> = connections.iter().map(|row| &row["user"]).collect();
    assert_eq!(users, ["alice", "bob"]);
    let shares = rows(&server, &["shares"])?;
    assert_eq!(shares.iter().map(|share| &share["name"]).collect::<Vec<_>>(), ["IPC$", "data"]);
    assert_eq!(shares[1]["path"], server.share_path());
    let info = rows(&server, &["info"])?;
    assert_eq!((&info[0]["comment"], &info[0]["signed"]), (&"netsession".into(), &true.into()));
    Ok(())
}

/// A failure here would end or close something else on the embedded server than the user named.
#[test]
fn ends_sessions_and_closes_files() -> Result<()> {
    let server = Embedded::start()?;
    server.file("one.txt", b"one")?;
    let (mut alice, mut bob) = (server.hold_from("alice", 7)?, server.hold_from("bob", 8)?);
    bob.open("one.txt")?;
    let ended = rows(&server, &["end", "--client", "127.0.0.7", "--user", "alice", "--yes"])?;
    assert_eq!(ended[0]["ended"][0]["user"], "alice", "{ended:?}");
    for nobody in ["vanished", "also_ended", "returned", "remaining"] {
        assert_eq!(ended[0][nobody].as_array().map(Vec::len), Some(0), "{ended:?}");
    }
    assert!(!alice.works()?);
    let path = format!(r"{}\one.txt", server.share_path());
    rows(&server, &["close", "--path", &path, "--yes"])?;
    assert!(bob.works()?);
    assert_eq!(server.server()?.opens().iter().filter(|open| open.user() == "bob").count(), 0);
    let name = server.name()?;
    let denied = Netsession::login("bob")?.args(["sessions", &name]).run()?.expect_code(1)?;
    assert!(denied.stderr.contains("ERROR_ACCESS_DENIED"), "{denied:?}");
    let left = [("127.0.0.8".to_owned(), "bob".to_owned())];
    wait_until("netsession to be gone", || Ok((server.who()? == left).then_some(())))?;
    Ok(())
}

/// A failure here would end the sessions of computers, such as a node of a cluster or a backup, together with those of
/// users.
#[test]
fn computers_are_spared_unless_named_or_included() -> Result<()> {
    let computer = Account::with_password("FS1$", PASSWORD);
    let server = Embedded::start_with(|builder| builder.account(computer))?;
    let name = server.name()?;
    let (mut alice, mut fs1) = (server.hold_from("alice", 7)?, server.hold_from("FS1$", 8)?);
    let all = ["--all", "--yes", "--confirm", &name];
    let preview = Netsession::admin()?.args(["end", &name, "--all", "--dry-run"]).run()?.expect_code(0)?;
    assert!(
        preview.stdout.lines().any(|line| line.contains("spare") && line.contains("FS1$")),
        "{preview:?}"
    );
    assert!(preview.stderr.contains("spares 1 computer's session"), "{preview:?}");
    for sweep in [&all[..], &["--user", "f*", "--yes"], &["--client", "127.0.0.8/30", "--yes"]] {
        Netsession::admin()?.args(["end", &name]).args(sweep).run()?;
        assert!(fs1.works()?, "{sweep:?}");
    }
    assert!(!alice.works()?, "--all ends the session of a person");
    rows(&server, &["end", "--user", "FS1$", "--yes"])?;
    assert!(!fs1.works()?);
    let mut fs1 = server.hold_from("FS1$", 8)?;
    rows(&server, &[&["end", "--include-computers"], &all[..]].concat())?;
    assert!(!fs1.works()?);
    Ok(())
}

/// A failure here would refuse a server or a client with an IPv6 address, or confuse it with another.
#[test]
fn ipv6_addresses_are_servers_and_clients() -> Result<()> {
    let server = Embedded::start_with(|builder| builder.listen((Ipv6Addr::LOCALHOST, 0).into()))?;
    let port = server.addresses()?.iter().find(|address| address.is_ipv6()).unwrap().port();
    let listed = |name: &str, arguments: &[&str]| -> Result<Vec<Value>> {
        Netsession::admin()?.args(["sessions", name, "--json"]).args(arguments).run()?.expect_code(0)?.json()
    };
    for name in [format!("[::1]:{port}"), format!("smb://[::1]:{port}"), format!(r"\\[0:0::1]:{port}")] {
        for (client, count) in [("::1", 1), (r"\\[::1]", 1), ("::/64", 1), ("::2", 0), ("127.0.0.0/8", 0)] {
            let found = listed(&name, &["--client", client])?;
            assert_eq!(found.len(), count, "{name} {client}");
            assert!(found.iter().all(|row| row["client"] == "::1" && row["self"] == true), "{found:?}");
        }
    }
    let closed = Netsession::admin()?.args(["sessions", "[::1]:1"]).run()?.expect_code(1)?;
    assert!(closed.stderr.contains("cannot connect to [::1]:1: "), "{closed:?}");
    Ok(())
}
