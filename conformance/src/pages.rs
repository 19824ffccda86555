//! [`Pages`]: `netsession reference` as a program.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::Netsession;
use crate::browser::{Answer, request};

/// A running `netsession reference`; it goes when this is dropped.
#[derive(Debug)]
pub struct Pages {
    child: Child,
    address: SocketAddr,
    _home: TempDir,
}

impl Pages {
    /// Starts it on a free port and waits until it listens.
    ///
    /// # Errors
    /// It does not start.
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

    /// Asks for a path, which goes as it is written, with more headers.
    ///
    /// # Errors
    /// It does not answer.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        request(self.address, method, path, headers, "")
    }

    /// Asks for a path and gives what is answered as text.
    ///
    /// # Errors
    /// It does not answer.
    pub fn get(&self, path: &str) -> Result<String> {
        Ok(self.ask("GET", path, &[])?.text())
    }

    /// Its process.
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
