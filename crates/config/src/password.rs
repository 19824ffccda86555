//! Functions that read a [`Password`] from the environment, from a command, or from a first line.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use netsession::Password;
use zeroize::Zeroizing;

use crate::{Error, PASSWORD_VARIABLE, without_mark};

/// The size limit of a password in bytes: Windows accepts 256 characters.
const MAX_LENGTH: u64 = 4096;
/// How often to look whether a command has ended that has a time limit.
const POLL: Duration = Duration::from_millis(5);

/// Returns the value of `NETSESSION_PASSWORD`. An empty value counts as no value.
///
/// # Errors
/// [`Error::PasswordNotText`] if the value is not UTF-8.
pub fn password_from_environment() -> Result<Option<Password>, Error> {
    match env::var(PASSWORD_VARIABLE) {
        Ok(password) if !password.is_empty() => Ok(Some(password.into())),
        Ok(_) | Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::PasswordNotText),
    }
}

/// Runs a program with its arguments, without a shell, and returns the first line that it prints. With `silent` the
/// program has no standard input and its standard error is discarded.
///
/// ```
/// let password = netsession_config::printed_password(&["echo".to_owned(), "secret".to_owned()], true)?;
/// assert_eq!(password.as_str(), "secret");
/// # Ok::<(), netsession_config::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoCommand`], [`Error::CommandNotStarted`], [`Error::CommandUnreadable`], [`Error::CommandFailed`],
/// [`Error::CommandSilent`].
pub fn printed_password(command: &[String], silent: bool) -> Result<Password, Error> {
    let (program, arguments) = command.split_first().ok_or(Error::NoCommand)?;
    let unreadable = |cause| Error::CommandUnreadable { program: program.clone(), cause };
    let mut child = Command::new(program);
    child.args(arguments).env_remove(PASSWORD_VARIABLE).stdout(Stdio::piped());
    if silent {
        child.stdin(Stdio::null()).stderr(Stdio::null());
    }
    let not_started = |cause| Error::CommandNotStarted { program: program.clone(), cause };
    let mut child = child.spawn().map_err(not_started)?;
    let mut stdout = child.stdout.take();
    let printed = stdout.as_mut().map(first_line).transpose();
    // A program that cannot print everything could wait forever, or fail.
    let rest = stdout.as_mut().map(|stdout| io::copy(stdout, &mut io::sink())).transpose();
    let status = child.wait().map_err(unreadable)?;
    if !status.success() {
        return Err(Error::CommandFailed { program: program.clone(), status });
    }
    let password = rest.and(printed).map_err(unreadable)?.flatten();
    password.ok_or_else(|| Error::CommandSilent(program.clone()))
}

/// Does the same for a process without a person. The program has no standard input. If it takes longer than `limit`, it is killed with
/// the programs that it has started, unless they have left its process group.
///
/// # Errors
/// Those of [`printed_password`], and [`Error::CommandHung`].
pub fn printed_password_within(command: &[String], silent: bool, limit: Duration) -> Result<Password, Error> {
    printed_within(command, limit, |child| {
        child.stdin(Stdio::null());
        if silent {
            child.stderr(Stdio::null());
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(child, 0);
    })
}

/// Does the same for a person at a terminal, which the program may ask: it keeps the terminal, so that only the program itself is killed.
///
/// # Errors
/// Those of [`printed_password_within`].
pub fn asked_password_within(command: &[String], limit: Duration) -> Result<Password, Error> {
    printed_within(command, limit, |_| {})
}

fn printed_within(
    command: &[String],
    limit: Duration,
    prepare: impl FnOnce(&mut Command),
) -> Result<Password, Error> {
    let (program, arguments) = command.split_first().ok_or(Error::NoCommand)?;
    let unreadable = |cause| Error::CommandUnreadable { program: program.clone(), cause };
    let mut child = Command::new(program);
    child.args(arguments).env_remove(PASSWORD_VARIABLE).stdout(Stdio::piped());
    prepare(&mut child);
    let not_started = |cause| Error::CommandNotStarted { program: program.clone(), cause };
    let mut child = started(&mut child).map_err(not_started)?;
    let (sender, printed) = mpsc::channel();
    let stdout = child.stdout.take();
    // A program that the command leaves behind can keep the pipe open for ever.
    let reader = thread::Builder::new().name("password".to_owned()).spawn(move || {
        let Some(mut stdout) = stdout else { return };
        let _ = sender.send(first_line(&mut stdout));
        let _ = io::copy(&mut stdout, &mut io::sink());
    });
    let (began, hung) = (Instant::now(), || Error::CommandHung { program: program.clone(), after: limit });
    let status = loop {
        if let Some(status) = ended(&mut child).map_err(unreadable)? {
            break status;
        }
        if began.elapsed() >= limit || reader.is_err() {
            kill(&mut child).map_err(unreadable)?;
            return Err(hung());
        }
        thread::sleep(POLL);
    };
    if !status.success() {
        return Err(Error::CommandFailed { program: program.clone(), status });
    }
    match printed.recv_timeout(limit.saturating_sub(began.elapsed()).max(POLL)) {
        Ok(printed) => printed.map_err(unreadable)?.ok_or_else(|| Error::CommandSilent(program.clone())),
        Err(_) => Err(hung()),
    }
}

/// The programs that [`printed_password_within`] waits for. None of them is waited for without this lock, so that its number is not that
/// of another program.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn started(command: &mut Command) -> io::Result<Child> {
    let mut running = running();
    let child = command.spawn()?;
    running.insert(child.id());
    Ok(child)
}

fn ended(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let mut running = running();
    let status = child.try_wait()?;
    if status.is_some() {
        running.remove(&child.id());
    }
    Ok(status)
}

/// Kills a program and those that it has started.
fn kill(child: &mut Child) -> io::Result<()> {
    let mut running = running();
    kill_group(child.id());
    running.remove(&child.id());
    child.kill()?;
    child.wait().map(|_| ())
}

/// Kills the programs of [`printed_password_within`], and those that they have started: before this process ends, which would leave them
/// behind.
pub fn kill_password_commands() {
    running().iter().copied().for_each(kill_group);
}

#[cfg(unix)]
fn kill_group(number: u32) {
    let number = i32::try_from(number).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = number {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
const fn kill_group(_: u32) {}

/// Returns the first line without its line ending; `None` if it is empty. It reads nothing beyond this line, and leaves no
/// copy of it in a buffer.
///
/// ```
/// let password = netsession_config::first_line(&b"secret\nanother line\n"[..])?;
/// assert_eq!(password.unwrap().as_str(), "secret");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The input is unreadable or not UTF-8.
pub fn first_line(input: impl io::Read) -> io::Result<Option<Password>> {
    let input = BufReader::with_capacity(1, input);
    // Allocates the full capacity at once: growing would leave copies of the password in memory.
    let mut line = Zeroizing::new(String::with_capacity(usize::try_from(MAX_LENGTH).unwrap_or_default()));
    if input.take(MAX_LENGTH).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    let start = line.len() - without_mark(&line).len();
    line.drain(..start);
    // `echo "$UNSET"` prints an empty line. A server would count an empty password as a wrong attempt.
    Ok(Some(line).filter(|line| !line.is_empty()).map(Password::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn within(script: &str, limit: Duration) -> Result<Password, Error> {
        printed_password_within(&["sh", "-c", script].map(str::to_owned), true, limit)
    }

    /// A failure here would let a password command that hangs hold nobody for ever, or leave its programs behind.
    #[cfg(unix)]
    #[test]
    fn a_command_that_hangs_is_killed_with_the_programs_that_it_started() {
        let file = std::env::temp_dir().join(format!("netsession-hung-{}", std::process::id()));
        let script = format!("sleep 1000 & echo $! > '{}'; wait", file.display());
        let error = within(&script, Duration::from_millis(500)).unwrap_err();
        assert!(matches!(error, Error::CommandHung { .. }) && error.to_string().contains("sh"), "{error}");
        let started = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let began = Instant::now();
        let stat = format!("/proc/{}/stat", started.trim());
        // Nobody may have waited for it yet.
        let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"));
        while !is_gone() {
            assert!(began.elapsed() < Duration::from_secs(10), "{stat}");
            thread::yield_now();
        }
        let closed = within("exec 1>&-; sleep 1000", Duration::from_millis(200));
        assert!(matches!(closed, Err(Error::CommandHung { .. })), "it closed its output");
    }

    /// A failure here would let a release wait for ever for a command that hangs at a person's terminal.
    #[cfg(unix)]
    #[test]
    fn a_command_that_asks_a_person_has_a_limit() {
        let run = |script: &str, limit| {
            asked_password_within(&["sh".to_owned(), "-c".to_owned(), script.to_owned()], limit)
        };
        let hung = run("exec sleep 1000", Duration::from_millis(200));
        assert!(matches!(hung, Err(Error::CommandHung { .. })));
        assert_eq!(run("echo secret", Duration::from_secs(20)).unwrap().as_str(), "secret");
    }

    /// A failure here would wait for a program that a command leaves behind, such as an agent, although it has printed the password.
    #[cfg(unix)]
    #[test]
    fn a_command_with_a_limit_prints_a_password() {
        let limit = Duration::from_secs(20);
        let began = Instant::now();
        assert_eq!(within("echo secret; sleep 30 &", limit).unwrap().as_str(), "secret");
        assert!(began.elapsed() < limit);
        assert!(matches!(within("exit 3", limit), Err(Error::CommandFailed { .. })));
        assert!(matches!(within(":", limit), Err(Error::CommandSilent(_))));
    }

    /// A failure here would send a password without its spaces, or with its line ending.
    #[test]
    fn the_first_line_is_the_password() {
        assert_eq!(first_line(&b" a b \r\nnext\n"[..]).unwrap().unwrap().as_str(), " a b ");
        assert_eq!(first_line(&b"no end"[..]).unwrap().unwrap().as_str(), "no end");
        assert_eq!(
            first_line(&b"\xef\xbb\xbfsecret\r\n"[..]).unwrap().unwrap().as_str(),
            "secret",
            "PowerShell"
        );
        assert!(first_line(&b""[..]).unwrap().is_none());
        assert!(first_line(&b"\n"[..]).unwrap().is_none(), "the output of echo for an unset variable");
    }
}
