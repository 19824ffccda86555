//! The record of changes ([`Record`]), the list of revisions on each page, and the feed.
//!
//! A source package has no version history, so the record is a file, `changes.toml`. It holds each [`Change`] and a
//! fingerprint of every page. A test compares the fingerprints with the pages, so no page changes without an entry;
//! `cargo run -p netsession-pages -- record "WHAT"` adds one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::html::{escape, readable};
use crate::page::Page;

const RECORD: &str = include_str!("../changes.toml");

/// The name for all pages that existed when the entry was written.
const EVERY_PAGE: &str = "*";

/// More links than these are folded, so that a change of the whole reference is no longer than others.
const FEW: usize = 16;

/// The contents of `changes.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The newest first.
    #[serde(default, rename = "change")]
    pub changes: Vec<Change>,
    /// The fingerprint of every page's text.
    #[serde(default)]
    pub pages: BTreeMap<String, String>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its permanent identifier: the last part of a UUID, which stays the same if somebody improves the words.
    pub id: String,
    /// The day, as 2026-11-25.
    pub date: String,
    /// A sentence about the change.
    pub what: String,
    /// The names of the changed pages; `*` for all.
    pub pages: Vec<String>,
}

impl Record {
    /// Reads the committed record.
    ///
    /// # Errors
    /// The file is malformed, or contains an invalid date.
    pub fn read() -> Result<Self> {
        let record: Self = toml::from_str(RECORD).context("changes.toml")?;
        for change in &record.changes {
            change.moment()?;
        }
        ensure!(
            record
                .changes
                .iter()
                .zip(record.changes.iter().skip(1))
                .all(|(newer, older)| newer.date >= older.date),
            "changes.toml: the newest change comes first"
        );
        Ok(record)
    }

    /// Returns the pages whose text differs from the record.
    pub fn unrecorded(&self, pages: &[Page]) -> Vec<String> {
        let mut changed: BTreeSet<String> = self.pages.keys().cloned().collect();
        for page in pages {
            if self.pages.get(&page.name) == Some(&fingerprint(&page.said)) {
                changed.remove(&page.name);
            } else {
                changed.insert(page.name.clone());
            }
        }
        changed.into_iter().collect()
    }

    /// Records that these pages changed on this day.
    ///
    /// # Errors
    /// No page has changed.
    pub fn add(&mut self, date: &str, what: &str, pages: &[Page]) -> Result<()> {
        let changed = self.unrecorded(pages);
        if changed.is_empty() {
            bail!("no page has changed");
        }
        let all = changed.len() == pages.len();
        let named = if all { vec![EVERY_PAGE.to_owned()] } else { changed };
        let seed = format!("{date} {what} {} {}", self.changes.len(), named.join(" "));
        let id = hex(&seed).get(..12).unwrap_or_default().to_owned();
        let change = Change { id, date: date.to_owned(), what: what.to_owned(), pages: named };
        change.moment()?;
        self.changes.insert(0, change);
        self.pages = pages.iter().map(|page| (page.name.clone(), fingerprint(&page.said))).collect();
        Ok(())
    }

    /// Returns the text of the file.
    ///
    /// # Errors
    /// The record cannot be written as TOML.
    pub fn text(&self) -> Result<String> {
        let about = "# What was changed in the reference's pages, and what each page says since.\n\
                     # `cargo run -p netsession-pages -- record \"WHAT\"` adds an entry; its words may be improved by hand.\n\n";
        Ok(format!("{about}{}", toml::to_string_pretty(self)?))
    }

    /// Returns the changes of one page, as HTML.
    pub(crate) fn of_page(&self, page: &str) -> String {
        let mine = self.changes.iter().filter(|change| change.names(page));
        let rows: String = mine
            .map(|change| {
                format!(
                    "<li><time datetime=\"{0}\">{0}</time><p>{1}</p></li>",
                    escape(&change.date),
                    escape(&change.what)
                )
            })
            .collect();
        format!("<ul class=\"changes\">{rows}</ul>")
    }

    /// Returns every change, as HTML, with links to its pages.
    pub(crate) fn list(&self, titles: &BTreeMap<String, String>) -> String {
        let rows: String = self
            .changes
            .iter()
            .map(|change| {
                let link = |name: &String| {
                    let title = titles.get(name)?;
                    Some(format!("<a href=\"{}.html\">{}</a>", escape(name), escape(title)))
                };
                let links: Vec<String> = change.pages.iter().filter_map(link).collect();
                let pages = match (change.is_about_all(), links.len()) {
                    (true, _) => "<p>Every page</p>".to_owned(),
                    (false, ..=FEW) => format!("<p>{}</p>", links.join(", ")),
                    (false, many) => {
                        let links = links.join(", ");
                        format!("<details><summary>{many} pages</summary><p>{links}</p></details>")
                    }
                };
                format!(
                    "<li id=\"{}\"><time datetime=\"{2}\">{2}</time><div><p>{1}</p>{pages}</div></li>",
                    escape(&change.anchor()),
                    escape(&change.what),
                    escape(&change.date)
                )
            })
            .collect();
        format!("<ul class=\"changes\">{rows}</ul>")
    }

    /// Returns the feed. Its links are relative: the server of the feed sets its address by `xml:base`.
    pub(crate) fn feed(&self) -> Result<String> {
        let newest = self.changes.first().context("changes.toml has no change")?;
        let entries: String = self.changes.iter().map(|change| change.entry()).collect::<Result<_>>()?;
        let feed = format!(
            "<?xml version=\"1.0\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
             <title>netsession reference: recent changes</title><id>{}</id><updated>{}</updated>\
             <author><name>netsession</name></author><generator version=\"{}\">netsession</generator>\
             <icon>icon.svg</icon><link href=\"feed.atom\" rel=\"self\" type=\"application/atom+xml\"/>\
             <link href=\"changes.html\" rel=\"alternate\" type=\"text/html\"/>{entries}</feed>",
            urn("000000000000"),
            newest.moment()?,
            env!("CARGO_PKG_VERSION")
        );
        Ok(readable(&feed))
    }
}

impl Change {
    fn is_about_all(&self) -> bool {
        self.pages.iter().any(|page| page == EVERY_PAGE)
    }

    fn names(&self, page: &str) -> bool {
        self.is_about_all() || self.pages.iter().any(|name| name == page)
    }

    /// Returns its entry in the feed.
    fn entry(&self) -> Result<String> {
        let (title, moment) = (escape(&self.what), self.moment()?);
        let pages = self.pages.iter().map(|page| if page == EVERY_PAGE { "every page" } else { page });
        let categories: String = pages.map(|page| format!("<category term=\"{}\"/>", escape(page))).collect();
        Ok(format!(
            "<entry><title>{title}</title><id>{}</id><updated>{moment}</updated>{categories}\
             <link href=\"changes.html#{}\" rel=\"alternate\" type=\"text/html\"/>\
             <published>{moment}</published><summary>{title}</summary></entry>",
            urn(&self.id),
            self.anchor()
        ))
    }

    /// Returns the first moment of the day: the record has no hours.
    fn moment(&self) -> Result<String> {
        ensure!(is_date(&self.date), "changes.toml: `{}` is no date", self.date);
        Ok(format!("{}T00:00:00+00:00", self.date))
    }

    fn anchor(&self) -> String {
        format!("c{}", self.id)
    }
}

/// Returns whether this is a day, as 2026-11-25.
fn is_date(text: &str) -> bool {
    let numbers: Option<Vec<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    let Some([year, month, day]) = numbers.as_deref() else { return false };
    let days = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(day) && text == format!("{year:04}-{month:02}-{day:02}")
}

/// Returns a permanent identifier: a UUID of version 8, whose bits its maker defines (RFC 9562). Zeros mean the feed.
fn urn(last: &str) -> String {
    format!("urn:uuid:6e657461-7069-8332-a000-{last}")
}

fn fingerprint(text: &str) -> String {
    hex(text).get(..16).unwrap_or_default().to_owned()
}

fn hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use atom_syndication::Feed;

    use super::*;

    fn page(name: &str, markdown: &str) -> Page {
        Page { name: name.into(), title: name.into(), said: markdown.into(), markdown: String::new() }
    }

    /// A failure here would let a page change, appear or disappear without an entry in the record.
    #[test]
    fn what_is_not_recorded_is_found_and_added() {
        let mut record = Record::default();
        let before = [page("a", "1"), page("b", "1")];
        record.add("2026-01-01", "Begun.", &before).unwrap();
        assert_eq!(record.changes[0].pages, ["*"]);
        assert!(record.add("2026-01-01", "Nothing.", &before).is_err());
        let after = [page("a", "2"), page("c", "1")];
        assert_eq!(record.unrecorded(&after), ["a", "b", "c"]);
        record.add("2026-01-02", "More.", &after).unwrap();
        assert_eq!(record.unrecorded(&after), Vec::<String>::new());
        assert_eq!(record.changes[0].what, "More.");
        let read: Record = toml::from_str(&record.text().unwrap()).unwrap();
        assert_eq!(read, record);
        assert!(record.add("2026-02-30", "No such day.", &before).is_err());
    }

    /// A failure here would make a reader on a telephone scroll past a hundred links to the change before.
    #[test]
    fn a_long_list_of_pages_is_folded() {
        let list = |count: usize| {
            let names = |range: std::ops::Range<usize>| range.map(|number| page(&format!("p{number}"), "1"));
            let mut record = Record::default();
            record.add("2026-01-01", "Begun.", &[page("a", "1")]).unwrap();
            let pages: Vec<Page> = [page("a", "1")].into_iter().chain(names(0..count)).collect();
            record.add("2026-01-02", "More.", &pages).unwrap();
            record.list(&pages.iter().map(|page| (page.name.clone(), page.title.clone())).collect())
        };
        assert!(list(FEW + 1).contains(&format!("<details><summary>{} pages</summary>", FEW + 1)));
        assert!(!list(FEW).contains("<details>"));
    }

    /// A failure here would break the feed, or announce old changes again.
    #[test]
    fn the_feed_can_be_read_and_its_names_stay() {
        let mut record = Record::default();
        record.add("2026-01-01", "Begun & <done>: \"a_b\".", &[page("a", "1")]).unwrap();
        let first = record.feed().unwrap().parse::<Feed>().unwrap();
        record.changes[0].what = "Better words.".into();
        let second = record.feed().unwrap().parse::<Feed>().unwrap();
        assert_eq!(first.entries[0].id, second.entries[0].id);
        assert_eq!(first.entries[0].title.value, "Begun & <done>: \"a_b\".");
        assert_eq!(first.updated.to_rfc3339(), "2026-01-01T00:00:00+00:00");
        assert_eq!(first.entries[0].id.len(), "urn:uuid:".len() + 36);
        let missing = Record::default().feed();
        assert!(missing.is_err());
    }
}
