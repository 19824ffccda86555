//! Breaks of oplocks and leases ([MS-SMB2] 2.2.23 to 2.2.25).
//!
//! Both forms have the same command; StructureSize distinguishes them.

use netsession_wire::{DecodeError, Reader, Writer};

use super::field::structure_size;
use super::{Body, Command, EncodeError, FileId, LeaseKey, LeaseState, Message, OplockLevel};

/// The server's notification of a break ([MS-SMB2] 2.2.23). Its MessageId is [`super::MessageId::UNSOLICITED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakNotification {
    /// 2.2.23.1.
    Oplock(OplockBreak),
    /// 2.2.23.2.
    Lease(LeaseBreakNotification),
}

/// The client's acknowledgment ([MS-SMB2] 2.2.24), and the server's response to it ([MS-SMB2] 2.2.25).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakAcknowledgment {
    /// 2.2.24.1, 2.2.25.1.
    Oplock(OplockBreak),
    /// 2.2.24.2, 2.2.25.2.
    Lease(LeaseBreak),
}

/// The break of an oplock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OplockBreak {
    /// The new level.
    pub oplock_level: OplockLevel,
    /// The open.
    pub file_id: FileId,
}

/// The acknowledgment of the break of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseBreak {
    /// The lease.
    pub lease_key: LeaseKey,
    /// The new state.
    pub lease_state: LeaseState,
}

bitflags::bitflags! {
    /// Flags of a lease break ([MS-SMB2] 2.2.23.2).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct LeaseBreakFlags: u32 {
        /// The server waits for an acknowledgment.
        const ACK_REQUIRED = 1;
    }
}

/// The break of a lease ([MS-SMB2] 2.2.23.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseBreakNotification {
    /// Counts changes of the lease (3.x).
    pub new_epoch: u16,
    /// Whether the client must acknowledge the break.
    pub flags: LeaseBreakFlags,
    /// The lease.
    pub lease_key: LeaseKey,
    /// The current state.
    pub current_lease_state: LeaseState,
    /// The new state.
    pub new_lease_state: LeaseState,
}

const WHAT: &str = "OPLOCK_BREAK";

impl OplockBreak {
    const SIZE: u16 = 24;

    fn encode(&self, writer: &mut Writer) {
        writer.u16(Self::SIZE);
        writer.u8(self.oplock_level.0);
        writer.zeros(5);
        self.file_id.encode(writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        structure_size(reader, Self::SIZE, WHAT)?;
        let oplock_level = OplockLevel(reader.u8(WHAT)?);
        reader.skip(5, WHAT)?;
        Ok(Self { oplock_level, file_id: FileId::decode(reader)? })
    }
}

impl LeaseBreak {
    const SIZE: u16 = 36;

    fn encode(&self, writer: &mut Writer) {
        writer.u16(Self::SIZE);
        writer.zeros(6);
        writer.bytes(&self.lease_key.0);
        writer.u32(self.lease_state.bits());
        writer.u64(0);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        structure_size(reader, Self::SIZE, WHAT)?;
        reader.skip(6, WHAT)?;
        let lease_key = LeaseKey(reader.array(WHAT)?);
        let lease_state = LeaseState::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(8, WHAT)?;
        Ok(Self { lease_key, lease_state })
    }
}

impl LeaseBreakNotification {
    const SIZE: u16 = 44;

    fn encode(&self, writer: &mut Writer) {
        writer.u16(Self::SIZE);
        writer.u16(self.new_epoch);
        writer.u32(self.flags.bits());
        writer.bytes(&self.lease_key.0);
        writer.u32(self.current_lease_state.bits());
        writer.u32(self.new_lease_state.bits());
        writer.zeros(12);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        structure_size(reader, Self::SIZE, WHAT)?;
        let notification = Self {
            new_epoch: reader.u16(WHAT)?,
            flags: LeaseBreakFlags::from_bits_retain(reader.u32(WHAT)?),
            lease_key: LeaseKey(reader.array(WHAT)?),
            current_lease_state: LeaseState::from_bits_retain(reader.u32(WHAT)?),
            new_lease_state: LeaseState::from_bits_retain(reader.u32(WHAT)?),
        };
        reader.skip(12, WHAT)?;
        Ok(notification)
    }
}

impl Message<'_> for BreakNotification {
    const COMMAND: Command = Command::OPLOCK_BREAK;
}

impl Body<'_> for BreakNotification {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Oplock(oplock) => oplock.encode(writer),
            Self::Lease(lease) => lease.encode(writer),
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.clone().u16(WHAT)? {
            OplockBreak::SIZE => OplockBreak::decode(reader).map(Self::Oplock),
            _ => LeaseBreakNotification::decode(reader).map(Self::Lease),
        }
    }
}

impl Message<'_> for BreakAcknowledgment {
    const COMMAND: Command = Command::OPLOCK_BREAK;
}

impl Body<'_> for BreakAcknowledgment {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Oplock(oplock) => oplock.encode(writer),
            Self::Lease(lease) => lease.encode(writer),
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.clone().u16(WHAT)? {
            OplockBreak::SIZE => OplockBreak::decode(reader).map(Self::Oplock),
            _ => LeaseBreak::decode(reader).map(Self::Lease),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would let a client keep caching a file that another client changes.
    #[test]
    fn both_forms_survive_in_both_directions() {
        let oplock_level = OplockLevel::II;
        let oplock = OplockBreak { oplock_level, file_id: FileId { persistent: 1, volatile: 2 } };
        survives!(BreakNotification, BreakNotification::Oplock(oplock));
        survives!(BreakAcknowledgment, BreakAcknowledgment::Oplock(oplock));
        let lease = LeaseBreakNotification {
            new_epoch: 3,
            flags: LeaseBreakFlags::ACK_REQUIRED,
            lease_key: LeaseKey([4; 16]),
            current_lease_state: LeaseState::READ_CACHING | LeaseState::WRITE_CACHING,
            new_lease_state: LeaseState::READ_CACHING,
        };
        survives!(BreakNotification, BreakNotification::Lease(lease));
        let (lease_key, lease_state) = (lease.lease_key, lease.new_lease_state);
        survives!(BreakAcknowledgment, BreakAcknowledgment::Lease(LeaseBreak { lease_key, lease_state }));
    }
}
