//! The log: a line for each logon, failed logon and ended session, for each opened, renamed or deleted file, and for each
//! refused access.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use anstyle::Style;
use netsession_server::{
    CloseReason, Dialect, EndReason, Event, LogonRefusal, NegotiationRefusal, Open, Proof, Session,
    ShareRefusal,
};

use super::backlog::Backlog;
use super::dialects::listed;
use crate::output::{BAD, GOOD, NOTABLE, visible};

/// The number of lines that may wait for a slow or stopped terminal. The printer only counts further events.
const QUEUED: usize = 4096;
/// The most bytes of these lines.
const QUEUED_BYTES: usize = 4 << 20;
/// How long the printer collects lines after it has printed some. Waking it for each opened file would take the processor
/// from the threads that answer.
const TOGETHER: Duration = Duration::from_millis(5);

/// Prints events on its own thread: a terminal that does not read must not stop the server.
#[derive(Debug)]
pub(super) struct Printer {
    sender: Arc<Sender>,
    thread: JoinHandle<()>,
}

/// Queues events for the printer.
#[derive(Debug)]
pub(super) struct Sender {
    lines: Backlog<String>,
    local: String,
}

impl Printer {
    /// Starts the thread, which gives each text to `print`. The user `local` is the login of commands on this computer.
    pub(super) fn start(local: String, print: fn(&str)) -> Self {
        let (lines, waiting) = Backlog::new(QUEUED, QUEUED_BYTES);
        let sender = Arc::new(Sender { lines, local });
        let counter = Arc::clone(&sender);
        let thread = std::thread::spawn(move || {
            while let Ok(first) = waiting.recv() {
                let omitted = counter.lines.take_omitted();
                let mut text =
                    if omitted > 0 { format!("({omitted} events omitted)\n") } else { String::new() };
                text += &first.content;
                waiting.try_iter().for_each(|line| text += &line.content);
                print(&text);
                std::thread::sleep(TOGETHER);
            }
        });
        Self { sender, thread }
    }

    /// Where the server sends its events.
    pub(super) fn sender(&self) -> Arc<Sender> {
        Arc::clone(&self.sender)
    }

    /// Prints the queued lines, and stops.
    pub(super) fn finish(self) {
        self.sender.lines.close();
        let _ = self.thread.join();
    }
}

impl Sender {
    /// Queues the line of an event, if it has one. Never waits.
    pub(super) fn send(&self, event: &Event) {
        if let Some((style, text)) = self.describe(event) {
            self.queue(style, &text);
        }
    }

    /// Queues a line about the server itself.
    pub(super) fn note(&self, text: &str) {
        self.queue(Style::new(), text);
    }

    /// Queues a line about the server itself that somebody should read.
    pub(super) fn warn(&self, text: &str) {
        self.queue(NOTABLE, text);
    }

    fn queue(&self, style: Style, text: &str) {
        let line = format!("{}  {style}{}{style:#}\n", time_of_day(SystemTime::now()), visible(text));
        let size = line.len();
        self.lines.push(line, size);
    }

    /// The line of an event, if it has one.
    fn describe(&self, event: &Event) -> Option<(Style, String)> {
        let plain = Style::new();
        Some(match event {
            Event::NotNegotiated(peer, why) => {
                (NOTABLE, format!("refused {}: {}", peer.ip().to_canonical(), no_common_ground(why)))
            }
            Event::LogonFailed(peer, user, why) => {
                let user = user.as_ref().map(|user| format!(" (user {user})")).unwrap_or_default();
                let from = peer.ip().to_canonical();
                (NOTABLE, format!("logon failed from {from}{user}{}", reason(why)))
            }
            Event::SessionStarted(session) if !self.is_local(session) => {
                let encrypted = if session.is_encrypted() { ", encrypted" } else { "" };
                let (dialect, mechanism) = (session.dialect_name(), mechanism(session.proof()));
                (GOOD, format!("{} connected (SMB {dialect}, {mechanism}{encrypted})", name_of(session)))
            }
            Event::ConnectionBound(session, peer) => {
                let from = peer.ip().to_canonical();
                (plain, format!("{} opened another connection, from {from}", name_of(session)))
            }
            Event::SessionEnded(session, EndReason::EndedBy(by)) => {
                let (who, whose) = (self.who(by.as_deref()), name_of(session));
                let id = session.listed_id().map(|id| format!(" (id {id})")).unwrap_or_default();
                (BAD, format!("{who} ended the session of {whose}{id}"))
            }
            Event::Closed(open, CloseReason::ClosedBy(by)) => (
                BAD,
                format!("{} closed {}, which {} had open", self.who(by.as_deref()), place(open), open.user()),
            ),
            Event::Closed(open, CloseReason::TakenOver) => (
                plain,
                format!(
                    "{}, which {} had open, was taken over at another computer",
                    place(open),
                    open.user()
                ),
            ),
            Event::SessionEnded(session, why) if !self.is_local(session) => {
                let how = match why {
                    EndReason::LoggedOff => "logged off",
                    EndReason::Idle => "was idle: the session was ended (--idle-timeout)",
                    EndReason::Replaced => "reconnected, replacing the old session",
                    _ => "disconnected",
                };
                (plain, format!("{} {how}", name_of(session)))
            }
            Event::Opened(open) if open.can_read_data() || open.can_write_data() => {
                let how = match (open.can_read_data(), open.can_write_data()) {
                    (true, true) => "to read and write",
                    (false, true) => "to write",
                    _ => "to read",
                };
                (plain, format!("{} opened {} {how}", open.user(), place(open)))
            }
            Event::FolderCreated(open) => {
                (plain, format!("{} created the folder {}", open.user(), place(open)))
            }
            Event::Renamed(open, before) => {
                let (user, share) = (open.user(), open.share().name());
                (plain, format!(r"{user} renamed {share}\{before} to {}", place(open)))
            }
            Event::DeletionRequested(open) => (NOTABLE, format!("{} deleted {}", open.user(), place(open))),
            Event::AccessDenied(session, share, path) => {
                let share = share.name();
                (NOTABLE, format!(r"access denied: {} to {share}\{path}", name_of(session)))
            }
            Event::ShareRefused(session, share, why) => {
                (NOTABLE, format!("refused {} at {}: {}", name_of(session), share.name(), unsuitable(*why)))
            }
            _ => return None,
        })
    }

    /// Names the administrator of an action; `None` is the server itself.
    fn who<'a>(&self, by: Option<&'a str>) -> &'a str {
        match by {
            Some(by) if *by == self.local => "this computer",
            Some(by) => by,
            None => "the server",
        }
    }

    fn is_local(&self, session: &Session) -> bool {
        session.user() == self.local
    }
}

/// Why a client and the server cannot talk to each other.
fn no_common_ground(why: &NegotiationRefusal) -> String {
    match why {
        NegotiationRefusal::Smb1 => "it offers SMB 1 only".to_owned(),
        NegotiationRefusal::Dialects(offered) => {
            let hint = match offered.contains(&Dialect::SMB_2_0_2) {
                true => "; --dialects 2.0.2- would allow it",
                false => " (--dialects)",
            };
            format!("it offers {} only{hint}", listed(offered))
        }
        NegotiationRefusal::Encryption => "it does not support encryption (--encrypt)".to_owned(),
        _ => "its first message makes no sense".to_owned(),
    }
}

/// Why a user cannot connect to a share.
fn unsuitable(why: ShareRefusal) -> &'static str {
    match why {
        ShareRefusal::User => "the share is for other users",
        ShareRefusal::Encryption => "the client does not support encryption, which the share requires",
        ShareRefusal::Signing => "the client does not sign, which the share requires",
        _ => "the share does not allow it",
    }
}

/// Why a logon failed, for the end of its line. A wrong password, and a user whom the server does not know, need no reason.
fn reason(why: &LogonRefusal) -> String {
    match why {
        LogonRefusal::KeptOut => ": a hold keeps this user out".to_owned(),
        LogonRefusal::NtlmOff => ": NTLM is turned off".to_owned(),
        LogonRefusal::Ticket(text) => format!(": Kerberos: {text}"),
        LogonRefusal::NotListed => ": Kerberos: no --user lets this user log on".to_owned(),
        LogonRefusal::Protocol => ": no usable authentication message".to_owned(),
        _ => String::new(),
    }
}

fn mechanism(proof: Proof) -> &'static str {
    match proof {
        Proof::Ticket => "Kerberos",
        _ => "NTLM",
    }
}

/// The path of an open, beginning with the share.
fn place(open: &Open) -> String {
    format!(r"{}\{}", open.share().name(), open.path())
}

fn name_of(session: &Session) -> String {
    format!("{} from {}", session.user(), session.client())
}

/// The UTC time of day, such as `12:34:56Z`.
fn time_of_day(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A failure here would log events with a wrong time.
    #[test]
    fn time_of_day_is_utc() {
        assert_eq!(
            time_of_day(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * 3 + 45_296)),
            "12:34:56Z"
        );
    }
}
