//! NetrShareDelCommit ([MS-SRVS] 3.1.4.15).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | administrators | 87 for a handle that NetrShareDelStart did not return, or whose share is removed |

use netsession_srvs::context::ShareDelHandle;
use netsession_srvs::share_del_commit::{Request, Response};
use netsession_wire::Win32Error;

use super::share_del::delete;
use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        match commit(caller, &self.context_handle) {
            Ok(()) => {
                Response { context_handle: ShareDelHandle::default(), status: Win32Error::NERR_SUCCESS }
            }
            Err(status) => Response { context_handle: self.context_handle, status },
        }
    }
}

fn commit(caller: &Caller<'_>, handle: &ShareDelHandle) -> Result<(), Win32Error> {
    caller.must_be_admin()?;
    let shares = caller.server.shares();
    let share = shares.iter().find(|share| share.is_removed_by(&handle.uuid));
    delete(caller, &share.ok_or(Win32Error::ERROR_INVALID_PARAMETER)?.name)
}

#[cfg(test)]
mod tests {
    use netsession_srvs::share_del_start;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would remove a share before the client confirms it, or one that the client did not name.
    #[test]
    fn a_share_is_removed_in_two_steps() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        stage.open_to_shares();
        let start = |client, name: &str| {
            let request =
                share_del_start::Request { server_name: None, net_name: name.to_owned(), reserved: 0 };
            request.respond(&stage.caller(client))
        };
        let commit = |client, context_handle| Request { context_handle }.respond(&stage.caller(client));
        assert_eq!([start(&alice, "data"), start(&admin, "IPC$")].map(|it| it.status.0), [5, 5]);
        assert_eq!(commit(&admin, ShareDelHandle::default()).status.0, 87);
        let started = start(&admin, "DATA");
        assert_eq!(started.status.0, 0);
        assert!(stage.state.share("data").is_some(), "it is removed only by the second call");
        assert_eq!(commit(&alice, started.context_handle).status.0, 5);
        let other = ShareDelHandle { uuid: [9; 16], ..started.context_handle };
        assert_eq!(commit(&admin, other).status.0, 87);
        let committed = commit(&admin, started.context_handle);
        assert_eq!((committed.status.0, committed.context_handle), (0, ShareDelHandle::default()));
        assert!(stage.state.share("data").is_none());
        assert_eq!(commit(&admin, started.context_handle).status.0, 87);
    }
}
