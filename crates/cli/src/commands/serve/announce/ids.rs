//! Identifiers of messages, and random bytes.

/// Returns a new identifier of a message.
pub(super) fn message_id() -> String {
    let id = u128::from_be_bytes(random());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        id >> 96,
        id >> 80 & 0xffff,
        id >> 64 & 0xfff,
        id >> 48 & 0xfff,
        id & 0xffff_ffff_ffff
    )
}

/// Returns random bytes; zeros if the system has none, which only makes a message look like another one.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::debug!(%error, "random bytes");
    }
    bytes
}
