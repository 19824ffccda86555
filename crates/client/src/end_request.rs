//! [`EndRequest`]: the names that one deletion request carries, checked before netsession can send it.
//!
//! A server takes an empty name for everybody. [`ClientName`] and [`UserName`] therefore cannot be empty, and an
//! [`EndRequest`] always has one of each. [`Session::end_request`](crate::Session::end_request) makes one from a
//! listed session, and refuses a session whose logon is unfinished.

use std::fmt;

use netsession_srvs::MAX_NAME_LENGTH;
use netsession_wire::wide;

/// Why a text cannot be the client or the user of a deletion request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name is empty, consists of backslashes only, or is a domain without a user (`CORP\`). A server could take it
    /// for everybody.
    #[error("the name is empty")]
    Empty,
    /// The name contains a NUL character, where a server would end the name.
    #[error("the name contains a NUL character")]
    Nul,
    /// The name is longer than 1,023 UTF-16 units, the limit of [MS-SRVS] 3.1.4.6.
    #[error("the name is longer than 1,023 characters")]
    TooLong,
}

/// The client of a deletion request, exactly as netsession sends it.
///
/// ```
/// use netsession::{ClientName, NameError};
///
/// assert_eq!(ClientName::new(r"\\10.0.0.5")?.as_str(), r"\\10.0.0.5");
/// assert_eq!(ClientName::new(r"\\"), Err(NameError::Empty));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientName(String);

impl ClientName {
    /// Checks a client's name.
    ///
    /// # Errors
    /// [`NameError::Empty`], [`NameError::Nul`], [`NameError::TooLong`].
    pub fn new(name: &str) -> Result<Self, NameError> {
        check(name)?;
        Ok(Self(name.to_owned()))
    }

    /// The name as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the same client with the two backslashes that [MS-SRVS] 3.1.4.6 requires. None if the name has them
    /// already, or becomes too long.
    pub(crate) fn with_backslashes(&self) -> Option<Self> {
        if self.0.starts_with(r"\\") {
            return None;
        }
        Self::new(&format!(r"\\{}", self.0)).ok()
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The user of a deletion request, exactly as netsession sends it.
///
/// ```
/// use netsession::{NameError, UserName};
///
/// assert_eq!(UserName::new(r"CORP\bob")?.as_str(), r"CORP\bob");
/// assert_eq!(UserName::new(""), Err(NameError::Empty));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Checks a user's name.
    ///
    /// # Errors
    /// [`NameError::Empty`], [`NameError::Nul`], [`NameError::TooLong`].
    pub fn new(name: &str) -> Result<Self, NameError> {
        if !is_user(name) {
            return Err(NameError::Empty);
        }
        check(name)?;
        Ok(Self(name.to_owned()))
    }

    /// The name as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A request to end every session of one user from one client. Neither name can be empty.
///
/// A name that was not checked does not compile:
///
/// ```compile_fail,E0308
/// netsession::EndRequest::new(String::new(), String::new());
/// ```
///
/// ```compile_fail,E0423
/// netsession::ClientName(String::new());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndRequest {
    client: ClientName,
    user: UserName,
}

impl EndRequest {
    /// Makes a request to end the sessions of `user` from `client`.
    #[must_use]
    pub const fn new(client: ClientName, user: UserName) -> Self {
        Self { client, user }
    }

    /// The client.
    #[must_use]
    pub const fn client(&self) -> &ClientName {
        &self.client
    }

    /// The user.
    #[must_use]
    pub const fn user(&self) -> &UserName {
        &self.user
    }
}

/// Whether the text names a user, and not only a domain.
pub(crate) fn is_user(name: &str) -> bool {
    !name.is_empty() && !name.ends_with('\\')
}

fn check(name: &str) -> Result<(), NameError> {
    if name.trim_start_matches('\\').is_empty() {
        return Err(NameError::Empty);
    }
    if name.contains('\0') {
        return Err(NameError::Nul);
    }
    if wide::len(name) > MAX_NAME_LENGTH {
        return Err(NameError::TooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A failure here would let a request with an empty name end everybody's sessions.
    #[test]
    fn names_that_mean_everybody_are_refused() {
        let longest = "x".repeat(MAX_NAME_LENGTH);
        let too_long = "x".repeat(MAX_NAME_LENGTH + 1);
        // A character outside the basic plane takes two units.
        let pairs = "\u{1f5a5}".repeat(512);
        for (name, expected) in [
            ("", Err(NameError::Empty)),
            (r"\", Err(NameError::Empty)),
            (r"\\\\", Err(NameError::Empty)),
            ("b\0b", Err(NameError::Nul)),
            (too_long.as_str(), Err(NameError::TooLong)),
            (pairs.as_str(), Err(NameError::TooLong)),
            (longest.as_str(), Ok(())),
            (r"\\10.0.0.5", Ok(())),
            ("bob", Ok(())),
        ] {
            assert_eq!(ClientName::new(name).map(drop), expected, "client {name:.20}");
            assert_eq!(UserName::new(name).map(drop), expected, "user {name:.20}");
        }
    }

    /// A failure here would send a domain without a user, which a server could take for everybody there.
    #[test]
    fn a_domain_alone_is_not_a_user() {
        for name in [r"CORP\", r"CORP\\", r".\"] {
            assert_eq!(UserName::new(name), Err(NameError::Empty), "{name}");
        }
        assert!(UserName::new(r"CORP\bob").is_ok());
    }

    /// A failure here would send another client than the listed one.
    #[test]
    fn backslashes_are_added_once() {
        let bare = ClientName::new("10.0.0.5").unwrap();
        let unc = bare.with_backslashes().unwrap();
        assert_eq!(unc.as_str(), r"\\10.0.0.5");
        assert_eq!(unc.with_backslashes(), None);
        assert_eq!(ClientName::new(&"x".repeat(MAX_NAME_LENGTH)).unwrap().with_backslashes(), None);
    }

    proptest! {
        /// A failure here would send a name that is empty, cut off, or changed.
        #[test]
        fn an_accepted_name_is_unchanged(name in r"[\\a\x00é🖥]{0,6}") {
            if let Ok(accepted) = UserName::new(&name) {
                prop_assert_eq!(accepted.as_str(), name.as_str());
                prop_assert!(name.chars().any(|c| c != '\\') && !name.contains('\0'));
            }
        }
    }
}
