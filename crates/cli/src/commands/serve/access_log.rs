//! [`AccessLog`]: a line of JSON for each use of a file, for programs.
//!
//! A thread of its own writes the lines: a disk that is full or slow must not stop the server.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, SystemTime};

use netsession_server::{Event, Open, Session, SessionId};
use serde::Serialize;

use super::backlog::{Backlog, Line};
use super::events::Sender;
use crate::failure::Failure;
use crate::output;

/// The number of lines that may wait for a slow disk. The log only counts further ones.
const QUEUED: usize = 16_384;
/// The most bytes of these lines.
const QUEUED_BYTES: usize = 16 << 20;
/// How long the end of the server waits for the last lines.
const PATIENCE: Duration = Duration::from_secs(5);
/// The only reason for which the server reports that it has refused access.
const DENIED: &str = "STATUS_ACCESS_DENIED";

/// Writes the access log on its own thread.
#[derive(Debug)]
pub(super) struct AccessLog {
    queue: Arc<Queue>,
    /// Closed when the thread has ended.
    end: Receiver<()>,
}

/// Queues the lines for the thread.
#[derive(Debug)]
pub(super) struct Queue {
    /// An empty line only wakes the thread.
    lines: Backlog<Vec<u8>>,
    /// Whether the thread must open the file again before the next line.
    must_reopen: AtomicBool,
}

/// Where the lines go.
#[derive(Debug)]
pub(super) enum Target {
    Stdout,
    File(PathBuf, File),
}

impl Target {
    /// Opens the file, or takes stdout for `-`.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        let failed =
            |error| Failure::failed(format!("cannot open the access log {}: {error}", path.display()));
        open(path).map(|file| Self::File(path.to_owned(), file)).map_err(failed)
    }

    fn write(&mut self, line: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Stdout => std::io::stdout().lock().write_all(line),
            Self::File(_, file) => append(file, line),
        }
    }

    /// Opens the file again, which somebody may have renamed.
    fn reopen(&mut self) -> std::io::Result<()> {
        if let Self::File(path, file) = self {
            *file = open(path)?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)
}

/// Appends a line. On a full disk it removes the part that was written: a part of a line is no line.
fn append(file: &mut File, line: &[u8]) -> std::io::Result<()> {
    let written = file.write(line)?;
    if written == line.len() {
        return Ok(());
    }
    let length = file.metadata()?.len();
    file.set_len(length.saturating_sub(u64::try_from(written).unwrap_or(0)))?;
    Err(ErrorKind::StorageFull.into())
}

impl AccessLog {
    /// Starts the thread. It reports to `log` when it cannot write, and when it can again.
    pub(super) fn start(target: Target, log: Arc<Sender>) -> Self {
        let (lines, waiting) = Backlog::new(QUEUED, QUEUED_BYTES);
        let queue = Arc::new(Queue { lines, must_reopen: AtomicBool::new(false) });
        let writer = Writer { target, log, queue: Arc::clone(&queue), is_broken: false };
        let (ends, end) = sync_channel(0);
        std::thread::spawn(move || {
            writer.run(waiting);
            drop(ends);
        });
        Self { queue, end }
    }

    /// Where the server sends its events.
    pub(super) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Writes what is queued, and stops. It does not wait for a disk that does not answer.
    pub(super) fn finish(self) {
        self.queue.lines.close();
        let _: Result<(), RecvTimeoutError> = self.end.recv_timeout(PATIENCE);
    }
}

impl Queue {
    /// Queues the line of an event, if it has one. Never waits.
    pub(super) fn send(&self, event: &Event) {
        let Some(entry) = Entry::of(event) else { return };
        if let Some(line) = line(&entry) {
            let size = line.len();
            self.lines.push(line, size);
        }
    }

    /// Lets the thread open the file again, even if the queue is full.
    pub(super) fn reopen(&self) {
        self.must_reopen.store(true, Ordering::Release);
        // If there is no room, the thread has lines that wake it.
        self.lines.try_push(Vec::new(), 0);
    }
}

/// The work of the thread.
struct Writer {
    target: Target,
    log: Arc<Sender>,
    queue: Arc<Queue>,
    /// Whether the last line could not be written.
    is_broken: bool,
}

impl Writer {
    fn run(mut self, waiting: Receiver<Line<Vec<u8>>>) {
        for line in waiting {
            if self.queue.must_reopen.swap(false, Ordering::Acquire)
                && let Err(error) = self.target.reopen()
            {
                self.log.warn(&format!("the access log continues in the old file: {error}"));
            }
            if !line.content.is_empty() {
                self.write(&line.content);
            }
        }
    }

    /// Writes a line, after the number of lines that are missing before it.
    fn write(&mut self, line: &[u8]) {
        let omitted = self.queue.lines.take_omitted();
        let text = match omitted {
            0 => line.to_vec(),
            count => [omission(count).unwrap_or_default().as_slice(), line].concat(),
        };
        match self.target.write(&text) {
            Ok(()) if self.is_broken => {
                self.is_broken = false;
                self.log
                    .note(&format!("the server writes the access log again; {omitted} lines are missing"));
            }
            Ok(()) => {}
            Err(error) => {
                self.queue.lines.omit(omitted.saturating_add(1));
                if !self.is_broken {
                    self.is_broken = true;
                    self.log.warn(&format!(
                        "cannot write the access log; the server continues without it: {error}"
                    ));
                }
            }
        }
    }
}

/// A line of the log.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    time: String,
    what: &'static str,
    user: &'a str,
    client: IpAddr,
    /// The id of the session.
    session: Option<String>,
    share: &'a str,
    path: String,
    /// `read`, `write` or `read-write`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_folder: Option<bool>,
    /// The earlier path of a renamed file.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_read: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_written: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

impl<'a> Entry<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::Opened(open) if access(open).is_some() => Self {
                access: access(open),
                ..Self::about(open, if open.is_new() { "create" } else { "open" })
            },
            Event::Closed(open, _) if access(open).is_some() => Self {
                bytes_read: Some(open.bytes_read()),
                bytes_written: Some(open.bytes_written()),
                ..Self::about(open, "close")
            },
            Event::FolderCreated(open) => Self { is_folder: Some(true), ..Self::about(open, "create") },
            Event::Renamed(open, before) => Self { from: Some(before), ..Self::about(open, "rename") },
            Event::DeletionRequested(open) => Self::about(open, "delete"),
            Event::AccessDenied(session, share, path) => {
                Self::refused(Whose::from(session), share.name(), path)
            }
            Event::ShareRefused(session, share, _) => Self::refused(Whose::from(session), share.name(), ""),
            _ => return None,
        })
    }

    fn about(open: &'a Open, what: &'static str) -> Self {
        let is_folder = open.is_folder().then_some(true);
        let whose = Whose { user: open.user(), client: open.client(), session: open.session_id() };
        Self { is_folder, ..Self::new(what, whose, open.share().name(), open.path()) }
    }

    fn refused(whose: Whose<'a>, share: &'a str, path: &str) -> Self {
        Self { status: Some(DENIED), ..Self::new("refused", whose, share, path.to_owned()) }
    }

    fn new(what: &'static str, whose: Whose<'a>, share: &'a str, path: String) -> Self {
        let Whose { user, client, session } = whose;
        let time = output::timestamp(SystemTime::now());
        Self {
            time,
            what,
            user,
            client,
            session: session.map(|id| id.to_string()),
            share,
            path,
            access: None,
            is_folder: None,
            from: None,
            bytes_read: None,
            bytes_written: None,
            status: None,
        }
    }
}

/// Who uses a file: the user, the client and the session.
#[derive(Debug, Clone, Copy)]
struct Whose<'a> {
    user: &'a str,
    client: IpAddr,
    session: Option<SessionId>,
}

impl<'a> From<&'a Arc<Session>> for Whose<'a> {
    fn from(session: &'a Arc<Session>) -> Self {
        Self { user: session.user(), client: session.client(), session: session.listed_id() }
    }
}

/// What a client can do with the data of an open file; `None` if it can neither read nor change them.
fn access(open: &Open) -> Option<&'static str> {
    match (open.can_read_data(), open.can_write_data()) {
        (true, true) => Some("read-write"),
        (false, true) => Some("write"),
        (true, false) => Some("read"),
        (false, false) => None,
    }
}

fn omission(count: u64) -> Option<Vec<u8>> {
    #[derive(Serialize)]
    struct Omission {
        time: String,
        what: &'static str,
        count: u64,
    }
    line(&Omission { time: output::timestamp(SystemTime::now()), what: "omitted", count })
}

/// Encodes a line. A name in it cannot begin another line, whichever characters a reader takes for the end of one.
fn line(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut line = String::new();
    for c in serde_json::to_string(value).ok()?.chars() {
        // JSON itself escapes those below U+0020.
        match c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            true => line += &format!("\\u{:04x}", u32::from(c)),
            false => line.push(c),
        }
    }
    line.push('\n');
    Some(line.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a client write lines of its own into the log by the name of a file.
    #[test]
    fn a_name_stays_in_its_line() {
        let client = IpAddr::from([10, 0, 0, 5]);
        let whose = Whose { user: "bob\u{1b}[2J", client, session: None };
        let entry = Entry::refused(whose, "data", "a\n{\"what\":\"open\"}\r\u{85}");
        let line = String::from_utf8(line(&entry).unwrap()).unwrap();
        assert_eq!(line.chars().filter(|c| c.is_control()).count(), 1, "{line:?}");
        assert!(line.ends_with("}\n") && line.contains("\\u0085"), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["path"], "a\n{\"what\":\"open\"}\r\u{85}");
    }
}
