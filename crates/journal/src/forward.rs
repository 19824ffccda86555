//! [`Forward`]: sends a line about each row to the system's logs, where others cannot remove it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;

use crate::chain::Head;
use crate::{Entry, Error, Fate, json};

/// The logs of the system that get a line about each row.
///
/// The line has the number and the hash of the row, so that `netsession journal verify --expect` can compare the journal
/// with it. It names nobody's sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forward {
    /// The socket of syslog.
    pub syslog: Option<PathBuf>,
    /// The socket of journald.
    pub journald: Option<PathBuf>,
}

/// What a line says.
#[derive(Debug, Serialize)]
struct Line<'a> {
    row: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    planned: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_done: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Forward {
    /// The usual sockets of syslog and journald.
    #[must_use]
    pub fn to(is_syslog: bool, is_journald: bool) -> Self {
        Self {
            syslog: is_syslog.then(|| "/dev/log".into()),
            journald: is_journald.then(|| "/run/systemd/journal/socket".into()),
        }
    }

    /// Sends a line, and remembers each log that does not take it; the journal has the row in any case.
    pub(crate) fn send(&self, head: Head, entry: &Entry, refusals: &mut Refusals) {
        if self.syslog.is_none() && self.journald.is_none() {
            return;
        }
        let text = json::text(&line(head, entry)).unwrap_or_default();
        /// The facility `authpriv` and the severity `info`.
        const PRIORITY: u32 = 10 * 8 + 6;
        let syslog = format!("<{PRIORITY}>netsession[{}]: {text}", std::process::id());
        let journald =
            format!("MESSAGE={text}\nPRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=netsession\n");
        for (socket, datagram) in [(&self.syslog, syslog), (&self.journald, journald)] {
            let Some(socket) = socket else { continue };
            match send_to(socket, datagram.as_bytes()) {
                Ok(()) => {
                    refusals.lasting.remove(socket);
                }
                Err(cause) => {
                    tracing::warn!("cannot forward row {} to {}: {cause}", head.seq, socket.display());
                    if refusals.lasting.insert(socket.clone()) {
                        refusals.new.push(Error::NotForwarded { socket: socket.clone(), cause });
                    }
                }
            }
        }
    }
}

/// The logs that did not take the last line.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    lasting: BTreeSet<PathBuf>,
    /// Those that nobody has been told.
    pub(crate) new: Vec<Error>,
}

#[cfg(unix)]
fn send_to(socket: &std::path::Path, datagram: &[u8]) -> std::io::Result<()> {
    use std::os::unix::net::UnixDatagram;
    let sender = UnixDatagram::unbound()?;
    // A log that does not read must not hold up an ending.
    sender.set_nonblocking(true)?;
    sender.send_to(datagram, socket).map(|_| ())
}

#[cfg(not(unix))]
fn send_to(_socket: &std::path::Path, _datagram: &[u8]) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

fn line(head: Head, entry: &Entry) -> Line<'_> {
    let row = head.to_string();
    let mut line = Line {
        row,
        kind: "other",
        operation: None,
        server: None,
        by: None,
        login: None,
        planned: None,
        change: None,
        done: None,
        not_done: None,
        reason: None,
    };
    match entry {
        Entry::Intent(intent) => {
            line.kind = "intent";
            line.operation = Some(intent.operation.name());
            line.server = Some(&intent.server.named);
            line.by = Some(intent.actor.shown());
            line.login = Some(&intent.login.user);
            line.planned = Some(intent.preview.planned.len());
            line.reason = intent.reason.as_deref();
        }
        Entry::Outcome(outcome) => {
            let done = outcome.results.iter().filter(|row| {
                matches!(
                    row.result,
                    Fate::Ended | Fate::AlsoEnded | Fate::Closed | Fate::Vanished | Fate::Answered
                )
            });
            let done = done.count();
            line.kind = "outcome";
            line.change = Some(outcome.change);
            line.done = Some(done);
            line.not_done = Some(outcome.results.len().saturating_sub(done));
        }
        Entry::Pruned(pruned) => {
            line.kind = "pruned";
            line.by = Some(pruned.actor.shown());
        }
        Entry::Other => {}
    }
    line
}
