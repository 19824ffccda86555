//! Two servers in one run: the cases that each passes, group by group.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;

use anyhow::{Result, anyhow};

use super::Results;

/// How many cases of a group ran, and how many passed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The passed cases.
    pub passed: usize,
    /// All cases.
    pub cases: usize,
}

impl Count {
    fn of<'a>(outcomes: impl Iterator<Item = &'a bool>) -> Self {
        outcomes.fold(Self::default(), |count, passed| Self {
            passed: count.passed + usize::from(*passed),
            cases: count.cases + 1,
        })
    }
}

/// Runs groups at two servers at the same time.
///
/// # Errors
/// As the two runs.
pub fn at_once(
    ours: impl FnOnce() -> Result<Results>,
    theirs: impl FnOnce() -> Result<Results> + Send,
) -> Result<(Results, Results)> {
    thread::scope(|scope| {
        let theirs = scope.spawn(theirs);
        let ours = ours()?;
        Ok((ours, theirs.join().map_err(|_| anyhow!("the other run panicked"))??))
    })
}

/// Returns the results of these groups only.
#[must_use]
pub fn of_groups(results: &Results, groups: &[&str]) -> Results {
    let is_of = |case: &str| case.split_once('.').is_some_and(|(group, _)| groups.contains(&group));
    results.iter().filter(|(case, _)| is_of(case)).map(|(case, passed)| (case.clone(), *passed)).collect()
}

/// Returns the sum of all groups.
#[must_use]
pub fn total(results: &Results) -> Count {
    Count::of(results.values())
}

/// Writes the table of [`at_once`], with the total as its last row.
#[must_use]
pub fn table(ours: &Results, theirs: &Results) -> String {
    let (mine, others) = (by_group(ours), by_group(theirs));
    let mut table = "| group | netsession | smbd |\n| --- | --- | --- |\n".to_owned();
    let mut row = |name: &str, mine: Count, other: Count| {
        let (Count { passed, cases }, Count { passed: others, cases: all }) = (mine, other);
        _ = writeln!(table, "| {name} | {passed} of {cases} | {others} of {all} |");
    };
    for (name, count) in &mine {
        row(name, *count, others.get(name).copied().unwrap_or_default());
    }
    row("together", total(ours), total(theirs));
    table
}

fn by_group(results: &Results) -> BTreeMap<&str, Count> {
    let mut groups: BTreeMap<&str, Vec<&bool>> = BTreeMap::new();
    for (case, passed) in results {
        let group = case.split_once('.').map_or(case.as_str(), |(group, _)| group);
        groups.entry(group).or_default().push(passed);
    }
    groups.into_iter().map(|(group, outcomes)| (group, Count::of(outcomes.into_iter()))).collect()
}
