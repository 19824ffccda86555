//! Why the library cannot reach a server, or what the server refused: [`Error`], the [`Step`] that failed, and a
//! [`Hint`] for the person.
//!
//! One rule holds for every error of this workspace: its text says what failed and why, in one line, and
//! [`source`](std::error::Error::source) never repeats that text. A program that prints the whole chain
//! prints each cause once.

mod hint;
mod netbios;
mod step;
#[cfg(test)]
mod tests;
mod violation;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use netsession_rpc::FaultCode;
use netsession_wire::DecodeError;

pub use hint::Hint;
pub use netbios::NetBiosError;
pub use step::Step;
pub use violation::Violation;

use crate::{
    Dialect, KerberosError, KerberosReason, NtStatus, ParseAddressError, Refusal, SessionId, Unreported,
    Unsent, Win32Error,
};

/// Why the library cannot reach a server, or what the server refused.
///
/// The text names the server, the step, and the server's answer by name and number. [`Error::hint`] says what to do
/// about it, and [`Error::win32`] returns the code that Windows' functions return. Only this library constructs errors.
///
/// ```
/// use netsession::{ConnectOptions, Error, Hint, Login, Secret, Server, ServerTarget, Win32Error};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nothing listens on a port that a listener has just closed.
/// let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
/// let login = Login::new(r"LAB\adm1", Secret::password("secret"))?;
/// let target = ServerTarget::from(free);
/// let error = Server::connect(&target, &login, &ConnectOptions::default()).await.err().unwrap();
///
/// assert!(matches!(error, Error::Connect { .. }));
/// assert_eq!(error.win32(), Win32Error::ERROR_CONNECTION_REFUSED);
/// assert_eq!(error.hint(), Some(Hint::CheckPort));
/// assert!(!error.is_unknown());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `NETSESSION_LOCAL` is not an address, so the library cannot find the local computer's server.
    #[error("{variable} does not name a server: {cause}")]
    #[non_exhaustive]
    Local {
        /// The environment variable.
        variable: &'static str,
        /// What is wrong with it.
        cause: ParseAddressError,
    },
    /// Several servers of this user run on the local computer.
    #[error("several local servers are running: {}", list(.servers))]
    #[non_exhaustive]
    SeveralLocal {
        /// Where they listen.
        servers: Vec<SocketAddr>,
    },
    /// The system knows no address of a host, or no nameserver has answered.
    #[error("cannot look up {name}: {cause}")]
    #[non_exhaustive]
    Resolve {
        /// The name.
        name: String,
        /// The system's error.
        cause: io::Error,
    },
    /// The NetBIOS name service knows no address of a computer.
    #[error("cannot look up {name} by NetBIOS: {cause}")]
    #[non_exhaustive]
    NetBios {
        /// The name.
        name: String,
        /// What the name service answered.
        cause: NetBiosError,
    },
    /// The library could not make a TCP connection.
    #[error("cannot connect to {server}: {cause}")]
    #[non_exhaustive]
    Connect {
        /// The server.
        server: String,
        /// The system's error.
        cause: io::Error,
    },
    /// The server sent no response in time to a step that changes nothing: a connection, a logon or a listing.
    #[error("{server} did not answer {step} within {} s", .after.as_secs_f32())]
    TimedOut {
        /// The server.
        server: String,
        /// The step that got no response.
        step: Step,
        /// The time limit.
        after: Duration,
    },
    /// A call that changes something got no response in time. The server may have carried it out, or may still do so.
    #[error("{server} did not answer {step} within {} s and may still carry it out", .after.as_secs_f32())]
    #[non_exhaustive]
    Unknown {
        /// The server.
        server: String,
        /// The call.
        step: Step,
        /// The time limit.
        after: Duration,
    },
    /// The connection broke.
    #[error("lost the connection to {server} during {step}: {cause}")]
    #[non_exhaustive]
    Disconnected {
        /// The server.
        server: String,
        /// The step that was under way.
        step: Step,
        /// The system's error.
        cause: io::Error,
    },
    /// The connection broke, and the next one reached another computer by the same name. The library sent it no call.
    #[error("{server} is another computer now: {is} instead of {was}")]
    #[non_exhaustive]
    OtherServer {
        /// The server.
        server: String,
        /// The names of the computer that answered first.
        was: String,
        /// The names of the computer that answers now.
        is: String,
    },
    /// The peer does not speak SMB.
    #[error("{server} does not speak SMB")]
    #[non_exhaustive]
    NotSmb {
        /// The server.
        server: String,
    },
    /// The server speaks only SMB 1.
    #[error("{server} speaks only SMB 1, which netsession does not support")]
    #[non_exhaustive]
    Smb1Only {
        /// The server.
        server: String,
    },
    /// The server supports none of the dialects that this side accepts.
    #[error("{server} offers no SMB version from {min} to {max}")]
    #[non_exhaustive]
    NoDialect {
        /// The server.
        server: String,
        /// The oldest dialect that this side accepts.
        min: Dialect,
        /// The newest dialect that this side offers.
        max: Dialect,
    },
    /// The server refused the logon.
    #[error("{server} refused the logon of {user}: {status}")]
    Logon {
        /// The server.
        server: String,
        /// The user.
        user: String,
        /// The server's answer.
        status: NtStatus,
    },
    /// The library could not log on with Kerberos, and the server has not seen the user's name.
    #[error("cannot log on to {server} as {user} with Kerberos: {cause}")]
    #[non_exhaustive]
    Kerberos {
        /// The server.
        server: String,
        /// The user.
        user: String,
        /// Why.
        cause: KerberosError,
    },
    /// The server refused the user's Kerberos ticket.
    #[error("{server} refused the Kerberos ticket of {user}: {status}{}", clocks(.clock_difference))]
    #[non_exhaustive]
    TicketRefused {
        /// The server.
        server: String,
        /// The user.
        user: String,
        /// The server's answer.
        status: NtStatus,
        /// How far the clocks of the server and of this computer are apart, if this is more than Kerberos tolerates.
        clock_difference: Option<Duration>,
    },
    /// The server logged the user on as a guest or anonymously.
    #[error("{server} does not know {user} and logged on a guest instead, which netsession refuses")]
    #[non_exhaustive]
    Guest {
        /// The server.
        server: String,
        /// The user.
        user: String,
    },
    /// The server accepts no way of logging on that this library has.
    #[error("{server} does not accept NTLM")]
    #[non_exhaustive]
    NoMechanism {
        /// The server.
        server: String,
    },
    /// The server offers less protection than this side requires.
    #[error("{server} does not offer {lacks}, which is required")]
    #[non_exhaustive]
    Insecure {
        /// The server.
        server: String,
        /// The protection that the server lacks.
        lacks: Protection,
    },
    /// The server demands encryption, and no accepted dialect has it.
    #[error("{server} demands encryption, which the accepted SMB versions do not have")]
    #[non_exhaustive]
    EncryptionDemanded {
        /// The server.
        server: String,
    },
    /// The response is not what the server sent: something on the network changed it.
    #[error("the response of {server} to {step} is forged or damaged: {cause}")]
    #[non_exhaustive]
    Tampered {
        /// The server.
        server: String,
        /// The step that got this response.
        step: Step,
        /// The check that failed.
        cause: Violation,
    },
    /// The server refused a step with an NTSTATUS.
    #[error("{server} refused {step}: {status}")]
    #[non_exhaustive]
    Refused {
        /// The server.
        server: String,
        /// The step.
        step: Step,
        /// The server's answer.
        status: NtStatus,
    },
    /// The server answered a call with an error code.
    #[error("{server} answered {step} with {code}")]
    #[non_exhaustive]
    Answered {
        /// The server.
        server: String,
        /// The call.
        step: Step,
        /// The server's answer.
        code: Win32Error,
    },
    /// The server lists no share of this name.
    #[error("{server} has no share {share}")]
    #[non_exhaustive]
    NoShare {
        /// The server.
        server: String,
        /// The name.
        share: String,
    },
    /// The server invents the connections of a client, as Samba does.
    #[error("{server} does not disclose which connections a client has")]
    #[non_exhaustive]
    HidesConnections {
        /// The server.
        server: String,
    },
    /// The server does not report a value that a selection needs, so that nobody can know which sessions match.
    #[error("{server} does not report {what}")]
    #[non_exhaustive]
    NotReported {
        /// The server.
        server: String,
        /// What it does not report.
        what: Unreported,
    },
    /// Selected sessions stay, and the library sent no request for them.
    #[error("{server}: {count} selected {} not ended: {why}", if *.count == 1 { "session was" } else { "sessions were" })]
    #[non_exhaustive]
    LeftOut {
        /// The server.
        server: String,
        /// How many.
        count: usize,
        /// Why, of the most urgent of them.
        why: Unsent,
    },
    /// The server lists another session under the id of a planned one. The library sent no request for it.
    #[error(
        "{server} lists another session under the id {id} now: {is} instead of {was}; nothing was sent for it"
    )]
    #[non_exhaustive]
    OtherSession {
        /// The server.
        server: String,
        /// The id.
        id: SessionId,
        /// The planned session.
        was: String,
        /// The session that has the id now.
        is: String,
    },
    /// The server answered a call with an RPC fault: the call failed before or outside its operation.
    #[error("{server} did not carry out {step}: RPC fault {code}")]
    #[non_exhaustive]
    Fault {
        /// The server.
        server: String,
        /// The call.
        step: Step,
        /// The fault's status ([MS-RPCE] 3.1.1.5.5; C706, appendix E).
        code: FaultCode,
    },
    /// A response cannot be read.
    #[error("cannot read the response of {server} to {step}: {cause}")]
    #[non_exhaustive]
    Decode {
        /// The server.
        server: String,
        /// The step that got this response.
        step: Step,
        /// What is wrong with it.
        cause: DecodeError,
    },
    /// A response breaks the rules of the protocol.
    #[error("the response of {server} to {step} breaks the protocol: {cause}")]
    #[non_exhaustive]
    Protocol {
        /// The server.
        server: String,
        /// The step that got this response.
        step: Step,
        /// The rule that the response breaks.
        cause: Violation,
    },
    /// The library refused a call before it sent anything.
    #[error("{step} was not sent: {why} ({code})")]
    #[non_exhaustive]
    Parameter {
        /// The call.
        step: Step,
        /// The code that Windows' function returns for this.
        code: Win32Error,
        /// What is wrong.
        why: &'static str,
    },
    /// An [`Observer`](crate::Observer) refused a changing call before the library sent anything.
    #[error("{step} was not sent to {server}: {refusal}")]
    #[non_exhaustive]
    Vetoed {
        /// The server.
        server: String,
        /// The call.
        step: Step,
        /// The observer's code and reason.
        refusal: Refusal,
    },
    /// The library could not read or write the local file of a copy.
    #[error("cannot read or write the local file: {cause}")]
    #[non_exhaustive]
    File {
        /// The system's error.
        cause: io::Error,
    },
    /// The operating system refused something that every connection needs.
    #[error("cannot get {resource} from the operating system: {cause}")]
    #[non_exhaustive]
    System {
        /// What it refused.
        resource: SystemResource,
        /// The system's error.
        cause: io::Error,
    },
}

/// A protection of messages that a server can lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// Signing ([MS-SMB2] 3.1.4.1).
    Signing,
    /// Encryption ([MS-SMB2] 3.1.4.3), which requires SMB 3.
    Encryption,
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
        })
    }
}

/// A resource of the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SystemResource {
    /// Random bytes.
    RandomBytes,
    /// An event loop of tokio.
    Runtime,
}

impl fmt::Display for SystemResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RandomBytes => "random bytes",
            Self::Runtime => "an event loop",
        })
    }
}

/// Whether the system refused a socket because this process, or every process together, has too many files open.
#[cfg(unix)]
fn is_out_of_descriptors(cause: &io::Error) -> bool {
    use rustix::io::Errno;

    let refusals = [Errno::MFILE, Errno::NFILE];
    cause.raw_os_error().is_some_and(|code| refusals.iter().any(|refusal| refusal.raw_os_error() == code))
}

#[cfg(not(unix))]
fn is_out_of_descriptors(_cause: &io::Error) -> bool {
    false
}

impl Error {
    /// Returns the code that Windows' functions return for this error ([MS-ERREF] 2.2).
    ///
    /// This is the library's only mapping. It uses the tables of the two other kinds of codes: [`NtStatus::win32`] and
    /// [`FaultCode::win32`].
    #[must_use]
    pub fn win32(&self) -> Win32Error {
        match self {
            Self::Local { .. } | Self::SeveralLocal { .. } | Self::Resolve { .. } | Self::NetBios { .. } => {
                Win32Error::ERROR_BAD_NETPATH
            }
            Self::Connect { cause, .. } if is_out_of_descriptors(cause) => {
                Win32Error::ERROR_TOO_MANY_OPEN_FILES
            }
            Self::Connect { cause, .. } => match cause.kind() {
                io::ErrorKind::ConnectionRefused => Win32Error::ERROR_CONNECTION_REFUSED,
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    Win32Error::ERROR_HOST_UNREACHABLE
                }
                _ => Win32Error::ERROR_BAD_NETPATH,
            },
            Self::TimedOut { .. } | Self::Unknown { .. } => Win32Error::ERROR_SEM_TIMEOUT,
            Self::Disconnected { .. } | Self::OtherServer { .. } => Win32Error::ERROR_NETNAME_DELETED,
            Self::NotSmb { .. } | Self::Smb1Only { .. } | Self::NoDialect { .. } => {
                Win32Error::ERROR_REM_NOT_LIST
            }
            Self::Logon { status, .. }
            | Self::TicketRefused { status, .. }
            | Self::Refused { status, .. } => status.win32(),
            Self::Kerberos { cause, .. } => kerberos_code(cause),
            Self::Guest { .. } => Win32Error::ERROR_LOGON_FAILURE,
            Self::NoMechanism { .. }
            | Self::Insecure { .. }
            | Self::EncryptionDemanded { .. }
            | Self::HidesConnections { .. }
            | Self::NotReported { .. }
            | Self::LeftOut { .. } => Win32Error::ERROR_NOT_SUPPORTED,
            Self::OtherSession { .. } => Win32Error::NERR_CLIENT_NAME_NOT_FOUND,
            Self::NoShare { .. } => Win32Error::NERR_NET_NAME_NOT_FOUND,
            Self::Tampered { .. } | Self::Decode { .. } | Self::Protocol { .. } => {
                Win32Error::RPC_S_PROTOCOL_ERROR
            }
            Self::Answered { code, .. } | Self::Parameter { code, .. } => *code,
            Self::Vetoed { refusal, .. } => refusal.code(),
            Self::Fault { code, .. } => code.win32(),
            Self::File { .. } => Win32Error::ERROR_INVALID_DATA,
            Self::System { .. } => Win32Error::ERROR_NOT_ENOUGH_MEMORY,
        }
    }

    /// Returns what a person can do about this error, if there is something.
    ///
    /// A front end matches the variants for which it has a better text, such as the flag of a command, and shows the
    /// text of the others.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        Hint::of(self)
    }

    /// Whether the connection can carry another call after this error.
    pub(crate) const fn leaves_connection_usable(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Fault { .. } | Self::Parameter { .. })
    }

    /// Whether the server may have carried out the call although no readable and trustworthy response came.
    ///
    /// Do not send such a call again. List instead, to see whether the server carried it out.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown { .. } => true,
            Self::Disconnected { step, .. }
            | Self::Tampered { step, .. }
            | Self::Decode { step, .. }
            | Self::Protocol { step, .. } => matches!(step, Step::Call(_)),
            _ => false,
        }
    }
}

/// Returns the code that Windows' functions return where Kerberos fails.
const fn kerberos_code(cause: &KerberosError) -> Win32Error {
    use KerberosReason as Reason;
    match cause.reason() {
        Some(Reason::WrongPassword | Reason::UnknownUser) => Win32Error::ERROR_LOGON_FAILURE,
        Some(Reason::AccountRevoked) => Win32Error::ERROR_ACCOUNT_DISABLED,
        Some(Reason::AccountExpired) => Win32Error::ERROR_ACCOUNT_EXPIRED,
        Some(Reason::PasswordExpired) => Win32Error::ERROR_PASSWORD_EXPIRED,
        Some(Reason::Policy) => Win32Error::ERROR_ACCOUNT_RESTRICTION,
        Some(Reason::ClockSkew | Reason::TicketNotYetValid) => Win32Error::ERROR_TIME_SKEW,
        Some(Reason::KdcUnreachable | Reason::UnknownRealm) => Win32Error::ERROR_NO_LOGON_SERVERS,
        Some(_) => Win32Error::ERROR_LOGON_FAILURE,
        None => match cause {
            KerberosError::TimedOut(_) => Win32Error::ERROR_NO_LOGON_SERVERS,
            KerberosError::NotOffered => Win32Error::ERROR_NOT_SUPPORTED,
            _ => Win32Error::ERROR_LOGON_FAILURE,
        },
    }
}

/// Returns what the text of a refused ticket says about the clocks.
fn clocks(difference: &Option<Duration>) -> String {
    difference.map_or_else(String::new, |difference| {
        let minutes = difference.as_secs() / 60;
        format!("; its clock and the clock of this computer are {minutes} minutes apart")
    })
}

fn list(servers: &[SocketAddr]) -> String {
    servers.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}
