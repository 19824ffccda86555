/// A side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The side that sends requests.
    Client,
    /// The side that sends responses.
    Server,
}

/// How messages are signed ([MS-SMB2] 2.2.3.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SigningAlgorithm {
    /// HMAC-SHA256, cut to 16 bytes: the only one of SMB 2.0.2 and 2.1.
    HmacSha256,
    /// AES-128-CMAC: the one of 3.0 and 3.0.2, and of 3.1.1 without a negotiated algorithm.
    AesCmac,
    /// AES-128-GMAC: 3.1.1 if negotiated.
    AesGmac,
}

impl SigningAlgorithm {
    /// Returns the number in SMB2_SIGNING_CAPABILITIES.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::HmacSha256 => 0,
            Self::AesCmac => 1,
            Self::AesGmac => 2,
        }
    }

    /// Returns the algorithm of a number in SMB2_SIGNING_CAPABILITIES; `None` for an unknown one.
    #[must_use]
    pub const fn from_id(id: u16) -> Option<Self> {
        match id {
            0 => Some(Self::HmacSha256),
            1 => Some(Self::AesCmac),
            2 => Some(Self::AesGmac),
            _ => None,
        }
    }
}

/// How messages are encrypted ([MS-SMB2] 2.2.3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// AES-128-CCM: the only one of 3.0 and 3.0.2.
    Aes128Ccm,
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-CCM.
    Aes256Ccm,
    /// AES-256-GCM.
    Aes256Gcm,
}

impl Cipher {
    /// Returns the number in SMB2_ENCRYPTION_CAPABILITIES.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::Aes128Ccm => 1,
            Self::Aes128Gcm => 2,
            Self::Aes256Ccm => 3,
            Self::Aes256Gcm => 4,
        }
    }

    /// Returns the cipher of a number in SMB2_ENCRYPTION_CAPABILITIES; `None` for an unknown one.
    #[must_use]
    pub const fn from_id(id: u16) -> Option<Self> {
        match id {
            1 => Some(Self::Aes128Ccm),
            2 => Some(Self::Aes128Gcm),
            3 => Some(Self::Aes256Ccm),
            4 => Some(Self::Aes256Gcm),
            _ => None,
        }
    }

    /// Returns the length of its key in bytes.
    #[must_use]
    pub const fn key_size(self) -> usize {
        match self {
            Self::Aes128Ccm | Self::Aes128Gcm => 16,
            Self::Aes256Ccm | Self::Aes256Gcm => 32,
        }
    }

    /// Returns the bytes of the nonce field that the cipher uses; the rest is reserved and zero ([MS-SMB2] 2.2.41).
    pub(super) const fn nonce_size(self) -> usize {
        match self {
            Self::Aes128Ccm | Self::Aes256Ccm => 11,
            Self::Aes128Gcm | Self::Aes256Gcm => 12,
        }
    }
}
