//! [`Logins`]: the logins of the holds of a process, and which of them a server has refused.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use netsession::{Login, Secret, Server};

use crate::watch::{LogonGate, gate_key};
use crate::{Error, Target};

/// The logins, each with the servers that refused it: no hold sends it there again, neither to list nor to change an account.
#[derive(Clone, Default)]
pub(super) struct Logins(Rc<RefCell<Vec<Gate>>>);

/// A login, and which servers have refused it.
type Gate = (Login, Arc<LogonGate>);

impl Logins {
    /// Returns the gate of a login. Another password is another login.
    pub(super) fn gate(&self, login: &Login) -> Arc<LogonGate> {
        let mut gates = self.0.borrow_mut();
        if let Some((_, gate)) = gates.iter().find(|(known, _)| is_same_login(known, login)) {
            return Arc::clone(gate);
        }
        let gate = Arc::<LogonGate>::default();
        gates.push((login.clone(), Arc::clone(&gate)));
        gate
    }

    /// Connects and logs on, unless the server has refused this login before.
    pub(super) async fn log_on(&self, target: &Target) -> Result<Server, Error> {
        let (gate, key) = (self.gate(target.login()), gate_key(target));
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
