//! Names of users and services as a person writes them.

use std::fmt;

/// A service on a host, such as `cifs` on `fs1.lab.test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub(crate) service: String,
    pub(crate) host: String,
}

impl Service {
    /// Names a service. The final dot of the host is removed: no ticket has one.
    #[must_use]
    pub fn new(service: &str, host: &str) -> Self {
        Self { service: service.to_owned(), host: host.trim_end_matches('.').to_owned() }
    }

    /// Returns the host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// `cifs/fs1.lab.test`.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.host)
    }
}

/// A user as a person writes it: `adm1`, `adm1@LAB.TEST`, `adm1@lab.test`, or with a domain, `LAB\adm1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) user: String,
    pub(crate) suffix: Option<String>,
}

impl User {
    /// Names a user. A domain, given as in `DOMAIN\user`, counts as the suffix of a user without one.
    #[must_use]
    pub fn new(user: &str, domain: Option<&str>) -> Self {
        let (user, suffix) = match user.split_once('@') {
            Some((user, suffix)) => (user, Some(suffix)),
            None => (user, domain.filter(|domain| !domain.is_empty())),
        };
        Self { user: user.to_owned(), suffix: suffix.map(str::to_owned) }
    }

    /// Returns the name by which a ticket cache or a keytab knows the user. A realm is upper-case by convention. A
    /// suffix without a dot is the short name of a domain, which only a KDC can translate: then the library adds its
    /// default realm.
    pub(crate) fn principal(&self) -> String {
        match self.suffix.as_deref().filter(|suffix| suffix.contains('.')) {
            Some(realm) => format!("{}@{}", self.user, realm.to_uppercase()),
            None => self.user.clone(),
        }
    }
}

/// Whether a suffix is this realm, or its first label, which is the short name of most domains.
pub(crate) fn is_of_realm(suffix: &str, realm: &str) -> bool {
    let label = realm.split('.').next().unwrap_or_default();
    suffix.eq_ignore_ascii_case(realm) || suffix.eq_ignore_ascii_case(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would look for the ticket of another user, or miss the one that exists.
    #[test]
    fn a_ticket_is_found_by_user_and_upper_case_realm() {
        let principal = |user: &str, domain: Option<&str>| User::new(user, domain).principal();
        assert_eq!(principal("adm1", None), "adm1");
        assert_eq!(principal("adm1", Some("LAB")), "adm1");
        assert_eq!(principal("adm1", Some("lab.test")), "adm1@LAB.TEST");
        assert_eq!(principal("adm1@lab.test", None), "adm1@LAB.TEST");
        assert_eq!(principal("adm1@LAB", Some("OTHER")), "adm1");
    }

    /// A failure here would ask a domain for a realm of another name.
    #[test]
    fn another_suffix_is_for_the_domain_to_translate() {
        assert!(is_of_realm("lab.test", "LAB.TEST") && is_of_realm("LAB", "LAB.TEST"));
        assert!(!is_of_realm("corp.example", "LAB.TEST") && !is_of_realm("test", "LAB.TEST"));
    }

    /// A failure here would ask the KDC for a service that no directory knows.
    #[test]
    fn the_final_dot_of_a_host_is_no_part_of_the_service() {
        assert_eq!(Service::new("cifs", "fs1.lab.test.").to_string(), "cifs/fs1.lab.test");
    }
}
