//! FSCTL_DUPLICATE_EXTENTS_TO_FILE ([MS-SMB2] 3.3.5.15.17, [MS-FSCC] 2.3.7.2).

use netsession_smb::msg::{FileId, IoctlRequest};
use netsession_smb::server::Request;
use netsession_wire::{DecodeError, NtStatus, Reader};

use super::source;
use crate::client_host::ClientHost;
use crate::commands::{cut_short, lost_locks};
use crate::fs::locks::Mode;
use crate::fs::{self, Duplicate};
use crate::state::{Object, Open, OpenNumber, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    (open, target): (&Open, &fs::Open),
    body: &IoctlRequest<'_>,
) -> Result<Vec<u8>, NtStatus> {
    if !target.disk().shares_data() {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let (id, part) = decode(body.input).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let source = source(session, request, OpenNumber::of(id), NtStatus::INVALID_HANDLE)?;
    let Object::File(file) = &source.object else { return Err(NtStatus::INVALID_PARAMETER) };
    let [connection, ended] = host.stops(session);
    let stops = [connection, ended, &open.closed];
    let effort = host.effort(&stops);
    let (from, to) = ((part.source_offset, part.length), (part.target_offset, part.length));
    let duplicated = lost_locks::without(&host.state, target, to, Mode::Exclusive, || {
        lost_locks::without(&host.state, file, from, Mode::Shared, || target.duplicate(file, &part, &effort))
    });
    duplicated.map_err(|status| cut_short(open, status))?;
    Ok(Vec::new())
}

/// Decodes the open of the source, and the bytes.
fn decode(input: &[u8]) -> Result<(FileId, Duplicate), DecodeError> {
    const WHAT: &str = "SMB2_DUPLICATE_EXTENTS_DATA";
    let mut reader = Reader::new(input);
    let source = FileId { persistent: reader.u64(WHAT)?, volatile: reader.u64(WHAT)? };
    let (source_offset, target_offset) = (reader.u64(WHAT)?, reader.u64(WHAT)?);
    Ok((source, Duplicate { source_offset, target_offset, length: reader.u64(WHAT)? }))
}
