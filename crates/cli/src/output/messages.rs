//! Functions that print messages to stderr.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use anstyle::Style;

use super::style::{BAD, HINT, NOTABLE};
use super::visible::visible;
use crate::failure::{Failure, Hinted};

/// Writes to stderr. If stderr is closed, the command continues.
pub(crate) fn to_stderr(text: &str) {
    let mut stderr = anstream::AutoStream::auto(io::stderr().lock());
    let _ = stderr.write_all(text.as_bytes());
}

/// Joins names in a sentence: `fs1`, `fs1 and fs2`, `fs1, fs2 and nas`. It names at most `most`, and counts the others.
pub(crate) fn joined(names: &[impl AsRef<str>], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let mut parts: Vec<String> = names.iter().take(most).map(|name| name.as_ref().to_owned()).collect();
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    match parts.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => parts.concat(),
    }
}

/// Prints a note without a label.
pub(crate) fn note(text: &str) {
    to_stderr(&format!("{}\n", lines(text)));
}

/// Prints a warning.
pub(crate) fn warn(text: &str) {
    labelled("warning", NOTABLE, text);
}

/// Prints what to do next.
pub(crate) fn hint(text: &str) {
    labelled("hint", HINT, text);
}

/// Prints what failed.
pub(crate) fn error(text: &str) {
    labelled("error", BAD, text);
}

/// Prints a failure and its hint.
pub(crate) fn failure(failure: &Failure) {
    error(&failure.message);
    failure.hint.iter().for_each(|text| hint(text));
}

/// Prints every error, and each hint once: twenty servers that are down need one hint.
pub(crate) fn errors<'a, E: Hinted + 'a>(errors: impl IntoIterator<Item = &'a E>) {
    let mut hints = Vec::new();
    for one in errors {
        error(&one.to_string());
        hints.extend(one.hint_with_flags());
    }
    without_repetitions(hints).iter().for_each(|text| hint(text));
}

/// Returns each text once, in the order of their first occurrences.
fn without_repetitions(mut texts: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts
}

/// Notes about servers. It prints the same note about several servers once, with all of their names.
#[derive(Debug, Default)]
pub(crate) struct Notes<'a>(Vec<(String, Vec<&'a str>)>);

impl<'a> Notes<'a> {
    /// Adds a note about `server`.
    pub(crate) fn add(&mut self, server: &'a str, text: impl Into<String>) {
        let text = text.into();
        match self.0.iter_mut().find(|(known, _)| *known == text) {
            Some((_, servers)) => servers.push(server),
            None => self.0.push((text, vec![server])),
        }
    }

    /// Prints the notes.
    pub(crate) fn print(&self) {
        self.0.iter().for_each(|(text, servers)| note(&format!("{}: {text}", servers.join(", "))));
    }
}

fn labelled(label: &str, style: Style, text: &str) {
    to_stderr(&format!("{style}{label}:{style:#} {}\n", lines(text)));
}

/// Returns the lines of a message, each safe to show.
fn lines(text: &str) -> String {
    text.lines().map(|line| visible(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{joined, without_repetitions};

    /// A failure here would print three names as "fs1 and fs2 and nas", or a thousand of them.
    #[test]
    fn names_are_joined_as_in_a_sentence() {
        for (names, text) in [
            (&[][..], ""),
            (&["fs1"], "fs1"),
            (&["fs1", "fs2"], "fs1 and fs2"),
            (&["fs1", "fs2", "nas"], "fs1, fs2 and nas"),
            (&["a", "b", "c", "d"], "a, b, c and 1 more"),
        ] {
            assert_eq!(joined(names, 3), text);
        }
    }

    /// A failure here would print the hints of several servers in another order than their errors.
    #[test]
    fn hints_follow_their_errors() {
        let hints = ["nothing listens there", "check the password", "nothing listens there"];
        let expected = ["nothing listens there", "check the password"];
        assert_eq!(without_repetitions(hints.map(str::to_owned).to_vec()), expected);
    }
}
