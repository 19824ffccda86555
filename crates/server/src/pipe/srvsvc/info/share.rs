use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf, Prefix};

use netsession_rpc::ndr::Counted;
use netsession_smb::Structure;
use netsession_smb::fscc::{Ace, AceFlags, Acl, SecurityControl, SecurityDescriptor, Sid};
use netsession_srvs::info::{ShareFlags, ShareInfo, ShareType};

use crate::fs::name::{from_wire, to_wire};
use crate::state::{Content, Share};

/// The properties of every share. Both bits tell clients to cache nothing, as the response to TREE_CONNECT does.
pub(in super::super) const FLAGS: ShareFlags =
    ShareFlags::CSC_CACHE_AUTO_REINT.union(ShareFlags::CSC_CACHE_VDO);

/// Describes a share ([MS-SMB2] 3.3.4.16).
pub(in super::super) fn share(share: &Share) -> ShareInfo {
    ShareInfo {
        netname: Some(share.name.clone()),
        r#type: Some(share_type(share)),
        remark: Some(share.comment()),
        permissions: Some(0),
        max_uses: Some(share.limit()),
        current_uses: Some(share.connection_count()),
        path: Some(local_path(share)),
        passwd: None,
        servername: Some("*".to_owned()),
        flags: Some(FLAGS),
        security_descriptor: descriptor(share)
            .and_then(|descriptor| descriptor.to_bytes().ok())
            .map_or(Counted::NULL, Counted::from),
    }
}

/// Returns the type of a share, with the marks for special and temporary ones.
pub(in super::super) fn share_type(share: &Share) -> ShareType {
    match share.content {
        Content::Pipes => ShareType::IPC.special(),
        Content::Disk(_) if share.is_temporary => ShareType::DISKTREE.temporary(),
        Content::Disk(_) => ShareType::DISKTREE,
    }
}

/// Returns the folder of a share in the form that Windows' tools expect; the empty text for pipes.
pub(in super::super) fn local_path(share: &Share) -> String {
    match &share.content {
        Content::Pipes => String::new(),
        Content::Disk(disk) => drive_path(disk.root().path()),
    }
}

/// Converts `C:\srv\data` to `/srv/data`, as [`local_path`] shows it; also `/srv/data`. On Windows the path keeps its drive. `None` for a
/// path that is not absolute, or goes up.
pub(in super::super) fn disk_path(path: &str) -> Option<PathBuf> {
    let plain = path.replace('\\', "/");
    let with_drive = plain.get(1..).and_then(|rest| rest.strip_prefix(':'));
    let names = with_drive.unwrap_or(&plain).strip_prefix('/')?.split('/').filter(|name| !name.is_empty());
    let drive = with_drive.and_then(|_| plain.get(..2)).filter(|_| cfg!(windows)).unwrap_or_default();
    let mut disk = PathBuf::from(format!("{drive}{MAIN_SEPARATOR}"));
    for name in names {
        let name = from_wire(name);
        if [".", ".."].contains(&name.as_str()) || name.contains('/') {
            return None;
        }
        disk.push(name);
    }
    Some(disk)
}

/// Converts `/srv/data` to `C:\srv\data`. On Windows the path keeps its drive.
fn drive_path(path: &Path) -> String {
    let drive = path.components().find_map(|component| match component {
        Component::Prefix(prefix) => match prefix.kind() {
            Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => Some(char::from(letter)),
            _ => None,
        },
        _ => None,
    });
    let name = |component| match component {
        Component::Normal(name) => Some(to_wire(&name.to_string_lossy())),
        _ => None,
    };
    let names: Vec<String> = path.components().filter_map(name).collect();
    format!(r"{}:\{}", drive.unwrap_or('C'), names.join(r"\"))
}

/// Returns the security descriptor of a share: every user may do what the share allows. Pipes have no descriptor.
fn descriptor(share: &Share) -> Option<SecurityDescriptor> {
    let Content::Disk(disk) = &share.content else { return None };
    let administrators = Sid::new(5, &[32, 544])?;
    let authenticated_users = Sid::new(5, &[11])?;
    let allow = Ace::allow(authenticated_users, disk.maximal_access(), AceFlags::empty());
    Some(SecurityDescriptor {
        control: SecurityControl::SELF_RELATIVE | SecurityControl::DACL_PRESENT,
        owner: Some(administrators.clone()),
        group: Some(administrators),
        dacl: Some(Acl::new(vec![allow])),
        ..SecurityDescriptor::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show no path in Windows' tools, or one that they refuse.
    #[test]
    fn paths_have_a_drive() {
        assert_eq!(drive_path(Path::new("/srv/team data")), r"C:\srv\team data");
        assert_eq!(drive_path(Path::new("/")), r"C:\");
        let on =
            |drive: &str, path: &str| PathBuf::from(if cfg!(windows) { drive } else { "" }.to_owned() + path);
        for path in ["/srv/team data", "/"] {
            assert_eq!(disk_path(&drive_path(Path::new(path))), Some(on("C:", path)));
        }
        assert_eq!(disk_path("d:/srv/"), Some(on("d:", "/srv")));
        for wrong in ["", "srv", r"C:srv", r"C:\srv\..", r"\\?\C:\srv\.\x"] {
            assert_eq!(disk_path(wrong), None, "{wrong}");
        }
    }
}
