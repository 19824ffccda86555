/// Why this crate cannot protect a message, or must not trust it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The message does not carry SMB2_FLAGS_SIGNED.
    #[error("the message is not signed")]
    NotSigned,
    /// The signature does not match the message and the key.
    #[error("the message's signature is wrong: somebody altered it, or it is signed with another key")]
    WrongSignature,
    /// A message of our own side came back to us.
    #[error("our own side of the connection sent the message")]
    Reflected,
    /// An encrypted message does not match its tag and the key.
    #[error("the message cannot be decrypted: somebody altered it, or it is encrypted with another key")]
    WrongTag,
    /// Bytes that are not a message, or a transform header that contradicts them.
    #[error("{0} is not valid")]
    Malformed(&'static str),
    /// A second message would use the same nonce.
    #[error("the nonces of this key are used up: log on again")]
    NonceExhausted,
    /// The dialect has no encryption.
    #[error("SMB 2 has no encryption")]
    NoEncryption,
    /// The cryptographic library failed, which it has no reason to do with keys of the right length.
    #[error("the cryptographic library refused the operation")]
    Library,
}

impl From<aws_lc_rs::error::Unspecified> for CryptoError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Library
    }
}
