//! What must hold after each step: the tables and the budgets agree with each other and with what the clients know.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use netsession_smb::msg::create_context::LeaseState;
use netsession_smb::msg::{AsyncId, LeaseKey};

use super::Stage;
use crate::fs::FileKey;
use crate::state::{Content, Object, Open};

/// Checks what holds at every moment, even if connections have signals that they did not process yet.
pub(super) fn tables(stage: &Stage) {
    let state = &stage.state;
    let sessions = state.sessions();
    for session in &sessions {
        let id = session.id;
        assert!(!session.has_ended(), "{id:?} has ended, and is listed");
        let known = stage.ledger.sessions.get(&id);
        assert!(known.is_some_and(|known| !known.has_ended), "{id:?} is listed, and was not reported");
        let peers: BTreeSet<_> = session.connections().into_iter().collect();
        assert_eq!(Some(&peers), known.map(|known| &known.peers), "the connections of {id:?}");
        assert!(!peers.is_empty(), "{id:?} has no connection");
        for peer in peers {
            let is_known =
                stage.connection(peer).is_some_and(|connection| connection.host_sessions().contains(&id));
            assert!(is_known, "the connection of {peer} does not know {id:?}");
        }
        let trees = session.trees();
        for open in session.opens() {
            assert!(!open.is_closed(), "open {} is closed, and is listed", open.number.0);
            assert!(trees.iter().any(|tree| tree.id == open.tree_id()), "an open without its tree");
            let known = stage.ledger.opens.get(&open.number.0);
            assert!(known.is_some_and(|known| !known.is_closed), "open {} was not reported", open.number.0);
            assert_eq!(open.user, session.user);
        }
    }
    let live = stage.ledger.sessions.values().filter(|known| !known.has_ended).count();
    assert_eq!(live, sessions.len(), "a session was reported, and is not listed");
    let open = stage.ledger.opens.values().filter(|known| !known.is_closed).count();
    assert_eq!(open, state.opens().len(), "an open was reported, and is not listed");
    for share in state.shares() {
        let trees = sessions.iter().flat_map(|session| session.trees());
        let count = trees.filter(|tree| Arc::ptr_eq(&tree.share, &share)).count();
        assert_eq!(usize::try_from(share.connection_count()), Ok(count), "the connections to {}", share.name);
    }
    assert!(state.budgets.files.total() >= files(stage).count(), "files are missing in their budget");
    for (open, holder) in state.lost_opens() {
        let may_wait = stage.ledger.may_be_reclaimed(holder.session);
        assert!(may_wait && open.user == holder.user, "open {} waits", open.number.0);
    }
    caches(stage);
}

/// Checks that nobody caches a file beside a client that may write into its cache.
fn caches(stage: &Stage) {
    let mut caches: HashMap<FileKey, Vec<(Holder, LeaseState)>> = HashMap::new();
    for open in files(stage) {
        if let Object::File(file) = &open.object {
            let holder =
                file.lease().map_or(Holder::Open(open.number.0), |lease| Holder::Lease(lease.lease_key));
            let caching = file.caching();
            if !caching.is_empty() {
                caches.entry(file.file_key()).or_default().push((holder, caching));
            }
        }
    }
    for (file, caches) in caches {
        let writes = caches.iter().find(|(_, caching)| caching.contains(LeaseState::WRITE_CACHING));
        let is_shared = writes.is_none_or(|(writer, _)| caches.iter().all(|(holder, _)| holder == writer));
        assert!(is_shared, "what caches {file:?}: {caches:?}");
    }
}

/// What may cache a file.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    /// An open, with an oplock.
    Open(u32),
    /// All opens with this lease.
    Lease(LeaseKey),
}

fn files(stage: &Stage) -> impl Iterator<Item = Arc<Open>> {
    stage.state.opens().into_iter().filter(|open| matches!(open.object, Object::File(_)))
}

/// Checks what holds once every connection has processed its signals.
pub(super) fn settled(stage: &Stage) {
    let state = &stage.state;
    stage.ledger.check_forgotten();
    for client in &stage.clients {
        let Some(link) = &client.link else { continue };
        for id in link.connection.host_sessions() {
            assert!(stage.ledger.is_usable(id, link.peer), "{} still has {id:?}", link.peer);
        }
        for id in link.connection.established() {
            assert!(stage.ledger.is_usable(id, link.peer), "{} still has keys of {id:?}", link.peer);
        }
        let announced: BTreeSet<AsyncId> = link.sent.values().filter_map(|sent| sent.announced).collect();
        assert_eq!(announced, link.connection.announced(), "the waiting requests of {}", link.peer);
        // A logon that waits for its time is not announced.
        for sent in link.sent.values().filter(|sent| sent.is_exact && sent.announced.is_some()) {
            assert!(!stage.ledger.has_ended(sent.ids.session), "{sent:?} waits, though its session ended");
        }
    }
    let files: Vec<_> = files(stage).collect();
    let watches = files.iter().filter(|open| open.watch.get().is_some()).count();
    let pipes: usize = state
        .opens()
        .iter()
        .map(|open| match &open.object {
            Object::Pipe(pipe) => pipe.held(),
            Object::File(_) => 0,
        })
        .sum();
    let budgets = &state.budgets;
    let sessions = state.sessions();
    let trees: usize = sessions.iter().map(|session| session.trees().len()).sum();
    let locks: usize = files.iter().map(|open| open.lock_count()).sum();
    assert_eq!(budgets.sessions.total(), sessions.len(), "the budget of sessions");
    assert_eq!(budgets.trees.total(), trees, "the budget of connections to shares");
    assert_eq!(budgets.locks.total(), locks, "the budget of locks");
    assert_eq!(budgets.files.total(), files.len(), "the budget of files");
    assert_eq!(budgets.watches.total(), watches, "the budget of watches");
    assert_eq!(budgets.pipes.total(), pipes, "the budget of pipes");
    assert!(!files.is_empty() || state.searches.total() == 0, "names of searches are kept");
    let nodes: usize = state
        .shares()
        .iter()
        .map(|share| match &share.content {
            Content::Disk(disk) => disk.open_files(),
            Content::Pipes => 0,
        })
        .sum();
    assert!(nodes <= files.len() && (nodes > 0) != files.is_empty(), "{nodes} files, {} opens", files.len());
}

/// Checks that nothing is left after every client is gone.
pub(super) fn empty(stage: &Stage) {
    let state = &stage.state;
    assert_eq!(state.session_count(), 0, "sessions are left");
    let budgets = &state.budgets;
    for (name, budget) in [
        ("sessions", &budgets.sessions),
        ("connections to shares", &budgets.trees),
        ("files", &budgets.files),
        ("locks", &budgets.locks),
        ("watches", &budgets.watches),
        ("pipes", &budgets.pipes),
        ("buffers", &budgets.buffers),
    ] {
        assert_eq!(budget.total(), 0, "the budget of {name} is not empty");
    }
    assert_eq!(Arc::strong_count(state), 1, "something keeps the server's tables");
}
