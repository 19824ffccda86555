//! Foreign test suites: their [`Results`], and the tables in `conformance/suites/` of the cases that pass, with a reason for each
//! that does not.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};
use tempfile::NamedTempFile;

use crate::samba::{ADMIN, PASSWORD};
use crate::smbclient::login_file;

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

/// Runs tests of smbtorture over named pipes, as an administrator. A skipped test counts as failed.
///
/// # Errors
/// smbtorture is not installed, or does not run.
pub fn smbtorture_pipe(server: SocketAddr, test: &str) -> Result<Results> {
    smbtorture(server, &format!("ncacn_np:{}[smb2]", server.ip()), test)
}

/// Runs tests of smbtorture in the share `data`. A skipped test counts as failed.
///
/// # Errors
/// As [`smbtorture_pipe`].
pub fn smbtorture_share(server: SocketAddr, test: &str) -> Result<Results> {
    smbtorture(server, &format!("//{}/data", server.ip()), test)
}

fn smbtorture(server: SocketAddr, target: &str, test: &str) -> Result<Results> {
    let login = login_file(ADMIN)?;
    let mut config = NamedTempFile::new()?;
    writeln!(config, "[global]\n  torture:user2name = alice\n  torture:user2password = {PASSWORD}")?;
    let output = Command::new("smbtorture")
        .arg(format!("--configfile={}", config.path().display()))
        .args(["--format=subunit", "--option=torture:progress=no"])
        .args(["-p", &server.port().to_string()])
        .arg(format!("--authentication-file={}", login.path().display()))
        .args([target, test])
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let results: Results = text.lines().filter_map(outcome).collect();
    if results.is_empty() {
        bail!("smbtorture {test}: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(results)
}

/// Reads `success: srvsvc (admin access).NetConnEnum`, or `failure: ... [` with the reason on the lines below.
fn outcome(line: &str) -> Option<(String, bool)> {
    let (outcome, case) = line.split_once(": ")?;
    let passed = match outcome {
        "success" => true,
        "failure" | "error" | "skip" => false,
        _ => return None,
    };
    Some((case.trim_end_matches(" [").to_owned(), passed))
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

    /// A failure here would leave cases of smbtorture out of the count.
    #[test]
    fn reads_what_smbtorture_prints() {
        assert_eq!(outcome("success: a (b).C"), Some(("a (b).C".into(), true)));
        assert_eq!(outcome("failure: a (b).C ["), Some(("a (b).C".into(), false)));
        assert_eq!(outcome("skip: a.C ["), Some(("a.C".into(), false)));
        assert_eq!(outcome("test: a (b).C"), None);
        assert_eq!(outcome("time: 2026-01-01 00:00:00.000000Z"), None);
    }
}
