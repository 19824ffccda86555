use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{Entries, Entry, FileInformation, FileInformationClass, FileTime, Sid};
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// The space that one user takes and may take on a volume ([MS-FSCC] 2.4.41).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileQuotaInformation {
    /// The time of the last change.
    pub change_time: FileTime,
    /// The bytes that the user takes.
    pub quota_used: i64,
    /// The bytes from which the server warns the user; -1 for never.
    pub quota_threshold: i64,
    /// The bytes that the user may take; -1 for no limit, -2 to delete the entry.
    pub quota_limit: i64,
    /// The user.
    pub sid: Sid,
}

/// A user whose quota the client requests ([MS-FSCC] 2.4.41.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGetQuotaInformation {
    /// The user.
    pub sid: Sid,
}

impl FileInformation for Entries<FileQuotaInformation> {
    const CLASS: FileInformationClass = FileInformationClass::QUOTA;
}

impl Entry for FileQuotaInformation {
    const ALIGNMENT: usize = 8;

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let sid = self.sid.to_bytes()?;
        writer.u32(len32(sid.len(), "SID")?);
        writer.i64(self.change_time.0);
        writer.i64(self.quota_used);
        writer.i64(self.quota_threshold);
        writer.i64(self.quota_limit);
        writer.bytes(&sid);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileQuotaInformation";
        let length = size(reader.u32(WHAT)?);
        Ok(Self {
            change_time: FileTime(reader.i64(WHAT)?),
            quota_used: reader.i64(WHAT)?,
            quota_threshold: reader.i64(WHAT)?,
            quota_limit: reader.i64(WHAT)?,
            sid: Sid::from_bytes(reader.bytes(length, WHAT)?)?,
        })
    }
}

impl Entry for FileGetQuotaInformation {
    const ALIGNMENT: usize = 4;

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let sid = self.sid.to_bytes()?;
        writer.u32(len32(sid.len(), "SID")?);
        writer.bytes(&sid);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FILE_GET_QUOTA_INFORMATION";
        let length = size(reader.u32(WHAT)?);
        Ok(Self { sid: Sid::from_bytes(reader.bytes(length, WHAT)?)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would show or give one user the quota of another.
    #[test]
    fn lists_survive() {
        let sid: Sid = "S-1-5-21-1-2-3-1000".parse().unwrap();
        let quota = FileQuotaInformation {
            change_time: FileTime(1),
            quota_used: 2,
            quota_threshold: 3,
            quota_limit: -1,
            sid: sid.clone(),
        };
        keeps(&Entries(vec![quota.clone(), quota]));
        keeps(&Entries(vec![FileGetQuotaInformation { sid }]));
    }
}
