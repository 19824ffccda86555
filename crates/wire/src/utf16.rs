//! UTF-16LE text, the wire's form of names.

use crate::DecodeError;

/// Returns text as UTF-16LE bytes, without a terminator.
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Returns text from UTF-16LE bytes, in which a terminator is an ordinary character.
///
/// # Errors
/// [`DecodeError::Invalid`] for an odd length or an unpaired surrogate: a program must not act on a name that it cannot
/// send back unchanged.
pub fn decode(bytes: &[u8], what: &'static str) -> Result<String, DecodeError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(DecodeError::Invalid { what });
    }
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
    // Allocate what most names need: lists contain very many names.
    let mut text = String::with_capacity(pairs.len());
    for unit in char::decode_utf16(units) {
        text.push(unit.map_err(|_| DecodeError::Invalid { what })?);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would send a wrong user name to the server.
    #[test]
    fn text_survives_and_broken_text_is_refused() {
        for text in ["", "alice", "Zoë", "日本語", "𝄞"] {
            assert_eq!(decode(&encode(text), "name").unwrap(), text);
        }
        assert!(decode(&[0x00, 0xd8], "unpaired").is_err());
        assert!(decode(&[0x41], "odd").is_err());
    }
}
