use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use netsession_wire::DecodeError;

use crate::{Dialect, NtStatus, ParseAddressError, Win32Error};

/// Why a server could not be asked, or what it refused.
///
/// The message says what was tried and what the server answered, by name and number; [`Error::hint`] says what
/// to do about it; [`Error::win32`] is the code that Windows' functions would return.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The local computer's server cannot be found: `NETSESSION_LOCAL` holds no address.
    #[error("{variable} does not name a server: {source}")]
    Local {
        /// The environment variable.
        variable: &'static str,
        /// What is wrong with it.
        source: ParseAddressError,
    },
    /// Several servers of this user run on the local computer.
    #[error("several servers run here: {}", list(.servers))]
    SeveralLocal {
        /// Where they listen.
        servers: Vec<SocketAddr>,
    },
    /// A host name is not known.
    #[error("cannot look up {name}: {source}")]
    Resolve {
        /// The name.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// No connection can be made.
    #[error("cannot connect to {server}: {source}")]
    Connect {
        /// The server.
        server: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server was silent for too long while connecting, logging on or listing. Nothing was changed.
    #[error("{server} did not answer {step} within {} s", .after.as_secs_f32())]
    TimedOut {
        /// The server.
        server: String,
        /// What was being done.
        step: Step,
        /// The time limit.
        after: Duration,
    },
    /// A call that changes something got no answer in time, so that it is not known whether the server has carried it out or will.
    #[error("{server} did not answer {step} within {} s: it may still carry it out", .after.as_secs_f32())]
    Unknown {
        /// The server.
        server: String,
        /// The call.
        step: Step,
        /// The time limit.
        after: Duration,
    },
    /// The connection broke.
    #[error("the connection to {server} broke during {step}: {source}")]
    Disconnected {
        /// The server.
        server: String,
        /// What was being done.
        step: Step,
        /// What the system said.
        source: io::Error,
    },
    /// What answers there does not speak SMB 2 or 3.
    #[error("{server} does not speak SMB 2 or 3: {what}")]
    NotSmb {
        /// The server.
        server: String,
        /// What it answered.
        what: String,
    },
    /// The server offers no dialect that is accepted.
    #[error("{server} offers no dialect from {min} to {max}")]
    NoDialect {
        /// The server.
        server: String,
        /// The oldest that is accepted.
        min: Dialect,
        /// The newest that is offered.
        max: Dialect,
    },
    /// The server refused the logon.
    #[error("{server} refused the logon of {user}: {status}")]
    Logon {
        /// The server.
        server: String,
        /// Who wanted to log on.
        user: String,
        /// The server's answer.
        status: NtStatus,
    },
    /// The server was not asked: another one had refused the same login, and several wrong attempts can lock an account out.
    #[error("{server} was not tried: {refused_by} has refused the same login of {user}")]
    NotTried {
        /// The server.
        server: String,
        /// The server that was tried.
        refused_by: String,
        /// Who wanted to log on.
        user: String,
    },
    /// The server logged the user on as a guest or anonymously.
    #[error("{server} does not know {user}: it logged on a guest instead, which is refused")]
    Guest {
        /// The server.
        server: String,
        /// Who wanted to log on.
        user: String,
    },
    /// The server offers less protection than is required.
    #[error("{server} offers no {lacks}, which is required")]
    Insecure {
        /// The server.
        server: String,
        /// What it lacks: `encryption`, `signing`.
        lacks: &'static str,
    },
    /// An answer is not what the server sent: somebody is changing what goes over the network.
    #[error("an answer of {server} to {step} is forged or damaged: {what}")]
    Tampered {
        /// The server.
        server: String,
        /// What was being done.
        step: Step,
        /// How that was noticed.
        what: String,
    },
    /// The server refused a step with an NTSTATUS.
    #[error("{server} refused {step}: {status}")]
    Refused {
        /// The server.
        server: String,
        /// What was being done.
        step: Step,
        /// The server's answer.
        status: NtStatus,
    },
    /// The server answered a call with an error.
    #[error("{server} answered {step} with {code}")]
    Answered {
        /// The server.
        server: String,
        /// The call.
        step: Step,
        /// The server's answer.
        code: Win32Error,
    },
    /// The server answers, and what it answers is made up.
    #[error("{server} does not tell {what}")]
    NotTold {
        /// The server.
        server: String,
        /// What it does not tell.
        what: &'static str,
    },
    /// The server answered a call with an RPC fault.
    #[error("{server} does not carry out {step}: RPC fault {fault:#010x}")]
    Fault {
        /// The server.
        server: String,
        /// The call.
        step: Step,
        /// The fault's status (C706, appendix N).
        fault: u32,
    },
    /// An answer cannot be read.
    #[error("cannot read the answer of {server} to {step}: {source}")]
    Decode {
        /// The server.
        server: String,
        /// What was being done.
        step: Step,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// An answer breaks the rules of the protocol.
    #[error("the answer of {server} to {step} breaks the protocol: {what}")]
    Protocol {
        /// The server.
        server: String,
        /// What was being done.
        step: Step,
        /// Which rule.
        what: String,
    },
    /// The call was refused before anything was sent.
    #[error("{step} was not sent: {why} ({code})")]
    Parameter {
        /// The call.
        step: Step,
        /// The code that Windows' function returns for this.
        code: Win32Error,
        /// What is wrong.
        why: &'static str,
    },
    /// The file on this side of a copy could not be read or written.
    #[error("the local file: {source}")]
    File {
        /// What the system said.
        source: io::Error,
    },
    /// No random bytes or no runtime could be had from the operating system.
    #[error("the operating system refused {what}: {source}")]
    System {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
}

/// What was being done when an error occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Making the TCP connection.
    Connect,
    /// Agreeing on a dialect (SMB2 NEGOTIATE).
    Negotiate,
    /// Logging on (SMB2 SESSION_SETUP).
    Logon,
    /// Connecting to `IPC$` (SMB2 TREE_CONNECT).
    TreeConnect,
    /// Opening the pipe `srvsvc` (SMB2 CREATE).
    OpenPipe,
    /// Binding to the interface of [MS-SRVS] (DCE/RPC bind).
    Bind,
    /// Connecting to a share (SMB2 TREE_CONNECT).
    ConnectShare,
    /// Opening a file (SMB2 CREATE).
    OpenFile,
    /// Reading a file (SMB2 READ).
    ReadFile,
    /// Writing a file (SMB2 WRITE).
    WriteFile,
    /// Closing a file (SMB2 CLOSE).
    CloseFile,
    /// A call of [MS-SRVS], by its name.
    Call(&'static str),
    /// Closing the connection.
    Close,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::Negotiate => "the negotiation",
            Self::Logon => "the logon",
            Self::TreeConnect => "the connection to IPC$",
            Self::OpenPipe => "the opening of the pipe srvsvc",
            Self::Bind => "the binding to srvsvc",
            Self::ConnectShare => "the connection to the share",
            Self::OpenFile => "the opening of the file",
            Self::ReadFile => "the reading of the file",
            Self::WriteFile => "the writing of the file",
            Self::CloseFile => "the closing of the file",
            Self::Call(name) => name,
            Self::Close => "the closing",
        })
    }
}

impl Error {
    /// The code that Windows' functions return for this.
    #[must_use]
    pub fn win32(&self) -> Win32Error {
        match self {
            Self::Local { .. } | Self::SeveralLocal { .. } | Self::Resolve { .. } => {
                Win32Error::ERROR_BAD_NETPATH
            }
            Self::Connect { source, .. } => match source.kind() {
                io::ErrorKind::ConnectionRefused => Win32Error::ERROR_CONNECTION_REFUSED,
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    Win32Error::ERROR_HOST_UNREACHABLE
                }
                _ => Win32Error::ERROR_BAD_NETPATH,
            },
            Self::TimedOut { .. } | Self::Unknown { .. } => Win32Error::ERROR_SEM_TIMEOUT,
            Self::Disconnected { .. } => Win32Error::ERROR_NETNAME_DELETED,
            Self::NotSmb { .. } | Self::NoDialect { .. } => Win32Error::ERROR_REM_NOT_LIST,
            Self::Logon { status, .. } | Self::Refused { status, .. } => status.win32(),
            Self::Guest { .. } | Self::NotTried { .. } => Win32Error::ERROR_LOGON_FAILURE,
            Self::Insecure { .. } | Self::NotTold { .. } => Win32Error::ERROR_NOT_SUPPORTED,
            Self::Tampered { .. } | Self::Decode { .. } | Self::Protocol { .. } => {
                Win32Error::RPC_S_PROTOCOL_ERROR
            }
            Self::Answered { code, .. } | Self::Parameter { code, .. } => *code,
            Self::Fault { .. } => Win32Error::RPC_S_CALL_FAILED,
            Self::File { .. } => Win32Error::ERROR_INVALID_DATA,
            Self::System { .. } => Win32Error::ERROR_NOT_ENOUGH_MEMORY,
        }
    }

    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint: &str = match self {
            Self::Local { .. } => "set it to HOST:PORT, or name the server",
            Self::SeveralLocal { .. } => "name the one that is meant",
            // This is what the NetBIOS name service answers.
            Self::Resolve { source, .. }
                if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::TimedOut) =>
            {
                "check the spelling, or give an address"
            }
            Self::Resolve { .. } => {
                "check the spelling, or give an address; a NetBIOS name is looked up only when that is asked for"
            }
            Self::Connect { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused => {
                "nothing listens there: is the file server running, and is that its port?"
            }
            Self::Connect { .. } | Self::TimedOut { step: Step::Connect, .. } => {
                "is the server up, and does a firewall let SMB (TCP port 445) through?"
            }
            Self::TimedOut { .. } => {
                "the server may be overloaded or starting: try again, or allow more time"
            }
            Self::Unknown { .. } => "list again to see what became of it; sending it again could do it twice",
            Self::Disconnected { step: Step::Negotiate, .. } => {
                "is this the port of a file server? It may speak SMB 1 only, or refuse this computer's address"
            }
            Self::Disconnected { step: Step::Call(_), .. } => "list again to see what became of it",
            Self::Disconnected { .. } => "try again; the server's log may say why it closed the connection",
            Self::NotSmb { .. } => "is this the port of a file server? SMB 1 alone is not enough",
            Self::NoDialect { .. } => "the server is too old or set to other dialects than are accepted here",
            Self::Logon { status, .. } => return logon_hint(*status),
            Self::NotTried { .. } => "log in again: many wrong attempts would lock the account out",
            Self::Guest { .. } => {
                "check the user's name and domain: the server maps unknown users to its guest"
            }
            Self::Insecure { lacks: "encryption", .. } => {
                "turn encryption on at the server (SMB 3 needed), or do not require it"
            }
            Self::Insecure { .. } => "turn signing on at the server",
            Self::Tampered { .. } => "stop: something between here and the server changes messages",
            Self::Answered { code, step, .. } => return answered_hint(*code, *step),
            Self::NotTold { .. } => "Samba knows them by share only: ask for the share's connections",
            Self::Fault { .. } => "this server does not offer the call",
            Self::Refused { status, .. } if *status == NtStatus::ACCESS_DENIED => {
                "log in as an administrator of the server"
            }
            Self::Refused { .. } | Self::Parameter { .. } | Self::File { .. } | Self::System { .. } => {
                return None;
            }
            Self::Decode { .. } | Self::Protocol { .. } => {
                "this is a fault of the server, or of netsession: report it"
            }
        };
        Some(hint.into())
    }

    /// Whether the connection can be used for another call after this.
    pub(crate) const fn leaves_connection_usable(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Fault { .. } | Self::Parameter { .. })
    }

    /// Whether what was asked may have been carried out, though no answer came that can be read and trusted.
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

fn list(servers: &[SocketAddr]) -> String {
    servers.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}

fn logon_hint(status: NtStatus) -> Option<String> {
    let hint = match status {
        NtStatus::LOGON_FAILURE | NtStatus::NO_SUCH_USER | NtStatus::WRONG_PASSWORD => {
            "check user, domain and password"
        }
        NtStatus::ACCOUNT_RESTRICTION => {
            "the account may not log on in this way: members of Protected Users and accounts that need Kerberos \
             cannot yet"
        }
        NtStatus::ACCOUNT_LOCKED_OUT => "too many wrong passwords: have the account unlocked, or wait",
        NtStatus::ACCOUNT_DISABLED => "have the account enabled",
        NtStatus::PASSWORD_EXPIRED | NtStatus::PASSWORD_MUST_CHANGE => "change the password first",
        NtStatus::LOGON_TYPE_NOT_GRANTED => {
            "the server's policy denies this account the logon over the network"
        }
        _ => return None,
    };
    Some(hint.into())
}

fn answered_hint(code: Win32Error, step: Step) -> Option<String> {
    let hint = match (code, step) {
        (Win32Error::ERROR_ACCESS_DENIED, Step::Call("NetrSessionDel")) => {
            "it takes a member of Administrators or Server Operators (on Samba: root or Domain Admins)"
        }
        (Win32Error::ERROR_ACCESS_DENIED, Step::Call("NetrFileClose")) => {
            "it takes a member of Administrators or Server Operators (on Samba: root or SeDiskOperatorPrivilege)"
        }
        (Win32Error::ERROR_ACCESS_DENIED, _) => "log in as an administrator of the server",
        (Win32Error::NERR_CLIENT_NAME_NOT_FOUND, _) => {
            "no session matches: list the sessions to see who is there"
        }
        (
            Win32Error::NERR_FILE_ID_NOT_FOUND | Win32Error::ERROR_FILE_NOT_FOUND,
            Step::Call("NetrFileClose"),
        ) => "the file may be closed already: list the open files",
        (Win32Error::NERR_NET_NAME_NOT_FOUND, _)
        | (Win32Error::ERROR_INVALID_NAME, Step::Call("NetrConnectionEnum")) => {
            "there is no share of that name: list the shares"
        }
        _ => return None,
    };
    Some(hint.into())
}
