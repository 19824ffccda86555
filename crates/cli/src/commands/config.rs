//! `netsession config check`: checks the whole configuration file.

use std::path::PathBuf;

use netsession_config::{Config, mistakes};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Check the configuration file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Report every mistake in the configuration file, with its line
    ///
    /// Connects to no server and runs no password command. Exit status: 0 without a mistake, 1 with one, 2 if
    /// netsession cannot read the file, or others can write it. NETSESSION_CONFIG names another file.
    Check {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
}

/// A mistake, as `--json` prints it.
#[derive(Debug, Serialize)]
struct MistakeRow {
    file: PathBuf,
    line: usize,
    mistake: String,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let Action::Check { json } = args.action;
    let file = Config::read_text().map_err(netsession_admin::Error::from)?;
    let Some((path, text)) = file else {
        if json {
            output::print_json::<MistakeRow>(&[])?;
        } else {
            output::note("There is no configuration file.");
            if let Some(file) = Config::file() {
                output::hint(&format!("create it: {}", file.display()));
            }
        }
        return Ok(Exit::Done);
    };
    let found = mistakes(&text);
    if json {
        let row = |mistake: &netsession_config::Mistake| MistakeRow {
            file: path.clone(),
            line: mistake.line,
            mistake: mistake.reason().to_owned(),
        };
        output::print_json(&found.iter().map(row).collect::<Vec<_>>())?;
    } else {
        let lines: String = found.iter().map(|mistake| format!("{}, {mistake}\n", path.display())).collect();
        output::to_stdout(&lines)?;
        let count = match found.len() {
            0 => "no mistakes".to_owned(),
            1 => "1 mistake".to_owned(),
            count => format!("{count} mistakes"),
        };
        output::note(&format!("{}: {count}", path.display()));
    }
    Ok(if found.is_empty() { Exit::Done } else { Exit::Failed })
}
