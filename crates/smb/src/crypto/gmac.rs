use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroize;

use super::CryptoError;

/// AES-128-GMAC ([RFC 4543]): the tag of AES-GCM over data that is only authenticated.
///
/// The library takes the data in one piece. If a large payload is apart from its header, this module does not copy it:
/// the library computes the payload's own tag, and this module adds the contribution of the bytes before it, because
/// GHASH is linear (NIST SP 800-38D, 6.4).
pub(super) struct GmacKey {
    aead: LessSafeKey,
    /// The hash subkey H.
    subkey: u128,
}

impl Drop for GmacKey {
    fn drop(&mut self) {
        self.subkey.zeroize();
    }
}

/// The number of bytes above which copying takes longer than some forty multiplications.
const LARGE: usize = 16 * 1024;
/// The most bytes before a large payload that this module hashes itself.
const SMALL: usize = 1024;
const BLOCK: usize = 16;

impl GmacKey {
    pub(super) fn new(key: &[u8; 16]) -> Result<Self, CryptoError> {
        let mut subkey = [0; BLOCK].into();
        Aes128::new(key.into()).encrypt_block(&mut subkey);
        let aead = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key)?);
        Ok(Self { aead, subkey: u128::from_be_bytes(subkey.into()) })
    }

    pub(super) fn tag(&self, nonce: [u8; 12], parts: &[&[u8]]) -> Result<[u8; 16], CryptoError> {
        match parts {
            [whole] => self.tag_of_one(nonce, whole),
            [before @ .., last] if last.len() >= LARGE && total(before) <= SMALL => {
                let mut before = before.concat();
                let (fill, last) = last.split_at(before.len().next_multiple_of(BLOCK) - before.len());
                before.extend_from_slice(fill);
                self.tag_of_two(nonce, &before, last)
            }
            _ => self.tag_of_one(nonce, &parts.concat()),
        }
    }

    fn tag_of_one(&self, nonce: [u8; 12], data: &[u8]) -> Result<[u8; 16], CryptoError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.aead.seal_in_place_separate_tag(nonce, Aad::from(data), &mut [])?;
        tag.as_ref().first_chunk().copied().ok_or(CryptoError::Library)
    }

    /// Returns the tag of `before`, which consists of whole blocks, and `last`.
    ///
    /// A tag is (X + L) * H + E with X the hash of the blocks, L the block of lengths and E the nonce's mask. Blocks
    /// before others enter X as their own hash times H to the number of the others. So the tag of both is that of
    /// `last` plus (X(before) * H^n + L(both) + L(last)) * H. The tag of `last` alone stays in this module: two tags
    /// with one nonce would reveal H.
    fn tag_of_two(&self, nonce: [u8; 12], before: &[u8], last: &[u8]) -> Result<[u8; 16], CryptoError> {
        let (blocks, _) = before.as_chunks::<BLOCK>();
        let hash =
            blocks.iter().fold(0, |hash, block| multiply(hash ^ u128::from_be_bytes(*block), self.subkey));
        let shifted = multiply(hash, power(self.subkey, last.len().div_ceil(BLOCK)));
        let lengths = length_block(before.len().saturating_add(last.len()))? ^ length_block(last.len())?;
        let added = multiply(shifted ^ lengths, self.subkey);
        let tag = u128::from_be_bytes(self.tag_of_one(nonce, last)?);
        Ok((tag ^ added).to_be_bytes())
    }
}

fn total(parts: &[&[u8]]) -> usize {
    parts.iter().fold(0, |sum, part| sum.saturating_add(part.len()))
}

/// The last block: bits of authenticated data, bits of ciphertext (none).
fn length_block(bytes: usize) -> Result<u128, CryptoError> {
    let bits = u64::try_from(bytes).ok().and_then(|bytes| bytes.checked_mul(8));
    bits.map(|bits| u128::from(bits) << 64).ok_or(CryptoError::Malformed("message size"))
}

/// The product in GF(2^128), most significant bit first (SP 800-38D, 6.3), in time that does not depend on it.
fn multiply(x: u128, y: u128) -> u128 {
    const REDUCTION: u128 = 0xe1 << 120;
    let mask = |bit: u128| 0_u128.wrapping_sub(bit & 1);
    let (mut product, mut shifted) = (0, y);
    for bit in (0..128).rev() {
        product ^= shifted & mask(x >> bit);
        shifted = (shifted >> 1) ^ (REDUCTION & mask(shifted));
    }
    product
}

/// `base` to the power of `exponent`, which is public.
fn power(base: u128, exponent: usize) -> u128 {
    const ONE: u128 = 1 << 127;
    (0..usize::BITS - exponent.leading_zeros()).rev().fold(ONE, |result, bit| {
        let squared = multiply(result, result);
        if exponent >> bit & 1 == 1 { multiply(squared, base) } else { squared }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would sign a large payload that is apart from its header wrongly.
    #[test]
    fn two_pieces_have_the_tag_of_one() {
        let key = GmacKey::new(b"sixteen byte key").unwrap();
        let data: Vec<u8> = (0..70_000_u32).map(|at| (at * 7 % 251) as u8).collect();
        for size in [LARGE + 64, LARGE + 65, 40_000, 65_600, 70_000] {
            for cut in [1, 15, 16, 64, 80, 113, SMALL] {
                let (before, last) = data[..size].split_at(cut);
                let (header, rest) = before.split_at(cut / 2);
                let tag = key.tag([7; 12], &[header, rest, last]).unwrap();
                assert_eq!(Ok(tag), key.tag([7; 12], &[&data[..size]]), "{size} bytes cut at {cut}");
            }
        }
    }

    /// A failure here would make the arithmetic differ from GCM's: values of test case 2 of McGrew and Viega's
    /// specification.
    #[test]
    fn multiplication() {
        let subkey = 0x66e9_4bd4_ef8a_2c3b_884c_fa59_ca34_2b2e;
        let block = 0x0388_dace_60b6_a392_f328_c2b9_71b2_fe78;
        let product = multiply(block, subkey);
        assert_eq!(product, 0x5e2e_c746_9170_6288_2c85_b068_5353_deb7);
        assert_eq!(multiply(product, 1 << 127), product, "times one");
        assert_eq!(power(subkey, 5), (0..4).fold(subkey, |value, _| multiply(value, subkey)));
        assert_eq!(power(subkey, 0), 1 << 127);
    }
}
