//! The 4 bytes before each message on TCP ([MS-SMB2] 2.1).

use netsession_wire::DecodeError;

use super::EncodeError;

/// Bytes of the header.
pub const FRAME_HEADER_LEN: usize = 4;

/// The longest frame, whose length still fits three bytes.
pub const FRAME_MAX: usize = 0x00ff_ffff;

/// Returns how many bytes follow `header`.
///
/// # Errors
/// [`DecodeError::Invalid`] if the first byte is not zero: this is not SMB over TCP. [`DecodeError::TooLarge`] for more
/// than `max`.
pub fn frame_length(header: [u8; FRAME_HEADER_LEN], max: usize) -> Result<usize, DecodeError> {
    const WHAT: &str = "direct TCP frame";
    let [zero, a, b, c] = header;
    let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
    if zero != 0 {
        return Err(DecodeError::invalid(WHAT));
    }
    match length > max {
        true => Err(DecodeError::TooLarge {
            what: WHAT,
            value: u64::try_from(length).unwrap_or(u64::MAX),
            limit: u64::try_from(max).unwrap_or(u64::MAX),
        }),
        false => Ok(length),
    }
}

/// Returns the header of `length` bytes.
///
/// # Errors
/// [`EncodeError`] for more than [`FRAME_MAX`].
pub fn frame_header(length: usize) -> Result<[u8; FRAME_HEADER_LEN], EncodeError> {
    u32::try_from(length).ok().filter(|_| length <= FRAME_MAX).map(u32::to_be_bytes).ok_or(EncodeError {
        what: "direct TCP frame",
        length,
        limit: 0x00ff_ffff,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a peer make us wait for, or hold, more bytes than the limit.
    #[test]
    fn length_is_big_endian_and_limited() {
        assert_eq!(frame_length([0, 1, 2, 3], FRAME_MAX), Ok(0x0001_0203));
        assert_eq!(frame_header(0x0001_0203), Ok([0, 1, 2, 3]));
        assert_eq!(frame_length([0, 0, 1, 0], 256), Ok(256));
        assert!(matches!(frame_length([0, 0, 1, 1], 256), Err(DecodeError::TooLarge { value: 257, .. })));
        assert_eq!(
            frame_length([0x82, 0, 0, 0], 256),
            Err(DecodeError::Invalid { what: "direct TCP frame" })
        );
        assert!(frame_header(FRAME_MAX).is_ok() && frame_header(FRAME_MAX + 1).is_err());
    }
}
