//! IOCTL ([MS-SMB2] 3.3.5.15). docs/server-coverage.md lists the response to each control code.

mod copychunk;
mod duplicate;
mod object_id;
mod pipe;
mod sparse;

use std::sync::Arc;

use netsession_smb::Structure;
use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::fsctl::{NetworkInterfaces, SnapshotArray};
use netsession_smb::msg::{CtlCode, FileId, IoctlFlags, IoctlRequest, IoctlResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, open, tree, within};
use crate::client_host::ClientHost;
use crate::fs;
use crate::state::{Object, Open, OpenNumber, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: IoctlRequest<'_> = decode(request)?;
    if !body.flags.contains(IoctlFlags::IS_FSCTL) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let sent = u32::try_from(body.input.len().saturating_add(body.output.len()));
    let back = body.max_input_response.saturating_add(body.max_output_response);
    within(host, request, sent.unwrap_or(u32::MAX).max(back))?;
    let Some(output) = without_open(host, session, request, &body)? else {
        let open = open(session, request, reply, body.file_id)?;
        return match &open.object {
            Object::Pipe(pipe) => pipe::answer(host, session, &open, pipe, &body, reply),
            Object::File(file) => on_file(host, session, request, (&open, file), &body, reply),
        };
    };
    send(reply, NtStatus::SUCCESS, body.ctl_code, FileId::NONE, &output);
    Ok(())
}

/// Answers the control codes that need no open; `None` for all others.
fn without_open(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    body: &IoctlRequest<'_>,
) -> Result<Option<Vec<u8>>, NtStatus> {
    let status = match body.ctl_code {
        CtlCode::DFS_GET_REFERRALS | CtlCode::DFS_GET_REFERRALS_EX => NtStatus::FS_DRIVER_REQUIRED,
        // Without multichannel, a session can have only one connection.
        CtlCode::QUERY_NETWORK_INTERFACE_INFO if request.multi_channel => NtStatus::SUCCESS,
        CtlCode::QUERY_NETWORK_INTERFACE_INFO => NtStatus::NOT_SUPPORTED,
        CtlCode::PIPE_WAIT => NtStatus::SUCCESS,
        _ => return Ok(None),
    };
    let tree = tree(session, request)?;
    if body.file_id != FileId::NONE {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if status.is_error() {
        return Err(status);
    }
    if body.ctl_code == CtlCode::QUERY_NETWORK_INTERFACE_INFO {
        let interfaces = NetworkInterfaces(host.state.environment.interfaces());
        let output = interfaces.to_bytes().map_err(|_| NtStatus::INTERNAL_ERROR)?;
        return room_for(body, output).map(Some);
    }
    pipe::wait(&tree, body.input)?;
    Ok(Some(Vec::new()))
}

fn on_file(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    (open, file): (&Open, &fs::Open),
    body: &IoctlRequest<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let output = match body.ctl_code {
        CtlCode::SRV_COPYCHUNK | CtlCode::SRV_COPYCHUNK_WRITE => {
            return copychunk::answer(host, session, request, (open, file), body, reply);
        }
        CtlCode::DUPLICATE_EXTENTS_TO_FILE => duplicate::answer(host, session, request, (open, file), body)?,
        CtlCode::SRV_REQUEST_RESUME_KEY => copychunk::resume_key(open, body)?,
        CtlCode::SRV_ENUMERATE_SNAPSHOTS => snapshots(body)?,
        CtlCode::SET_SPARSE => sparse::set(file, body.input)?,
        CtlCode::SET_ZERO_DATA => sparse::zero(&host.state, file, body.input)?,
        CtlCode::FILE_LEVEL_TRIM => sparse::trim(host, session, open, file, body)?,
        CtlCode::QUERY_ALLOCATED_RANGES => {
            let (status, output) = sparse::allocated(file, body)?;
            send(reply, status, body.ctl_code, open.number.file_id(), &output);
            return Ok(());
        }
        CtlCode::CREATE_OR_GET_OBJECT_ID | CtlCode::GET_OBJECT_ID => object_id::get(file, body)?,
        // No file is compressed: COMPRESSION_FORMAT_NONE.
        CtlCode::GET_COMPRESSION => room_for(body, vec![0; 2])?,
        CtlCode::SET_COMPRESSION => set_compression(file, body.input)?,
        CtlCode::IS_PATHNAME_VALID => Vec::new(),
        CtlCode::GET_REPARSE_POINT => return Err(NtStatus::NOT_A_REPARSE_POINT),
        CtlCode::SRV_READ_HASH
        | CtlCode::LMR_REQUEST_RESILIENCY
        | CtlCode::PIPE_TRANSCEIVE
        | CtlCode::PIPE_PEEK => return Err(NtStatus::NOT_SUPPORTED),
        _ => return Err(NtStatus::INVALID_DEVICE_REQUEST),
    };
    send(reply, NtStatus::SUCCESS, body.ctl_code, open.number.file_id(), &output);
    Ok(())
}

/// Returns the open from which a request on another one takes data. The share of either requires how the request is protected: in a
/// share without signatures, anybody on the network can send one.
///
/// # Errors
/// `missing` if the session has no such open; `STATUS_ACCESS_DENIED` for a request that the share of the source refuses.
fn source(
    session: &Session,
    request: &Request<'_>,
    number: Option<OpenNumber>,
    missing: NtStatus,
) -> Result<Arc<Open>, NtStatus> {
    let source = number.and_then(|number| session.open(number)).ok_or(missing)?;
    source.share.rules.check(request)?;
    Ok(source)
}

fn send(reply: &mut Reply<'_>, status: NtStatus, ctl_code: CtlCode, file_id: FileId, output: &[u8]) {
    reply.send(status, &IoctlResponse { ctl_code, file_id, input: &[], output });
}

/// Accepts that a file is not compressed, because none is ([MS-FSA] 2.1.5.10.30).
fn set_compression(file: &fs::Open, input: &[u8]) -> Result<Vec<u8>, NtStatus> {
    const NONE: u16 = 0;
    const KNOWN: [u16; 3] = [NONE, 1, 2];
    let wanted = input.first_chunk().map(|bytes| u16::from_le_bytes(*bytes));
    let wanted = wanted.filter(|wanted| KNOWN.contains(wanted)).ok_or(NtStatus::INVALID_PARAMETER)?;
    file.require_any(AccessMask::WRITE_DATA)?;
    if wanted == NONE { Ok(Vec::new()) } else { Err(NtStatus::NOT_SUPPORTED) }
}

/// Returns the output, if it fits the client's buffer.
fn room_for(body: &IoctlRequest<'_>, output: Vec<u8>) -> Result<Vec<u8>, NtStatus> {
    let room = usize::try_from(body.max_output_response).unwrap_or(usize::MAX);
    if output.len() > room { Err(NtStatus::BUFFER_TOO_SMALL) } else { Ok(output) }
}

/// Returns an empty list: there are no earlier versions ([MS-SMB2] 3.3.5.15.1).
fn snapshots(body: &IoctlRequest<'_>) -> Result<Vec<u8>, NtStatus> {
    if body.max_output_response < 16 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let none = SnapshotArray { number_of_snapshots: 0, array_size: 0, snapshots: Vec::new() };
    none.to_bytes().map_err(|_| NtStatus::INTERNAL_ERROR)
}
