//! The text of some declarations, letter by letter: what people have pasted must not change by accident.
#![cfg(test)]

use std::fs;
use std::path::Path;

use netsession_reference::{Language, Model, Options, languages, signature};

/// Compares with the file of that name; with `GOLDEN=write` in the environment it writes the file instead.
fn compare(name: &str, text: &str) -> Result<(), Box<dyn std::error::Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("GOLDEN").is_some_and(|value| value == "write") {
        fs::write(&file, text)?;
    }
    let golden = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    assert_eq!(text, golden, "{name} differs; if you changed it on purpose, GOLDEN=write rewrites it");
    Ok(())
}

/// A failure here would change a declaration for everybody who pastes it.
#[test]
fn declarations_are_as_they_were() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::get();
    for language in Language::ALL {
        let ending = language.extension();
        for (name, options) in [
            ("NetSessionDel", Options { sample: true, ..Options::default() }),
            ("NetFileEnum", Options { types: true, ..Options::default() }),
            ("NetShareSetInfo", Options::default()),
        ] {
            let function = model.function(name).ok_or("no such function")?;
            compare(&format!("{name}.{ending}"), &signature(function, language, &options))?;
        }
        let structure = model.structure("SERVER_TRANSPORT_INFO_3").ok_or("no such structure")?;
        compare(&format!("SERVER_TRANSPORT_INFO_3.{ending}"), &languages::structure(structure, language))?;
    }
    Ok(())
}

/// A failure here would give people trailing spaces, or lines that are too long, in what they paste.
#[test]
fn every_text_is_tidy() {
    for function in &Model::get().functions {
        for language in Language::ALL {
            let text = signature(function, language, &Options { sample: true, ..Options::default() });
            for line in text.lines() {
                assert_eq!(line.trim_end(), line, "{} in {language}", function.name);
                assert!(line.chars().count() <= 140, "{} in {language}: {line}", function.name);
            }
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{} in {language}", function.name);
        }
    }
}
