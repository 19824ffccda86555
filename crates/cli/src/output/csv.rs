//! `-o csv`: one line for each row, as RFC 4180 describes it.
//!
//! Control and invisible characters are spelled out as in the table, so that a row is always one line. A spreadsheet
//! takes a text that begins with `=`, `+`, `-` or `@` for a formula, so such a text gets a `'` in front. An unknown
//! value is empty. JSON has every name exactly.

use std::borrow::Cow;
use std::io::{self, Write};

use super::field::{Field, Value};
use super::visible::visible;

/// Writes the rows, after a line with the names of the fields.
pub(super) fn write<R>(
    fields: &[Field<R>],
    rows: &[&R],
    has_headers: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if has_headers {
        line(fields.iter().map(|field| Cow::Borrowed(field.key)), out)?;
    }
    for row in rows {
        line(fields.iter().map(|field| text(&field.value(row))), out)?;
    }
    Ok(())
}

fn line<'a>(values: impl Iterator<Item = Cow<'a, str>>, out: &mut dyn Write) -> io::Result<()> {
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(quoted(&value).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

fn text(value: &Value<'_>) -> Cow<'static, str> {
    let plain = value.plain();
    let shown = visible(&plain);
    let is_formula = matches!(value, Value::Text(_))
        && shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\'']);
    Cow::Owned(if is_formula { format!("'{shown}") } else { shown.into_owned() })
}

fn quoted(value: &str) -> Cow<'_, str> {
    if value.contains([',', '"', '\r', '\n']) || value.starts_with(' ') || value.ends_with(' ') {
        Cow::Owned(format!("\"{}\"", value.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(value)
    }
}
