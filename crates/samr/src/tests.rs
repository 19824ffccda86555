//! The messages of Samba 4.17 (a standalone server, and Samba's own client in Python), as captured.

use std::fmt::Debug;

use netsession_rpc::Interface as _;
use netsession_rpc::ndr::{Counted, CountedText, Message, Syntax, decode, encode};
use netsession_wire::NtStatus;

use crate::lookup_names_in_domain::NameUse;
use crate::query_information_user::{ACCOUNT_NAME, CONTROL, UserInfo};
use crate::*;

fn octets(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// Reads a captured message, and checks that it survives both syntaxes.
fn read<M: Message + Clone + Debug + PartialEq>(text: &str) -> M {
    let octets = octets(text);
    let message: M = decode(&octets, Syntax::Ndr32).unwrap();
    for syntax in Syntax::ALL {
        let written = encode(message.clone(), syntax).unwrap();
        assert_eq!(decode::<M>(&written, syntax).unwrap(), message, "{syntax:?}");
    }
    // An array of octets that nothing follows can lack its padding, but never an octet of its own.
    for length in 0..octets.len() {
        assert!(decode::<M>(&octets[..length], Syntax::Ndr32).is_err(), "cut at {length}");
    }
    message
}

/// As [`read`]; this crate writes the same octets as Samba's client.
fn read_exactly<M: Message + Clone + Debug + PartialEq>(text: &str) -> M {
    let message: M = read(text);
    assert_eq!(encode(message.clone(), Syntax::Ndr32).unwrap(), octets(text));
    message
}

fn domain() -> Sid {
    "S-1-5-21-1755055203-138077615-1386380419".parse().unwrap()
}

/// A failure here would ask the server for nothing, or for rights that a helper of the administrator does not have.
#[test]
fn a_server_and_its_domains_are_opened() {
    let request: connect5::Request = read_exactly("000000003100000001000000010000000200000000000000");
    assert_eq!(request.access.bits(), 0x31);
    let response: connect5::Response =
        read("0100000001000000030000000000000000000000aff461b9409f9e47baab9a3bf4b2e09800000000");
    assert_eq!((response.revision.revision, response.status), (3, NtStatus::SUCCESS));
    let request: enumerate_domains_in_sam_server::Request =
        read_exactly("00000000aff461b9409f9e47baab9a3bf4b2e09800000000ffff0000");
    assert_eq!((request.server, request.preferred_maximum_length), (response.server, 0xffff));
    let domains: enumerate_domains_in_sam_server::Response = read(
        "0000000000000200020000000400020002000000000000000c000c0008000200010000000e000e000c00020006000000 \
         00000000060000004c00410042005300520056000700000000000000070000004200750069006c00740069006e000000 \
         0200000000000000",
    );
    let names: Vec<_> = domains
        .buffer
        .iter()
        .flat_map(Counted::as_slice)
        .filter_map(|domain| domain.name.as_deref())
        .collect();
    assert_eq!((names, domains.count), (vec!["LABSRV", "Builtin"], 2));
    let request: lookup_domain_in_sam_server::Request = read_exactly(
        "00000000aff461b9409f9e47baab9a3bf4b2e0980c000c00000002000600000000000000060000004c00410042005300 \
         52005600",
    );
    assert_eq!(request.name.as_deref(), Some("LABSRV"));
    let found: lookup_domain_in_sam_server::Response =
        read("040002000400000001040000000000051500000063049c68afe53a08837ca25200000000");
    assert_eq!(found.domain_id, Some(domain()));
    let request: open_domain::Request = read_exactly(
        "00000000aff461b9409f9e47baab9a3bf4b2e098040300000400000001040000000000051500000063049c68afe53a08 \
         837ca252",
    );
    assert_eq!((request.domain_id, request.access.bits()), (domain(), 0x304));
    let opened: open_domain::Response = read("0100000058eb51b13e715a4d8cad9da3fa738ec400000000");
    assert_ne!(opened.domain, Handle::default());
}

/// A failure here would disable another account than the one that was named, or change another attribute of it.
#[test]
fn an_account_is_found_read_and_changed() {
    let request: lookup_names_in_domain::Request = read_exactly(
        "0100000058eb51b13e715a4d8cad9da3fa738ec401000000e80300000000000001000000060006000000020003000000 \
         000000000300000062006f006200",
    );
    assert_eq!(request.names, ["bob".into()]);
    let found: lookup_names_in_domain::Response =
        read("010000000400020001000000eb0300000100000008000200010000000100000000000000");
    assert_eq!((found.relative_ids.as_slice(), found.uses.as_slice()), (&[1003][..], &[NameUse::USER][..]));
    let unknown: lookup_names_in_domain::Response =
        read("010000000400020001000000ffffffff01000000080002000100000008000000730000c0");
    assert_eq!((unknown.uses.as_slice(), unknown.status), (&[NameUse::UNKNOWN][..], NtStatus::NONE_MAPPED));
    let request: open_user::Request =
        read_exactly("0100000058eb51b13e715a4d8cad9da3fa738ec430000000eb030000");
    assert_eq!((request.rid, request.access), (1003, UserAccess::READ_ACCOUNT | UserAccess::WRITE_ACCOUNT));
    let opened: open_user::Response = read("020000006cfedcd5bc907d4d95f97b262b52de6c00000000");
    let unknown: open_user::Response = read("0000000000000000000000000000000000000000640000c0");
    assert_eq!((unknown.user, unknown.status), (Handle::default(), NtStatus::NO_SUCH_USER));
    let request: query_information_user::Request =
        read_exactly("020000006cfedcd5bc907d4d95f97b262b52de6c1000");
    assert_eq!((request.user, request.class), (opened.user, CONTROL));
    let known: query_information_user::Response = read("00000200100000001000000000000000");
    assert_eq!(known.info, Some(UserInfo::control(AccountControl::NORMAL_ACCOUNT)));
    let request: query_information_user::Request =
        read_exactly("020000000549494b21e6bd438ddb1ce6e997369e0700");
    assert_eq!(request.class, ACCOUNT_NAME);
    let named: query_information_user::Response =
        read("0000020007000000060006000400020003000000000000000300000062006f006200000000000000");
    let name = named.info.and_then(|info| info.name).and_then(CountedText::into_text);
    assert_eq!(name.as_deref(), Some("bob"));
    let request: set_information_user::Request =
        read_exactly("020000006cfedcd5bc907d4d95f97b262b52de6c1000100011000000");
    let disabled = AccountControl::NORMAL_ACCOUNT | AccountControl::DISABLED;
    assert_eq!(
        request,
        set_information_user::Request { user: opened.user, info: UserInfo::control(disabled) }
    );
    assert_eq!(read::<set_information_user::Response>("00000000").status, NtStatus::SUCCESS);
    let closed: close_handle::Request = read_exactly("020000006cfedcd5bc907d4d95f97b262b52de6c");
    assert_eq!(closed.handle, opened.user);
    assert_eq!(read::<close_handle::Response>(&"00".repeat(24)).handle, Handle::default());
}

/// A failure here would miss an administrator, so that a hold could disable the last one.
#[test]
fn the_administrators_are_listed() {
    let request: open_group::Request =
        read_exactly("0100000058eb51b13e715a4d8cad9da3fa738ec41000000000020000");
    assert_eq!((request.rid, request.access), (DOMAIN_ADMINS, GroupAccess::LIST_MEMBERS));
    let opened: open_group::Response = read("030000000c9a9e8427b0934b9be0d6a464f5f30500000000");
    let request: get_members_in_group::Request = read_exactly("030000000c9a9e8427b0934b9be0d6a464f5f305");
    assert_eq!(request.group, opened.group);
    let members: get_members_in_group::Response =
        read("0000020001000000040002000800020001000000e8030000010000000700000000000000");
    assert_eq!(members.members, Some(get_members_in_group::Members::new(vec![1000], 7)));
    let request: open_alias::Request =
        read_exactly("01000000535e7a23d6fc3047ae97beaa39cbd1ef0400000020020000");
    assert_eq!((request.rid, request.access), (ADMINISTRATORS, AliasAccess::LIST_MEMBERS));
    let opened: open_alias::Response = read("04000000e4902f0e5f731a438f327c1e06ee986c00000000");
    let request: get_members_in_alias::Request = read_exactly("04000000e4902f0e5f731a438f327c1e06ee986c");
    assert_eq!(request.alias, opened.alias);
    let members: get_members_in_alias::Response = read(
        "02000000000002000200000004000200080002000500000001050000000000051500000063049c68afe53a08837ca252 \
         e90300000500000001050000000000051500000063049c68afe53a08837ca252e803000000000000",
    );
    let rids = members.members.as_slice().iter().map(|one| one.sid.as_ref()?.in_domain(&domain()));
    assert_eq!(rids.collect::<Vec<_>>(), [Some(1001), Some(1000)]);
    // Counts that contradict the arrays.
    for (at, wrong) in [(4, 2), (16, 2), (24, 0)] {
        let mut octets = octets("0000020001000000040002000800020001000000e8030000010000000700000000000000");
        octets[at] = wrong;
        assert!(decode::<get_members_in_group::Response>(&octets, Syntax::Ndr32).is_err(), "{at}");
    }
}

proptest::proptest! {
    /// A failure here would let a server stop the program, or make it read a message that it would write differently.
    #[test]
    fn arbitrary_octets_do_no_harm(octets: Vec<u8>) {
        for operation in Samr::OPERATIONS {
            for syntax in Syntax::ALL {
                (operation.request.oracle)(&octets, syntax);
                (operation.response.oracle)(&octets, syntax);
            }
        }
    }
}
