//! OPLOCK_BREAK ([MS-SMB2] 3.3.5.22). No oplock and no lease is ever given, so that none is being taken back.

use netsession_smb::msg::BreakAcknowledgment;
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{body, open, tree};
use crate::state::Session;

pub(super) fn answer(
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    match body(request)? {
        BreakAcknowledgment::Oplock(asked) => {
            open(session, request, reply, asked.file_id)?;
            Err(NtStatus::INVALID_DEVICE_STATE)
        }
        BreakAcknowledgment::Lease(_) => {
            tree(session, request)?;
            Err(NtStatus::OBJECT_NAME_NOT_FOUND)
        }
    }
}
