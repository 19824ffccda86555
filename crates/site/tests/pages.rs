//! Properties of every page, checked in the files that are compiled in.
#![allow(clippy::expect_used, clippy::panic, reason = "what is not there fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use netsession_reference::languages::{self, Language, Options};
use netsession_reference::{Model, signature};
use netsession_site::{File, file, files};

fn html(file: &File) -> String {
    String::from_utf8(file.content().to_vec()).expect("pages are UTF-8")
}

fn pages() -> impl Iterator<Item = (&'static str, String)> {
    files().iter().filter(|file| file.path.ends_with(".html")).map(|file| (file.path.as_str(), html(file)))
}

/// Returns the unescaped values of an attribute.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let begin = format!(" {attribute}=\"");
    let parts = html.split(&begin).skip(1);
    parts.filter_map(|rest| rest.split('"').next()).map(|value| value.replace("&amp;", "&")).collect()
}

/// The text of the first element `code` after `caption`.
fn code_after(html: &str, caption: &str) -> Option<String> {
    let (_, after) = html.split_once(&format!("<span>{caption}</span>"))?;
    let code = after.split_once("<code>")?.1.split_once("</code>")?.0;
    let mut text = String::new();
    let mut inside = false;
    for c in code.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    for (coded, plain) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")]
    {
        text = text.replace(coded, plain);
    }
    Some(text)
}

/// A failure here would publish a link that leads nowhere.
#[test]
fn no_link_is_broken() {
    let ids: BTreeMap<&str, BTreeSet<String>> =
        pages().map(|(path, html)| (path, values(&html, "id").into_iter().collect())).collect();
    let mut broken = Vec::new();
    let mut seen = 0;
    for (path, html) in pages() {
        for link in
            values(&html, "href").into_iter().chain(values(&html, "src")).chain(values(&html, "action"))
        {
            seen += 1;
            if link.starts_with("https://") {
                continue;
            }
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = target.split('?').next().unwrap_or_default();
            let target = match target.trim_start_matches('/') {
                "" if target == "/" || html.contains("<base href=\"/\">") => "index.html",
                "" => path,
                target => target,
            };
            let whole = file(target).is_some();
            let place = anchor.is_empty() || ids.get(target).is_some_and(|ids| ids.contains(anchor));
            if !whole || !place {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    assert!(seen > 5000, "{seen} links");
    assert_eq!(broken, Vec::<String>::new());
}

/// A failure here would make a link with an anchor ambiguous.
#[test]
fn every_place_has_a_name_of_its_own() {
    for (path, html) in pages() {
        let ids = values(&html, "id");
        let mut seen = BTreeSet::new();
        let twice: Vec<&String> = ids.iter().filter(|id| !seen.insert(*id)).collect();
        assert!(twice.is_empty(), "{path}: {twice:?}");
    }
}

/// A failure here would print a flag as a dash, in a command that then fails for the reader.
#[test]
fn no_page_turns_a_flag_into_a_dash() {
    for (path, html) in pages() {
        assert!(!html.contains(['\u{2013}', '\u{2014}']), "{path}");
    }
}

/// A failure here would make a page load something from another host.
#[test]
fn pages_load_nothing_from_elsewhere() {
    for (path, html) in pages() {
        for loaded in values(&html, "src") {
            assert!(!loaded.contains("//"), "{path} loads {loaded}");
        }
        for tag in html.split("<link ").skip(1).filter_map(|rest| rest.split('>').next()) {
            assert!(!tag.contains("//"), "{path} loads {tag}");
        }
        for inline in ["<style", " style=\"", "<script>", "javascript:", " onclick=", "<iframe", "<img "] {
            assert!(!html.contains(inline), "{path} has {inline}, which the server's policy refuses");
        }
    }
    for name in ["style.css", "print.css"] {
        let css = html(file(name).expect("a style"));
        assert!(!css.contains("url(") && !css.contains("@import"), "{name}");
    }
}

/// A failure here would make a page's declarations differ from what the command prints.
#[test]
fn declarations_are_those_of_the_command() {
    let model = Model::get();
    let mut compared = 0;
    for function in &model.functions {
        let page = html(file(&format!("{}.html", function.name)).expect("every function has a page"));
        for language in Language::ALL {
            let command = format!("netsession signature {} --lang {}", function.name, language.id());
            let alone = signature(function, language, &Options::default());
            let types = signature(function, language, &Options { types: true, ..Options::default() });
            if language == Language::C && types != alone {
                // The native signature is the C declaration without its comment, and no tab repeats it.
                let header = if function.header.is_empty() { "lm.h" } else { &function.header };
                let caption = format!("{}, as {} declares it", function.name, header);
                let native = code_after(&page, &caption).expect("a native signature");
                assert!(alone.ends_with(&format!("*/\n{native}")), "{native}\n{alone}");
                assert_eq!(code_after(&page, &command), None, "{command}");
            } else {
                assert_eq!(code_after(&page, &command).as_ref(), Some(&alone), "{command}");
            }
            if types != alone {
                assert_eq!(code_after(&page, &format!("{command} --with-types")), Some(types), "{command}");
            }
            if function.sample.is_some() {
                let sample = signature(function, language, &Options { sample: true, ..Options::default() });
                assert_eq!(code_after(&page, &format!("{command} --sample")), Some(sample), "{command}");
            }
            compared += 1;
        }
    }
    for structure in &model.structures {
        let page = html(file(&format!("{}.html", structure.name)).expect("every structure has a page"));
        for language in Language::ALL {
            let command = format!("netsession signature {} --lang {}", structure.name, language.id());
            assert_eq!(
                code_after(&page, &command),
                Some(languages::structure(structure, language)),
                "{command}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 10 * (model.functions.len() + model.structures.len()));
}

/// A failure here would publish a function's page with a missing or empty section.
#[test]
fn every_function_has_every_section() {
    const SECTIONS: [&str; 12] = [
        "native-signature",
        "declarations",
        "parameters",
        "types",
        "return-codes",
        "alternative-api",
        "notes",
        "tips",
        "sample-code",
        "try-it",
        "find-references",
        "this-page",
    ];
    for function in &Model::get().functions {
        let page = html(file(&format!("{}.html", function.name)).expect("a page"));
        for section in SECTIONS {
            let heading = format!("<h2 id=\"{section}\">");
            let after =
                page.split_once(&heading).unwrap_or_else(|| panic!("{}: no {section}", function.name)).1;
            let content = after.split("<h2 ").next().unwrap_or_default();
            let content = content.split_once("</h2>").map_or("", |(_, content)| content);
            let words: String =
                content.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
            assert!(words.trim().len() > 3, "{}: {section} is empty", function.name);
        }
        for action in ["edit", "revisions", "comments"] {
            assert!(page.contains(&format!("<h3 id=\"{action}\">")), "{}: no {action}", function.name);
        }
        assert!(page.contains("?print\""), "{}: no printable version", function.name);
    }
}
