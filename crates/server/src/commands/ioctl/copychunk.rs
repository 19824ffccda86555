//! Server-side copies ([MS-SMB2] 3.3.5.15.5, 3.3.5.15.6).

use netsession_smb::Structure;
use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::fsctl::{
    CopyChunk, CopyChunkRequest, CopyChunkResponse, ResumeKey, ResumeKeyResponse,
};
use netsession_smb::msg::{CtlCode, IoctlRequest};
use netsession_smb::server::{Block, Reply, Request};
use netsession_wire::NtStatus;

use super::{send, source};
use crate::client_host::ClientHost;
use crate::commands::{cut_short, granted, lost_locks};
use crate::fs::locks::Mode;
use crate::fs::{self, Effort};
use crate::state::{Object, Open, OpenNumber, Session, State};

/// The limits of one request, the same as on Windows.
const LIMITS: CopyChunkResponse =
    CopyChunkResponse { chunks_written: 256, chunk_bytes_written: 1 << 20, total_bytes_written: 16 << 20 };

/// Returns the key that identifies an open as the source of a copy.
pub(super) fn resume_key(open: &Open, body: &IoctlRequest<'_>) -> Result<Vec<u8>, NtStatus> {
    let mut key = [0; 24];
    key.iter_mut().zip(open.number.0.to_le_bytes()).for_each(|(place, byte)| *place = byte);
    let answer = ResumeKeyResponse { resume_key: ResumeKey(key) }.to_bytes();
    let answer = answer.map_err(|_| NtStatus::INTERNAL_ERROR)?;
    let room = usize::try_from(body.max_output_response).unwrap_or(usize::MAX);
    if answer.len() > room { Err(NtStatus::INVALID_PARAMETER) } else { Ok(answer) }
}

pub(super) fn answer(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    (open, target): (&Open, &fs::Open),
    body: &IoctlRequest<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    if body.max_output_response < 12 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let copies = CopyChunkRequest::from_bytes(body.input);
    let (status, response) = match copies.ok().filter(within_limits) {
        Some(copies) => {
            let number = number(&copies.source_key);
            let source = source(session, request, number, NtStatus::OBJECT_NAME_NOT_FOUND)?;
            let [connection, ended] = host.stops(session);
            let stops = [connection, ended, &open.closed];
            let effort = host.effort(&stops);
            let copied = copy(&host.state, &source, (open, target), body.ctl_code, &copies.chunks, &effort);
            copied.map_err(|status| cut_short(open, status))?
        }
        None => (NtStatus::INVALID_PARAMETER, LIMITS),
    };
    let output = response.to_bytes().map_err(|_| NtStatus::INTERNAL_ERROR)?;
    send(reply, status, body.ctl_code, open.number.file_id(), &output);
    Ok(())
}

fn within_limits(request: &CopyChunkRequest) -> bool {
    let CopyChunkResponse { chunks_written, chunk_bytes_written, total_bytes_written } = LIMITS;
    let count = u32::try_from(request.chunks.len()).unwrap_or(u32::MAX);
    let total: u64 = request.chunks.iter().map(|chunk| u64::from(chunk.length)).sum();
    let fits = |chunk: &CopyChunk| (1..=chunk_bytes_written).contains(&chunk.length);
    count <= chunks_written && total <= total_bytes_written.into() && request.chunks.iter().all(fits)
}

/// Copies one chunk after the other; returns what it has copied.
fn copy(
    state: &State,
    source: &Open,
    (open, target): (&Open, &fs::Open),
    ctl_code: CtlCode,
    chunks: &[CopyChunk],
    effort: &Effort<'_>,
) -> Result<(NtStatus, CopyChunkResponse), NtStatus> {
    let Object::File(file) = &source.object else { return Err(NtStatus::INVALID_PARAMETER) };
    // The right to execute a file includes the right to read it ([MS-SMB2] 3.3.5.9).
    file.require_any(AccessMask::READ_DATA | AccessMask::EXECUTE)?;
    target.require_any(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)?;
    if ctl_code == CtlCode::SRV_COPYCHUNK {
        granted(target, AccessMask::READ_DATA)?;
    }
    let mut done = CopyChunkResponse { chunks_written: 0, chunk_bytes_written: 0, total_bytes_written: 0 };
    let mut buffer = Block::new();
    for chunk in chunks {
        effort.check_running()?;
        if let Err(status) = copy_one(state, file, target, chunk, &mut buffer) {
            return Ok((status, done));
        }
        let length = usize::try_from(chunk.length).unwrap_or_default();
        source.count(length, 0);
        open.count(0, length);
        done.chunks_written = done.chunks_written.saturating_add(1);
        done.total_bytes_written = done.total_bytes_written.saturating_add(chunk.length);
    }
    Ok((NtStatus::SUCCESS, done))
}

/// Returns the number of the open with this key.
fn number(key: &ResumeKey) -> Option<OpenNumber> {
    let [a, b, c, d, rest @ ..] = key.0;
    let ours = rest.iter().all(|byte| *byte == 0);
    ours.then(|| OpenNumber(u32::from_le_bytes([a, b, c, d])))
}

/// Copies one chunk; if the source ends within it, the whole chunk fails ([MS-SMB2] 3.3.5.15.6).
fn copy_one(
    state: &State,
    source: &fs::Open,
    target: &fs::Open,
    chunk: &CopyChunk,
    buffer: &mut Block,
) -> Result<(), NtStatus> {
    let length = usize::try_from(chunk.length).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let end = chunk.source_offset.checked_add(chunk.length.into());
    if end.is_none_or(|end| source.end().is_ok_and(|size| end > size)) {
        return Err(NtStatus::INVALID_VIEW_SIZE);
    }
    buffer.grow(length).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    let buffer = buffer.get_mut(..length).unwrap_or_default();
    let (from, to) = ((chunk.source_offset, chunk.length.into()), (chunk.target_offset, chunk.length.into()));
    match lost_locks::without(state, source, from, Mode::Shared, || source.read(chunk.source_offset, buffer))?
    {
        count if count < length => Err(NtStatus::INVALID_VIEW_SIZE),
        _ => match lost_locks::without(state, target, to, Mode::Exclusive, || {
            target.write(chunk.target_offset, buffer)
        })? {
            count if count < length => Err(NtStatus::DISK_FULL),
            _ => Ok(()),
        },
    }
}
