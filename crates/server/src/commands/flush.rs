//! FLUSH ([MS-SMB2] 3.3.5.11).

use netsession_smb::msg::{FlushRequest, FlushResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, open};
use crate::state::{Object, Session};

pub(super) fn answer(
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: FlushRequest = decode(request)?;
    let open = open(session, request, reply, body.file_id)?;
    if let Object::File(file) = &open.object {
        file.flush()?;
    }
    reply.ok(&FlushResponse);
    Ok(())
}
