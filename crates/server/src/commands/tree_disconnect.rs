//! TREE_DISCONNECT ([MS-SMB2] 3.3.5.8).

use std::sync::Arc;

use netsession_smb::msg::{TreeDisconnectRequest, TreeDisconnectResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, tree};
use crate::client_host::ClientHost;
use crate::state::{CloseReason, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let TreeDisconnectRequest = decode(request)?;
    let tree = tree(session, request)?;
    if !host.state.disconnect(session, tree.id, &CloseReason::Disconnected) {
        return Err(NtStatus::NETWORK_NAME_DELETED);
    }
    reply.ok(&TreeDisconnectResponse);
    Ok(())
}
