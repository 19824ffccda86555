//! NETLOGON_SAM_LOGON_RESPONSE_EX ([MS-ADTS] 6.3.1.9), with the compressed names of [MS-ADTS] 6.3.7.

use std::net::IpAddr;

use netsession_wire::{DecodeError, Guid, Reader};

use crate::{DomainController, Roles};

/// LOGON_SAM_LOGON_RESPONSE_EX: the server is ready. Another code says that it pauses.
const READY: u16 = 23;
/// The octets before the names.
const HEAD: usize = 24;
/// The longest name in octets, with the dots.
const MAX_NAME: usize = 255;

/// Reads what the server at `address` says of itself.
pub(crate) fn decode(octets: &[u8], address: IpAddr) -> Result<DomainController, DecodeError> {
    let mut reader = Reader::new(octets);
    if reader.u16("Opcode")? != READY {
        return Err(DecodeError::invalid("Opcode"));
    }
    reader.skip(2, "Sbz")?;
    let roles = Roles::from_bits_retain(reader.u32("Flags")?);
    let domain_guid = Guid::decode(&mut reader)?;
    let mut names = Names { octets, at: HEAD };
    let forest = names.next("DnsForestName")?;
    let dns_domain = names.next("DnsDomainName")?;
    let dns_host = names.next("DnsHostName")?;
    let netbios_domain = names.next("NetbiosDomainName")?;
    let netbios_host = names.next("NetbiosComputerName")?;
    let _user = names.next("UserName")?;
    let site = names.next("DcSiteName")?;
    let client_site = names.next("ClientSiteName")?;
    let netbios_host = netbios_host.trim_start_matches('\\').to_owned();
    Ok(DomainController {
        dns_host,
        netbios_host,
        address,
        domain_guid,
        dns_domain,
        netbios_domain,
        forest,
        site,
        client_site,
        roles,
    })
}

/// Compressed names, one after the other.
struct Names<'a> {
    octets: &'a [u8],
    at: usize,
}

impl Names<'_> {
    fn octet(&self, at: usize, what: &'static str) -> Result<u8, DecodeError> {
        self.octets.get(at).copied().ok_or(DecodeError::invalid(what))
    }

    /// Returns the next name. A pointer must lead backwards, so that a name has an end.
    fn next(&mut self, what: &'static str) -> Result<String, DecodeError> {
        const POINTER: u8 = 0xc0;
        let (mut name, mut at, mut after) = (Vec::new(), self.at, None);
        loop {
            let size = self.octet(at, what)?;
            if size == 0 {
                self.at = after.unwrap_or(at.saturating_add(1));
                return String::from_utf8(name).map_err(|_| DecodeError::invalid(what));
            }
            if size & POINTER == POINTER {
                let low = self.octet(at.saturating_add(1), what)?;
                let target = usize::from(u16::from_be_bytes([size & !POINTER, low]));
                after = after.or(Some(at.saturating_add(2)));
                if target >= at {
                    return Err(DecodeError::invalid(what));
                }
                at = target;
                continue;
            }
            let start = at.saturating_add(1);
            let end = start.saturating_add(size.into());
            let label = self.octets.get(start..end).ok_or(DecodeError::invalid(what))?;
            if !name.is_empty() {
                name.push(b'.');
            }
            name.extend(label);
            if size & POINTER != 0 || name.len() > MAX_NAME {
                return Err(DecodeError::invalid(what));
            }
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 1, 10));

    /// Returns a response with these names after the head.
    fn response(opcode: u8, names: &[u8]) -> Vec<u8> {
        let mut octets = vec![opcode, 0, 0, 0, 0xfd, 0xf3, 0x01, 0];
        octets.extend(1..=16);
        octets.extend(names);
        octets.extend([5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        octets
    }

    const NAMES: &[u8] = b"\x03lab\x04test\x00\xc0\x18\x03dc1\xc0\x18\x03LAB\x00\x03DC1\x00\x00\
        \x17Default-First-Site-Name\x00\xc0\x35";

    /// A failure here would name another domain controller than the one that answered.
    #[test]
    fn compressed_names_are_read() {
        let found = decode(&response(23, NAMES), ADDRESS).unwrap();
        assert_eq!(
            [&found.forest, &found.dns_domain, &found.dns_host, &found.netbios_domain, &found.netbios_host],
            ["lab.test", "lab.test", "dc1.lab.test", "LAB", "DC1"]
        );
        let site = "Default-First-Site-Name";
        assert_eq!((found.site.as_str(), found.client_site.as_str()), (site, site));
        assert!(found.roles.contains(Roles::PDC | Roles::GC | Roles::KDC | Roles::WRITABLE));
    }

    /// A failure here would take a controller that pauses, follow a pointer for ever, or read past the response.
    #[test]
    fn a_damaged_response_is_refused() {
        assert!(decode(&response(24, NAMES), ADDRESS).is_err(), "the controller pauses");
        for names in [
            &b"\xc0\x18"[..],
            b"\x03lab\xc0\x18",
            b"\xc0\xff",
            b"\x40x\x00",
            b"\x3fshort",
            b"\x03\xff\xfe\xfd\x00",
        ] {
            assert!(decode(&response(23, names), ADDRESS).is_err(), "{names:?}");
        }
        let whole = response(23, NAMES);
        for end in 0..whole.len() - 8 {
            assert!(decode(&whole[..end], ADDRESS).is_err(), "{end}");
        }
    }
}
