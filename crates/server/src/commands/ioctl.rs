//! IOCTL ([MS-SMB2] 3.3.5.15).

use std::sync::Arc;

use netsession_smb::msg::{CtlCode, IoctlFlags, IoctlRequest, IoctlResponse};
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
    let asked: IoctlRequest<'_> = body(request)?;
    let limit = desk.state.identity.settings.max_size;
    if !asked.flags.contains(IoctlFlags::IS_FSCTL) || asked.max_output_response > limit {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let input = u32::try_from(asked.input.len()).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    request.pays_for(input.max(asked.max_output_response))?;
    match asked.ctl_code {
        CtlCode::PIPE_TRANSCEIVE => transceive(desk, session, request, reply, &asked),
        CtlCode::DFS_GET_REFERRALS | CtlCode::DFS_GET_REFERRALS_EX => Err(NtStatus::NOT_FOUND),
        _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

/// Writes to a pipe and reads the answer ([MS-SMB2] 3.3.5.15.10).
fn transceive(
    desk: &Desk,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
    asked: &IoctlRequest<'_>,
) -> Result<(), NtStatus> {
    let open = open(session, request, reply, asked.file_id)?;
    let Object::Pipe(pipe) = &open.object else { return Err(NtStatus::INVALID_DEVICE_REQUEST) };
    pipe.write(asked.input, &desk.state, session)?;
    let room = usize::try_from(asked.max_output_response).unwrap_or(usize::MAX);
    // Every call is answered while it is written.
    let (status, output) = pipe.read(room)?.ok_or(NtStatus::PIPE_BROKEN)?;
    let (ctl_code, file_id) = (asked.ctl_code, open.number.file_id());
    reply.send(status, &IoctlResponse { ctl_code, file_id, input: &[], output: &output });
    Ok(())
}
