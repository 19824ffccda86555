//! AES-CCM with SMB's sizes, nonces of 11 bytes and tags of 16 ([NIST SP 800-38C], [RFC 3610]).
//!
//! The authentication code is a chain: each of its steps needs the result of the one before it. The key stream is not a
//! chain. This module computes both in one pass, one step of each at a time, which keeps the processor's AES units
//! busy: three to five times as fast as one after the other.

use aes::cipher::consts::U16;
use aes::cipher::{
    Array, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, InOut, KeyInit,
};
use subtle::ConstantTimeEq;

use super::CryptoError;

/// Bytes of a nonce.
pub(super) const NONCE_SIZE: usize = 11;
/// Bytes of length and of block number, beside the nonce and a byte of flags: 15 - 11.
const COUNTER_SIZE: u8 = 4;

type Block = [u8; 16];

/// A key, expanded.
pub(super) struct Ccm<C>(C);

impl<C: BlockCipherEncrypt<BlockSize = U16> + KeyInit> Ccm<C> {
    /// Takes a key of the cipher's size.
    pub(super) fn new(key: &[u8]) -> Result<Self, CryptoError> {
        C::new_from_slice(key).map(Self).map_err(|_| CryptoError::Library)
    }

    /// Encrypts in place, and returns the tag.
    pub(super) fn seal(
        &self,
        nonce: &[u8; NONCE_SIZE],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<Block, CryptoError> {
        self.pass(nonce, aad, data, false).ok_or(CryptoError::Library)
    }

    /// Decrypts in place, and returns whether the tag is right. If it is wrong, do not use the data.
    pub(super) fn open(&self, nonce: &[u8; NONCE_SIZE], aad: &[u8], tag: &Block, data: &mut [u8]) -> bool {
        self.pass(nonce, aad, data, true).is_some_and(|expected| bool::from(expected.ct_eq(tag)))
    }

    /// One pass over the data. `None` if they are longer than CCM allows.
    fn pass(&self, nonce: &[u8; NONCE_SIZE], aad: &[u8], data: &mut [u8], decrypting: bool) -> Option<Block> {
        let length = u32::try_from(data.len()).ok()?;
        // Longer ones have another form of length.
        let aad_length = u16::try_from(aad.len()).ok().filter(|length| *length < 0xff00)?;
        let mut tag = Block::default();
        let first = first_block(nonce, !aad.is_empty(), length);
        let counter = u128::from_be_bytes(numbered(COUNTER_SIZE - 1, nonce, 0));
        let pass = Pass { first, counter, aad_length, aad, data, decrypting, tag: &mut tag };
        self.0.encrypt_with_backend(pass);
        Some(tag)
    }
}

/// The block that the chain starts with: flags (that there is more to authenticate, a tag of 16, the counter's size),
/// the nonce, and the length.
fn first_block(nonce: &[u8; NONCE_SIZE], has_aad: bool, length: u32) -> Block {
    const TAG_OF_16: u8 = (16 - 2) / 2;
    numbered(u8::from(has_aad) << 6 | TAG_OF_16 << 3 | (COUNTER_SIZE - 1), nonce, length)
}

fn numbered(flags: u8, nonce: &[u8; NONCE_SIZE], number: u32) -> Block {
    let mut block = Block::default();
    let bytes = std::iter::once(flags).chain(*nonce).chain(number.to_be_bytes());
    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    block
}

fn xor(one: Block, other: Block) -> Block {
    (u128::from_ne_bytes(one) ^ u128::from_ne_bytes(other)).to_ne_bytes()
}

/// The work while the expanded key stays in the processor's registers.
struct Pass<'a> {
    first: Block,
    /// The counter block for the tag; the numbers after it are for the data.
    counter: u128,
    aad_length: u16,
    aad: &'a [u8],
    data: &'a mut [u8],
    decrypting: bool,
    tag: &'a mut Block,
}

impl BlockSizeUser for Pass<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Pass<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let encrypted = |block: Block| -> Block {
            let mut block = Array::from(block);
            backend.encrypt_block(InOut::from(&mut block));
            block.into()
        };
        let mut mac = encrypted(self.first);
        if self.aad_length > 0 {
            let (head, tail) = self.aad.split_at_checked(14).unwrap_or((self.aad, &[]));
            let length = self.aad_length.to_be_bytes();
            let mut block = Block::default();
            block.iter_mut().zip(length.iter().chain(head)).for_each(|(to, from)| *to = *from);
            mac = encrypted(xor(mac, block));
            for part in tail.chunks(16) {
                mac = encrypted(xor(mac, padded(part)));
            }
        }
        let mut counter = self.counter;
        let (blocks, rest) = self.data.as_chunks_mut::<16>();
        for block in blocks {
            counter = counter.wrapping_add(1);
            let stream = encrypted(counter.to_be_bytes());
            let changed = xor(*block, stream);
            mac = encrypted(xor(mac, if self.decrypting { changed } else { *block }));
            *block = changed;
        }
        if !rest.is_empty() {
            let stream = encrypted(counter.wrapping_add(1).to_be_bytes());
            let before = padded(rest);
            rest.iter_mut().zip(stream).for_each(|(byte, stream)| *byte ^= stream);
            mac = encrypted(xor(mac, if self.decrypting { padded(rest) } else { before }));
        }
        *self.tag = xor(mac, encrypted(self.counter.to_be_bytes()));
    }
}

/// Pads at most 16 bytes with zeros.
fn padded(part: &[u8]) -> Block {
    let mut block = Block::default();
    block.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
    block
}

#[cfg(test)]
mod tests {
    use aes::{Aes128, Aes256};
    use ccm::aead::AeadInOut;
    use ccm::consts::U11;
    use proptest::prelude::*;

    use super::*;

    /// The same cipher from another crate.
    fn theirs<C>(key: &[u8], nonce: [u8; NONCE_SIZE], aad: &[u8], data: &mut [u8]) -> Block
    where
        C: BlockCipherEncrypt<BlockSize = U16> + KeyInit,
    {
        let key: ccm::Ccm<C, U16, U11> = ccm::Ccm::new_from_slice(key).unwrap();
        key.encrypt_inout_detached((&nonce).into(), aad, data.into()).unwrap().into()
    }

    fn same<C>(key: &[u8], nonce: [u8; NONCE_SIZE], aad: &[u8], plain: &[u8])
    where
        C: BlockCipherEncrypt<BlockSize = U16> + KeyInit,
    {
        let (mut ours, mut others) = (plain.to_vec(), plain.to_vec());
        let ccm = Ccm::<C>::new(key).unwrap();
        let tag = ccm.seal(&nonce, aad, &mut ours).unwrap();
        assert_eq!(tag, theirs::<C>(key, nonce, aad, &mut others));
        assert_eq!(ours, others);
        assert!(ccm.open(&nonce, aad, &tag, &mut ours));
        assert_eq!(ours, plain);
        let mut tampered = tag;
        tampered[3] ^= 1;
        assert!(!ccm.open(&nonce, aad, &tampered, &mut others));
    }

    proptest! {
        /// A failure here would make this cipher differ from AES-CCM: other programs could not decrypt its output, or
        /// it would protect nothing.
        #[test]
        fn it_agrees_with_another_implementation(
            key: [u8; 32],
            nonce: [u8; NONCE_SIZE],
            aad in proptest::collection::vec(any::<u8>(), 0..100),
            plain in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            same::<Aes128>(&key[..16], nonce, &aad, &plain);
            same::<Aes256>(&key, nonce, &aad, &plain);
        }
    }

    /// A failure here would compute wrong values for lengths around whole blocks, or for long messages.
    #[test]
    fn lengths_around_blocks_and_long_ones() {
        for size in (0..=66).chain([65_535, 65_536, 65_537, 1 << 20]) {
            let plain: Vec<u8> = (0..size).map(|at: u32| at.to_le_bytes()[0]).collect();
            same::<Aes128>(&[7; 16], [9; NONCE_SIZE], &[3; 32], &plain);
        }
    }

    /// A failure here would accept a key of the wrong size.
    #[test]
    fn a_key_has_its_size() {
        assert!(Ccm::<Aes128>::new(&[0; 15]).is_err() && Ccm::<Aes256>::new(&[0; 16]).is_err());
    }
}
