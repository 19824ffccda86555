use super::{rewrite_structure, stable};
use crate::fscc::*;
use crate::msg::create_context::*;
use crate::msg::fsctl::*;
use crate::msg::{CtlCode, ShareRedirect, SymbolicLinkError};

/// Reads and writes information about a file; `None` if it is not of that class.
pub fn rewrite_file_information(class: u8, bytes: &[u8]) -> Option<Vec<u8>> {
    let rewrite = match FileInformationClass(class) {
        FileInformationClass::BASIC => rewrite_structure::<FileBasicInformation>,
        FileInformationClass::STANDARD => rewrite_structure::<FileStandardInformation>,
        FileInformationClass::INTERNAL => rewrite_structure::<FileInternalInformation>,
        FileInformationClass::EA => rewrite_structure::<FileEaInformation>,
        FileInformationClass::ACCESS => rewrite_structure::<FileAccessInformation>,
        FileInformationClass::NAME
        | FileInformationClass::ALTERNATE_NAME
        | FileInformationClass::NORMALIZED_NAME
        | FileInformationClass::SHORT_NAME => rewrite_structure::<FileNameInformation>,
        FileInformationClass::RENAME => rewrite_structure::<FileRenameInformation>,
        FileInformationClass::LINK => rewrite_structure::<FileLinkInformation>,
        FileInformationClass::DISPOSITION => rewrite_structure::<FileDispositionInformation>,
        FileInformationClass::POSITION => rewrite_structure::<FilePositionInformation>,
        FileInformationClass::FULL_EA => rewrite_structure::<Entries<FileFullEaInformation>>,
        FileInformationClass::MODE => rewrite_structure::<FileModeInformation>,
        FileInformationClass::ALIGNMENT => rewrite_structure::<FileAlignmentInformation>,
        FileInformationClass::ALL => rewrite_structure::<FileAllInformation>,
        FileInformationClass::ALLOCATION => rewrite_structure::<FileAllocationInformation>,
        FileInformationClass::END_OF_FILE => rewrite_structure::<FileEndOfFileInformation>,
        FileInformationClass::STREAM => rewrite_structure::<Entries<FileStreamInformation>>,
        FileInformationClass::PIPE => rewrite_structure::<FilePipeInformation>,
        FileInformationClass::PIPE_LOCAL => rewrite_structure::<FilePipeLocalInformation>,
        FileInformationClass::PIPE_REMOTE => rewrite_structure::<FilePipeRemoteInformation>,
        FileInformationClass::COMPRESSION => rewrite_structure::<FileCompressionInformation>,
        FileInformationClass::QUOTA => rewrite_structure::<Entries<FileQuotaInformation>>,
        FileInformationClass::NETWORK_OPEN => rewrite_structure::<FileNetworkOpenInformation>,
        FileInformationClass::ATTRIBUTE_TAG => rewrite_structure::<FileAttributeTagInformation>,
        FileInformationClass::VALID_DATA_LENGTH => rewrite_structure::<FileValidDataLengthInformation>,
        FileInformationClass::ID => rewrite_structure::<FileIdInformation>,
        FileInformationClass::DISPOSITION_EX => rewrite_structure::<FileDispositionInformationEx>,
        FileInformationClass::RENAME_EX => rewrite_structure::<FileRenameInformationEx>,
        _ => return None,
    };
    rewrite(bytes)
}

/// Reads and writes information about a file system; `None` if it is not of that class.
pub fn rewrite_fs_information(class: u8, bytes: &[u8]) -> Option<Vec<u8>> {
    let rewrite = match FsInformationClass(class) {
        FsInformationClass::VOLUME => rewrite_structure::<FileFsVolumeInformation>,
        FsInformationClass::SIZE => rewrite_structure::<FileFsSizeInformation>,
        FsInformationClass::DEVICE => rewrite_structure::<FileFsDeviceInformation>,
        FsInformationClass::ATTRIBUTE => rewrite_structure::<FileFsAttributeInformation>,
        FsInformationClass::CONTROL => rewrite_structure::<FileFsControlInformation>,
        FsInformationClass::FULL_SIZE => rewrite_structure::<FileFsFullSizeInformation>,
        FsInformationClass::OBJECT_ID => rewrite_structure::<FileFsObjectIdInformation>,
        FsInformationClass::SECTOR_SIZE => rewrite_structure::<FileFsSectorSizeInformation>,
        _ => return None,
    };
    rewrite(bytes)
}

/// Reads and writes a part of a directory; `None` if it is not of that class.
pub fn rewrite_directory(class: u8, bytes: &[u8]) -> Option<Vec<u8>> {
    let class = FileInformationClass(class);
    let entries = DirectoryEntry::decode_list(class, bytes).ok()?;
    let mut list = DirectoryWriter::new(class, usize::MAX).ok()?;
    let written = entries.iter().try_fold(true, |all, entry| list.push(entry).map(|fits| all && fits));
    assert_eq!(written, Ok(true), "what was read cannot be written");
    Some(list.finish())
}

/// Reads and writes a security descriptor.
pub fn rewrite_security(bytes: &[u8]) -> Option<Vec<u8>> {
    rewrite_structure::<SecurityDescriptor>(bytes)
}

/// Reads and writes changes in a directory.
pub fn rewrite_notify(bytes: &[u8]) -> Option<Vec<u8>> {
    rewrite_structure::<FileNotifyList>(bytes)
}

/// Reads and writes the input of a control code.
pub fn rewrite_fsctl_input(code: CtlCode, bytes: &[u8]) -> Option<Vec<u8>> {
    match code {
        CtlCode::VALIDATE_NEGOTIATE_INFO => rewrite_structure::<ValidateNegotiateRequest>(bytes),
        CtlCode::SRV_COPYCHUNK | CtlCode::SRV_COPYCHUNK_WRITE => rewrite_structure::<CopyChunkRequest>(bytes),
        CtlCode::PIPE_WAIT => rewrite_structure::<PipeWaitRequest>(bytes),
        CtlCode::LMR_REQUEST_RESILIENCY => rewrite_structure::<ResiliencyRequest>(bytes),
        CtlCode::DFS_GET_REFERRALS => rewrite_structure::<DfsReferralRequest>(bytes),
        _ => None,
    }
}

/// Reads and writes the output of a control code.
pub fn rewrite_fsctl_output(code: CtlCode, bytes: &[u8]) -> Option<Vec<u8>> {
    match code {
        CtlCode::VALIDATE_NEGOTIATE_INFO => rewrite_structure::<ValidateNegotiateResponse>(bytes),
        CtlCode::SRV_COPYCHUNK | CtlCode::SRV_COPYCHUNK_WRITE => {
            rewrite_structure::<CopyChunkResponse>(bytes)
        }
        CtlCode::SRV_REQUEST_RESUME_KEY => rewrite_structure::<ResumeKeyResponse>(bytes),
        CtlCode::SRV_ENUMERATE_SNAPSHOTS => rewrite_structure::<SnapshotArray>(bytes),
        CtlCode::QUERY_NETWORK_INTERFACE_INFO => rewrite_structure::<NetworkInterfaces>(bytes),
        CtlCode::PIPE_PEEK => rewrite_structure::<PipePeekResponse>(bytes),
        CtlCode::DFS_GET_REFERRALS => rewrite_structure::<DfsReferralResponse>(bytes),
        _ => None,
    }
}

/// Reads and writes the data of a create context, by its name and direction.
pub fn rewrite_create_context(name: &[u8], response: bool, bytes: &[u8]) -> Option<Vec<u8>> {
    let rewrite = match (name, response) {
        (DurableReconnect::NAME, _) => rewrite_structure::<DurableReconnect>,
        (DurableRequest::NAME, false) => rewrite_structure::<DurableRequest>,
        (DurableResponse::NAME, true) => rewrite_structure::<DurableResponse>,
        (DurableReconnectV2::NAME, _) => rewrite_structure::<DurableReconnectV2>,
        (DurableRequestV2::NAME, false) => rewrite_structure::<DurableRequestV2>,
        (DurableResponseV2::NAME, true) => rewrite_structure::<DurableResponseV2>,
        (MaximalAccessRequest::NAME, false) => rewrite_structure::<MaximalAccessRequest>,
        (MaximalAccessResponse::NAME, true) => rewrite_structure::<MaximalAccessResponse>,
        (OnDiskIdRequest::NAME, false) => rewrite_structure::<OnDiskIdRequest>,
        (OnDiskIdResponse::NAME, true) => rewrite_structure::<OnDiskIdResponse>,
        (AllocationSize::NAME, _) => rewrite_structure::<AllocationSize>,
        (TimewarpToken::NAME, _) => rewrite_structure::<TimewarpToken>,
        (Lease::NAME, _) => rewrite_structure::<Lease>,
        (AppInstanceId::NAME, _) => rewrite_structure::<AppInstanceId>,
        (AppInstanceVersion::NAME, _) => rewrite_structure::<AppInstanceVersion>,
        (AppleRequest::NAME, false) => rewrite_structure::<AppleRequest>,
        (AppleResponse::NAME, true) => rewrite_structure::<AppleResponse>,
        (b"ExtA", _) => rewrite_structure::<Entries<FileFullEaInformation>>,
        (SecurityDescriptor::NAME, _) => rewrite_structure::<SecurityDescriptor>,
        _ => return None,
    };
    rewrite(bytes)
}

/// Checks bytes as the input and output of every control code.
pub(super) fn every_fsctl(bytes: &[u8]) {
    let codes = [
        CtlCode::VALIDATE_NEGOTIATE_INFO,
        CtlCode::SRV_COPYCHUNK,
        CtlCode::PIPE_WAIT,
        CtlCode::LMR_REQUEST_RESILIENCY,
        CtlCode::SRV_REQUEST_RESUME_KEY,
        CtlCode::SRV_ENUMERATE_SNAPSHOTS,
        CtlCode::QUERY_NETWORK_INTERFACE_INFO,
        CtlCode::PIPE_PEEK,
        CtlCode::DFS_GET_REFERRALS,
    ];
    for code in codes {
        stable(bytes, |bytes| rewrite_fsctl_input(code, bytes));
        stable(bytes, |bytes| rewrite_fsctl_output(code, bytes));
    }
}

/// Checks bytes as the data of every create context, and as the data of errors.
pub(super) fn every_create_context(bytes: &[u8]) {
    let names = [
        DurableRequest::NAME,
        DurableReconnect::NAME,
        DurableRequestV2::NAME,
        DurableReconnectV2::NAME,
        MaximalAccessRequest::NAME,
        OnDiskIdRequest::NAME,
        AllocationSize::NAME,
        TimewarpToken::NAME,
        Lease::NAME,
        AppInstanceId::NAME,
        AppInstanceVersion::NAME,
        b"ExtA",
        SecurityDescriptor::NAME,
    ];
    for name in names {
        stable(bytes, |bytes| rewrite_create_context(name, false, bytes));
        stable(bytes, |bytes| rewrite_create_context(name, true, bytes));
    }
    stable(bytes, |bytes| SymbolicLinkError::decode(bytes).ok()?.encode().ok());
    stable(bytes, |bytes| ShareRedirect::decode(bytes).ok()?.encode().ok());
}
