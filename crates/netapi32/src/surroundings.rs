//! What this library reads from a program's environment, if the program may trust it.
//!
//! A program that runs with more rights than its caller (`AT_SECURE`) must not trust its environment, because the
//! caller sets it and could redirect the logons of the program's user.

use std::env;
#[cfg(unix)]
use std::ffi::CStr;

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

/// The names by which every computer knows itself.
const NAMES: &[&str] =
    &[".", "localhost", "localhost.localdomain", "127.0.0.1", "::1", "[::1]", "0--1.ipv6-literal.net"];

/// Returns the name of a server; an empty one, which is the local computer, for a name of this computer without a port.
///
/// A name that also parses as a server's stays as it is while nothing but port 445 serves this computer: both lead there,
/// and Kerberos and the configuration know the server by its name. If several servers run here, no name of this computer
/// leads to port 445 instead: the call fails, as it does with NULL.
pub(crate) fn without_this_computer(name: &str) -> &str {
    let plain = name.trim_start_matches('\\').trim_end_matches('\\');
    // The dot at the end of a full name in DNS.
    let host = plain.strip_suffix('.').filter(|host| !host.is_empty()).unwrap_or(plain);
    let is_ours = NAMES.iter().any(|own| host.eq_ignore_ascii_case(own))
        || !host.is_empty()
            && !host.contains(':')
            && host_name().is_some_and(|own| host.eq_ignore_ascii_case(&own));
    if !is_ours {
        return name;
    }
    let is_elsewhere = |address: ServerAddress| address.port() != ServerAddress::DEFAULT_PORT;
    match plain == "." || local_address().is_none_or(is_elsewhere) {
        true => "",
        false => host,
    }
}

/// Returns the name of this computer.
#[cfg(windows)]
pub(crate) fn host_name() -> Option<String> {
    env::var("COMPUTERNAME").ok().filter(|name| !name.is_empty())
}

/// Returns the name of this computer.
#[cfg(unix)]
pub(crate) fn host_name() -> Option<String> {
    let mut name = [0_u8; 256];
    // SAFETY: the system writes at most so many bytes; the last one stays zero.
    let result = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    let name = CStr::from_bytes_until_nul(&name).ok().filter(|_| result == 0)?;
    name.to_str().ok().filter(|name| !name.is_empty()).map(str::to_owned)
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

/// Windows has no program that runs with the rights of another user because of a bit of its file.
#[cfg(windows)]
const fn is_secure() -> bool {
    false
}

/// Whether the process has another effective user or group than its caller.
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
fn is_secure() -> bool {
    // SAFETY: they only read the process's own identity, and cannot fail.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}
