use netsession_smb::fscc::FileTime;
use netsession_srvs::info::{SessionFlags, SessionInfo};

use super::{count, seconds};
use crate::state::Session;

/// A session ([MS-SMB2] 3.3.4.18). Nobody is a guest here, and a client does not say what it is.
pub(in super::super) fn session(session: &Session, now: FileTime) -> SessionInfo {
    SessionInfo {
        cname: Some(format!(r"\\{}", session.client())),
        username: Some(session.user.clone()),
        num_opens: Some(count(session.open_count())),
        time: Some(seconds(session.since, now)),
        idle_time: Some(seconds(session.last_active(), now)),
        user_flags: Some(SessionFlags::empty()),
        cltype_name: Some(String::new()),
        transport: Some(TRANSPORT.to_owned()),
    }
}

/// SMB2 straight over TCP: the name that Windows' servers have for it.
const TRANSPORT: &str = r"\Device\NetbiosSmb";
