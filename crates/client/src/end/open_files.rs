use std::collections::{HashMap, HashSet};

use super::Decision;
use super::unit::Unit;
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::file_enum;
use crate::{Error, FileFilter, FileId, OpenFile, Session, SessionId, name};

/// The most sessions that share their client and user with one that stays, and of which the server is asked for the files.
const MAX_QUERIED_SESSIONS: usize = 32;

/// A file that is, or may be, open in a session that a plan ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AffectedFile {
    /// The file.
    pub file: OpenFile,
    /// The session that has it open. None if the server reports only the user, or the user and the client.
    pub session: Option<SessionId>,
    /// Whether it may be open in a session that stays instead: the same user has another one, from the same client or from an
    /// unknown one.
    pub may_stay_open: bool,
}

impl AffectedFile {
    /// Makes one, for the tests of a front end.
    #[must_use]
    pub const fn new(file: OpenFile, session: Option<SessionId>, may_stay_open: bool) -> Self {
        Self { file, session, may_stay_open }
    }

    /// Whether it is, or may be, open in this session.
    #[must_use]
    pub fn may_be_of(&self, session: &Session) -> bool {
        match self.session {
            Some(id) => session.id == Some(id),
            None => may_have(session, &self.file),
        }
    }
}

/// Whether a file may be open in a session, if nobody tells in which one of its user.
fn may_have(session: &Session, file: &OpenFile) -> bool {
    // Only netsession's own server counts the files of each session.
    let has_none = session.id.is_some() && session.opens == Some(0);
    !has_none && file.may_be_of(session)
}

/// Lists the files that are, or may be, open in the sessions to end.
///
/// If a request ends one session and leaves another one of the same client and user, it asks the server for the files of
/// `\\CLIENT#ID`, which only netsession's own server knows.
pub(crate) async fn open_files<C: Connector>(
    link: &mut Link<C>,
    decision: &Decision,
) -> Result<Vec<AffectedFile>, Error> {
    let to_end = &decision.preview.to_end;
    if to_end.iter().all(|session| session.opens == Some(0)) {
        return Ok(Vec::new());
    }
    let key = |user: &str| name::folded(user).collect::<String>();
    let users: HashSet<String> = to_end.iter().map(|session| key(&session.user)).collect();
    let is_wanted = |file: &OpenFile| users.contains(&key(&file.user));
    let mut files = file_enum::select(link, &FileFilter::default(), is_wanted).await?.into_selected();
    files.retain(|file| to_end.iter().any(|session| may_have(session, file)));
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let staying: Vec<&Session> = decision.listed.iter().filter(|session| stays(decision, session)).collect();
    let exact = exact_files(link, decision, &staying).await?;
    let affected = |file: OpenFile| {
        let holder = exact.holders.get(&file.id).copied().flatten();
        let is_of_another = holder.is_none() && exact.is_complete_for(to_end, &file);
        let may_stay_open = holder.is_none() && staying.iter().any(|session| may_have(session, &file));
        (!is_of_another).then_some(AffectedFile { file, session: holder, may_stay_open })
    };
    Ok(files.into_iter().filter_map(affected).collect())
}

/// Whether the plan leaves this session.
fn stays(decision: &Decision, session: &Session) -> bool {
    !decision.preview.to_end.iter().any(|ended| decision.unit.has_both(ended, session))
}

/// Which sessions have files open, as the server tells for `\\CLIENT#ID`.
#[derive(Default)]
struct Exact {
    /// None if the server names several sessions for one file.
    holders: HashMap<FileId, Option<SessionId>>,
    /// The sessions of which the server named files.
    answered: HashSet<SessionId>,
}

impl Exact {
    /// Whether the server named the files of every session to end that may have this one, and this one is not among them.
    fn is_complete_for(&self, to_end: &[Session], file: &OpenFile) -> bool {
        let mut candidates = to_end.iter().filter(|session| may_have(session, file));
        !self.holders.contains_key(&file.id)
            && candidates.all(|session| session.id.is_some_and(|id| self.answered.contains(&id)))
    }
}

/// Asks for the files of each session to end that leaves another one of its client and user.
async fn exact_files<C: Connector>(
    link: &mut Link<C>,
    decision: &Decision,
    staying: &[&Session],
) -> Result<Exact, Error> {
    let mut exact = Exact::default();
    if decision.unit == Unit::Pair {
        return Ok(exact);
    }
    let has_twin = |session: &Session| staying.iter().any(|other| other.is_same_pair(session));
    let asked =
        decision.preview.to_end.iter().filter(|session| session.opens != Some(0) && has_twin(session));
    for session in asked.take(MAX_QUERIED_SESSIONS) {
        let Some(id) = session.id else { continue };
        let files = file_enum::of_client(link, id.with_client(&session.client)).await?;
        // A server that does not know such a client names no file.
        if !files.is_empty() {
            exact.answered.insert(id);
        }
        for OpenFile { id: file, .. } in files {
            exact.holders.entry(file).and_modify(|holder| *holder = None).or_insert(Some(id));
        }
    }
    Ok(exact)
}
