mod client;
mod filter;
mod glob;
pub(crate) mod ids;
mod pairs;
mod resolve;
mod user;

pub use client::ClientPattern;
pub(crate) use client::{is_same_client, listed_address};
pub(crate) use filter::pairs_not_selected;
pub use filter::{Filter, SessionFilter, Unreported};
pub use ids::ListedIds;
pub use pairs::ListedPairs;
pub(crate) use pairs::pair;
pub use user::{ServerNames, UserPattern};

use crate::{Connection, Session, SessionId};

/// Which sessions to select. No selector is empty, and none contradicts itself.
///
/// ```
/// use netsession::{Selector, ServerNames, Session};
///
/// let selector = Selector::new(Some("10.0.0.0/24".parse()?), Some("bob".parse()?)).ok_or("nothing is selected")?;
/// assert!(selector.matches(&Session::new("10.0.0.5", "Bob"), &ServerNames::default()));
/// assert!(!selector.matches(&Session::new("10.0.0.5", "alice"), &ServerNames::default()));
/// assert_eq!(Selector::new(None, None), None, "omitting both never means everybody");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selector {
    /// Every session.
    All,
    /// The sessions from a client.
    Client(ClientPattern),
    /// The sessions of a user.
    User(UserPattern),
    /// The sessions of a user from a client.
    ClientAndUser(ClientPattern, UserPattern),
    /// The sessions with the client and the user of sessions that a server listed. [`Selector::pairs`] makes it.
    Pairs(ListedPairs),
    /// The sessions with these ids, which only netsession's own server gives. [`Selector::ids`] makes it.
    Ids(ListedIds),
    /// The sessions that match a [`SessionFilter`]. [`Selector::filter`] makes it.
    Filter(Box<Filter>),
}

/// Why a text is not a client or a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSelectorError {
    /// The name is empty. A server takes an empty name for everybody.
    #[error("an empty name selects nobody: leave it out, or select every session explicitly")]
    Empty,
    /// The text has the form of a network, but is not a valid one.
    #[error("invalid network `{0}` (use ADDRESS/BITS, such as 10.1.0.0/16)")]
    Network(String),
    /// The text cannot be an address, a host name or a computer's name.
    #[error("invalid client `{0}` (use an address, a host name, \\\\NAME, or a network such as 10.1.0.0/16)")]
    Client(String),
    /// The text cannot be a user.
    #[error("invalid user `{0}` (use NAME, DOMAIN\\NAME, or a pattern such as svc-*)")]
    User(String),
}

impl Selector {
    /// Selects by client, by user, or by both, as the flags `--client` and `--user` do. Returns None if both are None,
    /// because only [`Selector::All`] selects every session.
    #[must_use]
    pub fn new(client: Option<ClientPattern>, user: Option<UserPattern>) -> Option<Self> {
        match (client, user) {
            (None, None) => None,
            (Some(client), None) => Some(Self::Client(client)),
            (None, Some(user)) => Some(Self::User(user)),
            (Some(client), Some(user)) => Some(Self::ClientAndUser(client, user)),
        }
    }

    /// Selects the sessions with the same client and user as one of these, such as the rows that a person marked in a
    /// list. Returns None without a session.
    ///
    /// A computer's session stays selected but is spared, as by a pattern.
    ///
    /// ```
    /// use netsession::{Selector, ServerNames, Session};
    ///
    /// let marked = [Session::new("10.0.0.5", "bob"), Session::new("10.0.0.6", "alice")];
    /// let selector = Selector::pairs(&marked).ok_or("nothing is marked")?;
    /// assert!(selector.matches(&Session::new("10.0.0.5", "BOB"), &ServerNames::default()));
    /// assert!(!selector.matches(&Session::new("10.0.0.5", "alice"), &ServerNames::default()));
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn pairs<'a>(sessions: impl IntoIterator<Item = &'a Session>) -> Option<Self> {
        ListedPairs::of(sessions).map(Self::Pairs)
    }

    /// Selects the sessions with these ids. A plan ends exactly these, and no other session of the same client and user.
    /// Returns None without an id.
    ///
    /// A computer's session stays selected but is spared, as by a pattern.
    #[must_use]
    pub fn ids(ids: impl IntoIterator<Item = SessionId>) -> Option<Self> {
        ListedIds::of(ids).map(Self::Ids)
    }

    /// Selects the sessions that match every part of the filter. Returns None if it has no part, because only
    /// [`Selector::All`] selects every session.
    #[must_use]
    pub fn filter(filter: SessionFilter) -> Option<Self> {
        match filter {
            SessionFilter {
                clients,
                users,
                share: None,
                idle_over: None,
                connected_over: None,
                opens_over: None,
            } if clients.len() <= 1 && users.len() <= 1 => {
                Self::new(clients.into_iter().next(), users.into_iter().next())
            }
            filter => Filter::new(filter).map(Box::new).map(Self::Filter),
        }
    }

    /// Returns the clients from which sessions must come; none if they may come from any.
    #[must_use]
    pub fn clients(&self) -> &[ClientPattern] {
        match self {
            Self::Client(client) | Self::ClientAndUser(client, _) => std::slice::from_ref(client),
            Self::Filter(filter) => &filter.parts().clients,
            Self::All | Self::User(_) | Self::Pairs(_) | Self::Ids(_) => &[],
        }
    }

    /// Returns the users to whom sessions must belong; none if they may belong to any.
    #[must_use]
    pub fn users(&self) -> &[UserPattern] {
        match self {
            Self::User(user) | Self::ClientAndUser(_, user) => std::slice::from_ref(user),
            Self::Filter(filter) => &filter.parts().users,
            Self::All | Self::Client(_) | Self::Pairs(_) | Self::Ids(_) => &[],
        }
    }

    /// Returns the client from which sessions must come, if it is a single one.
    #[must_use]
    pub fn client(&self) -> Option<&ClientPattern> {
        match self.clients() {
            [client] => Some(client),
            _ => None,
        }
    }

    /// Returns the user to whom sessions must belong, if it is a single one.
    #[must_use]
    pub fn user(&self) -> Option<&UserPattern> {
        match self.users() {
            [user] => Some(user),
            _ => None,
        }
    }

    /// Whether it is written to select everybody: [`Selector::All`], any user (`*`), or any address (`0.0.0.0/0`).
    ///
    /// Front ends ask for more than a yes before they end such a selection. Another selector may still match everybody
    /// at one server: check [`EndPreview::is_everybody`](crate::EndPreview::is_everybody).
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        match self {
            Self::Pairs(_) | Self::Ids(_) => false,
            Self::Filter(filter) => filter.is_everybody(),
            _ => {
                self.client().is_none_or(ClientPattern::is_everybody)
                    && self.user().is_none_or(UserPattern::matches_almost_anybody)
            }
        }
    }

    /// Whether it names a single user or a single client exactly: by a name or an address, not by a pattern or a
    /// network. Two names together can be everybody at a small server.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.client().is_some_and(ClientPattern::is_exact)
            || self.user().is_some_and(|user| !user.is_pattern())
    }

    /// Whether it names the computer of this session exactly: by its user name, or by the client without a user.
    pub(crate) fn names_computer(&self, session: &Session, server: &ServerNames) -> bool {
        match (self, self.user()) {
            (Self::Filter(filter), _) => filter.names_computer(session, server),
            (_, Some(user)) => !user.is_pattern(),
            (_, None) => self.client().is_some_and(ClientPattern::is_exact),
        }
    }

    /// Whether it selects `session` in a listing of the server with these names.
    ///
    /// A row without a user matches by its client alone, and never if the selector names a user. A filter with a share
    /// matches nothing: [`Server::selected_sessions`](crate::Server::selected_sessions) and
    /// [`Server::plan_end`](crate::Server::plan_end) ask the server who is connected to it.
    #[must_use]
    pub fn matches(&self, session: &Session, server: &ServerNames) -> bool {
        self.fits(session, |user| user.matches(&session.user, server))
    }

    /// Does the same as [`matches`](Self::matches), but a pattern such as `f*` selects the computer `FS1$` too.
    pub(crate) fn matches_including_computers(&self, session: &Session, server: &ServerNames) -> bool {
        self.fits(session, |user| user.matches_including_computers(&session.user, server))
    }

    fn fits(&self, session: &Session, is_user: impl Fn(&UserPattern) -> bool) -> bool {
        match self {
            Self::Pairs(pairs) => pairs.contains(session),
            Self::Ids(ids) => ids.contains(session),
            Self::Filter(filter) => filter.matches(session, is_user),
            _ => {
                self.client().is_none_or(|client| client.matches(&session.client))
                    && self.user().is_none_or(is_user)
            }
        }
    }

    /// Whether it would select `session` if it ignored the user's domain. Do not end such a session; show it as a hint
    /// if no session matches.
    #[must_use]
    pub fn nearly_matches(&self, session: &Session, server: &ServerNames) -> bool {
        !self.matches(session, server)
            && !self.users().is_empty()
            && self.fits(session, |user| user.matches_without_domain(&session.user))
    }

    /// Whether only a value that the server did not report decides whether it selects `session`.
    #[must_use]
    pub fn is_undecided(&self, session: &Session, server: &ServerNames) -> bool {
        let Self::Filter(filter) = self else { return false };
        filter.is_undecided(session, |user| user.matches_including_computers(&session.user, server))
    }

    /// Whether it can select one of two sessions with the same client and user.
    pub(crate) fn judges_single_sessions(&self) -> bool {
        matches!(self, Self::Filter(filter) if filter.parts().judges_single_sessions())
    }

    /// Refuses a listing in which the server reports of no session what the selector needs.
    pub(crate) fn check(&self, listed: &[Session]) -> Result<(), Unreported> {
        match self {
            Self::Filter(filter) => filter.check(listed),
            Self::Ids(_) if !ids::are_complete(listed) => Err(Unreported::Ids),
            _ => Ok(()),
        }
    }

    /// Returns the share whose users it selects.
    pub(crate) fn share(&self) -> Option<&str> {
        match self {
            Self::Filter(filter) => filter.parts().share.as_deref(),
            _ => None,
        }
    }

    /// Keeps who is connected to the share, as the server lists its connections.
    pub(crate) fn set_share_users(&mut self, connections: &[Connection]) -> Result<(), Unreported> {
        match self {
            Self::Filter(filter) => filter.set_share_users(connections),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn selector(client: Option<&str>, user: Option<&str>) -> Selector {
        let client = client.map(|text| text.parse().unwrap());
        Selector::new(client, user.map(|text| text.parse().unwrap())).unwrap()
    }

    /// A failure here would ignore one half of the selector, and end other sessions too.
    #[test]
    fn client_and_user_must_both_match() {
        let both = selector(Some("10.0.0.5"), Some("bob"));
        let names = ServerNames::default();
        assert!(both.matches(&Session::new("10.0.0.5", "Bob"), &names));
        assert!(both.matches(&Session::new(r"\\10.0.0.5", "BOB"), &names));
        assert!(!both.matches(&Session::new("10.0.0.6", "bob"), &names));
        assert!(!both.matches(&Session::new("10.0.0.5", "alice"), &names));
    }

    /// A failure here would end everybody's sessions if a user omits both flags.
    #[test]
    fn omitting_both_selects_nobody() {
        assert_eq!(Selector::new(None, None), None);
        assert!(Selector::All.matches(&Session::new("10.0.0.5", "bob"), &ServerNames::default()));
    }

    /// A failure here would end other sessions than the marked ones, or everybody's without the server's name.
    #[test]
    fn listed_pairs_select_themselves_only() {
        let marked = [Session::new("10.0.0.5", "bob"), Session::new("10.0.0.6", "")];
        let pairs = Selector::pairs(&marked).unwrap();
        let names = ServerNames::default();
        let matches = |client, user| pairs.matches(&Session::new(client, user), &names);
        assert!(matches(r"\\10.0.0.5", "Bob") && matches("10.0.0.6", ""));
        assert!(!matches("10.0.0.5", r"LAB\bob") && !matches("10.0.0.6", "bob") && !matches("", ""));
        assert!(!pairs.is_everybody() && !pairs.is_exact());
        assert!(!pairs.names_computer(&Session::new("10.0.0.5", "bob"), &names));
        assert!(!pairs.nearly_matches(&Session::new("10.0.0.5", r"LAB\bob"), &names));
        assert_eq!(Selector::pairs([]), None);
    }

    /// A failure here would end another session of the same client and user, or take a server that gives no ids for one
    /// without the session.
    #[test]
    fn ids_select_only_their_sessions() {
        let with_id = |number| Session::new("10.0.0.5", "bob").with_id(number);
        let ids = Selector::ids(SessionId::new(7)).unwrap();
        let names = ServerNames::default();
        assert!(ids.matches(&with_id(7), &names));
        assert!(!ids.matches(&with_id(8), &names) && !ids.matches(&with_id(0), &names));
        assert!(!ids.is_everybody() && !ids.is_exact() && !ids.names_computer(&with_id(7), &names));
        assert_eq!(ids.check(&[with_id(0), with_id(0)]), Err(Unreported::Ids));
        assert_eq!(
            ids.check(&[with_id(0), with_id(8)]),
            Err(Unreported::Ids),
            "the session may be the first one"
        );
        assert_eq!(ids.check(&[]), Err(Unreported::Ids), "this connection has a session, too");
        assert_eq!(ids.check(&[with_id(7), with_id(8)]), Ok(()));
        assert_eq!(Selector::ids([]), None);
    }

    /// A failure here would end everybody's sessions after a single yes.
    #[test]
    fn everybody_is_recognised() {
        for (client, user, expected) in [
            (None, Some("*"), true),
            (None, Some(r"*\*"), true),
            (Some("0.0.0.0/0"), None, true),
            (Some("::/0"), Some("**"), true),
            (Some("0.0.0.0/0"), Some("bob"), false),
            (Some("10.0.0.0/8"), Some("*"), false),
        ] {
            assert_eq!(selector(client, user).is_everybody(), expected, "{client:?} {user:?}");
        }
        assert!(Selector::All.is_everybody());
    }

    /// A failure here would not explain why nothing matched if a user omits the domain.
    #[test]
    fn the_same_name_in_another_domain_nearly_matches() {
        let bare = selector(None, Some("alice"));
        let names = ServerNames::default();
        let listed = Session::new("10.0.0.5", r"LAB\alice");
        assert!(!bare.matches(&listed, &names) && bare.nearly_matches(&listed, &names));
        assert!(!bare.nearly_matches(&Session::new("10.0.0.5", "alice"), &names), "it matches fully");
        assert!(!bare.nearly_matches(&Session::new("10.0.0.5", r"LAB\bob"), &names));
    }

    proptest! {
        /// A failure here would let a selector with a user select rows whose logon is unfinished.
        #[test]
        fn a_user_pattern_never_matches_a_row_without_user(user in r"[a-z*?$\\]{1,6}", client in "[0-9.]{0,8}") {
            if let Ok(user) = user.parse() {
                let selector = Selector::User(user);
                prop_assert!(!selector.matches(&Session::new(&client, ""), &ServerNames::default()));
            }
        }

        /// A failure here would let a narrower selector select sessions that the wider one does not.
        #[test]
        fn adding_a_part_only_narrows(client in r"10\.0\.0\.[0-3]", user in "[ab]{1,2}", row in r"10\.0\.0\.[0-3]",
                                      listed in "[abAB]{0,2}") {
            let session = Session::new(&row, &listed);
            let names = ServerNames::default();
            let both = selector(Some(&client), Some(&user)).matches(&session, &names);
            let one = selector(Some(&client), None).matches(&session, &names);
            let other = selector(None, Some(&user)).matches(&session, &names);
            prop_assert_eq!(both, one && other);
        }
    }
}
