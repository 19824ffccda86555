//! Finding an account by its name (SamrLookupNamesInDomain, [MS-SAMR] 3.1.5.11.2), or by its SID (SamrOpenUser, 3.1.5.1.9).

use netsession_samr::lookup_names_in_domain::Request;
use netsession_samr::{Sid, UserAccess};

use super::sam::Sam;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::{Account, Error, NtStatus, name};

method! { Server;
    /// Finds an account of this server, or of its domain if it is a domain controller, that this connection may disable. The
    /// name is `bob` or `LAB\bob`. None if the server has no such account, or if `LAB` is another domain.
    ///
    /// # Errors
    /// [`Error::Refused`] with `STATUS_ACCESS_DENIED` if the user may not disable it; some servers refuse only the change itself.
    /// [`Error::Refused`] or [`Error::Fault`] if the server has no accounts, as netsession's embedded server. [`Error::Protocol`] if
    /// it returns the account of somebody else.
    pub async fn find_account(&mut self, name: &str) -> Result<Option<Account>, Error> {
        find_account(&mut self.link, name).await
    }
}

method! { Server;
    /// Returns the account of this server, or of its domain if it is a domain controller, that has this SID, whatever its name is now.
    /// None if somebody has removed it, or if the SID is one of another domain.
    ///
    /// # Errors
    /// Those of [`Server::find_account`](crate::Server::find_account).
    pub async fn account(&mut self, sid: &Sid) -> Result<Option<Account>, Error> {
        account(&mut self.link, sid).await
    }
}

pub(super) async fn find_account<C: Connector>(
    link: &mut Link<C>,
    name: &str,
) -> Result<Option<Account>, Error> {
    let mut sam = Sam::open(link).await?;
    let found = find(&mut sam, name).await;
    sam.close().await;
    found
}

pub(super) async fn account<C: Connector>(link: &mut Link<C>, sid: &Sid) -> Result<Option<Account>, Error> {
    let mut sam = Sam::open(link).await?;
    let found = open(&mut sam, sid).await;
    sam.close().await;
    found
}

async fn open<C: Connector>(sam: &mut Sam<'_, C>, sid: &Sid) -> Result<Option<Account>, Error> {
    let domain = sam.account_domain().await?;
    let Some(rid) = sid.in_domain(&domain.sid) else { return Ok(None) };
    match sam.user(domain.handle, rid, access()).await {
        Ok(user) => {
            let (name, control) = (sam.account_name(user).await?, sam.control(user).await?);
            Ok(Some(Account { domain: domain.name, name, sid: sid.clone(), control }))
        }
        Err(Error::Refused { status: NtStatus::NO_SUCH_USER, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a caller needs to disable an account later, so that a refusal comes before the change.
fn access() -> UserAccess {
    UserAccess::READ_GENERAL | UserAccess::READ_ACCOUNT | UserAccess::WRITE_ACCOUNT
}

async fn find<C: Connector>(sam: &mut Sam<'_, C>, text: &str) -> Result<Option<Account>, Error> {
    let (wanted, bare) = name::split(text);
    let domain = sam.account_domain().await?;
    if wanted.is_some_and(|wanted| !name::same(wanted, &domain.name)) {
        return Ok(None);
    }
    let Some(rid) = sam.rid(domain.handle, bare).await? else { return Ok(None) };
    let user = sam.user(domain.handle, rid, access()).await?;
    if !name::same(&sam.account_name(user).await?, bare) {
        return Err(sam.link.broken(Request::NAME, "the account has another name"));
    }
    let control = sam.control(user).await?;
    let Some(sid) = domain.sid.with_rid(rid) else { return Ok(None) };
    Ok(Some(Account { domain: domain.name, name: bare.to_owned(), sid, control }))
}
