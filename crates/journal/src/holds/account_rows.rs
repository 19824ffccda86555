//! The rows of the accounts that holds disable.

use rusqlite::{Connection, Row, Transaction};

use super::number;
use crate::account::{AccountState, FoundAccount, HeldAccount};
use crate::{Moment, Timestamp};

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS hold_account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hold INTEGER NOT NULL,
    server TEXT NOT NULL,
    name TEXT NOT NULL,
    sid TEXT NOT NULL,
    control INTEGER NOT NULL,
    was_disabled INTEGER NOT NULL,
    state TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    places TEXT
) STRICT;
";

const INSERT: &str = "INSERT INTO hold_account (hold, server, name, sid, control, was_disabled, state, changed_at, places) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// Adds the accounts of a new hold. Those that are enabled count as asked for, because a request may follow at once.
pub(super) fn add(
    transaction: &Transaction<'_>,
    hold: i64,
    accounts: &[FoundAccount],
    now: &Moment,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(INSERT)?;
    for FoundAccount { server, name, sid, control, is_disabled, places } in accounts {
        let state = if *is_disabled { AccountState::Untouched } else { AccountState::Asked };
        let (at, places) = (now.wall.millis(), places.join(" "));
        insert.execute((hold, server, name, sid, control, is_disabled, state.name(), at, places))?;
    }
    Ok(())
}

/// Adds the accounts of a hold that is recorded again, with their outcomes.
pub(super) fn add_again(
    transaction: &Transaction<'_>,
    hold: i64,
    accounts: &[HeldAccount],
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(INSERT)?;
    for HeldAccount { found, state, at, .. } in accounts {
        let FoundAccount { server, name, sid, control, is_disabled, places } = found;
        let (at, places) = (at.millis(), places.join(" "));
        insert.execute((hold, server, name, sid, control, is_disabled, state.name(), at, places))?;
    }
    Ok(())
}

/// Returns the accounts of a hold, in the order of the person.
pub(super) fn of_hold(connection: &Connection, hold: u64) -> rusqlite::Result<Vec<HeldAccount>> {
    let text = "SELECT id, server, name, sid, control, was_disabled, state, changed_at, places FROM hold_account \
                WHERE hold = ?1 ORDER BY id";
    connection.prepare_cached(text)?.query_map([number(hold)], read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<HeldAccount> {
    let places: Option<String> = row.get(8)?;
    let found = FoundAccount {
        server: row.get(1)?,
        name: row.get(2)?,
        sid: row.get(3)?,
        control: row.get(4)?,
        is_disabled: row.get(5)?,
        places: places.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    };
    let (state, at): (String, i64) = (row.get(6)?, row.get(7)?);
    let id = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
    Ok(HeldAccount { id, found, state: AccountState::of_name(&state), at: Timestamp::of_millis(at) })
}
