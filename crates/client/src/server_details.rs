use std::fmt;

use crate::{Dialect, LogonMechanism};

/// A server's description of itself, and the protection of the connection to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerDetails {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// The major and the minor version of its system.
    pub version: Option<(u32, u32)>,
    /// Its roles.
    pub server_type: ServerType,
    /// The administrator's comment.
    pub comment: String,
    /// The dialect of the connection.
    pub dialect: Dialect,
    /// Whether the connection is signed.
    pub signed: bool,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// The mechanism by which the user is logged on.
    pub mechanism: LogonMechanism,
    /// The user who is logged on: `adm1@LAB.TEST` with Kerberos, the login's own spelling with NTLM.
    pub user: String,
}

/// A platform ([MS-SRVS] 2.2.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Platform(pub u32);

/// The name of the platform, or its number.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            300 => f.write_str("DOS"),
            400 => f.write_str("OS/2"),
            500 => f.write_str("NT"),
            600 => f.write_str("OSF"),
            700 => f.write_str("VMS"),
            other => other.fmt(f),
        }
    }
}

/// The roles of a server ([MS-SRVS] 2.2.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ServerType(pub u32);

impl ServerType {
    const NAMES: [(u32, &'static str); 25] = [
        (0x0000_0001, "workstation"),
        (0x0000_0002, "server"),
        (0x0000_0004, "sql_server"),
        (0x0000_0008, "domain_controller"),
        (0x0000_0010, "backup_domain_controller"),
        (0x0000_0020, "time_source"),
        (0x0000_0040, "afp"),
        (0x0000_0080, "novell"),
        (0x0000_0100, "domain_member"),
        (0x0000_0200, "print_server"),
        (0x0000_0400, "dial_in_server"),
        (0x0000_0800, "unix"),
        (0x0000_1000, "nt"),
        (0x0000_2000, "windows_for_workgroups"),
        (0x0000_4000, "file_server_for_netware"),
        (0x0000_8000, "nt_server"),
        (0x0001_0000, "potential_browser"),
        (0x0002_0000, "backup_browser"),
        (0x0004_0000, "master_browser"),
        (0x0008_0000, "domain_master_browser"),
        (0x0040_0000, "windows_9x"),
        (0x0080_0000, "dfs"),
        (0x0100_0000, "cluster"),
        (0x0200_0000, "terminal_server"),
        (0x0400_0000, "cluster_virtual_server"),
    ];

    /// Returns the names of the bits that are set, in their order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter_map(move |(bit, name)| (self.0 & bit != 0).then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show a server with roles that it does not have.
    #[test]
    fn roles_and_platforms_have_names() {
        let samba = ServerType(0x0081_9a03);
        let names: Vec<_> = samba.names().collect();
        let expected =
            ["workstation", "server", "print_server", "unix", "nt", "nt_server", "potential_browser", "dfs"];
        assert_eq!(names, expected);
        assert_eq!(Platform(500).to_string(), "NT");
        assert_eq!(Platform(501).to_string(), "501");
    }
}
