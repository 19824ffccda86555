use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::CryptoError;

/// AES-128-GMAC ([RFC 4543]): the tag of AES-GCM over data that is only authenticated.
pub(super) struct GmacKey(LessSafeKey);

impl GmacKey {
    pub(super) fn new(key: &[u8; 16]) -> Result<Self, CryptoError> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key)?)))
    }

    pub(super) fn tag(&self, nonce: [u8; 12], parts: &[&[u8]]) -> Result<[u8; 16], CryptoError> {
        match parts {
            [whole] => self.tag_of_one(nonce, whole),
            _ => self.tag_of_one(nonce, &parts.concat()),
        }
    }

    fn tag_of_one(&self, nonce: [u8; 12], data: &[u8]) -> Result<[u8; 16], CryptoError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(data), &mut [])?;
        tag.as_ref().first_chunk().copied().ok_or(CryptoError::Library)
    }
}
