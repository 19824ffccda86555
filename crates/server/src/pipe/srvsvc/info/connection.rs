use std::time::Duration;

use netsession_srvs::info::{ConnectionId, ConnectionInfo};

use super::{count, seconds, share_type};
use crate::state::{Session, Tree};

/// Describes a tree connection ([MS-SMB2] 3.3.4.19). `netname` is the client or the share, whichever the request did not
/// name.
pub(in super::super) fn connection(
    session: &Session,
    tree: &Tree,
    netname: String,
    now: Duration,
) -> ConnectionInfo {
    let opens = session.opens();
    ConnectionInfo {
        id: ConnectionId(tree.id.0),
        r#type: Some(share_type(&tree.share).kind()),
        num_opens: Some(count(opens.iter().filter(|open| open.tree_id() == tree.id).count())),
        num_users: Some(1),
        time: Some(seconds(tree.since.uptime, now)),
        username: Some(session.user.clone()),
        netname: Some(netname),
    }
}
