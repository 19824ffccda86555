//! Calls `NetSessionGetInfo` through its C declaration, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::NetSessionGetInfo;
use netapi32::structures::{SESSION_INFO_0, SESSION_INFO_1, SESSION_INFO_2, SESSION_INFO_10};
use stage::{Answer, Stage, errno, narrow, pointer, wide};

fn get(stage: &Stage, client: Option<&str>, user: Option<&str>, level: u32) -> Answer {
    let [client, user] = [client, user].map(|text| text.map(wide));
    Answer::of(0, |answer| {
        let (client, user) = (pointer(client.as_ref()), pointer(user.as_ref()));
        // SAFETY: the texts are NULL or end in zero.
        unsafe { NetSessionGetInfo(stage.unc().as_ptr(), client, user, level, &raw mut answer.buffer) }
    })
}

/// A failure here would return another session than the program requested.
#[test]
fn every_level_returns_its_fields() {
    let stage = Stage::start();
    for user in ["alice", "bob"] {
        stage.add_session("10.0.0.5", user);
        stage.add_session("10.0.0.6", user);
    }
    let get = |level| get(&stage, Some(r"\\10.0.0.6"), Some("BOB"), level);
    let client = r"\\10.0.0.6";
    assert_eq!(narrow(get(0).one::<SESSION_INFO_0>().sesi0_cname), client);
    let answer = get(1);
    let info = answer.one::<SESSION_INFO_1>();
    assert_eq!((narrow(info.sesi1_cname), narrow(info.sesi1_username)), (client.into(), "bob".into()));
    assert_eq!((info.sesi1_num_opens, info.sesi1_user_flags), (0, 0));
    let answer = get(2);
    assert_eq!(narrow(answer.one::<SESSION_INFO_2>().sesi2_cltype_name), "");
    let answer = get(10);
    let info = answer.one::<SESSION_INFO_10>();
    assert_eq!((narrow(info.sesi10_cname), narrow(info.sesi10_username)), (client.into(), "bob".into()));
    assert!(info.sesi10_time < 60 && info.sesi10_idle_time < 60);
}

/// A failure here would return another code than Windows does.
#[test]
fn every_combination_of_arguments_has_its_documented_answer() {
    let stage = Stage::start();
    stage.add_session("10.0.0.5", "alice");
    let longer = "x".repeat(1_024);
    let client = Some(r"\\10.0.0.5");
    for (client, user, level, expected) in [
        (None, None, 10, 87),
        (client, None, 10, 87),
        (client, Some(""), 10, 87),
        (None, Some("alice"), 10, 87),
        (Some(""), Some("alice"), 10, 87),
        (client, Some(longer.as_str()), 10, 87),
        (Some("10.0.0.5"), Some("alice"), 10, 2351),
        (Some(r"\\10.0.0.9"), Some("alice"), 10, 2312),
        (client, Some("bob"), 10, 2312),
        (client, Some("alice"), 502, 124),
        (client, Some("alice"), 3, 124),
        (client, Some("alice"), 10, 0),
    ] {
        assert_eq!(get(&stage, client, user, level).code, expected, "{client:?} {user:?} {level}");
    }
    let (client, user) = (wide(r"\\10.0.0.5"), wide("alice"));
    // SAFETY: the texts end in zero.
    let code = unsafe {
        NetSessionGetInfo(stage.unc().as_ptr(), client.as_ptr(), user.as_ptr(), 10, ptr::null_mut())
    };
    assert_eq!((code, errno()), (87, 87));
}
