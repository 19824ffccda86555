//! Calls `NetServerGetInfo` and `NetRemoteTOD` through their C declarations, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;
use std::time::{SystemTime, UNIX_EPOCH};

use netapi32::structures::{SERVER_INFO_100, SERVER_INFO_101, SERVER_INFO_102, TIME_OF_DAY_INFO};
use netapi32::{NetRemoteTOD, NetServerGetInfo};
use stage::{Answer, Stage, narrow, set_login};

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
    for level in [0, 99, 103, 502, 503] {
        assert_eq!(get(&stage, level).code, 124, "{level}");
    }
    // SAFETY: the name ends in zero.
    assert_eq!(unsafe { NetServerGetInfo(stage.unc().as_ptr(), 101, ptr::null_mut()) }, 87);
    assert_eq!(set_login(Some(&stage.name()), Some("bob"), Some(stage::PASSWORD)), 0);
    assert_eq!((get(&stage, 101).code, get(&stage, 102).code), (0, 5));
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
