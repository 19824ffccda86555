//! The order of a hold: what a person asks for, as the database keeps it. The command and the live view share these steps.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use netsession::{Kerberos, Selector};
use netsession_admin::{
    ChangeNote, Error, Password, Questions, Target, hold_names_login, hold_namesake, hold_nodes, hold_place,
    hold_selection,
};
use netsession_config::PASSWORD_VARIABLE;
use netsession_journal::{
    Actor, CarrierLock, FoundAccount, Hold, HoldLogin, HoldOrder, Holds, Moment, Operation, Subject,
};

use super::lines;
use crate::failure::Failure;
use crate::flags::Connect;
use crate::output;
use crate::servers::{Terminal, note_change};

/// Whom a person wants to keep out, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Wish {
    pub(in crate::commands) clients: Vec<String>,
    pub(in crate::commands) users: Vec<String>,
    pub(in crate::commands) time: Duration,
    /// The server at which to disable the accounts of the users; empty for those of the hold.
    pub(in crate::commands) disable_account: Option<String>,
}

/// A person at the terminal, whose answers nobody has after this command.
#[derive(Debug, Default)]
pub(in crate::commands) struct Noting {
    was_asked: bool,
}

impl Noting {
    /// Whether only this process can log on at the servers again.
    pub(in crate::commands) fn needs_a_person(&self, connect: &Connect) -> bool {
        self.was_asked
            || connect.password_stdin
            || std::env::var_os(PASSWORD_VARIABLE).is_some_and(|value| !value.is_empty())
    }
}

impl Questions for Noting {
    fn can_ask(&self) -> bool {
        Terminal.can_ask()
    }

    fn user(&mut self, servers: &[String]) -> io::Result<Option<String>> {
        self.was_asked = true;
        Terminal.user(servers)
    }

    fn password(&mut self, user: &str, servers: &[String]) -> io::Result<Password> {
        self.was_asked = true;
        Terminal.password(user, servers)
    }
}

/// Returns how to log on again without this process.
pub(in crate::commands) fn login(connect: &Connect, needs_a_person: bool) -> Result<HoldLogin, Failure> {
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).map_err(|error| Failure::usage(format!("{}: {error}", Path::display(path))))
    };
    let kerberos = connect.kerberos.or(connect.kerberos_only.then_some(Kerberos::Required));
    Ok(HoldLogin {
        user: connect.login.clone(),
        authentication_file: connect.authentication_file.as_ref().map(absolute).transpose()?,
        keytab: connect.keytab.as_ref().map(absolute).transpose()?,
        kerberos: kerberos.map(|kerberos| kerberos.to_string()),
        is_encryption_required: connect.encrypt,
        time_limit_ms: connect.timeout.and_then(|limit| u64::try_from(limit.as_millis()).ok()),
        has_netbios: connect.netbios,
        needs_a_person,
    })
}

/// Returns the order that the database keeps.
pub(in crate::commands) fn order(
    wish: &Wish,
    login: HoldLogin,
    targets: &[Target],
    program: &str,
) -> HoldOrder {
    let mut named: Vec<String> = Vec::new();
    for target in targets {
        if !named.iter().any(|name| name == target.origin()) {
            named.push(target.origin().to_owned());
        }
    }
    HoldOrder {
        named,
        servers: targets.iter().map(|target| target.name().to_owned()).collect(),
        clients: wish.clients.clone(),
        users: wish.users.clone(),
        places: targets.iter().map(hold_place).collect(),
        nodes: hold_nodes(targets),
        login,
        seconds: wish.time.as_secs(),
        ..HoldOrder::of(Actor::of_process(program))
    }
}

/// Refuses a name with spaces around it, such as a pasted one: no user has it, and the hold would keep nobody out.
pub(in crate::commands) fn check_spaces(wish: &Wish) -> Result<(), Failure> {
    match wish.users.iter().chain(&wish.clients).find(|name| name.trim() != name.as_str()) {
        Some(name) => {
            let name = output::visible(name);
            Err(Failure::usage(format!(
                "the name `{name}` begins or ends with a space: it would keep nobody out"
            )))
        }
        None => Ok(()),
    }
}

/// Refuses a hold that names the account that it logs on with.
pub(in crate::commands) fn check_logins(selector: &Selector, targets: &[Target]) -> Result<(), Failure> {
    let own = targets.iter().find(|target| hold_names_login(selector, target.login()));
    own.map_or(Ok(()), |target| Err(names_own(selector, target)))
}

fn names_own(selector: &Selector, target: &Target) -> Failure {
    let visible = |text: &str| output::visible(text).into_owned();
    let (login, server) = (visible(&target.login().to_string()), visible(target.name()));
    let why = "a hold spares the account that it logs on with";
    match hold_namesake(selector, target.login()) {
        Some(user) => Failure::usage(format!(
            "the hold names its own login {login} on {server}, because a server can list {} without its domain, as it lists the login: {why}",
            visible(&user)
        ))
        .hint("log on as an administrator with another name (--login), or name the client, too (--client)"),
        None => Failure::usage(format!("the hold names its own login {login} on {server}: {why}"))
            .hint("log on as another administrator (--login), or name the client, too (--client)"),
    }
}

/// Returns the question whether to hold, of which a yes is the answer.
pub(in crate::commands) fn question(
    wish: &Wish,
    targets: &[Target],
    accounts: &[FoundAccount],
    count: usize,
) -> String {
    let ends = match count {
        0 => "no session ends now".to_owned(),
        1 => "1 session ends now".to_owned(),
        count => format!("{count} sessions end now"),
    };
    let place = match targets {
        [target] => target.name().to_owned(),
        several => format!("{} servers", several.len()),
    };
    let whom = [wish.users.as_slice(), wish.clients.as_slice()].concat().join(", ");
    let time = lines::time(wish.time);
    let disable = match accounts.iter().filter(|account| !account.is_disabled).count() {
        0 => String::new(),
        1 => ", and disable 1 account".to_owned(),
        count => format!(", and disable {count} accounts"),
    };
    format!("Keep {} out of {place} for {time}{disable} ({ends})?", output::visible(&whom))
}

/// A hold that is recorded.
#[derive(Debug)]
pub(in crate::commands) struct Begun {
    pub(in crate::commands) hold: Hold,
    /// Why the sessions end, for the journal.
    pub(in crate::commands) note: ChangeNote,
    /// This process carries the hold on; None if the agent does.
    pub(in crate::commands) lock: Option<CarrierLock>,
    /// Whether the agent carries the hold on once its accounts are disabled.
    is_for_agent: bool,
}

impl Begun {
    /// Leaves the hold to the agent, if there is one, after the accounts are disabled.
    pub(in crate::commands) fn after_accounts(self) -> Self {
        Self { lock: self.lock.filter(|_| !self.is_for_agent), ..self }
    }
}

/// Records a hold, with the accounts that it is about to disable. If no agent can carry it on, this process has it before the first session ends.
pub(in crate::commands) fn begin(
    order: &HoldOrder,
    accounts: &[FoundAccount],
    holds: &mut Holds,
    program: &'static str,
) -> Result<Begun, Failure> {
    let (selection, reason) = (hold_selection(order), order.reason.clone());
    let recorded = ChangeNote {
        program: Some(program),
        selection: format!("{selection} --for {}s", order.seconds),
        reason: reason.clone(),
    };
    note_change(Operation::Hold, &recorded, &order.named.join(" "), subjects(order))?;
    let id = holds.add_with_accounts(order, accounts, &Moment::now()).map_err(Error::from)?;
    let hold = holds.get(id, &Moment::now()).map_err(Error::from)?;
    let hold = hold.ok_or_else(|| Failure::failed(format!("hold {id} is gone: somebody removed it")))?;
    let note = ChangeNote { program: Some(program), selection: format!("hold {id}: {selection}"), reason };
    let is_for_agent = holds.has_agent() && !order.login.needs_a_person;
    // Only one process disables an account: it knows whether its request did, or somebody else.
    let is_left_at_once = is_for_agent && accounts.is_empty();
    let lock = if is_left_at_once { None } else { holds.carry(id, program).map_err(Error::from)? };
    Ok(Begun { hold, note, lock, is_for_agent })
}

/// Returns the users of a hold, or its clients if it keeps out every user, by which the journal finds it.
fn subjects(order: &HoldOrder) -> Vec<Subject> {
    let users = order.users.iter().map(|user| Subject { user: Some(user.clone()), ..Subject::default() });
    let clients =
        order.clients.iter().map(|client| Subject { client: Some(client.clone()), ..Subject::default() });
    if order.users.is_empty() { clients.collect() } else { users.collect() }
}

/// Releases a hold, and records that. Returns whether it was open.
pub(in crate::commands) fn release(
    holds: &mut Holds,
    hold: &Hold,
    program: &'static str,
    reason: Option<String>,
) -> Result<bool, Failure> {
    let selection = format!("hold {}: {}", hold.id, hold_selection(&hold.order));
    let note = ChangeNote { program: Some(program), selection, reason };
    let released = note_change(Operation::Release, &note, &hold.order.named.join(" "), subjects(&hold.order))
        .and_then(|()| {
            Ok(holds.release(hold.id, &Actor::of_process(program), &Moment::now()).map_err(Error::from)?)
        });
    released.map_err(|failure| not_released(hold, failure))
}

/// Says that a hold goes on, and what can be done meanwhile: its release needs space on the disk.
fn not_released(hold: &Hold, failure: Failure) -> Failure {
    let id = hold.id;
    let meanwhile = match &hold.carrier {
        Some(carrier) if carrier.starts_with("agent") => format!(
            "until then, nobody's session ends if you stop the agent ({carrier}), which stops its other holds, too"
        ),
        Some(carrier) => format!(
            "until then, nobody's session ends if you stop the process that carries the hold on ({carrier})"
        ),
        None => "nobody carries the hold on now; only `netsession serve --holds` refuses logons until then"
            .to_owned(),
    };
    let hint = failure.hint.map_or_else(|| meanwhile.clone(), |hint| format!("{hint}; {meanwhile}"));
    Failure {
        message: format!("hold {id} is not released: {}", failure.message),
        hint: Some(hint),
        ..failure
    }
}

/// Returns whom a hold keeps out, for a message.
pub(in crate::commands) fn whom(hold: &Hold) -> String {
    [hold.order.users.as_slice(), hold.order.clients.as_slice()].concat().join(", ")
}
