use std::fmt;

use netsession_rpc::ndr::{Alignment, Counted, Ndr, NdrError};

use crate::{Info, level};

level::levels! {
    /// The levels of a share ([MS-SRVS] 2.2.4.38, 3.1.4.10 and 3.1.4.11).
    ShareLevel {
        INFO_0 = 0, INFO_1 = 1, INFO_2 = 2, INFO_501 = 501, INFO_502 = 502, INFO_503 = 503, INFO_1004 = 1004,
        INFO_1005 = 1005, INFO_1006 = 1006, INFO_1501 = 1501,
    }
}

impl ShareLevel {
    /// The levels at which NetrShareGetInfo returns a share ([MS-SRVS] 3.1.4.10).
    pub const READ: &'static [Self] = &[
        Self::INFO_0,
        Self::INFO_1,
        Self::INFO_2,
        Self::INFO_501,
        Self::INFO_502,
        Self::INFO_503,
        Self::INFO_1005,
    ];

    /// The levels at which NetrShareSetInfo changes a share ([MS-SRVS] 3.1.4.11).
    pub const WRITTEN: &'static [Self] = &[
        Self::INFO_1,
        Self::INFO_2,
        Self::INFO_502,
        Self::INFO_503,
        Self::INFO_1004,
        Self::INFO_1005,
        Self::INFO_1006,
        Self::INFO_1501,
    ];
}

/// The kind of a share, with the marks for special and temporary shares ([MS-SRVS] 2.2.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ShareType(pub u32);

impl ShareType {
    /// A folder.
    pub const DISKTREE: Self = Self(0);
    /// A print queue.
    pub const PRINTQ: Self = Self(1);
    /// A communication device.
    pub const DEVICE: Self = Self(2);
    /// Interprocess communication.
    pub const IPC: Self = Self(3);

    const KIND: u32 = 0x0000_00ff;
    const CLUSTER: u32 = 0x0e00_0000;
    const TEMPORARY: u32 = 0x4000_0000;
    const SPECIAL: u32 = 0x8000_0000;

    /// Returns the kind without the marks, for a comparison with the constants.
    #[must_use]
    pub const fn kind(self) -> Self {
        Self(self.0 & Self::KIND)
    }

    /// Returns the name of the kind, `disk`, `printer`, `device` or `ipc`, or `None` for another number.
    #[must_use]
    pub const fn kind_name(self) -> Option<&'static str> {
        match self.kind() {
            Self::DISKTREE => Some("disk"),
            Self::PRINTQ => Some("printer"),
            Self::DEVICE => Some("device"),
            Self::IPC => Some("ipc"),
            Self(_) => None,
        }
    }

    /// Returns whether the share is for administration or interprocess communication: `IPC$`, `ADMIN$`, `C$`.
    #[must_use]
    pub const fn is_special(self) -> bool {
        self.0 & Self::SPECIAL != 0
    }

    /// Returns whether the share disappears when the server restarts.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        self.0 & Self::TEMPORARY != 0
    }

    /// Returns the type without the marks of clusters, which servers ignore in requests.
    #[must_use]
    pub const fn without_cluster(self) -> Self {
        Self(self.0 & !Self::CLUSTER)
    }

    /// Returns the type with the mark for special shares.
    #[must_use]
    pub const fn special(self) -> Self {
        Self(self.0 | Self::SPECIAL)
    }

    /// Returns the type with the mark for temporary shares.
    #[must_use]
    pub const fn temporary(self) -> Self {
        Self(self.0 | Self::TEMPORARY)
    }
}

/// Writes the name of the kind, or the whole number.
impl fmt::Display for ShareType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

bitflags::bitflags! {
    /// The properties of a share ([MS-SRVS] 2.2.4.29).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ShareFlags: u32 {
        /// In a DFS tree.
        const DFS = 0x0001;
        /// A DFS root.
        const DFS_ROOT = 0x0002;
        /// Client-side caching of every opened file; with [`Self::CSC_CACHE_VDO`]: no caching at all.
        const CSC_CACHE_AUTO_REINT = 0x0010;
        /// Client-side caching of every opened file, served from the cache.
        const CSC_CACHE_VDO = 0x0020;
        /// The server refuses exclusive opens that deny reading.
        const RESTRICT_EXCLUSIVE_OPENS = 0x0100;
        /// The server refuses opens that deny deleting.
        const FORCE_SHARED_DELETE = 0x0200;
        /// Clients can cache the namespace.
        const ALLOW_NAMESPACE_CACHING = 0x0400;
        /// The server lists only what the client may open.
        const ACCESS_BASED_DIRECTORY_ENUM = 0x0800;
        /// No exclusive caching rights.
        const FORCE_LEVELII_OPLOCK = 0x1000;
        /// Hashes for branch caches.
        const ENABLE_HASH = 0x2000;
        /// Continuously available.
        const ENABLE_CA = 0x4000;
        /// The server requires encryption.
        const ENCRYPT_DATA = 0x8000;
        /// The server asks for compression.
        const COMPRESS_DATA = 0x0010_0000;
        const _ = !0;
    }
}

/// SHARE_INFO_0, _1, _2, _501, _502_I, _503_I, _1004, _1005, _1006 and _1501_I ([MS-SRVS] 2.2.4.22 to 2.2.4.30, and
/// 2.2.4.53).
///
/// "From level 2" means levels 2, 502 and 503.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShareInfo {
    /// The name. At the levels up to 503.
    pub netname: Option<String>,
    /// The kind. At the levels 1 to 503.
    pub r#type: Option<ShareType>,
    /// The comment. At the levels 1 to 503, and at level 1004.
    pub remark: Option<String>,
    /// Not used. From level 2.
    pub permissions: Option<u32>,
    /// The most connections at a time; 0xffffffff is no limit. From level 2, and at level 1006.
    pub max_uses: Option<u32>,
    /// The number of connections. From level 2.
    pub current_uses: Option<u32>,
    /// The local path. From level 2.
    pub path: Option<String>,
    /// Not used. From level 2.
    pub passwd: Option<String>,
    /// The name of the server that the share belongs to, `*` for any name. At level 503.
    pub servername: Option<String>,
    /// The properties of the share. At levels 501 and 1005.
    pub flags: Option<ShareFlags>,
    /// The self-relative security descriptor ([MS-DTYP] 2.4.6). At levels 502, 503 and 1501.
    pub security_descriptor: Counted<u8>,
}

impl Info for ShareInfo {
    type Level = ShareLevel;

    const ENUM_LEVELS: &'static [ShareLevel] = &[
        ShareLevel::INFO_0,
        ShareLevel::INFO_1,
        ShareLevel::INFO_2,
        ShareLevel::INFO_501,
        ShareLevel::INFO_502,
        ShareLevel::INFO_503,
    ];
    const GET_LEVELS: &'static [ShareLevel] = ShareLevel::ALL;

    fn alignment(level: ShareLevel) -> Alignment {
        match level {
            ShareLevel::INFO_1005 | ShareLevel::INFO_1006 => Alignment::Long,
            _ => Alignment::Pointer,
        }
    }

    fn members(&mut self, level: ShareLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        use ShareLevel as L;
        let is_whole = level <= L::INFO_503;
        if is_whole {
            ndr.unique_string(&mut self.netname, "shi_netname")?;
        }
        if is_whole && level != L::INFO_0 {
            ndr.u32(&mut self.r#type.get_or_insert_default().0, "shi_type")?;
        }
        if is_whole && level != L::INFO_0 || level == L::INFO_1004 {
            ndr.unique_string(&mut self.remark, "shi_remark")?;
        }
        if matches!(level, L::INFO_501 | L::INFO_1005) {
            level::carried_flags(ndr, &mut self.flags, "shi_flags")?;
        }
        if matches!(level, L::INFO_2 | L::INFO_502 | L::INFO_503) {
            self.members_from_level_2(ndr)?;
        }
        if level == L::INFO_1006 {
            level::carried(ndr, &mut self.max_uses, "shi_max_uses")?;
        }
        if level == L::INFO_503 {
            ndr.unique_string(&mut self.servername, "shi_servername")?;
        }
        if matches!(level, L::INFO_502 | L::INFO_503 | L::INFO_1501) {
            let what = "shi_security_descriptor";
            ndr.counted(&mut self.security_descriptor, Alignment::Octet, what, |octet, ndr| {
                ndr.u8(octet, what)
            })?;
        }
        Ok(())
    }
}

impl ShareInfo {
    fn members_from_level_2(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        level::carried(ndr, &mut self.permissions, "shi_permissions")?;
        level::carried(ndr, &mut self.max_uses, "shi_max_uses")?;
        level::carried(ndr, &mut self.current_uses, "shi_current_uses")?;
        ndr.unique_string(&mut self.path, "shi_path")?;
        ndr.unique_string(&mut self.passwd, "shi_passwd")
    }
}
