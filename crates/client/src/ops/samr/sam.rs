//! [`Sam`]: the open account database of a server, and the handles in it.

use netsession_rpc::ndr::CountedText;
use netsession_samr::query_information_user::UserInfo;
use netsession_samr::{
    AccountControl, DomainAccess, Handle, ServerAccess, Sid, UserAccess, close_handle, connect5,
    enumerate_domains_in_sam_server, lookup_domain_in_sam_server, lookup_names_in_domain, open_domain,
    open_user, query_information_user,
};

use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::{Error, NtStatus};

/// The domain of the aliases that every server has.
const BUILTIN: &str = "Builtin";
/// The most octets of the list of domains, of which a server has two.
const LIST_LENGTH: u32 = 0xffff;

impl Reading for close_handle::Request {}
impl Reading for connect5::Request {}
impl Reading for enumerate_domains_in_sam_server::Request {}
impl Reading for lookup_domain_in_sam_server::Request {}
impl Reading for lookup_names_in_domain::Request {}
impl Reading for open_domain::Request {}
impl Reading for open_user::Request {}
impl Reading for query_information_user::Request {}

/// The open account database of a server. Its handles belong to one connection: if the connection breaks, the server refuses them.
pub(super) struct Sam<'a, C: Connector> {
    pub(super) link: &'a mut Link<C>,
    server: Handle,
    handles: Vec<Handle>,
}

/// An open domain.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) sid: Sid,
    pub(super) handle: Handle,
}

impl<'a, C: Connector> Sam<'a, C> {
    pub(super) async fn open(link: &'a mut Link<C>) -> Result<Self, Error> {
        let request = connect5::Request {
            server_name: link.server_name(),
            access: ServerAccess::CONNECT | ServerAccess::ENUMERATE_DOMAINS | ServerAccess::LOOKUP_DOMAIN,
            revision: connect5::RevisionInfo::NEWEST,
        };
        let answer = link.ask(request).await?;
        match answer.status {
            NtStatus::SUCCESS => Ok(Self { link, server: answer.server, handles: vec![answer.server] }),
            status => Err(link.refused(connect5::Request::NAME, status)),
        }
    }

    /// Closes every handle.
    pub(super) async fn close(self) {
        for handle in self.handles.into_iter().rev() {
            // The caller has its answer. A handle that is left ends with the connection.
            if self.link.ask(close_handle::Request { handle }).await.is_err() {
                return;
            }
        }
    }

    /// Keeps a handle for [`Sam::close`], or returns why there is none.
    pub(super) fn opened(
        &mut self,
        call: &'static str,
        handle: Handle,
        status: NtStatus,
    ) -> Result<Handle, Error> {
        match status {
            NtStatus::SUCCESS => {
                self.handles.push(handle);
                Ok(handle)
            }
            status => Err(self.link.refused(call, status)),
        }
    }

    /// Opens the domain of the server's own accounts: at a domain controller that of the users of the domain.
    pub(super) async fn account_domain(&mut self) -> Result<Domain, Error> {
        const CALL: &str = enumerate_domains_in_sam_server::Request::NAME;
        let request = enumerate_domains_in_sam_server::Request {
            server: self.server,
            context: 0,
            preferred_maximum_length: LIST_LENGTH,
        };
        let answer = self.link.ask(request).await?;
        if answer.status != NtStatus::SUCCESS {
            return Err(self.link.refused(CALL, answer.status));
        }
        let domains = answer.buffer.unwrap_or_default().into_vec();
        let names = domains.into_iter().filter_map(|domain| domain.name.into_text());
        let name = names.into_iter().find(|name| !name.eq_ignore_ascii_case(BUILTIN));
        let name = name.ok_or_else(|| self.link.broken(CALL, "it names no domain of accounts"))?;
        self.named_domain(name).await
    }

    /// Opens the domain of Administrators.
    pub(super) async fn builtin_domain(&mut self) -> Result<Domain, Error> {
        self.named_domain(BUILTIN.to_owned()).await
    }

    async fn named_domain(&mut self, name: String) -> Result<Domain, Error> {
        const CALL: &str = lookup_domain_in_sam_server::Request::NAME;
        let request =
            lookup_domain_in_sam_server::Request { server: self.server, name: name.as_str().into() };
        let answer = self.link.ask(request).await?;
        let sid = match (answer.status, answer.domain_id) {
            (NtStatus::SUCCESS, Some(sid)) => sid,
            (NtStatus::SUCCESS, None) => return Err(self.link.broken(CALL, "it holds nothing")),
            (status, _) => return Err(self.link.refused(CALL, status)),
        };
        let handle = self.domain(&sid).await?;
        Ok(Domain { name, sid, handle })
    }

    /// Opens a domain by its SID.
    pub(super) async fn domain(&mut self, sid: &Sid) -> Result<Handle, Error> {
        let request = open_domain::Request {
            server: self.server,
            access: DomainAccess::LOOKUP,
            domain_id: sid.clone(),
        };
        let answer = self.link.ask(request).await?;
        self.opened(open_domain::Request::NAME, answer.domain, answer.status)
    }

    /// Opens an account by its RID.
    pub(super) async fn user(
        &mut self,
        domain: Handle,
        rid: u32,
        access: UserAccess,
    ) -> Result<Handle, Error> {
        let answer = self.link.ask(open_user::Request { domain, access, rid }).await?;
        self.opened(open_user::Request::NAME, answer.user, answer.status)
    }

    /// Reads the name of an account.
    pub(super) async fn account_name(&mut self, user: Handle) -> Result<String, Error> {
        let name = |info: UserInfo| info.name.and_then(CountedText::into_text);
        self.query(user, query_information_user::ACCOUNT_NAME, name).await
    }

    /// Reads what an account is, and whether it is disabled.
    pub(super) async fn control(&mut self, user: Handle) -> Result<AccountControl, Error> {
        self.query(user, query_information_user::CONTROL, |info| info.control).await
    }

    /// Reads the RID of the primary group of an account.
    pub(super) async fn primary_group(&mut self, user: Handle) -> Result<u32, Error> {
        self.query(user, query_information_user::PRIMARY_GROUP, |info| info.primary_group).await
    }

    async fn query<T>(
        &mut self,
        user: Handle,
        class: u32,
        value: impl FnOnce(UserInfo) -> Option<T>,
    ) -> Result<T, Error> {
        const CALL: &str = query_information_user::Request::NAME;
        let answer = self.link.ask(query_information_user::Request { user, class }).await?;
        match (answer.status, answer.info.and_then(value)) {
            (NtStatus::SUCCESS, Some(value)) => Ok(value),
            (NtStatus::SUCCESS, None) => Err(self.link.broken(CALL, "it holds nothing")),
            (status, _) => Err(self.link.refused(CALL, status)),
        }
    }

    /// Closes a handle before the others.
    pub(super) async fn release(&mut self, handle: Handle) -> Result<(), Error> {
        self.handles.retain(|kept| *kept != handle);
        let answer = self.link.ask(close_handle::Request { handle }).await?;
        match answer.status {
            NtStatus::SUCCESS => Ok(()),
            status => Err(self.link.refused(close_handle::Request::NAME, status)),
        }
    }

    /// Looks up the RID of an account; None if the domain has no account of that name.
    pub(super) async fn rid(&mut self, domain: Handle, name: &str) -> Result<Option<u32>, Error> {
        const CALL: &str = lookup_names_in_domain::Request::NAME;
        let answer =
            self.link.ask(lookup_names_in_domain::Request { domain, names: vec![name.into()] }).await?;
        match (answer.status, answer.relative_ids.as_slice(), answer.uses.as_slice()) {
            (NtStatus::NONE_MAPPED, ..) => Ok(None),
            (NtStatus::SUCCESS, [rid], [lookup_names_in_domain::NameUse::USER]) => Ok(Some(*rid)),
            (NtStatus::SUCCESS, [_], [_]) => Ok(None),
            (NtStatus::SUCCESS, ..) => Err(self.link.broken(CALL, "it has not one answer for one name")),
            (status, ..) => Err(self.link.refused(CALL, status)),
        }
    }
}
