//! Names of users and services, and how the library is told them.

use std::fmt;

use crate::buffer::{Input, Output};
use crate::failure::{failed, is_error};
use crate::handle::NameHandle;
use crate::raw::{ENTERPRISE_NAME, HOST_BASED_SERVICE, KRB5, Oid, USER_NAME};
use crate::{Error, Flavor, Library};

/// A service on a host, such as `cifs` on `fs1.lab.test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    service: String,
    host: String,
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

    /// Imports the name. This may ask DNS for the host's canonical name.
    pub(crate) fn import(&self, library: &'static Library) -> Result<NameHandle, Error> {
        of_kerberos(&import(library, &format!("{}@{}", self.service, self.host), &HOST_BASED_SERVICE)?)
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
    user: String,
    suffix: Option<String>,
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
    fn principal(&self) -> String {
        match self.suffix.as_deref().filter(|suffix| suffix.contains('.')) {
            Some(realm) => format!("{}@{}", self.user, realm.to_uppercase()),
            None => self.user.clone(),
        }
    }

    /// Imports the name of a ticket cache's or a keytab's user.
    pub(crate) fn import(&self, library: &'static Library) -> Result<NameHandle, Error> {
        import(library, &self.principal(), &USER_NAME)
    }

    /// Imports the name for a logon by password. The KDC of MIT's default realm translates a suffix of another domain, or
    /// one that is no realm: an enterprise name. Heimdal has no such names, so there the suffix must be a realm.
    pub(crate) fn import_for_password(&self, library: &'static Library) -> Result<NameHandle, Error> {
        match self.other_suffix(library) {
            Some(suffix) if library.flavor() == Flavor::Mit => {
                import(library, &format!("{}@{suffix}", self.user), &ENTERPRISE_NAME)
            }
            _ => self.import(library),
        }
    }

    /// Returns the suffix of this user, if it is not the default realm.
    pub(crate) fn other_suffix(&self, library: &'static Library) -> Option<&str> {
        let (suffix, realm) = (self.suffix.as_deref()?, default_realm(library)?);
        (!is_of_realm(suffix, &realm)).then_some(suffix)
    }

    /// Returns the name by which `kinit` and the ticket cache know this user, such as `adm1@LAB.TEST`.
    #[must_use]
    pub fn to_principal(&self, library: &'static Library) -> String {
        let principal = self.principal();
        match default_realm(library).filter(|_| !principal.contains('@')) {
            Some(realm) => format!("{principal}@{realm}"),
            None => principal,
        }
    }
}

/// Whether a suffix is this realm, or its first label, which is the short name of most domains.
fn is_of_realm(suffix: &str, realm: &str) -> bool {
    let label = realm.split('.').next().unwrap_or_default();
    suffix.eq_ignore_ascii_case(realm) || suffix.eq_ignore_ascii_case(label)
}

/// Returns an enterprise name such as `carol\@corp.example@LAB.TEST` as its user writes it, and any other name unchanged.
fn without_escapes(name: &str) -> String {
    match name.rsplit_once('@') {
        Some((user, _)) if user.contains("\\@") => user.replace("\\@", "@"),
        _ => name.to_owned(),
    }
}

/// Returns a name as Kerberos's own. For a service the library asks DNS for the host's canonical name, once: without this, it
/// would ask again at each step of an exchange.
fn of_kerberos(name: &NameHandle) -> Result<NameHandle, Error> {
    let library = name.library;
    let (mut kerberos_name, mut minor) = (NameHandle::none(library), 0);
    // SAFETY: the name is live, the mechanism is a constant, and the other pointers are to live local values.
    let major = unsafe {
        (library.functions.canonicalize_name)(
            &raw mut minor,
            name.get(),
            &raw const KRB5,
            kerberos_name.as_mut_ptr(),
        )
    };
    match is_error(major) {
        false => Ok(kerberos_name),
        true => Err(failed(library, "gss_canonicalize_name", major, minor)),
    }
}

/// Returns the realm that the library adds to a user without one.
pub(crate) fn default_realm(library: &'static Library) -> Option<String> {
    let name = import(library, "user", &USER_NAME).ok()?;
    // Until it belongs to a mechanism, a name is the text that was imported.
    let kerberos_name = of_kerberos(&name).ok()?;
    let shown = display(&kerberos_name).ok()?;
    shown.split_once('@').map(|(_, realm)| realm.to_owned()).filter(|realm| !realm.is_empty())
}

fn import(library: &'static Library, text: &str, kind: &'static Oid) -> Result<NameHandle, Error> {
    if text.contains('\0') {
        return Err(Error::Nul("a name"));
    }
    let mut name = NameHandle::none(library);
    let mut input = Input::new(text.as_bytes());
    let mut minor = 0;
    // SAFETY: all pointers are to live local values, and the type of the name is a constant.
    let major = unsafe {
        (library.functions.import_name)(&raw mut minor, input.as_mut_ptr(), kind, name.as_mut_ptr())
    };
    match major {
        0 => Ok(name),
        _ => Err(failed(library, "gss_import_name", major, minor)),
    }
}

/// Returns a name as people write it, such as `adm1@LAB.TEST`.
pub(crate) fn display(name: &NameHandle) -> Result<String, Error> {
    text_of(name).map(|text| without_escapes(&text))
}

/// Returns the text of a name with the library's escapes.
pub(crate) fn text_of(name: &NameHandle) -> Result<String, Error> {
    let library = name.library;
    let mut text = Output::new(library);
    let mut minor = 0;
    // SAFETY: the handle is live, and the pointers are to live local values; a null type is allowed.
    let major = unsafe {
        (library.functions.display_name)(&raw mut minor, name.get(), text.as_mut_ptr(), std::ptr::null_mut())
    };
    match major {
        0 => Ok(text.to_text()),
        _ => Err(failed(library, "gss_display_name", major, minor)),
    }
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

    /// A failure here would ask a domain for a realm of another name, or show a name that nobody has written.
    #[test]
    fn another_suffix_is_for_the_domain_to_translate() {
        assert!(is_of_realm("lab.test", "LAB.TEST") && is_of_realm("LAB", "LAB.TEST"));
        assert!(!is_of_realm("corp.example", "LAB.TEST") && !is_of_realm("test", "LAB.TEST"));
        assert_eq!(without_escapes("carol\\@corp.example@LAB.TEST"), "carol@corp.example");
        assert_eq!(without_escapes("adm1@LAB.TEST"), "adm1@LAB.TEST");
    }

    /// A failure here would ask the KDC for a service that no directory knows.
    #[test]
    fn the_final_dot_of_a_host_is_no_part_of_the_service() {
        assert_eq!(Service::new("cifs", "fs1.lab.test.").to_string(), "cifs/fs1.lab.test");
    }
}
