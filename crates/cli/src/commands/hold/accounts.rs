//! `--disable-account`: finds the accounts of a hold, shows them, and disables them before the first session ends.

use std::cell::RefCell;

use netsession::{ServerNames, UserPattern};
use netsession_admin::{
    AccountProblem, Error, HoldEvent, HoldTargets, Questions, Target, account_targets, disable_accounts,
    enable_accounts, find_accounts, hold_logs_on_as,
};
use netsession_journal::{CarrierLock, FoundAccount, Hold, Holds, Moment};

use super::order::{self, Wish};
use super::{Args, place};
use crate::commands::waiting;
use crate::exit::Exit;
use crate::failure::{Failure, PASSWORD_SOURCES};
use crate::output::{self, visible};
use crate::servers::{observers, targets_to_change, warn};

/// How a person can pass a password to `release`.
const RELEASE_PASSWORDS: &str = "pass the password with --authentication-file FILE, NETSESSION_PASSWORD, or a \
                                 password-command in the configuration file";

/// Refuses a selection that says not exactly whose account it means.
pub(in crate::commands) fn check(wish: &Wish) -> Result<(), Failure> {
    let is_exact = |user: &String| !user.contains(['*', '?']) && !user.contains('@');
    match wish.disable_account {
        Some(_) if !wish.clients.is_empty() => {
            Err(Failure::usage("--disable-account applies to a user at every client: omit --client"))
        }
        Some(_) if wish.users.is_empty() || !wish.users.iter().all(is_exact) => {
            Err(Failure::usage("--disable-account needs the exact name of each account, as bob or LAB\\bob"))
        }
        _ => Ok(()),
    }
}

/// Returns the servers at which to disable the accounts: those of the hold, or the one that the flag names.
pub(super) fn servers(
    args: &Args,
    targets: &[Target],
    questions: &mut dyn Questions,
) -> Result<Vec<Target>, Failure> {
    match args.disable_account.as_deref() {
        None => Ok(Vec::new()),
        Some("") => Ok(targets.to_vec()),
        Some(name) => targets_to_change(&[name.to_owned()], &args.connect, questions),
    }
}

/// Returns the servers at which a hold disables accounts, with its login.
pub(in crate::commands) fn servers_of(
    order: &netsession_journal::HoldOrder,
    questions: &mut dyn Questions,
) -> Result<HoldTargets, Error> {
    let observers = observers();
    let HoldTargets { targets, left_out } = account_targets(order, questions, warn)?;
    let targets = targets.into_iter().map(|target| target.observed_by(observers.clone())).collect();
    Ok(HoldTargets { targets, left_out })
}

/// Finds the accounts, and verifies that the hold may disable each of them.
pub(in crate::commands) async fn find(
    users: &[String],
    servers: &[Target],
) -> Result<Vec<FoundAccount>, Failure> {
    let named = servers.iter().map(|target| (target.name(), target));
    let (answers, _) = waiting::each(named, None, async |target: &Target| {
        let mut server = target.connect().await?;
        let found = find_accounts(&mut server, target, users).await;
        crate::commands::goodbye::close(server).await;
        found
    })
    .await;
    let found: Result<Vec<Vec<FoundAccount>>, Error> = answers.into_iter().flatten().collect();
    let found = found.map_err(nobody_is_held)?.concat();
    for user in users.iter().filter(|_| !servers.is_empty()) {
        let name = user.rsplit('\\').next().unwrap_or(user);
        let is_account = |found: &FoundAccount| found.name.rsplit('\\').next() == Some(name);
        if !found.iter().any(is_account) {
            let named: Vec<&str> = servers.iter().map(Target::name).collect();
            let server = output::joined(&named, waiting::MAX_NAMED);
            let (account, why) = (user.clone(), AccountProblem::Missing);
            return Err(Error::Account { server, account, why }.into());
        }
    }
    Ok(found)
}

/// Says that the accounts of a server are not known, so that the hold has not begun.
fn nobody_is_held(error: Error) -> Failure {
    let is_silent = matches!(error, Error::Server(_) | Error::DeadlinePassed { .. });
    let failure = Failure::from(error);
    let message = format!("{}: nothing was ended, and nobody is held", failure.message);
    let without = is_silent.then(|| {
        "to begin without this server, leave it out, or hold without --disable-account first".to_owned()
    });
    let hints: Vec<String> = failure.hint.into_iter().chain(without).collect();
    Failure { message, hint: (!hints.is_empty()).then(|| hints.join("; ")), ..failure }
}

/// Refuses a name without its domain for an account that the hold does not mean by it: for one of a domain, also at its controllers,
/// and for one at a server that is none of the hold's. At the servers of the hold, the name means the account of another person.
pub(in crate::commands) fn check_names(
    order: &netsession_journal::HoldOrder,
    found: Vec<FoundAccount>,
) -> Result<Vec<FoundAccount>, Failure> {
    let names = |user: &String, name: &str| {
        let pattern = user.parse::<UserPattern>();
        pattern.is_ok_and(|pattern| pattern.matches(name, &ServerNames::default()))
    };
    let is_another = |one: &&FoundAccount| {
        let bare = one.name.rsplit('\\').next().unwrap_or(&one.name);
        let is_bare = order.users.iter().any(|user| !user.contains('\\') && names(user, bare));
        is_bare && !one.places.iter().any(|place| order.places.contains(place))
    };
    match found.iter().find(is_another) {
        Some(FoundAccount { name, server, .. }) => {
            let (name, server) = (visible(name), visible(server));
            let problem = format!(
                "the account at {server} is {name}, and --user without a domain means another one at the servers of the hold"
            );
            Err(Failure::usage(problem).hint(format!("name it as --user '{name}'")))
        }
        None => Ok(found),
    }
}

/// Refuses to disable an account by which another hold logs on: that one would end nothing any more, and could not enable its accounts.
pub(in crate::commands) fn check_holds(found: Vec<FoundAccount>) -> Result<Vec<FoundAccount>, Failure> {
    let now = Moment::now();
    let Some(mut holds) = place::open_existing()? else { return Ok(found) };
    let open = holds.open_ones(&now).map_err(Error::from)?;
    let others = [open, holds.unsettled_ones(&now).map_err(Error::from)?].concat();
    for account in found.iter().filter(|account| !account.is_disabled) {
        if let Some(other) = others.iter().find(|other| hold_logs_on_as(&other.order, account)) {
            let (name, id) = (visible(&account.name), other.id);
            let problem =
                format!("hold {id} logs on as {name}: without this account it would keep nobody out");
            return Err(Failure::usage(problem).hint(format!(
                "replace hold {id} by a hold with another login (-U, -A), or hold without --disable-account"
            )));
        }
    }
    Ok(found)
}

/// Returns a line for each account that will be disabled.
pub(in crate::commands) fn preview(found: &[FoundAccount]) -> Vec<String> {
    let mut holds = place::open_existing().ok().flatten();
    let mut disabler = |account: &FoundAccount| {
        let holds = holds.as_mut()?;
        holds.disabler_of(account, None, &Moment::now()).ok().flatten()
    };
    let line = |account: &FoundAccount| {
        let (name, server) = (visible(&account.name), visible(&account.server));
        if !account.is_disabled {
            return format!("The account {name} at {server} will be disabled.");
        }
        match disabler(account) {
            Some(id) => format!(
                "The account {name} at {server} is disabled already, by hold {id}, and stays so until the last of its holds ends."
            ),
            None => format!("The account {name} at {server} is disabled already, and stays so."),
        }
    };
    found.iter().map(line).collect()
}

/// Disables the accounts of a recorded hold. If one cannot be disabled, it undoes the others and releases the hold.
pub(in crate::commands) async fn disable(
    hold: &Hold,
    holds: &RefCell<Holds>,
    servers: &[Target],
    lock: Option<&CarrierLock>,
    program: &'static str,
    mut report: impl FnMut(HoldEvent<'_>),
) -> Result<(), Failure> {
    let Err(error) = disable_accounts(hold, holds, servers, &mut report).await else {
        return Ok(());
    };
    order::release(&mut holds.borrow_mut(), hold, program, None)?;
    // Without the lock, the agent carries the hold on, and undoes it.
    if lock.is_some()
        && let Err(error) = enable_accounts(hold, holds, servers, &mut report).await
    {
        tracing::info!(%error, "cannot restore an account of hold {}", hold.id);
    }
    let failure = Failure::from(error);
    let now = holds.borrow_mut().get(hold.id, &Moment::now());
    let left = now.ok().flatten().is_some_and(|hold| hold.has_pending_accounts());
    let after = match left {
        true => format!("; `netsession release {}` enables what is disabled", hold.id),
        false => String::new(),
    };
    Err(Failure {
        exit: Exit::Failed,
        message: format!("{}: nothing was ended, and nobody is held{after}", failure.message),
        ..failure
    })
}

/// Says that an account of a hold is not enabled yet, although the hold is over or released.
pub(in crate::commands) fn still_disabled(id: u64, state: &str, error: impl Into<Failure>) -> Failure {
    let failure: Failure = error.into();
    let message = format!("hold {id} is {state}, but: {}", failure.message);
    let again = format!("`netsession release {id}` tries again");
    let hint = failure.hint.map(|hint| hint.replace(PASSWORD_SOURCES, RELEASE_PASSWORDS));
    let hint = hint.map_or_else(|| again.clone(), |hint| format!("{hint}; {again}"));
    Failure { exit: Exit::Failed, message, hint: Some(hint) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use netsession_journal::{HoldLogin, HoldOrder};

    use super::*;

    /// A failure here would disable an account of the domain by a hold that keeps out a local user of the same name, and nobody of the
    /// domain; or refuse the account of a server of the hold because its name is spelled otherwise.
    #[test]
    fn a_name_without_its_domain_means_no_account_of_a_domain() {
        let is_accepted = |user: &str, name: &str, server: &str, places: &[&str]| {
            let wish = Wish {
                clients: Vec::new(),
                users: vec![user.to_owned()],
                time: Duration::from_secs(60),
                disable_account: Some(String::new()),
            };
            let order = HoldOrder {
                servers: vec!["s1".to_owned(), "dc1".to_owned()],
                places: vec!["10.0.0.5:445".to_owned(), "10.0.0.1:445".to_owned()],
                ..order::order(&wish, HoldLogin::default(), &[], "hold")
            };
            let found = FoundAccount {
                server: server.to_owned(),
                name: name.to_owned(),
                sid: "S-1-5-21-1-2-3-1104".to_owned(),
                control: 0x10,
                is_disabled: false,
                places: places.iter().map(|place| (*place).to_owned()).collect(),
            };
            check_names(&order, vec![found]).is_ok()
        };
        assert!(!is_accepted("bob", r"LAB\bob", "dc1", &[]), "a server of the hold");
        assert!(!is_accepted("bär", r"LAB\BÄR", "dc1", &[]));
        assert!(!is_accepted("bob", r"FS9\bob", "fs9", &["10.0.0.9:445"]), "another server");
        assert!(is_accepted(r"LAB\bob", r"LAB\bob", "dc1", &[]));
        assert!(is_accepted("bob", r"FS1\bob", "s1", &["10.0.0.5:445"]));
        assert!(is_accepted("bob", r"FS1\bob", "S1", &["10.0.0.5:445"]));
        assert!(is_accepted("bob", r"FS1\bob", "fs1", &["fs1.lab.test:445", "10.0.0.5:445"]));
    }
}
