use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::name;

/// The address of a file server: a host and a TCP port.
///
/// Parse it from `fs1`, `fs1.example.com`, `\\FS1`, `10.0.0.5:4450`, `[::1]:445` or `smb://fs1:445`. Its text omits the
/// port 445.
///
/// ```
/// let server: netsession::ServerAddress = r"\\FS1".parse()?;
/// assert_eq!((server.host(), server.port()), ("FS1", 445));
///
/// let local = netsession::ServerAddress::from(std::net::SocketAddr::from(([127, 0, 0, 1], 4450)));
/// assert_eq!(local.to_string(), "127.0.0.1:4450");
/// # Ok::<(), netsession::ParseAddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    host: String,
    port: u16,
}

/// Why a text is not the address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAddressError {
    /// The text names no host.
    #[error("no server is named")]
    Empty,
    /// The port is not a number from 1 to 65535.
    #[error("invalid port {0} (use 1 to 65535)")]
    Port(String),
    /// The host contains a character that host names and addresses do not have.
    #[error("`{0}` is not a host name or an address")]
    Host(String),
    /// A share or folder follows the host.
    #[error("`{0}` contains a share or folder: name only the server")]
    Path(String),
    /// The text begins with one backslash: a POSIX shell leaves one of the two in `\\\\fs1` without quotes.
    #[error("`{0}` begins with one backslash instead of two")]
    Backslash(String),
    /// A user precedes the host.
    #[error("`{0}` contains a user: pass the login separately")]
    User(String),
}

impl ServerAddress {
    /// The port of SMB over TCP ([MS-SMB2] 1.9).
    pub const DEFAULT_PORT: u16 = 445;

    /// Returns the address of a server by its host name or address (IPv6 without brackets) and port.
    ///
    /// # Errors
    /// [`ParseAddressError::Host`] or [`ParseAddressError::Empty`] if `host` cannot be a host;
    /// [`ParseAddressError::Port`] if `port` is 0.
    pub fn new(host: &str, port: u16) -> Result<Self, ParseAddressError> {
        if port == 0 {
            return Err(ParseAddressError::Port("0".into()));
        }
        Ok(Self { host: checked_host(host, host)?, port })
    }

    /// The host name or address: no `\\`, no brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

/// Keeps the address unchanged, with the scope of an IPv6 address. Nothing listens on port 0, so connecting to it
/// fails.
impl From<SocketAddr> for ServerAddress {
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
            address => address.ip().to_string(),
        };
        Self { host, port: address.port() }
    }
}

impl FromStr for ServerAddress {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.trim();
        let rest = strip_prefix_ignoring_case(rest, "smb://")
            .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
            .or_else(|| rest.strip_prefix(r"\\"))
            .or_else(|| rest.strip_prefix("//"))
            .unwrap_or(rest);
        if text.trim().strip_prefix('\\').is_some_and(|rest| !rest.contains(['/', '\\'])) {
            return Err(ParseAddressError::Backslash(text.into()));
        }
        if rest.contains(['/', '\\']) {
            return Err(ParseAddressError::Path(text.into()));
        }
        if rest.contains('@') {
            return Err(ParseAddressError::User(text.into()));
        }
        let (host, port) = split_port(rest).ok_or_else(|| ParseAddressError::Host(text.into()))?;
        let port = match port {
            None => Self::DEFAULT_PORT,
            Some(port) => parse_port(port).ok_or_else(|| ParseAddressError::Port(port.into()))?,
        };
        Ok(Self { host: checked_host(host, text)?, port })
    }
}

/// Splits `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address into the host and the port.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']')?;
        is_ipv6(host).then_some(())?;
        return match rest {
            "" => Some((host, None)),
            rest => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    if is_ipv6(text) {
        return Some((text, None));
    }
    Some(text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))))
}

/// Whether the text is an IPv6 address, with or without its scope.
fn is_ipv6(text: &str) -> bool {
    let (address, scope) = text.split_once('%').map_or((text, None), |(a, scope)| (a, Some(scope)));
    address.parse::<Ipv6Addr>().is_ok() && scope != Some("")
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|port| *port != 0)
}

fn checked_host(host: &str, text: &str) -> Result<String, ParseAddressError> {
    let refused = |c: char| c.is_whitespace() || c.is_control() || r#"/\:*?"<>|,;@#[]="#.contains(c);
    match host {
        "" => Err(ParseAddressError::Empty),
        host if is_ipv6(host) || host.parse::<Ipv4Addr>().is_ok() => Ok(host.into()),
        host if host.contains(refused) || host.starts_with(['-', '.']) || name::is_numbers(host) => {
            Err(ParseAddressError::Host(text.into()))
        }
        host => Ok(host.into()),
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.host.contains(':'), self.port) {
            (_, Self::DEFAULT_PORT) => f.write_str(&self.host),
            (true, port) => write!(f, "[{}]:{port}", self.host),
            (false, port) => write!(f, "{}:{port}", self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> (String, u16) {
        let address: ServerAddress = text.parse().unwrap();
        (address.host, address.port)
    }

    /// A failure here would refuse a documented form of address, or connect to another server.
    #[test]
    fn every_documented_form_is_parsed() {
        for text in ["fs1", r"\\fs1", "//fs1", "smb://fs1", "smb://fs1:445", "SMB://fs1/", "fs1:445", " fs1 "]
        {
            assert_eq!(parsed(text), ("fs1".into(), 445), "{text}");
        }
        assert_eq!(parsed("fs1.example.com"), ("fs1.example.com".into(), 445));
        assert_eq!(parsed("10.0.0.5:4450"), ("10.0.0.5".into(), 4450));
        for text in ["[::1]:445", "[::1]", "::1", "smb://[::1]"] {
            assert_eq!(parsed(text), ("::1".into(), 445), "{text}");
        }
        assert_eq!(parsed("fe80::1%eth0"), ("fe80::1%eth0".into(), 445));
    }

    /// A failure here would connect to another host than the user typed, instead of explaining the mistake.
    #[test]
    fn a_text_that_is_not_an_address_is_refused_with_its_reason() {
        let error = |text: &str| text.parse::<ServerAddress>().unwrap_err();
        assert_eq!(error(""), ParseAddressError::Empty);
        assert_eq!(error(r"\\"), ParseAddressError::Empty);
        assert_eq!(error("fs1:0"), ParseAddressError::Port("0".into()));
        assert_eq!(error("fs1:+5"), ParseAddressError::Port("+5".into()));
        assert_eq!(error("fs1:70000"), ParseAddressError::Port("70000".into()));
        assert_eq!(error("fs1:"), ParseAddressError::Port(String::new()));
        assert!(matches!(error(r"\\fs1\data"), ParseAddressError::Path(_)));
        assert!(matches!(error("smb://fs1/data"), ParseAddressError::Path(_)));
        assert!(matches!(error(r"\fs1data"), ParseAddressError::Backslash(_)));
        assert!(matches!(error(r"\\\fs1"), ParseAddressError::Path(_)));
        assert!(matches!(error("smb://bob@fs1"), ParseAddressError::User(_)));
        for text in [
            "fs 1",
            "[fs1]",
            "[::1",
            "-fs1",
            "fs1,fs2",
            "10.1.0.0/16",
            "fs*",
            "[::1]x",
            "10.1",
            "10.0.0.256",
            "0x7f.1:445",
            "4450",
        ] {
            assert!(text.parse::<ServerAddress>().is_err(), "{text}");
        }
    }

    /// A failure here would make a program connect to another address than its listener has.
    #[test]
    fn a_socket_address_keeps_host_port_and_scope() {
        for (address, shown) in [
            ("127.0.0.1:445", "127.0.0.1"),
            ("127.0.0.1:4450", "127.0.0.1:4450"),
            ("[::1]:4450", "[::1]:4450"),
            ("[fe80::1%3]:445", "fe80::1%3"),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            let server = ServerAddress::from(address);
            assert_eq!((server.to_string().as_str(), server.port()), (shown, address.port()));
            assert_eq!(shown.parse(), Ok(server));
        }
    }

    proptest! {
        /// A failure here would let some text crash the parser, or show another server than the user named.
        #[test]
        fn a_shown_address_parses_to_itself(text in r"(smb://|\\\\)?[a-z0-9:.\[\]%-]{0,20}") {
            if let Ok(address) = text.parse::<ServerAddress>() {
                prop_assert_eq!(address.to_string().parse::<ServerAddress>().unwrap(), address);
            }
        }
    }
}
