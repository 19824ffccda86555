//! What is said once the server listens: what it shares, and how to connect.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use netsession_server::Folder;

use crate::output::{TITLE, visible};

/// The port at which every client looks by itself.
const STANDARD_PORT: u16 = 445;

pub(super) struct Greeting<'a> {
    /// Where it listens; after those that were asked for, one that only this computer reaches.
    pub(super) addresses: &'a [SocketAddr],
    pub(super) asked: usize,
    pub(super) folders: &'a [Folder],
    /// Somebody who may log on.
    pub(super) user: &'a str,
    /// Where passwords are that were made up.
    pub(super) generated: Option<std::path::PathBuf>,
    /// Whether commands of this computer find the server.
    pub(super) is_near: bool,
}

impl Greeting<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        for folder in self.folders {
            let how = if folder.read_only { ", read only" } else { "" };
            let path = folder.path.display().to_string();
            writeln!(text, "Sharing {TITLE}{}{TITLE:#} ({}{how})", visible(&folder.name), visible(&path))?;
        }
        let asked: Vec<String> =
            self.addresses.iter().take(self.asked).map(|address| address.to_string()).collect();
        writeln!(text, "Listening on {TITLE}{}{TITLE:#}", asked.join(", "))?;
        if let Some(path) = &self.generated {
            writeln!(text, "The passwords are in {} (it goes when the server does)", shown(path))?;
        }
        self.write_ways_in(text)?;
        if self.addresses.iter().take(self.asked).all(|address| address.ip().is_loopback()) {
            writeln!(text, "\nOnly this computer can connect. For others too: --listen 0.0.0.0:4450")?;
        }
        if self.is_near {
            writeln!(text, "Who is connected, in another terminal: netsession sessions")?;
        }
        writeln!(text, "Ctrl-C stops it.\n")
    }

    /// How clients of other makers are told where to connect.
    fn write_ways_in(&self, text: &mut String) -> std::fmt::Result {
        let (Some(address), Some(folder)) = (self.addresses.first(), self.folders.first()) else {
            return Ok(());
        };
        let (host, port) = (host(address), address.port());
        let (share, user) = (visible(&folder.name), self.user);
        let standard = port == STANDARD_PORT;
        let windows = match standard {
            true => format!(r"net use * \\{host}\{share} /user:{user} *"),
            false => format!(r"net use * \\{host}\{share} /user:{user} * /tcpport:{port}"),
        };
        writeln!(text, "\nTo connect")?;
        writeln!(text, "  Linux    smbclient '//{host}/{share}' -p {port} -U {user}")?;
        writeln!(text, "  macOS    open 'smb://{user}@{host}:{port}/{share}'")?;
        writeln!(text, "  Windows  {windows}")?;
        match standard {
            true => Ok(()),
            false => writeln!(
                text,
                "           (Windows 11 24H2, Server 2025 or later; earlier ones know port 445 only)"
            ),
        }
    }
}

/// A name or address under which others reach the server.
fn host(address: &SocketAddr) -> String {
    match (address.ip().is_unspecified(), super::privileges::host_name()) {
        (true, Some(name)) => name,
        _ if address.is_ipv6() => format!("[{}]", address.ip()),
        _ => address.ip().to_string(),
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}
