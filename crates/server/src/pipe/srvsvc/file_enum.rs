//! NetrFileEnum ([MS-SRVS] 3.1.4.2).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 2, 3 | administrators | the user `\\client` selects by client, and `\\CLIENT#ID` by the session with this id; files whose clients have lost their connections are listed, too |

use std::net::IpAddr;
use std::sync::Arc;

use netsession_smb::auth::Proof;
use netsession_smb::msg;
use netsession_srvs::file_enum::{Request, Response};
use netsession_srvs::info::{FileInfo, FileLevel};
use netsession_srvs::{EnumStruct, SessionId};
use netsession_wire::Win32Error;

use super::names::{checked_name, same_client, same_user, within};
use super::page::{Page, PageRequest, page};
use super::{Caller, Respond, info};
use crate::state::Open;

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let level = self.info_struct.level;
        match list(caller, &self) {
            Err(status) => Response { info_struct: self.info_struct, status, ..Response::default() },
            Ok(Page { entries, total, resume, status }) => Response {
                info_struct: EnumStruct::with(level, entries),
                total_entries: total,
                resume_handle: self.resume_handle.map(|_| resume),
                status,
            },
        }
    }
}

fn list(caller: &Caller<'_>, request: &Request) -> Result<Page<FileInfo>, Win32Error> {
    if !FileLevel::ALL.contains(&request.info_struct.level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    caller.must_be_admin()?;
    let (base, user) =
        (checked_name(request.base_path.as_deref())?, checked_name(request.user_name.as_deref())?);
    // A user of the form `\\CLIENT` selects by client, as servers do since Windows 7.
    // `\\CLIENT#ID` is one session of the client, as in NetrSessionDel.
    let single = user.filter(|user| user.starts_with(r"\\")).and_then(SessionId::split_client);
    let is_selected =
        |session: msg::SessionId, address: IpAddr, name: &str, proof: Proof| match (single, user) {
            (Some((client, id)), _) => SessionId::new(session.0) == Some(id) && same_client(client, address),
            (None, None) => true,
            (None, Some(client)) if client.starts_with(r"\\") => same_client(client, address),
            (None, Some(user)) => same_user(user, name, proof),
        };
    let sessions = caller.server.sessions();
    let opens = sessions.iter().flat_map(|session| {
        let kept = is_selected(session.id, session.client(), &session.user, session.proof);
        session.opens().into_iter().map(move |open| (open, kept))
    });
    // A client that has lost its connection can come back to its files.
    let lost = caller.server.lost_opens().into_iter().map(|(open, holder)| {
        let kept = is_selected(holder.session, holder.client, &holder.user, holder.proof);
        (open, kept)
    });
    let opens: Vec<(Arc<Open>, bool)> = opens.chain(lost).collect();
    let keep = |(open, kept): &(Arc<Open>, bool)| {
        let file = kept.then(|| info::file(open))?;
        let path = file.pathname.as_deref().unwrap_or_default();
        base.is_none_or(|base| within(base, path)).then_some(file)
    };
    let page_request =
        PageRequest { resume: request.resume_handle, maximum: request.prefered_maximum_length };
    let listed = page(&opens, page_request, keep, |file| [&file.pathname, &file.username]);
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use netsession_smb::fscc::AccessMask;
    use netsession_srvs::info::FilePermissions;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would let an administrator close the wrong file, or hide who has a file open.
    #[test]
    fn open_files_are_listed_and_selected() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let alice = stage.log_on("alice", "10.0.0.7");
        let bob = stage.log_on("bob", "10.0.0.8");
        let file = stage.open(&alice, "A.txt", AccessMask::READ_DATA | AccessMask::DELETE);
        std::fs::create_dir(stage.folder.path().join("dir")).unwrap();
        stage.open(&bob, r"dir\b.txt", AccessMask::WRITE_DATA);
        let folder = super::super::info::local_path(&stage.state.share("data").unwrap());
        let listed = |base: &str, user: &str| {
            let request = Request {
                base_path: Some(base.to_owned()),
                user_name: Some(user.to_owned()),
                ..Request::asking(FileLevel::INFO_3)
            };
            let response = request.respond(&stage.caller(&admin));
            assert_eq!(response.status, Win32Error::NERR_SUCCESS);
            let entries = response.info_struct.into_entries();
            assert_eq!(response.total_entries as usize, entries.len());
            entries
        };
        let all = listed("", "");
        let paths: Vec<_> = all.iter().filter_map(|file| file.pathname.clone()).collect();
        let (a, b) = (format!(r"{folder}\A.txt"), format!(r"{folder}\dir\b.txt"));
        assert_eq!(paths, [r"\PIPE\srvsvc", &a, &b], "the caller's own pipe too");
        assert_eq!(
            all.get(1),
            Some(&FileInfo {
                id: netsession_srvs::info::FileId(file.number.0),
                permissions: Some(FilePermissions::READ | FilePermissions::DELETE),
                num_locks: Some(0),
                pathname: Some(a.clone()),
                username: Some("alice".into()),
            })
        );
        let one = |base: &str, user: &str| {
            let [only] = &listed(base, user)[..] else { panic!("{base} {user}") };
            only.pathname.clone().unwrap()
        };
        assert_eq!(one("", "ALICE"), a);
        assert_eq!(one("", r"\\10.0.0.8"), b);
        assert_eq!(one(&format!(r"{folder}\DIR"), ""), b);
        assert_eq!(one(&folder, "alice"), a);
        assert_eq!(listed(&format!(r"{folder}\di"), ""), []);
        assert_eq!(listed("", r"\\10.0.0.9"), []);
    }

    /// A failure here would show the files of another session of the same user, and let a person believe that they are lost.
    #[test]
    fn an_id_selects_the_files_of_one_session() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let sessions = ["a.txt", "b.txt"].map(|name| {
            let session = stage.log_on("alice", "10.0.0.7");
            stage.open(&session, name, AccessMask::READ_DATA);
            session
        });
        let listed = |user: &str| -> Vec<String> {
            let asking = Request::asking(FileLevel::INFO_3);
            let request = Request { user_name: Some(user.to_owned()), ..asking };
            let entries = request.respond(&stage.caller(&admin)).info_struct.into_entries();
            let name = |file: FileInfo| file.pathname.unwrap().rsplit('\\').next().unwrap().to_owned();
            entries.into_iter().map(name).collect()
        };
        let [first, second] = [&sessions[0], &sessions[1]].map(|one| SessionId::new(one.id.0).unwrap());
        assert_eq!(listed(&first.with_client("10.0.0.7")), ["a.txt"]);
        assert_eq!(listed(&second.with_client("10.0.0.7")), ["b.txt"]);
        for nobody in [first.with_client("10.0.0.8"), format!("10.0.0.7#{first}"), format!(r"\\#{first}")] {
            assert!(listed(&nobody).is_empty(), "{nobody}");
        }
    }

    /// A failure here would accept a wrong request, or show the open files to a user who is no administrator.
    #[test]
    fn refuses_as_specified() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let status = |client, request: Request| request.respond(&stage.caller(client)).status.0;
        let long = Some("x".repeat(1_024));
        let asking = || Request::asking(FileLevel::INFO_2);
        assert_eq!(status(&admin, Request { base_path: long.clone(), ..asking() }), 87);
        assert_eq!(status(&admin, Request { user_name: long, ..asking() }), 87);
        assert_eq!(status(&admin, Request { prefered_maximum_length: 10, ..asking() }), 2123);
        assert_eq!(status(&admin, Request { prefered_maximum_length: 0, ..asking() }), 0);
        assert_eq!(status(&admin, Request::asking(FileLevel(4))), 124);
        assert_eq!(status(&alice, asking()), 5);
    }
}
