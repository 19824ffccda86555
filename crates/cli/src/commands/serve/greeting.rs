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
                "           (Windows 11 24H2, Server 2025 or later; earlier ones know port 445 only)"
            ),
        }
    }
}

/// A name or address under which others reach the server, as each of them writes it.
struct Host {
    /// As smbclient takes it.
    bare: String,
    in_url: String,
    /// Windows has no colons in a path, and a name for each IPv6 address in place of them.
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

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Host;

    /// If this fails, what is printed to be pasted does not connect: smbclient takes an IPv6 address as it is, a URL in
    /// brackets, and Windows without colons.
    #[test]
    fn each_client_is_told_its_own_spelling() {
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
