//! [`Snapshots`] keeps the listings of several servers, and finds what changed since the previous ones.

use netsession::{Difference, OpenFile, Session, Snapshot};

/// One server's part of a [`Snapshots`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look<T> {
    /// The server listed these rows.
    Listed(Snapshot<T>),
    /// The server did not answer.
    Silent {
        /// The last listing, if the server ever answered.
        last: Option<Snapshot<T>>,
    },
}

/// The listings of several servers, by the servers' names.
///
/// ```
/// use std::time::{Duration, Instant};
/// use netsession::{Session, Snapshot};
/// use netsession_admin::{ServerChange, Snapshots};
///
/// let now = Instant::now();
/// let bob = || Snapshot::new(vec![Session::new("10.0.0.5", "bob")], now);
/// let first = Snapshots::first([("fs1", Some(bob())), ("fs2", Some(bob()))]);
/// let nobody = Snapshot::new(Vec::new(), now + Duration::from_secs(5));
/// let second = first.next([("fs1", Some(nobody)), ("fs2", None)]);
/// let differences = first.difference(&second);
/// assert!(matches!(&differences[0].change, ServerChange::Listed(rows) if rows.gone.len() == 1));
/// assert!(matches!(&differences[1].change, ServerChange::WentSilent { .. }), "bob may still be there");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshots<T> {
    servers: Vec<(String, Look<T>)>,
}

/// What changed at one server from one snapshot to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerDifference<'a, T> {
    /// The server's name.
    pub server: &'a str,
    /// What changed.
    pub change: ServerChange<'a, T>,
}

/// What changed at one server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerChange<'a, T> {
    /// The server answered both times.
    Listed(Difference<&'a T>),
    /// The server stopped answering. Its rows may still exist.
    WentSilent {
        /// The last listing.
        last: &'a Snapshot<T>,
    },
    /// The server answers again.
    CameBack {
        /// What the server lists.
        listed: &'a Snapshot<T>,
        /// What changed since the last listing; `None` if there was none.
        since_last: Option<Difference<&'a T>>,
    },
    /// The server answered neither time.
    StillSilent,
    /// Only the newer snapshot has the server.
    Added,
    /// Only the earlier snapshot has the server.
    Removed,
}

impl<T: Clone> Snapshots<T> {
    /// Starts with each server's listing, or `None` if the server did not answer. A server that appears twice counts
    /// once.
    pub fn first<N: Into<String>>(looks: impl IntoIterator<Item = (N, Option<Snapshot<T>>)>) -> Self {
        Self { servers: Vec::new() }.next(looks)
    }

    /// Makes the next snapshot. A server that does not answer keeps its last listing from this one.
    #[must_use]
    pub fn next<N: Into<String>>(&self, looks: impl IntoIterator<Item = (N, Option<Snapshot<T>>)>) -> Self {
        let mut servers: Vec<(String, Look<T>)> = Vec::new();
        for (name, listed) in looks {
            let name = name.into();
            if servers.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let look = match listed {
                Some(snapshot) => Look::Listed(snapshot),
                None => Look::Silent { last: self.last_listing(&name).cloned() },
            };
            servers.push((name, look));
        }
        Self { servers }
    }
}

impl<T> Snapshots<T> {
    /// Returns each server's name and state, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Look<T>)> {
        self.servers.iter().map(|(name, look)| (name.as_str(), look))
    }

    /// Returns the rows of all servers that answered, each with its server's name.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &T)> {
        self.servers.iter().flat_map(|(name, look)| {
            let rows = match look {
                Look::Listed(snapshot) => snapshot.rows(),
                Look::Silent { .. } => &[],
            };
            rows.iter().map(move |row| (name.as_str(), row))
        })
    }

    fn look(&self, name: &str) -> Option<&Look<T>> {
        self.servers.iter().find(|(known, _)| known == name).map(|(_, look)| look)
    }

    fn last_listing(&self, name: &str) -> Option<&Snapshot<T>> {
        match self.look(name)? {
            Look::Listed(snapshot) => Some(snapshot),
            Look::Silent { last } => last.as_ref(),
        }
    }

    fn compared<'a>(
        &'a self,
        newer: &'a Self,
        difference: impl Fn(&'a Snapshot<T>, &'a Snapshot<T>) -> Difference<&'a T>,
    ) -> Vec<ServerDifference<'a, T>> {
        let removed = self.servers.iter().filter(|(name, _)| newer.look(name).is_none());
        let removed = removed.map(|(server, _)| ServerDifference { server, change: ServerChange::Removed });
        let current = newer.servers.iter().map(|(server, after)| {
            let change = match (self.look(server), after) {
                (None, _) => ServerChange::Added,
                (Some(Look::Listed(before)), Look::Listed(after)) => {
                    ServerChange::Listed(difference(before, after))
                }
                (Some(Look::Listed(last)), Look::Silent { .. }) => ServerChange::WentSilent { last },
                (Some(Look::Silent { last }), Look::Listed(listed)) => ServerChange::CameBack {
                    listed,
                    since_last: last.as_ref().map(|last| difference(last, listed)),
                },
                (Some(Look::Silent { .. }), Look::Silent { .. }) => ServerChange::StillSilent,
            };
            ServerDifference { server, change }
        });
        current.chain(removed).collect()
    }
}

impl Snapshots<Session> {
    /// Returns what changed until `newer`: first the servers of `newer` in its order, then those that it lacks.
    #[must_use]
    pub fn difference<'a>(&'a self, newer: &'a Self) -> Vec<ServerDifference<'a, Session>> {
        self.compared(newer, Snapshot::<Session>::difference)
    }
}

impl Snapshots<OpenFile> {
    /// Returns what changed until `newer`: first the servers of `newer` in its order, then those that it lacks.
    #[must_use]
    pub fn difference<'a>(&'a self, newer: &'a Self) -> Vec<ServerDifference<'a, OpenFile>> {
        self.compared(newer, Snapshot::<OpenFile>::difference)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    /// The listings of one snapshot: the sessions at each server, or `None` if it did not answer.
    type Seen = Vec<(String, Option<Vec<(u8, u8)>>)>;

    fn seen() -> impl Strategy<Value = Seen> {
        let rows = proptest::collection::vec((0..3_u8, 0..3_u8), 0..5);
        let look = ("fs[1-4]", proptest::option::weighted(0.7, rows));
        proptest::collection::vec(look, 0..5)
    }

    fn looks(seen: &Seen, taken: Instant) -> Vec<(String, Option<Snapshot<Session>>)> {
        let session =
            |(client, user): &(u8, u8)| Session::new(&format!("10.0.0.{client}"), &format!("user{user}"));
        let listed = |rows: &Vec<(u8, u8)>| Snapshot::new(rows.iter().map(session).collect(), taken);
        seen.iter().map(|(name, rows)| (name.clone(), rows.as_ref().map(listed))).collect()
    }

    fn counts(change: &ServerChange<'_, Session>) -> Option<(usize, usize)> {
        let difference = match change {
            ServerChange::Listed(difference) => difference,
            ServerChange::CameBack { since_last, .. } => since_last.as_ref()?,
            _ => return None,
        };
        let both = difference.returned.len() + difference.kept().count();
        Some((difference.gone.len() + both, difference.came.len() + both))
    }

    proptest! {
        /// A failure here would lose a server in a live view, show it twice, or lose or invent a session.
        #[test]
        fn every_server_and_every_row_is_in_one_place(one in seen(), two in seen(), three in seen()) {
            let now = Instant::now();
            let first = Snapshots::first(looks(&one, now));
            let second = first.next(looks(&two, now + Duration::from_secs(5)));
            let third = second.next(looks(&three, now + Duration::from_secs(10)));
            for (before, after) in [(&first, &second), (&second, &third)] {
                let differences = before.difference(after);
                let named: Vec<&str> = differences.iter().map(|it| it.server).collect();
                let expected: BTreeSet<&str> = before.iter().chain(after.iter()).map(|(name, _)| name).collect();
                prop_assert_eq!(named.len(), expected.len());
                prop_assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), expected);
                for it in &differences {
                    let rows = |side: &Snapshots<Session>| side.last_listing(it.server).map(|it| it.rows().len());
                    if let Some((old, new)) = counts(&it.change) {
                        prop_assert_eq!((Some(old), Some(new)), (rows(before), rows(after)));
                    }
                }
            }
        }

        /// A failure here would report changes between equal snapshots.
        #[test]
        fn a_snapshot_does_not_differ_from_itself(one in seen()) {
            let look = Snapshots::first(looks(&one, Instant::now()));
            for it in look.difference(&look) {
                match it.change {
                    ServerChange::Listed(difference) => prop_assert!(difference.is_empty()),
                    ServerChange::StillSilent => {}
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }

    /// A failure here would report that sessions ended because their server is unreachable, or forget them when it
    /// answers.
        #[test]
        fn a_silent_servers_sessions_are_not_gone(rows in proptest::collection::vec((0..3_u8, 0..3_u8), 0..5)) {
            let now = Instant::now();
            let at = |seconds, rows: Option<Vec<(u8, u8)>>| {
                looks(&vec![("fs1".to_owned(), rows)], now + Duration::from_secs(seconds))
            };
            let first = Snapshots::first(at(0, Some(rows.clone())));
            let silent = first.next(at(5, None)).next(at(10, None));
            let back = silent.next(at(15, Some(rows)));
            let changes = first.difference(&silent);
            let went_silent = matches!(&changes[..], [it] if matches!(it.change, ServerChange::WentSilent { .. }));
            prop_assert!(went_silent, "{:?}", changes);
            let differences = silent.difference(&back);
            let [ServerDifference { change: ServerChange::CameBack { since_last: Some(difference), .. }, .. }] =
                &differences[..]
            else {
                panic!("{differences:?}");
            };
            prop_assert!(difference.is_empty(), "{:?}", difference);
            prop_assert_eq!(silent.rows().count(), 0);
        }
    }
}
