mod client;
mod glob;
mod resolve;
mod user;

pub use client::ClientPattern;
pub(crate) use client::listed_address;
pub use user::{ServerNames, UserPattern};

use crate::Session;

/// Which sessions are meant: those that all given parts match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// The client they come from.
    pub client: Option<ClientPattern>,
    /// Whose they are.
    pub user: Option<UserPattern>,
    /// Every session, where neither client nor user is given. Nothing is ever meant by leaving all out.
    pub all: bool,
}

/// Why a text selects no client or user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSelectorError {
    /// Nothing is named. An empty name would mean everybody to a server.
    #[error("an empty name selects nobody: leave it out, or say that all are meant")]
    Empty,
    /// It looks like a network, but is none.
    #[error("`{0}` is not a network: write it as 10.1.0.0/16")]
    Network(String),
    /// It cannot be an address, a host name or a computer's name.
    #[error(
        "`{0}` is not a client: write an address, a host name, \\\\NAME, or a network such as 10.1.0.0/16"
    )]
    Client(String),
    /// It cannot be a user.
    #[error("`{0}` is not a user: write NAME, DOMAIN\\NAME, or a pattern such as svc-*")]
    User(String),
}

impl Selector {
    /// Whether nothing is selected: neither a client nor a user is given, nor that all are meant.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.client.is_none() && self.user.is_none() && !self.all
    }

    /// Whether everybody is meant, however that is said: all, any user (`*`), or any address (`0.0.0.0/0`). Whoever
    /// asks before ending sessions asks more carefully then.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        let any_client = self.client.as_ref().is_none_or(ClientPattern::is_everybody);
        let any_user = self.user.as_ref().is_none_or(UserPattern::takes_anybody);
        !self.is_empty() && any_client && any_user
    }

    /// Whether `session` is meant, as a server with these names lists it.
    ///
    /// A row without a user is matched by its client alone, and never where a user is asked for.
    #[must_use]
    pub fn matches(&self, session: &Session, server: &ServerNames) -> bool {
        !self.is_empty()
            && self.client.as_ref().is_none_or(|client| client.matches(&session.client))
            && self.user.as_ref().is_none_or(|user| user.matches(&session.user, server))
    }

    /// Whether `session` would be meant if the domains of users were left out: not enough to act on, and
    /// worth telling where nothing else matched.
    #[must_use]
    pub fn nearly_matches(&self, session: &Session, server: &ServerNames) -> bool {
        !self.matches(session, server)
            && self.client.as_ref().is_none_or(|client| client.matches(&session.client))
            && self.user.as_ref().is_some_and(|user| user.matches_without_domain(&session.user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn selector(client: Option<&str>, user: Option<&str>) -> Selector {
        Selector {
            client: client.map(|text| text.parse().unwrap()),
            user: user.map(|text| text.parse().unwrap()),
            all: false,
        }
    }

    /// If this fails, one half of what was asked for is ignored, and others are ended too.
    #[test]
    fn client_and_user_must_both_hold() {
        let both = selector(Some("10.0.0.5"), Some("bob"));
        let names = ServerNames::default();
        assert!(both.matches(&Session::new("10.0.0.5", "Bob"), &names));
        assert!(both.matches(&Session::new(r"\\10.0.0.5", "BOB"), &names));
        assert!(!both.matches(&Session::new("10.0.0.6", "bob"), &names));
        assert!(!both.matches(&Session::new("10.0.0.5", "alice"), &names));
    }

    /// If this fails, leaving the selector out would end everybody's sessions.
    #[test]
    fn nothing_given_means_nobody() {
        let session = Session::new("10.0.0.5", "bob");
        assert!(!Selector::default().matches(&session, &ServerNames::default()));
        assert!(Selector { all: true, ..Default::default() }.matches(&session, &ServerNames::default()));
    }

    /// If this fails, someone who leaves the domain out gets no explanation of why nothing matched.
    #[test]
    fn the_same_name_in_another_domain_is_only_near() {
        let bare = selector(None, Some("alice"));
        let names = ServerNames::default();
        let listed = Session::new("10.0.0.5", r"LAB\alice");
        assert!(!bare.matches(&listed, &names) && bare.nearly_matches(&listed, &names));
        assert!(!bare.nearly_matches(&Session::new("10.0.0.5", "alice"), &names), "it matches fully");
        assert!(!bare.nearly_matches(&Session::new("10.0.0.5", r"LAB\bob"), &names));
    }

    proptest! {
        /// If this fails, a selector with a user takes rows whose logon is half done.
        #[test]
        fn a_user_pattern_never_takes_a_row_without_user(user in r"[a-z*?$\\]{1,6}", client in "[0-9.]{0,8}") {
            if let Ok(user) = user.parse() {
                let selector = Selector { client: None, user: Some(user), all: true };
                prop_assert!(!selector.matches(&Session::new(&client, ""), &ServerNames::default()));
            }
        }

        /// If this fails, a narrower selector takes sessions that the wider one does not.
        #[test]
        fn adding_a_part_only_narrows(client in r"10\.0\.0\.[0-3]", user in "[ab]{1,2}", row in r"10\.0\.0\.[0-3]",
                                      who in "[abAB]{0,2}") {
            let session = Session::new(&row, &who);
            let names = ServerNames::default();
            let both = selector(Some(&client), Some(&user)).matches(&session, &names);
            let one = selector(Some(&client), None).matches(&session, &names);
            let other = selector(None, Some(&user)).matches(&session, &names);
            prop_assert_eq!(both, one && other);
        }
    }
}
