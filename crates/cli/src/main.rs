//! The `netsession` command.
//!
//! The command prints data to stdout and messages to stderr; [`exit::Exit`] is the status. Each subcommand is one file
//! under `commands`. A subcommand shows and asks: the libraries decide and act.
#![forbid(unsafe_code)]

mod ask;
mod cli;
mod commands;
mod core_dump;
#[cfg(test)]
mod documented;
mod exit;
mod failure;
mod flags;
#[cfg(unix)]
mod hidden;
#[cfg_attr(windows, path = "interrupt/console.rs")]
mod interrupt;
mod notify;
mod output;
mod password;
mod path;
mod rows;
mod runtime;
mod select;
mod servers;
#[cfg(windows)]
mod service;
mod trace;

use std::process::ExitCode;

use crate::cli::Cli;
use crate::exit::Exit;

fn main() -> ExitCode {
    core_dump::forbid();
    match Cli::answer_shell() {
        Ok(false) => {}
        Ok(true) => return Exit::Done.into(),
        Err(_) => return Exit::Failed.into(),
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    trace::start(cli.verbose);
    #[cfg(windows)]
    if cli.service {
        return match service::run(cli) {
            Ok(exit) => exit.into(),
            Err(failure) => {
                output::failure(&failure);
                failure.exit.into()
            }
        };
    }
    finish(&cli).into()
}

/// Runs the command, and prints its failure.
fn finish(cli: &Cli) -> Exit {
    match cli.run() {
        Ok(exit) => exit,
        Err(failure) => {
            output::failure(&failure);
            if cli.prints_array && failure.exit == Exit::Failed {
                // Programs read an array even after a failure; an empty one is the same in JSON and YAML. If stdout is gone, nobody can read it.
                let _ = output::print_json::<()>(&[]);
            }
            failure.exit
        }
    }
}
