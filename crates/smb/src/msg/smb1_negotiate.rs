use netsession_wire::{DecodeError, Reader, Writer};

/// The negotiation of a client that may speak SMB1 ([MS-SMB2] 3.2.4.2.2.1, [MS-CIFS] 2.2.4.52.1).
///
/// A server answers it with a [`super::NegotiateResponse`] in SMB2: [`super::Dialect::SMB_2_0_2`] if the client offers
/// only that, [`super::Dialect::WILDCARD`] for "2.1 or later, negotiate again".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smb1Negotiate {
    /// The names of the offered dialects.
    pub dialects: Vec<Vec<u8>>,
}

impl Smb1Negotiate {
    /// SMB 2.0.2.
    pub const SMB_2_002: &'static [u8] = b"SMB 2.002";
    /// SMB 2.1 or later.
    pub const SMB_2_WILDCARD: &'static [u8] = b"SMB 2.???";

    const HEADER_LEN: usize = 32;
    const COMMAND: u8 = 0x72;

    /// Returns whether the client offers a dialect.
    #[must_use]
    pub fn offers(&self, dialect: &[u8]) -> bool {
        self.dialects.iter().any(|offered| offered == dialect)
    }

    /// Reads a whole message.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an SMB1 negotiation.
    pub fn decode(message: &[u8]) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB1 negotiation";
        let reader = &mut Reader::new(message);
        if reader.array(WHAT)? != [0xff, b'S', b'M', b'B', Self::COMMAND] {
            return Err(DecodeError::invalid(WHAT));
        }
        reader.skip(Self::HEADER_LEN.saturating_sub(5), WHAT)?;
        if reader.u8(WHAT)? != 0 {
            return Err(DecodeError::invalid(WHAT));
        }
        let length = usize::from(reader.u16(WHAT)?);
        let mut rest = reader.bytes(length, WHAT)?;
        let mut dialects = Vec::new();
        while let Some((&format, text)) = rest.split_first() {
            let end = text.iter().position(|&byte| byte == 0).filter(|_| format == 2);
            let (name, after) =
                end.and_then(|end| text.split_at_checked(end)).ok_or(DecodeError::invalid(WHAT))?;
            dialects.push(name.to_vec());
            rest = after.get(1..).unwrap_or_default();
        }
        Ok(Self { dialects })
    }

    /// Writes a whole message, as a client that speaks only SMB2 would send it.
    ///
    /// # Errors
    /// [`super::EncodeError`] for more than 64 KiB of names.
    pub fn encode(&self) -> Result<Vec<u8>, super::EncodeError> {
        let mut names = Vec::new();
        for dialect in &self.dialects {
            names.push(2);
            names.extend_from_slice(dialect);
            names.push(0);
        }
        let mut writer = Writer::new();
        writer.bytes(&[0xff, b'S', b'M', b'B', Self::COMMAND]);
        writer.zeros(Self::HEADER_LEN.saturating_sub(5));
        // Flags2: long names, NT status, Unicode. PID and MID do not matter.
        writer.fill_u16(10, 0xc001);
        writer.u8(0);
        writer.u16(super::field::len16(names.len(), "SMB1 dialects")?);
        writer.bytes(&names);
        Ok(writer.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::withstands;

    /// A failure here would refuse clients that try SMB1 first.
    #[test]
    fn dialects_are_read() {
        let dialects = [&b"NT LM 0.12"[..], Smb1Negotiate::SMB_2_002, Smb1Negotiate::SMB_2_WILDCARD];
        let request = Smb1Negotiate { dialects: dialects.map(<[u8]>::to_vec).to_vec() };
        let bytes = request.encode().unwrap();
        assert_eq!(Smb1Negotiate::decode(&bytes), Ok(request.clone()));
        assert!(request.offers(b"SMB 2.???") && !request.offers(b"SMB 2.1"));
        withstands(&bytes, |bytes| Smb1Negotiate::decode(bytes).ok()?.encode().ok());
    }
}
