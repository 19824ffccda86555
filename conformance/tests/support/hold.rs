//! What the tests of holds share: a person with a journal, commands that run, and a client that reconnects.
#![allow(dead_code, reason = "each file of tests uses a part of this")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use netsession_conformance::raw_client::RawClient;
use netsession_conformance::{Embedded, Held, Netsession, PASSWORD, wait_until};
use netsession_server::Event;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// A user of this computer, with a journal and an authentication file.
pub(crate) struct Person {
    pub(crate) state: TempDir,
}

impl Person {
    pub(crate) fn new() -> Result<Self> {
        let state = TempDir::new()?;
        let file = state.path().join("login");
        std::fs::write(&file, format!("username = admin\npassword = {PASSWORD}\n"))?;
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(Self { state })
    }

    pub(crate) fn login(&self) -> PathBuf {
        self.state.path().join("login")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Netsession> {
        Ok(Netsession::bare()?.env("XDG_STATE_HOME", self.state.path()).args(arguments))
    }

    /// A run that logs on by the file, as an agent can, too.
    pub(crate) fn with_login(&self, arguments: &[&str]) -> Result<Netsession> {
        Ok(self.run(arguments)?.args([PathBuf::from("-A"), self.login()]))
    }

    pub(crate) fn holds(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        self.run(&[&["holds", "--json"], arguments].concat())?.run()?.expect_code(0)?.json()
    }

    /// Waits until one hold has this carrier, and returns it.
    pub(crate) fn carried_by(&self, program: &str) -> Result<Value> {
        wait_until(&format!("a hold that {program} carries on"), || {
            let found = self.holds(&[])?.into_iter().next();
            Ok(found.filter(|hold| text(hold, "carrier").starts_with(program)))
        })
    }

    /// Returns the rows of the journal, the newest first.
    pub(crate) fn journal(&self) -> Result<Vec<Value>> {
        self.run(&["journal", "--json"])?.run()?.expect_code(0)?.json()
    }

    pub(crate) fn release(&self, arguments: &[&str]) -> Result<()> {
        self.run(&[&["release"], arguments].concat())?.run()?.expect_code(0)?;
        Ok(())
    }
}

/// Waits until a session is ended. A client can be ended while it logs on, too.
pub(crate) fn wait_for_end(session: Result<Held>) -> Result<()> {
    match session {
        Ok(mut held) => wait_until("the session is ended", || Ok((!held.works()?).then_some(()))),
        Err(error) if format!("{error:#}").contains("NT_STATUS_USER_SESSION_DELETED") => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A process that runs until its end or a signal.
pub(crate) struct Running {
    child: Child,
    stderr: Option<JoinHandle<String>>,
    _home: TempDir,
}

impl Running {
    /// Starts a run, and waits for a line with `text` on stdout or stderr.
    pub(crate) fn start(run: Netsession, stream: Stream, text: &str) -> Result<Self> {
        let (mut command, home) = run.into_parts();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("no stdout")?;
        let stderr = child.stderr.take().context("no stderr")?;
        let (said, heard) = std::sync::mpsc::channel();
        let also = said.clone();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = said.send((Stream::Out, line));
            }
        });
        let stderr = thread::spawn(move || {
            let (mut all, mut reader) = (String::new(), BufReader::new(stderr));
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|length| length > 0) {
                all += &line;
                let _ = also.send((Stream::Err, std::mem::take(&mut line)));
            }
            let _ = reader.read_to_string(&mut all);
            all
        });
        let mut before = String::new();
        loop {
            let (from, line) = heard
                .recv_timeout(Duration::from_secs(30))
                .with_context(|| format!("{text:?} does not come after {before:?}"))?;
            if from == stream && line.contains(text) {
                return Ok(Self { child, stderr: Some(stderr), _home: home });
            }
            before += &line;
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)?)
    }

    /// Waits for the end, and returns the exit status and stderr.
    pub(crate) fn end(mut self) -> Result<(Option<i32>, String)> {
        let status = wait_until("the end of the process", || Ok(self.child.try_wait()?))?;
        let stderr = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        Ok((status.code(), stderr))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// Ends a process that a failed test leaves behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that connects again whenever it is disconnected.
pub(crate) struct Looping {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Looping {
    pub(crate) fn start(server: std::net::SocketAddr, user: &'static str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Ok(mut client) = RawClient::connect(server, user, "data") {
                    // Until the server closes the connection.
                    while !stopped.load(Ordering::Relaxed) && client.answer().is_ok() {}
                }
                // A pause of the client itself.
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Looping {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It ends with the server, which closes its connection.
        drop(self.thread.take());
    }
}

/// How long each session of a user lasted.
pub(crate) type Lasted = Arc<Mutex<Vec<Duration>>>;

pub(crate) fn measure(server: &Embedded, user: &'static str) -> Result<Lasted> {
    let lasted = Lasted::default();
    let (kept, began) = (Arc::clone(&lasted), Mutex::new(std::collections::BTreeMap::new()));
    server.server()?.on_event(move |event| {
        let mut began = began.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::SessionStarted(session) if session.user() == user => {
                began.insert(Arc::as_ptr(session) as usize, Instant::now());
            }
            Event::SessionEnded(session, _) => {
                if let Some(began) = began.remove(&(Arc::as_ptr(session) as usize)) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(began.elapsed());
                }
            }
            _ => {}
        }
    });
    Ok(lasted)
}

pub(crate) fn count(lasted: &Lasted) -> usize {
    lasted.lock().unwrap_or_else(PoisonError::into_inner).len()
}

pub(crate) fn is_connected(server: &Embedded, user: &str) -> Result<bool> {
    Ok(server.who()?.iter().any(|(_, connected)| connected == user))
}

pub(crate) fn wait_for_user(server: &Embedded, user: &str, connected: bool) -> Result<()> {
    wait_until(&format!("{user} connected: {connected}"), || {
        Ok((is_connected(server, user)? == connected).then_some(()))
    })
}

/// Another program that writes to the database of the holds all the time, over a new connection each time.
pub(crate) struct Writing {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Writing {
    pub(crate) fn start(database: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let write = move || -> rusqlite::Result<()> {
            let connection = rusqlite::Connection::open(&database)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS other (n); BEGIN IMMEDIATE; INSERT INTO other VALUES (1); COMMIT",
            )
        };
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                // The database may not exist yet.
                let _ = write();
                // SQLite hands the lock to nobody: without a pause others would wait for seconds.
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
