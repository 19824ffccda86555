//! NetrWkstaUserEnum ([MS-WKST] 3.2.4.3). The users of this server are those who have a session.

use netsession_wire::Win32Error;
use netsession_wkssvc::wksta_user_enum::{LEVELS, Request, Response, UserEnum, WkstaUserInfo};

use super::{Caller, Respond, group, users};
use crate::pipe::page::{Page, PageRequest, page};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        match list(caller, &self) {
            Err(status) => Response { info_struct: self.info_struct, status, ..Response::default() },
            Ok(Page { entries, total, resume, status }) => Response {
                info_struct: UserEnum { level: self.info_struct.level, container: Some(entries.into()) },
                total_entries: total,
                resume_handle: self.resume_handle.map(|_| resume),
                status,
            },
        }
    }
}

fn list(caller: &Caller<'_>, request: &Request) -> Result<Page<WkstaUserInfo>, Win32Error> {
    caller.must_be_admin()?;
    if !LEVELS.contains(&request.info_struct.level) {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    let page_request =
        PageRequest { resume: request.resume_handle, maximum: request.prefered_maximum_length };
    let users: Vec<String> = users(caller).into_iter().collect();
    let keep = |user: &String| Some(info(caller, user));
    Ok(page(&users, page_request, keep, texts))
}

/// Describes a user. A user of Kerberos, `alice@LAB.TEST`, has the realm as domain.
fn info(caller: &Caller<'_>, user: &str) -> WkstaUserInfo {
    let (name, domain) = user.rsplit_once('@').map_or((user, None), |(name, realm)| (name, Some(realm)));
    WkstaUserInfo {
        username: Some(name.to_owned()),
        logon_domain: Some(domain.map_or_else(|| group(caller), str::to_owned)),
        oth_domains: Some(String::new()),
        logon_server: Some(caller.server.identity.name.clone()),
    }
}

fn texts(user: &WkstaUserInfo) -> [&Option<String>; 4] {
    [&user.username, &user.logon_domain, &user.oth_domains, &user.logon_server]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show the users of a server to everybody, or leave a user out.
    #[test]
    fn administrators_list_each_user_once() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        stage.log_on("alice", "10.0.0.8");
        stage.log_on("zoe@LAB.TEST", "10.0.0.9");
        let list = |client, request: Request| request.respond(&stage.caller(client));
        let response = list(&admin, Request::asking(1));
        assert_eq!((response.status.0, response.total_entries), (0, 3));
        let users = response.info_struct.into_entries();
        let names =
            |user: &WkstaUserInfo| (user.username.clone().unwrap(), user.logon_domain.clone().unwrap());
        let expected = [("admin", "FS1"), ("alice", "FS1"), ("zoe", "LAB.TEST")];
        assert_eq!(
            users.iter().map(names).collect::<Vec<_>>(),
            expected.map(|(name, domain)| (name.to_owned(), domain.to_owned()))
        );
        assert_eq!(list(&alice, Request::asking(0)).status.0, 5);
        assert_eq!(list(&admin, Request::asking(2)).status.0, 124);
        let first = list(&admin, Request { prefered_maximum_length: 100, ..Request::asking(1) });
        assert_eq!((first.status.0, first.resume_handle), (234, Some(1)));
        let rest = Request { resume_handle: first.resume_handle, ..Request::asking(1) };
        let rest = list(&admin, rest);
        assert_eq!((rest.status.0, rest.info_struct.into_entries().len()), (0, 2));
    }
}
