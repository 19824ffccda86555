//! Names in UTF-16 as other computers send them: a surrogate may lack its partner.
//!
//! Windows compares and stores the units of a name without checking whether they form characters, so a file or a user
//! can have a name that UTF-8 cannot hold. Such a name must not hide the rest of a list, and the library must send it
//! back exactly as the server listed it. A *wide text* is a `String` that holds every sequence of units, each in one
//! way:
//!
//! - An ordinary name is ordinary text. Nearly every caller sees only this.
//! - An unpaired surrogate becomes a stand-in: U+D800 + n becomes U+10F800 + n, the last 2,048 code points, which are for
//!   private use.
//! - A pair that itself means one of these code points becomes the stand-ins of its two halves.
//!
//! So [`units`] always returns what [`from_units`] read.

use std::borrow::Cow;

/// The first surrogate.
const FIRST_SURROGATE: u16 = 0xd800;
/// The stand-in of the first surrogate. The stand-ins end where Unicode ends.
const FIRST_STAND_IN: char = '\u{10f800}';

/// Reads UTF-16 units as wide text.
///
/// ```
/// use netsession_wire::wide;
///
/// let broken = [0x62, 0xd83d, 0x62];
/// let text = wide::from_units(broken);
/// assert_eq!(text, "b\u{10f83d}b");
/// assert!(wide::units(&text).eq(broken));
/// ```
#[must_use]
pub fn from_units(units: impl IntoIterator<Item = u16>) -> String {
    let units = units.into_iter();
    // Allocate what most names need: lists contain very many names.
    let mut text = String::with_capacity(units.size_hint().0);
    for decoded in char::decode_utf16(units) {
        match decoded {
            Ok(char) => push(&mut text, char),
            Err(unpaired) => text.push(stand_in(unpaired.unpaired_surrogate())),
        }
    }
    text
}

/// Returns the UTF-16 units of wide text.
pub fn units(text: &str) -> impl Iterator<Item = u16> + '_ {
    text.chars().flat_map(|char| {
        let mut units = [0; 2];
        let length = match surrogate(char) {
            Some(unit) => {
                units = [unit, 0];
                1
            }
            None => char.encode_utf16(&mut units).len(),
        };
        units.into_iter().take(length)
    })
}

/// Returns the number of UTF-16 units of wide text.
#[must_use]
pub fn len(text: &str) -> usize {
    text.chars().map(|char| surrogate(char).map_or(char.len_utf16(), |_| 1)).sum()
}

/// Returns ordinary text as wide text: the same, unless it contains one of the code points that stand for surrogates.
#[must_use]
pub fn from_text(text: &str) -> Cow<'_, str> {
    if text.chars().all(|char| surrogate(char).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut wide = String::with_capacity(text.len().saturating_mul(2));
    text.chars().for_each(|char| push(&mut wide, char));
    Cow::Owned(wide)
}

/// Returns the unpaired surrogate that a character of wide text stands for.
///
/// ```
/// assert_eq!(netsession_wire::wide::surrogate('\u{10f83d}'), Some(0xd83d));
/// assert_eq!(netsession_wire::wide::surrogate('a'), None);
/// ```
#[must_use]
pub fn surrogate(char: char) -> Option<u16> {
    let index = u32::from(char).checked_sub(u32::from(FIRST_STAND_IN))?;
    u16::try_from(index).ok()?.checked_add(FIRST_SURROGATE)
}

/// Returns the character that stands for `unit` in wide text; `None` if `unit` is not a surrogate.
#[must_use]
pub fn of_surrogate(unit: u16) -> Option<char> {
    matches!(unit, FIRST_SURROGATE..=0xdfff).then(|| stand_in(unit))
}

fn stand_in(surrogate: u16) -> char {
    let index = u32::from(surrogate.saturating_sub(FIRST_SURROGATE));
    char::from_u32(u32::from(FIRST_STAND_IN).saturating_add(index)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn push(text: &mut String, char: char) {
    if surrogate(char).is_none() {
        return text.push(char);
    }
    let mut pair = [0; 2];
    char.encode_utf16(&mut pair);
    text.extend(pair.map(stand_in));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A failure here would show an ordinary name in another spelling.
    #[test]
    fn ordinary_names_are_ordinary_text() {
        for name in ["", "alice", "Zoë", "日本語", "𝄞", "\u{fffd}", "\u{e000}", "\u{10f7ff}"] {
            assert_eq!(from_units(name.encode_utf16()), name);
            assert!(units(name).eq(name.encode_utf16()));
            assert_eq!((from_text(name).as_ref(), len(name)), (name, name.encode_utf16().count()));
        }
    }

    /// A failure here would take two names for one: an unpaired surrogate, and the character that stands for it.
    #[test]
    fn no_name_can_pass_for_another() {
        let half = from_units([0xdfff]);
        let genuine: Vec<u16> = "\u{10ffff}".encode_utf16().collect();
        let whole = from_units(genuine.iter().copied());
        assert_eq!((half.as_str(), whole.as_str()), ("\u{10ffff}", "\u{10fbff}\u{10ffff}"));
        assert!(units(&whole).eq(genuine));
        assert_eq!(from_text("\u{10ffff}"), whole);
        assert_eq!((len(&half), len(&whole)), (1, 2));
    }

    proptest! {
        /// A failure here would send back another name than the listed one.
        #[test]
        fn every_sequence_of_units_survives(
            name in proptest::collection::vec(prop_oneof![
                any::<u16>(), 0xd800..=0xdfff_u16, 0xdbfe..=0xdbff_u16, Just(0x61), Just(0xdfff)
            ], 0..8),
        ) {
            let text = from_units(name.iter().copied());
            prop_assert_eq!(len(&text), name.len());
            prop_assert_eq!(units(&text).collect::<Vec<_>>(), name);
        }

        /// A failure here would change a name of this computer on its way to another.
        #[test]
        fn every_text_survives(text in any::<String>(), extra in "[\u{10f7fe}-\u{10ffff}]{0,3}") {
            let text = text + &extra;
            prop_assert!(units(&from_text(&text)).eq(text.encode_utf16()));
        }
    }
}
