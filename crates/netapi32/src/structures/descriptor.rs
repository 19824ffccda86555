//! Security descriptors that a caller passes ([MS-DTYP] 2.4.6).

use std::ffi::c_void;

use netsession::Win32Error;

use crate::failure::Failure;

/// Bit SR of the control: the parts follow the header.
const SELF_RELATIVE: u16 = 0x8000;
const HEADER: usize = 20;
/// The most bytes of each part with what is before it: an access control list has a length of 16 bits.
const FARTHEST: usize = 4 << 16;

/// Copies a self-relative security descriptor, whose length is in its parts; NULL is none.
///
/// # Errors
/// `ERROR_NOT_SUPPORTED` for an absolute one; `ERROR_INVALID_PARAMETER` if it is none.
///
/// # Safety
/// The pointer is NULL, or points to a security descriptor.
pub(super) unsafe fn given(descriptor: *const c_void) -> Result<Option<Vec<u8>>, Failure> {
    let descriptor = descriptor.cast::<u8>();
    if descriptor.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller promises it, and each descriptor begins with a header of 20 bytes or more.
    let header: [u8; HEADER] = unsafe { descriptor.cast::<[u8; HEADER]>().read_unaligned() };
    let [revision, _, control @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = header;
    if revision != 1 {
        return Err(Failure::argument("the security descriptor does not have revision 1"));
    }
    if u16::from_le_bytes(control) & SELF_RELATIVE == 0 {
        return Err(Failure::Argument {
            code: Win32Error::ERROR_NOT_SUPPORTED,
            why: "the security descriptor is absolute: pass a self-relative one, as MakeSelfRelativeSD makes",
        });
    }
    let mut end = HEADER;
    for (part, is_list) in [(1, false), (2, false), (3, true), (4, true)] {
        let offset = header.iter().skip(part * 4).take(4).rev();
        let offset = offset.fold(0, |offset, byte| offset << 8 | usize::from(*byte));
        if offset == 0 {
            continue;
        }
        if !(HEADER..FARTHEST).contains(&offset) {
            return Err(Failure::argument("a part of the security descriptor is not in it"));
        }
        // SAFETY: the caller promises it: the part is there, and begins with 4 bytes or more.
        let start: [u8; 4] = unsafe { descriptor.add(offset).cast::<[u8; 4]>().read_unaligned() };
        end = end.max(offset + length(start, is_list)?);
    }
    // SAFETY: the parts end there.
    Ok(Some(unsafe { std::slice::from_raw_parts(descriptor, end) }.to_vec()))
}

/// Returns the length of an access control list ([MS-DTYP] 2.4.5) or of a security identifier (2.4.2) that begins so.
fn length([revision, count, low, high]: [u8; 4], is_list: bool) -> Result<usize, Failure> {
    let list = usize::from(u16::from_le_bytes([low, high]));
    match (is_list, revision) {
        (true, 2 | 4) if list >= 8 => Ok(list),
        (false, 1) if count <= 15 => Ok(8 + 4 * usize::from(count)),
        _ => Err(Failure::argument("a part of the security descriptor is not valid")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everyone may do everything, with an owner behind the list.
    const DESCRIPTOR: [u8; 60] = [
        1, 0, 4, 0x80, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, // the header
        2, 0, 28, 0, 1, 0, 0, 0, // the list
        0, 0, 20, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, // its entry
        1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, // the owner
    ];

    fn read(bytes: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        // SAFETY: the tests pass whole descriptors, or some that are refused before their parts are read.
        unsafe { given(bytes.as_ptr().cast()) }
    }

    /// A failure here would cut the permissions of a share, or send memory behind them.
    #[test]
    fn all_parts_are_copied() {
        let mut memory = DESCRIPTOR.to_vec();
        memory.extend([0xee; 40]);
        assert_eq!(read(&memory).unwrap().unwrap(), DESCRIPTOR);
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { given(std::ptr::null()) }.unwrap(), None);
    }

    /// A failure here would read memory that is no part of the descriptor, or send pointers of the program.
    #[test]
    fn what_is_no_descriptor_is_refused() {
        for (place, value, expected) in [
            (0, 2, Win32Error::ERROR_INVALID_PARAMETER),
            (3, 0, Win32Error::ERROR_NOT_SUPPORTED),
            (4, 8, Win32Error::ERROR_INVALID_PARAMETER),
            (7, 1, Win32Error::ERROR_INVALID_PARAMETER),
            (20, 1, Win32Error::ERROR_INVALID_PARAMETER),
            (22, 4, Win32Error::ERROR_INVALID_PARAMETER),
            (48, 2, Win32Error::ERROR_INVALID_PARAMETER),
            (49, 16, Win32Error::ERROR_INVALID_PARAMETER),
        ] {
            let mut wrong = DESCRIPTOR;
            wrong[place] = value;
            assert_eq!(read(&wrong).unwrap_err().code(), expected, "{place}");
        }
    }
}
