//! OPLOCK_BREAK ([MS-SMB2] 3.3.5.22). The server always breaks an oplock to none; there are no leases.

use netsession_smb::msg::{BreakAcknowledgment, OplockBreak, OplockLevel};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, open, tree};
use crate::state::{Object, Session};

pub(super) fn answer(
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body = match decode(request)? {
        BreakAcknowledgment::Oplock(body) => body,
        BreakAcknowledgment::Lease(_) => {
            tree(session, request)?;
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
        }
    };
    let open = open(session, request, reply, body.file_id)?;
    match &open.object {
        Object::File(file) if file.take_oplock_back() => {}
        _ => return Err(NtStatus::INVALID_DEVICE_STATE),
    }
    // The client keeps nothing of it, whatever level it requests.
    match body.oplock_level {
        OplockLevel::NONE | OplockLevel::II => {}
        OplockLevel::LEASE => return Err(NtStatus::INVALID_PARAMETER),
        _ => return Err(NtStatus::INVALID_OPLOCK_PROTOCOL),
    }
    let (oplock_level, file_id) = (OplockLevel::NONE, open.number.file_id());
    reply.ok(&BreakAcknowledgment::Oplock(OplockBreak { oplock_level, file_id }));
    Ok(())
}
