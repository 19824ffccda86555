use netsession_wire::Guid;

/// An application that can go on at another computer ([MS-SMB2] 3.3.5.9.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instance {
    /// The application.
    pub(crate) id: Guid,
    /// The computer on which it runs: the GUID of the client.
    pub(crate) client: Guid,
    /// AppInstanceVersionHigh and AppInstanceVersionLow.
    pub(crate) version: Option<(u64, u64)>,
}

impl Instance {
    /// Returns whether this one takes files over from `other`.
    pub(super) fn follows(&self, other: &Self) -> bool {
        other.version.is_none_or(|earlier| self.version.is_some_and(|version| version > earlier))
    }
}
