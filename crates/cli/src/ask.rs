//! Asking the person at the terminal. Questions go to stderr, so that stdout stays the answer.

use std::io::{self, BufRead, IsTerminal as _, Write};

use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::{note, visible};

/// Whether somebody is there to answer: a terminal to type at, and one to read the question on.
pub(crate) fn person_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks; only `y` and `yes` mean yes.
pub(crate) fn yes(question: &str) -> Result<bool, Failure> {
    let answer = line(&format!("{question} [y/N] "), &mut io::stdin().lock(), &mut io::stderr().lock())?;
    Ok(answer.is_some_and(|answer| means_yes(&answer)))
}

/// Asks for `word` to be typed back; anything else means no.
pub(crate) fn typed_back(question: &str, word: &str) -> Result<bool, Failure> {
    let answer = line(&format!("{question} "), &mut io::stdin().lock(), &mut io::stderr().lock())?;
    Ok(answer.is_some_and(|answer| answer.trim().eq_ignore_ascii_case(word)))
}

/// Asks for a line of text; `None` where nothing is answered.
pub(crate) fn text(question: &str) -> Result<Option<String>, Failure> {
    let answer = line(&format!("{question} "), &mut io::stdin().lock(), &mut io::stderr().lock())?;
    Ok(answer.map(|answer| answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
}

/// Asks for a password, which is not shown while it is typed.
pub(crate) fn password(login: &str) -> Result<Zeroizing<String>, Failure> {
    let typed = hidden(&format!("Password for {}: ", visible(login)));
    typed.map_err(|error| Failure::usage(format!("no password was typed: {error}")))
}

#[cfg(unix)]
use crate::hidden::line as hidden;

#[cfg(not(unix))]
fn hidden(prompt: &str) -> io::Result<Zeroizing<String>> {
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

/// Asks for a new password twice, until both are the same.
#[cfg(unix)]
pub(crate) fn new_password(user: &str) -> Result<Zeroizing<String>, Failure> {
    let ask = |question: String| {
        let typed = hidden(&question);
        typed.map_err(|error| Failure::usage(format!("no password was typed: {error}")))
    };
    loop {
        let first = ask(format!("New password for {}: ", visible(user)))?;
        if first.is_empty() {
            note("An empty password is no password.");
            continue;
        }
        if first == ask("The same again: ".to_owned())? {
            return Ok(first);
        }
        note("These are not the same.");
    }
}

/// Writes the question and reads one line; `None` at the end of input.
fn line(
    question: &str,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> Result<Option<String>, Failure> {
    let failed = |error: io::Error| Failure::failed(format!("cannot ask: {error}"));
    write!(output, "{question}").and_then(|()| output.flush()).map_err(failed)?;
    let mut answer = String::new();
    if input.read_line(&mut answer).map_err(failed)? == 0 {
        // Ctrl-D leaves the cursor behind the question.
        writeln!(output).map_err(failed)?;
        return Ok(None);
    }
    Ok(Some(answer))
}

fn means_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::{line, means_yes};

    /// If this fails, an empty or half-typed answer ends sessions.
    #[test]
    fn only_yes_is_yes() {
        assert!(["y", "Y\n", "yes\r\n", " YES "].into_iter().all(means_yes));
        assert!(["", "\n", "n", "yess", "ye", "ja", "1"].into_iter().all(|answer| !means_yes(answer)));
    }

    /// If this fails, the end of input counts as an answer.
    #[test]
    fn the_end_of_input_is_no_answer() {
        let mut shown = Vec::new();
        assert_eq!(line("End? ", &mut &b""[..], &mut shown).unwrap(), None);
        assert_eq!(shown, b"End? \n");
        assert_eq!(line("End? ", &mut &b"no\nyes\n"[..], &mut shown).unwrap().as_deref(), Some("no\n"));
    }
}
