//! OPLOCK_BREAK ([MS-SMB2] 3.3.5.22). There are no leases.

use netsession_smb::msg::{BreakAcknowledgment, OplockBreak, OplockLevel};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::create::level;
use super::{decode, open, tree};
use crate::fs::OplockKind;
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
