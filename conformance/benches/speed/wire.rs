//! Round trips and bytes, which a proxy counts.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use netsession_conformance::proxy::Counts;
use netsession_conformance::{Proxy, Samba};

use crate::pipe;
use crate::process::{Program, end_command, sessions_command};

/// Counts the round trips of each program for each task.
pub(crate) fn count(samba: &Samba) -> Result<()> {
    let del = library_session_del(samba)?;
    let held = samba.hold_from("alice", 7)?;
    let sessions = by_all(|program, port| run(sessions_command(program, samba, port)?), samba)?;
    drop(held);
    samba.wait_for(&[])?;
    let end = by_all(
        |program, port| {
            let _held = samba.hold_from("alice", 7)?;
            run(end_command(program, samba, port)?)
        },
        samba,
    )?;
    let [to_answer, to_close] = &del;
    let what = format!(
        "one NetSessionDel (netsession by its library; its answer is there after {})",
        to_answer.round_trips()
    );
    row(&format!("{what}: round trips"), to_close, &end, Counts::round_trips);
    row("the same: bytes", to_close, &end, bytes);
    row("`sessions`: round trips", &sessions[0], &sessions, Counts::round_trips);
    row("the same: bytes", &sessions[0], &sessions, bytes);
    row("`end` with listing and verification: round trips", &end[0], &end, Counts::round_trips);
    row("the same: bytes", &end[0], &end, bytes);
    Ok(())
}

fn bytes(counts: &Counts) -> usize {
    counts.bytes_to_client + counts.bytes_to_server
}

fn row(what: &str, netsession: &Counts, others: &[Counts; 3], number: fn(&Counts) -> usize) {
    println!("| {what} | {} | {} | {} |", number(netsession), number(&others[1]), number(&others[2]));
}

fn by_all(mut one: impl FnMut(Program, u16) -> Result<()>, samba: &Samba) -> Result<[Counts; 3]> {
    let mut counts = [const { None }; 3];
    for (count, program) in counts.iter_mut().zip(Program::ALL) {
        let proxy = Proxy::plain().to(samba.address())?;
        one(program, proxy.address().port())?;
        *count = Some(proxy.counts());
    }
    Ok(counts.map(Option::unwrap_or_default))
}

fn run(mut command: Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The round trips from connecting to the answer, and to the end of the logoff.
fn library_session_del(samba: &Samba) -> Result<[Counts; 2]> {
    let _held = samba.hold_from("alice", 7)?;
    let proxy = Proxy::plain().to(samba.address())?;
    let mut server = pipe::connect(proxy.address().port())?;
    server.session_del(Some(r"\\127.0.0.7"), Some("alice"))?;
    let to_answer = proxy.counts();
    server.close()?;
    Ok([to_answer, proxy.counts()])
}
