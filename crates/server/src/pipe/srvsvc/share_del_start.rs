//! NetrShareDelStart ([MS-SRVS] 3.1.4.14).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | administrators | as NetrShareDel |

use netsession_srvs::context::ShareDelHandle;
use netsession_srvs::share_del_start::{Request, Response};
use netsession_wire::Win32Error;

use super::share_del::open_to_change;
use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        match open_to_change(caller, &self.net_name) {
            Err(status) => Response { context_handle: ShareDelHandle::default(), status },
            Ok(share) => {
                let mut uuid = [0; 16];
                caller.server.environment.random(&mut uuid);
                let context_handle = ShareDelHandle { attributes: 0, uuid: share.removal_handle(uuid) };
                Response { context_handle, status: Win32Error::NERR_SUCCESS }
            }
        }
    }
}
