//! [`Lines`] prints what happens while a hold is carried on.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use anstyle::Style;
use netsession::{EndReport, Outcome};
use netsession_admin::{Error, HoldEvent, Target, is_untouched};
use netsession_journal::{FoundAccount, Hold};

use crate::failure::Hinted as _;
use crate::output::{self, BAD, GOOD, NOTABLE, visible};

/// Prints events, a line each.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Lines {
    /// What precedes each line, such as the number of the hold.
    prefix: String,
    has_servers: bool,
}

impl Lines {
    /// Prints the server of an event only if there are several.
    pub(in crate::commands) fn new(has_servers: bool) -> Self {
        Self { prefix: String::new(), has_servers }
    }

    /// Prints the number of the hold, too.
    pub(in crate::commands) fn of_hold(id: u64) -> Self {
        Self { prefix: format!("hold {id}  "), has_servers: true }
    }

    fn print(&self, style: Style, word: &str, target: Option<&Target>, text: &str) {
        let time = output::time_of_day(SystemTime::now());
        let server = target.map(Target::name).filter(|_| self.has_servers);
        let server = server.map(|name| format!("{name}  ")).unwrap_or_default();
        let line = visible(&format!("{}{server}{text}", self.prefix)).into_owned();
        // If nobody reads the lines any more, the hold goes on.
        let _ = output::try_to_stdout(&format!("{time}  {style}{word:<9}{style:#}  {line}\n"));
    }

    /// Prints what happened to the hold itself.
    pub(in crate::commands) fn said(&self, word: &str, text: &str) {
        self.print(Style::new(), word, None, text);
    }

    /// Prints the outcome of each session.
    pub(in crate::commands) fn ended(&self, target: &Target, report: &EndReport) {
        let groups: [(&[Outcome], &str, Style); 4] = [
            (&report.ended, "ended", GOOD),
            (&report.also_ended, "also ended", NOTABLE),
            (&report.returned, "returned", NOTABLE),
            (&report.remaining, "remaining", BAD),
        ];
        for (outcomes, group, style) in groups {
            for outcome in outcomes {
                let Outcome { session, status, .. } = outcome;
                let is_remaining = group == "remaining";
                let word = match is_remaining && !report.is_verified {
                    false => group,
                    true if is_untouched(report, outcome) => "not ended",
                    true => "not known",
                };
                let answer = status.filter(|status| is_remaining && !status.is_success());
                let answer = answer.map(|status| format!(": {status}")).unwrap_or_default();
                let text = format!("{} from {}{answer}", session.user, session.client);
                self.print(style, word, Some(target), &text);
            }
        }
        if let Some(error) = &report.error {
            self.print(BAD, "error", Some(target), &error.to_string());
        }
    }

    /// Prints an event.
    pub(in crate::commands) fn event(&self, event: &HoldEvent<'_>) {
        match event {
            HoldEvent::Ended { target, report } => self.ended(target, report),
            HoldEvent::Down { target, down } => {
                let retry = if down.retry.is_some() { "" } else { " (not tried again with this login)" };
                self.print(BAD, "down", Some(target), &format!("{down}{retry}"));
                down.error.hint_with_flags().iter().for_each(|hint| output::hint(hint));
            }
            HoldEvent::Up { target } => self.print(GOOD, "up", Some(target), target.name()),
            HoldEvent::LeftOut { server, why } => {
                self.print(BAD, "left out", None, &format!("{server}: {why}; the hold does not act there"));
            }
            HoldEvent::TakenBack { target } => {
                self.print(GOOD, "back", Some(target), "the hold acts there again");
            }
            HoldEvent::NodeDown { target, node } => {
                let text = format!("{} does not answer: its sessions do not end until it does", node.node);
                self.print(BAD, "down", Some(target), &text);
            }
            HoldEvent::NodeUp { target, node } => {
                self.print(GOOD, "up", Some(target), &format!("{node} answers again"));
            }
            HoldEvent::Strangers { target, warning } => self.print(BAD, "partly", Some(target), warning),
            HoldEvent::NameGone { client, addresses } => {
                let text = format!(
                    "{client} is unknown now: the hold keeps its earlier addresses out ({})",
                    list(addresses)
                );
                self.print(NOTABLE, "name", None, &text);
            }
            HoldEvent::NameMoved { client, addresses, now } => {
                let (was, now) = (list(addresses), list(now));
                let text = format!(
                    "{client} is {now} now, and was {was} when the hold was made: only {was} is held; hold {client} again \
                     to keep {now} out"
                );
                self.print(BAD, "name", None, &text);
            }
            HoldEvent::RecordedAgain { id } => {
                let text =
                    format!("somebody removed the hold from the database: it is recorded again as hold {id}");
                self.print(BAD, "error", None, &text);
            }
            HoldEvent::Database { error } => {
                self.print(BAD, "error", None, &format!("{error}; the hold continues"));
            }
            other => {
                if let Some((style, word, text)) = of_account(other) {
                    self.print(style, word, None, &text);
                }
            }
        }
    }
}

fn list(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Says in a word and a line the outcome of an account; None for another event.
pub(in crate::commands) fn of_account(event: &HoldEvent<'_>) -> Option<(Style, &'static str, String)> {
    let name = |account: &FoundAccount| format!("{} at {}", account.name, account.server);
    Some(match event {
        HoldEvent::Account { account, is_disabled: true } => (GOOD, "disabled", name(account)),
        HoldEvent::Account { account, is_disabled: false } => (GOOD, "enabled", name(account)),
        HoldEvent::AccountUntouched { account, by: None } => (
            NOTABLE,
            "untouched",
            format!("somebody else has disabled {} meanwhile; it stays so after the hold", name(account)),
        ),
        HoldEvent::AccountUntouched { account, by: Some(other) } => (
            NOTABLE,
            "untouched",
            format!(
                "hold {other} has disabled {} meanwhile; it stays so until the last of its holds ends",
                name(account)
            ),
        ),
        HoldEvent::AccountDisabledAgain { account } => {
            (BAD, "disabled", format!("{} again: somebody else had enabled it", name(account)))
        }
        HoldEvent::AccountHandedOver { account, heir } => {
            (NOTABLE, "kept", format!("{} stays disabled for hold {heir}", name(account)))
        }
        HoldEvent::AccountFailed { account, error: Error::Account { why, .. } } => {
            (BAD, "error", format!("{}: {why}", name(account)))
        }
        HoldEvent::AccountFailed { account, error } => (BAD, "error", format!("{}: {error}", name(account))),
        _ => return None,
    })
}

/// Returns the end of a hold, to the second.
pub(in crate::commands) fn until(hold: &Hold) -> String {
    let text = hold.until.to_string();
    text.split_once('.').map_or_else(|| text.clone(), |(second, _)| format!("{second}Z"))
}

/// Says what becomes of a hold that this process no longer carries on.
pub(in crate::commands) fn left_open(hold: &Hold, has_agent: bool) -> String {
    let id = hold.id;
    let needs_a_person = hold.order.login.needs_a_person;
    let accounts = match hold.accounts.len() {
        0 => "",
        1 => " Its account stays disabled until then.",
        _ => " Its accounts stay disabled until then.",
    };
    match (has_agent, needs_a_person) {
        (true, false) => format!(
            "Hold {id} continues: the agent carries it on until {} or `netsession release {id}`.{accounts}",
            until(hold)
        ),
        (_, needs_a_person) => {
            let next = match needs_a_person {
                true => "release it, and hold again",
                false => "`netsession agent` carries it on",
            };
            format!(
                "Hold {id} stays open, and nobody carries it on: `netsession release {id}` ends it; {next}.{accounts}"
            )
        }
    }
}

/// Returns a time such as `2h` or `90s`.
pub(in crate::commands) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    let unit =
        [(86_400, 'd'), (3_600, 'h'), (60, 'm')].into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    match unit.filter(|_| seconds > 0) {
        Some((unit, letter)) => format!("{}{letter}", seconds.checked_div(unit).unwrap_or_default()),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    /// A failure here would ask a person about another time than the one that was typed.
    #[test]
    fn a_time_is_shown_as_it_was_typed() {
        for (seconds, text) in [(90, "90s"), (1_800, "30m"), (7_200, "2h"), (604_800, "7d"), (5_400, "90m")] {
            assert_eq!(super::time(Duration::from_secs(seconds)), text);
        }
    }
}
