//! Foreign test suites: their [`Results`], and the tables in `conformance/suites/` of the cases that pass, with a reason for each
//! that does not.

pub mod beside;
pub mod smbtorture;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

/// Each case of a suite, and whether it passed.
pub type Results = BTreeMap<String, bool>;

/// Compares the results of a run with a table of rows `| case | passes |` or `| case | why it does not |`; a case can
/// be a pattern that ends in `*`, for cases that fail for the same reason.
///
/// # Errors
/// A case differs from its row or has none, or a row has no case. The error names every difference.
pub fn check(table: &str, results: &Results) -> Result<()> {
    let rows: BTreeMap<&str, bool> = table.lines().filter_map(row).collect();
    let mut wrong = Vec::new();
    for (case, passed) in results {
        match rows.iter().find(|(row, _)| is_of(case, row)) {
            None => wrong.push(format!("{case} is not in the table")),
            Some((_, true)) if !passed => wrong.push(format!("{case} no longer passes")),
            Some((_, false)) if *passed => wrong.push(format!("{case} passes now: say so in the table")),
            Some(_) => {}
        }
    }
    for row in rows.keys().filter(|row| !results.keys().any(|case| is_of(case, row))) {
        wrong.push(format!("{row} was not run"));
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Runs the cases again that passed according to the table and fail now, and counts the second result. Some cases wait for a
/// second by the clock, which is too short while other programs keep the machine busy.
///
/// # Errors
/// As `run`, which runs one case.
pub fn again(table: &str, results: &mut Results, run: impl Fn(&str) -> Result<bool>) -> Result<()> {
    let rows: BTreeMap<&str, bool> = table.lines().filter_map(row).collect();
    for (case, passed) in results.iter_mut().filter(|(_, passed)| !**passed) {
        if rows.iter().any(|(row, passes)| *passes && is_of(case, row)) {
            println!("{case} runs again");
            *passed = run(case)?;
        }
    }
    Ok(())
}

/// Returns a row of a table; `None` for its head.
fn row(line: &str) -> Option<(&str, bool)> {
    let (case, reason) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
    (case != "case" && !case.starts_with("---")).then_some((case, reason == "passes"))
}

fn is_of(case: &str, row: &str) -> bool {
    row.strip_suffix('*').map_or(case == row, |start| case.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would hide that a suite passes fewer or more cases.
    #[test]
    fn every_difference_from_the_table_is_named() {
        let table = "Text.\n\n| case | result |\n| --- | --- |\n| a | passes |\n| b* | no such thing |\n";
        let results =
            |pairs: &[(&str, bool)]| pairs.iter().map(|(case, passed)| ((*case).into(), *passed)).collect();
        assert!(check(table, &results(&[("a", true), ("b1", false), ("b2", false)])).is_ok());
        for wrong in [
            &[("a", false), ("b", false)][..],
            &[("a", true), ("b", true)],
            &[("a", true)],
            &[("a", true), ("b", false), ("c", true)],
        ] {
            assert!(check(table, &results(wrong)).is_err(), "{wrong:?}");
        }
    }

    /// A failure here would count a case that fails twice, or hide one that the table does not have as passed.
    #[test]
    fn only_a_case_that_passed_runs_again() {
        let table = "| a | passes |\n| b | passes |\n| c | no such thing |\n";
        let mut results = Results::from(["a", "b", "c", "d"].map(|case| (case.to_owned(), false)));
        again(table, &mut results, |case| Ok(case != "b")).unwrap();
        assert_eq!(results.into_values().collect::<Vec<_>>(), [true, false, false, false]);
    }
}
