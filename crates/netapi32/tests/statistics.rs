//! Calls `NetStatisticsGet` and `NetRemoteComputerSupports` through their C declarations, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::structures::{STAT_SERVER_0, STAT_WORKSTATION_0};
use netapi32::{NetRemoteComputerSupports, NetStatisticsGet};
use stage::{Answer, Stage, wide};

fn statistics(stage: &Stage, service: &str, level: u32, options: u32) -> Answer {
    Answer::of(0, |answer| {
        // SAFETY: the names end in zero.
        unsafe {
            NetStatisticsGet(
                stage.unc().as_ptr(),
                wide(service).as_ptr(),
                level,
                options,
                &raw mut answer.buffer,
            )
        }
    })
}

/// A failure here would show a program other numbers than the server counts.
#[test]
fn sessions_and_opens_are_counted() {
    let stage = Stage::start();
    let row = |answer: &Answer| answer.one::<STAT_SERVER_0>();
    let before = row(&statistics(&stage, "LanmanServer", 0, 0));
    assert!(before.sts0_start > 1_700_000_000 && before.sts0_sopens == 1, "{before:?}");
    stage.add_session("10.0.0.7", "alice");
    let after = row(&statistics(&stage, "LANMANSERVER", 0, 0));
    assert_eq!((after.sts0_sopens, after.sts0_pwerrors, after.sts0_bigbufneed), (2, 0, 0));
    let client = statistics(&stage, "lanmanworkstation", 0, 0).one::<STAT_WORKSTATION_0>();
    assert_eq!(client.StatisticsStartTime, i64::from(before.sts0_start));
    assert_eq!(
        (client.BytesReceived, client.Sessions, client.CurrentCommands),
        (0, 0, 0),
        "it has no client"
    );
    for (service, level, options, expected) in [
        ("LanmanWorkstation", 1, 0, 124),
        ("LanmanWorkstation", 0, 1, 87),
        ("Browser", 0, 0, 50),
        ("LanmanServer", 1, 0, 124),
        ("LanmanServer", 0, 1, 87),
        ("", 0, 0, 87),
    ] {
        assert_eq!(statistics(&stage, service, level, options).code, expected, "{service} {level} {options}");
    }
}

/// A failure here would keep a program from its RPC calls, or promise it what the server does not have.
#[test]
fn a_server_supports_rpc() {
    let stage = Stage::start();
    let supports = |wanted: u32| {
        let mut supported = 7;
        // SAFETY: the name ends in zero, and the other is a variable.
        let code = unsafe { NetRemoteComputerSupports(stage.unc().as_ptr(), wanted, &raw mut supported) };
        (code, supported)
    };
    assert_eq!([u32::MAX, 0x04, 0x21].map(supports), [(0, 0x1e), (0, 0x04), (0, 0)]);
    let mut supported = 7;
    let nowhere = wide("127.0.0.1:1");
    // SAFETY: the name ends in zero; NULL and a variable.
    let codes = unsafe {
        [
            NetRemoteComputerSupports(nowhere.as_ptr(), u32::MAX, &raw mut supported),
            NetRemoteComputerSupports(nowhere.as_ptr(), u32::MAX, ptr::null_mut()),
        ]
    };
    assert_eq!((codes[0] != 0, codes[1], supported), (true, 87, 0));
}
