//! [`Serve`]: `netsession serve` as a program, for commands that find the server themselves.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{Netsession, lines, wait_until};

/// The time limit for one line of output.
const LIMIT: Duration = Duration::from_secs(20);

/// A running `netsession serve`. Dropping it kills the process, which cannot clean up then.
#[derive(Debug)]
pub struct Serve {
    child: Process,
    lines: Receiver<String>,
    address: SocketAddr,
    runtime: PathBuf,
    passwords: Option<PathBuf>,
    banner: String,
    _home: TempDir,
}

impl Serve {
    /// Starts the server on a free port, for users whose runtime directory is `runtime`, and waits until it listens.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start(runtime: &Path, arguments: &[&str]) -> Result<Self> {
        Self::start_with(runtime, arguments, &[])
    }

    /// Starts the server as [`Serve::start`] does, with these variables in its environment.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start_with(runtime: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self> {
        Self::start_at("127.0.0.1:0", runtime, arguments, variables)
    }

    /// Starts the server as [`Serve::start_with`] does, at this address.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start_at(
        address: &str,
        runtime: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Self> {
        Self::start_as_said(runtime, &[&["--listen", address], arguments].concat(), variables)
    }

    /// Starts the server with these arguments and no other, such as `--config FILE`, and waits until it listens.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start_as_said(runtime: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self> {
        let mut run = Netsession::bare()?.args(["serve"]).args(arguments);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        let (mut command, home) = run.env("XDG_RUNTIME_DIR", runtime).into_parts();
        command.stderr(Stdio::null());
        Self::of(command, runtime, home)
    }

    /// Starts the server with a listening socket, as systemd does with a unit that has one.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start_with_socket(runtime: &Path, arguments: &[&str], socket: TcpListener) -> Result<Self> {
        const PASS: &str = "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\"";
        let run = Netsession::bare()?.args(["serve"]).args(arguments).env("XDG_RUNTIME_DIR", runtime);
        let (program, home) = run.into_parts();
        let mut command = Command::new("sh");
        command.args(["-c", PASS, "sh"]).arg(program.get_program()).args(program.get_args()).env_clear();
        for (name, value) in program.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.stdin(OwnedFd::from(socket)).stderr(Stdio::null());
        Self::of(command, runtime, home)
    }

    /// Starts the server with this command, which may run on another machine, and waits until it listens.
    pub(crate) fn of(mut command: Command, runtime: &Path, home: TempDir) -> Result<Self> {
        let mut child = Process(command.stdout(Stdio::piped()).spawn().context("starting serve")?);
        let output = child.0.stdout.take().context("no output")?;
        let lines = lines(output);
        let (mut address, mut passwords) = (None, None);
        let mut banner = String::new();
        loop {
            let line: String = lines.recv_timeout(LIMIT).context("it does not say that it listens")?;
            banner += &line;
            banner.push('\n');
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
        Ok(Self { child, lines, address, runtime: runtime.to_owned(), passwords, banner, _home: home })
    }

    /// The address that the server listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the output of the server before it logs activity.
    #[must_use]
    pub fn banner(&self) -> &str {
        &self.banner
    }

    /// The file with the generated passwords.
    #[must_use]
    pub fn passwords(&self) -> Option<&Path> {
        self.passwords.as_deref()
    }

    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// Returns a run of the command by the same user.
    ///
    /// # Errors
    /// As [`Netsession::bare`].
    pub fn command(&self) -> Result<Netsession> {
        Ok(Netsession::bare()?.env("XDG_RUNTIME_DIR", &self.runtime))
    }

    /// Waits for a line of output that contains `text`.
    ///
    /// # Errors
    /// No such line appears in time.
    pub fn wait_for(&self, text: &str) -> Result<String> {
        loop {
            let line = self.lines.recv_timeout(LIMIT).with_context(|| format!("{text:?} does not come"))?;
            if line.contains(text) {
                return Ok(line);
            }
        }
    }

    /// Waits for a line of output that contains `text`, and returns the lines before it.
    ///
    /// # Errors
    /// No such line appears in time.
    pub fn lines_until(&self, text: &str) -> Result<Vec<String>> {
        let mut before = Vec::new();
        loop {
            let line = self.lines.recv_timeout(LIMIT).with_context(|| format!("{text:?} does not come"))?;
            if line.contains(text) {
                return Ok(before);
            }
            before.push(line);
        }
    }

    /// Stops the server as Ctrl-C does, waits for its end, and returns the exit status.
    ///
    /// # Errors
    /// The process does not end in time.
    pub fn stop(mut self) -> Result<Option<i32>> {
        self.interrupt()?;
        let status = wait_until("the end of serve", || Ok(self.child.0.try_wait()?))?;
        Ok(status.code())
    }

    /// Presses Ctrl-C again and again until the server ends, and returns the exit status.
    ///
    /// # Errors
    /// The process does not end in time.
    pub fn stop_now(mut self) -> Result<Option<i32>> {
        let status = wait_until("the end of serve", || {
            self.interrupt()?;
            Ok(self.child.0.try_wait()?)
        })?;
        Ok(status.code())
    }

    /// Sends SIGHUP, at which the server reads its files again.
    ///
    /// # Errors
    /// The signal cannot be sent.
    pub fn hang_up(&self) -> Result<()> {
        self.signal("-HUP")
    }

    fn interrupt(&self) -> Result<()> {
        self.signal("-INT")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        Command::new("kill").args([signal, &self.child.0.id().to_string()]).status().context("kill")?;
        Ok(())
    }
}

/// The process of a server. Dropping it kills the process, even if the server has not started completely.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would leave a server running for each test whose server says something unexpected.
    #[test]
    fn a_server_with_a_wrong_banner_is_killed() -> Result<()> {
        let folder = TempDir::new()?;
        let number = folder.path().join("number");
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ >\"$0\"; echo Listening on nothing; exec sleep 600"]).arg(&number);
        assert!(Serve::of(command, folder.path(), TempDir::new()?).is_err());
        let number = std::fs::read_to_string(number)?;
        let is_running = Path::new("/proc").join(number.trim()).exists();
        assert!(!is_running, "the process {number} is still there");
        Ok(())
    }
}
