use std::fmt;
use std::str::FromStr;

use netsession_rpc::ndr::{Alignment, Ndr, NdrError};
use netsession_wire::DecodeError;

/// The most sub-authorities of a SID ([MS-DTYP] 2.4.2.3).
const MOST: u8 = 15;

/// A security identifier: of a domain, or of an account in it ([MS-DTYP] 2.4.2).
///
/// ```
/// use netsession_samr::Sid;
///
/// let domain: Sid = "S-1-5-21-1-2-3".parse()?;
/// let account = domain.with_rid(1003).ok_or("a SID of full length")?;
/// assert_eq!(account.to_string(), "S-1-5-21-1-2-3-1003");
/// assert_eq!(account.in_domain(&domain), Some(1003));
/// assert_eq!(domain.in_domain(&domain), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    authority: [u8; 6],
    parts: Vec<u32>,
}

/// A text that is not a SID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseSidError;

impl fmt::Display for ParseSidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a SID such as S-1-5-21-1-2-3-1003")
    }
}

impl std::error::Error for ParseSidError {}

impl Sid {
    /// Returns the SID of an account in this domain; None if this SID has no place for another part.
    #[must_use]
    pub fn with_rid(&self, rid: u32) -> Option<Self> {
        let parts: Vec<u32> = self.parts.iter().copied().chain([rid]).collect();
        (parts.len() <= usize::from(MOST)).then_some(Self { authority: self.authority, parts })
    }

    /// Returns the RID of this account in `domain`; None if it is of another one.
    #[must_use]
    pub fn in_domain(&self, domain: &Self) -> Option<u32> {
        let (rid, parts) = self.parts.split_last()?;
        (self.authority == domain.authority && parts == domain.parts).then_some(*rid)
    }

    /// Returns the domain of this account, and its RID.
    #[must_use]
    pub fn split(&self) -> Option<(Self, u32)> {
        let (rid, parts) = self.parts.split_last()?;
        Some((Self { authority: self.authority, parts: parts.to_vec() }, *rid))
    }

    /// Returns whether this is the SID of a domain or a computer, or of an account or a group in one ([MS-DTYP] 2.4.2.4).
    #[must_use]
    pub fn is_of_a_domain(&self) -> bool {
        (self.authority, self.parts.first()) == ([0, 0, 0, 0, 0, 5], Some(&21))
    }

    /// RPC_SID ([MS-DTYP] 2.4.2.3), as a parameter or a referent.
    pub(crate) fn parameter(&mut self, ndr: &mut Ndr<'_>, what: &'static str) -> Result<(), NdrError> {
        let mut maximum = u8::try_from(self.parts.len()).map_err(|_| NdrError::TooLong { what })?;
        ndr.conformance(&mut maximum, MOST, what)?;
        ndr.structure(Alignment::Long, |ndr| {
            let (mut revision, mut count) = (1, maximum);
            ndr.u8(&mut revision, what)?;
            ndr.u8(&mut count, what)?;
            if (revision, count) != (1, maximum) {
                return Err(DecodeError::invalid(what).into());
            }
            ndr.fixed(&mut self.authority, what)?;
            self.parts.resize(usize::from(count), 0);
            self.parts.iter_mut().try_for_each(|part| ndr.u32(part, what))
        })
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.authority.iter().fold(0_u64, |value, octet| (value << 8) | u64::from(*octet));
        match authority > u64::from(u32::MAX) {
            true => write!(f, "S-1-0x{authority:012X}")?,
            false => write!(f, "S-1-{authority}")?,
        }
        self.parts.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

impl FromStr for Sid {
    type Err = ParseSidError;

    fn from_str(text: &str) -> Result<Self, ParseSidError> {
        let mut parts = text.strip_prefix("S-1-").ok_or(ParseSidError)?.split('-');
        let authority = parts.next().ok_or(ParseSidError)?;
        let authority = match authority.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => authority.parse(),
        };
        let [0, 0, authority @ ..] = authority.map_err(|_| ParseSidError)?.to_be_bytes() else {
            return Err(ParseSidError);
        };
        let parts: Result<Vec<u32>, _> = parts.map(str::parse).collect();
        let parts = parts.map_err(|_| ParseSidError)?;
        (parts.len() <= usize::from(MOST)).then_some(Self { authority, parts }).ok_or(ParseSidError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would enable another account at the release than the one that the hold disabled.
    #[test]
    fn a_sid_survives_its_text() {
        for text in ["S-1-5-32", "S-1-5-21-1755055203-138077615-1386380419-1003", "S-1-0x010000000000-7"] {
            assert_eq!(text.parse::<Sid>().unwrap().to_string(), text);
        }
        for wrong in ["", "S-1-", "S-2-5-1", "S-1-5-x", "S-1-5-4294967296", "S-1-0x1000000000000-1"] {
            assert!(wrong.parse::<Sid>().is_err(), "{wrong}");
        }
        let is_of_a_domain = |text: &str| text.parse::<Sid>().unwrap().is_of_a_domain();
        assert!(
            is_of_a_domain("S-1-5-21-1-2-3-512")
                && !is_of_a_domain("S-1-5-32-544")
                && !is_of_a_domain("S-1-1-0")
        );
        let long: Sid = format!("S-1-5{}", "-1".repeat(15)).parse().unwrap();
        assert!(format!("{long}-1").parse::<Sid>().is_err() && long.with_rid(1).is_none());
        assert_eq!(long.split().and_then(|(domain, rid)| domain.with_rid(rid)), Some(long));
    }
}
