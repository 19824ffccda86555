//! The flags that several commands share.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::ValueHint;
use netsession::Kerberos;
use netsession_config::parse_time_limit;

/// The servers to query.
#[derive(Debug, Args)]
pub(crate) struct Servers {
    /// Servers and @groups to query in parallel [default: this computer]
    #[arg(value_name = "SERVER")]
    pub(crate) servers: Vec<String>,
}

/// The output format.
#[derive(Debug, Args)]
pub(crate) struct Format {
    /// Print one JSON array instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whether to list again and again.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// List every SECONDS, and print what comes, goes and changes; with --json, one line of JSON per event
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit)]
    pub(crate) watch: Option<Duration>,
}

/// More servers, and servers to leave out.
#[derive(Debug, Args)]
pub(crate) struct MoreServers {
    /// Leave out this server or @group; repeat for several
    #[arg(long, value_name = "SERVER", help_heading = "Servers")]
    pub(crate) exclude: Vec<String>,

    /// Add the servers and @groups of a file (`-`: standard input), one on each line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Servers")]
    pub(crate) servers_from: Option<PathBuf>,
}

impl MoreServers {
    /// Whether one of the flags is given.
    pub(crate) fn is_given(&self) -> bool {
        self.servers_from.is_some() || !self.exclude.is_empty()
    }

    /// Whether standard input is the list of servers.
    pub(crate) fn is_stdin_list(&self) -> bool {
        self.servers_from.as_deref() == Some(Path::new("-"))
    }
}

/// How to connect to a server and log on.
#[derive(Debug, Args)]
pub(crate) struct Connect {
    #[command(flatten)]
    pub(crate) more: MoreServers,

    /// User to log on as
    #[arg(short = 'U', long, value_name = "[DOMAIN\\]USER", help_heading = "Logon")]
    pub(crate) login: Option<String>,

    /// Read the username, password and domain from a file in Samba's format
    #[arg(short = 'A', long, value_name = "FILE", help_heading = "Logon")]
    pub(crate) authentication_file: Option<PathBuf>,

    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "authentication_file", help_heading = "Logon")]
    pub(crate) password_stdin: bool,

    /// Log on by Kerberos or by NTLM: `required`, `preferred` or `off` [default: preferred]
    #[arg(long, value_name = "WHEN", help_heading = "Logon")]
    pub(crate) kerberos: Option<Kerberos>,

    /// Log on by Kerberos only, as `--kerberos required`
    #[arg(short = 'k', conflicts_with = "kerberos", help_heading = "Logon")]
    pub(crate) kerberos_only: bool,

    /// Log on by Kerberos with the user's keys in this keytab
    #[arg(
        long,
        value_name = "FILE",
        requires = "login",
        conflicts_with_all = ["password_stdin", "authentication_file"],
        help_heading = "Logon"
    )]
    pub(crate) keytab: Option<PathBuf>,

    /// Require encryption and refuse servers that do not support it
    #[arg(long, help_heading = "Connection")]
    pub(crate) encrypt: bool,

    /// Time limit for connecting and for each call [default: 5 to connect, 20 per call]
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit, help_heading = "Connection")]
    pub(crate) timeout: Option<Duration>,

    /// Look up names that DNS does not know by NetBIOS broadcast; any local host can answer
    #[arg(long, help_heading = "Connection")]
    pub(crate) netbios: bool,
}

/// The sessions to select.
#[derive(Debug, Args)]
pub(crate) struct Select {
    /// Select sessions from this client: an address, a host name, \\NAME, or a network such as 10.1.0.0/16
    #[arg(long, value_name = "CLIENT", help_heading = "Selection")]
    pub(crate) client: Option<String>,

    /// Select sessions of this user: a name, DOMAIN\name, or a pattern such as 'svc-*'
    #[arg(long, value_name = "USER", help_heading = "Selection")]
    pub(crate) user: Option<String>,
}

/// Parses the address of `--listen`.
pub(crate) fn parse_listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 0.0.0.0:4450")
}
