use std::fmt;

use netsession_samr::{AccountControl, Sid};

/// An account of a server, or of the domain of a domain controller.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The domain of the account; for a server without one, the name of the server.
    pub domain: String,
    /// The name, as the caller spelled it.
    pub name: String,
    /// The SID, which stays if somebody renames the account.
    pub sid: Sid,
    /// What the account is, and whether it is disabled.
    pub control: AccountControl,
}

impl Account {
    /// Returns whether nobody can log on by this account.
    #[must_use]
    pub const fn is_disabled(&self) -> bool {
        self.control.contains(AccountControl::DISABLED)
    }
}

/// The account as Windows writes it: `LAB\bob`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\\{}", self.domain, self.name)
    }
}

/// What a request to disable or to enable an account changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountChange {
    /// The state before the request.
    pub before: AccountControl,
    /// The state that the server returned afterwards.
    pub after: AccountControl,
}

impl AccountChange {
    /// Returns whether the account was as wanted before, so that the library sent no request.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.before == self.after
    }
}

/// Whether an administrator can still log on if accounts are disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemainingAdministrators {
    /// Another administrator's account is enabled, or none of the accounts is an administrator's.
    Enabled,
    /// No other administrator's account is enabled.
    None,
    /// The server does not report it.
    Unknown(UnknownAdministrators),
}

/// Why a server does not report whether an administrator remains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnknownAdministrators {
    /// The other members are of another domain, whose accounts this server does not have.
    Elsewhere,
    /// This user may not list the members of a group.
    Denied,
    /// The groups have too many members.
    TooMany,
}

impl fmt::Display for UnknownAdministrators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elsewhere => "the others are members from another domain",
            Self::Denied => "this login may not list the members of a group",
            Self::TooMany => "the groups of the administrators have too many members",
        })
    }
}
