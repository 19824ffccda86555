//! [`each`] waits for many servers at once. It names the outstanding ones to a person, who can interrupt the wait.

use std::convert::Infallible;
use std::future::pending;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use netsession_admin::{Answer, Error, Limits, Outstanding, ask_many};

use crate::interrupt::{Interrupt, Interrupts};
use crate::output;

/// How long the command waits before it names the outstanding servers.
const NOTE_AFTER: Duration = Duration::from_secs(2);
/// The most servers that a note names. It counts the others.
const MAX_NAMED: usize = 5;

/// Does `work` for each item and its server's name, and returns the results in order.
///
/// With `interrupts`, an interrupt ends the wait: the result of an outstanding server is `None`.
pub(super) async fn each<'n, I, T, F: Future<Output = Result<T, Error>>>(
    items: impl IntoIterator<Item = (&'n str, I)>,
    interrupts: Option<&mut Interrupts>,
    work: impl FnMut(I) -> F,
) -> (Vec<Option<Result<T, Error>>>, Option<Interrupt>) {
    let answers = ask_many(items, Limits::default(), work);
    let outstanding = answers.outstanding();
    let can_interrupt = interrupts.is_some();
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
    let named = names.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let hint = if can_interrupt { " (press Ctrl-C to see the answers so far)" } else { "" };
    format!("Still waiting for {named}{more}{hint} ...")
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
