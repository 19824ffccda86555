//! Texts from callers, which end in zero. [`text`] reads a name, [`secret`] a password.

use std::cell::Cell;
use std::ffi::c_char;

use netsession::{Win32Error, wide};
use zeroize::Zeroizing;

use crate::failure::Failure;
#[cfg(not(any(wchar32, windows)))]
use crate::other_width;
use crate::pool::Purpose;
use crate::wchar::{self, WCHAR};

/// The most characters of a text: longer than any name, path or password. A longer one lacks its zero.
const MAX_CHARACTERS: usize = 32_767;

/// Returns the name at a pointer as [wide text](wide), which can hold an unpaired surrogate; `None` for NULL.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if its zero is missing, or if its characters have another width.
///
/// # Safety
/// The pointer is NULL, or points to characters of which one is zero; nobody changes them during the call.
pub(crate) unsafe fn text(pointer: *const WCHAR) -> Result<Option<String>, Failure> {
    // SAFETY: the caller promises it.
    unsafe { read(pointer, Purpose::Read) }
}

/// Returns the name at a pointer, as [`text`] does, for a call that changes something on the server: it refuses a name
/// whose width is in doubt.
///
/// # Errors
/// As [`text`].
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn text_of_change(pointer: *const WCHAR) -> Result<Option<String>, Failure> {
    // SAFETY: the caller promises it.
    unsafe { read(pointer, Purpose::Change) }
}

/// Returns the name at a pointer.
///
/// # Errors
/// As [`text`].
///
/// # Safety
/// As [`text`].
unsafe fn read(pointer: *const WCHAR, purpose: Purpose) -> Result<Option<String>, Failure> {
    // SAFETY: the caller promises it.
    let Some(all) = unsafe { characters(pointer, purpose) }? else { return Ok(None) };
    let text = wide::from_units(all.flat_map(wchar::units));
    if is_narrow(&text) {
        HAS_NARROW.set(true);
    }
    Ok(Some(text))
}

thread_local! {
    static HAS_NARROW: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether a text since the last call of this function looks like 8-bit characters.
pub(crate) fn take_narrow() -> bool {
    HAS_NARROW.take()
}

/// Returns whether a text of 16-bit characters can be one of 8 bits, such as .NET passes for `CharSet.Auto` outside Windows:
/// each character is two letters of ASCII. Chinese names can be so, too.
fn is_narrow(text: &str) -> bool {
    let is_pair = |unit: u16| unit.to_le_bytes().iter().all(u8::is_ascii_graphic);
    let mut units = wide::units(text).peekable();
    let mut is_longer = false;
    while let Some(unit) = units.next() {
        // The last one has a single letter if their number is odd.
        let is_last = is_longer && units.peek().is_none() && unit < 0x80;
        if !is_pair(unit) && !is_last {
            return false;
        }
        is_longer = true;
    }
    is_longer
}

/// Returns the text at a pointer, as [`text`] does; dropping it wipes the memory.
///
/// # Errors
/// As [`text`], and if an unpaired surrogate is in the text.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn secret(pointer: *const WCHAR) -> Result<Option<Zeroizing<String>>, Failure> {
    // SAFETY: the caller promises it.
    let Some(all) = unsafe { characters(pointer, Purpose::Read) }? else { return Ok(None) };
    let mut text = Zeroizing::new(String::with_capacity(all.len().saturating_mul(4)));
    for character in char::decode_utf16(all.flat_map(wchar::units)) {
        text.push(character.map_err(|_| Failure::argument("a text is not valid Unicode"))?);
    }
    Ok(Some(text))
}

/// Returns the text in UTF-8 at a pointer; `None` for NULL.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if its zero is missing, or if it is not UTF-8.
///
/// # Safety
/// The pointer is NULL, or points to octets of which one is zero; nobody changes them during the call.
pub(crate) unsafe fn utf8(pointer: *const c_char) -> Result<Option<String>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises that every octet up to the zero can be read, and nothing beyond it is read.
    let octet = |index| unsafe { pointer.cast::<u8>().add(index).read() };
    let length = (0..=MAX_CHARACTERS).find(|index| octet(*index) == 0).ok_or(TOO_LONG)?;
    let text = String::from_utf8((0..length).map(octet).collect());
    text.map(Some).map_err(|_| Failure::argument("a text is not valid UTF-8"))
}

/// Returns the characters before the zero; `None` for NULL.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if the zero is missing, or if the characters have another width.
///
/// # Safety
/// As [`text`], until the last character is read.
unsafe fn characters(
    pointer: *const WCHAR,
    #[cfg_attr(
        any(wchar32, windows),
        allow(unused_variables, reason = "only here can 16 bits be taken for 32")
    )]
    purpose: Purpose,
) -> Result<Option<impl ExactSizeIterator<Item = WCHAR>>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises that every character up to the zero can be read, and nothing beyond it is read. Byte
    // buffers of other languages need not be aligned.
    let character = move |index| unsafe { pointer.add(index).read_unaligned() };
    let is_last = |index: &usize| character(*index) == 0 || !wchar::is_valid(character(*index));
    let length = (0..=MAX_CHARACTERS).find(is_last).ok_or(TOO_LONG)?;
    if !wchar::is_valid(character(length)) {
        return Err(OTHER_WIDTH);
    }
    #[cfg(not(any(wchar32, windows)))]
    // SAFETY: both the character and its zero can be read.
    if length == 1 && unsafe { other_width::is_32_bit(pointer, purpose) } {
        return Err(OTHER_WIDTH);
    }
    Ok(Some((0..length).map(character)))
}

const TOO_LONG: Failure =
    Failure::Argument { code: Win32Error::ERROR_INVALID_PARAMETER, why: "a text has no terminating zero" };

const OTHER_WIDTH: Failure = Failure::OtherWidth { is_32_bit: size_of::<WCHAR>() == size_of::<u16>() };

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would change a name, or read memory beyond it.
    #[test]
    fn texts_are_read_up_to_their_zero() {
        // SAFETY: each text ends in zero.
        let read = |text: &[WCHAR]| unsafe { super::text(text.as_ptr()) };
        assert_eq!(read(&[0]).unwrap().as_deref(), Some(""));
        assert_eq!(read(&[0x62, 0xd83d, 0xde00, 0, 0x63]).unwrap().as_deref(), Some("b\u{1f600}"));
        // A name that is not valid UTF-16 is passed on unchanged.
        assert!(wide::units(&read(&[0x62, 0xd83d, 0]).unwrap().unwrap()).eq([0x62, 0xd83d]));
        let longest: Vec<WCHAR> = [vec![0x78; MAX_CHARACTERS], vec![0]].concat();
        assert_eq!(read(&longest).unwrap().unwrap().len(), MAX_CHARACTERS);
        let longer = vec![0x78; MAX_CHARACTERS + 1];
        assert_eq!(read(&longer).unwrap_err().code(), Win32Error::ERROR_INVALID_PARAMETER);
        // SAFETY: the function accepts NULL.
        assert!(unsafe { text(std::ptr::null()) }.unwrap().is_none());
    }

    /// A failure here would hide from a programmer why the library finds none of the names, or call a usual name wrong.
    #[test]
    fn a_text_of_8_bit_characters_is_noticed() {
        let units = |text: &str| -> Vec<u16> {
            let pairs = text.as_bytes().chunks(2);
            pairs.map(|pair| u16::from(pair[0]) | u16::from(*pair.get(1).unwrap_or(&0)) << 8).collect()
        };
        for text in [r"\\fs1", "bob", "fs1.lab.test:4450", "ab"] {
            assert!(is_narrow(&wide::from_units(units(text).into_iter())), "{text}");
        }
        for text in ["", "b", "bob", r"\\fs1", "Zo\u{eb}", "\u{670d}\u{52a1}\u{5668}", "b\u{1f600}"] {
            assert!(!is_narrow(text), "{text}");
        }
    }

    /// A failure here would log on with another password.
    #[test]
    fn a_password_with_half_a_pair_is_refused() {
        // SAFETY: the text ends in zero.
        let refused = unsafe { secret([0xd83d, 0].as_ptr()) }.unwrap_err();
        assert_eq!(refused.code(), Win32Error::ERROR_INVALID_PARAMETER);
    }

    /// A failure here would refuse or misread a buffer at an odd address, such as Python's.
    #[test]
    fn unaligned_text_is_read() {
        let bytes: Vec<u8> =
            [0xff].into_iter().chain(b"bob\0".iter().flat_map(|it| WCHAR::from(*it).to_ne_bytes())).collect();
        // SAFETY: the text from the second byte on ends in zero.
        let text = unsafe { text(bytes.as_ptr().add(1).cast()) };
        assert_eq!(text.unwrap().as_deref(), Some("bob"));
    }

    /// A failure here would read beyond a text of 16 bits, and take two of its characters for one.
    #[test]
    #[cfg(wchar32)]
    fn a_text_of_16_bit_characters_is_refused() {
        let text: Vec<u16> = "bob".encode_utf16().chain([0]).collect();
        // SAFETY: the text has a zero.
        let refused = unsafe { super::text(text.as_ptr().cast()) }.unwrap_err();
        assert!(matches!(refused, Failure::OtherWidth { is_32_bit: false }), "{refused:?}");
    }
}
