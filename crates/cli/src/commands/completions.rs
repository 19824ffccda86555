//! `netsession completions`: prints a script for the user's shell.

use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use super::signature;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Print a completion script for your shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: netsession completions bash > ~/.local/share/bash-completion/completions/netsession"
)]
pub(crate) struct Args {
    /// Shell to complete for
    shell: Shell,
}

pub(super) fn run(args: &Args, command_line: fn() -> clap::Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    // Only completions list the names of functions: `signature` itself answers an unknown name with the nearest.
    let mut command = command_line().mut_subcommand("signature", |signature| {
        signature.mut_arg("name", |name| name.value_parser(PossibleValuesParser::new(signature::names())))
    });
    clap_complete::generate(args.shell, &mut command, "netsession", &mut script);
    output::to_stdout(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
