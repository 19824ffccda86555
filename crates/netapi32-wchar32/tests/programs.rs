//! Runs programs for Windows with the library for a `wchar_t` of 32 bits: C with `windows.h` and `L""`, and Python with
//! `c_wchar_p`.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

extern crate netapi32_wchar32 as netapi32;

#[cfg(test)]
#[path = "../../netapi32/tests/stage/mod.rs"]
mod stage;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// A compiler for a source for Windows, with its options.
const COMPILERS: [&[&str]; 2] = [&["cc", "-xc", "-std=gnu11"], &["c++", "-xc++", "-std=gnu++17"]];

/// Compiles a source for Windows, with every warning as an error, and returns the program.
fn compile(compiler: &[&str], folder: &Path, source: &str) -> Result<PathBuf, String> {
    let (file, program) = (folder.join("source"), folder.join("program"));
    std::fs::write(&file, source).unwrap();
    let (command, options) = compiler.split_first().unwrap();
    let compiled = Command::new(command)
        .args(options)
        .args(["-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Werror", "-I"])
        .arg(include().join("netsession"))
        .arg("-I")
        .arg(include())
        .arg(&file)
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&compiled.stderr).into_owned();
    if compiled.status.success() { Ok(program) } else { Err(errors) }
}

/// Runs a program with arguments in a locale.
fn run(program: &Path, arguments: &[&[u8]], locale: &str) -> Output {
    use std::os::unix::ffi::OsStrExt as _;
    let arguments = arguments.iter().map(|argument| std::ffi::OsStr::from_bytes(argument));
    Command::new(program).args(arguments).env("LC_ALL", locale).env("NAME", "Zoë").output().unwrap()
}

/// A failure here would keep a sample for Windows from being compiled, or hide from a script that it failed.
#[test]
fn every_form_of_wmain_is_an_entry_point() {
    let folder = tempfile::tempdir().unwrap();
    for compiler in COMPILERS {
        for (definition, code, output) in [
            ("int wmain(void) { return 7; }", 7, ""),
            ("int wmain() { return 7; }", 7, ""),
            (
                "void wmain(int argc, TCHAR *argv[ ]) { wprintf(L\"%s %d\", argv[argc - 1], argc); }",
                0,
                "Zoë 2",
            ),
            (
                "int __cdecl _tmain(int argc, _TCHAR* argv[]) { wprintf(L\"%s\", argv[1]); return argc; }",
                2,
                "Zoë",
            ),
            (
                "int wmain(int argc, wchar_t **argv, wchar_t **envp) {\n\
                 for (; *envp; envp++) if (wcsncmp(*envp, L\"NAME=\", 5) == 0) wprintf(L\"%s \", *envp);\n\
                 wprintf(L\"%s\", argv[1]); return argc; }",
                2,
                "NAME=Zoë Zoë",
            ),
        ] {
            let source = format!(
                "#include <windows.h>\n#include <stdio.h>\n#include <tchar.h>\n#include <lm.h>\n{definition}\n"
            );
            let program = compile(compiler, folder.path(), &source).unwrap();
            let found = run(&program, &["Zoë".as_bytes()], "C.UTF-8");
            let printed = String::from_utf8_lossy(&found.stdout);
            assert_eq!((found.status.code(), &*printed), (Some(code), output), "{compiler:?} {definition}");
        }
    }
}

/// A failure here would end a program without a word where a service has no locale, or make it end another user's sessions.
#[test]
fn arguments_are_utf_8_where_there_is_no_locale() {
    let folder = tempfile::tempdir().unwrap();
    let source = "#include <windows.h>\n\
        int wmain(int argc, wchar_t *argv[]) {\n\
            for (int i = 1; i < argc; i++, printf(\";\")) for (LPWSTR at = argv[i]; *at; at++) printf(\"%x \", (UINT)*at);\n\
            return 0; }";
    for compiler in COMPILERS {
        let program = compile(compiler, folder.path(), source).unwrap();
        for locale in ["C", "POSIX", "C.UTF-8", "no_SUCH.locale"] {
            let found = run(&program, &["Zoë".as_bytes(), "€😀".as_bytes(), b""], locale);
            assert_eq!(
                String::from_utf8_lossy(&found.stdout),
                "5a 6f eb ;20ac 1f600 ;;",
                "{locale} {found:?}"
            );
            for wrong in [&b"Zo\xeb"[..], b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82"] {
                let found = run(&program, &[b"x", wrong], locale);
                let errors = String::from_utf8_lossy(&found.stderr);
                let is_explained = errors.contains("argument 2 is not in the encoding");
                assert!(found.status.code() == Some(2) && is_explained, "{locale} {wrong:x?} {found:?}");
            }
        }
    }
}

/// A failure here would let a program compare names by functions that read two characters as one, and end the sessions that it
/// spares.
#[test]
fn short_characters_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for header in ["windows.h", "tchar.h", "lm.h", "lmshare.h", "dsgetdc.h"] {
        let source = format!("#include <{header}>\nint main(void) {{ return 0; }}\n");
        compile(COMPILERS[0], folder.path(), &source).unwrap();
        let errors = compile(&["cc", "-xc", "-fshort-wchar"], folder.path(), &source).unwrap_err();
        assert!(errors.contains("wchar_t must have 32 bits"), "{header}: {errors}");
    }
    let source = "#include <netapi32.h>\nint main(void) { return 0; }\n";
    let options = ["cc", "-xc", "-fshort-wchar", "-DNETAPI32_WCHAR"];
    assert!(compile(&options, folder.path(), source).unwrap_err().contains("wchar_t must have 32 bits"));
    compile(&options[..3], folder.path(), source).unwrap();
}

/// A failure here would keep a sample for Windows from being compiled, or cut a text of it.
#[test]
fn a_sample_finds_the_functions_and_types_that_it_uses() {
    let folder = tempfile::tempdir().unwrap();
    let source = include_str!("sample.c");
    for compiler in COMPILERS {
        let program = compile(compiler, folder.path(), source).unwrap();
        let found = run(&program, &[], "C.UTF-8");
        let expected =
            "NERR_ClientNameNotFound (2312).\r\nError (9999).\r\nshort 0\nupper ABCDEF\nabcdef 12\nend 0\n";
        assert_eq!(String::from_utf8_lossy(&found.stdout), expected, "{compiler:?} {found:?}");
    }
}

/// A failure here would let the loader give a program the build with the other width, if a process needs both.
#[test]
fn the_library_has_a_name_of_its_own() {
    let output = Command::new("readelf").args(["--dynamic", "--wide"]).arg(library()).output().unwrap();
    let dynamic = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dynamic.contains("soname: [libnetapi32-wchar32.so]"), "{dynamic}");
}
