//! Oracles: properties that must hold for any octets. The fuzzer runs them, and so do the tests with everything that
//! the fuzzer has found.

use std::fmt::Debug;

use super::{Alignment, Counted, Message, Ndr, NdrError, Syntax, decode, encode};

/// Reads `stub` as the message `M`.
///
/// # Panics
/// Panics if the message can be read but not written, or if it reads differently after that.
pub fn round_trip<M: Message + Clone + Debug + PartialEq>(stub: &[u8], syntax: Syntax) {
    if let Ok(message) = decode::<M>(stub, syntax) {
        let again = encode(message.clone(), syntax).and_then(|octets| decode(&octets, syntax));
        assert_eq!(again, Ok(message), "the message changed when it was written and read again");
    }
}

/// A message with every construct of NDR that this crate has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) server: Option<String>,
    pub(super) name: String,
    pub(super) entries: Option<Counted<SampleEntry>>,
    pub(super) resume: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SampleEntry {
    pub(super) number: u32,
    pub(super) name: Option<String>,
    pub(super) octets: Counted<u8>,
}

const LEVEL: u32 = 2;

impl Message for Sample {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique_string(&mut self.server, "server")?;
        ndr.string(&mut self.name, "name")?;
        ndr.structure(Alignment::Pointer, |ndr| {
            let mut level = LEVEL;
            ndr.u32(&mut level, "level")?;
            let mut discriminant = level;
            ndr.union(&mut discriminant, Alignment::Pointer, "discriminant", |discriminant, ndr| {
                if discriminant != level || level != LEVEL {
                    return Err(netsession_wire::DecodeError::invalid("discriminant").into());
                }
                ndr.unique(&mut self.entries, "container", Self::container)
            })
        })?;
        ndr.unique_u32(&mut self.resume, "resume")
    }
}

impl Sample {
    fn container(entries: &mut Counted<SampleEntry>, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.structure(Alignment::Pointer, |ndr| {
            ndr.counted(entries, Alignment::Pointer, "entries", |entry, ndr| {
                ndr.u32(&mut entry.number, "number")?;
                ndr.unique_string(&mut entry.name, "entry name")?;
                ndr.counted(&mut entry.octets, Alignment::Octet, "octets", |octet, ndr| {
                    ndr.u8(octet, "octet")
                })
            })
        })
    }
}

/// Reads `data` as a message with every construct, in the syntax that its first octet selects, writes it, and reads it
/// again.
pub fn ndr(data: &[u8]) {
    let Some((choice, stub)) = data.split_first() else { return };
    let syntax = if choice & 1 == 0 { Syntax::Ndr32 } else { Syntax::Ndr64 };
    round_trip::<Sample>(stub, syntax);
}

#[cfg(test)]
mod arbitrary {
    use proptest::prelude::*;

    use super::{Counted, Sample, SampleEntry};

    fn text() -> impl Strategy<Value = String> {
        "[^\\x00]{0,9}"
    }

    fn counted<T: Clone + std::fmt::Debug>(
        of: impl Strategy<Value = T>,
    ) -> impl Strategy<Value = Counted<T>> {
        let elements = proptest::collection::vec(of, 0..5);
        proptest::option::of(elements).prop_map(|elements| elements.map_or(Counted::NULL, Counted::from))
    }

    impl Arbitrary for Sample {
        type Parameters = ();
        type Strategy = BoxedStrategy<Self>;

        fn arbitrary_with((): ()) -> Self::Strategy {
            let entry = (any::<u32>(), proptest::option::of(text()), counted(any::<u8>()))
                .prop_map(|(number, name, octets)| SampleEntry { number, name, octets });
            let server = proptest::option::of(text());
            let entries = proptest::option::of(counted(entry));
            (server, text(), entries, any::<Option<u32>>())
                .prop_map(|(server, name, entries, resume)| Self { server, name, entries, resume })
                .boxed()
        }
    }
}
