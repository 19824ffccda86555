//! Applications that go on at another computer ([MS-SMB2] 3.3.5.9.13).

use std::sync::Arc;

use netsession_smb::msg::create_context::{AppInstanceId, AppInstanceVersion};
use netsession_smb::msg::{CreateContext, Dialect};
use netsession_wire::{Guid, NtStatus};

use crate::state::{CloseReason, Instance, Session, State, Tree};

/// Reads the contexts of a request. Version 3 of SMB knows them, and a computer without a GUID is no other one.
///
/// # Errors
/// `STATUS_INVALID_PARAMETER` for a context that makes no sense.
pub(super) fn of(
    contexts: &[CreateContext],
    dialect: Dialect,
    client: Option<Guid>,
) -> Result<Option<Instance>, NtStatus> {
    let invalid = |_| NtStatus::INVALID_PARAMETER;
    let id = CreateContext::find::<AppInstanceId>(contexts).map_err(invalid)?;
    let version = CreateContext::find::<AppInstanceVersion>(contexts).map_err(invalid)?;
    let (Some(id), Some(client), true) = (id, client, dialect >= Dialect::SMB_3_0) else { return Ok(None) };
    let version =
        version.filter(|_| dialect >= Dialect::SMB_3_1_1).map(|version| (version.high, version.low));
    Ok((client != Guid::ZERO).then_some(Instance { id: id.app_instance_id, client, version }))
}

/// Closes what the application has open at other computers under the path that it opens now. It closes only opens of the same
/// user; by the specification, every user who may read the file closes them.
///
/// # Errors
/// `STATUS_FILE_FORCED_CLOSED`: a later instance of the application has the file open.
pub(super) fn take_over(
    state: &Arc<State>,
    session: &Session,
    tree: &Tree,
    (instance, path): (&Instance, &str),
) -> Result<(), NtStatus> {
    let place = (&tree.share, path.trim_start_matches('\\'));
    for open in state.instances.others(instance, place, &session.user)? {
        state.close(open.number, CloseReason::TakenOver);
    }
    Ok(())
}
