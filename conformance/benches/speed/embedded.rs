//! The embedded server beside smbd: copying files.

use std::fmt;
use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use netsession_conformance::{PASSWORD, Samba, Serve};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use tempfile::TempDir;

use crate::median;

/// The number of rounds, each with both servers once, in alternating order.
const ROUNDS: usize = 3;
const GIGABYTE: u64 = 1 << 30;
/// The name of the copy of a gigabyte, and what the names of several copies start with.
const LARGE: &str = "large";
/// The clients that put a gigabyte at the same time.
const AT_ONCE: usize = 2;
/// The protection of messages, and smbclient's option for it.
const PROTECTIONS: [(&str, &str); 3] = [
    ("plain", "--client-protection=off"),
    ("signed", "--client-protection=sign"),
    ("encrypted", "--client-protection=encrypt"),
];

/// A server to measure, and the folder with its files.
pub(crate) struct Subject {
    pub(crate) address: SocketAddr,
    pid: u32,
    pub(crate) share: PathBuf,
}

impl Subject {
    /// Removes the large files of earlier rounds, and waits until the disk has all data: a server that overwrites a file would
    /// wait for the disk, which still writes what the other server gave it.
    fn settle(&self) -> Result<()> {
        for entry in fs::read_dir(&self.share)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(LARGE) {
                fs::remove_file(entry.path())?;
            }
        }
        nix::unistd::sync();
        Ok(())
    }

    /// Returns smbclient as alice, who carries out `commands`.
    pub(crate) fn smbclient(&self, protection: &str, commands: &str) -> Command {
        let mut smbclient = Command::new("smbclient");
        smbclient
            .args(["--configfile=/dev/null", "--user=alice", protection, "-m", "SMB3_11"])
            .arg(format!("--port={}", self.address.port()))
            .args(["//127.0.0.1/data", "-c", commands])
            .env("PASSWD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        smbclient
    }
}

/// The cost of an operation in seconds: wall time, and the processor time of the server and of its clients.
struct Cost {
    wall: f64,
    processor: f64,
    clients: f64,
}

/// The measurements of an operation, one of each round.
#[derive(Clone, Default)]
struct Ratios {
    /// Throughput beside smbd.
    speed: Vec<f64>,
    /// The server's processor time beside smbd's.
    processor: Vec<f64>,
    /// The part of the wall time in which the clients used a processor: here and at smbd. With one client, 1.00 says that the
    /// client is the limit, and that no server can be faster.
    clients: [Vec<f64>; 2],
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wall, processor, clients } = self;
        write!(f, "{wall:.2} s (server {processor:.2} s, clients {clients:.2} s of processor time)")
    }
}

/// An operation, and what the table calls it.
pub(crate) type Operation<'a> = (String, &'a dyn Fn(&Subject) -> Result<()>);

/// `netsession serve` and smbd.
pub(crate) struct Both {
    pub(crate) stage: Stage,
    subjects: [Subject; 2],
    serve: Serve,
    _samba: Samba,
}

impl Both {
    pub(crate) fn start() -> Result<Self> {
        let samba = Samba::start_with(&["server signing = auto"])?;
        let stage = Stage::new()?;
        let serve = stage.serve(&["--signing", "optional"])?;
        let pid = fs::read_to_string(samba.folder().join("run/smbd.pid"))?.trim().parse()?;
        let subjects = [
            Subject { address: serve.address(), pid: serve.id(), share: stage.path("data") },
            Subject { address: samba.address(), pid, share: samba.share() },
        ];
        Ok(Self { stage, subjects, serve, _samba: samba })
    }

    pub(crate) const fn subjects(&self) -> &[Subject; 2] {
        &self.subjects
    }

    /// Prints the head of a table.
    pub(crate) fn head(what: &str) {
        println!(
            "| {what}, beside smbd (1.00) | throughput | server's processor time | clients busy, here and at smbd |"
        );
        println!("| --- | --- | --- | --- |");
    }

    /// Carries out the operations on both servers, one after the other, and prints a row for each. The first round warms up.
    pub(crate) fn compare(&self, operations: &[Operation<'_>]) -> Result<()> {
        let mut ratios = vec![Ratios::default(); operations.len()];
        for round in 0..=ROUNDS {
            let mut costs = [Vec::new(), Vec::new()];
            for turn in 0..2 {
                let index = (round + turn) % 2;
                let (Some(subject), Some(costs)) = (self.subjects.get(index), costs.get_mut(index)) else {
                    continue;
                };
                subject.settle()?;
                for (_, run) in operations {
                    costs.push(cost(subject, *run)?);
                }
            }
            let [ours, theirs] = &costs;
            for (((name, _), ratios), (ours, theirs)) in
                operations.iter().zip(&mut ratios).zip(ours.iter().zip(theirs)).filter(|_| round > 0)
            {
                eprintln!("{name}: {ours}, smbd {theirs}");
                ratios.speed.push(theirs.wall / ours.wall);
                ratios.processor.push(ours.processor / theirs.processor);
                for (busy, cost) in ratios.clients.iter_mut().zip([ours, theirs]) {
                    busy.push(cost.clients / cost.wall);
                }
            }
        }
        for ((name, _), Ratios { speed, processor, clients: [here, there] }) in operations.iter().zip(&ratios)
        {
            let (speed, processor) = (median(speed), median(processor));
            println!("| {name} | {speed:.2} | {processor:.2} | {:.2}, {:.2} |", median(here), median(there));
        }
        Ok(())
    }

    pub(crate) fn stop(self) -> Result<()> {
        ensure!(self.serve.stop()? == Some(0));
        Ok(())
    }
}

fn cost(subject: &Subject, run: &dyn Fn(&Subject) -> Result<()>) -> Result<Cost> {
    let (before, clients) = (processor_time(subject.pid)?, clients_time()?);
    let start = Instant::now();
    run(subject)?;
    let wall = start.elapsed().as_secs_f64();
    let clients = clients_time()? - clients;
    // The time of smbd's child for the connection counts only after its end.
    std::thread::sleep(Duration::from_millis(300));
    Ok(Cost { wall, processor: processor_time(subject.pid)? - before, clients })
}

/// Seconds of processor time of the clients that have ended: children of this process, as the servers are not.
fn clients_time() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let spent = (usage.user_time() + usage.system_time()).num_microseconds();
    Ok(Duration::from_micros(spent.try_into()?).as_secs_f64())
}

/// 1 GB copied by smbclient to and from smbd and `netsession serve`.
pub(crate) fn copies() -> Result<()> {
    let both = Both::start()?;
    let source = both.stage.path("source");
    write_noise(&source)?;
    Both::head("1 GB by smbclient, 3.1.1");
    for (name, protection) in PROTECTIONS {
        let put = |subject: &Subject| copy(subject, protection, &format!("put {} {LARGE}", source.display()));
        let get = |subject: &Subject| copy(subject, protection, &format!("get {LARGE} /dev/null"));
        both.compare(&[(format!("put, {name}"), &put), (format!("get, {name}"), &get)])?;
    }
    // One smbclient waits for the server between its writes. Two keep the server busy.
    let encrypted = PROTECTIONS[2].1;
    let put = |subject: &Subject| put_at_once(subject, encrypted, &source);
    both.compare(&[(format!("put by {AT_ONCE} clients at once, encrypted"), &put)])?;
    both.stop()
}

/// Puts a gigabyte from each of several clients.
fn put_at_once(subject: &Subject, protection: &str, source: &Path) -> Result<()> {
    let spawn =
        |number| subject.smbclient(protection, &format!("put {} {LARGE}{number}", source.display())).spawn();
    let clients = (0..AT_ONCE).map(spawn).collect::<std::io::Result<Vec<_>>>()?;
    for mut client in clients {
        ensure!(client.wait()?.success(), "a client failed");
    }
    Ok(())
}

/// Copies once. The file on the server stays for the `get` after the `put`.
fn copy(subject: &Subject, protection: &str, commands: &str) -> Result<()> {
    let status = subject.smbclient(protection, commands).status()?;
    ensure!(status.success(), "smbclient {commands}: {status}");
    ensure!(fs::metadata(subject.share.join(LARGE))?.len() == GIGABYTE, "another length");
    Ok(())
}

/// Seconds of processor time of a process and of its children that have ended (proc(5): fields 14 to 17).
fn processor_time(pid: u32) -> Result<f64> {
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let ticks = fields.split_whitespace().skip(11).take(4).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}

fn write_noise(path: &Path) -> Result<()> {
    let mut block = vec![0_u8; 1 << 20];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for chunk in block.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_le_bytes());
    }
    let mut file = fs::File::create(path)?;
    for _ in 0..GIGABYTE >> 20 {
        std::io::Write::write_all(&mut file, &block)?;
    }
    Ok(())
}

/// A folder to share, and a file with the user alice.
pub(crate) struct Stage(TempDir);

impl Stage {
    pub(crate) fn new() -> Result<Self> {
        let stage = Self(TempDir::with_prefix("netsession-bench-")?);
        fs::create_dir(stage.path("data"))?;
        fs::create_dir(stage.path("run"))?;
        fs::write(stage.path("users"), format!("alice:{PASSWORD}\n"))?;
        fs::set_permissions(stage.path("users"), Permissions::from_mode(0o600))?;
        Ok(stage)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn serve(&self, more: &[&str]) -> Result<Serve> {
        let (folder, users) = (self.path("data"), self.path("users"));
        let arguments = [&folder.to_string_lossy(), "--users-file", &users.to_string_lossy()];
        Serve::start(&self.path("run"), &[&arguments, more].concat())
    }
}
