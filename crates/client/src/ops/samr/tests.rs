//! Servers that answer wrongly about accounts.

use std::sync::{Arc, Mutex, MutexGuard};

use netsession_rpc::ndr::{Counted, CountedText, Message, Syntax, decode, encode};
use netsession_samr::lookup_names_in_domain::NameUse;
use netsession_samr::query_information_user::UserInfo;
use netsession_samr::{
    ADMINISTRATORS, AccountControl, DOMAIN_ADMINS, Handle, Sid, close_handle, connect5,
    enumerate_domains_in_sam_server, get_members_in_alias, get_members_in_group, lookup_domain_in_sam_server,
    lookup_names_in_domain, open_alias, open_domain, open_group, open_user, query_information_user,
    set_information_user,
};

use super::administrators::remaining_administrators;
use super::find_account::find_account;
use super::set_account_disabled::set_account_disabled;
use crate::calls::{Calls, Connector, Facts, Operation};
use crate::error::Violation;
use crate::link::Link;
use crate::{Account, Error, NtStatus, RemainingAdministrators, Step, UnknownAdministrators};

/// The RIDs of the accounts `bob` and `root`.
const BOB: u32 = 1003;
const ROOT: u32 = 500;

/// What the server does wrong.
#[derive(Debug, Clone, PartialEq)]
enum Wrong {
    Nothing,
    /// It finds these RIDs, whatever the name is.
    Finds(Vec<u32>),
    /// It opens this account, whatever the RID is.
    Opens(u32),
    /// It accepts the change of an account, and carries nothing out.
    Forgets,
    /// It carries the change out, and refuses the next request for the account with this status.
    RefusesAfterwards(NtStatus),
    /// It refuses the change.
    Refuses,
    /// Its groups have this many members, which are groups, too.
    Members(u32),
    /// The answer to this operation ends after so many octets.
    EndsAfter(u16, usize),
}

/// A server with two accounts, of which `root` is an administrator.
#[derive(Clone)]
struct Accounts(Arc<Mutex<State>>);

struct State {
    wrong: Wrong,
    bob: AccountControl,
    /// The RIDs of the accounts that a request has changed.
    changed: Vec<u32>,
    calls: usize,
}

impl Accounts {
    fn new(wrong: Wrong) -> Self {
        let bob = AccountControl::NORMAL_ACCOUNT;
        Self(Arc::new(Mutex::new(State { wrong, bob, changed: Vec::new(), calls: 0 })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn link(&self) -> Link<Self> {
        Link::connect(self.clone()).await.unwrap()
    }
}

impl Connector for Accounts {
    type Connection = Connection;

    async fn connect(&self) -> Result<Connection, Error> {
        Ok(Connection { accounts: self.clone(), facts: crate::testing::facts() })
    }
}

struct Connection {
    accounts: Accounts,
    facts: Facts,
}

impl Calls for Connection {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    async fn call<O: Operation>(&mut self, request: O) -> Result<O::Response, Error> {
        let stub = encode(request, Syntax::Ndr32).unwrap();
        let mut state = self.accounts.state();
        state.calls += 1;
        let mut answer = state.answer(O::OPNUM, &stub);
        if let Wrong::EndsAfter(opnum, octets) = state.wrong
            && opnum == O::OPNUM
        {
            answer.truncate(octets);
        }
        decode(&answer, Syntax::Ndr32).map_err(|error| Error::Protocol {
            server: "labsrv".into(),
            step: Step::Call(O::NAME),
            cause: Violation::ndr(error),
        })
    }

    async fn close(self) -> Result<(), Error> {
        Ok(())
    }
}

impl State {
    fn answer(&mut self, opnum: u16, stub: &[u8]) -> Vec<u8> {
        let status = NtStatus::SUCCESS;
        match opnum {
            connect5::Request::OPNUM => write(connect5::Response { server: handle(1), ..Default::default() }),
            enumerate_domains_in_sam_server::Request::OPNUM => {
                let domain = |name: &str| enumerate_domains_in_sam_server::Domain {
                    name: name.into(),
                    ..Default::default()
                };
                let buffer = Some(Counted::from(vec![domain("LABSRV"), domain("Builtin")]));
                write(enumerate_domains_in_sam_server::Response { buffer, count: 2, context: 0, status })
            }
            lookup_domain_in_sam_server::Request::OPNUM => {
                write(lookup_domain_in_sam_server::Response { domain_id: Some(domain()), status })
            }
            open_domain::Request::OPNUM => write(open_domain::Response { domain: handle(2), status }),
            lookup_names_in_domain::Request::OPNUM => self.found(),
            open_user::Request::OPNUM => self.open(read::<open_user::Request>(stub).rid),
            query_information_user::Request::OPNUM => self.query(&read(stub)),
            set_information_user::Request::OPNUM => self.set(&read(stub)),
            open_group::Request::OPNUM => {
                write(open_group::Response { group: handle(DOMAIN_ADMINS), status })
            }
            open_alias::Request::OPNUM => {
                write(open_alias::Response { alias: handle(ADMINISTRATORS), status })
            }
            get_members_in_group::Request::OPNUM => {
                let rids = match self.wrong {
                    Wrong::Members(count) => (10_000..).take(usize::try_from(count).unwrap()).collect(),
                    _ => vec![ROOT],
                };
                let members = Some(get_members_in_group::Members::new(rids, 7));
                write(get_members_in_group::Response { members, status })
            }
            get_members_in_alias::Request::OPNUM => write(get_members_in_alias::Response::default()),
            close_handle::Request::OPNUM => write(close_handle::Response::default()),
            other => panic!("operation {other}"),
        }
    }

    fn found(&self) -> Vec<u8> {
        let rids = match &self.wrong {
            Wrong::Finds(rids) => rids.clone(),
            _ => vec![BOB],
        };
        let uses = Counted::from(vec![NameUse::USER; rids.len()]);
        let status = NtStatus::SUCCESS;
        write(lookup_names_in_domain::Response { relative_ids: Counted::from(rids), uses, status })
    }

    fn open(&self, rid: u32) -> Vec<u8> {
        let is_user = rid == BOB || rid == ROOT;
        let status = if is_user { NtStatus::SUCCESS } else { NtStatus::NO_SUCH_USER };
        let rid = if let Wrong::Opens(rid) = self.wrong { rid } else { rid };
        write(open_user::Response { user: handle(rid), status })
    }

    fn query(&self, request: &query_information_user::Request) -> Vec<u8> {
        let (rid, class) = (rid(request.user), request.class);
        match self.wrong {
            Wrong::RefusesAfterwards(status) if !self.changed.is_empty() => {
                return write(query_information_user::Response { info: None, status });
            }
            _ => {}
        }
        let name = (class == query_information_user::ACCOUNT_NAME)
            .then(|| CountedText::from(if rid == BOB { "Bob" } else { "root" }));
        let primary_group = (class == query_information_user::PRIMARY_GROUP).then_some(513);
        let control = if rid == BOB { self.bob } else { AccountControl::NORMAL_ACCOUNT };
        let control = (class == query_information_user::CONTROL).then_some(control);
        let info = Some(UserInfo { class, name, primary_group, control });
        write(query_information_user::Response { info, status: NtStatus::SUCCESS })
    }

    fn set(&mut self, request: &set_information_user::Request) -> Vec<u8> {
        self.changed.push(rid(request.user));
        let status = match self.wrong {
            Wrong::Refuses => NtStatus::ACCESS_DENIED,
            Wrong::Forgets => NtStatus::SUCCESS,
            _ => {
                self.bob = request.info.control.unwrap();
                NtStatus::SUCCESS
            }
        };
        write(set_information_user::Response { status })
    }
}

fn domain() -> Sid {
    "S-1-5-21-1-2-3".parse().unwrap()
}

fn bob() -> Sid {
    domain().with_rid(BOB).unwrap()
}

/// A handle with a number.
fn handle(number: u32) -> Handle {
    let octets: Vec<u8> = number.to_le_bytes().into_iter().chain([1; 16]).collect();
    read::<close_handle::Request>(&octets).handle
}

/// The number of a handle.
fn rid(handle: Handle) -> u32 {
    let octets = write(close_handle::Request { handle });
    u32::from_le_bytes(*octets.first_chunk().unwrap())
}

fn read<M: Message>(stub: &[u8]) -> M {
    decode(stub, Syntax::Ndr32).unwrap()
}

fn write<M: Message>(message: M) -> Vec<u8> {
    encode(message, Syntax::Ndr32).unwrap()
}

/// A failure here would disable the account of somebody else, of an administrator for example.
#[tokio::test]
async fn an_account_of_another_name_is_refused() {
    let found = find_account(&mut Accounts::new(Wrong::Nothing).link().await, "bob").await.unwrap();
    assert_eq!(found.map(|account: Account| (account.name, account.sid)), Some(("bob".into(), bob())));
    for wrong in
        [Wrong::Finds(vec![ROOT]), Wrong::Finds(vec![]), Wrong::Finds(vec![BOB, ROOT]), Wrong::Opens(ROOT)]
    {
        let error = find_account(&mut Accounts::new(wrong.clone()).link().await, "bob").await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{wrong:?}: {error}");
    }
}

/// A failure here would end the program, or change an account although its state is not known.
#[tokio::test]
async fn answers_that_end_early_change_nothing() {
    for operation in <netsession_samr::Samr as netsession_rpc::Interface>::OPERATIONS {
        for octets in 0..40 {
            let server = Accounts::new(Wrong::EndsAfter(operation.opnum, octets));
            let mut link = server.link().await;
            let found = find_account(&mut link, "bob").await;
            let what = format!("{} after {octets} octets", operation.name);
            assert!(server.state().changed.is_empty(), "{what}: {found:?}");
            let changed = set_account_disabled(&mut link, &bob(), "bob", true).await;
            let is_disabled = server.state().bob.contains(AccountControl::DISABLED);
            match changed {
                Ok(_) => assert!(is_disabled, "{what}"),
                Err(Error::Refused { .. }) => panic!("{what}: nothing was refused"),
                Err(_) => {}
            }
        }
    }
}

/// A failure here would record that an account is as before although the server has disabled it: nobody would enable it
/// again. Or it would record a change that the server has not carried out.
#[tokio::test]
async fn only_a_refused_change_counts_as_refused() {
    let set = async |wrong: Wrong| {
        let server = Accounts::new(wrong);
        let result = set_account_disabled(&mut server.link().await, &bob(), "bob", true).await;
        let is_disabled = server.state().bob.contains(AccountControl::DISABLED);
        (result, is_disabled)
    };
    assert!(matches!(set(Wrong::Nothing).await, (Ok(_), true)));
    assert!(matches!(set(Wrong::Refuses).await, (Err(Error::Refused { .. }), false)));
    let (forgotten, _) = set(Wrong::Forgets).await;
    assert!(matches!(forgotten, Err(Error::Protocol { .. })), "{forgotten:?}");
    for status in [NtStatus::ACCESS_DENIED, NtStatus::NO_SUCH_USER] {
        let (result, is_disabled) = set(Wrong::RefusesAfterwards(status)).await;
        assert!(is_disabled && matches!(result, Err(Error::Protocol { .. })), "{result:?}");
    }
}

/// A failure here would let a server fill the memory, or keep a person waiting for ever: each of its groups has many members,
/// which are groups, too.
#[tokio::test]
async fn groups_without_end_are_not_followed() {
    let server = Accounts::new(Wrong::Members(2_000));
    let mut link = server.link().await;
    let account = find_account(&mut link, "bob").await.unwrap().unwrap();
    server.state().calls = 0;
    let remaining = remaining_administrators(&mut link, &[account]).await.unwrap();
    assert_eq!(remaining, RemainingAdministrators::Unknown(UnknownAdministrators::TooMany));
    let calls = server.state().calls;
    assert!(calls < 6_000, "{calls} requests");
}
