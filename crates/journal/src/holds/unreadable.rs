//! The rows of the database that are no holds, and what a person has to look at because of them.

use super::{Holds, Stored, signature};
use crate::account::HeldAccount;
use crate::private::KeyFiles;
use crate::{Error, sqlite};

/// What is wrong if no signature can be right.
const OTHER_KEY: &str = "the key beside this journal is not the one that signed it, so nobody carries its holds on: put the right key back";

/// A row that is no hold.
#[derive(Debug, Clone)]
pub(super) struct Unreadable {
    id: u64,
    text: String,
}

impl Unreadable {
    /// Names a row, and its accounts that a hold may have left disabled: nothing enables them.
    pub(super) fn new(id: u64, why: &str, accounts: &[HeldAccount]) -> Self {
        let pending = accounts.iter().filter(|account| account.state.is_pending());
        let pending = pending.map(|HeldAccount { found, .. }| {
            format!(
                "; {} at {} ({}) can still be disabled: look at it by hand",
                found.name, found.server, found.sid
            )
        });
        Self { id, text: format!("hold {id}: {why}{}", pending.collect::<String>()) }
    }

    pub(super) fn unsigned(stored: &Stored, accounts: &[HeldAccount]) -> Self {
        let why = if stored.mac.is_none() { signature::WITHOUT } else { signature::UNSIGNED };
        Self::new(stored.id, why, accounts)
    }
}

impl Holds {
    /// Returns why rows of the last reading are not among the holds: this version cannot read them, or their signature is wrong.
    #[must_use]
    pub fn unreadable(&self) -> Vec<Error> {
        let place = self.path.display().to_string();
        let corrupt = |reason: &str| Error::Corrupt { place: place.clone(), reason: reason.to_owned() };
        let key = self.has_other_key.then(|| corrupt(OTHER_KEY));
        key.into_iter().chain(self.unreadable.iter().map(|row| corrupt(&row.text))).collect()
    }

    /// Whether the last reading had a row of this number that is no hold.
    #[must_use]
    pub fn is_unreadable(&self, id: u64) -> bool {
        self.unreadable.iter().any(|row| row.id == id)
    }

    /// Looks whether the rows of the last reading are no holds because the key is that of another journal. If somebody has restored the
    /// right one, the next reading uses it.
    pub(super) fn check_key(&mut self) -> Result<(), Error> {
        let is_right = self.unreadable.is_empty()
            || self.reading(|connection| sqlite::is_key_of(connection, &self.key))?;
        self.has_other_key = !is_right;
        if self.has_other_key
            && let Ok(key) = KeyFiles::beside(&self.path).read()
            && self.reading(|connection| sqlite::is_key_of(connection, &key))?
        {
            self.key = key;
        }
        Ok(())
    }
}
