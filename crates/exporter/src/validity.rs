//! [`not_after`]: until when a certificate is valid ([RFC 5280] 4.1.2.5).
//!
//! [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280

use netsession_journal::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Returns the end of the validity of a certificate in DER. None if it is no certificate.
pub(crate) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let signed = Element::read(certificate)?.inside(SEQUENCE)?;
    let contents = Element::read(signed)?.inside(SEQUENCE)?;
    let first = Element::read(contents)?;
    let serial = if first.tag == VERSION { first.rest } else { contents };
    // The serial number, the algorithm and the issuer.
    let validity = (0..3).try_fold(serial, |rest, _| Some(Element::read(rest)?.rest))?;
    let begin = Element::read(Element::read(validity)?.inside(SEQUENCE)?)?;
    let end = Element::read(begin.rest)?;
    let text = std::str::from_utf8(end.value).ok().filter(|text| text.is_ascii())?;
    let text = match (end.tag, text.get(..2)?) {
        (UTC_TIME, year) if year < "50" => format!("20{text}"),
        (UTC_TIME, _) => format!("19{text}"),
        (GENERALIZED_TIME, _) => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, length: usize| text.get(from..from.checked_add(length)?);
    let day = format!("{}-{}-{}", part(0, 4)?, part(4, 2)?, part(6, 2)?);
    format!("{day}T{}:{}:{}{}", part(8, 2)?, part(10, 2)?, part(12, 2)?, text.get(14..)?).parse().ok()
}

/// An element of DER ([X.690] 8.1), and what follows it.
struct Element<'a> {
    tag: u8,
    value: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&tag, bytes) = bytes.split_first()?;
        let (&first, bytes) = bytes.split_first()?;
        let (length, bytes) = match first {
            0..=0x7f => (usize::from(first), bytes),
            0x81..=0x84 => {
                let (length, bytes) = bytes.split_at_checked(usize::from(first & 0x7f))?;
                let length = length.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
                (usize::try_from(length).ok()?, bytes)
            }
            _ => return None,
        };
        let (value, rest) = bytes.split_at_checked(length)?;
        Some(Self { tag, value, rest })
    }

    fn inside(self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::not_after;

    /// Until 2031, as UTCTime; until 2081, as GeneralizedTime.
    const CERTIFICATES: &str = "\
-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIUI5U/+LX7DB/VJ3IjvuG588hxsakwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDZnMxMB4XDTI2MTEyOTIxNDIzOFoXDTMxMDEwNzIxNDIzOFow
DjEMMAoGA1UEAwwDZnMxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuX095SpH
Pb9BAuzMzmzVMPJTQftlheiu4EJflV0DKULhA24Ey4KSCcxeldKhMFKsJPsI1r+D
SaUA1JGGyEaeNqNTMFEwHQYDVR0OBBYEFDecba1iwQMPDLOGEe/G1tqVplNVMB8G
A1UdIwQYMBaAFDecba1iwQMPDLOGEe/G1tqVplNVMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIgHqq8vwAtuP+dEvbLloqfOrnAI6SKypg+ZU9dfhIY
s80CIQC4iOSLeCAh4UUBOvUS0yliAVwkIdvva+AKOfGNP1refw==
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUOOQZTBd3jZ3OdsgWtIpdNdYDGugwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDZnMxMCAXDTI2MTEyOTIxNDE0NVoYDzIwODEwOTAxMjE0MTQ1
WjAOMQwwCgYDVQQDDANmczEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS5fT3l
Kkc9v0EC7MzObNUw8lNB+2WF6K7gQl+VXQMpQuEDbgTLgpIJzF6V0qEwUqwk+wjW
v4NJpQDUkYbIRp42o1MwUTAdBgNVHQ4EFgQUN5xtrWLBAw8Ms4YR78bW2pWmU1Uw
HwYDVR0jBBgwFoAUN5xtrWLBAw8Ms4YR78bW2pWmU1UwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiAoY74uGP3PPNxCtvy4F+Eh7wyJch8WB9thtybG
OV6ClAIhAKsppjXdGE5Ni3g04YmR2XddSP1oJQXzmQ5Gza5mWByT
-----END CERTIFICATE-----
";

    /// A failure here would raise no alarm before a certificate is over, or raise it for a good one.
    #[test]
    fn the_end_of_a_certificate_is_read() {
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(CERTIFICATES.as_bytes()).collect::<Result<_, _>>().unwrap();
        let ends: Vec<_> = certificates.iter().map(|it| not_after(it).unwrap().to_string()).collect();
        assert_eq!(ends, ["2031-01-07T21:42:38.000Z", "2081-09-01T21:41:45.000Z"]);
        // Nothing of a file is trusted.
        let bytes = &certificates[0][..];
        for length in 0..bytes.len() {
            assert_eq!(not_after(&bytes[..length]), None);
        }
    }
}
