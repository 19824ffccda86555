//! [`Serve`]: `netsession serve` as a program, for commands that find the server themselves.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{Netsession, wait_until};

/// How long it may take over a line.
const LIMIT: Duration = Duration::from_secs(20);

/// A running `netsession serve`. Dropping it kills it, so that it cannot clean up.
#[derive(Debug)]
pub struct Serve {
    child: Child,
    lines: Receiver<String>,
    address: SocketAddr,
    runtime: PathBuf,
    passwords: Option<PathBuf>,
    _home: TempDir,
}

impl Serve {
    /// Starts it on a free port for the users whose runtime directory is `runtime`, and waits until it listens.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(runtime: &Path, arguments: &[&str]) -> Result<Self> {
        let run = Netsession::bare()?.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let (mut command, home) = run.env("XDG_RUNTIME_DIR", runtime).into_parts();
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("starting serve")?;
        let output = child.stdout.take().context("no output")?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let (mut address, mut passwords) = (None, None);
        loop {
            let line: String = lines.recv_timeout(LIMIT).context("it does not say that it listens")?;
            if let Some(text) = line.strip_prefix("Listening on ") {
                address = Some(text.parse()?);
            }
            if let Some((path, _)) =
                line.strip_prefix("Generated passwords: ").and_then(|it| it.split_once(" ("))
            {
                passwords = Some(path.into());
            }
            if line.starts_with("Press Ctrl-C") {
                break;
            }
        }
        let address = address.context("it does not say where it listens")?;
        Ok(Self { child, lines, address, runtime: runtime.to_owned(), passwords, _home: home })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The file of generated passwords.
    #[must_use]
    pub fn passwords(&self) -> Option<&Path> {
        self.passwords.as_deref()
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A command of the same user.
    ///
    /// # Errors
    /// As [`Netsession::bare`].
    pub fn command(&self) -> Result<Netsession> {
        Ok(Netsession::bare()?.env("XDG_RUNTIME_DIR", &self.runtime))
    }

    /// Waits for a line of its output that contains `text`.
    ///
    /// # Errors
    /// It does not come.
    pub fn wait_for(&self, text: &str) -> Result<String> {
        loop {
            let line = self.lines.recv_timeout(LIMIT).with_context(|| format!("{text:?} does not come"))?;
            if line.contains(text) {
                return Ok(line);
            }
        }
    }

    /// Asks it to stop, as Ctrl-C does, and waits for the end: its exit status.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop(mut self) -> Result<Option<i32>> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().context("kill")?;
        let status = wait_until("the end of serve", || Ok(self.child.try_wait()?))?;
        Ok(status.code())
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
