//! The structures of lmshare.h, lmserver.h, lmremutl.h, lmwksta.h, lmuse.h and dsgetdc.h, with the layout of 64-bit Windows.
//!
//! Each structure implements `Record`; `block` turns a list of results into one buffer: first the structures, then
//! the texts that they point to (`Tail`).

mod connection;
mod descriptor;
mod domain_controller;
mod file;
mod given;
mod server;
mod server_settings;
mod session;
mod share;
mod statistics;
mod time_of_day;
mod transport;
mod uses;
mod wksta;

use std::ffi::c_char;
use std::mem::size_of;

pub use connection::{CONNECTION_INFO_0, CONNECTION_INFO_1};
pub use domain_controller::{DOMAIN_CONTROLLER_INFOA, DOMAIN_CONTROLLER_INFOW, GUID};
pub use file::{FILE_INFO_2, FILE_INFO_3};
pub(crate) use given::{given_server, given_share};
pub use server::{SERVER_INFO_100, SERVER_INFO_101, SERVER_INFO_102};
pub use server_settings::{
    SERVER_INFO_502, SERVER_INFO_1005, SERVER_INFO_1010, SERVER_INFO_1016, SERVER_INFO_1017,
    SERVER_INFO_1018, SERVER_INFO_1107,
};
pub use session::{SESSION_INFO_0, SESSION_INFO_1, SESSION_INFO_2, SESSION_INFO_10, SESSION_INFO_502};
pub use share::{
    SHARE_INFO_0, SHARE_INFO_1, SHARE_INFO_2, SHARE_INFO_501, SHARE_INFO_502, SHARE_INFO_503,
    SHARE_INFO_1004, SHARE_INFO_1005, SHARE_INFO_1006, SHARE_INFO_1501,
};
pub use statistics::{STAT_SERVER_0, STAT_WORKSTATION_0};
pub use time_of_day::TIME_OF_DAY_INFO;
pub use transport::{SERVER_TRANSPORT_INFO_0, SERVER_TRANSPORT_INFO_1, SERVER_TRANSPORT_INFO_2};
pub use uses::{USE_INFO_0, USE_INFO_1, USE_INFO_2, USE_INFO_3};
pub(crate) use wksta::Text;
pub use wksta::{WKSTA_INFO_100, WKSTA_INFO_101, WKSTA_INFO_102, WKSTA_USER_INFO_0, WKSTA_USER_INFO_1};

use crate::buffer::Block;
use crate::failure::Failure;
use crate::wchar::{self, WCHAR};

/// A structure of one level.
pub(crate) trait Record: Copy {
    /// The result from which it is made.
    type Info;

    /// Returns the structure of `info`, and appends its texts to `tail`.
    fn of(info: &Self::Info, tail: &mut Tail<'_>) -> Self;
}

/// The part of a block after the structures. Without bytes, it only measures the texts.
#[derive(Debug)]
pub(crate) struct Tail<'a> {
    /// The address of the bytes in the caller's buffer; NULL while measuring.
    base: *mut u8,
    bytes: Option<&'a mut [u8]>,
    used: usize,
}

impl Tail<'_> {
    const fn measure() -> Self {
        Self { base: std::ptr::null_mut(), bytes: None, used: 0 }
    }

    /// Appends a text and its zero, and returns its address. `None` becomes the empty text.
    pub(crate) fn text(&mut self, text: Option<&str>) -> *mut WCHAR {
        let start = self.used;
        let characters = wchar::characters(text.unwrap_or_default());
        for character in characters.take_while(|character| *character != 0).chain([0]) {
            self.put(&character.to_ne_bytes());
        }
        self.base.wrapping_add(start).cast()
    }

    /// Appends a text in UTF-8 and its zero, and returns its address. `None` becomes the empty text.
    pub(crate) fn utf8(&mut self, text: Option<&str>) -> *mut c_char {
        let start = self.used;
        let text = text.unwrap_or_default();
        self.put(text.split('\0').next().unwrap_or_default().as_bytes());
        self.put(&[0]);
        self.base.wrapping_add(start).cast()
    }

    /// Appends octets at a multiple of 8, and returns their address; NULL for none.
    pub(crate) fn octets(&mut self, octets: &[u8]) -> *mut u8 {
        if octets.is_empty() {
            return std::ptr::null_mut();
        }
        self.used = self.used.next_multiple_of(8);
        let start = self.used;
        self.put(octets);
        self.used = self.used.next_multiple_of(size_of::<WCHAR>());
        self.base.wrapping_add(start)
    }

    /// Appends bytes. They always fit, because measuring and writing append the same.
    fn put(&mut self, bytes: &[u8]) {
        let end = self.used.saturating_add(bytes.len());
        if let Some(place) = self.bytes.as_mut().and_then(|all| all.get_mut(self.used..end)) {
            place.copy_from_slice(bytes);
        }
        self.used = end;
    }
}

/// Returns a block with a structure for each of `infos`.
///
/// # Errors
/// [`Failure::Memory`].
pub(crate) fn block<R: Record>(infos: &[R::Info]) -> Result<Block, Failure> {
    let mut measured = Tail::measure();
    for info in infos {
        R::of(info, &mut measured);
    }
    let head = size_of::<R>().checked_mul(infos.len()).ok_or(Failure::Memory)?;
    let head = head.checked_next_multiple_of(8).ok_or(Failure::Memory)?;
    let block = Block::new(head.checked_add(measured.used).ok_or(Failure::Memory)?)?;
    let base = block.as_ptr().wrapping_add(head);
    // SAFETY: the block has so many bytes after its head, all of them initialised, and nothing else refers to them.
    let bytes = unsafe { std::slice::from_raw_parts_mut(base, measured.used) };
    let mut tail = Tail { base, bytes: Some(bytes), used: 0 };
    for (index, info) in infos.iter().enumerate() {
        let record = R::of(info, &mut tail);
        // SAFETY: the head of the block has room for all structures, and begins at a multiple of 16.
        unsafe { block.as_ptr().cast::<R>().add(index).write(record) };
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use netsession::wide;

    use super::{Tail, WCHAR};

    /// A failure here would show a caller another name than the server listed.
    #[test]
    fn a_name_with_an_unpaired_surrogate_is_passed_on_unchanged() {
        let mut bytes = [0xff; 4 * size_of::<WCHAR>()];
        let base = bytes.as_mut_ptr();
        let listed = [0x62, 0xd83d, 0x63];
        Tail { base, bytes: Some(&mut bytes), used: 0 }.text(Some(&wide::from_units(listed)));
        let (characters, _) = bytes.as_chunks();
        let characters: Vec<_> = characters.iter().map(|bytes| WCHAR::from_ne_bytes(*bytes)).collect();
        assert_eq!(characters, [0x62, 0xd83d, 0x63, 0]);
    }
}
