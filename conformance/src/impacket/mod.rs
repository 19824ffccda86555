//! impacket: [`impacket()`] calls srvsvc and wkssvc, [`suite`] runs its own test suite. `cargo xtask test` installs it from PyPI.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::output;
use crate::samba::{ADMIN, PASSWORD};
use crate::suites::Results;

/// Runs lines of Python that call srvsvc or wkssvc with impacket, and returns the values that they `tell`. `prelude.py`
/// has the functions for these lines.
///
/// # Errors
/// impacket is not installed, or the lines fail or `tell` nothing.
pub fn impacket(server: SocketAddr, lines: &str) -> Result<Value> {
    let script = format!("{}\n{lines}\n", include_str!("prelude.py"));
    let output = python(server)?.args(["-c", &script]).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "impacket: {errors}");
    serde_json::from_slice(&output.stdout).with_context(|| format!("what impacket told: {output:?}"))
}

/// Runs a program that comes with impacket as this user, and returns its output.
///
/// # Errors
/// It is not installed, or fails.
pub fn program(server: SocketAddr, name: &str, user: &str, arguments: &[&str]) -> Result<String> {
    let mut python = python(server)?;
    python.args(["-c", include_str!("program.py")]).arg(folder()?.join("bin").join(name)).arg(user);
    let output = python.args(arguments).output()?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "{name}: {text}");
    Ok(text)
}

/// Runs impacket's own `tests/dcerpc/test_srvs.py`, changed only in the port, which has no setting.
///
/// # Errors
/// The suite is not installed, or does not run.
pub fn suite(server: SocketAddr) -> Result<Results> {
    let folder = folder()?.join("suite");
    ensure!(
        folder.join("tests").exists(),
        "impacket's suite is not in {}: cargo xtask test",
        folder.display()
    );
    let settings = tempfile::NamedTempFile::new()?;
    std::fs::write(settings.path(), dcetests(server))?;
    let output = python(server)?
        .args(["-c", include_str!("suite.py"), "tests/dcerpc/test_srvs.py"])
        .env("REMOTE_CONFIG", settings.path())
        .current_dir(folder)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let results: Results = text.lines().filter_map(result).collect();
    if results.is_empty() {
        bail!("impacket's suite: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(results)
}

/// `PASSED tests/dcerpc/test_srvs.py::SRVSTestsSMBTransport64::test_NetrFileEnum` as `NDR64 NetrFileEnum`.
fn result(line: &str) -> Option<(String, bool)> {
    let (outcome, rest) = line.split_once(' ')?;
    let passed = match outcome {
        "PASSED" => true,
        "FAILED" | "ERROR" => false,
        _ => return None,
    };
    let mut parts = rest.split_whitespace().next()?.rsplit("::");
    let (case, class) = (parts.next()?.strip_prefix("test_")?, parts.next()?);
    let syntax = if class.ends_with("64") { "NDR64" } else { "NDR32" };
    Some((format!("{syntax} {case}"), passed))
}

/// Returns our own Python, with the address of the server in its environment.
pub(crate) fn python(server: SocketAddr) -> Result<Command> {
    let mut command = Command::new(folder()?.join("bin/python"));
    command
        .env("SERVER", server.ip().to_string())
        .env("PORT", server.port().to_string())
        .env("SECRET", PASSWORD)
        .stdin(Stdio::null());
    Ok(command)
}

/// Returns the Python of that folder, which has pip.
///
/// # Errors
/// It is not installed.
pub fn interpreter() -> Result<PathBuf> {
    Ok(folder()?.join("bin/python"))
}

/// Returns our own Python: the one in `NETSESSION_IMPACKET`, else the one that `cargo xtask test` installs.
fn folder() -> Result<PathBuf> {
    let folder = match std::env::var_os("NETSESSION_IMPACKET") {
        Some(folder) => folder.into(),
        None => output::target()?.join("impacket"),
    };
    ensure!(folder.exists(), "impacket is not in {}: cargo xtask test installs it", folder.display());
    Ok(folder)
}

/// The configuration of its remote tests.
fn dcetests(server: SocketAddr) -> String {
    format!(
        "[TCPTransport]\nservername = EMBEDDED\nmachine = {}\nusername = {ADMIN}\npassword = {PASSWORD}\nhashes =\n\
         domain =\n",
        server.ip()
    )
}

#[cfg(test)]
mod tests {
    use super::result;

    /// A failure here would leave cases of the suite out of the count.
    #[test]
    fn reads_what_pytest_prints() {
        let case = "tests/dcerpc/test_srvs.py::SRVSTestsSMBTransport64::test_NetrFileEnum";
        let named = |passed| Some(("NDR64 NetrFileEnum".to_owned(), passed));
        assert_eq!(result(&format!("PASSED {case}")), named(true));
        assert_eq!(result(&format!("FAILED {case} - impacket.Exception: x")), named(false));
        assert_eq!(result("82 failed, 44 passed in 12.39s"), None);
    }
}
