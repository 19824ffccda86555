use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use crate::auth::AuthError;

open_enum! {
    /// AvId ([MS-NLMP] 2.2.2.1).
    pub struct AvId(u16) {
        /// End of the list.
        EOL = 0,
        /// The server's NetBIOS name.
        NB_COMPUTER_NAME = 1,
        /// The NetBIOS name of its domain.
        NB_DOMAIN_NAME = 2,
        /// The server's DNS name.
        DNS_COMPUTER_NAME = 3,
        /// The DNS name of its domain.
        DNS_DOMAIN_NAME = 4,
        /// The DNS name of its forest.
        DNS_TREE_NAME = 5,
        /// [`AvFlags`].
        FLAGS = 6,
        /// A FILETIME.
        TIMESTAMP = 7,
        /// Single_Host_Data.
        SINGLE_HOST = 8,
        /// The service principal name to which the client wants to log on.
        TARGET_NAME = 9,
        /// MD5 of the channel bindings, or zeros.
        CHANNEL_BINDINGS = 10,
    }
}

/// The most pairs of one list; [MS-NLMP] has eleven kinds.
const MAX_PAIRS: usize = 64;

bitflags::bitflags! {
    /// The value of MsvAvFlags.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct AvFlags: u32 {
        /// The account's authentication is constrained.
        const CONSTRAINED = 1;
        /// The AUTHENTICATE message has an integrity code.
        const MIC = 2;
        /// The target name comes from an untrusted source.
        const UNTRUSTED_SPN = 4;
        const _ = !0;
    }
}

/// A list of AV_PAIR in the order of the wire, without its end. It keeps unknown pairs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AvPairs {
    pairs: Vec<(AvId, Vec<u8>)>,
}

impl AvPairs {
    /// Reads the list up to its end, which must exist; ignores what follows.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut pairs = Vec::new();
        loop {
            let id = AvId(reader.u16("AvId")?);
            let length = reader.u16("AvLen")?;
            let value = reader.bytes(usize::from(length), "AV_PAIR value")?;
            if id == AvId::EOL {
                return Ok(Self { pairs });
            }
            if pairs.len() == MAX_PAIRS {
                return Err(DecodeError::invalid("number of AV_PAIRs"));
            }
            if pairs.iter().any(|(known, _)| *known == id) {
                return Err(DecodeError::invalid("repeated AV_PAIR"));
            }
            pairs.push((id, value.to_vec()));
        }
    }

    /// Writes the list with its end.
    ///
    /// # Errors
    /// [`AuthError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, AuthError> {
        let mut writer = Writer::new();
        for (id, value) in &self.pairs {
            writer.u16(id.0);
            writer.u16(u16::try_from(value.len()).map_err(|_| AuthError::TooLong("AV_PAIR"))?);
            writer.bytes(value);
        }
        writer.u32(0);
        Ok(writer.finish())
    }

    /// Returns the value of a pair.
    #[must_use]
    pub fn get(&self, id: AvId) -> Option<&[u8]> {
        self.pairs.iter().find(|(known, _)| *known == id).map(|(_, value)| value.as_slice())
    }

    /// Sets the value of a pair, in its place or at the end.
    pub fn set(&mut self, id: AvId, value: Vec<u8>) {
        match self.pairs.iter_mut().find(|(known, _)| *known == id) {
            Some((_, old)) => *old = value,
            None => self.pairs.push((id, value)),
        }
    }

    /// Sets a pair to text.
    pub fn set_text(&mut self, id: AvId, text: &str) {
        self.set(id, utf16::encode(text));
    }

    /// Returns a pair that is text; `None` if it is missing or not UTF-16.
    #[must_use]
    pub fn text(&self, id: AvId) -> Option<String> {
        utf16::decode(self.get(id)?, "AV_PAIR").ok()
    }

    /// Returns MsvAvTimestamp as FILETIME.
    #[must_use]
    pub fn timestamp(&self) -> Option<u64> {
        self.get(AvId::TIMESTAMP)?.try_into().ok().map(u64::from_le_bytes)
    }

    /// Returns MsvAvFlags; empty if there is none.
    #[must_use]
    pub fn flags(&self) -> AvFlags {
        let value = self.get(AvId::FLAGS).and_then(|value| value.try_into().ok());
        AvFlags::from_bits_retain(value.map_or(0, u32::from_le_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would drop the pairs of a newer server from the part that the response covers.
    #[test]
    fn unknown_pairs_survive_in_order() {
        let bytes = b"\x02\x00\x02\x00A\x00\x63\x00\x01\x00x\x01\x00\x02\x00B\x00\0\0\0\0";
        let mut pairs = AvPairs::decode(bytes).unwrap();
        assert_eq!(pairs.encode().unwrap(), bytes);
        assert_eq!(pairs.text(AvId::NB_DOMAIN_NAME).as_deref(), Some("A"));
        pairs.set_text(AvId::NB_DOMAIN_NAME, "C");
        assert_eq!(pairs.encode().unwrap()[4], b'C', "changed in its place");
        for length in 0..bytes.len() {
            assert!(AvPairs::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        assert!(AvPairs::decode(b"\x07\x00\0\0\x07\x00\0\0\0\0\0\0").is_err(), "the same pair twice");
    }

    /// A failure here would let one message of an unknown client make the server compare thousands of pairs with each
    /// other.
    #[test]
    fn pairs_are_limited() {
        let list = |count: u16| {
            let pairs = (100..100 + count).flat_map(|id| [id, 0]).chain([0, 0]);
            pairs.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        };
        assert!(AvPairs::decode(&list(64)).is_ok());
        assert!(AvPairs::decode(&list(65)).is_err());
    }
}
