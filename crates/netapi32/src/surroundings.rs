//! The environment, as far as a program may trust it.
//!
//! A program that runs with more rights than its caller (`AT_SECURE`) must not read it: the caller writes the environment,
//! and the program's user must not be logged on by it.

use std::env;

use netsession::{ServerAddress, ServerTarget};
use netsession_admin::{Error, LoginSources, NamedServer};

/// Everything around the program that can give a login.
///
/// # Errors
/// As [`LoginSources::of_environment`].
pub(crate) fn login_sources() -> Result<LoginSources, Error> {
    if is_secure() {
        return Ok(LoginSources::default());
    }
    let sources = LoginSources::of_environment()?;
    for warning in &sources.warnings {
        tracing::warn!("{warning}");
    }
    Ok(sources)
}

/// The server that a target names; `NETSESSION_LOCAL` and running servers count only where they can be trusted.
///
/// # Errors
/// As [`NamedServer::of_target`].
pub(crate) fn named_server(target: &ServerTarget) -> Result<NamedServer, Error> {
    match target {
        ServerTarget::Local if is_secure() => NamedServer::usual_local(),
        target => NamedServer::of_target(target),
    }
}

/// The address of the local computer's server, which NULL reaches; `None` where several are running.
pub(crate) fn local_address() -> Option<ServerAddress> {
    named_server(&ServerTarget::Local).ok().map(|server| server.address().clone())
}

/// A variable of the environment that is text, where it can be trusted.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|_| !is_secure())
}

/// Whether the process has rights that its caller lacks, like a program with the set-user-ID bit.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_secure() -> bool {
    // SAFETY: it only reads the values that the kernel passed to the process at its start.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// As on Linux, as far as the system reports it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_secure() -> bool {
    // SAFETY: they only read the process's own identity, and cannot fail.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}
