//! The logins that the program set, and passwords that commands printed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use netsession::{Login, ServerTarget};
use netsession_config::{Password, printed_password};

use crate::failure::Failure;
use crate::identity::{is_loopback, is_same};

/// For which servers a login was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum For {
    /// Every server that has none of its own.
    All,
    /// One server.
    One(ServerTarget),
}

/// A login that the program set.
#[derive(Clone)]
pub(crate) struct SetLogin {
    servers: For,
    pub(crate) login: Login,
    /// Another one each time: connections of an earlier login are not used for a later one.
    pub(crate) number: u64,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Logins {
    set: Mutex<(u64, Vec<SetLogin>)>,
    printed: Mutex<HashMap<Vec<String>, Password>>,
}

impl Logins {
    /// Those of a process, for its child. Where another thread was changing them at that moment, there are none.
    pub(crate) fn inherited(&self) -> Self {
        let set = self.set.try_lock().map(|set| set.clone()).unwrap_or_default();
        Self { set: Mutex::new(set), printed: Mutex::default() }
    }

    /// Sets a login, in the place of an earlier one for the same servers, or takes that away; gives the number of what
    /// is not used any more.
    pub(crate) fn set(&self, servers: &For, login: Option<Login>) -> Option<u64> {
        let mut guard = lock(&self.set);
        let (last, set) = &mut *guard;
        let earlier = set.iter().position(|earlier| earlier.servers.is_same(servers));
        let earlier = earlier.map(|index| set.remove(index).number);
        *last += 1;
        set.extend(login.map(|login| SetLogin { servers: servers.clone(), login, number: *last }));
        earlier
    }

    /// The login that was set for a server: its own, else for the local computer the local one, else the one for all.
    pub(crate) fn for_server(&self, server: &ServerTarget) -> Option<SetLogin> {
        let set = lock(&self.set);
        let of = |servers: &For| set.1.iter().find(|set| set.servers.is_same(servers)).cloned();
        let is_here = matches!(server, ServerTarget::Address(address) if is_loopback(address));
        of(&For::One(server.clone()))
            .or_else(|| is_here.then(|| of(&For::One(ServerTarget::Local))).flatten())
            .or_else(|| of(&For::All))
    }

    /// What a password command prints; it is run once.
    ///
    /// # Errors
    /// It cannot be run, or fails.
    pub(crate) fn printed(&self, command: &[String]) -> Result<Password, Failure> {
        if let Some(password) = lock(&self.printed).get(command) {
            return Ok(password.clone());
        }
        let password = printed_password(command, true)?;
        lock(&self.printed).insert(command.to_vec(), password.clone());
        Ok(password)
    }

    /// Forgets what commands printed, for one of it may be wrong by now.
    pub(crate) fn forget_printed(&self) {
        lock(&self.printed).clear();
    }
}

impl For {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(ServerTarget::Address(one)), Self::One(ServerTarget::Address(other))) => {
                is_same(one, other)
            }
            (one, other) => one == other,
        }
    }
}

/// What a panic left is good: each change is made in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use netsession::Secret;

    use super::*;

    /// If this fails, a server is given a login that was set for another one, or one that was taken away.
    #[test]
    fn the_server_s_own_login_comes_first() {
        let logins = Logins::default();
        let login = |user: &str| Some(Login::new(user, Secret::password("x")).unwrap());
        let one = |server: &str| For::One(server.parse().unwrap());
        let who = |server: &str| Some(logins.for_server(&server.parse().unwrap())?.login.user);
        logins.set(&For::All, login("all"));
        logins.set(&one("fs1"), login("first"));
        logins.set(&one("FS1"), login("second"));
        logins.set(&one(""), login("local"));
        assert_eq!(who("fs1").as_deref(), Some("second"));
        assert_eq!(who("fs2").as_deref(), Some("all"));
        assert_eq!(who("").as_deref(), Some("local"));
        assert_eq!(who("127.0.0.1:4450").as_deref(), Some("local"));
        logins.set(&one("fs1"), None);
        logins.set(&For::All, None);
        assert_eq!((who("fs1"), who("127.0.0.1").as_deref()), (None, Some("local")));
        let number = || logins.for_server(&ServerTarget::Local).unwrap().number;
        let before = number();
        logins.set(&one(""), login("local"));
        assert!(number() > before, "a login that was set again is another one");
        assert_eq!(logins.inherited().for_server(&ServerTarget::Local).unwrap().login.user, "local");
    }
}
