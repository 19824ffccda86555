//! `netsession manual`: writes the manual pages, for packages. They come from the same definitions as `--help`.

use std::path::PathBuf;

use crate::exit::Exit;
use crate::failure::Failure;

/// Write the manual pages to a folder
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {
    /// Folder that receives netsession.1, netsession-sessions.1 and the others
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args, command_line: fn() -> clap::Command) -> Result<Exit, Failure> {
    // Without the generated command `help`, which is not worth a page for each command.
    let command = command_line().disable_help_subcommand(true);
    clap_mangen::generate_to(command, &args.folder)
        .map_err(|error| Failure::failed(format!("cannot write to {}: {error}", args.folder.display())))?;
    Ok(Exit::Done)
}
