//! The LDAP ping ([MS-ADTS] 6.3.3): a search over UDP for the attribute `netlogon` of the rootDSE.

use std::net::IpAddr;

use netsession_wire::{DecodeError, Reader};

use crate::ber::{BOOLEAN, ENUMERATED, INTEGER, OCTETS, SEQUENCE, SET, expect, value};
use crate::{DomainController, netlogon};

/// The application tags of a search, and of an entry that it found ([RFC 4511] 4.5).
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_RESULT_ENTRY: u8 = 0x64;
/// The choices of a filter.
const AND: u8 = 0xa0;
const EQUALITY_MATCH: u8 = 0xa3;

/// NETLOGON_NT_VERSION_5, _5EX and AVOID_NT4EMUL ([MS-ADTS] 6.3.1.1).
pub(crate) const VERSION: u32 = 0x0100_0006;
/// NETLOGON_NT_VERSION_PDC.
pub(crate) const VERSION_PDC: u32 = 0x1000_0000;
/// NETLOGON_NT_VERSION_GC.
pub(crate) const VERSION_GC: u32 = 0x8000_0000;

/// Returns the request. A controller answers for its own domain if none is named.
pub(crate) fn request(id: u16, domain: Option<&str>, version: u32) -> Vec<u8> {
    let equal = |name: &str, wanted: &[u8]| {
        value(EQUALITY_MATCH, &[value(OCTETS, name.as_bytes()), value(OCTETS, wanted)].concat())
    };
    let mut filter = domain.map(|domain| equal("DnsDomain", domain.as_bytes())).unwrap_or_default();
    filter.extend(equal("NtVer", &version.to_le_bytes()));
    let search = [
        value(OCTETS, b""),
        value(ENUMERATED, &[0]),
        value(ENUMERATED, &[0]),
        value(INTEGER, &[0]),
        value(INTEGER, &[0]),
        value(BOOLEAN, &[0]),
        value(AND, &filter),
        value(SEQUENCE, &value(OCTETS, b"netlogon")),
    ];
    let message = [value(INTEGER, &number(id)), value(SEARCH_REQUEST, &search.concat())];
    value(SEQUENCE, &message.concat())
}

/// Returns the octets of a positive number.
fn number(id: u16) -> [u8; 3] {
    let [high, low] = id.to_be_bytes();
    [0, high, low]
}

/// Reads the response to the request with this number, from the server at `address`.
pub(crate) fn response(octets: &[u8], id: u16, address: IpAddr) -> Result<DomainController, DecodeError> {
    let mut message = expect(&mut Reader::new(octets), SEQUENCE, "LDAPMessage")?;
    let answered = expect(&mut message, INTEGER, "messageID")?.rest();
    let digits = |number: &[u8]| number.iter().copied().skip_while(|octet| *octet == 0).collect::<Vec<_>>();
    if digits(answered) != digits(&number(id)) {
        return Err(DecodeError::invalid("messageID"));
    }
    let mut entry = expect(&mut message, SEARCH_RESULT_ENTRY, "SearchResultEntry")?;
    expect(&mut entry, OCTETS, "objectName")?;
    let mut attributes = expect(&mut entry, SEQUENCE, "attributes")?;
    let mut attribute = expect(&mut attributes, SEQUENCE, "attribute")?;
    let name = expect(&mut attribute, OCTETS, "type")?.rest();
    if !name.eq_ignore_ascii_case(b"netlogon") {
        return Err(DecodeError::invalid("type"));
    }
    let mut values = expect(&mut attribute, SET, "vals")?;
    netlogon::decode(expect(&mut values, OCTETS, "value")?.rest(), address)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// A failure here would send a filter that a domain controller does not answer. The elements are those of the example in
    /// [MS-ADTS] 6.3.3.
    #[test]
    fn the_filter_is_that_of_the_specification() {
        let request = request(0x1234, Some("abcde.corp.microsoft.com"), 6);
        for element in
            [&b"\x04\x09DnsDomain\x04\x18abcde.corp.microsoft.com"[..], b"\x04\x05NtVer\x04\x04\x06\0\0\0"]
        {
            assert!(request.windows(element.len()).any(|part| part == element), "{request:02x?}");
        }
        assert!(request.ends_with(b"\x30\x0a\x04\x08netlogon"));
        let mut message = expect(&mut Reader::new(&request), SEQUENCE, "message").unwrap();
        assert_eq!(expect(&mut message, INTEGER, "id").unwrap().rest(), [0, 0x12, 0x34]);
        let mut search = expect(&mut message, SEARCH_REQUEST, "search").unwrap();
        assert!(message.rest().is_empty());
        for tag in [OCTETS, ENUMERATED, ENUMERATED, INTEGER, INTEGER, BOOLEAN, AND, SEQUENCE] {
            expect(&mut search, tag, "member").unwrap();
        }
        assert!(search.rest().is_empty());
    }

    /// A failure here would take the response to another question, or none.
    #[test]
    fn a_response_is_that_of_its_request() {
        let netlogon =
            b"\x17\0\0\0\xfd\xf3\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\
            \x03lab\x04test\0\xc0\x18\x03dc1\xc0\x18\x03LAB\0\x03DC1\0\0\x02S1\0\0";
        let of = |id: &[u8], name: &[u8]| {
            let values = value(SET, &value(OCTETS, netlogon));
            let attribute = value(SEQUENCE, &[value(OCTETS, name), values].concat());
            let entry = [value(OCTETS, b""), value(SEQUENCE, &attribute)].concat();
            let message = [value(INTEGER, id), value(SEARCH_RESULT_ENTRY, &entry)].concat();
            value(SEQUENCE, &message)
        };
        for id in [&[7][..], &[0, 7], &[0, 0, 7]] {
            let found = response(&of(id, b"Netlogon"), 7, ADDRESS).unwrap();
            assert_eq!((found.dns_host.as_str(), found.client_site.as_str()), ("dc1.lab.test", ""));
        }
        assert!(response(&of(&[8], b"netlogon"), 7, ADDRESS).is_err());
        assert!(response(&of(&[7], b"other"), 7, ADDRESS).is_err());
        let nothing = [value(INTEGER, &[7]), value(0x65, b"\x0a\x01\0\x04\0\x04\0")].concat();
        assert!(response(&value(SEQUENCE, &nothing), 7, ADDRESS).is_err(), "the server has no such domain");
    }

    proptest! {
        /// A failure here would let a datagram from the network stop the program.
        #[test]
        fn arbitrary_octets_do_no_harm(octets: Vec<u8>, id: u16) {
            drop(response(&octets, id, ADDRESS));
            drop(netlogon::decode(&octets, ADDRESS));
        }
    }
}
