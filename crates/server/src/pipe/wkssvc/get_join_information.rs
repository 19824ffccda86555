//! NetrGetJoinInformation ([MS-WKST] 3.2.4.12). This server is in a workgroup of its own name.

use netsession_wire::Win32Error;
use netsession_wkssvc::get_join_information::{JoinStatus, Request, Response};

use super::{Caller, Respond, group};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        Response {
            name_buffer: Some(group(caller)),
            buffer_type: JoinStatus::WORKGROUP,
            status: Win32Error::NERR_SUCCESS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would make clients look for a domain that does not exist.
    #[test]
    fn the_server_is_in_a_workgroup() {
        let stage = Stage::new();
        let alice = stage.pipe("alice", "10.0.0.7");
        let response = Request::default().respond(&stage.caller(&alice));
        assert_eq!(response.name_buffer.as_deref(), Some("FS1"));
        assert_eq!(
            (response.buffer_type, response.status),
            (JoinStatus::WORKGROUP, Win32Error::NERR_SUCCESS)
        );
    }
}
