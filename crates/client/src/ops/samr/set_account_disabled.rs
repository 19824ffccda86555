//! Disabling and enabling an account (SamrSetInformationUser, [MS-SAMR] 3.1.5.6.5).

use netsession_samr::query_information_user::UserInfo;
use netsession_samr::set_information_user::Request;
use netsession_samr::{AccountControl, Handle, Sid, UserAccess};

use super::lockout;
use super::sam::Sam;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::Change;
use crate::{AccountChange, Error, NtStatus, Step, Win32Error};

method! { Server;
    /// Disables or enables the account with this SID, and changes nothing else of it. `name` is for observers.
    ///
    /// If the account is as wanted, this sends no change.
    ///
    /// # Errors
    /// [`Error::Refused`] with `STATUS_ACCESS_DENIED` if the user may not change the account, and with `STATUS_NO_SUCH_USER` if
    /// there is no such account. [`Error::Protocol`] if the server accepts the change, and does not show it. [`Error::is_unknown`] if no answer came. [`Error::Vetoed`] if an observer refused.
    pub async fn set_account_disabled(
        &mut self,
        sid: &Sid,
        name: &str,
        is_disabled: bool,
    ) -> Result<AccountChange, Error> {
        set_account_disabled(&mut self.link, sid, name, is_disabled).await
    }
}

pub(super) async fn set_account_disabled<C: Connector>(
    link: &mut Link<C>,
    sid: &Sid,
    name: &str,
    is_disabled: bool,
) -> Result<AccountChange, Error> {
    let server = link.facts().server.clone();
    let change = Change::SetAccount { server, name: name.to_owned(), sid: sid.to_string(), is_disabled };
    let mut sam = Sam::open(link).await?;
    let changed = set(&mut sam, sid, &change, is_disabled).await;
    sam.close().await;
    changed
}

async fn set<C: Connector>(
    sam: &mut Sam<'_, C>,
    sid: &Sid,
    change: &Change,
    is_disabled: bool,
) -> Result<AccountChange, Error> {
    let Some((domain, rid)) = sid.split() else {
        let (step, code) = (Step::Call(Request::NAME), Win32Error::ERROR_INVALID_PARAMETER);
        return Err(Error::Parameter { step, code, why: "the SID names no account" });
    };
    let domain = sam.domain(&domain).await?;
    let user = sam.user(domain, rid, UserAccess::READ_ACCOUNT | UserAccess::WRITE_ACCOUNT).await?;
    let before = sam.control(user).await?;
    if before.contains(AccountControl::DISABLED) == is_disabled {
        return Ok(AccountChange { before, after: before });
    }
    let mut wanted = before - AccountControl::COMPUTED;
    wanted.set(AccountControl::DISABLED, is_disabled);
    let is_locked = before.contains(AccountControl::AUTO_LOCKED);
    wanted.set(AccountControl::AUTO_LOCKED, is_locked && lockout::must_be_repeated(sam).await?);
    let after = write(sam, user, wanted, change).await?;
    if after.contains(AccountControl::DISABLED) != is_disabled {
        return Err(sam.link.broken(Request::NAME, "the account is as before"));
    }
    Ok(AccountChange { before, after })
}

/// Writes the state of an account, and returns what the server made of it. Once the server has accepted the change, it cannot
/// refuse it any more: the caller takes [`Error::Refused`] for an account that is as before.
async fn write<C: Connector>(
    sam: &mut Sam<'_, C>,
    user: Handle,
    control: AccountControl,
    change: &Change,
) -> Result<AccountControl, Error> {
    let request = Request { user, info: UserInfo::control(control) };
    match sam.link.change_as(change.clone(), request).await?.status {
        NtStatus::SUCCESS => match sam.control(user).await {
            Err(Error::Refused { .. }) => Err(sam
                .link
                .broken(Request::NAME, "after the change, the server does not return the account")),
            control => control,
        },
        status => Err(sam.link.refused(Request::NAME, status)),
    }
}
