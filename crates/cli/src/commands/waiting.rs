//! [`each`] waits for many servers at once. It names the outstanding ones to a person, who can interrupt the wait.

use std::convert::Infallible;
use std::future::pending;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use netsession_admin::{Answer, Error, Limits, Outstanding, ask_many};

use crate::failure::Failure;
use crate::interrupt::{Interrupt, Interrupts};
use crate::output;

/// How long the command waits before it names the outstanding servers.
const NOTE_AFTER: Duration = Duration::from_secs(2);
/// The most servers that a note names. It counts the others.
pub(super) const MAX_NAMED: usize = 5;

/// Does `work` for each item and its server's name, and returns the results in order.
///
/// With `interrupts`, an interrupt ends the wait: the result of an outstanding server is `None`.
pub(crate) async fn each<'n, I, T, F: Future<Output = Result<T, Error>>>(
    items: impl IntoIterator<Item = (&'n str, I)>,
    interrupts: Option<&mut Interrupts>,
    work: impl FnMut(I) -> F,
) -> (Vec<Option<Result<T, Error>>>, Option<Interrupt>) {
    let items: Vec<_> = items.into_iter().collect();
    // With a single server there are no answers so far.
    let can_interrupt = interrupts.is_some() && items.len() > 1;
    let answers = ask_many(items, Limits::default(), work);
    let outstanding = answers.outstanding();
    let (answers, interrupt) = tokio::select! {
        answers = answers.in_order_until(interrupted(interrupts)) => answers,
        never = report(&outstanding, can_interrupt) => match never {},
    };
    if interrupt.is_some() && io::stderr().is_terminal() {
        // The terminal shows `^C` at the cursor.
        output::note("");
    }
    (answers.into_iter().map(Answer::result).collect(), interrupt)
}

/// Ends the process by the signal if one came before every server of a plan had answered: nothing was changed.
pub(crate) fn end_before_changes<T>(
    names: &[&str],
    answers: &[Option<T>],
    interrupt: Option<Interrupt>,
    print_nothing: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(interrupt) = interrupt else { return Ok(()) };
    let silent = names.iter().zip(answers).filter(|(_, answer)| answer.is_none());
    let silent: Vec<&str> = silent.map(|(name, _)| *name).collect();
    output::error(&match silent.as_slice() {
        [] => "interrupted: nothing was changed".to_owned(),
        silent => {
            format!("interrupted before {} answered: nothing was changed", output::joined(silent, MAX_NAMED))
        }
    });
    print_nothing()?;
    interrupt.end_process();
    Err(Failure::failed("interrupted: nothing was changed"))
}

async fn interrupted(interrupts: Option<&mut Interrupts>) -> Interrupt {
    match interrupts {
        Some(interrupts) => interrupts.wait().await,
        None => pending().await,
    }
}

/// Prints which servers are outstanding, and again whenever there are fewer. It prints only for a person.
async fn report(outstanding: &Outstanding<&str>, can_interrupt: bool) -> Infallible {
    if !io::stderr().is_terminal() {
        return pending().await;
    }
    let mut printed = usize::MAX;
    loop {
        tokio::time::sleep(NOTE_AFTER).await;
        let names: Vec<&str> = outstanding.iter().copied().collect();
        if names.len() < printed && !names.is_empty() {
            output::note(&text(&names, can_interrupt));
            printed = names.len();
        }
    }
}

fn text(names: &[&str], can_interrupt: bool) -> String {
    let hint = if can_interrupt { " (press Ctrl-C to see the answers so far)" } else { "" };
    format!("Still waiting for {}{hint} ...", output::joined(names, MAX_NAMED))
}

#[cfg(test)]
mod tests {
    use super::text;

    /// A failure here would not show which server is slow, or print a hundred names.
    #[test]
    fn outstanding_servers_are_named() {
        assert_eq!(text(&["fs1"], false), "Still waiting for fs1 ...");
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(
            text(&names, true),
            "Still waiting for a, b, c, d, e and 2 more (press Ctrl-C to see the answers so far) ..."
        );
    }
}
