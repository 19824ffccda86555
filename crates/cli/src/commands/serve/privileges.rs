//! What the operating system lets the server do, and what it gives up.

use crate::failure::Failure;
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

/// Lets the server have as many files and connections open as the system allows it to.
#[cfg(unix)]
pub(super) fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit of open files stays");
    }
}

/// Lets the server have as many files and connections open as the system allows it to.
#[cfg(not(unix))]
pub(super) fn allow_many_files() {}

/// The user that the server will run as.
pub(super) struct Identity {
    #[cfg(unix)]
    user: Option<nix::unistd::User>,
}

#[cfg(unix)]
impl Identity {
    /// Finds the user, if another one than now is wanted; warns of root.
    pub(super) fn find(run_as: Option<&str>) -> Result<Self, Failure> {
        let is_root = nix::unistd::geteuid().is_root();
        let Some(name) = run_as else {
            if is_root {
                output::warn("this runs as root: clients reach the shared folders with root's rights");
                output::hint("--run-as USER gives root up once it listens");
            }
            return Ok(Self { user: None });
        };
        if !is_root {
            return Err(
                Failure::usage("only root can give up root for another user").hint("leave --run-as out")
            );
        }
        let user = nix::unistd::User::from_name(name)
            .map_err(|error| Failure::failed(format!("cannot look up the user {name}: {error}")))?;
        match user {
            Some(user) if user.uid.is_root() => Err(Failure::usage("--run-as takes a user other than root")),
            Some(user) => Ok(Self { user: Some(user) }),
            None => Err(Failure::usage(format!("this computer knows no user {name}"))),
        }
    }

    /// Becomes the user for good: groups first, since only root may change them.
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
        become_user().map_err(|error| Failure::failed(format!("cannot become {}: {error}", user.name)))?;
        // Whoever could become root again has not given it up.
        if geteuid() != user.uid || setuid(nix::unistd::Uid::from_raw(0)).is_ok() {
            return Err(Failure::failed(format!("root was not given up for {}", user.name)));
        }
        Ok(())
    }

    /// There is no safe call that takes root's groups away here.
    #[cfg(target_vendor = "apple")]
    pub(super) fn assume(&self) -> Result<(), Failure> {
        match &self.user {
            None => Ok(()),
            Some(user) => Err(Failure::usage("--run-as does not work on macOS").hint(format!(
                "any user can listen on port 445 of 0.0.0.0 here: sudo -u {} netsession serve",
                user.name
            ))),
        }
    }
}

#[cfg(not(unix))]
impl Identity {
    /// Nobody else can be become here.
    pub(super) fn find(run_as: Option<&str>) -> Result<Self, Failure> {
        match run_as {
            None => Ok(Self {}),
            Some(_) => Err(Failure::usage("--run-as works on Unix systems only")),
        }
    }

    /// Stays who it is.
    pub(super) fn assume(&self) -> Result<(), Failure> {
        Ok(())
    }
}
