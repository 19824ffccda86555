use std::fmt;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// The length from which a block is a map of its own.
const LARGE: usize = 16 << 10;

/// Memory whose size a client chooses: frames, responses, names.
///
/// An allocator returns memory to the system only where nothing else lies beside it. So one small allocation of another
/// client could keep many megabytes resident after an attack. A block from 16 KiB on is a map of its own, and the system
/// has it back at once.
pub struct Block(Memory);

enum Memory {
    /// A small block, or one for which the system has no map.
    Heap(Vec<u8>),
    /// A large block.
    Map(MmapMut),
}

/// The system has no memory for something of a size that a client has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system has no memory")]
pub struct OutOfMemory;

impl Block {
    /// Returns an empty block.
    #[must_use]
    pub const fn new() -> Self {
        Self(Memory::Heap(Vec::new()))
    }

    /// Returns a block of `length` zeros.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn zeroed(length: usize) -> Result<Self, OutOfMemory> {
        let mut block = Self::new();
        block.grow(length)?;
        Ok(block)
    }

    /// Returns a block with these bytes.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn copy_of(bytes: &[u8]) -> Result<Self, OutOfMemory> {
        let mut block = Self::zeroed(bytes.len())?;
        block.copy_from_slice(bytes);
        Ok(block)
    }

    /// Appends zeros up to `length`; does nothing if the block is longer.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the block is as before.
    pub fn grow(&mut self, length: usize) -> Result<(), OutOfMemory> {
        let more = length.saturating_sub(self.len());
        if more == 0 {
            return Ok(());
        }
        if length >= LARGE
            && let Ok(mut map) = MmapMut::map_anon(length)
        {
            if let Some(start) = map.get_mut(..self.len()) {
                start.copy_from_slice(self);
            }
            self.0 = Memory::Map(map);
            return Ok(());
        }
        if let Memory::Map(map) = &self.0 {
            // A process can have too many maps and memory nevertheless.
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(length).map_err(|_| OutOfMemory)?;
            bytes.extend_from_slice(map);
            self.0 = Memory::Heap(bytes);
        }
        if let Memory::Heap(bytes) = &mut self.0 {
            bytes.try_reserve_exact(length.saturating_sub(bytes.len())).map_err(|_| OutOfMemory)?;
            bytes.resize(length, 0);
        }
        Ok(())
    }

    /// Returns whether it is a map of its own.
    #[must_use]
    pub const fn is_map(&self) -> bool {
        matches!(self.0, Memory::Map(_))
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Memory::Heap(bytes) => bytes,
            Memory::Map(bytes) => bytes,
        }
    }
}

impl DerefMut for Block {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Memory::Heap(bytes) => bytes,
            Memory::Map(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block").field("length", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would leave the memory of an attack with the process, take a map for each small response, or lose
    /// what a block held before it grew.
    #[test]
    fn only_large_blocks_are_maps() {
        let mut block = Block::copy_of(&[7; 100]).unwrap();
        for length in [50, 100, LARGE - 1, LARGE, 3 * LARGE] {
            block.grow(length).unwrap();
            assert_eq!((block.len(), block.is_map()), (length.max(100), length >= LARGE));
            assert!(block[..100].iter().all(|byte| *byte == 7) && block[100..].iter().all(|byte| *byte == 0));
        }
    }

    /// A failure here would end the process if a client asks for more memory than there is.
    #[test]
    fn memory_that_there_is_not_is_refused() {
        let mut block = Block::copy_of(&[7; 100]).unwrap();
        assert_eq!(block.grow(usize::MAX / 4), Err(OutOfMemory));
        assert_eq!(*block, [7; 100]);
        assert_eq!(Block::zeroed(usize::MAX / 4).err(), Some(OutOfMemory));
    }
}
