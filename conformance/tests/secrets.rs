//! Passwords and keys in the memory of the command, in its standard input, and in core dumps.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use netsession_conformance::memory::copies;
use netsession_conformance::proxy::{Direction, Meddle, Verdict};
use netsession_conformance::{Embedded, Netsession, Proxy, Serve};
use netsession_server::Account;

/// The user who logs on.
const USER: &str = "keeper";
/// A long one: the beginning of a freed block is overwritten, which must not hide the rest from a search.
const PASSWORD: &str = "Passw0rd-of-the-keeper-whose-end-is-unique-7f3a91";
/// The time limit for a logon.
const LIMIT: Duration = Duration::from_secs(20);
const SIGABRT: i32 = 6;

/// Returns how often the end of a password is in the memory of a process, as UTF-8 and as UTF-16; `None` if only root can
/// look.
fn copies_of(password: &str, process: u32) -> Result<Option<[usize; 2]>> {
    let end = password.get(password.len() / 2..).context("not ASCII")?;
    let utf_16: Vec<u8> = end.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let counts = (copies(process, end.as_bytes())?, copies(process, &utf_16)?);
    Ok(if let (Some(utf_8), Some(utf_16)) = counts { Some([utf_8, utf_16]) } else { None })
}

/// A server that delays its answers to an enumeration, so that a command stops after its logon.
struct Slow {
    _server: Embedded,
    proxy: Proxy,
    asked: Receiver<()>,
    _go_on: Sender<()>,
}

impl Slow {
    fn start() -> Result<Self> {
        let mut account = Account::with_password(USER, PASSWORD);
        account.admin = true;
        let server = Embedded::start_with(|builder| builder.account(account))?;
        let ((sender, asked), (go_on, gate)) = (channel(), channel());
        let meddle = Meddle::new(move |direction, frame| {
            if direction == Direction::ToServer && frame.get(4) == Some(&ENCRYPTED) {
                let _ = sender.send(());
                // Blocks until the test drops the other end.
                let _ = gate.recv();
            }
            Verdict::Pass(frame)
        });
        let proxy = Proxy::plain().meddle(meddle).to(server.address()?)?;
        Ok(Self { _server: server, proxy, asked, _go_on: go_on })
    }
}

/// The first byte of an encrypted message ([MS-SMB2] 2.2.41). The first of them follows the logon.
const ENCRYPTED: u8 = 0xfd;

/// A process. Dropping it kills the process.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts the command with this password on its standard input, and waits until its logon is over.
    fn after_logon(slow: &Slow, mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut input = child.stdin.take().context("no input")?;
        let running = Self(child);
        // A command that reads its password from another place may have ended or closed its input.
        let _ = writeln!(input, "{PASSWORD}");
        slow.asked.recv_timeout(LIMIT).context("the command does not log on")?;
        Ok(running)
    }

    /// Ends the process by SIGABRT.
    fn abort(mut self) -> Result<ExitStatus> {
        ensure!(Command::new("kill").args(["-ABRT", &self.0.id().to_string()]).status()?.success(), "kill");
        Ok(self.0.wait()?)
    }
}

/// Returns the command, which runs in a folder and may write core dumps of any size.
fn with_core_dumps(command: &Command, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -c unlimited && exec "$0" "$@""#]).arg(command.get_program());
    shell.args(command.get_args()).env_clear().current_dir(folder);
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

/// Returns whether this system writes core dumps at all.
fn has_core_dumps() -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c unlimited && kill -ABRT $$"]).current_dir(&folder);
    Ok(shell.status()?.core_dumped())
}

/// Writes a file that only its owner can read.
fn written(path: &Path, text: &str) -> Result<PathBuf> {
    fs::create_dir_all(path.parent().context("no folder")?)?;
    fs::write(path, text)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(path.to_owned())
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// A failure here would take the rest of its standard input, after the password, from a script.
#[test]
fn the_input_after_the_password_is_left_for_the_next_program() -> Result<()> {
    let (command, _home) =
        Netsession::bare()?.args(["sessions", "127.0.0.1:1", "-U", USER, "--password-stdin"]).into_parts();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#""$0" "$@" >&2; cat"#]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn()?;
    // Write everything at once, so that the pipe has it all when the command reads its line.
    child.stdin.take().context("no input")?.write_all(b"secret\nrest\n")?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(said.contains("cannot connect to 127.0.0.1:1"), "the password was read: {said}");
    ensure!(output.stdout == b"rest\n", "{output:?}");
    Ok(())
}

/// A failure here would leave a password in a core dump if the command or the server aborts.
#[test]
fn an_aborted_process_leaves_no_core_dump() -> Result<()> {
    if !has_core_dumps()? {
        println!("not tested: this system writes no core dumps");
        return Ok(());
    }
    let slow = Slow::start()?;
    let folder = tempfile::tempdir()?;
    let run = Netsession::bare()?.args(["sessions", &slow.proxy.name(), "-U", USER, "--password-stdin"]);
    let (command, _home) = run.into_parts();
    let status = Running::after_logon(&slow, with_core_dumps(&command, folder.path()))?.abort()?;
    ensure!(status.signal() == Some(SIGABRT) && !status.core_dumped(), "the command: {status:?}");
    let as_nobody = is_root()?.then_some(&["--run-as", "nobody"][..]);
    for arguments in [Some(&[][..]), as_nobody].into_iter().flatten() {
        let run = Netsession::bare()?.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let (command, home) = run.into_parts();
        fs::set_permissions(&home, Permissions::from_mode(0o777))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o777))?;
        let mut command = with_core_dumps(&command, folder.path());
        command.arg(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running(command.spawn()?);
        let mut lines = BufReader::new(running.0.stdout.take().context("no output")?).lines();
        ensure!(lines.any(|line| line.is_ok_and(|line| line.starts_with("Press Ctrl-C"))), "{arguments:?}");
        let status = running.abort()?;
        ensure!(status.signal() == Some(SIGABRT) && !status.core_dumped(), "serve {arguments:?}: {status:?}");
    }
    ensure!(fs::read_dir(folder.path())?.next().is_none(), "a file was written");
    Ok(())
}

/// A failure here would keep a password in memory several times: the more copies, the longer a stopped or swapped process
/// shows one of them.
#[test]
fn a_command_keeps_its_password_once() -> Result<()> {
    for source in ["--password-stdin", "an authentication file", "a password command", "the environment"] {
        let slow = Slow::start()?;
        let run = Netsession::bare()?;
        let home = run.home().to_owned();
        let run = match source {
            "--password-stdin" => run.args(["-U", USER, "--password-stdin"]),
            "an authentication file" => {
                let text = format!("username = {USER}\npassword = {PASSWORD}\n");
                run.args(["-A".into(), written(&home.join("login"), &text)?])
            }
            "a password command" => {
                let secret = written(&home.join("secret"), &format!("{PASSWORD}\nthe second line\n"))?;
                let table = format!(
                    "[default]\nlogin = '{USER}'\npassword-command = ['cat', '{}']\n",
                    secret.display()
                );
                written(&home.join("config/netsession/config.toml"), &table)?;
                run
            }
            _ => run.args(["-U", USER]).env("NETSESSION_PASSWORD", PASSWORD),
        };
        let (command, _home) = run.args(["sessions", &slow.proxy.name()]).into_parts();
        let running = Running::after_logon(&slow, command)?;
        // The system keeps a process's environment on its stack.
        let expected = [if source == "the environment" { 2 } else { 1 }, 0];
        let Some(found) = copies_of(PASSWORD, running.0.id())? else {
            println!("not tested: only root can read the command's memory");
            return Ok(());
        };
        ensure!(found == expected, "{source}: {found:?}");
    }
    Ok(())
}

/// A failure here would keep passwords in the memory of a server, which needs only their hashes.
#[test]
fn a_server_keeps_no_password() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let users = written(&folder.path().join("users"), &format!("{USER}:{PASSWORD}\n"))?;
    let runtime = tempfile::tempdir()?;
    let arguments = ["--users-file".as_ref(), users.as_os_str(), "--user".as_ref(), "bob".as_ref()];
    let arguments = arguments.iter().map(|it| it.to_str().context("text")).collect::<Result<Vec<_>>>()?;
    let shared = folder.path().to_str().context("text")?;
    let serve = Serve::start(runtime.path(), &[arguments.as_slice(), &[shared]].concat())?;
    let mut passwords = vec![("the users file's".to_owned(), PASSWORD.to_owned())];
    let generated = fs::read_to_string(serve.passwords().context("no generated password")?)?;
    let (user, password) = generated.trim_end().split_once(':').context("a user and a password")?;
    passwords.push((format!("the generated one of {user}"), password.to_owned()));
    for entry in fs::read_dir(runtime.path().join("netsession"))? {
        let text = fs::read_to_string(entry?.path())?;
        let local = text.lines().find_map(|line| line.strip_prefix("password = "));
        passwords.extend(local.map(|password| ("the local login's".to_owned(), password.to_owned())));
    }
    ensure!(passwords.len() == 3, "{} passwords", passwords.len());
    for (whose, password) in passwords {
        let Some(found) = copies_of(&password, serve.id())? else {
            println!("not tested: only root can read the server's memory");
            return Ok(());
        };
        ensure!(found == [0, 0], "{whose}: {found:?}");
    }
    Ok(())
}
