//! The structures of [MS-FSCC] and the parts of [MS-DTYP] that SMB2 messages carry, for reading and writing.

mod access_mask;
mod directory;
mod entries;
mod file;
mod file_attributes;
mod file_notify;
mod file_time;
mod fs;
mod info_class;
mod security;

pub use access_mask::AccessMask;
pub use directory::{AppleEntry, DirectoryEntry, DirectoryWriter};
pub use entries::{Entries, Entry, EntryWriter};
pub use file::*;
pub use file_attributes::FileAttributes;
pub use file_notify::{FileAction, FileNotifyInformation, FileNotifyList};
pub use file_time::FileTime;
pub use fs::*;
pub use info_class::{FileInformation, FileInformationClass, FsInformation, FsInformationClass};
pub use security::*;
