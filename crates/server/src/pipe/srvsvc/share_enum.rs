//! NetrShareEnum ([MS-SRVS] 3.1.4.8).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0, 1, 501; 2, 502, 503 | everybody; administrators | |

use netsession_srvs::info::{ShareInfo, ShareLevel};
use netsession_srvs::share_enum::{Request, Response};
use netsession_srvs::{EnumStruct, Info as _};
use netsession_wire::Win32Error;

use super::page::{Page, PageRequest, page};
use super::{Caller, Respond, info};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let listed = list(caller, &self);
        response(self, listed)
    }
}

/// Lists the shares, for this operation and for NetrShareEnumSticky: the server has the same shares after a restart.
pub(super) fn list(caller: &Caller<'_>, request: &Request) -> Result<Page<ShareInfo>, Win32Error> {
    let level = request.info_struct.level;
    if !ShareInfo::ENUM_LEVELS.contains(&level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    if is_for_administrators(level) {
        caller.must_be_admin()?;
    }
    let page_request =
        PageRequest { resume: request.resume_handle, maximum: request.prefered_maximum_length };
    let keep = |share: &_| Some(info::share(share));
    Ok(page(&caller.server.shares(), page_request, |share| keep(share), texts))
}

pub(super) fn response(request: Request, listed: Result<Page<ShareInfo>, Win32Error>) -> Response {
    match listed {
        Err(status) => Response { info_struct: request.info_struct, status, ..Response::default() },
        Ok(Page { entries, total, resume, status }) => Response {
            info_struct: EnumStruct::with(request.info_struct.level, entries),
            total_entries: total,
            resume_handle: request.resume_handle.map(|_| resume),
            status,
        },
    }
}

/// Returns whether a level is for administrators: it has the path of the folder and its security descriptor.
pub(super) fn is_for_administrators(level: ShareLevel) -> bool {
    matches!(level, ShareLevel::INFO_2 | ShareLevel::INFO_502 | ShareLevel::INFO_503)
}

fn texts(share: &ShareInfo) -> [&Option<String>; 4] {
    [&share.netname, &share.remark, &share.path, &share.servername]
}

#[cfg(test)]
mod tests {
    use netsession_smb::Structure;
    use netsession_smb::fscc::{AccessMask, SecurityDescriptor};
    use netsession_srvs::info::ShareType;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show wrong shares or wrong rights to clients.
    #[test]
    fn shares_are_described() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let response = Request::asking(ShareLevel::INFO_503).respond(&stage.caller(&admin));
        let [pipes, data] = response.info_struct.entries() else { panic!("{response:?}") };
        assert_eq!((pipes.netname.as_deref(), pipes.r#type), (Some("IPC$"), Some(ShareType(0x8000_0003))));
        assert_eq!((pipes.path.as_deref(), pipes.current_uses), (Some(""), Some(1)));
        assert!(pipes.security_descriptor.is_null());
        assert_eq!((data.netname.as_deref(), data.r#type), (Some("data"), Some(ShareType::DISKTREE)));
        assert_eq!(
            (data.remark.as_deref(), data.current_uses, data.max_uses),
            (Some("Data"), Some(0), Some(u32::MAX))
        );
        let path = stage.folder.path().to_str().unwrap().replace('/', r"\");
        assert_eq!(data.path, Some(if cfg!(windows) { path } else { format!("C:{path}") }));
        let descriptor = SecurityDescriptor::from_bytes(data.security_descriptor.as_slice()).unwrap();
        let aces = descriptor.dacl.unwrap().aces;
        assert!(matches!(
            &aces[..],
            [ace] if matches!(&ace.body, netsession_smb::fscc::AceBody::Rights { mask, sid, .. }
                if *mask == AccessMask::FILE_ALL && sid.to_string() == "S-1-5-11")
        ));
    }

    /// A failure here would hide the shares from users, or show them the paths of the folders.
    #[test]
    fn paths_and_rights_are_for_administrators() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let status =
            |client, level| Request::asking(ShareLevel(level)).respond(&stage.caller(client)).status.0;
        for level in [0, 1, 501, 2, 502, 503] {
            assert_eq!(status(&admin, level), 0, "{level}");
            assert_eq!(status(&alice, level), if [0, 1, 501].contains(&level) { 0 } else { 5 }, "{level}");
        }
        for (prefered_maximum_length, expected) in [(0, 0), (63, 2123), (100, 234)] {
            let request = Request { prefered_maximum_length, ..Request::asking(ShareLevel::INFO_1) };
            let status = request.respond(&stage.caller(&alice)).status.0;
            assert_eq!(status, expected, "{prefered_maximum_length}");
        }
        for level in [3, 1004, 1005] {
            assert_eq!(status(&admin, level), 124, "{level}");
        }
    }
}
