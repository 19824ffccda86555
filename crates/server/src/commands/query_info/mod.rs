//! QUERY_INFO ([MS-SMB2] 3.3.5.20). docs/server-coverage.md lists the response to each class.

mod attributes;
mod file;
mod filesystem;
mod pipe;
mod security;

use netsession_smb::Structure;
use netsession_smb::fscc::{FileInformationClass, FsInformationClass, SecurityInformation};
use netsession_smb::msg::{InfoType, QueryInfoRequest, QueryInfoResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{decode, open, within};
use crate::client_host::ClientHost;
use crate::state::{Object, Session};

pub(super) fn answer(
    host: &ClientHost,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let body: QueryInfoRequest<'_> = decode(request)?;
    let input = u32::try_from(body.input.len()).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    within(host, request, body.output_buffer_length.max(input))?;
    let open = open(session, request, reply, body.file_id)?;
    let room = usize::try_from(body.output_buffer_length).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let information = match body.info_type {
        InfoType::FILE => {
            let class = FileInformationClass(body.class);
            match &open.object {
                Object::File(file) if class == FileInformationClass::FULL_EA => {
                    return attributes::query(file, &body, room, reply);
                }
                Object::File(file) => file::query(file, class, request.dialect)?,
                Object::Pipe(pipe) => pipe::query(pipe, class)?,
            }
        }
        InfoType::FILESYSTEM => filesystem::query(&open, FsInformationClass(body.class))?,
        InfoType::SECURITY => {
            let parts = SecurityInformation::from_bits_truncate(body.additional_information);
            return security::query(&open, parts, room, request.dialect, reply);
        }
        InfoType::QUOTA => return Err(NtStatus::NOT_SUPPORTED),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    information.send(room, reply)
}

/// An answer, and the smallest buffer that a client may offer for it.
struct Information {
    bytes: Vec<u8>,
    least: usize,
    is_cut: bool,
}

impl Information {
    /// Information of a fixed size.
    fn whole(information: &impl Structure) -> Result<Self, NtStatus> {
        let bytes = information.to_bytes().map_err(|_| NtStatus::INTERNAL_ERROR)?;
        Ok(Self { least: bytes.len(), bytes, is_cut: true })
    }

    /// Information that ends with a text: a buffer of at least `least` bytes receives as much of the text as fits.
    fn with_text(information: &impl Structure, least: usize) -> Result<Self, NtStatus> {
        Ok(Self { least, ..Self::whole(information)? })
    }

    /// A list, which the server never cuts ([MS-FSA] 2.1.5.12.29): a client asks again with a larger buffer.
    fn list(list: &impl Structure, least: usize) -> Result<Self, NtStatus> {
        Ok(Self { least, is_cut: false, ..Self::whole(list)? })
    }

    fn send(&self, room: usize, reply: &mut Reply<'_>) -> Result<(), NtStatus> {
        if room < self.least {
            return Err(NtStatus::INFO_LENGTH_MISMATCH);
        }
        let whole = self.bytes.as_slice();
        if whole.len() <= room {
            reply.send(NtStatus::SUCCESS, &QueryInfoResponse { output: whole });
            return Ok(());
        }
        // Texts begin at even offsets, so that no character is cut in half.
        let fits = if self.is_cut { room & !1 } else { 0 };
        let output = whole.get(..fits).unwrap_or_default();
        reply.send(NtStatus::BUFFER_OVERFLOW, &QueryInfoResponse { output });
        Ok(())
    }
}
