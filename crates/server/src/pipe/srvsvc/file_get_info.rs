//! NetrFileGetInfo ([MS-SRVS] 3.1.4.3).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 2, 3 | administrators | 2 for an unknown id |

use netsession_srvs::InfoStruct;
use netsession_srvs::file_get_info::{Request, Response};
use netsession_srvs::info::{FileInfo, FileLevel};
use netsession_wire::Win32Error;

use super::{Caller, Respond, info};
use crate::state::OpenNumber;

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let level = self.level;
        match find(caller, &self) {
            Err(status) => Response { info_struct: InfoStruct { level, info: None }, status },
            Ok(info) => {
                Response { info_struct: InfoStruct::with(level, info), status: Win32Error::NERR_SUCCESS }
            }
        }
    }
}

fn find(caller: &Caller<'_>, request: &Request) -> Result<FileInfo, Win32Error> {
    if !FileLevel::ALL.contains(&request.level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    caller.must_be_admin()?;
    let open = caller.server.open(OpenNumber(request.file_id.0));
    open.map(|open| info::file(&open)).ok_or(Win32Error::ERROR_FILE_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use netsession_smb::fscc::AccessMask;
    use netsession_srvs::info::FileId;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would return the wrong file, or show a file to a user who is no administrator.
    #[test]
    fn one_file_for_administrators() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let open = stage.open(&alice.session, "a.txt", AccessMask::WRITE_DATA);
        let respond = |client, id, level| {
            let request = Request { server_name: None, file_id: FileId(id), level };
            request.respond(&stage.caller(client))
        };
        let response = respond(&admin, open.number.0, FileLevel::INFO_3);
        let info = response.info_struct.info.unwrap();
        assert_eq!((info.id.0, info.username.as_deref()), (open.number.0, Some("alice")));
        assert!(info.pathname.unwrap().ends_with(r"\a.txt"));
        let id = respond(&admin, open.number.0, FileLevel::INFO_2).info_struct.info.unwrap().id;
        assert_eq!(id.0, open.number.0);
        assert_eq!(respond(&admin, 0xffff_fff0, FileLevel::INFO_3).status.0, 2);
        assert_eq!(respond(&admin, open.number.0, FileLevel(1)).status.0, 124);
        assert_eq!(respond(&alice, open.number.0, FileLevel::INFO_3).status.0, 5);
    }
}
