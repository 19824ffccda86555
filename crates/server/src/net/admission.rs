//! Limits by address: concurrent connections, and concurrent logons. An IPv6 network of 64 bits counts as one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::Limits;
use crate::state::network;

/// The connections of each address.
#[derive(Debug)]
pub(super) struct Admissions {
    limits: Limits,
    addresses: Mutex<HashMap<IpAddr, Address>>,
}

#[derive(Debug)]
struct Address {
    connections: usize,
    logons: Arc<Semaphore>,
}

/// The place of an admitted connection; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Admission {
    admissions: Arc<Admissions>,
    address: IpAddr,
    /// A connection holds a permit of these during its logon.
    pub(super) logons: Arc<Semaphore>,
}

impl Admissions {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, addresses: Mutex::default() })
    }

    /// Admits a client, unless its address has too many connections.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admission> {
        let address = network(address);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let known = addresses.entry(address).or_insert_with(|| Address {
            connections: 0,
            logons: Arc::new(Semaphore::new(self.limits.logons_per_address)),
        });
        if known.connections >= self.limits.connections_per_address {
            return None;
        }
        known.connections = known.connections.saturating_add(1);
        Some(Admission { admissions: Arc::clone(self), address, logons: Arc::clone(&known.logons) })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut addresses = self.admissions.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = addresses.get_mut(&self.address) {
            known.connections = known.connections.saturating_sub(1);
            if known.connections == 0 {
                addresses.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let one address take every connection, or lose capacity for good.
    #[test]
    fn connections_of_one_address_are_limited() {
        let admissions = Admissions::new(Limits { connections_per_address: 2, ..Limits::default() });
        let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let places = (admissions.admit(one), admissions.admit(one));
        assert!(places.0.is_some() && places.1.is_some() && admissions.admit(one).is_none());
        assert!(admissions.admit(other).is_some());
        drop(places);
        assert!(admissions.addresses.lock().unwrap().is_empty());
        assert!(admissions.admit(one).is_some());
    }

    /// A failure here would let one IPv6 subscriber take every connection, with an address for each.
    #[test]
    fn an_ipv6_network_counts_as_one() {
        let admissions = Admissions::new(Limits { connections_per_address: 2, ..Limits::default() });
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, last]);
        let places = [admissions.admit(address(1)), admissions.admit(address(2))];
        assert!(places.iter().all(Option::is_some) && admissions.admit(address(3)).is_none());
        assert!(admissions.admit(IpAddr::from([0x2001, 0xdb8, 1, 3, 0, 0, 0, 1])).is_some());
    }
}
