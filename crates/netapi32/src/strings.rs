//! Texts from callers: UTF-16 that ends in zero. [`text`] reads a name, [`secret`] a password.

use netsession::Win32Error;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The most units of a text: longer than any name, path or password. A longer one lacks its zero.
const MAX_UNITS: usize = 32_767;

/// Returns the text at a pointer; `None` for NULL.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` where the text is not UTF-16, or its zero is missing.
///
/// # Safety
/// The pointer is NULL, or points to 16-bit units of which one is zero; nobody changes them during the call.
pub(crate) unsafe fn text(pointer: *const u16) -> Result<Option<String>, Failure> {
    // SAFETY: the caller promises it.
    Ok(unsafe { secret(pointer) }?.map(|text| text.as_str().to_owned()))
}

/// Returns the text at a pointer, as [`text`] does; dropping it wipes the memory.
///
/// # Errors
/// As [`text`].
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn secret(pointer: *const u16) -> Result<Option<Zeroizing<String>>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises that every unit up to the zero can be read, and nothing beyond it is read. Byte buffers
    // of other languages need not be aligned.
    let unit = |index| unsafe { pointer.add(index).read_unaligned() };
    let length = (0..=MAX_UNITS).find(|index| unit(*index) == 0).ok_or(TOO_LONG)?;
    let mut text = Zeroizing::new(String::with_capacity(length.saturating_mul(3)));
    for character in char::decode_utf16((0..length).map(unit)) {
        text.push(character.map_err(|_| Failure::argument("a text is not valid UTF-16"))?);
    }
    Ok(Some(text))
}

const TOO_LONG: Failure =
    Failure::Argument { code: Win32Error::ERROR_INVALID_PARAMETER, why: "a text has no terminating zero" };

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would change a name, or read memory beyond it.
    #[test]
    fn texts_are_read_up_to_their_zero() {
        // SAFETY: each text ends in zero.
        let read = |units: &[u16]| unsafe { text(units.as_ptr()) };
        assert_eq!(read(&[0]).unwrap().as_deref(), Some(""));
        assert_eq!(read(&[0x62, 0xd83d, 0xde00, 0, 0x63]).unwrap().as_deref(), Some("b\u{1f600}"));
        assert_eq!(read(&[0xd83d, 0]).unwrap_err().code(), Win32Error::ERROR_INVALID_PARAMETER);
        let longest: Vec<u16> = [vec![0x78; MAX_UNITS], vec![0]].concat();
        assert_eq!(read(&longest).unwrap().unwrap().len(), MAX_UNITS);
        let longer = vec![0x78; MAX_UNITS + 1];
        assert_eq!(read(&longer).unwrap_err().code(), Win32Error::ERROR_INVALID_PARAMETER);
        // SAFETY: the function accepts NULL.
        assert!(unsafe { text(std::ptr::null()) }.unwrap().is_none());
    }

    /// A failure here would refuse or misread a buffer at an odd address, such as Python's.
    #[test]
    fn unaligned_text_is_read() {
        let bytes = [0xff, 0x62, 0, 0, 0];
        // SAFETY: the text from the second byte on ends in zero.
        let text = unsafe { text(bytes.as_ptr().add(1).cast()) };
        assert_eq!(text.unwrap().as_deref(), Some("b"));
    }
}
