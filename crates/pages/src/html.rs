//! Pieces of HTML inside Markdown: [`escape`] for text, [`percent`] for addresses.
//!
//! In Markdown an empty line ends a block of HTML, and some characters begin markup. [`escape`] writes these as numbers,
//! and [`readable`] turns the numbers back after Markdown has been read.

/// The characters that Markdown would interpret.
const MARKUP: [char; 10] = ['\n', '*', '_', '`', '[', ']', '\\', '|', '~', '$'];

/// Escapes text for HTML, in content and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if MARKUP.contains(&c) => escaped.push_str(&format!("&#{};", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Escapes a line of code, whose flags never break after their first hyphen.
pub(crate) fn with_whole_flags(code: &str) -> String {
    let word = |word: &str| match word.starts_with('-') {
        true => {
            let (flag, end) = word.split_at(word.trim_end_matches('\n').len());
            format!("<span class=\"flag\">{}</span>{end}", escape(flag))
        }
        false => escape(word),
    };
    code.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Returns HTML without the numbers that only Markdown needs.
pub(crate) fn readable(html: &str) -> String {
    let mut parts = html.split("&#");
    let mut readable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let reference = part.split_once(';').and_then(|(number, after)| {
            let c = char::from_u32(number.parse().ok()?).filter(|c| MARKUP.contains(c))?;
            Some((c, after))
        });
        match reference {
            Some((c, after)) => {
                readable.push(c);
                readable.push_str(after);
            }
            None => {
                readable.push_str("&#");
                readable.push_str(part);
            }
        }
    }
    readable
}

/// Returns the id of a heading without one of its own: `NetSessionDel (netapi32)` has `netsessiondel-netapi32`.
pub(crate) fn id(heading: &str) -> String {
    let letters = heading.to_lowercase().replace(' ', "-");
    letters.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// Escapes text as a part of an address.
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
