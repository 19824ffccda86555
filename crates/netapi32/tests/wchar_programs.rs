//! Runs programs whose characters have the compiler's or the language's own width, which has 32 bits here.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

#[cfg(test)]
mod stage;

use stage::{ADMIN, Drive, PASSWORD, Stage, end, library};

/// Runs a program that ends the sessions of a user from a client, and returns its code and the library's log.
fn run(drive: Drive, stage: &Stage) -> (String, String) {
    let (name, log) = (stage.name(), "warn");
    let drive = drive.env("NETSESSION_LOCAL", &name).env("NETSESSION_LOGIN", ADMIN);
    let output = drive.env("NETSESSION_PASSWORD", PASSWORD).env("NETSESSION_LOG", log).output();
    assert!(output.status.success(), "{output:?}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    (text(output.stdout), text(output.stderr))
}

/// A failure here would let a program in C or Python end the sessions of `b` although it names `bob`, or let its author
/// search for the reason of code 87.
#[test]
fn programs_with_32_bit_characters_are_refused_and_the_log_names_their_build() {
    let stage = Stage::start();
    stage.add_session("10.0.0.5", "b");
    stage.add_session("10.0.0.5", "bob");
    for arguments in [["-", "bob"], [r"\\10.0.0.5", "bob"], [r"\\10.0.0.5", "-"]] {
        let in_c = Drive::with(&end(), &library(), &arguments);
        let in_python = Drive::python("end.py", &library(), &arguments);
        for drive in [in_c, in_python] {
            let (code, log) = run(drive, &stage);
            assert_eq!(code, "87", "{arguments:?}");
            assert!(log.contains("NetSessionDel") && log.contains("libnetapi32-wchar32"), "{log}");
        }
    }
    stage.wait_for(&[("10.0.0.5", "b"), ("10.0.0.5", "bob")]);
}

/// A failure here would let the author of a program in C# search for the reason why the library finds no session, or end one that
/// nobody named.
#[test]
fn the_log_explains_texts_of_8_bit_characters() {
    let stage = Stage::start();
    stage.add_session("10.0.0.5", "bob");
    for arguments in [["-", "bob"], [r"\\10.0.0.5", "bob"]] {
        let (code, log) = run(Drive::python("narrow.py", &library(), &arguments), &stage);
        assert_eq!(code, "2312", "{arguments:?}");
        assert_eq!(log.matches("CharSet.Unicode").count(), 1, "{log}");
    }
    let (code, log) = run(Drive::python("narrow.py", &library(), &["-", "b"]), &stage);
    assert!(code == "2312" && !log.contains("CharSet"), "it is a usual name: {log}");
    stage.wait_for(&[("10.0.0.5", "bob")]);
}
