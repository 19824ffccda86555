//! smbtorture, Samba's own test suite: each case is a run of its own, with a time limit.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use tempfile::NamedTempFile;

use super::Results;
use crate::samba::{ADMIN, PASSWORD};
use crate::smbclient::login_file;

/// The seconds after which a case that still runs has failed. The longest cases wait twice until an oplock is revoked.
const LIMIT: &str = "150";

/// Runs tests over named pipes, as an administrator. A skipped test counts as failed.
///
/// # Errors
/// smbtorture is not installed, or does not run.
pub fn pipe(server: SocketAddr, test: &str) -> Result<Results> {
    let (text, errors) = run(server, &format!("ncacn_np:{}[smb2]", server.ip()), test)?;
    let results: Results = text.lines().filter_map(outcome).collect();
    ensure!(!results.is_empty(), "smbtorture {test}: {text}{errors}");
    Ok(results)
}

/// Runs these groups of `smb2` in the share `data`. A case has the name `GROUP.CASE`; a skipped case counts as failed.
///
/// # Errors
/// As [`pipe`], or there is no such group.
pub fn groups(server: SocketAddr, groups: &[&str]) -> Result<Results> {
    let output = Command::new("smbtorture").arg("--list").stdin(Stdio::null()).output()?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut results = Results::new();
    for group in groups {
        let before = results.len();
        for case in listed.lines().filter_map(|line| case_of(line, group)) {
            let passed = case_passes(server, &case)?;
            results.insert(case, passed);
        }
        ensure!(results.len() > before, "smbtorture does not list smb2.{group}");
    }
    Ok(results)
}

/// Runs one case of [`groups`], and prints why it fails.
///
/// # Errors
/// As [`pipe`].
pub fn case_passes(server: SocketAddr, case: &str) -> Result<bool> {
    let (text, errors) = run(server, &format!("//{}/data", server.ip()), &format!("smb2.{case}"))?;
    let outcomes: Vec<_> = text.lines().filter_map(outcome).collect();
    let passed = !outcomes.is_empty() && outcomes.iter().all(|(_, passed)| *passed);
    if !passed {
        println!("{case} at {server}: {text}{errors}");
    }
    Ok(passed)
}

/// Returns the output and the errors.
fn run(server: SocketAddr, target: &str, test: &str) -> Result<(String, String)> {
    let login = login_file(ADMIN)?;
    let mut config = NamedTempFile::new()?;
    writeln!(config, "[global]\n  torture:user2name = alice\n  torture:user2password = {PASSWORD}")?;
    let output = Command::new("timeout")
        .args([LIMIT, "smbtorture"])
        .arg(format!("--configfile={}", config.path().display()))
        .args(["--format=subunit", "--option=torture:progress=no"])
        .args(["-p", &server.port().to_string()])
        .arg(format!("--authentication-file={}", login.path().display()))
        .args([target, test])
        .stdin(Stdio::null())
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(&output.stdout), text(&output.stderr)))
}

/// Returns the case of a line of `smbtorture --list` such as `smb2.dir.find.find`, if it is in this group.
fn case_of(line: &str, group: &str) -> Option<String> {
    let rest = line.strip_prefix("smb2.")?.strip_prefix(group)?.strip_prefix('.')?;
    let case = rest.rsplit_once('.').map_or(rest, |(case, _)| case);
    Some(format!("{group}.{case}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would leave cases of smbtorture out of the count.
    #[test]
    fn reads_what_smbtorture_prints() {
        assert_eq!(outcome("success: a (b).C"), Some(("a (b).C".into(), true)));
        assert_eq!(outcome("failure: a (b).C ["), Some(("a (b).C".into(), false)));
        assert_eq!(outcome("skip: a.C ["), Some(("a.C".into(), false)));
        assert_eq!(outcome("test: a (b).C"), None);
        assert_eq!(outcome("time: 2026-01-01 00:00:00.000000Z"), None);
        assert_eq!(case_of("smb2.dir.find.find", "dir"), Some("dir.find".into()));
        assert_eq!(case_of("smb2.ioctl.bug1.B.B", "ioctl"), Some("ioctl.bug1.B".into()));
        assert_eq!(case_of("smb2.connect.connect", "connect"), Some("connect.connect".into()));
        assert_eq!(case_of("smb2.create_no_streams.no_stream.no_stream", "create"), None);
    }
}
