//! Whether an administrator can still log on (SamrGetMembersInAlias and SamrGetMembersInGroup, [MS-SAMR] 3.1.5.8.6 and
//! 3.1.5.8.3).

use std::collections::{BTreeSet, VecDeque};

use netsession_samr::{
    ADMINISTRATORS, AliasAccess, DOMAIN_ADMINS, GroupAccess, Handle, Sid, UserAccess, get_members_in_alias,
    get_members_in_group, open_alias, open_group,
};
use netsession_srvs::info::ServerLevel;

use super::sam::{Domain, Sam};
use crate::account::{RemainingAdministrators, UnknownAdministrators};
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::ops::server_get_info;
use crate::{Account, AccountControl, Error, NtStatus, name};

/// The most members of groups to look at.
const LIMIT: usize = 1_000;

/// STATUS_DS_GLOBAL_CANT_HAVE_CROSSDOMAIN_MEMBER: a domain controller does not list a group that has members of other domains
/// ([MS-SAMR] 3.1.5.8.3).
const MEMBERS_OF_OTHER_DOMAINS: NtStatus = NtStatus(0xc000_02da);

impl Reading for get_members_in_alias::Request {}
impl Reading for get_members_in_group::Request {}
impl Reading for open_alias::Request {}
impl Reading for open_group::Request {}

method! { Server;
    /// Whether an administrator can still log on if all of these accounts are disabled. The administrators are the
    /// members of Administrators and of Domain Admins, and the members of groups in these.
    ///
    /// An account whose primary group is one of these is an administrator, too, but a server does not list it there: such
    /// an account counts if it is one of `accounts`, and does not count as one that remains.
    ///
    /// # Errors
    /// [`Error::Refused`] if the user may not open the server's accounts.
    pub async fn remaining_administrators(
        &mut self,
        accounts: &[Account],
    ) -> Result<RemainingAdministrators, Error> {
        remaining_administrators(&mut self.link, accounts).await
    }
}

pub(super) async fn remaining_administrators<C: Connector>(
    link: &mut Link<C>,
    accounts: &[Account],
) -> Result<RemainingAdministrators, Error> {
    let mut sam = Sam::open(link).await?;
    let remaining = remaining(&mut sam, accounts).await;
    sam.close().await;
    remaining
}

async fn remaining<C: Connector>(
    sam: &mut Sam<'_, C>,
    accounts: &[Account],
) -> Result<RemainingAdministrators, Error> {
    let domain = sam.account_domain().await?;
    let disabled = accounts.iter().filter_map(|account| account.sid.in_domain(&domain.sid)).collect();
    let mut search = Search { sam, domain, disabled, groups: BTreeSet::new(), found: Found::default() };
    if search.finds_enabled().await? {
        return Ok(RemainingAdministrators::Enabled);
    }
    let may_be_one = search.found.is_disabled_one
        || search.has_primary_group().await?
        || search.found.strangers.is_some()
        || search.hides_accounts().await?;
    let Found { strangers, elsewhere, .. } = search.found;
    Ok(match strangers.or(elsewhere) {
        _ if !may_be_one => RemainingAdministrators::Enabled,
        Some(why) => RemainingAdministrators::Unknown(why),
        None => RemainingAdministrators::None,
    })
}

/// What the groups of administrators contain besides enabled accounts.
#[derive(Debug, Default)]
struct Found {
    /// One of the accounts that will be disabled.
    is_disabled_one: bool,
    /// Members that may be, or may contain, anybody.
    strangers: Option<UnknownAdministrators>,
    /// Members of another domain, whose groups the server does not list.
    elsewhere: Option<UnknownAdministrators>,
}

/// A search for an administrator with another account.
struct Search<'s, 'a, C: Connector> {
    sam: &'s mut Sam<'a, C>,
    domain: Domain,
    /// The RIDs of the accounts that will be disabled.
    disabled: BTreeSet<u32>,
    /// The RIDs of the groups that were opened.
    groups: BTreeSet<u32>,
    found: Found,
}

/// What a RID of the domain is.
enum Principal {
    User {
        is_enabled: bool,
    },
    Group(Vec<Sid>),
    /// Somebody has removed it.
    Nobody,
}

/// Adds members of a group to those that wait, as many as there is room for: the server chooses their number. Returns whether
/// all are added.
fn add_some(waiting: &mut VecDeque<Sid>, members: Vec<Sid>) -> bool {
    let room = LIMIT.saturating_sub(waiting.len());
    let are_all = members.len() <= room;
    waiting.extend(members.into_iter().take(room));
    are_all
}

impl<C: Connector> Search<'_, '_, C> {
    /// Looks through all groups for an administrator whose account is enabled and stays so.
    async fn finds_enabled(&mut self) -> Result<bool, Error> {
        let mut waiting: VecDeque<Sid> = self.domain.sid.with_rid(DOMAIN_ADMINS).into_iter().collect();
        let builtin = self.sam.builtin_domain().await?;
        let administrators = self.alias(builtin.handle, ADMINISTRATORS).await?.unwrap_or_default();
        self.add(&mut waiting, administrators);
        let mut seen = BTreeSet::new();
        while let Some(sid) = waiting.pop_front() {
            if !seen.insert(sid.clone()) {
                continue;
            }
            if seen.len() > LIMIT {
                self.found.strangers = Some(UnknownAdministrators::TooMany);
                return Ok(false);
            }
            let Some(rid) = sid.in_domain(&self.domain.sid) else {
                self.note_elsewhere(&sid);
                continue;
            };
            match self.principal(rid).await? {
                Principal::User { .. } if self.disabled.contains(&rid) => self.found.is_disabled_one = true,
                Principal::User { is_enabled: true } => return Ok(true),
                Principal::User { is_enabled: false } | Principal::Nobody => {}
                Principal::Group(members) => {
                    self.groups.insert(rid);
                    self.add(&mut waiting, members);
                }
            }
        }
        Ok(false)
    }

    /// Adds the members of a group to those that wait. The rest of too many counts as unknown.
    fn add(&mut self, waiting: &mut VecDeque<Sid>, members: Vec<Sid>) {
        if !add_some(waiting, members) {
            self.found.strangers = Some(UnknownAdministrators::TooMany);
        }
    }

    fn note_elsewhere(&mut self, sid: &Sid) {
        tracing::debug!(%sid, "an administrator of another domain, or one of its groups");
        let found = &mut self.found;
        let place = if sid.is_of_a_domain() { &mut found.elsewhere } else { &mut found.strangers };
        place.get_or_insert(UnknownAdministrators::Elsewhere);
    }

    /// Whether groups of another domain can contain accounts of this one: those of a computer are never in a domain's group.
    async fn hides_accounts(&mut self) -> Result<bool, Error> {
        if self.found.elsewhere.is_none() {
            return Ok(false);
        }
        let info = server_get_info::at_level(self.sam.link, ServerLevel::INFO_101).await?;
        let server = info.name.unwrap_or_default();
        Ok(!name::same(server.trim_start_matches('\\'), &self.domain.name))
    }

    /// Whether the primary group of an account is one of the groups.
    async fn has_primary_group(&mut self) -> Result<bool, Error> {
        for rid in self.disabled.clone() {
            let user = self.sam.user(self.domain.handle, rid, UserAccess::READ_GENERAL).await?;
            let group = self.sam.primary_group(user).await?;
            self.sam.release(user).await?;
            if self.groups.contains(&group) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn principal(&mut self, rid: u32) -> Result<Principal, Error> {
        match self.sam.user(self.domain.handle, rid, UserAccess::READ_ACCOUNT).await {
            Ok(user) => {
                let control = self.sam.control(user).await?;
                self.sam.release(user).await?;
                return Ok(Principal::User { is_enabled: !control.contains(AccountControl::DISABLED) });
            }
            Err(Error::Refused { status: NtStatus::ACCESS_DENIED, .. }) => {
                self.found.strangers = Some(UnknownAdministrators::Denied);
                return Ok(Principal::Nobody);
            }
            Err(Error::Refused { status: NtStatus::NO_SUCH_USER, .. }) => {}
            Err(error) => return Err(error),
        }
        if let Some(members) = self.group(rid).await? {
            return Ok(Principal::Group(members));
        }
        let alias = self.alias(self.domain.handle, rid).await?;
        Ok(alias.map_or(Principal::Nobody, Principal::Group))
    }

    /// Lists the members of a group of the domain; None if this is not a group.
    async fn group(&mut self, rid: u32) -> Result<Option<Vec<Sid>>, Error> {
        const CALL: &str = get_members_in_group::Request::NAME;
        let access = GroupAccess::LIST_MEMBERS;
        let request = open_group::Request { domain: self.domain.handle, access, rid };
        let answer = self.sam.link.ask(request).await?;
        if answer.status == NtStatus::NO_SUCH_GROUP {
            return Ok(None);
        }
        let Some(group) = self.opened(open_group::Request::NAME, answer.group, answer.status)? else {
            return Ok(Some(Vec::new()));
        };
        let answer = self.sam.link.ask(get_members_in_group::Request { group }).await?;
        match answer.status {
            NtStatus::SUCCESS => {}
            MEMBERS_OF_OTHER_DOMAINS => self.found.strangers = Some(UnknownAdministrators::Elsewhere),
            status => return Err(self.sam.link.refused(CALL, status)),
        }
        self.sam.release(group).await?;
        let rids = answer.members.unwrap_or_default().rids.unwrap_or_default();
        Ok(Some(rids.into_iter().take(LIMIT + 1).filter_map(|rid| self.domain.sid.with_rid(rid)).collect()))
    }

    /// Lists the members of an alias; None if this is not an alias.
    async fn alias(&mut self, domain: Handle, rid: u32) -> Result<Option<Vec<Sid>>, Error> {
        const CALL: &str = get_members_in_alias::Request::NAME;
        let request = open_alias::Request { domain, access: AliasAccess::LIST_MEMBERS, rid };
        let answer = self.sam.link.ask(request).await?;
        if answer.status == NtStatus::NO_SUCH_ALIAS {
            return Ok(None);
        }
        let Some(alias) = self.opened(open_alias::Request::NAME, answer.alias, answer.status)? else {
            return Ok(Some(Vec::new()));
        };
        let answer = self.sam.link.ask(get_members_in_alias::Request { alias }).await?;
        if answer.status != NtStatus::SUCCESS {
            return Err(self.sam.link.refused(CALL, answer.status));
        }
        self.sam.release(alias).await?;
        Ok(Some(answer.members.into_vec().into_iter().filter_map(|member| member.sid).collect()))
    }

    /// Returns the handle of a group; None, and notes that, if this user may not list its members.
    fn opened(
        &mut self,
        call: &'static str,
        handle: Handle,
        status: NtStatus,
    ) -> Result<Option<Handle>, Error> {
        if status == NtStatus::ACCESS_DENIED {
            self.found.strangers = Some(UnknownAdministrators::Denied);
            return Ok(None);
        }
        self.sam.opened(call, handle, status).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a server fill the memory: each of a thousand groups could have millions of members.
    #[test]
    fn few_members_wait() {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        let members = |count: u32| (0..count).filter_map(|rid| domain.with_rid(rid)).collect::<Vec<_>>();
        let mut waiting = VecDeque::new();
        assert!(add_some(&mut waiting, members(999)) && add_some(&mut waiting, members(1)));
        assert!(!add_some(&mut waiting, members(5_000)) && !add_some(&mut waiting, members(1)));
        assert_eq!(waiting.len(), LIMIT);
    }
}
