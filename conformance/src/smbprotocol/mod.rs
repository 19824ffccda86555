//! [`Smbprotocol`]: the Python client smbprotocol, which `cargo xtask test` installs from PyPI beside impacket.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::impacket::python;

/// The time limit for an answer.
const LIMIT: Duration = Duration::from_secs(60);

/// Running lines of Python. Dropping this kills them.
#[derive(Debug)]
pub struct Smbprotocol {
    child: Child,
    input: ChildStdin,
    told: Receiver<String>,
}

impl Smbprotocol {
    /// Starts lines of Python that use the server's share `data`. `prelude.py` has the functions for these lines.
    ///
    /// # Errors
    /// smbprotocol is not installed.
    pub fn start(server: SocketAddr, lines: &str) -> Result<Self> {
        let script = format!("{}\n{lines}\n", include_str!("prelude.py"));
        let mut command = python(server)?;
        command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let input = child.stdin.take().context("no input")?;
        let output = child.stdout.take().context("no output")?;
        let told = crate::lines(output);
        Ok(Self { child, input, told })
    }

    /// Returns the next value that the lines `tell`.
    ///
    /// # Errors
    /// The lines fail first, or `tell` nothing in time.
    pub fn told(&mut self) -> Result<Value> {
        match self.told.recv_timeout(LIMIT) {
            Ok(line) => serde_json::from_str(&line).with_context(|| format!("what smbprotocol told: {line}")),
            Err(_) => {
                let _ = self.child.kill();
                let mut why = String::new();
                self.child.stderr.take().context("no errors")?.read_to_string(&mut why)?;
                bail!("smbprotocol: {why}")
            }
        }
    }

    /// Ends a `wait` of the lines.
    ///
    /// # Errors
    /// The lines have ended.
    pub fn resume(&mut self) -> Result<()> {
        Ok(writeln!(self.input)?)
    }
}

impl Drop for Smbprotocol {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
