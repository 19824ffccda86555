//! Calls `NetUseAdd` and its family through their C declarations, against the embedded server.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

#[cfg(test)]
mod stage;

use std::net::Ipv4Addr;
use std::ptr;

use netapi32::structures::{SESSION_INFO_10, USE_INFO_0, USE_INFO_1, USE_INFO_2, USE_INFO_3};
use netapi32::{NetSessionEnum, NetUseAdd, NetUseDel, NetUseEnum, NetUseGetInfo, WCHAR};
use stage::{ADMIN, Answer, PASSWORD, Stage, narrow, set_login, wide};

/// Starts a server for which the program has set no login.
fn stage() -> Stage {
    Stage::start_on((Ipv4Addr::LOCALHOST, 0).into())
}

fn remote(stage: &Stage, share: &str) -> String {
    format!(r"\\{}\{share}", stage.name())
}

/// Calls `NetUseAdd` at level 2; without a user if it is empty.
fn add(remote: &str, user: &str, password: &str) -> u32 {
    add_at(remote, "", user, "", password)
}

fn add_at(remote: &str, local: &str, user: &str, domain: &str, password: &str) -> u32 {
    let [mut remote, mut local, mut user, mut domain, mut password] =
        [remote, local, user, domain, password].map(wide);
    let mut given = USE_INFO_2 {
        ui2_local: local.as_mut_ptr(),
        ui2_remote: remote.as_mut_ptr(),
        ui2_password: password.as_mut_ptr(),
        ui2_status: 0,
        ui2_asg_type: u32::MAX,
        ui2_refcount: 0,
        ui2_usecount: 0,
        ui2_username: user.as_mut_ptr(),
        ui2_domainname: domain.as_mut_ptr(),
    };
    let mut wrong = 7;
    // SAFETY: the texts end in zero.
    let code = unsafe { NetUseAdd(ptr::null(), 2, (&raw mut given).cast(), &raw mut wrong) };
    assert_eq!(wrong, if code == 87 { u32::MAX } else { 0 });
    code
}

fn del(remote: &str, force: u32) -> u32 {
    // SAFETY: the name ends in zero.
    unsafe { NetUseDel(ptr::null(), wide(remote).as_ptr(), force) }
}

fn get(remote: &str, level: u32) -> Answer {
    Answer::of(0, |answer| {
        // SAFETY: the name ends in zero.
        unsafe { NetUseGetInfo(ptr::null(), wide(remote).as_ptr(), level, &raw mut answer.buffer) }
    })
}

fn list(level: u32, resume: u32) -> Answer {
    Answer::of(resume, |answer| {
        // SAFETY: NULL and variables.
        unsafe {
            NetUseEnum(
                ptr::null(),
                level,
                &raw mut answer.buffer,
                u32::MAX,
                &raw mut answer.read,
                &raw mut answer.total,
                &raw mut answer.resume,
            )
        }
    })
}

/// Lists the sessions of the server, and returns the users, or the code of a failure.
fn sessions(stage: &Stage) -> Result<Vec<String>, u32> {
    let answer: Answer = Answer::of(0, |answer| {
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
                &raw mut answer.resume,
            )
        }
    });
    match answer.code {
        0 => Ok(answer.rows::<SESSION_INFO_10>().iter().map(|row| narrow(row.sesi10_username)).collect()),
        code => Err(code),
    }
}

/// A failure here would keep a program from logging on, or log it on after it has left.
#[test]
fn later_calls_log_on_as_the_user() {
    let stage = stage();
    let (ipc, data) = (remote(&stage, "IPC$"), remote(&stage, "data"));
    assert_eq!(sessions(&stage), Err(5), "there is no login");
    assert_eq!(add(&ipc, ADMIN, PASSWORD), 0);
    assert_eq!(sessions(&stage), Ok(vec![ADMIN.to_owned()]));
    assert_eq!(add(&data.to_uppercase(), ADMIN, PASSWORD), 0);
    let row = get(&data, 2);
    let row = row.one::<USE_INFO_2>();
    assert_eq!((narrow(row.ui2_remote), narrow(row.ui2_username)), (data.to_uppercase(), ADMIN.into()));
    assert_eq!((narrow(row.ui2_password), narrow(row.ui2_local)), (String::new(), String::new()));
    assert_eq!((row.ui2_status, row.ui2_asg_type, row.ui2_usecount), (0, 0, 1));
    assert_eq!(get(&ipc, 1).one::<USE_INFO_1>().ui1_asg_type, 3);
    assert_eq!(narrow(get(&ipc, 0).one::<USE_INFO_0>().ui0_remote), ipc);
    assert_eq!(narrow(get(&ipc, 3).one::<USE_INFO_3>().ui3_ui2.ui2_username), ADMIN);
    assert_eq!(del(&ipc, 0), 0);
    assert_eq!(sessions(&stage).map(|users| users.len()), Ok(1), "the other connection needs the login");
    assert_eq!((del(&data, 2), del(&data, 2)), (0, 2250));
    assert_eq!(sessions(&stage), Err(5), "the login is gone");
}

/// A failure here would keep a wrong password, send it again with each call, or log on as another user than the program knows.
#[test]
fn a_refused_login_is_not_kept() {
    let stage = stage();
    let (ipc, data) = (remote(&stage, "IPC$"), remote(&stage, "data"));
    assert_eq!(add(&ipc, ADMIN, "wrong"), 1326);
    assert_eq!((get(&ipc, 0).code, sessions(&stage)), (2250, Err(5)));
    assert_eq!(add(&ipc, ADMIN, PASSWORD), 0);
    assert_eq!(add(&data, "alice", PASSWORD), 1219, "another user");
    assert_eq!(add_at(&data, "", ADMIN, "OTHER", PASSWORD), 1219, "another domain");
    assert_eq!(add(&remote(&stage, "nothing"), ADMIN, PASSWORD), 67);
    assert_eq!(add(&data, "", ""), 0, "without a user it is the login of the server");
    assert_eq!(sessions(&stage), Ok(vec![ADMIN.to_owned()]));
    assert_eq!((del(&data, 2), del(&ipc, 2)), (0, 0));
    // A login that the program has set in the other way counts as well.
    assert_eq!(set_login(Some(&stage.name()), Some("alice"), Some(PASSWORD)), 0);
    assert_eq!(add(&ipc, ADMIN, PASSWORD), 1219);
    assert_eq!(set_login(Some(&stage.name()), None, None), 0);
}

/// A failure here would remove a login that the program has set after it logged on, so that later calls use the environment's.
#[test]
fn the_login_of_another_user_stays() {
    let stage = stage();
    let ipc = remote(&stage, "IPC$");
    assert_eq!(add(&ipc, "bob", PASSWORD), 0);
    assert_eq!(set_login(Some(&stage.name()), Some(ADMIN), Some(PASSWORD)), 0);
    assert_eq!((del(&ipc, 2), sessions(&stage)), (0, Ok(vec![ADMIN.to_owned()])));
    assert_eq!(add(&ipc, "Admin", PASSWORD), 0);
    assert_eq!((del(&ipc, 2), sessions(&stage)), (0, Err(5)), "the user is the same");
}

/// A failure here would let one of two threads make its calls as the user of the other one.
#[test]
fn one_of_two_threads_logs_on() {
    /// Do not log on now.
    const CREATE_NO_CONNECT: u32 = 1;
    let ipc = remote(&stage(), "IPC$");
    let add = |user: &str| {
        let [mut remote, mut user, mut password] = [&ipc, user, PASSWORD].map(wide);
        // SAFETY: zero is a number and NULL.
        let mut given: USE_INFO_3 = unsafe { std::mem::zeroed() };
        given.ui3_ui2.ui2_remote = remote.as_mut_ptr();
        given.ui3_ui2.ui2_username = user.as_mut_ptr();
        given.ui3_ui2.ui2_password = password.as_mut_ptr();
        given.ui3_flags = CREATE_NO_CONNECT;
        // SAFETY: the texts end in zero.
        unsafe { NetUseAdd(ptr::null(), 3, (&raw mut given).cast(), ptr::null_mut()) }
    };
    for round in 0..300 {
        let start = std::sync::Barrier::new(2);
        let mut codes = std::thread::scope(|scope| {
            let add = |user| {
                start.wait();
                add(user)
            };
            let threads = ["alice", "bob"].map(|user| scope.spawn(move || add(user)));
            threads.map(|thread| thread.join().unwrap())
        });
        codes.sort_unstable();
        assert_eq!((codes, del(&ipc, 2)), ([0, 1219], 0), "round {round}");
    }
}

/// A failure here would accept a drive that does not exist, or a name that is not a share's.
#[test]
fn what_has_no_meaning_here_is_refused() {
    let stage = stage();
    let ipc = remote(&stage, "IPC$");
    assert_eq!(add_at(&ipc, "Z:", ADMIN, "", PASSWORD), 50);
    for wrong in ["", "fs1", r"\\fs1", r"\\fs1\data\sub"] {
        assert_eq!(add(wrong, ADMIN, PASSWORD), 67, "{wrong}");
    }
    let name = wide(&ipc);
    let null: *const WCHAR = ptr::null();
    // SAFETY: the names end in zero, and the rest is NULL.
    let codes = unsafe {
        let elsewhere = wide(r"\\fs9");
        [
            NetUseAdd(null, 2, ptr::null_mut(), ptr::null_mut()),
            NetUseAdd(null, 9, ptr::null_mut(), ptr::null_mut()),
            NetUseAdd(elsewhere.as_ptr(), 2, ptr::null_mut(), ptr::null_mut()),
            NetUseDel(null, null, 0),
            NetUseDel(null, name.as_ptr(), 3),
            NetUseDel(elsewhere.as_ptr(), name.as_ptr(), 0),
            NetUseGetInfo(null, name.as_ptr(), 2, ptr::null_mut()),
        ]
    };
    assert_eq!(codes, [87, 124, 50, 87, 87, 50, 87]);
    assert_eq!((get(&ipc, 4).code, list(3, 0).code), (124, 124));
}

/// A failure here would list connections twice, or leave one out.
#[test]
fn connections_are_listed() {
    let stage = stage();
    let (ipc, data) = (remote(&stage, "IPC$"), remote(&stage, "data"));
    assert_eq!(
        (add(&ipc, ADMIN, PASSWORD), add(&data, ADMIN, PASSWORD), add(&data, ADMIN, PASSWORD)),
        (0, 0, 0)
    );
    // Other tests of this process have connections of their own.
    let own = |answer: &Answer| {
        let rows =
            answer.rows::<USE_INFO_2>().into_iter().map(|row| (narrow(row.ui2_remote), row.ui2_usecount));
        rows.filter(|(name, _)| name.contains(&stage.name())).collect::<Vec<_>>()
    };
    let all = list(2, 0);
    assert_eq!((all.code, own(&all)), (0, vec![(ipc.clone(), 1), (data.clone(), 2)]));
    let none = list(2, 1_000);
    assert_eq!((none.code, none.read), (0, 0));
    assert_eq!((del(&data, 0), get(&data, 1).one::<USE_INFO_1>().ui1_usecount), (0, 1));
    assert_eq!((del(&data, 0), del(&ipc, 1)), (0, 0));
}
