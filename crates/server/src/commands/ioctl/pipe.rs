//! Control codes of named pipes ([MS-SMB2] 3.3.5.15.3, 3.3.5.15.4, 3.3.5.15.10).

use std::sync::Arc;

use netsession_smb::Structure;
use netsession_smb::msg::fsctl::{PipePeekResponse, PipeState, PipeWaitRequest};
use netsession_smb::msg::{CtlCode, IoctlRequest};
use netsession_smb::server::Reply;
use netsession_wire::NtStatus;

use super::send;
use crate::client_host::ClientHost;
use crate::named_pipe::Pipe;
use crate::pipe;
use crate::state::{Content, Open, Session, Tree};

pub(super) fn answer(
    host: &ClientHost,
    session: &Arc<Session>,
    open: &Open,
    pipe: &Pipe,
    body: &IoctlRequest<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let room = usize::try_from(body.max_output_response).unwrap_or(usize::MAX);
    let (status, output) = match body.ctl_code {
        CtlCode::PIPE_TRANSCEIVE => {
            pipe::write(pipe, body.input, &host.state, session)?;
            // The server answers every call while the client writes it.
            pipe.read(room)?.ok_or(NtStatus::PIPE_BROKEN)?
        }
        CtlCode::PIPE_PEEK => peek(pipe, room)?,
        CtlCode::SRV_COPYCHUNK | CtlCode::SRV_COPYCHUNK_WRITE => return Err(NtStatus::INVALID_PARAMETER),
        CtlCode::LMR_REQUEST_RESILIENCY | CtlCode::SRV_READ_HASH => return Err(NtStatus::NOT_SUPPORTED),
        _ => return Err(NtStatus::INVALID_DEVICE_REQUEST),
    };
    send(reply, status, body.ctl_code, open.number.file_id(), &output);
    Ok(())
}

/// Returns the data that a read would return, without removing it.
fn peek(pipe: &Pipe, room: usize) -> Result<(NtStatus, Vec<u8>), NtStatus> {
    const HEAD: usize = 16;
    let space = room.checked_sub(HEAD).ok_or(NtStatus::INFO_LENGTH_MISMATCH)?;
    let waiting = pipe.peek(space);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let status = match waiting.shown.len() < waiting.first {
        true => NtStatus::BUFFER_OVERFLOW,
        false => NtStatus::SUCCESS,
    };
    let answer = PipePeekResponse {
        state: PipeState::CONNECTED,
        read_data_available: count(waiting.bytes),
        number_of_messages: count(waiting.messages),
        message_length: count(waiting.first),
        data: waiting.shown,
    };
    Ok((status, answer.to_bytes().map_err(|_| NtStatus::INTERNAL_ERROR)?))
}

/// An existing pipe can always be opened: no client waits.
pub(super) fn wait(tree: &Tree, input: &[u8]) -> Result<(), NtStatus> {
    let Content::Pipes = tree.share.content else { return Err(NtStatus::INVALID_DEVICE_REQUEST) };
    let body = PipeWaitRequest::from_bytes(input).map_err(|_| NtStatus::OBJECT_NAME_NOT_FOUND)?;
    pipe::exists(&body.name)
}
