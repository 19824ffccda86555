//! Kerberos for a client: whether to use it ([`Kerberos`]), the ticket that the user has ([`Ticket`]), and why a logon with
//! it failed ([`KerberosError`]).

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use netsession_gssapi::{Credential, LIBRARY_VARIABLE, Library, User};

pub use netsession_gssapi::Reason as KerberosReason;

/// Whether to log on with Kerberos or with NTLM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Kerberos {
    /// Kerberos where the server offers it and the user has a ticket, or a password for which the domain gives one;
    /// NTLM otherwise. NTLM never follows a refusal of the password or the account, nor a domain controller that does not
    /// answer in time: its late answer could count a wrong password twice.
    #[default]
    Preferred,
    /// Kerberos only. No NTLM message is sent.
    Required,
    /// NTLM only.
    Off,
}

/// The word that [`Kerberos::from_str`](std::str::FromStr::from_str) reads.
impl fmt::Display for Kerberos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preferred => "preferred",
            Self::Required => "required",
            Self::Off => "off",
        })
    }
}

/// Why a text is not a [`Kerberos`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected required, preferred or off")]
pub struct ParseKerberosError;

/// Parses `required`, `preferred` or `off`.
impl FromStr for Kerberos {
    type Err = ParseKerberosError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "required" => Ok(Self::Required),
            "preferred" => Ok(Self::Preferred),
            "off" => Ok(Self::Off),
            _ => Err(ParseKerberosError),
        }
    }
}

/// The mechanism by which a user is logged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogonMechanism {
    /// Kerberos ([MS-KILE]).
    Kerberos,
    /// NTLMv2 ([MS-NLMP]).
    Ntlm,
}

impl fmt::Display for LogonMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kerberos => "Kerberos",
            Self::Ntlm => "NTLM",
        })
    }
}

/// Why a logon with Kerberos failed before the server judged it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KerberosError {
    /// The system's Kerberos library failed, or there is none.
    #[error("{0}")]
    Library(netsession_gssapi::Error),
    /// The server was named by an address, for which there are no tickets.
    #[error("there are no tickets for an address")]
    NeedsName,
    /// The login has only the hash of a password.
    #[error("it needs a ticket, a password or a keytab")]
    NeedsPassword,
    /// The options turn Kerberos off, and the login has neither a password nor its hash.
    #[error("it is turned off, and the login has no password")]
    Off,
    /// The server does not offer Kerberos.
    #[error("the server does not offer it")]
    NotOffered,
    /// The domain controllers or DNS did not answer in time.
    #[error("neither a domain controller nor DNS answered within {:.1} s", .0.as_secs_f32())]
    TimedOut(Duration),
}

impl KerberosError {
    /// Returns the reason of the system's library, for a program to match. None for a failure of another kind.
    #[must_use]
    pub const fn reason(&self) -> Option<KerberosReason> {
        match self {
            Self::Library(error) => Some(error.reason()),
            _ => None,
        }
    }

    /// Whether the domain refused the password or the account: another attempt would count towards a lockout.
    #[must_use]
    pub fn counts_towards_lockout(&self) -> bool {
        self.reason().is_some_and(KerberosReason::counts_towards_lockout)
    }
}

/// Checks that the Kerberos library can be used that the environment chooses (`NETSESSION_GSSAPI`). Loads nothing if it chooses
/// none.
///
/// # Errors
/// [`KerberosError::Library`], with the variable and the reason.
pub fn check_chosen_library() -> Result<(), KerberosError> {
    let is_chosen = env::var_os(LIBRARY_VARIABLE).is_some_and(|value| !value.is_empty() && value != "none");
    if !is_chosen {
        return Ok(());
    }
    Library::get().map(drop).map_err(KerberosError::Library)
}

/// A user's ticket in a ticket cache of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticket {
    /// The user, such as `adm1@LAB.TEST`.
    pub user: String,
}

impl Ticket {
    /// Describes the ticket of `user` (`USER@REALM`), such as one that a program knows to exist.
    #[must_use]
    pub fn new(user: impl Into<String>) -> Self {
        Self { user: user.into() }
    }

    /// Finds a ticket that is valid: the one of the default cache, or the one of `user` (`USER`, `DOMAIN\USER` or
    /// `USER@REALM`). It reads the cache, and asks no domain controller.
    ///
    /// # Errors
    /// [`KerberosError::Library`], with [`KerberosReason::NoTicket`], [`KerberosReason::TicketExpired`] or another
    /// reason.
    pub fn find(user: Option<&str>) -> Result<Self, KerberosError> {
        let user = user.map(parse);
        let found = || {
            let credential = Credential::from_cache(Library::get()?, user.as_ref())?;
            let (user, lifetime) = credential.user()?;
            Ok((credential, user, lifetime))
        };
        match found().map_err(KerberosError::Library)? {
            (_, _, Some(Duration::ZERO)) => Err(KerberosError::Library(netsession_gssapi::Error::Expired)),
            (credential, user, _) => {
                *FOUND.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Found { cache: named_cache(), user: user.clone(), at: Instant::now(), credential });
                Ok(Self { user })
            }
        }
    }

    /// Returns the name for which `kinit` gets the ticket of `user`, such as `adm1@LAB.TEST` for `LAB\adm1`.
    #[must_use]
    pub fn principal_of(user: &str) -> String {
        Library::get().map_or_else(|_| user.to_owned(), |library| parse(user).to_principal(library))
    }
}

/// The credential of the ticket that [`Ticket::find`] has found, for the logon that follows.
struct Found {
    /// The cache that the environment named.
    cache: Option<OsString>,
    user: String,
    at: Instant,
    credential: Credential,
}

/// The last ticket that was found. Acquiring it a second time would read the cache again.
static FOUND: Mutex<Option<Found>> = Mutex::new(None);

/// How long a found credential waits for its logon. A later one may belong to a cache that has changed.
const FOUND_FOR: Duration = Duration::from_secs(2);

/// Takes the credential that [`Ticket::find`] has just found for `user`, if no other logon has taken it.
pub(crate) fn take_found(user: &str) -> Option<Credential> {
    let is_right = |found: &mut Found| {
        found.user == user && found.at.elapsed() < FOUND_FOR && found.cache == named_cache()
    };
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner).take_if(is_right);
    found.map(|found| found.credential)
}

/// Returns the ticket cache that the environment names.
fn named_cache() -> Option<OsString> {
    env::var_os("KRB5CCNAME")
}

/// Reads `USER`, `DOMAIN\USER` or `USER@REALM`.
fn parse(user: &str) -> User {
    match user.split_once('\\') {
        Some((domain, user)) => User::new(user, Some(domain)),
        None => User::new(user, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would try NTLM with a password that the domain has just refused.
    #[test]
    fn only_the_librarys_judgement_counts() {
        assert!(!KerberosError::NeedsName.counts_towards_lockout());
        assert!(!KerberosError::TimedOut(Duration::from_secs(1)).counts_towards_lockout());
        let expired = KerberosError::Library(netsession_gssapi::Error::Expired);
        assert_eq!(expired.reason(), Some(KerberosReason::TicketExpired));
        assert!(!expired.counts_towards_lockout());
    }
}
