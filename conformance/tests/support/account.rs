//! Accounts as a hold finds them, and the database of the holds.
#![allow(dead_code, reason = "each file of tests uses a part of this")]

use anyhow::{Context, Result};
use netsession::blocking::Server;
use netsession::{Login, Secret};
use netsession_conformance::{ADMIN, PASSWORD, Samba};
use netsession_journal::{FoundAccount, Location};

use crate::support::Person;

/// Returns the account of bob; `is_disabled` is what the hold has read.
pub(crate) fn account_of_bob(samba: &Samba, is_disabled: bool) -> Result<FoundAccount> {
    account_of(samba, "bob", is_disabled)
}

/// The same for any user.
pub(crate) fn account_of(samba: &Samba, user: &str, is_disabled: bool) -> Result<FoundAccount> {
    let found = connect(samba, ADMIN, PASSWORD)?.find_account(user)?.context("the user has an account")?;
    Ok(FoundAccount {
        server: samba.name(),
        name: found.to_string(),
        sid: found.sid.to_string(),
        control: found.control.bits(),
        is_disabled,
        places: Vec::new(),
    })
}

pub(crate) fn connect(samba: &Samba, user: &str, password: &str) -> Result<Server> {
    let login = Login::new(user, Secret::password(password))?;
    Ok(Server::connect(&samba.address().into(), &login, &Default::default())?)
}

/// Returns the place of the holds of a person, in a folder of their own.
pub(crate) fn location(person: &Person) -> Result<Location> {
    let folder = person.state.path().join("netsession");
    std::fs::create_dir_all(&folder)?;
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(Location::File(folder.join("journal.db")))
}
