//! Files with holes: FSCTL_SET_SPARSE, FSCTL_SET_ZERO_DATA, FSCTL_FILE_LEVEL_TRIM, FSCTL_QUERY_ALLOCATED_RANGES ([MS-FSA]
//! 2.1.5.10).

use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::IoctlRequest;
use netsession_wire::{DecodeError, NtStatus, Reader, Writer};

use crate::client_host::ClientHost;
use crate::commands::{cut_short, granted, lost_locks};
use crate::fs;
use crate::fs::locks::Mode;
use crate::state::{Open, Session, State};

/// The bytes of a range: where it starts, and its length or its end.
const RANGE: usize = 16;

/// Sets or clears the sparse attribute; a request without input sets it.
pub(super) fn set(file: &fs::Open, input: &[u8]) -> Result<Vec<u8>, NtStatus> {
    file.require_any(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA | AccessMask::WRITE_ATTRIBUTES)?;
    file.set_sparse(input.first().is_none_or(|set| *set != 0))?;
    Ok(Vec::new())
}

pub(super) fn zero(state: &State, file: &fs::Open, input: &[u8]) -> Result<Vec<u8>, NtStatus> {
    let (start, end) = two_numbers(input)?;
    granted(file, AccessMask::WRITE_DATA)?;
    let length = end.checked_sub(start).ok_or(NtStatus::INVALID_PARAMETER)?;
    lost_locks::without(state, file, (start, length), Mode::Exclusive, || file.zero(start, length))?;
    Ok(Vec::new())
}

/// Releases the disk space of ranges whose data the client no longer needs ([MS-FSA] 2.1.5.10.6). They read as zeros then.
/// Returns how many ranges it has released, if the client has room for that.
pub(super) fn trim(
    host: &ClientHost,
    session: &Session,
    open: &Open,
    file: &fs::Open,
    body: &IoctlRequest<'_>,
) -> Result<Vec<u8>, NtStatus> {
    const COUNT: u32 = 4;
    let (key, ranges) = trimmed(body.input)?;
    // [MS-SMB2] 3.3.5.15.14.
    if key != 0 || ranges.is_empty() || (1..COUNT).contains(&body.max_output_response) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    granted(file, AccessMask::WRITE_DATA)?;
    let [connection, ended] = host.stops(session);
    let stops = [connection, ended, &open.closed];
    let effort = host.effort(&stops);
    for range in ranges.chunks_exact(RANGE) {
        effort.check_running().map_err(|status| cut_short(open, status))?;
        let (start, length) = two_numbers(range)?;
        lost_locks::without(&host.state, file, (start, length), Mode::Exclusive, || {
            file.trim(start, length)
        })?;
    }
    let mut output = Writer::new();
    if body.max_output_response >= COUNT {
        output.u32(u32::try_from(ranges.len() / RANGE).unwrap_or(u32::MAX));
    }
    Ok(output.finish())
}

/// Decodes the key and the ranges of a trim request.
fn trimmed(input: &[u8]) -> Result<(u32, &[u8]), NtStatus> {
    let read = || -> Result<(u32, &[u8]), DecodeError> {
        let mut reader = Reader::new(input);
        let (key, count) = (reader.u32("trim")?, reader.u32("trim")?);
        let length = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(RANGE);
        Ok((key, reader.bytes(length, "trim")?))
    };
    read().map_err(|_| NtStatus::INVALID_PARAMETER)
}

/// Returns the ranges with data, as many as the client's buffer holds.
pub(super) fn allocated(file: &fs::Open, body: &IoctlRequest<'_>) -> Result<(NtStatus, Vec<u8>), NtStatus> {
    let (start, length) = two_numbers(body.input)?;
    granted(file, AccessMask::READ_DATA)?;
    let end = start.checked_add(length).ok_or(NtStatus::INVALID_PARAMETER)?;
    let room = usize::try_from(body.max_output_response).unwrap_or(usize::MAX) / RANGE;
    let ranges = file.allocated(start, end, room.saturating_add(1))?;
    let mut output = Writer::new();
    for (start, end) in ranges.iter().take(room) {
        output.u64(*start);
        output.u64(end.saturating_sub(*start));
    }
    match ranges.len() {
        count if count <= room => Ok((NtStatus::SUCCESS, output.finish())),
        _ if room == 0 => Err(NtStatus::BUFFER_TOO_SMALL),
        _ => Ok((NtStatus::BUFFER_OVERFLOW, output.finish())),
    }
}

/// Decodes two numbers of 63 bits.
fn two_numbers(input: &[u8]) -> Result<(u64, u64), NtStatus> {
    let read = || -> Result<(i64, i64), DecodeError> {
        let mut reader = Reader::new(input);
        Ok((reader.i64("range")?, reader.i64("range")?))
    };
    let (a, b) = read().map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let positive = |number: i64| u64::try_from(number).map_err(|_| NtStatus::INVALID_PARAMETER);
    Ok((positive(a)?, positive(b)?))
}
