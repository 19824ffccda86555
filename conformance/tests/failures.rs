//! Servers that are down, disconnect, stay silent, or do not speak SMB: a clear error within the time limit.
#![cfg(test)]
#![cfg(unix)]

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use netsession_conformance::proxy::{Meddle, meddlers};
use netsession_conformance::{Embedded, Netsession, Outcome, Proxy, Samba};

/// The time limit, and some more for a busy machine.
const SOON: Duration = Duration::from_secs(15);

fn list(server: &str) -> Result<Outcome> {
    Netsession::admin()?.args(["sessions", server, "--timeout", "2", "--json"]).run()
}

/// Checks for an error of one or two lines that names the server, within the time limit, with only `[]` on stdout.
fn fails_clearly(outcome: &Outcome, server: &str, words: &[&str]) {
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.elapsed < SOON, "{outcome:?}");
    assert!(outcome.stderr.contains(server), "the server is not named: {outcome:?}");
    assert!(outcome.stderr.lines().count() <= 4, "not one or two lines: {outcome:?}");
    let text = outcome.stderr.to_lowercase();
    assert!(words.iter().any(|word| text.contains(word)), "none of {words:?}: {outcome:?}");
    assert!(outcome.stdout.trim().is_empty() || outcome.stdout.trim() == "[]", "{outcome:?}");
}

/// A failure here would report another cause than the wrong password.
#[test]
fn wrong_password() -> Result<()> {
    let samba = Samba::start()?;
    let run = Netsession::bare()?.env("NETSESSION_PASSWORD", "wrong").args(["-U", "admin"]);
    let outcome = run.args(["sessions", &samba.name(), "--json"]).run()?;
    fails_clearly(&outcome, &samba.name(), &["logon", "password", "log in", "login"]);
    assert!(!outcome.stderr.contains("wrong\n") && !outcome.stdout.contains("wrong"), "{outcome:?}");
    Ok(())
}

/// A failure here would hang at a mistyped name, or report something else.
#[test]
fn unknown_host() -> Result<()> {
    let outcome = list("no-such-host.invalid")?;
    fails_clearly(&outcome, "no-such-host.invalid", &["resolve", "name", "known", "address"]);
    Ok(())
}

/// A failure here would report something else than a server that is down.
#[test]
fn closed_port() -> Result<()> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let server = format!("127.0.0.1:{port}");
    fails_clearly(&list(&server)?, &server, &["refused"]);
    Ok(())
}

/// A failure here would make netsession hang or panic at a web server.
#[test]
fn not_an_smb_server() -> Result<()> {
    for greeting in [
        &b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\x00\x00\x04ABCD",
        b"\x00\x00\x00\x00",
        b"\x00\xff\xff\xff",
    ] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = listener.local_addr()?.to_string();
        let answering = thread::spawn(move || -> Result<()> {
            let (mut stream, _) = listener.accept()?;
            stream.write_all(greeting)?;
            // Stays until the client has disconnected.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
            Ok(())
        });
        fails_clearly(&list(&server)?, &server, &["smb", "answer", "time", "closed"]);
        assert!(answering.join().is_ok());
    }
    Ok(())
}

/// A failure here would hang at a server that accepts connections and stays silent.
#[test]
fn silent_from_the_start() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let server = listener.local_addr()?.to_string();
    fails_clearly(&list(&server)?, &server, &["time", "answer"]);
    Ok(())
}

/// Something goes wrong at each message in turn: the command prints a clear error, or the whole list if that has
/// arrived.
fn at_every_message(meddle: fn(usize) -> Meddle, words: &[&str]) -> Result<()> {
    /// NEGOTIATE, two SESSION_SETUPs, the compound that opens the pipe, and one call at least.
    const BEFORE_THE_LIST: usize = 5;
    let samba = Samba::start()?;
    let _alice = samba.hold_from("alice", 7)?;
    for answer in 0.. {
        let proxy = Proxy::plain().meddle(meddle(answer)).to(samba.address())?;
        let outcome = list(&proxy.name())?;
        if outcome.code == Some(0) {
            assert!(answer >= BEFORE_THE_LIST, "nobody noticed message {answer}: {outcome:?}");
            assert_eq!(outcome.who()?, [("127.0.0.7".into(), "alice".into())]);
            return Ok(());
        }
        fails_clearly(&outcome, &proxy.name(), words);
    }
    Ok(())
}

/// A failure here would hang at a server that disconnects in the middle, or show an empty list.
#[test]
fn gone_at_every_message() -> Result<()> {
    at_every_message(meddlers::close_at, &["closed", "ended", "lost", "connection"])
}

/// A failure here would hang at a connection that is reset in the middle, or show an empty list.
#[test]
fn reset_at_every_message() -> Result<()> {
    at_every_message(meddlers::reset_at, &["reset", "closed", "lost", "connection"])
}

/// A failure here would hang at a server that falls silent in the middle.
#[test]
fn silent_at_every_message() -> Result<()> {
    at_every_message(meddlers::silent_from, &["time", "answer"])
}

/// A failure here would treat a truncated answer as a complete one.
#[test]
fn cut_off_anywhere() -> Result<()> {
    let samba = Samba::start()?;
    let proxy = Proxy::plain().to(samba.address())?;
    Netsession::admin()?.args(["sessions", &proxy.name(), "--json"]).run()?.expect_code(0)?;
    let total = proxy.counts().bytes_to_client;
    for part in 0..20 {
        let proxy = Proxy::plain().meddle(meddlers::cut_after(total * part / 24)).to(samba.address())?;
        let outcome = list(&proxy.name())?;
        fails_clearly(&outcome, &proxy.name(), &["closed", "ended", "lost", "connection", "cut"]);
    }
    Ok(())
}

/// A failure here would report a call without an answer as failed or done, although the server may have carried it out.
#[test]
fn no_answer_to_an_ending_is_unknown() -> Result<()> {
    let samba = Samba::start()?;
    let mut alice = samba.hold_from("alice", 7)?;
    for answer in 0..100 {
        let proxy = Proxy::plain().meddle(meddlers::silent_from(answer)).to(samba.address())?;
        let arguments = ["end", &proxy.name(), "--user", "alice", "--yes", "--timeout", "1", "--json"];
        let outcome = Netsession::admin()?.args(arguments).run()?;
        if alice.works()? {
            assert_eq!(outcome.code, Some(1), "{outcome:?}");
            continue;
        }
        // The first message whose loss did not save alice's session is the answer to the call that ended it.
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let result = outcome.one()?;
        assert_eq!(result["status"], serde_json::Value::Null, "{result}");
        assert!(result["error"].is_string(), "{result}");
        let is_gone = result["remaining"].as_array().is_some_and(Vec::is_empty);
        let hint = if is_gone { "the list afterwards has none" } else { "list again" };
        assert!(outcome.stderr.contains(hint), "{outcome:?}");
        return Ok(());
    }
    bail!("alice was never ended")
}

/// A failure here would call a session remaining that is gone, because the server fell silent before anybody could list again.
#[test]
fn an_ending_that_nobody_could_verify_is_not_known() -> Result<()> {
    let server = Embedded::start()?;
    let mut was_accepted = false;
    for answer in 5..100 {
        let mut alice = server.hold_from("alice", 7)?;
        let proxy = Proxy::plain().meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let arguments = ["end", &proxy.name(), "--user", "alice", "--yes", "--timeout", "1", "--json"];
        let outcome = Netsession::admin()?.args(arguments).run()?;
        if outcome.code == Some(0) {
            assert!(was_accepted, "every ending was verified");
            return Ok(());
        }
        let report = outcome.one()?;
        let row = &report["remaining"][0];
        if alice.works()? || row.is_null() {
            continue;
        }
        assert_eq!(row["result"], "not known", "{report}");
        assert!(row["status"].is_null() && report["status"].is_null(), "{report}");
        was_accepted |= row["reason"] == "accepted";
    }
    bail!("alice's end was never verified")
}

/// A failure here would make a person look for the outcome of a session, although netsession sent nothing that concerns it.
#[test]
fn a_session_for_which_nothing_was_sent_is_not_ended() -> Result<()> {
    let server = Embedded::start()?;
    let mut was_untouched = false;
    for answer in 5..100 {
        let mut held = [server.hold_from("alice", 7)?, server.hold_from("alice", 8)?];
        let proxy = Proxy::plain().meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let arguments = ["end", &proxy.name(), "--user", "alice", "--yes", "--timeout", "1", "--json"];
        let outcome = Netsession::admin()?.args(arguments).run()?;
        if outcome.code == Some(0) {
            assert!(was_untouched, "netsession never stopped before a session");
            return Ok(());
        }
        let report = outcome.one()?;
        for row in
            report["remaining"].as_array().into_iter().flatten().filter(|row| row["result"] != "not known")
        {
            assert_eq!(
                (&row["result"], &row["reason"]),
                (&"not ended".into(), &"not sent".into()),
                "{report}"
            );
            let place = usize::from(row["client"] == "127.0.0.8");
            assert!(held[place].works()?, "{report}");
            was_untouched = true;
        }
    }
    bail!("alice was never ended")
}

/// A failure here would not report a closed file because the server fell silent afterwards, or would call it closed
/// without a listing, or print something other than an array.
#[test]
fn no_answer_to_a_closing_is_unknown() -> Result<()> {
    let server = Embedded::start()?;
    server.file("held.txt", b"x")?;
    let name = server.name()?;
    let mut was_unknown = false;
    // The messages before that are the logon and the list, which other tests cover.
    for answer in 5..100 {
        let mut alice = server.hold_from("alice", 7)?;
        alice.open("held.txt")?;
        let proxy = Proxy::plain().meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let listed =
            Netsession::admin()?.args(["files", &name, "--user", "alice", "--json"]).run()?.expect_code(0)?;
        let id = listed.one()?["id"].to_string();
        let arguments = ["close", &proxy.name(), "--id", &id, "--yes", "--timeout", "1", "--json"];
        let outcome = Netsession::admin()?.args(arguments).run()?;
        let rows = outcome.json()?;
        let is_open = server.server()?.opens().iter().any(|open| open.user() == "alice");
        if outcome.code == Some(0) {
            assert!(!is_open && rows.len() == 1 && rows[0]["closed"] == true, "{outcome:?}");
            assert!(was_unknown, "nothing was ever unknown");
            return Ok(());
        }
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains("did not answer"), "{outcome:?}");
        assert!(is_open || rows.len() == 1, "closed, and not reported: {outcome:?}");
        assert!(rows.iter().all(|row| row["closed"] == serde_json::Value::Null), "{outcome:?}");
        was_unknown |= !rows.is_empty();
    }
    bail!("the file was never closed")
}

/// A failure here would hide which requests the command has sent when a script's time limit ends it
/// (`timeout 10 netsession ...`).
#[test]
fn a_signal_during_end_prints_the_known_outcomes() -> Result<()> {
    // Use the embedded server, which is fast: the limit is for the missing answer.
    let server = Embedded::start()?;
    let mut alice = server.hold_from("alice", 7)?;
    for answer in 5..100 {
        let proxy = Proxy::plain().meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let arguments = ["end", &proxy.name(), "--user", "alice", "--yes", "--timeout", "60", "--json"];
        let (command, _home) = Netsession::admin()?.args(arguments).into_parts();
        let mut limited = Command::new("timeout");
        limited.args(["--preserve-status", "4"]).arg(command.get_program()).args(command.get_args());
        limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = limited.stdin(Stdio::null()).output()?;
        if !alice.works()? {
            assert_eq!(output.status.code(), Some(128 + 15), "{output:?}");
            let result: serde_json::Value = serde_json::from_slice(&output.stdout)?;
            assert_eq!(result[0]["remaining"][0]["user"], "alice", "{result}");
            assert_eq!(result[0]["status"], serde_json::Value::Null, "{result}");
            return Ok(());
        }
    }
    bail!("alice was never ended")
}

/// A failure here would keep a person waiting many times as long as they allow, at a server that is slow at each step.
#[test]
fn all_steps_of_one_server_share_the_time_limit() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(3);
    let samba = Samba::start()?;
    // The logon takes three round trips of 700 ms, and the pipe and the first call two more.
    let proxy = Proxy::plain().delay(Duration::from_millis(350)).to(samba.address())?;
    let (name, path) = (proxy.name(), format!(r"\\{}\data\nope", proxy.name()));
    let end = ["end", "--user", "nobody", "--yes", &name];
    for arguments in [&["sessions", &name][..], &end, &["shares", &name], &["who", &path]] {
        let outcome = Netsession::admin()?.args(arguments).args(["--timeout", "3"]).run()?;
        fails_clearly(&outcome, &proxy.name(), &["did not answer within 3 s"]);
        assert!(outcome.elapsed < LIMIT + LIMIT / 10 + Duration::from_secs(2), "{outcome:?}");
    }
    Ok(())
}

/// A failure here would keep a person waiting for the preview longer than they allow, because the server lists the sessions and falls
/// silent before their open files.
#[test]
fn the_open_files_of_a_preview_share_the_time_limit() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(2);
    let server = Embedded::start()?;
    server.file("plan.txt", b"x")?;
    let mut alice = server.hold_from("alice", 7)?;
    alice.open("plan.txt")?;
    let mut unknown = 0;
    for answer in 5..100 {
        let slow = Proxy::plain().delay(Duration::from_millis(50));
        let proxy = slow.meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let end = ["end", &proxy.name(), "--user", "alice", "--dry-run", "--timeout", "2"];
        let outcome = Netsession::admin()?.args(end).run()?;
        assert!(outcome.elapsed < LIMIT + LIMIT / 10 + Duration::from_secs(1), "{answer}: {outcome:?}");
        if outcome.code == Some(0) && outcome.stderr.contains("plan.txt") {
            assert!(unknown > 0, "the server falls silent before the files");
            return Ok(());
        }
        unknown += usize::from(outcome.stderr.contains("are unknown: the server did not answer in time"));
    }
    bail!("the server never answered")
}

/// A failure here would hide that nobody holds a file, because the server no longer tells whether the file exists; or call this
/// unknown although the server told it.
#[test]
fn what_the_server_said_before_it_fell_silent_counts() -> Result<()> {
    let server = Embedded::start()?;
    server.file("free.txt", b"x")?;
    for (command, code, nothing) in [
        (&["who"][..], 3, "nobody holds"),
        (&["files", "--path"], 0, "no open files at"),
        (&["close", "--yes", "--path"], 3, "no open files at"),
    ] {
        let unknown = unknown_until_answered(&server, command, code, nothing)?;
        // The share and the file.
        assert_eq!(unknown, 2, "{command:?}");
    }
    Ok(())
}

/// Runs a command for a free file, while the server falls silent later and later. Returns how often the command did not know
/// whether the file exists, before it did.
fn unknown_until_answered(server: &Embedded, command: &[&str], code: i32, nothing: &str) -> Result<usize> {
    let mut unknown = 0;
    for answer in 5..100 {
        // So much that the limits of a step and of the whole server differ.
        let slow = Proxy::plain().delay(Duration::from_millis(50));
        let proxy = slow.meddle(meddlers::silent_from(answer)).to(server.address()?)?;
        let path = format!(r"\\{}\data\free.txt", proxy.name());
        let outcome = Netsession::admin()?.args(command).args([&path, "--timeout", "2"]).run()?;
        match outcome.code {
            Some(1) => assert!(outcome.stderr.contains("did not answer"), "{outcome:?}"),
            found => {
                assert!(found == Some(code) && outcome.stderr.contains(nothing), "{outcome:?}");
                if !outcome.stderr.contains("is not known") {
                    return Ok(unknown);
                }
                unknown += 1;
            }
        }
    }
    bail!("the server never answered")
}

/// A failure here would let a mistake in the variable turn Kerberos off without a word, or load a file that it names.
#[test]
fn a_wrong_choice_of_the_kerberos_library_is_said() -> Result<()> {
    let server = Embedded::start()?;
    let name = format!("localhost:{}", server.address()?.port());
    for (choice, why) in
        [("/no/such/library.so", "use mit, heimdal or none"), ("MIT", "use mit, heimdal or none")]
    {
        let run = || -> Result<Netsession> {
            Ok(Netsession::admin()?.args(["info", &name]).env("NETSESSION_GSSAPI", choice))
        };
        let text = format!("NETSESSION_GSSAPI={choice}: {why}");
        let warned = run()?.run()?.expect_code(0)?;
        assert!(
            warned.stderr.contains(&text) && warned.stderr.contains("does not use Kerberos"),
            "{warned:?}"
        );
        assert!(warned.stdout.contains("NTLM"), "{warned:?}");
        let refused = run()?.args(["-k"]).run()?.expect_code(2)?;
        assert!(refused.stderr.contains(&text), "{refused:?}");
        let off = run()?.args(["--kerberos", "off"]).run()?.expect_code(0)?;
        assert!(!off.stderr.contains("GSSAPI"), "{off:?}");
    }
    Ok(())
}
