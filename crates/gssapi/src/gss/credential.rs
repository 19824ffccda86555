//! [`Credential`]: what proves an identity.

use std::ffi::CString;
use std::fmt;
use std::os::raw::c_int;
use std::path::Path;
use std::ptr;
use std::sync::PoisonError;
use std::time::Duration;

use super::buffer::Input;
use super::failure::{failed, is_error};
use super::handle::{CredHandle, NameHandle};
use super::name::display;
use super::raw::{ACCEPT, INDEFINITE, INITIATE, KRB5_ONLY, KeyValue, KeyValueSet};
use crate::{Error, Flavor, Library, Reason, User, read_keytab};

/// A credential of a user or of a service. It lives in memory, or in the ticket cache from which it comes.
pub struct Credential(pub(crate) CredHandle);

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

impl Credential {
    /// Takes the user's ticket from the default cache, or from the cache of `user`. This reads the cache only, and
    /// asks no KDC.
    ///
    /// # Errors
    /// [`Error::Failed`] with [`Reason::NoTicket`] where there is none. An expired ticket may
    /// be found here, and be refused by the first step of an [`Initiator`](crate::Initiator).
    pub fn from_cache(library: &'static Library, user: Option<&User>) -> Result<Self, Error> {
        let name = optional_name(library, user)?;
        acquire(library, &name, INITIATE)
    }

    /// Makes a credential of a user and a password. The ticket stays in memory.
    ///
    /// The password reaches the KDC here, or in the first step of an [`Initiator`](crate::Initiator).
    ///
    /// # Errors
    /// [`Error::Failed`] with the KDC's reason; [`Error::Suffix`] if the user's suffix must be a realm, and has no KDC.
    pub fn from_password(library: &'static Library, user: &User, password: &str) -> Result<Self, Error> {
        if password.contains('\0') {
            return Err(Error::Nul("the password"));
        }
        let name = user.import_for_password(library)?;
        let mut cred = CredHandle::none(library);
        let password = Input::new(password.as_bytes());
        let mut minor = 0;
        // SAFETY: the name is live, the password is borrowed for the call, and the other pointers are to live local
        // values, constants, or null where the interface allows it.
        let major = unsafe {
            (library.functions.acquire_cred_with_password)(
                &raw mut minor,
                name.get(),
                password.as_ptr(),
                INDEFINITE,
                &raw const KRB5_ONLY,
                INITIATE,
                cred.as_mut_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        finish(cred, "gss_acquire_cred_with_password", major, minor)
            .map_err(|error| without_realm(library, user, error))
    }

    /// Makes a credential of a keytab: of `user`, or of the keytab's first entry. The ticket stays in memory, in one
    /// cache for each keytab and user, which later credentials reuse while it is valid.
    ///
    /// # Errors
    /// [`Error::Failed`] with the KDC's reason; [`Error::Keytab`] if the file cannot be read or has no key of the user.
    pub fn from_keytab(library: &'static Library, user: Option<&User>, keytab: &Path) -> Result<Self, Error> {
        Self::of_keytab(library, user, keytab).map_err(|error| without_key(library, user, keytab, error))
    }

    fn of_keytab(library: &'static Library, user: Option<&User>, keytab: &Path) -> Result<Self, Error> {
        let name = optional_name(library, user)?;
        let keytab = keytab_name(keytab)?;
        if library.functions.acquire_cred_from.is_none() {
            return with_registered_keytab(library, &keytab, || acquire(library, &name, INITIATE));
        }
        let user = user.map(|user| format!("{user:?}")).unwrap_or_default();
        let id = fingerprint(&[keytab.as_bytes(), user.as_bytes()]);
        let cache = CString::new(format!("MEMORY:netsession-{id:016x}"));
        let cache = cache.map_err(|_| Error::Nul("the user's name"))?;
        acquire_from(library, &name, INITIATE, &[(c"client_keytab", &keytab), (c"ccache", &cache)])
    }

    /// Makes the credential of a server: the keys of every service in a keytab.
    ///
    /// # Errors
    /// [`Error::Failed`] with [`Reason::NoKey`] if the file cannot be read or has no key.
    pub fn of_service(library: &'static Library, keytab: &Path) -> Result<Self, Error> {
        let (name, keytab) = (NameHandle::none(library), keytab_name(keytab)?);
        if library.functions.acquire_cred_from.is_none() {
            return with_registered_keytab(library, &keytab, || acquire(library, &name, ACCEPT));
        }
        acquire_from(library, &name, ACCEPT, &[(c"keytab", &keytab)])
    }

    /// Returns the user, such as `adm1@LAB.TEST`, and how long its ticket is valid: zero if it has expired, None if
    /// there is no limit.
    ///
    /// # Errors
    /// [`Error::Failed`] if the credential has no user yet.
    pub fn user(&self) -> Result<(String, Option<Duration>), Error> {
        let library = self.0.library;
        let mut name = NameHandle::none(library);
        let (mut minor, mut lifetime) = (0, 0);
        // SAFETY: the credential is live, and the pointers are to live local values, or null where the interface
        // allows it.
        let major = unsafe {
            (library.functions.inquire_cred)(
                &raw mut minor,
                self.0.get(),
                name.as_mut_ptr(),
                &raw mut lifetime,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if is_error(major) || name.get().is_null() {
            return Err(failed(library, "gss_inquire_cred", major, minor));
        }
        let lifetime = (lifetime != INDEFINITE).then(|| Duration::from_secs(lifetime.into()));
        Ok((display(&name)?, lifetime))
    }
}

fn optional_name(library: &'static Library, user: Option<&User>) -> Result<NameHandle, Error> {
    user.map_or_else(|| Ok(NameHandle::none(library)), |user| user.import(library))
}

/// Returns the name of a keytab that is a file.
fn keytab_name(path: &Path) -> Result<CString, Error> {
    let mut name = b"FILE:".to_vec();
    name.extend_from_slice(path.as_os_str().as_encoded_bytes());
    CString::new(name).map_err(|_| Error::Nul("the keytab's name"))
}

/// Returns a number that differs for different keytabs and users (FNV-1a). It names a cache in this process's memory.
fn fingerprint(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn acquire(library: &'static Library, name: &NameHandle, usage: c_int) -> Result<Credential, Error> {
    let mut cred = CredHandle::none(library);
    let mut minor = 0;
    // SAFETY: the name is live or null, and the other pointers are to live local values, constants, or null where the
    // interface allows it.
    let major = unsafe {
        (library.functions.acquire_cred)(
            &raw mut minor,
            name.get(),
            INDEFINITE,
            &raw const KRB5_ONLY,
            usage,
            cred.as_mut_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    finish(cred, "gss_acquire_cred", major, minor)
}

fn acquire_from(
    library: &'static Library,
    name: &NameHandle,
    usage: c_int,
    settings: &[(&std::ffi::CStr, &CString)],
) -> Result<Credential, Error> {
    let acquire_cred_from =
        library.functions.acquire_cred_from.ok_or(Error::Lacks("gss_acquire_cred_from"))?;
    let elements: Vec<_> =
        settings.iter().map(|(key, value)| KeyValue { key: key.as_ptr(), value: value.as_ptr() }).collect();
    let count = u32::try_from(elements.len()).unwrap_or_default();
    let settings = KeyValueSet { count, elements: elements.as_ptr() };
    let mut cred = CredHandle::none(library);
    let mut minor = 0;
    // SAFETY: the name is live or null, the settings and their texts are borrowed for the call, and the other pointers
    // are to live local values, constants, or null where the interface allows it.
    let major = unsafe {
        acquire_cred_from(
            &raw mut minor,
            name.get(),
            INDEFINITE,
            &raw const KRB5_ONLY,
            usage,
            &raw const settings,
            cred.as_mut_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    finish(cred, "gss_acquire_cred_from", major, minor)
}

/// Names the keytab to Heimdal, which keeps one name for the process, and acquires the credential.
fn with_registered_keytab(
    library: &'static Library,
    keytab: &CString,
    acquire: impl FnOnce() -> Result<Credential, Error>,
) -> Result<Credential, Error> {
    let register = library.functions.register_keytab.ok_or(Error::Lacks("a way to name a keytab"))?;
    // Nothing is guarded but the order of the two calls.
    let _one_at_a_time = library.keytab.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the text is borrowed for the call, which copies it.
    let major = unsafe { register(keytab.as_ptr()) };
    if is_error(major) {
        return Err(failed(library, "gsskrb5_register_acceptor_identity", major, 0));
    }
    acquire()
}

/// Blames the suffix of a user where Heimdal takes it for a realm and finds no KDC there.
fn without_realm(library: &'static Library, user: &User, error: Error) -> Error {
    let has_no_kdc = matches!(error.reason(), Reason::KdcUnreachable | Reason::UnknownRealm);
    match user.other_suffix(library).filter(|_| has_no_kdc && library.flavor() == Flavor::Heimdal) {
        Some(suffix) => Error::Suffix(suffix.to_uppercase()),
        None => error,
    }
}

/// Blames the keytab where it is the cause. MIT's library reports a missing ticket cache for every fault of a keytab.
fn without_key(library: &'static Library, user: Option<&User>, keytab: &Path, error: Error) -> Error {
    if !matches!(error.reason(), Reason::NoTicket | Reason::NoKey | Reason::Other) {
        return error;
    }
    let blamed = |why: String| Error::Keytab { path: keytab.display().to_string(), why };
    let entries = match read_keytab(keytab) {
        Ok(entries) => entries,
        Err(cause) => return blamed(format!("cannot be read: {cause}")),
    };
    let mut principals: Vec<String> = entries.into_iter().map(|entry| entry.principal).collect();
    principals.dedup();
    match user.map(|user| user.to_principal(library)) {
        Some(user) if principals.iter().all(|principal| !principal.eq_ignore_ascii_case(&user)) => {
            blamed(match principals.as_slice() {
                [] => "is empty".to_owned(),
                [first] => format!("has no key of {user}, but of {first}"),
                [first, ..] => format!("has no key of {user}, but of {first} and others"),
            })
        }
        _ => error,
    }
}

fn finish(cred: CredHandle, function: &'static str, major: u32, minor: u32) -> Result<Credential, Error> {
    match is_error(major) {
        false => Ok(Credential(cred)),
        true => Err(failed(cred.library, function, major, minor)),
    }
}
