//! DsGetDcName in a domain, called by a C program on the client, in both builds of the library.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use netsession_conformance::Domain;
use netsession_conformance::languages::prefix;
use tempfile::TempDir;

const ERROR_NOT_SUPPORTED: &str = "50";
const ERROR_INVALID_FLAGS: &str = "1004";
const ERROR_INVALID_DOMAINNAME: &str = "1212";
const ERROR_NO_SUCH_DOMAIN: &str = "1355";

/// The flags of a request.
const GC: &str = "40";
const PDC: &str = "80";
const KDC: &str = "400";
const WRITABLE: &str = "1000";
const RETURN_FLAT_NAME: &str = "80000000";

/// A program for one width of wchar_t, with its library.
struct Program {
    _folder: TempDir,
    program: PathBuf,
    library: PathBuf,
}

impl Program {
    fn compile(options: &[&str], library: &str) -> Result<Self> {
        let folder = TempDir::with_prefix("netsession-controller-")?;
        let netapi32 = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/netapi32");
        let program = folder.path().join("controller");
        let mut cc = Command::new("cc");
        cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])
            .args(options)
            .arg("-I")
            .arg(netapi32.join("include"));
        cc.arg(netapi32.join("tests/c/controller.c")).arg("-o").arg(&program).arg("-ldl");
        ensure!(cc.status()?.success(), "the program does not compile");
        Ok(Self { _folder: folder, program, library: prefix()?.join("lib").join(library) })
    }

    /// Both builds of the library.
    fn both() -> Result<[Self; 2]> {
        // The headers refuse short characters, because the C library's functions do not know them. This program calls none of those.
        let narrow = Self::compile(&["-fshort-wchar", "-U__SIZEOF_WCHAR_T__"], "libnetapi32.so")?;
        Ok([narrow, Self::compile(&["-DWIDE"], "libnetapi32-wchar32.so")?])
    }

    /// Runs the program on the client, and returns the lines of both functions, which must say the same.
    fn run(&self, domain: &Domain, arguments: &[&str]) -> Result<Vec<String>> {
        self.run_by(Command::new(&self.program), domain, arguments)
    }

    /// As [`Program::run`], under the checker of memory.
    fn check(&self, domain: &Domain, arguments: &[&str]) -> Result<Vec<String>> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
        valgrind.arg(&self.program);
        self.run_by(valgrind, domain, arguments)
    }

    fn run_by(&self, mut command: Command, domain: &Domain, arguments: &[&str]) -> Result<Vec<String>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .arg(&self.library)
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("NETSESSION_LOG", "warn");
        let outcome = domain.client().run(&command)?.expect_code(0)?;
        let (wide, narrow) = outcome.stdout.split_once("A ").context("no second function")?;
        ensure!(wide.strip_prefix("W ") == Some(narrow), "{outcome:?}");
        Ok(narrow.lines().map(str::to_owned).collect())
    }
}

/// A failure here would name a controller that does not exist or cannot do what the program needs, or none at all.
#[test]
fn a_program_finds_the_controller_by_each_name_and_role() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let dns =
        r"\\dc1.lab.test \\10.77.1.10 lab.test lab.test Default-First-Site-Name Default-First-Site-Name 1 ";
    let flat = r"\\DC1 \\10.77.1.10 LAB lab.test Default-First-Site-Name Default-First-Site-Name 1 ";
    let mut guid = None;
    for program in Program::both()? {
        for (name, site, flags, names) in [
            ("lab.test", "-", "0", dns),
            ("LAB.TEST.", "-", "40020000", dns),
            ("-", "-", "1", dns),
            ("LAB", "-", "10000", dns),
            ("lab", "-", "0", dns),
            ("lab.test", "-", RETURN_FLAT_NAME, flat),
            ("lab.test", "-", GC, dns),
            ("lab.test", "-", PDC, dns),
            ("lab.test", "-", KDC, dns),
            ("lab.test", "-", WRITABLE, dns),
            ("lab.test", "-", "8000", dns),
            ("lab.test", "Default-First-Site-Name", "0", dns),
        ] {
            let lines = program.run(&domain, &["-", name, site, flags])?;
            let [status, found, freed] = lines.as_slice() else { anyhow::bail!("{name} {flags}: {lines:?}") };
            ensure!(status == "0" && freed == "freed 0", "{name} {flags}: {lines:?}");
            let numbers = found.strip_prefix(names).with_context(|| format!("{name} {flags}: {found}"))?;
            let (id, roles) = numbers.split_once(' ').context("no flags")?;
            let roles = u32::from_str_radix(roles, 16)?;
            ensure!(roles & 0x13d == 0x13d, "PDC, GC, LDAP, DS, KDC and writable: {roles:x}");
            let kinds = if names == dns { 0xe000_0000 } else { 0x8000_0000 };
            ensure!(roles & 0xe000_0000 == kinds, "{roles:x}");
            ensure!(guid.get_or_insert(id.to_owned()) == id, "the GUID of the domain is one: {id}");
        }
    }
    ensure!(guid.is_some_and(|guid| guid.trim_matches(['0', '-']).len() > 8), "no GUID");
    Ok(())
}

/// A failure here would keep a program that knows the GUID of a domain from finding it after it was renamed, or name the
/// controller of another domain.
#[test]
fn a_domain_is_found_by_its_guid_if_its_name_is_not() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    for program in Program::both()? {
        let found = program.run(&domain, &["-", "lab.test", "-", "0"])?;
        let id = found.get(1).and_then(|line| line.split(' ').nth(7)).context("no GUID")?;
        let other = "00000000-0000-0000-0000000000000001";
        for (name, flags) in [("old.test", "0"), ("OLD", "10000"), ("old.test", PDC), ("old.test", GC)] {
            let again = program.run(&domain, &["-", name, "-", flags, id])?;
            ensure!(again == found, "{name} {flags}: {again:?} instead of {found:?}");
            for wrong in [other, "00000000-0000-0000-0000000000000000"] {
                let lines = program.run(&domain, &["-", name, "-", flags, wrong])?;
                ensure!(lines == [ERROR_NO_SUCH_DOMAIN], "{name} {flags}: {lines:?}");
            }
        }
        let named = program.run(&domain, &["-", "lab.test", "-", "0", other])?;
        ensure!(named == found, "a domain that has the name needs no GUID: {named:?}");
    }
    Ok(())
}

/// A failure here would return another code than Windows does, or a controller that nobody asked for.
#[test]
fn a_search_without_a_result_has_a_code() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    for program in Program::both()? {
        for (arguments, code) in [
            (["fs1", "lab.test", "-", "0"], ERROR_NOT_SUPPORTED),
            (["-", "lab.test", "-", "480"], ERROR_INVALID_FLAGS),
            (["-", "lab.test", "-", "2"], ERROR_INVALID_FLAGS),
            (["-", "a/b", "-", "0"], ERROR_INVALID_DOMAINNAME),
            (["-", "lab.test.example", "-", "10000"], ERROR_INVALID_DOMAINNAME),
            (["-", "other.test", "-", "0"], ERROR_NO_SUCH_DOMAIN),
            (["-", "OTHER", "-", "0"], ERROR_NO_SUCH_DOMAIN),
            (["-", "lab.test", "Nowhere", "0"], ERROR_NO_SUCH_DOMAIN),
            // Samba offers no web service.
            (["-", "lab.test", "-", "100000"], ERROR_NO_SUCH_DOMAIN),
        ] {
            ensure!(program.run(&domain, &arguments)? == [code], "{arguments:?}");
        }
    }
    Ok(())
}

/// A failure here would read or write memory that the library does not own, or lose memory, at each search.
#[test]
fn valgrind_finds_no_fault_in_a_search() -> Result<()> {
    let Some(domain) = Domain::shared()? else { return Ok(()) };
    let none = "00000000-0000-0000-0000000000000001";
    for program in Program::both()? {
        for (arguments, code) in [
            (&["-", "lab.test", "-", "0"][..], "0"),
            (&["-", "-", "Default-First-Site-Name", RETURN_FLAT_NAME], "0"),
            (&["-", "LAB", "-", GC], "0"),
            (&["-", "old.test", "-", "0", none], ERROR_NO_SUCH_DOMAIN),
            (&["-", "a/b", "-", "0"], ERROR_INVALID_DOMAINNAME),
        ] {
            let lines = program.check(&domain, arguments)?;
            ensure!(lines.first().is_some_and(|line| line == code), "{arguments:?}: {lines:?}");
        }
    }
    Ok(())
}

/// A failure here would let a program hang while the controller does not answer.
#[test]
fn a_frozen_controller_ends_the_search() -> Result<()> {
    let Some(domain) = Domain::alone()? else { return Ok(()) };
    let [program, _] = Program::both()?;
    let frozen = domain.freeze_controller()?;
    let start = std::time::Instant::now();
    let lines = program.run(&domain, &["-", "lab.test", "-", "0"])?;
    ensure!(lines == [ERROR_NO_SUCH_DOMAIN], "{lines:?}");
    // Two functions, each with its own limit of 15 seconds.
    ensure!(start.elapsed().as_secs() < 35, "{:?}", start.elapsed());
    drop(frozen);
    Ok(())
}
