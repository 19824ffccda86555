use netsession_wire::{DecodeError, Reader, Writer, wide};

use super::{Alignment, Counted, NdrError, Syntax};

/// The most elements of one array that a message may have, whatever its count.
pub const MAX_ELEMENTS: usize = 0x4_0000;

/// The room for a request, in bytes: most are smaller, and none then grows while it is written.
const USUAL_REQUEST: usize = 256;

/// The referent id of the first pointer, and the step to the next, as on Windows.
const FIRST_REFERENT: u32 = 0x0002_0000;
const REFERENT_STEP: u32 = 4;

type Outcome = Result<(), NdrError>;

/// The octets that a message writes or reads.
///
/// Every method takes a reference to one value, which it writes, or into which it reads. `what` is the value's name in
/// the definition, for errors.
#[derive(Debug)]
pub struct Ndr<'a> {
    octets: Octets<'a>,
    syntax: Syntax,
    walk: Walk,
    next_referent: u32,
}

#[derive(Debug)]
enum Octets<'a> {
    Read(Reader<'a>),
    Written(Writer),
}

/// The part of a construct that the walk is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// Outside of a construct: a referent follows its pointer at once.
    Outside,
    /// The members in place.
    InPlace,
    /// The referents of the pointers in place.
    Referents,
}

impl<'a> Ndr<'a> {
    /// Returns an empty buffer for writing.
    #[must_use]
    pub fn writing(syntax: Syntax) -> Self {
        Self::new(Octets::Written(Writer::after(Vec::with_capacity(USUAL_REQUEST))), syntax)
    }

    /// Reads `stub`, whose first octet is aligned to 8.
    #[must_use]
    pub const fn reading(stub: &'a [u8], syntax: Syntax) -> Self {
        Self::new(Octets::Read(Reader::new(stub)), syntax)
    }

    const fn new(octets: Octets<'a>, syntax: Syntax) -> Self {
        Self { octets, syntax, walk: Walk::Outside, next_referent: FIRST_REFERENT }
    }

    /// Returns the written octets; empty after reading.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        match self.octets {
            Octets::Read(_) => Vec::new(),
            Octets::Written(writer) => writer.finish(),
        }
    }

    /// Writes or reads an octet.
    ///
    /// # Errors
    /// [`NdrError::Malformed`] if the octets end early, as for all plain values.
    pub fn u8(&mut self, value: &mut u8, what: &'static str) -> Outcome {
        if self.stands_in_place() {
            [*value] = self.primitive([*value], what)?;
        }
        Ok(())
    }

    /// Writes or reads an unsigned 16-bit integer.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn u16(&mut self, value: &mut u16, what: &'static str) -> Outcome {
        if self.stands_in_place() {
            *value = u16::from_le_bytes(self.primitive(value.to_le_bytes(), what)?);
        }
        Ok(())
    }

    /// Writes or reads an unsigned 32-bit integer.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn u32(&mut self, value: &mut u32, what: &'static str) -> Outcome {
        if self.stands_in_place() {
            *value = u32::from_le_bytes(self.primitive(value.to_le_bytes(), what)?);
        }
        Ok(())
    }

    /// Writes or reads a signed 32-bit integer.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn i32(&mut self, value: &mut i32, what: &'static str) -> Outcome {
        if self.stands_in_place() {
            *value = i32::from_le_bytes(self.primitive(value.to_le_bytes(), what)?);
        }
        Ok(())
    }

    /// Writes or reads a signed 64-bit integer.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn i64(&mut self, value: &mut i64, what: &'static str) -> Outcome {
        if self.stands_in_place() {
            *value = i64::from_le_bytes(self.primitive(value.to_le_bytes(), what)?);
        }
        Ok(())
    }

    /// An enumeration without `v1_enum`: 16 bits in the 32-bit syntax, 32 bits in the 64-bit syntax (C706 14.2.5,
    /// [MS-RPCE] 2.2.5.2).
    ///
    /// # Errors
    /// See [`Self::u8`]; [`NdrError::TooLong`] for a value of more than 16 bits.
    pub fn enumeration(&mut self, value: &mut u32, what: &'static str) -> Outcome {
        if self.syntax == Syntax::Ndr64 {
            return self.u32(value, what);
        }
        let short = u16::try_from(*value).map_err(|_| NdrError::TooLong { what })?;
        if self.stands_in_place() {
            *value = u16::from_le_bytes(self.primitive(short.to_le_bytes(), what)?).into();
        }
        Ok(())
    }

    /// A conformant array of octets, as a referent: the count, and the octets.
    ///
    /// # Errors
    /// [`NdrError::Malformed`] for a count beyond the available octets.
    pub fn octets(&mut self, value: &mut Vec<u8>, what: &'static str) -> Outcome {
        let length = u64::try_from(value.len()).map_err(|_| NdrError::TooLong { what })?;
        let count = self.count(length, what)?;
        match &mut self.octets {
            Octets::Written(writer) => writer.bytes(value),
            Octets::Read(reader) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                *value = reader.bytes(count, what)?.to_vec();
            }
        }
        Ok(())
    }

    /// `[unique] T *`: a pointer that can be null. `referent` writes or reads what it points to.
    ///
    /// # Errors
    /// Those of `referent`.
    pub fn unique<T: Default>(
        &mut self,
        slot: &mut Option<T>,
        what: &'static str,
        mut referent: impl FnMut(&mut T, &mut Self) -> Outcome,
    ) -> Outcome {
        if self.stands_in_place() {
            let present = self.pointer(slot.is_some(), what)?;
            if self.is_reading() {
                *slot = present.then(T::default);
            }
        }
        if self.walk == Walk::InPlace {
            return Ok(());
        }
        let Some(value) = slot else { return Ok(()) };
        let around = std::mem::replace(&mut self.walk, Walk::Outside);
        referent(value, self)?;
        self.walk = around;
        Ok(())
    }

    /// `[string] wchar_t *` as a reference pointer parameter or as a referent, never as a member: the text
    /// itself (C706 14.3.4.2, [MS-RPCE] 2.2.5.3.3.2), with its terminator on the wire and without it here. It is
    /// [wide text](wide): an unpaired surrogate survives.
    ///
    /// # Errors
    /// [`NdrError::Nul`]; [`NdrError::Malformed`] for an offset, a count beyond the available octets, a missing
    /// terminator, and one in the middle.
    pub fn string(&mut self, text: &mut String, what: &'static str) -> Outcome {
        self.any_string(text, what)?;
        if self.is_reading() && text.contains('\0') { Err(invalid(what)) } else { Ok(()) }
    }

    /// As [`Self::string`], but a text that it reads may contain further terminators.
    fn any_string(&mut self, text: &mut String, what: &'static str) -> Outcome {
        debug_assert_eq!(
            self.walk,
            Walk::Outside,
            "a text as a member would need its maximum before the structure"
        );
        let units = u64::try_from(wide::units(text).count()).map_err(|_| NdrError::TooLong { what })?;
        let maximum = self.count(units.saturating_add(1), what)?;
        self.characters(text, Some(maximum), what)
    }

    /// The offset, the count and the characters of a text, which may be at most `maximum`.
    fn characters(&mut self, text: &mut String, maximum: Option<u64>, what: &'static str) -> Outcome {
        let mut bytes = Vec::with_capacity(text.len().saturating_mul(2));
        wide::units(text).for_each(|unit| bytes.extend_from_slice(&unit.to_le_bytes()));
        let units = u64::try_from(bytes.len() / 2).map_err(|_| NdrError::TooLong { what })?;
        let offset = self.count(0, what)?;
        let actual = self.count(units.saturating_add(1), what)?;
        match &mut self.octets {
            Octets::Written(_) if text.contains('\0') => Err(NdrError::Nul { what }),
            Octets::Written(writer) => {
                writer.bytes(&bytes);
                writer.bytes(&[0, 0]);
                Ok(())
            }
            Octets::Read(_) if offset != 0 || maximum.is_some_and(|maximum| actual > maximum) => {
                Err(invalid(what))
            }
            Octets::Read(reader) => {
                let length = usize::try_from(actual).ok().and_then(|units| units.checked_mul(2));
                let bytes = reader.bytes(length.unwrap_or(usize::MAX), what)?;
                let unterminated = bytes.strip_suffix(&[0, 0]).ok_or_else(|| invalid(what))?;
                let (pairs, _) = unterminated.as_chunks::<2>();
                *text = wide::from_units(pairs.iter().map(|pair| u16::from_le_bytes(*pair)));
                Ok(())
            }
        }
    }

    /// `[string] wchar_t text[N]` as a member: an offset, the count and the characters, with their terminator on the wire
    /// (C706 14.3.3.3 and 14.3.4.2).
    ///
    /// # Errors
    /// See [`Self::string`].
    pub fn varying_string(&mut self, text: &mut String, what: &'static str) -> Outcome {
        if !self.stands_in_place() {
            return Ok(());
        }
        self.characters(text, None, what)?;
        if self.is_reading() && text.contains('\0') { Err(invalid(what)) } else { Ok(()) }
    }

    /// `[unique, string] wchar_t *`: a text, or null, which is not the same as the empty text.
    ///
    /// # Errors
    /// See [`Self::string`].
    pub fn unique_string(&mut self, text: &mut Option<String>, what: &'static str) -> Outcome {
        self.unique(text, what, |text, ndr| ndr.string(text, what))
    }

    /// As [`Self::unique_string`], but reads only the text before the first terminator: some clients send several
    /// terminators.
    ///
    /// # Errors
    /// See [`Self::string`].
    pub fn unique_string_to_nul(&mut self, text: &mut Option<String>, what: &'static str) -> Outcome {
        self.unique(text, what, |text, ndr| {
            ndr.any_string(text, what)?;
            text.truncate(text.find('\0').unwrap_or(text.len()));
            Ok(())
        })
    }

    /// `[unique] DWORD *`.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn unique_u32(&mut self, value: &mut Option<u32>, what: &'static str) -> Outcome {
        self.unique(value, what, |value, ndr| ndr.u32(value, what))
    }

    /// A structure. This calls `members` for the members in place, and again for the referents.
    ///
    /// # Errors
    /// Those of `members`.
    pub fn structure(
        &mut self,
        alignment: Alignment,
        mut members: impl FnMut(&mut Self) -> Outcome,
    ) -> Outcome {
        self.construct(|ndr| {
            ndr.align(alignment)?;
            members(ndr)?;
            match ndr.syntax {
                Syntax::Ndr32 => Ok(()),
                // The size of a structure is a multiple of its alignment (2.2.5.3.4.1).
                Syntax::Ndr64 => ndr.align(alignment),
            }
        })
    }

    /// A union with its discriminant, as `switch_is` has it outside of encapsulated unions (C706 14.3.8, [MS-RPCE]
    /// 2.2.4.5 and 2.2.5.3.4.4). This calls `arm` with the discriminant, as [`Self::structure`] calls `members`; `arms`
    /// is the largest alignment of any arm.
    ///
    /// # Errors
    /// Those of `arm`.
    pub fn union(
        &mut self,
        discriminant: &mut u32,
        arms: Alignment,
        what: &'static str,
        arm: impl FnMut(u32, &mut Self) -> Outcome,
    ) -> Outcome {
        self.any_union(discriminant, arms, |discriminant, ndr| ndr.u32(discriminant, what), arm)
    }

    /// As [`Self::union`], with a discriminant that is an [enumeration](Self::enumeration).
    ///
    /// # Errors
    /// Those of `arm`, and those of [`Self::enumeration`].
    pub fn enumerated_union(
        &mut self,
        discriminant: &mut u32,
        arms: Alignment,
        what: &'static str,
        arm: impl FnMut(u32, &mut Self) -> Outcome,
    ) -> Outcome {
        self.any_union(discriminant, arms, |discriminant, ndr| ndr.enumeration(discriminant, what), arm)
    }

    fn any_union(
        &mut self,
        discriminant: &mut u32,
        arms: Alignment,
        tag: impl Fn(&mut u32, &mut Self) -> Outcome,
        mut arm: impl FnMut(u32, &mut Self) -> Outcome,
    ) -> Outcome {
        self.construct(|ndr| {
            if ndr.syntax == Syntax::Ndr64 {
                ndr.align(arms)?;
            }
            tag(discriminant, ndr)?;
            ndr.align(arms)?;
            arm(*discriminant, ndr)
        })
    }

    /// A count and, beside it, a pointer to that many elements. This calls `element` for each, as [`Self::structure`]
    /// calls `members`; `alignment` is the element's.
    ///
    /// # Errors
    /// Those of `element`, and [`NdrError::Malformed`] if the count differs from the array's own, exceeds the available
    /// octets or [`MAX_ELEMENTS`], or is not zero beside a null pointer.
    pub fn counted<T: Default>(
        &mut self,
        array: &mut Counted<T>,
        alignment: Alignment,
        what: &'static str,
        element: impl FnMut(&mut T, &mut Self) -> Outcome,
    ) -> Outcome {
        self.any_counted(array, alignment, false, what, element)
    }

    /// As [`Self::counted`], where `length_is` makes the array varying, too: an offset and the count precede the elements
    /// (C706 14.3.3.4).
    ///
    /// # Errors
    /// Those of [`Self::counted`]; [`NdrError::Malformed`] for an offset, and for a part of the array.
    pub fn counted_varying<T: Default>(
        &mut self,
        array: &mut Counted<T>,
        alignment: Alignment,
        what: &'static str,
        element: impl FnMut(&mut T, &mut Self) -> Outcome,
    ) -> Outcome {
        self.any_counted(array, alignment, true, what, element)
    }

    fn any_counted<T: Default>(
        &mut self,
        array: &mut Counted<T>,
        alignment: Alignment,
        is_varying: bool,
        what: &'static str,
        mut element: impl FnMut(&mut T, &mut Self) -> Outcome,
    ) -> Outcome {
        if self.stands_in_place() {
            array.declared = u32::try_from(array.as_slice().len()).map_err(|_| NdrError::TooLong { what })?;
            self.u32(&mut array.declared, what)?;
        }
        let declared = array.declared;
        self.unique(&mut array.buffer, what, |elements, ndr| {
            ndr.check_count(u64::from(declared), what)?;
            if is_varying {
                ndr.check_count(0, what)?;
                ndr.check_count(u64::from(declared), what)?;
            }
            ndr.elements(elements, declared, alignment, what, &mut element)
        })?;
        if array.is_null() && declared != 0 {
            return Err(invalid(what));
        }
        if self.walk != Walk::InPlace {
            array.declared = 0;
        }
        Ok(())
    }

    /// A count that must have this value.
    pub(super) fn check_count(&mut self, value: u64, what: &'static str) -> Outcome {
        if self.count(value, what)? == value { Ok(()) } else { Err(invalid(what)) }
    }

    /// The elements of an array in place, then their referents.
    pub(super) fn elements<T: Default>(
        &mut self,
        elements: &mut Vec<T>,
        declared: u32,
        alignment: Alignment,
        what: &'static str,
        element: &mut impl FnMut(&mut T, &mut Self) -> Outcome,
    ) -> Outcome {
        let missing = self.room_for(declared, alignment, what)?;
        self.construct(|ndr| {
            if ndr.walk == Walk::InPlace {
                for _ in 0..missing {
                    let mut fresh = T::default();
                    ndr.structure(alignment, |ndr| element(&mut fresh, ndr))?;
                    elements.push(fresh);
                }
                if missing > 0 {
                    return Ok(());
                }
            }
            elements.iter_mut().try_for_each(|one| ndr.structure(alignment, |ndr| element(one, ndr)))
        })
    }

    /// Returns how many elements to read: none while writing. Checks the count before it allocates memory: an element
    /// takes at least as many octets as its alignment.
    fn room_for(&self, count: u32, alignment: Alignment, what: &'static str) -> Result<usize, NdrError> {
        let Octets::Read(reader) = &self.octets else { return Ok(0) };
        let elements = usize::try_from(count).unwrap_or(usize::MAX);
        let need = elements.saturating_mul(alignment.octets(self.syntax));
        if need > reader.remaining() {
            return Err(DecodeError::Truncated { what, need, have: reader.remaining() }.into());
        }
        if elements > MAX_ELEMENTS {
            let limit = u64::try_from(MAX_ELEMENTS).unwrap_or(u64::MAX);
            return Err(DecodeError::TooLarge { what, value: u64::from(count), limit }.into());
        }
        Ok(elements)
    }

    /// Calls `walk` for the members in place and again for the referents; only once inside an outer construct, which
    /// does this itself.
    fn construct(&mut self, mut walk: impl FnMut(&mut Self) -> Outcome) -> Outcome {
        if self.walk != Walk::Outside {
            return walk(self);
        }
        self.walk = Walk::InPlace;
        walk(self)?;
        self.walk = Walk::Referents;
        walk(self)?;
        self.walk = Walk::Outside;
        Ok(())
    }

    /// A referent id, or zero for null. Returns whether there is a referent.
    fn pointer(&mut self, present: bool, what: &'static str) -> Result<bool, NdrError> {
        let mut id = 0;
        if present && !self.is_reading() {
            id = self.next_referent;
            self.next_referent = id.wrapping_add(REFERENT_STEP);
        }
        Ok(self.count(u64::from(id), what)? != 0)
    }

    /// A count or a pointer: 4 octets or 8.
    pub(super) fn count(&mut self, value: u64, what: &'static str) -> Result<u64, NdrError> {
        match self.syntax {
            Syntax::Ndr32 => {
                let value = u32::try_from(value).map_err(|_| NdrError::TooLong { what })?;
                Ok(u32::from_le_bytes(self.primitive(value.to_le_bytes(), what)?).into())
            }
            Syntax::Ndr64 => Ok(u64::from_le_bytes(self.primitive(value.to_le_bytes(), what)?)),
        }
    }

    /// An integer of `N` octets, aligned to as many.
    pub(super) fn primitive<const N: usize>(
        &mut self,
        value: [u8; N],
        what: &'static str,
    ) -> Result<[u8; N], NdrError> {
        match &mut self.octets {
            Octets::Read(reader) => {
                reader.align(N, what)?;
                Ok(reader.array(what)?)
            }
            Octets::Written(writer) => {
                writer.align(N);
                writer.bytes(&value);
                Ok(value)
            }
        }
    }

    fn align(&mut self, alignment: Alignment) -> Outcome {
        let boundary = alignment.octets(self.syntax);
        if self.stands_in_place() {
            match &mut self.octets {
                Octets::Read(reader) => reader.align(boundary, "padding")?,
                Octets::Written(writer) => writer.align(boundary),
            }
        }
        Ok(())
    }

    pub(super) fn stands_in_place(&self) -> bool {
        self.walk != Walk::Referents
    }

    pub(super) const fn is_reading(&self) -> bool {
        matches!(self.octets, Octets::Read(_))
    }
}

pub(super) const fn invalid(what: &'static str) -> NdrError {
    NdrError::Malformed(DecodeError::Invalid { what })
}

#[cfg(test)]
mod tests {
    use netsession_wire::DecodeError;

    use super::super::oracle::{Sample, SampleEntry};
    use super::super::{Counted, NdrError, Syntax, decode, encode};

    fn sample() -> Sample {
        let entry = SampleEntry { number: 7, name: Some("ab".into()), octets: Counted::from(vec![1, 2, 3]) };
        let null = SampleEntry { number: 8, name: None, octets: Counted::NULL };
        Sample {
            server: Some("\\\\s".into()),
            name: "n".into(),
            entries: Some(Counted::from(vec![entry, null])),
            resume: Some(5),
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    /// A failure here would lay out 32-bit messages differently from C706 14.3: pointers in place, and their referents
    /// after the construct that embeds them, in the same order.
    #[test]
    fn ndr32_is_laid_out_as_specified() {
        let expected = hex("00000200 04000000 00000000 04000000 5c005c0073000000 \
             02000000 00000000 02000000 6e000000 \
             02000000 02000000 04000200 \
             02000000 08000200 02000000 \
             07000000 0c000200 03000000 10000200 \
             08000000 00000000 00000000 00000000 \
             03000000 00000000 03000000 610062000000 0000 \
             03000000 010203 00 \
             14000200 05000000");
        assert_eq!(encode(sample(), Syntax::Ndr32).unwrap(), expected);
        assert_eq!(decode::<Sample>(&expected, Syntax::Ndr32).unwrap(), sample());
    }

    /// A failure here would lay out 64-bit messages differently from [MS-RPCE] 2.2.5: counts and pointers of 8 octets,
    /// structures padded to their alignment, unions aligned to their largest arm.
    #[test]
    fn ndr64_is_laid_out_as_specified() {
        let expected =
            hex("0000020000000000 0400000000000000 0000000000000000 0400000000000000 5c005c0073000000 \
             0200000000000000 0000000000000000 0200000000000000 6e000000 00000000 \
             02000000 00000000 02000000 00000000 0400020000000000 \
             02000000 00000000 0800020000000000 0200000000000000 \
             07000000 00000000 0c00020000000000 03000000 00000000 1000020000000000 \
             08000000 00000000 0000000000000000 00000000 00000000 0000000000000000 \
             0300000000000000 0000000000000000 0300000000000000 610062000000 0000 \
             0300000000000000 010203 0000000000 \
             1400020000000000 05000000");
        assert_eq!(encode(sample(), Syntax::Ndr64).unwrap(), expected);
        assert_eq!(decode::<Sample>(&expected, Syntax::Ndr64).unwrap(), sample());
    }

    /// A failure here would make a structure that ends in a small member shorter in the 64-bit syntax than its peer
    /// reads ([MS-RPCE] 2.2.5.3.4.1).
    #[test]
    fn ndr64_structures_have_their_trailing_gap() {
        use super::super::{Alignment, Ndr};
        for (syntax, expected) in [(Syntax::Ndr32, 12), (Syntax::Ndr64, 20)] {
            let mut ndr = Ndr::writing(syntax);
            ndr.structure(Alignment::Pointer, |ndr| {
                ndr.unique_u32(&mut None, "pointer")?;
                ndr.u8(&mut 1, "small")
            })
            .unwrap();
            ndr.u32(&mut 2, "next").unwrap();
            assert_eq!(ndr.finish().len(), expected, "{syntax:?}");
        }
    }

    /// A failure here would confuse null and the empty text, so that a request could select other sessions.
    #[test]
    fn null_is_not_empty() {
        for syntax in Syntax::ALL {
            for server in [None, Some(String::new())] {
                for entries in [None, Some(Counted::NULL), Some(Counted::from(vec![]))] {
                    let sample = Sample { server: server.clone(), entries, ..Sample::default() };
                    let octets = encode(sample.clone(), syntax).unwrap();
                    assert_eq!(decode::<Sample>(&octets, syntax).unwrap(), sample);
                }
            }
        }
    }

    /// A failure here would accept a malformed message, or allocate memory for a count that is false.
    #[test]
    fn broken_messages_are_errors() {
        let good = encode(sample(), Syntax::Ndr32).unwrap();
        let broken = |at: usize, with: &[u8]| {
            let mut octets = good.clone();
            octets[at..at + with.len()].copy_from_slice(with);
            decode::<Sample>(&octets, Syntax::Ndr32)
        };
        let four_billion = &u32::MAX.to_le_bytes();
        assert!(broken(8, &[1]).is_err(), "an offset into the text");
        assert!(broken(12, four_billion).is_err(), "more characters than the maximum");
        let mut both = [0xff; 12];
        both[4..8].fill(0);
        assert!(matches!(
            broken(4, &both),
            Err(NdrError::Malformed(DecodeError::Truncated { what: "server", .. }))
        ));
        assert!(broken(12, &[0]).is_err(), "no terminator");
        assert!(broken(22, b"x").is_err(), "another terminator");
        assert!(broken(18, &[0, 0]).is_err(), "a NUL in the middle");
        assert!(broken(18, &[0, 0xd8]).is_ok(), "a name with an unpaired surrogate hides nothing else");
        assert!(broken(44, &[3]).is_err(), "another discriminant");
        assert!(broken(52, four_billion).is_err(), "a count that the array does not have");
        assert!(broken(60, four_billion).is_err(), "an array that its count does not have");
        let mut both = [0xff; 12];
        both[4..8].fill(1);
        assert!(matches!(
            broken(52, &both),
            Err(NdrError::Malformed(DecodeError::Truncated { what: "entries", .. }))
        ));
        assert!(broken(56, &[0; 4]).is_err(), "a null pointer with a count");
        for length in 0..good.len() {
            assert!(decode::<Sample>(&good[..length], Syntax::Ndr32).is_err(), "cut at {length}");
        }
    }

    /// A failure here would let an array of many small elements take more memory than the limit allows.
    #[test]
    fn arrays_are_bounded() {
        let count = u32::try_from(super::MAX_ELEMENTS + 1).unwrap();
        let mut octets = hex("00000000 01000000 00000000 01000000 0000 0000 02000000 02000000 01000000");
        octets.extend(count.to_le_bytes());
        octets.extend([1; 4]);
        octets.extend(count.to_le_bytes());
        octets.resize(octets.len() + 4 * (super::MAX_ELEMENTS + 1), 0);
        assert!(matches!(
            decode::<Sample>(&octets, Syntax::Ndr32),
            Err(NdrError::Malformed(DecodeError::TooLarge { what: "entries", .. }))
        ));
    }

    /// A failure here would send a name with a NUL character as a shorter name.
    #[test]
    fn a_text_with_a_nul_is_not_sent() {
        let sample = Sample { name: "alice\0bob".into(), ..Sample::default() };
        assert_eq!(encode(sample, Syntax::Ndr32), Err(NdrError::Nul { what: "name" }));
    }

    proptest::proptest! {
        /// A failure here would change a message on its way.
        #[test]
        fn what_is_written_is_read(sample: Sample, wide: bool) {
            let syntax = if wide { Syntax::Ndr64 } else { Syntax::Ndr32 };
            let octets = encode(sample.clone(), syntax).unwrap();
            proptest::prop_assert_eq!(decode::<Sample>(&octets, syntax).unwrap(), sample);
        }

        /// A failure here would let octets from the network stop the program.
        #[test]
        fn arbitrary_octets_do_no_harm(octets: Vec<u8>) {
            super::super::oracle::ndr(&octets);
        }
    }
}
