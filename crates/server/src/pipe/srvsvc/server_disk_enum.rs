//! NetrServerDiskEnum ([MS-SRVS] 3.1.4.23).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0 | administrators | one drive, `C:`, with which all paths begin |

use netsession_rpc::ndr::Counted;
use netsession_srvs::server_disk_enum::{Request, Response};
use netsession_wire::Win32Error;

use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let allowed = caller.must_be_admin().and(match self.level {
            0 => Ok(()),
            _ => Err(Win32Error::ERROR_INVALID_LEVEL),
        });
        match allowed {
            Err(status) => Response { status, resume_handle: self.resume_handle, ..Response::default() },
            Ok(()) => Response {
                disks: Counted::from(vec!["C:".to_owned()]),
                total_entries: 1,
                resume_handle: self.resume_handle.map(|_| 0),
                status: Win32Error::NERR_SUCCESS,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show administrators another drive than the one with which the paths of shares begin.
    #[test]
    fn there_is_one_drive() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let respond = |client, level| Request { level, ..Request::asking() }.respond(&stage.caller(client));
        let response = respond(&admin, 0);
        assert_eq!((response.status.0, response.total_entries, response.resume_handle), (0, 1, Some(0)));
        assert_eq!(response.disks.as_slice(), ["C:"]);
        assert_eq!((respond(&admin, 1).status.0, respond(&alice, 0).status.0), (124, 5));
    }
}
