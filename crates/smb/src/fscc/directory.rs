use netsession_wire::{DecodeError, Reader, Writer, utf16};

use super::entries::{EntryWriter, split_entries};
use super::{AccessMask, FileAttributes, FileInformationClass, FileTime};
use crate::msg::EncodeError;
use crate::msg::field::{len8, len32, size};

/// One entry of a directory, in any of the classes that list one ([MS-FSCC] 2.4.8, 2.4.10, 2.4.15, 2.4.18 to 2.4.24,
/// 2.4.33). A class uses the members for which it has fields; the others are zero after reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryEntry {
    /// The position of the entry in the directory; mostly 0.
    pub file_index: u32,
    /// The creation time.
    pub creation_time: FileTime,
    /// The time of the last access.
    pub last_access_time: FileTime,
    /// The time of the last write to its data.
    pub last_write_time: FileTime,
    /// The time of the last change of any kind.
    pub change_time: FileTime,
    /// The length in bytes.
    pub end_of_file: u64,
    /// The bytes that it takes on the disk.
    pub allocation_size: u64,
    /// Its attributes.
    pub file_attributes: FileAttributes,
    /// Bytes of its extended attributes; of a reparse point, its tag.
    pub ea_size: u32,
    /// Of a reparse point, its tag, in classes that have a field for it.
    pub reparse_point_tag: u32,
    /// The id of the file on its volume.
    pub file_id: u64,
    /// The id of the file in 128 bits.
    pub file_id_128: [u8; 16],
    /// Its 8.3 name: at most 12 characters.
    pub short_name: String,
    /// Its name.
    pub file_name: String,
    /// Replaces `ea_size` and `short_name` in a list in FileIdBothDirectoryInformation for a client on macOS; reading ignores it.
    pub apple: Option<AppleEntry>,
}

/// What a client on macOS learns of a file in a list, if it has agreed on that by
/// [`AppleRequest`](crate::msg::create_context::AppleRequest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppleEntry {
    /// The user's access to the file.
    pub max_access: AccessMask,
    /// The length of the resource fork in bytes.
    pub resource_fork: u64,
    /// Type and creator (4 bytes each), flags and extended flags (2 each), and the time when the file was added to its
    /// folder (4), all in the order of the Macintosh.
    pub finder_info: [u8; 16],
}

impl AppleEntry {
    /// Writes it in the place of a short name.
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u8(len8(SHORT_NAME_LEN, "short name")?);
        writer.u8(0);
        writer.u64(self.resource_fork);
        writer.bytes(&self.finder_info);
        Ok(())
    }
}

/// The fields of a class in addition to those that all classes but [`FileInformationClass::NAMES`] have.
#[derive(Clone, Copy, Default)]
struct Layout {
    names_only: bool,
    ea_size: bool,
    reparse_point_tag: bool,
    /// ShortName before the identifiers, as in the older classes, and its padding.
    short_name_first: Option<usize>,
    /// Bytes before FileId.
    reserved: usize,
    file_id: bool,
    file_id_128: bool,
    short_name_last: bool,
}

impl Layout {
    fn of(class: FileInformationClass) -> Result<Self, DecodeError> {
        let none = Self::default();
        let full = Self { ea_size: true, ..none };
        let both = Self { short_name_first: Some(0), ..full };
        let extd = Self { reparse_point_tag: true, ..full };
        let extd_64 = Self { file_id: true, ..extd };
        let extd_all = Self { file_id_128: true, ..extd_64 };
        Ok(match class {
            FileInformationClass::DIRECTORY => none,
            FileInformationClass::NAMES => Self { names_only: true, ..none },
            FileInformationClass::FULL_DIRECTORY => full,
            FileInformationClass::ID_FULL_DIRECTORY => Self { reserved: 4, file_id: true, ..full },
            FileInformationClass::BOTH_DIRECTORY => both,
            FileInformationClass::ID_BOTH_DIRECTORY => {
                Self { short_name_first: Some(2), file_id: true, ..both }
            }
            FileInformationClass::ID_EXTD_DIRECTORY => Self { file_id_128: true, ..extd },
            FileInformationClass::ID_64_EXTD_DIRECTORY => extd_64,
            FileInformationClass::ID_64_EXTD_BOTH_DIRECTORY => Self { short_name_last: true, ..extd_64 },
            FileInformationClass::ID_ALL_EXTD_DIRECTORY => extd_all,
            FileInformationClass::ID_ALL_EXTD_BOTH_DIRECTORY => Self { short_name_last: true, ..extd_all },
            _ => return Err(DecodeError::invalid("class of a directory listing")),
        })
    }
}

/// Bytes of ShortName.
const SHORT_NAME_LEN: usize = 24;
const WHAT: &str = "directory entry";

impl DirectoryEntry {
    fn encode(&self, layout: Layout, writer: &mut Writer) -> Result<(), EncodeError> {
        let name = utf16::encode(&self.file_name);
        writer.u32(self.file_index);
        if !layout.names_only {
            let times = [self.creation_time, self.last_access_time, self.last_write_time, self.change_time];
            times.into_iter().for_each(|time| writer.i64(time.0));
            writer.u64(self.end_of_file);
            writer.u64(self.allocation_size);
            writer.u32(self.file_attributes.bits());
        }
        writer.u32(len32(name.len(), "file name")?);
        // Only FileIdBothDirectoryInformation has these two bytes.
        let apple = self.apple.filter(|_| layout.short_name_first == Some(2));
        if layout.ea_size {
            writer.u32(apple.map_or(self.ea_size, |apple| apple.max_access.bits()));
        }
        if layout.reparse_point_tag {
            writer.u32(self.reparse_point_tag);
        }
        if let Some(padding) = layout.short_name_first {
            match apple {
                Some(apple) => apple.encode(writer)?,
                None => self.encode_short_name(writer)?,
            }
            writer.zeros(padding);
        }
        writer.zeros(layout.reserved);
        if layout.file_id {
            writer.u64(self.file_id);
        }
        if layout.file_id_128 {
            writer.bytes(&self.file_id_128);
        }
        if layout.short_name_last {
            self.encode_short_name(writer)?;
        }
        writer.bytes(&name);
        Ok(())
    }

    fn encode_short_name(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        const WHAT: &str = "short name";
        let name = utf16::encode(&self.short_name);
        let padding = SHORT_NAME_LEN.checked_sub(name.len());
        let padding = padding.ok_or(EncodeError { what: WHAT, length: name.len(), limit: 24 })?;
        writer.u8(len8(name.len(), WHAT)?);
        writer.u8(0);
        writer.bytes(&name);
        writer.zeros(padding);
        Ok(())
    }

    fn decode(layout: Layout, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut entry = Self { file_index: reader.u32(WHAT)?, ..Self::default() };
        if !layout.names_only {
            entry.creation_time = FileTime(reader.i64(WHAT)?);
            entry.last_access_time = FileTime(reader.i64(WHAT)?);
            entry.last_write_time = FileTime(reader.i64(WHAT)?);
            entry.change_time = FileTime(reader.i64(WHAT)?);
            entry.end_of_file = reader.u64(WHAT)?;
            entry.allocation_size = reader.u64(WHAT)?;
            entry.file_attributes = FileAttributes::from_bits_retain(reader.u32(WHAT)?);
        }
        let length = size(reader.u32(WHAT)?);
        if layout.ea_size {
            entry.ea_size = reader.u32(WHAT)?;
        }
        if layout.reparse_point_tag {
            entry.reparse_point_tag = reader.u32(WHAT)?;
        }
        if let Some(padding) = layout.short_name_first {
            entry.short_name = decode_short_name(reader)?;
            reader.skip(padding, WHAT)?;
        }
        reader.skip(layout.reserved, WHAT)?;
        if layout.file_id {
            entry.file_id = reader.u64(WHAT)?;
        }
        if layout.file_id_128 {
            entry.file_id_128 = reader.array(WHAT)?;
        }
        if layout.short_name_last {
            entry.short_name = decode_short_name(reader)?;
        }
        entry.file_name = utf16::decode(reader.bytes(length, WHAT)?, WHAT)?;
        Ok(entry)
    }

    /// Reads a part of a list.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a list of the class, or the class does not list directories.
    pub fn decode_list(class: FileInformationClass, list: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let layout = Layout::of(class)?;
        split_entries(list).map(|entry| Self::decode(layout, &mut entry?)).collect()
    }
}

fn decode_short_name(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    const WHAT: &str = "short name";
    let length = usize::from(reader.u8(WHAT)?);
    reader.skip(1, WHAT)?;
    let name: [u8; SHORT_NAME_LEN] = reader.array(WHAT)?;
    utf16::decode(name.get(..length).ok_or(DecodeError::invalid(WHAT))?, WHAT)
}

/// Writes a list of directory entries up to the length of the client's buffer.
pub struct DirectoryWriter {
    layout: Layout,
    list: EntryWriter,
}

impl DirectoryWriter {
    /// Returns an empty list, which takes at most `limit` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Invalid`] if the class does not list directories.
    pub fn new(class: FileInformationClass, limit: usize) -> Result<Self, DecodeError> {
        Ok(Self { layout: Layout::of(class)?, list: EntryWriter::new(limit) })
    }

    /// Adds an entry. Returns false, and does not change the list, if the entry does not fit.
    ///
    /// # Errors
    /// [`EncodeError`] for a name that is too long.
    pub fn push(&mut self, entry: &DirectoryEntry) -> Result<bool, EncodeError> {
        let layout = self.layout;
        self.list.push_with(8, |writer| entry.encode(layout, writer))
    }

    /// Returns whether the list is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
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
    use crate::msg::testing::withstands;

    /// Each class with the bytes that an entry has before its name.
    const CLASSES: [(FileInformationClass, usize); 11] = [
        (FileInformationClass::DIRECTORY, 64),
        (FileInformationClass::FULL_DIRECTORY, 68),
        (FileInformationClass::BOTH_DIRECTORY, 94),
        (FileInformationClass::ID_BOTH_DIRECTORY, 104),
        (FileInformationClass::ID_FULL_DIRECTORY, 80),
        (FileInformationClass::NAMES, 12),
        (FileInformationClass::ID_EXTD_DIRECTORY, 88),
        (FileInformationClass::ID_64_EXTD_DIRECTORY, 80),
        (FileInformationClass::ID_64_EXTD_BOTH_DIRECTORY, 106),
        (FileInformationClass::ID_ALL_EXTD_DIRECTORY, 96),
        (FileInformationClass::ID_ALL_EXTD_BOTH_DIRECTORY, 122),
    ];

    fn entry(name: &str) -> DirectoryEntry {
        DirectoryEntry {
            file_index: 1,
            creation_time: FileTime(2),
            last_access_time: FileTime(3),
            last_write_time: FileTime(4),
            change_time: FileTime(5),
            end_of_file: 6,
            allocation_size: 7,
            file_attributes: FileAttributes::ARCHIVE,
            ea_size: 8,
            reparse_point_tag: 9,
            file_id: 10,
            file_id_128: [11; 16],
            short_name: "SHORT~1.TXT".into(),
            file_name: name.into(),
            apple: None,
        }
    }

    fn write(class: FileInformationClass, entries: &[DirectoryEntry]) -> Option<Vec<u8>> {
        let mut list = DirectoryWriter::new(class, usize::MAX).ok()?;
        for entry in entries {
            assert!(list.push(entry).ok()?);
        }
        Some(list.finish())
    }

    /// A failure here would show wrong sizes, times or names in listings of some class.
    #[test]
    fn every_class_survives() {
        for (class, fixed) in CLASSES {
            let alone = write(class, &[entry("")]).unwrap();
            assert_eq!(alone.len(), fixed, "{class:?}");
            let bytes = write(class, &[entry("a"), entry("longer name.txt")]).unwrap();
            let read = DirectoryEntry::decode_list(class, &bytes).unwrap();
            assert_eq!(read.len(), 2);
            assert_eq!(read[1].file_name, "longer name.txt");
            assert_eq!(write(class, &read).unwrap(), bytes, "{class:?}");
            withstands(&bytes, |bytes| write(class, &DirectoryEntry::decode_list(class, bytes).ok()?));
        }
        let all = FileInformationClass::ID_ALL_EXTD_BOTH_DIRECTORY;
        let bytes = write(all, &[entry("a")]).unwrap();
        assert_eq!(DirectoryEntry::decode_list(all, &bytes).unwrap(), [entry("a")]);
    }

    /// A failure here would take other information for a listing.
    #[test]
    fn other_classes_do_not_list() {
        assert!(DirectoryWriter::new(FileInformationClass::BASIC, 100).is_err());
        assert!(DirectoryEntry::decode_list(FileInformationClass::BASIC, &[]).is_err());
    }

    /// A failure here would show a Mac wrong icons and resource forks, or break the lists of other clients.
    #[test]
    fn only_one_class_has_what_a_mac_learns() {
        let max_access = AccessMask::READ_DATA | AccessMask::WRITE_DATA;
        let apple = AppleEntry { max_access, resource_fork: 0x0102, finder_info: *b"TEXTttxtffeedate" };
        for (class, _) in CLASSES {
            let with = DirectoryEntry { apple: Some(apple), ..entry("a") };
            let bytes = write(class, &[with]).unwrap();
            if class != FileInformationClass::ID_BOTH_DIRECTORY {
                assert_eq!(bytes, write(class, &[entry("a")]).unwrap(), "{class:?}");
                continue;
            }
            assert_eq!(bytes[64..68], [3, 0, 0, 0]);
            assert_eq!(bytes[68..78], [24, 0, 2, 1, 0, 0, 0, 0, 0, 0]);
            assert_eq!(bytes[78..94], *b"TEXTttxtffeedate");
            assert_eq!(bytes[94..104], [0, 0, 10, 0, 0, 0, 0, 0, 0, 0]);
        }
    }
}
