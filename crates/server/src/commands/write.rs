//! WRITE ([MS-SMB2] 3.3.5.13).

use std::sync::Arc;

use netsession_smb::msg::{Channel, WriteFlags, WriteRequest, WriteResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{body, open};
use crate::connection::Desk;
use crate::state::{Object, Session};

pub(super) fn answer(
    desk: &Desk,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let asked: WriteRequest<'_> = body(request)?;
    let count = u32::try_from(asked.data.len()).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    if asked.channel != Channel::NONE || count > desk.state.identity.settings.max_size {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    request.pays_for(count)?;
    let open = open(session, request, reply, asked.file_id)?;
    match &open.object {
        Object::File(file) => {
            file.write(asked.offset, asked.data)?;
            if asked.flags.contains(WriteFlags::WRITE_THROUGH) {
                file.flush()?;
            }
        }
        Object::Pipe(pipe) => {
            pipe.write(asked.data, &desk.state, session)?;
            session.poll_connections();
        }
    }
    reply.ok(&WriteResponse { count });
    Ok(())
}
