//! What several files of tests use: credentials for netsession, and conditions for one run.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use netsession_conformance::{Domain, Netsession, Outcome, PASSWORD};

/// How netsession gets its ticket.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    /// From the cache of this name.
    Cache(String),
    /// With the user's password.
    Password(&'static str),
    /// With the user's keys in a keytab.
    Keytab(&'static str, String),
}

impl Credential {
    /// A run of netsession with this credential, which sends no NTLM message.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Netsession> {
        let run = Netsession::bare()?.args(arguments).args(["--kerberos", "required"]);
        Ok(match self {
            Self::Cache(cache) => run.env("KRB5CCNAME", cache),
            Self::Password(user) => run.args(["-U", user]).env("NETSESSION_PASSWORD", PASSWORD),
            Self::Keytab(user, file) => run.args(["-U", user, "--keytab", file]),
        })
    }
}

/// Runs netsession with a credential and expects success.
pub(super) fn succeed(domain: &Domain, credential: &Credential, arguments: &[&str]) -> Result<Outcome> {
    let outcome = domain.netsession(credential.run(arguments)?)?.expect_code(0);
    outcome.with_context(|| format!("{arguments:?} with {credential:?}"))
}

/// Lets a program believe that it is later by this offset, such as `+10m`. Only the date is changed: a program that measures how
/// long it waits would otherwise pass a time to the kernel that the kernel's own clock reaches much later. `-m` is the library
/// for programs with threads.
pub(super) const fn at(offset: &str) -> [&str; 5] {
    ["faketime", "-m", "--exclude-monotonic", "-f", offset]
}

/// Runs netsession under another program, such as that of [`at`].
pub(super) fn under(domain: &Domain, prefix: &[&str], run: Netsession) -> Result<Outcome> {
    let (command, _home) = run.into_parts();
    let mut outer = Command::new("env");
    outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer.args(prefix).arg(command.get_program()).args(command.get_args());
    domain.client().run(&outer)
}

/// Runs netsession with other files in the place of `/etc/hosts` and `/etc/resolv.conf`.
pub(super) fn with_names(
    domain: &Domain,
    hosts: &str,
    resolv_conf: &str,
    run: Netsession,
) -> Result<Outcome> {
    const SCRIPT: &str =
        "mount --bind \"$1\" /etc/hosts; mount --bind \"$2\" /etc/resolv.conf; shift 2; exec \"$@\"";
    let file = |kind: &str, text: &str| -> Result<String> {
        let path = domain.new_file(kind);
        std::fs::write(&path, text)?;
        text_of(&path)
    };
    let (hosts, resolv_conf) = (file("hosts", hosts)?, file("resolv.conf", resolv_conf)?);
    under(domain, &["unshare", "--mount", "sh", "-e", "-c", SCRIPT, "sh", &hosts, &resolv_conf], run)
}

/// A path as an argument.
pub(super) fn text_of(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path that is not UTF-8")?.to_owned())
}

/// Set in the run of a test on the client.
const INSIDE: &str = "NETSESSION_TEST_ON_THE_CLIENT";

/// Whether this is the run of a test on the client.
pub(super) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Returns a command that runs one test of this program, such as `in_domain::wire::NAME`, for use on the client.
pub(super) fn inside(test: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    Ok(command)
}
