//! The netsession command.
//!
//! Data goes to stdout and everything said about it to stderr; [`exit::Exit`] is the status. What a subcommand does
//! is in its file under `commands`; the library `netsession` does the work.
#![forbid(unsafe_code)]

mod args;
mod ask;
mod commands;
mod exit;
mod failure;
#[cfg(unix)]
mod hidden;
mod interrupt;
mod login;
mod output;
mod select;
mod servers;
mod trace;
mod trial;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};

use crate::exit::Exit;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error).into(),
    };
    trace::start(cli.verbose);
    match commands::run(&cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::failure(&failure);
            if cli.json && failure.exit == Exit::Failed {
                // Programs read an array whatever happens. Where stdout is gone, there is nobody to tell.
                let _ = output::print_json::<()>(&[]);
            }
            failure.exit.into()
        }
    }
}

/// Help that was asked for, or a command line that is wrong.
fn refuse(error: &clap::Error) -> Exit {
    // A reader of --help that went away is no error.
    let _ = error.print();
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) if flag.starts_with("--pass") => output::hint(login::OTHER_WAYS),
        Some(ContextValue::String(flag)) if matches!(flag.as_str(), "-p" | "--port") => {
            output::hint("a port stands behind its server: fs1:4450");
        }
        _ => {}
    }
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}
