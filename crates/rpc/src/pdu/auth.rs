use netsession_wire::{DecodeError, Reader, Writer};

/// Bytes of the sec_trailer before the token.
pub(super) const TRAILER_LENGTH: usize = 8;

/// The sec_trailer and its token ([MS-RPCE] 2.2.2.11).
///
/// netsession authenticates by SMB, never inside RPC. It reads this to refuse a peer that does otherwise with the right
/// status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthVerifier<'a> {
    /// The security provider ([MS-RPCE] 2.2.1.1.7).
    pub auth_type: u8,
    /// The protection level ([MS-RPCE] 2.2.1.1.8).
    pub auth_level: u8,
    /// Padding bytes between the body and this trailer.
    pub padding: u8,
    /// The security context of the connection.
    pub context_id: u32,
    /// The token of the security provider.
    pub token: &'a [u8],
}

impl<'a> AuthVerifier<'a> {
    /// Removes the trailer and its padding from the end of `body`.
    pub(super) fn split(body: &'a [u8], auth_length: u16) -> Result<(&'a [u8], Option<Self>), DecodeError> {
        if auth_length == 0 {
            return Ok((body, None));
        }
        let (body, token) = split_end(body, auth_length.into(), "auth_value")?;
        let (body, trailer) = split_end(body, TRAILER_LENGTH, "sec_trailer")?;
        let mut reader = Reader::new(trailer);
        let [auth_type, auth_level, padding, _] = reader.array("sec_trailer")?;
        let context_id = reader.u32("auth_context_id")?;
        let (body, _) = split_end(body, padding.into(), "auth_pad")?;
        Ok((body, Some(Self { auth_type, auth_level, padding, context_id, token })))
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.zeros(self.padding.into());
        writer.bytes(&[self.auth_type, self.auth_level, self.padding, 0]);
        writer.u32(self.context_id);
        writer.bytes(self.token);
    }
}

fn split_end<'a>(
    bytes: &'a [u8],
    count: usize,
    what: &'static str,
) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
    let middle = bytes.len().checked_sub(count);
    middle.and_then(|middle| bytes.split_at_checked(middle)).ok_or(DecodeError::Truncated {
        what,
        need: count,
        have: bytes.len(),
    })
}
