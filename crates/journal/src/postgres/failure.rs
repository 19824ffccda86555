//! [`Fault`]: why a statement failed, and what that means for the journal.

use std::error::Error as _;
use std::fmt;
use std::io;

use crate::{Damage, Error};

/// An error of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The SQLSTATE of five letters.
    code: String,
    message: String,
    detail: Option<String>,
}

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The journal knows.
    Journal(Error),
    /// The server says so.
    Server(ServerError),
    /// The connection was closed.
    Closed,
    /// The connection was closed before the work began.
    Stale,
    /// The certificate of the server is not accepted, for this reason.
    Untrusted(String),
    /// The server wants a password.
    NoPassword,
    /// The server cannot be used, for this reason.
    Lost(String),
}

impl Fault {
    pub(super) fn lost(reason: impl fmt::Display) -> Self {
        Self::Lost(reason.to_string())
    }

    pub(super) fn no_answer() -> Self {
        Self::lost("no answer in time")
    }

    /// An answer without the row or the column that the statement asks for.
    pub(super) fn malformed() -> Self {
        Self::lost("its answer is malformed")
    }

    /// Whether the server closed the connection, so that another connection may answer.
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::Closed | Self::Stale => true,
            // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout
            Self::Server(error) => matches!(error.code.as_str(), "57P01" | "57P02" | "57P03" | "57P05"),
            _ => false,
        }
    }

    /// Says what it means for a logon that there is no password.
    pub(super) fn without_password(self) -> Self {
        /// The text of the library, which has no kind for it.
        const MISSING: &str = "password missing";
        match self {
            Self::Lost(reason) if reason.ends_with(MISSING) => Self::NoPassword,
            other => other,
        }
    }

    /// Says what the fault means for the journal.
    pub(super) fn at(self, place: &str) -> Error {
        let place = place.to_owned();
        let reason = match self {
            Self::Journal(error) => return error,
            Self::Server(error) => return of_server(place, error),
            Self::Untrusted(reason) => return Error::Untrusted { place, reason },
            Self::Closed | Self::Stale => "the server closed the connection".to_owned(),
            Self::NoPassword => {
                "the server wants a password, and neither PGPASSWORD nor password-command nor the \
                                 password file has one"
                    .to_owned()
            }
            Self::Lost(reason) => reason,
        };
        Error::Unreachable { place, reason }
    }

    /// Says what it means that the server refuses a row: the one of this number, unless the error names another.
    pub(super) fn of_row(self, seq: u64, place: &str) -> Self {
        /// The function of the tables: the row does not follow the last one.
        const NOT_NEXT: &str = "NS001";
        /// Somebody else added a row of this number.
        const UNIQUE_VIOLATION: &str = "23505";
        let damage = match &self {
            Self::Server(error) if error.code == NOT_NEXT => Damage::Head,
            Self::Server(error) if error.code == UNIQUE_VIOLATION => {
                Damage::Added { seq: error.key().unwrap_or(seq) }
            }
            _ => return self,
        };
        Self::Journal(Error::Damaged { place: place.to_owned(), damage })
    }
}

impl ServerError {
    /// Returns the number in a text such as `Key (seq)=(6) already exists.`, whatever its language is.
    fn key(&self) -> Option<u64> {
        let (_, value) = self.detail.as_deref()?.split_once(")=(")?;
        value.split_once(')')?.0.parse().ok()
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Journal(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match (inner, error.kind()) {
            (Some(rustls::Error::InvalidCertificate(reason)), _) => Self::Untrusted(of_certificate(reason)),
            (Some(other), _) => Self::lost(format_args!("TLS: {other}")),
            (None, io::ErrorKind::TimedOut) => Self::no_answer(),
            (
                None,
                io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset,
            ) => Self::Closed,
            (None, _) => Self::lost(error),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(of_server) = error.as_db_error() {
            return Self::Server(ServerError {
                code: of_server.code().code().to_owned(),
                message: of_server.message().to_owned(),
                detail: of_server.detail().map(ToOwned::to_owned),
            });
        }
        if error.is_closed() {
            return Self::Closed;
        }
        let text = match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        match error.into_source().map(|cause| cause.downcast::<io::Error>()) {
            Some(Ok(cause)) => Self::from(*cause),
            _ => Self::Lost(text),
        }
    }
}

/// Says why a certificate is not accepted.
fn of_certificate(error: &rustls::CertificateError) -> String {
    match error {
        rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature => {
            "none of the authorities signed it".to_owned()
        }
        other => other.to_string(),
    }
}

/// Says what an error of the server means, by its SQLSTATE (PostgreSQL's documentation, appendix A).
fn of_server(place: String, ServerError { code, message: reason, .. }: ServerError) -> Error {
    match code.as_str() {
        // disk_full
        "53100" => Error::Full { place },
        // lock_not_available, serialization_failure, deadlock_detected
        "55P03" | "40001" | "40P01" => Error::Busy { place },
        // insufficient_privilege, read_only_sql_transaction
        "42501" | "25006" => Error::NotWritable { place, reason },
        // undefined_table, undefined_function, invalid_schema_name
        "42P01" | "42883" | "3F000" => Error::NotSetUp { place },
        // data_corrupted, index_corrupted, undefined_column
        "XX001" | "XX002" | "42703" => Error::Corrupt { place, reason },
        // A failure of the connection, a refused logon, an unknown database, too many connections, a server that stops.
        code if ["08", "28", "3D", "53", "57"].iter().any(|class| code.starts_with(class)) => {
            Error::Unreachable { place, reason }
        }
        _ => Error::Database { place, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, ServerError};
    use crate::{Damage, Error};

    /// A failure here would name a healthy row as the added one.
    #[test]
    fn the_added_row_is_the_one_that_the_server_names() {
        let error = |detail: Option<&str>| {
            let detail = detail.map(ToOwned::to_owned);
            let error = ServerError { code: "23505".to_owned(), detail, ..ServerError::default() };
            match Fault::Server(error).of_row(5, "db").at("db") {
                Error::Damaged { damage: Damage::Added { seq }, .. } => seq,
                other => panic!("{other}"),
            }
        };
        assert_eq!(error(Some("Schlüssel »(seq)=(7)« existiert bereits.")), 7);
        assert_eq!(error(None), 5);
    }
}
