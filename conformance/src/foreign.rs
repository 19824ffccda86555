//! [`Foreign`]: a client of another project that copies a file to the share and back, is ended, and comes back. Its program is in
//! `programs/clients/`.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::languages::programs;
use crate::lines;
use crate::samba::PASSWORD;

/// The time limit for a line of output.
const LIMIT: Duration = Duration::from_secs(120);

/// The bytes that the client copies.
const SIZE: usize = 1_000_000;

/// A running client. Dropping it kills it.
#[derive(Debug)]
pub struct Foreign {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    folder: TempDir,
}

impl Foreign {
    /// Starts a program of `programs/clients/` as alice, in a folder that has the file `local.bin`.
    ///
    /// # Errors
    /// The interpreter is not installed.
    pub fn start(server: SocketAddr, mut interpreter: Command, program: &str) -> Result<Self> {
        let folder = TempDir::with_prefix("netsession-foreign-")?;
        let bytes: Vec<u8> = (0..=250).cycle().take(SIZE).collect();
        fs::write(folder.path().join("local.bin"), bytes)?;
        let clients = programs().join("clients");
        let mut child = interpreter
            .arg(clients.join(program))
            .current_dir(&folder)
            .env("CLIENTS", &clients)
            .env("SERVER", server.ip().to_string())
            .env("PORT", server.port().to_string())
            .env("SECRET", PASSWORD)
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.path().join("errors"))?)
            .spawn()
            .with_context(|| format!("{interpreter:?}"))?;
        let input = child.stdin.take().context("no input")?;
        let output = child.stdout.take().context("no output")?;
        let lines = lines(output);
        Ok(Self { child, input, lines, folder })
    }

    /// Waits until the client has copied the file to `copied.bin` in `share` and back, and compares them.
    ///
    /// # Errors
    /// The client fails, does not list the file, or a copy differs.
    pub fn copies(&self, share: &Path) -> Result<()> {
        let listed = self.until("ready")?;
        ensure!(listed.iter().any(|line| line.contains("copied.bin")), "it lists {listed:?}");
        let local = fs::read(self.folder.path().join("local.bin"))?;
        ensure!(fs::read(share.join("copied.bin"))? == local, "the file in the share differs");
        ensure!(fs::read(self.folder.path().join("back.bin"))? == local, "the copy that came back differs");
        Ok(())
    }

    /// Lets the client go on after its session was ended, and waits until it has come back.
    ///
    /// # Errors
    /// It does not come back.
    pub fn comes_back(&mut self) -> Result<()> {
        writeln!(self.input)?;
        self.until("back").map(drop)
    }

    /// Returns the lines before this one.
    fn until(&self, last: &str) -> Result<Vec<String>> {
        let mut before = Vec::new();
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) if line == last => return Ok(before),
                Ok(line) => before.push(line),
                Err(_) => {
                    let errors = fs::read_to_string(self.folder.path().join("errors"))?;
                    bail!("no {last:?}: {}\n{errors}", before.join("\n"));
                }
            }
        }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
