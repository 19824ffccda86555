//! [`SetLogins`] keeps the logins that a program set for servers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession::{Login, ServerAddress, ServerTarget};

use crate::login_rule::is_reached_as;
use crate::named_server::is_same;

/// The servers for which a program sets a login.
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
    /// Returns the login.
    #[must_use]
    pub const fn login(&self) -> &Login {
        &self.login
    }

    /// Returns a number that no other login of the same [`SetLogins`] has, so that a later login does not use a
    /// connection of an earlier one.
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
/// assert!(logins.for_server(&"FS1".parse()?, || None).is_some());
/// assert!(logins.for_server(&ServerTarget::Local, || None).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct SetLogins {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    last_number: u64,
    /// Each call takes one of them.
    logins: Vec<Arc<SetLogin>>,
}

impl SetLogins {
    /// Returns a copy for a child process after a fork. It is empty if another thread was changing the logins at that
    /// moment.
    #[must_use]
    pub fn inherited(&self) -> Self {
        let state = self.state.try_lock().map(|state| state.clone()).unwrap_or_default();
        Self { state: Mutex::new(state) }
    }

    /// Replaces the login for these servers, or removes it. Returns the number of the earlier login.
    pub fn set(&self, scope: &LoginScope, login: Option<Login>) -> Option<u64> {
        let mut state = self.lock();
        let earlier = state.logins.iter().position(|earlier| earlier.scope.is_same(scope));
        let earlier = earlier.map(|index| state.logins.remove(index).number);
        state.last_number += 1;
        let number = state.last_number;
        state.logins.extend(login.map(|login| Arc::new(SetLogin { scope: scope.clone(), login, number })));
        earlier
    }

    /// Returns the login that the program set for exactly these servers.
    #[must_use]
    pub fn own(&self, scope: &LoginScope) -> Option<Arc<SetLogin>> {
        self.lock().logins.iter().find(|set| set.scope.is_same(scope)).cloned()
    }

    /// Returns a login for these servers that is not set, so that a caller can try it first.
    #[must_use]
    pub fn untried(&self, scope: &LoginScope, login: Login) -> SetLogin {
        let mut state = self.lock();
        state.last_number += 1;
        SetLogin { scope: scope.clone(), login, number: state.last_number }
    }

    /// Returns the login for a server: its own; else, for the local computer, the local one; else the one for all
    /// servers.
    ///
    /// `local` finds the address of the local computer's server. This function calls it only if the result depends on
    /// it. The local login goes to no other port of this computer, because any user can listen there.
    #[must_use]
    pub fn for_server(
        &self,
        server: &ServerTarget,
        local: impl FnOnce() -> Option<ServerAddress>,
    ) -> Option<Arc<SetLogin>> {
        let (own, of_local, of_all) = {
            let state = self.lock();
            let of = |is_it: &dyn Fn(&LoginScope) -> bool| {
                state.logins.iter().find(|set| is_it(&set.scope)).map(Arc::clone)
            };
            let of_all = of(&|scope| *scope == LoginScope::AllServers);
            (of(&|scope| scope.is_of(server)), of(&|scope| scope.is_of(&ServerTarget::Local)), of_all)
        };
        let is_here = || match server {
            ServerTarget::Local => true,
            ServerTarget::Address(named) => local().is_some_and(|local| is_reached_as(&local, named)),
        };
        own.or_else(|| of_local.filter(|_| is_here())).or(of_all)
    }

    /// Locks the state. A panic of another thread cannot leave it inconsistent, because each change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoginScope {
    fn is_same(&self, other: &Self) -> bool {
        match other {
            Self::AllServers => *self == Self::AllServers,
            Self::Server(server) => self.is_of(server),
        }
    }

    /// Whether it is this one server.
    fn is_of(&self, server: &ServerTarget) -> bool {
        match (self, server) {
            (Self::AllServers, _) => false,
            (Self::Server(ServerTarget::Address(one)), ServerTarget::Address(other)) => is_same(one, other),
            (Self::Server(one), other) => one == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use netsession::Secret;

    use super::*;

    /// A failure here would log on with the login for another server, or with a removed one.
    #[test]
    fn a_servers_own_login_comes_first() {
        let logins = SetLogins::default();
        let login = |user: &str| Some(Login::new(user, Secret::password("x")).unwrap());
        let one = |server: &str| LoginScope::Server(server.parse().unwrap());
        let local = || "127.0.0.1:4450".parse().ok();
        let user =
            |server: &str| Some(logins.for_server(&server.parse().unwrap(), local)?.login.user.clone());
        logins.set(&LoginScope::AllServers, login("all"));
        logins.set(&one("fs1"), login("first"));
        logins.set(&one("FS1"), login("second"));
        logins.set(&one(""), login("local"));
        assert_eq!(user("fs1").as_deref(), Some("second"));
        let own = |server| Some(logins.own(&one(server))?.login.user.clone());
        assert_eq!((own("FS1").as_deref(), own("fs2")), (Some("second"), None));
        let untried = logins.untried(&one("fs2"), Login::new("tried", Secret::password("x")).unwrap());
        assert_eq!(untried.login.user, "tried");
        assert_eq!(own("fs2"), None, "it is not set");
        assert_eq!(user("fs2").as_deref(), Some("all"));
        assert_eq!(user("").as_deref(), Some("local"));
        assert_eq!(user("127.0.0.1:4450").as_deref(), Some("local"));
        logins.set(&one("fs1"), None);
        logins.set(&LoginScope::AllServers, None);
        assert_eq!((user("fs1"), user("localhost:4450").as_deref()), (None, Some("local")));
        for foreign in
            ["127.0.0.1", "127.0.0.1:4451", "127.0.0.2:4450", "[::1]:4450", "localhost", "0.0.0.0:4450"]
        {
            assert_eq!(user(foreign), None, "{foreign}");
        }
        let number = || logins.for_server(&ServerTarget::Local, local).unwrap().number;
        let before = number();
        logins.set(&one(""), login("local"));
        assert!(number() > before, "setting the same login again gives it a new number");
        assert_eq!(logins.inherited().for_server(&ServerTarget::Local, local).unwrap().login.user, "local");
    }
}
