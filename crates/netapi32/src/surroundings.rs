//! What this library reads from a program's environment, if the program may trust it.
//!
//! A program that runs with more rights than its caller (`AT_SECURE`) must not trust its environment, because the
//! caller sets it and could redirect the logons of the program's user.

use std::env;

use netsession::{ServerAddress, ServerTarget};
use netsession_admin::{Error, LoginSources, NamedServer};

/// Returns every source of a login in the environment.
///
/// # Errors
/// Those of [`LoginSources::of_environment`].
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

/// Returns the server that a target names. `NETSESSION_LOCAL` and running servers count only in a trusted environment.
///
/// # Errors
/// Those of [`NamedServer::of_target`].
pub(crate) fn named_server(target: &ServerTarget) -> Result<NamedServer, Error> {
    match target {
        ServerTarget::Local if is_secure() => NamedServer::usual_local(),
        target => NamedServer::of_target(target),
    }
}

/// Returns the address of the local computer's server, which NULL reaches; `None` if several are running.
pub(crate) fn local_address() -> Option<ServerAddress> {
    named_server(&ServerTarget::Local).ok().map(|server| server.address().clone())
}

/// Returns a variable of a trusted environment; `None` if it is not set or not text.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|_| !is_secure())
}

/// Whether the process has rights that its caller lacks, like a program with the set-user-ID bit.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_secure() -> bool {
    // SAFETY: it only reads the values that the kernel passed to the process at its start.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Whether the process has another effective user or group than its caller.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_secure() -> bool {
    // SAFETY: they only read the process's own identity, and cannot fail.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}
