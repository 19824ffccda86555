//! [`Keeper`]: the state of a hold that is carried on, and its notes in the database.

use std::collections::BTreeMap;
use std::time::Duration;

use netsession::EndReport;
use netsession_journal::{Error as JournalError, Hold, HoldState, Holds, Moment};

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
    /// It names nobody, or could be everybody and nobody confirmed that: somebody has changed it.
    Refused,
}

/// The state of a hold that is carried on.
#[derive(Debug)]
pub(super) struct Keeper {
    id: u64,
    left: Duration,
    seen: Moment,
    noted: Moment,
    /// The database as it was read last.
    version: Option<i64>,
    /// What is not in the database yet.
    acted: u64,
    /// The problem of each server.
    problems: BTreeMap<usize, String>,
    /// The servers that do not list.
    down: std::collections::BTreeSet<usize>,
    noted_problem: Option<String>,
    has_failed: bool,
}

impl Keeper {
    pub(super) fn new(hold: &Hold, now: Moment) -> Self {
        Self {
            id: hold.id,
            left: hold.left,
            seen: now.clone(),
            noted: now,
            version: None,
            acted: 0,
            problems: BTreeMap::new(),
            down: std::collections::BTreeSet::new(),
            noted_problem: hold.problem.clone(),
            has_failed: false,
        }
    }

    pub(super) fn is_down(&self, server: usize) -> bool {
        self.down.contains(&server)
    }

    pub(super) fn down(&mut self, server: usize, why: String) {
        self.down.insert(server);
        self.problems.insert(server, why);
    }

    /// The server listed, and sessions were ended, if there is a report. Returns whether the report says more than the
    /// one before.
    pub(super) fn listed(&mut self, server: usize, name: &str, report: Option<&EndReport>) -> bool {
        self.down.remove(&server);
        let before = self.problems.remove(&server);
        let Some(report) = report else { return false };
        let ended = report.ended.len().saturating_add(report.returned.len());
        self.acted = self.acted.saturating_add(u64::try_from(ended).unwrap_or(u64::MAX));
        let problem = match (&report.error, report.remaining.len()) {
            (Some(error), _) => Some(error.to_string()),
            (None, 0) => None,
            (None, 1) => Some(format!("{name}: 1 session remains")),
            (None, count) => Some(format!("{name}: {count} sessions remain")),
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

    fn problem(&self) -> Option<String> {
        let first = self.problems.values().next()?;
        Some(match self.problems.len().saturating_sub(1) {
            0 => first.clone(),
            1 => format!("{first} (and 1 more server)"),
            more => format!("{first} (and {more} more servers)"),
        })
    }

    /// Reads whether the hold goes on, and notes what happened. Also returns a new error of the database: without it, the
    /// hold lasts for the time that was left.
    pub(super) fn tick(
        &mut self,
        holds: &mut Holds,
        now: &Moment,
    ) -> (Option<HoldEnd>, Option<JournalError>) {
        let mut failed = None;
        // What nobody has changed need not be read again, four times a second for each of many holds.
        let version = holds.version().ok();
        let is_known = version.is_some() && version == self.version && now.since(&self.seen) < READ_EVERY;
        let read = if is_known { Ok(None) } else { holds.get(self.id, now) };
        self.version = version.filter(|_| read.is_ok());
        match read {
            Ok(Some(hold)) => {
                (self.left, self.seen) = (hold.left, now.clone());
                match hold.state {
                    HoldState::Released { .. } => return (Some(HoldEnd::Released), None),
                    HoldState::Over => return (Some(HoldEnd::Over), None),
                    _ => {}
                }
            }
            // There is nothing new, or somebody removed the row. Nobody released the hold.
            Ok(None) => {}
            Err(error) => failed = Some(error),
        }
        if now.since(&self.seen) >= self.left {
            return (Some(HoldEnd::Over), None);
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
        (None, failed.filter(|_| is_new))
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
        if let Err(error) = self.note(holds, now) {
            tracing::warn!(%error, "the last actions of hold {} are not noted", self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsession_journal::{Actor, BootTime, HoldLogin, HoldOrder, Location, Timestamp};

    fn at(wall: i64, since: u64) -> Moment {
        let boot = BootTime { id: "a".to_owned(), since: Duration::from_secs(since) };
        Moment { wall: Timestamp::of_millis(wall * 1_000), boot: Some(boot) }
    }

    fn order() -> HoldOrder {
        HoldOrder {
            at: Timestamp::now(),
            actor: Actor::of_process("test"),
            named: vec!["fs1".to_owned()],
            servers: vec!["fs1".to_owned()],
            clients: Vec::new(),
            users: vec!["bob".to_owned()],
            accounts_on: Vec::new(),
            is_everybody_confirmed: false,
            login: HoldLogin::default(),
            seconds: 100,
            reason: None,
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
        assert_eq!(keeper.tick(&mut holds, &at(900_000, 10)).0, None, "the wall clock jumped");
        keeper.down(0, "fs1 does not answer".to_owned());
        assert_eq!(keeper.tick(&mut holds, &at(5, 20)).0, None);
        let problem = holds.get(id, &at(5, 20)).unwrap().unwrap().problem;
        assert_eq!(problem.as_deref(), Some("fs1 does not answer"));
        drop(holds);
        // Somebody replaces the database by one without the hold.
        let mut other = Holds::open(&Location::File(folder.path().join("other.db"))).unwrap();
        assert_eq!(keeper.tick(&mut other, &at(5, 99)).0, None);
        assert_eq!(keeper.tick(&mut other, &at(5, 100)).0, Some(HoldEnd::Over));
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
        assert_eq!(keeper.tick(&mut holds, &at(1_001, 1)).0, Some(HoldEnd::Released));
    }
}
