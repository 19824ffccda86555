//! [`WCHAR`], the character of the texts that programs pass and receive, which has 16 or 32 bits.
//!
//! The build script sets `wchar32` for the crate `netsession-netapi32-wchar32`, which has the same source. Only this file
//! and `strings.rs` differ between the two builds.

use netsession::wide;

/// A character of a text: a unit of UTF-16.
#[cfg(not(wchar32))]
pub type WCHAR = u16;
/// A character of a text: a `wchar_t` of 32 bits.
#[cfg(wchar32)]
pub type WCHAR = u32;

/// Returns whether the character exists.
#[cfg(not(wchar32))]
pub(crate) const fn is_valid(_: WCHAR) -> bool {
    true
}

/// Returns whether the character exists. Half of a pair exists, because Windows' names can contain one.
#[cfg(wchar32)]
pub(crate) const fn is_valid(character: WCHAR) -> bool {
    character <= char::MAX as u32
}

/// Returns the UTF-16 units of a valid character.
#[cfg(not(wchar32))]
pub(crate) fn units(character: WCHAR) -> impl Iterator<Item = u16> {
    [character].into_iter()
}

/// Returns the UTF-16 units of a valid character.
#[cfg(wchar32)]
pub(crate) fn units(character: WCHAR) -> impl Iterator<Item = u16> {
    let mut units = [0; 2];
    let length = match (u16::try_from(character), char::from_u32(character)) {
        (Err(_), Some(character)) => character.encode_utf16(&mut units).len(),
        (unit, _) => {
            units = [unit.unwrap_or_default(), 0];
            1
        }
    };
    units.into_iter().take(length)
}

/// Returns the characters of wide text.
#[cfg(not(wchar32))]
pub(crate) fn characters(text: &str) -> impl Iterator<Item = WCHAR> {
    wide::units(text)
}

/// Returns the characters of wide text.
#[cfg(wchar32)]
pub(crate) fn characters(text: &str) -> impl Iterator<Item = WCHAR> {
    char::decode_utf16(wide::units(text)).map(|decoded| match decoded {
        Ok(character) => u32::from(character),
        Err(unpaired) => u32::from(unpaired.unpaired_surrogate()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show a program another name than the server listed, or send another one than it passes.
    #[test]
    fn a_text_is_the_same_after_both_conversions() {
        for text in ["", "bob", "Zo\u{eb}", "b\u{1f600}", &wide::from_units([0x62, 0xd83d, 0x62])] {
            let passed: Vec<WCHAR> = characters(text).collect();
            assert!(passed.iter().all(|character| is_valid(*character)));
            assert_eq!(wide::from_units(passed.iter().flat_map(|character| units(*character))), text);
        }
    }
}
