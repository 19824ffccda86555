//! QUERY_INFO ([MS-SMB2] 3.3.5.20). docs/server-coverage.md says what each class gets.

mod file;
mod filesystem;
mod pipe;
mod security;

use netsession_smb::Structure;
use netsession_smb::fscc::{FileInformationClass, FsInformationClass, SecurityInformation};
use netsession_smb::msg::{InfoType, QueryInfoRequest, QueryInfoResponse};
use netsession_smb::server::{Reply, Request};
use netsession_wire::NtStatus;

use super::{body, open, within};
use crate::connection::Desk;
use crate::state::{Object, Session};

pub(super) fn answer(
    desk: &Desk,
    session: &Session,
    request: &Request<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), NtStatus> {
    let asked: QueryInfoRequest<'_> = body(request)?;
    let input = u32::try_from(asked.input.len()).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    within(desk, request, asked.output_buffer_length.max(input))?;
    let open = open(session, request, reply, asked.file_id)?;
    let room = usize::try_from(asked.output_buffer_length).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let information = match asked.info_type {
        InfoType::FILE => {
            let class = FileInformationClass(asked.class);
            match &open.object {
                Object::File(file) => file::query(file, class, request.dialect)?,
                Object::Pipe(pipe) => pipe::query(pipe, class)?,
            }
        }
        InfoType::FILESYSTEM => filesystem::query(&open, FsInformationClass(asked.class))?,
        InfoType::SECURITY => {
            let parts = SecurityInformation::from_bits_truncate(asked.additional_information);
            return security::query(&open, parts, room, request.dialect, reply);
        }
        InfoType::QUOTA => return Err(NtStatus::NOT_SUPPORTED),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    information.send(room, reply)
}

/// What is known, and how much of it has to fit for an answer to make sense.
struct Information {
    bytes: Vec<u8>,
    fixed: usize,
}

impl Information {
    /// Information of one size.
    fn whole(information: &impl Structure) -> Result<Self, NtStatus> {
        Self::with_fixed_part(information, usize::MAX)
    }

    /// Information that ends with something of any length, after `fixed` bytes.
    fn with_fixed_part(information: &impl Structure, fixed: usize) -> Result<Self, NtStatus> {
        let bytes = information.to_bytes().map_err(|_| NtStatus::INTERNAL_ERROR)?;
        let fixed = fixed.min(bytes.len());
        Ok(Self { bytes, fixed })
    }

    fn send(&self, room: usize, reply: &mut Reply<'_>) -> Result<(), NtStatus> {
        if room < self.fixed {
            return Err(NtStatus::INFO_LENGTH_MISMATCH);
        }
        let (status, output) = match self.bytes.get(..room) {
            Some(part) if part.len() < self.bytes.len() => (NtStatus::BUFFER_OVERFLOW, part),
            _ => (NtStatus::SUCCESS, self.bytes.as_slice()),
        };
        reply.send(status, &QueryInfoResponse { output });
        Ok(())
    }
}
