//! [`has`]: whether a share has a file or a folder ([MS-SMB2] 3.2.4.3).

use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_smb::msg::{
    CloseFlags, CloseRequest, CreateDisposition, CreateOptions, CreateRequest, CreateResponse,
    ImpersonationLevel, OplockLevel, ShareAccess, TreeDisconnectRequest, TreeId,
};
use netsession_wire::NtStatus;
use tokio::time::Instant;

use super::LOGOFF_LIMIT;
use super::request::{body, require, single, tree_connect, tree_of};
use super::socket::{Limit, Socket};
use crate::{Error, ServerAddress, Step};

/// The answers of a server that has no such file or folder.
const MISSING: [NtStatus; 5] = [
    NtStatus::OBJECT_NAME_NOT_FOUND,
    NtStatus::OBJECT_PATH_NOT_FOUND,
    NtStatus::OBJECT_NAME_INVALID,
    NtStatus::NO_SUCH_FILE,
    NtStatus::NOT_A_DIRECTORY,
];
/// The answers of a server that has the file, and does not open it.
const PRESENT: [NtStatus; 2] = [NtStatus::SHARING_VIOLATION, NtStatus::DELETE_PENDING];

/// Whether `share` has `name`, which is empty for the share itself. It opens the file for its attributes only, which disturbs
/// nobody: it breaks no lease and no oplock, and conflicts with no share mode.
pub(super) async fn has(
    socket: &mut Socket,
    server: &ServerAddress,
    share: &str,
    name: &str,
    limit: Limit,
) -> Result<bool, Error> {
    let connect = tree_connect(server, share);
    let answer = single(socket, TreeId::NONE, &connect, Step::ConnectShare, limit).await?;
    if answer.status() == NtStatus::BAD_NETWORK_NAME {
        return Ok(false);
    }
    require(socket, &answer, Step::ConnectShare)?;
    let tree = tree_of(&answer);
    let result = if name.is_empty() { Ok(true) } else { has_name(socket, tree, name, limit).await };
    // The answer is known: a failure to tidy up does not change it.
    let _ = single(socket, tree, &TreeDisconnectRequest, Step::CloseFile, tidying(limit)).await;
    result
}

async fn has_name(socket: &mut Socket, tree: TreeId, name: &str, limit: Limit) -> Result<bool, Error> {
    let request = CreateRequest {
        requested_oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::READ_ATTRIBUTES,
        file_attributes: FileAttributes::NORMAL,
        share_access: ShareAccess::READ | ShareAccess::WRITE | ShareAccess::DELETE,
        create_disposition: CreateDisposition::OPEN,
        create_options: CreateOptions::empty(),
        name: name.to_owned(),
        contexts: Vec::new(),
    };
    let answer = single(socket, tree, &request, Step::OpenFile, limit).await?;
    match answer.status() {
        status if MISSING.contains(&status) => return Ok(false),
        status if PRESENT.contains(&status) => return Ok(true),
        _ => require(socket, &answer, Step::OpenFile)?,
    }
    let file_id = body::<CreateResponse>(socket, &answer, Step::OpenFile)?.file_id;
    let close = CloseRequest { flags: CloseFlags::empty(), file_id };
    let _ = single(socket, tree, &close, Step::CloseFile, tidying(limit)).await;
    Ok(true)
}

/// Returns the time for what follows the answer: so little that the answer does not come too late for the caller.
fn tidying(limit: Limit) -> Limit {
    let left = limit.deadline.saturating_duration_since(Instant::now());
    Limit::of(LOGOFF_LIMIT.min(left / 4))
}
