//! [`search`] finds pages by function, structure, constant, and error number.
//!
//! The script of the pages, `site.js`, ranks in the same way, so a browser and `/api/search` find the same.

use std::sync::LazyLock;

use netsession_reference::edits;
use serde::{Deserialize, Serialize};

use crate::files::file;

/// A result of the search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub title: String,
    /// The kind: `function`, `structure`, `return code`, `constant` or `page`.
    pub kind: String,
    /// The page, and the place on it.
    pub url: String,
    /// A summary.
    pub text: String,
    /// The number of a constant or return code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Other words that find it, such as its number in hexadecimal.
    pub words: String,
}

const KINDS: [&str; 5] = ["function", "structure", "return code", "constant", "page"];

static INDEX: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let script = file("search-index.js").map(crate::File::content).unwrap_or_default();
    let script = String::from_utf8_lossy(&script);
    let array = script.trim().trim_start_matches("window.searchIndex=").trim_end_matches(';');
    serde_json::from_str(array).unwrap_or_default()
});

/// Returns the entries that have each word of the query in their name, numbers or description, the best first.
pub fn search(query: &str) -> Vec<&'static Entry> {
    let query = query.to_lowercase();
    let terms: Vec<&str> = query.split_whitespace().collect();
    if terms.is_empty() {
        return Vec::new();
    }
    let all = |score: fn(&Entry, &str) -> Option<u32>| -> Vec<(u32, &'static Entry)> {
        let total = |entry: &'static Entry| {
            let scores: Option<Vec<u32>> = terms.iter().map(|term| score(entry, term)).collect();
            Some((scores?.iter().sum::<u32>(), entry))
        };
        INDEX.iter().filter_map(total).collect()
    };
    let mut found = all(score);
    if found.is_empty() {
        found = all(|entry, term| score(entry, term).or_else(|| similarity(entry, term)));
    }
    let kind = |entry: &Entry| KINDS.iter().position(|kind| *kind == entry.kind);
    found.sort_by(|(a, first), (b, second)| {
        b.cmp(a)
            .then(kind(first).cmp(&kind(second)))
            .then(first.title.len().cmp(&second.title.len()))
            .then(first.title.cmp(&second.title))
    });
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// Returns how well a word of a query matches; `None` if it does not.
fn score(entry: &Entry, term: &str) -> Option<u32> {
    let title = entry.title.to_lowercase();
    let words = entry.words.to_lowercase();
    let mut words = words.split(' ');
    if title == term {
        return Some(100);
    }
    if words.clone().any(|word| word == term) {
        return Some(90);
    }
    // The beginning of a part counts as much as the beginning of the name: `sess` finds NetSessionDel before SESSION_INFO_0.
    if title.starts_with(term) || parts(&entry.title).iter().any(|part| part.starts_with(term)) {
        return Some(50);
    }
    if title.contains(term) {
        return Some(40);
    }
    if words.any(|word| word.starts_with(term)) {
        return Some(25);
    }
    entry.text.to_lowercase().contains(term).then_some(10)
}

/// Returns how well a word with typing errors matches: one error in four letters, two in eight.
fn similarity(entry: &Entry, term: &str) -> Option<u32> {
    let permitted = match term.chars().count() {
        0..4 => return None,
        4..8 => 1,
        _ => 2,
    };
    let parts = parts(&entry.title);
    let names = std::iter::once(entry.title.to_lowercase()).chain(parts);
    let least = names.map(|name| edits(term, &name)).min()?;
    (least <= permitted).then_some(if least <= 1 { 4 } else { 3 })
}

/// Splits a name: `NetSessionDel` into net, session, del; `SESSION_INFO_10` into session, info, 10.
fn parts(title: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = ' ';
    for c in title.chars() {
        let begins = c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
        if matches!(c, ' ' | '_') || begins {
            parts.push(String::new());
        }
        if !matches!(c, ' ' | '_')
            && let Some(part) = parts.last_mut()
        {
            part.extend(c.to_lowercase());
        }
        before = c;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{parts, search};

    /// A failure here would stop a part of a name from finding it.
    #[test]
    fn names_are_made_of_parts() {
        assert_eq!(parts("NetSessionDel"), ["net", "session", "del"]);
        assert_eq!(parts("SESSION_INFO_10"), ["session", "info", "10"]);
        assert_eq!(parts("NERR_ClientNameNotFound"), ["nerr", "client", "name", "not", "found"]);
    }

    /// A failure here would rank what readers look for below other results.
    #[test]
    fn the_best_comes_first() {
        let first = |query: &str| search(query).first().map(|entry| entry.title.as_str());
        for (query, title) in [
            ("NetSessionDel", "NetSessionDel"),
            ("netsessiondel", "NetSessionDel"),
            ("session del", "NetSessionDel"),
            ("2312", "NERR_ClientNameNotFound"),
            ("SESSION_INFO_10", "SESSION_INFO_10"),
            ("0x908", "NERR_ClientNameNotFound"),
            ("5", "ERROR_ACCESS_DENIED"),
            ("sess", "NetSessionDel"),
            ("session", "NetSessionDel"),
            ("file", "NetFileEnum"),
            ("NetSesionDel", "NetSessionDel"),
            ("netsessoindel", "NetSessionDel"),
            ("sesion", "NetSessionDel"),
            ("sessoin enum", "NetSessionEnum"),
            ("SESION_INFO_10", "SESSION_INFO_10"),
        ] {
            assert_eq!(first(query), Some(title), "{query}");
        }
        assert!(search("").is_empty() && search("   ").is_empty() && search("nosuchthing").is_empty());
    }
}
