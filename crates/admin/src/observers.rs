//! [`Observers`] see the changes at every server, and [`ChangeLog`] logs them.

use std::fmt;
use std::sync::Arc;

use netsession::{Change, ChangeOutcome, Observer, Server, blocking};

use crate::Recorder;

/// The observers that see each changing request, at every server.
///
/// A front end makes this list once; each [`Target`](crate::Target) adds it to its connections.
///
/// ```
/// use std::sync::Arc;
/// use netsession_admin::{ChangeLog, Observers};
///
/// let observers = Observers::default().with(Arc::new(ChangeLog));
/// assert_eq!(observers.count(), 1);
/// ```
#[derive(Clone, Default)]
pub struct Observers {
    observers: Vec<Arc<dyn Observer>>,
    recorder: Option<Recorder>,
}

impl Observers {
    /// Adds an observer, which sees each change after the observers before it.
    #[must_use]
    pub fn with(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Records each change in the journal. The recorder sees a change after all observers, so it records none that
    /// another observer refuses.
    #[must_use]
    pub fn recording(self, recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// Returns the recorder.
    pub(crate) const fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    /// Returns the number of observers.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.observers.len()
    }

    /// Adds the observers to a connection.
    pub fn observe(&self, server: &mut Server) {
        self.observers.iter().for_each(|observer| server.observe(Arc::clone(observer)));
    }

    /// Adds the observers to a blocking connection.
    pub fn observe_blocking(&self, server: &mut blocking::Server) {
        self.observers.iter().for_each(|observer| server.observe(Arc::clone(observer)));
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers").field("count", &self.count()).finish()
    }
}

/// Writes each change and its outcome to the log (`tracing`): at the level `debug` before the library sends it, and at
/// `info` afterwards. A change that failed or has an unknown outcome is a warning.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeLog;

impl Observer for ChangeLog {
    fn before(&self, change: &Change) -> Result<(), netsession::Refusal> {
        tracing::debug!("sending: {}", Shown(change));
        Ok(())
    }

    fn after(&self, change: &Change, outcome: &ChangeOutcome<'_>) {
        let change = Shown(change);
        match outcome {
            ChangeOutcome::Answered(status) => tracing::info!("{change}: the server answered {status}"),
            ChangeOutcome::Unknown(Some(error)) => {
                tracing::warn!("{change}: the outcome is unknown: {error}");
            }
            ChangeOutcome::Unknown(None) => {
                tracing::warn!("{change}: the outcome is unknown: the caller stopped waiting");
            }
            ChangeOutcome::Failed(Some(error)) => tracing::warn!("{change}: not carried out: {error}"),
            ChangeOutcome::Failed(None) => tracing::info!("{change}: not sent: the caller stopped waiting"),
            ChangeOutcome::Refused(refusal) => tracing::info!("{change}: not sent: {refusal}"),
            other => tracing::info!("{change}: {other:?}"),
        }
    }
}

/// Shows a change on one line: a name with a line break cannot forge a line of the log.
struct Shown<'a>(&'a Change);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Change::EndSessions { server, client, user } => {
                let all = |name: &Option<String>| name.as_deref().map_or_else(|| "*".to_owned(), on_one_line);
                write!(f, "end the sessions of {} from {} at {server}", all(user), all(client))
            }
            Change::CloseFile { server, id } => write!(f, "close the file {} at {server}", id.0),
            Change::AddShare { server, name, path } => {
                write!(f, "share {} as {} at {server}", on_one_line(path), on_one_line(name))
            }
            Change::SetShare { server, name, .. } => {
                write!(f, "change the share {} at {server}", on_one_line(name))
            }
            Change::SetServer { server, level, .. } => {
                write!(f, "change the server {server} at level {level}")
            }
            Change::DeleteShare { server, name } => {
                write!(f, "stop sharing {} at {server}", on_one_line(name))
            }
            Change::SetAccount { server, name, is_disabled, .. } => {
                let word = if *is_disabled { "disable" } else { "enable" };
                write!(f, "{word} the account {} at {server}", on_one_line(name))
            }
            other => write!(f, "{other:?}"),
        }
    }
}

/// Escapes control characters.
fn on_one_line(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        match c.is_control() {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let the name of a client forge a line of the log, or would change an ordinary name.
    #[test]
    fn a_change_is_shown_on_one_line() {
        let shown = |client: Option<&str>, user: &str| {
            let (client, user) = (client.map(str::to_owned), Some(user.to_owned()));
            Shown(&Change::EndSessions { server: "fs1".to_owned(), client, user }).to_string()
        };
        assert_eq!(
            shown(Some(r"\\10.0.0.5"), r"LAB\Zoë"),
            r"end the sessions of LAB\Zoë from \\10.0.0.5 at fs1"
        );
        assert_eq!(shown(None, "bob\n\u{1b}[2J"), r"end the sessions of bob\u{a}\u{1b}[2J from * at fs1");
    }
}
