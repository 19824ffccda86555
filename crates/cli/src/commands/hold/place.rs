//! [`open`] finds the database of the holds.

use netsession_admin::{Error, location};
use netsession_config::Config;
use netsession_journal::{Holds, Location};

use crate::failure::Failure;

fn found() -> Result<Location, Error> {
    Ok(location(Config::read()?.journal())?)
}

/// Opens the holds, and makes a missing database.
pub(in crate::commands) fn open() -> Result<Holds, Failure> {
    Ok(open_again()?)
}

/// Does the same for a program that goes on after an error.
pub(in crate::commands) fn open_again() -> Result<Holds, Error> {
    Ok(Holds::open(&found()?)?)
}

/// Opens the holds; None if there is no database.
pub(in crate::commands) fn open_existing() -> Result<Option<Holds>, Failure> {
    Ok(Holds::open_existing(&found()?).map_err(Error::from)?)
}
