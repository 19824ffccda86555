//! NetrConnectionEnum ([MS-SRVS] 3.1.4.1).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0, 1 | administrators | 87 without a share or `\\client`; success with an empty list if nothing matches |

use std::sync::Arc;

use netsession_srvs::EnumStruct;
use netsession_srvs::connection_enum::{Request, Response};
use netsession_srvs::info::{ConnectionInfo, ConnectionLevel};
use netsession_wire::Win32Error;
use netsession_wire::name::is_same_name;

use super::names::{checked_name, same_client};
use super::page::{Page, PageRequest, page};
use super::{Caller, Respond, info};
use crate::state::{Session, Tree};

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

fn list(caller: &Caller<'_>, request: &Request) -> Result<Page<ConnectionInfo>, Win32Error> {
    if !ConnectionLevel::ALL.contains(&request.info_struct.level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    caller.must_be_admin()?;
    let qualifier = checked_name(request.qualifier.as_deref())?.ok_or(Win32Error::ERROR_INVALID_PARAMETER)?;
    let sessions = caller.server.sessions();
    let trees = |session: &Arc<Session>| {
        let session = Arc::clone(session);
        session.trees().into_iter().map(move |tree| (Arc::clone(&session), tree))
    };
    let connections: Vec<(Arc<Session>, Arc<Tree>)> = sessions.iter().flat_map(trees).collect();
    let now = caller.server.environment.uptime();
    let keep = |(session, tree): &(Arc<Session>, Arc<Tree>)| {
        let netname = if qualifier.starts_with(r"\\") {
            same_client(qualifier, session.client()).then(|| tree.share.name.clone())
        } else {
            is_same_name(qualifier, &tree.share.name).then(|| format!(r"\\{}", session.client()))
        };
        netname.map(|netname| info::connection(session, tree, netname, now))
    };
    let page_request =
        PageRequest { resume: request.resume_handle, maximum: request.prefered_maximum_length };
    Ok(page(&connections, page_request, keep, |info| [&info.username, &info.netname]))
}

#[cfg(test)]
mod tests {
    use netsession_smb::fscc::AccessMask;
    use netsession_srvs::info::ShareType;

    use super::*;
    use crate::pipe::testing::Stage;

    fn asking(qualifier: &str) -> Request {
        Request { qualifier: Some(qualifier.into()), ..Request::asking(ConnectionLevel::INFO_1) }
    }

    /// A failure here would show an administrator the wrong users of a share, or two connections with the same id.
    #[test]
    fn by_share_and_by_client() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let alice = stage.log_on("alice", "10.0.0.7");
        let bob = stage.log_on("bob", "10.0.0.8");
        let open = stage.open(&alice, "a.txt", AccessMask::READ_DATA);
        stage.open(&bob, "b.txt", AccessMask::READ_DATA);
        stage.wait(9);
        let of_share = asking("DATA").respond(&stage.caller(&admin));
        let [first, second] = of_share.info_struct.entries() else { panic!("{of_share:?}") };
        let expected = ConnectionInfo {
            id: first.id,
            r#type: Some(ShareType::DISKTREE),
            num_opens: Some(1),
            num_users: Some(1),
            time: Some(9),
            username: Some("alice".into()),
            netname: Some(r"\\10.0.0.7".into()),
        };
        assert_eq!((first, first.id.0), (&expected, open.tree_id().0));
        assert_eq!(second.username.as_deref(), Some("bob"));
        assert_ne!(first.id, second.id);
        let of_client = asking(r"\\10.0.0.1").respond(&stage.caller(&admin));
        let [own] = of_client.info_struct.entries() else { panic!("{of_client:?}") };
        assert_eq!((own.netname.as_deref(), own.r#type), (Some("IPC$"), Some(ShareType::IPC)));
        let nobody = asking(r"\\10.0.0.9").respond(&stage.caller(&admin));
        assert_eq!((nobody.status, nobody.info_struct.entries().len()), (Win32Error::NERR_SUCCESS, 0));
    }

    /// A failure here would accept a wrong request, or show the connections to a user who is no administrator.
    #[test]
    fn refuses_as_specified() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let status = |client, request: Request| request.respond(&stage.caller(client)).status.0;
        assert_eq!(status(&admin, asking("")), 87);
        assert_eq!(status(&admin, Request { qualifier: None, ..asking("") }), 87);
        assert_eq!(status(&admin, asking(&"x".repeat(1_024))), 87);
        assert_eq!(
            status(&admin, Request { info_struct: EnumStruct::asking(ConnectionLevel(2)), ..asking("d") }),
            124
        );
        let limited = |prefered_maximum_length| Request { prefered_maximum_length, ..asking("IPC$") };
        assert_eq!([0, 63].map(|maximum| status(&admin, limited(maximum))), [0, 2123]);
        assert_eq!(status(&alice, asking("data")), 5);
    }
}
