//! The banner of a running server: what it shares, and how to connect.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use netsession_server::Folder;

use crate::output::{TITLE, visible};

/// The port that every client uses by default.
const STANDARD_PORT: u16 = 445;

/// The contents of the banner.
#[derive(Debug)]
pub(super) struct Banner<'a> {
    /// The addresses on which the server listens: those that the user requested, then one for this computer alone.
    pub(super) addresses: &'a [SocketAddr],
    /// How many of them the user requested.
    pub(super) requested: usize,
    pub(super) folders: &'a [Folder],
    /// A user who may log on.
    pub(super) user: &'a str,
    /// The file of generated passwords.
    pub(super) generated: Option<std::path::PathBuf>,
    /// Whether commands on this computer find the server without its address.
    pub(super) is_announced: bool,
}

impl Banner<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        for folder in self.folders {
            let how = if folder.read_only { ", read-only" } else { "" };
            let path = folder.path.display().to_string();
            writeln!(text, "Sharing {TITLE}{}{TITLE:#} ({}{how})", visible(&folder.name), visible(&path))?;
        }
        let requested = || self.addresses.iter().take(self.requested);
        let shown: Vec<String> = requested().map(|address| address.to_string()).collect();
        writeln!(text, "Listening on {TITLE}{}{TITLE:#}", shown.join(", "))?;
        if let Some(path) = &self.generated {
            writeln!(text, "Generated passwords: {} (deleted when the server stops)", shown_path(path))?;
        }
        self.write_instructions(text)?;
        if requested().all(|address| address.ip().is_loopback()) {
            writeln!(text, "\nOnly this computer can connect; --listen 0.0.0.0:4450 lets others connect")?;
        }
        if self.is_announced {
            writeln!(text, "To list sessions, run `netsession sessions` in another terminal")?;
        }
        writeln!(text, "Press Ctrl-C to stop.\n")
    }

    /// Writes how to connect from each system.
    fn write_instructions(&self, text: &mut String) -> std::fmt::Result {
        let (Some(address), Some(folder)) = (self.addresses.first(), self.folders.first()) else {
            return Ok(());
        };
        let (host, port) = (Host::of(address), address.port());
        let Host { bare, in_url, in_unc } = &host;
        let (share, user) = (visible(&folder.name), self.user);
        let standard = port == STANDARD_PORT;
        let windows = match standard {
            true => format!(r"net use * \\{in_unc}\{share} /user:{user} *"),
            false => format!(r"net use * \\{in_unc}\{share} /user:{user} * /tcpport:{port}"),
        };
        writeln!(text, "\nTo connect")?;
        writeln!(text, "  Linux    smbclient '//{bare}/{share}' -p {port} -U {user}")?;
        writeln!(text, "  macOS    open 'smb://{user}@{in_url}:{port}/{share}'")?;
        writeln!(text, "  Windows  {windows}")?;
        match standard {
            true => Ok(()),
            false => writeln!(
                text,
                "           (Windows 11 24H2, Server 2025 or later; older versions need port 445)"
            ),
        }
    }
}

/// The name or address of the server, in the spelling of each client.
struct Host {
    /// For smbclient.
    bare: String,
    in_url: String,
    /// For Windows, whose paths have no colons: each IPv6 address has a name instead.
    in_unc: String,
}

impl Host {
    fn of(address: &SocketAddr) -> Host {
        let ip = address.ip();
        let name = super::privileges::host_name().filter(|_| ip.is_unspecified());
        let bare = name.unwrap_or_else(|| ip.to_string());
        if bare.contains(':') {
            let in_unc = format!("{}.ipv6-literal.net", bare.replace(':', "-"));
            return Host { in_url: format!("[{bare}]"), in_unc, bare };
        }
        Host { in_url: bare.clone(), in_unc: bare.clone(), bare }
    }
}

fn shown_path(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Host;

    /// A failure here would print commands that do not connect: smbclient takes an IPv6 address as it is, a URL in
    /// brackets, and Windows without colons.
    #[test]
    fn each_client_has_its_own_spelling() {
        let host = |address: &str| Host::of(&address.parse().unwrap());
        let v6 = host("[2001:db8::7]:4450");
        assert_eq!(
            [v6.bare.as_str(), &v6.in_url, &v6.in_unc],
            ["2001:db8::7", "[2001:db8::7]", "2001-db8--7.ipv6-literal.net"]
        );
        let v4 = host("10.0.0.5:445");
        assert_eq!([v4.bare.as_str(), &v4.in_url, &v4.in_unc], ["10.0.0.5"; 3]);
    }
}
