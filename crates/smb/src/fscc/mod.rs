//! The structures of [MS-FSCC] and the parts of [MS-DTYP] that travel inside SMB2 messages, both ways.

mod access_mask;
mod entries;
mod file_attributes;
mod file_notify;
mod file_time;
mod info_class;

pub use access_mask::AccessMask;
pub use entries::{Entries, Entry, EntryWriter};
pub use file_attributes::FileAttributes;
pub use file_notify::{FileAction, FileNotifyInformation, FileNotifyList};
pub use file_time::FileTime;
pub use info_class::{FileInformationClass, FsInformationClass};
