//! `--watch SECONDS`: the events of sessions, files and servers as they happen.
#![cfg(test)]
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use netsession_conformance::{Embedded, Netsession, Samba, Serve, wait_until};
use netsession_server::Event;
use serde_json::Value;
use tempfile::TempDir;

/// A running `netsession ... --watch`, whose events arrive one after the other.
struct Watching {
    child: Child,
    lines: Receiver<String>,
    _home: TempDir,
}

impl Watching {
    fn start(run: Netsession) -> Result<Self> {
        let (mut command, home) = run.into_parts();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().context("no output")?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        Ok(Self { child, lines, _home: home })
    }

    /// Waits for an event that has these values, and returns it.
    fn wait_for(&self, wanted: &[(&str, &str)]) -> Result<Value> {
        let [event] = self.wait_for_each([wanted])?;
        Ok(event)
    }

    /// Waits for events that have these values, in any order: servers answer when they can.
    fn wait_for_each<const N: usize>(&self, wanted: [&[(&str, &str)]; N]) -> Result<[Value; N]> {
        let mut found: [Value; N] = std::array::from_fn(|_| Value::Null);
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { bail!("no {wanted:?} in {seen:#?}") };
            let event: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
            let is = |(pointer, expected): &(&str, &str)| {
                event.pointer(pointer).and_then(Value::as_str) == Some(expected)
            };
            for (found, wanted) in found.iter_mut().zip(wanted) {
                if found.is_null() && wanted.iter().all(is) {
                    *found = event.clone();
                }
            }
            if !found.iter().any(Value::is_null) {
                return Ok(found);
            }
            seen.push(line);
        }
    }

    fn wait_for_end(mut self) -> Result<Option<i32>> {
        Ok(wait_until("the end", || Ok(self.child.try_wait()?))?.code())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn watch(command: &[&str]) -> Result<Watching> {
    Watching::start(Netsession::admin()?.args(command).args(["--watch", "0.2", "--json"]))
}

fn session(event: &'static str, user: &'static str) -> [(&'static str, &'static str); 3] {
    [("/event", event), ("/kind", "session"), ("/row/user", user)]
}

/// A failure here would hide from a monitor that a user came, opened a file, or left, or that a server is down.
#[test]
fn sessions_and_servers_come_and_go_as_events() -> Result<()> {
    let (steady, first) = (Embedded::start()?, Embedded::start()?);
    let port = first.address()?;
    std::fs::write(first.share().join("report.txt"), "x")?;
    let _old = steady.hold_from("carol", 9)?;
    let watching = watch(&["sessions", &steady.name()?, &port.to_string()])?;
    let server = port.to_string();
    let up = [("/event", "server_up"), ("/server", server.as_str())];
    let [carol, _] = watching.wait_for_each([&session("came", "carol"), &up])?;
    assert_eq!(carol.pointer("/initial"), Some(&Value::Bool(true)), "{carol}");
    assert_eq!(carol.pointer("/row/client").and_then(Value::as_str), Some("127.0.0.9"));

    let mut alice = first.hold_from("alice", 7)?;
    let came = watching.wait_for(&session("came", "alice"))?;
    assert_eq!(came.pointer("/initial"), Some(&Value::Bool(false)), "{came}");
    alice.open("report.txt")?;
    let changed = watching.wait_for(&session("changed", "alice"))?;
    let opens = |row: &str| changed.pointer(row).and_then(Value::as_u64);
    assert!(opens("/row/opens") > opens("/before/opens"), "{changed}");
    drop(alice);
    watching.wait_for(&session("gone", "alice"))?;

    drop(first);
    let down = watching.wait_for(&[("/event", "server_down"), ("/server", &port.to_string())])?;
    assert!(down.pointer("/error").is_some_and(Value::is_string), "{down}");
    assert!(down.pointer("/retry_secs").is_some_and(Value::is_u64), "{down}");
    let _again = Embedded::start_with(|builder| builder.listen(port))?;
    watching.wait_for(&[("/event", "server_up"), ("/server", &port.to_string())])?;
    Ok(())
}

/// A failure here would watch something else than the command lists.
#[test]
fn files_shares_and_connections_have_events_too() -> Result<()> {
    let samba = Samba::start()?;
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let name = samba.name();
    let files = watch(&["files", &name])?;
    let shares = watch(&["shares", &name])?;
    let connections = watch(&["connections", &name, "--share", "data"])?;
    files.wait_for(&[("/event", "server_up")])?;
    shares.wait_for(&[("/event", "came"), ("/kind", "share"), ("/row/name", "data")])?;
    connections.wait_for(&[("/event", "server_up")])?;
    let mut alice = samba.hold_from("alice", 7)?;
    alice.open("report.txt")?;
    let file = files.wait_for(&[("/event", "came"), ("/kind", "file"), ("/row/user", "alice")])?;
    assert!(file.pointer("/row/path").and_then(Value::as_str).is_some_and(|it| it.ends_with("report.txt")));
    connections.wait_for(&[("/event", "came"), ("/kind", "connection"), ("/row/share", "data")])?;
    drop(alice);
    files.wait_for(&[("/event", "gone"), ("/kind", "file"), ("/row/user", "alice")])?;
    connections.wait_for(&[("/event", "gone"), ("/kind", "connection")])?;
    Ok(())
}

/// A failure here would lock the administrator's account with a wrong password, or wait forever for servers that will
/// not be tried again.
#[test]
fn a_refused_login_is_sent_once() -> Result<()> {
    let servers = [Embedded::start()?, Embedded::start()?, Embedded::start()?];
    let failures = Arc::new(AtomicUsize::new(0));
    for server in &servers {
        let failures = Arc::clone(&failures);
        server.server()?.on_event(move |event| {
            if matches!(event, Event::LogonFailed(..)) {
                failures.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let names = servers.iter().map(Embedded::name).collect::<Result<Vec<_>>>()?;
    let run = Netsession::bare()?.env("NETSESSION_PASSWORD", "wrong").args(["sessions", "-U", r"LAB\admin"]);
    let watching = Watching::start(run.args(&names).args(["--watch", "0.1", "--json"]))?;
    for _ in &servers {
        let down = watching.wait_for(&[("/event", "server_down")])?;
        assert_eq!(down.pointer("/retry_secs"), Some(&Value::Null), "{down}");
    }
    assert_eq!(watching.wait_for_end()?, Some(1));
    assert_eq!(failures.load(Ordering::Relaxed), 1);
    Ok(())
}

/// A failure here would leave a process behind that nobody reads, or that ignores Ctrl-C.
#[test]
fn a_closed_pipe_and_an_interrupt_end_it() -> Result<()> {
    let server = Embedded::start()?;
    let run = Netsession::admin()?.args(["sessions", &server.name()?, "--watch", "0.1"]);
    let (mut command, _home) = run.into_parts();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut first = String::new();
    BufReader::new(child.stdout.take().context("no output")?).read_line(&mut first)?;
    assert!(first.contains("up") && first.contains(&server.name()?), "{first}");
    let _alice = server.hold_from("alice", 7)?;
    assert!(wait_until("the end", || Ok(child.try_wait()?))?.success());

    let watching = watch(&["sessions", &server.name()?])?;
    watching.wait_for(&session("came", "alice"))?;
    let pid = nix::unistd::Pid::from_raw(watching.child.id().try_into()?);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT)?;
    assert_eq!(watching.wait_for_end()?, None, "a signal ended it");
    Ok(())
}

/// A server of this computer that keeps its port over a restart.
struct Restarted {
    folder: TempDir,
    port: String,
    serve: Option<Serve>,
}

impl Restarted {
    fn start(password: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        let runtime = folder.path().join("run");
        std::fs::create_dir(&runtime)?;
        std::fs::set_permissions(&runtime, PermissionsExt::from_mode(0o700))?;
        let mut this = Self { folder, port: String::new(), serve: None };
        let serve = this.serve(password, "127.0.0.1:0")?;
        this.port = serve.address().to_string();
        this.serve = Some(serve);
        Ok(this)
    }

    fn serve(&self, password: &str, address: &str) -> Result<Serve> {
        let users = self.folder.path().join("users");
        std::fs::write(&users, format!("adm:{password}\n"))?;
        std::fs::set_permissions(&users, PermissionsExt::from_mode(0o600))?;
        let (data, users) = (self.folder.path().join("data"), users.display().to_string());
        std::fs::create_dir_all(&data)?;
        let data = data.display().to_string();
        let arguments = [data.as_str(), "--users-file", &users, "--admin", "adm"];
        Serve::start_at(address, &self.folder.path().join("run"), &arguments, &[])
    }

    /// Watches the sessions until it is down, and starts it again.
    fn watch_over_a_restart(&mut self, login: &[&str], password: &str) -> Result<Watching> {
        let serve = self.serve.take().context("it does not run")?;
        let run =
            serve.command()?.env("NETSESSION_PASSWORD", "one").args(["sessions", &self.port]).args(login);
        let watching = Watching::start(run.args(["--watch", "0.2", "--json"]))?;
        watching.wait_for(&[("/event", "server_up")])?;
        serve.stop_now()?;
        watching.wait_for(&[("/event", "server_down")])?;
        self.serve = Some(self.serve(password, &self.port)?);
        Ok(watching)
    }
}

/// A failure here would let a monitor wait for a server that nobody asks any more.
#[test]
fn a_login_that_is_refused_after_a_restart_is_an_event() -> Result<()> {
    let mut server = Restarted::start("one")?;
    let watching = server.watch_over_a_restart(&["-U", "adm"], "two")?;
    let refused = watching.wait_for(&[("/event", "server_down")])?;
    let refused = match refused.pointer("/retry_secs") {
        Some(Value::Null) => refused,
        // The server was still down at another attempt.
        _ => watching.wait_for(&[("/event", "server_down")])?,
    };
    assert_eq!(refused.pointer("/retry_secs"), Some(&Value::Null), "{refused}");
    let error = refused.pointer("/error").and_then(Value::as_str).context("no error")?;
    assert!(error.contains("LOGON_FAILURE"), "{error}");
    assert_eq!(watching.wait_for_end()?, Some(1));
    Ok(())
}

/// A failure here would leave a process behind for each `netsession ... --watch | head` at a quiet server.
#[test]
fn a_reader_that_is_gone_ends_the_command() -> Result<()> {
    let server = Embedded::start()?;
    let run = Netsession::admin()?.args(["sessions", &server.name()?, "--watch", "0.2", "--json"]);
    let (mut command, _home) = run.into_parts();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    lines.next().context("no event")??;
    drop(lines);
    let status = wait_until("the end", || Ok(child.try_wait()?));
    let _ = child.kill();
    assert_eq!(status?.code(), Some(0));
    Ok(())
}

/// A failure here would lose sight of the user's own server at each restart, because its login is another one then.
#[test]
fn the_own_server_is_watched_over_a_restart() -> Result<()> {
    let mut server = Restarted::start("one")?;
    let watching = server.watch_over_a_restart(&[], "one")?;
    watching.wait_for(&[("/event", "server_up")])?;
    Ok(())
}
