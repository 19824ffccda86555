use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FsInformation, FsInformationClass};
use crate::msg::EncodeError;

bitflags::bitflags! {
    /// The settings of quotas ([MS-FSCC] 2.5.2).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FileSystemControlFlags: u32 {
        /// Counted.
        const QUOTA_TRACK = 1;
        /// Counted and enforced.
        const QUOTA_ENFORCE = 2;
        /// Contents are not indexed.
        const CONTENT_INDEX_DISABLED = 8;
        /// Warnings are logged.
        const LOG_QUOTA_THRESHOLD = 16;
        /// Refusals are logged.
        const LOG_QUOTA_LIMIT = 32;
        /// Little free space is logged.
        const LOG_VOLUME_THRESHOLD = 64;
        /// No free space is logged.
        const LOG_VOLUME_LIMIT = 128;
        /// Counts are incomplete.
        const QUOTAS_INCOMPLETE = 256;
        /// Counts are being made.
        const QUOTAS_REBUILDING = 512;
    }
}

/// Quotas and content indexing ([MS-FSCC] 2.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFsControlInformation {
    /// Free space that indexing needs to start, in bytes.
    pub free_space_start_filtering: i64,
    /// Free space that indexing needs, in bytes.
    pub free_space_threshold: i64,
    /// Free space that indexing needs to continue, in bytes.
    pub free_space_stop_filtering: i64,
    /// The bytes from which the server warns a user; all ones for never.
    pub default_quota_threshold: u64,
    /// The bytes that a user may take; all ones for no limit.
    pub default_quota_limit: u64,
    /// The settings of quotas.
    pub file_system_control_flags: FileSystemControlFlags,
}

impl FsInformation for FileFsControlInformation {
    const CLASS: FsInformationClass = FsInformationClass::CONTROL;
}

impl Structure for FileFsControlInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.i64(self.free_space_start_filtering);
        writer.i64(self.free_space_threshold);
        writer.i64(self.free_space_stop_filtering);
        writer.u64(self.default_quota_threshold);
        writer.u64(self.default_quota_limit);
        writer.u32(self.file_system_control_flags.bits());
        writer.zeros(4);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFsControlInformation";
        let free_space_start_filtering = reader.i64(WHAT)?;
        let free_space_threshold = reader.i64(WHAT)?;
        let free_space_stop_filtering = reader.i64(WHAT)?;
        let default_quota_threshold = reader.u64(WHAT)?;
        let default_quota_limit = reader.u64(WHAT)?;
        let file_system_control_flags = FileSystemControlFlags::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self {
            free_space_start_filtering,
            free_space_threshold,
            free_space_stop_filtering,
            default_quota_threshold,
            default_quota_limit,
            file_system_control_flags,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would set quotas to wrong values.
    #[test]
    fn survives() {
        keeps(&FileFsControlInformation {
            free_space_start_filtering: 1,
            free_space_threshold: 2,
            free_space_stop_filtering: 3,
            default_quota_threshold: 4,
            default_quota_limit: 5,
            file_system_control_flags: FileSystemControlFlags::from_bits_retain(6),
        });
    }
}
