//! Functions that read a [`Password`] from the environment, from a command, or from a first line.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use netsession::Password;
use zeroize::Zeroizing;

use crate::{Error, PASSWORD_VARIABLE};

/// The size limit of a password in bytes: Windows accepts 256 characters.
const MAX_LENGTH: u64 = 4096;

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
    // `echo "$UNSET"` prints an empty line. A server would count an empty password as a wrong attempt.
    Ok(Some(line).filter(|line| !line.is_empty()).map(Password::from))
}

#[cfg(test)]
mod tests {
    use super::first_line;

    /// A failure here would send a password without its spaces, or with its line ending.
    #[test]
    fn the_first_line_is_the_password() {
        assert_eq!(first_line(&b" a b \r\nnext\n"[..]).unwrap().unwrap().as_str(), " a b ");
        assert_eq!(first_line(&b"no end"[..]).unwrap().unwrap().as_str(), "no end");
        assert!(first_line(&b""[..]).unwrap().is_none());
        assert!(first_line(&b"\n"[..]).unwrap().is_none(), "the output of echo for an unset variable");
    }
}
