use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use netsession_wire::name::{upper_case, upper_case_char};

/// Users of a Kerberos realm who may log on: one of them, `alice@LAB.TEST`, or all of them, `*@LAB.TEST`.
///
/// Names compare without regard to case, as Active Directory compares them. The users of a realm include its computers.
///
/// ```
/// use netsession_server::Principal;
///
/// let alice: Principal = "alice@LAB.TEST".parse()?;
/// assert_eq!((alice.user(), alice.realm()), (Some("alice"), "LAB.TEST"));
/// let all: Principal = "*@LAB.TEST".parse()?;
/// assert_eq!(all.user(), None);
/// assert!("alice".parse::<Principal>().is_err());
/// # Ok::<(), netsession_server::ParsePrincipalError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// None for all users.
    user: Option<String>,
    realm: String,
    is_admin: bool,
}

/// A text that names no users of a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected USER@REALM, or *@REALM for all users of the realm")]
pub struct ParsePrincipalError;

impl Principal {
    /// Returns the user; `None` for all users of the realm.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Sets whether the users are administrators, who may list and end the sessions of others; the default is `false`.
    #[must_use]
    pub const fn admin(mut self, is_admin: bool) -> Self {
        self.is_admin = is_admin;
        self
    }
}

impl FromStr for Principal {
    type Err = ParsePrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, realm) = split(text).ok_or(ParsePrincipalError)?;
        let user = match user {
            "*" => None,
            user if user.contains(['*', '?']) => return Err(ParsePrincipalError),
            user => Some(user.to_owned()),
        };
        Ok(Self { user, realm: realm.to_owned(), is_admin: false })
    }
}

/// `alice@LAB.TEST`.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user.as_deref().unwrap_or("*"), self.realm)
    }
}

/// Splits a principal into user and realm. `None` if a listing could not show it in one spelling that selects it again, or
/// if it is no user's.
///
/// A name with an escape is refused: `alice\@CORP.TEST@LAB.TEST` is a user of LAB.TEST, and must not be taken for
/// `alice@CORP.TEST`. So is an anonymous ticket ([RFC 8062]), which any client can get.
fn split(principal: &str) -> Option<(&str, &str)> {
    let (user, realm) = principal.split_once('@')?;
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '@');
    let is_plain = |part: &str| (1..=255).contains(&part.len()) && !part.contains(is_bad);
    let is_anonymous = user.starts_with("WELLKNOWN/") || realm.starts_with("WELLKNOWN:");
    (is_plain(user) && is_plain(realm) && !is_anonymous).then_some((user, realm))
}

/// The users of a server who log on with Kerberos.
#[derive(Debug, Clone, Default)]
pub(crate) struct Principals {
    /// By user and realm in capitals; the user is `*` for all.
    by_name: HashMap<(String, String), Principal>,
}

impl Principals {
    /// Adds a principal; it replaces one of the same name.
    pub(crate) fn add(&mut self, principal: Principal) {
        let user = upper_case(principal.user.as_deref().unwrap_or("*"));
        self.by_name.insert((user, upper_case(&principal.realm)), principal);
    }

    /// Returns each principal by its name, and whether it is an administrator.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (String, bool)> {
        self.by_name.values().map(|principal| (principal.to_string(), principal.is_admin))
    }

    /// Returns the name for listings of the user with this principal, and whether the user is an administrator. `None` if the
    /// user may not log on.
    ///
    /// One user has one name: the administrator's spelling, or small letters where only the realm is named. A client cannot
    /// choose another spelling to appear as several users.
    pub(crate) fn find(&self, principal: &str) -> Option<(String, bool)> {
        let (user, realm) = split(principal)?;
        // In a selection, such a name would be a pattern, and in `by_name` it is the name of all users.
        if user.contains(['*', '?']) {
            return None;
        }
        let find = |user: &str| self.by_name.get(&(upper_case(user), upper_case(realm)));
        if let Some(named) = find(user).filter(|named| named.user.is_some()) {
            return Some((named.to_string(), named.is_admin));
        }
        let all = find("*").filter(|all| all.user.is_none())?;
        Some((format!("{}@{}", small_letters(user), all.realm), all.is_admin))
    }
}

/// Returns a name in small letters. A letter whose capital would differ stays: the name must remain the same name.
fn small_letters(name: &str) -> String {
    let small = |c: char| {
        let mut letters = c.to_lowercase();
        let only = letters.next().filter(|_| letters.next().is_none());
        only.filter(|small| upper_case_char(*small) == upper_case_char(c)).unwrap_or(c)
    };
    name.chars().map(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principals(names: &[(&str, bool)]) -> Principals {
        let mut principals = Principals::default();
        for (name, is_admin) in names {
            principals.add(name.parse::<Principal>().unwrap().admin(*is_admin));
        }
        principals
    }

    fn found(principals: &Principals, name: &str) -> Option<(String, bool)> {
        principals.find(name)
    }

    /// A failure here would log on a user whom nobody has named, or a user of another realm.
    #[test]
    fn only_named_users_are_found() {
        let some = principals(&[("alice@LAB.TEST", false), ("adm1@LAB.TEST", true)]);
        let yes = |name: &str, is_admin| Some((name.to_owned(), is_admin));
        assert_eq!(found(&some, "alice@LAB.TEST"), yes("alice@LAB.TEST", false));
        assert_eq!(found(&some, "ALICE@lab.test"), yes("alice@LAB.TEST", false));
        assert_eq!(found(&some, "adm1@LAB.TEST"), yes("adm1@LAB.TEST", true));
        for other in ["bob@LAB.TEST", "alice@CORP.TEST", "alice", "@LAB.TEST", "alice@", "*@LAB.TEST"] {
            assert_eq!(found(&some, other), None, "{other}");
        }
    }

    /// A failure here would let a user appear as several, and so evade a limit or the end of a session.
    #[test]
    fn users_of_a_realm_have_one_spelling_each() {
        let all = principals(&[("*@LAB.TEST", false), ("Adm1@LAB.TEST", true)]);
        for name in ["bob@LAB.TEST", "BOB@LAB.TEST", "Bob@lab.test"] {
            assert_eq!(found(&all, name), Some(("bob@LAB.TEST".to_owned(), false)), "{name}");
        }
        assert_eq!(found(&all, "FS1$@LAB.TEST"), Some(("fs1$@LAB.TEST".to_owned(), false)));
        assert_eq!(found(&all, "adm1@LAB.TEST"), Some(("Adm1@LAB.TEST".to_owned(), true)));
        assert_eq!(found(&all, "bob@CORP.TEST"), None);
        // The sign for Kelvin is not the letter k, and a long s is not an s.
        assert_eq!(found(&all, "\u{212a}im@LAB.TEST"), Some(("\u{212a}im@LAB.TEST".to_owned(), false)));
        assert_eq!(found(&all, "\u{17f}am@LAB.TEST"), Some(("\u{17f}am@LAB.TEST".to_owned(), false)));
    }

    /// A failure here would take a user of one realm for one of another, or log on a client that nobody knows.
    #[test]
    fn escaped_and_anonymous_names_are_nobody() {
        let all = principals(&[("*@LAB.TEST", false), ("alice@CORP.TEST", true)]);
        for name in [
            r"alice\@CORP.TEST@LAB.TEST",
            r"LAB\alice@LAB.TEST",
            "alice@CORP.TEST@LAB.TEST",
            "WELLKNOWN/ANONYMOUS@LAB.TEST",
            "alice@WELLKNOWN:ANONYMOUS",
            "al ice@LAB.TEST",
            "al\nice@LAB.TEST",
        ] {
            assert_eq!(found(&all, name), None, "{name}");
            assert!(name.parse::<Principal>().is_err(), "{name}");
        }
        for pattern in ["*@LAB.TEST", "al*@LAB.TEST", "alic?@LAB.TEST"] {
            assert_eq!(found(&all, pattern), None, "{pattern}");
        }
        for wrong in ["a*@LAB.TEST", "**@LAB.TEST", "alice", "*", ""] {
            assert!(wrong.parse::<Principal>().is_err(), "{wrong}");
        }
    }
}
