//! NetrShareDel ([MS-SRVS] 3.1.4.12).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | administrators | 5 for `IPC$`, and for a folder outside of those that the server opens to shares; 87 for an empty name; 2310 for an unknown share |

use std::sync::Arc;

use netsession_srvs::share_del::{Request, Response};
use netsession_wire::Win32Error;

use super::share_add::is_open_to_shares;
use super::{Caller, Respond};
use crate::state::{Content, Share};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        Response { status: delete(caller, &self.net_name).err().unwrap_or(Win32Error::NERR_SUCCESS) }
    }
}

/// Removes a share, for this operation and for NetrShareDelEx.
pub(super) fn delete(caller: &Caller<'_>, name: &str) -> Result<(), Win32Error> {
    let share = open_to_change(caller, name)?;
    match caller.server.remove_share(&share, &caller.session.user) {
        true => Ok(()),
        false => Err(Win32Error::NERR_NET_NAME_NOT_FOUND),
    }
}

/// Returns the share with this name, which the caller may change or remove.
pub(super) fn open_to_change(caller: &Caller<'_>, name: &str) -> Result<Arc<Share>, Win32Error> {
    caller.must_be_admin()?;
    if name.is_empty() {
        return Err(Win32Error::ERROR_INVALID_PARAMETER);
    }
    let share = caller.server.share(name).ok_or(Win32Error::NERR_NET_NAME_NOT_FOUND)?;
    match &share.content {
        Content::Disk(disk) if is_open_to_shares(caller, disk.root().path()) => Ok(share),
        _ => Err(Win32Error::ERROR_ACCESS_DENIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::root::Root;
    use crate::pipe::testing::Stage;

    /// A failure here would let a user stop sharing a folder, or leave clients connected to a share that is gone.
    #[test]
    fn a_share_is_removed_with_its_connections() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let delete = |client, name: &str| {
            let request = Request { server_name: None, net_name: name.to_owned(), reserved: 0 };
            request.respond(&stage.caller(client)).status.0
        };
        let share = stage.state.share("data").unwrap();
        let place = stage.state.budgets.trees.take("alice", 1).unwrap();
        let tree = alice.session.connect(&share, stage.state.environment.moment(), place).unwrap();
        assert_eq!(delete(&admin, "data"), 5, "its folder is not open to shares");
        stage
            .state
            .open_to_shares
            .set(vec![Root::open(&stage.folder.path().canonicalize().unwrap()).unwrap()])
            .unwrap();
        for (client, name, expected) in
            [(&alice, "data", 5), (&admin, "nothing", 2310), (&admin, "", 87), (&admin, "IPC$", 5)]
        {
            assert_eq!(delete(client, name), expected, "{name}");
        }
        assert_eq!(share.connection_count(), 1);
        assert_eq!(delete(&admin, "DATA"), 0);
        assert_eq!((share.connection_count(), alice.session.tree(tree.id).is_none()), (0, true));
        assert_eq!((stage.state.share("data").is_none(), delete(&admin, "data")), (true, 2310));
    }
}
