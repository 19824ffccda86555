//! An order of a hold, as `netsession hold --for 1h` records it.

use netsession_journal::{Actor, HoldLogin, HoldOrder, Timestamp};

/// Returns an order that keeps users out of servers for an hour.
pub(crate) fn order(servers: &[String], users: &[String], login: HoldLogin) -> HoldOrder {
    HoldOrder {
        at: Timestamp::now(),
        actor: Actor::of_process("hold"),
        named: servers.to_vec(),
        servers: servers.to_vec(),
        clients: Vec::new(),
        users: users.to_vec(),
        places: Vec::new(),
        addresses: Vec::new(),
        accounts_on: Vec::new(),
        is_everybody_confirmed: false,
        login,
        seconds: 3_600,
        reason: None,
    }
}
