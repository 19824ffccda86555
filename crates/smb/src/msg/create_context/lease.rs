use netsession_wire::{DecodeError, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;
use crate::msg::LeaseKey;

bitflags::bitflags! {
    /// The state of a lease: what a client may cache ([MS-SMB2] 2.2.13.2.8).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct LeaseState: u32 {
        /// Data that it has read.
        const READ_CACHING = 1;
        /// Its open of the file.
        const HANDLE_CACHING = 2;
        /// Data that it writes.
        const WRITE_CACHING = 4;
    }
}

bitflags::bitflags! {
    /// Flags of a lease ([MS-SMB2] 2.2.13.2.10, 2.2.14.2.10, 2.2.14.2.11).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct LeaseFlags: u32 {
        /// The server is breaking the lease (in a response).
        const BREAK_IN_PROGRESS = 2;
        /// The parent's key is set (version 2).
        const PARENT_LEASE_KEY_SET = 4;
    }
}

/// A requested or granted lease, in version 1 ([MS-SMB2] 2.2.13.2.8, 2.2.14.2.10) or 2 ([MS-SMB2] 2.2.13.2.10,
/// 2.2.14.2.11), which have the same name and differ in length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Identifies the lease.
    pub lease_key: LeaseKey,
    /// The state of the lease.
    pub lease_state: LeaseState,
    /// Flags of the lease.
    pub flags: LeaseFlags,
    /// The fields of version 2 (3.x).
    pub v2: Option<LeaseV2>,
}

/// The fields that version 2 adds to a [`Lease`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseV2 {
    /// Identifies the lease of the parent directory, with [`LeaseFlags::PARENT_LEASE_KEY_SET`].
    pub parent_lease_key: LeaseKey,
    /// Counts changes of the lease.
    pub epoch: u16,
}

impl CreateContextData for Lease {
    const NAME: &'static [u8] = b"RqLs";
}

impl Structure for Lease {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.bytes(&self.lease_key.0);
        writer.u32(self.lease_state.bits());
        writer.u32(self.flags.bits());
        writer.u64(0);
        if let Some(v2) = self.v2 {
            writer.bytes(&v2.parent_lease_key.0);
            writer.u16(v2.epoch);
            writer.u16(0);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "lease";
        let lease_key = LeaseKey(reader.array(WHAT)?);
        let lease_state = LeaseState::from_bits_retain(reader.u32(WHAT)?);
        let flags = LeaseFlags::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(8, WHAT)?;
        let v2 = match reader.remaining() {
            0 => None,
            _ => Some(LeaseV2 { parent_lease_key: LeaseKey(reader.array(WHAT)?), epoch: reader.u16(WHAT)? }),
        };
        reader.skip(if v2.is_some() { 2 } else { 0 }, WHAT)?;
        Ok(Self { lease_key, lease_state, flags, v2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would let a client cache more than its lease allows.
    #[test]
    fn both_versions_survive() {
        let v1 = Lease {
            lease_key: LeaseKey([1; 16]),
            lease_state: LeaseState::READ_CACHING,
            flags: LeaseFlags::BREAK_IN_PROGRESS,
            v2: None,
        };
        keeps(&v1);
        assert_eq!(v1.to_bytes().unwrap().len(), 32);
        let v2 = Lease { v2: Some(LeaseV2 { parent_lease_key: LeaseKey([2; 16]), epoch: 3 }), ..v1 };
        keeps(&v2);
        assert_eq!(v2.to_bytes().unwrap().len(), 52);
    }
}
