//! Places for connections: their number in total and by address, and which connection the server closes when none is
//! free. An IPv6 network of 64 bits counts as one address.
//!
//! A connection with a session keeps its place. If no place is free for a new connection, the server closes the
//! connection without a session that has been silent longest. So nobody can keep others out by silent connections.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use super::Limits;
use crate::state::network;

/// How long a client that has sent a frame keeps its place without a session.
const LOGON: Duration = Duration::from_secs(5);
/// How often a client that waits for a place checks whether another client must give up its place.
const RECHECK: Duration = Duration::from_millis(100);

/// The connections of each address.
#[derive(Debug)]
pub(super) struct Admissions {
    limits: Limits,
    table: Mutex<Table>,
    /// A connection has left.
    freed: Notify,
}

#[derive(Debug, Default)]
struct Table {
    connections: usize,
    next: u64,
    addresses: HashMap<IpAddr, Address>,
    /// The connections without a session.
    strangers: BTreeMap<Rank, Arc<Place>>,
}

#[derive(Debug)]
struct Address {
    connections: usize,
    turns: Arc<Semaphore>,
    strangers: BTreeSet<Rank>,
}

/// When a connection without a session may lose its place, and its number.
type Rank = (Instant, u64);

/// The place of a connection.
#[derive(Debug)]
struct Place {
    address: IpAddr,
    was_taken: AtomicBool,
    has_turn: AtomicBool,
    leave: Notify,
}

/// The place of an admitted connection; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Admission {
    admissions: Arc<Admissions>,
    place: Arc<Place>,
    turns: Arc<Semaphore>,
    number: u64,
    /// None with a session.
    rank: Option<Rank>,
    has_spoken: bool,
}

/// The turn of a client whose logon takes more memory; dropping it lets the next client continue.
#[derive(Debug)]
pub(super) struct Turn {
    place: Arc<Place>,
    _permit: OwnedSemaphorePermit,
}

impl Admissions {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, table: Mutex::default(), freed: Notify::new() })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a new connection can get a place: a free one, or that of a silent connection.
    pub(super) async fn room(&self) {
        while !self.table().has_room(self.limits.connections) {
            tokio::select! {
                () = self.freed.notified() => {}
                () = sleep(RECHECK) => {}
            }
        }
    }

    /// Admits a client, unless too many connections, in total or of its address, have a session or have just been made.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admission> {
        let (now, address) = (Instant::now(), network(address));
        let mut table = self.table();
        let is_crowded = |known: &Address| known.connections >= self.limits.connections_per_address;
        if table.addresses.get(&address).is_some_and(is_crowded) {
            let oldest = table.addresses.get(&address).and_then(|known| known.strangers.first().copied());
            table.evict(oldest, now)?;
        }
        if table.connections >= self.limits.connections {
            let oldest = table.strangers.keys().next().copied();
            table.evict(oldest, now)?;
        }
        let number = table.next;
        table.next = number.wrapping_add(1);
        table.connections = table.connections.saturating_add(1);
        let known = table.addresses.entry(address).or_insert_with(|| Address {
            connections: 0,
            turns: Arc::new(Semaphore::new(self.limits.logons_per_address)),
            strangers: BTreeSet::new(),
        });
        known.connections = known.connections.saturating_add(1);
        let turns = Arc::clone(&known.turns);
        let (was_taken, has_turn) = (AtomicBool::new(false), AtomicBool::new(false));
        let place = Arc::new(Place { address, was_taken, has_turn, leave: Notify::new() });
        let rank = (now, number);
        table.enlist(rank, &place);
        let admissions = Arc::clone(self);
        Some(Admission { admissions, place, turns, number, rank: Some(rank), has_spoken: false })
    }

    /// Closes the connection that has been silent longest, because the system has no room for more.
    pub(super) fn evict_oldest(&self) {
        let mut table = self.table();
        let oldest = table.strangers.keys().next().copied();
        _ = table.evict(oldest, Instant::now());
    }

    /// Closes a connection of this address that has a turn, and has had it for too long.
    fn evict_turn(&self, address: IpAddr) {
        let mut table = self.table();
        let strangers = table.addresses.get(&address).map(|known| &known.strangers);
        let has_turn = |rank: &&Rank| {
            table.strangers.get(*rank).is_some_and(|place| place.has_turn.load(Ordering::Relaxed))
        };
        let oldest = strangers.and_then(|strangers| strangers.iter().find(has_turn)).copied();
        _ = table.evict(oldest, Instant::now());
    }
}

impl Table {
    fn has_room(&self, most: usize) -> bool {
        let oldest = self.strangers.keys().next();
        self.connections < most || oldest.is_some_and(|(due, _)| *due <= Instant::now())
    }

    fn enlist(&mut self, rank: Rank, place: &Arc<Place>) {
        if let Some(known) = self.addresses.get_mut(&place.address) {
            known.strangers.insert(rank);
            self.strangers.insert(rank, Arc::clone(place));
        }
    }

    fn delist(&mut self, rank: Rank) -> Option<Arc<Place>> {
        let place = self.strangers.remove(&rank)?;
        if let Some(known) = self.addresses.get_mut(&place.address) {
            known.strangers.remove(&rank);
        }
        Some(place)
    }

    /// Takes the place of a connection whose time is over, and closes that connection. `None` if there is no such
    /// connection.
    fn evict(&mut self, rank: Option<Rank>, now: Instant) -> Option<()> {
        let place = self.delist(rank.filter(|(due, _)| *due <= now)?)?;
        tracing::info!(address = %place.address, "closed a silent connection: its place is needed");
        place.was_taken.store(true, Ordering::Relaxed);
        place.leave.notify_one();
        self.free(place.address);
        Some(())
    }

    fn free(&mut self, address: IpAddr) {
        self.connections = self.connections.saturating_sub(1);
        if let Some(known) = self.addresses.get_mut(&address) {
            known.connections = known.connections.saturating_sub(1);
            if known.connections == 0 {
                self.addresses.remove(&address);
            }
        }
    }
}

impl Admission {
    /// Returns a future that completes when the server must close the connection, because it needs the place.
    pub(super) fn lost(&self) -> impl Future<Output = ()> + use<> {
        let place = Arc::clone(&self.place);
        async move { place.leave.notified().await }
    }

    /// Records that the client has sent a frame, and whether it has a session after that.
    pub(super) fn heard(&mut self, is_logged_on: bool) {
        let is_listed = self.rank.is_some();
        if is_listed != is_logged_on && self.has_spoken {
            return;
        }
        self.has_spoken = true;
        let mut table = self.admissions.table();
        if self.place.was_taken.load(Ordering::Relaxed) {
            return;
        }
        if let Some(rank) = self.rank.take() {
            table.delist(rank);
        }
        if !is_logged_on {
            let rank = (Instant::now() + LOGON, self.number);
            table.enlist(rank, &self.place);
            self.rank = Some(rank);
        }
    }

    /// Waits for the turn of a logon that takes more memory.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let permit = Arc::clone(&self.turns).acquire_owned();
        tokio::pin!(permit);
        let permit = loop {
            tokio::select! {
                biased;
                permit = &mut permit => break permit.ok()?,
                () = sleep(RECHECK) => self.admissions.evict_turn(self.place.address),
            }
        };
        self.place.has_turn.store(true, Ordering::Relaxed);
        Some(Turn { place: Arc::clone(&self.place), _permit: permit })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.place.has_turn.store(false, Ordering::Relaxed);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut table = self.admissions.table();
        if !self.place.was_taken.load(Ordering::Relaxed) {
            if let Some(rank) = self.rank {
                table.delist(rank);
            }
            table.free(self.place.address);
        }
        drop(table);
        self.admissions.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    /// Returns whether the future is ready at once.
    fn is_ready(future: impl Future) -> bool {
        matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
    }

    fn has_lost(admission: &Admission) -> bool {
        is_ready(admission.lost())
    }

    /// Admits a client that logs on.
    fn logged_on(admissions: &Arc<Admissions>, address: IpAddr) -> Admission {
        let mut admission = admissions.admit(address).unwrap();
        admission.heard(true);
        admission
    }

    /// A failure here would let one address take every connection, or lose places for good.
    #[test]
    fn connections_of_one_address_are_limited() {
        let admissions = Admissions::new(Limits { connections_per_address: 2, ..Limits::default() });
        let places = [logged_on(&admissions, ONE), logged_on(&admissions, ONE)];
        assert!(admissions.admit(ONE).is_none());
        assert!(admissions.admit(OTHER).is_some());
        drop(places);
        assert!(admissions.table().addresses.is_empty() && admissions.table().connections == 0);
        assert!(admissions.admit(ONE).is_some());
    }

    /// A failure here would let one IPv6 subscriber take every connection, with an address for each.
    #[test]
    fn an_ipv6_network_counts_as_one() {
        let admissions = Admissions::new(Limits { connections_per_address: 2, ..Limits::default() });
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, last]);
        let _places = [logged_on(&admissions, address(1)), logged_on(&admissions, address(2))];
        assert!(admissions.admit(address(3)).is_none());
        assert!(admissions.admit(IpAddr::from([0x2001, 0xdb8, 1, 3, 0, 0, 0, 1])).is_some());
    }

    /// A failure here would let anybody keep others out with silent connections, or close the connection of an active
    /// client.
    #[test]
    fn the_longest_silent_connection_is_closed_first() {
        for limits in [
            Limits { connections_per_address: 3, ..Limits::default() },
            Limits { connections: 3, ..Limits::default() },
        ] {
            let admissions = Admissions::new(limits);
            let works = logged_on(&admissions, ONE);
            let silent = [admissions.admit(ONE).unwrap(), admissions.admit(ONE).unwrap()];
            let mut new = admissions.admit(ONE).expect("the first silent one gives way");
            assert!(has_lost(&silent[0]) && !has_lost(&silent[1]) && !has_lost(&works));
            new.heard(false);
            let last = admissions.admit(ONE).expect("the second silent one gives way");
            assert!(has_lost(&silent[1]) && !has_lost(&new) && !has_lost(&works));
            drop(silent);
            assert_eq!(admissions.table().connections, 3, "a place that was taken is not freed again");
            drop((works, new, last));
            let table = admissions.table();
            assert!(table.connections == 0 && table.addresses.is_empty() && table.strangers.is_empty());
        }
    }

    /// A failure here would close a connection in the middle of its logon, or keep a connection forever that never logs
    /// on.
    #[tokio::test(start_paused = true)]
    async fn a_client_has_time_to_log_on() {
        let admissions = Admissions::new(Limits { connections: 1, ..Limits::default() });
        let mut slow = admissions.admit(ONE).unwrap();
        slow.heard(false);
        assert!(admissions.admit(OTHER).is_none() && !is_ready(admissions.room()));
        tokio::time::advance(LOGON).await;
        assert!(is_ready(admissions.room()));
        let mut new = admissions.admit(OTHER).unwrap();
        assert!(has_lost(&slow));
        // The closed connection no longer changes anything.
        slow.heard(true);
        new.heard(true);
        drop(slow);
        assert!(admissions.admit(OTHER).is_none(), "a session keeps its place");
        // It logs off.
        new.heard(false);
        tokio::time::advance(LOGON).await;
        assert!(admissions.admit(ONE).is_some() && has_lost(&new));
    }

    /// A failure here would let clients that stop in the middle of a long frame delay the logons of others.
    #[tokio::test(start_paused = true)]
    async fn a_turn_that_lasts_too_long_is_taken_back() {
        let admissions = Admissions::new(Limits { logons_per_address: 1, ..Limits::default() });
        let [stalled, next] = [(); 2].map(|()| admissions.admit(ONE).unwrap());
        let turn = stalled.turn().await;
        assert!(turn.is_some() && !is_ready(next.turn()));
        let leaves = async {
            stalled.lost().await;
            drop(turn);
        };
        let (next, ()) = tokio::join!(next.turn(), leaves);
        assert!(next.is_some());
    }
}
