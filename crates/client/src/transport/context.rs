//! [`ErrorContext`] turns an error of a protocol into an [`Error`] that names the server, the step and the user.

use std::io;
use std::time::Duration;

use netsession_rpc::pdu::{ContextReason, RejectReason};
use netsession_rpc::{FaultCode, RpcError};
use netsession_smb::auth::AuthError;
use netsession_smb::client::{self, Stage, Violation as SmbViolation};
use netsession_wire::NtStatus;

use crate::{
    ConnectOptions, Dialect, Error, Kerberos, KerberosError, Login, Protection, ServerAddress, Step,
    Violation, Win32Error,
};

/// How far the clocks may be apart: a service accepts tickets within five minutes (RFC 4120, 1.6).
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(5 * 60);

/// The names that every error of a connection carries.
#[derive(Debug, Clone)]
pub(super) struct ErrorContext {
    server: String,
    user: String,
    dialects: (Dialect, Dialect),
    /// Whether the options rule out NTLM.
    is_kerberos_required: bool,
    /// Whether the last step of the logon was one of Kerberos.
    is_kerberos: bool,
    /// How far the clocks of the server and of this computer are apart.
    clock_difference: Duration,
}

impl ErrorContext {
    pub(super) fn new(server: &ServerAddress, login: &Login, options: &ConnectOptions) -> Self {
        let is_kerberos_required = options.kerberos == Kerberos::Required || !login.has_password();
        Self { user: login.to_string(), is_kerberos_required, ..Self::of_nobody(server, options) }
    }

    /// Makes the context of a connection without a logon.
    pub(super) fn of_nobody(server: &ServerAddress, options: &ConnectOptions) -> Self {
        Self {
            server: options.shown(server),
            user: String::new(),
            dialects: (options.min_dialect, options.max_dialect),
            is_kerberos_required: false,
            is_kerberos: false,
            clock_difference: Duration::ZERO,
        }
    }

    /// Returns the server's name in messages.
    pub(super) fn server(&self) -> String {
        self.server.clone()
    }

    /// Keeps which mechanism the logon uses.
    pub(super) const fn note_mechanism(&mut self, is_kerberos: bool) {
        self.is_kerberos = is_kerberos;
    }

    /// Keeps how far two clocks are apart, as FILETIME.
    pub(super) const fn note_clock(&mut self, theirs: u64, ours: u64) {
        // A server that hides its clock sends 0.
        if theirs != 0 {
            self.clock_difference = Duration::from_millis(theirs.abs_diff(ours) / 10_000);
        }
    }

    /// The error of a logon with Kerberos that the server has not judged.
    pub(super) fn kerberos(&self, cause: KerberosError) -> Error {
        Error::Kerberos { server: self.server(), user: self.user.clone(), cause }
    }

    /// The error of a ticket that the server refused.
    fn ticket_refused(&self, status: NtStatus) -> Error {
        let clock_difference =
            (self.clock_difference >= MAX_CLOCK_DIFFERENCE).then_some(self.clock_difference);
        Error::TicketRefused { server: self.server(), user: self.user.clone(), status, clock_difference }
    }

    pub(super) fn unreachable(&self, cause: io::Error) -> Error {
        Error::Connect { server: self.server(), cause }
    }

    /// The error if no response came in time. The outcome of a call is unknown then.
    pub(super) fn no_answer(&self, step: Step, after: Duration) -> Error {
        match step {
            Step::Call(_) => Error::Unknown { server: self.server(), step, after },
            _ => Error::TimedOut { server: self.server(), step, after },
        }
    }

    pub(super) fn disconnected(&self, step: Step, cause: io::Error) -> Error {
        Error::Disconnected { server: self.server(), step, cause }
    }

    /// The error if the server answered a request with an error. If the status says that the session, the share or the
    /// pipe is gone, the outcome of a call in progress is unknown.
    pub(super) fn refused(&self, step: Step, status: NtStatus) -> Error {
        match status {
            NtStatus::USER_SESSION_DELETED
            | NtStatus::NETWORK_SESSION_EXPIRED
            | NtStatus::NETWORK_NAME_DELETED
            | NtStatus::FILE_CLOSED
            | NtStatus::PIPE_CLOSING
            | NtStatus::PIPE_BROKEN
            | NtStatus::PIPE_DISCONNECTED => {
                self.disconnected(step, io::Error::new(io::ErrorKind::ConnectionAborted, status.to_string()))
            }
            _ => Error::Refused { server: self.server(), step, status },
        }
    }

    pub(super) fn protocol(&self, step: Step, cause: Violation) -> Error {
        Error::Protocol { server: self.server(), step, cause }
    }

    /// The error of a response that breaks a rule of this layer.
    pub(super) fn broken_rule(&self, step: Step, rule: &'static str) -> Error {
        self.protocol(step, Violation::rule(rule))
    }

    /// The error of a request that does not fit into its message.
    pub(super) const fn too_long(step: Step) -> Error {
        let code = Win32Error::ERROR_INVALID_PARAMETER;
        Error::Parameter { step, code, why: "a value is too long" }
    }

    fn fault(&self, step: Step, code: FaultCode) -> Error {
        Error::Fault { server: self.server(), step, code }
    }

    pub(super) fn rpc(&self, step: Step, error: RpcError) -> Error {
        match error {
            RpcError::Fault(code) => self.fault(step, code),
            RpcError::Decode(cause) => Error::Decode { server: self.server(), step, cause },
            // The server rejects a bind for these reasons where it would answer a call by the fault.
            RpcError::ContextRefused { reason: ContextReason::ABSTRACT_SYNTAX_NOT_SUPPORTED, .. } => {
                self.fault(step, FaultCode::NCA_S_UNK_IF)
            }
            RpcError::BindRefused {
                reason: RejectReason::TEMPORARY_CONGESTION | RejectReason::LOCAL_LIMIT_EXCEEDED,
            } => self.fault(step, FaultCode::NCA_S_SERVER_TOO_BUSY),
            RpcError::Shutdown => {
                let cause = io::Error::new(io::ErrorKind::ConnectionAborted, RpcError::Shutdown.to_string());
                self.disconnected(step, cause)
            }
            other => self.protocol(step, Violation::rpc(other)),
        }
    }

    pub(super) fn smb(&self, step: Step, error: client::Error) -> Error {
        let server = self.server();
        match error {
            client::Error::NotSmb => Error::NotSmb { server },
            client::Error::Smb1Only => Error::Smb1Only { server },
            client::Error::Refused { stage: Stage::Negotiate, status: NtStatus::NOT_SUPPORTED } => {
                let (min, max) = self.dialects;
                Error::NoDialect { server, min, max }
            }
            client::Error::Refused { stage: Stage::SessionSetup, status } if self.is_kerberos => {
                self.ticket_refused(status)
            }
            client::Error::Refused { stage: Stage::SessionSetup, status } => {
                Error::Logon { server, user: self.user.clone(), status }
            }
            client::Error::Refused { status, .. } => self.refused(step, status),
            client::Error::Guest | client::Error::Anonymous => {
                Error::Guest { server, user: self.user.clone() }
            }
            client::Error::Login(AuthError::NoCommonMechanism) if self.is_kerberos_required => {
                self.kerberos(KerberosError::NotOffered)
            }
            client::Error::Login(AuthError::NoCommonMechanism) => Error::NoMechanism { server },
            client::Error::Login(AuthError::Mechanism(error)) => match error.cause().downcast_ref() {
                Some(cause) => self.kerberos(KerberosError::clone(cause)),
                None => self.protocol(step, Violation::smb(client::Error::Login(error.into()))),
            },
            client::Error::EncryptionNotOffered => Error::Insecure { server, lacks: Protection::Encryption },
            client::Error::EncryptionDemanded => Error::EncryptionDemanded { server },
            client::Error::Violation(SmbViolation::Unsigned) if step == Step::Logon => {
                Error::Insecure { server, lacks: Protection::Signing }
            }
            client::Error::SessionDeleted { .. } | client::Error::NoSession => {
                self.disconnected(step, io::Error::new(io::ErrorKind::ConnectionAborted, error.to_string()))
            }
            client::Error::Violation(SmbViolation::Malformed(cause)) => Error::Decode { server, step, cause },
            client::Error::Login(AuthError::WrongMic | AuthError::WrongMechListMic) => {
                Error::Tampered { server, step, cause: Violation::smb(error) }
            }
            _ if error.is_tampering() => Error::Tampered { server, step, cause: Violation::smb(error) },
            other => self.protocol(step, Violation::smb(other)),
        }
    }
}
