//! `netsession top` over twenty servers: its share of a core, and its memory.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use netsession_conformance::{Embedded, Netsession, Terminal, memory};

use crate::tables;

const SERVERS: usize = 20;
const SESSIONS: u32 = 5_000;
const MEASURED: Duration = Duration::from_secs(30);

/// Prints the cost of a view of 5,000 sessions at 20 servers, which it lists every 2 seconds.
pub(crate) fn view() -> Result<()> {
    let servers = (0..SERVERS).map(|_| Embedded::start()).collect::<Result<Vec<_>>>()?;
    for server in &servers {
        tables::fill(server, SESSIONS / u32::try_from(SERVERS)?)?;
    }
    let names = servers.iter().map(Embedded::name).collect::<Result<Vec<_>>>()?;
    let run = Netsession::admin()?.args(["top"]).args(&names);
    let mut terminal = Terminal::start_sized(run, (50, 160))?;
    terminal.wait_for_screen("all sessions", |screen| screen.contains("20 servers  5020 sessions"))?;
    let (before, began) = (processor(terminal.pid()?)?, Instant::now());
    while began.elapsed() < MEASURED {
        thread::sleep(Duration::from_millis(500));
        // Somebody must read the screen.
        terminal.read();
    }
    let used = processor(terminal.pid()?)? - before;
    let share = 100.0 * used / began.elapsed().as_secs_f64();
    let memory = peak(terminal.pid()?)? / 1024.0;
    println!(
        "top, {SERVERS} servers with {SESSIONS} sessions every 2 s: {share:.1} % of a core, {memory:.1} MiB"
    );
    Ok(())
}

/// Returns the seconds of processor time that a process has used.
fn processor(pid: i32) -> Result<f64> {
    // The system counts in hundredths of a second (USER_HZ).
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(") ").context("no fields")?.1;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// Returns the largest resident memory of a process in KiB.
fn peak(pid: i32) -> Result<f64> {
    Ok(u32::try_from(memory::size(u32::try_from(pid)?, "VmHWM:")?)?.into())
}
