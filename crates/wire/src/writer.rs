/// Builds a message of little-endian fields.
///
/// Write a field whose value you do not know yet as zeros, and overwrite it later by its position.
#[derive(Debug, Default, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
}

macro_rules! integers {
    ($($name:ident, $fill:ident: $int:ty),+) => {$(
        #[doc = concat!("Writes a little-endian `", stringify!($int), "`.")]
        pub fn $name(&mut self, value: $int) {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }

        #[doc = concat!("Overwrites the `", stringify!($int), "` at `position`; nothing where that is past the end.")]
        pub fn $fill(&mut self, position: usize, value: $int) {
            self.fill(position, &value.to_le_bytes());
        }
    )+};
}

impl Writer {
    /// Returns an empty message.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Continues after `bytes`, which count as the start of the message.
    #[must_use]
    pub const fn after(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    integers!(u8, fill_u8: u8, u16, fill_u16: u16, u32, fill_u32: u32, u64, fill_u64: u64, i64, fill_i64: i64);

    /// Returns how many bytes it has written, which is the position of the next one.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether the system has memory for `count` further bytes, and takes it.
    #[must_use]
    pub fn has_memory_for(&mut self, count: usize) -> bool {
        self.bytes.try_reserve(count).is_ok()
    }

    /// Writes `bytes` as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes `count` zeros.
    pub fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len().saturating_add(count), 0);
    }

    /// Writes zeros up to the next multiple of `alignment` from the start of the message.
    pub fn align(&mut self, alignment: usize) {
        self.zeros(padding(self.bytes.len(), alignment));
    }

    /// Overwrites the bytes at `position`; does nothing if they do not fit.
    pub fn fill(&mut self, position: usize, with: &[u8]) {
        let range = position..position.saturating_add(with.len());
        if let Some(place) = self.bytes.get_mut(range) {
            place.copy_from_slice(with);
        }
    }

    /// Returns the message so far.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the finished message.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Returns the number of bytes from `position` to the next multiple of `alignment`.
pub(crate) const fn padding(position: usize, alignment: usize) -> usize {
    match position.checked_rem(alignment) {
        None | Some(0) => 0,
        Some(over) => alignment - over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would write an offset in the wrong place.
    #[test]
    fn fields_are_filled_in_and_aligned() {
        let mut writer = Writer::new();
        writer.u8(1);
        writer.align(4);
        let at = writer.position();
        writer.u32(0);
        writer.fill_u32(at, 0x0403_0201);
        writer.fill_u32(7, 0xffff_ffff);
        assert_eq!(writer.finish(), [1, 0, 0, 0, 1, 2, 3, 4]);
    }
}
