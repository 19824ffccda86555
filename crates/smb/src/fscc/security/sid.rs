use std::fmt;
use std::str::FromStr;

use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::msg::EncodeError;

/// A security identifier: a user, a group or a computer ([MS-DTYP] 2.4.2).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

impl Sid {
    /// The most sub-authorities ([MS-DTYP] 2.4.2.2).
    pub const MAX_SUB_AUTHORITIES: usize = 15;

    /// Returns an identifier; `None` for an authority of more than 48 bits or for more than 15 sub-authorities.
    #[must_use]
    pub fn new(authority: u64, sub_authorities: &[u32]) -> Option<Self> {
        let fits = authority >> 48 == 0 && sub_authorities.len() <= Self::MAX_SUB_AUTHORITIES;
        fits.then(|| Self { authority, sub_authorities: sub_authorities.to_vec() })
    }

    /// IdentifierAuthority.
    #[must_use]
    pub const fn authority(&self) -> u64 {
        self.authority
    }

    /// SubAuthority.
    #[must_use]
    pub fn sub_authorities(&self) -> &[u32] {
        &self.sub_authorities
    }
}

impl Structure for Sid {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u8(1);
        writer.u8(crate::msg::field::len8(self.sub_authorities.len(), "SID")?);
        let [_, _, authority @ ..] = self.authority.to_be_bytes();
        writer.bytes(&authority);
        self.sub_authorities.iter().for_each(|it| writer.u32(*it));
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SID";
        let revision = reader.u8(WHAT)?;
        let count = usize::from(reader.u8(WHAT)?);
        if revision != 1 || count > Self::MAX_SUB_AUTHORITIES {
            return Err(DecodeError::invalid(WHAT));
        }
        let [a, b, c, d, e, f] = reader.array(WHAT)?;
        let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let sub_authorities = (0..count).map(|_| reader.u32(WHAT)).collect::<Result<_, _>>()?;
        Ok(Self { authority, sub_authorities })
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Write authorities of more than 32 bits in hexadecimal ([MS-DTYP] 2.4.2.1).
        match u32::try_from(self.authority) {
            Ok(authority) => write!(f, "S-1-{authority}")?,
            Err(_) => write!(f, "S-1-0x{:012x}", self.authority)?,
        }
        self.sub_authorities.iter().try_for_each(|it| write!(f, "-{it}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sid {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let invalid = DecodeError::invalid("SID");
        let mut parts = text.strip_prefix("S-1-").ok_or(invalid.clone())?.split('-');
        let authority = parts.next().unwrap_or_default();
        let authority = match authority.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => authority.parse(),
        };
        let sub_authorities = parts.map(str::parse).collect::<Result<Vec<u32>, _>>();
        match (authority, sub_authorities) {
            (Ok(authority), Ok(sub_authorities)) => Self::new(authority, &sub_authorities).ok_or(invalid),
            _ => Err(invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would grant rights to another user than the named one.
    #[test]
    fn text_and_bytes_agree() {
        let administrators: Sid = "S-1-5-32-544".parse().unwrap();
        assert_eq!(administrators.to_bytes().unwrap(), [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]);
        for text in ["S-1-1-0", "S-1-5-21-1-2-3-4294967295", "S-1-0x123456789abc-1", "S-1-5"] {
            let sid: Sid = text.parse().unwrap();
            assert_eq!(sid.to_string(), text);
            keeps(&sid);
        }
    }

    /// A failure here would accept a text that names no user.
    #[test]
    fn other_texts_are_refused() {
        let long = format!("S-1-5{}", "-1".repeat(16));
        for text in
            ["", "S-1-", "S-2-5-32", "S-1-5-", "S-1-5-4294967296", "S-1-0x1000000000000", "s-1-1-0", &long]
        {
            assert!(text.parse::<Sid>().is_err(), "{text}");
        }
    }
}
