use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use super::{ClientPattern, ListedPairs, ServerNames, UserPattern};
use crate::{Connection, Session};

/// Which sessions to select: those that match every part. [`Selector::filter`](crate::Selector::filter) makes a selector of
/// it.
///
/// A session that has exactly the given time or number does not match: it must be over it.
///
/// ```
/// use std::time::Duration;
///
/// use netsession::{Selector, ServerNames, Session, SessionFilter};
///
/// let filter = SessionFilter {
///     users: vec!["bob".parse()?, "svc-*".parse()?],
///     idle_over: Some(Duration::from_secs(7_200)),
///     ..SessionFilter::default()
/// };
/// let selector = Selector::filter(filter).ok_or("the filter is empty")?;
/// let mut session = Session::new("10.0.0.5", "svc-sql");
/// assert!(!selector.matches(&session, &ServerNames::default()), "the idle time is unknown");
/// session.idle = Some(Duration::from_secs(7_201));
/// assert!(selector.matches(&session, &ServerNames::default()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionFilter {
    /// The session comes from one of these clients; from any, if there is none.
    pub clients: Vec<ClientPattern>,
    /// The session belongs to one of these users; to any, if there is none.
    pub users: Vec<UserPattern>,
    /// The client and the user of the session have a connection to this share. The server is asked for its connections.
    pub share: Option<String>,
    /// The session was last used longer ago.
    pub idle_over: Option<Duration>,
    /// The user logged on longer ago.
    pub connected_over: Option<Duration>,
    /// More files, folders, pipes and devices are open in the session.
    pub opens_over: Option<u32>,
}

/// Something about sessions that a filter needs and a server does not report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreported {
    /// The time since a session was last used. Samba does not measure it.
    IdleTime,
    /// The time since a logon.
    ConnectedTime,
    /// The number of files that are open in a session.
    Opens,
    /// The clients and users that are connected to a share. Samba lists constants instead.
    ShareUsers,
    /// The ids of sessions. Only netsession's own server gives them.
    Ids,
}

impl fmt::Display for Unreported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdleTime => "how long a session has been idle",
            Self::ConnectedTime => "how long a session has been connected",
            Self::Opens => "how many files a session has open",
            Self::ShareUsers => "who is connected to a share",
            Self::Ids => "the id of each session",
        })
    }
}

impl SessionFilter {
    /// Whether it has no part, and would match every session.
    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.users.is_empty() && !self.has_conditions()
    }

    /// Whether it has a part besides clients and users.
    pub(super) const fn has_conditions(&self) -> bool {
        self.share.is_some() || self.judges_single_sessions()
    }

    /// Whether it can select one of two sessions with the same client and user.
    pub(super) const fn judges_single_sessions(&self) -> bool {
        self.idle_over.is_some() || self.connected_over.is_some() || self.opens_over.is_some()
    }

    /// Whether a session is over each of the limits. `None` if the server did not report a value that decides it.
    fn is_over(&self, session: &Session) -> Option<bool> {
        let over = [
            self.idle_over.map(|limit| session.idle.map(|idle| idle > limit)),
            self.connected_over.map(|limit| session.connected.map(|connected| connected > limit)),
            self.opens_over.map(|limit| session.opens.map(|opens| opens > limit)),
        ];
        let mut asked = over.into_iter().flatten();
        if asked.clone().any(|over| over == Some(false)) {
            return Some(false);
        }
        asked.all(|over| over == Some(true)).then_some(true)
    }
}

/// A filter with at least one part, and who is connected to its share. [`Selector::filter`](crate::Selector::filter) makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    parts: SessionFilter,
    /// The clients and users of the share. None matches until the server has listed them.
    share_users: Option<ListedPairs>,
}

impl Filter {
    pub(super) fn new(parts: SessionFilter) -> Option<Self> {
        (!parts.is_empty()).then_some(Self { parts, share_users: None })
    }

    /// Returns the parts.
    #[must_use]
    pub const fn parts(&self) -> &SessionFilter {
        &self.parts
    }

    pub(super) const fn parts_mut(&mut self) -> &mut SessionFilter {
        &mut self.parts
    }

    /// Keeps who is connected to the share, as the server lists its connections.
    ///
    /// # Errors
    /// [`Unreported::ShareUsers`] if the server names no client or no user of a connection.
    pub(crate) fn set_share_users(&mut self, connections: &[Connection]) -> Result<(), Unreported> {
        let session = |connection: &Connection| {
            Some(Session::new(connection.client.as_deref()?, connection.user.as_deref()?))
        };
        let sessions: Option<Vec<Session>> = connections.iter().map(session).collect();
        self.share_users = ListedPairs::of(&sessions.ok_or(Unreported::ShareUsers)?);
        Ok(())
    }

    /// Whether it selects `session`, if `is_user` decides about users.
    pub(super) fn matches(&self, session: &Session, is_user: impl Fn(&UserPattern) -> bool) -> bool {
        self.is_candidate(session, is_user) && self.parts.is_over(session) == Some(true)
    }

    /// Whether only a value that the server did not report decides whether it selects `session`.
    pub(super) fn is_undecided(&self, session: &Session, is_user: impl Fn(&UserPattern) -> bool) -> bool {
        self.is_candidate(session, is_user) && self.parts.is_over(session).is_none()
    }

    fn is_candidate(&self, session: &Session, is_user: impl Fn(&UserPattern) -> bool) -> bool {
        let parts = &self.parts;
        let is_client = |client: &ClientPattern| client.matches(&session.client);
        (parts.clients.is_empty() || parts.clients.iter().any(is_client))
            && (parts.users.is_empty() || parts.users.iter().any(is_user))
            && (parts.share.is_none()
                || self.share_users.as_ref().is_some_and(|users| users.contains(session)))
    }

    /// Refuses a listing in which the server reports of no session what the filter needs. To select nothing then would look
    /// as if nothing matched.
    pub(super) fn check(&self, listed: &[Session]) -> Result<(), Unreported> {
        let parts = &self.parts;
        let is_untold = |is_needed: bool, is_known: fn(&Session) -> bool| {
            is_needed && !listed.is_empty() && !listed.iter().any(is_known)
        };
        if is_untold(parts.idle_over.is_some(), |session| session.idle.is_some()) {
            return Err(Unreported::IdleTime);
        }
        if is_untold(parts.connected_over.is_some(), |session| session.connected.is_some()) {
            return Err(Unreported::ConnectedTime);
        }
        if is_untold(parts.opens_over.is_some(), |session| session.opens.is_some()) {
            return Err(Unreported::Opens);
        }
        Ok(())
    }

    /// Whether clients or users are named so that it selects everybody, and nothing else narrows it.
    pub(super) fn is_everybody(&self) -> bool {
        let parts = &self.parts;
        let any_client = parts.clients.is_empty() || parts.clients.iter().any(ClientPattern::is_everybody);
        let any_user = parts.users.is_empty() || parts.users.iter().any(UserPattern::matches_almost_anybody);
        !parts.has_conditions() && any_client && any_user
    }

    /// Whether a computer's session is selected by its name, and not by a pattern, a network or another condition.
    pub(super) fn names_computer(&self, session: &Session, server: &ServerNames) -> bool {
        let exact_user = |user: &UserPattern| {
            !user.is_pattern() && user.matches_including_computers(&session.user, server)
        };
        let exact_client = |client: &ClientPattern| client.is_exact() && client.matches(&session.client);
        match self.parts.users.is_empty() {
            false => self.parts.users.iter().any(exact_user),
            true => self.parts.clients.iter().any(exact_client),
        }
    }
}

/// Returns the client and the user of each session that is not selected.
pub(crate) fn pairs_not_selected(
    listed: &[Session],
    is_selected: impl Fn(&Session) -> bool,
) -> HashSet<(String, String)> {
    listed.iter().filter(|session| !is_selected(session)).map(super::pairs::pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Selector;

    fn selector(parts: SessionFilter) -> Selector {
        Selector::filter(parts).unwrap()
    }

    fn session(client: &str, user: &str, idle: Option<u64>, opens: Option<u32>) -> Session {
        let mut session = Session::new(client, user);
        (session.idle, session.opens) = (idle.map(Duration::from_secs), opens);
        session
    }

    fn matches(selector: &Selector, session: &Session) -> bool {
        selector.matches(session, &ServerNames::default())
    }

    /// A failure here would select everybody if every flag is left out.
    #[test]
    fn an_empty_filter_selects_nobody() {
        assert_eq!(Selector::filter(SessionFilter::default()), None);
    }

    /// A failure here would end the sessions of another user or of another client than the named ones.
    #[test]
    fn any_of_the_clients_and_any_of_the_users_must_match() {
        let parts = SessionFilter {
            clients: vec!["10.0.0.5".parse().unwrap(), "10.1.0.0/16".parse().unwrap()],
            users: vec!["bob".parse().unwrap(), "svc-*".parse().unwrap()],
            ..SessionFilter::default()
        };
        let selector = selector(parts);
        for (client, user, expected) in [
            ("10.0.0.5", "BOB", true),
            ("10.1.2.3", "svc-sql", true),
            ("10.0.0.6", "bob", false),
            ("10.0.0.5", "alice", false),
            ("10.0.0.5", "", false),
        ] {
            assert_eq!(matches(&selector, &Session::new(client, user)), expected, "{client} {user}");
        }
        assert!(!selector.is_everybody() && !selector.is_exact());
    }

    /// A failure here would end a session that is in use, or one of which the server did not report enough.
    #[test]
    fn a_limit_must_be_exceeded_and_known() {
        let parts = || SessionFilter {
            idle_over: Some(Duration::from_secs(60)),
            opens_over: Some(2),
            ..SessionFilter::default()
        };
        let selector = selector(parts());
        for (idle, opens, expected, undecided) in [
            (Some(61), Some(3), true, false),
            (Some(60), Some(3), false, false),
            (Some(61), Some(2), false, false),
            (None, Some(3), false, true),
            (None, Some(2), false, false),
            (None, None, false, true),
        ] {
            let session = session("10.0.0.5", "bob", idle, opens);
            assert_eq!(matches(&selector, &session), expected, "{idle:?} {opens:?}");
            assert_eq!(
                selector.is_undecided(&session, &ServerNames::default()),
                undecided,
                "{idle:?} {opens:?}"
            );
        }
    }

    /// A failure here would report that nothing matches, although the server does not report what the filter needs.
    #[test]
    fn a_server_that_never_tells_is_refused() {
        let idle = selector(SessionFilter { idle_over: Some(Duration::ZERO), ..SessionFilter::default() });
        let unknown = session("10.0.0.5", "bob", None, Some(1));
        let known = session("10.0.0.6", "alice", Some(1), Some(1));
        assert_eq!(idle.check(&[unknown.clone(), unknown.clone()]), Err(Unreported::IdleTime));
        assert_eq!(idle.check(&[unknown, known]), Ok(()));
        assert_eq!(idle.check(&[]), Ok(()), "nobody is connected");
    }

    fn connection(client: Option<&str>, user: Option<&str>) -> Connection {
        Connection {
            share: Some("data".into()),
            client: client.map(Into::into),
            user: user.map(Into::into),
            id: None,
            opens: None,
            connected: None,
            share_type: None,
        }
    }

    /// A failure here would end the sessions of everybody instead of those that use the share.
    #[test]
    fn a_share_selects_its_users_once_the_server_has_named_them() {
        let mut selector = selector(SessionFilter { share: Some("data".into()), ..SessionFilter::default() });
        let bob = Session::new(r"\\10.0.0.5", "bob");
        assert!(!matches(&selector, &bob), "the server was not asked");
        let users = [connection(Some("10.0.0.5"), Some("BOB")), connection(Some("10.0.0.6"), Some("alice"))];
        selector.set_share_users(&users).unwrap();
        assert!(matches(&selector, &bob) && !matches(&selector, &Session::new("10.0.0.6", "bob")));
        selector.set_share_users(&[]).unwrap();
        assert!(!matches(&selector, &bob), "nobody uses it any more");
        let untold = selector.set_share_users(&[users[0].clone(), connection(None, None)]);
        assert_eq!(untold, Err(Unreported::ShareUsers));
    }

    /// A failure here would end everybody's sessions after one yes, because a condition is added.
    #[test]
    fn everybody_with_a_condition_is_decided_by_the_match() {
        let everyone = || SessionFilter {
            users: vec!["*".parse().unwrap(), "bob".parse().unwrap()],
            ..SessionFilter::default()
        };
        assert!(selector(everyone()).is_everybody());
        let narrowed = selector(SessionFilter { opens_over: Some(0), ..everyone() });
        assert!(!narrowed.is_everybody() && !narrowed.is_exact());
    }
}
