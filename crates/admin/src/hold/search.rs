//! Finds the servers of a hold with the login of its person: one server without a login frees nobody at the others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use netsession_journal::HoldOrder;

use super::flags;
use super::left_out::HoldTargets;
use crate::{Error, Questions, ServerSelection, Target, Unattended, Warning, targets};

/// How long one search for all servers may take before each server is searched for by itself.
const TOGETHER: Duration = Duration::from_secs(1);
/// How long the servers that are found wait for the others.
const GRACE: Duration = Duration::from_secs(1);
/// How many searches go on beside each other before the next one waits for its first answer instead.
const CROWD: usize = 64;
/// How many searches go on.
static SEARCHES: AtomicUsize = AtomicUsize::new(0);

/// Why a server is left out of which a search has found nothing yet.
const NO_ANSWER: &str = "a password command or the name service has not answered";

/// Returns the servers of a hold, with the login by which its person would log on there now. It leaves out a server whose name means
/// another server by now, because nobody has named that one, and a server whose login is not found. It can ask the name service.
///
/// A password command that hangs delays only the servers that need it: they are left out, too.
///
/// # Errors
/// Those of [`targets`], if that is so for every server.
pub fn hold_targets(
    order: &HoldOrder,
    questions: &Unattended,
    warn: impl Fn(&Warning) + Clone + Send + 'static,
) -> Result<HoldTargets, Error> {
    let HoldTargets { targets, left_out } = beside(order, &order.servers, questions, warn)?;
    let mut sorted = HoldTargets::sorted(order, targets);
    sorted.left_out.extend(left_out);
    Ok(sorted)
}

/// Returns the servers at which a hold disables accounts, as [`account_targets`] does, for a process that asks nobody. As
/// [`hold_targets`], it waits for no password command that hangs.
///
/// # Errors
/// Those of [`hold_targets`].
pub fn unattended_account_targets(
    order: &HoldOrder,
    questions: &Unattended,
    warn: impl Fn(&Warning) + Clone + Send + 'static,
) -> Result<HoldTargets, Error> {
    beside(order, &order.accounts_on, questions, warn)
}

/// Returns the servers at which a hold disables accounts, with the login of the hold. It leaves out a server whose login is not found.
///
/// # Errors
/// Those of [`targets`], if that is so for every server.
pub fn account_targets(
    order: &HoldOrder,
    questions: &mut dyn Questions,
    mut warn: impl FnMut(&Warning),
) -> Result<HoldTargets, Error> {
    let names = &order.accounts_on;
    if names.is_empty() {
        return Ok(HoldTargets::default());
    }
    match find(order, names, questions, &mut warn) {
        Err(_) if names.len() > 1 => {
            let mut each = Each::default();
            for name in names {
                each.add(name, find(order, std::slice::from_ref(name), questions, &mut warn));
            }
            each.into_targets()
        }
        found => Ok(HoldTargets { targets: found?, left_out: BTreeMap::new() }),
    }
}

fn find(
    order: &HoldOrder,
    names: &[String],
    questions: &mut dyn Questions,
    warn: impl FnMut(&Warning),
) -> Result<Vec<Target>, Error> {
    let (login, connect) = flags(&order.login);
    let found = targets(&ServerSelection::of(names), &login, &connect, questions, warn);
    match names {
        [server] => found.map_err(|error| error.of_server(server)),
        _ => found,
    }
}

/// What a search has found, and for which server; no name means all of them.
type Answer = (Option<String>, Result<Vec<Target>, Error>);

/// Searches for all servers; and for each by itself, beside each other, if one of them has no login or is not found soon.
fn beside(
    order: &HoldOrder,
    names: &[String],
    questions: &Unattended,
    warn: impl Fn(&Warning) + Clone + Send + 'static,
) -> Result<HoldTargets, Error> {
    if names.len() < 2 {
        let found = match names {
            [] => Vec::new(),
            names => find(order, names, &mut questions.clone(), warn)?,
        };
        return Ok(HoldTargets { targets: found, left_out: BTreeMap::new() });
    }
    let (sender, receiver) = channel();
    let search = |name: Option<String>, sender: Sender<Answer>| {
        let (order, mut questions, warn) = (order.clone(), questions.clone(), warn.clone());
        let names = name.clone().map_or_else(|| names.to_vec(), |name| vec![name]);
        let going_on = GoingOn::new();
        let work = move || {
            let _going_on = going_on;
            drop(sender.send((name, find(&order, &names, &mut questions, warn))));
        };
        // A server for which there is no thread is left out.
        let _ = thread::Builder::new().name("logins".to_owned()).spawn(work);
    };
    search(None, sender.clone());
    let is_crowded = SEARCHES.load(Ordering::Relaxed) > CROWD;
    let together = if is_crowded { Duration::MAX } else { TOGETHER };
    if let Ok((_, Ok(targets))) = receiver.recv_timeout(together) {
        return Ok(HoldTargets { targets, left_out: BTreeMap::new() });
    }
    names.iter().for_each(|name| search(Some(name.clone()), sender.clone()));
    drop(sender);
    collect(names, &receiver)
}

/// A search that goes on.
struct GoingOn;

impl GoingOn {
    fn new() -> Self {
        SEARCHES.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for GoingOn {
    fn drop(&mut self) {
        SEARCHES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Takes the answers until each server has one, or for a while after the first server is found.
fn collect(names: &[String], answers: &Receiver<Answer>) -> Result<HoldTargets, Error> {
    let (mut each, mut found_at) = (Each::default(), None);
    while each.answered < names.len() {
        let left = match found_at {
            Some(at) => GRACE.saturating_sub(Instant::elapsed(&at)),
            None => Duration::MAX,
        };
        match answers.recv_timeout(left) {
            Ok((None, Ok(targets))) => return Ok(HoldTargets { targets, left_out: BTreeMap::new() }),
            Ok((None, Err(_))) => {}
            Ok((Some(name), answer)) => {
                if answer.is_ok() {
                    found_at.get_or_insert_with(Instant::now);
                }
                each.add(&name, answer);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    for name in names {
        let is_found = each.targets.iter().any(|target| target.name() == name);
        if !is_found && !each.left_out.contains_key(name) {
            each.left_out.insert(name.clone(), NO_ANSWER.to_owned());
        }
    }
    each.into_targets()
}

/// The answers for single servers.
#[derive(Default)]
struct Each {
    answered: usize,
    targets: Vec<Target>,
    left_out: BTreeMap<String, String>,
    error: Option<Error>,
}

impl Each {
    fn add(&mut self, name: &str, answer: Result<Vec<Target>, Error>) {
        self.answered = self.answered.saturating_add(1);
        match answer {
            Ok(targets) => self.targets.extend(targets),
            Err(error) => {
                // The name stands before each reason.
                let reason = if let Error::OfServer { cause, .. } = &error { &**cause } else { &error };
                self.left_out.insert(name.to_owned(), reason.to_string());
                self.error.get_or_insert(error);
            }
        }
    }

    fn into_targets(self) -> Result<HoldTargets, Error> {
        match self.error {
            Some(error) if self.targets.is_empty() => Err(error),
            _ => Ok(HoldTargets { targets: self.targets, left_out: self.left_out }),
        }
    }
}
