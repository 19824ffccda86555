//! Properties of all messages: each arrives as it was sent, at every level and in both syntaxes, and no octets do harm.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is wrong"
)]

mod hex;

use std::fmt::Debug;

use netsession_rpc::ndr::{Counted, Message, Syntax, decode, encode};
use netsession_rpc::{Interface as _, oracle};
use netsession_srvs::info::{
    ConnectionId, ConnectionInfo, ConnectionLevel, FileId, FileInfo, FileLevel, FilePermissions, PlatformId,
    ServerInfo, ServerLevel, ServerLimits, ServerTuning, ServerType, SessionFlags, SessionInfo, SessionLevel,
    ShareFlags, ShareInfo, ShareLevel, ShareType,
};
use netsession_srvs::{
    EnumStruct, Info, InfoStruct, Level, Srvsvc, connection_enum, file_enum, file_get_info, server_get_info,
    session_del, session_enum, share_enum, share_get_info,
};
use netsession_wire::Win32Error;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[^\\x00]{0,12}")
}

fn number() -> impl Strategy<Value = Option<u32>> {
    any::<u32>().prop_map(Some)
}

fn session() -> impl Strategy<Value = SessionInfo> {
    (text(), text(), (number(), number(), number(), number()), text(), text()).prop_map(
        |(cname, username, (num_opens, time, idle_time, flags), cltype_name, transport)| SessionInfo {
            cname,
            username,
            num_opens,
            time,
            idle_time,
            user_flags: flags.map(SessionFlags::from_bits_retain),
            cltype_name,
            transport,
        },
    )
}

fn file() -> impl Strategy<Value = FileInfo> {
    (any::<u32>(), number(), number(), text(), text()).prop_map(
        |(id, permissions, num_locks, pathname, username)| FileInfo {
            id: FileId(id),
            permissions: permissions.map(FilePermissions::from_bits_retain),
            num_locks,
            pathname,
            username,
        },
    )
}

fn connection() -> impl Strategy<Value = ConnectionInfo> {
    (any::<u32>(), number(), number(), number(), number(), text(), text()).prop_map(
        |(id, share, num_opens, num_users, time, username, netname)| ConnectionInfo {
            id: ConnectionId(id),
            r#type: share.map(ShareType),
            num_opens,
            num_users,
            time,
            username,
            netname,
        },
    )
}

fn share() -> impl Strategy<Value = ShareInfo> {
    let texts = (text(), text(), text(), text(), text());
    let numbers = (number(), number(), number(), number(), number());
    (texts, numbers, proptest::option::of(any::<Vec<u8>>())).prop_map(|(texts, numbers, descriptor)| {
        ShareInfo {
            netname: texts.0,
            r#type: numbers.0.map(ShareType),
            remark: texts.1,
            permissions: numbers.1,
            max_uses: numbers.2,
            current_uses: numbers.3,
            path: texts.2,
            passwd: texts.3,
            servername: texts.4,
            flags: numbers.4.map(ShareFlags::from_bits_retain),
            security_descriptor: descriptor.map_or(Counted::NULL, Counted::from),
        }
    })
}

fn server() -> impl Strategy<Value = ServerInfo> {
    let texts = (text(), text(), text(), text());
    (texts, proptest::array::uniform11(number()), any::<[u32; 2]>()).prop_map(
        |(texts, numbers, [limit, tuned])| {
            let [
                platform_id,
                version_major,
                version_minor,
                r#type,
                users,
                disc,
                hidden,
                announce,
                anndelta,
                licenses,
                capabilities,
            ] = numbers;
            ServerInfo {
                platform_id: platform_id.map(PlatformId),
                name: texts.0,
                version_major,
                version_minor,
                r#type: r#type.map(ServerType::from_bits_retain),
                comment: texts.1,
                users,
                disc,
                hidden,
                announce,
                anndelta,
                licenses,
                userpath: texts.2,
                capabilities,
                limits: Some(ServerLimits {
                    sessopens: limit,
                    lmannounce: !limit,
                    ..ServerLimits::default()
                }),
                domain: texts.3,
                tuning: Some(ServerTuning {
                    maxmpxct: tuned,
                    maxfreeconnections: !tuned,
                    ..ServerTuning::default()
                }),
            }
        },
    )
}

fn arrives<M: Message + Clone + Debug + PartialEq>(message: &M) -> M {
    let [narrow, wide] = Syntax::ALL.map(|syntax| {
        let octets = encode(message.clone(), syntax).unwrap();
        let read: M = decode(&octets, syntax).unwrap();
        assert_eq!(encode(read.clone(), syntax).unwrap(), octets, "what was read is written as it came");
        for length in [octets.len() - 1, octets.len() / 2] {
            assert!(
                decode::<M>(&octets[..length], syntax).is_err(),
                "cut off at {length} of {}",
                octets.len()
            );
        }
        read
    });
    assert_eq!(narrow, wide, "the two syntaxes say the same");
    narrow
}

/// Returns whether each member of `part` equals that of `whole`, or is missing.
fn says<T: PartialEq>(part: &Option<T>, whole: &Option<T>) {
    assert!(part.is_none() || part == whole);
}

fn lists<I, M>(
    level: I::Level,
    entries: &[I],
    wrap: impl Fn(EnumStruct<I>) -> M,
    unwrap: impl Fn(M) -> EnumStruct<I>,
) -> Vec<I>
where
    I: Info + Clone,
    M: Message + Clone + Debug + PartialEq,
{
    let read = unwrap(arrives(&wrap(EnumStruct::with(level, entries.to_vec()))));
    assert_eq!(read.level.number(), level.number());
    assert_eq!(read.entries().len(), entries.len());
    read.into_entries()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A failure here would change a list of sessions on its way.
    #[test]
    fn sessions_arrive(entries in proptest::collection::vec(session(), 0..4), resume: Option<u32>, total: u32) {
        for &level in SessionLevel::ALL {
            let status = Win32Error::ERROR_MORE_DATA;
            let wrap = |info_struct| {
                session_enum::Response { info_struct, total_entries: total, resume_handle: resume, status }
            };
            let read = lists(level, &entries, wrap, |answer| {
                assert_eq!((answer.total_entries, answer.resume_handle), (total, resume));
                answer.info_struct
            });
            for (read, sent) in read.iter().zip(&entries) {
                assert_eq!(read.cname, sent.cname);
                says(&read.username, &sent.username);
                says(&read.num_opens, &sent.num_opens);
                says(&read.time, &sent.time);
                says(&read.idle_time, &sent.idle_time);
                says(&read.user_flags, &sent.user_flags);
                says(&read.cltype_name, &sent.cltype_name);
                says(&read.transport, &sent.transport);
                if level == SessionLevel::INFO_502 {
                    assert_eq!(read, sent);
                }
            }
        }
    }

    /// A failure here would change a list of open files, or one of them, on its way.
    #[test]
    fn files_arrive(entries in proptest::collection::vec(file(), 0..4)) {
        for &level in FileLevel::ALL {
            let wrap = |info_struct| file_enum::Response { info_struct, ..file_enum::Response::default() };
            let read = lists(level, &entries, wrap, |answer| answer.info_struct);
            assert!(read.iter().zip(&entries).all(|(read, sent)| read.id == sent.id));
            if level == FileLevel::INFO_3 {
                assert_eq!(read, entries);
            }
            for entry in &entries {
                let info_struct = InfoStruct::with(level, entry.clone());
                let answer = file_get_info::Response { info_struct, status: Win32Error::NERR_SUCCESS };
                assert_eq!(arrives(&answer).info_struct.info.unwrap().id, entry.id);
            }
        }
    }

    /// A failure here would change a list of connections on its way.
    #[test]
    fn connections_arrive(entries in proptest::collection::vec(connection(), 0..4)) {
        for &level in ConnectionLevel::ALL {
            let nothing = connection_enum::Response::default;
            let wrap = |info_struct| connection_enum::Response { info_struct, ..nothing() };
            let read = lists(level, &entries, wrap, |answer| answer.info_struct);
            assert!(read.iter().zip(&entries).all(|(read, sent)| read.id == sent.id));
            if level == ConnectionLevel::INFO_1 {
                assert_eq!(read, entries);
            }
        }
    }

    /// A failure here would change a list of shares, or one of them, on its way.
    #[test]
    fn shares_arrive(entries in proptest::collection::vec(share(), 0..4)) {
        for &level in ShareInfo::ENUM_LEVELS {
            let wrap = |info_struct| share_enum::Response { info_struct, ..share_enum::Response::default() };
            let read = lists(level, &entries, wrap, |answer| answer.info_struct);
            for (read, sent) in read.iter().zip(&entries) {
                assert_eq!(read.netname, sent.netname);
                says(&read.path, &sent.path);
                if level == ShareLevel::INFO_503 {
                    assert_eq!(read, &ShareInfo { flags: None, ..sent.clone() });
                }
            }
        }
        for (&level, entry) in ShareLevel::ALL.iter().zip(entries.iter().cycle()) {
            let info_struct = InfoStruct::with(level, entry.clone());
            let read = arrives(&share_get_info::Response { info_struct, status: Win32Error::NERR_SUCCESS });
            says(&read.info_struct.info.unwrap().flags, &entry.flags);
        }
    }

    /// A failure here would change the information about a server on its way.
    #[test]
    fn servers_arrive(info in server()) {
        for &level in ServerLevel::ALL {
            let info_struct = InfoStruct::with(level, info.clone());
            let read = arrives(&server_get_info::Response { info_struct, status: Win32Error::NERR_SUCCESS });
            let read = read.info_struct.info.unwrap();
            says(&read.name, &info.name);
            says(&read.userpath, &info.userpath);
            says(&read.limits, &info.limits);
            says(&read.tuning, &info.tuning);
            if level == ServerLevel::INFO_103 {
                assert_eq!(read, ServerInfo { limits: None, domain: None, tuning: None, ..info.clone() });
            } else if level == ServerLevel::INFO_503 {
                let (limits, domain, tuning) = (info.limits, info.domain.clone(), info.tuning);
                assert_eq!(read, ServerInfo { limits, domain, tuning, ..ServerInfo::default() });
            }
        }
    }

    /// A failure here would end the sessions of another user or client.
    #[test]
    fn names_to_be_ended_arrive(server_name in text(), client_name in text(), user_name in text()) {
        let request = session_del::Request { server_name, client_name, user_name };
        assert_eq!(arrives(&request), request);
    }

    /// A failure here would let octets from the network stop the program.
    #[test]
    fn arbitrary_octets_do_no_harm(
        operation in proptest::sample::select(Srvsvc::OPERATIONS),
        is_wide: bool,
        is_response: bool,
        octets: Vec<u8>,
    ) {
        let syntax = if is_wide { Syntax::Ndr64 } else { Syntax::Ndr32 };
        let selector = oracle::selector(&operation, syntax, is_response).unwrap();
        oracle::messages::<Srvsvc>(&[&selector, &octets[..]].concat());
    }
}

/// A failure here would leave an operation unreachable behind another one with the same opnum, or leave it out of the
/// fuzzer.
#[test]
fn each_operation_is_selected_by_its_own_opnum() {
    for operation in Srvsvc::OPERATIONS {
        let found = Srvsvc::operation(operation.opnum).unwrap();
        assert_eq!((found.name, found.stem), (operation.name, operation.stem));
        assert!(oracle::selector(operation, Syntax::Ndr32, false).is_some(), "{}", operation.name);
    }
}

/// A failure here would give an operation the name of another one in errors and logs. [MS-SRVS] 3.1.4 names each method
/// after its function: NetrSessionDel is in `session_del.rs`.
#[test]
fn names_and_stems_agree() {
    for operation in Srvsvc::OPERATIONS {
        let name = operation.name.strip_prefix("Netr").or(operation.name.strip_prefix("Netpr"));
        let spelled = name.unwrap().to_lowercase();
        assert_eq!(spelled, operation.stem.replace('_', ""), "{operation:?}");
    }
}

/// Returns the golden messages as inputs of the oracle: the selector comes before the message.
fn goldens() -> Vec<Vec<u8>> {
    let line = |line: &str| {
        let fields: Vec<_> = line.split(' ').collect();
        let operation = Srvsvc::operation(fields[0].parse().unwrap()).unwrap();
        let syntax = if fields[4] == "ndr64" { Syntax::Ndr64 } else { Syntax::Ndr32 };
        let selector = oracle::selector(operation, syntax, fields[1] == "response").unwrap();
        [selector.to_vec(), hex::octets(fields[5])].concat()
    };
    include_str!("golden/impacket.txt").lines().map(line).collect()
}

/// A failure here would let a false count, length, pointer, level or character stop the program, or exhaust the memory:
/// four billion entries would take hundreds of gigabytes.
#[test]
fn lies_in_any_place_do_no_harm() {
    let messages = oracle::messages::<Srvsvc>;
    for golden in goldens() {
        messages(&golden);
        for at in (2..golden.len()).step_by(2) {
            for lie in [&[0xff; 8][..], &[0xff; 4], &[0; 4], &[0x00, 0xd8], &[0xff, 0xff, 0x03, 0x00], &[1]] {
                let mut octets = golden.clone();
                let end = octets.len().min(at + lie.len());
                octets[at..end].copy_from_slice(&lie[..end - at]);
                messages(&octets);
            }
            messages(&golden[..at]);
        }
    }
}

/// A failure here would take a response at an unknown level for a list.
#[test]
fn unknown_levels_have_nothing_in_them() {
    for syntax in Syntax::ALL {
        let asked = session_enum::Request {
            info_struct: EnumStruct::asking(SessionLevel(7)),
            ..session_enum::Request::default()
        };
        let read: session_enum::Request = decode(&encode(asked, syntax).unwrap(), syntax).unwrap();
        assert_eq!(read.info_struct, EnumStruct { level: SessionLevel(7), container: None });

        for level in [ServerLevel(7), ServerLevel(599)] {
            let info_struct = InfoStruct::with(level, ServerInfo::default());
            let answer = server_get_info::Response { info_struct, status: Win32Error::ERROR_INVALID_LEVEL };
            let read: server_get_info::Response = decode(&encode(answer, syntax).unwrap(), syntax).unwrap();
            assert_eq!(read.info_struct, InfoStruct { level, info: None });
            assert_eq!(read.status, Win32Error::ERROR_INVALID_LEVEL);
        }
    }
}
