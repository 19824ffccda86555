//! Our code writes the same octets as impacket, and reads them: every request and response, at every level, in both
//! transfer syntaxes. The octets are in `golden/impacket.txt`. `golden/impacket_goldens.py` made them, and
//! `golden/samba_agrees.py` compares them with Samba's marshalling.
//!
//! Both sides make numbers and texts from the members' names, so that the test detects members in the wrong order.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is wrong"
)]

mod hex;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use netsession_rpc::ndr::{Counted, Message, Syntax, decode, encode};
use netsession_srvs::context::ShareDelHandle;
use netsession_srvs::info::{
    ConnectionId, ConnectionInfo, ConnectionLevel, FileId, FileInfo, FileLevel, FilePermissions, PlatformId,
    ServerInfo, ServerLevel, ServerLimits, ServerTuning, ServerType, SessionFlags, SessionInfo, SessionLevel,
    ShareFlags, ShareInfo, ShareLevel, ShareType, TimeOfDayInfo,
};
use netsession_srvs::{
    EnumStruct, Info, InfoStruct, Level, Operation, connection_enum, file_close, file_enum, file_get_info,
    remote_tod, server_get_info, session_del, session_enum, share_add, share_check, share_del,
    share_del_commit, share_del_ex, share_del_start, share_enum, share_enum_sticky, share_get_info,
    share_set_info,
};
use netsession_wire::Win32Error;

/// FNV-1a of the name, 32 bits.
fn number(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |value, octet| (value ^ u32::from(octet)).wrapping_mul(0x0100_0193))
}

fn text(name: &str) -> String {
    format!("{name} Zo\u{eb}0")
}

/// Gives the members of one entry their values: the first entry has texts, the second null pointers.
struct Values(u32);

impl Values {
    fn n(&self, name: &str) -> u32 {
        number(&format!("{name}{}", self.0))
    }

    fn number(&self, name: &str) -> Option<u32> {
        Some(self.n(name))
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.0 == 0).then(|| text(name))
    }
}

fn connection(v: &Values) -> ConnectionInfo {
    ConnectionInfo {
        id: ConnectionId(v.n("coni_id")),
        r#type: v.number("coni_type").map(ShareType),
        num_opens: v.number("coni_num_opens"),
        num_users: v.number("coni_num_users"),
        time: v.number("coni_time"),
        username: v.text("coni_username"),
        netname: v.text("coni_netname"),
    }
}

fn file(v: &Values) -> FileInfo {
    FileInfo {
        id: FileId(v.n("fi_id")),
        permissions: v.number("fi_permissions").map(FilePermissions::from_bits_retain),
        num_locks: v.number("fi_num_locks"),
        pathname: v.text("fi_pathname"),
        username: v.text("fi_username"),
    }
}

fn session(v: &Values) -> SessionInfo {
    SessionInfo {
        cname: v.text("sesi_cname"),
        username: v.text("sesi_username"),
        num_opens: v.number("sesi_num_opens"),
        time: v.number("sesi_time"),
        idle_time: v.number("sesi_idle_time"),
        user_flags: v.number("sesi_user_flags").map(SessionFlags::from_bits_retain),
        cltype_name: v.text("sesi_cltype_name"),
        transport: v.text("sesi_transport"),
    }
}

fn share(v: &Values) -> ShareInfo {
    let descriptor = b"\x01\0\x04\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    ShareInfo {
        netname: v.text("shi_netname"),
        r#type: v.number("shi_type").map(ShareType),
        remark: v.text("shi_remark"),
        permissions: v.number("shi_permissions"),
        max_uses: v.number("shi_max_uses"),
        current_uses: v.number("shi_current_uses"),
        path: v.text("shi_path"),
        passwd: v.text("shi_passwd"),
        servername: v.text("shi_servername"),
        flags: v.number("shi_flags").map(ShareFlags::from_bits_retain),
        security_descriptor: if v.0 == 0 { Counted::from(descriptor) } else { Counted::NULL },
    }
}

fn server(v: &Values) -> ServerInfo {
    ServerInfo {
        platform_id: v.number("sv_platform_id").map(PlatformId),
        name: v.text("sv_name"),
        version_major: v.number("sv_version_major"),
        version_minor: v.number("sv_version_minor"),
        r#type: v.number("sv_type").map(ServerType::from_bits_retain),
        comment: v.text("sv_comment"),
        users: v.number("sv_users"),
        disc: v.number("sv_disc"),
        hidden: v.number("sv_hidden"),
        announce: v.number("sv_announce"),
        anndelta: v.number("sv_anndelta"),
        licenses: v.number("sv_licenses"),
        userpath: v.text("sv_userpath"),
        capabilities: v.number("sv_capabilities"),
        limits: Some(limits(v)),
        domain: v.text("sv_domain"),
        tuning: Some(tuning(v)),
    }
}

fn limits(v: &Values) -> ServerLimits {
    ServerLimits {
        sessopens: v.n("sv_sessopens"),
        sessvcs: v.n("sv_sessvcs"),
        opensearch: v.n("sv_opensearch"),
        sizreqbuf: v.n("sv_sizreqbuf"),
        initworkitems: v.n("sv_initworkitems"),
        maxworkitems: v.n("sv_maxworkitems"),
        rawworkitems: v.n("sv_rawworkitems"),
        irpstacksize: v.n("sv_irpstacksize"),
        maxrawbuflen: v.n("sv_maxrawbuflen"),
        sessusers: v.n("sv_sessusers"),
        sessconns: v.n("sv_sessconns"),
        maxpagedmemoryusage: v.n("sv_maxpagedmemoryusage"),
        maxnonpagedmemoryusage: v.n("sv_maxnonpagedmemoryusage"),
        enablesoftcompat: v.n("sv_enablesoftcompat"),
        enableforcedlogoff: v.n("sv_enableforcedlogoff"),
        timesource: v.n("sv_timesource"),
        acceptdownlevelapis: v.n("sv_acceptdownlevelapis"),
        lmannounce: v.n("sv_lmannounce"),
    }
}

fn tuning(v: &Values) -> ServerTuning {
    ServerTuning {
        maxcopyreadlen: v.n("sv_maxcopyreadlen"),
        maxcopywritelen: v.n("sv_maxcopywritelen"),
        minkeepsearch: v.n("sv_minkeepsearch"),
        maxkeepsearch: v.n("sv_maxkeepsearch"),
        minkeepcomplsearch: v.n("sv_minkeepcomplsearch"),
        maxkeepcomplsearch: v.n("sv_maxkeepcomplsearch"),
        threadcountadd: v.n("sv_threadcountadd"),
        numblockthreads: v.n("sv_numblockthreads"),
        scavtimeout: v.n("sv_scavtimeout"),
        minrcvqueue: v.n("sv_minrcvqueue"),
        minfreeworkitems: v.n("sv_minfreeworkitems"),
        xactmemsize: v.n("sv_xactmemsize"),
        threadpriority: v.n("sv_threadpriority"),
        maxmpxct: v.n("sv_maxmpxct"),
        oplockbreakwait: v.n("sv_oplockbreakwait"),
        oplockbreakresponsewait: v.n("sv_oplockbreakresponsewait"),
        enableoplocks: v.n("sv_enableoplocks"),
        enableoplockforceclose: v.n("sv_enableoplockforceclose"),
        enablefcbopens: v.n("sv_enablefcbopens"),
        enableraw: v.n("sv_enableraw"),
        enablesharednetdrives: v.n("sv_enablesharednetdrives"),
        minfreeconnections: v.n("sv_minfreeconnections"),
        maxfreeconnections: v.n("sv_maxfreeconnections"),
    }
}

fn time_of_day(v: &Values) -> TimeOfDayInfo {
    TimeOfDayInfo {
        elapsedt: v.n("tod_elapsedt"),
        msecs: v.n("tod_msecs"),
        hours: v.n("tod_hours"),
        mins: v.n("tod_mins"),
        secs: v.n("tod_secs"),
        hunds: v.n("tod_hunds"),
        timezone: v.n("tod_timezone").cast_signed(),
        tinterval: v.n("tod_tinterval"),
        day: v.n("tod_day"),
        month: v.n("tod_month"),
        year: v.n("tod_year"),
        weekday: v.n("tod_weekday"),
    }
}

/// The lines of `golden/impacket.txt` that the test has not compared yet.
struct Goldens(RefCell<BTreeMap<String, Vec<u8>>>);

impl Goldens {
    fn load() -> Self {
        let lines = include_str!("golden/impacket.txt").lines();
        let split = lines.map(|line| line.rsplit_once(' ').unwrap());
        Self(RefCell::new(split.map(|(key, hex)| (key.to_owned(), hex::octets(hex))).collect()))
    }

    fn same<M: Message + Clone + Debug>(&self, key: &str, message: &M) {
        for (syntax, name) in [(Syntax::Ndr32, "ndr32"), (Syntax::Ndr64, "ndr64")] {
            let key = format!("{key} {name}");
            let golden = self.0.borrow_mut().remove(&key).unwrap_or_else(|| panic!("no golden {key}"));
            assert_eq!(encode(message.clone(), syntax).unwrap(), golden, "{key}: written");
            let read = decode::<M>(&golden, syntax).unwrap();
            assert_eq!(encode(read, syntax).unwrap(), golden, "{key}: read and written");
        }
    }

    fn request<O: Operation + Clone + Debug>(&self, level: &str, variant: &str, request: &O) {
        self.same(&format!("{} request {level} {variant}", O::OPNUM), request);
    }

    fn answer<O: Operation>(&self, level: &str, variant: &str, answer: &O::Response)
    where
        O::Response: Clone + Debug,
    {
        self.same(&format!("{} response {level} {variant}", O::OPNUM), answer);
    }
}

fn entries<I: Info>(level: I::Level, null: bool, one: fn(&Values) -> I) -> EnumStruct<I> {
    let container = (!null).then(|| Counted::from(vec![one(&Values(0)), one(&Values(1))]));
    EnumStruct { level, container }
}

fn asking<I: Info>(level: I::Level, null: bool) -> EnumStruct<I> {
    EnumStruct { level, container: (!null).then_some(Counted::NULL) }
}

fn unless(null: bool, name: &str) -> Option<String> {
    (!null).then(|| text(name))
}

const VARIANTS: [(bool, &str); 2] = [(false, "full"), (true, "null")];

fn maximum() -> u32 {
    number("PreferedMaximumLength")
}

fn total() -> u32 {
    number("TotalEntries")
}

fn resume(null: bool) -> Option<u32> {
    (!null).then(|| number("ResumeHandle"))
}

fn connections(goldens: &Goldens) {
    for &level in ConnectionLevel::ALL {
        for (null, variant) in VARIANTS {
            let number = level.0.to_string();
            let request = connection_enum::Request {
                server_name: unless(null, "ServerName"),
                qualifier: unless(null, "Qualifier"),
                info_struct: asking(level, null),
                prefered_maximum_length: maximum(),
                resume_handle: resume(null),
            };
            goldens.request(&number, variant, &request);
            let answer = connection_enum::Response {
                info_struct: entries(level, null, connection),
                total_entries: total(),
                resume_handle: resume(null),
                status: Win32Error::ERROR_MORE_DATA,
            };
            goldens.answer::<connection_enum::Request>(&number, variant, &answer);
        }
    }
}

fn files(goldens: &Goldens) {
    for &level in FileLevel::ALL {
        for (null, variant) in VARIANTS {
            let number = level.0.to_string();
            let request = file_enum::Request {
                server_name: unless(null, "ServerName"),
                base_path: unless(null, "BasePath"),
                user_name: unless(null, "UserName"),
                info_struct: asking(level, null),
                prefered_maximum_length: maximum(),
                resume_handle: resume(null),
            };
            goldens.request(&number, variant, &request);
            let answer = file_enum::Response {
                info_struct: entries(level, null, file),
                total_entries: total(),
                resume_handle: resume(null),
                status: Win32Error::ERROR_MORE_DATA,
            };
            goldens.answer::<file_enum::Request>(&number, variant, &answer);
        }
    }
}

fn sessions(goldens: &Goldens) {
    for &level in SessionLevel::ALL {
        for (null, variant) in VARIANTS {
            let number = level.0.to_string();
            let request = session_enum::Request {
                server_name: unless(null, "ServerName"),
                client_name: unless(null, "ClientName"),
                user_name: unless(null, "UserName"),
                info_struct: asking(level, null),
                prefered_maximum_length: maximum(),
                resume_handle: resume(null),
            };
            goldens.request(&number, variant, &request);
            let answer = session_enum::Response {
                info_struct: entries(level, null, session),
                total_entries: total(),
                resume_handle: resume(null),
                status: Win32Error::ERROR_MORE_DATA,
            };
            goldens.answer::<session_enum::Request>(&number, variant, &answer);
        }
    }
}

fn shares(goldens: &Goldens) {
    for &level in ShareInfo::ENUM_LEVELS {
        for (null, variant) in VARIANTS {
            let number = level.0.to_string();
            let request = share_enum::Request {
                server_name: unless(null, "ServerName"),
                info_struct: asking(level, null),
                prefered_maximum_length: maximum(),
                resume_handle: resume(null),
            };
            goldens.request(&number, variant, &request);
            goldens.request(&number, variant, &share_enum_sticky::Request(request));
            let answer = share_enum::Response {
                info_struct: entries(level, null, share),
                total_entries: total(),
                resume_handle: resume(null),
                status: Win32Error::ERROR_MORE_DATA,
            };
            goldens.answer::<share_enum::Request>(&number, variant, &answer);
            goldens.answer::<share_enum_sticky::Request>(&number, variant, &answer);
        }
    }
}

fn info<I: Info>(level: I::Level, null: bool, one: fn(&Values) -> I) -> (InfoStruct<I>, Win32Error) {
    let status = if null { Win32Error::ERROR_ACCESS_DENIED } else { Win32Error::NERR_SUCCESS };
    (InfoStruct { level, info: (!null).then(|| one(&Values(0))) }, status)
}

fn single_things(goldens: &Goldens) {
    let server_name = unless(false, "ServerName");
    for &level in FileLevel::ALL {
        let request = file_get_info::Request {
            server_name: server_name.clone(),
            file_id: FileId(number("FileId")),
            level,
        };
        goldens.request(&level.0.to_string(), "full", &request);
        for (null, variant) in VARIANTS {
            let (info_struct, status) = info(level, null, file);
            let answer = file_get_info::Response { info_struct, status };
            goldens.answer::<file_get_info::Request>(&level.number().to_string(), variant, &answer);
        }
    }
    for &level in ShareLevel::READ {
        let net_name = text("NetName");
        let request = share_get_info::Request { server_name: server_name.clone(), net_name, level };
        goldens.request(&level.0.to_string(), "full", &request);
        for (null, variant) in VARIANTS {
            let (info_struct, status) = info(level, null, share);
            let answer = share_get_info::Response { info_struct, status };
            goldens.answer::<share_get_info::Request>(&level.0.to_string(), variant, &answer);
        }
    }
    for &level in ServerLevel::READ {
        let request = server_get_info::Request { server_name: server_name.clone(), level };
        goldens.request(&level.0.to_string(), "full", &request);
        for (null, variant) in VARIANTS {
            let (info_struct, status) = info(level, null, server);
            let answer = server_get_info::Response { info_struct, status };
            goldens.answer::<server_get_info::Request>(&level.0.to_string(), variant, &answer);
        }
    }
}

fn changing_shares(goldens: &Goldens) {
    for (null, variant) in VARIANTS {
        // impacket writes zero for every number.
        let parm_err = (!null).then_some(0);
        for level in [ShareLevel::INFO_2, ShareLevel::INFO_502, ShareLevel::INFO_503] {
            let (server_name, info_struct) = (unless(null, "ServerName"), info(level, null, share).0);
            let request = share_add::Request { server_name, info_struct, parm_err };
            goldens.request(&level.0.to_string(), variant, &request);
        }
        // impacket has the octets of level 1501 in the structure instead of the pointer to them.
        let is_pointer = |level: &&ShareLevel| null || **level != ShareLevel::INFO_1501;
        for &level in ShareLevel::WRITTEN.iter().filter(is_pointer) {
            let (server_name, share_info) = (unless(null, "ServerName"), info(level, null, share).0);
            let request =
                share_set_info::Request { server_name, net_name: text("NetName"), share_info, parm_err };
            goldens.request(&level.0.to_string(), variant, &request);
        }
        let answer = share_set_info::Response { parm_err, status: Win32Error::ERROR_INVALID_PARAMETER };
        goldens.answer::<share_set_info::Request>("-", variant, &answer);
        let (server_name, share_info) =
            (unless(null, "ServerName"), info(ShareLevel::INFO_503, null, share).0);
        goldens.request("503", variant, &share_del_ex::Request { server_name, share_info });
        let answer = share_add::Response { parm_err, status: Win32Error::ERROR_INVALID_PARAMETER };
        goldens.answer::<share_add::Request>("-", variant, &answer);
    }
    let (server_name, net_name) = (unless(false, "ServerName"), text("NetName"));
    goldens.request("-", "full", &share_del::Request { server_name, net_name, reserved: number("Reserved") });
    goldens.answer::<share_del::Request>("-", "full", &share_del::Response { status: Win32Error(2312) });
    goldens.answer::<share_del_ex::Request>(
        "-",
        "full",
        &share_del_ex::Response { status: Win32Error(2312) },
    );
    let (server_name, net_name) = (unless(false, "ServerName"), text("NetName"));
    let request = share_del_start::Request { server_name, net_name, reserved: number("Reserved") };
    goldens.request("-", "full", &request);
    let context_handle = ShareDelHandle { attributes: 0, uuid: *b"0123456789abcdef" };
    let status = Win32Error(2312);
    let answer = share_del_start::Response { context_handle, status };
    goldens.answer::<share_del_start::Request>("-", "full", &answer);
    goldens.request("-", "full", &share_del_commit::Request { context_handle });
}

fn without_level(goldens: &Goldens) {
    for (null, variant) in VARIANTS {
        let request = session_del::Request {
            server_name: unless(null, "ServerName"),
            client_name: unless(null, "ClientName"),
            user_name: unless(null, "UserName"),
        };
        goldens.request("-", variant, &request);
        let buffer = (!null).then(|| time_of_day(&Values(0)));
        let answer = remote_tod::Response { buffer, status: Win32Error::ERROR_ACCESS_DENIED };
        goldens.answer::<remote_tod::Request>("-", variant, &answer);
    }
    let status = Win32Error(2312);
    goldens.answer::<session_del::Request>("-", "full", &session_del::Response { status });
    goldens.answer::<file_close::Request>("-", "full", &file_close::Response { status });
    let server_name = unless(false, "ServerName");
    let file_id = FileId(number("FileId"));
    goldens.request("-", "full", &file_close::Request { server_name: server_name.clone(), file_id });
    let device = text("Device");
    goldens.request("-", "full", &share_check::Request { server_name: server_name.clone(), device });
    let answer = share_check::Response { r#type: ShareType(number("Type")), status: Win32Error(2311) };
    goldens.answer::<share_check::Request>("-", "full", &answer);
    goldens.request("-", "full", &remote_tod::Request { server_name });
}

/// A failure here would make a request or a response differ from what other implementations write and read.
#[test]
fn every_message_is_what_impacket_writes() {
    let goldens = Goldens::load();
    connections(&goldens);
    files(&goldens);
    sessions(&goldens);
    shares(&goldens);
    single_things(&goldens);
    changing_shares(&goldens);
    without_level(&goldens);
    let left = goldens.0.into_inner();
    assert!(left.is_empty(), "goldens that were not compared: {:?}", left.keys());
}
