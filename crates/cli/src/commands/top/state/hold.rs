//! Holding and releasing from the view.

use std::collections::BTreeSet;

use netsession::Session;

use super::{Action, Mode, Press, State};
use crate::commands::hold::order::Wish;
use crate::commands::hold::parse_time;
use crate::commands::top::data::session_key;
use crate::commands::top::pane::Pane;
use crate::commands::top::records::Records;

/// Whom a hold keeps out, and how. Tab shows the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Users,
    Clients,
    /// The users, whose accounts are disabled, too.
    Accounts,
}

impl Manner {
    const fn next(self) -> Self {
        match self {
            Self::Users => Self::Clients,
            Self::Clients => Self::Accounts,
            Self::Accounts => Self::Users,
        }
    }
}

/// What a person types to keep somebody out: for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands::top) struct Wording {
    users: Vec<String>,
    clients: Vec<String>,
    manner: Manner,
    pub(in crate::commands::top) typed: String,
    pub(in crate::commands::top) error: Option<&'static str>,
}

impl Wording {
    /// Returns whom the hold keeps out.
    pub(in crate::commands::top) fn whom(&self) -> String {
        match self.manner {
            Manner::Users | Manner::Accounts => format!("{} from every client", self.users.join(", ")),
            Manner::Clients => format!("every user from {}", self.clients.join(", ")),
        }
    }

    /// Returns what else the hold does.
    pub(in crate::commands::top) fn besides(&self) -> Option<&'static str> {
        let text = "Also disable the accounts until the end of the hold.";
        (self.manner == Manner::Accounts).then_some(text)
    }

    /// Returns what the person types.
    pub(in crate::commands::top) const fn question(&self) -> &'static str {
        match self.manner {
            Manner::Users | Manner::Clients => "For how long, such as 30m, 2h or 7d?",
            Manner::Accounts => {
                "For how long, such as 2h? If the accounts are at another server, such as a domain controller: 2h dc1"
            }
        }
    }

    fn wish(&self) -> Result<Wish, &'static str> {
        let typed = self.typed.trim();
        let (time, server) = match self.manner {
            Manner::Accounts => typed.split_once(' ').unwrap_or((typed, "")),
            Manner::Users | Manner::Clients => (typed, ""),
        };
        let wish = Wish {
            clients: Vec::new(),
            users: Vec::new(),
            time: parse_time(time)?,
            disable_account: (self.manner == Manner::Accounts).then(|| server.trim().to_owned()),
        };
        Ok(match self.manner {
            Manner::Clients => Wish { clients: self.clients.clone(), ..wish },
            Manner::Users | Manner::Accounts => Wish { users: self.users.clone(), ..wish },
        })
    }
}

impl State {
    /// Asks for how long to keep out the users of the selected sessions.
    pub(super) fn word_hold(&mut self) {
        if self.pane != Pane::Sessions {
            self.message = Some("press 1 to select the sessions of users to keep out".to_owned());
            return;
        }
        let Some(selected) = self.take_selected() else { return };
        let servers = 0..self.data.servers.len();
        let sessions: Vec<&Session> = servers
            .flat_map(|server| self.data.sessions_at(server).iter().map(move |session| (server, session)))
            .filter(|(server, session)| {
                session.is_logged_on() && selected.contains(&session_key(*server, session))
            })
            .map(|(_, session)| session)
            .collect();
        let names = |name: fn(&Session) -> &str| {
            let names: BTreeSet<String> = sessions.iter().map(|session| name(session).to_owned()).collect();
            names.into_iter().collect::<Vec<_>>()
        };
        let (users, clients) = (names(|session| &session.user), names(|session| &session.client));
        if users.is_empty() {
            self.message = Some("nothing is selected".to_owned());
            return;
        }
        let typed = "2h".to_owned();
        self.mode = Mode::Wording(Wording { users, clients, manner: Manner::Users, typed, error: None });
    }

    pub(super) fn press_in_wording(&mut self, press: Press) -> Option<Action> {
        let Mode::Wording(wording) = &mut self.mode else { return None };
        wording.error = None;
        match press {
            Press::Char(c) => wording.typed.push(c),
            Press::Backspace => drop(wording.typed.pop()),
            Press::ClearLine => wording.typed.clear(),
            Press::Tab => wording.manner = wording.manner.next(),
            Press::BackTab => wording.manner = wording.manner.next().next(),
            Press::Escape | Press::Interrupt => self.mode = Mode::List,
            Press::Enter => match wording.wish() {
                Ok(wish) => {
                    self.mode = Mode::Planning;
                    return Some(Action::PlanHold(wish));
                }
                Err(error) => wording.error = Some(error),
            },
            _ => {}
        }
        None
    }

    /// Prepares to release the hold at the cursor.
    pub(super) fn plan_release(&mut self) -> Option<Action> {
        let hold = (self.pane == Pane::Holds).then(|| self.shown.get(self.view().at)).flatten();
        let Some(line) = hold.and_then(|place| self.data.records.line(Pane::Holds, place.1)) else {
            self.message = Some("press 6 to select a hold to release".to_owned());
            return None;
        };
        let id = line.id;
        self.mode = Mode::Planning;
        Some(Action::PlanRelease(id))
    }

    /// Takes what the database says. The journal is read only while it is shown.
    pub(in crate::commands::top) fn set_records(&mut self, records: Records) {
        self.data.records = records;
    }

    /// Says before the person quits that nobody carries these holds on then.
    pub(super) fn warn_of_carried(&mut self) {
        self.is_warned = true;
        let holds = if self.carried == 1 { "a hold".to_owned() } else { format!("{} holds", self.carried) };
        self.message = Some(format!("only this view carries on {holds}: press q again to quit"));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::commands::hold::order::Wish;
    use crate::commands::top::state::tests::Test;
    use crate::commands::top::state::{Action, Mode};

    const HOUR: Duration = Duration::from_secs(3_600);

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// A failure here would keep out somebody else, or for another time than the person typed.
    #[test]
    fn the_users_or_the_clients_of_the_marked_sessions_are_held() {
        let mut test = Test::new(&["fs1", "fs2"]);
        test.list(0, &[("10.0.0.5", "bob"), ("10.0.0.6", "alice")], &[]);
        test.list(1, &[("10.0.0.7", "bob"), ("10.0.0.8", "")], &[]);
        assert_eq!(test.press("/bob\n*\u{1b}"), None);
        let wish = |clients: &[&str], users: &[&str], time| Wish {
            clients: texts(clients),
            users: texts(users),
            time,
            disable_account: None,
        };
        let by_user = wish(&[], &["bob"], HOUR);
        assert_eq!(test.press("h\u{8}\u{8}1h\n"), Some(Action::PlanHold(by_user)));
        test.press("\u{1b}");
        let by_client = wish(&["10.0.0.5", "10.0.0.7"], &[], 2 * HOUR);
        assert_eq!(test.press("h\t\n"), Some(Action::PlanHold(by_client)));
        test.press("\u{1b}");
        for (keys, server) in [("h\t\t\n", ""), ("h\t\t dc1\n", "dc1")] {
            let disabling =
                Wish { disable_account: Some(server.to_owned()), ..wish(&[], &["bob"], 2 * HOUR) };
            assert_eq!(test.press(keys), Some(Action::PlanHold(disabling)));
            test.press("\u{1b}");
        }
        for wrong in ["h dc1\n", "h\u{8}\u{8}x\n", "h\u{8}\u{8}0\n", "h\u{8}\u{8}\n"] {
            assert_eq!(test.press(wrong), None, "{wrong:?}");
            assert!(
                matches!(&test.state.mode, Mode::Wording(wording) if wording.error.is_some()),
                "{wrong:?}"
            );
            test.press("\u{1b}");
        }
        // A session that is logging on has no user to keep out.
        test.press("u/10.0.0.8\n");
        assert_eq!(test.press("h\n"), None);
        assert!(!matches!(test.state.mode, Mode::Wording(_)));
        assert_eq!(test.press("2h"), None);
        assert!(!matches!(test.state.mode, Mode::Wording(_)), "files have no users to hold");
    }

    /// A failure here would end a hold with the view although the person only pressed q once.
    #[test]
    fn quitting_while_only_the_view_carries_a_hold_on_needs_a_second_key() {
        let mut test = Test::new(&["fs1"]);
        test.state.carried = 1;
        assert_eq!(test.press("q"), None);
        assert_eq!(test.press("s"), None);
        assert_eq!(test.press("q"), None, "another key came in between");
        assert_eq!(test.press("q"), Some(Action::Quit));
        test.state.carried = 0;
        assert_eq!(test.press("q"), Some(Action::Quit));
    }
}
