//! What tests and benchmarks of other crates need from a server's tables. It is not a part of the public API.

use std::net::IpAddr;
use std::sync::Arc;

use netsession_smb::auth::Claim;
use netsession_smb::msg::{Dialect, SessionId};
use netsession_smb::server::LoggedOn;

use crate::Server;
use crate::state::{Channel, Inbox};

/// Adds a session of `user` from `client` that has no connection. Returns whether the server has such an account.
pub fn add_session(server: &Server, client: IpAddr, user: &str) -> bool {
    let state = server.state();
    let Some(account) = state.accounts().get(user).cloned() else { return false };
    let claim = Claim::of_user(user);
    let logon = LoggedOn {
        session: state.new_session_id(),
        claim,
        previous: SessionId::NONE,
        dialect: Dialect::SMB_3_1_1,
        signed: true,
        encrypted: false,
        again: false,
    };
    let channel = Channel { peer: (client, 50_000).into(), inbox: Arc::new(Inbox::new(|| {})) };
    state.set_up(&logon, None, &(&account).into(), channel);
    true
}
