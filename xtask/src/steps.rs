//! [`Steps`]: runs one step after the other, and counts what passed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::root;

/// The largest number of failed tests that run again. More of them are no accident.
const MOST_RUN_AGAIN: usize = 8;

/// The counts so far, and the skipped steps.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    passed: usize,
    failed: usize,
    skipped: usize,
    failures: Vec<String>,
    unsteady: Vec<String>,
    left_out: Vec<String>,
}

impl Steps {
    /// Runs a command that counts as one check.
    pub(crate) fn check(&mut self, name: &str, command: &mut Command) -> Result<bool> {
        heading(name);
        let status = command.current_dir(root()).status().with_context(|| format!("starting {command:?}"))?;
        self.outcome(name, status.success());
        Ok(status.success())
    }

    /// Counts the result of a check.
    pub(crate) fn outcome(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.failures.push(name.to_owned());
        }
    }

    /// Runs `cargo test` and counts each test. A few tests that fail run again, alone: the report names those that pass then.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command) -> Result<()> {
        heading(name);
        let start = Instant::now();
        let mut run = Run::of(command)?;
        if (1..=MOST_RUN_AGAIN).contains(&run.failures.len()) && run.unfinished == 0 {
            heading("the failed tests again");
            let again = Run::of(&mut only(command, &run.failures))?;
            self.unsteady.extend(run.pass_again(&again));
        }
        self.passed += run.counts.passed;
        self.failed += run.counts.failed;
        self.skipped += run.counts.ignored;
        self.failures.append(&mut run.failures);
        // A test program that does not build, or crashes, reports no failed test.
        if run.unfinished > 0 || !run.succeeded && run.counts.failed == 0 {
            self.outcome(name, false);
        }
        let Counts { passed, failed, .. } = run.counts;
        println!("-- {name}: {passed} passed, {failed} failed, {:.0} s", start.elapsed().as_secs_f64());
        Ok(())
    }

    /// Records a skipped step, with its reason and its number of tests.
    pub(crate) fn leave_out(&mut self, what: &str, tests: usize) {
        self.skipped += tests;
        self.left_out.push(what.to_owned());
    }

    /// Prints the counts, the last line for machines, and returns whether nothing failed.
    pub(crate) fn report(&self) -> bool {
        println!();
        for what in &self.left_out {
            println!("left out: {what}");
        }
        for name in &self.unsteady {
            println!("unsteady: {name} failed, and passed when it ran again");
        }
        for name in &self.failures {
            println!("failed: {name}");
        }
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        println!("{} passed, {} failed{skipped}", self.passed, self.failed);
        self.failed == 0
    }
}

/// Announces a step.
pub(crate) fn heading(name: &str) {
    println!("== {name}");
}

/// Returns the same command for these tests alone.
fn only(command: &Command, tests: &[String]) -> Command {
    let mut again = Command::new(command.get_program());
    again.args(command.get_args()).arg("--exact").args(tests);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => again.env(name, value),
            None => again.env_remove(name),
        };
    }
    again
}

/// What a run of `cargo test` reported.
#[derive(Debug, Default)]
struct Run {
    counts: Counts,
    failures: Vec<String>,
    /// The number of test programs that began and reported no result: they crashed.
    unfinished: usize,
    succeeded: bool,
}

impl Run {
    /// Runs a command, and prints what it prints.
    fn of(command: &mut Command) -> Result<Self> {
        let mut child = command
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let mut run = Self::default();
        for line in BufReader::new(child.stdout.take().context("no output")?).lines() {
            let line = line?;
            println!("{line}");
            run.read(&line);
        }
        run.succeeded = child.wait()?.success();
        Ok(run)
    }

    fn read(&mut self, line: &str) {
        if line.starts_with("running ") && (line.ends_with(" test") || line.ends_with(" tests")) {
            self.unfinished += 1;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.unfinished = self.unfinished.saturating_sub(1);
            self.counts.add(&Counts::read(result));
        } else if let Some(test) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(test.to_owned());
        }
    }

    /// Counts the failed tests as passed that `again` ran without a failure, and returns their names.
    fn pass_again(&mut self, again: &Self) -> Vec<String> {
        // Fewer tests than failed: some did not run, so nothing is known of them.
        if again.unfinished > 0 || again.counts.passed + again.counts.failed < self.failures.len() {
            return Vec::new();
        }
        let (failures, passed) =
            std::mem::take(&mut self.failures).into_iter().partition(|name| again.failures.contains(name));
        self.failures = failures;
        self.counts.failed = self.failures.len();
        self.counts.passed += passed.len();
        self.succeeded = again.succeeded;
        passed
    }
}

/// The numbers in libtest's `ok. 3 passed; 0 failed; 1 ignored; ...`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    fn read(result: &str) -> Self {
        let mut counts = Self::default();
        for part in result.split(['.', ';']) {
            if let Some((number, what)) = part.trim().split_once(' ')
                && let Ok(number) = number.parse()
            {
                match what {
                    "passed" => counts.passed = number,
                    "failed" => counts.failed = number,
                    "ignored" => counts.ignored = number,
                    _ => {}
                }
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Run};

    /// A failure here would not count failing tests.
    #[test]
    fn reads_the_counts_of_libtest() {
        let read = Counts::read(
            "FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
        );
        assert_eq!(read, Counts { passed: 12, failed: 3, ignored: 1 });
    }

    fn run(lines: &[&str]) -> Run {
        let mut run = Run::default();
        lines.iter().for_each(|line| run.read(line));
        run
    }

    /// A failure here would report a broken test as an unsteady one, or would hide a test that never ran again.
    #[test]
    fn only_tests_that_pass_again_are_unsteady() {
        let first = [
            "test a ... ok",
            "test b ... FAILED",
            "test c ... FAILED",
            "test result: FAILED. 1 passed; 2 failed",
        ];
        let mut both = run(&first);
        assert_eq!(
            both.pass_again(&run(&["test c ... FAILED", "test result: FAILED. 1 passed; 1 failed"])),
            ["b"]
        );
        assert_eq!((both.failures, both.counts.passed, both.counts.failed), (vec!["c".to_owned()], 2, 1));

        let mut missing = run(&first);
        assert!(missing.pass_again(&run(&["test result: ok. 1 passed; 0 failed"])).is_empty());
        assert_eq!(missing.counts.failed, 2);
    }
}
