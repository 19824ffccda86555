//! The C library, called by a C program: the gain from kept connections, and a long list beside impacket.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use netsession::Win32Error;
use netsession_conformance::{ADMIN, Embedded, PASSWORD};
use tempfile::TempDir;

use crate::{median, pipe, process, tables};

/// The number of measurements of each, one after the other.
const ROUNDS: usize = 15;

/// Both, against the embedded server.
pub(crate) fn calls() -> Result<()> {
    let program = Program::compile()?;
    second_call(&program)?;
    long_list(&program)
}

/// NetSessionDel on a kept connection, compared with the library's call on an open pipe; each in a process of its own,
/// in turn.
fn second_call(program: &Program) -> Result<()> {
    const CALLS: u32 = 1000;
    let server = Embedded::start()?;
    let (name, port) = (server.name()?, server.address()?.port());
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let by_c = program.run(&name, "delete", CALLS)?.seconds;
        let mut open_pipe = Command::new(std::env::current_exe()?);
        open_pipe.args([OPEN_PIPE, &port.to_string(), &CALLS.to_string()]);
        let by_pipe = Measured::read(&mut open_pipe)?.seconds;
        eprintln!("NetSessionDel, ms, by C/on an open pipe: {:.3}/{:.3}", by_c * 1e3, by_pipe * 1e3);
        if round > 0 {
            ratios.push(by_c / by_pipe);
        }
    }
    println!("A second NetSessionDel by the C library: {:.2} times a call on an open pipe.", median(&ratios));
    Ok(())
}

/// The argument that makes this program call on an open pipe, and print the seconds of one call.
pub(crate) const OPEN_PIPE: &str = "open-pipe";

/// Makes this number of calls on an open pipe, after one that does not count.
pub(crate) fn open_pipe(arguments: &[String]) -> Result<()> {
    let [port, calls] = arguments else { bail!("a port and a number of calls are missing") };
    let (mut open, calls) = (pipe::connect(port.parse()?)?, calls.parse::<u32>()?);
    let mut start = Instant::now();
    for call in 0..=calls {
        let code = open.session_del(None, Some("nobody")).map_err(|error| error.win32());
        ensure!(code == Err(Win32Error::NERR_CLIENT_NAME_NOT_FOUND), "{code:?}");
        if call == 0 {
            start = Instant::now();
        }
    }
    println!("{} 0", start.elapsed().as_secs_f64() / f64::from(calls));
    Ok(())
}

/// NetSessionEnum of many sessions with NetApiBufferFree, compared with impacket's on an open pipe.
fn long_list(program: &Program) -> Result<()> {
    const SESSIONS: u32 = 10_000;
    const CALLS: u32 = 20;
    let server = Embedded::start()?;
    tables::fill(&server, SESSIONS)?;
    let (name, port) = (server.name()?, server.address()?.port());
    let mut ratios = Vec::new();
    for round in 0..=2 {
        let ours = program.run(&name, "list", CALLS)?;
        ensure!(ours.count > SESSIONS, "{} are listed", ours.count);
        let theirs = by_impacket(port)?;
        ensure!(theirs.count > SESSIONS, "impacket lists {}", theirs.count);
        eprintln!(
            "{SESSIONS} sessions, ms, by C/impacket: {:.2}/{:.0}",
            ours.seconds * 1e3,
            theirs.seconds * 1e3
        );
        if round > 0 {
            ratios.push(theirs.seconds / ours.seconds);
        }
    }
    println!(
        "NetSessionEnum of {SESSIONS} sessions by the C library: {:.0} times as fast as impacket.",
        median(&ratios)
    );
    Ok(())
}

fn by_impacket(port: u16) -> Result<Measured> {
    let calls = "
import time
start = time.perf_counter()
answer = srvs.hNetrSessionEnum(dce, '\\0', NULL, 10)
seconds = time.perf_counter() - start
print(seconds, answer['InfoStruct']['SessionInfo']['Level10']['EntriesRead'])";
    Measured::read(&mut process::impacket(port, calls))
}

/// The C program and the library that it loads.
struct Program {
    _folder: TempDir,
    path: PathBuf,
    library: PathBuf,
}

struct Measured {
    seconds: f64,
    count: u32,
}

impl Program {
    fn compile() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let library = std::env::var_os("NETSESSION_LIBRARY").map(PathBuf::from);
        let library = library.context("NETSESSION_LIBRARY names the library: run `cargo xtask bench`")?;
        let folder = TempDir::with_prefix("netsession-bench-")?;
        let path = folder.path().join("netapi32");
        let compiled = Command::new("cc")
            .args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(root.join("crates/netapi32/include"))
            .arg("-o")
            .arg(&path)
            .arg(root.join("conformance/benches/speed/netapi32.c"))
            .arg("-ldl")
            .status()?;
        ensure!(compiled.success(), "the C program does not compile");
        Ok(Self { _folder: folder, path, library })
    }

    fn run(&self, server: &str, what: &str, calls: u32) -> Result<Measured> {
        let mut command = Command::new(&self.path);
        command.arg(&self.library).args([server, ADMIN, what, &calls.to_string()]);
        Measured::read(command.env("BENCH_PASSWORD", PASSWORD))
    }
}

impl Measured {
    /// The output of a program: the seconds, and the number of listed sessions.
    fn read(command: &mut Command) -> Result<Self> {
        let output = command.output()?;
        ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout)?;
        let (seconds, count) = text.trim().split_once(' ').context("no measurement")?;
        Ok(Self { seconds: seconds.parse()?, count: count.parse()? })
    }
}
