//! The packages of `cargo xtask dist` in a system that has nothing else: only the libraries that they say they need.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// The files of the command and of the libraries, below the prefix of the tarball.
const PROGRAMS: [&str; 3] = ["bin/netsession", "lib/libnetapi32.so", "lib/libnetapi32-wchar32.so"];
/// The library for characters of 32 bits.
const WCHAR32: &str = "libnetapi32-wchar32.so";
/// The libraries of glibc and GCC, which every distribution has.
const LIBRARIES: [&str; 4] = ["ld-linux-x86-64.so.2", "libc.so.6", "libgcc_s.so.1", "libm.so.6"];

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program as the root of a user namespace, which may change the root folder, and no file of this computer.
fn as_root(program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", program]).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// Makes a system of a shell and the libraries.
fn bare_system() -> Result<TempDir> {
    let root = TempDir::with_prefix("netsession-bare-")?;
    for folder in ["bin", "dev", "lib64", "root", "tmp", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        fs::create_dir_all(root.path().join(folder))?;
    }
    // Without a cache, the loader of Debian looks in the one folder, the loaders of others in the other.
    std::os::unix::fs::symlink("lib64", root.path().join("lib"))?;
    for file in ["dev/null", "var/lib/dpkg/status"] {
        fs::write(root.path().join(file), "")?;
    }
    fs::copy("/bin/sh", root.path().join("bin/sh"))?;
    let known = output(as_root("ldconfig").arg("--print-cache"))?;
    for name in LIBRARIES {
        let line = known.lines().find(|line| line.trim().starts_with(name)).context(name)?;
        let (_, path) = line.split_once("=> ").context("no path")?;
        fs::copy(path, root.path().join("lib64").join(name))?;
    }
    Ok(root)
}

/// Returns dpkg for that system. The libraries are there, but no package has brought them.
fn dpkg(root: &Path) -> Command {
    let mut dpkg = as_root("dpkg");
    dpkg.arg("--root").arg(root).args(["--force-depends", "--log=/dev/null"]);
    dpkg
}

/// Runs the demonstration in a system.
fn demo(root: &Path, program: &str) -> Result<()> {
    let mut chroot = as_root("chroot");
    chroot.arg(root).args([program, "demo"]).env("HOME", "/root");
    let demo = output(&mut chroot)?;
    ensure!(demo.contains("ends alice's session, and verifies") && demo.contains("byte by byte"), "{demo}");
    Ok(())
}

/// Returns the path of a package, unless nothing made it, or it cannot be installed here.
fn package(variable: &str) -> Option<OsString> {
    let path = std::env::var_os(variable);
    if path.is_none() {
        println!("left out: there is no {variable}, which cargo xtask test sets");
    }
    let allows_namespaces = output(&mut as_root("true")).is_ok();
    if !allows_namespaces {
        println!("left out: a process here may not have a user namespace of its own");
    }
    path.filter(|_| allows_namespaces && cfg!(target_arch = "x86_64"))
}

/// A failure here would ship a package that dpkg cannot install or remove, or whose command needs a library that the package
/// does not name.
#[test]
fn debian_package_runs_the_demo_in_a_system_without_anything_else() -> Result<()> {
    let Some(package) = package("NETSESSION_DEB") else { return Ok(()) };
    let root = bare_system()?;
    let dpkg = || dpkg(root.path());
    output(dpkg().arg("--install").arg(&package))?;
    let changed = output(dpkg().args(["--verify", "netsession"]))?;
    ensure!(changed.is_empty(), "dpkg finds changed files: {changed}");
    demo(root.path(), "/usr/bin/netsession")?;
    for name in [
        "usr/lib/systemd/system/netsession-exporter.service",
        "usr/lib/systemd/system/netsession-serve.service",
        "usr/lib/systemd/system/netsession-serve.socket",
        "usr/share/netsession/prometheus/netsession.dashboard.json",
        "usr/share/netsession/prometheus/netsession.rules.yml",
    ] {
        let text = fs::read_to_string(root.path().join(name)).with_context(|| name.to_owned())?;
        ensure!(!text.is_empty() && !text.contains("@PREFIX@"), "{name}: {text}");
    }
    let libraries = root.path().join("usr/lib/x86_64-linux-gnu");
    ensure!(libraries.join("libnetapi32.so").is_file(), "no library");
    ensure!(!libraries.join(WCHAR32).exists(), "the other library has a package of its own");
    output(dpkg().args(["--remove", "netsession"]))?;
    ensure!(!root.path().join("usr").exists(), "dpkg leaves files");
    Ok(())
}

/// A failure here would ship a library for 32-bit characters that dpkg cannot install beside netsession, that cannot be loaded, or that
/// stays behind.
#[test]
fn debian_package_of_the_wide_library_is_installed_beside_netsession_and_alone() -> Result<()> {
    let Some(package) = package("NETSESSION_DEB_WCHAR32") else { return Ok(()) };
    let main = std::env::var_os("NETSESSION_DEB").context("no package of netsession")?;
    for beside in [Some(&main), None] {
        let root = bare_system()?;
        let dpkg = || dpkg(root.path());
        output(dpkg().arg("--install").args(beside).arg(&package))?;
        let libraries = root.path().join("usr/lib/x86_64-linux-gnu");
        for name in [WCHAR32, "netsession/wchar32/libnetapi32.so", "netsession/wchar32/NETAPI32.DLL"] {
            // LoadLibrary, and a name with characters of 32 bits, which the other build refuses with 87.
            let call = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).NetSessionDel(None, ctypes.c_wchar_p('pc7'), None))";
            let library = libraries.join(name);
            let code = output(Command::new("python3").args(["-c", call]).arg(&library))?;
            ensure!(code == "2312\n", "{}: {code}", library.display());
        }
        let options = fs::read_to_string(libraries.join("pkgconfig/netapi32-wchar32.pc"))?;
        ensure!(options.starts_with("prefix=/usr\n"), "{options}");
        output(dpkg().args(["--remove", "libnetapi32-wchar32"]))?;
        ensure!(!libraries.join("netsession").exists(), "dpkg leaves files");
        ensure!(
            beside.is_none() || libraries.join("libnetapi32.so").is_file(),
            "dpkg removes the other package"
        );
    }
    Ok(())
}

/// A failure here would promise that the tarball runs on a system whose C library is too old for it, or that has another
/// library that the command needs.
#[test]
fn tarball_needs_the_c_library_that_its_name_and_the_manual_say() -> Result<()> {
    let Some(tarball) = package("NETSESSION_TARBALL") else { return Ok(()) };
    let root = bare_system()?;
    output(Command::new("tar").arg("-xf").arg(&tarball).arg("-C").arg(root.path().join("root")))?;
    let inside = fs::read_dir(root.path().join("root"))?.next().context("it is empty")??.path();
    let mut newest = (0, 0);
    for program in PROGRAMS {
        let program = inside.join(program);
        newest = newest.max(newest_version(&program)?);
        let dynamic = output(Command::new("readelf").arg("--dynamic").arg(&program))?;
        let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
        let foreign: Vec<_> =
            needed.filter(|line| !LIBRARIES.iter().any(|name| line.contains(&format!("[{name}]")))).collect();
        ensure!(foreign.is_empty(), "{}: {foreign:?}", program.display());
    }
    let name = inside.file_name().context("no name")?.to_string_lossy().into_owned();
    ensure!(name.ends_with(&format!("-glibc{}.{}", newest.0, newest.1)), "{name} needs {newest:?}");
    // A newer compiler takes newer symbols: the manual names the system that its number is from.
    if fs::read_to_string("/etc/os-release")
        .is_ok_and(|release| release.contains("PRETTY_NAME=\"Debian GNU/Linux 12 "))
    {
        let manual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/use.md");
        let promise = format!("glibc {}.{} or newer", newest.0, newest.1);
        ensure!(fs::read_to_string(manual)?.contains(&promise), "docs/use.md does not say: {promise}");
    }
    demo(root.path(), &format!("/root/{name}/bin/netsession"))
}

/// Returns the newest version of the symbols that a program takes from the C library.
fn newest_version(program: &Path) -> Result<(u32, u32)> {
    let versions = output(Command::new("readelf").args(["--version-info", "--wide"]).arg(program))?;
    let versions: BTreeSet<(u32, u32)> = versions
        .split("GLIBC_")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next()?.split_once('.'))
        .filter_map(|(major, minor)| Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?)))
        .collect();
    versions.last().copied().context("no version")
}

/// A failure here would ship a ZIP file for Windows whose programs lack a library, or whose command does not run where it is
/// unpacked.
#[test]
#[ignore = "needs a build for Windows, and Wine: cargo xtask test --packages"]
fn windows_zip_runs_the_demo_where_it_is_unpacked() -> Result<()> {
    let archive = PathBuf::from(std::env::var_os("NETSESSION_ZIP").context("cargo xtask test --packages")?);
    let name = archive.file_stem().context("no name")?.to_owned();
    let root = TempDir::with_prefix("netsession-zip-")?;
    output(
        Command::new("python3").args(["-m", "zipfile", "-e"]).args([&archive, &root.path().to_path_buf()]),
    )?;
    let folder = root.path().join(name);
    for file in [
        "README.md",
        "docs/windows.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "CRATES",
        "netapi32.dll",
        "lib/libnetapi32.dll.a",
        "include/netsession.h",
    ] {
        ensure!(fs::metadata(folder.join(file)).is_ok_and(|file| file.len() > 0), "{file} is missing");
    }
    // Wine 8 lacks this library of Windows 10.
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../xtask/src/windows/random.c");
    let random = folder.join("bcryptprimitives.dll");
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
    output(compiler.args(["-shared", "-s", "-o"]).args([&random, &source]).arg("-ladvapi32"))?;
    let mut wine = Command::new("wine");
    wine.args(["netsession.exe", "demo"]).current_dir(&folder).env_remove("DISPLAY");
    wine.env("WINEPREFIX", root.path().join("wine")).env("WINEDEBUG", "-all");
    let demo = output(&mut wine)?;
    ensure!(demo.contains("ends alice's session, and verifies") && demo.contains("byte by byte"), "{demo}");
    Ok(())
}
