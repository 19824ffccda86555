//! The structures of [MS-FSCC] and the parts of [MS-DTYP] that travel inside SMB2 messages, both ways.

mod access_mask;
mod file_attributes;
mod file_time;

pub use access_mask::AccessMask;
pub use file_attributes::FileAttributes;
pub use file_time::FileTime;
