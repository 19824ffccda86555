//! [`Netsession`] runs the command under test; [`Outcome`] is its exit status and output.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::output;
use crate::samba::{ADMIN, PASSWORD};

/// The time limit of a run; a longer run fails as hanging.
const LIMIT: Duration = Duration::from_secs(120);

/// One run of the command, without the configuration of the machine and without a terminal.
#[derive(Debug)]
pub struct Netsession {
    command: Command,
    home: TempDir,
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The exit status; `None` if a signal ended the command.
    pub code: Option<i32>,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
    /// The wall time.
    pub elapsed: Duration,
}

impl Netsession {
    /// Returns a run without a login.
    ///
    /// # Errors
    /// The folder for the empty configuration cannot be made.
    pub fn bare() -> Result<Self> {
        let home = TempDir::new()?;
        let mut command = Command::new(binary()?);
        command
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"))
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .env("XDG_RUNTIME_DIR", home.path())
            .stdin(Stdio::null());
        Ok(Self { command, home })
    }

    /// A run as `user`, with the password of all users of private servers.
    ///
    /// # Errors
    /// As [`Netsession::bare`].
    pub fn login(user: &str) -> Result<Self> {
        Ok(Self::bare()?.env("NETSESSION_PASSWORD", PASSWORD).args(["-U", user]))
    }

    /// Returns a run as the administrator.
    ///
    /// # Errors
    /// As [`Netsession::bare`].
    pub fn admin() -> Result<Self> {
        Self::login(ADMIN)
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Starts the command as `nohup` does, which ignores SIGHUP.
    #[must_use]
    pub fn without_hangup(mut self) -> Self {
        let mut command = Command::new("nohup");
        command
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .stdin(Stdio::null());
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.command = command;
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the standard input.
    ///
    /// # Errors
    /// The file for the text cannot be written.
    pub fn stdin(mut self, text: &str) -> Result<Self> {
        let path = self.home.path().join("stdin");
        std::fs::write(&path, text)?;
        self.command.stdin(std::fs::File::open(path)?);
        Ok(self)
    }

    /// The home folder: the command reads `config/netsession/config.toml` in it.
    #[must_use]
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    /// The command does not start, hangs, or panics.
    pub fn run(mut self) -> Result<Outcome> {
        let start = Instant::now();
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.spawn().context("starting netsession")?;
        let outcome = finish(child, start)?;
        ensure!(!outcome.stderr.contains("panicked"), "netsession panicked: {}", outcome.stderr);
        Ok(outcome)
    }

    /// Returns the command, for another runner, and the folder that it needs.
    #[must_use]
    pub fn into_parts(self) -> (Command, TempDir) {
        (self.command, self.home)
    }
}

impl Outcome {
    /// Returns the array that `--json` printed.
    ///
    /// # Errors
    /// The output is not an array in JSON.
    pub fn json(&self) -> Result<Vec<Value>> {
        serde_json::from_str(&self.stdout).with_context(|| format!("not an array of JSON: {self:?}"))
    }

    /// Returns the only element of that array.
    ///
    /// # Errors
    /// As [`Outcome::json`], or the array does not have exactly one element.
    pub fn one(&self) -> Result<Value> {
        let [value] = <[Value; 1]>::try_from(self.json()?)
            .map_err(|values| anyhow::anyhow!("{} elements: {self:?}", values.len()))?;
        Ok(value)
    }

    /// Returns the sessions of a `sessions --json` as (client, user), sorted, without netsession's own.
    ///
    /// # Errors
    /// As [`Outcome::json`].
    pub fn who(&self) -> Result<Vec<(String, String)>> {
        Ok(who(&self.json()?))
    }

    /// Returns the outcome if the exit status is `code`.
    ///
    /// # Errors
    /// The exit status is another one; the error contains the output.
    pub fn expect_code(self, code: i32) -> Result<Self> {
        ensure!(self.code == Some(code), "expected exit status {code}: {self:#?}");
        Ok(self)
    }
}

/// Returns sessions in JSON as (client, user), sorted, without those marked as netsession's own.
#[must_use]
pub fn who(sessions: &[Value]) -> Vec<(String, String)> {
    let text = |session: &Value, field: &str| {
        session.get(field).and_then(Value::as_str).unwrap_or("(missing)").to_owned()
    };
    let mut who: Vec<_> = sessions
        .iter()
        .filter(|session| session.get("self") != Some(&Value::Bool(true)))
        .map(|session| (text(session, "client"), text(session, "user")))
        .collect();
    who.sort();
    who
}

/// Returns the command under test: `NETSESSION_BIN`, else the newest build in the target folder.
fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("NETSESSION_BIN") {
        return Ok(path.into());
    }
    let target = output::target()?;
    let built = ["release", "debug"].map(|profile| target.join(profile).join("netsession"));
    built
        .into_iter()
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .max()
        .map(|(_, path)| path)
        .context("netsession is not built: cargo build, or set NETSESSION_BIN")
}

/// Collects the output, and kills a run that hangs.
pub(crate) fn finish(mut child: Child, start: Instant) -> Result<Outcome> {
    let collect = |stream: Option<Box<dyn std::io::Read + Send>>| {
        thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut stream) = stream {
                let _ = stream.read_to_end(&mut text);
            }
            String::from_utf8_lossy(&text).into_owned()
        })
    };
    let stdout = collect(child.stdout.take().map(|stream| Box::new(stream) as _));
    let stderr = collect(child.stderr.take().map(|stream| Box::new(stream) as _));
    while child.try_wait()?.is_none() && start.elapsed() < LIMIT {
        thread::sleep(Duration::from_millis(2));
    }
    let elapsed = start.elapsed();
    let hangs = child.try_wait()?.is_none();
    if hangs {
        child.kill()?;
    }
    let code = child.wait()?.code();
    let stdout = stdout.join().unwrap_or_default();
    let stderr = stderr.join().unwrap_or_default();
    if hangs {
        bail!("netsession hangs; it printed {stdout:?} and {stderr:?}");
    }
    Ok(Outcome { code, stdout, stderr, elapsed })
}
