//! [`Prometheus`]: a private Prometheus server for one test.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::guard::Guard;
use crate::wait_until;

/// A running server. Dropping it ends the server, and removes its data.
#[derive(Debug)]
pub struct Prometheus {
    server: Child,
    address: SocketAddr,
    guard: Guard,
}

impl Prometheus {
    /// Starts a server with this configuration, in YAML, and waits until it answers.
    ///
    /// # Errors
    /// Prometheus is not installed, or refuses the configuration.
    pub fn start(configuration: &str) -> Result<Self> {
        let guard = Guard::new("netsession-prometheus-")?;
        let folder = guard.folder().to_owned();
        let file = folder.join("prometheus.yml");
        fs::write(&file, configuration)?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = File::create(folder.join("log"))?;
        let mut server = Command::new("prometheus");
        server.current_dir(&folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        server.arg(format!("--config.file={}", file.display()));
        server.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        server.arg(format!("--web.listen-address={address}"));
        let server = server.spawn().context("prometheus is not installed")?;
        let mut new = Self { server, address, guard };
        wait_until("Prometheus answers", || {
            if let Some(status) = new.server.try_wait()? {
                bail!("Prometheus ended: {status}: {}", new.log()?);
            }
            Ok(new.get("/-/ready").is_ok().then_some(()))
        })?;
        Ok(new)
    }

    fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.guard.folder().join("log"))?)
    }

    /// Returns the values of a query, each with its labels.
    ///
    /// # Errors
    /// The server refuses the query.
    pub fn query(&self, query: &str) -> Result<Vec<(Value, String)>> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer: Value = serde_json::from_str(&self.get(&format!("/api/v1/query?query={encoded}"))?)?;
        let results = answer.pointer("/data/result").and_then(Value::as_array);
        let results = results.with_context(|| format!("{query}: {answer}"))?;
        let of = |result: &Value| {
            let value = result.pointer("/value/1").and_then(Value::as_str).unwrap_or_default();
            (result.get("metric").cloned().unwrap_or_default(), value.to_owned())
        };
        Ok(results.iter().map(of).collect())
    }

    /// Returns the data of a page of the API, such as `rules`.
    ///
    /// # Errors
    /// The server does not know the page.
    pub fn page(&self, name: &str) -> Result<Value> {
        let answer: Value = serde_json::from_str(&self.get(&format!("/api/v1/{name}"))?)?;
        Ok(answer.get("data").cloned().unwrap_or_default())
    }

    /// Returns the body of an answer.
    fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        // HTTP/1.0 has no chunks.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: prometheus\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no body")?;
        ensure!(head.split(' ').nth(1) == Some("200"), "{path}: {answer}");
        Ok(body.to_owned())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Returns a text of YAML in quotes.
#[must_use]
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}
