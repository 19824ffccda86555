//! QUERY_INFO of the extended attributes of a file ([MS-SMB2] 3.3.5.20.1, [MS-FSA] 2.1.5.12.12).

use netsession_smb::Structure;
use netsession_smb::fscc::{Entries, FileGetEaInformation};
use netsession_smb::msg::{QueryInfoFlags, QueryInfoRequest, QueryInfoResponse};
use netsession_smb::server::Reply;
use netsession_wire::NtStatus;

use crate::fs::{AttributePart, Open, WantedAttributes};

/// The most bytes of a list of names: no file has more than 256 attributes.
const MOST_NAMES: usize = 64 << 10;

pub(super) fn query(
    file: &Open,
    body: &QueryInfoRequest<'_>,
    room: usize,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let names = names(body.input)?;
    let index = usize::try_from(body.additional_information).unwrap_or(usize::MAX);
    let wanted = match body.flags {
        _ if !names.is_empty() => WantedAttributes::Named(&names),
        flags if flags.contains(QueryInfoFlags::INDEX_SPECIFIED) => {
            WantedAttributes::From(index.checked_sub(1).ok_or(NtStatus::INVALID_PARAMETER)?)
        }
        flags if flags.contains(QueryInfoFlags::RESTART_SCAN) => WantedAttributes::From(0),
        _ => WantedAttributes::Next,
    };
    let single = body.flags.contains(QueryInfoFlags::RETURN_SINGLE_ENTRY);
    let AttributePart { list, has_more } = file.attributes(wanted, single, room)?;
    let status = if has_more { NtStatus::BUFFER_OVERFLOW } else { NtStatus::SUCCESS };
    reply.send(status, &QueryInfoResponse { output: &list });
    Ok(())
}

/// Returns the names that the client asks for; none for all.
fn names(input: &[u8]) -> Result<Vec<Vec<u8>>, NtStatus> {
    if input.len() > MOST_NAMES {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let names = Entries::<FileGetEaInformation>::from_bytes(input);
    let names = names.map_err(|_| NtStatus::EA_LIST_INCONSISTENT)?;
    Ok(names.0.into_iter().map(|entry| entry.name).collect())
}
