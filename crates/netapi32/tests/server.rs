//! Calls `NetServerGetInfo`, `NetServerSetInfo` and `NetRemoteTOD` through their C declarations, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;
use std::time::{SystemTime, UNIX_EPOCH};

use netapi32::structures::{
    SERVER_INFO_100, SERVER_INFO_101, SERVER_INFO_102, SERVER_INFO_502, SERVER_INFO_1005, SERVER_INFO_1010,
    SERVER_INFO_1016, SERVER_INFO_1017, SERVER_INFO_1018, SERVER_INFO_1107, TIME_OF_DAY_INFO,
};
use netapi32::{NetRemoteTOD, NetServerGetInfo, NetServerSetInfo};
use stage::{Answer, Stage, narrow, set_login, wide};

fn get(stage: &Stage, level: u32) -> Answer {
    // SAFETY: the name ends in zero.
    Answer::of(0, |answer| unsafe { NetServerGetInfo(stage.unc().as_ptr(), level, &raw mut answer.buffer) })
}

/// A failure here would make a program mistake one server for another.
#[test]
fn every_level_describes_the_server() {
    let stage = Stage::start();
    let info = get(&stage, 100).one::<SERVER_INFO_100>();
    assert_eq!(info.sv100_platform_id, 500);
    let answer = get(&stage, 101);
    let info = answer.one::<SERVER_INFO_101>();
    assert_eq!(
        (narrow(info.sv101_name), narrow(info.sv101_comment)),
        ("127.0.0.1".into(), "netsession".into())
    );
    assert_ne!(info.sv101_type & 2, 0, "a server");
    let answer = get(&stage, 102);
    let info = answer.one::<SERVER_INFO_102>();
    assert_eq!((info.sv102_disc, info.sv102_hidden, info.sv102_announce), (-1, 1, 65_535));
    assert_eq!(narrow(info.sv102_userpath), r"C:\");
    let info = get(&stage, 502).one::<SERVER_INFO_502>();
    assert_eq!((info.sv502_sessopens, info.sv502_maxrawbuflen, info.sv502_lmannounce), (16_384, 65_535, 0));
    for level in [0, 99, 103, 503, 1005] {
        assert_eq!(get(&stage, level).code, 124, "{level}");
    }
    // SAFETY: the name ends in zero.
    assert_eq!(unsafe { NetServerGetInfo(stage.unc().as_ptr(), 101, ptr::null_mut()) }, 87);
    assert_eq!(set_login(Some(&stage.name()), Some("bob"), Some(stage::PASSWORD)), 0);
    assert_eq!((get(&stage, 101).code, get(&stage, 102).code), (0, 5));
}

/// Sets a structure of a level, and returns the code and the number of the wrong member.
fn set<T>(stage: &Stage, level: u32, mut new: T) -> (u32, u32) {
    let mut member = 7;
    let buf = (&raw mut new).cast();
    // SAFETY: the name ends in zero, and the structure is that of the level.
    let code = unsafe { NetServerSetInfo(stage.unc().as_ptr(), level, buf, &raw mut member) };
    (code, member)
}

/// A failure here would change another value of a server than a program names, promise a change that the server does not
/// make, or let a user change the server.
#[test]
fn the_comment_of_the_server_changes() {
    let stage = Stage::start();
    let comment = || narrow(get(&stage, 101).one::<SERVER_INFO_101>().sv101_comment);
    for level in [101, 102, 1005] {
        let new = format!("Zoë's files at {level}");
        let mut text = wide(&new);
        let outcome = match level {
            101 => {
                let answer = get(&stage, level);
                let old = answer.one::<SERVER_INFO_101>();
                set(&stage, level, SERVER_INFO_101 { sv101_comment: text.as_mut_ptr(), ..old })
            }
            102 => {
                let answer = get(&stage, level);
                let old = answer.one::<SERVER_INFO_102>();
                set(&stage, level, SERVER_INFO_102 { sv102_comment: text.as_mut_ptr(), ..old })
            }
            _ => set(&stage, level, SERVER_INFO_1005 { sv1005_comment: text.as_mut_ptr() }),
        };
        assert_eq!((outcome, comment()), ((0, 0), new), "{level}");
    }
    let limits = get(&stage, 502).one::<SERVER_INFO_502>();
    assert_eq!(set(&stage, 502, limits), (0, 0));
    assert_eq!(set(&stage, 502, SERVER_INFO_502 { sv502_sessopens: 7, ..limits }), (50, 0));
    assert_eq!(set(&stage, 1010, SERVER_INFO_1010 { sv1010_disc: -1 }), (0, 0));
    assert_eq!(set(&stage, 1010, SERVER_INFO_1010 { sv1010_disc: 15 }), (50, 0));
    assert_eq!(set(&stage, 1016, SERVER_INFO_1016 { sv1016_hidden: 1 }), (0, 0));
    assert_eq!(set(&stage, 1017, SERVER_INFO_1017 { sv1017_announce: 0 }), (87, u32::MAX));
    assert_eq!(set(&stage, 1018, SERVER_INFO_1018 { sv1018_anndelta: 0 }), (0, 0));
    assert_eq!(set(&stage, 1107, SERVER_INFO_1107 { sv1107_users: u32::MAX }), (0, 0));
    for level in [0, 100, 103, 503, 1501] {
        assert_eq!(set(&stage, level, limits), (124, 0), "{level}");
    }
    // SAFETY: the name ends in zero.
    let without = unsafe { NetServerSetInfo(stage.unc().as_ptr(), 1005, ptr::null_mut(), ptr::null_mut()) };
    assert_eq!(without, 87);
    let mut member = 7;
    // SAFETY: as above.
    let code = unsafe { NetServerSetInfo(stage.unc().as_ptr(), 1005, ptr::null_mut(), &raw mut member) };
    assert_eq!((code, member), (87, u32::MAX));
    assert_eq!(set_login(Some(&stage.name()), Some("bob"), Some(stage::PASSWORD)), 0);
    let mut text = wide("xy");
    assert_eq!(set(&stage, 1005, SERVER_INFO_1005 { sv1005_comment: text.as_mut_ptr() }).0, 5);
    assert_eq!(comment(), "Zoë's files at 1005", "a refused call changes nothing");
}

/// A failure here would return a wrong time to a program that compares clocks.
#[test]
fn the_servers_time_is_returned() {
    let stage = Stage::start();
    let seconds = || u32::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let before = seconds();
    // SAFETY: the name ends in zero.
    let answer =
        Answer::of(0, |answer| unsafe { NetRemoteTOD(stage.unc().as_ptr(), &raw mut answer.buffer) });
    let info = answer.one::<TIME_OF_DAY_INFO>();
    assert!((before..=seconds()).contains(&info.tod_elapsedt), "{info:?}");
    assert_eq!(info.tod_elapsedt / 60 % 60, info.tod_mins);
    assert_eq!((info.tod_elapsedt / 86_400 + 4) % 7, info.tod_weekday);
    assert!(info.tod_year >= 2026 && (1..=12).contains(&info.tod_month));
    // SAFETY: the name ends in zero.
    assert_eq!(unsafe { NetRemoteTOD(stage.unc().as_ptr(), ptr::null_mut()) }, 87);
}
