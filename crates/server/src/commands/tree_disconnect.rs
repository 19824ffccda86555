//! TREE_DISCONNECT ([MS-SMB2] 3.3.5.8).

use std::sync::Arc;

use netsession_smb::msg::{TreeDisconnectRequest, TreeDisconnectResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::decode;
use crate::client_host::ClientHost;
use crate::state::{CloseReason, Event, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let TreeDisconnectRequest = decode(request)?;
    let (tree, opens) = session.disconnect(request.tree).ok_or(NtStatus::NETWORK_NAME_DELETED)?;
    for open in opens {
        host.state.emit(&Event::Closed(open, CloseReason::Disconnected));
    }
    session.poll_connections();
    reply.ok(&TreeDisconnectResponse);
    host.state.emit(&Event::TreeDisconnected(Arc::clone(session), tree));
    Ok(())
}
