//! Calls `NetShareEnum`, `NetShareGetInfo` and `NetShareCheck` through their C declarations, against the embedded
//! server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::structures::{SHARE_INFO_0, SHARE_INFO_1, SHARE_INFO_2, SHARE_INFO_502};
use netapi32::{NetShareCheck, NetShareEnum, NetShareGetInfo};
use stage::{Answer, Stage, errno, narrow, pointer, set_login, wide};

fn list(stage: &Stage, level: u32, length: u32, resume: u32) -> Answer {
    Answer::of(resume, |answer| {
        // SAFETY: the name ends in zero; the others are variables.
        unsafe {
            NetShareEnum(
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

fn get(stage: &Stage, name: Option<&str>, level: u32) -> Answer {
    let name = name.map(wide);
    Answer::of(0, |answer| {
        // SAFETY: the texts are NULL or end in zero.
        unsafe {
            NetShareGetInfo(stage.unc().as_ptr(), pointer(name.as_ref()), level, &raw mut answer.buffer)
        }
    })
}

fn check(stage: &Stage, device: Option<&str>) -> (u32, u32) {
    let (device, mut kind) = (device.map(wide), 77);
    // SAFETY: the texts are NULL or end in zero.
    let code = unsafe { NetShareCheck(stage.unc().as_ptr(), pointer(device.as_ref()), &raw mut kind) };
    assert_eq!(errno(), code);
    (code, kind)
}

/// A failure here would show a program wrong shares, or foreign memory.
#[test]
fn every_level_returns_its_fields() {
    let stage = Stage::start();
    let folder = stage.share_path();
    let answer = list(&stage, 0, u32::MAX, 0);
    let names: Vec<_> = answer.rows::<SHARE_INFO_0>().iter().map(|row| narrow(row.shi0_netname)).collect();
    assert_eq!(names, ["IPC$", "data"]);
    let answer = list(&stage, 1, u32::MAX, 0);
    let rows = answer.rows::<SHARE_INFO_1>();
    assert_eq!((rows[0].shi1_type, rows[1].shi1_type), (0x8000_0003, 0));
    assert_eq!(narrow(rows[1].shi1_remark), "Data");
    let answer = list(&stage, 2, u32::MAX, 0);
    let row = answer.rows::<SHARE_INFO_2>()[1];
    assert_eq!(
        (narrow(row.shi2_path), row.shi2_max_uses, row.shi2_current_uses),
        (folder.clone(), u32::MAX, 0)
    );
    assert_eq!(narrow(row.shi2_passwd), "");
    let answer = list(&stage, 502, u32::MAX, 0);
    let rows = answer.rows::<SHARE_INFO_502>();
    assert!(rows[0].shi502_security_descriptor.is_null(), "IPC$ has none");
    let rights = rows[1].shi502_security_descriptor.cast::<u8>();
    assert!(rights.addr().is_multiple_of(4));
    // SAFETY: a self-relative descriptor begins with its revision, which is 1 ([MS-DTYP] 2.4.6).
    assert_eq!(unsafe { rights.read() }, 1);
    assert_eq!(narrow(rows[1].shi502_path), folder);

    let info = get(&stage, Some("DATA"), 502);
    let one = info.one::<SHARE_INFO_502>();
    assert_eq!((narrow(one.shi502_netname), narrow(one.shi502_path)), ("data".into(), folder.clone()));
    assert_eq!(narrow(get(&stage, Some("data"), 0).one::<SHARE_INFO_0>().shi0_netname), "data");
    assert_eq!(narrow(get(&stage, Some("data"), 1).one::<SHARE_INFO_1>().shi1_remark), "Data");
    assert_eq!(narrow(get(&stage, Some("data"), 2).one::<SHARE_INFO_2>().shi2_path), folder);

    let part = list(&stage, 1, 160, 0);
    assert_eq!((part.code, part.read, part.total), (234, 1, 2));
    let rest = list(&stage, 1, 160, part.resume);
    assert_eq!((rest.code, narrow(rest.rows::<SHARE_INFO_1>()[0].shi1_netname)), (0, "data".into()));
}

/// A failure here would return another code than Windows does.
#[test]
fn every_combination_of_arguments_has_its_documented_answer() {
    let stage = Stage::start();
    let longer = "x".repeat(1_024);
    for level in [3, 10, 501, 503, 1005] {
        assert_eq!(
            (list(&stage, level, u32::MAX, 0).code, get(&stage, Some("data"), level).code),
            (124, 124)
        );
    }
    for (name, expected) in
        [(None, 87), (Some(""), 87), (Some(longer.as_str()), 87), (Some("nothing"), 2310), (Some("data"), 0)]
    {
        assert_eq!(get(&stage, name, 1).code, expected, "{name:?}");
    }
    for (device, expected) in [
        (None, (87, 77)),
        (Some(""), (87, 77)),
        (Some(longer.as_str()), (87, 77)),
        (Some(r"C:\nothing"), (2311, 77)),
        (Some("LPT1"), (2311, 77)),
        (Some("C:"), (0, 0)),
        (Some(stage.share_path().as_str()), (0, 0)),
    ] {
        assert_eq!(check(&stage, device), expected, "{device:?}");
    }
    let (mut buffer, mut count, null) = (ptr::null_mut(), 0, ptr::null_mut());
    let (name, share) = (stage.unc(), wide("data"));
    let (first, second) = (&raw mut buffer, &raw mut count);
    for (bufptr, read, total) in
        [(ptr::null_mut(), second, second), (first, null, second), (first, second, null)]
    {
        // SAFETY: each is NULL or valid.
        assert_eq!(unsafe { NetShareEnum(name.as_ptr(), 1, bufptr, 0, read, total, null) }, 87);
    }
    // SAFETY: each is NULL or valid.
    unsafe {
        assert_eq!(NetShareGetInfo(name.as_ptr(), share.as_ptr(), 1, ptr::null_mut()), 87);
        assert_eq!(NetShareCheck(name.as_ptr(), share.as_ptr(), ptr::null_mut()), 87);
    }
    assert_eq!(set_login(Some(&stage.name()), Some("bob"), Some(stage::PASSWORD)), 0);
    for (level, expected) in [(0, 0), (1, 0), (2, 5), (502, 5)] {
        assert_eq!(list(&stage, level, u32::MAX, 0).code, expected, "{level}");
        assert_eq!(get(&stage, Some("data"), level).code, expected, "{level}");
    }
}
