//! [`Ledger`]: the sessions and opens as the server's events report them. An event that nothing explains is a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use netsession_smb::msg::{FileId, SessionId, TreeId};

use crate::state::{CloseReason, EndReason, Event, Open, OpenNumber, Session, State};

/// What can explain the end of a session, or the closing of an open, in the current step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A message of the client at this address.
    Message(SocketAddr),
    /// The loss of the connection from this address.
    Lost(SocketAddr),
    /// The program that runs the server ended this session.
    Program(SessionId),
    /// The program that runs the server closed this open.
    ProgramCloses(OpenNumber),
    /// Time has passed.
    Time,
}

/// A request to end sessions that a client sent to srvsvc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EndRequest {
    pub(super) client: Option<String>,
    pub(super) user: Option<String>,
    /// The id of `\\CLIENT#ID`, which names one session.
    pub(super) id: Option<netsession_srvs::SessionId>,
}

impl EndRequest {
    /// Whether it names this session by its id.
    fn names(&self, session: SessionId) -> bool {
        self.id.is_some() && self.id == netsession_srvs::SessionId::new(session.0)
    }
}

/// A session that the server reported.
#[derive(Debug)]
pub(super) struct KnownSession {
    pub(super) user: String,
    /// The client's address on the first connection.
    first: SocketAddr,
    pub(super) peers: BTreeSet<SocketAddr>,
    pub(super) has_ended: bool,
    /// The client's address at the end, if its opens may outlive it: nobody has ended it for good.
    lost_from: Option<IpAddr>,
    object: Weak<Session>,
}

/// An open that the server reported.
#[derive(Debug)]
pub(super) struct KnownOpen {
    pub(super) is_closed: bool,
    object: Weak<Open>,
}

/// The events that no step has processed yet.
type Events = Arc<Mutex<Vec<Event>>>;

/// What the events say.
#[derive(Debug)]
pub(super) struct Ledger {
    events: Events,
    pub(super) sessions: BTreeMap<SessionId, KnownSession>,
    pub(super) opens: BTreeMap<u32, KnownOpen>,
    /// The session of each tree connection that a client was given.
    pub(super) trees: BTreeMap<TreeId, SessionId>,
    /// The session and the tree connection of each open that a client was given.
    pub(super) files: BTreeMap<FileId, (SessionId, TreeId)>,
    /// The commands and statuses of the answers.
    pub(super) answers: BTreeSet<(u16, u32)>,
    /// The reasons for which sessions ended.
    pub(super) reasons: Vec<EndReason>,
    /// How often a session was bound to a further connection.
    pub(super) bound: usize,
    /// How many sessions an administrator may have ended by their ids.
    pub(super) singles: usize,
    /// How many opens of lost connections an administrator closed.
    pub(super) lost_closed: usize,
    /// How often a client reclaimed an open.
    pub(super) reclaimed: usize,
    /// How many successful answers were encrypted.
    pub(super) encrypted: usize,
    pub(super) asked: Vec<EndRequest>,
    /// A changed message may have asked for anything.
    pub(super) may_ask_anything: bool,
}

impl Ledger {
    /// Follows a server.
    pub(super) fn of(state: &State) -> Self {
        let events = Events::default();
        let to = Arc::clone(&events);
        state.subscribe(move |event| {
            to.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        });
        Self {
            events,
            sessions: BTreeMap::new(),
            opens: BTreeMap::new(),
            trees: BTreeMap::new(),
            files: BTreeMap::new(),
            answers: BTreeSet::new(),
            reasons: Vec::new(),
            bound: 0,
            singles: 0,
            lost_closed: 0,
            reclaimed: 0,
            encrypted: 0,
            asked: Vec::new(),
            may_ask_anything: false,
        }
    }

    /// Returns whether the client at this address may use the session.
    pub(super) fn is_usable(&self, session: SessionId, peer: SocketAddr) -> bool {
        self.sessions.get(&session).is_some_and(|known| !known.has_ended && known.peers.contains(&peer))
    }

    /// Returns whether the session was reported to have ended.
    pub(super) fn has_ended(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|known| known.has_ended)
    }

    /// Takes in the new events, each of which `cause` must explain.
    pub(super) fn follow(&mut self, cause: Cause) {
        let events = std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        for (index, event) in events.iter().enumerate() {
            match event {
                Event::SessionStarted(session) => {
                    let known = KnownSession {
                        user: session.user.clone(),
                        first: session.peer(),
                        peers: session.connections().into_iter().collect(),
                        has_ended: false,
                        lost_from: None,
                        object: Arc::downgrade(session),
                    };
                    assert!(matches!(cause, Cause::Message(_)), "a session started by itself");
                    assert!(
                        self.sessions.insert(session.id, known).is_none(),
                        "a session's number came back"
                    );
                }
                Event::ConnectionBound(session, peer) => {
                    self.session(session.id).peers.insert(*peer);
                    self.bound = self.bound.saturating_add(1);
                }
                Event::ConnectionLost(session, peer) => {
                    assert_eq!(cause, Cause::Lost(*peer), "a connection was lost");
                    self.session(session.id).peers.remove(peer);
                }
                Event::SessionEnded(session, why) => {
                    let replacing =
                        events.get(index..).unwrap_or_default().iter().find_map(|event| match event {
                            Event::SessionStarted(session) => Some(session.user.clone()),
                            _ => None,
                        });
                    self.explain(session.id, why, cause, replacing.as_deref());
                    let known = self.session(session.id);
                    assert!(!known.has_ended, "a session ended twice");
                    known.has_ended = true;
                    let client = session.client();
                    let is_lost = !matches!(why, EndReason::EndedBy(_) | EndReason::Idle);
                    known.lost_from = is_lost.then_some(client);
                    // By its id, a session ends without what others have lost.
                    let may_be_alone = self.asked.iter().any(|asked| asked.names(session.id));
                    self.singles = self.singles.saturating_add(usize::from(may_be_alone));
                    if matches!(why, EndReason::EndedBy(_)) && !may_be_alone {
                        self.end_lost(&session.user, client);
                    }
                    self.reasons.push(why.clone());
                }
                Event::Opened(open) => {
                    let known = KnownOpen { is_closed: false, object: Arc::downgrade(open) };
                    assert!(self.opens.insert(open.number.0, known).is_none(), "an open's number came back");
                }
                Event::Closed(open, why) => {
                    let number = open.number;
                    assert!(may_close(number, why, cause), "open {number:?} was closed: {why:?}, {cause:?}");
                    // An open may close before the event that it was opened, but never twice.
                    if let Some(known) = self.opens.get_mut(&open.number.0) {
                        assert!(!known.is_closed, "an open was closed twice");
                        known.is_closed = true;
                    }
                    let (session, _) = self.files.get(&number.file_id()).copied().unzip();
                    let is_lost = session.is_some_and(|session| self.has_ended(session));
                    let is_closed_for_good = is_lost && matches!(why, CloseReason::ClosedBy(Some(_)));
                    self.lost_closed = self.lost_closed.saturating_add(usize::from(is_closed_for_good));
                }
                _ => {}
            }
        }
    }

    #[expect(clippy::panic, reason = "an oracle fails by panicking")]
    fn session(&mut self, id: SessionId) -> &mut KnownSession {
        self.sessions.get_mut(&id).unwrap_or_else(|| panic!("{id:?} was never reported"))
    }

    /// Notes that what sessions of a user have lost from this address is closed for good.
    fn end_lost(&mut self, user: &str, client: IpAddr) {
        for known in self.sessions.values_mut() {
            known.lost_from.take_if(|from| *from == client && known.user == user);
        }
    }

    /// Returns whether opens of a session may wait for its client.
    pub(super) fn may_be_reclaimed(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|known| known.lost_from.is_some())
    }

    /// Checks that the session `now` may have an open of the session `before`, which a client reclaims.
    pub(super) fn check_reclaimed(&mut self, before: SessionId, now: SessionId) {
        let [Some(before), Some(now)] = [before, now].map(|id| self.sessions.get(&id)) else { return };
        assert_eq!(before.user, now.user, "a stranger reclaimed an open");
        assert!(before.has_ended && before.lost_from.is_some(), "an open was reclaimed that was not lost");
        self.reclaimed = self.reclaimed.saturating_add(1);
    }

    /// Checks that a session ended for a reason.
    fn explain(&self, id: SessionId, why: &EndReason, cause: Cause, replacing: Option<&str>) {
        // A session may be replaced before its start is reported.
        let Some(known) = self.sessions.get(&id) else { return };
        let is_explained = match (why, cause) {
            (EndReason::LoggedOff, Cause::Message(peer)) => known.peers.contains(&peer),
            (EndReason::Disconnected, Cause::Lost(peer)) => known.peers.iter().all(|other| *other == peer),
            (EndReason::Replaced, Cause::Message(_)) => replacing == Some(known.user.as_str()),
            (EndReason::EndedBy(None), Cause::Program(ended)) => ended == id,
            (EndReason::EndedBy(Some(by)), _) => {
                let is_from = |client: &String| {
                    known.peers.iter().chain([&known.first]).any(|peer| peer.ip().to_string() == *client)
                };
                let is_asked = self.asked.iter().any(|asked| {
                    let is_client = asked.client.as_ref().is_none_or(is_from);
                    let is_user = asked.user.as_ref().is_none_or(|user| *user == known.user);
                    is_client && is_user && (asked.id.is_none() || asked.names(id))
                });
                by == "root" && (is_asked || self.may_ask_anything)
            }
            _ => false,
        };
        assert!(is_explained, "{id:?} of {} ended: {why:?}, {cause:?}", known.user);
    }

    /// Checks that nothing keeps an ended session or a closed open alive.
    pub(super) fn check_forgotten(&self) {
        for (id, known) in &self.sessions {
            let count = known.object.strong_count();
            assert!(!known.has_ended || count == 0, "{id:?} has ended, and is kept {count} times");
        }
        for (number, known) in &self.opens {
            let count = known.object.strong_count();
            assert!(!known.is_closed || count == 0, "open {number} is closed, and is kept {count} times");
        }
    }
}

/// Returns whether an open may be closed for this reason.
fn may_close(number: OpenNumber, why: &CloseReason, cause: Cause) -> bool {
    match why {
        CloseReason::ByClient | CloseReason::Disconnected | CloseReason::TakenOver => {
            matches!(cause, Cause::Message(_))
        }
        // The end of the session is explained by itself.
        CloseReason::SessionEnded => true,
        CloseReason::ClosedBy(None) => cause == Cause::ProgramCloses(number),
        CloseReason::ClosedBy(Some(by)) => by == "root",
    }
}
