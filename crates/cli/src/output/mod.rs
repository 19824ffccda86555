//! The output: data to stdout, messages to stderr.

pub(crate) mod duration;
mod json;
mod messages;
mod natural;
mod style;
mod table;
mod time;
mod visible;

use std::io::{self, BufWriter, ErrorKind, Write};

use anstyle::Style;
use serde::Serialize;

pub(crate) use messages::{Notes, error, errors, failure, hint, note, to_stderr, warn};
pub(crate) use natural::natural;
pub(crate) use style::{BAD, GOOD, NOTABLE, TITLE};
use table::Table;
pub(crate) use table::{Cell, Column};
pub(crate) use time::{time_of_day, timestamp};
pub(crate) use visible::{from_visible, visible};

use crate::failure::Failure;

/// A kind of row. Its `Serialize` writes the JSON fields, and its cells are in the order of its columns.
pub(crate) trait Row: Serialize {
    /// The columns after the server's.
    fn columns() -> Vec<Column>;

    /// The server, as the user named it.
    fn server(&self) -> &str;

    /// The user of the row, for totals.
    fn user(&self) -> Option<&str> {
        None
    }

    /// One cell for each column.
    fn cells(&self) -> Vec<Cell>;

    /// The style of the accented columns.
    fn style(&self) -> Style {
        Style::new()
    }
}

/// Prints rows as a table or as JSON. It writes each row as soon as it has formatted it, because there can be very
/// many.
pub(crate) fn print<R: Row>(rows: &[R], json: bool, several_servers: bool) -> Result<(), Failure> {
    if json {
        print_json(rows)
    } else {
        stream(&|out| write_table(rows, several_servers, out, terminal_width()))
    }
}

/// Prints rows as one JSON array.
pub(crate) fn print_json<T: Serialize>(rows: &[T]) -> Result<(), Failure> {
    stream(&|out| json::array(rows, out))
}

/// Prints rows as a table for the terminal on stderr, with a SERVER column if there are several servers.
pub(crate) fn print_to_stderr<R: Row>(rows: &[R], several_servers: bool) {
    to_stderr(&table(rows, several_servers, width(terminal_size::terminal_size_of(io::stderr()))));
}

/// Returns rows as a table for a terminal of this width.
pub(crate) fn table<R: Row>(rows: &[R], several_servers: bool, width: Option<usize>) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = write_table(rows, several_servers, &mut out, width);
    String::from_utf8(out).unwrap_or_default()
}

fn write_table<R: Row>(
    rows: &[R],
    several_servers: bool,
    out: &mut dyn Write,
    width: Option<usize>,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns: Vec<Column> = std::iter::once(Column::text("SERVER")).chain(R::columns()).collect();
    let cells = |row: &R| {
        let server = several_servers.then(|| row.server().to_owned());
        std::iter::once(server).chain(row.cells()).collect()
    };
    let row = |index: usize| rows.get(index).map(cells).unwrap_or_default();
    let style = |index: usize| rows.get(index).map(Row::style).unwrap_or_default();
    Table::new(&columns, rows.len(), &row, &style).write(out, width, TITLE)
}

/// Prints a table that is not about servers.
pub(crate) fn print_table(columns: &[Column], rows: &[Vec<Cell>]) -> Result<(), Failure> {
    let row = |index: usize| rows.get(index).cloned().unwrap_or_default();
    let style = |_: usize| Style::new();
    stream(&|out| Table::new(columns, rows.len(), &row, &style).write(out, terminal_width(), TITLE))
}

/// The width of the terminal on stdout, if stdout is a terminal.
pub(crate) fn terminal_width() -> Option<usize> {
    width(terminal_size::terminal_size_of(io::stdout()))
}

fn width(size: Option<(terminal_size::Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(width, _)| usize::from(width.0)).filter(|&width| width > 0)
}

/// Writes data to stdout.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    stream(&|out| out.write_all(text.as_bytes()))
}

/// Writes data to stdout at once. A closed stdout is an error.
pub(crate) fn try_to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = anstream::AutoStream::auto(io::stdout().lock());
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Returns a value as one line of JSON.
pub(crate) fn json_line<T: Serialize>(value: &T) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = json::line(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Passes stdout to `write`, without styles if stdout is not a terminal. A closed stdout is not an error.
fn stream(write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = BufWriter::new(anstream::AutoStream::auto(io::stdout().lock()));
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}
