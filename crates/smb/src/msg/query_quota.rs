use netsession_wire::{DecodeError, Reader, Writer};

use super::EncodeError;
use super::field::{len32, size};
use crate::Structure;
use crate::fscc::{Entries, FileGetQuotaInformation, Sid};

/// The users whose quotas a QUERY_INFO request asks for ([MS-SMB2] 2.2.37.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryQuotaInfo {
    /// One entry only.
    pub return_single: bool,
    /// From the beginning.
    pub restart_scan: bool,
    /// The users.
    pub users: QuotaUsers,
}

/// The users whose quotas to return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaUsers {
    /// All users.
    All,
    /// These users.
    List(Entries<FileGetQuotaInformation>),
    /// The users from this one on.
    From(Sid),
}

impl Structure for QueryQuotaInfo {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        const WHAT: &str = "SIDs";
        let (list, start) = match &self.users {
            QuotaUsers::All => (Vec::new(), Vec::new()),
            QuotaUsers::List(list) => (list.to_bytes()?, Vec::new()),
            QuotaUsers::From(sid) => (Vec::new(), sid.to_bytes()?),
        };
        writer.u8(u8::from(self.return_single));
        writer.u8(u8::from(self.restart_scan));
        writer.u16(0);
        writer.u32(len32(list.len(), WHAT)?);
        writer.u32(len32(start.len(), WHAT)?);
        writer.u32(0);
        writer.bytes(&list);
        writer.bytes(&start);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2_QUERY_QUOTA_INFO";
        let return_single = reader.u8(WHAT)? != 0;
        let restart_scan = reader.u8(WHAT)? != 0;
        reader.skip(2, WHAT)?;
        let [list_length, start_length, start_offset] =
            [size(reader.u32(WHAT)?), size(reader.u32(WHAT)?), size(reader.u32(WHAT)?)];
        let users = match (list_length, start_length) {
            (0, 0) => QuotaUsers::All,
            (0, length) => {
                reader.skip(start_offset, WHAT)?;
                QuotaUsers::From(Sid::from_bytes(reader.bytes(length, WHAT)?)?)
            }
            (length, _) => QuotaUsers::List(Entries::from_bytes(reader.bytes(length, WHAT)?)?),
        };
        Ok(Self { return_single, restart_scan, users })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would show another user's quota than the requested one.
    #[test]
    fn every_form_survives() {
        let sid: Sid = "S-1-5-21-1-2-3-1000".parse().unwrap();
        let entry = || FileGetQuotaInformation { sid: sid.clone() };
        let forms = [
            QuotaUsers::All,
            QuotaUsers::From(sid.clone()),
            QuotaUsers::List(Entries(vec![entry(), entry()])),
        ];
        for users in forms {
            keeps(&QueryQuotaInfo { return_single: true, restart_scan: false, users });
        }
    }
}
