//! Leases in CREATE ([MS-SMB2] 3.3.5.9.8, 3.3.5.9.11).

use netsession_smb::msg::create_context::{Lease, LeaseState};
use netsession_smb::msg::{CreateContext, CreateResponse, Dialect, OplockLevel};
use netsession_wire::{Guid, NtStatus};

use super::oplock::{self, level};
use crate::fs::{CachingClient, LeaseId};
use crate::state::Object;

/// A lease that a CREATE request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requested {
    /// Which lease.
    pub(super) id: LeaseId,
    /// What the client asks for.
    pub(super) lease: Lease,
}

impl Requested {
    /// Reads the contexts of a request; version 2 needs SMB 3. Without a `client`, the server grants no lease.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a context that makes no sense.
    pub(super) fn of(
        contexts: &[CreateContext],
        dialect: Dialect,
        client: Option<Guid>,
    ) -> Result<Option<Self>, NtStatus> {
        let lease = CreateContext::find::<Lease>(contexts).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let is_known = |lease: &Lease| match lease.v2 {
            None => dialect >= Dialect::SMB_2_1,
            Some(_) => dialect >= Dialect::SMB_3_0,
        };
        let lease = lease.filter(is_known);
        let pair = client.zip(lease);
        Ok(pair.map(|(client, lease)| Self { id: LeaseId { client, key: lease.lease_key }, lease }))
    }

    /// Returns whether the client would cache the handle.
    pub(super) fn has_handle(self) -> bool {
        self.lease.lease_state.contains(LeaseState::HANDLE_CACHING)
    }
}

/// Grants the requested lease or oplock, and adds it to the response. Returns whether the client caches the handle.
pub(super) fn grant(
    requested: Option<Requested>,
    level_requested: OplockLevel,
    object: &Object,
    client: Box<dyn CachingClient>,
    response: &mut CreateResponse,
) -> bool {
    let Object::File(file) = object else { return false };
    match requested {
        Some(requested) => match file.grant_lease(&requested.lease, client) {
            Some(lease) => describe(&lease, response),
            None => false,
        },
        None => {
            let kind = oplock::kind(level_requested);
            response.oplock_level = level(kind.and_then(|kind| file.grant_oplock(kind, client)));
            response.oplock_level == OplockLevel::BATCH
        }
    }
}

/// Adds a lease to a response. Returns whether the client caches the handle.
pub(super) fn describe(lease: &Lease, response: &mut CreateResponse) -> bool {
    response.oplock_level = OplockLevel::LEASE;
    response.contexts.extend(CreateContext::new(lease));
    lease.lease_state.contains(LeaseState::HANDLE_CACHING)
}
