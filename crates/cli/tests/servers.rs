//! Tests servers that do not answer correctly: each must cause a clear error within the time limit, and the right exit
//! status.

mod common;

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use common::{Ran, closed_port, netsession, ran};

fn sessions(servers: &[&str], more: &[&str]) -> Ran {
    ran(netsession(&[&["sessions", "-U", "adm1"], more, servers].concat())
        .env("NETSESSION_PASSWORD", "secret"))
}

/// A failure here would make a server that is down look like one without sessions.
#[test]
fn a_server_that_is_down_is_an_error() {
    let server = format!("127.0.0.1:{}", closed_port());
    let ran = sessions(&[&server], &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.starts_with(&format!("error: cannot connect to {server}: ")), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nhint: "), "{}", ran.stderr);
}

/// A failure here would let a silent server delay the command beyond its time limit.
#[test]
fn a_silent_server_is_an_error_within_the_time_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let start = Instant::now();
    let ran = sessions(&[&server], &["--timeout", "300ms"]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("did not answer"), "{}", ran.stderr);
}

/// A failure here would make the command hang at a server of another kind, or fail without a useful message.
#[test]
fn a_server_of_another_protocol_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            thread::park();
        }
    });
    let ran = sessions(&[&server], &["--timeout", "5"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("does not speak SMB"), "{}", ran.stderr);
}

/// A failure here would make the command hang at a mistyped name, or report a network failure.
#[test]
fn an_unknown_host_is_an_error() {
    let ran = sessions(&["no-such-host.invalid"], &["--timeout", "5"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("no-such-host.invalid"), "{}", ran.stderr);
}

/// A failure here would give programs something other than an array when a server is down.
#[test]
fn json_stays_an_array() {
    let server = format!("127.0.0.1:{}", closed_port());
    let ran = sessions(&[&server], &["--json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "[]\n"));
    let unknown = ["--json", "--client", "no-such-host.invalid", "--timeout", "5"];
    let ran = sessions(&[&server], &unknown);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "[]\n"), "{}", ran.stderr);
    for args in [&["close", "--id", "7"][..], &["end", "--client", "no-such-host.invalid", "--timeout", "5"]]
    {
        let mut command = netsession(&[args, &["--yes", "--json", "-U", "adm1", "--", &server]].concat());
        let ran = common::ran(command.env("NETSESSION_PASSWORD", "secret"));
        assert_eq!((ran.code, ran.stdout.as_str()), (1, "[]\n"), "{}", ran.stderr);
    }
}

/// A failure here would hide in the result of `end` that the server is unreachable.
#[test]
fn end_reports_a_server_that_is_down() {
    let server = format!("127.0.0.1:{}", closed_port());
    let ran = ran(netsession(&["end", &server, "-U", "adm1", "--user", "bob", "--yes", "--json"])
        .env("NETSESSION_PASSWORD", "secret"));
    assert_eq!(ran.code, 1);
    let result: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let fields = result.get(0).unwrap();
    assert_eq!(fields["server"], server);
    assert_eq!(fields["status"]["code"], 1225);
    assert_eq!(fields["remaining"], serde_json::json!([]));
    assert!(fields["error"].as_str().unwrap().contains("cannot connect"), "{fields}");
}

/// A failure here would repeat one hint for twenty servers that are down, or let one error hide the others.
#[test]
fn several_servers_each_have_their_error_and_share_the_hint() {
    let servers = [closed_port(), closed_port(), closed_port()].map(|port| format!("127.0.0.1:{port}"));
    let ran = sessions(&servers.each_ref().map(String::as_str), &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr.matches("error: cannot connect to ").count(), 3, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("hint: ").count(), 1, "{}", ran.stderr);
}

/// A failure here would connect to another computer than the one that the environment names.
#[test]
fn the_environment_names_the_local_computer() {
    let server = format!("127.0.0.1:{}", closed_port());
    let mut command = netsession(&["sessions", "-U", "adm1"]);
    let ran = ran(command.env("NETSESSION_PASSWORD", "secret").env("NETSESSION_LOCAL", &server));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains(&server), "{}", ran.stderr);
}
