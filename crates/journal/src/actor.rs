//! [`Actor`]: who changes something, as this computer knows it.

use serde::{Deserialize, Serialize};

/// Who changes something: the user of this process, and the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The effective user of the process.
    pub uid: Option<u32>,
    /// The name of this user.
    pub name: Option<String>,
    /// The user who logged on at this computer, by the kernel's audit id, which `sudo` and `su` do not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged_on: Option<Person>,
    /// The user who called `sudo`, as the environment says. The user can change the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo: Option<Person>,
    /// The name of this computer.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The part of netsession, such as `end`, `top` or `netapi32`.
    pub program: String,
    /// The version of netsession.
    pub version: String,
}

/// A user of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The number.
    pub uid: Option<u32>,
    /// The name.
    pub name: Option<String>,
}

impl Actor {
    /// Returns the user of this process, as which `program` of netsession runs.
    ///
    /// ```
    /// let actor = netsession_journal::Actor::of_process("end");
    /// assert_eq!(actor.program, "end");
    /// assert_eq!(actor.pid, std::process::id());
    /// ```
    #[must_use]
    pub fn of_process(program: &str) -> Self {
        let uid = system::uid();
        Self {
            name: system::own_name(),
            uid,
            logged_on: system::login_uid().map(|uid| Person { uid: Some(uid), name: system::name(uid) }),
            sudo: sudo(|name| std::env::var(name).ok()),
            host: system::host(),
            pid: std::process::id(),
            program: program.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Returns the names of everybody behind the change.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let people = [&self.logged_on, &self.sudo].into_iter().flatten();
        self.name.as_deref().into_iter().chain(people.filter_map(|person| person.name.as_deref()))
    }

    /// Returns the person for a table: `root (alice)` if alice became root.
    #[must_use]
    pub fn shown(&self) -> String {
        let named = |name: Option<&str>, uid: Option<u32>| match (name, uid) {
            (Some(name), _) => name.to_owned(),
            (None, Some(uid)) => uid.to_string(),
            (None, None) => "?".to_owned(),
        };
        let own = named(self.name.as_deref(), self.uid);
        let behind = self.sudo.as_ref().or(self.logged_on.as_ref());
        let behind = behind.map(|person| named(person.name.as_deref(), person.uid));
        match behind.filter(|behind| *behind != own) {
            Some(behind) => format!("{own} ({behind})"),
            None => own,
        }
    }
}

/// Reads what `sudo` says about its caller.
fn sudo(variable: impl Fn(&str) -> Option<String>) -> Option<Person> {
    let (uid, name) = (variable("SUDO_UID"), variable("SUDO_USER"));
    let uid = uid.and_then(|uid| uid.parse().ok());
    (uid.is_some() || name.is_some()).then_some(Person { uid, name })
}

/// Returns the name of this user at the database of the journal, as PostgreSQL's own programs choose it: on Windows without the domain.
pub(crate) fn database_user() -> Option<String> {
    let name = system::own_name()?;
    match cfg!(windows) {
        true => name.rsplit('\\').next().map(str::to_owned),
        false => Some(name),
    }
}

#[cfg(unix)]
mod system {
    pub(super) fn uid() -> Option<u32> {
        Some(rustix::process::geteuid().as_raw())
    }

    pub(super) fn own_name() -> Option<String> {
        uid().and_then(name)
    }

    pub(super) fn name(uid: u32) -> Option<String> {
        nix::unistd::User::from_uid(uid.into()).ok().flatten().map(|user| user.name)
    }

    /// The audit id of the session; the kernel's value for none is the greatest number.
    pub(super) fn login_uid() -> Option<u32> {
        let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
        text.trim().parse().ok().filter(|uid| *uid != u32::MAX)
    }

    pub(super) fn host() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

#[cfg(windows)]
mod system {
    pub(super) fn uid() -> Option<u32> {
        None
    }

    /// The user as `DOMAIN\name`, as the system knows it: the environment can say anything.
    pub(super) fn own_name() -> Option<String> {
        netsession_winfs::access::current_user().ok()
    }

    pub(super) fn name(_uid: u32) -> Option<String> {
        None
    }

    pub(super) fn login_uid() -> Option<u32> {
        None
    }

    pub(super) fn host() -> String {
        std::env::var("COMPUTERNAME").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Actor, Person, sudo};

    /// A failure here would record nobody's name, so that the journal could not answer who did something.
    #[test]
    fn the_user_of_this_process_is_named() {
        let shown = Actor::of_process("end").shown();
        assert!(!shown.is_empty() && shown != "?", "{shown}");
        #[cfg(windows)]
        assert!(shown.contains('\\') && !shown.contains('\0'), "{shown}");
        let user = super::database_user().unwrap();
        assert!(!cfg!(windows) || !user.contains('\\'), "{user}");
    }

    /// A failure here would blame root for what a person did by sudo.
    #[test]
    fn the_person_behind_sudo_is_named() {
        let variables = |name: &str| match name {
            "SUDO_UID" => Some("1000".to_owned()),
            "SUDO_USER" => Some("alice".to_owned()),
            _ => None,
        };
        let person = sudo(variables).unwrap();
        assert_eq!(person, Person { uid: Some(1000), name: Some("alice".to_owned()) });
        let root = Actor {
            uid: Some(0),
            name: Some("root".to_owned()),
            logged_on: None,
            sudo: Some(person),
            ..Actor::of_process("end")
        };
        assert_eq!(root.shown(), "root (alice)");
        assert_eq!(root.names().collect::<Vec<_>>(), ["root", "alice"]);
        assert_eq!(Actor { sudo: None, ..root }.shown(), "root");
        assert_eq!(sudo(|_| None), None);
    }
}
