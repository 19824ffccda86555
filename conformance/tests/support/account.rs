//! The account of bob, as a hold finds it.

use anyhow::{Context, Result};
use netsession::blocking::Server;
use netsession::{Login, Secret};
use netsession_conformance::{ADMIN, PASSWORD, Samba};
use netsession_journal::FoundAccount;

/// Returns the account of bob; `is_disabled` is what the hold has read.
pub(crate) fn account_of_bob(samba: &Samba, is_disabled: bool) -> Result<FoundAccount> {
    let found = connect(samba, ADMIN, PASSWORD)?.find_account("bob")?.context("bob has an account")?;
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
