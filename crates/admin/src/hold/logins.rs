//! [`Logins`]: the logins of the holds of a process, and which of them a server has refused.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use netsession::{Login, Secret, Server};

use crate::watch::{LogonGate, gate_key, place};
use crate::{Error, Target};

/// The logins, each with the servers that refused it: no hold sends it there again, neither to list nor to change an account.
#[derive(Clone, Default)]
pub(super) struct Logins(Rc<RefCell<Vec<Gate>>>);

/// A login, the servers that it is for, and which of them have refused it.
struct Gate {
    login: Login,
    places: BTreeSet<String>,
    gate: Arc<LogonGate>,
}

impl Logins {
    /// Returns the gate of a target's login. Another password is another login.
    pub(super) fn gate(&self, target: &Target) -> Arc<LogonGate> {
        let mut gates = self.0.borrow_mut();
        if let Some(known) = gates.iter_mut().find(|known| is_same_login(&known.login, target.login())) {
            known.places.insert(place(target));
            return Arc::clone(&known.gate);
        }
        let gate = Arc::<LogonGate>::default();
        let places = BTreeSet::from([place(target)]);
        gates.push(Gate { login: target.login().clone(), places, gate: Arc::clone(&gate) });
        gate
    }

    /// Returns the users as which this process logs on at a server.
    pub(super) fn users_at(&self, target: &Target) -> Vec<String> {
        let (gates, place) = (self.0.borrow(), place(target));
        let mut users: Vec<String> = Vec::new();
        for known in gates.iter().filter(|known| known.places.contains(&place)) {
            if !users.contains(&known.login.user) {
                users.push(known.login.user.clone());
            }
        }
        users
    }

    /// Connects and logs on, unless the server has refused this login before.
    pub(super) async fn log_on(&self, target: &Target) -> Result<Server, Error> {
        let (gate, key) = (self.gate(target), gate_key(target));
        let _pass = gate.pass(&key, target.name(), &target.login().to_string()).await?;
        let result = target.connect().await;
        gate.set_result(&key, target.name(), &result);
        result
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
