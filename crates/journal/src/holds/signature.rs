//! The signature of a hold: the key of the journal signs what the person asked for, its time, its release and its accounts. Who can write
//! the database, and cannot read the key, makes nobody log on anywhere and end sessions by a row of their own.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{COLUMNS, Stored, account_rows, columns, number};
use crate::account::{FoundAccount, HeldAccount};
use crate::chain::{Key, RowHash};

/// Why a row is no hold.
pub(super) const UNSIGNED: &str =
    "its signature is wrong: somebody else has written or changed it, and nobody carries it on";

/// The same for a row without one.
pub(super) const WITHOUT: &str = "its signature is missing: an earlier build has made or changed it, or somebody else, and nobody carries it on";

/// Whether the signature of a hold is right.
pub(super) fn is_signed(key: &Key, stored: &Stored, accounts: &[HeldAccount]) -> bool {
    stored.mac.is_some_and(|mac| mac == of(key, stored, accounts))
}

fn of(key: &Key, stored: &Stored, accounts: &[HeldAccount]) -> RowHash {
    let released = stored.released.as_ref().map(|(at, by)| (at.millis(), by));
    let accounts = accounts.iter().map(|HeldAccount { id, found, state, at }| {
        let FoundAccount { server, name, sid, control, is_disabled, places } = found;
        ((id, server, name, sid, control), (is_disabled, places, state.name(), at.millis()))
    });
    let accounts: Vec<_> = accounts.collect();
    let content = (stored.id, &stored.body, columns(&stored.term), released, accounts);
    // JSON of numbers and texts: nothing of it can fail, and no two contents have the same one.
    key.sign_hold(&serde_json::to_vec(&content).unwrap_or_default())
}

/// Signs a hold that this program has just written.
pub(super) fn sign(transaction: &Transaction<'_>, key: &Key, id: i64) -> rusqlite::Result<()> {
    let Some((stored, accounts)) = read(transaction, id)? else { return Ok(()) };
    let mac = of(key, &stored, &accounts);
    transaction.execute("UPDATE hold SET mac = ?2 WHERE id = ?1", (id, mac.0)).map(|_| ())
}

/// Changes a hold and signs it again, in a transaction. Returns None, and changes nothing, if it is gone, or if somebody else has written
/// it: a signature would make that theirs.
pub(super) fn change<T>(
    transaction: &Transaction<'_>,
    key: &Key,
    id: u64,
    change: impl FnOnce(&Stored) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let found = read(transaction, number(id))?.filter(|(stored, accounts)| is_signed(key, stored, accounts));
    let Some((stored, _)) = found else { return Ok(None) };
    let done = change(&stored)?;
    sign(transaction, key, number(id))?;
    Ok(Some(done))
}

fn read(connection: &Connection, id: i64) -> rusqlite::Result<Option<(Stored, Vec<HeldAccount>)>> {
    let text = format!("SELECT {COLUMNS} FROM hold WHERE id = ?1");
    let stored = connection.prepare_cached(&text)?.query_row([id], Stored::of).optional()?;
    let Some(stored) = stored else { return Ok(None) };
    let accounts = account_rows::of_hold(connection, stored.id)?;
    Ok(Some((stored, accounts)))
}
