//! Programs in the manner of those that are found in public, and the packages that bring them the library: a wheel for Python and a
//! NuGet package for .NET.
#![cfg(test)]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use netsession_conformance::languages::kits::{environment, package, unpack};
use netsession_conformance::languages::{
    self, EVERY, PACKAGED_SPELLINGS, Program, WINDOWS_C, listed, prefix, programs,
};
use netsession_conformance::{ADMIN, Either, Embedded, Held, Outcome, PASSWORD};
use netsession_server::testing::add_session;
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The checker of memory, which fails at a wrong access and at lost memory.
const VALGRIND: [&str; 5] = [
    "valgrind",
    "--error-exitcode=99",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect",
    "--errors-for-leak-kinds=definite,indirect",
];

/// Checks that a program that takes 256 bytes at a time lists forty sessions, each once.
fn lists_every_page(program: &Program) -> Result<()> {
    let server = Embedded::start()?;
    let mut expected = Vec::new();
    for last in 1..=40 {
        let client = Ipv4Addr::new(10, 0, 0, last);
        ensure!(add_session(server.server()?, IpAddr::V4(client), "alice"), "no alice");
        expected.push((client.to_string(), "alice".to_owned()));
    }
    expected.sort();
    let run = program.call()?.login(ADMIN, &server.name()?).args([server.name()?]).run()?.expect_code(0)?;
    let mut found = listed(&run);
    found.retain(|(_, user)| user != ADMIN);
    ensure!(found == expected, "{run:?}");
    Ok(())
}

/// A failure here would lose sessions in a program that asks for a page at a time, or show them twice.
macro_rules! pages {
    ($($program:ident: $test:ident;)*) => {$(
        #[test]
        fn $test() -> Result<()> {
            lists_every_page(&languages::$program)
        }
    )*};
}

pages! {
    JNA: java_jna_lists_every_page;
    PASCAL: pascal_lists_every_page;
    WINDOWS_C: c_for_windows_lists_every_page;
    MONO_PASTED: pasted_csharp_lists_every_page;
    VISUAL_BASIC_PASTED: dotnet_pasted_visual_basic_lists_every_page;
    WHEEL: python_wheel_lists_every_page;
    UNCHANGED_PYTHON: unchanged_python_lists_every_page;
}

/// Returns the numbers after the colon of a line such as `sessions 64: 0, 40 in 20 calls`, and its words before.
fn numbers(line: &str) -> Result<(&str, Vec<u32>)> {
    let (words, numbers) = line.rsplit_once(": ").context("no colon")?;
    Ok((words, numbers.split([',', ' ']).filter_map(|word| word.parse().ok()).collect()))
}

/// Starts three sessions, of which one has a file open.
fn three_sessions(server: &Either) -> Result<[Held; 3]> {
    let folder = match server {
        Either::Embedded(server) => server.share().to_owned(),
        Either::Samba(server) => server.share(),
    };
    fs::write(folder.join("held.txt"), "x")?;
    let mut held = [("alice", 7), ("bob", 7), ("alice", 8)].map(|(user, last)| server.hold_from(user, last));
    if let Some(Ok(alice)) = held.first_mut() {
        alice.open("held.txt")?;
    }
    let [first, second, third] = held;
    Ok([first?, second?, third?])
}

/// Checks that a program which passes a small preferred length reaches the end of each list: it gets every session, and every
/// other entry or the status that says that not even one fits.
fn small_buffers_end(program: &Program, server: &Either) -> Result<()> {
    let _held = three_sessions(server)?;
    let name = server.name()?;
    let run = program.call()?.login(ADMIN, &name).args(["pages", &name]).run()?.expect_code(0)?;
    let lines = run.stdout.lines().map(numbers).collect::<Result<Vec<_>>>()?;
    let (whole, small) = lines.split_at_checked(4).context("too few lines")?;
    ensure!(small.len() == 16, "{run:?}");
    for ((words, whole), least) in whole.iter().zip([4, 1, 2, 3]) {
        let &[0, count, 1] = whole.as_slice() else { anyhow::bail!("{words}: {run:?}") };
        ensure!(count >= least, "{words}: {run:?}");
        let function = words.split(' ').next().unwrap_or_default();
        for (words, numbers) in small.iter().filter(|(words, _)| words.starts_with(function)) {
            let all = matches!(**numbers, [0, all, calls] if all == count && calls <= count.max(1));
            let may_refuse = !words.starts_with("sessions") && !words.ends_with(" 0");
            let none = may_refuse && **numbers == [2123, 0, 1];
            ensure!(all || none, "{words}: {run:?}");
        }
    }
    Ok(())
}

/// Checks that NetFileEnum reads and writes only the first 4 bytes of a resume handle, whatever its neighbour is.
fn handle_has_four_bytes(program: &Program, server: &Either) -> Result<()> {
    let _held = three_sessions(server)?;
    let name = server.name()?;
    let run = program.call()?.login(ADMIN, &name).args(["handle", &name]).run()?.expect_code(0)?;
    let mut full = 0;
    for line in run.stdout.lines() {
        let (words, result) = line.split_once(": ").context("no colon")?;
        let (_, beside) = words.rsplit_once(' ').context("no neighbour")?;
        ensure!(result.ends_with(&format!(", {beside}")), "{line}: {run:?}");
        ensure!(result.starts_with("0, ") || result.starts_with("2123, 0, "), "{line}: {run:?}");
        full += u32::from(result.starts_with("0, ") && !result.starts_with("0, 0, "));
    }
    ensure!(full >= 24, "{run:?}");
    Ok(())
}

/// Checks that each name of this computer leads to the server that NULL reaches, and that a name with a port does not.
fn own_names_are_local(program: &Program, server: &Either) -> Result<()> {
    let host = String::from_utf8(Command::new("hostname").output()?.stdout)?.trim().to_owned();
    let plain = ["localhost", "LOCALHOST", "localhost.localdomain", "127.0.0.1", ".", &host];
    let ipv6 = ["::1", "[::1]", "0--1.ipv6-literal.net"];
    let unc = plain.iter().chain(&ipv6).filter(|name| !name.starts_with("::"));
    let unc: Vec<String> = unc.flat_map(|name| [format!(r"\\{name}"), format!(r"\\{name}\")]).collect();
    let names = ["-", ""].into_iter().chain(plain).chain(ipv6).chain(unc.iter().map(String::as_str));
    let name = server.name()?;
    let call = program.call()?.login(ADMIN, "").env("NETSESSION_LOCAL", &name).args(["names"]).args(names);
    let run = call.args([r"\\", "127.0.0.1:1"]).run()?.expect_code(0)?;
    let mut lines = run.stdout.lines().map(numbers).collect::<Result<Vec<_>>>()?;
    let others = lines.split_off(lines.len().saturating_sub(2));
    // Another port is another server, which does not get the login of the local computer.
    ensure!(others == [(r"\\", vec![2351, 0]), ("127.0.0.1:1", vec![5, 0])], "{run:?}");
    ensure!(
        lines.len() == 27 && lines.iter().all(|(_, numbers)| matches!(**numbers, [0, count] if count > 0)),
        "{run:?}"
    );
    Ok(())
}

/// A failure here would run a program for ever that passes a small preferred length, overwrite the variable beside its resume
/// handle, or send its calls to another server than NULL means.
macro_rules! enumerations {
    ($($check:ident: $embedded:ident, $samba:ident, $wide_embedded:ident, $wide_samba:ident;)*) => {$(
        #[test]
        fn $embedded() -> Result<()> {
            $check(&languages::ENUMERATIONS, &Either::embedded()?)
        }

        #[test]
        fn $samba() -> Result<()> {
            $check(&languages::ENUMERATIONS, &Either::samba()?)
        }

        #[test]
        fn $wide_embedded() -> Result<()> {
            $check(&languages::WIDE_ENUMERATIONS, &Either::embedded()?)
        }

        #[test]
        fn $wide_samba() -> Result<()> {
            $check(&languages::WIDE_ENUMERATIONS, &Either::samba()?)
        }
    )*};
}

enumerations! {
    small_buffers_end:
        small_buffers_end_at_our_server, small_buffers_end_at_samba,
        small_buffers_end_with_wide_characters, small_buffers_end_with_wide_characters_at_samba;
    handle_has_four_bytes:
        handle_has_four_bytes_at_our_server, handle_has_four_bytes_at_samba,
        handle_has_four_bytes_with_wide_characters, handle_has_four_bytes_with_wide_characters_at_samba;
    own_names_are_local:
        own_names_are_local_at_our_server, own_names_are_local_at_samba,
        own_names_are_local_with_wide_characters, own_names_are_local_with_wide_characters_at_samba;
}

/// A failure here would read or write memory that the library for 32-bit characters does not own, or leak memory.
#[test]
fn valgrind_finds_no_fault_in_a_program_for_windows() -> Result<()> {
    let server = Either::embedded()?;
    let name = server.name()?;
    let mut alice = server.hold_from("alice", 7)?;
    let call = WINDOWS_C.call_under(&VALGRIND)?.login(ADMIN, &name);
    let run = call.args([&name, r"\\127.0.0.7", "alice"]).run()?.expect_code(0)?;
    ensure!(run.stdout.ends_with("ended\n") && run.stderr.contains("ERROR SUMMARY: 0 errors"), "{run:?}");
    ensure!(!alice.works()?, "she was ended");
    Ok(())
}

/// Calls every function that the library has gained since 0.1.0, in both builds in one process, and returns its output.
fn every_function(outer: &[&str], threads: &str) -> Result<Outcome> {
    let server = Embedded::start()?;
    let name = server.name()?;
    let libraries = prefix()?.join("lib");
    let libraries = ["libnetapi32.so", "libnetapi32-wchar32.so"].map(|name| libraries.join(name));
    let call = EVERY.call_under(outer)?.login(ADMIN, &name).args(libraries);
    let folder = server.share_path();
    call.args([&*name, &*folder, ADMIN, PASSWORD, threads]).run()?.expect_code(0)
}

/// A failure here would let threads of a program disturb each other's calls, or break a forked child, or a program that loads both
/// builds of the library.
#[test]
fn every_new_function_works_in_sixteen_threads_and_a_child() -> Result<()> {
    let run = every_function(&[], "16")?;
    ensure!(run.stdout == "wrong 0\n", "{run:?}");
    Ok(())
}

/// A failure here would let one of the new functions read or write memory that it does not own, or leak memory.
#[test]
fn valgrind_finds_no_fault_in_the_new_functions() -> Result<()> {
    let run = every_function(&VALGRIND, "1")?;
    let summaries = run.stderr.matches("ERROR SUMMARY: ").count();
    ensure!(run.stdout == "wrong 0\n", "{run:?}");
    ensure!(run.stderr.matches("ERROR SUMMARY: 0 errors").count() == summaries && summaries == 2, "{run:?}");
    Ok(())
}

/// Returns the files of a package below a folder, sorted.
fn files(folder: &Path) -> Result<BTreeSet<String>> {
    let (mut found, mut left) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.insert(path.strip_prefix(folder)?.to_string_lossy().into_owned());
            }
        }
    }
    Ok(found)
}

/// Checks that a package has the licences of the project, and names the crates that its library contains.
fn has_licences(folder: &Path) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        ensure!(fs::read(folder.join(name))? == fs::read(root.join(name))?, "{name}");
    }
    let crates = fs::read_to_string(folder.join("CRATES"))?;
    ensure!(crates.contains("\ntokio v") && crates.contains(": MIT"), "{crates}");
    Ok(())
}

/// Runs a script with the Python that has only the wheel, and returns its output.
fn python(arguments: &[&str]) -> Result<String> {
    let output = Command::new(environment()?).env_clear().arg("-B").args(arguments).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// A failure here would ship a wheel that pip refuses or cannot remove, or one without its licences.
#[test]
fn python_wheel_is_complete() -> Result<()> {
    let (wheel, folder) = (package("python", "whl")?, TempDir::new()?);
    unpack(&wheel, folder.path())?;
    let about = format!("netsession_netapi32-{VERSION}.dist-info");
    let inside = ["__init__.py", "__main__.py", "_codes.py", "libnetapi32-wchar32.so"];
    let beside =
        ["METADATA", "RECORD", "WHEEL", "licenses/CRATES", "licenses/LICENSE-APACHE", "licenses/LICENSE-MIT"];
    let expected: BTreeSet<String> = inside
        .map(|name| format!("netsession_netapi32/{name}"))
        .into_iter()
        .chain(beside.map(|name| format!("{about}/{name}")))
        .collect();
    let found = files(folder.path())?;
    ensure!(found == expected, "{found:?}");
    let about = folder.path().join(about);
    has_licences(&about.join("licenses"))?;
    let tag = fs::read_to_string(about.join("WHEEL"))?;
    let (_, tag) = tag.trim().rsplit_once("Tag: ").context("no tag")?;
    ensure!(tag.starts_with("py3-none-manylinux_2_"), "{tag}");
    ensure!(wheel.ends_with(format!("netsession_netapi32-{VERSION}-{tag}.whl")), "{}", wheel.display());
    let script = "import base64, csv, hashlib, sys\n\
        for name, sum, size in csv.reader(open(sys.argv[1])):\n\
        \x20   content = open(name, 'rb').read()\n\
        \x20   digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()\n\
        \x20   print(name, (sum, size) == ('sha256=' + digest, str(len(content))) or name.endswith('/RECORD'))\n";
    let mut check = Command::new("python3");
    let output = check.args(["-c", script]).arg(about.join("RECORD")).current_dir(folder.path()).output()?;
    let lines = String::from_utf8(output.stdout)?;
    let checked: BTreeSet<_> = lines.lines().filter_map(|line| line.strip_suffix(" True")).collect();
    ensure!(checked == expected.iter().map(String::as_str).collect(), "{lines}");
    Ok(())
}

/// A failure here would keep a script for Windows from running after the import, change ctypes for a program without the import, or give
/// one thread the error of another.
#[test]
fn python_wheel_gives_ctypes_its_names_on_windows() -> Result<()> {
    let script = programs().join("ctypes_names.py");
    ensure!(python(&[&script.to_string_lossy()])? == "all there\n", "no output");
    Ok(())
}

/// A failure here would ship a NuGet package that no client finds in a folder or unpacks.
#[test]
#[ignore = "needs nuget: cargo xtask test --packages"]
fn nuget_installs_the_package_without_a_network() -> Result<()> {
    let package = package("nuget", "nupkg")?;
    let folder = TempDir::new()?;
    let mut nuget = Command::new("nuget");
    nuget.args([
        "install",
        "Netsession.NetApi32",
        "-NonInteractive",
        "-OutputDirectory",
        "installed",
        "-Source",
    ]);
    nuget.arg(package.parent().context("no folder")?).current_dir(folder.path()).env("HOME", folder.path());
    let ran = nuget.output().context("starting nuget")?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let installed = folder.path().join(format!("installed/Netsession.NetApi32.{VERSION}"));
    let found = files(&installed)?;
    for name in ["lib/netstandard2.0/Netsession.NetApi32.dll", "licenses/LICENSE-MIT"] {
        ensure!(found.contains(name), "{name} is missing: {found:?}");
    }
    ensure!(found.iter().any(|name| name.ends_with("/native/libnetsession-netapi32.so")), "{found:?}");
    Ok(())
}

/// A failure here would ship a NuGet package that clients refuse, or one without its licences.
#[test]
fn nuget_package_is_complete() -> Result<()> {
    let folder = TempDir::new()?;
    unpack(&package("nuget", "nupkg")?, folder.path())?;
    let found = files(folder.path())?;
    for name in [
        "Netsession.NetApi32.nuspec",
        "[Content_Types].xml",
        "_rels/.rels",
        "README.md",
        "lib/netstandard2.0/Netsession.NetApi32.dll",
        "lib/netstandard2.0/Netsession.NetApi32.xml",
    ] {
        ensure!(found.contains(name), "{name} is missing: {found:?}");
    }
    let native: BTreeSet<_> = found.iter().filter_map(|name| name.split_once("/native/")).collect();
    let library = native.iter().filter(|(_, name)| *name == "libnetsession-netapi32.so").count();
    ensure!(library == 1 && native.len() == 16, "{native:?}");
    has_licences(&folder.path().join("licenses"))?;
    let description = fs::read_to_string(folder.path().join("Netsession.NetApi32.nuspec"))?;
    ensure!(description.contains(&format!("<version>{VERSION}</version>")), "{description}");
    let documentation = fs::read_to_string(folder.path().join("lib/netstandard2.0/Netsession.NetApi32.xml"))?;
    for member in ["M:Netsession.Sessions.List(", "M:Netsession.Native.NetApi32.NetShareAdd("] {
        ensure!(documentation.contains(member), "{member}");
    }
    Ok(())
}

/// A failure here would hide the library of the package from a program that spells its name differently, or load it twice, with
/// connections and logins of its own.
#[test]
fn dotnet_package_is_found_under_every_spelling() -> Result<()> {
    let run = PACKAGED_SPELLINGS.call()?.run()?.expect_code(0)?;
    ensure!(run.stdout == "15 spellings, 1 library\n", "{run:?}");
    Ok(())
}
