//! `NetSessionDel` ([MS-SRVS] 3.1.4.6, NetrSessionDel): the only file that sends the request.
//!
//! [`send`] takes an [`EndRequest`], whose names cannot be empty; [`session_del`] is `NetSessionDel` and checks its
//! arguments itself. Both call [`Deletion::send`], the one function that builds the request.

use std::collections::BTreeSet;

use netsession_srvs::session_del::Request;
use netsession_srvs::unc_name;

use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::{Change, Changing};
use crate::ops::session_enum;
use crate::selector::{is_same_client, listed_address};
use crate::{
    ClientName, EndRequest, Error, NameError, Own, Session, SessionId, Step, UserName, Win32Error, name, own,
};

/// The name of the request in messages.
pub(crate) const CALL: &str = Request::NAME;

method! { Server;
    /// Ends every session of `user` from `client`, as `NetSessionDel` does ([MS-SRVS] 3.1.4.6). None matches any client or
    /// user, and so does an empty client.
    ///
    /// An empty user beside a client is refused: a server lists a session whose logon is not complete with an empty
    /// user, and takes the names of this row for everybody's sessions from that client.
    ///
    /// At netsession's own server the client `\\CLIENT#ID` is the one session with this [`id`](crate::Session::id).
    ///
    /// It does not spare this connection's own session, and does not verify that the sessions are gone:
    /// [`Server::plan_end`](crate::Server::plan_end) does both. With SMB 3.1.1 and NTLM it takes six round trips from
    /// the connection to the answer.
    ///
    /// # Errors
    /// By [`Error::win32`]: `ERROR_INVALID_PARAMETER` (87) if both are missing, the user is empty beside a client, or a
    /// name is longer than 1,023 characters; `NERR_ClientNameNotFound` (2312) if no session matches, or `client` does not begin with `\\`;
    /// `ERROR_ACCESS_DENIED` (5); `ERROR_NOT_ENOUGH_MEMORY` (8). [`Error::is_unknown`] if no answer came.
    /// [`Error::Vetoed`] if an observer refused.
    pub async fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del(&mut self.link, client, user).await
    }
}

method! { Raw;
    /// Does the same as [`Server::session_del`](crate::Server::session_del).
    ///
    /// # Errors
    /// Those of [`Server::session_del`](crate::Server::session_del).
    pub async fn session_del(&mut self, client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
        session_del(self.link, client, user).await
    }
}

impl Changing for Request {
    fn change(&self, server: &str) -> Change {
        let (client, user) = (self.client_name.clone(), self.user_name.clone());
        Change::EndSessions { server: server.to_owned(), client, user }
    }
}

/// Ends every session of `user` from `client`, as `NetSessionDel` does: None and an empty client match any.
///
/// Samba answers "denied" if no session matches, and sends no answer if the caller's own connection is among those that
/// it ends. Another listing shows what happened in both cases.
///
/// Servers compare an IPv6 address as text. If the server finds no session for one, netsession sends the request again
/// in each spelling in which the server lists this address.
pub(crate) async fn session_del<C: Connector>(
    link: &mut Link<C>,
    client: Option<&str>,
    user: Option<&str>,
) -> Result<(), Error> {
    let deletion = Deletion::check(client, user)?;
    match deletion.send(link).await {
        Ok(Win32Error::ERROR_ACCESS_DENIED) => {
            let denied = link.answered(CALL, Win32Error::ERROR_ACCESS_DENIED);
            match listed(link).await {
                Ok(sessions) if !sessions.iter().any(|session| deletion.matches(session)) => {
                    Box::pin(deletion.send_as_listed(link, &sessions)).await
                }
                _ => Err(denied),
            }
        }
        Ok(Win32Error::NERR_CLIENT_NAME_NOT_FOUND) if deletion.has_ipv6_client() => {
            let sessions = listed(link).await.unwrap_or_default();
            Box::pin(deletion.send_as_listed(link, &sessions)).await
        }
        Ok(code) if code.is_success() => {
            if deletion.matches_own(link) {
                // The server is ending this connection's own session, or has ended it.
                link.disconnect();
            }
            Ok(())
        }
        Ok(code) => Err(link.answered(CALL, code)),
        Err(error) => {
            deletion.answer_in_listing(link, error, Deletion::survives_in_any_spelling).await.map(drop)
        }
    }
}

/// Lists the sessions: in a box, because few calls need it, and every call would carry the room for it.
async fn listed<C: Connector>(link: &mut Link<C>) -> Result<Vec<Session>, Error> {
    Box::pin(session_enum::sessions(link)).await
}

/// Sends the request of a plan and returns the server's answer.
///
/// If the server lists clients without `\\` and does not find the name, this function sends a second request with `\\`,
/// which [MS-SRVS] 3.1.4.6 requires and which names the same client.
pub(crate) async fn send<C: Connector>(
    link: &mut Link<C>,
    request: &EndRequest,
) -> Result<Win32Error, Error> {
    let deletion = Deletion { client: Some(request.client().clone()), user: Some(request.user().clone()) };
    match (deletion.send(link).await?, request.client().with_backslashes()) {
        (Win32Error::NERR_CLIENT_NAME_NOT_FOUND, Some(client)) => {
            Deletion { client: Some(client), ..deletion }.send(link).await
        }
        (code, _) => Ok(code),
    }
}

/// Checks the arguments of `NetSessionDel`.
///
/// # Errors
/// [`Error::Parameter`], with the codes of [`Server::session_del`](crate::Server::session_del).
pub fn check(client: Option<&str>, user: Option<&str>) -> Result<(), Error> {
    Deletion::check(client, user).map(drop)
}

/// The names in one request. At least one of them is set.
struct Deletion {
    client: Option<ClientName>,
    user: Option<UserName>,
}

impl Deletion {
    /// Checks the arguments of `NetSessionDel`. A request without any name would end everybody's sessions on Samba.
    fn check(client: Option<&str>, user: Option<&str>) -> Result<Self, Error> {
        let is_user_empty = user == Some("");
        let (client, user) = (name::non_empty(client), name::non_empty(user));
        if (client, user) == (None, None) {
            let why = "neither a client nor a user is named, and that never means everybody";
            return Err(refuse(Win32Error::ERROR_INVALID_PARAMETER, why));
        }
        if is_user_empty {
            let why =
                "the user is empty, as in a session whose logon is not complete; omit it to mean every user";
            return Err(refuse(Win32Error::ERROR_INVALID_PARAMETER, why));
        }
        let user = user.map(|user| match UserName::new(user) {
            // A user of backslashes only matches nobody, but a server could take it for everybody.
            Err(NameError::Empty) => {
                Err(refuse(Win32Error::NERR_CLIENT_NAME_NOT_FOUND, "the user's name is empty"))
            }
            name => name.map_err(|error| invalid(&error)),
        });
        let user = user.transpose()?;
        let client = client.map(|client| match ClientName::new(client) {
            Err(error @ (NameError::Nul | NameError::TooLong)) => Err(invalid(&error)),
            _ if !client.starts_with(r"\\") => {
                Err(refuse(Win32Error::NERR_CLIENT_NAME_NOT_FOUND, r"a client's name begins with \\"))
            }
            // Samba removes the backslashes, and takes the empty rest for every client.
            name => name.map_err(|_| {
                let why = r"nothing follows the \\ of the client's name";
                refuse(Win32Error::NERR_CLIENT_NAME_NOT_FOUND, why)
            }),
        });
        Ok(Self { client: client.transpose()?, user })
    }

    /// Sends the request once and returns the server's answer.
    async fn send<C: Connector>(&self, link: &mut Link<C>) -> Result<Win32Error, Error> {
        let request = Request {
            server_name: link.server_name(),
            client_name: self.client.as_ref().map(ToString::to_string),
            user_name: self.user.as_ref().map(ToString::to_string),
        };
        link.change(request).await.map(|answer| answer.status)
    }

    /// Sends the request in each other spelling in which the server lists the client's address.
    ///
    /// # Errors
    /// `NERR_ClientNameNotFound` if the server lists no session of this address, or if several clients have it on
    /// different interfaces and the request names no interface.
    async fn send_as_listed<C: Connector>(
        &self,
        link: &mut Link<C>,
        sessions: &[Session],
    ) -> Result<(), Error> {
        let mut result = Err(link.answered(CALL, Win32Error::NERR_CLIENT_NAME_NOT_FOUND));
        let spellings = self.other_spellings(sessions);
        if spellings.iter().any(|one| spellings.iter().any(|other| !is_same_client(one, other))) {
            return result;
        }
        for client in &spellings {
            let Ok(client) = ClientName::new(&unc_name(client)) else { continue };
            let deletion = Self { client: Some(client), user: self.user.clone() };
            let answer = match deletion.send(link).await {
                Err(error) => deletion.answer_in_listing(link, error, Self::survives_in).await,
                answer => answer,
            };
            match answer? {
                code if code.is_success() => {
                    if deletion.matches_own(link) {
                        link.disconnect();
                    }
                    result = Ok(());
                }
                code => result = result.and_then(|()| Err(link.answered(CALL, code))),
            }
        }
        result
    }

    /// Returns success if the answer was lost with the connection, and no session in another listing survives.
    ///
    /// # Errors
    /// The error of the request otherwise.
    async fn answer_in_listing<C: Connector>(
        &self,
        link: &mut Link<C>,
        error: Error,
        survives: fn(&Self, &Session) -> bool,
    ) -> Result<Win32Error, Error> {
        if !matches!(error, Error::Disconnected { .. }) {
            return Err(error);
        }
        match listed(link).await {
            Ok(sessions) if !sessions.iter().any(|session| survives(self, session)) => {
                // The log has said that the outcome is unknown.
                tracing::warn!("{CALL}: the connection broke, but no such session is left");
                Ok(Win32Error::NERR_SUCCESS)
            }
            _ => Err(error),
        }
    }

    /// Returns the other spellings of the client's IPv6 address among the listed sessions of the user, each once.
    fn other_spellings(&self, sessions: &[Session]) -> Vec<String> {
        let client = self.client.as_ref().filter(|_| self.has_ipv6_client());
        let is_user = |session: &&Session| {
            self.user.as_ref().is_none_or(|user| name::same(&session.user, user.as_str()))
        };
        let is_other = |session: &&Session| {
            client.is_some_and(|client| is_same_client(client.as_str(), &session.client))
                && !self.matches(session)
        };
        let listed = sessions.iter().filter(is_user).filter(is_other).map(|session| session.client.clone());
        listed.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether the client is an IPv6 address, which has many spellings.
    fn has_ipv6_client(&self) -> bool {
        let is_ipv6 = |name: &str| name.contains(':') && listed_address(name).is_some();
        self.client.as_ref().is_some_and(|client| is_ipv6(client.as_str().trim_start_matches('\\')))
    }

    /// Returns the client without backslashes, and the id of `\\CLIENT#ID`.
    fn client_and_id(&self) -> (Option<&str>, Option<SessionId>) {
        let Some(client) = self.client.as_ref().map(ClientName::as_str) else { return (None, None) };
        let (client, id) =
            SessionId::split_client(client).map_or((client, None), |(client, id)| (client, Some(id)));
        (Some(client.trim_start_matches('\\')), id)
    }

    /// Whether the request ends `session`.
    fn matches(&self, session: &Session) -> bool {
        self.client_and_id().1.is_none_or(|id| session.id == Some(id)) && self.matches_names(session)
    }

    /// Whether the client and the user of the request are those of `session`.
    fn matches_names(&self, session: &Session) -> bool {
        let client = self.client_and_id().0;
        client.is_none_or(|client| name::same(&session.client, client))
            && self.user.as_ref().is_none_or(|user| name::same(&session.user, user.as_str()))
    }

    /// Whether the request ends this connection's own session. It assumes that the server lists the session by this
    /// end's address and user.
    fn matches_own<C: Connector>(&self, link: &Link<C>) -> bool {
        let client = self.client_and_id().0.unwrap_or_default();
        let user = self.user.as_ref().map_or("", UserName::as_str);
        let session = Session::new(client, user);
        (self.client.is_none() || own::is_own_address(&session, link.facts()))
            && (self.user.is_none() || own::is_own_user(&session, link.facts()))
    }

    /// Whether the request should have ended `session`, and the server still lists it after the connection broke. The
    /// new connection's own session does not count. A session without an id could be the one of an id.
    fn survives_in(&self, session: &Session) -> bool {
        let could_be = session.id.is_none() && self.matches_names(session);
        session.own != Own::Yes && (could_be || self.matches(session))
    }

    /// As [`Self::survives_in`], even if the server spells the client's IPv6 address in another way than the request.
    fn survives_in_any_spelling(&self, session: &Session) -> bool {
        let is_other = || !self.other_spellings(std::slice::from_ref(session)).is_empty();
        self.survives_in(session) || session.own != Own::Yes && is_other()
    }
}

fn invalid(error: &NameError) -> Error {
    let why = match error {
        NameError::Empty => "a name is empty",
        NameError::Nul => "a name contains a NUL character",
        NameError::TooLong => "a name is longer than 1,023 characters",
    };
    refuse(Win32Error::ERROR_INVALID_PARAMETER, why)
}

fn refuse(code: Win32Error, why: &'static str) -> Error {
    Error::Parameter { step: Step::Call(CALL), code, why }
}
