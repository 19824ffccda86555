//! [`holders`]: who can hold an open file, from a server's files and sessions.

use std::time::Duration;

use netsession::{OpenFile, Own, Session};
use netsession_wire::name::is_same_name;

/// An open file, and the sessions that can hold it.
///
/// A server lists a file with its user only. The file is open in one of that user's sessions, so it has several holders
/// if the user is logged on from several clients. A session without an open file holds none, if the server tells the number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The file.
    pub file: OpenFile,
    /// The sessions in which it can be open, without netsession's own. Empty if the server lists none of its user. If the
    /// server counts no open file in any session of the user, the file was opened or closed between the two listings, and
    /// each of these sessions is here.
    pub sessions: Vec<Session>,
}

impl Holder {
    /// Returns the clients from which the file can be open, each once, in order.
    #[must_use]
    pub fn clients(&self) -> Vec<&str> {
        let mut clients: Vec<&str> = Vec::new();
        for session in &self.sessions {
            if !clients.iter().any(|client| is_same_name(client, &session.client)) {
                clients.push(&session.client);
            }
        }
        clients
    }

    /// Returns how long the user has been connected from this client; of several sessions, the longest time.
    #[must_use]
    pub fn connected_from(&self, client: &str) -> Option<Duration> {
        let from_client = self.sessions.iter().filter(|session| is_same_name(&session.client, client));
        from_client.filter_map(|session| session.connected).max()
    }
}

/// Returns who can hold each file.
///
/// ```
/// use netsession::{FileId, OpenFile, Permissions, Session};
/// use netsession_admin::holders;
///
/// let file = OpenFile {
///     id: FileId(7),
///     path: r"C:\data\plan.txt".into(),
///     user: "bob".into(),
///     client: None,
///     permissions: Permissions(1),
///     locks: 0,
/// };
/// let sessions = [Session::new("10.0.0.5", "Bob"), Session::new("10.0.0.6", "bob"), Session::new("10.0.0.7", "alice")];
/// let holders = holders(vec![file], &sessions);
/// assert_eq!(holders[0].clients(), ["10.0.0.5", "10.0.0.6"]);
/// ```
#[must_use]
pub fn holders(files: Vec<OpenFile>, sessions: &[Session]) -> Vec<Holder> {
    let holder = |file: OpenFile| {
        let can_hold = |session: &&Session| {
            session.is_logged_on()
                && session.own != Own::Yes
                && is_same_name(&session.user, &file.user)
                && file.client.as_ref().is_none_or(|client| is_same_name(client, &session.client))
        };
        let mut sessions: Vec<Session> = sessions.iter().filter(can_hold).cloned().collect();
        if sessions.iter().any(|session| session.opens != Some(0)) {
            sessions.retain(|session| session.opens != Some(0));
        }
        Holder { file, sessions }
    };
    files.into_iter().map(holder).collect()
}

#[cfg(test)]
mod tests {
    use netsession::{FileId, Permissions};

    use super::*;

    /// A failure here would offer to end the session of somebody who holds nothing, or hide every holder of a file that was
    /// opened between the two listings.
    #[test]
    fn a_session_without_open_files_holds_none() {
        let clients = |opens: [Option<u32>; 3]| -> Vec<String> {
            let file = OpenFile {
                id: FileId(1),
                path: "x".into(),
                user: "bob".into(),
                client: None,
                permissions: Permissions(1),
                locks: 0,
            };
            let session = |(client, opens): (&str, Option<u32>)| {
                let mut session = Session::new(client, "bob");
                session.opens = opens;
                session
            };
            let sessions: Vec<Session> = ["a", "b", "c"].into_iter().zip(opens).map(session).collect();
            holders(vec![file], &sessions)[0].clients().into_iter().map(str::to_owned).collect()
        };
        assert_eq!(clients([Some(0), Some(2), None]), ["b", "c"]);
        assert_eq!(clients([Some(0), Some(0), Some(0)]), ["a", "b", "c"]);
    }

    /// A failure here would blame a client that cannot have the file open, or leave out one that can.
    #[test]
    fn only_sessions_of_the_files_user_can_hold_it() {
        let file = |user: &str, client: Option<&str>| OpenFile {
            id: FileId(1),
            path: "x".into(),
            user: user.into(),
            client: client.map(str::to_owned),
            permissions: Permissions(1),
            locks: 0,
        };
        let mut sessions =
            [("10.0.0.5", "bob"), ("10.0.0.6", r"LAB\bob"), ("10.0.0.7", "bob"), ("10.0.0.8", "")]
                .map(|(client, user)| Session::new(client, user))
                .to_vec();
        let mut own = Session::new("10.0.0.9", "bob");
        own.own = Own::Yes;
        sessions.push(own);
        let files =
            vec![file("BOB", None), file("bob", Some("10.0.0.7")), file(r"LAB\bob", None), file("", None)];
        let holders = holders(files, &sessions);
        let clients: Vec<Vec<&str>> = holders.iter().map(Holder::clients).collect();
        assert_eq!(clients, [vec!["10.0.0.5", "10.0.0.7"], vec!["10.0.0.7"], vec!["10.0.0.6"], vec![]]);
    }
}
