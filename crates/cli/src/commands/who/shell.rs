//! [`Commands`]: the commands that close the files and end the sessions, quoted for the shell; [`Ending`]: what one of them ends.

use std::collections::BTreeSet;

use netsession::{Selector, Session};
use netsession_admin::Holder;

use crate::flags::Connect;
use crate::output::visible;

/// What the commands need: the server, the path at it, and how to log on there.
pub(super) struct Commands<'a> {
    pub(super) server: &'a str,
    pub(super) path: &'a str,
    /// The user whom a URL names; `--login` comes first.
    pub(super) user: Option<&'a str>,
    /// Why, for the journal.
    pub(super) reason: Option<&'a str>,
    pub(super) connect: &'a Connect,
}

/// What one request ends of those who can hold a file: a session with an id, or every session of a user from a client.
pub(super) struct Ending<'a> {
    session: &'a Session,
}

impl<'a> Ending<'a> {
    /// Returns what can be ended, each once.
    pub(super) fn of(holders: &'a [Holder]) -> Vec<Ending<'a>> {
        let mut endings: Vec<Ending<'_>> = Vec::new();
        for session in holders.iter().flat_map(|holder| &holder.sessions) {
            let key = |session: &'a Session| (&session.client, &session.user, session.id);
            if !endings.iter().any(|known| key(known.session) == key(session)) {
                endings.push(Ending { session });
            }
        }
        endings
    }

    /// Whether it is exactly one session.
    pub(super) const fn is_exact(&self) -> bool {
        self.session.id.is_some()
    }

    /// Returns the words for the sessions of these: how many clients they have, or how many users at one client.
    pub(super) fn sessions(all: &[Ending<'_>]) -> String {
        let count = |part: fn(&Session) -> &str| {
            all.iter().map(|ending| part(ending.session)).collect::<BTreeSet<_>>().len()
        };
        match (all, count(|session| &session.client), count(|session| &session.user)) {
            ([one], ..) if one.is_exact() => "the session".to_owned(),
            ([_], ..) => "the sessions of its client".to_owned(),
            (_, 1, users) => format!("the sessions of {users} users at one client"),
            (_, clients, _) => format!("the sessions of {clients} clients"),
        }
    }

    pub(super) fn selector(&self) -> Option<Selector> {
        match self.session.id {
            Some(id) => Selector::ids([id]),
            None => Selector::pairs([self.session]),
        }
    }

    /// Returns the flags that select it.
    fn flags(&self) -> Vec<(&'static str, String)> {
        match self.session.id {
            Some(id) => vec![("--id", id.to_string())],
            None => vec![("--client", self.session.client.clone()), ("--user", self.session.user.clone())],
        }
    }
}

impl Commands<'_> {
    /// Returns the commands, each on a line of its own.
    pub(super) fn text(&self, holders: &[Holder]) -> String {
        let close = self.line("close", &[("--path", self.path.to_owned())]);
        let mut text = format!("To close what is listed:\n  {close}");
        let endings = Ending::of(holders);
        let is_certain = |holder: &Holder| Ending::of(std::slice::from_ref(holder)).len() <= 1;
        let what = if holders.iter().all(is_certain) { "the sessions" } else { "a session that can hold it" };
        let together = match endings.iter().all(Ending::is_exact) {
            true => "",
            false => " (all of a user from a client end together)",
        };
        if !endings.is_empty() {
            text += &format!("\nTo end {what}{together}:");
        }
        for ending in endings {
            text += &format!("\n  {}", self.line("end", &ending.flags()));
        }
        text
    }

    fn line(&self, command: &str, values: &[(&str, String)]) -> String {
        let mut words = vec!["netsession".to_owned(), command.to_owned(), quoted(self.server)];
        words.extend(values.iter().map(|(flag, value)| flag_with(flag, value)));
        words.extend(self.reason.map(|reason| flag_with("--reason", reason)));
        words.extend(self.logon());
        words.join(" ")
    }

    /// Returns the flags of the logon and of the connection.
    fn logon(&self) -> Vec<String> {
        let Connect {
            login,
            authentication_file,
            password_stdin,
            kerberos,
            kerberos_only,
            keytab,
            encrypt,
            timeout,
            netbios,
            more: _,
        } = self.connect;
        let file = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let seconds = timeout.map(|timeout| timeout.as_secs_f64().to_string());
        let values = [
            (
                "--login",
                login
                    .clone()
                    .or_else(|| self.user.filter(|_| authentication_file.is_none()).map(str::to_owned)),
            ),
            ("--authentication-file", file(authentication_file)),
            ("--kerberos", kerberos.map(|kerberos| kerberos.to_string())),
            ("--keytab", file(keytab)),
            ("--timeout", seconds),
        ];
        let values = values.into_iter().filter_map(|(flag, value)| Some(flag_with(flag, &value?)));
        let switches = [
            ("--password-stdin", *password_stdin),
            ("-k", *kerberos_only),
            ("--encrypt", *encrypt),
            ("--netbios", *netbios),
        ];
        let switches = switches.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag.to_owned());
        values.chain(switches).collect()
    }
}

/// Returns a flag and its value. A value that begins with a dash would be another flag.
fn flag_with(flag: &str, value: &str) -> String {
    match value.starts_with('-') {
        true => format!("{flag}={}", quoted(value)),
        false => format!("{flag} {}", quoted(value)),
    }
}

/// Quotes a word for a POSIX shell. Characters that a terminal cannot show are spelled out as in the tables; the
/// command accepts that.
fn quoted(word: &str) -> String {
    let word = visible(word);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,-".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.into_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use netsession::{FileId, OpenFile, Permissions};
    use netsession_admin::holders;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        connect: Connect,
    }

    fn commands(flags: &[&str], path: &str, sessions: &[(&str, &str)]) -> String {
        with_reason(None, flags, path, sessions)
    }

    fn with_reason(reason: Option<&str>, flags: &[&str], path: &str, sessions: &[(&str, &str)]) -> String {
        let connect = Line::try_parse_from([&["who"], flags].concat()).unwrap().connect;
        let file = OpenFile {
            id: FileId(7),
            path: "x".to_owned(),
            user: sessions.first().map_or("bob", |(_, user)| user).to_owned(),
            client: None,
            permissions: Permissions(1),
            locks: 0,
        };
        let sessions: Vec<Session> =
            sessions.iter().map(|(client, user)| Session::new(client, user)).collect();
        Commands { server: "fs1:4450", path, user: Some("adm2"), reason, connect: &connect }
            .text(&holders(vec![file], &sessions))
    }

    /// A failure here would print a command that closes or ends something else, or that the shell takes apart.
    #[test]
    fn the_commands_can_be_pasted() {
        let text = commands(
            &["-U", r"LAB\adm1", "--encrypt"],
            r"\\fs1\data\o'neil $x.txt",
            &[("10.0.0.5", r"LAB\bob")],
        );
        let expected = [
            "To close what is listed:",
            r"  netsession close fs1:4450 --path '\\fs1\data\o'\''neil $x.txt' --login 'LAB\adm1' --encrypt",
            "To end the sessions (all of a user from a client end together):",
            r"  netsession end fs1:4450 --client 10.0.0.5 --user 'LAB\bob' --login 'LAB\adm1' --encrypt",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
        let text =
            commands(&["--timeout", "1500ms", "-A", "f"], "/a", &[("a", "-x"), ("b", "-X"), ("a", "-x")]);
        assert!(text.contains("To end a session that can hold it (all of a user"), "{text}");
        assert_eq!(text.matches("netsession end").count(), 2, "{text}");
        assert!(text.contains("--client a --user=-x --authentication-file f --timeout 1.5"), "{text}");
        let text = commands(&[], "/a", &[]);
        assert!(!text.contains("To end") && text.ends_with("--login adm2"), "{text}");
        assert_eq!(quoted("a\u{1b}b"), "'a<U+001B>b'");
    }

    /// A failure here would count two users of one computer as two clients.
    #[test]
    fn clients_and_users_are_counted_apart() {
        let text = |sessions: &[(&str, &str)]| {
            let sessions: Vec<Session> =
                sessions.iter().map(|(client, user)| Session::new(client, user)).collect();
            let all: Vec<_> = sessions.iter().map(|session| Ending { session }).collect();
            Ending::sessions(&all)
        };
        assert_eq!(text(&[("a", "bob")]), "the sessions of its client");
        assert_eq!(text(&[("a", "bob"), ("a", "alice")]), "the sessions of 2 users at one client");
        assert_eq!(text(&[("a", "bob"), ("a", "alice"), ("b", "bob")]), "the sessions of 2 clients");
    }

    /// A failure here would print commands that record no reason, although the person gave one.
    #[test]
    fn the_commands_carry_the_reason() {
        let text = with_reason(Some("INC-1: locks the budget"), &[], "/a", &[("10.0.0.5", "bob")]);
        assert_eq!(text.matches("--reason 'INC-1: locks the budget'").count(), 2, "{text}");
        assert!(with_reason(Some("-x"), &[], "/a", &[]).contains("--reason=-x"));
    }
}
