//! OPLOCK_BREAK ([MS-SMB2] 3.3.5.22): acknowledgments for oplocks and leases.

use netsession_smb::msg::{BreakAcknowledgment, LeaseBreak, OplockBreak, OplockLevel};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::oplock::level;
use super::{decode, open, tree};
use crate::client_host::ClientHost;
use crate::fs::{LeaseId, OplockKind};
use crate::state::{Object, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body = match decode(request)? {
        BreakAcknowledgment::Oplock(body) => body,
        BreakAcknowledgment::Lease(body) => return lease(host, session, request, reply, body),
    };
    let open = open(session, request, reply, body.file_id)?;
    let Object::File(file) = &open.object else { return Err(NtStatus::INVALID_DEVICE_STATE) };
    let kept = match body.oplock_level {
        OplockLevel::NONE | OplockLevel::LEASE => None,
        OplockLevel::II => Some(OplockKind::LevelTwo),
        _ => Some(OplockKind::Batch),
    };
    let kept = file.acknowledge_break(kept)?;
    if body.oplock_level == OplockLevel::LEASE {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let (oplock_level, file_id) = (level(kept), open.number.file_id());
    reply.ok(&BreakAcknowledgment::Oplock(OplockBreak { oplock_level, file_id }));
    Ok(())
}

/// Lets the client give up caching by a lease ([MS-SMB2] 3.3.5.22.2).
fn lease(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
    body: LeaseBreak,
) -> Result<(), NtStatus> {
    tree(session, request)?;
    let client = session.keys.as_ref().map(|keys| keys.client_guid());
    let client = client.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    host.state.leases.acknowledge(LeaseId { client, key: body.lease_key }, body.lease_state)?;
    reply.ok(&BreakAcknowledgment::Lease(body));
    Ok(())
}
