//! What is printed: data to stdout, everything said about it to stderr.

pub(crate) mod duration;
mod json;
mod natural;
mod table;
mod visible;

use std::io::{self, BufWriter, ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

pub(crate) use natural::natural;
use table::Table;
pub(crate) use table::{Cell, Column};
pub(crate) use visible::visible;

use crate::failure::Failure;

/// Titles of tables.
pub(crate) const TITLE: Style = Style::new().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What did not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What deserves a second look.
pub(crate) const NOTABLE: Style = AnsiColor::Yellow.on_default();
const HINT: Style = AnsiColor::Cyan.on_default();

/// A kind of row: its JSON fields are its `Serialize`, its table cells follow its columns.
pub(crate) trait Row: Serialize {
    /// The columns after the server's.
    fn columns() -> Vec<Column>;

    /// The server, as the user named it.
    fn server(&self) -> &str;

    /// One cell a column.
    fn cells(&self) -> Vec<Cell>;

    /// How it stands out, in the columns that show it.
    fn style(&self) -> Style {
        Style::new()
    }
}

/// Prints rows as the user wants them, one after the other: there can be very many.
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

/// Rows as a table fit for the terminal on stderr, with a column for the server where there are several.
pub(crate) fn print_to_stderr<R: Row>(rows: &[R], several_servers: bool) {
    to_stderr(&table(rows, several_servers, width(terminal_size::terminal_size_of(io::stderr()))));
}

/// Rows as a table for a terminal of that width.
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

/// Prints a table that is about no server.
pub(crate) fn print_table(columns: &[Column], rows: &[Vec<Cell>]) -> Result<(), Failure> {
    let row = |index: usize| rows.get(index).cloned().unwrap_or_default();
    let style = |_: usize| Style::new();
    stream(&|out| Table::new(columns, rows.len(), &row, &style).write(out, terminal_width(), TITLE))
}

/// The width of the terminal on stdout, where there is one.
pub(crate) fn terminal_width() -> Option<usize> {
    width(terminal_size::terminal_size_of(io::stdout()))
}

fn width(size: Option<(terminal_size::Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(width, _)| usize::from(width.0)).filter(|&width| width > 0)
}

/// What is said of servers: the same of several is said once.
#[derive(Default)]
pub(crate) struct Notes<'a>(Vec<(String, Vec<&'a str>)>);

impl<'a> Notes<'a> {
    pub(crate) fn add(&mut self, server: &'a str, text: impl Into<String>) {
        let text = text.into();
        match self.0.iter_mut().find(|(said, _)| *said == text) {
            Some((_, servers)) => servers.push(server),
            None => self.0.push((text, vec![server])),
        }
    }

    pub(crate) fn say(&self) {
        self.0.iter().for_each(|(text, servers)| note(&format!("{}: {text}", servers.join(", "))));
    }
}

/// Writes data.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    stream(&|out| out.write_all(text.as_bytes()))
}

/// Writes data as they are made. Styles are taken out where stdout is no terminal; a reader that went away is no error.
fn stream(write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = BufWriter::new(anstream::AutoStream::auto(io::stdout().lock()));
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says something to the person or the log. Nothing can be done where stderr is gone.
pub(crate) fn to_stderr(text: &str) {
    let mut stderr = anstream::AutoStream::auto(io::stderr().lock());
    let _ = stderr.write_all(text.as_bytes());
}

/// Something said in passing.
pub(crate) fn note(text: &str) {
    to_stderr(&format!("{}\n", lines(text)));
}

/// Something that deserves a second look.
pub(crate) fn warn(text: &str) {
    labelled("warning", NOTABLE, text);
}

/// What to do about it.
pub(crate) fn hint(text: &str) {
    labelled("hint", HINT, text);
}

/// What went wrong.
pub(crate) fn error(text: &str) {
    labelled("error", BAD, text);
}

/// A failure and its way out.
pub(crate) fn failure(failure: &Failure) {
    error(&failure.message);
    if let Some(way_out) = &failure.hint {
        hint(way_out);
    }
}

fn labelled(label: &str, style: Style, text: &str) {
    to_stderr(&format!("{style}{label}:{style:#} {}\n", lines(text)));
}

/// Several lines of a message, each made visible.
fn lines(text: &str) -> String {
    text.lines().map(|line| visible(line)).collect::<Vec<_>>().join("\n")
}
