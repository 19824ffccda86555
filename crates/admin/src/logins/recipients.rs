//! Which servers get the answer to a question about a login.

use netsession::{Kerberos, Ticket};
use netsession_wire::name::upper_case;

use super::Logins;
use crate::{Choice, NamedServer};

impl Logins<'_> {
    /// Looks for the tickets with which other servers of the command need no answer: the one of `user`, and the default one.
    pub(super) fn look_for_tickets(&mut self, user: Option<&str>) {
        if self.servers.len() < 2 || self.sources.kerberos == Some(Kerberos::Off) {
            return;
        }
        for user in [user, None] {
            self.tickets.entry(user.map(upper_case)).or_insert_with(|| Ticket::find(user));
        }
    }

    /// Returns the names of the servers that get the answer to a question: `server` first, then the others of the command
    /// whose password, or whose user, only the same answer gives.
    pub(super) fn recipients(&self, user: Option<&str>, server: &NamedServer) -> Vec<String> {
        let is_asked = |other: &NamedServer| {
            let settings = self.settings(other);
            let chosen = match self.sources.choose(self.policy, other, None) {
                Ok(Choice::User(chosen)) => Some(chosen),
                Ok(Choice::Question) => None,
                _ => return false,
            };
            let mut options = settings.connect_options();
            options.kerberos = self.sources.kerberos.unwrap_or(options.kerberos);
            let has_ticket = options.allow_kerberos_to(other.address())
                && matches!(self.tickets.get(&chosen.as_deref().map(upper_case)), Some(Ok(_)));
            let is_same = match (chosen.as_deref().or(self.typed_user.as_deref()), user) {
                (Some(chosen), Some(user)) => {
                    chosen.eq_ignore_ascii_case(user)
                        && !self.has_password(user, &settings)
                        && self.keytab_of(user, &settings, &options).is_none()
                }
                (None, None) => true,
                _ => false,
            };
            is_same && !has_ticket
        };
        let is_this =
            |other: &NamedServer| other.nodes().iter().chain([other]).any(|it| it.key() == server.key());
        let this = self.servers.iter().find(|other| is_this(other));
        let others = self.servers.iter().filter(|other| !is_this(other));
        let others = others.filter(|other| is_asked(other.nodes().first().unwrap_or(other)));
        std::iter::once(this.unwrap_or(server)).chain(others).map(|one| one.label().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use netsession_config::Config;

    use super::super::tests::{Person, sources};
    use super::*;
    use crate::{LoginSources, Policy, PrintedPasswords};

    /// A failure here would hide from a person which servers get the password, or name one that gets none.
    #[test]
    #[cfg_attr(windows, ignore = "Windows has no program `echo`")]
    fn a_question_names_every_server_that_gets_its_answer() {
        let config = "[server.fs2]\nlogin = 'other'\n[server.fs3]\nlogin = 'BOB'\n[cluster.nas]\nnodes = ['n1', 'n2']\n\
                      login = 'bob'\n[server.fs4]\nlogin = 'bob'\npassword-command = ['echo', 'x']";
        let names = ["fs1", "fs2", "fs3", "fs4", "nas", "10.0.0.5"];
        let questions = |user: Option<&str>| {
            let sources = LoginSources { kerberos: Some(Kerberos::Off), ..sources(user, None, config) };
            let servers = NamedServer::parse_all(&names, &sources.config).unwrap();
            let (printed, mut person) = (PrintedPasswords::default(), Person::default());
            let logins = Logins::new(Policy::PersonNamed, sources, &printed, &mut person);
            let mut logins = logins.for_servers(&servers);
            for server in &servers {
                logins.login_for(server.nodes().first().unwrap_or(server), None).unwrap();
            }
            person.questions
        };
        assert_eq!(
            questions(None),
            [
                "user at fs1 10.0.0.5",
                "password of typed at fs1 10.0.0.5",
                "password of other at fs2",
                "password of BOB at fs3 nas",
            ]
        );
        assert_eq!(questions(Some("bob")), ["password of bob at fs1 fs2 fs3 nas 10.0.0.5"]);
        // With a ticket, only the server with an address needs an answer.
        let (printed, mut person) = (PrintedPasswords::default(), Person::default());
        let servers = NamedServer::parse_all(&["10.0.0.5", "fs1"], &Config::default()).unwrap();
        let logins = Logins::new(Policy::PersonNamed, LoginSources::default(), &printed, &mut person);
        let mut logins = logins.for_servers(&servers);
        logins.tickets.insert(None, Ok(Ticket::new("adm1@LAB.TEST")));
        for server in &servers {
            logins.login_for(server, None).unwrap();
        }
        assert_eq!(person.questions, ["user at 10.0.0.5", "password of typed at 10.0.0.5"]);
    }
}
