//! The files of `cargo xtask install` and `cargo xtask deb`: every name by which programs look for the library, and programs
//! that run with it.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_conformance::languages::{
    C, MONO, MONO_OTHER_SPELLING, PYTHON, declared_functions, listed, prefix,
};
use netsession_conformance::{ADMIN, Either};
use tempfile::TempDir;

/// The spellings that programs use, as runtimes look for them, in addition to the one real file.
const LINKS: &[&str] = &[
    "NETAPI32",
    "NETAPI32.DLL",
    "NETAPI32.dll",
    "NetAPI32",
    "NetAPI32.DLL",
    "NetAPI32.dll",
    "NetApi32",
    "NetApi32.DLL",
    "NetApi32.dll",
    "Netapi32",
    "Netapi32.DLL",
    "Netapi32.dll",
    "libNETAPI32.DLL.so",
    "libNETAPI32.dll.so",
    "libNETAPI32.so",
    "libNetAPI32.DLL.so",
    "libNetAPI32.dll.so",
    "libNetAPI32.so",
    "libNetApi32.DLL.so",
    "libNetApi32.dll.so",
    "libNetApi32.so",
    "libNetapi32.DLL.so",
    "libNetapi32.dll.so",
    "libNetapi32.so",
    "libnetapi32.DLL.so",
    "libnetapi32.dll.so",
    "netapi32",
    "netapi32.DLL",
    "netapi32.dll",
];

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// The library of a folder and the links to it.
fn names(libraries: &Path) -> Result<(PathBuf, Vec<String>)> {
    let real = libraries.join("libnetapi32.so");
    ensure!(real.metadata()?.is_file(), "{} is no file", real.display());
    let mut links = Vec::new();
    for entry in fs::read_dir(libraries)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_symlink() {
            let target = fs::read_link(entry.path())?;
            if target == Path::new("libnetapi32.so") {
                links.push(name);
            } else {
                ensure!(target == Path::new("../../libnetapi32-wchar32.so"), "{name}");
            }
        }
    }
    links.sort();
    Ok((real, links))
}

/// A failure here would hide the library from a program that spells its name differently, or give that program a second copy with
/// connections and logins of its own.
#[test]
fn every_spelling_is_the_same_library() -> Result<()> {
    let script = r"
import ctypes, sys
addresses = {ctypes.cast(ctypes.CDLL(name).NetSessionDel, ctypes.c_void_p).value for name in sys.argv[1:]}
sys.exit(len(addresses) != 1)
";
    for (folder, soname) in [("lib", false), ("lib/netsession/wchar32", true)] {
        let folder = prefix()?.join(folder);
        let (real, links) = names(&folder)?;
        ensure!(links == LINKS, "{links:?}");
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg("libnetapi32.so").args(LINKS);
        output(python.env("LD_LIBRARY_PATH", &folder))?;
        let dynamic = output(Command::new("readelf").arg("--dynamic").arg(&real))?;
        ensure!(dynamic.contains("NEEDED") && dynamic.contains("SONAME") == soname, "{dynamic}");
    }
    Ok(())
}

/// A failure here would give a process one width for both libraries, where a plug-in has characters of 16 bits and its program
/// of 32.
#[test]
fn both_widths_are_in_one_process() -> Result<()> {
    let script = r"
import ctypes, sys
narrow, wide = (ctypes.CDLL(name) for name in sys.argv[1:])
same = ctypes.cast(narrow.NetSessionDel, ctypes.c_void_p).value == ctypes.cast(wide.NetSessionDel, ctypes.c_void_p).value
both = [library.NetSessionDel(None, name, None) for library, name in ((wide, ctypes.c_wchar_p('pc7')), (narrow, 'pc7\0'.encode('utf-16-le')))]
crossed = [library.NetSessionDel(None, name, None) for library, name in ((narrow, ctypes.c_wchar_p('pc7')), (wide, 'pc7\0'.encode('utf-16-le')))]
print(same, both, crossed)
";
    let lib = prefix()?.join("lib");
    let libraries = [lib.join("libnetapi32.so"), lib.join("netsession/wchar32/libnetapi32.so")];
    let found = output(Command::new("python3").args(["-c", script]).args(libraries))?;
    ensure!(found == "False [2312, 2312] [87, 87]\n", "{found}");
    Ok(())
}

/// A failure here would hide the library from Mono under an unusual spelling.
#[test]
fn mono_finds_it_by_the_dllmap_for_any_other_spelling() -> Result<()> {
    let found = MONO_OTHER_SPELLING.call()?.args(["NULL", "NULL", "NULL"]).run()?.expect_code(0)?;
    ensure!(found.stdout == "87 87\n", "{found:?}");
    Ok(())
}

/// A failure here would hide the headers from C compilers, leave shells without completions, or omit the licences.
#[test]
fn headers_completions_and_licences_are_there() -> Result<()> {
    let prefix = prefix()?;
    for name in [
        "bin/netsession",
        "include/netapi32.h",
        "include/netsession.h",
        "include/netsession/lm.h",
        "include/netsession/windows.h",
        "include/netsession/LM.h",
        "include/netsession/Windows.h",
        "lib/pkgconfig/netapi32.pc",
        "lib/pkgconfig/netapi32-wchar32.pc",
        "share/bash-completion/completions/netsession",
        "share/zsh/site-functions/_netsession",
        "share/fish/vendor_completions.d/netsession.fish",
        "lib/systemd/user/netsession-agent.service",
        "lib/systemd/system/netsession-exporter.service",
        "lib/systemd/system/netsession-serve.service",
        "lib/systemd/system/netsession-serve.socket",
        "lib/sysusers.d/netsession.conf",
        "share/man/man1/netsession.1",
        "share/man/man1/netsession-end.1",
        "share/doc/netsession/LICENSE-MIT",
        "share/doc/netsession/LICENSE-APACHE",
        "share/doc/netsession/journal-postgresql.sql",
        "share/doc/netsession/examples/csharp/Sessions.cs",
    ] {
        ensure!(fs::metadata(prefix.join(name)).is_ok_and(|file| file.len() > 0), "{name} is missing");
    }
    let package = fs::read_to_string(prefix.join("lib/pkgconfig/netapi32.pc"))?;
    ensure!(package.starts_with(&format!("prefix={}\n", prefix.display())), "{package}");
    let version = output(Command::new(prefix.join("bin/netsession")).arg("--version"))?;
    ensure!(version == format!("netsession {}\n", env!("CARGO_PKG_VERSION")), "{version}");
    Ok(())
}

/// A failure here would omit a part of the Debian package, or install programs that do not run.
#[test]
fn debian_package_is_complete_and_its_programs_run() -> Result<()> {
    let Some(package) = package()? else {
        println!("left out: there is no package: cargo xtask deb");
        return Ok(());
    };
    let root = TempDir::with_prefix("netsession-debian-")?;
    output(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(root.path()))?;
    let usr = root.path().join("usr");
    let libraries = usr.join(format!("lib/{}-linux-gnu", std::env::consts::ARCH));
    ensure!(names(&libraries)?.1 == LINKS, "the links");
    ensure!(
        !libraries.join("netsession").exists(),
        "the library for 32-bit characters has a package of its own"
    );
    for name in [
        "include/netapi32.h",
        "include/netsession.h",
        "include/netsession/windows.h",
        "include/netsession/Windows.h",
        "lib/systemd/user/netsession-agent.service",
        "share/bash-completion/completions/netsession",
        "share/zsh/vendor-completions/_netsession",
        "share/doc/netsession/copyright",
        "share/doc/netsession/crates",
        "share/doc/netsession/changelog.gz",
        "share/doc/netsession/CHANGELOG.md.gz",
        "share/doc/netsession/README.md",
        "share/doc/netsession/docs/tasks/locked-file.md",
        "share/doc/netsession/docs/top.svg",
        "share/man/man1/netsession-end.1.gz",
        "share/man/man1/netsession.1.gz",
        "share/doc/netsession/examples/c/sessions.c",
        "share/netsession/netapi32.dll.config",
        "share/netsession/prometheus/netsession.rules.yml",
    ] {
        ensure!(fs::metadata(usr.join(name)).is_ok_and(|file| file.len() > 0), "{name} is missing");
    }
    let field = |name: &str| output(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name));
    ensure!(field("Package")? == "netsession\n" && field("Depends")?.contains("libc6 (>= 2."), "the fields");

    let server = Either::embedded()?;
    let name = server.name()?;
    let _alice = server.hold_from("alice", 7)?;
    for program in [&C, &PYTHON, &MONO] {
        let run = program.call_with(&libraries)?.login(ADMIN, &name).args([&name]).run()?.expect_code(0)?;
        ensure!(listed(&run).contains(&("127.0.0.7".to_owned(), "alice".to_owned())), "{run:?}");
    }
    let version = output(Command::new(usr.join("bin/netsession")).arg("--version"))?;
    ensure!(version == format!("netsession {}\n", env!("CARGO_PKG_VERSION")), "{version}");
    Ok(())
}

/// A failure here would install a library for 32-bit characters without a name, a licence, or what compilers need.
#[test]
fn debian_package_of_the_wide_library_is_complete() -> Result<()> {
    let Some(package) = std::env::var_os("NETSESSION_DEB_WCHAR32") else {
        println!("left out: there is no package: cargo xtask test debian_package");
        return Ok(());
    };
    let root = TempDir::with_prefix("netsession-debian-")?;
    output(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(root.path()))?;
    let usr = root.path().join("usr");
    let libraries = usr.join(format!("lib/{}-linux-gnu", std::env::consts::ARCH));
    ensure!(names(&libraries.join("netsession/wchar32"))?.1 == LINKS, "the links");
    for name in ["copyright", "crates", "changelog.gz", "CHANGELOG.md.gz"] {
        let file = usr.join("share/doc/libnetapi32-wchar32").join(name);
        ensure!(fs::metadata(file).is_ok_and(|file| file.len() > 0), "{name} is missing");
    }
    ensure!(libraries.join("pkgconfig/netapi32-wchar32.pc").is_file(), "compilers do not find it");
    ensure!(!libraries.join("libnetapi32.so").exists() && !usr.join("bin").exists(), "what netsession has");
    let field = |name: &str| output(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name));
    let (of, version) = (field("Recommends")?, env!("CARGO_PKG_VERSION"));
    ensure!(
        of == format!("netsession (= {version})\n") && field("Depends")?.contains("libc6 (>= 2."),
        "{of}"
    );
    Ok(())
}

/// A failure here would ship a package with a fault that lintian finds, such as a command without a manual page. Each package
/// overrides one finding, and says why.
#[test]
fn debian_package_has_no_fault_that_lintian_finds() -> Result<()> {
    let Some(package) = package()? else {
        println!("left out: there is no package: cargo xtask deb");
        return Ok(());
    };
    let wide = std::env::var_os("NETSESSION_DEB_WCHAR32").map(PathBuf::from);
    let overridden = [
        "netsession: sharedobject-in-library-directory-missing-soname",
        "libnetapi32-wchar32: shared-library-lacks-version",
    ];
    for (package, overridden) in [Some(package), wide].into_iter().flatten().zip(overridden) {
        let mut lintian = Command::new("lintian");
        lintian.args(["--allow-root", "--show-overrides"]).arg(&package);
        let ran = lintian.output().context("starting lintian")?;
        let found = String::from_utf8(ran.stdout)?;
        let faults = found.lines().filter(|line| line.starts_with("E: ") || line.starts_with("W: "));
        ensure!(faults.count() == 0, "{found}");
        // The overridden finding proves that lintian read the package.
        ensure!(found.contains(&format!("O: {overridden}")), "{found}");
    }
    Ok(())
}

/// A failure here would ship a tarball that does not run where it is unpacked, or that others can change while it is installed.
#[test]
fn tarball_runs_the_demo_where_it_is_unpacked() -> Result<()> {
    let Some(tarball) = std::env::var_os("NETSESSION_TARBALL") else {
        println!("left out: there is no tarball: cargo xtask test tarball");
        return Ok(());
    };
    let folder = TempDir::with_prefix("netsession-tarball-")?;
    let files =
        output(Command::new("tar").args(["--list", "--verbose", "--numeric-owner", "--file"]).arg(&tarball))?;
    ensure!(files.lines().all(|line| line.contains(" 0/0 ")), "{files}");
    ensure!(!files.lines().any(|line| line.starts_with('-') && line.get(8..9) == Some("w")), "{files}");
    output(
        Command::new("tar")
            .arg("--extract")
            .arg("--file")
            .arg(&tarball)
            .arg("--directory")
            .arg(folder.path()),
    )?;
    let inside = fs::read_dir(folder.path())?.next().context("it is empty")??.path();
    let program = inside.join("bin/netsession");
    let newest =
        inside.file_name().and_then(|name| name.to_str()?.rsplit_once("-glibc")).context("no version")?.1;
    ensure!(
        newest.split_once('.').is_some_and(|(major, minor)| major == "2" && minor.parse::<u32>().is_ok()),
        "{newest}"
    );
    let demo = output(Command::new(&program).arg("demo").env_clear().env("HOME", folder.path()))?;
    ensure!(demo.contains("ends alice's session, and verifies") && demo.contains("byte by byte"), "{demo}");
    ensure!(names(&inside.join("lib"))?.1 == LINKS, "the links");
    for name in ["README.md", "share/man/man1/netsession-end.1", "share/doc/netsession/docs/README.md"] {
        ensure!(fs::metadata(inside.join(name)).is_ok_and(|file| file.len() > 0), "{name} is missing");
    }
    Ok(())
}

/// A failure here would ship a package that rpm refuses, or whose command does not run once it is installed.
#[test]
fn rpm_package_runs_the_demo_once_it_is_installed() -> Result<()> {
    let Some(package) = std::env::var_os("NETSESSION_RPM") else {
        println!("left out: there is no package: cargo xtask test --full rpm_package");
        return Ok(());
    };
    let wide = std::env::var_os("NETSESSION_RPM_WCHAR32").context("no package of the other library")?;
    let root = TempDir::with_prefix("netsession-rpm-")?;
    // rpm may install below a folder only as root, or as what looks like root. The empty system has neither the C library that the
    // package needs, nor a shell for its scripts.
    let rpm = |arguments: &[&str]| {
        let mut rpm = Command::new("unshare");
        rpm.args(["--map-root-user", "rpm", "--root"]).arg(root.path()).args(arguments);
        rpm
    };
    output(&mut rpm(&["--initdb"]))?;
    output(rpm(&["--install", "--nodeps", "--noscripts"]).arg(&package))?;
    ensure!(output(&mut rpm(&["--verify", "--nodeps", "netsession"]))?.is_empty(), "rpm finds changed files");
    let usr = root.path().join("usr");
    let demo =
        output(Command::new(usr.join("bin/netsession")).arg("demo").env_clear().env("HOME", root.path()))?;
    ensure!(demo.contains("ends alice's session, and verifies") && demo.contains("byte by byte"), "{demo}");
    ensure!(names(&usr.join("lib64"))?.1 == LINKS, "the links");
    ensure!(
        !usr.join("lib64/netsession").exists(),
        "the library for 32-bit characters has a package of its own"
    );
    for name in ["share/doc/netsession/README.md", "share/man/man1/netsession-end.1.gz"] {
        ensure!(fs::metadata(usr.join(name)).is_ok_and(|file| file.len() > 0), "{name} is missing");
    }
    output(rpm(&["--install", "--nodeps", "--noscripts"]).arg(&wide))?;
    ensure!(
        output(&mut rpm(&["--verify", "--nodeps", "libnetapi32-wchar32"]))?.is_empty(),
        "rpm finds changed files"
    );
    let folder = usr.join("lib64/netsession/wchar32");
    ensure!(names(&folder)?.1 == LINKS, "the links");
    for (package, of_it) in
        [("netsession", "bin/netsession"), ("libnetapi32-wchar32", "lib64/libnetapi32-wchar32.so")]
    {
        output(&mut rpm(&["--erase", "--nodeps", "--noscripts", package]))?;
        ensure!(!usr.join(of_it).exists(), "rpm leaves {of_it}");
    }
    // Of the folders that other packages share, nothing is left but those.
    let left = output(Command::new("find").arg(&usr).args([
        "-iname",
        "*netsession*",
        "-o",
        "-iname",
        "*netapi32*",
    ]))?;
    ensure!(left.is_empty(), "rpm leaves {left}");
    Ok(())
}

/// Returns the package: the one in `NETSESSION_DEB`, else the one that `cargo xtask deb` makes.
fn package() -> Result<Option<PathBuf>> {
    if let Some(path) = std::env::var_os("NETSESSION_DEB") {
        return Ok(Some(path.into()));
    }
    let folder = netsession_conformance::output::target()?.join("debian");
    let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("netsession_") && name.ends_with(".deb")
    }))
}

/// A failure here would read or write memory that the library does not own, or leak memory. The connections that it keeps
/// for the next call are no loss: they are found from its tables, by pointers into the middle of blocks.
#[test]
fn valgrind_finds_no_leak_and_no_invalid_access() -> Result<()> {
    let server = Either::embedded()?;
    let name = server.name()?;
    let mut alice = server.hold_from("alice", 7)?;
    let run = C
        .call_under(&[
            "valgrind",
            "--error-exitcode=99",
            "--leak-check=full",
            "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect",
        ])?
        .login(ADMIN, &name)
        .args([name.as_str(), r"\\127.0.0.7", "alice"])
        .run()?
        .expect_code(0)?;
    ensure!(listed(&run) == [("127.0.0.7".to_owned(), "alice".to_owned())], "{run:?}");
    // Enum, GetInfo, Del and Free.
    ensure!(run.stdout.contains("open files: ") && run.stdout.ends_with("ended\n"), "{run:?}");
    ensure!(run.stderr.contains("ERROR SUMMARY: 0 errors"), "{run:?}");
    ensure!(!alice.works()?, "she was ended");
    Ok(())
}

/// A failure here would omit a function that the headers declare, or export names that can collide with a program's own.
#[test]
fn exports_what_the_headers_declare_and_nothing_else() -> Result<()> {
    let mut declared = Vec::new();
    let include = prefix()?.join("include");
    let mut headers = vec![include.join("netapi32.h"), include.join("netsession.h")];
    for header in fs::read_dir(include.join("netsession"))? {
        let header = header?;
        // The links are the same headers with capitals.
        if header.file_type()?.is_file() {
            headers.push(header.path());
        }
    }
    for header in headers {
        let text = fs::read_to_string(header)?;
        declared.extend(declared_functions(&text));
    }
    declared.sort();
    ensure!(declared.contains(&"NetSessionDel".to_owned()), "{declared:?}");
    let library = prefix()?.join("lib/libnetapi32.so");
    let symbols = output(Command::new("nm").args(["--dynamic", "--defined-only"]).arg(library))?;
    let mut exported: Vec<_> =
        symbols.lines().filter_map(|line| Some(line.rsplit_once(' ')?.1.to_owned())).collect();
    exported.sort();
    ensure!(exported == declared, "exported: {exported:?}, declared: {declared:?}");
    Ok(())
}
