//! The observers of a run, which see the changes at every server: [`Observers`], and [`ChangeLog`], which logs them.

use std::fmt;
use std::sync::Arc;

use netsession::{Change, ChangeOutcome, Observer, Server, blocking};

/// The observers that see each changing request of a run, at every server.
///
/// A front end registers them once; each [`Target`](crate::Target) that it asks sets them on its connection.
///
/// ```
/// use std::sync::Arc;
/// use netsession_admin::{ChangeLog, Observers};
///
/// let observers = Observers::default().with(Arc::new(ChangeLog));
/// assert_eq!(observers.count(), 1);
/// ```
#[derive(Clone, Default)]
pub struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    /// Adds an observer, which sees each change after the observers before it.
    #[must_use]
    pub fn with(mut self, observer: Arc<dyn Observer>) -> Self {
        self.0.push(observer);
        self
    }

    /// Returns the number of observers.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Sets them on a connection.
    pub fn observe(&self, server: &mut Server) {
        self.0.iter().for_each(|observer| server.observe(Arc::clone(observer)));
    }

    /// Sets them on a connection without async.
    pub fn observe_blocking(&self, server: &mut blocking::Server) {
        self.0.iter().for_each(|observer| server.observe(Arc::clone(observer)));
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers").field("count", &self.count()).finish()
    }
}

/// Writes each change and its outcome to the log (`tracing`): before it is sent at the level `debug`, afterwards at `info`.
/// A change whose outcome is unknown, or that failed, is a warning.
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
                tracing::warn!("{change}: the outcome is unknown: the caller left");
            }
            ChangeOutcome::Failed(Some(error)) => tracing::warn!("{change}: not carried out: {error}"),
            ChangeOutcome::Failed(None) => tracing::info!("{change}: not sent: the caller left"),
            ChangeOutcome::Refused(refusal) => tracing::info!("{change}: not sent: {refusal}"),
            other => tracing::info!("{change}: {other:?}"),
        }
    }
}

/// A change in words, on one line: a name with a line break cannot forge a line of the log.
struct Shown<'a>(&'a Change);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Change::EndSessions { server, client, user } => {
                let all = |name: &Option<String>| name.as_deref().map_or_else(|| "*".to_owned(), on_one_line);
                write!(f, "end the sessions of {} from {} at {server}", all(user), all(client))
            }
            Change::CloseFile { server, id } => write!(f, "close the file {} at {server}", id.0),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Spells out control characters.
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
