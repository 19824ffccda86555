//! `netsession release`: ends holds before their time is over.

use netsession_admin::Error;
use netsession_journal::{Hold, Holds, Moment};

use super::hold::{order, place};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::Reason;
use crate::output;
use crate::servers::{check_journal, check_reason, warn_unrecorded};

/// Release holds, so that whom they keep out can connect again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`netsession holds` lists the numbers. A client or a user is one that the hold names, in the same words.

Example: netsession release --user bob")]
pub(crate) struct Args {
    /// Numbers of holds
    #[arg(value_name = "ID", required_unless_present_any = ["client", "user", "all"])]
    id: Vec<u64>,
    /// Release the holds that name this client; repeat for any of several
    #[arg(long, value_name = "CLIENT", conflicts_with = "id", help_heading = "Selection")]
    client: Vec<String>,
    /// Release the holds that name this user; repeat for any of several
    #[arg(long, value_name = "USER", conflicts_with = "id", help_heading = "Selection")]
    user: Vec<String>,
    /// Release every open hold
    #[arg(long, conflicts_with_all = ["id", "client", "user"], help_heading = "Selection")]
    all: bool,
    #[command(flatten)]
    reason: Reason,
}

impl Args {
    fn selects(&self, hold: &Hold) -> bool {
        let names = |wanted: &[String], named: &[String]| {
            wanted.is_empty() || wanted.iter().any(|one| named.iter().any(|name| is_same(one, name)))
        };
        self.all
            || self.id.contains(&hold.id)
            || self.id.is_empty()
                && names(&self.client, &hold.order.clients)
                && names(&self.user, &hold.order.users)
    }
}

fn is_same(one: &str, other: &str) -> bool {
    output::from_visible(one).to_lowercase() == other.to_lowercase()
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let Some(mut holds) = place::open_existing()? else { return Ok(nothing()) };
    let open = holds.open_ones(&Moment::now()).map_err(Error::from)?;
    let selected: Vec<&Hold> = open.iter().filter(|hold| args.selects(hold)).collect();
    let missing: Vec<&u64> =
        args.id.iter().filter(|id| !selected.iter().any(|hold| hold.id == **id)).collect();
    missing.iter().for_each(|id| output::error(&format!("hold {id} is not open")));
    if selected.is_empty() {
        return Ok(if missing.is_empty() { nothing() } else { Exit::NothingMatched });
    }
    check_reason(&args.reason, false)?;
    check_journal()?;
    for hold in selected {
        release(&mut holds, hold, args.reason.reason.clone())?;
    }
    warn_unrecorded("this release is not recorded");
    Ok(if missing.is_empty() { Exit::Done } else { Exit::NothingMatched })
}

fn nothing() -> Exit {
    output::note("no open hold matches");
    Exit::NothingMatched
}

fn release(holds: &mut Holds, hold: &Hold, reason: Option<String>) -> Result<(), Failure> {
    let id = hold.id;
    let is_released = order::release(holds, hold, "release", reason)?;
    let whom = order::whom(hold);
    match is_released {
        true => output::note(&format!("Released hold {id} ({whom}).")),
        false => output::note(&format!("Hold {id} was over before.")),
    }
    Ok(())
}
