//! The messages that rpcclient (Samba 4.17) and impacket exchanged with a real smbd. The tests read all of them, and
//! write them again unchanged. `golden/captured.txt` has, on each line, the client, the opnum, the direction and the
//! stub data: recorded with tcpdump on loopback, and extracted by tshark with its decoding of srvsvc off. The lines
//! of `samba` are what Samba's marshalling (python3-samba) writes for NetrServerSetInfo, which smbd does not carry out.
//!
//! Two things may differ, because they have no meaning: referent ids (Samba's responses continue the numbers of the
//! request, impacket's are random) and the contents of padding (impacket's is not zero).
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it is wrong"
)]

mod hex;

use std::collections::BTreeMap;
use std::fmt::Debug;

use netsession_rpc::ndr::{Message, Syntax, decode, encode};
use netsession_rpc::{Operation, Response as _};
use netsession_srvs::{
    file_close, file_enum, remote_tod, server_get_info, session_del, session_enum, share_enum,
};
use netsession_wire::Win32Error;

struct Captured {
    client: &'static str,
    opnum: u16,
    is_request: bool,
    stub: Vec<u8>,
}

fn captured() -> Vec<Captured> {
    let line = |line: &'static str| {
        let fields: Vec<_> = line.split(' ').collect();
        Captured {
            client: fields[0],
            opnum: fields[1].parse().unwrap(),
            is_request: fields[2] == "request",
            stub: hex::octets(fields[3]),
        }
    };
    include_str!("golden/captured.txt").lines().map(line).collect()
}

/// Every message of an operation in one direction.
fn all<M: Message>(opnum: u16, is_request: bool) -> Vec<M> {
    let of_it = |captured: &Captured| captured.opnum == opnum && captured.is_request == is_request;
    captured().iter().filter(|one| of_it(one)).map(|one| decode(&one.stub, Syntax::Ndr32).unwrap()).collect()
}

fn answers<O: Operation>() -> Vec<O::Response> {
    all(O::OPNUM, false)
}

/// Returns whether a different octet is padding, or belongs to a referent id.
fn may_differ(ours: &[u8], at: usize) -> bool {
    let word = ours.get(at & !3..(at & !3) + 4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
    ours[at] == 0 || word.is_some_and(|word| (0x2_0000..0x2_0100).contains(&word))
}

fn again<M: Message + Clone + Debug + PartialEq>(captured: &Captured) {
    let Captured { client, opnum, stub, .. } = captured;
    let message: M =
        decode(stub, Syntax::Ndr32).unwrap_or_else(|error| panic!("{client} {opnum:?}: {error}"));
    let ours = encode(message.clone(), Syntax::Ndr32).unwrap();
    assert_eq!(ours.len(), stub.len(), "{client} {opnum:?}");
    for at in (0..ours.len()).filter(|&at| ours[at] != stub[at]) {
        assert!(may_differ(&ours, at), "{client} {opnum:?}: octet {at} of {ours:02x?}, captured {stub:02x?}");
    }
    assert_eq!(decode::<M>(&ours, Syntax::Ndr32).unwrap(), message, "{client} {opnum:?}");
}

fn operation<O>(captured: &Captured)
where
    O: Operation + Clone + Debug + PartialEq,
    O::Response: Clone + Debug + PartialEq,
{
    if captured.is_request { again::<O>(captured) } else { again::<O::Response>(captured) }
}

/// The check of each operation, by its opnum.
fn checks() -> BTreeMap<u16, fn(&Captured)> {
    macro_rules! table {
        ($($stem:ident)*) => {
            [$((netsession_srvs::$stem::Request::OPNUM, operation::<netsession_srvs::$stem::Request> as fn(&Captured))),*]
        };
    }
    netsession_srvs::operations!(table).into()
}

/// A failure here would misread the request of a real client, or the response of a real server.
#[test]
fn captured_messages_are_read_and_written_as_they_were() {
    let checks = checks();
    for captured in captured() {
        let check = checks.get(&captured.opnum);
        check.unwrap_or_else(|| panic!("{} is an opnum of the golden file only", captured.opnum))(&captured);
    }
}

/// A failure here would read wrong values from the captured responses.
#[test]
fn captured_answers_say_what_was_the_case() {
    let sessions = answers::<session_enum::Request>();
    let users = |answer: &session_enum::Response| {
        let named = answer.info_struct.entries().iter().filter_map(|session| session.username.clone());
        named.collect::<Vec<_>>()
    };
    assert!(sessions.iter().any(|answer| users(answer).contains(&"alice".to_owned())));
    let refused: Vec<_> =
        sessions.iter().filter(|answer| answer.status() == Win32Error::ERROR_INVALID_LEVEL).collect();
    assert_eq!(refused.len(), 3, "Samba refuses levels 2, 10 and 502");
    assert!(
        refused.iter().all(|answer| answer.info_struct.container.as_ref().is_some_and(|all| all.is_null()))
    );

    let files = answers::<file_enum::Request>();
    let paths = files.iter().flat_map(|answer| answer.info_struct.entries());
    let path = paths.filter_map(|file| file.pathname.clone()).next().unwrap();
    assert!(path.ends_with("\\Zo\u{eb} report.txt"), "{path}");

    let shares = answers::<share_enum::Request>();
    let names =
        shares.iter().flat_map(|answer| answer.info_struct.entries()).map(|share| share.netname.clone());
    assert!(names.clone().any(|name| name.as_deref() == Some("IPC$")));
    assert!(names.clone().any(|name| name.as_deref() == Some("data")));
    assert!(answers::<server_get_info::Request>().iter().any(|answer| {
        answer.info_struct.info.as_ref().is_some_and(|info| info.name.as_deref() == Some("LABSRV"))
    }));
    assert_eq!(answers::<session_del::Request>()[0].status(), Win32Error::ERROR_ACCESS_DENIED);
    assert_eq!(answers::<file_close::Request>()[0].status(), Win32Error::ERROR_FILE_NOT_FOUND);
    let time = answers::<remote_tod::Request>()[0].buffer.unwrap();
    assert_eq!((time.year, time.month), (2026, 11));
    let ended: Vec<session_del::Request> = all(session_del::Request::OPNUM, true);
    assert!(ended.iter().all(|request| request.user_name.as_deref() == Some("nobody")));
}
