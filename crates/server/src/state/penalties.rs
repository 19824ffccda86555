use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netsession_wire::name::upper_case;

/// The largest number of records.
const LIMIT: usize = 8_192;
/// The most characters of a name that the records compare.
const NAME_LIMIT: usize = 64;
/// The number of wrong passwords of one user from one address without a delay.
const FREE: u32 = 3;
/// The number of wrong passwords of all users from one address without a delay.
const FREE_FOR_ADDRESS: u32 = 16;
/// The first delay for a user, which doubles with each failure, and the longest.
const DELAYS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));
/// The first delay for an address, and the longest. A user who has not failed at the address waits no longer than that, even
/// if many attempts of other users wait.
const ADDRESS_DELAYS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// The longest wait of an attempt, however many wait.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The time after which a record without another failure is forgotten.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// The failed logons, which delay later attempts.
///
/// A record belongs to an address together with a user: an attacker slows down nobody at another address, and cannot
/// lock an administrator out. Attempts wait for each other, so parallel attempts gain nothing. A second record of the
/// address alone, with shorter delays, slows down an attacker who tries one password for many users.
///
/// Times are those since the start of the server ([`Environment::uptime`](super::Environment::uptime)): setting the
/// clock neither locks a user out nor ends an attacker's delay.
#[derive(Debug, Default)]
pub(crate) struct Penalties(Mutex<HashMap<Key, Record>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    address: IpAddr,
    /// The user's name in capitals; `None` for the address alone.
    user: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    failures: u32,
    last: Duration,
    /// When the server may verify the next attempt.
    free: Duration,
}

impl Penalties {
    /// Returns how long the server must wait before it verifies an attempt to log on. Later attempts wait until after
    /// this one. Returns `None` if this attempt would wait longer than `LONGEST_WAIT`: the server must refuse it
    /// unverified, or parallel attempts would evade the delay.
    #[must_use]
    pub(crate) fn admit(&self, address: IpAddr, user: &str, now: Duration) -> Option<Duration> {
        let mut table = self.table();
        let [pair, alone] = keys(address, user);
        let is_full =
            |record: &Record| !record.is_forgotten(now) && record.free > now.saturating_add(LONGEST_WAIT);
        if table.get(&pair).is_some_and(is_full) {
            return None;
        }
        // The record of the address alone refuses no attempt: other users there have done nothing wrong.
        let longest = [LONGEST_WAIT, ADDRESS_DELAYS.1];
        let waits = [pair, alone].into_iter().zip(longest).map(|(key, longest)| {
            table.get_mut(&key).map_or(Duration::ZERO, |record| record.admit(&key, longest, now))
        });
        Some(waits.max().unwrap_or_default())
    }

    /// Returns how long the server must wait before it verifies a ticket. Nobody knows yet whose it is, so only the record of
    /// the address counts.
    #[must_use]
    pub(crate) fn admit_ticket(&self, address: IpAddr, now: Duration) -> Duration {
        let [_, alone] = keys(address, "");
        let mut table = self.table();
        table.get_mut(&alone).map_or(Duration::ZERO, |record| record.admit(&alone, ADDRESS_DELAYS.1, now))
    }

    /// Records a failed logon.
    pub(crate) fn failed(&self, address: IpAddr, user: &str, now: Duration) {
        let mut table = self.table();
        for key in keys(address, user) {
            if table.len() >= LIMIT && !table.contains_key(&key) {
                make_room(&mut table, now);
            }
            let record = table.entry(key.clone()).or_insert(Record { failures: 0, last: now, free: now });
            if record.is_forgotten(now) {
                *record = Record { failures: 0, last: now, free: now };
            }
            record.failures = record.failures.saturating_add(1);
            record.last = now;
            record.free = record.free.max(now.saturating_add(delay(&key, record.failures)));
        }
    }

    /// Records a successful logon: it deletes the failures of this user at this address.
    pub(crate) fn succeeded(&self, address: IpAddr, user: &str) {
        let [pair, _] = keys(address, user);
        self.table().remove(&pair);
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Key, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn is_forgotten(&self, now: Duration) -> bool {
        now.saturating_sub(self.last) > MEMORY
    }

    /// Returns how long an attempt waits, `longest` at most. The next attempt waits until after this one.
    fn admit(&mut self, key: &Key, longest: Duration, now: Duration) -> Duration {
        if self.is_forgotten(now) {
            return Duration::ZERO;
        }
        let start = self.free.max(now).min(now.saturating_add(longest));
        self.free = start.saturating_add(delay(key, self.failures));
        start.saturating_sub(now)
    }
}

/// Removes the forgotten records; if that is not enough, a quarter of them, those with the fewest failures. If it
/// removed one at a time, each further failure of an attacker would read the whole table.
fn make_room(table: &mut HashMap<Key, Record>, now: Duration) {
    table.retain(|_, record| !record.is_forgotten(now));
    if table.len() >= LIMIT {
        let mut worth: Vec<_> = table.values().map(|record| (record.failures, record.last)).collect();
        let (_, least, _) = worth.select_nth_unstable(LIMIT / 4);
        let least = *least;
        table.retain(|_, record| (record.failures, record.last) > least);
    }
}

/// Returns the keys of the user at the address, and of the address alone.
fn keys(address: IpAddr, user: &str) -> [Key; 2] {
    let address = network(address);
    let user = upper_case(user).chars().take(NAME_LIMIT).collect();
    [Key { address, user: Some(user) }, Key { address, user: None }]
}

/// Returns the address for the records: one subscriber has a whole IPv6 network of 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

/// Returns the delay of the next attempt after this number of failures.
fn delay(key: &Key, failures: u32) -> Duration {
    let (free, (first, longest)) = match key.user {
        Some(_) => (FREE, DELAYS),
        None => (FREE_FOR_ADDRESS, ADDRESS_DELAYS),
    };
    match failures.checked_sub(free) {
        None => Duration::ZERO,
        Some(over) => first.saturating_mul(1 << over.min(16)).min(longest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 5));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 6));

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn fail(penalties: &Penalties, user: &str, times: u32) {
        (0..times).for_each(|_| penalties.failed(HERE, user, at(0)));
    }

    /// A failure here would delay a user after a single typing error, or let an attacker guess without a delay.
    #[test]
    fn waiting_grows_with_each_failure() {
        let waits: Vec<u128> = (0..10)
            .map(|failures| {
                let penalties = Penalties::default();
                fail(&penalties, "admin", failures);
                penalties.admit(HERE, "Admin", at(0)).unwrap().as_millis()
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000]);
    }

    /// A failure here would let an attacker lock an administrator out, or keep other users waiting.
    #[test]
    fn nobody_at_another_address_waits() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 1000);
        assert_eq!(penalties.admit(THERE, "admin", at(0)), Some(Duration::ZERO));
        // Other users at the same address wait a little.
        assert!(penalties.admit(HERE, "bob", at(0)).unwrap() <= Duration::from_secs(1));
        assert!(penalties.admit(HERE, "admin", at(0)).unwrap() > Duration::ZERO);
    }

    /// A failure here would verify a thousand parallel attempts within the longest delay.
    #[test]
    fn too_many_waiting_attempts_are_refused() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 1000);
        let mut verified = 0;
        for second in 0..60 {
            let crowd = (0..1000).filter_map(|_| penalties.admit(HERE, "admin", at(second * 1000)));
            verified += crowd.inspect(|wait| assert!(*wait <= LONGEST_WAIT)).count();
        }
        // One attempt in eight seconds, and those that still wait at the end.
        assert!((7..=10).contains(&verified), "{verified} of 60000 in a minute");
        assert!(penalties.admit(HERE, "bob", at(0)).is_some(), "others at this address go on");
    }

    /// A failure here would verify many parallel attempts in the time of one attempt.
    #[test]
    fn attempts_wait_for_each_other() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 5);
        let waits: Vec<u128> =
            (0..4).map(|_| penalties.admit(HERE, "admin", at(0)).unwrap().as_millis()).collect();
        assert_eq!(waits, [1000, 2000, 3000, 4000]);
    }

    /// A failure here would let an attacker try one password for every user without a delay.
    #[test]
    fn many_users_from_one_address_wait_too() {
        let penalties = Penalties::default();
        (0..20).for_each(|user| fail(&penalties, &format!("user{user}"), 1));
        assert!(penalties.admit(HERE, "another", at(0)).unwrap() >= Duration::from_millis(500));
    }

    /// A failure here would let an attacker lock out everybody at one address, such as a company behind one router,
    /// with invented users.
    #[test]
    fn invented_users_delay_another_user_by_a_second_at_most() {
        let penalties = Penalties::default();
        (0..1000).for_each(|user| penalties.failed(HERE, &format!("ghost{user}"), at(0)));
        for user in 0..1000 {
            assert!(penalties.admit(HERE, &format!("spirit{user}"), at(0)).is_some());
        }
        let wait = penalties.admit(HERE, "bob", at(0)).unwrap();
        assert!(!wait.is_zero() && wait <= Duration::from_secs(1), "{wait:?}");
    }

    /// A failure here would delay a user forever because of old mistakes.
    #[test]
    fn success_and_time_end_the_delay() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 8);
        penalties.succeeded(HERE, "ADMIN");
        assert_eq!(penalties.admit(HERE, "admin", at(0)), Some(Duration::ZERO));
        fail(&penalties, "admin", 8);
        assert_eq!(penalties.admit(HERE, "admin", at(1000 * 60 * 16)), Some(Duration::ZERO));
    }

    /// A failure here would let an attacker fill the server's memory with invented names, or remove its own record.
    #[test]
    fn memory_is_bounded_and_keeps_the_worst() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 9);
        (0..3 * LIMIT).for_each(|user| fail(&penalties, &format!("user{user}"), 1));
        assert!(penalties.table().len() <= LIMIT);
        assert!(penalties.admit(HERE, "admin", at(0)).unwrap() >= Duration::from_secs(8));
    }

    /// A failure here would give an attacker a fresh start at each address of one IPv6 network.
    #[test]
    fn an_ipv6_network_counts_as_one() {
        let penalties = Penalties::default();
        let address = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, last));
        (1..9).for_each(|last| penalties.failed(address(last), "admin", at(0)));
        assert!(penalties.admit(address(99), "admin", at(0)).unwrap() > Duration::ZERO);
    }
}
