//! QUERY_INFO of a security descriptor, built from the Unix owner and mode ([MS-SMB2] 3.3.5.20.3).
//!
//! Clients cannot set it: the server could not enforce a list that Unix cannot store.

use netsession_smb::Structure;
use netsession_smb::fscc::{
    AccessMask, Ace, AceFlags, Acl, SecurityControl, SecurityDescriptor, SecurityInformation, Sid,
};
use netsession_smb::msg::{Dialect, ErrorContext, ErrorData, ErrorId, QueryInfoResponse};
use netsession_smb::server::Reply;
use netsession_wire::NtStatus;

use super::super::granted;
use crate::fs::{FileInfo, Kind};
use crate::state::{Object, Open};

pub(super) fn query(
    open: &Open,
    parts: SecurityInformation,
    room: usize,
    dialect: Dialect,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let Object::File(file) = &open.object else { return Err(NtStatus::NOT_SUPPORTED) };
    let audited = SecurityInformation::SACL | SecurityInformation::SCOPE | SecurityInformation::BACKUP;
    if parts.intersects(audited) {
        granted(file, AccessMask::ACCESS_SYSTEM_SECURITY)?;
    }
    if parts.intersects(!audited) {
        granted(file, AccessMask::READ_CONTROL)?;
    }
    let descriptor = descriptor(&file.info()?, parts)?;
    let output = descriptor.to_bytes().map_err(|_| NtStatus::INTERNAL_ERROR)?;
    if output.len() > room {
        let needed = u32::try_from(output.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        let data = match dialect >= Dialect::SMB_3_1_1 {
            true => ErrorData::Contexts(vec![ErrorContext { id: ErrorId::DEFAULT, data: needed }]),
            false => ErrorData::Plain(needed),
        };
        reply.error_with(NtStatus::BUFFER_TOO_SMALL, data);
        return Ok(());
    }
    reply.ok(&QueryInfoResponse { output: &output });
    Ok(())
}

fn descriptor(info: &FileInfo, parts: SecurityInformation) -> Result<SecurityDescriptor, NtStatus> {
    let (owner, group) = (unix(1, info.uid)?, unix(2, info.gid)?);
    let everyone = Sid::new(1, &[0]).ok_or(NtStatus::INTERNAL_ERROR)?;
    let mut descriptor = SecurityDescriptor::default();
    if parts.contains(SecurityInformation::DACL) {
        let ace = |sid: &Sid, shift| Ace::allow(sid.clone(), rights(info, shift), AceFlags::empty());
        let list = [(&owner, 6), (&group, 3), (&everyone, 0)].map(|(sid, shift)| ace(sid, shift));
        descriptor.dacl = Some(Acl::new(list.into()));
        descriptor.control |= SecurityControl::DACL_PRESENT;
    }
    descriptor.owner = parts.contains(SecurityInformation::OWNER).then_some(owner);
    descriptor.group = parts.contains(SecurityInformation::GROUP).then_some(group);
    Ok(descriptor)
}

/// Returns the SID of a Unix user (1) or group (2) in Samba's form: S-1-22-KIND-ID.
fn unix(kind: u32, id: u32) -> Result<Sid, NtStatus> {
    Sid::new(22, &[kind, id]).ok_or(NtStatus::INTERNAL_ERROR)
}

/// Returns the rights that three bits of the mode grant.
fn rights(info: &FileInfo, shift: u32) -> AccessMask {
    let bits = info.mode >> shift;
    let mut rights = AccessMask::READ_ATTRIBUTES | AccessMask::READ_CONTROL | AccessMask::SYNCHRONIZE;
    if bits & 4 != 0 {
        rights |= AccessMask::FILE_READ;
    }
    if bits & 2 != 0 {
        rights |= AccessMask::FILE_WRITE;
        if info.kind == Kind::Directory {
            rights |= AccessMask::DELETE_CHILD;
        }
    }
    if bits & 1 != 0 {
        rights |= AccessMask::FILE_EXECUTE;
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would report another owner, or rights that the mode does not grant.
    #[test]
    fn owner_group_and_everyone() {
        let file = tempfile::tempfile().unwrap();
        let info = FileInfo::of(file).unwrap().unwrap();
        let info = FileInfo { uid: 1000, gid: 7, mode: 0o750, kind: Kind::File, ..info };
        let all = SecurityInformation::OWNER | SecurityInformation::GROUP | SecurityInformation::DACL;
        let descriptor = descriptor(&info, all).unwrap();
        assert_eq!(descriptor.owner.unwrap().to_string(), "S-1-22-1-1000");
        assert_eq!(descriptor.group.unwrap().to_string(), "S-1-22-2-7");
        assert_eq!(descriptor.dacl.unwrap().aces.len(), 3);
        assert!(rights(&info, 6).contains(AccessMask::FILE_READ | AccessMask::FILE_WRITE));
        assert!(!rights(&info, 3).contains(AccessMask::WRITE_DATA));
        assert!(!rights(&info, 0).intersects(AccessMask::READ_DATA | AccessMask::EXECUTE));
    }
}
