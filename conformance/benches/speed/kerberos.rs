//! The command in a domain: a logon with a cached ticket beside one with NTLM.

use std::process::Command;

use anyhow::Result;
use netsession_conformance::domain::{CONTROLLER, MEMBER, Recording};
use netsession_conformance::{Domain, Netsession};
use tempfile::TempDir;

use crate::measure::{self, Cost};
use crate::median;

/// The number of rounds, each with both mechanisms once, in alternating order.
const ROUNDS: usize = 41;

/// The costs of a round: with a ticket, and with NTLM.
type Round = [Cost; 2];

/// Measures `netsession sessions` at the member server.
///
/// # Errors
/// The domain did not start, or a run failed.
pub(crate) fn sessions() -> Result<()> {
    let Some(domain) = Domain::shared()? else {
        println!("Kerberos beside NTLM: left out, because this process may not make network namespaces.");
        return Ok(());
    };
    let cache = domain.ticket("adm1")?;
    domain.client().sh(&format!("kvno -q -c {cache} cifs/{CONTROLLER} cifs/{MEMBER}"))?;
    let ((ticket, _home), (ntlm, _other_home)) = (by_ticket(&cache)?, by_ntlm()?);
    let run = |command: &Command| measure::run_on(domain.client(), command);
    let mut rounds: Vec<Round> = Vec::new();
    for round in 0..=ROUNDS {
        let costs = if round % 2 == 0 {
            [run(&ticket)?, run(&ntlm)?]
        } else {
            let second = run(&ntlm)?;
            [run(&ticket)?, second]
        };
        // The first round warms up.
        if round > 0 {
            rounds.push(costs);
        }
    }
    let seen = |command: &Command| -> Result<Recording> {
        let capture = domain.capture()?;
        run(command)?;
        capture.stop()
    };
    let (with_ticket, with_ntlm) = (seen(&ticket)?, seen(&ntlm)?);
    let ratio = |of: fn(&Cost) -> f64| {
        median(&rounds.iter().map(|[ticket, ntlm]| of(ticket) / of(ntlm)).collect::<Vec<_>>())
    };
    println!("| `sessions` at a member of a domain, in the same run | with a cached ticket | with NTLM |");
    println!("| --- | --- | --- |");
    println!("| wall time | {:.2} | 1.00 |", ratio(|cost| cost.wall));
    println!("| processor time | {:.2} | 1.00 |", ratio(|cost| cost.processor));
    println!(
        "| round trips to the server | {} | {} |",
        with_ticket.round_trips(445),
        with_ntlm.round_trips(445)
    );
    println!("| packets to and from the KDC | {} | {} |", with_ticket.with_port(88), with_ntlm.with_port(88));
    let absolute: Vec<String> = rounds
        .iter()
        .map(|[ticket, ntlm]| format!("{:.1}/{:.1}", ticket.wall * 1e3, ntlm.wall * 1e3))
        .collect();
    eprintln!("wall, ms, ticket/NTLM: {}", absolute.join(" "));
    Ok(())
}

fn by_ticket(cache: &str) -> Result<(Command, TempDir)> {
    let run =
        Netsession::bare()?.env("KRB5CCNAME", cache).args(["sessions", MEMBER, "--kerberos", "required"]);
    Ok(run.into_parts())
}

fn by_ntlm() -> Result<(Command, TempDir)> {
    Ok(Netsession::login(r"LAB\adm1")?.args(["sessions", MEMBER, "--kerberos", "off"]).into_parts())
}
