//! What must hold of every decoder, whatever bytes it is given. Tests and fuzz targets call the same functions.
//!
//! Each function takes bytes that anybody may have made, and panics if a decoder reads from them something
//! that it cannot write back and read again as the same, or that is far larger than the bytes justify.

use crate::msg::{Body, Header, Packet, encode};

/// The message written anew, with one header for all; `None` where it is not such a message.
pub fn rewrite<'a, B: Body<'a>>(message: &'a [u8]) -> Option<Vec<u8>> {
    let packet = Packet::split(message).next()?.ok()?;
    let body: B = packet.body().ok()?;
    let written = encode(&Header { next_command: 0, ..packet.header }, &body);
    assert!(written.is_ok(), "what was read is too long to be written: {written:?}");
    written.ok()
}

/// Checks what `rewrite` makes of `bytes`: writing it anew changes nothing more, and it is of their size.
pub fn stable(bytes: &[u8], rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    let Some(once) = rewrite(bytes) else { return };
    let justified = bytes.len().saturating_mul(4).saturating_add(256);
    assert!(once.len() <= justified, "{} bytes made of {}", once.len(), bytes.len());
    let twice = rewrite(&once);
    assert_eq!(Some(once), twice, "what was written reads as something else");
}
