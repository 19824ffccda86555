//! The output: data to stdout, messages to stderr.

mod csv;
pub(crate) mod duration;
mod field;
mod json;
mod messages;
mod natural;
mod present;
mod style;
mod table;
mod time;
mod visible;
mod yaml;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::{Arc, OnceLock};

use anstyle::Style;
use serde::Serialize;

use field::{Extent, of_table};
pub(crate) use field::{Field, Value, object};
pub(crate) use messages::{Notes, error, errors, failure, hint, joined, note, to_stderr, warn};
pub(crate) use natural::natural;
pub(crate) use present::{OutputFormat, Presentation};
pub(crate) use style::{BAD, GOOD, NOTABLE, TITLE};
use table::Table;
pub(crate) use table::{Cell, Column, wrap};
pub(crate) use time::{time_of_day, timestamp};
pub(crate) use visible::{from_visible, visible};

use crate::failure::Failure;

/// A kind of row. Its fields are declared once: the table, the other formats, `--columns` and `--sort` read them.
pub(crate) trait Row: Serialize + Sized + 'static {
    /// The fields, in the order of JSON.
    fn fields() -> Vec<Field<Self>>;

    /// The server, as the user named it.
    fn server(&self) -> &str;

    /// The user of the row, for totals.
    fn user(&self) -> Option<&str> {
        None
    }

    /// The client of the row, as the server spells it.
    fn client(&self) -> Option<&str> {
        None
    }

    /// Sets the host name of the client's address.
    fn set_host(&mut self, _host: &Arc<str>) {}

    /// The host name of the client's address, if it was looked up.
    fn host(&self) -> Option<&str> {
        None
    }

    /// What selects the row in another command, for `-o name`.
    fn name(&self) -> Option<String> {
        None
    }

    /// The style of the accented columns.
    fn style(&self) -> Style {
        Style::new()
    }

    /// Returns the id of the row, if the command selects by it.
    fn selecting_id(&self) -> Option<String> {
        None
    }

    /// The columns of the table after the server's.
    fn columns() -> Vec<Column> {
        of_table(Self::fields(), Extent::default()).iter().map(|field| field.column).collect()
    }

    /// One cell for each column.
    fn cells(&self) -> Vec<Cell> {
        of_table(Self::fields(), Extent::default()).iter().map(|field| field.cell(self)).collect()
    }
}

/// Prints rows. It writes each row as soon as it has formatted it, because there can be very many.
pub(crate) fn present<R: Row>(
    presentation: &Presentation<R>,
    rows: &[&R],
    several_servers: bool,
) -> Result<(), Failure> {
    stream(&|out| presentation.write(rows, several_servers, terminal_width(), out))
}

/// Prints rows as one JSON array.
pub(crate) fn print_json<T: Serialize>(rows: &[T]) -> Result<(), Failure> {
    stream(&|out| json::array(rows, out))
}

/// Prints values that contain others, in a format that can show them: an array of JSON, lines of JSON, or YAML.
pub(crate) fn print_nested<T: Serialize>(format: OutputFormat, values: &[T]) -> Result<(), Failure> {
    stream(&|out| match format {
        OutputFormat::Jsonl => values.iter().try_for_each(|value| json::line(value, out)),
        OutputFormat::Yaml => yaml::write_nested(values, out),
        _ => json::array(values, out),
    })
}

/// Prints rows as a table for the terminal on stderr, with a SERVER column if there are several servers.
pub(crate) fn print_to_stderr<R: Row>(rows: &[R], several_servers: bool) {
    to_stderr(&table(rows, several_servers, width(terminal_size::terminal_size_of(io::stderr()))));
}

/// Returns rows as a table for a terminal of this width.
pub(crate) fn table<R: Row>(rows: &[R], several_servers: bool, width: Option<usize>) -> String {
    let (mut out, rows): (_, Vec<&R>) = (Vec::new(), rows.iter().collect());
    // Writing to memory does not fail.
    let _ = Presentation::of(OutputFormat::Table).write(&rows, several_servers, width, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Prints a table that is not about servers.
pub(crate) fn print_table(columns: &[Column], rows: &[Vec<Cell>]) -> Result<(), Failure> {
    let row = |index: usize| rows.get(index).cloned().unwrap_or_default();
    let style = |_: usize| Style::new();
    stream(&|out| {
        Table::new(columns, rows.len(), &row, &style, false).write(out, terminal_width(), TITLE, true)
    })
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
    let mut stdout = styled_stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Returns stdout, which removes styles if it is not a terminal that shows them.
fn styled_stdout() -> anstream::AutoStream<io::StdoutLock<'static>> {
    static CHOICE: OnceLock<anstream::ColorChoice> = OnceLock::new();
    let choice = *CHOICE.get_or_init(|| anstream::AutoStream::choice(&io::stdout()));
    anstream::AutoStream::new(io::stdout().lock(), choice)
}

/// Waits until nobody reads stdout any more. A file is always read.
#[cfg(unix)]
pub(crate) async fn closed() {
    use std::os::fd::AsFd as _;
    use tokio::io::Interest;
    use tokio::net::unix::pipe::Sender;
    // The copy is not put into non-blocking mode, which other programs with the same stdout would share.
    let stdout = io::stdout().as_fd().try_clone_to_owned().and_then(Sender::from_owned_fd_unchecked);
    if let Ok(stdout) = stdout
        && stdout.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

#[cfg(not(unix))]
pub(crate) async fn closed() {
    std::future::pending::<()>().await;
}

/// Returns a value as one line of JSON.
pub(crate) fn json_line<T: Serialize>(value: &T) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = json::line(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Passes stdout to `write`, without styles if stdout is not a terminal. A closed stdout is not an error.
pub(crate) fn stream(write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = BufWriter::new(styled_stdout());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}
