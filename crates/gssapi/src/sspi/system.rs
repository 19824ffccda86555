//! The types of this crate on Windows.

use std::env;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::logon::{Complete, Logon, as_principal, failed, user_of};
use super::provider::{Identity, NO_CREDENTIALS, Provider as _};
use super::windows::{self, Kerberos};
use crate::name::is_of_realm;
use crate::{Error, Flavor, Service, Step, User};

/// The name of the library in messages.
const FILE: &str = "secur32.dll";

/// Windows's own Kerberos. Every Windows has it.
#[derive(Debug)]
pub struct Library(());

impl Library {
    /// Returns the library.
    ///
    /// # Errors
    /// [`Error::NoLibrary`] and [`Error::Chosen`], if the environment does not let it be used. [`Credential::from_cache`] fails if the package Kerberos is missing.
    pub fn get() -> Result<&'static Self, Error> {
        static LIBRARY: Library = Library(());
        let chosen = env::var(crate::LIBRARY_VARIABLE).unwrap_or_default();
        match chosen.as_str() {
            "" => Ok(&LIBRARY),
            "none" => Err(Error::NoLibrary),
            _ => Err(Error::Chosen { value: chosen, why: "Windows has only its own library".to_owned() }),
        }
    }

    /// Returns whose implementation it is.
    #[must_use]
    pub const fn flavor(&self) -> Flavor {
        Flavor::Sspi
    }

    /// Returns the name of the file.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        FILE
    }

    /// Returns the realm of the logged-on user.
    pub(crate) fn default_realm(&'static self) -> Option<String> {
        env::var("USERDNSDOMAIN").ok().filter(|realm| !realm.is_empty())
    }
}

/// A credential of a user. It lives in Windows.
pub struct Credential(windows::Credential);

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

impl Credential {
    /// Takes the ticket of the logged-on user, who must be `user` if there is one. It asks no KDC.
    ///
    /// # Errors
    /// [`Error::Failed`] with [`Reason::NoTicket`](crate::Reason::NoTicket) if `user` is not the logged-on user, or if the
    /// logged-on user belongs to no domain.
    pub fn from_cache(_: &'static Library, user: Option<&User>) -> Result<Self, Error> {
        let credential = Self(Kerberos.acquire(None).map_err(|status| failed(ACQUIRE, status))?);
        let Some(user) = user else { return Ok(credential) };
        let (found, _) = credential.user()?;
        match is_user(user, &found) {
            true => Ok(credential),
            false => Err(failed(ACQUIRE, NO_CREDENTIALS)),
        }
    }

    /// Makes a credential of a user and a password. The password reaches the KDC in the first step of an [`Initiator`].
    ///
    /// # Errors
    /// [`Error::Failed`]; [`Error::Nul`].
    pub fn from_password(_: &'static Library, user: &User, password: &str) -> Result<Self, Error> {
        if password.contains('\0') {
            return Err(Error::Nul("the password"));
        }
        let domain = user.suffix.as_deref().unwrap_or_default();
        if user.user.contains('\0') || domain.contains('\0') {
            return Err(Error::Nul("a name"));
        }
        let identity = Identity { user: &user.user, domain, password };
        Kerberos.acquire(Some(&identity)).map(Self).map_err(|status| failed(ACQUIRE, status))
    }

    /// Fails: Windows logs on with no keytab.
    ///
    /// # Errors
    /// [`Error::Lacks`].
    pub fn from_keytab(_: &'static Library, _: Option<&User>, _: &Path) -> Result<Self, Error> {
        Err(Error::Lacks("keytabs"))
    }

    /// Fails: this crate accepts no logons on Windows.
    ///
    /// # Errors
    /// [`Error::Lacks`].
    pub fn of_service(_: &'static Library, _: &Path) -> Result<Self, Error> {
        Err(Error::Lacks("keytabs"))
    }

    /// Returns the user, such as `adm1@LAB.TEST`, or `adm1@LAB` if Windows tells the domain's short name. Windows does not
    /// tell how long the ticket is valid.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub fn user(&self) -> Result<(String, Option<Duration>), Error> {
        Ok((as_principal(&user_of(&Kerberos, &self.0)?), None))
    }
}

const ACQUIRE: &str = "AcquireCredentialsHandle";

/// Whether `found`, such as `adm1@LAB`, is the user `wanted`.
fn is_user(wanted: &User, found: &str) -> bool {
    let found = User::new(found, None);
    let is_domain = |wanted: &str| {
        found.suffix.as_deref().is_some_and(|found| is_of_realm(wanted, found) || is_of_realm(found, wanted))
    };
    found.user.eq_ignore_ascii_case(&wanted.user) && wanted.suffix.as_deref().is_none_or(is_domain)
}

/// The client's side of one logon. The service must prove its identity, too.
pub struct Initiator(Logon<Kerberos>, Option<Established>);

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("established", &self.1).finish_non_exhaustive()
    }
}

impl Initiator {
    /// Prepares a logon. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Nul`].
    pub fn new(credential: Credential, service: &Service) -> Result<Self, Error> {
        Ok(Self(Logon::new(Kerberos, credential.0, service)?, None))
    }

    /// Takes the service's token (none in the first step), and returns the token for it. The first step asks the KDC
    /// for the service's ticket if Windows has none.
    ///
    /// # Errors
    /// [`Error::Failed`] with the status of SSPI; [`Error::Weak`] if the service does not prove its identity;
    /// [`Error::OutOfTurn`] after the end, or after a failure.
    pub fn step(&mut self, token: Option<&[u8]>) -> Result<Step, Error> {
        let step = self.0.step(token)?;
        self.1 = self.0.take_established().map(Established);
        Ok(step)
    }

    /// Returns the context, once the last step was complete.
    #[must_use]
    pub const fn established(&self) -> Option<&Established> {
        self.1.as_ref()
    }
}

/// The server's side of a logon, which does not exist on Windows.
#[derive(Debug)]
pub struct Acceptor(());

impl Acceptor {
    /// Waits for a client's token.
    #[must_use]
    pub fn new(_: Credential) -> Self {
        Self(())
    }

    /// Fails.
    ///
    /// # Errors
    /// [`Error::Lacks`].
    pub const fn step(&mut self, _: &[u8]) -> Result<Step, Error> {
        Err(Error::Lacks("the server's side of a logon"))
    }

    /// Returns none.
    #[must_use]
    pub const fn established(&self) -> Option<&Established> {
        None
    }
}

/// A complete security context: the names of both sides, the key, and the integrity codes.
pub struct Established(Complete<Kerberos>);

impl fmt::Debug for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Established")
            .field("user", &self.0.user)
            .field("service", &self.0.service)
            .finish_non_exhaustive()
    }
}

impl Established {
    /// Returns the user who logged on, such as `adm1@LAB.TEST`.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.0.user
    }

    /// Returns the same as [`user`](Self::user).
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.0.user
    }

    /// Returns the service to which the user logged on, such as `cifs/fs1.lab.test@LAB.TEST`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.0.service
    }

    /// Returns the session key, uncut: 16 or 32 bytes.
    #[must_use]
    pub fn session_key(&self) -> &[u8] {
        &self.0.session_key
    }

    /// Returns the integrity code of `message`.
    ///
    /// # Errors
    /// [`Error::Failed`], for example if the context has expired.
    pub fn mic(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.mic(message)
    }

    /// Verifies the peer's integrity code of `message`.
    ///
    /// # Errors
    /// [`Error::Failed`] if the code is wrong, old or out of order.
    pub fn verify_mic(&self, message: &[u8], mic: &[u8]) -> Result<(), Error> {
        self.0.verify_mic(message, mic)
    }
}
