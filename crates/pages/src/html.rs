//! Small pieces of HTML within Markdown.
//!
//! A block of HTML ends at an empty line for Markdown, so that nothing here writes one: code has its line ends as
//! character references.

use crate::highlight::{self, Syntax};

/// Text as HTML shows it, in content and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            // Else Markdown would read it within a line.
            '*' | '_' | '`' | '[' | ']' | '\\' | '|' | '~' | '$' => {
                escaped.push_str(&format!("&#{};", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A block of code with a button that copies it; `caption` is what it is.
pub(crate) fn code(text: &str, syntax: Syntax, caption: &str) -> String {
    format!(
        "<figure><figcaption><span>{}</span><button type=\"button\" class=\"copy\">Copy</button></figcaption>\
         <pre tabindex=\"0\"><code>{}</code></pre></figure>",
        escape(caption),
        highlight::html(text, syntax)
    )
}

/// Text as a part of an address.
pub(crate) fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
