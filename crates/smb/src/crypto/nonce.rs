use std::sync::atomic::{AtomicU64, Ordering};

use super::CryptoError;

/// Random bytes from which the nonces of one [`EncryptionKey`](super::EncryptionKey) count up.
///
/// It is no secret: every message carries its nonce.
#[derive(Debug)]
pub struct NonceSeed(pub [u8; 12]);

/// Returns each nonce once, to any number of threads. Nobody can reset or copy it.
#[derive(Debug)]
pub(super) struct NonceSequence {
    start: u64,
    salt: [u8; 4],
    used: AtomicU64,
}

impl NonceSequence {
    pub(super) fn new(NonceSeed(seed): NonceSeed) -> Self {
        let [a, b, c, d, e, f, g, h, salt @ ..] = seed;
        Self { start: u64::from_le_bytes([a, b, c, d, e, f, g, h]), salt, used: AtomicU64::new(0) }
    }

    /// Eight bytes that count, then the salt: of the salt CCM uses three bytes, GCM four.
    pub(super) fn next(&self) -> Result<[u8; 12], CryptoError> {
        let used = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| used.checked_add(1))
            .map_err(|_| CryptoError::NonceExhausted)?;
        let [a, b, c, d, e, f, g, h] = self.start.wrapping_add(used).to_le_bytes();
        let [i, j, k, l] = self.salt;
        Ok([a, b, c, d, e, f, g, h, i, j, k, l])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would reuse nonces after the last one, or where the counter wraps.
    #[test]
    fn nonces_run_out_instead_of_starting_again() {
        let mut sequence = NonceSequence::new(NonceSeed([0xff; 12]));
        assert_eq!(sequence.next(), Ok([0xff; 12]));
        assert_eq!(sequence.next().unwrap()[..8], [0; 8], "the count wraps, the nonce is still new");
        *sequence.used.get_mut() = u64::MAX - 1;
        assert!(sequence.next().is_ok());
        assert_eq!(sequence.next(), Err(CryptoError::NonceExhausted));
        assert_eq!(sequence.next(), Err(CryptoError::NonceExhausted));
    }
}
