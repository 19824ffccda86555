//! `netsession holds`: whom the holds keep out, until when, and how often they acted.

pub(super) mod rows;

use netsession_admin::Error;
use netsession_journal::{Holds, Moment};

use super::hold::place;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::Show;
use crate::output;
use rows::HoldRow;

/// List holds: who is kept out, until when, and how often each hold acted
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The newest hold comes first. CARRIER is the process that ends the sessions; without one, run `netsession agent`.

Example: netsession holds --all -o wide")]
pub(crate) struct Args {
    /// Also list holds that are over or released
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    show: Show<HoldRow>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let presentation = args.show.presentation()?;
    let mut holds = place::open_existing()?;
    let found = match &mut holds {
        Some(holds) => {
            // A row that somebody has spoilt can look like one of a hold that is over.
            let mut all = holds.all(&Moment::now()).map_err(Error::from)?;
            all.retain(|hold| args.all || hold.is_open() || hold.has_pending_accounts());
            all
        }
        None => Vec::new(),
    };
    let unreadable = holds.as_ref().map(Holds::unreadable).unwrap_or_default();
    let has_agent = holds.as_ref().is_some_and(Holds::has_agent);
    let all: Vec<HoldRow> = found.into_iter().map(HoldRow::of).collect();
    let mut rows: Vec<&HoldRow> = all.iter().collect();
    presentation.arrange(&mut rows);
    output::present(&presentation, &rows, true)?;
    if rows.is_empty() && unreadable.is_empty() && presentation.format.is_for_people() {
        output::note(if args.all { "no holds" } else { "no open holds" });
    }
    if all.iter().any(HoldRow::is_abandoned) {
        output::warn("nobody carries on a hold");
        if all.iter().any(HoldRow::is_unsettled) {
            output::hint("`netsession release` with its number enables the accounts that it has disabled");
        }
        // The agent does not know a password that a person typed.
        let is_for_agent = all.iter().any(|hold| hold.is_abandoned() && !hold.needs_a_person());
        output::hint(match (is_for_agent, has_agent) {
            (true, false) => "run `netsession agent`, or release the hold",
            (true, true) => {
                "the agent runs and tries again; after 5 seconds PROBLEM and the lines of the agent say why it does not carry the hold on"
            }
            (false, _) => "release the hold, and hold again: only its command knew the password",
        });
    }
    unreadable.iter().for_each(|error| output::error(&error.to_string()));
    Ok(if unreadable.is_empty() { Exit::Done } else { Exit::Failed })
}
