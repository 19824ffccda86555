use std::ops::RangeInclusive;
use std::time::Duration;

use crate::end_request::is_user;
use crate::{ClientName, EndRequest, NameError, SessionId, UserName};

/// The largest error of a difference between two ages: a server counts whole seconds.
const GRANULARITY: Duration = Duration::from_secs(2);
/// The largest error of a longer time is one in this many.
const DRIFT: u32 = 100;

/// A session as a server lists it: a client computer and the user who is logged on from it.
///
/// The client and the user are [wide text](crate::wide), which can hold an unpaired surrogate.
///
/// A field is None if the server did not return it, or returned an impossible value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The client computer: an address or a name, never with `\\`. Empty if the server names none.
    pub client: String,
    /// The user in the server's spelling: `bob` or `CORP\bob`. Empty while the logon is unfinished.
    pub user: String,
    /// The number of files, folders, pipes and devices that are open in the session.
    pub opens: Option<u32>,
    /// Time since the logon.
    pub connected: Option<Duration>,
    /// Time since the session was last used.
    pub idle: Option<Duration>,
    /// Whether the user is logged on as a guest.
    pub guest: Option<bool>,
    /// Whether it is the session of the connection that listed it.
    pub own: Own,
    /// The type of the client, as the client reports it (levels 2 and 502).
    pub client_type: Option<String>,
    /// The transport of the client's connection (level 502).
    pub transport: Option<String>,
    /// What tells it apart from every other session of its server, also from those of the same client and user (level 502).
    /// Only netsession's own server gives an id, and uses none again while it runs.
    pub id: Option<SessionId>,
    /// The client exactly as the server lists it, which a request must repeat.
    listed_client: String,
}

/// The sessions that a selector selects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SessionListing {
    /// The sessions.
    pub sessions: Vec<Session>,
    /// How many sessions may match, too: the server did not tell what decides it.
    pub undecided: usize,
    /// The sessions that only the domain of their user keeps from matching: the caller may mean one of them.
    pub near_misses: Vec<Session>,
}

/// Whether a session is the session of this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Own {
    /// The session belongs to somebody else.
    #[default]
    No,
    /// It is this connection's session.
    Yes,
    /// It may be this connection's session: several sessions look alike, or the network translates addresses.
    Unknown,
}

impl Session {
    /// Makes a session with only the client and the user as a server lists them.
    ///
    /// ```
    /// use netsession::Session;
    ///
    /// let session = Session::new(r"\\10.0.0.5", "bob");
    /// assert_eq!(session.client, "10.0.0.5");
    /// assert!(session.is_logged_on() && session.end_request().is_ok());
    /// ```
    #[must_use]
    pub fn new(client: &str, user: &str) -> Self {
        Self::listed_as(client.into(), user.into())
    }

    pub(crate) fn listed_as(client: String, user: String) -> Self {
        Self {
            client: client.trim_start_matches('\\').into(),
            user,
            opens: None,
            connected: None,
            idle: None,
            guest: None,
            own: Own::No,
            client_type: None,
            transport: None,
            id: None,
            listed_client: client,
        }
    }

    #[cfg(test)]
    pub(crate) fn with_id(mut self, number: u64) -> Self {
        self.id = SessionId::new(number);
        self
    }

    /// Whether its logon is complete: it names a client and a user.
    #[must_use]
    pub fn is_logged_on(&self) -> bool {
        !self.client.is_empty() && is_user(&self.user)
    }

    /// Returns the request that ends this session, and every other session of the same client and user. It spells the
    /// names exactly as the server listed them.
    ///
    /// # Errors
    /// [`NameError::Empty`] if the logon is unfinished: a server takes an empty name for everybody.
    /// [`NameError::Nul`] and [`NameError::TooLong`] if a request cannot carry a name.
    pub fn end_request(&self) -> Result<EndRequest, NameError> {
        Ok(EndRequest::new(ClientName::new(&self.listed_client)?, UserName::new(&self.user)?))
    }

    /// Whether the user is a computer account (`FS1$`).
    #[must_use]
    pub fn is_computer(&self) -> bool {
        crate::name::is_computer(&self.user)
    }

    /// Returns the client and the user exactly as the server listed them.
    #[must_use]
    pub fn listed(&self) -> (&str, &str) {
        (&self.listed_client, &self.user)
    }

    /// Whether `other` has the same client and user. A request without an id ends both or neither.
    #[must_use]
    pub fn is_same_pair(&self, other: &Self) -> bool {
        self.is_same_client(other) && crate::name::same(&self.user, &other.user)
    }

    /// Whether `other` comes from the same client.
    #[must_use]
    pub fn is_same_client(&self, other: &Self) -> bool {
        crate::name::same(&self.client, &other.client)
    }

    /// Whether the server may list the same session as `earlier` again: with the same id, client, user and transport, and
    /// older by the time that has `passed` between the two listings, at least and at most.
    ///
    /// A server that restarts, or lies, can give the id of one session to another one. Compare a session that a person
    /// selected by its id with the later listing before you end it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use netsession::Session;
    ///
    /// let aged = |seconds| {
    ///     let mut session = Session::new("10.0.0.5", "bob");
    ///     session.connected = Some(Duration::from_secs(seconds));
    ///     session
    /// };
    /// let passed = || Duration::from_secs(10)..=Duration::from_secs(11);
    /// assert!(aged(70).continues(&aged(60), passed()));
    /// assert!(!aged(5).continues(&aged(60), passed()));
    /// ```
    #[must_use]
    pub fn continues(&self, earlier: &Self, passed: RangeInclusive<Duration>) -> bool {
        // The two clocks may not run equally fast.
        let tolerance = GRANULARITY.saturating_add(*passed.end() / DRIFT);
        let has_aged = match (earlier.connected, self.connected) {
            (Some(before), Some(now)) => {
                now.saturating_add(tolerance) >= before.saturating_add(*passed.start())
                    && now <= before.saturating_add(*passed.end()).saturating_add(tolerance)
            }
            (before, now) => before == now,
        };
        has_aged && self.id == earlier.id && self.is_same_pair(earlier) && self.transport == earlier.transport
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show the leading backslashes, or omit them from the request.
    #[test]
    fn the_servers_spelling_is_kept_for_requests() {
        let session = Session::new(r"\\10.0.0.5", "bob");
        assert_eq!(session.client, "10.0.0.5");
        assert_eq!(session.listed(), (r"\\10.0.0.5", "bob"));
        let request = session.end_request().unwrap();
        assert_eq!((request.client().as_str(), request.user().as_str()), (r"\\10.0.0.5", "bob"));
    }

    /// A failure here would end another session to which the server has given the id meanwhile, or refuse to end the same one.
    #[test]
    fn only_the_same_session_continues() {
        let seconds = Duration::from_secs;
        let mut earlier = Session::new("10.0.0.5", "bob").with_id(7);
        (earlier.connected, earlier.transport) = (Some(seconds(60)), Some("tcp".into()));
        let continues = |change: fn(&mut Session)| {
            let mut now = earlier.clone();
            now.connected = Some(seconds(90));
            change(&mut now);
            now.continues(&earlier, seconds(29)..=seconds(31))
        };
        assert!(continues(|_| {}) && continues(|now| now.opens = Some(9)));
        assert!(continues(|now| now.user = "BOB".into()));
        for age in [87..=93, 0..=86, 94..=200, u64::MAX..=u64::MAX] {
            for second in [*age.start(), *age.end()] {
                let mut now = earlier.clone();
                now.connected = Some(seconds(second));
                let is_same = (87..=93).contains(&second);
                assert_eq!(now.continues(&earlier, seconds(29)..=seconds(31)), is_same, "{second}");
            }
        }
        let changes: [fn(&mut Session); 5] = [
            |now| now.id = SessionId::new(8),
            |now| now.user = "alice".into(),
            |now| now.client = "10.0.0.6".into(),
            |now| now.transport = Some("quic".into()),
            |now| now.connected = None,
        ];
        assert!(changes.iter().all(|change| !continues(*change)));
        // A person may think for a night, and the clocks drift.
        let mut later = earlier.clone();
        later.connected = Some(seconds(60 + 36_000 + 30));
        assert!(later.continues(&earlier, seconds(36_000)..=seconds(36_001)));
    }

    /// A failure here would send a request with an empty name, which ends everybody's sessions.
    #[test]
    fn an_unfinished_logon_has_no_request() {
        for (client, user) in [
            ("10.0.0.5", ""),
            ("", "bob"),
            (r"\\", "bob"),
            ("10.0.0.5", r"\\"),
            ("10.0.0.5", r"CORP\"),
            ("", ""),
        ] {
            let session = Session::new(client, user);
            assert!(!session.is_logged_on(), "{client:?} {user:?}");
            assert_eq!(session.end_request(), Err(NameError::Empty), "{client:?} {user:?}");
        }
        assert!(Session::new("10.0.0.5", "bob").is_logged_on());
    }
}
