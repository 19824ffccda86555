//! QUERY_INFO of a named pipe ([MS-FSCC] 2.4.37 to 2.4.39).

use netsession_smb::fscc::{
    AccessMask, FileAccessInformation, FileAttributes, FileBasicInformation, FileEaInformation,
    FileInformationClass, FileInternalInformation, FileNetworkOpenInformation, FilePipeInformation,
    FilePipeLocalInformation, FileStandardInformation, FileTime, PipeCompletionMode, PipeConfiguration,
    PipeEnd, PipeReadMode, PipeType,
};
use netsession_smb::msg::fsctl::PipeState;
use netsession_wire::NtStatus;

use super::Information;
use crate::named_pipe::Pipe;

/// The buffer size that the server reports for a pipe, in bytes.
const BUFFER: u32 = 4096;

pub(super) fn query(pipe: &Pipe, class: FileInformationClass) -> Result<Information, NtStatus> {
    match class {
        FileInformationClass::ACCESS => {
            let access_flags = AccessMask::FILE_READ | AccessMask::FILE_WRITE;
            Information::whole(&FileAccessInformation { access_flags })
        }
        FileInformationClass::BASIC => Information::whole(&FileBasicInformation {
            creation_time: FileTime::ZERO,
            last_access_time: FileTime::ZERO,
            last_write_time: FileTime::ZERO,
            change_time: FileTime::ZERO,
            file_attributes: FileAttributes::NORMAL,
        }),
        FileInformationClass::EA => Information::whole(&FileEaInformation { ea_size: 0 }),
        FileInformationClass::INTERNAL => Information::whole(&FileInternalInformation { index_number: 0 }),
        FileInformationClass::NETWORK_OPEN => Information::whole(&FileNetworkOpenInformation {
            creation_time: FileTime::ZERO,
            last_access_time: FileTime::ZERO,
            last_write_time: FileTime::ZERO,
            change_time: FileTime::ZERO,
            allocation_size: BUFFER.into(),
            end_of_file: 0,
            file_attributes: FileAttributes::NORMAL,
        }),
        FileInformationClass::PIPE => Information::whole(&FilePipeInformation {
            read_mode: PipeReadMode::MESSAGE,
            completion_mode: PipeCompletionMode::QUEUE_OPERATION,
        }),
        FileInformationClass::PIPE_LOCAL => Information::whole(&local(pipe)),
        FileInformationClass::STANDARD => Information::whole(&FileStandardInformation {
            allocation_size: BUFFER.into(),
            end_of_file: 0,
            number_of_links: 1,
            delete_pending: true,
            directory: false,
        }),
        known if known.name().is_some() => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

fn local(pipe: &Pipe) -> FilePipeLocalInformation {
    FilePipeLocalInformation {
        named_pipe_type: PipeType::MESSAGE,
        named_pipe_configuration: PipeConfiguration::FULL_DUPLEX,
        maximum_instances: u32::MAX,
        current_instances: 1,
        inbound_quota: BUFFER,
        read_data_available: u32::try_from(pipe.peek(0).bytes).unwrap_or(u32::MAX),
        outbound_quota: BUFFER,
        write_quota_available: BUFFER,
        named_pipe_state: PipeState::CONNECTED,
        named_pipe_end: PipeEnd::CLIENT,
    }
}
