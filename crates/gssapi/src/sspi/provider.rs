//! [`Provider`]: the calls of SSPI that this crate needs, without pointers.

use std::time::Duration;

use zeroize::Zeroizing;

/// An integer in which SSPI returns an error or a success (`SECURITY_STATUS`).
pub(super) type SecurityStatus = u32;

pub(super) const OK: SecurityStatus = 0;
/// The peer must send another token.
pub(super) const CONTINUE_NEEDED: SecurityStatus = 0x0009_0312;
pub(super) const UNSUPPORTED_FUNCTION: SecurityStatus = 0x8009_0302;
pub(super) const NO_CREDENTIALS: SecurityStatus = 0x8009_030e;

/// What a context is asked for, and what it has (`ISC_REQ_*`, `ISC_RET_*`: their values are the same).
pub(super) const DELEGATE: u32 = 0x0000_0001;
pub(super) const MUTUAL: u32 = 0x0000_0002;
pub(super) const REPLAY: u32 = 0x0000_0004;
pub(super) const SEQUENCE: u32 = 0x0000_0008;
pub(super) const INTEGRITY: u32 = 0x0001_0000;

/// A user with a password.
pub(super) struct Identity<'a> {
    pub(super) user: &'a str,
    /// The domain or the realm; empty if the user's name has it, or if there is none.
    pub(super) domain: &'a str,
    pub(super) password: &'a str,
}

/// The result of a call of `InitializeSecurityContext` that succeeded.
pub(super) struct Initialized<Context> {
    pub(super) context: Context,
    /// [`OK`], [`CONTINUE_NEEDED`], or another success, which a client of SMB cannot use.
    pub(super) status: SecurityStatus,
    pub(super) flags: u32,
    pub(super) token: Option<Vec<u8>>,
}

/// The security package Kerberos of a Windows computer, or a test's fake of it. Each failure is a status of SSPI.
pub(super) trait Provider {
    type Credential;
    type Context;

    /// Acquires the credential of the logged-on user, or of `identity`. Neither asks a KDC yet.
    fn acquire(&self, identity: Option<&Identity<'_>>) -> Result<Self::Credential, SecurityStatus>;

    /// Returns the user of a credential, as `LAB\adm1` or `adm1@LAB.TEST`, and how long its ticket is valid if the
    /// package tells.
    fn user(&self, credential: &Self::Credential) -> Result<(String, Option<Duration>), SecurityStatus>;

    /// Takes one step of a client with the flags `wanted`. The first step has neither a context nor a token.
    fn initialize(
        &self,
        credential: &Self::Credential,
        context: Option<Self::Context>,
        target: &str,
        wanted: u32,
        token: Option<&[u8]>,
    ) -> Result<Initialized<Self::Context>, SecurityStatus>;

    /// Returns the session key of a complete context.
    fn session_key(&self, context: &Self::Context) -> Result<Zeroizing<Vec<u8>>, SecurityStatus>;

    /// Returns the names of the client and of the service of a complete context.
    fn names(&self, context: &Self::Context) -> Result<(String, String), SecurityStatus>;

    /// Returns the integrity code of `message`.
    fn sign(&self, context: &Self::Context, message: &[u8]) -> Result<Vec<u8>, SecurityStatus>;

    /// Verifies the peer's integrity code of `message`.
    fn verify(&self, context: &Self::Context, message: &[u8], mic: &[u8]) -> Result<(), SecurityStatus>;
}
