/// Why a message could not be protected, or must not be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The message does not carry SMB2_FLAGS_SIGNED.
    #[error("the message is not signed")]
    NotSigned,
    /// The signature does not fit the message and the key.
    #[error("the message's signature is wrong: it was altered on the way, or signed with another key")]
    WrongSignature,
    /// A message that claims to come from our own side was sent back to us.
    #[error("the message was sent by our own side of the connection")]
    Reflected,
    /// An encrypted message that does not fit its tag and the key.
    #[error("the message cannot be decrypted: it was altered on the way, or encrypted with another key")]
    WrongTag,
    /// Bytes that are not a message, or a transform header that contradicts them.
    #[error("{0} is not valid")]
    Malformed(&'static str),
    /// A second message would be protected with a nonce that was used before.
    #[error("the nonces of this key are used up; the session has to be set up anew")]
    NonceExhausted,
    /// The dialect has no encryption.
    #[error("SMB 2 has no encryption")]
    NoEncryption,
    /// The library beneath refused; with keys of the right length it has no reason to.
    #[error("the cryptographic library refused the operation")]
    Library,
}

impl From<aws_lc_rs::error::Unspecified> for CryptoError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Library
    }
}
