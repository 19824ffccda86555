//! [`Error`]: why a call of the library failed, with its statuses.

use std::fmt;

/// Why a logon with Kerberos failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The computer has no Kerberos library, or this version of netsession does not support its kind.
    #[error("there is no Kerberos library on this computer")]
    NoLibrary,
    /// [`LIBRARY_VARIABLE`](crate::LIBRARY_VARIABLE) chooses a library that cannot be used.
    #[error("{variable}={value}: {why}", variable = crate::LIBRARY_VARIABLE)]
    Chosen {
        /// The value of the variable.
        value: String,
        /// Why the library cannot be used.
        why: String,
    },
    /// The library lacks a function that this call needs.
    #[error("this computer's Kerberos library lacks {0}")]
    Lacks(&'static str),
    /// A name, path or password contains a NUL byte.
    #[error("{0} contains a NUL byte")]
    Nul(&'static str),
    /// The peer did not prove its identity, or the context has no integrity codes.
    #[error("Kerberos did not provide {0}")]
    Weak(&'static str),
    /// The ticket in the cache has expired.
    #[error("the ticket has expired")]
    Expired,
    /// The suffix of a user is no realm with a KDC, and this library (Heimdal) asks no other KDC about it.
    #[error("the realm {0} has no domain controller, and Heimdal does not support other suffixes of users")]
    Suffix(String),
    /// The keytab cannot be read, or has no key of the user.
    #[error("the keytab {path} {why}")]
    Keytab {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A token came out of turn.
    #[error("a Kerberos token came out of turn")]
    OutOfTurn,
    /// A call failed.
    #[error("{0}")]
    Failed(Status),
}

impl Error {
    /// Returns the reason, for a program to match.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NoLibrary | Self::Chosen { .. } | Self::Lacks(_) => Reason::NoLibrary,
            Self::Expired => Reason::TicketExpired,
            Self::Suffix(_) => Reason::UnknownUser,
            Self::Keytab { .. } => Reason::NoKey,
            Self::Nul(_) | Self::Weak(_) | Self::OutOfTurn => Reason::Other,
            Self::Failed(status) => status.reason(),
        }
    }
}

/// The statuses of a call that failed ([RFC 2744] 3.9), or the one of SSPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The major status: GSSAPI's own, or the status of SSPI (0x8009....).
    pub major: u32,
    /// The minor status: Kerberos's. Its protocol errors are -1765328384 plus the number in RFC 4120. SSPI has none: 0.
    pub minor: i32,
    /// The function that failed.
    pub function: &'static str,
    /// The library's words for both, in one line.
    pub text: String,
}

impl Status {
    /// Returns the reason, for a program to match.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        Reason::of(self.major, self.minor)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, text, .. } = self;
        match is_of_sspi(*major) {
            true => write!(f, "{text} (SSPI status 0x{major:08x})"),
            false => write!(f, "{text} (GSSAPI status 0x{major:08x}, Kerberos code {minor})"),
        }
    }
}

/// The reasons for which a program has something to say to its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is no Kerberos library that can do this.
    NoLibrary,
    /// There is no ticket, or no cache.
    NoTicket,
    /// The ticket has expired.
    TicketExpired,
    /// The ticket is not valid yet: a clock is wrong.
    TicketNotYetValid,
    /// The clocks differ too much.
    ClockSkew,
    /// The KDC does not know the service: the server's name is an address or an alias, or it is in no domain.
    UnknownService,
    /// The KDC does not know the user.
    UnknownUser,
    /// The password is wrong, or the keytab's key is out of date.
    WrongPassword,
    /// The account is disabled, locked or expired.
    AccountRevoked,
    /// The account has expired.
    AccountExpired,
    /// The password has expired, or must be changed.
    PasswordExpired,
    /// The KDC's policy refuses the account or the service.
    Policy,
    /// The KDC and this computer share no kind of encryption.
    NoEncryption,
    /// No KDC of the realm answers.
    KdcUnreachable,
    /// The computer cannot find a KDC of the realm, or the realm does not exist.
    UnknownRealm,
    /// The computer has no default realm, and the user names none.
    NoDefaultRealm,
    /// The keytab cannot be read, or has no key of the user or service.
    NoKey,
    /// The peer's token was already used.
    Replayed,
    /// The ticket is for another service, or for another key of this service.
    WrongService,
    /// The peer's token is malformed or was changed.
    BadToken,
    /// Something else.
    Other,
}

impl Reason {
    /// Returns whether the KDC refused the credentials of the user: another attempt with the same password would count towards
    /// a lockout.
    #[must_use]
    pub const fn counts_towards_lockout(self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::AccountRevoked
                | Self::AccountExpired
                | Self::PasswordExpired
                | Self::Policy
        )
    }

    /// Finds the reason of two statuses. Kerberos's code says more than GSSAPI's.
    pub(crate) const fn of(major: u32, minor: i32) -> Self {
        if is_of_sspi(major) {
            return Self::of_sspi(major);
        }
        match minor {
            // KDC_ERR_NAME_EXP.
            -1_765_328_383 => Self::AccountExpired,
            // KDC_ERR_C_PRINCIPAL_UNKNOWN.
            -1_765_328_378 => Self::UnknownUser,
            // KDC_ERR_S_PRINCIPAL_UNKNOWN.
            -1_765_328_377 => Self::UnknownService,
            // KDC_ERR_POLICY.
            -1_765_328_372 => Self::Policy,
            // KDC_ERR_ETYPE_NOSUPP.
            -1_765_328_370 => Self::NoEncryption,
            // KDC_ERR_CLIENT_REVOKED.
            -1_765_328_366 => Self::AccountRevoked,
            // KDC_ERR_KEY_EXPIRED.
            -1_765_328_361 => Self::PasswordExpired,
            // KDC_ERR_PREAUTH_FAILED, KRB5_PREAUTH_FAILED of MIT's client.
            -1_765_328_360 | -1_765_328_174 => Self::WrongPassword,
            // KRB_AP_ERR_BAD_INTEGRITY.
            -1_765_328_353 => Self::WrongPassword,
            // KRB_AP_ERR_TKT_EXPIRED.
            -1_765_328_352 => Self::TicketExpired,
            // KRB_AP_ERR_TKT_NYV.
            -1_765_328_351 => Self::TicketNotYetValid,
            // KRB_AP_ERR_REPEAT.
            -1_765_328_350 => Self::Replayed,
            // KRB_AP_ERR_NOT_US, KRB_AP_ERR_BADMATCH, KRB_AP_ERR_BADKEYVER, KRB_AP_WRONG_PRINC.
            -1_765_328_349 | -1_765_328_348 | -1_765_328_340 | -1_765_328_240 => Self::WrongService,
            // KRB_AP_ERR_SKEW.
            -1_765_328_347 => Self::ClockSkew,
            // KRB_AP_ERR_MODIFIED.
            -1_765_328_343 => Self::BadToken,
            // KRB5_REALM_UNKNOWN, KRB5_REALM_CANT_RESOLVE, KRB_ERR_WRONG_REALM.
            -1_765_328_230 | -1_765_328_164 | -1_765_328_316 => Self::UnknownRealm,
            // KRB5_KDC_UNREACH.
            -1_765_328_228 => Self::KdcUnreachable,
            // KRB5_CONFIG_NODEFREALM.
            -1_765_328_160 => Self::NoDefaultRealm,
            // KRB5_KT_NOTFOUND, and MIT's KG_KEYTAB_NOMATCH.
            -1_765_328_203 | 39_756_042 => Self::NoKey,
            // KRB5_CC_NOTFOUND, KRB5_FCC_NOFILE, KRB5_CC_END.
            -1_765_328_243 | -1_765_328_189 | -1_765_328_242 => Self::NoTicket,
            _ => match major >> 16 & 0xff {
                // GSS_S_NO_CRED.
                7 => Self::NoTicket,
                // GSS_S_CREDENTIALS_EXPIRED.
                11 => Self::TicketExpired,
                // GSS_S_BAD_SIG, GSS_S_DEFECTIVE_TOKEN.
                6 | 9 => Self::BadToken,
                _ if major & 2 != 0 && major >> 16 != 0 => Self::Replayed,
                _ => Self::Other,
            },
        }
    }

    /// Finds the reason of a status of SSPI.
    const fn of_sspi(status: u32) -> Self {
        match status {
            // SEC_E_TARGET_UNKNOWN.
            0x8009_0303 => Self::UnknownService,
            // SEC_E_SECPKG_NOT_FOUND.
            0x8009_0305 => Self::NoLibrary,
            // SEC_E_LOGON_DENIED.
            0x8009_030c => Self::WrongPassword,
            // SEC_E_UNKNOWN_CREDENTIALS, SEC_E_NO_CREDENTIALS.
            0x8009_030d | 0x8009_030e => Self::NoTicket,
            // SEC_E_INVALID_TOKEN, SEC_E_MESSAGE_ALTERED.
            0x8009_0308 | 0x8009_030f => Self::BadToken,
            // SEC_E_OUT_OF_SEQUENCE.
            0x8009_0310 => Self::Replayed,
            // SEC_E_NO_AUTHENTICATING_AUTHORITY.
            0x8009_0311 => Self::KdcUnreachable,
            // SEC_E_CONTEXT_EXPIRED.
            0x8009_0317 => Self::TicketExpired,
            // SEC_E_WRONG_PRINCIPAL.
            0x8009_0322 => Self::WrongService,
            // SEC_E_TIME_SKEW.
            0x8009_0324 => Self::ClockSkew,
            // SEC_E_KDC_UNKNOWN_ETYPE, SEC_E_NO_KERB_KEY.
            0x8009_0342 | 0x8009_0348 => Self::NoEncryption,
            // SEC_E_SMARTCARD_LOGON_REQUIRED, and SEC_E_DOWNGRADE_DETECTED, with which Windows also refuses an account.
            0x8009_033e | 0x8009_0350 => Self::Policy,
            _ => Self::Other,
        }
    }
}

/// Whether a major status is one of SSPI. GSSAPI has no calling error of this number.
const fn is_of_sspi(major: u32) -> bool {
    matches!(major >> 16, 0x8009 | 0x0009) && major & 0xff00 == 0x0300
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would ask for a password although a ticket exists, or try NTLM after a wrong password.
    #[test]
    fn statuses_have_reasons() {
        let failure = 13 << 16;
        for (major, minor, reason) in [
            (failure, -1_765_328_360, Reason::WrongPassword),
            (failure, -1_765_328_366, Reason::AccountRevoked),
            (failure, -1_765_328_361, Reason::PasswordExpired),
            (failure, -1_765_328_377, Reason::UnknownService),
            (failure, -1_765_328_378, Reason::UnknownUser),
            (failure, -1_765_328_228, Reason::KdcUnreachable),
            (failure, -1_765_328_230, Reason::UnknownRealm),
            (failure, -1_765_328_351, Reason::TicketNotYetValid),
            (failure, -1_765_328_347, Reason::ClockSkew),
            (7 << 16, -1_765_328_243, Reason::NoTicket),
            (7 << 16, 100_001, Reason::NoTicket),
            (11 << 16, 100_001, Reason::TicketExpired),
            (9 << 16, 0, Reason::BadToken),
            (failure, 2, Reason::Other),
        ] {
            assert_eq!(Reason::of(major, minor), reason, "{major:#x} {minor}");
        }
        for reason in [Reason::NoTicket, Reason::KdcUnreachable, Reason::UnknownUser, Reason::TicketExpired] {
            assert!(!reason.counts_towards_lockout(), "{reason:?}: NTLM may follow");
        }
    }
}
