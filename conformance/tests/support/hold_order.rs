//! An order of a hold, as `netsession hold --for 1h` records it.

use netsession_journal::{Actor, HoldLogin, HoldOrder};

/// Returns an order that keeps users out of servers for an hour.
pub(crate) fn order(servers: &[String], users: &[String], login: HoldLogin) -> HoldOrder {
    HoldOrder {
        named: servers.to_vec(),
        servers: servers.to_vec(),
        users: users.to_vec(),
        login,
        seconds: 3_600,
        ..HoldOrder::of(Actor::of_process("hold"))
    }
}
