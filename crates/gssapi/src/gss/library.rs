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
    /// [`Error::NoLibrary`] if the computer has none, and [`Error::Chosen`] if the environment chooses one that cannot be used;
    /// the same answer to every later call.
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
        let chosen = env::var_os(LIBRARY_VARIABLE).unwrap_or_default();
        Self::choose(&chosen.to_string_lossy())
    }

    /// Loads the library that the value of the variable chooses.
    pub(super) fn choose(value: &str) -> Result<Self, Error> {
        let refuse = |why: String| Error::Chosen { value: value.to_owned(), why };
        let flavors: &[Flavor] = match value {
            "" => &[Flavor::Mit, Flavor::Heimdal],
            "mit" => &[Flavor::Mit],
            "heimdal" => &[Flavor::Heimdal],
            "none" => return Err(Error::NoLibrary),
            _ => return Err(refuse("use mit, heimdal or none".to_owned())),
        };
        let mut failure = None;
        for &(file, flavor) in FILES.iter().filter(|(_, flavor)| flavors.contains(flavor)) {
            match load(file) {
                Ok(functions) => return Ok(Self { flavor, file, functions, keytab: Mutex::new(()) }),
                Err(why) => failure = Some(why),
            }
        }
        if value.is_empty() {
            return Err(Error::NoLibrary);
        }
        Err(refuse(failure.unwrap_or_else(|| "this system has no such library".to_owned())))
    }
}

/// Loads one file.
///
/// # Errors
/// Why it cannot be loaded, or that it lacks a function.
fn load(file: &str) -> Result<Functions, String> {
    // SAFETY: loading runs the library's initializers. The file is the system's own Kerberos library, by a fixed name.
    let library = unsafe { libloading::Library::new(file) }.map_err(|error| error.to_string())?;
    let functions = Functions::find(&library).ok_or_else(|| format!("{file} lacks a function of GSSAPI"))?;
    // The functions stay valid, because the library is never unloaded: it may have threads and exit handlers.
    std::mem::forget(library);
    Ok(functions)
}
