//! [`Query`] and [`Answer`]: the name query and its answer (RFC 1002, sections 4.1, 4.2.12 to 4.2.14).

use std::net::Ipv4Addr;

use netsession_wire::{DecodeError, Reader};

/// The longest NetBIOS name; the sixteenth byte is its suffix.
const NAME_LENGTH: usize = 15;
/// The suffix of a computer's file server service.
const FILE_SERVER: u8 = 0x20;
/// The general name service record, and the internet class (section 4.2.1.3).
const NB: u16 = 0x0020;
const IN: u16 = 0x0001;

const HEADER_LENGTH: usize = 12;
/// The length of an encoded name: its length byte, 32 letters, and the end of the scope.
const ENCODED_LENGTH: usize = 34;

/// Bits of the header's second word (section 4.2.1.1).
mod flags {
    pub(super) const RESPONSE: u16 = 0x8000;
    pub(super) const OPCODE: u16 = 0x7800;
    pub(super) const RECURSION_DESIRED: u16 = 0x0100;
    pub(super) const BROADCAST: u16 = 0x0010;
    pub(super) const RCODE: u16 = 0x000f;
    /// The bit of NB_FLAGS that marks a name which many computers share (section 4.2.1.3).
    pub(super) const GROUP: u16 = 0x8000;
}

/// A NAME QUERY REQUEST.
pub(super) struct Query {
    bytes: Vec<u8>,
}

/// The content of a positive or negative NAME QUERY RESPONSE.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The computer's addresses: at least one.
    Addresses(Vec<Ipv4Addr>),
    /// The name service has no such name.
    Unknown,
}

impl Query {
    /// Makes a query for the file server `name`; None if `name` is not a valid NetBIOS name.
    pub(super) fn new(name: &str, transaction: [u8; 2], is_broadcast: bool) -> Option<Self> {
        let header = flags::RECURSION_DESIRED | if is_broadcast { flags::BROADCAST } else { 0 };
        let mut bytes = transaction.to_vec();
        for word in [header, 1, 0, 0, 0] {
            bytes.extend(u16::to_be_bytes(word));
        }
        bytes.extend(encoded(name)?);
        bytes.extend(NB.to_be_bytes());
        bytes.extend(IN.to_be_bytes());
        Some(Self { bytes })
    }

    /// The datagram.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads `datagram`; None if it does not answer this query.
    pub(super) fn read_answer(&self, datagram: &[u8]) -> Option<Answer> {
        let mut reader = Reader::new(datagram);
        self.read(&mut reader).ok().flatten()
    }

    /// Makes an answer to this query with `record`.
    pub(super) fn answered_by(&self, record: &[u8]) -> Vec<u8> {
        let transaction = self.bytes.get(..2).unwrap_or_default();
        let name = self.bytes.get(HEADER_LENGTH..HEADER_LENGTH + ENCODED_LENGTH).unwrap_or_default();
        let header = [flags::RESPONSE, 0, 1, 0, 0].map(u16::to_be_bytes).concat();
        [transaction, &header, name, record].concat()
    }

    fn read(&self, reader: &mut Reader<'_>) -> Result<Option<Answer>, DecodeError> {
        let transaction = reader.bytes(2, "NAME_TRN_ID")?;
        let header = word(reader, "OPCODE, NM_FLAGS and RCODE")?;
        let questions = word(reader, "QDCOUNT")?;
        let answers = word(reader, "ANCOUNT")?;
        let _authorities = word(reader, "NSCOUNT")?;
        let _additional = word(reader, "ARCOUNT")?;
        let is_response = header & flags::RESPONSE != 0 && header & flags::OPCODE == 0;
        if !is_response || !self.bytes.starts_with(transaction) || questions != 0 {
            return Ok(None);
        }
        let name = self.bytes.get(HEADER_LENGTH..HEADER_LENGTH + ENCODED_LENGTH);
        if name != Some(reader.bytes(ENCODED_LENGTH, "RR_NAME")?) {
            return Ok(None);
        }
        let record = word(reader, "RR_TYPE")?;
        let class = word(reader, "RR_CLASS")?;
        reader.skip(4, "TTL")?;
        if header & flags::RCODE != 0 {
            return Ok(Some(Answer::Unknown));
        }
        if (record, class) != (NB, IN) || answers == 0 {
            return Ok(None);
        }
        let length = word(reader, "RDLENGTH")?;
        Ok(addresses(reader.bytes(length.into(), "RDATA")?))
    }
}

/// Returns the addresses in a record (section 4.2.13). Skips the names of groups; None if no address remains.
fn addresses(data: &[u8]) -> Option<Answer> {
    let (entries, rest) = data.as_chunks::<6>();
    let of_computers = entries.iter().filter_map(|[high, low, a, b, c, d]| {
        let is_group = u16::from_be_bytes([*high, *low]) & flags::GROUP != 0;
        (!is_group).then(|| Ipv4Addr::new(*a, *b, *c, *d))
    });
    let usable =
        |address: &Ipv4Addr| !address.is_unspecified() && !address.is_broadcast() && !address.is_multicast();
    let addresses: Vec<_> = of_computers.filter(usable).collect();
    (rest.is_empty() && !addresses.is_empty()).then_some(Answer::Addresses(addresses))
}

/// Encodes each half of each byte as a letter from `A` on (RFC 1001, section 14.1).
fn encoded(name: &str) -> Option<Vec<u8>> {
    let refused = |byte: u8| !byte.is_ascii_graphic() || br#"\/:*?"<>|."#.contains(&byte);
    if name.is_empty() || name.len() > NAME_LENGTH || name.bytes().any(refused) {
        return None;
    }
    let padded = name.bytes().map(|byte| byte.to_ascii_uppercase()).chain(std::iter::repeat(b' '));
    let whole = padded.take(NAME_LENGTH).chain([FILE_SERVER]);
    let letters = whole.flat_map(|byte| [b'A' + (byte >> 4), b'A' + (byte & 0x0f)]);
    Some(std::iter::once(0x20).chain(letters).chain([0]).collect())
}

fn word(reader: &mut Reader<'_>, what: &'static str) -> Result<u16, DecodeError> {
    reader.array(what).map(u16::from_be_bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Answers of Samba 4.17's nmbd to queries 0x1234: LABNB is 10.55.0.1, and its WINS service knows no NOSUCH.
    const FOUND: &str = "12348580000000010000000020454d45424543454f454343414341434143414341434143414341434143414341\
                         00002000010003f47c000660000a370001";
    const UNKNOWN: &str = "12348583000000010000000020454f45504644464645444549434143414341434143414341434143414341434100000a00\
                           01000000000000";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> =
            hex.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
    }

    /// Makes a positive answer to the query in `query`.
    pub(in crate::netbios) fn answer_to(query: &[u8], addresses: &[[u8; 4]]) -> Vec<u8> {
        let mut answer = query[..2].to_vec();
        answer.extend([0x85, 0x80, 0, 0, 0, 1, 0, 0, 0, 0]);
        answer.extend(&query[HEADER_LENGTH..HEADER_LENGTH + ENCODED_LENGTH]);
        answer.extend([0, 0x20, 0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(addresses.len() * 6).unwrap().to_be_bytes());
        for address in addresses {
            answer.extend([0x60, 0]);
            answer.extend(address);
        }
        answer
    }

    fn query(name: &str) -> Query {
        Query::new(name, [0x12, 0x34], false).unwrap()
    }

    /// A failure here would make netsession misread the answers of a real name server.
    #[test]
    fn answers_of_nmbd_are_read() {
        let found = Answer::Addresses(vec![Ipv4Addr::new(10, 55, 0, 1)]);
        assert_eq!(query("labnb").read_answer(&bytes(FOUND)), Some(found));
        assert_eq!(query("NOSUCH").read_answer(&bytes(UNKNOWN)), Some(Answer::Unknown));
    }

    /// A failure here would accept an answer about another name, or to another query.
    #[test]
    fn answers_to_other_queries_are_skipped() {
        assert_eq!(query("LABNC").read_answer(&bytes(FOUND)), None);
        assert_eq!(Query::new("LABNB", [0x12, 0x35], false).unwrap().read_answer(&bytes(FOUND)), None);
        assert_eq!(query("LABNB").read_answer(query("LABNB").as_bytes()), None, "a query is not an answer");
        let mut group = bytes(FOUND);
        let flags = group.len() - 6;
        group[flags] |= 0x80;
        assert_eq!(query("LABNB").read_answer(&group), None, "many computers share a group's name");
        for unusable in [[0, 0, 0, 0], [255, 255, 255, 255], [224, 0, 0, 1]] {
            assert_eq!(query("A").read_answer(&answer_to(query("A").as_bytes(), &[unusable])), None);
        }
    }

    /// A failure here would query another name than the user typed.
    #[test]
    fn names_that_do_not_fit_are_refused() {
        for name in ["", "sixteen-letters-", "fs1.example.com", "fs 1", "größe", "10.0.0.5"] {
            assert!(Query::new(name, [0, 0], true).is_none(), "{name}");
        }
        let broadcast = Query::new("a", [0, 0], true).unwrap();
        assert_eq!(broadcast.as_bytes()[2..4], [0x01, 0x10]);
    }

    proptest! {
        /// A failure here would let any computer on the network crash the program with a datagram.
        #[test]
        fn any_datagram_can_be_read(noise in proptest::collection::vec(any::<u8>(), 0..80), cut in 0_usize..62) {
            let query = query("LABNB");
            query.read_answer(&noise);
            let mut answer = bytes(FOUND);
            answer.truncate(cut);
            prop_assert_eq!(query.read_answer(&answer), None);
            let mut mixed = bytes(FOUND);
            mixed.truncate(HEADER_LENGTH + ENCODED_LENGTH);
            mixed.extend(noise);
            query.read_answer(&mixed);
        }
    }
}
