//! [`ProofOnly`]: a logon proves that it knows the password, and never sends it.

use std::io;

use super::guarded::Guard;

/// The mechanism with which a logon may begin.
const SCRAM: &[u8] = b"SCRAM-SHA-256";
/// The bytes before the content of a message: its type and its length (PostgreSQL's documentation, "Message Formats").
const HEAD: usize = 5;

/// Refuses a logon in which the server asks for the password itself, or for its MD5 hash. Another program
/// could listen in the server's place.
#[derive(Debug, Default)]
pub(super) struct ProofOnly {
    is_proven: bool,
}

impl Guard for ProofOnly {
    /// Checks the first message of the kind that has passwords and proofs. The library writes each of them at once.
    fn sends(&mut self, message: &[u8]) -> io::Result<()> {
        if self.is_proven || message.first() != Some(&b'p') {
            return Ok(());
        }
        if !message.get(HEAD..).is_some_and(|content| content.starts_with(SCRAM)) {
            let refused =
                "the server asks for the password in clear text, and netsession knows SCRAM-SHA-256";
            return Err(io::Error::other(refused));
        }
        self.is_proven = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::guarded::Guard as _;
    use super::ProofOnly;

    /// A failure here would send the password to an impostor that listens in the place of the server.
    #[test]
    fn a_password_is_never_sent() {
        let is_sent = |message: &[u8]| ProofOnly::default().sends(message).is_ok();
        assert!(!is_sent(b"p\0\0\0\x0chunter2\0"));
        assert!(!is_sent(b"p\0\0\0\x28md5c4ca4238a0b923820dcc509a6f75849b\0"));
        assert!(!is_sent(b"p"));
        assert!(is_sent(b"p\0\0\0\x36SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=abc"));
        assert!(is_sent(b"\0\0\0\x08\x04\xd2\x16\x2f"));
    }
}
