use std::time::Duration;

use netsession_srvs::SessionId;
use netsession_srvs::info::{SessionFlags, SessionInfo};
use netsession_wire::wide;

use super::{count, seconds};
use crate::state::Holder;

/// Describes a session ([MS-SMB2] 3.3.4.18). The server has no guests, and no client names its type. The transport ends with
/// the id of the session.
pub(in super::super) fn session(session: &Holder, now: Duration) -> SessionInfo {
    let plain = || TRANSPORT.to_owned();
    SessionInfo {
        cname: Some(format!(r"\\{}", session.client)),
        username: Some(wide::from_text(&session.user).into_owned()),
        num_opens: Some(count(session.opens)),
        time: Some(seconds(session.since, now)),
        idle_time: Some(seconds(session.last_active, now)),
        user_flags: Some(SessionFlags::empty()),
        cltype_name: Some(String::new()),
        transport: Some(
            SessionId::new(session.session.0).map_or_else(plain, |id| id.with_transport(TRANSPORT)),
        ),
    }
}

/// The name that Windows servers use for SMB2 over TCP.
const TRANSPORT: &str = r"\Device\NetbiosSmb";
