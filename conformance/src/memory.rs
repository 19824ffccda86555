//! The memory of another process: [`copies`] counts how often a secret is in it, and [`resident`] says how large it is.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context, Result};

/// The size of one read. Consecutive reads overlap by the length of the secret.
const PART: usize = 1 << 20;

/// Returns how often these bytes are in the memory of a process; `None` if the system forbids this process to look. A
/// command that forbids core dumps can be read by root only.
///
/// # Errors
/// The process has ended.
pub fn copies(process: u32, secret: &[u8]) -> Result<Option<usize>> {
    let maps = match fs::read_to_string(format!("/proc/{process}/maps")) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(None),
        maps => maps?,
    };
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let mut count = 0;
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').context("a mapping")?;
        // Code and constants hold no secret.
        if !rest.starts_with("rw") {
            continue;
        }
        let range = range.split_once('-').context("a range")?;
        let (mut at, end) = (u64::from_str_radix(range.0, 16)?, u64::from_str_radix(range.1, 16)?);
        let mut part = vec![0; PART];
        let mut kept = 0;
        while at < end {
            let wanted = PART - kept;
            let room = part.get_mut(kept..).unwrap_or_default();
            let room = room.get_mut(..wanted.min(usize::try_from(end - at)?)).unwrap_or_default();
            // Pages that nobody can read hold nothing.
            let Ok(length @ 1..) = memory.read_at(room, at) else { break };
            at += length as u64;
            let read = part.get(..kept + length).unwrap_or_default();
            count += read.windows(secret.len()).filter(|window| *window == secret).count();
            let rest = read.len().min(secret.len() - 1);
            let from = read.len() - rest;
            part.copy_within(from..from + rest, 0);
            kept = rest;
        }
    }
    Ok(Some(count))
}

/// Returns the resident memory of a process in KiB.
///
/// # Errors
/// The process has ended.
pub fn resident(process: u32) -> Result<u64> {
    size(process, "VmRSS:")
}

/// Returns a line of what the system knows about the memory of a process, in KiB.
///
/// # Errors
/// The process has ended, or the system does not tell this.
pub fn size(process: u32, name: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| name.to_owned())?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
