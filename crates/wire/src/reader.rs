use crate::DecodeError;

/// Reads little-endian fields from a message, never past its end.
///
/// The caller names every field, so that an error says which one is missing.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    whole: &'a [u8],
    position: usize,
}

macro_rules! integers {
    ($($name:ident: $int:ty),+) => {$(
        #[doc = concat!("Reads a little-endian `", stringify!($int), "`.")]
        ///
        /// # Errors
        /// [`DecodeError::Truncated`].
        pub fn $name(&mut self, what: &'static str) -> Result<$int, DecodeError> {
            self.array(what).map(<$int>::from_le_bytes)
        }
    )+};
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `whole`.
    #[must_use]
    pub const fn new(whole: &'a [u8]) -> Self {
        Self { whole, position: 0 }
    }

    integers!(u8: u8, u16: u16, u32: u32, u64: u64, i64: i64);

    /// Returns all bytes, including those already read.
    #[must_use]
    pub const fn whole(&self) -> &'a [u8] {
        self.whole
    }

    /// Returns how many bytes it has read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Returns the bytes that it has not read yet.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.whole.len().saturating_sub(self.position)
    }

    /// Takes the next `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn bytes(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let end = self.position.checked_add(count);
        match end.and_then(|end| self.whole.get(self.position..end)) {
            Some(bytes) => {
                self.position = self.position.saturating_add(count);
                Ok(bytes)
            }
            None => Err(DecodeError::Truncated { what, need: count, have: self.remaining() }),
        }
    }

    /// Takes the next `N` bytes as an array.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let truncated = DecodeError::Truncated { what, need: N, have: self.remaining() };
        self.bytes(N, what)?.first_chunk().copied().ok_or(truncated)
    }

    /// Takes everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = self.whole.get(self.position..).unwrap_or_default();
        self.position = self.whole.len();
        rest
    }

    /// Skips `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn skip(&mut self, count: usize, what: &'static str) -> Result<(), DecodeError> {
        self.bytes(count, what).map(drop)
    }

    /// Skips padding up to the next multiple of `alignment` from the start of the message.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn align(&mut self, alignment: usize, what: &'static str) -> Result<(), DecodeError> {
        self.skip(crate::writer::padding(self.position, alignment), what)
    }

    /// Returns `length` bytes at `offset` from the start of the message, whatever the position of the reader.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn at(&self, offset: usize, length: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let range = offset.checked_add(length).and_then(|end| self.whole.get(offset..end));
        range.ok_or(DecodeError::Truncated {
            what,
            need: length,
            have: self.whole.len().saturating_sub(offset),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a length from the wire make the reader panic, or read elsewhere.
    #[test]
    fn lengths_are_checked() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16("a"), Ok(0x0201));
        assert_eq!(reader.u16("b"), Err(DecodeError::Truncated { what: "b", need: 2, have: 1 }));
        assert_eq!(reader.u8("c"), Ok(3), "a failed read takes nothing");
        assert!(reader.bytes(usize::MAX, "d").is_err());
        assert!(reader.at(usize::MAX, 2, "e").is_err());
        assert_eq!(reader.at(1, 2, "f"), Ok(&[2, 3][..]));
    }
}
