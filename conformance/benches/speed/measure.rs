//! One run of a program: wall time, processor time, peak memory.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use netsession_conformance::domain::Machine;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

/// The argument that makes this program the parent of a measured one.
pub(crate) const AS_PARENT: &str = "as-parent";

/// The cost of a run.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of processor time in the program and in the system.
    pub(crate) processor: f64,
    /// The largest resident memory, in MiB.
    pub(crate) memory: f64,
}

/// Runs `command`, which must succeed, and measures it.
///
/// The system counts its parent's memory for a new process until it executes another program, and keeps one sum for all
/// children. So each run gets a small parent of its own.
pub(crate) fn run(command: &Command) -> Result<Cost> {
    let output = parent_of(command)?.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("reading the measurement")
}

/// Runs `command` as [`run`] does, on a machine of a domain.
pub(crate) fn run_on(machine: &Machine, command: &Command) -> Result<Cost> {
    let outcome = machine.run(&parent_of(command)?)?;
    ensure!(outcome.code == Some(0), "{command:?}: {}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).context("reading the measurement")
}

/// Returns the small parent of a program.
fn parent_of(command: &Command) -> Result<Command> {
    let mut parent = Command::new(std::env::current_exe()?);
    parent.arg(AS_PARENT).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        parent.env(name, value.unwrap_or_default());
    }
    Ok(parent)
}

/// Runs the command line as the only child, and prints its cost.
pub(crate) fn as_parent(command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no program")?;
    let start = Instant::now();
    let mut child =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let status = child.wait()?;
    let wall = start.elapsed().as_secs_f64();
    ensure!(status.success(), "{program}: {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let processor = usage.user_time() + usage.system_time();
    let processor = std::time::Duration::from_micros(processor.num_microseconds().try_into()?).as_secs_f64();
    let kibibytes = u32::try_from(usage.max_rss())?;
    println!("{}", serde_json::to_string(&Cost { wall, processor, memory: f64::from(kibibytes) / 1024.0 })?);
    Ok(())
}
