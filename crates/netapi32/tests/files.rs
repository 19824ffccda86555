//! Calls `NetFileEnum`, `NetFileGetInfo` and `NetFileClose` through their C declarations, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::structures::{FILE_INFO_2, FILE_INFO_3};
use netapi32::{NetFileClose, NetFileEnum, NetFileGetInfo};
use stage::{Answer, Stage, errno, narrow, pointer, wide};

fn list(
    stage: &Stage,
    path: Option<&str>,
    user: Option<&str>,
    level: u32,
    length: u32,
    resume: usize,
) -> Answer<usize> {
    let [path, user] = [path, user].map(|text| text.map(wide));
    Answer::of(resume, |answer| {
        // SAFETY: the texts are NULL or end in zero; the others are variables.
        unsafe {
            NetFileEnum(
                stage.unc().as_ptr(),
                pointer(path.as_ref()),
                pointer(user.as_ref()),
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

fn get(stage: &Stage, id: u32, level: u32) -> Answer {
    // SAFETY: the name ends in zero, and the buffer is a variable.
    Answer::of(0, |answer| unsafe { NetFileGetInfo(stage.unc().as_ptr(), id, level, &raw mut answer.buffer) })
}

fn close(stage: &Stage, id: u32) -> u32 {
    // SAFETY: the name ends in zero.
    let code = unsafe { NetFileClose(stage.unc().as_ptr(), id) };
    assert_eq!(errno(), code);
    code
}

/// A failure here would show a program wrong files, or close another file than it named.
#[test]
fn files_are_listed_returned_and_closed() {
    let stage = Stage::start();
    let mut copies: Vec<_> = ["alice", "bob"].iter().map(|user| stage.copy(user)).collect();
    let folder = stage.share_path();
    let mine = list(&stage, Some(&folder), Some("ALICE"), 3, u32::MAX, 0);
    assert_eq!((mine.code, mine.read, mine.total, mine.resume), (0, 1, 1, 0));
    let row = mine.rows::<FILE_INFO_3>()[0];
    assert_eq!(narrow(row.fi3_pathname), format!(r"{folder}\alice.bin"));
    assert_eq!((narrow(row.fi3_username), row.fi3_num_locks), ("alice".into(), 0));
    assert_ne!(row.fi3_permissions & 2, 0, "opened to be written");
    let ids = list(&stage, Some(&folder), Some("alice"), 2, u32::MAX, 0);
    assert_eq!(ids.rows::<FILE_INFO_2>()[0].fi2_id, row.fi3_id);

    let info = get(&stage, row.fi3_id, 3);
    let one = info.one::<FILE_INFO_3>();
    assert_eq!((one.fi3_id, narrow(one.fi3_pathname)), (row.fi3_id, narrow(row.fi3_pathname)));
    assert_eq!(get(&stage, row.fi3_id, 2).one::<FILE_INFO_2>().fi2_id, row.fi3_id);

    assert_eq!(close(&stage, row.fi3_id), 0);
    assert_eq!(list(&stage, Some(&folder), Some("alice"), 3, u32::MAX, 0).read, 0);
    assert_eq!(list(&stage, Some(&folder), None, 3, u32::MAX, 0).read, 1, "bob's file stays open");
    assert_eq!(close(&stage, row.fi3_id), 2314);
    assert_eq!(get(&stage, row.fi3_id, 3).code, 2);
    assert!(copies.remove(0).failed(), "the client that was writing it gets an error");
}

/// A failure here would return another code than Windows does.
#[test]
fn every_combination_of_arguments_has_its_documented_answer() {
    let stage = Stage::start();
    let longer = "x".repeat(1_024);
    for (path, user, level, length, resume, expected) in [
        (None, None, 2, u32::MAX, 0, 0),
        (Some(""), Some(""), 3, u32::MAX, 0, 0),
        (None, None, 1, u32::MAX, 0, 124),
        (None, None, 4, u32::MAX, 0, 124),
        (Some(longer.as_str()), None, 3, u32::MAX, 0, 87),
        (None, Some(longer.as_str()), 3, u32::MAX, 0, 87),
        (None, None, 3, 1, 0, 2123),
        (None, None, 3, u32::MAX, 1 << 32, 0),
        (None, None, 3, u32::MAX, 5_000, 0),
        (Some(r"C:\nothing"), None, 3, u32::MAX, 0, 0),
        (None, Some("nobody"), 3, u32::MAX, 0, 0),
        (None, Some(r"\\10.0.0.9"), 3, u32::MAX, 0, 0),
    ] {
        let answer = list(&stage, path, user, level, length, resume);
        assert_eq!(answer.code, expected, "{path:?} {user:?} {level} {length} {resume}");
    }
    assert_eq!((get(&stage, 1, 1).code, get(&stage, u32::MAX, 3).code), (124, 2));
    // SAFETY: the name ends in zero.
    let code = unsafe { NetFileGetInfo(stage.unc().as_ptr(), 1, 3, ptr::null_mut()) };
    assert_eq!(code, 87);
    assert_eq!(close(&stage, u32::MAX), 2314);
    let (mut buffer, mut count) = (ptr::null_mut(), 0);
    let null = ptr::null_mut();
    let mut call = |which| {
        let (bufptr, read, total): (*mut *mut u8, *mut u32, *mut u32) = match which {
            0 => (ptr::null_mut(), &raw mut count, &raw mut count),
            1 => (&raw mut buffer, null, &raw mut count),
            _ => (&raw mut buffer, &raw mut count, null),
        };
        let (name, nothing) = (stage.unc(), ptr::null());
        // SAFETY: each is NULL or valid.
        unsafe { NetFileEnum(name.as_ptr(), nothing, nothing, 3, bufptr, 0, read, total, ptr::null_mut()) }
    };
    assert_eq!([call(0), call(1), call(2)], [87; 3]);
}

/// A failure here would make a program that reads a long list in parts miss files, or see some twice.
#[test]
fn a_long_list_is_returned_in_parts() {
    let stage = Stage::start();
    let _copies: Vec<_> = ["alice", "bob", "Zoë"].iter().map(|user| stage.copy(user)).collect();
    let whole = list(&stage, None, None, 3, u32::MAX, 0);
    let ids = |answer: &Answer<usize>| {
        answer.rows::<FILE_INFO_3>().iter().map(|row| row.fi3_id).collect::<Vec<_>>()
    };
    let (mut seen, mut resume) = (Vec::new(), 0);
    loop {
        let answer = list(&stage, None, None, 3, 200, resume);
        assert_eq!(answer.total as usize, whole.read as usize - seen.len());
        seen.extend(ids(&answer));
        resume = answer.resume;
        match answer.code {
            234 => assert!(answer.read > 0 && resume > 0),
            code => break assert_eq!(code, 0),
        }
    }
    assert_eq!(seen, ids(&whole));
    assert!(whole.read >= 3);
}

/// A failure here would overwrite the variable beside a resume handle of 32 bits, as most programs declare it, or lose
/// the list without an error.
#[test]
fn a_resume_handle_of_four_bytes_is_enough() {
    #[repr(C)]
    struct Variables {
        resume: u32,
        read: u32,
        total: u32,
    }
    let stage = Stage::start();
    let _copies = [stage.copy("alice"), stage.copy("bob")];
    for beside in [0xdead_beef_u32, 0, 1] {
        let (mut pair, mut buffer, mut count) = ([0, beside], ptr::null_mut(), 0);
        let (name, nothing) = (stage.unc(), ptr::null());
        let (handle, count) = (pair.as_mut_ptr().cast::<usize>(), &raw mut count);
        // SAFETY: the others are variables, and only the first four bytes of the handle are used.
        unsafe {
            let code = NetFileEnum(
                name.as_ptr(),
                nothing,
                nothing,
                3,
                &raw mut buffer,
                u32::MAX,
                count,
                count,
                handle,
            );
            assert_eq!((code, count.read() >= 2, pair), (0, true, [0, beside]));
            assert_eq!(netapi32::NetApiBufferFree(buffer.cast()), 0);
        }
    }
    let (mut variables, mut buffer) = (Variables { resume: 0, read: 0, total: 0 }, ptr::null_mut());
    let (name, nothing) = (stage.unc(), ptr::null());
    let all = &raw mut variables;
    // SAFETY: as above.
    unsafe {
        let (read, total) = (&raw mut (*all).read, &raw mut (*all).total);
        let handle = (&raw mut (*all).resume).cast::<usize>();
        let code =
            NetFileEnum(name.as_ptr(), nothing, nothing, 3, &raw mut buffer, u32::MAX, read, total, handle);
        assert_eq!((code, read.read() >= 2, read.read() == total.read()), (0, true, true));
        assert_eq!(netapi32::NetApiBufferFree(buffer.cast()), 0);
    }
}
