//! The structures inside SMB2 messages, as one target.

use netsession_smb::Structure;
use netsession_smb::fscc::*;
use netsession_smb::msg::create_context::*;
use netsession_smb::msg::fsctl::*;
use netsession_smb::oracle::{rewrite_structure, stable};

/// The check of each structure. Add a new one at the end, so that old inputs keep their meaning.
const CHECKS: &[fn(&[u8])] = &[
    check::<FileAccessInformation>,
    check::<FileAlignmentInformation>,
    check::<FileAllInformation>,
    check::<FileAllocationInformation>,
    check::<FileAttributeTagInformation>,
    check::<FileBasicInformation>,
    check::<FileCompressionInformation>,
    check::<FileDispositionInformation>,
    check::<FileDispositionInformationEx>,
    check::<FileEaInformation>,
    check::<FileEndOfFileInformation>,
    check::<FileIdInformation>,
    check::<FileInternalInformation>,
    check::<FileLinkInformation>,
    check::<FileModeInformation>,
    check::<FileNameInformation>,
    check::<FileNetworkOpenInformation>,
    check::<FilePipeInformation>,
    check::<FilePipeLocalInformation>,
    check::<FilePipeRemoteInformation>,
    check::<FilePositionInformation>,
    check::<FileRenameInformation>,
    check::<FileRenameInformationEx>,
    check::<FileStandardInformation>,
    check::<FileValidDataLengthInformation>,
    check::<FileFsAttributeInformation>,
    check::<FileFsControlInformation>,
    check::<FileFsDeviceInformation>,
    check::<FileFsFullSizeInformation>,
    check::<FileFsObjectIdInformation>,
    check::<FileFsSectorSizeInformation>,
    check::<FileFsSizeInformation>,
    check::<FileFsVolumeInformation>,
    check::<Entries<FileStreamInformation>>,
    check::<Entries<FileFullEaInformation>>,
    check::<Entries<FileQuotaInformation>>,
    check::<Acl>,
    check::<Ace>,
    check::<Sid>,
    check::<SecurityDescriptor>,
    check::<OnDiskIdRequest>,
    check::<OnDiskIdResponse>,
    check::<MaximalAccessRequest>,
    check::<MaximalAccessResponse>,
    check::<AppInstanceId>,
    check::<AppInstanceVersion>,
    check::<DurableRequest>,
    check::<DurableResponse>,
    check::<DurableReconnect>,
    check::<DurableRequestV2>,
    check::<DurableResponseV2>,
    check::<DurableReconnectV2>,
    check::<AllocationSize>,
    check::<TimewarpToken>,
    check::<Lease>,
    check::<SnapshotArray>,
    check::<PipeWaitRequest>,
    check::<PipePeekResponse>,
    check::<ResiliencyRequest>,
    check::<ValidateNegotiateRequest>,
    check::<ValidateNegotiateResponse>,
    check::<NetworkInterfaces>,
    check::<ResumeKeyResponse>,
    check::<CopyChunkRequest>,
    check::<CopyChunkResponse>,
];

fn check<T: Structure>(bytes: &[u8]) {
    stable(bytes, rewrite_structure::<T>);
}

/// Checks one structure: the first byte selects it, and the rest are its bytes.
pub(crate) fn structures(data: &[u8]) {
    let Some((selector, bytes)) = data.split_first() else { return };
    if let Some(check) = CHECKS.get(usize::from(*selector)) {
        check(bytes);
    }
}
