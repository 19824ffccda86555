//! [`Uses`]: the connections that a program has made with `NetUseAdd`. Here they are logins: later calls log on at that server
//! as that user.

use std::sync::{Mutex, MutexGuard, PoisonError};

use netsession::{Login, ServerTarget, Win32Error};
use netsession_admin::LoginScope;

use crate::failure::Failure;
use crate::target::target;

/// The share does not exist, or the name is not that of a share.
pub(crate) const ERROR_BAD_NET_NAME: Win32Error = Win32Error(67);
/// The program is connected to the server as another user.
pub(crate) const ERROR_SESSION_CREDENTIAL_CONFLICT: Win32Error = Win32Error(1219);
/// The program has no such connection.
const NERR_USE_NOT_FOUND: Win32Error = Win32Error(2250);

/// The name of a share as `NetUseAdd` takes it: `\\fs1\data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    /// As the program spells it.
    name: String,
    pub(crate) server: ServerTarget,
    pub(crate) share: String,
}

impl Remote {
    /// Reads the name of a share.
    ///
    /// # Errors
    /// `ERROR_BAD_NET_NAME` unless it has a server and a share, and nothing else; the errors of [`target`].
    pub(crate) fn parse(name: &str) -> Result<Self, Failure> {
        let parts = name.strip_prefix(r"\\").and_then(|rest| rest.split_once('\\'));
        let parts = parts.filter(|(server, share)| {
            !server.is_empty() && !share.is_empty() && !share.contains(['\\', '/'])
        });
        let (server, share) = parts.ok_or(Failure::Argument {
            code: ERROR_BAD_NET_NAME,
            why: r"the remote name is not \\SERVER\SHARE",
        })?;
        Ok(Self { name: name.to_owned(), server: target(Some(server))?, share: share.to_owned() })
    }

    /// Returns whether it is the share for interprocess communication, which every server has.
    pub(crate) fn is_ipc(&self) -> bool {
        self.share.eq_ignore_ascii_case("IPC$")
    }

    /// Returns the servers whose login the connection sets.
    pub(crate) fn scope(&self) -> LoginScope {
        LoginScope::Server(self.server.clone())
    }

    fn is_same(&self, other: &Self) -> bool {
        self.server == other.server && folded(&self.share) == folded(&other.share)
    }
}

/// A connection of the program.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) remote: Remote,
    /// The user and the domain, if the program named them.
    pub(crate) user: Option<(String, Option<String>)>,
    /// How often the program has made it.
    pub(crate) count: u32,
}

impl Use {
    pub(crate) fn new(remote: Remote, login: Option<&Login>) -> Self {
        let user = login.map(|login| (login.user.clone(), login.domain.clone()));
        Self { remote, user, count: 1 }
    }

    /// Whether the connection logs on as the user of this login.
    pub(crate) fn is_of(&self, login: &Login) -> bool {
        let (user, domain) = (folded(&login.user), login.domain.as_deref().map(folded));
        self.user.as_ref().is_some_and(|(own, own_domain)| {
            folded(own) == user && own_domain.as_deref().map(folded) == domain
        })
    }

    /// Returns the name of the share as the program spelled it.
    pub(crate) fn name(&self) -> &str {
        &self.remote.name
    }
}

/// The connections of a process.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<Vec<Use>>);

impl Uses {
    /// Returns a copy for a child process after a fork. It is empty if another thread was changing them at that moment.
    pub(crate) fn inherited(&self) -> Self {
        Self(Mutex::new(self.0.try_lock().map(|uses| uses.clone()).unwrap_or_default()))
    }

    /// Returns all connections, the oldest first.
    pub(crate) fn all(&self) -> Vec<Use> {
        self.lock().clone()
    }

    /// Returns the connection to a share.
    ///
    /// # Errors
    /// `NERR_UseNotFound`.
    pub(crate) fn find(&self, remote: &Remote) -> Result<Use, Failure> {
        let uses = self.lock();
        let found = uses.iter().find(|known| known.remote.is_same(remote)).cloned();
        found.ok_or_else(not_found)
    }

    /// Adds a connection, or counts it once more, if `log_on` succeeds. No other thread adds one meanwhile.
    ///
    /// # Errors
    /// Those of `log_on`.
    pub(crate) fn add(
        &self,
        new: Use,
        log_on: impl FnOnce(&Use) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut uses = self.lock();
        log_on(&new)?;
        match uses.iter_mut().find(|known| known.remote.is_same(&new.remote)) {
            Some(known) => {
                known.count = known.count.saturating_add(1);
                known.user = new.user.or_else(|| known.user.take());
            }
            None => uses.push(new),
        }
        Ok(())
    }

    /// Removes a connection once, or altogether. Returns it if its login goes with it, because no other connection to the
    /// server needs one.
    ///
    /// # Errors
    /// `NERR_UseNotFound`.
    pub(crate) fn remove(&self, remote: &Remote, is_altogether: bool) -> Result<Option<Use>, Failure> {
        let mut uses = self.lock();
        let index = uses.iter().position(|known| known.remote.is_same(remote)).ok_or_else(not_found)?;
        if let Some(known) = uses.get_mut(index).filter(|known| !is_altogether && known.count > 1) {
            known.count -= 1;
            return Ok(None);
        }
        let removed = uses.remove(index);
        let is_needed = |other: &Use| other.user.is_some() && other.remote.server == removed.remote.server;
        Ok((removed.user.is_some() && !uses.iter().any(is_needed)).then_some(removed))
    }

    /// Locks the list. A panic of another thread cannot leave it inconsistent, because each change is one step.
    fn lock(&self) -> MutexGuard<'_, Vec<Use>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_found() -> Failure {
    Failure::Argument { code: NERR_USE_NOT_FOUND, why: "the program has no connection to this share" }
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use netsession::Secret;

    use super::*;

    fn remote(name: &str) -> Remote {
        Remote::parse(name).unwrap()
    }

    /// A failure here would forget a login that another connection needs, or keep it when the program has left.
    #[test]
    fn the_login_goes_with_the_last_connection() {
        let uses = Uses::default();
        let login = Login::new(r"LAB\bob", Secret::password("x")).unwrap();
        let add = |name: &str, login| uses.add(Use::new(remote(name), login), |_| Ok(())).unwrap();
        add(r"\\fs1\IPC$", Some(&login));
        add(r"\\fs1\data", Some(&login));
        add(r"\\fs1\DATA", Some(&login));
        add(r"\\fs2\data", None);
        assert_eq!(uses.all().iter().map(|one| one.count).collect::<Vec<_>>(), [1, 2, 1]);
        assert!(uses.remove(&remote(r"\\fs1\data"), false).unwrap().is_none());
        assert!(uses.remove(&remote(r"\\fs1\data"), false).unwrap().is_none());
        assert!(uses.remove(&remote(r"\\fs1\data"), false).is_err());
        assert!(uses.remove(&remote(r"\\fs1\ipc$"), true).unwrap().is_some_and(|last| last.is_of(&login)));
        assert!(uses.remove(&remote(r"\\fs2\data"), true).unwrap().is_none(), "it has no login of its own");
        assert!(uses.all().is_empty());
    }

    /// A failure here would log on at a server that the program did not name.
    #[test]
    fn a_remote_name_is_a_server_and_a_share() {
        assert_eq!(
            (remote(r"\\fs1:4450\IPC$").share.as_str(), remote(r"\\fs1\ipc$").is_ipc()),
            ("IPC$", true)
        );
        for wrong in
            ["", "fs1", r"\\fs1", r"\\fs1\", r"\\\data", r"\fs1\data", r"\\fs1\data\sub", r"\\fs1\a/b"]
        {
            assert_eq!(Remote::parse(wrong).unwrap_err().code(), ERROR_BAD_NET_NAME, "{wrong}");
        }
    }
}
