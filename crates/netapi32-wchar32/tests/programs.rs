//! Runs programs for Windows with the library for a `wchar_t` of 32 bits: C with `windows.h` and `L""`, and Python with
//! `c_wchar_p`.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

extern crate netapi32_wchar32 as netapi32;

#[cfg(test)]
#[path = "../../netapi32/tests/stage/mod.rs"]
mod stage;

use std::path::Path;
use std::process::Command;

use stage::{ADMIN, Drive, PASSWORD, Stage, end, include, library};

/// Starts a server with sessions of `b` and `bob`.
fn stage() -> Stage {
    let stage = Stage::start();
    stage.add_session("10.0.0.5", "b");
    stage.add_session("10.0.0.5", "bob");
    stage
}

/// Runs a program at the stage, and returns its lines without those of the program's own session.
fn lines(drive: Drive, stage: &Stage) -> Vec<String> {
    let drive = drive.env("NETSESSION_LOCAL", &stage.name()).env("NETSESSION_LOGIN", ADMIN);
    let mut lines = drive.env("NETSESSION_PASSWORD", PASSWORD).env("NETSESSION_LOG", "warn").lines();
    lines.retain(|line| !line.ends_with(ADMIN));
    lines
}

/// A failure here would end the wrong session, or none, for a program that passes `L"bob"`.
#[test]
fn names_of_32_bit_characters_end_their_session() {
    for python in [false, true] {
        let stage = stage();
        let arguments = [r"\\10.0.0.5", "bob"];
        let drive = match python {
            false => Drive::with(&end(), &library(), &arguments),
            true => Drive::python("end.py", &library(), &arguments),
        };
        assert_eq!(lines(drive, &stage), ["0"]);
        stage.wait_for(&[("10.0.0.5", "b")]);
    }
}

/// A failure here would show wrong names to a script for Windows, or let it end another session.
#[test]
fn a_script_with_wide_characters_lists_and_ends() {
    let stage = stage();
    let drive = Drive::python("list.py", &library(), &[r"\\10.0.0.5", "bob"]);
    assert_eq!(lines(drive, &stage), [r"\\10.0.0.5 b", r"\\10.0.0.5 bob", "end 0", r"\\10.0.0.5 b"]);
}

/// A failure here would keep a C source for Windows from being compiled, linked or run.
#[test]
fn a_source_for_windows_compiles_links_and_runs() {
    let stage = stage();
    let folder = tempfile::tempdir().unwrap();
    // The installed folder: the library under its own name, and by the name that `-lnetapi32` looks for.
    for name in ["libnetapi32.so", "libnetapi32-wchar32.so"] {
        std::os::unix::fs::symlink(library(), folder.path().join(name)).unwrap();
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netapi32/tests/c/windows.c");
    for (compiler, standard) in [("cc", "-std=gnu11"), ("c++", "-std=gnu++17")] {
        let program = folder.path().join(compiler);
        let compiled = Command::new(compiler)
            .args([standard, "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(include())
            .arg("-I")
            .arg(include().join("netsession"))
            .args(if compiler == "c++" { ["-x", "c++"] } else { ["-x", "c"] })
            .arg(&source)
            .args(["-x", "none", "-L"])
            .arg(folder.path())
            .args(["-lnetapi32", "-o"])
            .arg(&program)
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        stage.add_session("10.0.0.6", "Zoë");
        let mut drive = Drive::program(&program, &[".", r"\\10.0.0.6", "Zoë"]);
        drive.command.env("LD_LIBRARY_PATH", folder.path()).env("LC_ALL", "C.UTF-8");
        let others = [r"\\10.0.0.5 b", r"\\10.0.0.5 bob"];
        let expected = [
            &others[..],
            &[r"\\10.0.0.6 Zoë", "end 0", "last error 0"],
            &others,
            &["server 127.0.0.1.!-5 lo%"],
        ]
        .concat();
        assert_eq!(lines(drive, &stage), expected, "{compiler}");
    }
}

/// A failure here would keep a C++ source for Windows from being compiled: most include `windows.h` before the standard library,
/// whose headers use its names.
#[test]
fn a_source_in_cpp_may_include_windows_h_first() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("order.cpp");
    let program = folder.path().join("order");
    std::fs::write(&source, include_str!("order.cpp")).unwrap();
    let compiled = Command::new("c++")
        .args(["-std=c++17", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(include().join("netsession"))
        .arg("-I")
        .arg(include())
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new(&program).env("LC_ALL", "C.UTF-8").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1.500000 Zoë\n5000000000 2 6000000000 Zoë\n");
}

/// A failure here would let the loader give a program the build with the other width, if a process needs both.
#[test]
fn the_library_has_a_name_of_its_own() {
    let output = Command::new("readelf").args(["--dynamic", "--wide"]).arg(library()).output().unwrap();
    let dynamic = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dynamic.contains("soname: [libnetapi32-wchar32.so]"), "{dynamic}");
}
