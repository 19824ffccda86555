//! The accounts that holds disable, in the same database.

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};

use super::{Holds, Stored, number, signature};
use crate::account::{AccountState, FoundAccount, HeldAccount};
use crate::{Error, Hold, Moment};

impl Holds {
    /// Returns the holds that keep nobody out any more, and have an account to enable, the newest first.
    ///
    /// # Errors
    /// Those of [`Holds::all`].
    pub fn unsettled_ones(&mut self, now: &Moment) -> Result<Vec<Hold>, Error> {
        let filter = "WHERE id IN (SELECT hold FROM hold_account WHERE state NOT IN ('untouched', 'enabled', 'handed-over'))";
        let mut found = self.read(filter, now)?;
        found.retain(|hold| !hold.is_open());
        Ok(found)
    }

    /// Notes the outcome of an account. When this returns, it is durable.
    ///
    /// # Errors
    /// Those of [`Holds::add`].
    pub fn set_account(
        &mut self,
        account: &HeldAccount,
        state: AccountState,
        now: &Moment,
    ) -> Result<(), Error> {
        self.set_account_if(account, state, "", now)
    }

    /// Notes that a hold has changed nothing of an account, unless another hold has left the account to it meanwhile: then this hold
    /// enables it at its end.
    ///
    /// # Errors
    /// Those of [`Holds::add`].
    pub fn leave_account(&mut self, account: &HeldAccount, now: &Moment) -> Result<(), Error> {
        self.set_account_if(account, AccountState::Untouched, " AND state = 'asked'", now)
    }

    /// Asks for an account that was disabled before, and is not any more. Another hold can leave it to this one meanwhile: then it stays
    /// disabled.
    ///
    /// # Errors
    /// Those of [`Holds::add`].
    pub fn ask_for_account(&mut self, account: &HeldAccount, now: &Moment) -> Result<(), Error> {
        self.set_account_if(account, AccountState::Asked, " AND state = 'untouched'", now)
    }

    /// Returns the number of another hold that has disabled this account, or is about to, and has not enabled it yet.
    ///
    /// # Errors
    /// Those of [`Holds::all`].
    pub fn disabler_of(
        &mut self,
        account: &FoundAccount,
        except: Option<u64>,
        now: &Moment,
    ) -> Result<Option<u64>, Error> {
        let others = [self.open_ones(now)?, self.unsettled_ones(now)?].concat();
        let has_it = |hold: &&Hold| {
            let is_it = |one: &HeldAccount| one.state.is_pending() && is_same_account(&one.found, account);
            except != Some(hold.id) && hold.accounts.iter().any(is_it)
        };
        Ok(others.iter().find(has_it).map(|hold| hold.id))
    }

    fn set_account_if(
        &mut self,
        account: &HeldAccount,
        state: AccountState,
        condition: &str,
        now: &Moment,
    ) -> Result<(), Error> {
        self.refresh()?;
        // In a database that was replaced, the number can be that of another account.
        let text = format!(
            "UPDATE hold_account SET state = ?2, changed_at = ?3 WHERE id = ?1 AND sid = ?4 AND server = ?5{condition}"
        );
        let failed = self.failed();
        self.connection.busy_timeout(crate::BUSY_TIMEOUT).map_err(&failed)?;
        let FoundAccount { sid, server, .. } = &account.found;
        let done = self.of_account(account).and_then(|hold| match hold {
            Some(hold) => self.change(hold, |transaction, _| {
                transaction.execute(&text, (number(account.id), state.name(), now.wall.millis(), sid, server))
            }),
            None => Ok(None),
        });
        self.connection.busy_timeout(self.wait).map_err(&failed)?;
        done.map(|_| ())
    }

    /// Leaves an account that `hold` has disabled to another open hold of the same account, which enables it at its end.
    /// Returns the number of that hold; None if there is none.
    ///
    /// # Errors
    /// Those of [`Holds::add`].
    pub fn hand_account_over(
        &mut self,
        hold: u64,
        account: &HeldAccount,
        now: &Moment,
    ) -> Result<Option<u64>, Error> {
        let is_same = |other: &&HeldAccount| is_same_account(&other.found, &account.found);
        let heirs = self.open_ones(now)?.into_iter().filter(|other| other.id != hold);
        let heirs: Vec<(u64, u64)> =
            heirs.filter_map(|other| Some((other.id, other.accounts.iter().find(is_same)?.id))).collect();
        for (heir, theirs) in heirs {
            if self.hand_to((heir, theirs), (hold, account), now)? {
                return Ok(Some(heir));
            }
        }
        Ok(None)
    }

    /// Leaves an account of a hold to the row `theirs` of the hold `heir`, unless somebody has released that one meanwhile, or written one
    /// of them. What that one is about to disable counts as disabled, too: its request finds the account disabled.
    fn hand_to(
        &mut self,
        (heir, theirs): (u64, u64),
        (hold, account): (u64, &HeldAccount),
        now: &Moment,
    ) -> Result<bool, Error> {
        let failed = self.failed();
        let hand_over = || -> rusqlite::Result<bool> {
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let text = "SELECT count(*) FROM hold WHERE id = ?1 AND released_at IS NULL";
            if transaction.query_row(text, [number(heir)], |row| row.get::<_, i64>(0))? == 0 {
                return Ok(false);
            }
            let text = "UPDATE hold_account SET state = ?2, changed_at = ?3 \
                        WHERE id = ?1 AND sid = ?4 AND state NOT IN (?2, ?5)";
            let states = [
                (heir, theirs, AccountState::Disabled, AccountState::DisabledAgain),
                (hold, account.id, AccountState::HandedOver, AccountState::HandedOver),
            ];
            for (hold, id, state, other) in states {
                let (sid, at) = (&account.found.sid, now.wall.millis());
                let values = (number(id), state.name(), at, sid, other.name());
                let set = |_: &Stored| transaction.execute(text, values);
                if signature::change(&transaction, &self.key, hold, set)?.is_none() {
                    // Dropping the transaction undoes the rest.
                    return Ok(false);
                }
            }
            transaction.commit()?;
            Ok(true)
        };
        self.connection.busy_timeout(crate::BUSY_TIMEOUT).map_err(&failed)?;
        let done = hand_over();
        self.connection.busy_timeout(self.wait).map_err(&failed)?;
        done.map_err(failed)
    }

    /// Returns the hold of an account.
    fn of_account(&self, account: &HeldAccount) -> Result<Option<u64>, Error> {
        let text = "SELECT hold FROM hold_account WHERE id = ?1";
        let found = self.connection.query_row(text, [number(account.id)], |row| row.get::<_, i64>(0));
        Ok(found.optional().map_err(self.failed())?.and_then(|hold| u64::try_from(hold).ok()))
    }
}

/// Whether two holds mean one account. Each controller of a domain has the same account. Two computers from one image have the same
/// SIDs, and the same name if nobody has renamed them: the accounts of a computer are one only at the same place. The name of a server
/// can mean another computer now, so it counts only for a record of an older version, which has no places.
fn is_same_account(one: &FoundAccount, other: &FoundAccount) -> bool {
    let is_named_alike = one.sid == other.sid && one.name.to_lowercase() == other.name.to_lowercase();
    let is_same_place = match (one.places.is_empty(), other.places.is_empty()) {
        // Of a domain.
        (true, true) => true,
        (false, false) => one.places.iter().any(|place| other.places.contains(place)),
        _ => one.server.to_lowercase() == other.server.to_lowercase(),
    };
    is_named_alike && is_same_place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, HoldOrder, Location};

    fn order() -> HoldOrder {
        HoldOrder {
            named: vec!["fs1".to_owned()],
            servers: vec!["fs1".to_owned()],
            users: vec!["bob".to_owned()],
            accounts_on: vec!["dc1".to_owned()],
            seconds: 100,
            ..HoldOrder::of(Actor::of_process("test"))
        }
    }

    fn found(name: &str, is_disabled: bool) -> FoundAccount {
        let sid = format!("S-1-5-21-1-2-3-{}", name.len());
        let control = 0x10 | u32::from(is_disabled);
        FoundAccount {
            server: "dc1".to_owned(),
            name: name.to_owned(),
            sid,
            control,
            is_disabled,
            places: Vec::new(),
        }
    }

    fn states(holds: &mut Holds, id: u64) -> Vec<AccountState> {
        let hold = holds.get(id, &Moment::now()).unwrap().unwrap();
        hold.accounts.iter().map(|account| account.state).collect()
    }

    /// A failure here would forget a disabled account after a crash, or enable one that the hold did not disable.
    #[test]
    fn what_a_hold_disables_is_known_before_the_request_and_until_it_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let place = Location::File(folder.path().join("journal.db"));
        let mut holds = Holds::open(&place).unwrap();
        let accounts = [found(r"LAB\bob", false), found(r"LAB\carol", true)];
        let id = holds.add_with_accounts(&order(), &accounts, &Moment::now()).unwrap();
        drop(holds);
        let mut holds = Holds::open_existing(&place).unwrap().unwrap();
        assert_eq!(states(&mut holds, id), [AccountState::Asked, AccountState::Untouched]);
        assert!(holds.unsettled_ones(&Moment::now()).unwrap().is_empty(), "it is open");
        holds.release(id, &Actor::of_process("release"), &Moment::now()).unwrap();
        let unsettled = holds.unsettled_ones(&Moment::now()).unwrap();
        assert_eq!(unsettled[0].accounts[0].found, accounts[0]);
        holds.set_account(&unsettled[0].accounts[0], AccountState::Enabled, &Moment::now()).unwrap();
        assert!(holds.unsettled_ones(&Moment::now()).unwrap().is_empty());
    }

    /// A failure here would let somebody log on again, although another hold still keeps them out.
    #[test]
    fn the_last_hold_of_an_account_enables_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut holds = Holds::open(&Location::File(folder.path().join("journal.db"))).unwrap();
        let now = Moment::now();
        let first = holds.add_with_accounts(&order(), &[found(r"LAB\bob", false)], &now).unwrap();
        let account = holds.get(first, &now).unwrap().unwrap().accounts.remove(0);
        assert_eq!(holds.hand_account_over(first, &account, &now).unwrap(), None);
        let second = holds.add_with_accounts(&order(), &[found(r"LAB\bob", true)], &now).unwrap();
        let other = holds.add_with_accounts(&order(), &[found(r"LAB\carol", true)], &now).unwrap();
        assert_eq!(holds.hand_account_over(first, &account, &now).unwrap(), Some(second));
        assert_eq!(states(&mut holds, first), [AccountState::HandedOver]);
        assert_eq!(states(&mut holds, second), [AccountState::Disabled]);
        assert_eq!(states(&mut holds, other), [AccountState::Untouched]);
        holds.release(second, &Actor::of_process("release"), &now).unwrap();
        assert_eq!(holds.unsettled_ones(&now).unwrap().len(), 1);
        // Another computer from the same image.
        holds.release(first, &Actor::of_process("release"), &now).unwrap();
        let twin = FoundAccount { server: "fs2".to_owned(), ..found(r"FS2\bob", true) };
        holds.add_with_accounts(&order(), &[twin], &now).unwrap();
        let account = holds.get(second, &now).unwrap().unwrap().accounts.remove(0);
        assert_eq!(holds.hand_account_over(second, &account, &now).unwrap(), None);
    }

    /// A failure here would let somebody in whom another open hold keeps out: both holds have disabled the account, or are about to.
    #[test]
    fn a_hold_leaves_its_account_to_another_one_that_has_disabled_it_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut holds = Holds::open(&Location::File(folder.path().join("journal.db"))).unwrap();
        let now = Moment::now();
        let [first, second] =
            [(); 2].map(|()| holds.add_with_accounts(&order(), &[found(r"LAB\bob", false)], &now).unwrap());
        let account = |holds: &mut Holds, id| holds.get(id, &now).unwrap().unwrap().accounts.remove(0);
        let (mine, theirs) = (account(&mut holds, first), account(&mut holds, second));
        holds.set_account(&mine, AccountState::Disabled, &now).unwrap();
        assert_eq!(holds.hand_account_over(first, &mine, &now).unwrap(), Some(second));
        assert_eq!(states(&mut holds, first), [AccountState::HandedOver]);
        holds.release(first, &Actor::of_process("release"), &now).unwrap();
        // The request of the second one finds the account disabled, by the first one.
        holds.leave_account(&theirs, &now).unwrap();
        assert_eq!(states(&mut holds, second), [AccountState::Disabled]);
        assert_eq!(holds.hand_account_over(second, &theirs, &now).unwrap(), None, "it is the last one");
    }

    /// A failure here would let somebody log on whom a hold keeps out: the account was disabled by another hold, which is over.
    #[test]
    fn an_account_that_is_enabled_again_can_be_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut holds = Holds::open(&Location::File(folder.path().join("journal.db"))).unwrap();
        let now = Moment::now();
        let first = holds.add_with_accounts(&order(), &[found(r"LAB\bob", false)], &now).unwrap();
        let second = holds.add_with_accounts(&order(), &[found(r"LAB\bob", true)], &now).unwrap();
        assert_eq!(holds.disabler_of(&found(r"LAB\bob", true), Some(second), &now).unwrap(), Some(first));
        let account = holds.get(second, &now).unwrap().unwrap().accounts.remove(0);
        holds.ask_for_account(&account, &now).unwrap();
        assert_eq!(states(&mut holds, second), [AccountState::Asked]);
        holds.set_account(&account, AccountState::Disabled, &now).unwrap();
        holds.ask_for_account(&account, &now).unwrap();
        assert_eq!(states(&mut holds, second), [AccountState::Disabled], "another hold has left it");
        assert_eq!(holds.disabler_of(&found(r"LAB\carol", true), None, &now).unwrap(), None);
    }

    /// A failure here would enable an account that no hold has disabled, at a computer from the same image, and leave another one
    /// disabled for ever; or let somebody in whom another hold still keeps out, because it spells the server otherwise.
    #[test]
    fn accounts_of_computers_are_one_only_at_the_same_server() {
        let at = |server: &str, places: &[&str]| FoundAccount {
            server: server.to_owned(),
            places: places.iter().map(|place| (*place).to_owned()).collect(),
            ..found(r"LABSRV\bob", true)
        };
        let one = at("s1", &["fs1.lab.test:445", "10.0.0.5:445"]);
        assert!(!is_same_account(&one, &at("s2", &["fs2.lab.test:445", "10.0.0.6:445"])), "a clone");
        assert!(!is_same_account(&one, &at("s2", &[])), "a clone in a record of an older version");
        assert!(!is_same_account(&one, &at("s1", &["10.0.0.7:445"])), "its name means another computer now");
        assert!(is_same_account(&one, &at("S1", &[])), "the record of an older version");
        assert!(is_same_account(&one, &at("files", &["10.0.0.5:445"])), "an alias");
        assert!(is_same_account(&at("dc1", &[]), &at("dc2", &[])), "two controllers");
    }

    /// A failure here would stop holds after an upgrade, or forget where an account is.
    #[test]
    fn a_database_of_an_older_version_gets_the_places() {
        let folder = tempfile::tempdir().unwrap();
        let place = Location::File(folder.path().join("journal.db"));
        let mut holds = Holds::open(&place).unwrap();
        let now = Moment::now();
        holds.add_with_accounts(&order(), &[found(r"LAB\bob", false)], &now).unwrap();
        let of_then = "ALTER TABLE hold_account DROP COLUMN places; PRAGMA user_version = 1";
        holds.connection.execute_batch(of_then).unwrap();
        drop(holds);
        let mut holds = Holds::open(&place).unwrap();
        assert_eq!(holds.get(1, &now).unwrap().unwrap().accounts[0].found, found(r"LAB\bob", false));
        let places = vec!["fs1:445".to_owned(), "10.0.0.5:445".to_owned()];
        let with_places = FoundAccount { places, ..found(r"FS1\bob", false) };
        let second = holds.add_with_accounts(&order(), std::slice::from_ref(&with_places), &now).unwrap();
        assert_eq!(holds.get(second, &now).unwrap().unwrap().accounts[0].found, with_places);
    }
}
