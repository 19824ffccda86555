//! WRITE ([MS-SMB2] 3.3.5.13).

use std::sync::Arc;

use netsession_smb::msg::{Channel, WriteFlags, WriteRequest, WriteResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, lost_locks, open};
use crate::client_host::ClientHost;
use crate::fs::locks::Mode;
use crate::pipe;
use crate::state::{Object, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: WriteRequest<'_> = decode(request)?;
    let count = u32::try_from(body.data.len()).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    if body.channel != Channel::NONE || count > host.state.identity.settings.max_size {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    request.pays_for(count)?;
    let open = open(session, request, reply, body.file_id)?;
    let written = match &open.object {
        Object::File(file) => {
            let range = (body.offset, count.into());
            let write = || file.write(body.offset, body.data);
            let written = lost_locks::without(&host.state, file, range, Mode::Exclusive, write)?;
            open.count(0, written);
            if body.flags.contains(WriteFlags::WRITE_THROUGH) {
                file.flush()?;
            }
            written
        }
        Object::Pipe(pipe) => {
            pipe::write(pipe, body.data, &host.state, session)?;
            session.poll_connections();
            body.data.len()
        }
    };
    let count = u32::try_from(written).unwrap_or(count);
    reply.ok(&WriteResponse { count });
    Ok(())
}
