//! [`ask`]: FSCTL_DFS_GET_REFERRALS over `IPC$` ([MS-SMB2] 3.2.4.20.3).

use netsession_smb::Structure as _;
use netsession_smb::msg::fsctl::{DfsReferralRequest, DfsReferralResponse};
use netsession_smb::msg::{Capabilities, CtlCode, FileId, IoctlRequest, IoctlResponse, TreeId};
use netsession_wire::NtStatus;

use super::context::ErrorContext;
use super::request::{body, single};
use super::socket::{Limit, Socket};
use crate::{DfsReferral, Error, Step};

/// The highest version of a referral that netsession reads.
const MAX_LEVEL: u16 = 4;
/// The longest response: a server truncates a longer one ([MS-DFSC] 3.1.5.4).
const MAX_OUTPUT: u32 = 65_535;
/// The answers of a server for which the path is not one of DFS.
const NOT_DFS: [NtStatus; 7] = [
    NtStatus::NOT_FOUND,
    // Samba's answers for a path in a root that is neither a link nor a file.
    NtStatus::OBJECT_NAME_NOT_FOUND,
    NtStatus::OBJECT_PATH_NOT_FOUND,
    NtStatus::NO_SUCH_FILE,
    NtStatus::FS_DRIVER_REQUIRED,
    NtStatus::INVALID_DEVICE_REQUEST,
    NtStatus::NOT_SUPPORTED,
];

/// Asks where `path` leads. None if the server has no DFS, or if the path is not in it.
pub(super) async fn ask(
    socket: &mut Socket,
    ipc: TreeId,
    path: &str,
    limit: Limit,
) -> Result<Option<DfsReferral>, Error> {
    let step = Step::Referral;
    let has_dfs = socket.negotiated().is_some_and(|it| it.capabilities.contains(Capabilities::DFS));
    if !has_dfs {
        return Ok(None);
    }
    let request = DfsReferralRequest { max_level: MAX_LEVEL, path: path.to_owned() };
    let input = request.to_bytes().map_err(|_| ErrorContext::too_long(step))?;
    let request = IoctlRequest::fsctl(CtlCode::DFS_GET_REFERRALS, FileId::NONE, &input, MAX_OUTPUT);
    let answer = single(socket, ipc, &request, step, limit).await?;
    let status = answer.status();
    if NOT_DFS.contains(&status) {
        tracing::debug!("{}: {path} is not a DFS path ({status})", socket.context().server());
        return Ok(None);
    }
    if !status.is_success() {
        return Err(socket.context().refused(step, status));
    }
    let output = body::<IoctlResponse<'_>>(socket, &answer, step)?.output;
    let response =
        DfsReferralResponse::from_bytes(output).map_err(|error| socket.context().rpc(step, error.into()))?;
    let referral =
        DfsReferral::of(path, &response).map_err(|rule| socket.context().broken_rule(step, rule))?;
    tracing::info!("{}: {path} leads to {}", socket.context().server(), referral.paths.join(", "));
    Ok(Some(referral))
}
