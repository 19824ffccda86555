//! `/api/`, for editors and scripts: [`answer`].

use hyper::StatusCode;
use netsession_reference::{Kind, Language, Model, Options, signature};

use crate::response::{Answer, json, text};
use crate::search::search;

/// Returns the response to `signature/NAME` and `search`.
pub(crate) fn answer(call: &str, query: &str) -> Answer {
    match call.split_once('/') {
        Some(("signature", name)) => declaration(name, query),
        None if call == "search" => found(&value(query, "q").unwrap_or_default()),
        _ => text(StatusCode::NOT_FOUND, HELP.to_owned()),
    }
}

const HELP: &str = "\
/api/signature/NAME?lang=LANGUAGE             a declaration: c, csharp, vb, fsharp, powershell, python, rust, go, java, node
/api/signature/NAME?lang=LANGUAGE&types       with everything that it needs
/api/signature/NAME?lang=LANGUAGE&sample      with a program that calls it
/api/search?q=TEXT                            what has this in its name, number or description, as JSON
";

/// Returns the bytes that `netsession signature` prints.
fn declaration(name: &str, query: &str) -> Answer {
    let model = Model::get();
    let language = value(query, "lang").unwrap_or_else(|| Language::C.id().to_owned());
    let language = match language.parse::<Language>() {
        Ok(language) => language,
        Err(error) => return text(StatusCode::BAD_REQUEST, format!("{error}\n{HELP}")),
    };
    let options = Options {
        types: value(query, "types").is_some(),
        sample: value(query, "sample").is_some(),
        ..Options::default()
    };
    if let Some(function) = model.function(name) {
        text(StatusCode::OK, signature(function, language, &options))
    } else if let Some(structure) = model.structure(name) {
        text(StatusCode::OK, netsession_reference::languages::structure(structure, language))
    } else if let Some(constant) = netsession_reference::languages::constant(name, language) {
        text(StatusCode::OK, constant)
    } else {
        let every_kind = [Kind::Function, Kind::Structure, Kind::Constant, Kind::Code];
        let near = model.nearest(name, &every_kind).join(" ");
        text(StatusCode::NOT_FOUND, format!("{name} is not known. Nearest: {near}\n"))
    }
}

fn found(query: &str) -> Answer {
    match serde_json::to_string(&search(query)) {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// Returns a value of the query, decoded; empty for a name without a value.
fn value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| decode(value))
    })
}

/// Decodes `%2B` and `+`.
fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let number = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok();
        let coded = (first == b'%').then(|| tail.get(..2).and_then(number)).flatten();
        decoded.push(coded.unwrap_or(if first == b'+' { b' ' } else { first }));
        rest = if coded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::value;

    /// A failure here would answer another query than the client sent.
    #[test]
    fn queries_are_decoded() {
        assert_eq!(value("q=a+b%26c&lang=vb", "q").as_deref(), Some("a b&c"));
        assert_eq!(value("q=a&lang=vb&types", "lang").as_deref(), Some("vb"));
        assert_eq!(value("types", "types").as_deref(), Some(""));
        assert_eq!(value("q=100%&x", "q").as_deref(), Some("100%"));
        assert_eq!(value("q=%zz%C3%A9", "q").as_deref(), Some("%zzé"));
        assert_eq!(value("", "q"), None);
    }
}
