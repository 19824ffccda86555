use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use netsession_gssapi::{Credential, Flavor, KeytabEntry, Library, read_keytab};

/// The service of a file server.
pub(super) const SERVICE: &str = "cifs";

/// The keys of a server in a domain, in a file that the domain's administrator has exported.
///
/// The server reads the file at each logon, so that new keys apply at once. It accepts tickets for the service `cifs` only,
/// on any host of which the file has a key.
#[derive(Debug, Clone)]
pub struct Keytab {
    path: PathBuf,
    library: &'static Library,
    services: Vec<String>,
}

/// Why a server cannot use a keytab.
///
/// The message names what failed; the cause is in [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeytabError {
    /// The file cannot be read, or is not a keytab.
    #[error("cannot read the keytab {}", .path.display())]
    #[non_exhaustive]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system, or why the file is not a keytab.
        source: io::Error,
    },
    /// Other users of this computer can read the file, and could pose as the server.
    #[error("refusing the keytab {}: every user of this computer can read it", .0.display())]
    Exposed(PathBuf),
    /// The file has no key of the service `cifs`.
    #[error("the keytab {} has no key of a service cifs/HOST", .0.display())]
    NoService(PathBuf),
    /// There is no Kerberos library on this computer, or the library refuses the file.
    #[error("cannot accept Kerberos")]
    Library(#[source] netsession_gssapi::Error),
}

impl KeytabError {
    /// Returns whether the computer has no Kerberos library.
    #[must_use]
    pub const fn is_library_missing(&self) -> bool {
        matches!(self, Self::Library(netsession_gssapi::Error::NoLibrary))
    }
}

impl Keytab {
    /// Reads which keys the file has, and loads the system's Kerberos library.
    ///
    /// # Errors
    /// [`KeytabError::Read`], [`KeytabError::Exposed`], [`KeytabError::NoService`] or [`KeytabError::Library`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeytabError> {
        let path = path.into();
        let read = |path: &Path| Ok((is_exposed(path)?, read_keytab(path)?));
        let (is_exposed, entries) = match read(&path) {
            Ok(found) => found,
            Err(source) => return Err(KeytabError::Read { path, source }),
        };
        if is_exposed {
            return Err(KeytabError::Exposed(path));
        }
        let services = services(&entries);
        if services.is_empty() {
            return Err(KeytabError::NoService(path));
        }
        let keytab = Self { path, library: Library::get().map_err(KeytabError::Library)?, services };
        keytab.credential().map_err(KeytabError::Library)?;
        Ok(keytab)
    }

    /// Returns the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the server's names in the domain, such as `cifs/fs1.lab.test@LAB.TEST`, each once.
    #[must_use]
    pub fn services(&self) -> &[String] {
        &self.services
    }

    /// Returns whether the library remembers tickets, and refuses one that somebody sends again. Heimdal does not: require
    /// signing then, because an attacker who replays a ticket cannot sign.
    #[must_use]
    pub fn detects_replays(&self) -> bool {
        self.library.flavor() == Flavor::Mit
    }

    /// Returns a keytab without a file, with which every ticket is refused. `None` on a computer without a library.
    #[cfg(test)]
    pub(crate) fn without_file() -> Option<Self> {
        Some(Self { path: "/no/keytab".into(), library: Library::get().ok()?, services: Vec::new() })
    }

    /// Reads the file again: the server may have another user now.
    pub(crate) fn check(&self) -> Result<(), KeytabError> {
        match read_keytab(&self.path) {
            Ok(_) => Ok(()),
            Err(source) => Err(KeytabError::Read { path: self.path.clone(), source }),
        }
    }

    pub(super) fn credential(&self) -> Result<Credential, netsession_gssapi::Error> {
        Credential::of_service(self.library, &self.path)
    }
}

impl fmt::Display for Keytab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.services.join(", "))
    }
}

/// Whether every user of the computer can read the file. Windows has no such file.
#[cfg(windows)]
fn is_exposed(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Whether every user of the computer can read the file.
#[cfg(unix)]
fn is_exposed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(path.metadata()?.mode() & 0o004 != 0)
}

/// Returns the principals of file servers, each once, in the order of the file.
fn services(entries: &[KeytabEntry]) -> Vec<String> {
    let mut services: Vec<String> = Vec::new();
    for entry in entries {
        if entry.service().is_some_and(|(service, _)| is_file_service(service))
            && !services.contains(&entry.principal)
        {
            services.push(entry.principal.clone());
        }
    }
    services
}

/// Whether this is the service of a file server, which Active Directory compares without regard to case.
pub(super) fn is_file_service(service: &str) -> bool {
    service.eq_ignore_ascii_case(SERVICE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would offer Kerberos to clients although the server cannot verify their tickets.
    #[test]
    fn only_keys_of_file_servers_count() {
        let entry = |principal: &str| KeytabEntry { principal: principal.into(), version: 1, encryption: 18 };
        let entries = ["host/a@R", "cifs/a@R", "CIFS/B@R", "cifs/a@R", "FS1$@R", "cifsx/a@R"].map(entry);
        assert_eq!(services(&entries), ["cifs/a@R", "CIFS/B@R"]);
    }

    /// A failure here would start a server with a file that it cannot use, or with keys that everybody can read.
    #[cfg(unix)]
    #[test]
    fn unusable_files_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        assert!(matches!(Keytab::open(&missing), Err(KeytabError::Read { .. })));
        assert!(matches!(Keytab::open(folder.path()), Err(KeytabError::Read { .. })));
        let file = folder.path().join("keytab");
        for (contents, mode, is_expected) in [
            (
                &b"[libdefaults]"[..],
                0o600,
                (|it| matches!(it, KeytabError::Read { .. })) as fn(&KeytabError) -> bool,
            ),
            (b"\x05\x02", 0o600, |it| matches!(it, KeytabError::NoService(_))),
            (b"\x05\x02", 0o644, |it| matches!(it, KeytabError::Exposed(_))),
            (b"\x05\x02", 0o640, |it| matches!(it, KeytabError::NoService(_))),
        ] {
            std::fs::write(&file, contents).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = Keytab::open(&file).unwrap_err();
            assert!(is_expected(&error), "{error:?}");
        }
    }
}
