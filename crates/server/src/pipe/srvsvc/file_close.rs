//! NetrFileClose ([MS-SRVS] 3.1.4.4).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | administrators | 2314 for an unknown id |

use std::sync::Arc;

use netsession_srvs::file_close::{Request, Response};
use netsession_wire::Win32Error;

use super::{Caller, Respond};
use crate::state::{CloseReason, OpenNumber};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        Response { status: close(caller, &self).err().unwrap_or(Win32Error::NERR_SUCCESS) }
    }
}

fn close(caller: &Caller<'_>, request: &Request) -> Result<(), Win32Error> {
    caller.must_be_admin()?;
    let number = OpenNumber(request.file_id.0);
    let open = caller.server.open(number).ok_or(Win32Error::NERR_FILE_ID_NOT_FOUND)?;
    let why = CloseReason::ClosedBy(Some(caller.session.user.clone()));
    if caller.came_through(&open) {
        let server = Arc::clone(caller.server);
        caller.once_answered(move || _ = server.close(number, why));
        return Ok(());
    }
    if caller.server.close(number, why) { Ok(()) } else { Err(Win32Error::NERR_FILE_ID_NOT_FOUND) }
}

#[cfg(test)]
mod tests {
    use netsession_smb::fscc::AccessMask;
    use netsession_srvs::info::FileId;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would leave the file open, close another file, or let a user who is no administrator close files.
    #[test]
    fn the_named_file_is_closed_once() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let first = stage.open(&alice.session, "a.txt", AccessMask::WRITE_DATA);
        let second = stage.open(&alice.session, "b.txt", AccessMask::WRITE_DATA);
        let close = |client, number: OpenNumber| {
            let request = Request { server_name: None, file_id: FileId(number.0) };
            request.respond(&stage.caller(client)).status.0
        };
        assert_eq!(close(&alice, first.number), 5);
        assert!(!first.is_closed());
        assert_eq!(close(&admin, first.number), 0);
        assert!(first.is_closed() && !second.is_closed());
        assert_eq!(close(&admin, first.number), 2314);
        assert_eq!(close(&admin, OpenNumber(u32::MAX)), 2314);
        assert_eq!(alice.session.open_count(), 2, "her pipe and the other file");
    }

    /// A failure here would lose the response when a caller closes its own pipe, or leave the pipe open.
    #[test]
    fn the_callers_own_pipe_closes_after_the_response() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let caller = stage.caller(&admin);
        let request = Request { server_name: None, file_id: FileId(admin.open.number.0) };
        assert_eq!(request.respond(&caller).status, Win32Error::NERR_SUCCESS);
        assert!(!admin.open.is_closed());
        caller.into_later().into_iter().for_each(crate::named_pipe::Later::now);
        assert!(admin.open.is_closed());
    }
}
