//! The rows of the journal: [`Intent`] before a change, [`Outcome`] after it, [`Pruned`] when old rows are removed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Actor, Timestamp};

/// A row of the journal.
///
/// Its JSON is what the database stores and what the chain of hashes covers. A name that UTF-16 holds and UTF-8 does not is
/// in it in the form of `netsession_wire::wide`, which loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Entry {
    /// A change will be requested.
    Intent(Intent),
    /// The outcome of a change.
    Outcome(Outcome),
    /// Old rows were removed.
    Pruned(Pruned),
    /// A row of a later version.
    #[serde(other)]
    Other,
}

/// What a request will change, recorded before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// When.
    pub at: Timestamp,
    /// Who on this computer.
    pub actor: Actor,
    /// The login at the server.
    pub login: LoginUsed,
    /// The server.
    pub server: ServerUsed,
    /// What the request does.
    pub operation: Operation,
    /// What was selected, as the person or the program gave it.
    pub selection: String,
    /// Why, if the person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the preview showed.
    pub preview: Preview,
}

/// An operation that changes something at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Operation {
    /// Ends sessions.
    End,
    /// Closes files.
    Close,
    /// Keeps somebody out for a time.
    Hold,
    /// Releases a hold.
    Release,
    /// Shares a folder.
    AddShare,
    /// Changes a share.
    SetShare,
    /// Stops sharing a folder.
    RemoveShare,
    /// Changes a server's description of itself, or its limits.
    SetServer,
    /// Disables an account.
    DisableAccount,
    /// Enables an account that a hold disabled.
    EnableAccount,
    /// An operation of a later version.
    #[serde(other)]
    Other,
}

impl Operation {
    /// Returns the name, such as `end`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Close => "close",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::AddShare => "add-share",
            Self::SetShare => "set-share",
            Self::RemoveShare => "remove-share",
            Self::SetServer => "set-server",
            Self::DisableAccount => "disable-account",
            Self::EnableAccount => "enable-account",
            Self::Other => "other",
        }
    }
}

/// The login by which netsession was logged on at the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginUsed {
    /// The user.
    pub user: String,
    /// The mechanism: `Kerberos` or `NTLM`.
    pub mechanism: String,
}

/// The server of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerUsed {
    /// The name as the person or the program gave it.
    pub named: String,
    /// The address and the port.
    pub address: String,
    /// The names by which the server called itself.
    pub reached: String,
}

/// What a plan will do, as a person sees it before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What will end or close.
    pub planned: Vec<Subject>,
    /// What may end together with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_also_end: Vec<Subject>,
    /// How many of the selected ones stay.
    #[serde(default)]
    pub stays: usize,
}

/// A session, an open file or a share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The user; None for every user.
    pub user: Option<String>,
    /// The client; None if it is unknown, or for every client.
    pub client: Option<String>,
    /// The session's id, if the request named the session by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The file's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// The path of the file, or of the share's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The name of the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
}

/// The outcome of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The number of the intent's row.
    pub change: u64,
    /// When.
    pub at: Timestamp,
    /// Each session or file, with its outcome.
    pub results: Vec<SubjectOutcome>,
    /// Why something failed, or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A session, an open file or a share, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectOutcome {
    /// The session, the file or the share.
    #[serde(flatten)]
    pub subject: Subject,
    /// Its outcome.
    pub result: Fate,
    /// The server's answer; None if there was none, or no request.
    pub status: Option<u32>,
}

/// The outcome of a session, a file or a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fate {
    /// The server agreed, and the session is gone.
    Ended,
    /// The session or the file was gone before.
    Vanished,
    /// The session ended together with another one.
    AlsoEnded,
    /// The client connected again.
    Returned,
    /// The session remains, or may remain.
    Remaining,
    /// The file is closed.
    Closed,
    /// The file was closed or gone, and the same user has it open again.
    OpenAgain,
    /// The file is still open.
    StillOpen,
    /// The share is as requested.
    Done,
    /// The share is not as requested.
    NotDone,
    /// The server answered the request with the status. Nobody verified the result.
    Answered,
    /// netsession sent no request.
    NotSent,
    /// It is not known whether the server carried the request out.
    NotKnown,
    /// An outcome of a later version.
    #[serde(other)]
    Other,
}

impl Fate {
    /// Returns the words for people, such as `also ended`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Vanished => "vanished",
            Self::AlsoEnded => "also ended",
            Self::Returned => "returned",
            Self::Remaining => "remaining",
            Self::Closed => "closed",
            Self::OpenAgain => "open again",
            Self::StillOpen => "still open",
            Self::Done => "done",
            Self::NotDone => "not done",
            Self::Answered => "answered",
            Self::NotSent => "not sent",
            Self::NotKnown => "not known",
            Self::Other => "other",
        }
    }
}

/// The removal of old rows. The chain goes on from the last removed row, whose hash is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// When.
    pub at: Timestamp,
    /// Who on this computer.
    pub actor: Actor,
    /// The time that the person gave.
    pub before: Timestamp,
    /// The number of rows.
    pub rows: u64,
    /// The number of the first row that is left.
    pub first_kept: u64,
    /// The hash of the last removed row, in hexadecimal.
    pub last_removed_hash: String,
}

/// A word by which the journal finds a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term {
    pub(crate) kind: TermKind,
    pub(crate) value: String,
}

/// What a term is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TermKind {
    /// A user whose session ended, or whose file was closed.
    User,
    /// The server, by each of its names.
    Server,
    /// Who changed something: the login, the local user, the user behind sudo.
    By,
}

impl TermKind {
    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::User => "u",
            Self::Server => "s",
            Self::By => "b",
        }
    }
}

impl Entry {
    /// Returns the time of the row.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Intent(intent) => intent.at,
            Self::Outcome(outcome) => outcome.at,
            Self::Pruned(pruned) => pruned.at,
            Self::Other => Timestamp::default(),
        }
    }

    /// Returns the number of the intent to which the row belongs, if it is an outcome.
    pub(crate) const fn change(&self) -> Option<u64> {
        match self {
            Self::Outcome(outcome) => Some(outcome.change),
            _ => None,
        }
    }

    /// Returns the terms by which the journal finds the change.
    pub(crate) fn terms(&self) -> BTreeSet<Term> {
        let mut terms = BTreeSet::new();
        let mut add = |kind, value: &str| {
            terms.extend(forms(value).into_iter().map(|value| Term { kind, value }));
        };
        match self {
            Self::Intent(intent) => {
                let rows = intent.preview.planned.iter().chain(&intent.preview.may_also_end);
                rows.filter_map(|row| row.user.as_deref()).for_each(|user| add(TermKind::User, user));
                add(TermKind::By, &intent.login.user);
                intent.actor.names().for_each(|name| add(TermKind::By, name));
                terms.extend(intent.server.names().map(|value| Term { kind: TermKind::Server, value }));
            }
            Self::Outcome(outcome) => {
                let users = outcome.results.iter().filter_map(|row| row.subject.user.as_deref());
                users.for_each(|user| add(TermKind::User, user));
            }
            Self::Pruned(pruned) => pruned.actor.names().for_each(|name| add(TermKind::By, name)),
            Self::Other => {}
        }
        terms
    }
}

impl ServerUsed {
    /// Returns the names by which a person may look for the server.
    fn names(&self) -> impl Iterator<Item = String> + '_ {
        let named = folded(self.named.trim_start_matches('\\'));
        let address = folded(&self.address);
        let host = address.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']']).to_owned());
        let reached = self.reached.split(['/', ',', ' ']).filter(|name| !name.is_empty()).map(folded);
        [named, address].into_iter().chain(host).chain(reached)
    }
}

/// Returns the form of a name in which the journal compares it.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Returns the forms by which a person may look for a user: `LAB\bob` is `bob`, too, and so is `bob@LAB.TEST`.
fn forms(user: &str) -> Vec<String> {
    let user = folded(user);
    let bare = user.rsplit_once('\\').map(|(_, bare)| bare);
    let bare = bare.or_else(|| user.split_once('@').map(|(bare, _)| bare)).filter(|bare| !bare.is_empty());
    bare.map(str::to_owned).into_iter().chain([user]).collect()
}
