//! [`Keeper`]: the state of a hold that is carried on, and its notes in the database.

use std::collections::BTreeMap;
use std::time::Duration;

use netsession::EndReport;
use netsession_journal::{Error as JournalError, HeldAccount, Hold, HoldState, Holds, HoldsVersion, Moment};

use crate::{Missing, SilentNode};

/// How often to note the time that is left, which counts after the next start of the computer.
const NOTE_EVERY: Duration = Duration::from_secs(10);

/// How often to read a hold of which the database knows nothing new.
const READ_EVERY: Duration = Duration::from_secs(5);

/// Why a hold is no longer carried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldEnd {
    /// Its time is over.
    Over,
    /// Somebody released it.
    Released,
    /// Somebody replaced the database by one in which another hold has its number. It goes on with this number.
    Moved {
        /// The number.
        id: u64,
    },
    /// It names nobody, or could be everybody and nobody confirmed that: somebody has changed it.
    Refused,
}

/// What a look into the database finds.
enum Found {
    /// Nothing new.
    Nothing,
    Hold(Box<Hold>),
    /// The database lacks the hold, and nobody released it.
    Lost,
}

/// What a tick finds.
#[derive(Debug, Default)]
pub(super) struct Tick {
    pub(super) end: Option<HoldEnd>,
    /// A new error of the database.
    pub(super) error: Option<JournalError>,
    /// Whether the hold was recorded again.
    pub(super) is_added: bool,
}

/// The state of a hold that is carried on.
#[derive(Debug)]
pub(super) struct Keeper {
    id: u64,
    /// The hold as it was read last.
    hold: Hold,
    left: Duration,
    seen: Moment,
    noted: Moment,
    /// The database as it was read last.
    version: Option<HoldsVersion>,
    /// What is not in the database yet.
    acted: u64,
    /// The problem of each server.
    problems: BTreeMap<usize, String>,
    /// What is wrong with the name of a client.
    moved: Option<String>,
    /// The servers that do not list.
    down: std::collections::BTreeSet<usize>,
    /// The clusters whose nodes do not look like one cluster.
    strange: std::collections::BTreeSet<usize>,
    noted_problem: Option<String>,
    has_failed: bool,
}

impl Keeper {
    pub(super) fn new(hold: &Hold, now: Moment) -> Self {
        Self {
            id: hold.id,
            hold: hold.clone(),
            left: hold.left,
            seen: now.clone(),
            noted: now,
            version: None,
            acted: 0,
            problems: BTreeMap::new(),
            moved: None,
            down: std::collections::BTreeSet::new(),
            strange: std::collections::BTreeSet::new(),
            noted_problem: hold.problem.clone(),
            has_failed: false,
        }
    }

    /// The name of a client has another address than it had.
    pub(super) fn set_moved(&mut self, problem: Option<String>) {
        self.moved = problem;
    }

    pub(super) fn is_down(&self, server: usize) -> bool {
        self.down.contains(&server)
    }

    pub(super) fn down(&mut self, server: usize, why: String) {
        self.down.insert(server);
        self.problems.insert(server, why);
    }

    /// Notes a problem that no listing takes back.
    pub(super) fn problem_of(&mut self, place: usize, problem: String) {
        self.problems.insert(place, problem);
    }

    /// This place of the hold is no server any more, or has no problem.
    pub(super) fn forget(&mut self, server: usize) {
        self.down.remove(&server);
        self.problems.remove(&server);
    }

    /// The server listed, and sessions were ended, if there is a report. Returns whether the report says more than the
    /// one before.
    pub(super) fn listed(&mut self, server: usize, name: &str, report: Option<&EndReport>) -> bool {
        self.down.remove(&server);
        let before = self.problems.remove(&server);
        let Some(report) = report else { return false };
        let ended = report.ended.len().saturating_add(report.returned.len());
        self.acted = self.acted.saturating_add(u64::try_from(ended).unwrap_or(u64::MAX));
        let answer = report.status.filter(|status| !status.is_success());
        let answer = answer.map(|status| format!(" ({status})")).unwrap_or_default();
        let problem = match (&report.error, report.remaining.len()) {
            (Some(error), _) => Some(error.to_string()),
            (None, 0) => None,
            (None, 1) => Some(format!("{name}: 1 session remains{answer}")),
            (None, count) => Some(format!("{name}: {count} sessions remain{answer}")),
        };
        let is_news = ended > 0 || problem != before;
        problem.into_iter().for_each(|problem| drop(self.problems.insert(server, problem)));
        is_news
    }

    /// A node of a cluster does not answer, so that the listing lacks its sessions. Another problem is more urgent.
    pub(super) fn note_silent(&mut self, server: usize, name: &str, silent: Option<&SilentNode>) {
        if let Some(node) = silent {
            let problem = || node.error(name, Missing::Sessions).to_string();
            self.problems.entry(server).or_insert_with(problem);
        }
    }

    /// The nodes of a cluster do not look like one cluster, so that the listing lacks sessions. Another problem is more urgent. Returns
    /// whether that is new.
    pub(super) fn note_strangers(&mut self, server: usize, warning: &str) -> bool {
        self.problems.entry(server).or_insert_with(|| warning.to_owned());
        self.strange.insert(server)
    }

    fn problem(&self) -> Option<String> {
        let Some(first) = self.problems.values().next() else { return self.moved.clone() };
        Some(match self.problems.len().saturating_sub(1) {
            0 => first.clone(),
            1 => format!("{first} (and 1 more server)"),
            more => format!("{first} (and {more} more servers)"),
        })
    }

    /// Reads whether the hold goes on, and notes what happened. Without the database, the hold lasts for the time that was left.
    /// If the database lacks the hold, it records the hold again, with these accounts.
    pub(super) fn tick(&mut self, holds: &mut Holds, accounts: &[HeldAccount], now: &Moment) -> Tick {
        let mut failed = None;
        let mut is_added = false;
        match self.read(holds, now) {
            Ok(Found::Nothing) => {}
            Ok(Found::Hold(hold)) => {
                (self.left, self.seen) = (hold.left, now.clone());
                let end = match &hold.state {
                    HoldState::Released { .. } => Some(HoldEnd::Released),
                    HoldState::Over => Some(HoldEnd::Over),
                    _ => None,
                };
                self.hold = *hold;
                if end.is_some() {
                    return Tick { end, ..Tick::default() };
                }
            }
            Ok(Found::Lost) => match self.add_again(holds, accounts, now) {
                Ok(id) if id == self.id => is_added = true,
                Ok(id) => return Tick { end: Some(HoldEnd::Moved { id }), error: None, is_added: true },
                Err(error) => failed = Some(error),
            },
            Err(error) => failed = Some(error),
        }
        if now.since(&self.seen) >= self.left {
            return Tick { end: Some(HoldEnd::Over), error: None, is_added };
        }
        let is_due =
            self.acted > 0 || self.problem() != self.noted_problem || now.since(&self.noted) >= NOTE_EVERY;
        if failed.is_none() && is_due {
            match self.note(holds, now) {
                // Another program writes. The next tick notes it.
                Ok(()) | Err(JournalError::Busy { .. }) => {}
                Err(error) => failed = Some(error),
            }
        }
        let is_new = failed.is_some() && !self.has_failed;
        self.has_failed = failed.is_some();
        Tick { end: None, error: failed.filter(|_| is_new), is_added }
    }

    /// Reads the hold. What nobody has changed need not be read again, four times a second for each of many holds.
    fn read(&mut self, holds: &mut Holds, now: &Moment) -> Result<Found, JournalError> {
        let before = self.version.take();
        let version = holds.version()?;
        if before == Some(version) && now.since(&self.seen) < READ_EVERY {
            self.version = before;
            return Ok(Found::Nothing);
        }
        let found = match holds.get(self.id, now)? {
            Some(hold) if hold.order == self.hold.order => Found::Hold(Box::new(hold)),
            _ => return Ok(Found::Lost),
        };
        self.version = Some(version);
        Ok(found)
    }

    /// Records the hold again, which somebody has removed, and returns its number.
    fn add_again(
        &self,
        holds: &mut Holds,
        accounts: &[HeldAccount],
        now: &Moment,
    ) -> Result<u64, JournalError> {
        let left = self.left.saturating_sub(now.since(&self.seen));
        holds.add_again(&Hold { left, accounts: accounts.to_vec(), ..self.hold.clone() }, now)
    }

    fn note(&mut self, holds: &mut Holds, now: &Moment) -> Result<(), JournalError> {
        let problem = self.problem();
        holds.note(self.id, self.acted, problem.as_deref(), now)?;
        (self.acted, self.noted_problem, self.noted) = (0, problem, now.clone());
        Ok(())
    }

    /// Notes the last actions.
    pub(super) fn finish(&mut self, holds: &mut Holds, now: &Moment) {
        self.problems.clear();
        self.moved = None;
        if let Err(error) = self.note(holds, now) {
            tracing::warn!(%error, "the last actions of hold {} are not noted", self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsession_journal::{Actor, BootTime, HoldOrder, Location, Timestamp};

    fn at(wall: i64, since: u64) -> Moment {
        let boot = BootTime { id: "a".to_owned(), since: Duration::from_secs(since) };
        Moment { wall: Timestamp::of_millis(wall * 1_000), boot: Some(boot) }
    }

    fn order() -> HoldOrder {
        HoldOrder {
            named: vec!["fs1".to_owned()],
            servers: vec!["fs1".to_owned()],
            users: vec!["bob".to_owned()],
            seconds: 100,
            ..HoldOrder::of(Actor::of_process("test"))
        }
    }

    /// A failure here would free somebody, or hold for ever, after the database or the clock changed.
    #[test]
    fn a_hold_lasts_for_its_time_without_its_database_and_with_any_clock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let mut holds = Holds::open(&Location::File(path)).unwrap();
        let id = holds.add(&order(), &at(1_000, 0)).unwrap();
        let hold = holds.get(id, &at(1_000, 0)).unwrap().unwrap();
        let mut keeper = Keeper::new(&hold, at(1_000, 0));
        assert_eq!(keeper.tick(&mut holds, &[], &at(900_000, 10)).end, None, "the wall clock jumped");
        keeper.down(0, "fs1 does not answer".to_owned());
        assert_eq!(keeper.tick(&mut holds, &[], &at(5, 20)).end, None);
        let problem = holds.get(id, &at(5, 20)).unwrap().unwrap().problem;
        assert_eq!(problem.as_deref(), Some("fs1 does not answer"));
        drop(holds);
        // Somebody replaces the database by one without the hold.
        let mut other = Holds::open(&Location::File(folder.path().join("other.db"))).unwrap();
        let tick = keeper.tick(&mut other, &[], &at(5, 99));
        assert!(tick.end.is_none() && tick.is_added, "{tick:?}");
        assert_eq!(other.get(id, &at(5, 99)).unwrap().unwrap().left, Duration::from_secs(1));
        assert_eq!(keeper.tick(&mut other, &[], &at(5, 100)).end, Some(HoldEnd::Over));
    }

    /// A failure here would mix up two holds, so that nobody could release the one, or nobody carries the other on.
    #[test]
    fn a_hold_moves_if_another_one_has_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| Holds::open(&Location::File(folder.path().join(name))).unwrap();
        let (mut holds, mut other) = (open("journal.db"), open("other.db"));
        let id = holds.add(&order(), &at(1_000, 0)).unwrap();
        let hold = holds.get(id, &at(1_000, 0)).unwrap().unwrap();
        let foreign = HoldOrder { users: vec!["alice".to_owned()], ..order() };
        assert_eq!(other.add(&foreign, &at(1_000, 0)).unwrap(), id);
        let mut keeper = Keeper::new(&hold, at(1_000, 0));
        let tick = keeper.tick(&mut other, &[], &at(1_000, 30));
        assert_eq!(tick.end, Some(HoldEnd::Moved { id: id + 1 }), "{tick:?}");
        let moved = other.get(id + 1, &at(1_000, 30)).unwrap().unwrap();
        assert!(moved.order == hold.order && moved.left == Duration::from_secs(70), "{moved:?}");
        assert_eq!(other.get(id, &at(1_000, 30)).unwrap().unwrap().order, foreign);
    }

    /// A failure here would go on ending sessions after a release.
    #[test]
    fn a_release_is_seen_at_the_next_tick() {
        let folder = tempfile::tempdir().unwrap();
        let place = Location::File(folder.path().join("journal.db"));
        let mut holds = Holds::open(&place).unwrap();
        let id = holds.add(&order(), &at(1_000, 0)).unwrap();
        let hold = holds.get(id, &at(1_000, 0)).unwrap().unwrap();
        let mut keeper = Keeper::new(&hold, at(1_000, 0));
        let mut other = Holds::open(&place).unwrap();
        assert!(other.release(id, &Actor::of_process("release"), &at(1_001, 1)).unwrap());
        assert_eq!(keeper.tick(&mut holds, &[], &at(1_001, 1)).end, Some(HoldEnd::Released));
    }
}
