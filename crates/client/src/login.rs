use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use zeroize::Zeroizing;

/// The secret that proves a user's identity. Debug hides it, and dropping it wipes the memory.
///
/// ```
/// use netsession::Secret;
///
/// let secret = Secret::password("hunter2");
/// assert_eq!(format!("{secret:?}"), "Password(..)");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Secret {
    /// A password.
    Password(Password),
    /// The NT hash of a password ([MS-NLMP] 3.3.1, NTOWFv1).
    NtHash(Zeroizing<[u8; 16]>),
    /// The user's Kerberos ticket in a ticket cache of the system; see [`Ticket::find`](crate::Ticket::find).
    Ticket,
    /// The Kerberos keys in a keytab.
    Keytab(PathBuf),
}

impl Secret {
    /// Returns a secret that is a password.
    #[must_use]
    pub fn password(password: impl Into<String>) -> Self {
        Self::Password(Password::from(password.into()))
    }
}

/// A password. All of its clones are one place in memory, which is wiped when the last of them is dropped.
///
/// ```
/// use netsession::Password;
///
/// let password = Password::from("hunter2".to_owned());
/// assert_eq!(password.as_str(), "hunter2");
/// assert_eq!(password.clone().as_ptr(), password.as_ptr());
/// assert_eq!(format!("{password:?}"), "Password(..)");
/// ```
#[derive(Clone, Default)]
pub struct Password(Arc<Zeroizing<String>>);

impl Password {
    /// Returns the password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes the text as it is, without a copy of it.
impl From<String> for Password {
    fn from(password: String) -> Self {
        Self::from(Zeroizing::new(password))
    }
}

/// Takes the text as it is, without a copy of it.
impl From<Zeroizing<String>> for Password {
    fn from(password: Zeroizing<String>) -> Self {
        Self(Arc::new(password))
    }
}

impl Deref for Password {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// Hides the password.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Shows only the kind of the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::NtHash(_) => "NtHash(..)",
            Self::Ticket => "Ticket",
            Self::Keytab(_) => "Keytab(..)",
        })
    }
}

/// A user and the secret that proves its identity.
///
/// ```
/// use netsession::{Login, Secret};
///
/// let login = Login::new(r"LAB\adm1", Secret::password("hunter2"))?;
/// assert_eq!((login.domain.as_deref(), login.user.as_str()), (Some("LAB"), "adm1"));
/// assert_eq!(login.to_string(), r"LAB\adm1");
/// # Ok::<(), netsession::ParseLoginError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Login {
    /// The domain. None leaves the choice to the server: its own accounts, or its domain's.
    pub domain: Option<String>,
    /// The user: a name, or `user@realm`.
    pub user: String,
    /// The secret.
    pub secret: Secret,
}

/// Why a text is not a user to log on as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseLoginError {
    /// The text names no user.
    #[error("no user is named: write USER, DOMAIN\\USER or USER@REALM")]
    Empty,
    /// The text has two domain separators, an empty domain or realm, or a control character.
    #[error("`{0}` is not a login: write USER, DOMAIN\\USER or USER@REALM")]
    Form(String),
    /// A password seems to follow the user. The message does not repeat it.
    #[error(
        "a login must not contain the password after `%`, where every user of this computer could read it: give it by a \
         prompt, standard input, a file or the environment"
    )]
    Password,
}

impl Login {
    /// Parses `USER`, `DOMAIN\USER` or `USER@REALM`, and joins it with its secret.
    ///
    /// # Errors
    /// [`ParseLoginError::Empty`] without a user; [`ParseLoginError::Form`] for another form;
    /// [`ParseLoginError::Password`] for a text with `%`, which could be a password.
    pub fn new(user: &str, secret: Secret) -> Result<Self, ParseLoginError> {
        let UserName { domain, user } = user.parse()?;
        Ok(Self { domain, user, secret })
    }

    /// Whether the secret is a password or its hash, with which NTLM can log on.
    pub(crate) const fn has_password(&self) -> bool {
        matches!(self.secret, Secret::Password(_) | Secret::NtHash(_))
    }
}

/// `DOMAIN\user`, or the user alone.
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            Some(domain) => write!(f, "{domain}\\{}", self.user),
            None => f.write_str(&self.user),
        }
    }
}

/// A user's name as a person types it.
struct UserName {
    domain: Option<String>,
    user: String,
}

impl FromStr for UserName {
    type Err = ParseLoginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.contains('%') {
            return Err(ParseLoginError::Password);
        }
        let (domain, user) =
            text.split_once('\\').map_or((None, text), |(domain, user)| (Some(domain), user));
        let realm_is_empty =
            user.split_once('@').is_some_and(|(name, realm)| name.is_empty() || realm.is_empty());
        if domain == Some("")
            || user.contains(['\\', '/'])
            || user.chars().any(char::is_control)
            || realm_is_empty
        {
            return Err(ParseLoginError::Form(text.into()));
        }
        match user {
            "" => Err(ParseLoginError::Empty),
            user => Ok(Self { domain: domain.map(Into::into), user: user.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: &str) -> Result<Login, ParseLoginError> {
        Login::new(user, Secret::password("hunter2"))
    }

    /// A failure here would log a user on under another name or domain than typed.
    #[test]
    fn the_three_forms_are_parsed() {
        let parts = |user| login(user).map(|login| (login.domain, login.user)).unwrap();
        assert_eq!(parts("bob"), (None, "bob".into()));
        assert_eq!(parts(r"CORP\bob"), (Some("CORP".into()), "bob".into()));
        assert_eq!(parts("bob@CORP.TEST"), (None, "bob@CORP.TEST".into()));
    }

    /// A failure here would log on anonymously with an empty name, or hide a typing error.
    #[test]
    fn a_text_that_is_not_a_login_is_refused() {
        assert_eq!(login("").unwrap_err(), ParseLoginError::Empty);
        assert_eq!(login(r"CORP\").unwrap_err(), ParseLoginError::Empty);
        for user in [r"\bob", r"A\B\c", "A/bob", "@R", "bob@", "bo\u{0}b"] {
            assert!(matches!(login(user).unwrap_err(), ParseLoginError::Form(_)), "{user}");
        }
    }

    /// A failure here would print a password from the command line or from memory.
    #[test]
    fn a_secret_is_never_shown() {
        let error = login("bob%hunter2").unwrap_err();
        assert!(!format!("{error}{error:?}").contains("hunter2"));
        assert!(!format!("{:?}", login("bob").unwrap()).contains("hunter2"));
        assert!(!format!("{:?}", Secret::NtHash(Zeroizing::new([0xab; 16]))).contains("ab"));
    }
}
