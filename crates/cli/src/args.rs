//! The command line: every flag is declared once, here or in its subcommand's file.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand};
use netsession_config::parse_time_limit;

use crate::commands::{
    close, completions, connections, end, files, info, reference, sessions, shares, signature,
};
#[cfg(unix)]
use crate::commands::{demo, serve};
use crate::failure::Failure;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
SERVER is fs1, fs1.example.com, \\\\FS1, 10.0.0.5:4450, [::1]:445 or smb://fs1:445; without one, this computer.

Exit status: 0 done, 1 failed or not known, 2 wrong usage, 3 nothing matched, 4 some servers failed.";

/// See who is connected to SMB file servers, and disconnect them
#[derive(Debug, Parser)]
#[command(name = "netsession", version, styles = STYLES, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) connect: Connect,

    /// Print one JSON array instead of a table
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Say on stderr what is done; twice or three times for more
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Sessions(sessions::Args),
    End(end::Args),
    Files(files::Args),
    Close(close::Args),
    Connections(connections::Args),
    Shares(shares::Args),
    Info(info::Args),
    #[cfg(unix)]
    Serve(serve::Args),
    #[cfg(unix)]
    Demo(demo::Args),
    Signature(signature::Args),
    Reference(reference::Args),
    Completions(completions::Args),
}

/// Which servers.
#[derive(Debug, Args)]
pub(crate) struct Servers {
    /// Servers to ask, side by side [default: this computer]
    #[arg(value_name = "SERVER")]
    pub(crate) servers: Vec<String>,
}

/// How to reach a server and log in.
#[derive(Debug, Args)]
pub(crate) struct Connect {
    /// User to log in as
    #[arg(short = 'U', long, value_name = "[DOMAIN\\]USER", global = true, help_heading = "Logging in")]
    pub(crate) login: Option<String>,

    /// Read username, password and domain from a file in Samba's format
    #[arg(short = 'A', long, value_name = "FILE", global = true, help_heading = "Logging in")]
    pub(crate) authentication_file: Option<PathBuf>,

    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "authentication_file", global = true, help_heading = "Logging in")]
    pub(crate) password_stdin: bool,

    /// Refuse servers that cannot encrypt
    #[arg(long, global = true, help_heading = "Connecting")]
    pub(crate) encrypt: bool,

    /// Time limit for connecting and for each call [default: 5 to connect, 20 for a call]
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit, global = true, help_heading = "Connecting")]
    pub(crate) timeout: Option<Duration>,

    /// Ask the local network (NetBIOS) for names that DNS does not know; anybody there can answer
    #[arg(long, global = true, help_heading = "Connecting")]
    pub(crate) netbios: bool,
}

/// The flags of [`Connect`] in a command that logs in nowhere: hidden there, and refused.
#[derive(Debug, Args)]
pub(crate) struct NoLogin {
    #[arg(short = 'U', long, hide = true)]
    login: Option<String>,
    #[arg(short = 'A', long, hide = true)]
    authentication_file: Option<PathBuf>,
    #[arg(long, hide = true)]
    password_stdin: bool,
    #[arg(long, hide = true, value_parser = parse_time_limit)]
    timeout: Option<Duration>,
    #[arg(long, hide = true)]
    netbios: bool,
}

impl NoLogin {
    /// Refuses flags that mean nothing to `command`, given before its name or after it.
    pub(crate) fn check(&self, connect: &Connect, command: &str) -> Result<(), Failure> {
        let flags = [
            ("--login", self.login.is_some() || connect.login.is_some()),
            (
                "--authentication-file",
                self.authentication_file.is_some() || connect.authentication_file.is_some(),
            ),
            ("--password-stdin", self.password_stdin || connect.password_stdin),
            ("--timeout", self.timeout.is_some() || connect.timeout.is_some()),
            ("--netbios", self.netbios || connect.netbios),
        ];
        match flags.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((flag, _)) => {
                Err(Failure::usage(format!("{flag} means nothing to {command}, which logs in nowhere")))
            }
        }
    }
}

/// Which sessions.
#[derive(Debug, Args)]
pub(crate) struct Select {
    /// Sessions of this client: an address, a host name, \\NAME, or a network such as 10.1.0.0/16
    #[arg(long, value_name = "CLIENT", help_heading = "Selecting")]
    pub(crate) client: Option<String>,

    /// Sessions of this user: a name, DOMAIN\name, or a pattern such as 'svc-*'
    #[arg(long, value_name = "USER", help_heading = "Selecting")]
    pub(crate) user: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use crate::exit::Exit;
    use clap::{CommandFactory as _, Parser as _};

    /// If this fails, flags are offered, or taken without a word, that do nothing.
    #[test]
    fn what_logs_in_nowhere_offers_no_login() {
        let of_unix = if cfg!(unix) { ["serve", "demo"].as_slice() } else { &[] };
        for command in of_unix.iter().copied().chain(["signature", "completions"]) {
            let mut all = Cli::command();
            all.build();
            let help = all.find_subcommand_mut(command).unwrap().render_long_help().to_string();
            assert!(!help.contains("--login") && !help.contains("--netbios"), "{help}");
            for line in [["-U", "x", command].as_slice(), &[command, "-U", "x"], &["--netbios", command]] {
                let arguments = std::iter::once("netsession").chain(line.iter().copied());
                let needed = match command {
                    "signature" => Some("NetSessionDel"),
                    "completions" => Some("bash"),
                    _ => None,
                };
                let cli = Cli::try_parse_from(arguments.chain(needed)).unwrap();
                assert!(crate::commands::run(&cli).unwrap_err().exit == Exit::Usage, "{line:?}");
            }
        }
    }

    /// If this fails, two flags contradict each other.
    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
