//! `--json`: one array on stdout, with an element on each line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::visible::is_hidden;

/// Writes the rows as one JSON array, each on its own line.
pub(crate) fn array<T: Serialize>(rows: &[T], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, row) in rows.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        row.serialize(&mut Serializer::with_formatter(&mut *out, JSON))?;
    }
    out.write_all(if rows.is_empty() { b"]\n" } else { b"\n]\n" })
}

/// Writes one value on its own line.
pub(crate) fn line<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, JSON))?;
    out.write_all(b"\n")
}

/// Writes one value on its own line, so that it is YAML, too.
pub(super) fn yaml_line<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaping { is_yaml: true }))?;
    out.write_all(b"\n")
}

/// Writes compact JSON, and also escapes the characters that JSON permits and a terminal interprets (DEL, C1,
/// overrides).
///
/// YAML has one escape for a character beyond 16 bits, where JSON has two surrogates.
struct Escaping {
    is_yaml: bool,
}

const JSON: Escaping = Escaping { is_yaml: false };

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut units = [0; 2];
        for piece in fragment.split_inclusive(is_hidden) {
            let last = piece.chars().next_back().filter(|&c| is_hidden(c));
            let plain = piece.len().saturating_sub(last.map_or(0, char::len_utf8));
            writer.write_all(piece.get(..plain).unwrap_or_default().as_bytes())?;
            if let Some(c) = last.filter(|&c| self.is_yaml && u32::from(c) > 0xffff) {
                write!(writer, "\\U{:08x}", u32::from(c))?;
                continue;
            }
            for unit in last.iter().flat_map(|c| c.encode_utf16(&mut units).to_vec()) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    fn array<T: Serialize>(rows: &[T]) -> String {
        let mut out = Vec::new();
        super::array(rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// A failure here would give programs something other than an array.
    #[test]
    fn an_empty_list_is_an_array() {
        assert_eq!(array::<u8>(&[]), "[]\n");
    }

    /// A failure here would change names, or send their control characters to a terminal.
    #[test]
    fn hidden_characters_are_escaped_losslessly() {
        let names = ["a\u{9b}b\u{1b}c\"\\", "\u{e0041}\u{202e}", "田中"];
        let text = array(&names);
        assert!(text.contains(r#""a\u009bb\u001bc\"\\""#), "{text}");
        assert!(text.contains(r#""\udb40\udc41\u202e""#), "{text}");
        assert!(text.contains("田中"));
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), names);
    }
}
