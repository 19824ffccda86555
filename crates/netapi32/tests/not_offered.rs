//! The functions of which the library has only the names.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

#[cfg(test)]
mod stage;

use std::ffi::c_void;
use std::{fs, ptr};

use netapi32::not_offered::{
    Buffer, Count, NAMES, NetFreeAadJoinInformation, NetGetAadJoinInformation, NetLocalGroupGetMembers,
    NetUserEnum,
};
use stage::{Drive, include, library};

/// A failure here would keep a program from starting that declares a function of these families, or offer a name that the
/// headers lack.
#[test]
fn each_family_that_programs_declare_has_its_functions() {
    let count = |prefix: &str| NAMES.iter().filter(|name| name.starts_with(prefix)).count();
    let families = ["NetUser", "NetUserModals", "NetGroup", "NetLocalGroup", "NetSchedule", "NetMessage"];
    assert_eq!(families.map(count), [11, 2, 9, 11, 4, 5]);
    let mut declared = Vec::new();
    let of_families = ["lmaccess.h", "lmat.h", "lmmsg.h", "lmwksta.h", "lmdfs.h", "dsrole.h"];
    for header in of_families.into_iter().chain(["dsgetdc.h", "lmjoin.h", "lmserver.h", "lmshare.h"]) {
        let text = fs::read_to_string(include().join("netsession").join(header)).unwrap();
        let functions = text.lines().filter_map(|line| line.strip_prefix("NET_API_STATUS "));
        let names = functions.filter_map(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned());
        declared.extend(names.filter(|name| !name.starts_with("DsGetDcName")));
    }
    declared.sort();
    assert_eq!(declared, NAMES);
}

/// A failure here would let a program take an old value for a list of users, or free a pointer that no call has stored.
#[test]
fn a_call_returns_50_and_an_empty_result() {
    let mut anything = 0_u8;
    let (mut read, mut total, mut resume) = (7_u32, 7_u32, 7_u32);
    let resume = ptr::from_mut(&mut resume).cast::<c_void>();
    for is_user in [true, false] {
        let mut buffer = ptr::from_mut(&mut anything).cast::<c_void>();
        (read, total) = (7 + read, 7 + total);
        let (place, counts) = (Buffer(&raw mut buffer), (Count(&raw mut read), Count(&raw mut total)));
        let null = ptr::null();
        // SAFETY: the results can be written, and the rest is NULL.
        let code = unsafe {
            match is_user {
                true => NetUserEnum(null, 0, 0, place, u32::MAX, counts.0, counts.1, resume),
                false => NetLocalGroupGetMembers(null, null, 0, place, u32::MAX, counts.0, counts.1, resume),
            }
        };
        assert_eq!((code, buffer.is_null(), read, total), (50, true, 0, 0));
        // SAFETY: it is the number above.
        assert_eq!(unsafe { resume.cast::<u32>().read() }, 7);
    }
}

/// A failure here would tell a program that a computer is not joined to Entra ID, which the library does not know, or let it
/// read an old pointer.
#[test]
fn the_join_to_entra_id_is_a_failure_and_no_answer() {
    let mut anything = 0_u8;
    let mut buffer = ptr::from_mut(&mut anything).cast::<c_void>();
    // SAFETY: the result can be written.
    let result = unsafe { NetGetAadJoinInformation(ptr::null(), Buffer(&raw mut buffer)) };
    assert_eq!((result, buffer.is_null()), (0x8007_0032, true));
    assert!(result.cast_signed() < 0, "FAILED() must be true");
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { NetGetAadJoinInformation(ptr::null(), Buffer(ptr::null_mut())) }, 0x8007_0032);
    NetFreeAadJoinInformation(buffer);
}

/// A failure here would crash a program that passes no place for a result, fill its log, or not say why nothing happens.
#[test]
fn each_function_says_once_that_it_is_missing() {
    let output = Drive::python("declared.py", &library(), NAMES).env("NETSESSION_LOG", "warn").output();
    assert!(output.status.success(), "{output:?}");
    let printed: Vec<String> = stage::lines(&output);
    let expected: Vec<String> = NAMES.iter().map(|name| format!("{name} 50 50")).collect();
    assert_eq!(printed, expected);
    let log = String::from_utf8(output.stderr).unwrap();
    for name in NAMES {
        assert_eq!(log.matches(&format!("{name} returns 50: ")).count(), 1, "{name}: {log}");
    }
}

/// A failure here would send a person who reads the log to another code than the program got.
#[test]
fn the_log_has_the_code_that_the_program_gets() {
    let name = "NetGetAadJoinInformation";
    let output = Drive::python("declared.py", &library(), &[name]).env("NETSESSION_LOG", "warn").output();
    assert_eq!(stage::lines(&output), [format!("{name} {0} {0}", 0x8007_0032_u32)]);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.matches(&format!("{name} returns 0x80070032: ")).count(), 1, "{log}");
}
