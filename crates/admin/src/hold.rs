//! [`carry_on()`] keeps somebody out of servers: it ends their sessions, and again whenever they come back.

mod accounts;
mod clients;
mod finding;
mod keeper;
mod left_out;
mod login_user;
mod logins;
mod news;
mod nodes;
mod own;
mod pace;
mod search;
mod servers;
mod station;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, join, select};
use netsession::{
    ClientPattern, EndOptions, EndReport, ParseSelectorError, Selector, SessionFilter, UserPattern,
};
use netsession_journal::{CarrierLock, FoundAccount, HeldAccount, Hold, HoldLogin, HoldOrder, Holds, Moment};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::watch::{is_locked_out, place};
use crate::{ChangeNote, ConnectFlags, Down, Error, LoginFlags, NodeEvent, SilentNode, SilentNodes, Target};
use accounts::Accounts;
pub use accounts::{disable_accounts, enable_accounts, find_accounts};
pub use clients::hold_addresses;
use finding::{Finder, Finding};
pub use keeper::HoldEnd;
use keeper::Keeper;
pub use left_out::{HoldTargets, hold_nodes};
pub use login_user::hold_logs_on_as;
use logins::Logins;
use news::News;
use nodes::{LeftOutNodes, grown};
pub use own::{hold_names_login, hold_namesake};
pub use search::{account_targets, hold_targets, unattended_account_targets};
use servers::{HoldServers, is_same_target};
use station::Member;

/// How often to look for another login where a server has refused the one of a hold.
const SEEK: Duration = Duration::from_secs(5);
/// The place of the accounts among the problems of a hold, after those of all servers.
const ACCOUNTS: usize = usize::MAX;
/// How often to look whether somebody has enabled an account of a hold.
const LOOK: Duration = Duration::from_secs(60);
/// How often to look whether the hold is released.
const TICK: Duration = Duration::from_millis(250);

/// The holds of the database, for the work that goes on beside each other on one thread.
pub type SharedHolds = Rc<RefCell<Holds>>;

/// What happened at a server while a hold is carried on.
#[derive(Debug)]
#[non_exhaustive]
pub enum HoldEvent<'a> {
    /// Sessions were ended, or could not be. If the same sessions cannot be ended again and again, the hold says so once.
    Ended {
        /// The server.
        target: &'a Target,
        /// The outcome of each.
        report: &'a EndReport,
    },
    /// The server does not list. The hold continues at the others, and here once it answers.
    Down {
        /// The server.
        target: &'a Target,
        /// Why, and when the next attempt is.
        down: &'a Down,
    },
    /// The server answers again.
    Up {
        /// The server.
        target: &'a Target,
    },
    /// The hold does not act at a server: its name means another one now, or its login is not found.
    LeftOut {
        /// The name of the server.
        server: &'a str,
        /// Why.
        why: &'a str,
    },
    /// The hold acts again at a server that it left out.
    TakenBack {
        /// The server.
        target: &'a Target,
    },
    /// A node of a cluster does not answer: the hold does not see the sessions there, and continues at the other nodes.
    NodeDown {
        /// The cluster.
        target: &'a Target,
        /// The node.
        node: &'a SilentNode,
    },
    /// A node of a cluster answers again.
    NodeUp {
        /// The cluster.
        target: &'a Target,
        /// The name of the node.
        node: &'a str,
    },
    /// The nodes of a cluster do not look like one cluster: the hold sees the sessions of one of them.
    Strangers {
        /// The cluster.
        target: &'a Target,
        /// The warning, with the names of the nodes.
        warning: &'a str,
    },
    /// An account is disabled, or enabled again.
    Account {
        /// The account.
        account: &'a FoundAccount,
        /// Whether it is disabled now.
        is_disabled: bool,
    },
    /// Somebody else has disabled the account since it was found. It stays so at the end of the hold, unless another hold did it: the last
    /// hold of an account enables it.
    AccountUntouched {
        /// The account.
        account: &'a FoundAccount,
        /// The number of the other hold.
        by: Option<u64>,
    },
    /// Somebody else has enabled an account during the hold, which has disabled it again.
    AccountDisabledAgain {
        /// The account.
        account: &'a FoundAccount,
    },
    /// An account stays disabled, because another hold of it is open.
    AccountHandedOver {
        /// The account.
        account: &'a FoundAccount,
        /// The number of the other hold.
        heir: u64,
    },
    /// An account could not be disabled, or could not be enabled again.
    AccountFailed {
        /// The account.
        account: &'a FoundAccount,
        /// Why not.
        error: &'a Error,
    },
    /// No name service knows the name of a client any more. The addresses count that it had when the hold was made.
    NameGone {
        /// The client.
        client: &'a str,
        /// The addresses.
        addresses: &'a [std::net::IpAddr],
    },
    /// The name of a client means other addresses than when the hold was made. Those that it had then count.
    NameMoved {
        /// The client.
        client: &'a str,
        /// The addresses at the start of the hold.
        addresses: &'a [std::net::IpAddr],
        /// Those that it has now and had not then.
        now: &'a [std::net::IpAddr],
    },
    /// Somebody has removed the hold from its database. It is recorded again.
    RecordedAgain {
        /// The number that it has now.
        id: u64,
    },
    /// The database of the hold fails. The hold continues.
    Database {
        /// Why.
        error: &'a netsession_journal::Error,
    },
}

/// Returns the selector of a hold.
///
/// # Errors
/// [`ParseSelectorError`] if a name is wrong. The result is None if the hold names nobody; it then keeps nobody out.
///
/// ```
/// let selector = netsession_admin::hold_selector(&[], &["bob".to_owned()])?;
/// assert!(selector.is_some());
/// assert!(netsession_admin::hold_selector(&[], &[])?.is_none(), "nobody is not everybody");
/// # Ok::<(), netsession::ParseSelectorError>(())
/// ```
pub fn hold_selector(clients: &[String], users: &[String]) -> Result<Option<Selector>, ParseSelectorError> {
    let clients: Result<Vec<ClientPattern>, _> = clients.iter().map(|text| text.parse()).collect();
    let users: Result<Vec<UserPattern>, _> = users.iter().map(|text| text.parse()).collect();
    Ok(Selector::filter(SessionFilter { clients: clients?, users: users?, ..SessionFilter::default() }))
}

/// Whether a hold can match people whom nobody has named: by a pattern or a network. Tomorrow that can be everybody, so a
/// person must confirm it as an end of everybody's sessions.
///
/// ```
/// use netsession_admin::{hold_is_open_ended, hold_selector};
///
/// let is_open_ended = |clients: &[&str], users: &[&str]| {
///     let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
///     let selector = hold_selector(&texts(clients), &texts(users)).unwrap().unwrap();
///     hold_is_open_ended(&selector)
/// };
/// assert!(is_open_ended(&[], &["svc-*"]) && is_open_ended(&["10.0.0.0/8"], &[]));
/// assert!(!is_open_ended(&[], &["bob", "carol"]) && !is_open_ended(&["10.0.0.0/8"], &["bob"]));
/// ```
#[must_use]
pub fn hold_is_open_ended(selector: &Selector) -> bool {
    let (clients, users) = (selector.clients(), selector.users());
    let named_clients = !clients.is_empty() && clients.iter().all(ClientPattern::is_exact);
    let named_users = !users.is_empty() && !users.iter().any(UserPattern::is_pattern);
    !named_clients && !named_users
}

/// Returns how a hold ends sessions, for the preview, too: it spares the account that it logs on with.
#[must_use]
pub fn hold_options() -> EndOptions {
    EndOptions { spares_own_account: true, ..EndOptions::default() }
}

/// Returns the login and the flags of a hold that is carried on without its command.
fn flags(login: &HoldLogin) -> (LoginFlags, ConnectFlags) {
    let flags = LoginFlags {
        user: login.user.clone(),
        authentication_file: login.authentication_file.clone(),
        is_password_on_stdin: false,
        keytab: login.keytab.clone(),
        kerberos: login.kerberos.as_deref().and_then(|text| text.parse().ok()),
    };
    let connect = ConnectFlags {
        is_encryption_required: login.is_encryption_required,
        time_limit: login.time_limit_ms.map(Duration::from_millis),
        has_netbios: login.has_netbios,
    };
    (flags, connect)
}

/// Returns where a server is, for the order of a hold: its host and port, or the name of the cluster.
#[must_use]
pub fn hold_place(target: &Target) -> String {
    place(target)
}

/// Returns the selection of a hold as a person would type it.
#[must_use]
pub fn hold_selection(order: &HoldOrder) -> String {
    let flags = |flag: &'static str, values: &[String]| {
        values.iter().map(|value| format!("{flag} {value}")).collect::<Vec<_>>()
    };
    let disabled = (!order.accounts_on.is_empty()).then(|| "--disable-account".to_owned());
    let selected = [flags("--client", &order.clients), flags("--user", &order.users)].concat();
    selected.into_iter().chain(disabled).collect::<Vec<_>>().join(" ")
}

/// Returns what the journal notes of each change.
fn note_of(hold: &Hold) -> ChangeNote {
    ChangeNote {
        program: Some("hold"),
        selection: format!("hold {}: {}", hold.id, hold_selection(&hold.order)),
        reason: hold.order.reason.clone(),
    }
}

/// Whether a hold keeps somebody out. A database that cannot be read releases nobody.
fn is_open(holds: &mut Holds, id: u64) -> bool {
    holds.get(id, &Moment::now()).ok().flatten().is_none_or(|hold| hold.is_open())
}

/// Carries holds on. However many they are, each server has one connection for each login, and one listing serves all holds.
///
/// It ends what [`EndPlan`](netsession::EndPlan) ends: never its own session, and no computer that is not named. It also
/// spares the other sessions of the account that it logs on with ([`EndOptions::spares_own_account`]). After an ending it
/// lists that server without a pause for a while.
#[derive(Clone)]
pub struct HoldCarrier {
    holds: SharedHolds,
    servers: HoldServers,
    logins: Logins,
    left_out: BTreeMap<String, String>,
    finder: Option<Arc<Finder>>,
    account_finder: Option<Arc<Finder>>,
    look_every: Duration,
}

impl std::fmt::Debug for HoldCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HoldCarrier").finish_non_exhaustive()
    }
}

impl HoldCarrier {
    /// Makes a carrier of the holds of this database.
    #[must_use]
    pub fn new(holds: SharedHolds) -> Self {
        let logins = Logins::default();
        let servers = HoldServers::new(Rc::clone(&holds), logins.clone());
        let left_out = BTreeMap::new();
        Self { holds, servers, logins, left_out, finder: None, account_finder: None, look_every: LOOK }
    }

    /// Looks that often, instead of once a minute, whether the accounts of a hold are still disabled.
    #[must_use]
    pub fn looking_every(self, look_every: Duration) -> Self {
        Self { look_every, ..self }
    }

    /// Looks for another login where a server has refused the one of a hold: a person may have changed the password. A login that a
    /// server has refused never goes there again. `finder` runs on a thread of its own, because it can take long.
    #[must_use]
    pub fn finding(self, finder: impl Fn(&HoldOrder) -> Option<HoldTargets> + Send + Sync + 'static) -> Self {
        Self { finder: Some(Arc::new(finder)), ..self }
    }

    /// Says why a hold does not act at these servers ([`HoldTargets::left_out`]). It acts there once the finder finds them.
    #[must_use]
    pub fn leaving_out(&self, left_out: BTreeMap<String, String>) -> Self {
        Self { left_out, ..self.clone() }
    }

    /// Does the same for the servers at which a hold disables accounts.
    #[must_use]
    pub fn finding_accounts(
        self,
        finder: impl Fn(&HoldOrder) -> Option<HoldTargets> + Send + Sync + 'static,
    ) -> Self {
        Self { account_finder: Some(Arc::new(finder)), ..self }
    }

    /// Enables the accounts that a hold has disabled, as [`enable_accounts`] does. A login that a server has refused never goes there
    /// again, whatever hold of this carrier sent it.
    ///
    /// # Errors
    /// Those of [`enable_accounts`]; [`Error::NotTried`] if the login was refused before.
    pub async fn enable_accounts(
        &self,
        hold: &Hold,
        accounts: &[Target],
        report: impl FnMut(HoldEvent<'_>),
    ) -> Result<(), Error> {
        accounts::enable_behind(&self.logins, hold, &self.holds, accounts, report).await
    }

    /// Carries a hold on until it is released or over: it ends the sessions that match, at every server, and again whenever
    /// they come back.
    ///
    /// `accounts` are the servers at which the hold disables accounts ([`account_targets`]). This disables each account that is
    /// recorded and not disabled yet, looks once a minute whether they stay so, disables again what somebody has enabled, and enables them
    /// after the release or at the end of the time. It returns when that is done.
    ///
    /// `lock` says that no other process carries the hold on. The work runs on the caller's thread. You can drop the
    /// future: the hold and its accounts stay recorded.
    ///
    /// # Errors
    /// A client's name cannot be looked up, and the order has no addresses of it. After the end of the hold: a server refuses the login by which to enable an account
    /// ([`HoldCarrier::enable_accounts`]).
    ///
    /// # Panics
    /// Outside of a tokio runtime with net and time enabled, and outside of a [`LocalSet`].
    pub async fn carry_on(
        &self,
        hold: &Hold,
        lock: CarrierLock,
        servers: &[Target],
        accounts: &[Target],
        report: impl FnMut(HoldEvent<'_>),
    ) -> Result<HoldEnd, Error> {
        let (report, is_over) = (RefCell::new(report), Cell::new(false));
        let known = RefCell::new(hold.accounts.clone());
        let accounts = Accounts {
            finding: Finding::new(self.account_finder.as_ref(), &hold.order),
            ..Accounts::new(hold, &known, accounts, &self.holds, &self.logins, &report)
        };
        let ending = async {
            let end = self.end_sessions(hold, servers, &known, &accounts.problem, &report).await;
            is_over.set(true);
            end
        };
        // A request that disables an account is never abandoned: it could take effect after the account is enabled.
        let (end, ()) = join(ending, accounts.keep_disabled(&is_over, self.look_every)).await;
        if !matches!(end, Err(_) | Ok(HoldEnd::Refused | HoldEnd::Moved { .. })) {
            accounts.enable_until_done().await?;
        }
        drop(lock);
        end
    }

    /// Ends the sessions that match, again and again, until the hold is released or over.
    async fn end_sessions(
        &self,
        hold: &Hold,
        servers: &[Target],
        accounts: &RefCell<Vec<HeldAccount>>,
        account_problem: &RefCell<Option<String>>,
        report: &RefCell<impl FnMut(HoldEvent<'_>)>,
    ) -> Result<HoldEnd, Error> {
        let order = &hold.order;
        let selector = hold_selector(&order.clients, &order.users).unwrap_or_default();
        let is_allowed = |one: &Selector| order.is_everybody_confirmed || !hold_is_open_ended(one);
        if !selector.as_ref().is_some_and(is_allowed) {
            return Ok(HoldEnd::Refused);
        }
        let tell = |event: HoldEvent<'_>| (report.borrow_mut())(event);
        let moved = RefCell::new(BTreeMap::new());
        let tell_of_names = |event: HoldEvent<'_>| {
            if let HoldEvent::NameMoved { client, now, .. } = &event {
                moved.borrow_mut().insert((*client).to_owned(), moved_problem(client, now));
            }
            tell(event);
        };
        let Some(resolved) = clients::resolve(order, servers, tell_of_names).await? else {
            return Ok(HoldEnd::Refused);
        };
        let (news, mut inbox) = unbounded_channel();
        let join = |place: usize, target: &Target, selector: &Selector| {
            let member = Member::new(hold.id, place, selector.clone(), note_of(hold), news.clone());
            self.servers.join(target, member)
        };
        let mut targets = servers.to_vec();
        let mut resolved = resolved;
        let places = targets.iter().zip(&resolved).enumerate();
        let mut seats: Vec<_> =
            places.map(|(place, (target, selector))| join(place, target, selector)).collect();
        let (mut refused, mut sought) = (BTreeSet::new(), Instant::now());
        let finding = Finding::new(self.finder.as_ref(), order);
        let mut keeper = Keeper::new(hold, Moment::now());
        keeper.set_moved(moved.take().into_values().next());
        // After the places of all servers, of which each may be taken back.
        let mut left_out: BTreeMap<usize, &String> = (order.servers.len()..)
            .zip(&order.servers)
            .filter(|(_, name)| !servers.iter().any(|target| target.name() == *name))
            .collect();
        for (place, server) in &left_out {
            let why = self.left_out.get(*server).map_or("it is not found", String::as_str);
            keeper.down(*place, format!("{server}: {why}; the hold does not act there"));
            tell(HoldEvent::LeftOut { server, why });
        }
        // After the places of all servers that can be taken back.
        let mut nodes_out = LeftOutNodes::new(order.servers.len().saturating_mul(2));
        nodes_out.add(order, &self.left_out, &mut keeper, tell);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut nodes = SilentNodes::default();
        let end = loop {
            // The sender above stays, so that there is always a next one.
            match select(pin!(ticks.tick()), pin!(inbox.recv())).await {
                Either::Right((Some(news), _)) => {
                    let needs_login = |down: &Down| down.retry.is_none() || is_locked_out(&down.error);
                    let is_refused = news.result.as_ref().is_err_and(|down| needs_login(down));
                    if !is_refused {
                        refused.remove(&news.place);
                    }
                    let is_refused_now = is_refused && refused.insert(news.place);
                    if let Some(target) = targets.get(news.place) {
                        heard(news, target, is_refused_now, &mut keeper, &mut nodes, tell);
                    }
                }
                Either::Right((None, _)) | Either::Left(_) => {
                    match account_problem.borrow().clone() {
                        Some(problem) => keeper.problem_of(ACCOUNTS, problem),
                        None => keeper.forget(ACCOUNTS),
                    }
                    let known = accounts.borrow().clone();
                    let tick = keeper.tick(&mut self.holds.borrow_mut(), &known, &Moment::now());
                    tick.error.iter().for_each(|error| tell(HoldEvent::Database { error }));
                    if tick.is_added {
                        let id = if let Some(HoldEnd::Moved { id }) = tick.end { id } else { hold.id };
                        tell(HoldEvent::RecordedAgain { id });
                    }
                    if let Some(end) = tick.end {
                        break end;
                    }
                    if sought.elapsed() >= SEEK {
                        sought = Instant::now();
                        // The search can run a command that asks a person: it is only for the servers without a login.
                        let without: Vec<String> = left_out.values().map(|name| (*name).clone()).collect();
                        let names = refused.iter().filter_map(|place| targets.get(*place));
                        let mut names: Vec<String> = names.map(|target| target.name().to_owned()).collect();
                        let is_refused = !names.is_empty();
                        names.extend(without.iter().cloned());
                        let counts = nodes_out.counts(&targets);
                        names.extend(counts.iter().map(|counted| counted.cluster.clone()));
                        if !names.is_empty() {
                            finding.start_if(&names, move |order| {
                                is_refused
                                    || left_out::can_be_back(order, &without)
                                    || left_out::has_other_nodes(order, &counts)
                            });
                        }
                    }
                    let HoldTargets { targets: found, left_out: still_out } =
                        finding.found().unwrap_or_default();
                    nodes_out.add(order, &still_out, &mut keeper, tell);
                    found.iter().for_each(|target| nodes_out.settle(target.name(), &still_out, &mut keeper));
                    for target in &found {
                        let Some(old) = left_out.iter().find(|(_, name)| target.name() == **name) else {
                            continue;
                        };
                        let old = *old.0;
                        let selector = clients::resolve(order, std::slice::from_ref(target), tell).await;
                        let Some(selector) = selector.ok().flatten().and_then(|mut one| one.pop()) else {
                            continue;
                        };
                        left_out.remove(&old);
                        keeper.forget(old);
                        tell(HoldEvent::TakenBack { target });
                        seats.push(join(targets.len(), target, &selector));
                        targets.push(target.clone());
                        resolved.push(selector);
                    }
                    let grown = grown(&found, &targets);
                    grown.iter().for_each(|(_, target)| tell(HoldEvent::TakenBack { target }));
                    for (place, target) in new_logins(&found, &targets, &refused).into_iter().chain(grown) {
                        refused.remove(&place);
                        if let (Some(seat), Some(selector)) = (seats.get_mut(place), resolved.get(place)) {
                            *seat = join(place, &target, selector);
                        }
                        targets.splice(place..=place, [target]);
                    }
                }
            }
        };
        // The number is that of another hold now.
        if !matches!(end, HoldEnd::Moved { .. }) {
            keeper.finish(&mut self.holds.borrow_mut(), &Moment::now());
        }
        Ok(end)
    }
}

/// Says that the name of a client means another computer now, or that the computer has another address.
fn moved_problem(client: &str, now: &[std::net::IpAddr]) -> String {
    let now: Vec<String> = now.iter().map(ToString::to_string).collect();
    format!(
        "{client} is {} now, and the hold keeps only its earlier addresses out: hold it again",
        now.join(", ")
    )
}

/// Returns the targets of the servers that refused the login, where there is another login now.
fn new_logins(found: &[Target], targets: &[Target], refused: &BTreeSet<usize>) -> Vec<(usize, Target)> {
    let renewed = refused.iter().filter_map(|place| {
        let old = targets.get(*place)?;
        let new = found.iter().find(|new| new.name() == old.name())?;
        (!is_same_target(old, new)).then(|| (*place, new.clone()))
    });
    renewed.collect()
}

/// Notes and reports what happened at a server.
fn heard(
    news: News,
    target: &Target,
    is_refused_now: bool,
    keeper: &mut Keeper,
    nodes: &mut SilentNodes,
    tell: impl Fn(HoldEvent<'_>),
) {
    let News { place, result, silent } = news;
    for event in nodes.update(place, &silent) {
        match &event {
            NodeEvent::Down(node) => tell(HoldEvent::NodeDown { target, node }),
            NodeEvent::Up { node } => tell(HoldEvent::NodeUp { target, node }),
        }
    }
    let was_down = keeper.is_down(place);
    match &result {
        Ok(done) => {
            if was_down {
                tell(HoldEvent::Up { target });
            }
            let is_news = keeper.listed(place, target.name(), done.as_ref());
            keeper.note_silent(place, target.name(), silent.first());
            if let Some(warning) = target.warning_of_strangers()
                && keeper.note_strangers(place, &warning)
            {
                tell(HoldEvent::Strangers { target, warning: &warning });
            }
            if let Some(done) = done.as_ref().filter(|_| is_news) {
                tell(HoldEvent::Ended { target, report: done });
            }
        }
        Err(down) => {
            if !was_down || is_refused_now {
                tell(HoldEvent::Down { target, down });
            }
            keeper.down(place, down.to_string());
        }
    }
}

/// Carries one hold on, as [`HoldCarrier::carry_on`] does. The work runs only while the caller polls.
///
/// # Errors
/// Those of [`HoldCarrier::carry_on`].
///
/// # Panics
/// Outside of a tokio runtime with net and time enabled.
pub async fn carry_on(
    hold: &Hold,
    lock: CarrierLock,
    servers: &[Target],
    accounts: &[Target],
    holds: &SharedHolds,
    mut report: impl FnMut(HoldEvent<'_>),
) -> Result<HoldEnd, Error> {
    let carrier = HoldCarrier::new(Rc::clone(holds));
    let (mut hold, mut lock) = (hold.clone(), lock);
    loop {
        let carried = carrier.carry_on(&hold, lock, servers, accounts, &mut report);
        let end = LocalSet::new().run_until(carried).await?;
        let HoldEnd::Moved { id } = end else { return Ok(end) };
        let moved = holds.borrow_mut().get(id, &Moment::now())?;
        match (moved, holds.borrow().carry(id, "hold")?) {
            (Some(moved), Some(next)) => (hold, lock) = (moved, next),
            _ => return Ok(end),
        }
    }
}
