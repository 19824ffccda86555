//! Calls `NetSessionEnum` through its C declaration, against the embedded server.
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::ptr;

use netapi32::structures::{
    SESSION_INFO_0, SESSION_INFO_1, SESSION_INFO_2, SESSION_INFO_10, SESSION_INFO_502,
};
use netapi32::{NetApiBufferFree, NetSessionDel, NetSessionEnum};
use stage::{Answer, Stage, errno, narrow, pointer, wide};

fn list(
    stage: &Stage,
    client: Option<&str>,
    user: Option<&str>,
    level: u32,
    length: u32,
    resume: u32,
) -> Answer {
    let [client, user] = [client, user].map(|text| text.map(wide));
    Answer::of(resume, |answer| {
        // SAFETY: the texts are NULL or end in zero; the others are variables.
        unsafe {
            NetSessionEnum(
                stage.unc().as_ptr(),
                pointer(client.as_ref()),
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

/// A failure here would show a program wrong sessions, or foreign memory.
#[test]
fn every_level_returns_its_fields() {
    let stage = Stage::start();
    stage.add_session("10.0.0.5", "Zoë");
    let all = |level| {
        let answer = list(&stage, None, Some("ZOË"), level, u32::MAX, 0);
        assert_eq!((answer.code, answer.read, answer.total, answer.resume), (0, 1, 1, 0), "{level}");
        answer
    };
    let client = r"\\10.0.0.5";
    let answer = all(0);
    assert_eq!(narrow(answer.rows::<SESSION_INFO_0>()[0].sesi0_cname), client);
    let answer = all(1);
    let row = answer.rows::<SESSION_INFO_1>()[0];
    assert_eq!((narrow(row.sesi1_cname), narrow(row.sesi1_username)), (client.into(), "Zoë".into()));
    assert!(row.sesi1_time < 60 && row.sesi1_idle_time < 60);
    assert_eq!((row.sesi1_num_opens, row.sesi1_user_flags), (0, 0));
    let answer = all(2);
    let row = answer.rows::<SESSION_INFO_2>()[0];
    assert_eq!((narrow(row.sesi2_cname), narrow(row.sesi2_cltype_name)), (client.into(), String::new()));
    let answer = all(10);
    let row = answer.rows::<SESSION_INFO_10>()[0];
    assert_eq!((narrow(row.sesi10_cname), narrow(row.sesi10_username)), (client.into(), "Zoë".into()));
    let answer = all(502);
    let row = answer.rows::<SESSION_INFO_502>()[0];
    assert_eq!((narrow(row.sesi502_username), row.sesi502_num_opens), ("Zoë".into(), 0));
    let transport = narrow(row.sesi502_transport);
    assert!(transport.starts_with(r"\Device\NetbiosSmb\netsession\"), "{transport}");
    let size = answer.size();
    let texts = [client, "Zoë", "", &transport];
    let units: usize = texts.iter().map(|text| text.encode_utf16().count() + 1).sum();
    assert_eq!(
        size as usize,
        size_of::<SESSION_INFO_502>() + size_of::<netapi32::WCHAR>() * units,
        "one block, of exactly the needed size"
    );
}

/// A failure here would end other sessions than the one whose id a program has read, or refuse the id.
#[test]
fn an_id_from_the_listing_ends_that_session_only() {
    let stage = Stage::start();
    stage.add_session("10.0.0.5", "alice");
    stage.add_session("10.0.0.5", "alice");
    let ids = || {
        let answer = list(&stage, None, Some("alice"), 502, u32::MAX, 0);
        let transports =
            answer.rows::<SESSION_INFO_502>().into_iter().map(|row| narrow(row.sesi502_transport));
        transports.map(|text| text.rsplit_once('\\').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let end = |client: &str, id: &str, user: Option<&str>| {
        let (client, user) = (wide(&format!(r"\\{client}#{id}")), user.map(wide));
        // SAFETY: each is NULL or ends in zero.
        unsafe { NetSessionDel(stage.unc().as_ptr(), client.as_ptr(), pointer(user.as_ref())) }
    };
    let before = ids();
    let [first, second] = before.as_slice() else { panic!("{before:?}") };
    assert_eq!(end("10.0.0.6", second, None), 2312);
    assert_eq!(end("10.0.0.5", second, Some("bob")), 2312);
    assert_eq!(end("10.0.0.5", &second[1..], None), 2312);
    assert_eq!(end("10.0.0.5", second, Some("alice")), 0);
    assert_eq!(end("10.0.0.5", second, None), 2312);
    assert_eq!(ids(), [first.as_str()]);
}

/// A failure here would return another code than Windows does, also for a missing session.
#[test]
fn every_combination_of_arguments_has_its_documented_answer() {
    let stage = Stage::start();
    stage.add_session("10.0.0.5", "alice");
    stage.add_session("10.0.0.5", "bob");
    let (longest, longer) = ("x".repeat(1_023), "x".repeat(1_024));
    for (client, user, level, expected, count) in [
        (None, None, 502, 0, 3),
        (Some(""), Some(""), 502, 0, 3),
        (Some(r"\\10.0.0.5"), None, 10, 0, 2),
        (Some(r"\\10.0.0.5"), Some("alice"), 1, 0, 1),
        (None, Some("BOB"), 0, 0, 1),
        (Some("10.0.0.5"), None, 10, 2351, 0),
        (Some("10.0.0.5"), Some("alice"), 10, 2351, 0),
        (Some(r"\\10.0.0.9"), None, 10, 2312, 0),
        (Some(r"\\10.0.0.9"), Some("alice"), 10, 2312, 0),
        (None, Some("nobody"), 502, 2221, 0),
        (None, Some(longest.as_str()), 10, 2221, 0),
        (None, Some(longer.as_str()), 10, 87, 0),
        (None, None, 3, 124, 0),
        (None, None, 501, 124, 0),
        (None, None, u32::MAX, 124, 0),
    ] {
        let answer = list(&stage, client, user, level, u32::MAX, 0);
        let shown = format!("{client:?} {user:?} {level}");
        assert_eq!((answer.code, answer.read, answer.total), (expected, count, count), "{shown}");
        assert_eq!(answer.buffer.is_null(), expected != 0, "{shown}");
    }
}

/// A failure here would let a NULL pointer crash the program, write results where there is no room, or let a program free what its
/// variable had before.
#[test]
fn only_the_resume_handle_may_be_null() {
    let stage = Stage::start();
    let anything = ptr::without_provenance_mut(usize::MAX);
    let (mut buffer, mut read, mut total): (*mut u8, u32, u32) = (anything, 7, 7);
    let mut call = |which: usize| {
        let none = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        let (first, second, third) = (&raw mut buffer, &raw mut read, &raw mut total);
        let (bufptr, entriesread, totalentries) = match which {
            0 => (none.0, second, third),
            1 => (first, none.1, third),
            2 => (first, second, none.2),
            _ => (first, second, third),
        };
        let (name, nothing) = (stage.unc(), ptr::null());
        // SAFETY: each is NULL or valid.
        let code = unsafe {
            NetSessionEnum(
                name.as_ptr(),
                nothing,
                nothing,
                10,
                bufptr,
                u32::MAX,
                entriesread,
                totalentries,
                ptr::null_mut(),
            )
        };
        (code, errno(), buffer.is_null())
    };
    for which in 0..3 {
        assert_eq!(call(which), (87, 87, which != 0), "{which}");
    }
    assert_eq!(call(3), (0, 0, false), "resume_handle may be NULL");
    assert_eq!((read, total), (1, 1));
    // SAFETY: a call returned this buffer.
    assert_eq!(unsafe { NetApiBufferFree(buffer.cast()) }, 0);
}

/// A failure here would make a program that reads a long list in parts miss sessions, or leak the buffers of
/// ERROR_MORE_DATA.
#[test]
fn a_long_list_is_returned_in_parts() {
    let stage = Stage::start();
    for number in 0..200 {
        stage.add_session(&format!("10.0.1.{number}"), "alice");
    }
    let (mut seen, mut resume, mut calls) = (Vec::new(), 0, 0);
    loop {
        let answer = list(&stage, None, Some("alice"), 10, 2_000, resume);
        assert!(!answer.buffer.is_null());
        assert_eq!(answer.total as usize, 200 - seen.len());
        seen.extend(answer.rows::<SESSION_INFO_10>().iter().map(|row| narrow(row.sesi10_cname)));
        (resume, calls) = (answer.resume, calls + 1);
        match answer.code {
            234 => assert!(answer.read > 0 && answer.resume > 0),
            code => break assert_eq!((code, answer.resume), (0, 0)),
        }
    }
    assert!(calls > 5, "{calls}");
    let expected: Vec<_> = (0..200).map(|number| format!(r"\\10.0.1.{number}")).collect();
    assert_eq!(seen, expected);
    let past = list(&stage, None, None, 10, u32::MAX, 5_000);
    assert_eq!((past.code, past.read), (0, 0));
}
