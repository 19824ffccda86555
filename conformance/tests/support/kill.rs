//! Kills a command at one of its system calls.

use std::process::Stdio;

use anyhow::Result;
use netsession_conformance::Netsession;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Traces a command, and kills it at its system call of this number. Returns false if it ended before.
pub(crate) fn kill_at(run: Netsession, number: usize) -> Result<bool> {
    let (mut command, _home) = run.into_parts();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let pid = Pid::from_raw(i32::try_from(child.id())?);
    ptrace::attach(pid)?;
    waitpid(pid, None)?;
    let mut stops = 0;
    loop {
        // Each call stops twice: before it, and after it.
        if stops == number {
            kill(pid, Signal::SIGKILL)?;
            child.wait()?;
            return Ok(true);
        }
        if ptrace::syscall(pid, None).is_err() {
            child.wait()?;
            return Ok(false);
        }
        match waitpid(pid, None)? {
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => return Ok(false),
            _ => stops += 1,
        }
    }
}
