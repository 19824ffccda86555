//! Measures netsession beside rpcclient and impacket, in one run against one private Samba. Run it with `cargo xtask bench`,
//! which builds and installs its tools. It prints the tables of docs/speed.md: ratios, and counts. It asserts nothing, because
//! times depend on the machine.
#![forbid(unsafe_code)]

mod embedded;
mod ended;
mod estate;
mod kerberos;
mod measure;
mod netapi32;
mod pipe;
mod process;
mod servers;
mod small;
mod tables;
mod top;
mod wire;

use std::process::ExitCode;

use anyhow::Result;
use netsession_conformance::Samba;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        // This program runs again as the small parent of the measured one.
        Some((first, command)) if first == measure::AS_PARENT => measure::as_parent(command),
        Some((first, rest)) if first == netapi32::OPEN_PIPE => netapi32::open_pipe(rest),
        Some((first, _)) if first == "server" => server(),
        Some((first, _)) if first == "tables" => tables(),
        Some((first, _)) if first == "kerberos" => kerberos::sessions(),
        Some((first, _)) if first == "copies" => embedded::copies(),
        Some((first, _)) if first == "small" => small::files_and_clients(),
        Some((first, _)) if first == "mount" => small::mount(),
        Some((first, _)) if first == "ended" => ended::copies(),
        Some((first, _)) if first == "estate" => estate::many(),
        Some((first, _)) if first == "top" => top::view(),
        Some((first, _)) if first == "netapi32" => netapi32::calls(),
        // `cargo bench` itself adds a flag.
        Some((first, _)) if !first.starts_with("--") => Err(anyhow::anyhow!("there is no benchmark {first}")),
        _ => bench(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    let samba = Samba::start()?;
    println!("| beside rpcclient (1.00) in the same run | netsession | impacket |");
    println!("| --- | --- | --- |");
    process::end(&samba)?;
    process::sessions(&samba)?;
    pipe::calls(&samba)?;
    println!();
    println!("| counted on the wire, connect to close | netsession | rpcclient | impacket |");
    println!("| --- | --- | --- | --- |");
    wire::count(&samba)?;
    println!();
    servers::side_by_side(&samba)?;
    println!();
    estate::many()?;
    println!();
    kerberos::sessions()?;
    println!();
    netapi32::calls()?;
    println!();
    top::view()?;
    println!();
    server()
}

/// The embedded server; alone with the argument `server`.
fn server() -> Result<()> {
    embedded::copies()?;
    println!();
    small::files_and_clients()?;
    println!();
    small::mount()?;
    println!();
    ended::copies()?;
    println!();
    tables()
}

/// Its tables of sessions; alone with the argument `tables`.
fn tables() -> Result<()> {
    tables::idle()?;
    tables::long_table()
}

/// Returns the median of the values.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    if sorted.len() % 2 == 1 { at(middle) } else { f64::midpoint(at(middle.saturating_sub(1)), at(middle)) }
}
