//! The logins that a program set for servers: [`SetLogins`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use netsession::{Login, ServerTarget};

use crate::named_server::{is_loopback, is_same};

/// The servers that a login is set for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginScope {
    /// Every server that has no login of its own.
    AllServers,
    /// One server.
    Server(ServerTarget),
}

/// A login that a program set.
#[derive(Debug, Clone)]
pub struct SetLogin {
    scope: LoginScope,
    login: Login,
    number: u64,
}

impl SetLogin {
    /// The login.
    #[must_use]
    pub const fn login(&self) -> &Login {
        &self.login
    }

    /// A number that no other login of the same [`SetLogins`] has, so that a connection of an earlier login is not used
    /// for a later one.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

/// The logins that a program set, by server.
///
/// ```
/// use netsession::{Login, Secret, ServerTarget};
/// use netsession_admin::{LoginScope, SetLogins};
///
/// let logins = SetLogins::default();
/// let login = Login::new("adm1", Secret::password("..."))?;
/// logins.set(&LoginScope::Server("fs1".parse()?), Some(login));
/// assert!(logins.for_server(&"FS1".parse()?).is_some());
/// assert!(logins.for_server(&ServerTarget::Local).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct SetLogins {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    last_number: u64,
    logins: Vec<SetLogin>,
}

impl SetLogins {
    /// A copy for a child process after a fork. It is empty where another thread was changing the logins at that moment.
    #[must_use]
    pub fn inherited(&self) -> Self {
        let state = self.state.try_lock().map(|state| state.clone()).unwrap_or_default();
        Self { state: Mutex::new(state) }
    }

    /// Sets a login in place of an earlier one for the same servers, or removes that one. Returns the number of the login
    /// that is no longer used.
    pub fn set(&self, scope: &LoginScope, login: Option<Login>) -> Option<u64> {
        let mut state = self.lock();
        let earlier = state.logins.iter().position(|earlier| earlier.scope.is_same(scope));
        let earlier = earlier.map(|index| state.logins.remove(index).number);
        state.last_number += 1;
        let number = state.last_number;
        state.logins.extend(login.map(|login| SetLogin { scope: scope.clone(), login, number }));
        earlier
    }

    /// The login for a server: its own; else, for the local computer, the local one; else the one for all servers.
    #[must_use]
    pub fn for_server(&self, server: &ServerTarget) -> Option<SetLogin> {
        let state = self.lock();
        let of = |scope: &LoginScope| state.logins.iter().find(|set| set.scope.is_same(scope)).cloned();
        let is_here = matches!(server, ServerTarget::Address(address) if is_loopback(address));
        of(&LoginScope::Server(server.clone()))
            .or_else(|| is_here.then(|| of(&LoginScope::Server(ServerTarget::Local))).flatten())
            .or_else(|| of(&LoginScope::AllServers))
    }

    /// A panic elsewhere leaves the state whole: each change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoginScope {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Server(ServerTarget::Address(one)), Self::Server(ServerTarget::Address(other))) => {
                is_same(one, other)
            }
            (one, other) => one == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use netsession::Secret;

    use super::*;

    /// A failure here would log on with a login that was set for another server, or that was removed.
    #[test]
    fn a_servers_own_login_comes_first() {
        let logins = SetLogins::default();
        let login = |user: &str| Some(Login::new(user, Secret::password("x")).unwrap());
        let one = |server: &str| LoginScope::Server(server.parse().unwrap());
        let user = |server: &str| Some(logins.for_server(&server.parse().unwrap())?.login.user);
        logins.set(&LoginScope::AllServers, login("all"));
        logins.set(&one("fs1"), login("first"));
        logins.set(&one("FS1"), login("second"));
        logins.set(&one(""), login("local"));
        assert_eq!(user("fs1").as_deref(), Some("second"));
        assert_eq!(user("fs2").as_deref(), Some("all"));
        assert_eq!(user("").as_deref(), Some("local"));
        assert_eq!(user("127.0.0.1:4450").as_deref(), Some("local"));
        logins.set(&one("fs1"), None);
        logins.set(&LoginScope::AllServers, None);
        assert_eq!((user("fs1"), user("127.0.0.1").as_deref()), (None, Some("local")));
        let number = || logins.for_server(&ServerTarget::Local).unwrap().number;
        let before = number();
        logins.set(&one(""), login("local"));
        assert!(number() > before, "a login that is set again is another one");
        assert_eq!(logins.inherited().for_server(&ServerTarget::Local).unwrap().login.user, "local");
    }
}
