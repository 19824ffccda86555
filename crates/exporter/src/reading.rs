//! [`Reading`]: what one server answered to one scrape.

use std::collections::BTreeMap;
use std::time::Duration;

use netsession::{Dialect, LogonMechanism, Own, Server, Session, Win32Error, wide};
use netsession_admin::Error;

use crate::Options;

/// What one server answered, or that it did not.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The time from the request to the whole answer, or until the server failed.
    pub(crate) took: Duration,
    /// The listing, or the error's code.
    pub(crate) listing: Result<Listing, Win32Error>,
    /// The nodes of a cluster that do not answer. None for a server that is no cluster.
    pub(crate) silent_nodes: Option<usize>,
}

/// The counts of a listing. They leave out the exporter's own session.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) connection: Connection,
    pub(crate) all: Counts,
    /// The age of the oldest session. None if the server tells no age, or lists no session.
    pub(crate) oldest: Option<Duration>,
    /// How long each session is idle, where the server tells.
    pub(crate) idle: Vec<Duration>,
    /// The counts of each user, if they are asked for.
    pub(crate) users: BTreeMap<String, Counts>,
    /// The connections to each share, if they are asked for.
    pub(crate) shares: BTreeMap<String, u32>,
}

/// How the exporter is connected to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) dialect: Dialect,
    pub(crate) is_encrypted: bool,
    pub(crate) mechanism: LogonMechanism,
}

/// A number of sessions, and what is open in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sessions: u64,
    /// The open files, folders, pipes and devices. None if the server does not tell it of a session.
    pub(crate) opens: Option<u64>,
}

impl Reading {
    /// Makes the reading of a server that failed.
    pub(crate) fn failed(took: Duration, error: &Error) -> Self {
        Self { took, listing: Err(error.win32()), silent_nodes: None }
    }
}

impl Listing {
    /// Lists the sessions of a server, and its shares if they are asked for.
    pub(crate) async fn take(server: &mut Server, options: &Options) -> Result<Self, netsession::Error> {
        let sessions = server.sessions().await?;
        let shares = if options.by_share { server.shares().await? } else { Vec::new() };
        let connection = Connection {
            dialect: server.dialect(),
            is_encrypted: server.is_encrypted(),
            mechanism: server.mechanism(),
        };
        let connected = shares.into_iter().filter_map(|share| Some((shown(&share.name), share.connections?)));
        Ok(Self { shares: connected.collect(), ..Self::of(connection, &sessions, options.by_user) })
    }

    /// Counts sessions.
    pub(crate) fn of(connection: Connection, sessions: &[Session], by_user: bool) -> Self {
        let others = || sessions.iter().filter(|session| session.own != Own::Yes);
        let mut users = BTreeMap::new();
        if by_user {
            for session in others() {
                let counts = users.entry(shown(&session.user)).or_insert_with(Counts::nothing);
                counts.add(session);
            }
        }
        let mut all = Counts::nothing();
        others().for_each(|session| all.add(session));
        Self {
            connection,
            all,
            oldest: others().filter_map(|session| session.connected).max(),
            idle: others().filter_map(|session| session.idle).collect(),
            users,
            shares: BTreeMap::new(),
        }
    }
}

impl Counts {
    const fn nothing() -> Self {
        Self { sessions: 0, opens: Some(0) }
    }

    fn add(&mut self, session: &Session) {
        self.sessions = self.sessions.saturating_add(1);
        let opens = session.opens.map(u64::from);
        self.opens = self.opens.zip(opens).map(|(sum, opens)| sum.saturating_add(opens));
    }
}

/// Returns a name of the wire for people: an unpaired surrogate, which UTF-8 cannot hold, becomes text such as `\udc00`.
fn shown(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for char in name.chars() {
        match wide::surrogate(char) {
            Some(unit) => shown.push_str(&format!("\\u{unit:04x}")),
            None => shown.push(char),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn session(user: &str, opens: Option<u32>, idle: Option<u64>) -> Session {
        let mut session = Session::new("10.0.0.5", user);
        session.opens = opens;
        session.idle = idle.map(Duration::from_secs);
        session.connected = idle.map(|idle| Duration::from_secs(idle + 10));
        session
    }

    const SIGNED: Connection =
        Connection { dialect: Dialect::Smb3_1_1, is_encrypted: false, mechanism: LogonMechanism::Ntlm };

    /// A failure here would alarm about the exporter's own session, or count a part of the open files as all of them.
    #[test]
    fn the_own_session_is_left_out_and_a_part_is_no_sum() {
        let mut own = session("adm1", Some(1), Some(0));
        own.own = Own::Yes;
        let mut sessions = vec![own, session("bob", Some(2), Some(60)), session("bob", Some(3), None)];
        let listing = Listing::of(SIGNED, &sessions, true);
        assert_eq!(listing.all, Counts { sessions: 2, opens: Some(5) });
        assert_eq!(listing.oldest, Some(Duration::from_secs(70)));
        assert_eq!(listing.idle, [Duration::from_secs(60)]);
        assert_eq!(listing.users.into_iter().collect::<Vec<_>>(), [("bob".to_owned(), listing.all)]);
        sessions.push(session("eve", None, None));
        let listing = Listing::of(SIGNED, &sessions, false);
        assert_eq!(listing.all, Counts { sessions: 3, opens: None });
        assert!(listing.users.is_empty(), "users are counted only on request");
    }
}
