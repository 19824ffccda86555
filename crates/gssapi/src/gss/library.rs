//! [`Library`]: the system's GSSAPI library.

use std::env;
use std::fmt;
use std::sync::{Mutex, OnceLock};

use super::raw::Functions;
use crate::{Error, Flavor, LIBRARY_VARIABLE};

/// The files to load, the preferred one first. Nobody has run this crate on macOS yet.
const FILES: &[(&str, Flavor)] = if cfg!(target_os = "macos") {
    &[("/System/Library/Frameworks/GSS.framework/GSS", Flavor::Heimdal)]
} else {
    &[("libgssapi_krb5.so.2", Flavor::Mit), ("libgssapi.so.3", Flavor::Heimdal)]
};

/// The system's GSSAPI library, loaded for the rest of the program.
pub struct Library {
    flavor: Flavor,
    file: &'static str,
    pub(crate) functions: Functions,
    /// Held from naming a keytab to Heimdal until the credential is acquired: the name is the process's.
    pub(crate) keytab: Mutex<()>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("flavor", &self.flavor).field("file", &self.file).finish()
    }
}

impl Library {
    /// Returns the library. The first call loads it.
    ///
    /// # Errors
    /// [`Error::NoLibrary`] if the computer has none; the same answer to every later call.
    pub fn get() -> Result<&'static Self, Error> {
        static LIBRARY: OnceLock<Result<Library, Error>> = OnceLock::new();
        LIBRARY.get_or_init(Self::load).as_ref().map_err(Clone::clone)
    }

    /// Returns whose implementation it is.
    #[must_use]
    pub const fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Returns the name of the file that was loaded.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    fn load() -> Result<Self, Error> {
        let chosen = env::var(LIBRARY_VARIABLE).unwrap_or_default();
        let is_chosen = |flavor: Flavor| match chosen.as_str() {
            "mit" => flavor == Flavor::Mit,
            "heimdal" => flavor == Flavor::Heimdal,
            "none" => false,
            _ => true,
        };
        for &(file, flavor) in FILES.iter().filter(|(_, flavor)| is_chosen(*flavor)) {
            if let Some(functions) = load(file) {
                return Ok(Self { flavor, file, functions, keytab: Mutex::new(()) });
            }
        }
        Err(Error::NoLibrary)
    }
}

/// Loads one file. None if it does not exist, or lacks a function.
fn load(file: &str) -> Option<Functions> {
    // SAFETY: loading runs the library's initializers. The file is the system's own Kerberos library, by a fixed name.
    let library = unsafe { libloading::Library::new(file) }.ok()?;
    let functions = Functions::find(&library)?;
    // The functions stay valid, because the library is never unloaded: it may have threads and exit handlers.
    std::mem::forget(library);
    Some(functions)
}
