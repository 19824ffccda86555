use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// How to connect to a server. Signing is always required; there is no option to do without.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// Whether everything after the logon must be encrypted.
    pub encryption: Encryption,
    /// The oldest dialect that is accepted.
    pub min_dialect: Dialect,
    /// The newest dialect that is offered.
    pub max_dialect: Dialect,
    /// How long looking up the name, connecting and logging on may take together.
    pub connect_timeout: Duration,
    /// How long the server may take over one call.
    pub call_timeout: Duration,
    /// Who is asked about a name that DNS does not know.
    pub netbios: NetBios,
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
        }
    }
}

/// When what is sent and received is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// Wherever the server is able to; else what is sent is signed.
    #[default]
    IfOffered,
    /// Always: a server that cannot is refused.
    Required,
}

/// A dialect of SMB 2 or 3 ([MS-SMB2] 2.2.3), the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Whether the NetBIOS name service (RFC 1002) is asked about a name that DNS does not know.
///
/// Anybody on the network can answer a broadcast, so nobody is asked unless this is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetBios {
    /// Nobody is asked.
    #[default]
    Off,
    /// The local network is asked by broadcast.
    Broadcast,
    /// This WINS server is asked.
    Wins(IpAddr),
}

/// How sessions are ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EndOptions {
    /// Whether the session that does the ending may be ended too. It goes last.
    pub include_self: bool,
    /// How long to look again whether what was ended is gone.
    pub verify_timeout: Duration,
}

impl Default for EndOptions {
    fn default() -> Self {
        Self { include_self: false, verify_timeout: Duration::from_secs(5) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, who gives no options waits for other times than are promised, or accepts less protection.
    #[test]
    fn the_defaults_are_the_promised_ones() {
        let options = ConnectOptions::default();
        let limits = [options.connect_timeout, options.call_timeout, EndOptions::default().verify_timeout];
        assert_eq!(limits.map(|limit| limit.as_secs()), [5, 20, 5]);
        assert_eq!((options.min_dialect, options.max_dialect), (Dialect::Smb2_1, Dialect::Smb3_1_1));
        assert_eq!((options.encryption, options.netbios), (Encryption::IfOffered, NetBios::Off));
        assert!(!EndOptions::default().include_self);
    }
}
