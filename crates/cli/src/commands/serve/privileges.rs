//! The privileges of the server: its limits, and the user it runs as.

use crate::failure::Failure;
#[cfg(unix)]
use crate::output;

/// The name of this computer.
#[cfg(unix)]
pub(super) fn host_name() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}

/// The name of this computer.
#[cfg(not(unix))]
pub(super) fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// Raises the limit of open files and connections to the maximum that the system permits.
#[cfg(unix)]
pub(super) fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "cannot raise the limit of open files");
    }
}

/// Raises the limit of open files and connections to the maximum that the system permits.
#[cfg(not(unix))]
pub(super) fn allow_many_files() {}

/// The user that the server will run as.
#[derive(Debug)]
pub(super) struct Identity {
    #[cfg(unix)]
    user: Option<nix::unistd::User>,
}

#[cfg(unix)]
impl Identity {
    /// Finds the user of `--run-as`; without it, warns if the server would run as root.
    pub(super) fn find(run_as: Option<&str>) -> Result<Self, Failure> {
        let is_root = nix::unistd::geteuid().is_root();
        let Some(name) = run_as else {
            if is_root {
                output::warn("running as root: clients access the shared folders with root's rights");
                output::hint("pass --run-as USER to give up root once the server listens");
            }
            return Ok(Self { user: None });
        };
        if !is_root {
            return Err(Failure::usage("--run-as needs root").hint("omit --run-as, or run it with sudo"));
        }
        let user = nix::unistd::User::from_name(name)
            .map_err(|error| Failure::failed(format!("cannot look up user {name}: {error}")))?;
        match user {
            Some(user) if user.uid.is_root() => Err(Failure::usage("--run-as needs a user other than root")),
            Some(user) => Ok(Self { user: Some(user) }),
            None => Err(Failure::usage(format!("unknown user {name}"))),
        }
    }

    /// Switches to the user permanently: groups first, because only root may change them.
    #[cfg(not(target_vendor = "apple"))]
    pub(super) fn assume(&self) -> Result<(), Failure> {
        use nix::unistd::{geteuid, initgroups, setgid, setuid};
        let Some(user) = &self.user else { return Ok(()) };
        let name = std::ffi::CString::new(user.name.as_bytes()).unwrap_or_default();
        let become_user = || {
            initgroups(&name, user.gid)?;
            setgid(user.gid)?;
            setuid(user.uid)
        };
        become_user()
            .map_err(|error| Failure::failed(format!("cannot switch to user {}: {error}", user.name)))?;
        // A process that can become root again has not given up root.
        if geteuid() != user.uid || setuid(nix::unistd::Uid::from_raw(0)).is_ok() {
            return Err(Failure::failed(format!("cannot give up root for user {}", user.name)));
        }
        Ok(())
    }

    /// Refuses `--run-as`: macOS has no safe call that removes root's groups.
    #[cfg(target_vendor = "apple")]
    pub(super) fn assume(&self) -> Result<(), Failure> {
        match &self.user {
            None => Ok(()),
            Some(user) => Err(Failure::usage("--run-as does not work on macOS").hint(format!(
                "on macOS any user can listen on 0.0.0.0:445: sudo -u {} netsession serve",
                user.name
            ))),
        }
    }
}

#[cfg(not(unix))]
impl Identity {
    /// Refuses `--run-as`, which needs Unix.
    pub(super) fn find(run_as: Option<&str>) -> Result<Self, Failure> {
        match run_as {
            None => Ok(Self {}),
            Some(_) => Err(Failure::usage("--run-as works on Unix systems only")),
        }
    }

    /// Does nothing.
    pub(super) fn assume(&self) -> Result<(), Failure> {
        Ok(())
    }
}
