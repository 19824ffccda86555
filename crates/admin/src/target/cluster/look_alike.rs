//! [`look_alikes`]: servers that seem to be nodes of one cluster, although the configuration does not say so.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use netsession::{Own, Session};

/// How far apart the starts of one session may be in the lists of two nodes: they count whole seconds.
const TOLERANCE: Duration = Duration::from_secs(2);

/// What a server listed, to compare it with others.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The server's name.
    pub server: String,
    /// The server's GUID.
    pub guid: [u8; 16],
    /// The sessions.
    pub sessions: Vec<Session>,
    /// When it listed them.
    pub at: Instant,
}

/// Returns the servers that list the same sessions under the same GUID, in groups of two or more.
///
/// It compares the sessions of others, with their clients, users and starts. Servers without any are never alike, nor are
/// servers that do not report the start of a session: two servers of one name can have the same user from the same client.
///
/// ```
/// use std::time::{Duration, Instant};
/// use netsession::Session;
/// use netsession_admin::{Seen, look_alikes};
///
/// let mut bob = Session::new("10.0.0.5", "bob");
/// bob.connected = Some(Duration::from_secs(60));
/// let at = Instant::now();
/// let seen = |server: &str| Seen { server: server.to_owned(), guid: [7; 16], sessions: vec![bob.clone()], at };
/// assert_eq!(look_alikes(&[seen("n1"), seen("n2")]), [["n1", "n2"]]);
/// ```
#[must_use]
pub fn look_alikes(seen: &[Seen]) -> Vec<Vec<&str>> {
    let mut by_guid: BTreeMap<[u8; 16], Vec<Vec<&Seen>>> = BTreeMap::new();
    for one in seen {
        let groups = by_guid.entry(one.guid).or_default();
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| is_alike(first, one))) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    let groups = by_guid.into_values().flatten().filter(|group| group.len() > 1);
    groups.map(|group| group.into_iter().map(|seen| seen.server.as_str()).collect()).collect()
}

fn is_alike(one: &Seen, other: &Seen) -> bool {
    let (Some(mut one_starts), Some(mut other_starts)) = (starts(one), starts(other)) else { return false };
    one_starts.sort();
    other_starts.sort();
    let is_near = |one: Instant, other: Instant| {
        one.saturating_duration_since(other).max(other.saturating_duration_since(one)) <= TOLERANCE
    };
    !one_starts.is_empty()
        && one_starts.len() == other_starts.len()
        && one_starts
            .iter()
            .zip(&other_starts)
            .all(|(one, other)| (one.0, one.1) == (other.0, other.1) && is_near(one.2, other.2))
}

/// Returns the client, the user and the start of each session of others; `None` if the server does not report a start.
fn starts(seen: &Seen) -> Option<Vec<(&str, &str, Instant)>> {
    // A session that is logging on has no start yet. It can be our own one at another node.
    let others = seen.sessions.iter().filter(|session| session.own == Own::No && session.is_logged_on());
    let start = |session: &Session| seen.at.checked_sub(session.connected?);
    others.map(|session| Some((session.client.as_str(), session.user.as_str(), start(session)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(user: &str, seconds: u64) -> Session {
        let mut session = Session::new("10.0.0.5", user);
        session.connected = Some(Duration::from_secs(seconds));
        session
    }

    /// A failure here would merge what two servers list, or cry wolf about unrelated servers of one name.
    #[test]
    fn only_the_same_sessions_under_the_same_guid_are_alike() {
        let began = Instant::now() + Duration::from_secs(1_000_000);
        let seen = |server: &str, guid: u8, sessions: Vec<Session>, after: u64| Seen {
            server: server.to_owned(),
            guid: [guid; 16],
            sessions,
            at: began + Duration::from_secs(after),
        };
        let both = || vec![session("bob", 60), session("alice", 10)];
        let own = || {
            let mut own = session("adm1", 0);
            own.own = Own::Unknown;
            own
        };
        let mut later = vec![session("alice", 15), own(), session("bob", 65)];
        later.push(own());
        // Our connection to another node, which has not logged on yet.
        later.push(Session::new("10.0.0.9", ""));
        let nodes = [seen("n1", 1, both(), 0), seen("fs9", 2, both(), 0), seen("n2", 1, later, 5)];
        assert_eq!(look_alikes(&nodes), [["n1", "n2"]]);
        let nothing: Vec<Vec<&str>> = Vec::new();
        for (why, other) in [
            ("another start", vec![session("bob", 600), session("alice", 10)]),
            ("a session less", vec![session("bob", 60)]),
            ("another user", vec![session("bob", 60), session("eve", 10)]),
            ("no start", vec![session("bob", 60), Session::new("10.0.0.5", "alice")]),
        ] {
            assert_eq!(look_alikes(&[seen("n1", 1, both(), 0), seen("n2", 1, other, 0)]), nothing, "{why}");
        }
        let empty = [seen("n1", 1, vec![own()], 0), seen("n2", 1, Vec::new(), 0)];
        assert_eq!(look_alikes(&empty), nothing, "two servers without sessions");
    }
}
