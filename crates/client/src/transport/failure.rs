//! What went wrong, told with where and at which step.

use std::fmt;
use std::io;
use std::time::Duration;

use netsession_rpc::RpcError;
use netsession_smb::client::{self, Stage, Violation};
use netsession_wire::NtStatus;

use crate::{ConnectOptions, Dialect, Error, Login, ServerAddress, Step, Win32Error};

/// Which connection it is: what every error message says.
#[derive(Debug, Clone)]
pub(super) struct Place {
    server: String,
    user: String,
    dialects: (Dialect, Dialect),
}

impl Place {
    pub(super) fn new(server: &ServerAddress, login: &Login, options: &ConnectOptions) -> Self {
        Self {
            server: server.to_string(),
            user: login.to_string(),
            dialects: (options.min_dialect, options.max_dialect),
        }
    }

    fn server(&self) -> String {
        self.server.clone()
    }

    pub(super) fn unreachable(&self, source: io::Error) -> Error {
        Error::Connect { server: self.server(), source }
    }

    /// No answer in time. Of a call nobody knows what became of it.
    pub(super) fn no_answer(&self, step: Step, after: Duration) -> Error {
        match step {
            Step::Call(_) => Error::Unknown { server: self.server(), step, after },
            _ => Error::TimedOut { server: self.server(), step, after },
        }
    }

    pub(super) fn disconnected(&self, step: Step, source: io::Error) -> Error {
        Error::Disconnected { server: self.server(), step, source }
    }

    /// A request was answered by an error. Where it says that session, share or pipe are gone, nobody knows what
    /// became of a call that was under way.
    pub(super) fn refused(&self, step: Step, status: NtStatus) -> Error {
        match status {
            NtStatus::USER_SESSION_DELETED
            | NtStatus::NETWORK_SESSION_EXPIRED
            | NtStatus::NETWORK_NAME_DELETED
            | NtStatus::FILE_CLOSED
            | NtStatus::PIPE_CLOSING
            | NtStatus::PIPE_BROKEN
            | NtStatus::PIPE_DISCONNECTED => {
                let source = io::Error::new(io::ErrorKind::ConnectionAborted, status.to_string());
                self.disconnected(step, source)
            }
            _ => Error::Refused { server: self.server(), step, status },
        }
    }

    pub(super) fn protocol(&self, step: Step, what: impl fmt::Display) -> Error {
        Error::Protocol { server: self.server(), step, what: what.to_string() }
    }

    /// A request that does not fit its message.
    pub(super) const fn too_long(step: Step) -> Error {
        let code = Win32Error::ERROR_INVALID_PARAMETER;
        Error::Parameter { step, code, why: "a value is too long" }
    }

    pub(super) fn rpc(&self, step: Step, error: RpcError) -> Error {
        match error {
            RpcError::Fault(code) => Error::Fault { server: self.server(), step, fault: code.0 },
            RpcError::Decode(source) => Error::Decode { server: self.server(), step, source },
            other => self.protocol(step, other),
        }
    }

    pub(super) fn smb(&self, step: Step, error: client::Error) -> Error {
        let server = self.server();
        match error {
            client::Error::NotSmb | client::Error::Smb1Only => {
                Error::NotSmb { server, what: error.to_string() }
            }
            client::Error::Refused { stage: Stage::Negotiate, status: NtStatus::NOT_SUPPORTED } => {
                let (min, max) = self.dialects;
                Error::NoDialect { server, min, max }
            }
            client::Error::Refused { stage: Stage::SessionSetup, status } => {
                Error::Logon { server, user: self.user.clone(), status }
            }
            client::Error::Refused { status, .. } => self.refused(step, status),
            client::Error::Guest | client::Error::Anonymous => {
                Error::Guest { server, user: self.user.clone() }
            }
            client::Error::EncryptionNotOffered => Error::Insecure { server, lacks: "encryption" },
            client::Error::Violation(Violation::Unsigned) if step == Step::Logon => {
                Error::Insecure { server, lacks: "signing" }
            }
            client::Error::SessionDeleted { .. } | client::Error::NoSession => {
                let source = io::Error::new(io::ErrorKind::ConnectionAborted, error);
                self.disconnected(step, source)
            }
            client::Error::Violation(Violation::Malformed(source)) => Error::Decode { server, step, source },
            _ if error.is_tampering() => Error::Tampered { server, step, what: error.to_string() },
            other => self.protocol(step, other),
        }
    }
}
