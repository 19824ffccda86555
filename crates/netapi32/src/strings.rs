//! UTF-16 from callers.

use netsession::Win32Error;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Longer than any name, path or password. A string that does not end by then has no end.
const LONGEST: usize = 32_767;

/// The text at a pointer; NULL is None.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no UTF-16, or has no end.
///
/// # Safety
/// The pointer is NULL, or points to 16-bit units of which one is zero, and which nobody changes meanwhile.
pub(crate) unsafe fn text(pointer: *const u16) -> Result<Option<String>, Failure> {
    // SAFETY: as promised by the caller.
    Ok(unsafe { secret(pointer) }?.map(|text| text.as_str().to_owned()))
}

/// As [`text`], wiped when it is dropped.
///
/// # Errors
/// As there.
///
/// # Safety
/// As there.
pub(crate) unsafe fn secret(pointer: *const u16) -> Result<Option<Zeroizing<String>>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: every unit up to the zero can be read, as promised by the caller, and none beyond it is. Other languages'
    // buffers of bytes need not be aligned.
    let unit = |index| unsafe { pointer.add(index).read_unaligned() };
    let length = (0..=LONGEST).find(|index| unit(*index) == 0).ok_or(TOO_LONG)?;
    let mut text = Zeroizing::new(String::with_capacity(length.saturating_mul(3)));
    for character in char::decode_utf16((0..length).map(unit)) {
        text.push(character.map_err(|_| Failure::argument("a text is not UTF-16"))?);
    }
    Ok(Some(text))
}

const TOO_LONG: Failure =
    Failure::Argument { code: Win32Error::ERROR_INVALID_PARAMETER, why: "a text has no end" };

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, a name arrives changed, or memory beyond it is read.
    #[test]
    fn texts_are_read_up_to_their_end() {
        // SAFETY: each is NULL or ends in zero.
        let read = |units: &[u16]| unsafe { text(units.as_ptr()) };
        assert_eq!(read(&[0]).unwrap().as_deref(), Some(""));
        assert_eq!(read(&[0x62, 0xd83d, 0xde00, 0, 0x63]).unwrap().as_deref(), Some("b\u{1f600}"));
        assert_eq!(read(&[0xd83d, 0]).unwrap_err().code(), Win32Error::ERROR_INVALID_PARAMETER);
        let longest: Vec<u16> = [vec![0x78; LONGEST], vec![0]].concat();
        assert_eq!(read(&longest).unwrap().unwrap().len(), LONGEST);
        let longer = vec![0x78; LONGEST + 1];
        assert_eq!(read(&longer).unwrap_err().code(), Win32Error::ERROR_INVALID_PARAMETER);
        // SAFETY: NULL is allowed.
        assert!(unsafe { text(std::ptr::null()) }.unwrap().is_none());
    }

    /// If this fails, a buffer at an odd address, as Python's are, is refused or misread.
    #[test]
    fn addresses_may_be_odd() {
        let bytes = [0xff, 0x62, 0, 0, 0];
        // SAFETY: from the second byte on it ends in zero.
        let text = unsafe { text(bytes.as_ptr().add(1).cast()) };
        assert_eq!(text.unwrap().as_deref(), Some("b"));
    }
}
