//! [`Steps`]: runs one step after the other, and counts what passed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::root;

/// The counts so far, and the skipped steps.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    passed: usize,
    failed: usize,
    skipped: usize,
    failures: Vec<String>,
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

    /// Runs `cargo test` and counts each test.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command) -> Result<()> {
        heading(name);
        let start = Instant::now();
        let mut child = command
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let before = (self.passed, self.failed);
        for line in BufReader::new(child.stdout.take().context("no output")?).lines() {
            let line = line?;
            println!("{line}");
            if let Some(result) = line.strip_prefix("test result: ") {
                let counts = Counts::read(result);
                self.passed += counts.passed;
                self.failed += counts.failed;
                self.skipped += counts.ignored;
            } else if let Some(test) =
                line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
            {
                self.failures.push(test.to_owned());
            }
        }
        // A test program that does not build, or crashes, reports no failed test.
        if !child.wait()?.success() && self.failed == before.1 {
            self.outcome(name, false);
        }
        let (passed, failed) = (self.passed - before.0, self.failed - before.1);
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

/// The numbers in libtest's `ok. 3 passed; 0 failed; 1 ignored; ...`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Counts {
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
    use super::Counts;

    /// A failure here would not count failing tests.
    #[test]
    fn reads_the_counts_of_libtest() {
        let read = Counts::read(
            "FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
        );
        assert_eq!(read, Counts { passed: 12, failed: 3, ignored: 1 });
    }
}
