//! [`not_after`]: until when a certificate is valid ([RFC 5280] 4.1.2.5).
//!
//! [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280

use netsession_journal::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// Returns the end of the validity of a certificate in DER. None if it is no certificate.
pub(crate) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Some(Timestamp::of_millis(i64::try_from(end.as_millis()).ok()?))
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
