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
    /// A user who may log on with a password.
    pub(super) user: Option<&'a str>,
    /// The server's names in a domain, such as `cifs/fs1.lab.test@LAB.TEST`, whose users log on with a ticket.
    pub(super) services: &'a [String],
    /// The file of generated passwords.
    pub(super) generated: Option<std::path::PathBuf>,
    /// What the settings allow that is weaker than the default.
    pub(super) weaknesses: &'a [String],
    /// How commands on this computer find the server; `None` if they do not.
    pub(super) announced: Option<Announced<'a>>,
}

/// How commands on this computer find the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced<'a> {
    /// The user who must run them, if it is not the user who started the server.
    pub(super) user: Option<&'a str>,
    /// The address to name, if several servers of this user run.
    pub(super) address: Option<SocketAddr>,
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
            let how = rules(folder);
            let path = folder.path.display().to_string();
            writeln!(text, "Sharing {TITLE}{}{TITLE:#} ({}{how})", visible(&folder.name), visible(&path))?;
        }
        let requested = || self.addresses.iter().take(self.requested);
        let shown: Vec<String> = requested().map(|address| address.to_string()).collect();
        writeln!(text, "Listening on {TITLE}{}{TITLE:#}", shown.join(", "))?;
        if let Some(path) = &self.generated {
            writeln!(text, "Generated passwords: {} (deleted when the server stops)", shown_path(path))?;
        }
        if !self.services.is_empty() {
            writeln!(
                text,
                "Accepting Kerberos tickets for {TITLE}{}{TITLE:#}",
                visible(&self.services.join(", "))
            )?;
        }
        for weakness in self.weaknesses {
            writeln!(text, "Weaker than the default: {weakness}")?;
        }
        self.write_kerberos_instructions(text)?;
        self.write_instructions(text)?;
        if requested().all(|address| address.ip().is_loopback()) {
            let port = self.addresses.first().map_or(STANDARD_PORT, SocketAddr::port);
            writeln!(text, "\nOnly this computer can connect; --listen 0.0.0.0:{port} lets others connect")?;
        }
        if let Some(command) = self.command() {
            writeln!(text, "To list sessions, run `{command}` in another terminal.")?;
        }
        writeln!(text, "Press Ctrl-C to stop.\n")
    }

    /// The command that lists the sessions of this server: the login file is private to the user whom the server runs as, and
    /// a server must be named where several run.
    fn command(&self) -> Option<String> {
        let Announced { user, address } = self.announced.as_ref()?;
        let sudo = user.map_or_else(String::new, |user| format!("sudo -u {} ", for_shell(user)));
        let address = address.map_or_else(String::new, |address| format!(" {address}"));
        Some(format!("{sudo}netsession sessions{address}"))
    }

    /// Writes how users of the domain connect from each system. The name must be the one of the keytab: there are no tickets
    /// for an address.
    fn write_kerberos_instructions(&self, text: &mut String) -> std::fmt::Result {
        let (Some(address), Some(folder)) = (self.addresses.first(), self.folders.first()) else {
            return Ok(());
        };
        let Some(host) = self.services.first().and_then(|service| host_of(service)) else { return Ok(()) };
        let (host, share, port) = (visible(host), visible(&folder.name), address.port());
        let unc = for_shell(&format!("//{host}/{share}"));
        let (mount_port, tcp_port) = match port {
            STANDARD_PORT => (String::new(), String::new()),
            port => (format!(",port={port}"), format!(" /tcpport:{port}")),
        };
        let url = format!("smb://{host}:{port}/{}", for_url(&share));
        writeln!(text, "\nTo connect as a user of the domain, with a ticket")?;
        writeln!(text, "  Linux    smbclient {unc} -p {port} --use-kerberos=required")?;
        writeln!(text, "           mount -t cifs {unc} /mnt -o sec=krb5{mount_port}")?;
        writeln!(text, "  macOS    open {}", for_shell(&url))?;
        writeln!(text, "  Windows  net use * {}{tcp_port}", for_windows(&format!(r"\\{host}\{share}")))
    }

    /// Writes how to connect with a password from each system.
    fn write_instructions(&self, text: &mut String) -> std::fmt::Result {
        let (Some(address), Some(folder)) = (self.addresses.first(), self.folders.first()) else {
            return Ok(());
        };
        let Some(user) = self.user else { return Ok(()) };
        let (host, port) = (Host::of(address), address.port());
        let Host { bare, in_url, in_unc } = &host;
        let (share, user) = (visible(&folder.name), visible(user));
        let standard = port == STANDARD_PORT;
        let tcp_port = if standard { String::new() } else { format!(" /tcpport:{port}") };
        let unc = for_windows(&format!(r"\\{in_unc}\{share}"));
        let windows = format!("net use * {unc} /user:{} *{tcp_port}", for_windows(&user));
        let url = format!("smb://{}@{in_url}:{port}/{}", for_url(&user), for_url(&share));
        let how = if self.services.is_empty() { "" } else { " with a password" };
        writeln!(text, "\nTo connect{how}")?;
        let source = for_shell(&format!("//{bare}/{share}"));
        writeln!(text, "  Linux    smbclient {source} -p {port} -U {}", for_shell(&user))?;
        // A comma ends the option.
        if !user.contains(',') {
            let port = if standard { String::new() } else { format!(",port={port}") };
            writeln!(
                text,
                "           mount -t cifs {source} /mnt -o {}",
                for_shell(&format!("username={user}{port}"))
            )?;
        }
        writeln!(text, "  macOS    open {}", for_shell(&url))?;
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

/// Describes the rules of a share that are not those of the server.
fn rules(folder: &Folder) -> String {
    let mut rules = String::new();
    if folder.read_only {
        rules += ", read-only";
    }
    if folder.encryption_required == Some(true) {
        rules += ", encrypted";
    }
    if folder.signing_required == Some(true) {
        rules += ", signed";
    }
    if let Some(users) = &folder.users {
        rules += &format!(", for {}", visible(&users.join(", ")));
    }
    rules
}

/// Returns the host of a service such as `cifs/fs1.lab.test@LAB.TEST`.
fn host_of(service: &str) -> Option<&str> {
    let (_, host) = service.split_once('/')?;
    host.split('@').next()
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

/// Quotes a word for a Unix shell if it needs quotes.
fn for_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Quotes a word for a Windows command line if it needs quotes; the word cannot contain any.
fn for_windows(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || r"\/._-+:@$".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("\"{word}\"") }
}

/// Encodes a part of a URL ([RFC 3986] 2.1).
fn for_url(part: &str) -> String {
    let mut coded = String::new();
    for byte in part.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'$' => {
                coded.push(char::from(byte));
            }
            _ => coded.push_str(&format!("%{byte:02X}")),
        }
    }
    coded
}

fn shown_path(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use netsession_server::Folder;

    use super::{Announced, Banner, Host};

    fn text(address: &str, share: &str, user: &str, announced: Announced<'_>) -> String {
        let banner = Banner {
            addresses: &[address.parse().unwrap()],
            requested: 1,
            folders: &[Folder::new(share, "/srv/data")],
            user: Some(user),
            services: &[],
            generated: None,
            weaknesses: &[],
            announced: Some(announced),
        };
        anstream::adapter::strip_str(&banner.text()).to_string()
    }

    /// A failure here would print commands that a shell reads as several words, or that connect to another share.
    #[test]
    fn names_are_quoted_for_each_system() {
        let alone = Announced { user: None, address: None };
        let banner = text("127.0.0.1:4461", "Bob's files", "bob smith", alone);
        for line in [
            r"smbclient '//127.0.0.1/Bob'\''s files' -p 4461 -U 'bob smith'",
            r"mount -t cifs '//127.0.0.1/Bob'\''s files' /mnt -o 'username=bob smith,port=4461'",
            "open smb://bob%20smith@127.0.0.1:4461/Bob%27s%20files",
            r#"net use * "\\127.0.0.1\Bob's files" /user:"bob smith" * /tcpport:4461"#,
            "--listen 0.0.0.0:4461 lets others connect",
            "run `netsession sessions` in",
        ] {
            assert!(banner.contains(line), "{line}\n{banner}");
        }
        let banner = text("127.0.0.1:445", "data", "smith,bob", alone);
        assert!(
            !banner.contains("mount -t cifs"),
            "mount takes what follows a comma for an option: {banner}"
        );
    }

    /// A failure here would send a user to a command that finds no server, or asks which one.
    #[test]
    fn the_command_names_the_user_and_the_server_where_it_must() {
        let address = "127.0.0.1:4461".parse().unwrap();
        let other = Announced { user: Some("nobody"), address: Some(address) };
        let banner = text("127.0.0.1:4461", "data", "bob", other);
        assert!(banner.contains("`sudo -u nobody netsession sessions 127.0.0.1:4461`"), "{banner}");
    }

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
