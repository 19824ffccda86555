//! Calls `NetSessionDel` through its C declaration, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use netapi32::NetSessionDel;
use stage::{Stage, errno, pointer, set_login, wide};

/// Calls the function, and compares errno with its code.
fn delete(server: Option<&str>, client: Option<&str>, user: Option<&str>) -> u32 {
    let [server, client, user] = [server, client, user].map(|text| text.map(wide));
    // SAFETY: each is NULL or ends in zero.
    let code =
        unsafe { NetSessionDel(pointer(server.as_ref()), pointer(client.as_ref()), pointer(user.as_ref())) };
    assert_eq!(errno(), code, "errno is the returned code");
    code
}

fn pairs(who: &[(String, String)]) -> Vec<(&str, &str)> {
    who.iter().map(|(client, user)| (client.as_str(), user.as_str())).collect()
}

/// A failure here would end other sessions than a program named, or return another code than Windows does.
#[test]
fn every_combination_of_arguments_has_its_documented_answer() {
    let stage = Stage::start();
    let server = Some(format!(r"\\{}", stage.name()));
    let server = server.as_deref();
    let everybody = || {
        for user in ["alice", "bob"] {
            stage.add_session("10.0.0.5", user);
            stage.add_session("10.0.0.6", user);
        }
        stage.add_session("10.0.0.7", "Zoë");
    };
    let all = [
        ("10.0.0.5", "alice"),
        ("10.0.0.5", "bob"),
        ("10.0.0.6", "alice"),
        ("10.0.0.6", "bob"),
        ("10.0.0.7", "Zoë"),
    ];
    everybody();
    let (longest, longer) = ("x".repeat(1_023), "x".repeat(1_024));
    let client = |name: &str| Some(format!(r"\\{name}"));
    let (long_client, longer_client) = (client(&"c".repeat(1_021)), client(&"c".repeat(1_022)));
    for (client, user, expected) in [
        (None, None, 87),
        (Some(""), Some(""), 87),
        (None, Some(""), 87),
        (Some(""), None, 87),
        (Some("10.0.0.5"), Some("alice"), 2312),
        (Some("10.0.0.5"), None, 2312),
        (Some(r"\10.0.0.5"), Some("alice"), 2312),
        (Some(r"\\"), None, 2312),
        (Some(r"\\10.0.0.9"), Some("alice"), 2312),
        (Some(r"\\10.0.0.9"), None, 2312),
        (Some(r"\\10.0.0.7"), Some("alice"), 2312),
        (None, Some("nobody"), 2312),
        (None, Some(r"LAB\alice"), 2312),
        (None, Some(longest.as_str()), 2312),
        (None, Some(longer.as_str()), 87),
        (long_client.as_deref(), None, 2312),
        (longer_client.as_deref(), None, 87),
        (longer_client.as_deref(), Some("alice"), 87),
    ] {
        assert_eq!(delete(server, client, user), expected, "{client:?} {user:?}");
        assert_eq!(pairs(&stage.who()), all, "{client:?} {user:?} ends nobody");
    }
    assert_eq!(delete(server, Some(r"\\10.0.0.5"), Some("ALICE")), 0);
    assert_eq!(pairs(&stage.who()), &all[1..]);
    assert_eq!(delete(server, Some(r"\\10.0.0.5"), None), 0);
    assert_eq!(pairs(&stage.who()), &all[2..]);
    assert_eq!(delete(server, None, Some("bob")), 0);
    assert_eq!(delete(server, Some(""), Some("zoË")), 0);
    assert_eq!(pairs(&stage.who()), [all[2]]);
}

/// A failure here would end sessions on this computer for a blank line, look up an invalid server name, connect to another server, or return a misleading code.
#[test]
fn invalid_and_unreachable_servers_have_their_own_codes() {
    let long = "x".repeat(1_024);
    for (server, expected) in
        [(r"\\fs 1", 2351), (r"\\fs1\data", 2351), ("  ", 2351), ("\t\r\n", 2351), (&long, 87)]
    {
        assert_eq!(delete(Some(server), None, Some("alice")), expected, "{server}");
    }
    let mut stage = Stage::start();
    let name = stage.name();
    stage.stop();
    assert_eq!(delete(Some(&name), None, Some("alice")), 1225);
    assert_eq!(delete(Some(&name), None, None), 87, "a wrong argument is reported before any connection");
}

/// A failure here would let a user without administrator rights end sessions, or a program without a login connect.
#[test]
fn a_user_without_rights_and_a_program_without_a_login_are_denied() {
    let stage = Stage::start();
    let name = stage.name();
    stage.add_session("10.0.0.5", "alice");
    assert_eq!(set_login(Some(&name), Some("bob"), Some(stage::PASSWORD)), 0);
    assert_eq!(delete(Some(&name), None, Some("alice")), 5);
    assert_eq!(delete(Some(&name), None, Some("nobody")), 5);
    assert_eq!(set_login(Some(&name), Some("bob"), Some("wrong")), 0);
    assert_eq!(delete(Some(&name), None, Some("alice")), 1326);
    assert_eq!(set_login(Some(&name), None, None), 0);
    assert_eq!(delete(Some(&name), None, Some("alice")), 5);
    for (login, password) in [("bob", None), ("bob%x", Some("x")), ("", Some("x")), (r"A\B\c", Some("x"))] {
        assert_eq!(set_login(Some(&name), Some(login), password), 87, "{login}");
    }
    stage.wait_for(&[("10.0.0.5", "alice")]);
}

/// A failure here would keep a program that ended its own session from calling again, or report that nothing ended.
#[test]
fn a_program_can_end_its_own_session_and_call_again() {
    let stage = Stage::start();
    let name = stage.name();
    for _ in 0..3 {
        assert_eq!(delete(Some(&name), Some(r"\\127.0.0.1"), Some("admin")), 0);
        assert_eq!(delete(Some(&name), None, Some("nobody")), 2312);
    }
}

/// A failure here would end the sessions of a user named `b` when a program passes `L"bob"`, whose characters have 32
/// bits.
#[test]
#[cfg(all(target_endian = "little", not(wchar32)))]
fn a_name_of_32_bit_characters_is_refused() {
    let stage = Stage::start();
    let server = stage.unc();
    stage.add_session("10.0.0.5", "b");
    stage.add_session("10.0.0.5", "bob");
    let everybody = [("10.0.0.5", "b"), ("10.0.0.5", "bob")];
    let wchar = |text: &str| -> Vec<u32> { text.chars().map(u32::from).chain([0]).collect() };
    let (bob, client) = (wchar("bob"), wchar(r"\\10.0.0.5"));
    let none = std::ptr::null();
    let utf_16 = wide(r"\\10.0.0.5");
    for (client, user) in [
        (none, bob.as_ptr().cast()),
        (client.as_ptr().cast(), none),
        (client.as_ptr().cast(), bob.as_ptr().cast()),
        (utf_16.as_ptr(), bob.as_ptr().cast()),
    ] {
        // SAFETY: each is NULL or ends in zero.
        assert_eq!(unsafe { NetSessionDel(server.as_ptr(), client, user) }, 87);
        assert_eq!(pairs(&stage.who()), everybody);
    }
    // SAFETY: as above.
    assert_eq!(unsafe { NetSessionDel(wchar("fs1").as_ptr().cast(), none, wide("bob").as_ptr()) }, 87);
    // With zeros after it, and not with what was in the memory before, this is a name of one letter.
    let b = [u16::from(b'b'), 0, 0, 0, 0, 0];
    // SAFETY: as above.
    assert_eq!(unsafe { NetSessionDel(server.as_ptr(), none, b.as_ptr()) }, 0);
    stage.wait_for(&[("10.0.0.5", "bob")]);
}

/// A failure here would end a program that passes a name at the end of its memory.
#[test]
#[cfg(not(wchar32))]
fn a_name_is_read_without_leaving_its_page() {
    let stage = Stage::start();
    let server = stage.unc();
    let page = 65_536;
    let (read_write, private) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: the memory is new, and its second half becomes unreadable.
    let end = unsafe {
        let memory = libc::mmap(std::ptr::null_mut(), 2 * page, read_write, private, -1, 0);
        assert_ne!(memory, libc::MAP_FAILED);
        assert_eq!(libc::mprotect(memory.byte_add(page), page, libc::PROT_NONE), 0);
        memory.byte_add(page).cast::<u16>()
    };
    for (units, code) in
        [(&[0x62, 0][..], 2312), (&[0x62, 0, 0, 0], 2312), (&[0x62, 0, 0x6f, 0], 87), (&[0], 87)]
    {
        // SAFETY: the memory before `end` can be written, and the name there ends in zero.
        let status = unsafe {
            let name = end.sub(units.len());
            std::ptr::copy_nonoverlapping(units.as_ptr(), name, units.len());
            NetSessionDel(server.as_ptr(), std::ptr::null(), name)
        };
        assert_eq!(status, code, "{units:?}");
    }
    // SAFETY: the memory is not used any more.
    unsafe { libc::munmap(end.byte_sub(page).cast(), 2 * page) };
}

/// A failure here would end everybody's sessions from a client when a program passes on a listed session whose logon is
/// not complete.
#[test]
fn an_empty_user_beside_a_client_ends_nobody() {
    let stage = Stage::start();
    let name = stage.name();
    stage.add_session("10.0.0.5", "alice");
    assert_eq!(delete(Some(&name), Some(r"\\10.0.0.5"), Some("")), 87);
    stage.wait_for(&[("10.0.0.5", "alice")]);
    assert_eq!(delete(Some(&name), Some(r"\\10.0.0.5"), None), 0, "NULL is every user");
    stage.wait_for(&[]);
}
