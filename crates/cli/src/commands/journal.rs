//! `netsession journal`: who ended, closed or changed what, and with what result.

pub(super) mod rows;

use std::cell::RefCell;
use std::io;

use netsession_admin::{Error, forward, location};
use netsession_config::{Config, JournalTable};
use netsession_journal::{
    Actor, Damage, Error as JournalError, Head, Holds, Journal, Location, Moment, Query, Timestamp,
};
use serde::Serialize;

use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Show, parse_age};
use crate::output;
use rows::JournalRow;

/// Show who ended sessions, closed files or changed shares, why, and with what result
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
The newest change comes first. TIME is a day or a time in UTC, such as 2026-11-28 or 2026-11-28T15:05:54Z, or an age such \
as 2h or 30d.

Example: netsession journal --user bob --since 7d"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show changes from this time on
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Selection")]
    since: Option<Timestamp>,
    /// Show changes before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Selection")]
    until: Option<Timestamp>,
    /// Show changes to sessions or files of this user: a name, DOMAIN\name, or a pattern such as 'svc-*'
    #[arg(long, value_name = "USER", help_heading = "Selection")]
    user: Option<String>,
    /// Show changes by this login or local user
    #[arg(long, value_name = "USER", help_heading = "Selection")]
    by: Option<String>,
    /// Show changes at this server: its name or its address, or a pattern
    #[arg(long, value_name = "SERVER", help_heading = "Selection")]
    server: Option<String>,
    #[command(flatten)]
    show: Show<JournalRow>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Check that no row was changed, removed or added
    ///
    /// Exit status: 0 if the journal is complete, 1 if it is damaged or cannot be read, 3 if there is no journal.
    Verify {
        /// Compare a row with the number and hash that the system's log has of it; repeat for several
        #[arg(long, value_name = "NUMBER:HASH")]
        expect: Vec<Head>,
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
    /// Print every row as a line of JSON, with its hash
    Export,
    /// Remove old rows, and record that
    Prune {
        /// Remove the changes before this time
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        before: Timestamp,
        /// Remove without asking
        #[arg(short, long)]
        yes: bool,
    },
}

/// Reads a time, or how long ago it was.
fn parse_time(text: &str) -> Result<Timestamp, String> {
    match (text.parse(), parse_age(text)) {
        (Ok(time), _) => Ok(time),
        (_, Ok(age)) if text.ends_with(|unit: char| unit.is_ascii_alphabetic()) => {
            Ok(Timestamp::now().before(age))
        }
        _ => {
            Err("expected a day or a time in UTC, such as 2026-11-28, or an age such as 2h or 30d".to_owned())
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let config = Config::read().map_err(Error::from)?;
    let table = config.journal();
    let place = location(table).map_err(Error::from)?;
    let Some(journal) = Journal::open_existing(&place).map_err(Error::from)? else {
        return missing(args, table, &place.to_string());
    };
    match &args.action {
        None => list(args, &journal),
        Some(Action::Verify { expect, json }) => match verify(&journal, &place.to_string(), expect, *json)? {
            Exit::Done => verify_holds(&place),
            damaged => Ok(damaged),
        },
        Some(Action::Export) => export(&journal),
        Some(Action::Prune { before, yes }) => prune(&journal.forwarding(forward(table)), *before, *yes),
    }
}

/// Says that there is no journal.
fn missing(args: &Args, table: &JournalTable, place: &str) -> Result<Exit, Failure> {
    let why = match table.is_enabled || table.required {
        true => "this user has changed nothing yet",
        false => "the configuration turns it off",
    };
    output::note(&format!("There is no journal at {place}: {why}."));
    match &args.action {
        None => {
            output::present(&args.show.presentation()?, &[], true)?;
            Ok(Exit::Done)
        }
        Some(Action::Export) => Ok(Exit::Done),
        Some(_) => Ok(Exit::NothingMatched),
    }
}

fn list(args: &Args, journal: &Journal) -> Result<Exit, Failure> {
    let presentation = args.show.presentation()?;
    // The newest rows come first, so that the limit of an unsorted list is one of the search.
    let limit = presentation.limit.filter(|_| presentation.sort.is_empty());
    let query = Query {
        since: args.since,
        until: args.until,
        user: args.user.clone(),
        by: args.by.clone(),
        server: args.server.clone(),
        limit: limit.and_then(|limit| u32::try_from(limit).ok()),
    };
    let found = journal.search(&query).map_err(Error::from)?;
    let all: Vec<JournalRow> = found.into_iter().filter_map(JournalRow::of).collect();
    let mut rows: Vec<&JournalRow> = all.iter().collect();
    presentation.arrange(&mut rows);
    output::present(&presentation, &rows, true)?;
    if rows.is_empty() && presentation.format.is_for_people() {
        output::note("no recorded change matches");
    }
    if let Some(damage) = journal.check_head().map_err(Error::from)? {
        output::warn(&format!("the journal is not complete: {damage}"));
        output::hint("run `netsession journal verify`");
    }
    Ok(Exit::Done)
}

/// Says whether somebody else has written a hold beside the journal.
fn verify_holds(place: &Location) -> Result<Exit, Failure> {
    let Some(mut holds) = Holds::open_existing(place).map_err(Error::from)? else { return Ok(Exit::Done) };
    holds.all(&Moment::now()).map_err(Error::from)?;
    let unreadable = holds.unreadable();
    unreadable.iter().for_each(|error| output::error(&error.to_string()));
    Ok(if unreadable.is_empty() { Exit::Done } else { Exit::Failed })
}

/// What `verify --json` prints.
#[derive(Debug, Serialize)]
struct VerifiedRow<'a> {
    journal: &'a str,
    rows: u64,
    last: String,
    damage: Option<String>,
    row: Option<u64>,
}

fn verify(journal: &Journal, place: &str, expect: &[Head], json: bool) -> Result<Exit, Failure> {
    let verified = journal.verify(expect).map_err(Error::from)?;
    let (damage, last) = (verified.damage.as_ref(), verified.head.to_string());
    if json {
        let row = VerifiedRow {
            journal: place,
            rows: verified.rows,
            last,
            damage: damage.map(ToString::to_string),
            row: damage.and_then(netsession_journal::Damage::row),
        };
        output::print_json(&[row])?;
    } else if damage.is_none() {
        let rows = if verified.rows == 1 { "1 row".to_owned() } else { format!("{} rows", verified.rows) };
        output::to_stdout(&format!("{place}: {rows}, complete\nlast row: {last}\n"))?;
    }
    match damage {
        None => Ok(Exit::Done),
        Some(damage) => {
            output::error(&format!("{place}: {damage}"));
            output::hint(what_to_do(damage));
            Ok(Exit::Failed)
        }
    }
}

/// Returns what a person can do about this damage. With another key, perhaps nobody has changed a row.
const fn what_to_do(damage: &Damage) -> &'static str {
    match damage {
        Damage::OtherKey => {
            "copy the right journal.key from a backup to the folder of the journal, and verify again; if it is there already, keep \
             both files as evidence"
        }
        _ => "keep the file as evidence, and compare it with a backup or with the system's log",
    }
}

fn export(journal: &Journal) -> Result<Exit, Failure> {
    let failed = RefCell::new(None);
    output::stream(&|out| match journal.export(out) {
        Ok(_) => Ok(()),
        Err(JournalError::Export(cause)) => Err(cause),
        Err(error) => {
            *failed.borrow_mut() = Some(error);
            Err(io::ErrorKind::BrokenPipe.into())
        }
    })?;
    match failed.into_inner() {
        Some(error) => Err(Error::from(error).into()),
        None => Ok(Exit::Done),
    }
}

fn prune(journal: &Journal, before: Timestamp, yes: bool) -> Result<Exit, Failure> {
    if before > Timestamp::now() {
        return Err(Failure::usage(format!("{before} is in the future: the newest records would go, too")));
    }
    if !yes && !ask::is_person_present() {
        return Err(Failure::usage("stdin is not a terminal: pass --yes to remove without asking"));
    }
    if !yes && !ask::yes(&format!("Remove the records before {before}? This cannot be undone."))? {
        output::note("Nothing was removed.");
        return Ok(Exit::Failed);
    }
    let pruned = journal.prune(before, &Actor::of_process("journal prune")).map_err(Error::from)?;
    journal.not_forwarded().iter().for_each(|error| output::warn(&error.to_string()));
    match pruned {
        Some(pruned) => {
            let rows = if pruned.rows == 1 { "1 row".to_owned() } else { format!("{} rows", pruned.rows) };
            output::note(&format!("Removed {rows} before {before}, and recorded that."));
            Ok(Exit::Done)
        }
        None => {
            output::note(&format!("There are no rows before {before}."));
            Ok(Exit::NothingMatched)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse_time;
    use netsession_journal::Timestamp;

    /// A failure here would show or remove the changes of another time.
    #[test]
    fn a_time_is_a_day_or_an_age() {
        assert_eq!(parse_time("2026-11-28").unwrap().to_string(), "2026-11-28T00:00:00.000Z");
        let ago = Timestamp::now().millis() - parse_time("2h").unwrap().millis();
        assert!((7_200_000..7_260_000).contains(&ago), "{ago}");
        for wrong in ["", "90", "2026", "h", "soon"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
