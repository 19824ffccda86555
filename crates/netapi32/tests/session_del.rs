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

/// A failure here would look up an invalid server name, connect to another server, or return a misleading code.
#[test]
fn invalid_and_unreachable_servers_have_their_own_codes() {
    let long = "x".repeat(1_024);
    for (server, expected) in [(r"\\fs 1", 2351), (r"\\fs1\data", 2351), (&long, 87)] {
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
