use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{decode_empty, encode_empty, len16, structure_size};
use super::{Body, Command, EncodeError, FileId, Message};

bitflags::bitflags! {
    /// How to lock a range ([MS-SMB2] 2.2.26.1).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct LockFlags: u32 {
        /// Others may read it, and lock it in the same way.
        const SHARED_LOCK = 0x01;
        /// Others may neither read nor write it.
        const EXCLUSIVE_LOCK = 0x02;
        /// Release the lock.
        const UNLOCK = 0x04;
        /// Do not wait for others' locks.
        const FAIL_IMMEDIATELY = 0x10;
    }
}

/// Locks or unlocks ranges of a file ([MS-SMB2] 2.2.26).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockRequest {
    /// LockSequenceNumber in the lowest 4 bits, LockSequenceIndex in the others (2.1 and later).
    pub lock_sequence: u32,
    /// The open.
    pub file_id: FileId,
    /// The ranges.
    pub locks: Vec<LockElement>,
}

/// One range ([MS-SMB2] 2.2.26.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockElement {
    /// The offset of its first byte.
    pub offset: u64,
    /// The length in bytes.
    pub length: u64,
    /// How to lock it.
    pub flags: LockFlags,
}

/// The ranges are locked or unlocked ([MS-SMB2] 2.2.27).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockResponse;

/// Bytes of a [`LockElement`].
const ELEMENT_LEN: usize = 24;

impl Message<'_> for LockRequest {
    const COMMAND: Command = Command::LOCK;
}

impl Body<'_> for LockRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(48);
        writer.u16(len16(self.locks.len(), "locks")?);
        writer.u32(self.lock_sequence);
        self.file_id.encode(writer);
        for lock in &self.locks {
            writer.u64(lock.offset);
            writer.u64(lock.length);
            writer.u32(lock.flags.bits());
            writer.u32(0);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "LOCK request";
        structure_size(reader, 48, WHAT)?;
        let count = usize::from(reader.u16(WHAT)?);
        let lock_sequence = reader.u32(WHAT)?;
        let file_id = FileId::decode(reader)?;
        let elements = reader.bytes(count.saturating_mul(ELEMENT_LEN), "locks")?;
        let locks =
            elements.chunks_exact(ELEMENT_LEN).map(|element| LockElement::decode(&mut Reader::new(element)));
        Ok(Self { lock_sequence, file_id, locks: locks.collect::<Result<_, _>>()? })
    }
}

impl LockElement {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "lock";
        Ok(Self {
            offset: reader.u64(WHAT)?,
            length: reader.u64(WHAT)?,
            flags: LockFlags::from_bits_retain(reader.u32(WHAT)?),
        })
    }
}

impl Message<'_> for LockResponse {
    const COMMAND: Command = Command::LOCK;
}

impl Body<'_> for LockResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "LOCK response").map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would lock other bytes than the client requested.
    #[test]
    fn both_survive() {
        let lock = |offset| LockElement { offset, length: 10, flags: LockFlags::SHARED_LOCK };
        let request = LockRequest {
            lock_sequence: 0x15,
            file_id: FileId { persistent: 1, volatile: 2 },
            locks: vec![lock(3), lock(u64::MAX)],
        };
        survives!(LockRequest, request);
        survives!(LockResponse, LockResponse);
    }
}
