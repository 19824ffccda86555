use std::fmt;
use std::str::FromStr;

use super::{ParseSelectorError, glob};
use crate::name;

/// Which users to select: a name, `DOMAIN\name`, `name@REALM`, or a pattern such as `svc-*`, `CORP\*` or `*@LAB.TEST`.
///
/// - Case does not count.
/// - A name without a domain is the server's own user: it matches `bob` and `SERVER\bob`, and not `CORP\bob`.
/// - `DOMAIN\name` matches a listed bare name only if DOMAIN is the server's own name.
/// - `LAB\name` matches a listed `name@LAB.TEST`: the short name of a domain is the first part of its realm. The reverse does not
///   hold, because a server that lists `LAB\name` does not tell the realm.
/// - `*` alone matches every user of every domain. Other patterns without a domain match names without a domain, as a name
///   does: `a*` matches neither `LAB\alice` nor `alice@LAB.TEST`. `*\a*` matches the names in every domain.
/// - A pattern matches computer accounts (`FS1$`) only if it ends in `$` itself.
///
/// ```
/// use netsession::{ServerNames, UserPattern};
///
/// let pattern: UserPattern = r"CORP\svc-*".parse()?;
/// assert!(pattern.matches(r"corp\svc-sql", &ServerNames::default()));
/// assert!(!pattern.matches("svc-sql", &ServerNames::default()));
/// # Ok::<(), netsession::ParseSelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPattern {
    domain: Option<String>,
    name: String,
    /// Whether the domain is a realm after an `@`.
    is_principal: bool,
}

/// The names of a server. Its own users are `NAME\user`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerNames(Vec<String>);

impl ServerNames {
    /// Keeps the names that are not empty.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().filter(|name| !name.is_empty()).collect())
    }

    /// Adds a name.
    pub(crate) fn add(&mut self, name: &str) {
        if !name.is_empty() && !self.has(name) {
            self.0.push(name.to_owned());
        }
    }

    /// Whether both can be the names of one computer: a computer without names can be any computer.
    pub(crate) fn is_same_computer(&self, other: &Self) -> bool {
        self.0.is_empty() || other.0.is_empty() || self.0.iter().any(|name| other.has(name))
    }

    /// Whether one of the names is `name`. Case does not count.
    ///
    /// ```
    /// let names = netsession::ServerNames::new(["FS1".to_owned(), "fs1.lab.test".to_owned()]);
    /// assert!(names.contains("fs1") && !names.contains("fs1.other.test"));
    /// ```
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.has(name)
    }

    fn has(&self, domain: &str) -> bool {
        self.0.iter().any(|own| name::same(own, domain))
    }
}

impl fmt::Display for ServerNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

impl UserPattern {
    /// Whether it contains a wildcard.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        glob::is_pattern(&self.name) || self.domain.as_deref().is_some_and(glob::is_pattern)
    }

    /// Whether it is `*`, which matches every user.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        self.domain.is_none() && self.name == "*"
    }

    /// Whether it matches so many users that a front end must ask as for everybody: `*`, `**`, `*\*`.
    #[must_use]
    pub(super) fn matches_almost_anybody(&self) -> bool {
        let stars = |text: &str| !text.is_empty() && text.chars().all(|c| c == '*');
        stars(&self.name) && self.domain.as_deref().is_none_or(stars)
    }

    /// Whether it matches the user `listed` in a listing of the server with these names. It never matches an empty
    /// name.
    #[must_use]
    pub fn matches(&self, listed: &str, server: &ServerNames) -> bool {
        self.matches_including_computers(listed, server) && !self.excludes_computer(listed)
    }

    /// Does the same as [`matches`](Self::matches), but a pattern such as `f*` matches the computer `FS1$` too.
    pub(super) fn matches_including_computers(&self, listed: &str, server: &ServerNames) -> bool {
        let (listed_domain, listed_name) = name::split_account(listed);
        let is_listed_by_realm = listed_domain.is_some() && name::split(listed).0.is_none();
        let same_domain = match (self.domain.as_deref(), listed_domain) {
            _ if self.is_everybody() => true,
            (None, None) => true,
            (None, Some(listed)) => server.has(listed),
            (Some(domain), None) => server.has(domain),
            (Some(domain), Some(listed)) => {
                glob::fits(domain, listed)
                    || server.has(domain) && server.has(listed)
                    || is_listed_by_realm && self.fits_short_name(listed)
            }
        };
        same_domain && self.fits_name(listed_name)
    }

    /// Whether it matches the name of `listed` if it ignores the domain.
    pub(crate) fn matches_without_domain(&self, listed: &str) -> bool {
        self.fits_name(name::split_account(listed).1) && !self.excludes_computer(listed)
    }

    /// Whether the domain is the first part of this realm.
    fn fits_short_name(&self, realm: &str) -> bool {
        let label = realm.split('.').next().unwrap_or_default();
        !self.is_principal && self.domain.as_deref().is_some_and(|domain| glob::fits(domain, label))
    }

    fn fits_name(&self, listed: &str) -> bool {
        !listed.is_empty() && glob::fits(&self.name, listed)
    }

    /// Whether it is a pattern that does not end in `$`, and `listed` is a computer.
    fn excludes_computer(&self, listed: &str) -> bool {
        glob::is_pattern(&self.name) && name::is_computer(listed) && !name::is_computer(&self.name)
    }
}

impl FromStr for UserPattern {
    type Err = ParseSelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (domain, user) = name::split_account(text);
        if text.is_empty() {
            return Err(ParseSelectorError::Empty);
        }
        if user.is_empty() || user.contains('\\') || domain == Some("") || text.chars().any(char::is_control)
        {
            return Err(ParseSelectorError::User(text.into()));
        }
        let is_principal = domain.is_some() && name::split(text).0.is_none();
        Ok(Self { domain: domain.map(Into::into), name: user.into(), is_principal })
    }
}

impl fmt::Display for UserPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            Some(realm) if self.is_principal => write!(f, "{}@{realm}", self.name),
            Some(domain) => write!(f, "{domain}\\{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, listed: &str) -> bool {
        let names = ServerNames::new(["LABSRV".into(), "labsrv.lab.test".into()]);
        pattern.parse::<UserPattern>().unwrap().matches(listed, &names)
    }

    /// A failure here would end the sessions of the local `bob` instead of those of a `bob` in another domain, or
    /// conversely.
    #[test]
    fn a_domain_is_never_ignored() {
        for (pattern, listed, expected) in [
            ("bob", "bob", true),
            ("BOB", "bob", true),
            ("bob", r"CORP\bob", false),
            (r"CORP\bob", "bob", false),
            (r"CORP\bob", r"corp\BOB", true),
            (r"CORP\bob", r"LAB\bob", false),
            (r"LABSRV\bob", "bob", true),
            (r"labsrv.lab.test\bob", "bob", true),
            ("bob", r"LABSRV\bob", true),
            (r"labsrv.lab.test\bob", r"LABSRV\bob", true),
            ("bob", "bobby", false),
        ] {
            assert_eq!(matches(pattern, listed), expected, "{pattern} against {listed}");
        }
    }

    /// A failure here would not find a user of the embedded server in the usual spellings, or end the sessions of a user of
    /// another realm.
    #[test]
    fn a_principal_is_found_by_its_realm_and_its_domain() {
        for (pattern, listed, expected) in [
            ("alice@LAB.TEST", "alice@LAB.TEST", true),
            ("ALICE@lab.test", "alice@LAB.TEST", true),
            (r"LAB\alice", "alice@LAB.TEST", true),
            (r"lab.test\alice", "alice@LAB.TEST", true),
            ("*@LAB.TEST", "alice@LAB.TEST", true),
            (r"LAB\*", "alice@LAB.TEST", true),
            (r"*\alice", "alice@LAB.TEST", true),
            ("*", "alice@LAB.TEST", true),
            ("alice", "alice@LAB.TEST", false),
            ("a*", "alice@LAB.TEST", false),
            ("a*@LAB.TEST", "alice@LAB.TEST", true),
            ("a*@CORP.TEST", "alice@LAB.TEST", false),
            (r"LABSRV\a*", "alice@LAB.TEST", false),
            (r"*\a*", "alice@LAB.TEST", true),
            ("alice@LAB.TEST", "alice", false),
            ("alice@LAB.TEST", r"LAB\alice", false),
            ("alice@LAB", "alice@LAB.TEST", false),
            ("alice@CORP.TEST", "alice@LAB.TEST", false),
            (r"CORP\alice", "alice@LAB.TEST", false),
            (r"LABSRV\alice", "alice@LAB.TEST", false),
            (r"LAB\alice", "bob@LAB.TEST", false),
            ("user@host@LAB.TEST", "user@host@LAB.TEST", true),
        ] {
            assert_eq!(matches(pattern, listed), expected, "{pattern} against {listed}");
        }
        assert_eq!("a@LAB.TEST".parse::<UserPattern>().unwrap().to_string(), "a@LAB.TEST");
        let bare: UserPattern = "alice".parse().unwrap();
        assert!(bare.matches_without_domain("alice@LAB.TEST"), "for the hint");
    }

    /// A failure here would let a pattern select users of other domains.
    #[test]
    fn patterns_match_only_in_their_domain() {
        for (pattern, listed, expected) in [
            ("svc-*", "svc-sql", true),
            ("svc-*", r"CORP\svc-sql", false),
            (r"*\svc-*", r"CORP\svc-sql", true),
            (r"CORP\*", r"CORP\anyone", true),
            (r"CORP\*", "anyone", false),
            ("*bob", r"CORP\bob", false),
            ("*", r"CORP\bob", true),
            ("*", "bob", true),
        ] {
            assert_eq!(matches(pattern, listed), expected, "{pattern} against {listed}");
        }
    }

    /// A failure here would disconnect computers with `*`, or keep a named computer from being selected.
    #[test]
    fn computers_match_only_patterns_that_end_in_a_dollar() {
        for (pattern, listed, expected) in [
            ("*", r"LAB\FS1$", false),
            (r"LAB\*", r"LAB\FS1$", false),
            (r"LAB\FS?$", r"LAB\FS1$", true),
            (r"LAB\fs1$", r"LAB\FS1$", true),
            ("*@LAB.TEST", "fs1$@LAB.TEST", false),
            ("fs1$@LAB.TEST", "fs1$@LAB.TEST", true),
        ] {
            assert_eq!(matches(pattern, listed), expected, "{pattern} against {listed}");
        }
    }

    /// A failure here would let a caller select an empty name, which a server takes for everybody.
    #[test]
    fn an_empty_name_is_not_a_user() {
        assert_eq!("".parse::<UserPattern>(), Err(ParseSelectorError::Empty));
        for text in [r"CORP\", r"\bob", r"A\B\c", "b\nb", "bob@", "@LAB.TEST"] {
            assert_eq!(text.parse::<UserPattern>(), Err(ParseSelectorError::User(text.into())));
        }
        assert!(!matches("*", ""));
    }
}
