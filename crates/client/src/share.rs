use netsession_srvs::info::ShareType;

/// A share of a server ([MS-SRVS] 2.2.4.23 and following).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// The kind of resource that it shares.
    pub share_type: ShareType,
    /// The administrator's comment.
    pub comment: String,
    /// The local path at the server. Only administrators see it.
    pub path: Option<String>,
    /// The number of connections to it. Only administrators see it.
    pub connections: Option<u32>,
    /// The most connections that it accepts. None also if the server sets no limit.
    pub max_connections: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show the hidden `IPC$` as another kind than a pipe share.
    #[test]
    fn flags_do_not_hide_the_kind() {
        let ipc = ShareType(0x8000_0003);
        assert_eq!(ipc.to_string(), "ipc");
        assert!(ipc.is_special() && !ipc.is_temporary());
        assert_eq!(ShareType(0x77).to_string(), "0x77");
    }
}
