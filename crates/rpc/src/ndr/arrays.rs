use super::stream::invalid;
use super::{Alignment, Ndr, NdrError};

type Outcome = Result<(), NdrError>;

/// Arrays whose count is not beside their pointer.
impl Ndr<'_> {
    /// `octet value[N]`: a fixed number of octets.
    ///
    /// # Errors
    /// [`NdrError::Malformed`] if the octets end early.
    pub fn fixed<const N: usize>(&mut self, value: &mut [u8; N], what: &'static str) -> Outcome {
        value.iter_mut().try_for_each(|octet| self.u8(octet, what))
    }

    /// The count of the conformant array at the end of a structure, which precedes the structure (C706 14.3.7.2). Call this
    /// outside of a construct.
    ///
    /// # Errors
    /// [`NdrError::Malformed`] for a count beyond `most`, and if the octets end early.
    pub fn conformance(&mut self, count: &mut u8, most: u8, what: &'static str) -> Outcome {
        let read = self.count(u64::from(*count), what)?;
        *count = u8::try_from(read).ok().filter(|count| *count <= most).ok_or(invalid(what))?;
        Ok(())
    }

    /// `[size_is(n)] T *` as a referent, where another member is `n`: the count and the elements. The caller compares the
    /// count.
    ///
    /// # Errors
    /// Those of `element`, and [`NdrError::Malformed`] for a count that exceeds the available octets or
    /// [`MAX_ELEMENTS`](super::MAX_ELEMENTS).
    pub fn conformant<T: Default>(
        &mut self,
        array: &mut Vec<T>,
        alignment: Alignment,
        what: &'static str,
        mut element: impl FnMut(&mut T, &mut Self) -> Outcome,
    ) -> Outcome {
        let count = self.array_count(array.len(), what)?;
        self.elements(array, count, alignment, what, &mut element)
    }

    /// `[size_is(maximum), length_is(n)] T value[*]` as a parameter: the maximum, an offset, the count and the elements.
    ///
    /// # Errors
    /// Those of `element`, and [`NdrError::Malformed`] for another maximum, an offset, and a count that exceeds the maximum
    /// or the available octets.
    pub fn varying<T: Default>(
        &mut self,
        array: &mut Vec<T>,
        maximum: u32,
        alignment: Alignment,
        what: &'static str,
        mut element: impl FnMut(&mut T, &mut Self) -> Outcome,
    ) -> Outcome {
        self.check_count(u64::from(maximum), what)?;
        self.check_count(0, what)?;
        let count = self.array_count(array.len(), what)?;
        if count > maximum {
            return Err(invalid(what));
        }
        self.elements(array, count, alignment, what, &mut element)
    }

    fn array_count(&mut self, length: usize, what: &'static str) -> Result<u32, NdrError> {
        let length = u64::try_from(length).map_err(|_| NdrError::TooLong { what })?;
        u32::try_from(self.count(length, what)?).map_err(|_| invalid(what))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Alignment, Ndr, Syntax};

    fn read(octets: &[u32]) -> Result<Vec<u32>, super::NdrError> {
        let octets = octets.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        let mut array = Vec::new();
        let mut ndr = Ndr::reading(&octets, Syntax::Ndr32);
        ndr.varying(&mut array, 3, Alignment::Long, "array", |element, ndr| ndr.u32(element, "element"))?;
        Ok(array)
    }

    /// A failure here would let a server choose how much memory an array takes, or hide a part of the array.
    #[test]
    fn counts_are_checked_before_elements_are_read() {
        assert_eq!(read(&[3, 0, 2, 7, 8]).unwrap(), [7, 8]);
        for wrong in
            [[4, 0, 2, 7, 8], [3, 1, 2, 7, 8], [3, 0, 4, 7, 8], [3, 0, 3, 7, 8], [3, 0, u32::MAX, 7, 8]]
        {
            assert!(read(&wrong).is_err(), "{wrong:?}");
        }
        let octets = [u32::MAX, 7].map(u32::to_le_bytes).concat();
        let mut array: Vec<u32> = Vec::new();
        let mut ndr = Ndr::reading(&octets, Syntax::Ndr32);
        assert!(
            ndr.conformant(&mut array, Alignment::Long, "array", |one, ndr| ndr.u32(one, "one")).is_err()
        );
        let mut ndr = Ndr::reading(&octets, Syntax::Ndr32);
        assert!(ndr.conformance(&mut 0, 15, "count").is_err());
    }

    /// A failure here would lay out a fixed array, or an enumeration before a union, with a gap that no peer reads.
    #[test]
    fn an_enumerated_union_follows_its_selector_without_a_gap() {
        let mut ndr = Ndr::writing(Syntax::Ndr32);
        ndr.fixed(&mut [1, 2], "octets").unwrap();
        ndr.enumeration(&mut 16, "class").unwrap();
        ndr.u16(&mut 5, "number").unwrap();
        ndr.enumerated_union(&mut 16, Alignment::Long, "class", |_, ndr| ndr.u32(&mut 9, "arm")).unwrap();
        assert_eq!(ndr.finish(), [1, 2, 16, 0, 5, 0, 16, 0, 9, 0, 0, 0]);
    }
}
