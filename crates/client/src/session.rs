use std::time::Duration;

/// A session as a server lists it: a client computer and the user who is logged on from it.
///
/// None is what the server did not tell, or told impossibly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The client computer: an address or a name, never with `\\`. Empty where the server names none.
    pub client: String,
    /// The user, spelled as the server spells it: `bob` or `CORP\bob`. Empty while a logon is half done.
    pub user: String,
    /// Files, folders, pipes and devices open in the session.
    pub opens: Option<u32>,
    /// Time since the logon.
    pub connected: Option<Duration>,
    /// Time since the session was last used.
    pub idle: Option<Duration>,
    /// Whether the user is logged on as a guest.
    pub guest: Option<bool>,
    /// Whether it is the session that did the listing.
    pub own: Own,
    /// The client's kind, as it calls itself (levels 2 and 502).
    pub client_type: Option<String>,
    /// The transport the client came over (level 502).
    pub transport: Option<String>,
    /// The client exactly as listed, which is what must be sent.
    listed_client: String,
}

/// Whether a session is the one that does the listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Own {
    /// It is another one.
    #[default]
    No,
    /// It is.
    Yes,
    /// It cannot be told: several look alike, or the address was translated on the way.
    Unknown,
}

impl Session {
    /// A session of which nothing is known but the client and the user as a server lists them.
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
            listed_client: client,
        }
    }

    /// Whether its logon is complete: it names a client and a user.
    ///
    /// One that does not is never sent to a server, to which an empty name means everybody.
    #[must_use]
    pub fn is_logged_on(&self) -> bool {
        !self.client.is_empty() && !self.user.is_empty()
    }

    /// Whether the user is a computer's account (`FS1$`).
    #[must_use]
    pub fn is_computer(&self) -> bool {
        crate::name::is_computer(&self.user)
    }

    /// The client and the user exactly as listed: what names this session to its server.
    #[must_use]
    pub fn listed(&self) -> (&str, &str) {
        (&self.listed_client, &self.user)
    }

    /// Whether `other` is of the same client and user: then the server ends both or neither.
    #[must_use]
    pub fn is_same_pair(&self, other: &Self) -> bool {
        self.is_same_client(other) && crate::name::same(&self.user, &other.user)
    }

    /// Whether `other` is from the same client.
    #[must_use]
    pub fn is_same_client(&self, other: &Self) -> bool {
        crate::name::same(&self.client, &other.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, the leading backslashes would be shown, or be missing from what is sent.
    #[test]
    fn the_servers_own_spelling_is_kept_for_sending() {
        let session = Session::new(r"\\10.0.0.5", "bob");
        assert_eq!(session.client, "10.0.0.5");
        assert_eq!(session.listed(), (r"\\10.0.0.5", "bob"));
    }

    /// If this fails, a row with an empty name could be sent, and everybody be ended.
    #[test]
    fn a_half_done_logon_is_not_logged_on() {
        assert!(!Session::new("10.0.0.5", "").is_logged_on());
        assert!(!Session::new("", "bob").is_logged_on());
        assert!(!Session::new(r"\\", "bob").is_logged_on());
        assert!(Session::new("10.0.0.5", "bob").is_logged_on());
    }
}
