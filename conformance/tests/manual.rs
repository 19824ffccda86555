//! The code of the manual's page about languages is the code that the tests run.
#![cfg(test)]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use netsession_conformance::languages::examples;

/// The sources that the tests build and run, by the language of a block.
const SOURCES: &[(&str, &[&str])] = &[
    ("c", &["c/sessions.c"]),
    ("csharp", &["seed/Program.cs", "csharp/Program.cs"]),
    ("vb", &["seed/Program.vb", "vb/Sessions.vb"]),
    ("python", &["python/sessions.py"]),
    ("go", &["go/sessions.go"]),
    ("javascript", &["node/sessions.js"]),
    ("java", &["java/Sessions.java"]),
];

/// The fenced blocks of a text: language and lines.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut found, mut open) = (Vec::new(), None);
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language, Vec::new())),
            (Some(_), Some(block)) => found.push(block),
            (None, Some((language, mut lines))) => {
                lines.push(line.trim());
                open = Some((language, lines));
            }
            (None, None) => {}
        }
    }
    found
}

/// A failure here would let a reader paste lines that no test has run.
#[test]
fn its_lines_to_paste_are_those_of_the_examples() -> Result<()> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/languages.md"))?;
    let sources: BTreeMap<_, _> = SOURCES.iter().copied().collect();
    let mut seen = Vec::new();
    for (language, lines) in blocks(&page) {
        let Some(files) = sources.get(language) else { continue };
        seen.push(language);
        let texts = files.iter().map(|file| Ok(fs::read_to_string(examples().join(file))?));
        let texts = texts.collect::<Result<Vec<_>>>().with_context(|| language.to_owned())?;
        let texts: Vec<Vec<&str>> = texts.iter().map(|text| text.lines().map(str::trim).collect()).collect();
        // An example may have other lines between paragraphs, but not within one.
        for paragraph in lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty()) {
            let is_there = |text: &Vec<&str>| text.windows(paragraph.len()).any(|window| window == paragraph);
            ensure!(texts.iter().any(is_there), "{language}: {paragraph:#?} is not in {files:?}");
        }
    }
    for (language, _) in SOURCES {
        ensure!(seen.contains(language), "the page has nothing to paste in {language}");
    }
    Ok(())
}
