//! [`Changes`]: counts what the journal records while the exporter runs.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use netsession_journal::{Entry, Error, Hold, Holds, Journal, Location, Moment, Query, Recorded, Timestamp};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

/// How long a change may take from its intent to its outcome. A later outcome is not counted.
const LONGEST_CHANGE: Duration = Duration::from_secs(3600);

/// Counts the ended sessions and the closed files in a journal, from the start of the exporter on.
pub struct Changes {
    location: Location,
    since: Timestamp,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// The changes since [`LONGEST_CHANGE`] that were counted, with their time.
    counted: HashMap<u64, Timestamp>,
}

/// The number of sessions and files by operation and outcome.
pub(crate) type Counts = BTreeMap<(&'static str, &'static str), u64>;

/// What the journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The counts so far.
    pub(crate) counts: Counts,
    /// The holds. None where the journal has none, or could not be read.
    pub(crate) holds: Option<HoldCounts>,
    /// Whether the journal was read.
    pub(crate) is_up: bool,
}

/// The holds of a journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HoldCounts {
    /// The holds that keep somebody out.
    pub(crate) open: u64,
    /// Those of them that cannot: a server does not answer, for example, or nobody carries the hold on.
    pub(crate) failing: u64,
    /// The sessions that all holds ended, and the logons that they refused.
    pub(crate) acted: u64,
    /// The accounts that stay disabled after the end of their holds.
    pub(crate) overdue: u64,
}

impl HoldCounts {
    fn of(holds: &[Hold]) -> Self {
        holds.iter().fold(Self::default(), |counts, hold| Self {
            open: counts.open.saturating_add(hold.is_open().into()),
            failing: counts.failing.saturating_add(is_failing(hold).into()),
            acted: counts.acted.saturating_add(hold.acted),
            overdue: counts.overdue.saturating_add(overdue(hold)),
        })
    }
}

/// Whether a hold should keep somebody out, and does not. A process that has died notes no problem.
fn is_failing(hold: &Hold) -> bool {
    hold.is_open() && (hold.problem.is_some() || hold.carrier.is_none())
}

/// Counts the accounts that the end of a hold should have enabled.
fn overdue(hold: &Hold) -> u64 {
    let pending = hold.accounts.iter().filter(|account| account.state.is_pending());
    if hold.is_open() { 0 } else { u64::try_from(pending.count()).unwrap_or(u64::MAX) }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Changes {
    /// Counts the changes of a journal from now on.
    #[must_use]
    pub fn from_now(location: Location) -> Self {
        Self { location, since: Timestamp::now(), state: Mutex::default() }
    }

    /// Counts on threads of its own, until the deadline. A database that hangs hides no hold: holds are in a file of this computer.
    pub(crate) async fn count(this: Arc<Self>, deadline: Instant) -> Counted {
        let changes = on_a_thread(Arc::clone(&this), Self::read_changes, deadline);
        let holds = on_a_thread(Arc::clone(&this), Self::read_holds, deadline);
        let (changes, holds) = futures_util::future::join(changes, holds).await;
        let is_up = changes.is_some() && holds.is_some();
        Counted { counts: this.lock().counts.clone(), holds: holds.flatten(), is_up }
    }

    /// Counts the changes that are new.
    fn read_changes(&self) -> Result<(), Error> {
        let now = Timestamp::now();
        let earliest = now.before(LONGEST_CHANGE).max(self.since);
        let found = match Journal::open_existing(&self.location)? {
            Some(journal) => journal.search(&Query { since: Some(earliest), ..Query::default() })?,
            // Nothing has been recorded yet.
            None => Vec::new(),
        };
        let mut state = self.lock();
        found.iter().for_each(|change| state.add(change));
        state.counted.retain(|_, at| *at >= earliest);
        Ok(())
    }

    /// Counts the holds. Returns None if there can be none.
    fn read_holds(&self) -> Result<Option<HoldCounts>, Error> {
        let holds = match Holds::open_existing(&self.location) {
            // A service without a home, whose journal is a database.
            Err(Error::NoPlace) => None,
            holds => holds?,
        };
        let all = holds.map(|mut holds| holds.all(&Moment::now())).transpose()?;
        Ok(all.map(|all| HoldCounts::of(&all)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A count stays right if a thread panics: each is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads on a thread of its own. Returns None if that failed, or takes longer than the deadline.
async fn on_a_thread<T: Send + 'static>(
    changes: Arc<Changes>,
    read: fn(&Changes) -> Result<T, Error>,
    deadline: Instant,
) -> Option<T> {
    let read = timeout_at(deadline, spawn_blocking(move || read(&changes))).await;
    match read.ok()?.ok()? {
        Ok(found) => Some(found),
        Err(error) => {
            tracing::warn!("the journal: {error}");
            None
        }
    }
}

impl State {
    /// Counts a change that is complete, once.
    fn add(&mut self, change: &Recorded) {
        let (Entry::Intent(intent), Some(outcome)) = (&change.entry, &change.outcome) else { return };
        if self.counted.insert(change.head.seq, intent.at).is_some() {
            return;
        }
        for result in &outcome.results {
            let key = (intent.operation.name(), result.result.words());
            let count = self.counts.entry(key).or_default();
            *count = count.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use netsession_journal::{AccountState, Actor, FoundAccount, HoldOrder};

    use super::*;

    /// A failure here would raise no alarm while the agent is dead and the users of the hold work on.
    #[test]
    fn a_hold_that_nobody_carries_on_fails() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("journal.db"));
        let mut holds = Holds::open(&location).unwrap();
        let order = HoldOrder {
            named: vec!["fs1".to_owned()],
            servers: vec!["fs1".to_owned()],
            users: vec!["bob".to_owned()],
            seconds: 60,
            ..HoldOrder::of(Actor::of_process("test"))
        };
        let account = FoundAccount {
            server: "dc1".to_owned(),
            name: r"LAB\bob".to_owned(),
            sid: "S-1-5-21-1-2-3-1104".to_owned(),
            control: 0x10,
            is_disabled: false,
            places: Vec::new(),
        };
        let id = holds.add_with_accounts(&order, &[account], &Moment::now()).unwrap();
        let changes = Changes::from_now(location);
        let holds_now = || changes.read_holds().unwrap();
        let counted = || holds_now().map(|counts| (counts.open, counts.failing));
        assert_eq!(counted(), Some((1, 1)), "no agent has taken it yet");
        let lock = holds.carry(id, "test").unwrap().unwrap();
        assert_eq!(counted(), Some((1, 0)));
        holds.note(id, 0, Some("fs1 does not answer"), &Moment::now()).unwrap();
        assert_eq!(counted(), Some((1, 1)), "once, with a problem");
        holds.note(id, 0, None, &Moment::now()).unwrap();
        assert_eq!(counted(), Some((1, 0)));
        drop(lock);
        assert_eq!(counted(), Some((1, 1)), "the agent has died");
        holds.release(id, &Actor::of_process("test"), &Moment::now()).unwrap();
        assert_eq!(counted(), Some((0, 0)));
        // The user stays locked out.
        assert_eq!(holds_now().map(|counts| counts.overdue), Some(1));
        let now = Moment::now();
        let account = holds.unsettled_ones(&now).unwrap().remove(0).accounts.remove(0);
        holds.set_account(&account, AccountState::Enabled, &now).unwrap();
        assert_eq!(holds_now().map(|counts| counts.overdue), Some(0));
    }
}
