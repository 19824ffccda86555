use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::{Kerberos, ServerAddress};

/// How to connect to a server. The library signs or encrypts every connection; no option turns this off.
///
/// ```
/// use std::time::Duration;
///
/// use netsession::{ConnectOptions, Encryption};
///
/// let options = ConnectOptions {
///     encryption: Encryption::Required,
///     connect_timeout: Duration::from_secs(2),
///     ..ConnectOptions::default()
/// };
/// assert_eq!(options.call_timeout, Duration::from_secs(20));
/// ```
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Whether every message after the logon must be encrypted.
    pub encryption: Encryption,
    /// The oldest dialect to accept.
    pub min_dialect: Dialect,
    /// The newest dialect to offer.
    pub max_dialect: Dialect,
    /// The limit for looking up the name, connecting and logging on together.
    pub connect_timeout: Duration,
    /// The limit for the response to one call.
    pub call_timeout: Duration,
    /// Which NetBIOS name service to ask for a name that DNS does not know.
    pub netbios: NetBios,
    /// Whether to log on with Kerberos or with NTLM.
    pub kerberos: Kerberos,
    /// The name for which to get a ticket, if the server is reached by an address or by an alias that the domain does not
    /// know. None takes the server's own name.
    pub kerberos_name: Option<String>,
    /// The name by which a person knows the server, if it is not the name or the address that the library connects to.
    /// Errors show both, as `fs1 (10.0.0.5:4450)`.
    pub alias: Option<String>,
}

impl ConnectOptions {
    /// Returns what errors call the server.
    pub(crate) fn shown(&self, server: &ServerAddress) -> String {
        match &self.alias {
            Some(alias) => format!("{alias} ({server})"),
            None => server.to_string(),
        }
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            encryption: Encryption::IfOffered,
            min_dialect: Dialect::Smb2_1,
            max_dialect: Dialect::Smb3_1_1,
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(20),
            netbios: NetBios::Off,
            kerberos: Kerberos::Preferred,
            kerberos_name: None,
            alias: None,
        }
    }
}

/// When the library encrypts messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Encryption {
    /// Encrypts if the server can; signs otherwise.
    #[default]
    IfOffered,
    /// Refuses a server that cannot encrypt ([`Error::Insecure`](crate::Error::Insecure)).
    Required,
}

/// A dialect of SMB 2 or 3 ([MS-SMB2] 2.2.3), the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// SMB 2.1 (0x0210).
    Smb2_1,
    /// SMB 3.0 (0x0300).
    Smb3_0,
    /// SMB 3.0.2 (0x0302).
    Smb3_0_2,
    /// SMB 3.1.1 (0x0311).
    Smb3_1_1,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smb2_1 => "2.1",
            Self::Smb3_0 => "3.0",
            Self::Smb3_0_2 => "3.0.2",
            Self::Smb3_1_1 => "3.1.1",
        })
    }
}

/// Which NetBIOS name service (RFC 1002) to ask for a name that DNS does not know.
///
/// The default is [`NetBios::Off`], because any computer on the network can answer a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum NetBios {
    /// No name service.
    #[default]
    Off,
    /// The computers of the local network, by broadcast.
    Broadcast,
    /// This WINS server.
    Wins(IpAddr),
}

/// How to end sessions.
///
/// ```
/// let options = netsession::EndOptions { include_self: true, ..Default::default() };
/// assert_eq!(options.verify_timeout, std::time::Duration::from_secs(5));
/// ```
#[derive(Debug, Clone)]
pub struct EndOptions {
    /// Whether to end this connection's own session too. It ends last.
    pub include_self: bool,
    /// Whether to end the sessions of computers (`FS1$`) too, if only [`Selector::All`](crate::Selector::All), a
    /// pattern or a network selects them. The plan always ends sessions of a user or a client that the selector names
    /// exactly.
    pub include_computers: bool,
    /// Whether to spare every session of the account as which this connection logged on, unless the selector names the
    /// session's client exactly. Something that ends sessions again and again, such as a hold, would otherwise end the
    /// other connections of its own account.
    pub spares_own_account: bool,
    /// Other users as which this program is logged on at the server. Their sessions from the address of this connection stay:
    /// a program that ends sessions over several connections would otherwise end its own.
    pub spared_users: Vec<String>,
    /// How long to verify that the ended sessions are gone.
    pub verify_timeout: Duration,
}

impl Default for EndOptions {
    fn default() -> Self {
        Self {
            include_self: false,
            include_computers: false,
            spares_own_account: false,
            spared_users: Vec::new(),
            verify_timeout: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would change the documented limits, or accept less protection, for every caller without options.
    #[test]
    fn the_defaults_are_the_documented_ones() {
        let options = ConnectOptions::default();
        let limits = [options.connect_timeout, options.call_timeout, EndOptions::default().verify_timeout];
        assert_eq!(limits.map(|limit| limit.as_secs()), [5, 20, 5]);
        assert_eq!((options.min_dialect, options.max_dialect), (Dialect::Smb2_1, Dialect::Smb3_1_1));
        assert_eq!((options.encryption, options.netbios), (Encryption::IfOffered, NetBios::Off));
        let ending = EndOptions::default();
        assert!(!ending.include_self && !ending.include_computers && !ending.spares_own_account);
        assert!(ending.spared_users.is_empty());
    }
}
