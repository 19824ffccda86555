use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{len32, size};
use super::{Body, EncodeError, HEADER_LEN, Header, HeaderFlags};

/// The position of NextCommand in a header.
const NEXT_COMMAND: usize = 20;
/// The position of Flags in a header.
const FLAGS: usize = 16;

/// One received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// The whole message from its header on, with the padding before the next one. The signature covers all of it.
    pub bytes: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Splits a single message or a compound ([MS-SMB2] 3.3.5.2.7).
    #[must_use]
    pub const fn split(bytes: &'a [u8]) -> Packets<'a> {
        Packets { rest: Some(bytes) }
    }

    /// Reads the body, without regard to the header's command and status.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not such a body.
    pub fn body<B: Body<'a>>(&self) -> Result<B, DecodeError> {
        let mut reader = Reader::new(self.bytes);
        reader.skip(HEADER_LEN, "SMB2 header")?;
        B::decode(&mut reader)
    }
}

/// Iterates over the messages of a compound; it ends after the first error.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Packets<'a> {
    fn first(rest: &'a [u8]) -> Result<(Packet<'a>, Option<&'a [u8]>), DecodeError> {
        const WHAT: &str = "NextCommand";
        let header = Header::decode(&mut Reader::new(rest))?;
        let next = size(header.next_command);
        if next == 0 {
            return Ok((Packet { header, bytes: rest }, None));
        }
        if !next.is_multiple_of(8) || next < HEADER_LEN {
            return Err(DecodeError::invalid(WHAT));
        }
        let cut = rest.split_at_checked(next);
        let (bytes, rest) = cut.ok_or(DecodeError::Truncated { what: WHAT, need: next, have: rest.len() })?;
        Ok((Packet { header, bytes }, Some(rest)))
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = Self::first(self.rest.take()?);
        Some(first.map(|(packet, rest)| {
            self.rest = rest;
            packet
        }))
    }
}

/// Encodes one message, without a signature.
///
/// # Errors
/// [`EncodeError`] if a value is longer than its length field allows.
pub fn encode<'a>(header: &Header, body: &impl Body<'a>) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::after(Vec::with_capacity(256));
    header.encode(&mut writer);
    body.encode(&mut writer)?;
    Ok(writer.finish())
}

/// Makes a compound of `messages`, which the caller sends one after the other: pads each but the last to 8 bytes, sets
/// NextCommand and, if they are `related`, that flag in each but the first.
///
/// Sign the messages after this, one by one.
///
/// # Errors
/// [`EncodeError`] if a message is longer than NextCommand allows.
pub fn link(messages: &mut [Vec<u8>], related: bool) -> Result<(), EncodeError> {
    for message in messages.iter_mut().skip(1).filter(|_| related) {
        if let Some(flags) = message.get_mut(FLAGS) {
            let [related, ..] = HeaderFlags::RELATED_OPERATIONS.bits().to_le_bytes();
            *flags |= related;
        }
    }
    let all_but_last = messages.len().saturating_sub(1);
    for message in messages.iter_mut().take(all_but_last) {
        let mut writer = Writer::after(std::mem::take(message));
        writer.align(8);
        let next = len32(writer.position(), "compounded message")?;
        writer.fill_u32(NEXT_COMMAND, next);
        *message = writer.finish();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::{CloseFlags, CloseRequest};
    use crate::msg::{Command, EchoRequest, FileId, MessageId};

    fn compound() -> Vec<Vec<u8>> {
        let header = |command, id| Header::request(command, MessageId(id));
        let close = CloseRequest { flags: CloseFlags::empty(), file_id: FileId::NONE };
        vec![
            encode(&header(Command::ECHO, 1), &EchoRequest).unwrap(),
            encode(&header(Command::CLOSE, 2), &close).unwrap(),
            encode(&header(Command::ECHO, 3), &EchoRequest).unwrap(),
        ]
    }

    /// A failure here would read several requests in one frame as one, or as other requests.
    #[test]
    fn a_compound_comes_apart_as_it_was_joined() {
        let mut messages = compound();
        link(&mut messages, true).unwrap();
        let joined = messages.concat();
        let packets: Vec<_> = Packet::split(&joined).collect::<Result<_, _>>().unwrap();
        let seen = packets.iter().map(|packet| {
            let related = packet.header.flags.contains(HeaderFlags::RELATED_OPERATIONS);
            (packet.header.message_id.0, packet.header.next_command, related, packet.bytes.len())
        });
        assert_eq!(seen.collect::<Vec<_>>(), [(1, 72, false, 72), (2, 88, true, 88), (3, 0, true, 68)]);
        assert_eq!(packets[1].body::<CloseRequest>().unwrap().file_id, FileId::NONE);
    }

    /// A failure here would let a crafted NextCommand make the reader loop or read outside the message.
    #[test]
    fn bad_next_commands_end_the_compound() {
        for next in [1_u32, 8, 63, 65, 1 << 20, u32::MAX, u32::MAX - 7] {
            let mut message = compound().concat();
            message[NEXT_COMMAND..NEXT_COMMAND + 4].copy_from_slice(&next.to_le_bytes());
            let packets: Vec<_> = Packet::split(&message).collect();
            assert!(matches!(packets.as_slice(), [Err(_)]), "{next:#x}");
        }
    }
}
