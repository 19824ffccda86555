//! `netsession completions`: for the user's shell.

use clap::CommandFactory as _;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use super::signature;
use crate::args::{Cli, NoLogin};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: netsession completions bash > ~/.local/share/bash-completion/completions/netsession"
)]
pub(crate) struct Args {
    shell: Shell,
    #[command(flatten)]
    nowhere: NoLogin,
}

pub(crate) fn run(args: &Args, cli: &Cli) -> Result<Exit, Failure> {
    args.nowhere.check(&cli.connect, "completions")?;
    let mut script = Vec::new();
    // The names of functions are not declared as the only ones: an unknown one is answered with the nearest.
    let mut command = Cli::command().mut_subcommand("signature", |signature| {
        signature.mut_arg("name", |name| name.value_parser(PossibleValuesParser::new(signature::names())))
    });
    clap_complete::generate(args.shell, &mut command, "netsession", &mut script);
    output::to_stdout(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
