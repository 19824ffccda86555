//! The prose of the model as HTML. [`line()`] turns names that have a page into links, and other names into code.

use netsession_reference::Model;
use netsession_reference::model::Function;

use crate::html::escape;

/// A sentence or a paragraph. `function` is the one whose parameters it may name.
pub(crate) fn line(model: &Model, text: &str, function: Option<&Function>) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, tail) = rest.split_at(start);
        html.push_str(&escape(before));
        let length = tail.find(|c| !is_part(c)).unwrap_or(tail.len());
        let (word, after) = tail.split_at(length);
        html.push_str(&named(model, word, function).unwrap_or_else(|| escape(word)));
        rest = after;
    }
    html.push_str(&escape(rest));
    // Text that the prose itself marks as code.
    let mut parts = html.split("&#96;");
    let mut marked = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        marked.push_str(if place % 2 == 0 { "<code>" } else { "</code>" });
        marked.push_str(part);
    }
    if html.matches("&#96;").count().is_multiple_of(2) { marked } else { html }
}

/// A list with an entry for each text.
pub(crate) fn list(model: &Model, texts: &[String], function: Option<&Function>) -> String {
    let items: String =
        texts.iter().map(|text| format!("<li>{}</li>", line(model, text, function))).collect();
    format!("<ul>{items}</ul>")
}

/// The address of the page about a name, and the place on it.
pub(crate) fn address(model: &Model, name: &str) -> Option<String> {
    if let Some(function) = model.function(name) {
        Some(format!("{}.html", function.name))
    } else if let Some(structure) = model.structure(name) {
        Some(format!("{}.html", structure.name))
    } else if let Some(code) = model.code(name) {
        Some(format!("errors.html#{}", code.name))
    } else {
        model.constant(name).map(|constant| format!("constants.html#{}", constant.name))
    }
}

/// A link to the page about a name, with the name as code.
pub(crate) fn link(model: &Model, name: &str) -> String {
    match address(model, name) {
        Some(address) => format!("<a href=\"{address}\"><code>{}</code></a>", escape(name)),
        None => format!("<code>{}</code>", escape(name)),
    }
}

/// Links, with commas between them.
pub(crate) fn links<'a>(model: &Model, names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| link(model, name)).collect::<Vec<_>>().join(", ")
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn named(model: &Model, word: &str, function: Option<&Function>) -> Option<String> {
    // Ordinary words are not names, even if a constant has the same name.
    let is_name = word.contains('_') || word.starts_with("Net") && word.len() > 3;
    if is_name && (word.chars().any(|c| c.is_ascii_uppercase())) {
        if function.is_some_and(|function| function.name == word) {
            return Some(format!("<code>{}</code>", escape(word)));
        }
        if model.knows(word) {
            return Some(link(model, word));
        }
    }
    let parameter = function.and_then(|function| function.parameter(word));
    // `level` and `server` are words as well as names.
    let stands_out = word.chars().any(|c| c.is_ascii_uppercase()) || word.len() > 8 || word.contains('_');
    parameter.filter(|_| stands_out).map(|_| format!("<code>{}</code>", escape(word)))
}

#[cfg(test)]
mod tests {
    use super::line;
    use netsession_reference::Model;

    /// A failure here would publish prose with broken text or without its links.
    #[test]
    fn names_become_links_and_the_rest_stays() {
        let model = Model::get();
        let function = model.function("NetSessionDel");
        let html =
            line(model, "See NetSessionEnum, \\\\10.0.0.5 & UncClientName: 2 < 3; NERR_Success.", function);
        assert_eq!(
            html,
            "See <a href=\"NetSessionEnum.html\"><code>NetSessionEnum</code></a>, &#92;&#92;10.0.0.5 &amp; \
             <code>UncClientName</code>: 2 &lt; 3; <a href=\"errors.html#NERR_Success\"><code>NERR&#95;Success</code></a>."
        );
        assert_eq!(
            line(model, "NetSessionDel and `a_b`", function),
            "<code>NetSessionDel</code> and <code>a&#95;b</code>"
        );
    }
}
