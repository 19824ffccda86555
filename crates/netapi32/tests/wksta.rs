//! Calls `NetWkstaGetInfo`, `NetWkstaUserEnum` and `NetGetJoinInformation` through their C declarations, against the embedded
//! server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::structures::{
    WKSTA_INFO_100, WKSTA_INFO_101, WKSTA_INFO_102, WKSTA_USER_INFO_0, WKSTA_USER_INFO_1,
};
use netapi32::{NetApiBufferFree, NetGetJoinInformation, NetSessionEnum, NetWkstaGetInfo, NetWkstaUserEnum};
use stage::{Answer, Stage, errno, narrow, set_login};

fn get(stage: &Stage, level: u32) -> Answer {
    Answer::of(0, |answer| {
        // SAFETY: the name ends in zero.
        unsafe { NetWkstaGetInfo(stage.unc().as_ptr(), level, &raw mut answer.buffer) }
    })
}

fn list(stage: &Stage, level: u32, length: u32, resume: u32) -> Answer {
    Answer::of(resume, |answer| {
        // SAFETY: the name ends in zero; the others are variables.
        unsafe {
            NetWkstaUserEnum(
                stage.unc().as_ptr(),
                level,
                &raw mut answer.buffer,
                length,
                &raw mut answer.read,
                &raw mut answer.total,
                &raw mut answer.resume,
            )
        }
    })
}

/// A failure here would show a program another computer, or break its next call on the connection.
#[test]
fn the_computer_is_described_at_each_level() {
    let stage = Stage::start();
    let answer = get(&stage, 100);
    let row = answer.one::<WKSTA_INFO_100>();
    assert_eq!((row.wki100_platform_id, narrow(row.wki100_computername)), (500, "STAGE".into()));
    assert_eq!(narrow(row.wki100_langroup), "STAGE");
    let answer = get(&stage, 101);
    let row = answer.one::<WKSTA_INFO_101>();
    assert_eq!((row.wki101_ver_major > 0, narrow(row.wki101_lanroot)), (true, String::new()));
    stage.add_session("10.0.0.7", "alice");
    let answer = get(&stage, 102);
    assert_eq!(answer.one::<WKSTA_INFO_102>().wki102_logged_on_users, 2);
    for level in [0, 1, 103, 502] {
        assert_eq!(get(&stage, level).code, 124, "{level}");
    }
    assert_eq!(stage.logons(), 1, "the second pipe is one of the same session");
    let sessions = Answer::of(0, |answer| {
        // SAFETY: the name ends in zero; the others are NULL or variables.
        unsafe {
            NetSessionEnum(
                stage.unc().as_ptr(),
                ptr::null(),
                ptr::null(),
                10,
                &raw mut answer.buffer,
                u32::MAX,
                &raw mut answer.read,
                &raw mut answer.total,
                ptr::null_mut(),
            )
        }
    });
    assert_eq!((sessions.code, sessions.read), (0, 2));
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { NetWkstaGetInfo(stage.unc().as_ptr(), 100, ptr::null_mut()) }, 87);
    assert_eq!(set_login(Some(&stage.name()), Some("bob"), Some(stage::PASSWORD)), 0);
    assert_eq!([100, 101, 102].map(|level| get(&stage, level).code), [0, 0, 5]);
    assert_eq!(list(&stage, 0, u32::MAX, 0).code, 5);
}

/// A failure here would leave out a user who is logged on, or show a user under another domain.
#[test]
fn users_are_listed_by_pages() {
    let stage = Stage::start();
    for (client, user) in [("10.0.0.7", "alice"), ("10.0.0.8", "alice"), ("10.0.0.9", "Zoë")] {
        stage.add_session(client, user);
    }
    let answer = list(&stage, 0, u32::MAX, 0);
    let mut names: Vec<_> =
        answer.rows::<WKSTA_USER_INFO_0>().iter().map(|row| narrow(row.wkui0_username)).collect();
    names.sort();
    assert_eq!(names, ["Zoë", "admin", "alice"]);
    let answer = list(&stage, 1, u32::MAX, 0);
    let rows = answer.rows::<WKSTA_USER_INFO_1>();
    assert!(rows.iter().all(|row| narrow(row.wkui1_logon_domain) == "STAGE"));
    assert!(rows.iter().all(|row| narrow(row.wkui1_logon_server) == "STAGE"));
    let (mut seen, mut resume) = (0, 0);
    loop {
        let page = list(&stage, 1, 120, resume);
        (seen, resume) = (seen + page.read, page.resume);
        if page.code != 234 {
            assert_eq!((page.code, page.resume), (0, 0));
            break;
        }
        assert!(page.read > 0, "a program that asks for the rest reaches the end");
    }
    assert_eq!(seen, 3);
    assert_eq!(list(&stage, 2, u32::MAX, 0).code, 124);
}

/// A failure here would show a program a domain that does not exist, or free memory that is not a buffer.
#[test]
fn the_workgroup_is_returned_as_a_text() {
    let stage = Stage::start();
    let (mut name, mut kind) = (ptr::null_mut(), 77);
    // SAFETY: the name ends in zero, and the others are variables.
    let code = unsafe { NetGetJoinInformation(stage.unc().as_ptr(), &raw mut name, &raw mut kind) };
    assert_eq!((code, errno(), kind, narrow(name)), (0, 0, 2, "STAGE".to_owned()));
    // SAFETY: it is a buffer of the library.
    assert_eq!(unsafe { NetApiBufferFree(name.cast()) }, 0);
    // SAFETY: NULL is allowed.
    unsafe {
        assert_eq!(NetGetJoinInformation(stage.unc().as_ptr(), ptr::null_mut(), &raw mut kind), 87);
        assert_eq!(NetGetJoinInformation(stage.unc().as_ptr(), &raw mut name, ptr::null_mut()), 87);
    }
    assert!(name.is_null());
}
