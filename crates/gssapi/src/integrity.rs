//! The integrity codes of a context that may not be complete yet, for both sides of a logon.

use crate::Established;

/// The names of Kerberos among the mechanisms of SPNEGO, each the contents of a DER object identifier: first the one with
/// a shifted digit that Windows 2000 introduced ([MS-SPNG] 3.1.5.2), then that of RFC 4121.
pub const MECHANISM_NAMES: [&[u8]; 2] =
    [b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02", b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"];

impl Established {
    /// Returns the integrity code of `message`, if `context` is complete.
    #[must_use]
    pub fn mic_of(context: Option<&Self>, message: &[u8]) -> Option<Vec<u8>> {
        context?.mic(message).ok()
    }

    /// Returns whether the peer of `context` computed the integrity code `mic` of `message`. It has not if the context is
    /// not complete.
    #[must_use]
    pub fn has_signed(context: Option<&Self>, message: &[u8], mic: &[u8]) -> bool {
        context.is_some_and(|context| context.verify_mic(message, mic).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would offer one of the names only: some peers know the other one alone. Or it would accept a code
    /// before anybody has logged on.
    #[test]
    fn both_names_are_listed_and_no_context_signs_nothing() {
        assert_eq!(MECHANISM_NAMES[0], [0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2]);
        assert_eq!(MECHANISM_NAMES[1], [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2]);
        assert_eq!(Established::mic_of(None, b"list"), None);
        assert!(!Established::has_signed(None, b"list", b""));
    }
}
