//! [`LastListings`] finds what changed at each server since its last listing.

use std::time::{Duration, Instant};

use netsession::{
    Connection, Difference, OpenFile, Session, Share, connection_difference, file_difference,
    session_difference, share_difference,
};

/// A kind of row that [`LastListings`] can compare.
pub trait Listed: Clone {
    /// Returns what changed from one listing to the next, at least `elapsed` later.
    fn difference<'a>(before: &'a [Self], after: &'a [Self], elapsed: Duration) -> Difference<&'a Self>;
}

impl Listed for Session {
    fn difference<'a>(before: &'a [Self], after: &'a [Self], elapsed: Duration) -> Difference<&'a Self> {
        session_difference(before, after, elapsed)
    }
}

impl Listed for OpenFile {
    fn difference<'a>(before: &'a [Self], after: &'a [Self], _: Duration) -> Difference<&'a Self> {
        file_difference(before, after)
    }
}

impl Listed for Share {
    fn difference<'a>(before: &'a [Self], after: &'a [Self], _: Duration) -> Difference<&'a Self> {
        share_difference(before, after)
    }
}

impl Listed for Connection {
    fn difference<'a>(before: &'a [Self], after: &'a [Self], _: Duration) -> Difference<&'a Self> {
        connection_difference(before, after)
    }
}

/// When netsession requested a listing of a server, and when the server answered.
///
/// Its rows are as old as it says at some time between. A slow answer makes nobody come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryTimes {
    /// Before the request.
    pub at: Instant,
    /// After the answer.
    pub answered: Instant,
}

/// What happened at a server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowEvent<T> {
    /// The server answered for the first time, or again.
    ServerUp,
    /// The server stopped answering, or did not answer at first. Its rows may still exist.
    ServerDown,
    /// A row is new.
    Came {
        /// The row.
        row: T,
        /// Whether this is the server's first listing, so that the row may be old.
        is_initial: bool,
    },
    /// A row is gone.
    Gone {
        /// The row, as it was listed last.
        row: T,
    },
    /// A row has other details. Ages do not count, because they always grow.
    Changed {
        /// The row, as it was listed before.
        before: T,
        /// The row now.
        after: T,
    },
}

/// The last listing of each server.
///
/// A row that ended and began again is gone and came. If a server does not answer, its rows stay until it answers
/// again.
///
/// ```
/// use std::time::Instant;
/// use netsession::Session;
/// use netsession_admin::{QueryTimes, LastListings, RowEvent};
///
/// let mut last = LastListings::default();
/// let bob = Session::new("10.0.0.5", "bob");
/// let now = QueryTimes { at: Instant::now(), answered: Instant::now() };
/// assert_eq!(
///     last.update(0, now, Some(vec![bob.clone()])),
///     [RowEvent::ServerUp, RowEvent::Came { row: bob.clone(), is_initial: true }]
/// );
/// assert_eq!(last.update(0, now, None), [RowEvent::ServerDown]);
/// assert_eq!(last.update(0, now, Some(vec![])), [RowEvent::ServerUp, RowEvent::Gone { row: bob }]);
/// ```
#[derive(Debug, Clone)]
pub struct LastListings<T> {
    servers: Vec<LastListing<T>>,
}

#[derive(Debug, Clone)]
struct LastListing<T> {
    listing: Option<(Vec<T>, QueryTimes)>,
    /// `None` before the first answer or failure.
    is_up: Option<bool>,
}

impl<T> Default for LastListings<T> {
    fn default() -> Self {
        Self { servers: Vec::new() }
    }
}

impl<T: Listed> LastListings<T> {
    /// Replaces the listing of `server`, and returns what happened. `rows` is `None` if the server did not answer.
    pub fn update(&mut self, server: usize, asked: QueryTimes, rows: Option<Vec<T>>) -> Vec<RowEvent<T>> {
        self.at(server).map_or_else(Vec::new, |last| last.update(asked, rows, true))
    }

    /// Does the same for a cluster of which a node does not answer: a row that is not listed stays, because that node may
    /// still have it, until a complete listing does not have it either.
    pub fn update_incomplete(&mut self, server: usize, asked: QueryTimes, rows: Vec<T>) -> Vec<RowEvent<T>> {
        self.at(server).map_or_else(Vec::new, |last| last.update(asked, Some(rows), false))
    }

    /// Returns the place of a server, and makes it first if it is new.
    fn at(&mut self, server: usize) -> Option<&mut LastListing<T>> {
        while self.servers.len() <= server {
            self.servers.push(LastListing { listing: None, is_up: None });
        }
        self.servers.get_mut(server)
    }
}

impl<T> LastListings<T> {
    /// Returns the rows that the server listed last, although it may not answer now.
    #[must_use]
    pub fn rows(&self, server: usize) -> &[T] {
        self.servers.get(server).and_then(|last| last.listing.as_ref()).map_or(&[], |(rows, _)| rows)
    }
}

impl<T: Listed> LastListing<T> {
    fn update(&mut self, asked: QueryTimes, rows: Option<Vec<T>>, is_complete: bool) -> Vec<RowEvent<T>> {
        let mut events = Vec::new();
        let is_up = rows.is_some();
        if self.is_up != Some(is_up) {
            self.is_up = Some(is_up);
            events.push(if is_up { RowEvent::ServerUp } else { RowEvent::ServerDown });
        }
        let Some(mut rows) = rows else { return events };
        let mut kept = Vec::new();
        match &self.listing {
            None => {
                events.extend(rows.iter().cloned().map(|row| RowEvent::Came { row, is_initial: true }));
            }
            Some((before, earlier)) => {
                let elapsed = asked.at.saturating_duration_since(earlier.answered);
                for event in changes(T::difference(before, &rows, elapsed)) {
                    match event {
                        RowEvent::Gone { row } if !is_complete => kept.push(row),
                        event => events.push(event),
                    }
                }
            }
        }
        rows.extend(kept);
        self.listing = Some((rows, asked));
        events
    }
}

/// Returns the events of a difference: first what is gone.
fn changes<T: Clone>(difference: Difference<&T>) -> impl Iterator<Item = RowEvent<T>> {
    let Difference { came, gone, returned, changed, .. } = difference;
    let ended = returned.iter().map(|row| row.before).collect::<Vec<_>>();
    let began = returned.iter().map(|row| row.after).collect::<Vec<_>>();
    let gone = gone.into_iter().chain(ended).map(|row| RowEvent::Gone { row: row.clone() });
    let came = came.into_iter().chain(began);
    let came = came.map(|row| RowEvent::Came { row: row.clone(), is_initial: false });
    let changed = changed
        .into_iter()
        .map(|row| RowEvent::Changed { before: row.before.clone(), after: row.after.clone() });
    gone.chain(came).chain(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer after no time.
    fn at(instant: Instant) -> QueryTimes {
        QueryTimes { at: instant, answered: instant }
    }

    fn session(user: &str, opens: u32, seconds: u64) -> Session {
        let mut session = Session::new("10.0.0.5", user);
        session.opens = Some(opens);
        session.connected = Some(Duration::from_secs(seconds));
        session
    }

    /// A failure here would lose an event, or tell it of the wrong row.
    #[test]
    fn each_change_is_one_event() {
        let mut last = LastListings::default();
        let began = Instant::now();
        let after_start = |seconds| at(began + Duration::from_secs(seconds));
        last.update(
            3,
            at(began),
            Some(vec![session("bob", 0, 60), session("alice", 1, 60), session("carol", 0, 60)]),
        );
        let after = vec![session("alice", 2, 70), session("carol", 0, 3), session("dave", 0, 2)];
        let events = last.update(3, after_start(10), Some(after.clone()));
        assert_eq!(
            events,
            [
                RowEvent::Gone { row: session("bob", 0, 60) },
                RowEvent::Gone { row: session("carol", 0, 60) },
                RowEvent::Came { row: session("dave", 0, 2), is_initial: false },
                RowEvent::Came { row: session("carol", 0, 3), is_initial: false },
                RowEvent::Changed { before: session("alice", 1, 60), after: session("alice", 2, 70) },
            ]
        );
        assert_eq!(last.rows(3), after);
        let older = vec![session("alice", 2, 80), session("carol", 0, 13), session("dave", 0, 12)];
        assert_eq!(last.update(3, after_start(20), Some(older)), []);
    }

    /// A failure here would report that everybody left because a server restarted, or repeat its failure each time.
    #[test]
    fn a_server_that_is_down_keeps_its_rows() {
        let mut last = LastListings::default();
        let now = at(Instant::now());
        assert_eq!(last.update(0, now, None), [RowEvent::ServerDown]);
        assert_eq!(last.update(0, now, None), []);
        let bob = || Some(vec![session("bob", 0, 60)]);
        assert_eq!(last.update(0, now, bob()).len(), 2);
        assert_eq!(last.update(0, now, None), [RowEvent::ServerDown]);
        assert_eq!(last.rows(0).len(), 1);
        assert_eq!(last.update(0, now, bob()), [RowEvent::ServerUp]);
    }

    /// A failure here would report that users left whom a frozen node of a cluster still serves, or keep them for ever.
    #[test]
    fn a_silent_node_makes_nobody_go() {
        let mut last = LastListings::default();
        let began = Instant::now();
        let after_start = |seconds| at(began + Duration::from_secs(seconds));
        last.update(0, after_start(0), Some(vec![session("bob", 0, 60), session("alice", 0, 60)]));
        let came = RowEvent::Came { row: session("eve", 0, 1), is_initial: false };
        let without_alice = vec![session("bob", 0, 62), session("eve", 0, 1)];
        assert_eq!(last.update_incomplete(0, after_start(2), without_alice), [came]);
        let without_eve = vec![session("bob", 0, 64)];
        assert_eq!(last.update_incomplete(0, after_start(4), without_eve), []);
        assert_eq!(last.rows(0).len(), 3);
        let alice_again = vec![session("bob", 0, 66), session("alice", 0, 66)];
        assert_eq!(
            last.update(0, after_start(6), Some(alice_again)),
            [RowEvent::Gone { row: session("eve", 0, 1) }]
        );
        assert_eq!(last.rows(0).len(), 2);
    }

    /// A failure here would report that everybody went and came back because a server or this computer was busy.
    #[test]
    fn a_slow_answer_makes_nobody_come_or_go() {
        let mut last = LastListings::default();
        let began = Instant::now();
        let second = |seconds| began + Duration::from_secs(seconds);
        // The server read its table at once, and its answer arrived at the time after the arrow: 0 -> 0, 2 -> 9, 10 -> 10.
        for (asked, answered, age) in [(0, 0, 5), (2, 9, 7), (10, 10, 15), (12, 20, 25)] {
            let asked = QueryTimes { at: second(asked), answered: second(answered) };
            let events = last.update(0, asked, Some(vec![session("bob", 0, age), session("alice", 0, age)]));
            assert!(
                events.iter().all(|event| !matches!(
                    event,
                    RowEvent::Gone { .. } | RowEvent::Came { is_initial: false, .. }
                )),
                "{events:?}"
            );
        }
    }
}
