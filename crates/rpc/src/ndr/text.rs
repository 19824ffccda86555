use netsession_wire::wide;

use super::stream::invalid;
use super::{Alignment, Ndr, NdrError};

/// A text with its length beside the pointer, without a terminator: `RPC_UNICODE_STRING` ([MS-DTYP] 2.3.10). It is
/// [wide text](wide). A null pointer differs from an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountedText {
    /// The length in octets, between reading it and reading the text; 0 at every other time.
    declared: u16,
    text: Option<String>,
}

impl CountedText {
    /// Returns the text; None if the pointer is null.
    #[must_use]
    pub fn as_deref(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns the text; None if the pointer is null.
    #[must_use]
    pub fn into_text(self) -> Option<String> {
        self.text
    }
}

impl From<&str> for CountedText {
    fn from(text: &str) -> Self {
        Self { declared: 0, text: Some(text.to_owned()) }
    }
}

impl Ndr<'_> {
    /// `RPC_UNICODE_STRING`: two lengths in octets, and a pointer to the characters.
    ///
    /// # Errors
    /// [`NdrError::TooLong`] for a text of more octets than a length can hold. [`NdrError::Malformed`] for lengths that
    /// contradict the array, and for a count beyond the available octets.
    pub fn counted_text(&mut self, value: &mut CountedText, what: &'static str) -> Result<(), NdrError> {
        self.structure(Alignment::Pointer, |ndr| {
            if ndr.stands_in_place() {
                let length = value.text.iter().flat_map(|text| wide::units(text)).count().saturating_mul(2);
                value.declared = u16::try_from(length).map_err(|_| NdrError::TooLong { what })?;
                let mut maximum = value.declared;
                ndr.u16(&mut value.declared, what)?;
                ndr.u16(&mut maximum, what)?;
                if value.declared > maximum || !value.declared.is_multiple_of(2) {
                    return Err(invalid(what));
                }
            }
            let CountedText { declared, text } = value;
            ndr.unique(text, what, |text, ndr| ndr.characters_of(text, std::mem::take(declared) / 2, what))?;
            match (&value.text, value.declared) {
                (None, 1..) => Err(invalid(what)),
                _ => Ok(()),
            }
        })
    }

    /// The array of characters: the maximum, an offset, the count, and so many characters.
    fn characters_of(&mut self, text: &mut String, units: u16, what: &'static str) -> Result<(), NdrError> {
        let maximum = self.count(u64::from(units), what)?;
        self.check_count(0, what)?;
        self.check_count(u64::from(units), what)?;
        if maximum < u64::from(units) {
            return Err(invalid(what));
        }
        let mut written = wide::units(text);
        let character = |_| {
            let mut unit = written.next().unwrap_or_default();
            self.u16(&mut unit, what).map(|()| unit)
        };
        let characters: Result<Vec<u16>, NdrError> = (0..units).map(character).collect();
        let characters = characters?;
        drop(written);
        *text = wide::from_units(characters);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ndr, Syntax};
    use super::CountedText;

    fn read(octets: &[u8]) -> Option<CountedText> {
        let mut text = CountedText::default();
        Ndr::reading(octets, Syntax::Ndr32).counted_text(&mut text, "name").ok().map(|()| text)
    }

    /// A failure here would cut a name, so that it names another account.
    #[test]
    fn a_text_has_no_terminator_and_its_lengths_agree() {
        for syntax in Syntax::ALL {
            for value in [CountedText::default(), "".into(), "bob".into(), "олена".into()] {
                let mut ndr = Ndr::writing(syntax);
                ndr.counted_text(&mut value.clone(), "name").unwrap();
                let (octets, mut read) = (ndr.finish(), CountedText::default());
                Ndr::reading(&octets, syntax).counted_text(&mut read, "name").unwrap();
                assert_eq!(read, value, "{syntax:?}");
            }
        }
        let good = [6, 0, 6, 0, 0, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, b'b', 0, b'o', 0, b'b', 0];
        assert_eq!(read(&good), Some("bob".into()));
        for (at, wrong) in [(0, 8), (0, 5), (2, 4), (4, 0), (6, 0), (8, 2), (12, 1), (16, 2), (16, 4)] {
            let mut octets = good;
            octets[at] = wrong;
            let is_null = (at, wrong) == (4, 0);
            assert!(is_null || read(&octets).is_none(), "{at} {wrong}");
        }
        assert!(good.len() == 26 && (0..good.len()).all(|length| read(&good[..length]).is_none()));
    }
}
