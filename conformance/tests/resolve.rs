//! `--resolve`: host names beside the addresses of clients. The names are in a file `hosts` that only the test sees.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs;
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};
use netsession_conformance::{Netsession, Samba, Terminal, own_network};
use serde_json::Value;
use tempfile::TempDir;

/// Replaces two files of the system for one program.
const WITH_FILES: &str =
    "mount --bind \"$1\" /etc/hosts && mount --bind \"$2\" /etc/resolv.conf && shift 2 && exec \"$@\"";

/// Returns the command with its own names of hosts, and with the resolver at 127.0.0.99.
fn command(hosts: &str, arguments: &[&str]) -> Result<(Command, TempDir)> {
    let (command, home) = Netsession::admin()?.args(arguments).into_parts();
    let (names, resolver) = (home.path().join("hosts"), home.path().join("resolv.conf"));
    fs::write(&names, hosts)?;
    fs::write(&resolver, "nameserver 127.0.0.99\n")?;
    let mut with_files = Command::new("unshare");
    with_files.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    with_files.args(["--mount", "sh", "-c", WITH_FILES, "sh"]).args([&names, &resolver]);
    with_files.arg(command.get_program()).args(command.get_args());
    Ok((with_files, home))
}

fn run(hosts: &str, arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
    let (mut command, _home) = command(hosts, arguments)?;
    let output = command.stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
}

/// A failure here would show a name beside the wrong client, or send a name instead of the address to the server.
#[test]
fn host_names_stand_beside_the_addresses() -> Result<()> {
    if !own_network::inside("host_names_stand_beside_the_addresses")? {
        return Ok(());
    }
    let samba = Samba::start()?;
    let mut held = [samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?];
    fs::write(samba.share().join("plan.txt"), "x")?;
    held[0].open("plan.txt")?;
    let hosts = "127.0.0.1 localhost\n127.0.0.7 pc7.example.test pc7\n";
    let people = ["sessions", &*samba.name(), "--user", "alice", "--user", "bob"];
    let list = |flags: &[&str]| run(hosts, &[&people[..], flags].concat());
    let (code, plain, _) = list(&["--json"])?;
    ensure!(code == Some(0) && !plain.contains("host") && !plain.contains("pc7"), "{plain}");
    let (_, named, _) = list(&["--json", "--resolve"])?;
    let rows: Vec<Value> = serde_json::from_str(&named)?;
    let pairs: Vec<_> = rows.iter().map(|row| (row["client"].clone(), row["host"].clone())).collect();
    let expected = [("127.0.0.7".into(), "pc7.example.test".into()), ("127.0.0.8".into(), Value::Null)];
    ensure!(pairs == expected, "{pairs:?}");
    let (_, table, _) = list(&["--resolve"])?;
    ensure!(table.contains("HOST") && table.contains("127.0.0.7  pc7.example.test  alice"), "{table}");
    let (_, name, _) = list(&["--resolve", "-o", "name"])?;
    ensure!(name.starts_with("alice@127.0.0.7\n"), "{name}");
    let (_, sorted, _) = list(&["--resolve", "-o", "csv", "--columns", "host,user", "--sort", "host:desc"])?;
    ensure!(sorted == "host,user\r\npc7.example.test,alice\r\n,bob\r\n", "{sorted}");
    let (code, _, refused) = list(&["--columns", "host"])?;
    ensure!(code == Some(2) && refused.contains("needs --resolve"), "{refused}");
    let path = format!("//{}/data/plan.txt", samba.name());
    let (_, who, _) = run(hosts, &["who", &path, "--resolve", "-o", "jsonl"])?;
    let who: Value = serde_json::from_str(&who)?;
    ensure!(who["client"] == "127.0.0.7" && who["sessions"][0]["host"] == "pc7.example.test", "{who}");
    let (_, table, _) = run(hosts, &["who", &path, "--resolve"])?;
    ensure!(table.contains("127.0.0.7  pc7.example.test"), "{table}");
    let connections = ["connections", &*samba.name(), "--share", "data", "--resolve", "-o", "csv"];
    let (_, connections, _) = run(hosts, &connections)?;
    ensure!(connections.starts_with("server,share,client,host,user,"), "{connections}");
    let (_, totals, _) = list(&["--resolve", "--totals"])?;
    ensure!(totals.contains("pc7.example.test"), "{totals}");
    Ok(())
}

/// A failure here would show a person in the live view an address that nobody knows by heart.
#[test]
fn the_live_view_shows_and_filters_host_names() -> Result<()> {
    if !own_network::inside("the_live_view_shows_and_filters_host_names")? {
        return Ok(());
    }
    let samba = Samba::start()?;
    let _held = [samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?];
    let hosts = "127.0.0.1 localhost\n127.0.0.7 pc7.example.test\n";
    let (command, home) = command(hosts, &["top", &samba.name(), "--interval", "0.3", "--resolve"])?;
    let mut terminal = Terminal::start_other_sized(&command, home, (24, 100))?;
    terminal.wait_for_screen("the sessions", |screen| screen.contains("alice") && screen.contains("bob"))?;
    terminal.press("/pc7.example\r")?;
    let screen = terminal.wait_for_screen("the filter", |screen| screen.contains("1 match"))?;
    ensure!(screen.contains("alice") && screen.contains("127.0.0.7"), "{screen}");
    terminal.press("\r")?;
    terminal.wait_for_screen("the details", |screen| screen.contains("pc7.example.test"))?;
    terminal.press("qq")?;
    ensure!(terminal.finish()?.0 == Some(0));
    Ok(())
}

/// A failure here would let a dead resolver delay a listing by minutes, or make it fail.
#[test]
fn a_silent_resolver_takes_a_part_of_the_time_limit() -> Result<()> {
    if !own_network::inside("a_silent_resolver_takes_a_part_of_the_time_limit")? {
        return Ok(());
    }
    let silent = UdpSocket::bind("127.0.0.99:53")?;
    silent.set_nonblocking(true)?;
    let samba = Samba::start()?;
    let _held = [samba.hold_from("alice", 7)?, samba.hold_from("bob", 8)?];
    let list = ["sessions", &*samba.name(), "--user", "alice", "--user", "bob", "--timeout", "4", "--json"];
    let (code, plain, _) = run("", &list)?;
    ensure!(code == Some(0) && silent.recv(&mut [0; 512]).is_err(), "it asked the resolver: {plain}");
    let began = Instant::now();
    let (code, rows, stderr) = run("", &[&list[..], &["--resolve"]].concat())?;
    let took = began.elapsed();
    let rows: Vec<Value> = serde_json::from_str(&rows)?;
    ensure!(code == Some(0) && rows.len() == 2 && rows.iter().all(|row| row["host"].is_null()), "{rows:?}");
    ensure!(stderr.contains("HOST is not known for 2 addresses"), "{stderr}");
    ensure!(silent.recv(&mut [0; 512]).is_ok(), "it did not ask the resolver");
    // The resolver alone would take ten seconds for one address.
    ensure!(took.as_secs_f32() < 4.0, "{took:?}");
    Ok(())
}
