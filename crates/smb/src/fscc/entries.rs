//! Lists whose entries contain the offset of the next one ([MS-FSCC]: NextEntryOffset).

use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// One entry of a list, without the NextEntryOffset at its beginning.
pub trait Entry: Sized {
    /// The alignment of each entry.
    const ALIGNMENT: usize;

    /// Writes the entry after NextEntryOffset. The position of the writer is 4, as if the entry were alone.
    ///
    /// # Errors
    /// [`EncodeError`] if a value is longer than its length field allows.
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Reads the entry after NextEntryOffset. The reader ends with the entry.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such an entry.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// A whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<T>);

impl<T: Entry> Structure for Entries<T> {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let mut list = EntryWriter::new(usize::MAX);
        for entry in &self.0 {
            list.push(entry)?;
        }
        writer.bytes(&list.finish());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        split_entries(reader.rest()).map(|entry| T::decode(&mut entry?)).collect::<Result<_, _>>().map(Self)
    }
}

/// Returns a reader for each entry of a list. The reader begins after NextEntryOffset, and ends where the next entry
/// starts.
pub(super) fn split_entries(list: &[u8]) -> impl Iterator<Item = Result<Reader<'_>, DecodeError>> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let list = std::mem::take(&mut rest);
        if list.is_empty() {
            return None;
        }
        Some(split_first(list).map(|(entry, others)| {
            rest = others;
            entry
        }))
    })
}

fn split_first(list: &[u8]) -> Result<(Reader<'_>, &[u8]), DecodeError> {
    const WHAT: &str = "NextEntryOffset";
    let next = size(Reader::new(list).u32(WHAT)?);
    let end = if next == 0 { list.len() } else { next };
    // An entry holds at least that field, so the loop always advances.
    let cut = list.split_at_checked(end).filter(|_| end >= 4);
    let (entry, others) = cut.ok_or(DecodeError::invalid(WHAT))?;
    let mut entry = Reader::new(entry);
    entry.skip(4, WHAT)?;
    Ok((entry, others))
}

/// Writes a list up to the length that the client accepts.
#[derive(Debug)]
pub struct EntryWriter {
    list: Writer,
    last: Option<usize>,
    limit: usize,
}

impl EntryWriter {
    /// Returns an empty list, which takes at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { list: Writer::new(), last: None, limit }
    }

    /// Adds an entry. Returns false, and does not change the list, if the entry does not fit.
    ///
    /// # Errors
    /// [`EncodeError`] if a value is longer than its length field allows.
    pub fn push<T: Entry>(&mut self, entry: &T) -> Result<bool, EncodeError> {
        self.push_with(T::ALIGNMENT, |writer| entry.encode(writer))
    }

    pub(super) fn push_with(
        &mut self,
        alignment: usize,
        encode: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
    ) -> Result<bool, EncodeError> {
        let mut alone = Writer::new();
        alone.u32(0);
        encode(&mut alone)?;
        let start = self.list.position().next_multiple_of(alignment);
        let end = start.saturating_add(alone.position());
        // The other side has chosen the limit, and can ask for the entries that find no memory in another list.
        if end > self.limit || !self.list.has_memory_for(end.saturating_sub(self.list.position())) {
            return Ok(false);
        }
        self.list.align(alignment);
        if let Some(last) = self.last.replace(start) {
            self.list.fill_u32(last, len32(start.saturating_sub(last), "entry of a list")?);
        }
        self.list.bytes(alone.as_slice());
        Ok(true)
    }

    /// Returns whether the list is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// Returns the list.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.list.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fscc::{FileAction, FileNotifyInformation};

    fn change(name: &str) -> FileNotifyInformation {
        FileNotifyInformation { action: FileAction::ADDED, file_name: name.into() }
    }

    /// A failure here would make a server send more than the client has room for, or skip files.
    #[test]
    fn a_list_ends_before_its_limit() {
        let mut list = EntryWriter::new(31);
        assert!(list.is_empty());
        assert_eq!(list.push(&change("a")), Ok(true));
        assert_eq!(list.push(&change("ab")), Ok(false), "16 + 16 bytes are one too many");
        assert_eq!(list.push(&change("b")), Ok(true));
        let names = Entries::<FileNotifyInformation>::from_bytes(&list.finish()).unwrap();
        assert_eq!(names, Entries(vec![change("a"), change("b")]));
    }

    /// A failure here would let a crafted list make the reader loop or read outside of it.
    #[test]
    fn bad_offsets_are_refused() {
        for next in [1_u32, 3, 200, u32::MAX] {
            let mut bytes = Entries(vec![change("a"), change("b")]).to_bytes().unwrap();
            bytes[..4].copy_from_slice(&next.to_le_bytes());
            assert!(Entries::<FileNotifyInformation>::from_bytes(&bytes).is_err(), "{next}");
        }
    }
}
