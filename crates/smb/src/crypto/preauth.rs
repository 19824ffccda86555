use aws_lc_rs::digest;

/// The preauthentication integrity hash of 3.1.1: SHA-512 chained over whole messages ([MS-SMB2] 3.2.5.2,
/// 3.2.5.3, 3.3.5.4, 3.3.5.5).
///
/// The connection's hash takes the NEGOTIATE request and response. Each session starts from a copy and takes
/// its SESSION_SETUP requests and responses, without the final successful response.
#[derive(Clone, PartialEq, Eq)]
pub struct PreauthHash([u8; 64]);

impl PreauthHash {
    /// Returns the value before any message: zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self([0; 64])
    }

    /// Adds one message, from its SMB2 header to its end, without the transport's length prefix.
    pub fn update(&mut self, message: &[u8]) {
        let mut context = digest::Context::new(&digest::SHA512);
        context.update(&self.0);
        context.update(message);
        if let Some(value) = context.finish().as_ref().first_chunk() {
            self.0 = *value;
        }
    }

    /// Returns a hash with this value.
    #[cfg(test)]
    pub(super) const fn of(value: [u8; 64]) -> Self {
        Self(value)
    }

    /// Returns the value, for deriving keys.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl Default for PreauthHash {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for PreauthHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PreauthHash(..)")
    }
}
