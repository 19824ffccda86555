//! [`holders`]: who can hold an open file, from a server's files and sessions; [`narrow_holders`] asks the server which session
//! it is.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use netsession::{FileId, OpenFile, Own, Server, Session, SessionId};
use netsession_wire::name::is_same_name;

/// An open file, and the sessions that can hold it.
///
/// A server lists a file with its user only. The file is open in one of that user's sessions, so it has several holders
/// if the user is logged on from several clients. A session without an open file holds none, if the server reports the number.
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

/// Asks the server which session holds each file, and leaves out the sessions that do not hold it.
///
/// Only netsession's own server, which gives each session an id, can tell. It is asked for the files of one session after the
/// other until each file is found. At another server this function sends nothing and changes nothing. A session keeps its id only
/// if it is the one that the server names: the id of a session that can hold the file would select one that may not.
///
/// # Errors
/// Those of [`Server::files_of_session`].
pub async fn narrow_holders(server: &mut Server, holders: &mut [Holder]) -> Result<(), netsession::Error> {
    let mut answers: HashMap<SessionId, Vec<OpenFile>> = HashMap::new();
    let mut found: HashSet<(FileId, String)> = HashSet::new();
    for Holder { file, sessions } in holders.iter() {
        for session in sessions {
            let Some(id) = session.id else { continue };
            // The second answer shows that the server tells sessions apart.
            if answers.len() > 1 && found.contains(&key(file)) {
                break;
            }
            if let Entry::Vacant(answer) = answers.entry(id) {
                let files = answer.insert(server.files_of_session(session).await?);
                found.extend(files.iter().map(key));
            }
        }
    }
    holders.iter_mut().for_each(|holder| narrow(holder, &answers));
    Ok(())
}

/// Returns what identifies a file in the listings of one run of a server.
fn key(file: &OpenFile) -> (FileId, String) {
    (file.id, file.path.clone())
}

/// Leaves the session of whose files the file is one. If the server names none or several, it leaves those that can hold the
/// file, without their ids: the file may have been closed meanwhile, or the server does not distinguish sessions.
fn narrow(holder: &mut Holder, answers: &HashMap<SessionId, Vec<OpenFile>>) {
    let wanted = key(&holder.file);
    let files = |session: &Session| session.id.and_then(|id| answers.get(&id));
    let has_it =
        |session: &Session| files(session).is_some_and(|files| files.iter().any(|file| key(file) == wanted));
    let has_others = |session: &Session| files(session).is_some_and(|files| !files.is_empty());
    match holder.sessions.iter().any(has_it) {
        true => holder.sessions.retain(has_it),
        false => holder.sessions.retain(|session| !has_others(session)),
    }
    if !matches!(holder.sessions.as_slice(), [one] if has_it(one)) {
        holder.sessions.iter_mut().for_each(|session| session.id = None);
    }
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

    /// A failure here would offer to end a session that does not hold the file, or hide the one that does.
    #[test]
    fn the_session_that_the_server_names_is_the_only_holder() {
        let file = |id: u32| OpenFile {
            id: FileId(id),
            path: format!("{id}.txt"),
            user: "bob".into(),
            client: None,
            permissions: Permissions(1),
            locks: 0,
        };
        let session = |number: u64| {
            let mut session = Session::new("10.0.0.5", "bob");
            session.id = SessionId::new(number);
            session
        };
        let narrowed = |answers: &[(u64, &[u32])]| -> (usize, Vec<SessionId>) {
            let mut holder = Holder { file: file(1), sessions: vec![session(7), session(8), session(9)] };
            let answer = |(number, files): &(u64, &[u32])| {
                (SessionId::new(*number).unwrap(), files.iter().map(|id| file(*id)).collect())
            };
            narrow(&mut holder, &answers.iter().map(answer).collect());
            (holder.sessions.len(), holder.sessions.iter().filter_map(|session| session.id).collect())
        };
        let named = |number: u64| (1, SessionId::new(number).into_iter().collect());
        let only_possible = |count: usize| (count, Vec::new());
        assert_eq!(narrowed(&[(7, &[2]), (8, &[1, 3]), (9, &[])]), named(8));
        assert_eq!(narrowed(&[(7, &[2]), (8, &[1])]), named(8), "one was not asked about");
        assert_eq!(narrowed(&[(7, &[2]), (8, &[]), (9, &[3])]), only_possible(1), "closed meanwhile");
        assert_eq!(narrowed(&[(7, &[1]), (8, &[1])]), only_possible(2), "it ignores the id");
        assert_eq!(
            narrowed(&[(7, &[]), (8, &[]), (9, &[])]),
            only_possible(3),
            "it does not know such names"
        );
        assert_eq!(narrowed(&[]), only_possible(3));
    }
}
