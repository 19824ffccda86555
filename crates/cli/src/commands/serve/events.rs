//! A line for each event: who came, what was opened, who was ended, who could not log on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;

use anstyle::Style;
use netsession_server::{EndReason, Event, Session};

use crate::output::{self, BAD, GOOD, NOTABLE, visible};

/// Lines that may wait for a terminal that is slow, or stopped; more are counted.
const WAITING: usize = 4096;

/// Prints events on a thread of its own: a terminal that does not read must not stop the server.
pub(super) struct Printer {
    sender: Arc<Sender>,
    thread: JoinHandle<()>,
}

/// Where events are told.
pub(super) struct Sender {
    lines: Mutex<Option<SyncSender<String>>>,
    lost: AtomicU64,
    local: String,
}

impl Printer {
    /// Starts to print. What the user `local` does is what commands of this computer do.
    pub(super) fn start(local: String) -> Self {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let sender = Arc::new(Sender { lines: Mutex::new(Some(lines)), lost: AtomicU64::new(0), local });
        let counted = Arc::clone(&sender);
        let thread = std::thread::spawn(move || {
            for line in waiting {
                let lost = counted.lost.swap(0, Ordering::Relaxed);
                let lost = if lost > 0 { format!("({lost} events are not shown)\n") } else { String::new() };
                // Nothing can be done where stdout is gone; the server goes on.
                let _ = output::to_stdout(&format!("{lost}{line}"));
            }
        });
        Self { sender, thread }
    }

    pub(super) fn sender(&self) -> Arc<Sender> {
        Arc::clone(&self.sender)
    }

    /// Prints what still waits.
    pub(super) fn finish(self) {
        self.sender.lines.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = self.thread.join();
    }
}

impl Sender {
    pub(super) fn tell(&self, event: &Event) {
        let Some((style, text)) = self.describe(event) else { return };
        let line = format!("{}  {style}{}{style:#}\n", time_of_day(SystemTime::now()), visible(&text));
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(TrySendError::Full(_))) = lines.as_ref().map(|lines| lines.try_send(line)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is said of an event, if anything is.
    fn describe(&self, event: &Event) -> Option<(Style, String)> {
        let plain = Style::new();
        Some(match event {
            Event::LogonFailed(peer, user) => {
                let whom = user.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
                (NOTABLE, format!("somebody at {} failed to log on{whom}", peer.ip().to_canonical()))
            }
            Event::SessionStarted(session) if !self.is_local(session) => {
                let encrypted = if session.is_encrypted() { ", encrypted" } else { "" };
                (GOOD, format!("{} came (SMB {}{encrypted})", who(session), session.dialect_name()))
            }
            Event::ConnectionBound(session, peer) => {
                let from = peer.ip().to_canonical();
                (plain, format!("{} has a further connection, from {from}", who(session)))
            }
            Event::SessionEnded(session, EndReason::EndedBy(by)) => {
                let by = match by {
                    Some(by) if *by == self.local => "from this computer".to_owned(),
                    Some(by) => format!("by {by}"),
                    None => "by the server".to_owned(),
                };
                (BAD, format!("{} was ended {by}", who(session)))
            }
            Event::SessionEnded(session, why) if !self.is_local(session) => {
                let how = match why {
                    EndReason::LoggedOff => "left",
                    EndReason::Replaced => "came back, and its old session is gone",
                    _ => "is gone: the connection was closed",
                };
                (plain, format!("{} {how}", who(session)))
            }
            Event::Opened(open) if open.can_read_data() || open.can_write_data() => {
                let how = match (open.can_read_data(), open.can_write_data()) {
                    (true, true) => "to read and write",
                    (false, true) => "to write",
                    _ => "to read",
                };
                (plain, format!(r"{} opened {}\{} {how}", open.user(), open.share().name(), open.path()))
            }
            _ => return None,
        })
    }

    fn is_local(&self, session: &Session) -> bool {
        session.user() == self.local
    }
}

fn who(session: &Session) -> String {
    format!("{} from {}", session.user(), session.client())
}

/// `12:34:56Z`: the time of day, UTC.
fn time_of_day(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// If this fails, events carry a wrong time.
    #[test]
    fn the_time_of_day() {
        assert_eq!(
            time_of_day(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * 3 + 45_296)),
            "12:34:56Z"
        );
    }
}
