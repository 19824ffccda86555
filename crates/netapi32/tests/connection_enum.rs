//! Calls `NetConnectionEnum` through its C declaration, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::NetConnectionEnum;
use netapi32::structures::{CONNECTION_INFO_0, CONNECTION_INFO_1};
use stage::{Answer, Stage, narrow, pointer, wide};

fn list(stage: &Stage, qualifier: Option<&str>, level: u32, length: u32, resume: u32) -> Answer {
    let qualifier = qualifier.map(wide);
    Answer::of(resume, |answer| {
        // SAFETY: the texts are NULL or end in zero; the others are variables.
        unsafe {
            NetConnectionEnum(
                stage.unc().as_ptr(),
                pointer(qualifier.as_ref()),
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

/// A failure here would show a program connections that do not exist, or hide some.
#[test]
fn connections_are_listed_by_share_and_by_client() {
    let stage = Stage::start();
    let _alice = stage.copy("alice");
    let by_share = list(&stage, Some("DATA"), 1, u32::MAX, 0);
    assert_eq!((by_share.code, by_share.read, by_share.total), (0, 1, 1));
    let row = by_share.rows::<CONNECTION_INFO_1>()[0];
    assert_eq!(
        (narrow(row.coni1_username), narrow(row.coni1_netname)),
        ("alice".into(), r"\\127.0.0.1".into())
    );
    assert_eq!((row.coni1_type, row.coni1_num_opens, row.coni1_num_users), (0, 1, 1));
    assert!(row.coni1_time < 60);
    let numbers = list(&stage, Some("data"), 0, u32::MAX, 0);
    assert_eq!(numbers.rows::<CONNECTION_INFO_0>()[0].coni0_id, row.coni1_id);

    let by_client = list(&stage, Some(r"\\127.0.0.1"), 1, u32::MAX, 0);
    let mut shares: Vec<_> =
        by_client.rows::<CONNECTION_INFO_1>().iter().map(|row| narrow(row.coni1_netname)).collect();
    shares.sort();
    assert_eq!(shares, ["IPC$", "data"]);
    assert_eq!(list(&stage, Some(r"\\127.0.0.1"), 0, u32::MAX, 0).read, 2);
    let part = list(&stage, Some(r"\\127.0.0.1"), 1, 100, 0);
    assert_eq!((part.code, part.read, part.total), (234, 1, 2));
    let rest = list(&stage, Some(r"\\127.0.0.1"), 1, 100, part.resume);
    assert_eq!((rest.code, rest.read, rest.resume), (0, 1, 0));
}

/// A failure here would return another code than Windows does.
#[test]
fn every_combination_of_arguments_has_its_documented_answer() {
    let stage = Stage::start();
    let longer = "x".repeat(1_024);
    for (qualifier, level, expected) in [
        (None, 1, 87),
        (Some(""), 1, 87),
        (Some(longer.as_str()), 1, 87),
        (Some("data"), 2, 124),
        (None, 2, 124),
        (Some("data"), 0, 0),
        (Some(r"\\10.0.0.9"), 1, 0),
    ] {
        let answer = list(&stage, qualifier, level, u32::MAX, 0);
        assert_eq!((answer.code, answer.read), (expected, 0), "{qualifier:?} {level}");
    }
    let (mut buffer, mut count) = (ptr::null_mut(), 0);
    let (name, share, null) = (stage.unc(), wide("data"), ptr::null_mut());
    let (first, second) = (&raw mut buffer, &raw mut count);
    for (bufptr, read, total) in
        [(ptr::null_mut(), second, second), (first, null, second), (first, second, null)]
    {
        // SAFETY: each is NULL or valid.
        let code =
            unsafe { NetConnectionEnum(name.as_ptr(), share.as_ptr(), 1, bufptr, 0, read, total, null) };
        assert_eq!(code, 87);
    }
}
