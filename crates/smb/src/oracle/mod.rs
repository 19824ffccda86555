//! Oracles: properties that must hold for every decoder and any bytes. Tests and fuzz targets call the same functions.
//!
//! Each function takes arbitrary bytes, and panics if a decoder reads a value from them that it cannot write and read
//! again unchanged, or that is far larger than the bytes justify.

mod messages;
mod structures;

pub use messages::rewrite_message;
pub use structures::{
    rewrite_create_context, rewrite_directory, rewrite_file_information, rewrite_fs_information,
    rewrite_fsctl_input, rewrite_fsctl_output, rewrite_notify, rewrite_security,
};

use netsession_wire::{Reader, Writer};

use crate::Structure;
use crate::msg::{Body, CompressionHeader, Header, Packet, Smb1Negotiate, TransformHeader, encode};

/// Reads and writes the message, with the same header for all; `None` if it is not such a message.
pub fn rewrite<'a, B: Body<'a>>(message: &'a [u8]) -> Option<Vec<u8>> {
    let packet = Packet::split(message).next()?.ok()?;
    let body: B = packet.body().ok()?;
    let written = encode(&Header { next_command: 0, ..packet.header }, &body);
    assert!(written.is_ok(), "what was read is too long to be written: {written:?}");
    written.ok()
}

/// Reads and writes the structure; `None` if it is not such a structure.
pub fn rewrite_structure<T: Structure>(bytes: &[u8]) -> Option<Vec<u8>> {
    let written = T::from_bytes(bytes).ok()?.to_bytes();
    assert!(written.is_ok(), "what was read is too long to be written: {written:?}");
    written.ok()
}

/// Checks the result of `rewrite` for `bytes`: another `rewrite` changes nothing, and the result is not much larger.
pub fn stable(bytes: &[u8], rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    let Some(once) = rewrite(bytes) else { return };
    let justified = bytes.len().saturating_mul(4).saturating_add(256);
    assert!(once.len() <= justified, "{} bytes made of {}", once.len(), bytes.len());
    let twice = rewrite(&once);
    assert_eq!(Some(once), twice, "what was written reads as something else");
}

/// Checks a frame from an unknown peer: a compound of any messages.
pub fn frame(bytes: &[u8]) {
    let mut seen = 0_usize;
    for packet in Packet::split(bytes) {
        let Ok(packet) = packet else { break };
        seen = seen.saturating_add(packet.bytes.len());
        stable(packet.bytes, messages::rewrite_message);
    }
    assert!(seen <= bytes.len(), "messages overlap");
    stable(bytes, |bytes| Smb1Negotiate::decode(bytes).ok()?.encode().ok());
    stable(bytes, |bytes| {
        let header = TransformHeader::decode(&mut Reader::new(bytes)).ok()?;
        let mut writer = Writer::new();
        header.encode(&mut writer);
        Some(writer.finish())
    });
    stable(bytes, |bytes| {
        let header = CompressionHeader::decode(&mut Reader::new(bytes)).ok()?;
        let mut writer = Writer::new();
        header.encode(&mut writer);
        Some(writer.finish()).filter(|_| matches!(header, CompressionHeader::Unchained { .. }))
    });
}

/// Checks a structure of any kind: the first byte selects the kind, the second the class.
pub fn structure(bytes: &[u8]) {
    let [kind, class, bytes @ ..] = bytes else { return };
    match kind % 8 {
        0 => stable(bytes, |bytes| rewrite_file_information(*class, bytes)),
        1 => stable(bytes, |bytes| rewrite_fs_information(*class, bytes)),
        2 => stable(bytes, |bytes| rewrite_directory(*class, bytes)),
        3 => stable(bytes, rewrite_security),
        4 => stable(bytes, rewrite_notify),
        5 => structures::every_fsctl(bytes),
        _ => structures::every_create_context(bytes),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::msg::{Command, Form, HeaderFlags, MessageId, SessionId, TreeId};

    /// The StructureSize of every body.
    const SIZES: [u16; 21] =
        [2, 4, 9, 12, 16, 17, 24, 25, 32, 33, 36, 41, 44, 48, 49, 56, 57, 60, 65, 88, 89];

    /// Bytes that resemble the small offsets and lengths in structures.
    fn likely_bytes(length: usize) -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![3 => Just(0), 3 => 0..130_u8, 1 => any::<u8>()], 0..length)
    }

    fn message(command: u16, response: bool, size: usize, body: &[u8]) -> Vec<u8> {
        let flags = if response { HeaderFlags::SERVER_TO_REDIR } else { HeaderFlags::empty() };
        let form = Form::Sync { reserved: 0, tree_id: TreeId(1) };
        let header = Header {
            flags,
            form,
            session_id: SessionId(2),
            ..Header::request(Command(command), MessageId(if size.is_multiple_of(2) { 3 } else { u64::MAX }))
        };
        let mut writer = Writer::new();
        header.encode(&mut writer);
        writer.u16(SIZES[size]);
        writer.bytes(body);
        writer.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        /// A failure here would let a peer crash us with a message, or make us hold far more than it sent.
        #[test]
        fn any_message_is_read_or_refused(
            command in 0..0x15_u16, response: bool, size in 0..SIZES.len(), body in likely_bytes(240),
        ) {
            frame(&message(command, response, size, &body));
        }

        /// A failure here would let a peer crash us with the contents of a message.
        #[test]
        fn any_structure_is_read_or_refused(kind in 0..8_u8, class in 0..82_u8, body in likely_bytes(240)) {
            structure(&[&[kind, class][..], &body].concat());
        }

        /// A failure here would let garbage on the port crash us.
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            frame(&bytes);
            structure(&bytes);
        }
    }
}
