//! [`HostNames`]: the names of clients that servers list by address.
//!
//! The owner of an address decides its name, so a name is for people to read, and never selects anything.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The most lookups at once. Each takes a thread, because the system's resolver blocks.
const AT_ONCE: usize = 16;

/// Looks up the name of an address.
type LookUp = fn(IpAddr) -> Option<String>;

/// Looks up the names of addresses in the system's resolver: each once, several at once, on threads of its own.
///
/// A lookup that takes too long goes on without the caller, and its result is there the next time. When the time of
/// [`HostNames::new`] is used up, callers get only the names that are known.
#[derive(Debug)]
pub struct HostNames {
    shared: Arc<Shared>,
    left: Mutex<Duration>,
}

/// What the threads share.
#[derive(Debug)]
struct Shared {
    look_up: LookUp,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    names: HashMap<IpAddr, Name>,
    queue: VecDeque<IpAddr>,
    threads: usize,
}

#[derive(Debug)]
enum Name {
    Pending,
    Unknown,
    Known(Arc<str>),
}

impl HostNames {
    /// Looks names up, and waits for them for at most `limit` in total.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self::with(limit, name_of)
    }

    fn with(limit: Duration, look_up: LookUp) -> Self {
        let shared = Shared { look_up, state: Mutex::default(), changed: Notify::new() };
        Self { shared: Arc::new(shared), left: Mutex::new(limit) }
    }

    /// Returns the names of those clients that are addresses and have a name, by the client as the server spells it.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use netsession_admin::HostNames;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let names = HostNames::new(Duration::from_secs(5));
    /// assert!(names.of(["PC7", ""]).await.is_empty(), "these are no addresses");
    /// # });
    /// ```
    pub async fn of<'c>(&self, clients: impl IntoIterator<Item = &'c str>) -> HashMap<&'c str, Arc<str>> {
        let addresses: HashMap<&str, IpAddr> =
            clients.into_iter().filter_map(|client| Some((client, address(client)?))).collect();
        self.shared.start(addresses.values().copied());
        self.wait_for(&addresses).await;
        let state = self.shared.state();
        let name = |(client, address): (&'c str, IpAddr)| match state.names.get(&address)? {
            Name::Known(name) => Some((client, Arc::clone(name))),
            Name::Pending | Name::Unknown => None,
        };
        addresses.into_iter().filter_map(name).collect()
    }

    /// Returns the number of addresses whose lookups have not ended.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.shared.state().names.values().filter(|name| matches!(name, Name::Pending)).count()
    }

    /// Waits until the lookups have ended, or the time is used up.
    async fn wait_for(&self, addresses: &HashMap<&str, IpAddr>) {
        let began = Instant::now();
        let left = *self.left.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let changed = self.shared.changed.notified();
            if !self.shared.is_any_pending(addresses.values()) {
                break;
            }
            if timeout_at(began + left, changed).await.is_err() {
                break;
            }
        }
        // Servers wait at the same time, so the time that this one took is not subtracted twice.
        let rest = left.saturating_sub(began.elapsed());
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = rest.min(*left);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_any_pending<'a>(&self, mut addresses: impl Iterator<Item = &'a IpAddr>) -> bool {
        let state = self.state();
        addresses.any(|address| matches!(state.names.get(address), Some(Name::Pending)))
    }

    /// Starts the lookups of the new addresses.
    fn start(self: &Arc<Self>, addresses: impl Iterator<Item = IpAddr>) {
        let mut state = self.state();
        for address in addresses {
            if let std::collections::hash_map::Entry::Vacant(place) = state.names.entry(address) {
                place.insert(Name::Pending);
                state.queue.push_back(address);
            }
        }
        while state.threads < AT_ONCE.min(state.threads.saturating_add(state.queue.len())) {
            let shared = Arc::clone(self);
            let started = thread::Builder::new().name("host names".to_owned()).spawn(move || shared.work());
            if started.is_err() {
                return;
            }
            state.threads += 1;
        }
    }

    /// Looks up names until none is left.
    fn work(&self) {
        loop {
            let mut state = self.state();
            let Some(address) = state.queue.pop_front() else {
                state.threads = state.threads.saturating_sub(1);
                return;
            };
            drop(state);
            let name = (self.look_up)(address);
            let name = name.map_or(Name::Unknown, |name| Name::Known(name.into()));
            self.state().names.insert(address, name);
            self.changed.notify_waiters();
        }
    }
}

/// Reads a client's address: an IPv6 address may be in brackets.
fn address(client: &str) -> Option<IpAddr> {
    let bare = client.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(client);
    bare.parse().ok()
}

/// Asks the system's resolver.
fn name_of(address: IpAddr) -> Option<String> {
    dns_lookup::lookup_addr(&address).ok().as_deref().and_then(name)
}

/// Returns the resolver's answer, unless it is an address: the resolver returns the address itself if it knows no name.
fn name(answer: &str) -> Option<String> {
    let name = answer.trim_end_matches('.');
    let is_address = name.parse::<IpAddr>().is_ok() || name.contains(':') || name.is_empty();
    (!is_address).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A failure here would look up names that are no addresses, or show a name beside the wrong client.
    #[tokio::test]
    async fn only_addresses_are_looked_up_each_once() {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let names = HostNames::with(Duration::from_secs(20), |address| {
            COUNT.fetch_add(1, Ordering::Relaxed);
            (address != IpAddr::from([10, 0, 0, 9])).then(|| format!("pc-{address}.example.com"))
        });
        let clients = ["10.0.0.5", "10.0.0.9", "PC7", "", "[fd00::1]", "10.0.0.5"];
        let found = names.of(clients).await;
        let mut found: Vec<_> = found.iter().map(|(client, name)| (*client, &**name)).collect();
        found.sort_unstable();
        assert_eq!(found, [("10.0.0.5", "pc-10.0.0.5.example.com"), ("[fd00::1]", "pc-fd00::1.example.com")]);
        names.of(["10.0.0.5", "10.0.0.9"]).await;
        assert_eq!((COUNT.load(Ordering::Relaxed), names.pending()), (3, 0));
    }

    /// A failure here would delay the listing of every server by a resolver that does not answer.
    #[tokio::test]
    async fn a_resolver_that_does_not_answer_uses_up_the_time_once() {
        let names = HostNames::with(Duration::from_millis(100), |address| {
            if address.is_ipv4() {
                thread::sleep(Duration::from_secs(30));
            }
            Some("pc7".to_owned())
        });
        let began = Instant::now();
        for last in 0..100_u8 {
            assert!(names.of([&*format!("10.0.0.{last}")]).await.is_empty());
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(names.pending(), 100);
        assert!(names.shared.state().threads <= AT_ONCE);
    }

    /// A failure here would print the address a second time instead of a name.
    #[test]
    fn an_address_is_no_name() {
        assert_eq!(name("pc7.example.com.").as_deref(), Some("pc7.example.com"));
        for answer in ["10.0.0.5", "fd00::1", "fe80::1%eth0", "", "."] {
            assert_eq!(name(answer), None, "{answer}");
        }
    }
}
