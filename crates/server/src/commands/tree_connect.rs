//! TREE_CONNECT ([MS-SMB2] 3.3.5.7).

use std::sync::Arc;

use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::{
    Dialect, Packet, ShareCapabilities, ShareFlags, ShareType, TreeConnectRequest, TreeConnectResponse,
};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::decode;
use crate::client_host::ClientHost;
use crate::state::{Content, Event, Session, State};

pub(super) fn answer(
    host: &ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: TreeConnectRequest = decode(request)?;
    let name = share_name(&body.path).ok_or(NtStatus::BAD_NETWORK_NAME)?;
    let share = host.state.share(name).ok_or(NtStatus::BAD_NETWORK_NAME)?;
    let can_encrypt = session.keys.as_ref().is_some_and(|keys| keys.can_encrypt());
    if let Some(why) = share.rules.refusal(&session.user, can_encrypt, request) {
        host.state.emit(&Event::ShareRefused(Arc::clone(session), share, why));
        return Err(NtStatus::ACCESS_DENIED);
    }
    let place = host.state.budgets.trees.take(&session.user, 1);
    let tree = place.and_then(|place| session.connect(&share, host.state.environment.moment(), place));
    let tree = tree.ok_or_else(|| match share.is_full() {
        true => NtStatus::REQUEST_NOT_ACCEPTED,
        false => NtStatus::INSUFFICIENT_RESOURCES,
    })?;
    if !host.state.share(name).is_some_and(|still| Arc::ptr_eq(&still, &share)) {
        // An administrator has removed the share meanwhile, perhaps before this session was connected.
        session.disconnect(tree.id);
        return Err(NtStatus::BAD_NETWORK_NAME);
    }
    let (share_type, mut share_flags, maximal_access) = match &share.content {
        Content::Pipes => (ShareType::PIPE, ShareFlags::NO_CACHING, AccessMask::FILE_ALL),
        Content::Disk(disk) => (ShareType::DISK, ShareFlags::NO_CACHING, disk.maximal_access()),
    };
    share_flags.set(ShareFlags::ENCRYPT_DATA, share.rules.encrypts && request.dialect >= Dialect::SMB_3_0);
    reply.tree(tree.id);
    let capabilities = ShareCapabilities::empty();
    reply.ok(&TreeConnectResponse { share_type, share_flags, capabilities, maximal_access });
    host.state.emit(&Event::TreeConnected(Arc::clone(session), tree));
    Ok(())
}

/// Returns whether the share of this TREE_CONNECT request lets clients omit signatures.
pub(super) fn waives_signing(state: &State, packet: &Packet<'_>) -> bool {
    let body = packet.body::<TreeConnectRequest>().ok();
    let share = body.and_then(|body| state.share(share_name(&body.path)?));
    share.is_some_and(|share| share.rules.waives_signing())
}

/// Returns the share of `\\server\share`, whatever name the client uses for this server.
fn share_name(path: &str) -> Option<&str> {
    let (server, share) = path.strip_prefix(r"\\")?.split_once('\\')?;
    let plain = !server.is_empty() && !share.is_empty() && !share.contains(['\\', '/']);
    plain.then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would keep clients from connecting, or connect them to another share.
    #[test]
    fn the_share_is_the_last_of_two_names() {
        assert_eq!(share_name(r"\\10.0.0.5\data"), Some("data"));
        assert_eq!(share_name(r"\\fs1.example.com\IPC$"), Some("IPC$"));
        for wrong in ["data", r"\\fs1", r"\\fs1\", r"\\\data", r"\\fs1\data\sub", r"\fs1\data"] {
            assert_eq!(share_name(wrong), None, "{wrong}");
        }
    }
}
