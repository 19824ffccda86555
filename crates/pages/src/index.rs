//! The index of the search: `search-index.js`, which a page loads when a reader searches.

use std::collections::BTreeSet;

use anyhow::Result;
use netsession_reference::Model;
use netsession_reference::model::Code;
use serde::Serialize;

use crate::function::title;
use crate::html::id;
use crate::links::relinked;
use crate::manual::Part;
use crate::{Page, manual};

#[derive(Serialize)]
struct Entry {
    title: String,
    kind: &'static str,
    url: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    words: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    full: String,
}

/// The script: an array, so that a page opened from a file can load it too.
pub(crate) fn script(model: &Model, manual: &[Page], written: &[Page]) -> Result<String> {
    let mut entries = Vec::new();
    for function in &model.functions {
        let parameters: Vec<&str> =
            function.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        entries.push(Entry {
            title: function.name.clone(),
            kind: "function",
            url: format!("{}.html", function.name),
            text: function.summary.clone(),
            number: None,
            words: format!("{} {} {}", parameters.join(" "), title(function.family), function.header),
            full: String::new(),
        });
    }
    for structure in &model.structures {
        let fields: Vec<&str> = structure.fields.iter().map(|field| field.name.as_str()).collect();
        entries.push(Entry {
            title: structure.name.clone(),
            kind: "structure",
            url: format!("{}.html", structure.name),
            text: structure.summary.clone(),
            number: None,
            words: fields.join(" "),
            full: String::new(),
        });
    }
    for code in &model.codes {
        entries.push(Entry {
            title: code.name.clone(),
            kind: "return code",
            url: format!("errors.html#{}", code.name),
            text: code.meaning.clone(),
            number: Some(code.number.into()),
            words: code_words(code),
            full: String::new(),
        });
    }
    for constant in &model.constants {
        entries.push(Entry {
            title: constant.name.clone(),
            kind: "constant",
            url: format!("constants.html#{}", constant.name),
            text: constant.notes.clone(),
            number: Some(constant.value),
            words: format!("{0} 0x{0:x}", constant.value),
            full: String::new(),
        });
    }
    for page in manual.iter().filter(|page| manual::part(page) != Some(Part::Command)) {
        entries.extend(sections(page).map(|(section, id)| Entry {
            title: section,
            kind: "page",
            url: format!("{}#{id}", page.path()),
            text: page.title.clone(),
            number: None,
            words: String::new(),
            full: String::new(),
        }));
    }
    for page in manual.iter().chain(written) {
        let (kind, words, full) = match manual::part(page) {
            Some(Part::Task) => ("task", manual::words(&page.said), every_word(&page.said)),
            // The flags that many commands share would show all of them for a word such as password.
            Some(Part::Command) => ("command", flags(&page.said), every_word(before_options(&page.said))),
            Some(Part::Subject) => ("page", manual::words(&page.said), every_word(&page.said)),
            None => ("page", manual::words(&page.said), String::new()),
        };
        entries.push(Entry {
            title: page.title.clone(),
            kind,
            url: page.path(),
            text: first_paragraph(&page.markdown),
            number: None,
            words,
            full,
        });
    }
    Ok(format!("window.searchIndex={};\n", serde_json::to_string(&entries)?))
}

/// Returns the numbers of a return code, and the names and numbers by which logs and other tools know it.
fn code_words(code: &Code) -> String {
    let mut words = vec![format!("{0} 0x{0:x}", code.number)];
    let hexadecimal =
        |number: &i64| if *number < 0 { number.to_string() } else { format!("{number} 0x{number:x}") };
    words.extend(code.other_numbers().iter().map(hexadecimal));
    words.extend(code.statuses.iter().map(|status| format!("{0} NT_{0}", status.name)));
    words.join(" ")
}

/// Returns the flags that the page of a command lists.
fn flags(text: &str) -> String {
    let items = text.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next());
    let flags = items.flat_map(|item| item.split([' ', ','])).filter(|word| word.starts_with("--"));
    flags.map(|flag| flag.trim_end_matches('.')).collect::<Vec<_>>().join(" ")
}

/// Returns the beginning of the page of a command: what it does, and its examples.
fn before_options(text: &str) -> &str {
    text.split_once("\n## Options").map_or(text, |(before, _)| before)
}

/// Returns each word of a page once.
fn every_word(text: &str) -> String {
    let plain = relinked(text, |_| None).to_lowercase();
    let words = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
    words.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

/// Returns the sections of a page of the manual, with their ids.
fn sections(page: &Page) -> impl Iterator<Item = (String, String)> {
    let headings = page.said.lines().filter_map(|line| line.strip_prefix("## "));
    let headings = headings.filter(|heading| *heading != "See also");
    headings.map(|heading| (heading.replace('`', ""), id(heading)))
}

/// Returns the first paragraph below the title, without markup. Commands and tables are no text to show.
pub(crate) fn first_paragraph(markdown: &str) -> String {
    let after = markdown.split("\n\n").skip_while(|block| !block.trim_start().starts_with("# ")).skip(1);
    let after = after
        .into_iter()
        .find(|block| !block.trim().is_empty() && !block.starts_with("    ") && !block.starts_with('|'));
    let mut text = String::new();
    let mut inside = false;
    for c in relinked(after.unwrap_or_default(), |_| None).chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            '`' | '*' => {}
            '\n' => text.push(' '),
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}
