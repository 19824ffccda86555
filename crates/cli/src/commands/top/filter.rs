//! [`Filter`]: what a person types to narrow the live view.

use std::str::FromStr;

use netsession::{ClientPattern, ParseSelectorError, ServerNames, UserPattern};

use crate::output::from_visible;

/// The parsed text of a filter. Every term must match.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    text: String,
    terms: Vec<Term>,
    error: Option<String>,
}

#[derive(Debug, Clone)]
enum Term {
    User(Wanted<UserPattern>),
    Client(Wanted<ClientPattern>),
    Server(String),
    /// A part of any column.
    Text(String),
}

/// What a term wants of a user or a client.
#[derive(Debug, Clone)]
enum Wanted<P> {
    /// A part of the name.
    Part(String),
    /// What the flag of the command selects.
    Pattern(P),
}

impl<P: FromStr<Err = ParseSelectorError>> Wanted<P> {
    /// Reads `bo`, a part; `svc-*` or `10.1.0.0/16`, as the flag does; and `=bob`, also as the flag does.
    fn parse(value: &str) -> Result<Self, String> {
        let value = from_visible(value);
        let exact = value.strip_prefix('=');
        if exact.is_none() && !value.is_empty() && !value.contains(['*', '?', '/']) {
            return Ok(Self::Part(folded(&value)));
        }
        let pattern = exact.unwrap_or(&value).parse();
        pattern.map(Self::Pattern).map_err(|error: ParseSelectorError| error.to_string())
    }

    fn matches(&self, name: &str, of_flag: impl FnOnce(&P) -> bool) -> bool {
        match self {
            Self::Part(part) => contains(name, part),
            Self::Pattern(pattern) => of_flag(pattern),
        }
    }
}

/// What a filter compares: the names of one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) server: &'a str,
    pub(super) client: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    /// The other texts of the row.
    pub(super) others: [&'a str; 2],
    pub(super) names: &'a ServerNames,
}

impl Filter {
    /// Parses terms between spaces: `user:bo`, `user:svc-*`, `user:=bob`, `client:10.1.0.0/16`, `server:fs1` and free text.
    /// A term with spaces is in double quotes.
    pub(super) fn parse(text: &str) -> Filter {
        let mut filter = Filter { text: text.to_owned(), ..Filter::default() };
        for word in words(text) {
            match Term::parse(&word) {
                Ok(term) => filter.terms.push(term),
                Err(error) => filter.error = Some(error),
            }
        }
        filter
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Why the text is not a filter. Such a filter matches nothing, so that nobody marks rows that they did not select.
    pub(super) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Whether it matches every row.
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.error.is_none()
    }

    pub(super) fn matches(&self, row: &Names<'_>) -> bool {
        self.error.is_none() && self.terms.iter().all(|term| term.matches(row))
    }
}

impl Term {
    fn parse(word: &str) -> Result<Term, String> {
        match word.split_once(':') {
            Some(("user", value)) => Wanted::parse(value).map(Term::User),
            Some(("client", value)) => Wanted::parse(value).map(Term::Client),
            Some(("server", value)) if !value.is_empty() => Ok(Term::Server(folded(value))),
            Some(("server", _)) => Err("server: needs a name".to_owned()),
            _ => Ok(Term::Text(folded(&from_visible(word)))),
        }
    }

    fn matches(&self, row: &Names<'_>) -> bool {
        match self {
            Term::User(wanted) => {
                row.user.is_some_and(|user| wanted.matches(user, |pattern| pattern.matches(user, row.names)))
            }
            Term::Client(wanted) => {
                row.client.is_some_and(|client| wanted.matches(client, |pattern| pattern.matches(client)))
            }
            Term::Server(name) => folded(row.server).contains(name),
            Term::Text(part) => {
                let named = [Some(row.server), row.client, row.user].into_iter().flatten();
                named.chain(row.others).any(|text| contains(text, part))
            }
        }
    }
}

/// Whether a text contains a folded part.
fn contains(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        return part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    }
    folded(text).contains(part)
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// Splits a text at spaces, but not within double quotes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, client: &str, user: &str) -> bool {
        let names = ServerNames::default();
        let others = [r"C:\data\Über.txt", ""];
        let row = Names { server: "fs1", client: Some(client), user: Some(user), others, names: &names };
        Filter::parse(filter).matches(&row)
    }

    /// A failure here would show other rows than a person types: an empty screen until the last letter of a name, or the
    /// rows of other users, whom the person would end.
    #[test]
    fn a_term_is_a_part_or_has_the_grammar_of_the_commands_flags() {
        for (filter, expected) in [
            ("", true),
            ("user:bob", true),
            ("user:b", true),
            ("user:BO", true),
            ("user:bobby", false),
            ("user:B*", true),
            ("user:o*", false),
            ("user:=bob", true),
            ("user:=bo", false),
            ("client:10.1.", true),
            ("client:10.1.0.6", false),
            ("client:=10.1.0.5", true),
            ("client:=10.1.0", false),
            ("client:10.1.0.0/16", true),
            ("client:10.2.0.0/16", false),
            ("client:10.1.0.5 user:alice", false),
            ("server:FS", true),
            ("server:fs2", false),
            ("1.0", true),
            ("BO fs", true),
            ("über", true),
            ("\"data\\Ü\"", true),
            ("\"da ta\"", false),
        ] {
            assert_eq!(matches(filter, "10.1.0.5", "bob"), expected, "{filter}");
        }
    }

    /// A failure here would show every row while a person types a network, who would then mark them all.
    #[test]
    fn an_unfinished_term_matches_nothing_and_says_why() {
        for text in ["client:10.1.0.0/", "user:", "user:=", "client:", "server:", "bob client:10.0.0.0/99"] {
            assert!(Filter::parse(text).error().is_some(), "{text}");
            assert!(!matches(text, "10.1.0.5", "bob") && !Filter::parse(text).is_empty(), "{text}");
        }
    }
}
