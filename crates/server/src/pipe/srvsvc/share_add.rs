//! NetrShareAdd ([MS-SRVS] 3.1.4.7).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 2, 502, 503 | administrators | 5 for a folder outside of those that the server opens to shares; 50 for a security descriptor; 87 and the member for a wrong one, also for a type other than a folder or a temporary one, a UNC path, and `ADMIN$` with a path; 123 for a name that no share can have; 2116 for another drive than C:, a folder that does not exist, and `ADMIN$`; 2118 for a name that is taken |

use std::path::Path;

use netsession_srvs::info::{ShareInfo, ShareLevel, ShareType};
use netsession_srvs::share_add::{Request, Response};
use netsession_wire::{Win32Error, wide};

use super::info::disk_path;
use super::members::{self, NETNAME, PATH, Refusal, TYPE, wrong};
use super::{Caller, Respond};
use crate::folder::Folder;
use crate::fs::SharePath;
use crate::fs::root::Root;
use crate::state::{Rules, Share};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let (status, member) = add(caller, &self).err().unwrap_or((Win32Error::NERR_SUCCESS, None));
        Response { parm_err: self.parm_err.map(|_| member.unwrap_or_default()), status }
    }
}

fn add(caller: &Caller<'_>, request: &Request) -> Result<(), Refusal> {
    caller.must_be_admin().map_err(|status| (status, None))?;
    let level = request.info_struct.level;
    if !matches!(level, ShareLevel::INFO_2 | ShareLevel::INFO_502 | ShareLevel::INFO_503) {
        return Err((Win32Error::ERROR_INVALID_LEVEL, None));
    }
    let info = request.info_struct.info.as_ref().ok_or((Win32Error::ERROR_INVALID_PARAMETER, None))?;
    let name = checked_name(info)?;
    if caller.server.share(name).is_some() {
        return Err((Win32Error::NERR_DUPLICATE_SHARE, None));
    }
    let comment = members::remark(info)?;
    let kind = info.r#type.unwrap_or_default().without_cluster();
    if ![ShareType::DISKTREE, ShareType::DISKTREE.temporary()].contains(&kind) {
        return Err(wrong(TYPE));
    }
    let limit = members::max_uses(info)?;
    if !info.security_descriptor.as_slice().is_empty() {
        return Err((Win32Error::ERROR_NOT_SUPPORTED, None));
    }
    let root = open(caller, folder(info, name)?)?;
    let rules = Rules::of_server(caller.server.encrypts_shares());
    let share = Share::disk(&caller.server.common, name.to_owned(), comment, root, false);
    let share = share.with_rules(rules).temporary(kind.is_temporary());
    share.set_limit(limit);
    match caller.server.add_share(share) {
        true => Ok(()),
        false => Err((Win32Error::NERR_DUPLICATE_SHARE, None)),
    }
}

/// Returns the name of the new share.
fn checked_name(info: &ShareInfo) -> Result<&str, Refusal> {
    const MAX: usize = 80;
    let name = info.netname.as_deref().filter(|name| (1..=MAX).contains(&wide::len(name)));
    let name = name.ok_or(wrong(NETNAME))?;
    if ["pipe", "mailslot"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Err((Win32Error::ERROR_ACCESS_DENIED, None));
    }
    let is_path = [".", ".."].contains(&name) || name.trim() != name;
    match Folder::is_valid_name(name) && !is_path {
        true => Ok(name),
        false => Err((Win32Error::ERROR_INVALID_NAME, None)),
    }
}

/// Returns the path of the new share. That of `ADMIN$` must be NULL and stands for the folder of Windows, which this server
/// lacks.
fn folder<'a>(info: &'a ShareInfo, name: &str) -> Result<&'a str, Refusal> {
    match (&info.path, name.eq_ignore_ascii_case("ADMIN$")) {
        (None, true) => Err((Win32Error::NERR_UNKNOWN_DEV_DIR, None)),
        (None, false) | (Some(_), true) => Err(wrong(PATH)),
        (Some(path), false) => Ok(path),
    }
}

/// Opens a folder in or below one of those that are open to shares. The kernel keeps the path beneath it.
fn open(caller: &Caller<'_>, path: &str) -> Result<Root, Refusal> {
    let start = path.get(..2);
    if start.is_some_and(|start| start.chars().all(|c| ['\\', '/'].contains(&c))) {
        // The path of another server, which is not the folder of the same name here.
        return Err(wrong(PATH));
    }
    let drive = start.filter(|start| start.ends_with(':'));
    let path = disk_path(path).ok_or(wrong(PATH))?;
    // Only Windows has other drives; there one of them has to be that of an open folder.
    if cfg!(unix) && drive.is_some_and(|drive| !drive.eq_ignore_ascii_case("C:")) {
        return Err((Win32Error::NERR_UNKNOWN_DEV_DIR, None));
    }
    let roots = caller.server.open_to_shares.get().map_or(&[][..], Vec::as_slice);
    let below = |root: &Root| {
        let names = path.strip_prefix(root.path()).ok()?.iter().map(|name| name.to_str().map(str::to_owned));
        Some(root.below(&names.collect::<Option<SharePath>>()?))
    };
    match roots.iter().find_map(below) {
        Some(opened) => opened.map_err(|_| (Win32Error::NERR_UNKNOWN_DEV_DIR, None)),
        None => Err((Win32Error::ERROR_ACCESS_DENIED, None)),
    }
}

/// Returns whether the folder of a share is in or below one of those that are open to shares.
pub(super) fn is_open_to_shares(caller: &Caller<'_>, folder: &Path) -> bool {
    let roots = caller.server.open_to_shares.get().map_or(&[][..], Vec::as_slice);
    let is_below = |folder: &Path| {
        let above = |root: &Root| root.path().canonicalize().is_ok_and(|root| folder.starts_with(root));
        roots.iter().any(above)
    };
    folder.canonicalize().is_ok_and(|folder| is_below(&folder))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use netsession_rpc::ndr::Counted;
    use netsession_srvs::InfoStruct;

    use super::*;
    use crate::pipe::srvsvc::info::{local_path, share};
    use crate::pipe::testing::Stage;

    /// What the server says of another drive than that of its folders: Unix has none.
    const OTHER_DRIVE: (u32, u32) = if cfg!(windows) { (5, 0) } else { (2116, 0) };

    /// Returns the folder of the stage without links. On Windows the system would put `\\?\` before it.
    fn own_path(stage: &Stage) -> PathBuf {
        let path = stage.folder.path();
        if cfg!(windows) { path.to_owned() } else { path.canonicalize().unwrap() }
    }

    /// A failure here would let an administrator share folders that the server does not open to shares, or let a user share
    /// any.
    #[test]
    fn only_folders_that_are_open_to_shares_are_shared() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let folder = own_path(&stage);
        std::fs::create_dir(folder.join("open")).unwrap();
        std::fs::create_dir(folder.join("open/team")).unwrap();
        std::fs::write(folder.join("open/file"), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&folder, folder.join("open/out")).unwrap();
        let wire = |path: &str| match cfg!(windows) {
            true => folder.join(path).display().to_string().replace('/', r"\"),
            false => format!("C:{}", folder.join(path).display()).replace('/', r"\"),
        };
        let add = |client, name: &str, path: &str, change: &dyn Fn(&mut ShareInfo)| {
            let mut info = ShareInfo {
                netname: Some(name.to_owned()),
                path: Some(path.to_owned()),
                max_uses: Some(u32::MAX),
                ..ShareInfo::default()
            };
            change(&mut info);
            let info_struct = InfoStruct::with(ShareLevel::INFO_502, info);
            let request = Request { server_name: None, info_struct, parm_err: Some(0) };
            let answer = request.respond(&stage.caller(client));
            (answer.status.0, answer.parm_err.unwrap())
        };
        let plain = |_: &mut ShareInfo| ();
        assert_eq!(add(&admin, "team", &wire("open/team"), &plain), (5, 0), "no folder is open to shares");
        stage.state.open_to_shares.set(vec![Root::open(&folder.join("open")).unwrap()]).unwrap();
        assert_eq!(add(&alice, "team", &wire("open/team"), &plain), (5, 0));
        assert_eq!(add(&admin, "team", &wire("open/team"), &plain), (0, 0));
        assert_eq!(local_path(&stage.state.share("TEAM").unwrap()), wire("open/team"));
        for (name, path, expected) in [
            ("Team", wire("open"), (2118, 0)),
            ("a", wire(""), (5, 0)),
            ("a", wire("open/.."), (87, 8)),
            #[cfg(unix)]
            ("a", wire("open/out"), (2116, 0)),
            ("a", wire("open/file"), (2116, 0)),
            ("a", wire("open/nothing"), (2116, 0)),
            ("a", wire("open").replace("C:", "D:"), OTHER_DRIVE),
            ("a", wire("open").replace("C:", "z:").replace('\\', "/"), OTHER_DRIVE),
            (".", wire("open"), (123, 0)),
            ("..", wire("open"), (123, 0)),
            ("a ", wire("open"), (123, 0)),
            ("a", "team".to_owned(), (87, 8)),
            ("a", wire("open").replace("C:", r"\"), (87, 8)),
            ("a", wire("open").replace("C:", "/").replace('\\', "/"), (87, 8)),
            ("admin$", wire("open"), (87, 8)),
            ("a", String::new(), (87, 8)),
            ("", wire("open"), (87, 1)),
            ("pipe", wire("open"), (5, 0)),
            ("a/b", wire("open"), (123, 0)),
        ] {
            assert_eq!(add(&admin, name, &path, &plain), expected, "{name} {path}");
        }
        let open = wire("open");
        assert_eq!(add(&admin, "ADMIN$", &open, &|info| info.path = None), (2116, 0));
        assert_eq!(add(&admin, "a", &open, &|info| info.path = None), (87, 8));
        for kind in [ShareType::PRINTQ, ShareType(0x8000_0000), ShareType(0x100)] {
            assert_eq!(add(&admin, "team", &open, &|info| info.r#type = Some(kind)), (2118, 0), "{kind:?}");
            assert_eq!(add(&admin, "a", &open, &|info| info.r#type = Some(kind)), (87, 3), "{kind:?}");
        }
        assert_eq!(add(&admin, "a", &open, &|info| info.remark = Some("x".repeat(49))), (87, 4));
        assert_eq!(add(&admin, "a", &open, &|info| info.max_uses = Some(0)), (87, 6));
        assert_eq!(
            add(&admin, "a", &open, &|info| info.security_descriptor = Counted::from(vec![1])),
            (50, 0)
        );
        assert!(stage.state.share("a").is_none());
        assert_eq!(add(&admin, "few", &open, &|info| info.max_uses = Some(5)), (0, 0));
        assert_eq!(stage.state.share("few").unwrap().limit(), 5);
    }

    /// A failure here would hide from a program that its share ends with the server, though it asked for just that.
    #[test]
    fn a_temporary_share_is_listed_as_one() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let folder = own_path(&stage);
        stage.state.open_to_shares.set(vec![Root::open(&folder).unwrap()]).unwrap();
        let info = ShareInfo {
            netname: Some("soon".to_owned()),
            r#type: Some(ShareType(0x4e00_0000)),
            path: Some(local_path(&stage.state.share("data").unwrap())),
            max_uses: Some(u32::MAX),
            ..ShareInfo::default()
        };
        let info_struct = InfoStruct::with(ShareLevel::INFO_2, info);
        let request = Request { server_name: None, info_struct, parm_err: None };
        assert_eq!(request.respond(&stage.caller(&admin)).status, Win32Error::NERR_SUCCESS);
        let listed = share(&stage.state.share("soon").unwrap());
        assert_eq!(listed.r#type, Some(ShareType::DISKTREE.temporary()));
    }
}
