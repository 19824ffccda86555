//! SET_INFO ([MS-SMB2] 3.3.5.21). docs/server-coverage.md lists the response to each class.

mod file;
mod name;
mod security;

use std::sync::Arc;

use netsession_smb::Structure;
use netsession_smb::fscc::{AccessMask, FileInformationClass, FsInformationClass, SecurityInformation};
use netsession_smb::msg::{InfoType, SetInfoRequest, SetInfoResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, granted, open, within};
use crate::client_host::ClientHost;
use crate::fs;
use crate::state::{Event, Object, Open, Session, State};

pub(super) fn answer(
    host: &mut ClientHost,
    session: &Arc<Session>,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: SetInfoRequest<'_> = decode(request)?;
    within(host, request, u32::try_from(body.input.len()).unwrap_or(u32::MAX))?;
    let open = open(session, request, reply, body.file_id)?;
    let Object::File(file) = &open.object else { return Err(NtStatus::NOT_SUPPORTED) };
    let class = FileInformationClass(body.class);
    if body.info_type == InfoType::FILE && name::is_changed_by(class) {
        return name::answer(host, open, class, body.input, reply);
    }
    match body.info_type {
        InfoType::FILE => file::set(file, class, body.input)?,
        InfoType::FILESYSTEM => filesystem(file, FsInformationClass(body.class))?,
        InfoType::SECURITY => {
            let parts = SecurityInformation::from_bits_truncate(body.additional_information);
            security::set(file, parts, body.input)?;
        }
        InfoType::QUOTA => return Err(NtStatus::NOT_SUPPORTED),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    }
    reply.ok(&SetInfoResponse);
    Ok(())
}

/// Reports a rename and a deletion to the program that runs the server.
fn report(state: &State, open: &Arc<Open>, class: FileInformationClass, before: String) {
    let Object::File(file) = &open.object else { return };
    match class {
        FileInformationClass::RENAME => state.emit(&Event::Renamed(Arc::clone(open), before)),
        FileInformationClass::DISPOSITION if file.delete_pending() => {
            state.emit(&Event::DeletionRequested(Arc::clone(open)));
        }
        _ => {}
    }
}

/// Clients cannot set anything about a disk ([MS-SMB2] 3.3.5.21.2).
fn filesystem(file: &fs::Open, class: FsInformationClass) -> Result<(), NtStatus> {
    match class {
        FsInformationClass::CONTROL | FsInformationClass::OBJECT_ID => {
            granted(file, AccessMask::WRITE_DATA)?;
            Err(NtStatus::NOT_SUPPORTED)
        }
        FsInformationClass::LABEL | FsInformationClass::DRIVER_PATH => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

/// Decodes the input.
///
/// # Errors
/// `STATUS_INFO_LENGTH_MISMATCH` for less than `least` bytes, `STATUS_INVALID_PARAMETER` for invalid ones.
fn read<T: Structure>(input: &[u8], least: usize) -> Result<T, NtStatus> {
    if input.len() < least {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    T::from_bytes(input).map_err(|_| NtStatus::INVALID_PARAMETER)
}
