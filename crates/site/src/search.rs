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
    /// The kind: `function`, `task`, `command`, `structure`, `return code`, `constant` or `page`.
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
    /// Every word of a page of the manual.
    #[serde(default, skip_serializing)]
    full: String,
}

const KINDS: [&str; 7] = ["function", "task", "command", "structure", "return code", "constant", "page"];

/// Words of a question that say nothing about its subject.
const EMPTY: [&str; 45] = [
    "a", "an", "and", "are", "at", "be", "by", "can", "cannot", "do", "does", "for", "from", "has", "have",
    "how", "i", "in", "is", "it", "me", "my", "of", "on", "or", "our", "smb", "somebody", "someone", "that",
    "the", "their", "this", "to", "was", "we", "what", "when", "where", "which", "who", "why", "with", "you",
    "your",
];

/// Words beside a number that only say that it is an error.
const BESIDE_NUMBER: [&str; 6] = ["code", "error", "occurred", "return", "status", "system"];

/// What English adds to a word.
const ENDINGS: [&str; 6] = ["s", "es", "d", "ed", "er", "ing"];

const TASK: &str = "task";
const PAGE: &str = "page";
/// The score of a part of a name.
const PART: u32 = 50;
/// The least score of a word in the title or among the key words of a page.
const SUBJECT: u32 = 25;
/// The score of a word in the text of a page.
const TEXT: u32 = 5;

static INDEX: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let script = file("search-index.js").map(crate::File::content).unwrap_or_default();
    let script = String::from_utf8_lossy(&script);
    let array = script.trim().trim_start_matches("window.searchIndex=").trim_end_matches(';');
    serde_json::from_str(array).unwrap_or_default()
});

/// Returns the entries that have each word of the query in their name, numbers, description or text, the best first. If only
/// texts have them, returns tasks that are about half of the words, too; if nothing has them, everything that is about half of them.
pub fn search(query: &str) -> Vec<&'static Entry> {
    let query = query.to_lowercase();
    let all: Vec<&str> = query.split_whitespace().collect();
    let has_number = all.iter().any(|term| is_number(term));
    let is_empty = |term: &&str| EMPTY.contains(term) || has_number && BESIDE_NUMBER.contains(term);
    let telling: Vec<&str> = all.iter().copied().filter(|term| !is_empty(term)).collect();
    let terms = if telling.is_empty() { all } else { telling };
    if terms.is_empty() {
        return Vec::new();
    }
    let mut found = every(&terms, score);
    // A typing error can stand in the text of a page, too.
    let is_only_text = |(total, _): &(u32, _)| {
        u32::try_from(terms.len()).is_ok_and(|count| *total <= TEXT.saturating_mul(count))
    };
    if found.iter().all(is_only_text) {
        found = every(&terms, |entry, term| score(entry, term).or_else(|| similarity(entry, term)));
    }
    if found.iter().all(is_only_text) {
        let tasks = about(&terms, |entry| entry.kind == TASK);
        found.retain(|(_, entry)| tasks.iter().all(|(_, task)| task != entry));
        found.extend(tasks);
    }
    if found.is_empty() {
        found = about(&terms, |_| true);
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

/// Returns whether a word is a number, in decimal or hexadecimal.
fn is_number(term: &str) -> bool {
    let digits = term.strip_prefix("0x");
    let is_hexadecimal = digits.is_some_and(|digits| u64::from_str_radix(digits, 16).is_ok());
    is_hexadecimal || term.parse::<i64>().is_ok()
}

/// Returns the entries in which every term has a score, with the sum. A single word finds the functions with this word in their name
/// before the tasks about it.
fn every(terms: &[&str], score: impl Fn(&Entry, &str) -> Option<u32>) -> Vec<(u32, &'static Entry)> {
    let total = |entry: &'static Entry| {
        let scores: Option<Vec<u32>> = terms.iter().map(|term| score(entry, term)).collect();
        let scores = scores?;
        if entry.kind == TASK && scores.len() == 1 {
            return scores.first().map(|score| (*score.min(&PART), entry));
        }
        // A question of several words is about a task, rather than about a function with a part of them in its name.
        let is_question =
            entry.kind == TASK && scores.len() > 1 && scores.iter().all(|score| *score >= SUBJECT);
        Some((scores.iter().sum::<u32>() + if is_question { 100 } else { 0 }, entry))
    };
    INDEX.iter().filter_map(total).collect()
}

/// Returns the entries of a kind that are about at least half of the words of a sentence.
fn about(terms: &[&str], is_kind: impl Fn(&Entry) -> bool) -> Vec<(u32, &'static Entry)> {
    let total = |entry: &'static Entry| {
        let scores = terms.iter().filter_map(|term| score(entry, term)).filter(|score| *score >= SUBJECT);
        let scores: Vec<u32> = scores.collect();
        (scores.len() * 2 >= terms.len()).then(|| (scores.iter().sum(), entry))
    };
    INDEX.iter().filter(|entry| is_kind(entry)).filter_map(total).collect()
}

/// Returns how well a word of a query matches; `None` if it does not.
fn score(entry: &Entry, term: &str) -> Option<u32> {
    let title = entry.title.to_lowercase();
    let words = entry.words.to_lowercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    // A section of a page is not the subject that it is named after.
    if title == term && !(entry.kind == PAGE && entry.url.contains('#')) {
        return Some(100);
    }
    if words.contains(&term) {
        return Some(90);
    }
    // The beginning of a part counts as much as the beginning of the name: `sess` finds NetSessionDel before SESSION_INFO_0.
    let parts = parts(&entry.title);
    if title.starts_with(term) || parts.iter().any(|part| part.starts_with(term) || is_form(part, term)) {
        return Some(PART);
    }
    if title.contains(term) {
        return Some(40);
    }
    if words.iter().any(|word| is_form(word, term)) {
        return Some(30);
    }
    if words.iter().any(|word| word.starts_with(term)) {
        return Some(25);
    }
    if entry.text.to_lowercase().contains(term) {
        return Some(10);
    }
    entry.full.split(' ').any(|word| word.starts_with(term) || is_form(word, term)).then_some(TEXT)
}

/// Returns whether one word is another with a different ending: user and users, block and blocking.
fn is_form(word: &str, term: &str) -> bool {
    let (short, long) = if word.len() < term.len() { (word, term) } else { (term, word) };
    short.len() >= 4 && long.strip_prefix(short).is_some_and(|ending| ENDINGS.contains(&ending))
}

/// Returns how well a word with typing errors matches: one error in four letters, two in eight.
fn similarity(entry: &Entry, term: &str) -> Option<u32> {
    let permitted = match term.chars().count() {
        0..4 => return None,
        4..8 => 1,
        _ => 2,
    };
    let words =
        if matches!(entry.kind.as_str(), TASK | PAGE) { entry.words.to_lowercase() } else { String::new() };
    let words = words.split_whitespace().map(str::to_owned);
    let names = std::iter::once(entry.title.to_lowercase()).chain(parts(&entry.title)).chain(words);
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
            ("sessions", "NetSessionDel"),
        ] {
            assert_eq!(first(query), Some(title), "{query}");
        }
        // A failure here would show nothing to a person who copies the status or the number of a log.
        for (query, title) in [
            ("STATUS_LOGON_FAILURE", "ERROR_LOGON_FAILURE"),
            ("NT_STATUS_ACCESS_DENIED", "ERROR_ACCESS_DENIED"),
            ("0xC000006D", "ERROR_LOGON_FAILURE"),
            ("-1073741715", "ERROR_LOGON_FAILURE"),
            ("0x80070005", "ERROR_ACCESS_DENIED"),
            ("Error 5", "ERROR_ACCESS_DENIED"),
            ("system error 53", "ERROR_BAD_NETPATH"),
            ("error 2312", "NERR_ClientNameNotFound"),
            ("error code 0x908", "NERR_ClientNameNotFound"),
            ("System error 2314 has occurred", "NERR_FileIdNotFound"),
            ("1219", "ERROR_SESSION_CREDENTIAL_CONFLICT"),
            ("lmshare.h", "NetFileEnum"),
            ("openfiles", "A locked file"),
            ("Close-SmbOpenFile", "A locked file"),
            ("STATUS_SHARING_VIOLATION", "A locked file"),
            ("Get-SmbSession", "Who is connected"),
            ("locked excel", "A locked file"),
            ("net session", "NetSessionDel"),
            ("net file", "NetFileEnum"),
            ("powershell", "Call netapi32"),
        ] {
            assert_eq!(first(query), Some(title), "{query}");
        }
        for query in ["docker", "kubernetes", "wer hat die Datei offen"] {
            assert_eq!(first(query), None, "{query}");
        }
        // A failure here would keep somebody who knows no function from the page that solves the problem.
        for (query, title) in [
            ("unlock", "A locked file"),
            ("locked file", "A locked file"),
            ("who has the file open", "A locked file"),
            ("file in use by another user", "A locked file"),
            ("how do I unlock a file that my colleague left open", "A locked file"),
            ("kick", "Disconnect a user"),
            ("disconnect user", "Disconnect a user"),
            ("block user", "Disconnect a user"),
            ("blocking users", "Disconnect a user"),
            ("ransomware", "An infected client"),
            ("disconect user", "Disconnect a user"),
            ("unlok", "A locked file"),
            ("reboot", "Drain a server before a restart"),
            ("audit", "Who did that"),
            ("grafana", "Watch with Prometheus"),
            ("share folder", "Share a folder for an hour"),
            ("pinvoke", "Call netapi32"),
            ("kick user", "Disconnect a user"),
            ("file locked", "A locked file"),
            ("who has file open", "A locked file"),
            ("unlock excel", "A locked file"),
            ("unlok excle", "A locked file"),
            ("conect", "Who is connected"),
            ("smb logged in users", "Who is connected"),
            ("logged on users", "Who is connected"),
            ("list users", "Who is connected"),
            ("see who is connected", "Who is connected"),
            ("list smb sessions", "Who is connected"),
            ("monitor smb sessions", "Watch with Prometheus"),
            ("block ip address", "An infected client"),
            ("how do I disconnect someone", "Disconnect a user"),
            ("end session", "Disconnect a user"),
            ("kill session", "Disconnect a user"),
            ("password", "Using netsession"),
            ("kerberos", "Kerberos"),
            ("exit status", "Using netsession"),
            ("export csv", "JSON and other formats"),
            ("--idle-over", "netsession end"),
            ("netsession close", "netsession close"),
            ("top", "netsession top"),
            ("agent", "netsession agent"),
            ("cannot delete folder in use", "A locked file"),
            ("who is using my file", "A locked file"),
            ("how many users connected", "Who is connected"),
            ("stop someone accessing share", "Disconnect a user"),
            ("getting started", "Tasks"),
            ("install", "Tasks"),
            ("wrong password", "Using netsession"),
            ("permission denied", "Using netsession"),
            ("cron job", "Using netsession"),
            ("vb.net", "Call netapi32"),
            ("NetSessionEnum level 10", "NetSessionEnum"),
        ] {
            assert_eq!(first(query), Some(title), "{query}");
        }
        assert!(search("").is_empty() && search("   ").is_empty() && search("nosuchthing").is_empty());
    }
}
