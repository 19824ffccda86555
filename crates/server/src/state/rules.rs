//! [`Rules`]: who may use a share, and how the requests to it must be protected.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use netsession_smb::msg::Dialect;
use netsession_smb::server::Request;
use netsession_wire::NtStatus;
use netsession_wire::name::upper_case;

use crate::folder::Folder;
use crate::kerberos::Principals;

/// Who may use a share, and how the requests to it must be protected.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Whether requests must be encrypted.
    pub(crate) encrypts: bool,
    signing: Signing,
    members: RwLock<Option<Members>>,
}

/// Why the server refused to connect a session to a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShareRefusal {
    /// The share is for other users.
    User,
    /// The share requires encryption, which the client does not support.
    Encryption,
    /// The share requires signatures, and the request has none.
    Signing,
}

/// Whether the requests to a share must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Signing {
    /// As the server decides for the session.
    #[default]
    OfSession,
    Required,
    Waived,
}

/// The users who may connect to a share.
#[derive(Debug, Default)]
struct Members {
    /// In capitals.
    accounts: HashSet<String>,
    principals: Principals,
}

impl Rules {
    /// Returns the rules of a folder, on a server that encrypts unless the folder says otherwise.
    pub(crate) fn of(folder: &Folder, server_encrypts: bool) -> Self {
        let signing = match folder.signing_required {
            None => Signing::OfSession,
            Some(true) => Signing::Required,
            Some(false) => Signing::Waived,
        };
        let encrypts = folder.encryption_required.unwrap_or(server_encrypts);
        let members = RwLock::new(folder.users.as_deref().map(Members::of));
        Self { encrypts, signing, members }
    }

    /// Returns the rules of a share that follows the server.
    pub(crate) fn of_server(server_encrypts: bool) -> Self {
        Self { encrypts: server_encrypts, ..Self::default() }
    }

    /// Returns whether clients may omit signatures.
    pub(crate) fn waives_signing(&self) -> bool {
        self.signing == Signing::Waived
    }

    /// Changes who may connect.
    pub(crate) fn set_users(&self, users: Option<&[String]>) {
        *self.members.write().unwrap_or_else(PoisonError::into_inner) = users.map(Members::of);
    }

    /// Returns whether this user may connect.
    pub(crate) fn admits(&self, user: &str) -> bool {
        let members = self.members.read().unwrap_or_else(PoisonError::into_inner);
        members.as_ref().is_none_or(|members| members.contain(user))
    }

    /// Returns why this user cannot connect by this TREE_CONNECT request ([MS-SMB2] 3.3.5.7). The request need not be encrypted:
    /// its response tells a client that `can_encrypt` that the share encrypts.
    pub(crate) fn refusal(
        &self,
        user: &str,
        can_encrypt: bool,
        request: &Request<'_>,
    ) -> Option<ShareRefusal> {
        if !self.admits(user) {
            Some(ShareRefusal::User)
        } else if self.encrypts && !can_encrypt {
            Some(ShareRefusal::Encryption)
        } else if self.refuses_unsigned(request) {
            Some(ShareRefusal::Signing)
        } else {
            None
        }
    }

    /// Checks the protection of a request after the TREE_CONNECT ([MS-SMB2] 3.3.5.2.11).
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED`.
    pub(crate) fn check(&self, request: &Request<'_>) -> Result<(), NtStatus> {
        let is_plain = self.encrypts && !request.encrypted && request.dialect >= Dialect::SMB_3_0;
        match is_plain || self.refuses_unsigned(request) {
            true => Err(NtStatus::ACCESS_DENIED),
            false => Ok(()),
        }
    }

    fn refuses_unsigned(&self, request: &Request<'_>) -> bool {
        self.signing == Signing::Required && !request.signed && !request.encrypted
    }
}

impl Members {
    /// Only users of a domain have an `@` in their names. A name that is neither selects nobody.
    fn of(users: &[String]) -> Self {
        let mut members = Self::default();
        for user in users {
            match user.parse() {
                Ok(principal) => members.principals.add(principal),
                Err(_) => {
                    members.accounts.insert(upper_case(user));
                }
            }
        }
        members
    }

    fn contain(&self, user: &str) -> bool {
        self.accounts.contains(&upper_case(user)) || self.principals.find(user).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a user into a share of others, or keep its own users out.
    #[test]
    fn only_the_named_users_are_admitted() {
        let folder = Folder::new("data", "/srv").users(["Bob", "alice@LAB.TEST", "*@CORP.TEST"]);
        let rules = Rules::of(&folder, false);
        for user in ["bob", "BOB", "alice@lab.test", "anna@corp.test"] {
            assert!(rules.admits(user), "{user}");
        }
        for user in ["alice", "bob@LAB.TEST", "bobby", "*@LAB.TEST", ""] {
            assert!(!rules.admits(user), "{user}");
        }
        rules.set_users(Some(&[]));
        assert!(!rules.admits("bob"), "an empty list admits nobody");
        rules.set_users(None);
        assert!(rules.admits("anybody"));
    }
}
