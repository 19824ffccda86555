//! Calls `NetShareEnum`, `NetShareGetInfo` and `NetShareCheck` through their C declarations, against the embedded
//! server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::structures::{
    SHARE_INFO_0, SHARE_INFO_1, SHARE_INFO_2, SHARE_INFO_501, SHARE_INFO_502, SHARE_INFO_503,
    SHARE_INFO_1004, SHARE_INFO_1005, SHARE_INFO_1006, SHARE_INFO_1501,
};
use netapi32::{
    NetShareAdd, NetShareCheck, NetShareDel, NetShareDelEx, NetShareEnum, NetShareGetInfo, NetShareSetInfo,
};
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

    let flags = get(&stage, Some("data"), 1005).one::<SHARE_INFO_1005>().shi1005_flags;
    assert_eq!(flags, 0x30, "clients cache nothing");
    let rows = list(&stage, 501, u32::MAX, 0).rows::<SHARE_INFO_501>();
    assert_eq!((rows[1].shi501_type, rows[1].shi501_flags), (0, flags));
    let answer = list(&stage, 503, u32::MAX, 0);
    let row = answer.rows::<SHARE_INFO_503>()[1];
    assert_eq!((narrow(row.shi503_servername), narrow(row.shi503_path)), ("*".into(), folder));
    assert_eq!((row.shi503_max_uses, row.shi503_reserved), (u32::MAX, 0));
    let answer = get(&stage, Some("data"), 1501);
    let descriptor = answer.one::<SHARE_INFO_1501>().shi1501_security_descriptor.cast::<u8>();
    // SAFETY: as above.
    assert_eq!(unsafe { (descriptor.read(), row.shi503_security_descriptor.cast::<u8>().read()) }, (1, 1));

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
    for (level, of_list, of_one) in
        [(3, 124, 124), (10, 124, 124), (1004, 124, 124), (1005, 124, 0), (1501, 124, 0)]
    {
        let codes = (list(&stage, level, u32::MAX, 0).code, get(&stage, Some("data"), level).code);
        assert_eq!(codes, (of_list, of_one), "{level}");
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
    for (level, expected) in [(0, 0), (1, 0), (501, 0), (2, 5), (502, 5), (503, 5)] {
        assert_eq!(list(&stage, level, u32::MAX, 0).code, expected, "{level}");
        assert_eq!(get(&stage, Some("data"), level).code, expected, "{level}");
    }
}

/// A failure here would share another folder than a program names, or leave a share that it removes.
#[test]
fn shares_are_added_and_removed() {
    let stage = Stage::start();
    let (server, path, remark) = (stage.unc(), stage.share_path(), wide("The team's"));
    let add = |name: &str, path: &str, level: u32| {
        let (mut name, mut path, mut member) = (wide(name), wide(path), 77);
        let mut remark = remark.clone();
        let mut info = SHARE_INFO_503 {
            shi503_netname: name.as_mut_ptr(),
            shi503_type: 0,
            shi503_remark: remark.as_mut_ptr(),
            shi503_permissions: 0,
            shi503_max_uses: u32::MAX,
            shi503_current_uses: 0,
            shi503_path: path.as_mut_ptr(),
            shi503_passwd: ptr::null_mut(),
            shi503_servername: ptr::null_mut(),
            shi503_reserved: 0,
            shi503_security_descriptor: ptr::null_mut(),
        };
        // SAFETY: the structure of level 503 begins with that of level 2, and its texts end in zero.
        let code = unsafe { NetShareAdd(server.as_ptr(), level, (&raw mut info).cast(), &raw mut member) };
        assert_eq!(errno(), code);
        (code, member)
    };
    let delete_ex = |level: u32, name: &str, scope: Option<&str>| {
        let (mut name, mut scope) = (wide(name), scope.map(wide));
        // SAFETY: zero is a number and NULL.
        let mut info: SHARE_INFO_503 = unsafe { std::mem::zeroed() };
        info.shi503_netname = name.as_mut_ptr();
        info.shi503_servername = scope.as_mut().map_or(ptr::null_mut(), |scope| scope.as_mut_ptr());
        // SAFETY: the texts are NULL or end in zero.
        unsafe { NetShareDelEx(server.as_ptr(), level, (&raw mut info).cast()) }
    };
    let delete = |name: Option<&str>| {
        let name = name.map(wide);
        // SAFETY: each is NULL or ends in zero.
        unsafe { NetShareDel(server.as_ptr(), pointer(name.as_ref()), 0) }
    };
    for level in [2, 503] {
        assert_eq!(add("team", &path, level), (0, 0), "{level}");
        let one = get(&stage, Some("TEAM"), 2);
        let row = one.one::<SHARE_INFO_2>();
        assert_eq!((narrow(row.shi2_path), narrow(row.shi2_remark)), (path.clone(), "The team's".into()));
        assert_eq!(add("Team", &path, level), (2118, 0));
        assert_eq!((delete(Some("team")), get(&stage, Some("team"), 0).code), (0, 2310));
    }
    assert_eq!(add("team", &path, 2).0, 0);
    assert_eq!(delete_ex(503, "team", Some("OTHER")), 2310, "a name that the server does not have");
    assert_eq!((delete_ex(502, "team", None), delete_ex(503, "", None)), (124, 87));
    assert_eq!((delete_ex(503, "team", Some("*")), delete_ex(503, "team", None)), (0, 2310));
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { NetShareDelEx(server.as_ptr(), 503, ptr::null_mut()) }, 87);
    assert_eq!(add("team", &format!(r"{path}\nothing"), 2), (2116, 0));
    assert_eq!(add("team", r"C:\", 2), (5, 0));
    assert_eq!(add("", &path, 2), (87, u32::MAX));
    assert_eq!(add("team", &path, 1), (124, 0));
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { NetShareAdd(server.as_ptr(), 2, ptr::null_mut(), ptr::null_mut()) }, 87);
    for (name, expected) in [(None, 87), (Some(""), 87), (Some("nothing"), 2310), (Some("IPC$"), 5)] {
        assert_eq!(delete(name), expected, "{name:?}");
    }
    let mut copy = stage.copy("alice");
    assert_eq!(delete(Some("data")), 0);
    assert!(copy.failed(), "the client that was writing gets an error");
    assert_eq!(set_login(Some(&stage.name()), Some("bob"), Some(stage::PASSWORD)), 0);
    assert_eq!((add("team", &path, 2).0, delete(Some("data"))), (5, 5));
}

/// A failure here would let a program read which member is wrong from an earlier call, or from memory that nobody has set.
#[test]
fn a_refused_call_says_that_no_member_is_known() {
    let stage = Stage::start();
    let (server, name, mut member) = (stage.unc(), wide("data"), 77);
    let null = ptr::null_mut();
    // SAFETY: the texts end in zero, and NULL is allowed.
    let added = unsafe { NetShareAdd(server.as_ptr(), 2, null, &raw mut member) };
    assert_eq!((added, std::mem::replace(&mut member, 77)), (87, u32::MAX));
    for (name, level, expected) in [
        (name.as_ptr(), 1004, (87, u32::MAX)),
        (ptr::null(), 1004, (87, u32::MAX)),
        (name.as_ptr(), 3, (124, 0)),
    ] {
        // SAFETY: as above.
        let changed = unsafe { NetShareSetInfo(server.as_ptr(), name, level, null, &raw mut member) };
        assert_eq!((changed, std::mem::replace(&mut member, 77)), expected, "{level}");
    }
}

/// A failure here would change another share or another member than a program names, or promise what the server does not do.
#[test]
fn a_share_is_changed_at_each_level() {
    let stage = Stage::start();
    let server = stage.unc();
    let set = |name: Option<&str>, level: u32, buffer: *mut u8| {
        let (name, mut member) = (name.map(wide), 77);
        // SAFETY: the texts are NULL or end in zero, and the structure is that of the level.
        let code = unsafe {
            NetShareSetInfo(server.as_ptr(), pointer(name.as_ref()), level, buffer, &raw mut member)
        };
        assert_eq!(errno(), code);
        (code, member)
    };
    let now = || {
        let answer = get(&stage, Some("data"), 2);
        let row = answer.one::<SHARE_INFO_2>();
        (narrow(row.shi2_remark), row.shi2_max_uses)
    };
    let (mut first, mut second, mut long) = (wide("First"), wide("Zoë's"), wide(&"x".repeat(49)));
    let mut info =
        SHARE_INFO_1 { shi1_netname: ptr::null_mut(), shi1_type: 0, shi1_remark: first.as_mut_ptr() };
    assert_eq!((set(Some("DATA"), 1, (&raw mut info).cast()), now()), ((0, 0), ("First".into(), u32::MAX)));
    let mut info = SHARE_INFO_1006 { shi1006_max_uses: 3 };
    assert_eq!((set(Some("data"), 1006, (&raw mut info).cast()), now()), ((0, 0), ("First".into(), 3)));
    info.shi1006_max_uses = 0;
    assert_eq!(set(Some("data"), 1006, (&raw mut info).cast()), (87, u32::MAX));
    for level in [2, 502, 503] {
        // SAFETY: zero is a number and NULL.
        let mut info: SHARE_INFO_503 = unsafe { std::mem::zeroed() };
        (info.shi503_remark, info.shi503_max_uses) = (second.as_mut_ptr(), level);
        assert_eq!(set(Some("data"), level, (&raw mut info).cast()), (0, 0), "{level}");
        assert_eq!(now(), ("Zoë's".into(), level));
    }
    let mut info = SHARE_INFO_1004 { shi1004_remark: first.as_mut_ptr() };
    assert_eq!((set(Some("data"), 1004, (&raw mut info).cast()), now()), ((0, 0), ("First".into(), 503)));
    info.shi1004_remark = long.as_mut_ptr();
    assert_eq!(set(Some("data"), 1004, (&raw mut info).cast()), (87, u32::MAX));
    let mut info = SHARE_INFO_1005 { shi1005_flags: 0x30 };
    assert_eq!(set(Some("data"), 1005, (&raw mut info).cast()), (0, 0));
    info.shi1005_flags = 0x8000;
    assert_eq!(
        set(Some("data"), 1005, (&raw mut info).cast()),
        (50, 0),
        "the server cannot encrypt one share"
    );
    let mut info = SHARE_INFO_1501 { shi1501_reserved: 0, shi1501_security_descriptor: ptr::null_mut() };
    assert_eq!(set(Some("data"), 1501, (&raw mut info).cast()), (0, 0));
    info.shi1501_security_descriptor = first.as_mut_ptr().cast();
    assert_eq!(set(Some("data"), 1501, (&raw mut info).cast()), (87, u32::MAX), "a text is no descriptor");
    let mut info = SHARE_INFO_1004 { shi1004_remark: second.as_mut_ptr() };
    for (name, level, expected) in [
        (None, 1004, 87),
        (Some(""), 1004, 87),
        (Some("nothing"), 1004, 2310),
        (Some("IPC$"), 1004, 5),
        (Some("data"), 0, 124),
        (Some("data"), 501, 124),
    ] {
        assert_eq!(set(name, level, (&raw mut info).cast()).0, expected, "{name:?} {level}");
    }
    assert_eq!(set(Some("data"), 1004, ptr::null_mut()).0, 87);
    assert_eq!(set_login(Some(&stage.name()), Some("bob"), Some(stage::PASSWORD)), 0);
    assert_eq!(set(Some("data"), 1004, (&raw mut info).cast()).0, 5);
    assert_eq!(set_login(Some(&stage.name()), Some(stage::ADMIN), Some(stage::PASSWORD)), 0);
    assert_eq!(now(), ("First".into(), 503));
}

/// A failure here would refuse a program that reads a share with its permissions, changes a member and writes all back, as
/// programs for Windows do; or promise permissions that the server does not have.
#[test]
fn a_share_is_written_back_with_its_permissions() {
    let stage = Stage::start();
    let (server, name, mut comment) = (stage.unc(), wide("data"), wide("Written back"));
    let set = |level: u32, buffer: *mut u8| {
        // SAFETY: the texts end in zero, and the structure is that of the level, as the library has returned it.
        unsafe { NetShareSetInfo(server.as_ptr(), name.as_ptr(), level, buffer, ptr::null_mut()) }
    };
    let answer = get(&stage, Some("data"), 502);
    let mut info = answer.one::<SHARE_INFO_502>();
    info.shi502_remark = comment.as_mut_ptr();
    assert_eq!(set(502, (&raw mut info).cast()), 0);
    let answer = get(&stage, Some("data"), 503);
    let mut info = answer.one::<SHARE_INFO_503>();
    assert_eq!(narrow(info.shi503_remark), "Written back");
    info.shi503_max_uses = 5;
    assert_eq!(set(503, (&raw mut info).cast()), 0);
    let answer = get(&stage, Some("data"), 1501);
    let mut info = answer.one::<SHARE_INFO_1501>();
    assert_eq!(set(1501, (&raw mut info).cast()), 0);
    // Nobody may do anything.
    let mut other: [u8; 28] =
        [1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 8, 0, 0, 0, 0, 0];
    info.shi1501_security_descriptor = other.as_mut_ptr().cast();
    assert_eq!(
        set(1501, (&raw mut info).cast()),
        50,
        "the server has other permissions, and does not keep these"
    );
}
