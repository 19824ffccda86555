//! CLOSE ([MS-SMB2] 3.3.5.10).

use std::sync::Arc;

use netsession_smb::msg::{CloseFlags, CloseRequest, CloseResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, open};
use crate::client_host::ClientHost;
use crate::fs::FileInfo;
use crate::state::{CloseReason, Event, Object, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: CloseRequest = decode(request)?;
    let open = open(session, request, reply, body.file_id)?;
    let wanted = body.flags.contains(CloseFlags::POSTQUERY_ATTRIB);
    let info = match &open.object {
        Object::File(file) if wanted => {
            file.end_writes();
            file.own_info().ok()
        }
        _ => None,
    };
    session.close(open.number);
    reply.ok(&info.map(response).unwrap_or_default());
    session.poll_connections();
    host.state.emit(&Event::Closed(Arc::clone(&*open), CloseReason::ByClient));
    Ok(())
}

fn response(info: FileInfo) -> CloseResponse {
    CloseResponse {
        flags: CloseFlags::POSTQUERY_ATTRIB,
        creation_time: info.creation,
        last_access_time: info.last_access,
        last_write_time: info.last_write,
        change_time: info.change,
        allocation_size: info.allocation,
        end_of_file: info.size,
        file_attributes: info.attributes,
    }
}
