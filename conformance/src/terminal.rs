//! [`Terminal`]: the command at a real terminal, with a person who types.

use std::fmt;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::{Netsession, wait_until};

/// The longest time for which a test waits for a text: a busy machine is slow.
const LIMIT: Duration = Duration::from_secs(60);

/// A run of netsession on a terminal of its own, which `script` (util-linux) makes.
pub struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    seen: String,
    /// What is on the screen.
    model: vt100::Parser,
    /// The file with the terminal's name.
    name: PathBuf,
    _home: TempDir,
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("child", &self.child)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
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

    /// Starts the command on a new terminal of this many lines and columns.
    ///
    /// # Errors
    /// `script` is not installed.
    pub fn start_sized(run: Netsession, size: (u16, u16)) -> Result<Self> {
        let (command, home) = run.into_parts();
        Self::start_with(&command, home, Some(size))
    }

    /// Starts another program on a new terminal. `home` is deleted when this is dropped.
    ///
    /// # Errors
    /// `script` is not installed.
    pub fn start_other(command: &Command, home: TempDir) -> Result<Self> {
        Self::start_with(command, home, None)
    }

    /// Starts another program on a new terminal of this many lines and columns. `home` is deleted when this is dropped.
    ///
    /// # Errors
    /// `script` is not installed.
    pub fn start_other_sized(command: &Command, home: TempDir, size: (u16, u16)) -> Result<Self> {
        Self::start_with(command, home, Some(size))
    }

    fn start_with(command: &Command, home: TempDir, size: Option<(u16, u16)>) -> Result<Self> {
        let name = home.path().join("terminal");
        let (rows, columns) = size.unwrap_or((24, 80));
        let set_up = size.map_or_else(String::new, |_| {
            format!("tty > {}; stty rows {rows} cols {columns}; ", quoted(name.as_os_str()))
        });
        let mut line = vec![quoted(command.get_program())];
        line.extend(command.get_args().map(quoted));
        let mut script = Command::new("script");
        script.args([
            "--quiet",
            "--return",
            "--flush",
            "--command",
            // A shell that runs the tests in the background makes them ignore Ctrl-C, and the command would inherit that.
            &format!("{set_up}exec env --default-signal {}", line.join(" ")),
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
        let model = vt100::Parser::new(rows.try_into()?, columns.try_into()?, 0);
        Ok(Self { child, keyboard, screen, seen: String::new(), model, name, _home: home })
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
        let deadline = Instant::now() + LIMIT;
        while self.seen.matches(text).count() < times {
            match self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.received(&bytes),
                Err(RecvTimeoutError::Timeout) => bail!("{text:?} did not come; seen: {}", self.seen),
                Err(RecvTimeoutError::Disconnected) => bail!("ended without {text:?}; seen: {}", self.seen),
            }
        }
        Ok(&self.seen)
    }

    /// Presses keys until the screen becomes as `is_ready` says. It presses them again as long as the screen still shows
    /// `before`: a question discards what was typed before it was on the screen.
    ///
    /// # Errors
    /// As [`Terminal::wait_for_screen`].
    pub fn press_until(
        &mut self,
        keys: &str,
        before: &str,
        is_ready: impl Fn(&str) -> bool,
    ) -> Result<String> {
        for _ in 0..10 {
            self.press(keys)?;
            let until = Instant::now() + Duration::from_secs(2);
            while !is_ready(&self.screen_text()) && self.screen_text().contains(before) {
                match self.screen.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(bytes) => self.received(&bytes),
                    Err(_) => break,
                }
            }
            if is_ready(&self.screen_text()) || !self.screen_text().contains(before) {
                break;
            }
        }
        self.wait_for_screen(&format!("the screen after {keys:?}"), is_ready)
    }

    fn received(&mut self, bytes: &[u8]) {
        self.seen += &String::from_utf8_lossy(bytes);
        self.model.process(bytes);
    }

    /// Waits until the screen is as `is_ready` says, and returns its text.
    ///
    /// # Errors
    /// The screen does not become so in time, or the command ends first.
    pub fn wait_for_screen(&mut self, what: &str, is_ready: impl Fn(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let text = self.screen_text();
            if is_ready(&text) {
                return Ok(text);
            }
            match self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.received(&bytes),
                Err(RecvTimeoutError::Timeout) => bail!("{what}: the screen is\n{text}"),
                Err(RecvTimeoutError::Disconnected) => bail!("{what}: it ended; the screen was\n{text}"),
            }
        }
    }

    /// Reads what has arrived.
    pub fn read(&mut self) {
        while let Ok(bytes) = self.screen.try_recv() {
            self.received(&bytes);
        }
    }

    /// The text on the screen, as far as it has arrived.
    #[must_use]
    pub fn screen_text(&self) -> String {
        self.model.screen().contents()
    }

    /// What is on the screen, with its colours.
    #[must_use]
    pub fn screen(&self) -> &vt100::Screen {
        self.model.screen()
    }

    /// Everything that was printed.
    #[must_use]
    pub fn seen(&self) -> &str {
        &self.seen
    }

    /// Changes the size of a terminal that [`Terminal::start_sized`] made.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn resize(&mut self, (rows, columns): (u16, u16)) -> Result<()> {
        let name = wait_until("the terminal's name", || {
            Ok(std::fs::read_to_string(&self.name).ok().filter(|name| name.ends_with('\n')))
        })?;
        self.model.screen_mut().set_size(rows.try_into()?, columns.try_into()?);
        let (rows, columns) = (rows.to_string(), columns.to_string());
        let status =
            Command::new("stty").args(["-F", name.trim(), "rows", &rows, "cols", &columns]).status()?;
        ensure!(status.success(), "stty: {status}");
        Ok(())
    }

    /// Returns the process id of the command.
    ///
    /// # Errors
    /// The command has ended.
    pub fn pid(&self) -> Result<i32> {
        let script = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{script}/task/{script}/children"))?;
        Ok(children.split_whitespace().next().context("no command")?.parse()?)
    }

    /// Waits until the command is stopped, and returns the settings of the terminal, as `stty -a` prints them.
    ///
    /// # Errors
    /// The command does not stop.
    pub fn wait_until_stopped(&mut self) -> Result<String> {
        let stat = format!("/proc/{}/stat", self.pid()?);
        wait_until("the command to stop", || {
            let stat = std::fs::read_to_string(&stat)?;
            Ok(stat.rsplit_once(") ").filter(|(_, rest)| rest.starts_with('T')).map(|_| ()))
        })?;
        let name = std::fs::read_to_string(&self.name)?;
        Ok(String::from_utf8(Command::new("stty").args(["-F", name.trim(), "-a"]).output()?.stdout)?)
    }

    /// The process id of the program that has the other end of the terminal, which stops with the command.
    #[must_use]
    pub fn keeper(&self) -> u32 {
        self.child.id()
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
                Ok(bytes) => self.received(&bytes),
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
