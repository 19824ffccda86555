use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

use crate::{Info, level};

level::levels! {
    /// The levels of information about a server ([MS-SRVS] 3.1.4.17 and 3.1.4.18).
    ServerLevel {
        INFO_100 = 100, INFO_101 = 101, INFO_102 = 102, INFO_103 = 103, INFO_502 = 502, INFO_503 = 503,
        INFO_1005 = 1005, INFO_1010 = 1010, INFO_1016 = 1016, INFO_1017 = 1017, INFO_1018 = 1018,
        INFO_1107 = 1107,
    }
}

impl ServerLevel {
    /// The levels at which NetrServerGetInfo describes a server ([MS-SRVS] 3.1.4.17).
    pub const READ: &'static [Self] =
        &[Self::INFO_100, Self::INFO_101, Self::INFO_102, Self::INFO_103, Self::INFO_502, Self::INFO_503];

    /// The levels at which NetrServerSetInfo changes a server ([MS-SRVS] 3.1.4.18), apart from those of one tuning value
    /// (1501 to 1556) and from 599.
    pub const WRITTEN: &'static [Self] = &[
        Self::INFO_101,
        Self::INFO_102,
        Self::INFO_502,
        Self::INFO_503,
        Self::INFO_1005,
        Self::INFO_1010,
        Self::INFO_1016,
        Self::INFO_1017,
        Self::INFO_1018,
        Self::INFO_1107,
    ];
}

netsession_wire::open_enum! {
    /// The platform of a server ([MS-SRVS] 2.2.2.6).
    pub struct PlatformId(u32) {
        /// DOS.
        DOS = 300,
        /// OS/2.
        OS2 = 400,
        /// Windows NT and everything since.
        NT = 500,
        /// OSF/1.
        OSF = 600,
        /// VMS.
        VMS = 700,
    }
}

bitflags::bitflags! {
    /// The roles and services of a server ([MS-SRVS] 2.2.2.7).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ServerType: u32 {
        /// Runs the workstation service.
        const WORKSTATION = 0x0000_0001;
        /// Runs the server service.
        const SERVER = 0x0000_0002;
        /// Runs SQL Server.
        const SQLSERVER = 0x0000_0004;
        /// A primary domain controller.
        const DOMAIN_CTRL = 0x0000_0008;
        /// A backup domain controller.
        const DOMAIN_BAKCTRL = 0x0000_0010;
        /// A source of time.
        const TIME_SOURCE = 0x0000_0020;
        /// Serves the Apple Filing Protocol.
        const AFP = 0x0000_0040;
        /// A Novell server.
        const NOVELL = 0x0000_0080;
        /// A LAN Manager 2.x domain member.
        const DOMAIN_MEMBER = 0x0000_0100;
        /// Shares print queues.
        const PRINTQ_SERVER = 0x0000_0200;
        /// Runs a dial-in service.
        const DIALIN_SERVER = 0x0000_0400;
        /// A Xenix server.
        const XENIX_SERVER = 0x0000_0800;
        /// Windows NT or later.
        const NT = 0x0000_1000;
        /// Windows for Workgroups.
        const WFW = 0x0000_2000;
        /// File and Print for NetWare.
        const SERVER_MFPN = 0x0000_4000;
        /// A server that is not a domain controller.
        const SERVER_NT = 0x0000_8000;
        /// Can run the browser service.
        const POTENTIAL_BROWSER = 0x0001_0000;
        /// A backup browser.
        const BACKUP_BROWSER = 0x0002_0000;
        /// The master browser.
        const MASTER_BROWSER = 0x0004_0000;
        /// The domain master browser.
        const DOMAIN_MASTER = 0x0008_0000;
        /// Windows 95 to Me.
        const WINDOWS = 0x0040_0000;
        /// Runs DFS.
        const DFS = 0x0080_0000;
        /// A server cluster.
        const CLUSTER_NT = 0x0100_0000;
        /// A terminal server.
        const TERMINALSERVER = 0x0200_0000;
        /// A cluster's virtual server.
        const CLUSTER_VS_NT = 0x0400_0000;
        /// Runs IBM DSS.
        const DCE = 0x1000_0000;
        /// Listed by another transport.
        const ALTERNATE_XPORT = 0x2000_0000;
        /// Kept by the browser.
        const LOCAL_LIST_ONLY = 0x4000_0000;
        /// The primary domain.
        const DOMAIN_ENUM = 0x8000_0000;
        const _ = !0;
    }
}

/// SERVER_INFO_100 to _103, _502 and _503 ([MS-SRVS] 2.2.4.40 to 2.2.4.45).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// Its platform. From level 100.
    pub platform_id: Option<PlatformId>,
    /// Its name. From level 100.
    pub name: Option<String>,
    /// The system's major version. From level 101.
    pub version_major: Option<u32>,
    /// The system's minor version. From level 101.
    pub version_minor: Option<u32>,
    /// Its roles and services. From level 101.
    pub r#type: Option<ServerType>,
    /// A comment. From level 101.
    pub comment: Option<String>,
    /// The most users that can log on. From level 102.
    pub users: Option<u32>,
    /// The minutes after which the server disconnects an idle session; 0xffffffff is never. From level 102.
    pub disc: Option<u32>,
    /// 1 if the network's lists hide it. From level 102.
    pub hidden: Option<u32>,
    /// The seconds from one announcement to the next. From level 102.
    pub announce: Option<u32>,
    /// The milliseconds by which that varies. From level 102.
    pub anndelta: Option<u32>,
    /// Not used; 0. From level 102.
    pub licenses: Option<u32>,
    /// The path to user directories. From level 102.
    pub userpath: Option<String>,
    /// The capabilities for branch caches. At level 103.
    pub capabilities: Option<u32>,
    /// At levels 502 and 503.
    pub limits: Option<ServerLimits>,
    /// The domain. At level 503.
    pub domain: Option<String>,
    /// At level 503.
    pub tuning: Option<ServerTuning>,
}

/// SERVER_INFO_502 ([MS-SRVS] 2.2.4.44 and 2.2.4.46), with which SERVER_INFO_503 begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerLimits {
    /// The most open files in one session.
    pub sessopens: u32,
    /// The sessions for each client; always one.
    pub sessvcs: u32,
    /// The most searches at the same time.
    pub opensearch: u32,
    /// The octets in each of the server's buffers.
    pub sizreqbuf: u32,
    /// Work items (receive buffers) at the start.
    pub initworkitems: u32,
    /// The most work items.
    pub maxworkitems: u32,
    /// Work items for raw transfers.
    pub rawworkitems: u32,
    /// Stack locations in an I/O request packet.
    pub irpstacksize: u32,
    /// Always 65,535.
    pub maxrawbuflen: u32,
    /// Users on one connection.
    pub sessusers: u32,
    /// Connections to shares in one session.
    pub sessconns: u32,
    /// The most pageable memory, in octets.
    pub maxpagedmemoryusage: u32,
    /// The most memory that is not pageable, in octets.
    pub maxnonpagedmemoryusage: u32,
    /// 1 if soft compatibility is on.
    pub enablesoftcompat: u32,
    /// 1 if the server disconnects a client when its hours are over, whatever it has open.
    pub enableforcedlogoff: u32,
    /// 1 if the server is a reliable source of time.
    pub timesource: u32,
    /// 1 if the server accepts calls of older clients.
    pub acceptdownlevelapis: u32,
    /// 1 if the server announces itself to LAN Manager clients.
    pub lmannounce: u32,
}

/// The members of SERVER_INFO_503 after the domain ([MS-SRVS] 2.2.4.45 and 2.2.4.46).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerTuning {
    /// Not stored by servers.
    pub maxcopyreadlen: u32,
    /// Not stored by servers.
    pub maxcopywritelen: u32,
    /// Not stored by servers.
    pub minkeepsearch: u32,
    /// The seconds for which the server keeps an unfinished search in a directory.
    pub maxkeepsearch: u32,
    /// Not stored by servers.
    pub minkeepcomplsearch: u32,
    /// Not stored by servers.
    pub maxkeepcomplsearch: u32,
    /// Not used.
    pub threadcountadd: u32,
    /// Not used.
    pub numblockthreads: u32,
    /// The seconds between two rounds of maintenance.
    pub scavtimeout: u32,
    /// The number of free work items below which the server makes more.
    pub minrcvqueue: u32,
    /// The number of free work items that the server needs to continue a request.
    pub minfreeworkitems: u32,
    /// The octets of shared memory for transactions.
    pub xactmemsize: u32,
    /// Priority of the server's threads over the process's.
    pub threadpriority: u32,
    /// The most outstanding requests of a client.
    pub maxmpxct: u32,
    /// The seconds until an oplock break times out.
    pub oplockbreakwait: u32,
    /// The seconds within which a client must answer an oplock break.
    pub oplockbreakresponsewait: u32,
    /// 1 if the server grants oplocks.
    pub enableoplocks: u32,
    /// Not used; 0.
    pub enableoplockforceclose: u32,
    /// 1 if the server keeps DOS file control blocks in one place.
    pub enablefcbopens: u32,
    /// 1 if the server supports raw transfers.
    pub enableraw: u32,
    /// 1 if the server can share redirected drives.
    pub enablesharednetdrives: u32,
    /// The fewest free connection blocks for each endpoint.
    pub minfreeconnections: u32,
    /// The most free connection blocks for each endpoint.
    pub maxfreeconnections: u32,
}

impl Info for ServerInfo {
    type Level = ServerLevel;

    const GET_LEVELS: &'static [ServerLevel] = ServerLevel::ALL;
    const TUNING_LEVELS: &'static [u32] = &[
        1501, 1502, 1503, 1506, 1510, 1511, 1512, 1513, 1514, 1515, 1516, 1518, 1523, 1528, 1529, 1530, 1533,
        1534, 1535, 1536, 1538, 1539, 1540, 1541, 1542, 1543, 1544, 1545, 1546, 1547, 1548, 1549, 1550, 1552,
        1553, 1554, 1555, 1556,
    ];

    fn alignment(level: ServerLevel) -> Alignment {
        use ServerLevel as L;
        match level {
            L::INFO_502 | L::INFO_1010 | L::INFO_1016 | L::INFO_1017 | L::INFO_1018 | L::INFO_1107 => {
                Alignment::Long
            }
            _ => Alignment::Pointer,
        }
    }

    fn members(&mut self, level: ServerLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        if level > ServerLevel::INFO_503 {
            return self.one_member(level, ndr);
        }
        if matches!(level, ServerLevel::INFO_502 | ServerLevel::INFO_503) {
            self.limits.get_or_insert_default().members(ndr)?;
            if level == ServerLevel::INFO_503 {
                ndr.unique_string(&mut self.domain, "sv_domain")?;
                self.tuning.get_or_insert_default().members(ndr)?;
            }
            return Ok(());
        }
        ndr.u32(&mut self.platform_id.get_or_insert(PlatformId(0)).0, "sv_platform_id")?;
        ndr.unique_string(&mut self.name, "sv_name")?;
        if level != ServerLevel::INFO_100 {
            self.members_from_101(ndr)?;
        }
        if matches!(level, ServerLevel::INFO_102 | ServerLevel::INFO_103) {
            self.members_from_102(ndr)?;
        }
        if level == ServerLevel::INFO_103 {
            level::carried(ndr, &mut self.capabilities, "sv_capabilities")?;
        }
        Ok(())
    }
}

impl ServerInfo {
    /// The member of a level that changes one value.
    fn one_member(&mut self, level: ServerLevel, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        match level {
            ServerLevel::INFO_1005 => ndr.unique_string(&mut self.comment, "sv_comment"),
            ServerLevel::INFO_1010 => level::carried(ndr, &mut self.disc, "sv_disc"),
            ServerLevel::INFO_1016 => level::carried(ndr, &mut self.hidden, "sv_hidden"),
            ServerLevel::INFO_1017 => level::carried(ndr, &mut self.announce, "sv_announce"),
            ServerLevel::INFO_1018 => level::carried(ndr, &mut self.anndelta, "sv_anndelta"),
            _ => level::carried(ndr, &mut self.users, "sv_users"),
        }
    }

    fn members_from_101(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        level::carried(ndr, &mut self.version_major, "sv_version_major")?;
        level::carried(ndr, &mut self.version_minor, "sv_version_minor")?;
        level::carried_flags(ndr, &mut self.r#type, "sv_type")?;
        ndr.unique_string(&mut self.comment, "sv_comment")
    }

    fn members_from_102(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        level::carried(ndr, &mut self.users, "sv_users")?;
        level::carried(ndr, &mut self.disc, "sv_disc")?;
        level::carried(ndr, &mut self.hidden, "sv_hidden")?;
        level::carried(ndr, &mut self.announce, "sv_announce")?;
        level::carried(ndr, &mut self.anndelta, "sv_anndelta")?;
        level::carried(ndr, &mut self.licenses, "sv_licenses")?;
        ndr.unique_string(&mut self.userpath, "sv_userpath")
    }
}

impl ServerLimits {
    fn members(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.sessopens, "sv_sessopens")?;
        ndr.u32(&mut self.sessvcs, "sv_sessvcs")?;
        ndr.u32(&mut self.opensearch, "sv_opensearch")?;
        ndr.u32(&mut self.sizreqbuf, "sv_sizreqbuf")?;
        ndr.u32(&mut self.initworkitems, "sv_initworkitems")?;
        ndr.u32(&mut self.maxworkitems, "sv_maxworkitems")?;
        ndr.u32(&mut self.rawworkitems, "sv_rawworkitems")?;
        ndr.u32(&mut self.irpstacksize, "sv_irpstacksize")?;
        ndr.u32(&mut self.maxrawbuflen, "sv_maxrawbuflen")?;
        ndr.u32(&mut self.sessusers, "sv_sessusers")?;
        ndr.u32(&mut self.sessconns, "sv_sessconns")?;
        ndr.u32(&mut self.maxpagedmemoryusage, "sv_maxpagedmemoryusage")?;
        ndr.u32(&mut self.maxnonpagedmemoryusage, "sv_maxnonpagedmemoryusage")?;
        ndr.u32(&mut self.enablesoftcompat, "sv_enablesoftcompat")?;
        ndr.u32(&mut self.enableforcedlogoff, "sv_enableforcedlogoff")?;
        ndr.u32(&mut self.timesource, "sv_timesource")?;
        ndr.u32(&mut self.acceptdownlevelapis, "sv_acceptdownlevelapis")?;
        ndr.u32(&mut self.lmannounce, "sv_lmannounce")
    }
}

impl ServerTuning {
    fn members(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.u32(&mut self.maxcopyreadlen, "sv_maxcopyreadlen")?;
        ndr.u32(&mut self.maxcopywritelen, "sv_maxcopywritelen")?;
        ndr.u32(&mut self.minkeepsearch, "sv_minkeepsearch")?;
        ndr.u32(&mut self.maxkeepsearch, "sv_maxkeepsearch")?;
        ndr.u32(&mut self.minkeepcomplsearch, "sv_minkeepcomplsearch")?;
        ndr.u32(&mut self.maxkeepcomplsearch, "sv_maxkeepcomplsearch")?;
        ndr.u32(&mut self.threadcountadd, "sv_threadcountadd")?;
        ndr.u32(&mut self.numblockthreads, "sv_numblockthreads")?;
        ndr.u32(&mut self.scavtimeout, "sv_scavtimeout")?;
        ndr.u32(&mut self.minrcvqueue, "sv_minrcvqueue")?;
        ndr.u32(&mut self.minfreeworkitems, "sv_minfreeworkitems")?;
        ndr.u32(&mut self.xactmemsize, "sv_xactmemsize")?;
        ndr.u32(&mut self.threadpriority, "sv_threadpriority")?;
        ndr.u32(&mut self.maxmpxct, "sv_maxmpxct")?;
        ndr.u32(&mut self.oplockbreakwait, "sv_oplockbreakwait")?;
        ndr.u32(&mut self.oplockbreakresponsewait, "sv_oplockbreakresponsewait")?;
        ndr.u32(&mut self.enableoplocks, "sv_enableoplocks")?;
        ndr.u32(&mut self.enableoplockforceclose, "sv_enableoplockforceclose")?;
        ndr.u32(&mut self.enablefcbopens, "sv_enablefcbopens")?;
        ndr.u32(&mut self.enableraw, "sv_enableraw")?;
        ndr.u32(&mut self.enablesharednetdrives, "sv_enablesharednetdrives")?;
        ndr.u32(&mut self.minfreeconnections, "sv_minfreeconnections")?;
        ndr.u32(&mut self.maxfreeconnections, "sv_maxfreeconnections")
    }
}
