//! [`Terminal`]: the command at a real terminal, with a person who types.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::Netsession;

/// A run of netsession on a terminal of its own, which `script` (util-linux) makes.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    seen: String,
    _home: TempDir,
}

impl Terminal {
    /// Starts the command on a new terminal.
    ///
    /// # Errors
    /// `script` is not installed.
    pub fn start(run: Netsession) -> Result<Self> {
        let (command, home) = run.into_parts();
        Self::start_other(&command, home)
    }

    /// Starts another program on a new terminal. `home` is deleted when this is dropped.
    ///
    /// # Errors
    /// `script` is not installed.
    pub fn start_other(command: &Command, home: TempDir) -> Result<Self> {
        let mut line = vec![quoted(command.get_program())];
        line.extend(command.get_args().map(quoted));
        let mut script = Command::new("script");
        script.args([
            "--quiet",
            "--return",
            "--flush",
            "--command",
            // A shell that runs the tests in the background makes them ignore Ctrl-C, and the command would inherit that.
            &format!("exec env --default-signal {}", line.join(" ")),
            "/dev/null",
        ]);
        script.env_clear().env("TERM", "xterm").env("SHELL", "/bin/sh");
        script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = command.get_current_dir() {
            script.current_dir(folder);
        }
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = script.spawn().context("starting script")?;
        let keyboard = child.stdin.take().context("no keyboard")?;
        let mut output = child.stdout.take().context("no screen")?;
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer.get(..length).unwrap_or_default().to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, keyboard, screen, seen: String::new(), _home: home })
    }

    /// Waits until `text` is on the screen, and returns everything printed so far.
    ///
    /// # Errors
    /// The text does not appear in time, or the command ends first.
    pub fn wait_for(&mut self, text: &str) -> Result<&str> {
        self.wait_for_times(text, 1)
    }

    /// Waits until `text` has been printed `times` times.
    ///
    /// # Errors
    /// As [`Terminal::wait_for`].
    pub fn wait_for_times(&mut self, text: &str, times: usize) -> Result<&str> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.seen.matches(text).count() < times {
            match self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.seen += &String::from_utf8_lossy(&bytes),
                Err(RecvTimeoutError::Timeout) => bail!("{text:?} did not come; seen: {}", self.seen),
                Err(RecvTimeoutError::Disconnected) => bail!("ended without {text:?}; seen: {}", self.seen),
            }
        }
        Ok(&self.seen)
    }

    /// Types a line, then Enter.
    ///
    /// # Errors
    /// The command has ended.
    pub fn type_line(&mut self, line: &str) -> Result<()> {
        self.press(&format!("{line}\r"))
    }

    /// Presses these keys.
    ///
    /// # Errors
    /// The command has ended.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        write!(self.keyboard, "{keys}")?;
        self.keyboard.flush()?;
        Ok(())
    }

    /// Waits for the end, and returns the exit status and everything printed.
    ///
    /// # Errors
    /// The command does not end in time.
    pub fn finish(mut self) -> Result<(Option<i32>, String)> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.seen += &String::from_utf8_lossy(&bytes),
                Err(RecvTimeoutError::Timeout) => bail!("does not end; seen: {}", self.seen),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let code = self.child.wait()?.code();
        Ok((code, std::mem::take(&mut self.seen)))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Quotes one word for the shell.
fn quoted(word: &std::ffi::OsStr) -> String {
    format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"))
}
