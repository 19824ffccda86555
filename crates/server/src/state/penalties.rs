use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netsession_smb::auth::ntlm::upper_case;
use netsession_smb::fscc::FileTime;

/// Records that are kept at most.
const LIMIT: usize = 8_192;
/// The characters of a name that count.
const NAME_LIMIT: usize = 64;
/// Wrong passwords of one user from one address that cost nothing.
const FREE: u32 = 3;
/// Wrong passwords of all users from one address that cost nothing.
const FREE_FOR_ADDRESS: u32 = 16;
/// The first delay for a user, which doubles with each failure, and the longest.
const DELAYS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));
/// The same for an address.
const ADDRESS_DELAYS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// The longest that anybody waits, however many wait.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Without another failure everything is forgotten after this.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// Who has tried wrong passwords, and has to wait before the next one is looked at.
///
/// What counts is the address together with the user: whoever tries passwords slows down nobody at another
/// address, and an administrator cannot be locked out. Attempts wait for each other, so that many at once gain nothing.
/// A little is counted by the address alone, for those who try one password for many users.
#[derive(Debug, Default)]
pub(crate) struct Penalties(Mutex<HashMap<Key, Record>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    address: IpAddr,
    /// In capitals; none for the address alone.
    user: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    failures: u32,
    last: i64,
    /// When the next attempt may be looked at.
    free: i64,
}

impl Penalties {
    /// Somebody wants to log on: how long the attempt has to wait before it is looked at. Attempts that come later wait
    /// until after it. None where as many wait for this user at this address as can be looked at within
    /// `LONGEST_WAIT`: the attempt is not to be looked at, or a crowd would be as fast as if nobody waited.
    #[must_use]
    pub(crate) fn admit(&self, address: IpAddr, user: &str, now: FileTime) -> Option<Duration> {
        let mut table = self.table();
        let latest = now.0.saturating_add(units(LONGEST_WAIT));
        let [pair, alone] = keys(address, user);
        let is_full = |record: &Record| !record.is_forgotten(now) && record.free > latest;
        if table.get(&pair).is_some_and(is_full) {
            return None;
        }
        let waits = [pair, alone].map(|key| match table.get_mut(&key) {
            Some(record) if !record.is_forgotten(now) => {
                // Of the address alone nobody is turned away: others there have done nothing wrong.
                let start = record.free.max(now.0).min(latest);
                record.free = start.saturating_add(units(delay(&key, record.failures)));
                start.saturating_sub(now.0)
            }
            _ => 0,
        });
        Some(duration(waits.into_iter().max().unwrap_or(0)))
    }

    /// A logon has failed.
    pub(crate) fn failed(&self, address: IpAddr, user: &str, now: FileTime) {
        let mut table = self.table();
        for key in keys(address, user) {
            if table.len() >= LIMIT && !table.contains_key(&key) {
                make_room(&mut table, now);
            }
            let record = table.entry(key.clone()).or_insert(Record { failures: 0, last: now.0, free: now.0 });
            if record.is_forgotten(now) {
                *record = Record { failures: 0, last: now.0, free: now.0 };
            }
            record.failures = record.failures.saturating_add(1);
            record.last = now.0;
            record.free = record.free.max(now.0.saturating_add(units(delay(&key, record.failures))));
        }
    }

    /// A logon has succeeded: what this user has done wrong at this address is forgiven.
    pub(crate) fn succeeded(&self, address: IpAddr, user: &str) {
        let [pair, _] = keys(address, user);
        self.table().remove(&pair);
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Key, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn is_forgotten(&self, now: FileTime) -> bool {
        now.0.saturating_sub(self.last) > units(MEMORY)
    }
}

/// Takes away what is forgotten, or else what weighs least.
fn make_room(table: &mut HashMap<Key, Record>, now: FileTime) {
    table.retain(|_, record| !record.is_forgotten(now));
    if table.len() >= LIMIT {
        let least = table.iter().min_by_key(|(_, record)| (record.failures, record.last));
        if let Some(key) = least.map(|(key, _)| key.clone()) {
            table.remove(&key);
        }
    }
}

/// The user at the address, and the address.
fn keys(address: IpAddr, user: &str) -> [Key; 2] {
    let address = network(address);
    let user = upper_case(user).chars().take(NAME_LIMIT).collect();
    [Key { address, user: Some(user) }, Key { address, user: None }]
}

/// An address as it counts: one subscriber has a whole IPv6 network of 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

/// What the next attempt has to wait after so many failures.
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

/// In the units of a FILETIME.
fn units(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX)
}

fn duration(units: i64) -> Duration {
    Duration::from_nanos(u64::try_from(units).unwrap_or(0).saturating_mul(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 5));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 6));

    fn at(milliseconds: u64) -> FileTime {
        FileTime(1_000_000_000_000 + units(Duration::from_millis(milliseconds)))
    }

    fn fail(penalties: &Penalties, user: &str, times: u32) {
        (0..times).for_each(|_| penalties.failed(HERE, user, at(0)));
    }

    /// If this fails, a typing error costs time, or guessing costs none.
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

    /// If this fails, somebody who guesses locks an administrator out, or keeps others waiting.
    #[test]
    fn nobody_at_another_address_waits() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 1000);
        assert_eq!(penalties.admit(THERE, "admin", at(0)), Some(Duration::ZERO));
        // Others at the same address wait a little.
        assert!(penalties.admit(HERE, "bob", at(0)).unwrap() <= Duration::from_secs(1));
        assert!(penalties.admit(HERE, "admin", at(0)).unwrap() > Duration::ZERO);
    }

    /// If this fails, a thousand attempts that are made side by side are all looked at within the longest wait.
    #[test]
    fn a_crowd_of_attempts_is_turned_away() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 1000);
        let mut looked_at = 0;
        for second in 0..60 {
            let crowd = (0..1000).filter_map(|_| penalties.admit(HERE, "admin", at(second * 1000)));
            looked_at += crowd.inspect(|wait| assert!(*wait <= LONGEST_WAIT)).count();
        }
        // One in eight seconds, and those that still wait at the end.
        assert!((7..=10).contains(&looked_at), "{looked_at} of 60000 in a minute");
        assert!(penalties.admit(HERE, "bob", at(0)).is_some(), "others at this address go on");
    }

    /// If this fails, many attempts at once are looked at in the time of one.
    #[test]
    fn attempts_wait_for_each_other() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 5);
        let waits: Vec<u128> =
            (0..4).map(|_| penalties.admit(HERE, "admin", at(0)).unwrap().as_millis()).collect();
        assert_eq!(waits, [1000, 2000, 3000, 4000]);
    }

    /// If this fails, one password tried for everybody costs nothing.
    #[test]
    fn many_users_from_one_address_wait_too() {
        let penalties = Penalties::default();
        (0..20).for_each(|user| fail(&penalties, &format!("user{user}"), 1));
        assert!(penalties.admit(HERE, "another", at(0)).unwrap() >= Duration::from_millis(500));
    }

    /// If this fails, old mistakes are held against somebody for ever.
    #[test]
    fn success_and_time_forgive() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 8);
        penalties.succeeded(HERE, "ADMIN");
        assert_eq!(penalties.admit(HERE, "admin", at(0)), Some(Duration::ZERO));
        fail(&penalties, "admin", 8);
        assert_eq!(penalties.admit(HERE, "admin", at(1000 * 60 * 16)), Some(Duration::ZERO));
    }

    /// If this fails, whoever makes names up fills the server's memory, or has its own record pushed out.
    #[test]
    fn memory_is_bounded_and_keeps_the_worst() {
        let penalties = Penalties::default();
        fail(&penalties, "admin", 9);
        (0..3 * LIMIT).for_each(|user| fail(&penalties, &format!("user{user}"), 1));
        assert!(penalties.table().len() <= LIMIT);
        assert!(penalties.admit(HERE, "admin", at(0)).unwrap() >= Duration::from_secs(8));
    }

    /// If this fails, each address of one subscriber's IPv6 network starts anew.
    #[test]
    fn an_ipv6_network_counts_as_one() {
        let penalties = Penalties::default();
        let address = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, last));
        (1..9).for_each(|last| penalties.failed(address(last), "admin", at(0)));
        assert!(penalties.admit(address(99), "admin", at(0)).unwrap() > Duration::ZERO);
    }
}
