//! Names of users and services: the conversion to names of the library, and back to text.

use super::buffer::{Input, Output};
use super::failure::{failed, is_error};
use super::handle::NameHandle;
use super::raw::{ENTERPRISE_NAME, HOST_BASED_SERVICE, KRB5, Oid, USER_NAME};
use crate::name::is_of_realm;
use crate::{Error, Flavor, Library, Service, User};

impl Service {
    /// Imports the name. This may ask DNS for the host's canonical name.
    pub(crate) fn import(&self, library: &'static Library) -> Result<NameHandle, Error> {
        of_kerberos(&import(library, &format!("{}@{}", self.service, self.host), &HOST_BASED_SERVICE)?)
    }
}

impl User {
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
        let (suffix, realm) = (self.suffix.as_deref()?, library.default_realm()?);
        (!is_of_realm(suffix, &realm)).then_some(suffix)
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

impl Library {
    /// Returns the realm that the library adds to a user without one.
    pub(crate) fn default_realm(&'static self) -> Option<String> {
        let name = import(self, "user", &USER_NAME).ok()?;
        // Until it belongs to a mechanism, a name is the text that was imported.
        let kerberos_name = of_kerberos(&name).ok()?;
        let shown = display(&kerberos_name).ok()?;
        shown.split_once('@').map(|(_, realm)| realm.to_owned()).filter(|realm| !realm.is_empty())
    }
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

/// Returns an enterprise name such as `carol\@corp.example@LAB.TEST` as its user writes it, and any other name unchanged.
fn without_escapes(name: &str) -> String {
    match name.rsplit_once('@') {
        Some((user, _)) if user.contains("\\@") => user.replace("\\@", "@"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show a name that nobody has written.
    #[test]
    fn enterprise_names_lose_their_realm() {
        assert_eq!(without_escapes("carol\\@corp.example@LAB.TEST"), "carol@corp.example");
        assert_eq!(without_escapes("adm1@LAB.TEST"), "adm1@LAB.TEST");
    }
}
