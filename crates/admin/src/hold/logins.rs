//! [`Logins`]: the logins of the holds of a process, and which of them a server has refused.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use netsession::{Login, Secret, Server};
use netsession_journal::FoundAccount;

use super::login_user::is_user_of;
use crate::watch::{LogonGate, gate_key, place};
use crate::{Error, Target};

/// The logins, each with the servers that refused it: no hold sends it there again, neither to list nor to change an account.
#[derive(Clone, Default)]
pub(super) struct Logins {
    gates: Rc<RefCell<Vec<Gate>>>,
    /// How many accounts this process has enabled.
    enabled: Rc<Cell<u64>>,
}

/// A login, the servers that have refused it, and where it is in use.
struct Gate {
    login: Login,
    uses: Vec<(String, Weak<()>)>,
    gate: Arc<LogonGate>,
}

/// A login is in use at a server until this is dropped.
pub(super) struct InUse {
    _token: Rc<()>,
}

impl Logins {
    /// Returns the gate of a target's login. Another password is another login.
    pub(super) fn gate(&self, target: &Target) -> Arc<LogonGate> {
        self.with_gate(target, |gate| Arc::clone(&gate.gate))
    }

    fn with_gate<T>(&self, target: &Target, use_it: impl FnOnce(&mut Gate) -> T) -> T {
        let mut gates = self.gates.borrow_mut();
        if let Some(known) = gates.iter_mut().find(|known| is_same_login(&known.login, target.login())) {
            return use_it(known);
        }
        let mut gate = Gate { login: target.login().clone(), uses: Vec::new(), gate: Arc::default() };
        let result = use_it(&mut gate);
        gates.push(gate);
        result
    }

    /// Notes that this process logs on at a server by a target's login, until the result is dropped.
    pub(super) fn begin_use(&self, target: &Target) -> InUse {
        let token = Rc::new(());
        self.with_gate(target, |gate| {
            gate.uses.retain(|(_, token)| token.strong_count() > 0);
            gate.uses.push((place(target), Rc::downgrade(&token)));
        });
        InUse { _token: token }
    }

    /// Returns the users as which this process logs on at a server now by other logins than that of the target.
    pub(super) fn other_users_at(&self, target: &Target) -> Vec<String> {
        let (gates, place) = (self.gates.borrow(), place(target));
        let mut users: Vec<String> = Vec::new();
        for known in gates.iter().filter(|known| !is_same_login(&known.login, target.login())) {
            let is_used = known.uses.iter().any(|(at, token)| *at == place && token.strong_count() > 0);
            if is_used && !users.contains(&known.login.user) {
                users.push(known.login.user.clone());
            }
        }
        users
    }

    /// Forgets that logins by this account were refused because it was disabled: this process has enabled it.
    pub(super) fn account_is_enabled(&self, account: &FoundAccount) {
        self.enabled.set(self.enabled.get().wrapping_add(1));
        for known in self.gates.borrow().iter() {
            if is_user_of(&known.login.to_string(), account) {
                known.gate.forget_disabled();
            }
        }
    }

    /// Returns a number that changes whenever this process enables an account.
    pub(super) fn enabled_accounts(&self) -> u64 {
        self.enabled.get()
    }

    /// Connects and logs on, unless the server has refused this login before. The login is in use until the second result is dropped.
    pub(super) async fn log_on(&self, target: &Target) -> Result<(Server, InUse), Error> {
        let (gate, key) = (self.gate(target), gate_key(target));
        let _pass = gate.pass(&key, target.name(), &target.login().to_string()).await?;
        let in_use = self.begin_use(target);
        let result = target.connect().await;
        gate.set_result(&key, target.name(), &result);
        Ok((result?, in_use))
    }
}

/// Whether two logins are the same, with the same secret.
pub(super) fn is_same_login(one: &Login, other: &Login) -> bool {
    let is_same_secret = match (&one.secret, &other.secret) {
        (Secret::Password(one), Secret::Password(other)) => one.as_str() == other.as_str(),
        (Secret::NtHash(one), Secret::NtHash(other)) => one == other,
        (Secret::Ticket, Secret::Ticket) => true,
        (Secret::Keytab(one), Secret::Keytab(other)) => one == other,
        _ => false,
    };
    one.domain == other.domain && one.user == other.user && is_same_secret
}

#[cfg(test)]
mod tests {
    use netsession::{ConnectOptions, Login, Secret};

    use super::Logins;
    use crate::Target;

    /// A failure here would spare an administrator whom a hold names, because a hold that is over logged on as this user before; or end
    /// a connection that another hold needs.
    #[test]
    fn a_login_counts_while_it_is_in_use() {
        let target = |host: &str, user: &str| {
            let login = Login::new(user, Secret::password("x")).unwrap();
            Target::new(host, host.parse().unwrap(), login, ConnectOptions::default())
        };
        let logins = Logins::default();
        let (one, other) = (target("fs1", "adm1"), target("fs1", "adm2"));
        assert!(logins.other_users_at(&one).is_empty());
        let (first, second) = (logins.begin_use(&one), logins.begin_use(&one));
        let third = logins.begin_use(&other);
        assert_eq!(
            (logins.other_users_at(&other), logins.other_users_at(&one)),
            (vec!["adm1".to_owned()], vec!["adm2".to_owned()])
        );
        assert!(logins.other_users_at(&target("fs2", "adm3")).is_empty(), "another server");
        drop((first, third));
        assert_eq!(logins.other_users_at(&other), ["adm1"], "another hold uses it");
        drop(second);
        assert!(logins.other_users_at(&other).is_empty());
    }
}
