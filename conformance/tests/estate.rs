//! A thousand servers in one command, and ten thousand: some are dead, some never answer, and some answer late.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::estate::{Kinds, LATE};
use netsession_conformance::{Estate, Netsession, Samba, wait_until};
use netsession_server::testing::add_session;
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(20);

/// A running `netsession sessions --user alice` of many servers.
struct Listing {
    child: Child,
    rows: Receiver<Value>,
    began: Instant,
    home: tempfile::TempDir,
}

impl Listing {
    fn start(servers: &[String], limit: Duration, most_files: Option<u32>) -> Result<Self> {
        let run = Netsession::admin()?;
        let list = run.home().join("servers");
        fs::write(&list, servers.join("\n"))?;
        let seconds = limit.as_secs().to_string();
        let arguments =
            ["sessions", "--user", "alice", "-o", "jsonl", "--timeout", &seconds, "--servers-from"];
        let (command, home) = run.args(arguments).args([&list]).into_parts();
        let mut command = match most_files {
            None => command,
            Some(most) => limited(&command, &format!("-n {most}")),
        };
        command.stdout(Stdio::piped()).stderr(fs::File::create(home.path().join("stderr"))?);
        let began = Instant::now();
        let mut child = command.spawn()?;
        let rows = rows(child.stdout.take().context("no output")?);
        Ok(Self { child, rows, began, home })
    }

    /// Returns the next rows as the command prints them.
    fn next(&self, count: usize) -> Result<Vec<Value>> {
        let row =
            |_| self.rows.recv_timeout(Duration::from_secs(120)).context("the command prints no more rows");
        (0..count).map(row).collect()
    }

    /// Returns the number of its descriptors; `None` if only root can count them.
    fn descriptors(&self) -> Result<Option<usize>> {
        match fs::read_dir(format!("/proc/{}/fd", self.child.id())) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(None),
            entries => Ok(Some(entries?.count())),
        }
    }

    /// Returns the most memory so far, in MiB.
    fn peak_memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1_024)
    }

    /// Waits for the end, and returns the exit status, the time, the other rows and the messages.
    fn finish(mut self) -> Result<(Option<i32>, Duration, Vec<Value>, String)> {
        let rows = self.rows.iter().collect();
        let code = self.child.wait()?.code();
        let stderr = fs::read_to_string(self.home.path().join("stderr"))?;
        Ok((code, self.began.elapsed(), rows, stderr))
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        // A command that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the same command with a limit of open files, as flags of `ulimit`.
fn limited(command: &Command, limit: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.args(["-c", &format!("ulimit {limit} && exec \"$@\""), "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell
}

/// Reads the lines of JSON as they arrive.
fn rows(output: ChildStdout) -> Receiver<Value> {
    let (sender, rows) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let Ok(row) = serde_json::from_str(&line.unwrap_or_default()) else { break };
            if sender.send(row).is_err() {
                break;
            }
        }
    });
    rows
}

/// Starts the servers, at each of which alice is logged on.
fn start(kinds: Kinds) -> Result<Estate> {
    let estate = Estate::start(kinds)?;
    let client = IpAddr::from(Ipv4Addr::new(10, 0, 0, 5));
    ensure!(add_session(estate.server.server()?, client, "alice"), "no alice");
    Ok(estate)
}

/// Counts the errors by what they say about the server.
fn errors(stderr: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for line in stderr.lines().filter(|line| line.starts_with("error:")) {
        let kinds = ["refused", "did not answer"];
        let kind = kinds.into_iter().find(|kind| line.contains(kind)).unwrap_or(line);
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

/// Checks that each server that answers has one row.
fn check_rows(rows: &[Value], expected: usize) -> Result<()> {
    let mut servers: Vec<_> = rows.iter().map(|row| row["server"].as_str().unwrap_or_default()).collect();
    servers.sort_unstable();
    servers.dedup();
    ensure!(servers.len() == expected && rows.len() == expected, "{} of {expected} rows", rows.len());
    ensure!(rows.iter().all(|row| row["user"] == "alice"));
    Ok(())
}

/// A failure here would leave an administrator without the answers of the good servers until the last bad one has timed
/// out, or use up the descriptors and the memory of the computer.
#[test]
fn a_thousand_servers_answer_as_they_can() -> Result<()> {
    let sambas = [Samba::start()?, Samba::start()?, Samba::start()?];
    let _held = sambas.iter().map(|samba| samba.hold_from("alice", 7)).collect::<Result<Vec<_>>>()?;
    let kinds = Kinds { good: 920 - sambas.len(), dead: 50, silent: 20, late: 10 };
    let estate = start(kinds)?;
    let mut servers = estate.names.clone();
    for (place, samba) in [0, 500, 990].into_iter().zip(&sambas) {
        servers.insert(place, samba.name());
    }
    ensure!(servers.len() == 1_000);

    let listing = Listing::start(&servers, LIMIT, None)?;
    let early = listing.next(920)?;
    // How long the logons take depends on the machine.
    let answered = listing.began.elapsed();
    check_rows(&early, 920)?;
    let late = listing.next(kinds.late)?;
    let took = listing.began.elapsed();
    ensure!(took >= LATE && took < LIMIT, "the silent servers delay the answers: {took:?}");
    // Only the silent servers are left.
    let descriptors = wait_until("every other connection to close", || {
        let Some(count) = listing.descriptors()? else { return Ok(Some(None)) };
        Ok((count <= kinds.silent + 16).then_some(Some(count)))
    })?;
    ensure!(estate.open_at_silent() == kinds.silent, "{} are waited for", estate.open_at_silent());
    let memory = listing.peak_memory()?;
    let (code, took, rest, stderr) = listing.finish()?;
    eprintln!(
        "{took:.2?} with {answered:.2?} for the good servers, {memory} MiB, {descriptors:?} descriptors"
    );
    ensure!(memory < 100, "{memory} MiB");
    ensure!(took <= LIMIT + LIMIT / 10 + answered, "{took:?} {answered:?}");
    ensure!(code == Some(4) && rest.is_empty(), "{code:?} {rest:?}");
    check_rows(&[early, late].concat(), 930)?;
    ensure!(errors(&stderr) == [("did not answer", 20), ("refused", 50)].into(), "{:?}", errors(&stderr));
    let until = |what, is_so: &dyn Fn() -> Result<bool>| wait_until(what, || Ok(is_so()?.then_some(())));
    until("the silent servers' connections to close", &|| Ok(estate.open_at_silent() == 0))?;
    until("netsession's sessions to end", &|| Ok(estate.server.who()?.len() == 1))
}

/// A failure here would report good servers as unreachable because the command ran out of descriptors, or take a time
/// limit for each of many silent servers.
#[test]
#[ignore = "asks ten thousand servers, which takes a minute: cargo xtask test --full"]
fn ten_thousand_servers_answer_with_few_descriptors() -> Result<()> {
    let kinds = Kinds { good: 9_200, dead: 500, silent: 200, late: 100 };
    let estate = start(kinds)?;
    let listing = Listing::start(&estate.names, LIMIT, Some(256))?;
    let mut rows = listing.next(kinds.good / 2)?;
    let descriptors = listing.descriptors()?;
    ensure!(descriptors.is_none_or(|count| count < 256), "{descriptors:?}");
    rows.extend(listing.next(kinds.good + kinds.late - rows.len())?);
    // How long the logons take depends on the machine.
    let answered = listing.began.elapsed();
    let memory = listing.peak_memory()?;
    let (code, took, rest, stderr) = listing.finish()?;
    eprintln!("{took:.2?}, {memory} MiB");
    ensure!(memory < 100, "{memory} MiB");
    ensure!(code == Some(4) && rest.is_empty(), "{code:?} {rest:?}");
    check_rows(&rows, kinds.good + kinds.late)?;
    ensure!(errors(&stderr) == [("did not answer", 200), ("refused", 500)].into(), "{:?}", errors(&stderr));
    // The silent servers share what the limit leaves: three rounds at most.
    ensure!(took <= 4 * LIMIT + answered, "{took:?} {answered:?}");
    wait_until("netsession's sessions to end", || Ok((estate.server.who()?.len() == 1).then_some(())))
}

/// A failure here would end the sessions at some servers only, and call the other servers unreachable because the command ran out of
/// descriptors.
#[test]
fn end_refuses_more_servers_than_it_can_stay_connected_to() -> Result<()> {
    let estate = start(Kinds { good: 100, dead: 0, silent: 0, late: 0 })?;
    let end = |limit: &str| -> Result<(Option<i32>, String)> {
        let run = Netsession::admin()?.args(["end", "--user", "alice", "--yes"]).args(&estate.names);
        let (command, _home) = run.into_parts();
        let output = limited(&command, limit).output()?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let (code, stderr) = end("-n 64")?;
    ensure!(
        code == Some(2) && stderr.contains("to each of 100 servers would stay open"),
        "{code:?} {stderr}"
    );
    ensure!(estate.server.who()?.len() == 1, "alice is still there");
    // The command may raise a limit of its own.
    let (code, stderr) = end("-S -n 64")?;
    ensure!(matches!(code, Some(0 | 4)) && !stderr.contains("Too many open files"), "{code:?} {stderr}");
    ensure!(estate.server.who()?.is_empty(), "alice is gone");
    Ok(())
}
