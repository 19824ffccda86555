//! [`is_32_bit`] detects a text of 32-bit characters, of which a 16-bit reading sees only the first.
//!
//! `wchar_t` has 32 bits on Linux and macOS. A program that passes `L"bob"` would otherwise end the sessions of a user
//! named `b`. A text of one 16-bit character can have such bytes after it by chance; the library refuses it, too, because
//! the wrong session must not end.

use std::ops::RangeInclusive;
use std::ptr;

use crate::pool::Purpose;

/// The least size of a page. The memory up to the next multiple of it can be read if one byte before can.
const PAGE: usize = 4_096;
/// The size of a 32-bit character.
const WIDTH: usize = size_of::<u32>();
/// How many bytes after the first character decide.
const REST: usize = 15 * WIDTH;
/// Names of one character: this computer, and every server.
const SHORT_NAMES: [u16; 2] = [b'.' as u16, b'*' as u16];

/// Whether a text that has one unit of 16 bits can be a longer text of 32-bit characters. It reads beyond the text's page
/// only through the system, which knows what can be read.
///
/// A letter and the upper half of an address, with a zero after them, are one of two: a name of one letter in memory that
/// was freed before, or a letter and a rare Chinese character. A call that only reads takes them for the first, and one
/// that changes something for the second: a refusal is better than the end of another user's sessions.
///
/// # Safety
/// One unit and a zero can be read at the pointer.
pub(crate) unsafe fn is_32_bit(text: *const u16, purpose: Purpose) -> bool {
    // SAFETY: the caller promises it.
    let first = unsafe { text.read_unaligned() };
    if SHORT_NAMES.contains(&first) {
        return false;
    }
    let mut rest = [0; REST];
    // SAFETY: the bytes before this address are the text's.
    let length = unsafe { read(text.cast::<u8>().wrapping_add(WIDTH), &mut rest) };
    let (characters, _) = rest.get(..length).unwrap_or_default().as_chunks::<WIDTH>();
    let end = characters.iter().map(|bytes| u32::from_ne_bytes(*bytes)).position(|unit| !is_in_names(unit));
    match (end, characters) {
        (Some(1), [second, ..])
            if purpose == Purpose::Read && is_rest_of_address(text, first, u32::from_ne_bytes(*second)) =>
        {
            false
        }
        (Some(end), _) => end > 0 && characters.get(end) == Some(&[0; WIDTH]),
        (None, _) => !characters.is_empty(),
    }
}

/// Whether the four bytes after a character are more likely the upper half of an address, which `free` leaves at the
/// beginning of a block of memory, than a second character: such characters follow a letter in hardly any name.
fn is_rest_of_address(text: *const u16, first: u16, second: u32) -> bool {
    first < 0x2e80
        && text.addr().is_multiple_of(8)
        && UPPER_HALVES.iter().any(|range| range.contains(&second))
}

/// The upper halves of the addresses of a program and its heap, and of libraries, maps and stacks.
#[cfg(target_arch = "x86_64")]
const UPPER_HALVES: [RangeInclusive<u32>; 2] = [0x5500..=0x56ff, 0x7e00..=0x7fff];
#[cfg(target_arch = "aarch64")]
const UPPER_HALVES: [RangeInclusive<u32>; 2] = [0xaa00..=0xabff, 0xfe00..=0xffff];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const UPPER_HALVES: [RangeInclusive<u32>; 1] = [0x5000..=0xffff];

/// Whether names contain the character.
fn is_in_names(unit: u32) -> bool {
    char::from_u32(unit).is_some_and(|character| !character.is_control())
}

/// Reads the memory at an address, and returns the number of bytes.
///
/// # Safety
/// The byte before the address can be read.
unsafe fn read(address: *const u8, bytes: &mut [u8]) -> usize {
    let in_page = (address.addr().next_multiple_of(PAGE) - address.addr()).min(bytes.len());
    read_by_system(address, in_page, bytes).unwrap_or_else(|| {
        // SAFETY: these bytes are in the page of the byte before them, which can be read.
        unsafe { ptr::copy_nonoverlapping(address, bytes.as_mut_ptr(), in_page) };
        in_page
    })
}

/// Lets the system read the memory, so that an address in a page that cannot be read is not a fault, and a checker of
/// memory does not take the bytes for ones that the program uses. `None` if the system does not do that.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn read_by_system(address: *const u8, in_page: usize, bytes: &mut [u8]) -> Option<usize> {
    let part = |start: *const u8, length| libc::iovec { iov_base: start.cast_mut().cast(), iov_len: length };
    let local = part(bytes.as_ptr(), bytes.len());
    let remote = [part(address, in_page), part(address.wrapping_add(in_page), bytes.len() - in_page)];
    // SAFETY: the system writes only to `bytes`, and returns an error for an address that cannot be read.
    let length =
        unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, remote.as_ptr(), 2, 0) };
    usize::try_from(length).ok()
}

/// The system has no such call.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn read_by_system(_: *const u8, _: usize, _: &mut [u8]) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_32_bit_text(bytes: &[u8]) -> bool {
        is_32_bit_in(bytes, Purpose::Read)
    }

    fn is_32_bit_in(bytes: &[u8], purpose: Purpose) -> bool {
        // SAFETY: every text below begins with a unit and a zero.
        unsafe { is_32_bit(bytes.as_ptr().cast(), purpose) }
    }

    /// Returns the bytes at an address where a block of memory can begin.
    fn aligned(bytes: &[u8]) -> Vec<u64> {
        let (words, _) = bytes.as_chunks::<8>();
        words.iter().map(|word| u64::from_ne_bytes(*word)).collect()
    }

    /// A failure here would end the sessions of `A` for `A` and a Chinese character in a change, or refuse every name of one
    /// letter in memory that was freed before.
    #[test]
    #[cfg(all(target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn a_change_refuses_a_letter_beside_the_rest_of_an_address() {
        for half in UPPER_HALVES.iter().flat_map(|range| [*range.start(), *range.end()]) {
            let text = [u32::from(b'A'), half, 0, 0].map(u32::to_ne_bytes).concat();
            let text = aligned(&text);
            // SAFETY: it has a unit and a zero.
            let is_32_bit = |purpose| unsafe { is_32_bit(text.as_ptr().cast(), purpose) };
            assert_eq!((is_32_bit(Purpose::Read), is_32_bit(Purpose::Change)), (false, true), "{half:x}");
            // Without a zero after it, this is no text of 32 bits.
            let followed = [u32::from(b'A'), half, 5, 5].map(u32::to_ne_bytes).concat();
            let followed = aligned(&followed);
            // SAFETY: it has a unit and a zero.
            assert!(!unsafe { super::is_32_bit(followed.as_ptr().cast(), Purpose::Change) }, "{half:x}");
        }
        for short in [[0x62, 0, 0, 0, 0, 0, 0, 0], [0x62, 0, 0xffff, 0xffff, 0, 0, 0, 0]] {
            let short: Vec<u8> = short.iter().flat_map(|unit: &u16| unit.to_ne_bytes()).collect();
            assert!(
                !is_32_bit_in(&[short, vec![0xff; REST]].concat(), Purpose::Change),
                "a name of one letter"
            );
        }
    }

    fn characters(text: &str) -> Vec<u8> {
        text.chars().flat_map(|character| u32::from(character).to_ne_bytes()).collect()
    }

    /// A failure here would cut a 32-bit name off after its first character, and end the sessions of another user.
    #[test]
    #[cfg(target_endian = "little")]
    fn a_text_of_32_bit_characters_is_detected() {
        let long = "a".repeat(2_000) + "\0";
        for text in
            ["bob\0", "bo\0", "Zo\u{eb}\0", "\u{674e}\u{660e}\0", "b\u{1f600}\0", "\\\\10.0.0.5\0", &long]
        {
            let aligned = characters(text);
            let odd = [vec![0xff], aligned.clone()].concat();
            assert!(is_32_bit_text(&aligned), "{text:.9}");
            assert!(is_32_bit_text(&odd[1..]), "{text:.9} at an odd address");
        }
    }

    /// A failure here would end the sessions of `A` for `A` and a Chinese or Korean character.
    #[test]
    #[cfg(all(target_endian = "little", any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn a_letter_may_precede_a_chinese_character() {
        for text in ["A\u{597d}\0", "b\u{73ed}\0", "K\u{6b4c}\0", "A\u{ac00}\0", "A\u{8d85}\0"] {
            assert!(is_32_bit_text(&characters(text)), "{text:?}");
        }
        let odd = [vec![0xff; 4], characters("A\u{7ec4}\0")].concat();
        assert!(is_32_bit_text(&odd[4..]), "no block of memory begins here");
    }

    /// A failure here would refuse a user whose name has one letter, or this computer's name.
    #[test]
    fn a_text_of_one_16_bit_character_is_accepted() {
        let units = |units: &[u16]| units.iter().flat_map(|unit| unit.to_ne_bytes()).collect::<Vec<u8>>();
        for text in [
            units(&[0x62, 0, 0, 0]),
            units(&[0x62, 0, 0x62, 0x6f, 0x62, 0]),
            units(&[0x62, 0, 0, 0x62, 0x6f, 0]),
            units(&[0x62, 0, 0xffff, 0xffff, 0xffff]),
            units(&[0x62, 0, 5, 0, 0, 0]),
            characters(&format!("b{}\0", char::from_u32(*UPPER_HALVES[0].start()).unwrap())),
            characters(&format!("b{}\0", char::from_u32(*UPPER_HALVES[0].end()).unwrap())),
            characters(".a\0"),
            characters("*a\0"),
        ] {
            let padded = [text, vec![0xff; REST]].concat();
            assert!(!is_32_bit_text(&padded), "{padded:02x?}");
        }
    }
}
