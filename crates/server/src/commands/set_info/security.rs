//! SET_INFO of a security descriptor. Clients cannot change the Unix owner and mode.

use netsession_smb::Structure;
use netsession_smb::fscc::{AccessMask, SecurityDescriptor, SecurityInformation};
use netsession_wire::NtStatus;

use super::granted;
use crate::fs;

/// Checks the rights as [MS-SMB2] 3.3.5.21.3 requires, and refuses the change.
pub(super) fn set(file: &fs::Open, parts: SecurityInformation, input: &[u8]) -> Result<(), NtStatus> {
    let needed = [
        (SecurityInformation::SACL | SecurityInformation::SCOPE, AccessMask::ACCESS_SYSTEM_SECURITY),
        (SecurityInformation::DACL | SecurityInformation::ATTRIBUTE, AccessMask::WRITE_DAC),
        (
            SecurityInformation::OWNER | SecurityInformation::GROUP | SecurityInformation::LABEL,
            AccessMask::WRITE_OWNER,
        ),
    ];
    for (part, rights) in needed {
        if parts.intersects(part) {
            granted(file, rights)?;
        }
    }
    SecurityDescriptor::from_bytes(input).map_err(|_| NtStatus::INVALID_SECURITY_DESCR)?;
    Err(NtStatus::NOT_SUPPORTED)
}
