//! `-o yaml`: a sequence of mappings.
//!
//! A JSON string is a YAML string, too, apart from one thing: YAML escapes a character beyond 16 bits by one `\U`, not by
//! two surrogates. So every text is quoted, and no name can become a number, a date, a boolean or an anchor.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::field::{Field, Value};
use super::json;
use super::visible::is_hidden;

/// Writes the rows as one document.
pub(super) fn write<R>(fields: &[Field<R>], rows: &[&R], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return out.write_all(b"[]\n");
    }
    for row in rows {
        for (index, field) in fields.iter().enumerate() {
            let dash = if index == 0 { "- " } else { "  " };
            writeln!(out, "{dash}{}: {}", field.key, value(&field.value(row)))?;
        }
    }
    Ok(())
}

/// Writes values that contain others as one document: each is a mapping in one line.
pub(super) fn write_nested<T: Serialize>(values: &[T], out: &mut dyn Write) -> io::Result<()> {
    if values.is_empty() {
        return out.write_all(b"[]\n");
    }
    values.iter().try_for_each(|value| {
        out.write_all(b"- ")?;
        json::yaml_line(value, out)
    })
}

fn value(value: &Value<'_>) -> String {
    match value {
        Value::Unknown => "null".to_owned(),
        Value::Text(text) => string(text),
        Value::Words(words) => {
            format!("[{}]", words.iter().map(|word| string(word)).collect::<Vec<_>>().join(", "))
        }
        Value::Texts(texts) => {
            format!("[{}]", texts.iter().map(|text| string(text)).collect::<Vec<_>>().join(", "))
        }
        Value::Number(_) | Value::Seconds(_) | Value::Flag(_) => value.plain().into_owned(),
    }
}

fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // Writing to a String does not fail.
            c if is_hidden(c) && u32::from(c) < 0x1_0000 => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c if is_hidden(c) => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
