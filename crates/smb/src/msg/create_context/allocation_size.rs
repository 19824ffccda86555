use netsession_wire::{DecodeError, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;

/// The space to reserve for the new file ([MS-SMB2] 2.2.13.2.6). There is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllocationSize {
    /// In bytes.
    pub allocation_size: u64,
}

impl CreateContextData for AllocationSize {
    const NAME: &'static [u8] = b"AlSi";
}

impl Structure for AllocationSize {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.allocation_size);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { allocation_size: reader.u64("SMB2_CREATE_ALLOCATION_SIZE")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would reserve too little space.
    #[test]
    fn survives() {
        keeps(&AllocationSize { allocation_size: 0x0102_0304_0506_0708 });
    }
}
