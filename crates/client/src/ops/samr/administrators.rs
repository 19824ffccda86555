//! Whether an account is the last administrator who can log on (SamrGetMembersInAlias and SamrGetMembersInGroup, [MS-SAMR]
//! 3.1.5.8.6 and 3.1.5.8.3).

use std::collections::BTreeSet;

use netsession_samr::{
    ADMINISTRATORS, AliasAccess, DOMAIN_ADMINS, GroupAccess, UserAccess, get_members_in_alias,
    get_members_in_group, open_alias, open_group,
};

use super::sam::{Domain, Sam};
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Account, AccountControl, Error, NtStatus};

impl Reading for get_members_in_alias::Request {}
impl Reading for get_members_in_group::Request {}
impl Reading for open_alias::Request {}
impl Reading for open_group::Request {}

method! { Server;
    /// Whether an account is an administrator, and no other administrator's account of the same domain is enabled. The
    /// administrators are the members of Administrators and of Domain Admins, as the server lists them: it does not list
    /// the members of other groups in these, nor the users of a Unix group to which Samba maps one.
    ///
    /// # Errors
    /// [`Error::Refused`] if the user may not list the members.
    pub async fn is_last_administrator(&mut self, account: &Account) -> Result<bool, Error> {
        is_last_administrator(&mut self.link, account).await
    }
}

async fn is_last_administrator<C: Connector>(link: &mut Link<C>, account: &Account) -> Result<bool, Error> {
    let mut sam = Sam::open(link).await?;
    let is_last = is_last(&mut sam, account).await;
    sam.close().await;
    is_last
}

async fn is_last<C: Connector>(sam: &mut Sam<'_, C>, account: &Account) -> Result<bool, Error> {
    let domain = sam.account_domain().await?;
    let administrators = administrators(sam, &domain).await?;
    let Some(rid) = account.sid.in_domain(&domain.sid).filter(|rid| administrators.contains(rid)) else {
        return Ok(false);
    };
    for other in administrators.into_iter().filter(|other| *other != rid) {
        let user = match sam.user(domain.handle, other, UserAccess::READ_ACCOUNT).await {
            Ok(user) => user,
            // A group.
            Err(Error::Refused { status: NtStatus::NO_SUCH_USER, .. }) => continue,
            Err(error) => return Err(error),
        };
        if !sam.control(user).await?.contains(AccountControl::DISABLED) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the RIDs of the administrators in the domain.
async fn administrators<C: Connector>(sam: &mut Sam<'_, C>, domain: &Domain) -> Result<BTreeSet<u32>, Error> {
    let mut rids = members_of_domain_admins(sam, domain).await?;
    let builtin = sam.builtin_domain().await?;
    let access = AliasAccess::LIST_MEMBERS;
    let request = open_alias::Request { domain: builtin.handle, access, rid: ADMINISTRATORS };
    let answer = sam.link.ask(request).await?;
    if answer.status == NtStatus::NO_SUCH_ALIAS {
        return Ok(rids);
    }
    let alias = sam.opened(open_alias::Request::NAME, answer.alias, answer.status)?;
    let answer = sam.link.ask(get_members_in_alias::Request { alias }).await?;
    match answer.status {
        NtStatus::SUCCESS => {
            let members = answer.members.into_vec();
            rids.extend(members.iter().filter_map(|member| member.sid.as_ref()?.in_domain(&domain.sid)));
            Ok(rids)
        }
        status => Err(sam.link.refused(get_members_in_alias::Request::NAME, status)),
    }
}

/// Returns the RIDs of the members. A server outside of a domain need not have the group.
async fn members_of_domain_admins<C: Connector>(
    sam: &mut Sam<'_, C>,
    domain: &Domain,
) -> Result<BTreeSet<u32>, Error> {
    let access = GroupAccess::LIST_MEMBERS;
    let answer =
        sam.link.ask(open_group::Request { domain: domain.handle, access, rid: DOMAIN_ADMINS }).await?;
    if answer.status == NtStatus::NO_SUCH_GROUP {
        return Ok(BTreeSet::new());
    }
    let group = sam.opened(open_group::Request::NAME, answer.group, answer.status)?;
    let answer = sam.link.ask(get_members_in_group::Request { group }).await?;
    match answer.status {
        NtStatus::SUCCESS => {
            Ok(answer.members.unwrap_or_default().rids.unwrap_or_default().into_iter().collect())
        }
        status => Err(sam.link.refused(get_members_in_group::Request::NAME, status)),
    }
}
