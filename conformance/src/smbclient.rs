//! [`Smbclient`]: Samba's smbclient, whose sessions a test lists and ends. [`Held`] is a session that stays, [`Put`] a
//! copy that pauses half-way.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::NamedTempFile;

use crate::proxy::{Direction, Gate, Proxy};
use crate::samba::PASSWORD;

/// The time limit of smbclient for one answer.
const LIMIT: Duration = Duration::from_secs(20);

/// An smbclient that is about to connect.
#[derive(Debug)]
pub struct Smbclient {
    address: SocketAddr,
    user: String,
    share: String,
    proxy: Option<Proxy>,
    arguments: Vec<String>,
}

impl Smbclient {
    /// Returns an smbclient of `user`, whose password is [`PASSWORD`], for the share `data` of the server at `address`.
    #[must_use]
    pub fn new(address: SocketAddr, user: &str) -> Self {
        Self { address, user: user.to_owned(), share: "data".to_owned(), proxy: None, arguments: Vec::new() }
    }

    /// Connects to this share instead of `data`.
    #[must_use]
    pub fn share(mut self, name: &str) -> Self {
        name.clone_into(&mut self.share);
        self
    }

    /// Connects through `proxy`, which lives as long as the session.
    #[must_use]
    pub fn through(mut self, proxy: Proxy) -> Self {
        self.address = proxy.address();
        self.proxy = Some(proxy);
        self
    }

    /// Adds an argument to smbclient's command line.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Connects, logs on, and stays.
    ///
    /// # Errors
    /// smbclient is not installed, or cannot connect; the error has its message.
    pub fn hold(self) -> Result<Held> {
        let login = login_file(&self.user)?;
        Held::of(self.command(login.path()), self.proxy)
    }

    /// Runs smbclient's commands (`put x; ls`), and returns everything that it printed.
    ///
    /// # Errors
    /// smbclient does not start, or its exit status is a failure; the error has its output.
    pub fn run(self, commands: &str) -> Result<String> {
        let login = login_file(&self.user)?;
        let output = self.command(login.path()).args(["-c", commands]).stdin(Stdio::null()).output()?;
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "smbclient: {text}");
        Ok(text)
    }

    /// Returns the shares that the server shows (`smbclient -L`), a line for each: `Disk|data|Data`.
    ///
    /// # Errors
    /// smbclient does not start, or its exit status is a failure; the error has its output.
    pub fn shares(self) -> Result<Vec<String>> {
        let login = login_file(&self.user)?;
        let output = Command::new("smbclient")
            .args(["--configfile=/dev/null", "--grepable", "--list"])
            .arg(self.address.ip().to_string())
            .arg(format!("--port={}", self.address.port()))
            .arg(format!("--authentication-file={}", login.path().display()))
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "smbclient: {text}{}", String::from_utf8_lossy(&output.stderr));
        Ok(text.lines().filter(|line| line.contains('|')).map(str::to_owned).collect())
    }

    fn command(&self, login: &Path) -> Command {
        let mut command = Command::new("smbclient");
        command
            // smbclient writes messages to standard error, which is not buffered.
            .args(["--stderr", "--configfile=/dev/null"])
            .arg(format!("--port={}", self.address.port()))
            .arg(format!("--authentication-file={}", login.display()))
            .args(&self.arguments)
            .arg(format!("//{}/{}", self.address.ip(), self.share))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }
}

/// A session that smbclient holds. Dropping it ends smbclient.
#[derive(Debug)]
pub struct Held {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    asked: usize,
    _proxy: Option<Proxy>,
}

impl Held {
    /// Starts smbclient with this command, which prints its messages on standard error, and waits until it has logged on.
    pub(crate) fn of(mut command: Command, proxy: Option<Proxy>) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().context("starting smbclient")?;
        let input = child.stdin.take().context("no input")?;
        let lines = lines_of(&mut child)?;
        let mut held = Self { child, input, lines, asked: 0, _proxy: proxy };
        held.marker().context("logging in with smbclient")?;
        Ok(held)
    }

    /// Lists the folder; returns whether the session still works.
    ///
    /// # Errors
    /// smbclient gave no answer.
    pub fn works(&mut self) -> Result<bool> {
        match self.ask("ls") {
            Ok(lines) => Ok(!lines.iter().any(|line| line.contains("NT_STATUS_"))),
            // It ends by itself when it notices that the connection is gone.
            Err(_) if self.child.try_wait()?.is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Opens a file of the share, and keeps it open.
    ///
    /// # Errors
    /// The server refuses.
    pub fn open(&mut self, name: &str) -> Result<()> {
        let lines = self.ask(&format!("open {name}"))?;
        ensure!(lines.iter().any(|line| line.starts_with("open file")), "smbclient open {name}: {lines:?}");
        Ok(())
    }

    /// Gives smbclient one command and returns the lines it prints for it.
    ///
    /// # Errors
    /// smbclient has ended, or does not answer in time.
    pub fn ask(&mut self, command: &str) -> Result<Vec<String>> {
        writeln!(self.input, "{command}")?;
        self.marker()
    }

    /// Gives smbclient an unknown command, and waits for its complaint: then it has finished everything before.
    fn marker(&mut self) -> Result<Vec<String>> {
        self.asked += 1;
        let marker = format!("marker{}", self.asked);
        writeln!(self.input, "{marker}")?;
        let (start, mut lines) = (Instant::now(), Vec::new());
        while start.elapsed() < LIMIT {
            match self.lines.recv_timeout(Duration::from_millis(50)) {
                Ok(line) if line.starts_with(&marker) => return Ok(lines),
                Ok(line) => lines.push(line),
                // It waits for input before it processes the lines that it has already read.
                Err(RecvTimeoutError::Timeout) => writeln!(self.input)?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        bail!("smbclient went away or is silent after {lines:?}")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A copy to the server or from it, which pauses in the middle until the test lets it continue.
#[derive(Debug)]
pub struct Put {
    child: Child,
    gate: Gate,
    lines: Receiver<String>,
    source: PathBuf,
    target: PathBuf,
    _proxy: Proxy,
    _login: NamedTempFile,
}

/// A copy: its user, source and target.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) server: SocketAddr,
    pub(crate) user: &'a str,
    /// The client is 127.0.0.`last`.
    pub(crate) last: u8,
    /// More arguments for smbclient.
    pub(crate) arguments: &'a [&'a str],
    /// smbclient's command.
    pub(crate) command: String,
    /// The direction of the copy.
    pub(crate) way: Direction,
    /// The folder in which a file of this size is made.
    pub(crate) source: PathBuf,
    pub(crate) size: u64,
    pub(crate) target: PathBuf,
}

impl Plan<'_> {
    /// Starts the copy, and waits until it pauses in the middle.
    pub(crate) fn start(self) -> Result<Put> {
        write_noise(&self.source, self.size)?;
        let gate = Gate::after(self.size / 2);
        let proxy = Proxy::from(self.last).gate_on(self.way, &gate).to(self.server)?;
        let login = login_file(self.user)?;
        let client = Smbclient::new(proxy.address(), self.user);
        let client = self.arguments.iter().fold(client, |client, argument| client.argument(argument));
        let mut child = client
            .command(login.path())
            .args(["-c", &self.command])
            .stdin(Stdio::null())
            .spawn()
            .context("starting smbclient")?;
        let lines = lines_of(&mut child)?;
        let (source, target) = (self.source, self.target);
        let put = Put { child, gate, lines, source, target, _proxy: proxy, _login: login };
        put.gate.wait_reached(LIMIT).with_context(|| {
            format!("the copy did not come half way: {:?}", put.lines.try_iter().collect::<Vec<_>>())
        })?;
        Ok(put)
    }
}

impl Put {
    /// Lets the copy continue.
    pub fn resume(&self) {
        self.gate.open();
    }

    /// Waits for the end of the copy; returns whether smbclient succeeded, and its output.
    ///
    /// # Errors
    /// The system cannot wait for smbclient.
    pub fn finish(&mut self) -> Result<(bool, String)> {
        let text: Vec<String> = self.lines.iter().collect();
        let status = self.child.wait()?;
        Ok((status.success(), text.join("\n")))
    }

    /// Returns whether the file has arrived byte for byte.
    ///
    /// # Errors
    /// One of the two files cannot be read.
    pub fn arrived(&self) -> Result<bool> {
        same(&self.source, &self.target)
    }
}

impl Drop for Put {
    fn drop(&mut self) {
        let _ = self.child.kill();
        self.gate.open();
        let _ = self.child.wait();
    }
}

/// Writes a login in smbclient's own format, which only this user can read, so that no password is on a command line.
pub(crate) fn login_file(user: &str) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    writeln!(file, "username = {user}\npassword = {PASSWORD}")?;
    file.flush()?;
    Ok(file)
}

/// The lines that the child prints on standard error, as they come.
fn lines_of(child: &mut Child) -> Result<Receiver<String>> {
    let errors = child.stderr.take().context("no output")?;
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

/// Returns bytes without a pattern (a xorshift generator), so that a test detects a lost or repeated block.
fn write_noise(path: &Path, size: u64) -> Result<()> {
    let mut file = std::io::BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..size / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()?;
    Ok(())
}

fn same(one: &Path, other: &Path) -> Result<bool> {
    let mut one = BufReader::with_capacity(1 << 20, File::open(one)?);
    let mut other = BufReader::with_capacity(1 << 20, File::open(other)?);
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        if a.is_empty() || b.is_empty() {
            return Ok(a.is_empty() && b.is_empty());
        }
        let length = a.len().min(b.len());
        if a.get(..length) != b.get(..length) {
            return Ok(false);
        }
        one.consume(length);
        other.consume(length);
    }
}
