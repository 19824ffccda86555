//! [`HeldAccount`]: an account that a hold disables. It is recorded before the request leaves, so that a release can undo
//! exactly what changed, whatever happens to the processes.

use crate::Timestamp;

/// An account as it was found, before a hold disables it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAccount {
    /// The server at which to disable it, as the person named the server.
    pub server: String,
    /// The account, such as `LAB\bob`.
    pub name: String,
    /// The SID of the account, which stays if somebody renames the account.
    pub sid: String,
    /// The `UserAccountControl` of the account ([MS-SAMR] 2.2.1.12).
    pub control: u32,
    /// Whether it was disabled before. Then the hold changes nothing of it.
    pub is_disabled: bool,
    /// Where the computer is whose own account it is, as [`HoldOrder::places`](crate::HoldOrder::places), and by its addresses then. Empty
    /// for an account of a domain, which each of its controllers has, and for a record of an older version.
    pub places: Vec<String>,
}

/// An account that a hold disables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldAccount {
    /// The number.
    pub id: u64,
    /// The account, as it was found.
    pub found: FoundAccount,
    /// Its outcome.
    pub state: AccountState,
    /// When that was.
    pub at: Timestamp,
}

/// The outcome of an account that a hold disables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountState {
    /// The request to disable it may have been sent.
    Asked,
    /// The hold has disabled it.
    Disabled,
    /// The hold has disabled it again, after somebody else had enabled it.
    DisabledAgain,
    /// The hold has changed nothing: the account was disabled before, or the server refused the request.
    Untouched,
    /// The account is enabled again.
    Enabled,
    /// Another hold of the same account enables it later.
    HandedOver,
}

impl AccountState {
    const ALL: [Self; 6] =
        [Self::Asked, Self::Disabled, Self::DisabledAgain, Self::Untouched, Self::Enabled, Self::HandedOver];

    /// Returns the name, such as `disabled`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Disabled => "disabled",
            Self::DisabledAgain => "disabled-again",
            Self::Untouched => "untouched",
            Self::Enabled => "enabled",
            Self::HandedOver => "handed-over",
        }
    }

    /// Whether the end of the hold has to enable the account.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Asked | Self::Disabled | Self::DisabledAgain)
    }

    /// Whether the hold has disabled the account.
    #[must_use]
    pub const fn is_disabled(self) -> bool {
        matches!(self, Self::Disabled | Self::DisabledAgain)
    }

    /// Returns the state of that name. The name of a later version is pending: nothing forgets a disabled account.
    pub(crate) fn of_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.name() == name).unwrap_or(Self::Disabled)
    }
}
