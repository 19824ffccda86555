use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

/// What proves who the user is. Never shown, and zeroed when dropped.
#[derive(Clone)]
#[non_exhaustive]
pub enum Secret {
    /// A password.
    Password(Zeroizing<String>),
    /// The NT hash of a password ([MS-NLMP] 3.3.1, NTOWFv1).
    NtHash(Zeroizing<[u8; 16]>),
}

impl Secret {
    /// A password.
    #[must_use]
    pub fn password(password: impl Into<String>) -> Self {
        Self::Password(Zeroizing::new(password.into()))
    }
}

/// Shows only which kind of secret it is.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::NtHash(_) => "NtHash(..)",
        })
    }
}

/// Who logs in at a server, and with what.
#[derive(Debug, Clone)]
pub struct Login {
    /// The domain, where one is given. None leaves it to the server: its own accounts, or its domain's.
    pub domain: Option<String>,
    /// The user: a name, or `user@realm`.
    pub user: String,
    /// What proves it.
    pub secret: Secret,
}

/// Why a text is not a user to log in as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseLoginError {
    /// No user is named.
    #[error("no user is named: write USER, DOMAIN\\USER or USER@REALM")]
    Empty,
    /// A domain separator stands twice, or the domain is empty.
    #[error("`{0}` is not a login: write USER, DOMAIN\\USER or USER@REALM")]
    Form(String),
    /// Something that looks like a password follows the user. It is not repeated here.
    #[error(
        "a login does not take the password after `%`, where everyone on this computer could read it: give it \
         by a prompt, standard input, a file or the environment"
    )]
    Password,
}

impl Login {
    /// Reads `USER`, `DOMAIN\USER` or `USER@REALM`, and joins it with its secret.
    ///
    /// # Errors
    /// [`ParseLoginError`]; a password after `%` is refused.
    pub fn new(who: &str, secret: Secret) -> Result<Self, ParseLoginError> {
        let UserName { domain, user } = who.parse()?;
        Ok(Self { domain, user, secret })
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

/// A user's name as it is typed.
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

    fn login(who: &str) -> Result<Login, ParseLoginError> {
        Login::new(who, Secret::password("hunter2"))
    }

    /// If this fails, a user would be logged in under another name or domain than typed.
    #[test]
    fn the_three_forms_are_read() {
        let parts = |who| login(who).map(|login| (login.domain, login.user)).unwrap();
        assert_eq!(parts("bob"), (None, "bob".into()));
        assert_eq!(parts(r"CORP\bob"), (Some("CORP".into()), "bob".into()));
        assert_eq!(parts("bob@CORP.TEST"), (None, "bob@CORP.TEST".into()));
    }

    /// If this fails, an empty name would log in as nobody (anonymous), or a typing error go unnoticed.
    #[test]
    fn what_is_no_login_is_refused() {
        assert_eq!(login("").unwrap_err(), ParseLoginError::Empty);
        assert_eq!(login(r"CORP\").unwrap_err(), ParseLoginError::Empty);
        for who in [r"\bob", r"A\B\c", "A/bob", "@R", "bob@", "bo\u{0}b"] {
            assert!(matches!(login(who).unwrap_err(), ParseLoginError::Form(_)), "{who}");
        }
    }

    /// If this fails, a password typed on the command line, or held in memory, would be printed.
    #[test]
    fn a_secret_is_never_shown() {
        let error = login("bob%hunter2").unwrap_err();
        assert!(!format!("{error}{error:?}").contains("hunter2"));
        assert!(!format!("{:?}", login("bob").unwrap()).contains("hunter2"));
        assert!(!format!("{:?}", Secret::NtHash(Zeroizing::new([0xab; 16]))).contains("ab"));
    }
}
