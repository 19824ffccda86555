//! Why this layer cannot query a server, and what a person can do about it: [`Error`] and [`Hint`].

mod account;
mod path;
mod servers;
mod silent_node;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use netsession::{KerberosError, ParseAddressError, ParseLoginError, Win32Error};
use netsession_config::Config;

pub use account::AccountProblem;
pub use path::PathError;
pub use servers::ServersError;
pub use silent_node::{Missing, SilentNode};

/// Why this layer cannot name a server, find a login, or query a server.
///
/// ```
/// use netsession_admin::{Error, Hint, NamedServer};
///
/// let error = NamedServer::parse("fs1/data").unwrap_err();
/// assert!(error.is_usage());
/// assert!(matches!(error.hint(), Some(Hint::ServerForms)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library cannot connect, log on or complete a call.
    #[error(transparent)]
    Server(#[from] netsession::Error),
    /// A file, a variable or a command contains no login.
    #[error(transparent)]
    Config(#[from] netsession_config::Error),
    /// Names, groups and lists mean no servers.
    #[error(transparent)]
    Servers(#[from] ServersError),
    /// A server's name is empty.
    #[error("an empty name is not a server")]
    EmptyServerName,
    /// A text is not the address of a server.
    #[error(transparent)]
    ServerName(#[from] ParseAddressError),
    /// A path leads to no file on a share.
    #[error("{path}: {reason}")]
    Path {
        /// The path.
        path: String,
        /// Why not.
        reason: PathError,
    },
    /// Nobody knows an address of the server or the domain that a path names.
    #[error("{cause}")]
    PathServer {
        /// The name in the path.
        server: String,
        /// The library's error.
        cause: Box<netsession::Error>,
    },
    /// No share of a server contains a path of that server.
    #[error("{path} is in no share of {server}")]
    NotShared {
        /// The server.
        server: String,
        /// The path.
        path: String,
    },
    /// DFS leads to a target that cannot be used.
    #[error("{path} leads to {target}: {cause}")]
    Referral {
        /// The DFS path.
        path: String,
        /// The path to which it leads.
        target: String,
        /// Whether the person or the configuration names the target's server.
        is_named: bool,
        /// Why it cannot be used.
        cause: Box<Error>,
    },
    /// No login for this server is found, and the cause does not name it.
    #[error("{server}: {cause}")]
    OfServer {
        /// The server, as a person or the configuration named it.
        server: String,
        /// Why not.
        cause: Box<Error>,
    },
    /// DFS referrals lead in a circle, so nobody has the path.
    #[error("{path}: its DFS links lead in a circle: {}", circle.join(" to "))]
    ReferralCircle {
        /// The path.
        path: String,
        /// The links of the circle. The last one is the first again.
        circle: Vec<String>,
    },
    /// DFS referrals do not end.
    #[error("{path}: more than {limit} DFS referrals, each to another path")]
    ReferralLoop {
        /// The path.
        path: String,
        /// The most referrals that netsession follows.
        limit: usize,
    },
    /// `NETSESSION_SERVERS` contains a text that is not the address of a server.
    #[error("{variable}: {reason}")]
    ServerList {
        /// The variable.
        variable: &'static str,
        /// What is wrong.
        reason: ParseAddressError,
    },
    /// A text is not a user to log on as.
    #[error(transparent)]
    User(#[from] ParseLoginError),
    /// A password is in a place where other people can read it. The message does not repeat it.
    #[error("a password {place} is refused: others can read it there")]
    PasswordInSight {
        /// The place.
        place: PasswordPlace,
    },
    /// A login and the authentication file name different users.
    #[error("{given_by} names {given}, but the authentication file holds the login of {filed}")]
    TwoUsers {
        /// The flag or the variable.
        given_by: &'static str,
        /// The user that it names.
        given: String,
        /// The user of the file.
        filed: String,
    },
    /// `NETSESSION_KERBEROS` has another value than `required`, `preferred` or `off`.
    #[error("{variable}: expected required, preferred or off")]
    KerberosVariable {
        /// The variable.
        variable: &'static str,
    },
    /// The login needs a ticket, and there is none: Kerberos is required, or the ticket has expired.
    #[error("no Kerberos ticket for {server}: {reason}")]
    NoTicket {
        /// The server.
        server: String,
        /// The user that a source names, such as `adm1@LAB.TEST`.
        user: Option<String>,
        /// Why there is none.
        reason: KerberosError,
    },
    /// A variable of the environment is not UTF-8.
    #[error("{0} is not text (UTF-8)")]
    NotText(&'static str),
    /// No source names a user, and no person can answer a question.
    #[error("no user name for {server}")]
    NoUser {
        /// The server.
        server: String,
        /// Why the logon is not by a ticket; None if Kerberos is turned off, or if there is a password.
        no_ticket: Option<KerberosError>,
    },
    /// No source has the user's password, and no person can answer a question.
    #[error("no password for {user} at {server}")]
    NoPassword {
        /// The user.
        user: String,
        /// The server.
        server: String,
        /// The principal of the user's realm for whom there is no ticket, such as `adm1@LAB.TEST`.
        principal: Option<String>,
    },
    /// No login may go to a server that only a program has named.
    #[error("no login for {server}: {why}")]
    NoLogin {
        /// The server.
        server: String,
        /// Why none of the logins fits.
        why: NoLogin,
    },
    /// The system cannot read standard input.
    #[error("cannot read the password from standard input: {0}")]
    Stdin(io::Error),
    /// Standard input ends before its first line, or that line is empty.
    #[error("standard input has no password")]
    StdinEmpty,
    /// A person did not answer a question.
    #[error("no {what} was typed: {reason}")]
    NotAnswered {
        /// The question.
        what: &'static str,
        /// The terminal's error.
        reason: io::Error,
    },
    /// This layer did not connect to the server, because another server refused the same login, and several wrong
    /// attempts can lock an account.
    #[error("{server} was not tried: {refused_by} has refused the same login of {user}")]
    NotTried {
        /// The server.
        server: String,
        /// The server that refused the login.
        refused_by: String,
        /// The user.
        user: String,
    },
    /// This layer did not connect to the server, because a server has locked the account out for a time, or has it disabled.
    #[error(
        "{server} was not tried: {locked_by} has locked or disabled the account of {user}; the next attempt is in {} min",
        minutes(*.retry)
    )]
    LockedOut {
        /// The server.
        server: String,
        /// The server that has locked the account out, or has it disabled.
        locked_by: String,
        /// The user.
        user: String,
        /// The time until the next attempt.
        retry: Duration,
    },
    /// The server did not answer within the deadline that [`Limits`](crate::Limits) sets.
    #[error("{server} did not answer within {} s", .after.as_secs_f32())]
    DeadlinePassed {
        /// The server.
        server: String,
        /// The deadline.
        after: Duration,
    },
    /// No node of a cluster answers.
    #[error("no node of {cluster} answers{}", cause_of(.cause.as_deref()))]
    NoNode {
        /// The cluster.
        cluster: String,
        /// The error of the first node.
        cause: Option<Box<Error>>,
    },
    /// A node of a cluster does not answer, so a listing lacks what it serves.
    #[error("{server}: {} does not answer: its {missing} are missing here", .node.node)]
    SilentNode {
        /// The cluster, or the node that was asked.
        server: String,
        /// The node.
        node: SilentNode,
        /// What is missing.
        missing: Missing,
    },
    /// A hold cannot disable an account, or cannot enable it again.
    #[error("the account {account} at {server}: {why}")]
    Account {
        /// The server.
        server: String,
        /// The account.
        account: String,
        /// Why not.
        why: AccountProblem,
    },
    /// The configuration requires that changes are recorded in the journal, and they cannot be. Nothing was changed.
    #[error("the configuration requires a journal (required = true): {cause}")]
    NotRecorded {
        /// Why not.
        cause: Arc<netsession_journal::Error>,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] netsession_journal::Error),
    /// The work for the server panicked: a fault of the program, whose message the panic hook has printed.
    #[error("the program failed while it queried {server}; what it had sent may still take effect")]
    Panicked {
        /// The server.
        server: String,
    },
}

/// Returns whole minutes, rounded up.
const fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

/// Returns the end of the error's text.
fn cause_of(cause: Option<&Error>) -> String {
    cause.map(|cause| format!(": {cause}")).unwrap_or_default()
}

/// Why no login may go to a server that only a program has named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoLogin {
    /// The environment has a login, but not for this server.
    NotNamed,
    /// No source has a login.
    NotGiven,
    /// A source names a user, but none has the password.
    NoPassword,
    /// Only a DFS referral names the server, and there is no logon with Kerberos.
    Referred,
}

impl fmt::Display for NoLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotNamed => {
                "the environment's login is only for the local computer's server and for servers that \
                 NETSESSION_SERVERS or the configuration file names"
            }
            Self::NotGiven => {
                "neither netsession_set_login, NETSESSION_LOGIN, NETSESSION_AUTHENTICATION_FILE nor the server's \
                 table in the configuration file gives one"
            }
            Self::NoPassword => "a user is named, but no password",
            Self::Referred => {
                "only a DFS referral names this server: netsession sends no password there, and cannot log on with Kerberos"
            }
        })
    }
}

/// A place where other people can read a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PasswordPlace {
    /// In the address of a server.
    ServerAddress,
    /// After the user on the command line.
    LoginFlag,
    /// After the user in `NETSESSION_LOGIN`.
    LoginVariable,
    /// After a user in the configuration file.
    ConfigFile,
    /// After the user in an answer at the terminal.
    Answer,
}

impl fmt::Display for PasswordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerAddress => "in a server's address",
            Self::LoginFlag => "after the user in --login",
            Self::LoginVariable => "after the user in NETSESSION_LOGIN",
            Self::ConfigFile => "after a user in the configuration file",
            Self::Answer => "after the user",
        })
    }
}

/// What a person can do about an [`Error`]. A front end matches the variants to name its own flags, or prints the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// The library's hint.
    Server(netsession::Hint),
    /// The hint of the crate that reads files.
    Config(netsession_config::Hint),
    /// The hint of the journal.
    Journal(netsession_journal::Hint),
    /// Omit the name to select the local computer.
    OmitServer,
    /// The forms of a server's name.
    ServerForms,
    /// Quote a name with backslashes in the shell.
    QuoteBackslashes,
    /// The forms of a path.
    PathForms,
    /// Name the target of a DFS referral, or give its server a table in the configuration file.
    NameTheTarget {
        /// The path of the target.
        path: String,
    },
    /// Check the name in a path; if it is that of a domain, give it the address of a domain controller.
    NameTheController {
        /// The name.
        domain: String,
    },
    /// How the configuration file defines a group.
    GroupForm(Option<PathBuf>),
    /// The groups that the configuration file has.
    KnownGroups(Vec<String>),
    /// List the shares of a server with their folders.
    ListFolders,
    /// The sources of a user.
    UserSources,
    /// Get a ticket, or the sources of a user.
    TicketOrUser,
    /// Name the server by its DNS name, because a ticket is for no address; or the sources of a user.
    NameOrUser,
    /// The sources of a password.
    PasswordSources,
    /// The sources of a password, or omit it to be asked.
    OmitPassword,
    /// Omit one of two logins.
    OmitOneLogin,
    /// The first line of standard input is the password.
    FirstLine,
    /// Log on again.
    LogOnAgain,
    /// Name the server in `NETSESSION_SERVERS` or in the configuration file.
    NameTheServer,
    /// Allow the server more time.
    MoreTime,
    /// Get a ticket of this user, or give the password.
    GetTicketOf(String),
    /// What to do about an account that a hold cannot disable.
    Account(AccountProblem),
    /// Wait until the cluster has given up a node that does not answer.
    WaitForCluster,
    /// Wait until every node of the cluster answers.
    WaitForNode {
        /// The node.
        node: String,
        /// Why it counts as silent.
        reason: String,
    },
}

/// The hint for a person who can log on by a ticket. A front end adds its own flags to it.
pub const GET_TICKET: &str = "get a Kerberos ticket with kinit";
/// The same for a server that is named by an address.
pub const NAME_SERVER: &str = "name the server by its DNS name to log on by your Kerberos ticket";

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PASSWORDS: &str = "give the password by an authentication file, standard input, NETSESSION_PASSWORD, or \
                                 a password-command in the configuration file";
        const USERS: &str = "name a user, an authentication file, or a login in the configuration file";
        match self {
            Self::Server(hint) => hint.fmt(f),
            Self::Config(hint) => hint.fmt(f),
            Self::Journal(hint) => hint.fmt(f),
            Self::OmitServer => f.write_str("leave it out to mean this computer"),
            Self::ServerForms => f.write_str(
                r"a server is fs1, fs1.example.com, \\FS1, 10.0.0.5:4450, [::1]:445 or smb://fs1:445",
            ),
            Self::QuoteBackslashes => {
                f.write_str(r"write fs1, or quote the name, because the shell removes backslashes: '\\fs1'")
            }
            Self::PathForms => f.write_str(
                r"a path is \\fs1\share\file, //fs1/share/file, smb://fs1/share/file, or a path in a mounted share",
            ),
            Self::NameTheTarget { path } => write!(
                f,
                "if your login may go there, name {path} yourself, or give its server a table in the configuration file"
            ),
            Self::NameTheController { domain } => write!(
                f,
                "check the spelling; if {domain} is a domain, name a controller in the configuration file: \
                 [server.\"{domain}\"] address = \"dc1.{domain}\""
            ),
            Self::GroupForm(file) => {
                f.write_str("define a group in the configuration file ")?;
                file.iter().try_for_each(|file| write!(f, "{} ", file.display()))?;
                f.write_str("by [group.files] and servers = [\"fs1\", \"fs2\"]")
            }
            Self::ListFolders => f.write_str("list the shares with their folders"),
            Self::KnownGroups(groups) => write!(f, "the configuration file has {}", groups.join(", ")),
            Self::UserSources => f.write_str(USERS),
            Self::TicketOrUser => write!(f, "{GET_TICKET}, or {USERS}"),
            Self::NameOrUser => write!(f, "{NAME_SERVER}, or {USERS}"),
            Self::PasswordSources => f.write_str(PASSWORDS),
            Self::OmitPassword => write!(f, "leave it out to be asked for it, or {PASSWORDS}"),
            Self::OmitOneLogin => f.write_str("leave one of them out"),
            Self::FirstLine => f.write_str("its first line is the password"),
            Self::LogOnAgain => f.write_str("log on again: many wrong attempts would lock the account"),
            Self::NameTheServer => f.write_str(
                "name the server in NETSESSION_SERVERS, or give it a table in the configuration file",
            ),
            Self::MoreTime => f.write_str("the server may be overloaded: try again, or allow more time"),
            Self::WaitForCluster => f.write_str(
                "if a node stops answering, the others keep their answers back for half a minute: try again, or allow \
                 more time",
            ),
            Self::WaitForNode { reason, .. } => write!(
                f,
                "{reason}; it may still serve its users, and the other nodes forget them until it answers"
            ),
            Self::Account(problem) => f.write_str(problem.hint()),
            Self::GetTicketOf(user) => write!(f, "get a ticket with kinit {user}, or {PASSWORDS}"),
        }
    }
}

impl Error {
    /// Names a server in an error of the search for its login, which does not always do so: a command that prints a password fails.
    pub(crate) fn of_server(self, server: &str) -> Self {
        if self.to_string().contains(server) {
            return self;
        }
        Self::OfServer { server: server.to_owned(), cause: Box::new(self) }
    }

    /// Returns what a person can do about this error, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Self::Server(error) => error.hint().map(Hint::Server),
            Self::Config(error) => error.hint().map(Hint::Config),
            Self::NotRecorded { cause } => cause.hint().map(Hint::Journal),
            Self::Journal(error) => error.hint().map(Hint::Journal),
            Self::Servers(ServersError::UnknownGroup { known, .. }) if !known.is_empty() => {
                Some(Hint::KnownGroups(known.clone()))
            }
            Self::Servers(ServersError::UnknownGroup { .. } | ServersError::NoGroupName { .. }) => {
                Some(Hint::GroupForm(Config::file()))
            }
            Self::Servers(ServersError::Member { reason, .. } | ServersError::ListMistake { reason, .. }) => {
                reason.hint()
            }
            Self::EmptyServerName => Some(Hint::OmitServer),
            Self::ServerName(ParseAddressError::Backslash(_)) => Some(Hint::QuoteBackslashes),
            Self::ServerName(_) | Self::ServerList { .. } => Some(Hint::ServerForms),
            Self::Path { .. } => Some(Hint::PathForms),
            Self::PathServer { server, .. } => Some(Hint::NameTheController { domain: server.clone() }),
            Self::Referral { target, is_named: false, .. } => {
                Some(Hint::NameTheTarget { path: target.clone() })
            }
            Self::Referral { cause, .. } | Self::OfServer { cause, .. } => cause.hint(),
            Self::PasswordInSight { .. } => Some(Hint::OmitPassword),
            Self::TwoUsers { .. } => Some(Hint::OmitOneLogin),
            Self::NotShared { .. } => Some(Hint::ListFolders),
            Self::NoUser { no_ticket, .. } => Some(match no_ticket {
                Some(KerberosError::NeedsName) => Hint::NameOrUser,
                Some(reason) if reason.hint() == netsession::Hint::GetTicket => Hint::TicketOrUser,
                _ => Hint::UserSources,
            }),
            Self::NoPassword { principal: Some(principal), .. } => Some(Hint::GetTicketOf(principal.clone())),
            Self::NoPassword { .. } => Some(Hint::PasswordSources),
            Self::NoLogin { why: NoLogin::NotNamed, .. } => Some(Hint::NameTheServer),
            Self::Account { why, .. } => Some(Hint::Account(*why)),
            Self::StdinEmpty => Some(Hint::FirstLine),
            Self::NotTried { .. } => Some(Hint::LogOnAgain),
            Self::NoNode { cause: None, .. } => Some(Hint::WaitForCluster),
            Self::NoNode { cause: Some(cause), .. } => match **cause {
                Self::Server(netsession::Error::TimedOut { .. }) => Some(Hint::WaitForCluster),
                _ => cause.hint(),
            },
            Self::SilentNode { node, .. } => {
                Some(Hint::WaitForNode { node: node.node.clone(), reason: node.reason.clone() })
            }
            Self::DeadlinePassed { .. } => Some(Hint::MoreTime),
            Self::NoTicket { reason, user, .. } => Some(match (reason.hint(), user) {
                (netsession::Hint::GetTicket, Some(user)) => Hint::GetTicketOf(user.clone()),
                (hint, _) => Hint::Server(hint),
            }),
            Self::User(_)
            | Self::KerberosVariable { .. }
            | Self::NotText(_)
            | Self::Servers(_)
            | Self::NoLogin { .. }
            | Self::ReferralLoop { .. }
            | Self::ReferralCircle { .. }
            | Self::Stdin(_)
            | Self::NotAnswered { .. }
            | Self::LockedOut { .. }
            | Self::Panicked { .. } => None,
        }
    }

    /// Returns the code that Windows' functions return for this error. A missing login is `ERROR_ACCESS_DENIED`.
    #[must_use]
    pub fn win32(&self) -> Win32Error {
        match self {
            Self::Server(error) => error.win32(),
            Self::Config(error) => error.win32(),
            Self::EmptyServerName | Self::ServerName(_) | Self::Servers(_) => {
                Win32Error::NERR_INVALID_COMPUTER
            }
            Self::Referral { cause, .. } | Self::OfServer { cause, .. } => cause.win32(),
            Self::PathServer { cause, .. } => cause.win32(),
            Self::NoNode { cause: Some(cause), .. } => cause.win32(),
            Self::NoNode { cause: None, .. } | Self::SilentNode { .. } => Win32Error::ERROR_SEM_TIMEOUT,
            Self::NotTried { .. } => Win32Error::ERROR_LOGON_FAILURE,
            Self::LockedOut { .. } => Win32Error::ERROR_ACCOUNT_LOCKED_OUT,
            Self::DeadlinePassed { .. } => Win32Error::ERROR_SEM_TIMEOUT,
            Self::Panicked { .. } => Win32Error::NERR_INTERNAL_ERROR,
            _ => Win32Error::ERROR_ACCESS_DENIED,
        }
    }

    /// Whether the command line, a file or a variable is wrong. Then this layer has sent nothing to a server.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Server(error) => {
                matches!(error, netsession::Error::Local { .. } | netsession::Error::SeveralLocal { .. })
            }
            Self::Config(error) => error.is_usage(),
            Self::OfServer { cause, .. } => cause.is_usage(),
            Self::NotRecorded { .. }
            | Self::Account { .. }
            | Self::Journal(_)
            | Self::NotTried { .. }
            | Self::LockedOut { .. }
            | Self::DeadlinePassed { .. }
            | Self::NoNode { .. }
            | Self::SilentNode { .. }
            | Self::Panicked { .. }
            | Self::PathServer { .. }
            | Self::NotShared { .. }
            | Self::Referral { .. }
            | Self::ReferralLoop { .. }
            | Self::ReferralCircle { .. } => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
