use std::fmt;

/// A share of a server ([MS-SRVS] 2.2.4.23 and following).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// What it shares.
    pub share_type: ShareType,
    /// The administrator's comment.
    pub comment: String,
    /// The local path at the server; told to administrators only.
    pub path: Option<String>,
    /// Connections to it now; told to administrators only.
    pub connections: Option<u32>,
    /// Connections it takes at most; None also where the server sets no limit.
    pub max_connections: Option<u32>,
}

/// What a share shares ([MS-SRVS] 2.2.2.4): a kind and two flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShareType(pub u32);

impl ShareType {
    const SPECIAL: u32 = 0x8000_0000;
    const TEMPORARY: u32 = 0x4000_0000;

    /// The kind: `disk`, `printer`, `device` or `ipc`, where it is one of these.
    #[must_use]
    pub const fn kind(self) -> Option<&'static str> {
        match self.0 & 0xff {
            0 => Some("disk"),
            1 => Some("printer"),
            2 => Some("device"),
            3 => Some("ipc"),
            _ => None,
        }
    }

    /// Whether it is for administration or communication, and usually hidden.
    #[must_use]
    pub const fn is_special(self) -> bool {
        self.0 & Self::SPECIAL != 0
    }

    /// Whether it goes when the server restarts.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        self.0 & Self::TEMPORARY != 0
    }
}

/// The kind by its name, or the number.
impl fmt::Display for ShareType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Some(kind) => f.write_str(kind),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, the hidden `IPC$` would be shown as something else than a pipe share.
    #[test]
    fn flags_do_not_hide_the_kind() {
        let ipc = ShareType(0x8000_0003);
        assert_eq!(ipc.to_string(), "ipc");
        assert!(ipc.is_special() && !ipc.is_temporary());
        assert_eq!(ShareType(0x77).to_string(), "0x77");
    }
}
