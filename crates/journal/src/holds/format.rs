//! [`take_over()`] makes the holds of an earlier build those of this one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::lock::{carrier, holder, lock_path};
use crate::Error;
use crate::sqlite::{self, BEFORE, FORMAT, format};

/// The columns that the tables of the first builds lack: the places of accounts, and the signatures, without which their holds stay.
const COLUMNS: [(&str, &str, &str); 2] = [("hold_account", "places", "TEXT"), ("hold", "mac", "BLOB")];

/// Takes over the database of an earlier build. From then on, such a build refuses to open it: it would write holds that nobody carries on.
///
/// # Errors
/// [`Error::EarlierBuild`] while a process carries a hold on, because it has opened the database before.
pub(super) fn take_over(path: &Path, connection: &mut Connection) -> Result<(), Error> {
    let failed = |error| sqlite::failure(path, &error);
    if format(connection).map_err(failed)? != BEFORE {
        return Ok(());
    }
    if let Some(process) = process(path, connection).map_err(failed)? {
        return Err(Error::EarlierBuild { path: path.to_owned(), process });
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let upgrade = || -> rusqlite::Result<()> {
        // Another process can do the same meanwhile.
        if format(&transaction)? != BEFORE {
            return Ok(());
        }
        for (table, column, kind) in COLUMNS {
            let text = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
            if transaction.query_row(text, [table, column], |row| row.get::<_, i64>(0))? == 0 {
                transaction.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind}"))?;
            }
        }
        transaction.pragma_update(None, "user_version", FORMAT)
    };
    upgrade().map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Returns a process that is the agent, or carries a hold on.
fn process(path: &Path, connection: &Connection) -> rusqlite::Result<Option<String>> {
    let agent = holder(&lock_path(path, "agent"));
    if agent.is_some() {
        return Ok(agent);
    }
    let mut statement = connection.prepare("SELECT id FROM hold ORDER BY id DESC")?;
    let ids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids.into_iter().filter_map(|id| carrier(path, u64::try_from(id).ok()?)).next())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use crate::{Actor, Error, HoldOrder, Holds, Journal, Location, Moment};

    fn order() -> HoldOrder {
        HoldOrder {
            named: vec!["fs1".to_owned()],
            servers: vec!["fs1".to_owned()],
            users: vec!["bob".to_owned()],
            seconds: 100,
            ..HoldOrder::of(Actor::of_process("test"))
        }
    }

    /// A failure here would lose holds or records at an update.
    #[test]
    fn the_database_of_an_earlier_build_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let place = Location::File(path.clone());
        let mut holds = Holds::open(&place).unwrap();
        let now = Moment::now();
        let id = holds.add(&order(), &now).unwrap();
        drop(holds);
        let other = Connection::open(&path).unwrap();
        other.pragma_update(None, "user_version", 1).unwrap();
        let version = || -> i64 { other.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap() };
        // The journal has the same rows in both formats.
        let journal = Journal::open(&place).unwrap();
        assert_eq!((journal.verify(&[]).unwrap().damage, version()), (None, 1));
        let mut holds = Holds::open(&place).unwrap();
        assert_eq!(version(), 2);
        assert_eq!(holds.get(id, &now).unwrap().unwrap().order.users, ["bob"]);
        assert_eq!(journal.verify(&[]).unwrap().damage, None);
    }

    /// A failure here would let the agent of an earlier build spoil the holds of this one: nobody would carry them on.
    #[test]
    fn nothing_is_taken_over_from_a_process_that_runs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let place = Location::File(path.clone());
        let mut earlier = Holds::open(&place).unwrap();
        let id = earlier.add(&order(), &Moment::now()).unwrap();
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 1).unwrap();
        for lock in [earlier.become_agent().unwrap(), earlier.carry(id, "hold").unwrap()] {
            let lock = lock.unwrap();
            let refused = Holds::open(&place).unwrap_err();
            assert!(matches!(&refused, Error::EarlierBuild { .. }), "{refused}");
            assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
            drop(lock);
        }
        assert_eq!(Holds::open(&place).unwrap().open_ones(&Moment::now()).unwrap().len(), 1);
    }

    /// A failure here would let this build spoil the holds or the journal of a newer one, which has taken the database over meanwhile.
    #[test]
    fn a_database_that_a_newer_version_takes_over_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let place = Location::File(path.clone());
        let (mut holds, journal) = (Holds::open(&place).unwrap(), Journal::open(&place).unwrap());
        let now = Moment::now();
        let id = holds.add(&order(), &now).unwrap();
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
        let is_newer = |error: Error| matches!(error, Error::Newer { found: 9, .. });
        assert!(is_newer(holds.note(id, 1, None, &now).unwrap_err()));
        assert!(is_newer(holds.add(&order(), &now).unwrap_err()));
        assert!(is_newer(holds.open_ones(&now).unwrap_err()));
        assert!(is_newer(holds.count(id, 1, &now).unwrap_err()));
        assert!(is_newer(journal.verify(&[]).unwrap_err()));
        assert!(is_newer(Holds::open(&place).unwrap_err()));
    }
}
