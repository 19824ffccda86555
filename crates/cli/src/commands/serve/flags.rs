//! The flags of `serve` that describe the server: a configuration file replaces all of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use netsession_server::Folder;

use super::dialects::{self, Dialects};
use super::{Signing, share_flag};
use crate::failure::Failure;
use crate::flags::{parse_age, parse_listen_address};

/// What a server shares, with whom, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Folder to share, named by the last component of its path
    #[arg(value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// Share the folder DIR as NAME. OPTIONs, separated by commas, are ro (read-only), encrypt=required|off,
    /// signing=required|off and users=NAME+NAME. A path that ends like options needs another colon after it
    #[arg(long = "share", value_name = "NAME=DIR[:OPTION,...]", value_parser = share_flag::parse)]
    pub(super) shares: Vec<Folder>,
    /// Let this user log on; asks for the password, or generates it without a terminal. A user of a domain,
    /// alice@LAB.TEST or *@LAB.TEST, logs on with Kerberos without a password (--keytab)
    #[arg(long = "user", value_name = "NAME", help_heading = "Users")]
    pub(super) users: Vec<String>,
    /// Read users from a private file with lines `name:password` or `name:nt:HEX`
    #[arg(long, value_name = "FILE", help_heading = "Users")]
    pub(super) users_file: Option<PathBuf>,
    /// Let this user also list and end sessions from other computers
    #[arg(long = "admin", value_name = "NAME", help_heading = "Users")]
    pub(super) admins: Vec<String>,
    /// Accept Kerberos with the server's keys in this keytab, cifs/HOST@REALM
    #[arg(long, value_name = "FILE", help_heading = "Users")]
    pub(super) keytab: Option<PathBuf>,
    /// Refuse NTLM: users log on with Kerberos only, except for commands on this computer
    #[arg(long, requires = "keytab", conflicts_with = "users_file", help_heading = "Users")]
    pub(super) no_ntlm: bool,
    /// Address to listen on; port 0 picks a free port [default: 127.0.0.1:4450, or the sockets that systemd passes]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listen_address, help_heading = "Network")]
    pub(super) listen: Vec<SocketAddr>,
    /// Let administrators share folders below DIR, and stop sharing them, while the server runs (repeatable)
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(super) allow_shares_in: Vec<PathBuf>,
    /// Whether clients must sign their requests
    #[arg(long, value_enum, default_value = "required", help_heading = "Network")]
    pub(super) signing: Signing,
    /// Require encryption and refuse clients that do not support it
    #[arg(long, help_heading = "Network")]
    pub(super) encrypt: bool,
    /// Dialects of SMB to speak, from the oldest to the newest: 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1. Old devices and some
    /// programs speak 2.0.2 only
    #[arg(long, value_name = "OLDEST-NEWEST", value_parser = dialects::parse, default_value = dialects::DEFAULT, help_heading = "Network")]
    pub(super) dialects: Dialects,
    /// Let a client use several connections for one session (SMB multichannel); disables AES-GMAC signing
    #[arg(long, help_heading = "Network")]
    pub(super) multichannel: bool,
    /// End sessions without an open file that send no request for this long, such as 30m or 8h; the default is never
    #[arg(long, value_name = "DURATION", value_parser = parse_age, help_heading = "Network")]
    pub(super) idle_timeout: Option<Duration>,
    /// Append a line of JSON for each use of a file to FILE, or write them to stdout for `-` (then the log of activity goes
    /// to stderr). SIGHUP opens FILE again
    #[arg(long, value_name = "FILE|-", value_hint = clap::ValueHint::FilePath)]
    pub(super) access_log: Option<PathBuf>,
    /// Refuse the logon of users and clients whom a hold in the journal of this user keeps out (`netsession hold`)
    #[arg(long, help_heading = "Users")]
    pub(super) holds: bool,
    /// Name of the server for clients and announcements: 1 to 15 letters, digits and hyphens; the default is the computer's
    #[arg(long, value_name = "NAME", value_parser = server_name, help_heading = "Network")]
    pub(super) name: Option<String>,
    /// Let Finder (mDNS) and Explorer (WS-Discovery) find the server in its networks
    #[arg(long, help_heading = "Network")]
    pub(super) announce: bool,
    /// Give up root for this user once the server listens
    #[arg(long, value_name = "USER", help_heading = "Network")]
    pub(super) run_as: Option<String>,
}

/// Parses a name that every client can use.
fn server_name(text: &str) -> Result<String, &'static str> {
    match netsession_config::is_server_name(text) {
        true => Ok(text.to_owned()),
        false => Err("use 1 to 15 letters, digits and hyphens"),
    }
}

impl Flags {
    /// The folders to share: at least one.
    pub(super) fn folders(&self) -> Result<Vec<Folder>, Failure> {
        let mut folders = Vec::new();
        if let Some(dir) = &self.dir {
            let path = dir.canonicalize().map_err(|error| {
                Failure::usage(format!("cannot share {}: {error}", dir.display()))
                    .hint("DIR must be a folder on this computer")
            })?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.ok_or_else(|| {
                Failure::usage(format!("cannot share {}: the path has no last component", dir.display()))
                    .hint("choose a name with --share NAME=DIR")
            })?;
            folders.push(Folder::new(name, path));
        }
        folders.extend(self.shares.iter().cloned());
        for folder in &folders {
            share_flag::is_folder(&folder.path).map_err(|problem| {
                Failure::usage(format!("cannot share {}: {problem}", folder.path.display()))
                    .hint("DIR must be a folder on this computer")
            })?;
        }
        match folders.is_empty() {
            false => Ok(folders),
            true => Err(Failure::usage("nothing to share")
                .hint("pass DIR to share a folder, or --share NAME=DIR[:OPTION,...] for each of several")),
        }
    }
}
