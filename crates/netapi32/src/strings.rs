//! Texts from callers: UTF-16 that ends in zero. [`text`] reads a name, [`secret`] a password.

use netsession::{Win32Error, wide};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The most units of a text: longer than any name, path or password. A longer one lacks its zero.
const MAX_UNITS: usize = 32_767;

/// Returns the name at a pointer as [wide text](wide), which can hold an unpaired surrogate; `None` for NULL.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if its zero is missing.
///
/// # Safety
/// The pointer is NULL, or points to 16-bit units of which one is zero; nobody changes them during the call.
pub(crate) unsafe fn text(pointer: *const u16) -> Result<Option<String>, Failure> {
    // SAFETY: the caller promises it.
    Ok(unsafe { units(pointer) }?.map(wide::from_units))
}

/// Returns the text at a pointer, as [`text`] does; dropping it wipes the memory.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if the text is not UTF-16, or its zero is missing.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn secret(pointer: *const u16) -> Result<Option<Zeroizing<String>>, Failure> {
    // SAFETY: the caller promises it.
    let Some(units) = unsafe { units(pointer) }? else { return Ok(None) };
    let mut text = Zeroizing::new(String::with_capacity(units.len().saturating_mul(3)));
    for character in char::decode_utf16(units) {
        text.push(character.map_err(|_| Failure::argument("a text is not valid UTF-16"))?);
    }
    Ok(Some(text))
}

/// Returns the units before the zero; `None` for NULL.
///
/// # Safety
/// As [`text`], until the last unit is read.
unsafe fn units(pointer: *const u16) -> Result<Option<impl ExactSizeIterator<Item = u16>>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises that every unit up to the zero can be read, and nothing beyond it is read. Byte
    // buffers of other languages need not be aligned.
    let unit = move |index| unsafe { pointer.add(index).read_unaligned() };
    let length = (0..=MAX_UNITS).find(|index| unit(*index) == 0).ok_or(TOO_LONG)?;
    Ok(Some((0..length).map(unit)))
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
        // A name that is not valid UTF-16 is passed on unchanged.
        assert!(wide::units(&read(&[0x62, 0xd83d, 0]).unwrap().unwrap()).eq([0x62, 0xd83d]));
        let longest: Vec<u16> = [vec![0x78; MAX_UNITS], vec![0]].concat();
        assert_eq!(read(&longest).unwrap().unwrap().len(), MAX_UNITS);
        let longer = vec![0x78; MAX_UNITS + 1];
        assert_eq!(read(&longer).unwrap_err().code(), Win32Error::ERROR_INVALID_PARAMETER);
        // SAFETY: the function accepts NULL.
        assert!(unsafe { text(std::ptr::null()) }.unwrap().is_none());
    }

    /// A failure here would log on with another password.
    #[test]
    fn a_password_that_is_not_utf_16_is_refused() {
        // SAFETY: the text ends in zero.
        let refused = unsafe { secret([0xd83d, 0].as_ptr()) }.unwrap_err();
        assert_eq!(refused.code(), Win32Error::ERROR_INVALID_PARAMETER);
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
