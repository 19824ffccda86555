//! [`Pages`]: `netsession reference` as a program.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::Netsession;
use crate::browser::{Answer, request};

/// A running `netsession reference`. Dropping it ends the process.
#[derive(Debug)]
pub struct Pages {
    child: Child,
    address: SocketAddr,
    _home: TempDir,
}

impl Pages {
    /// Starts the server on a free port, and waits until it listens.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start() -> Result<Self> {
        let (mut command, home) = Netsession::bare()?.args(["reference"]).into_parts();
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("starting reference")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address =
            line.trim().strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')?.parse().ok());
        let address = address.with_context(|| format!("it does not say where it listens: {line:?}"));
        if address.is_err() {
            let _ = child.kill();
        }
        Ok(Self { child, address: address?, _home: home })
    }

    /// The address of a page.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Requests a path, exactly as written, with more headers.
    ///
    /// # Errors
    /// The server does not respond.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        request(self.address, method, path, headers, "")
    }

    /// Requests a path, and returns the body as text.
    ///
    /// # Errors
    /// The server does not respond.
    pub fn get(&self, path: &str) -> Result<String> {
        Ok(self.ask("GET", path, &[])?.text())
    }

    /// The process.
    pub fn process(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
