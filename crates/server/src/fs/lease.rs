//! Leases: what a client may cache of a file while any of its opens with the same key is open ([MS-SMB2] 3.3.1.4, 3.3.1.12).

use netsession_smb::msg::LeaseKey;
use netsession_smb::msg::create_context::{Lease, LeaseFlags, LeaseState, LeaseV2};
use netsession_wire::Guid;

/// Identifies a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LeaseId {
    /// The client's own identifier.
    pub(crate) client: Guid,
    /// The lease's key within the client.
    pub(crate) key: LeaseKey,
}

/// Returns the caching that a server grants at most to a client that asks for `wanted`: nothing without reads.
#[must_use]
pub(super) const fn granted_at_most(wanted: LeaseState) -> LeaseState {
    match wanted.contains(LeaseState::READ_CACHING) {
        true => wanted.intersection(LeaseState::all()),
        false => LeaseState::empty(),
    }
}

/// The parts of a lease that its first request sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    id: LeaseId,
    /// The lease of the parent folder, in version 2.
    parent: Option<LeaseKey>,
    /// Counts the changes of the lease; `None` in version 1.
    epoch: Option<u16>,
}

impl Terms {
    /// Returns the terms of a new lease. Its epoch goes on from the one that the client knows.
    #[must_use]
    pub(super) fn new(id: LeaseId, request: &Lease) -> Self {
        let has_parent = request.flags.contains(LeaseFlags::PARENT_LEASE_KEY_SET);
        let parent = request.v2.filter(|_| has_parent).map(|v2| v2.parent_lease_key);
        Self { id, parent, epoch: request.v2.map(|v2| v2.epoch) }
    }

    /// Returns which lease it is.
    #[must_use]
    pub(super) const fn id(&self) -> LeaseId {
        self.id
    }

    /// Returns the epoch that a notification has: 0 in version 1.
    #[must_use]
    pub(super) fn epoch(&self) -> u16 {
        self.epoch.unwrap_or(0)
    }

    /// Counts a change of the lease.
    pub(super) fn count_change(&mut self) {
        self.epoch = self.epoch.map(|epoch| epoch.wrapping_add(1));
    }

    /// Returns the response context of a lease with this state.
    #[must_use]
    pub(super) fn describe(&self, lease_state: LeaseState, is_breaking: bool) -> Lease {
        let mut flags = LeaseFlags::empty();
        flags.set(LeaseFlags::BREAK_IN_PROGRESS, is_breaking);
        flags.set(LeaseFlags::PARENT_LEASE_KEY_SET, self.parent.is_some());
        let parent_lease_key = self.parent.unwrap_or_default();
        let v2 = self.epoch.map(|epoch| LeaseV2 { parent_lease_key, epoch });
        Lease { lease_key: self.id.key, lease_state, flags, v2 }
    }
}
