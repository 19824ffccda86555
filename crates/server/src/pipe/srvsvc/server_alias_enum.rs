//! NetrServerAliasEnum ([MS-SRVS] 3.1.4.45).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0 | administrators | an empty list: the server has no other names |

use netsession_srvs::EnumStruct;
use netsession_srvs::server_alias_enum::{AliasLevel, Request, Response};
use netsession_wire::Win32Error;

use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let level = self.info_struct.level;
        let status = match caller.must_be_admin() {
            Ok(()) if level == AliasLevel::INFO_0 => Win32Error::NERR_SUCCESS,
            Ok(()) => Win32Error::ERROR_INVALID_LEVEL,
            Err(status) => status,
        };
        let resume_handle = self.resume_handle.map(|_| 0);
        Response { info_struct: EnumStruct::with(level, Vec::new()), total_entries: 0, resume_handle, status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show names that the server does not have.
    #[test]
    fn there_are_no_aliases() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let respond = |client, level| {
            let info_struct = EnumStruct::asking(AliasLevel(level));
            Request { info_struct, ..Request::default() }.respond(&stage.caller(client))
        };
        let response = respond(&admin, 0);
        assert_eq!((response.status.0, response.info_struct.entries().len()), (0, 0));
        assert_eq!((respond(&admin, 1).status.0, respond(&alice, 0).status.0), (124, 5));
    }
}
