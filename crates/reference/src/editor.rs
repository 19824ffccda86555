//! [`files`]: the texts of the extension for VS Code, its snippets and the declarations that its command inserts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::languages::{Language, Options, signature};
use crate::model::{Function, Model};

/// The files of the extension that are made from the model, by their path within it.
pub fn files() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::from([("declarations/index.json".to_owned(), index())]);
    for language in Language::ALL {
        files.insert(format!("snippets/{language}.json"), snippets(language));
        files.insert(format!("declarations/{language}.json"), declarations(language));
    }
    files
}

fn index() -> Value {
    let function = |function: &Function| json!({"name": function.name, "summary": function.summary, "exported": function.exported});
    let functions: Vec<Value> = Model::get().functions.iter().map(function).collect();
    let languages: Vec<Value> =
        Language::ALL.iter().map(|language| json!({"id": language.id(), "name": language.name()})).collect();
    json!({"languages": languages, "functions": functions})
}

/// The three texts of a function; the sample is `null` if there is none.
fn texts(function: &Function, language: Language) -> [(&'static str, Option<String>); 3] {
    let text = |types, sample| signature(function, language, &Options { types, sample, arguments: None });
    [
        ("declaration", Some(text(false, false))),
        ("types", Some(text(true, false))),
        ("sample", function.sample.is_some().then(|| text(true, true))),
    ]
}

fn declarations(language: Language) -> Value {
    let texts = |function: &Function| {
        let texts = texts(function, language).map(|(kind, text)| (kind.to_owned(), json!(text)));
        (function.name.clone(), Value::Object(texts.into_iter().collect()))
    };
    Value::Object(Model::get().functions.iter().map(texts).collect())
}

fn snippets(language: Language) -> Value {
    let mut snippets = serde_json::Map::new();
    for function in &Model::get().functions {
        for (kind, text) in texts(function, language) {
            let Some(text) = text else { continue };
            let name = if kind == "declaration" {
                function.name.clone()
            } else {
                format!("{}-{kind}", function.name)
            };
            let body: Vec<String> = escaped(&text).lines().map(str::to_owned).collect();
            let snippet = json!({"prefix": name, "description": function.summary, "body": body});
            snippets.insert(name, snippet);
        }
    }
    Value::Object(snippets)
}

/// A snippet gives `$` and `}` a meaning of their own, so put backslashes before them.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

#[cfg(test)]
mod tests {
    use super::{escaped, files};

    /// A failure here would make the editor treat PowerShell's variables as placeholders.
    #[test]
    fn what_snippets_take_for_their_own_is_escaped() {
        assert_eq!(escaped(r"if ($a) { '\\fs1' }"), r"if (\$a) { '\\\\fs1' \}");
    }

    /// A failure here would ship a language without its snippets.
    #[test]
    fn every_language_has_its_files() {
        let files = files();
        assert_eq!(files.len(), 21);
        let snippet = &files["snippets/csharp.json"]["NetSessionDel"];
        assert_eq!(snippet["prefix"], "NetSessionDel");
        assert!(snippet["body"].as_array().is_some_and(|body| body.len() > 5));
        assert!(files["declarations/vb.json"]["NetServerDiskEnum"]["sample"].is_null());
    }
}
