//! Every question to the person at the terminal. Questions go to stderr, so that stdout has only the command's output.
//!
//! Each question first discards the input that the person typed before it. Otherwise a `y` typed while the command
//! waits for a slow server would confirm a plan that nobody has read.

use std::io::{self, BufRead, IsTerminal as _, Write};

use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::interrupt::at_question;
use crate::output::note;
use crate::output::visible;

/// Whether a person can answer: stdin and stderr are terminals.
pub(crate) fn is_person_present() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question, and returns whether the answer is `y` or `yes`.
pub(crate) fn yes(question: &str) -> Result<bool, Failure> {
    let answer = answer(&format!("{question} [y/N] ")).map_err(|error| cannot_ask(&error))?;
    Ok(answer.is_some_and(|answer| is_yes(&answer)))
}

/// Asks a question, and returns the letter of the answer in lower case; `None` for any other answer.
pub(crate) fn choice(question: &str) -> Result<Option<char>, Failure> {
    let answer = answer(&format!("{question} ")).map_err(|error| cannot_ask(&error))?;
    Ok(answer.and_then(|answer| letter(&answer)))
}

fn letter(answer: &str) -> Option<char> {
    let mut characters = answer.trim().chars();
    let letter = characters.next()?.to_ascii_lowercase();
    characters.next().is_none().then_some(letter)
}

/// Asks the person to type `word`, and returns whether the answer is that word.
pub(crate) fn type_back(question: &str, word: &str) -> Result<bool, Failure> {
    let answer = answer(&format!("{question} ")).map_err(|error| cannot_ask(&error))?;
    Ok(answer.is_some_and(|answer| answer.trim().eq_ignore_ascii_case(word)))
}

/// Asks for a line of text; `None` without an answer.
pub(crate) fn text(question: &str) -> io::Result<Option<String>> {
    let answer = answer(&format!("{question} "))?;
    Ok(answer.map(|answer| answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
}

/// Asks for a password, without echo.
pub(crate) fn password(question: &str) -> io::Result<Zeroizing<String>> {
    at_question(|| hidden(question))
}

/// Asks for a new password until the person types the same one twice.
pub(crate) fn new_password(user: &str) -> Result<Zeroizing<String>, Failure> {
    let ask = |question: &str| {
        at_question(|| hidden(question))
            .map_err(|error| Failure::usage(format!("cannot read the password: {error}")))
    };
    loop {
        let first = ask(&format!("Set a password for share login \"{}\": ", visible(user)))?;
        if first.is_empty() {
            note("The password must not be empty.");
            continue;
        }
        if first == ask("Repeat the password: ")? {
            return Ok(first);
        }
        note("The passwords differ.");
    }
}

#[cfg(unix)]
use crate::hidden::line as hidden;

#[cfg(windows)]
fn hidden(prompt: &str) -> io::Result<Zeroizing<String>> {
    discard_pending_input();
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

/// Discards pending input, asks, and reads one line.
fn answer(question: &str) -> io::Result<Option<String>> {
    discard_pending_input();
    at_question(|| line(question, &mut io::stdin().lock(), &mut io::stderr().lock()))
}

/// Discards the pending input, if stdin is a terminal.
#[cfg(unix)]
pub(crate) fn discard_pending_input() {
    use rustix::termios::{QueueSelector, tcflush};
    // Fails only if stdin is not a terminal. Then nobody typed the input, and it is the answer.
    if let Err(error) = tcflush(io::stdin(), QueueSelector::IFlush) {
        tracing::debug!(%error, "no pending input to discard");
    }
}

/// Discards the pending input, if stdin is a console: every record, also that of a key such as Shift, which is no event of `crossterm`.
/// Nobody else may read the console meanwhile.
#[cfg(windows)]
pub(crate) fn discard_pending_input() {
    use crossterm_winapi::{Console, Handle};
    let discard = || {
        let console = Console::from(Handle::current_in_handle()?);
        while !console.read_console_input()?.is_empty() {}
        io::Result::Ok(())
    };
    if io::stdin().is_terminal()
        && let Err(error) = discard()
    {
        tracing::debug!(%error, "no pending input to discard");
    }
}

/// Writes the question and reads one line; `None` at the end of input.
fn line(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<Option<String>> {
    write!(output, "{question}")?;
    output.flush()?;
    let mut answer = String::new();
    if input.read_line(&mut answer)? == 0 {
        // After Ctrl-D the cursor is still in the line of the question.
        writeln!(output)?;
        return Ok(None);
    }
    Ok(Some(answer))
}

fn cannot_ask(error: &io::Error) -> Failure {
    Failure::failed(format!("cannot ask: {error}"))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::{is_yes, letter, line};

    /// A failure here would let an empty or unfinished answer end sessions.
    #[test]
    fn only_yes_means_yes() {
        assert!(["y", "Y\n", "yes\r\n", " YES "].into_iter().all(is_yes));
        assert!(["", "\n", "n", "yess", "ye", "ja", "1"].into_iter().all(|answer| !is_yes(answer)));
    }

    /// A failure here would take a word for the letter of an action.
    #[test]
    fn a_choice_is_one_letter() {
        assert_eq!(
            ["c\n", " E \r\n", "close", "", "\n"].map(letter),
            [Some('c'), Some('e'), None, None, None]
        );
    }

    /// A failure here would take the end of input for an answer.
    #[test]
    fn the_end_of_input_is_not_an_answer() {
        let mut shown = Vec::new();
        assert_eq!(line("End? ", &mut &b""[..], &mut shown).unwrap(), None);
        assert_eq!(shown, b"End? \n");
        assert_eq!(line("End? ", &mut &b"no\nyes\n"[..], &mut shown).unwrap().as_deref(), Some("no\n"));
    }
}
