use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use netsession_smb::auth::Proof;
use netsession_smb::fscc::FileTime;
use netsession_smb::msg::{Dialect, SessionId, TreeId};
use netsession_smb::server::{LoggedOn, SessionKeys};
use netsession_wire::NtStatus;

use super::environment::{Moment, system_time};
use super::{Channel, Channels, Inbox, Object, Open, OpenNumber, Share, Signal, Tree, User};
use crate::budget::Part;

/// A user's session, over one connection or several.
#[derive(Debug)]
pub struct Session {
    pub(crate) id: SessionId,
    /// In the spelling of the account, or of the principal.
    pub(crate) user: String,
    pub(crate) admin: bool,
    pub(crate) proof: Proof,
    /// The client's name for itself; nobody verifies it.
    pub(crate) workstation: String,
    pub(crate) dialect: Dialect,
    /// Whether its messages must be encrypted.
    pub(crate) encrypted: bool,
    pub(crate) since: Moment,
    /// The keys that all of its connections share; without keys, a client cannot bind another connection to it.
    pub(crate) keys: Option<Arc<SessionKeys>>,
    pub(crate) channels: Arc<Channels>,
    /// Set when it has ended; its connections may not know yet.
    pub(crate) ended: AtomicBool,
    /// Whether its client is a Mac that wants lists with what Finder shows.
    pub(crate) is_apple: AtomicBool,
    /// When the client sent its last request, as a time and as the server's uptime in nanoseconds.
    active: AtomicI64,
    active_uptime: AtomicU64,
    next_tree: Arc<AtomicU32>,
    /// Its part of the user's sessions.
    _place: Part,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    trees: BTreeMap<TreeId, Arc<Tree>>,
    opens: BTreeMap<OpenNumber, Arc<Open>>,
    ended: bool,
}

/// The public part.
impl Session {
    /// Returns the user's name: in the account's spelling, or as a Kerberos principal such as `alice@LAB.TEST`.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the id that tells it apart from other sessions of the user, as listings show it: the command `end --id` takes it.
    #[must_use]
    pub fn listed_id(&self) -> Option<netsession_srvs::SessionId> {
        netsession_srvs::SessionId::new(self.id.0)
    }

    /// Returns whether the user is an administrator.
    #[must_use]
    pub const fn is_admin(&self) -> bool {
        self.admin
    }

    /// Returns how the user has proved the identity: by a password (NTLM) or by a ticket (Kerberos).
    #[must_use]
    pub const fn proof(&self) -> Proof {
        self.proof
    }

    /// Returns the name that the client's computer gives itself. Nobody verifies it.
    #[must_use]
    pub fn workstation(&self) -> &str {
        &self.workstation
    }

    /// Returns whether the session's messages must be encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Returns the dialect as people write it: `3.1.1`.
    #[must_use]
    pub const fn dialect_name(&self) -> &'static str {
        self.dialect.number()
    }

    /// Returns the client as listings show it: the address of the session's oldest connection, an IPv4 address in its own
    /// form even if it came as an IPv6 address.
    #[must_use]
    pub fn client(&self) -> IpAddr {
        self.peer().ip().to_canonical()
    }

    /// Returns the client's address and port on the session's oldest connection.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.channels.peer()
    }

    /// Returns the client's address and port on each connection of the session, the oldest first.
    #[must_use]
    pub fn connections(&self) -> Vec<SocketAddr> {
        self.channels.all()
    }

    /// Returns when the user logged on.
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        system_time(self.since.time)
    }

    /// Returns when the client sent its last request.
    #[must_use]
    pub fn last_request_at(&self) -> SystemTime {
        system_time(FileTime(self.active.load(Ordering::Relaxed)))
    }

    /// Returns the session's open files, folders and pipes.
    #[must_use]
    pub fn opens(&self) -> Vec<Arc<Open>> {
        self.tables().opens.values().cloned().collect()
    }

    /// Returns how many files, folders and pipes the session has open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.tables().opens.len()
    }

    /// Returns the session's connections to shares.
    #[must_use]
    pub fn trees(&self) -> Vec<Arc<Tree>> {
        self.tables().trees.values().cloned().collect()
    }
}

/// The internal part.
impl Session {
    /// The most connections of one session.
    #[cfg(test)]
    pub(crate) const CONNECTIONS: usize = Channels::LIMIT;
    /// The most opens of one session.
    pub(crate) const LIMIT: usize = 65_536;
    /// The most connections of one session to shares.
    pub(crate) const TREES: usize = 16_384;
    /// The most pipes of one session: pipes keep the data that the client writes.
    pub(crate) const PIPES: usize = 1024;

    pub(super) fn new(
        logon: &LoggedOn,
        keys: Option<Arc<SessionKeys>>,
        user: &User,
        now: Moment,
        first: Channel,
        next_tree: &Arc<AtomicU32>,
        place: Part,
    ) -> Self {
        Self {
            id: logon.session,
            user: user.name.clone(),
            admin: user.is_admin,
            proof: logon.claim.proof,
            workstation: logon.claim.workstation.clone(),
            dialect: logon.dialect,
            encrypted: logon.encrypted,
            since: now,
            keys,
            channels: Arc::new(Channels::new(first)),
            ended: AtomicBool::new(false),
            is_apple: AtomicBool::new(false),
            active: AtomicI64::new(now.time.0),
            active_uptime: AtomicU64::new(nanoseconds(now.uptime)),
            next_tree: Arc::clone(next_tree),
            _place: place,
            tables: Mutex::default(),
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Binds it to one more connection.
    ///
    /// # Errors
    /// - `STATUS_USER_SESSION_DELETED`: the session has ended.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the session has [`Channels::LIMIT`] connections.
    pub(crate) fn join(&self, channel: Channel) -> Result<(), NtStatus> {
        self.channels.join(channel)
    }

    /// Removes a closed connection; returns whether another one is left.
    pub(super) fn leave(&self, inbox: &Arc<Inbox>) -> bool {
        self.channels.leave(inbox)
    }

    /// Makes all connections poll their waiting requests: a request on one connection may wait for something that
    /// happened on another.
    pub(crate) fn poll_connections(&self) {
        self.channels.signal_all_if_several(Signal::Poll);
    }

    /// Records that the client sent a request.
    pub(crate) fn touch(&self, now: Moment) {
        self.active.store(now.time.0, Ordering::Relaxed);
        self.active_uptime.store(nanoseconds(now.uptime), Ordering::Relaxed);
    }

    /// Returns the server's uptime when the client sent its last request.
    pub(crate) fn last_active(&self) -> Duration {
        Duration::from_nanos(self.active_uptime.load(Ordering::Relaxed))
    }

    /// Returns whether it has ended; its connections may not know yet.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Connects to a share; `None` if the share is full, or the session has ended or has [`Session::TREES`] tree
    /// connections.
    pub(crate) fn connect(&self, share: &Arc<Share>, now: Moment, place: Part) -> Option<Arc<Tree>> {
        let mut tables = self.tables();
        if tables.ended || tables.trees.len() >= Self::TREES || !share.admits() {
            return None;
        }
        let id = loop {
            let id = TreeId(self.next_tree.fetch_add(1, Ordering::Relaxed));
            if id.0 != 0 && id.0 != u32::MAX && !tables.trees.contains_key(&id) {
                break id;
            }
        };
        let tree = Arc::new(Tree { id, share: Arc::clone(share), since: now, _place: place });
        tables.trees.insert(id, Arc::clone(&tree));
        Some(tree)
    }

    /// Removes a tree connection, and returns it with the opens that are closed with it.
    pub(crate) fn disconnect(&self, id: TreeId) -> Option<(Arc<Tree>, Vec<Arc<Open>>)> {
        let mut tables = self.tables();
        let tree = tables.trees.remove(&id)?;
        tree.share.disconnected();
        let gone: Vec<_> =
            tables.opens.extract_if(.., |_, open| open.tree_id() == id).map(|(_, open)| open).collect();
        gone.iter().for_each(|open| open.set_closed());
        Some((tree, gone))
    }

    /// Returns the tree connection with this id.
    pub(crate) fn tree(&self, id: TreeId) -> Option<Arc<Tree>> {
        self.tables().trees.get(&id).cloned()
    }

    /// Returns whether the session may open another file or pipe. A request must not create a file that the session
    /// cannot keep.
    pub(crate) fn has_room_for_open(&self, is_pipe: bool) -> bool {
        let tables = self.tables();
        let pipes = || tables.opens.values().filter(|open| matches!(open.object, Object::Pipe(_))).count();
        !tables.ended && tables.opens.len() < Self::LIMIT && !(is_pipe && pipes() >= Self::PIPES)
    }

    /// Adds an open. Returns false if the session has ended or has too many: dropping the open then closes it.
    pub(crate) fn opened(&self, open: &Arc<Open>) -> bool {
        let mut tables = self.tables();
        if tables.ended || tables.opens.len() >= Self::LIMIT || !tables.trees.contains_key(&open.tree_id()) {
            return false;
        }
        let is_pipe = |open: &Arc<Open>| matches!(open.object, Object::Pipe(_));
        if is_pipe(open) && tables.opens.values().filter(|open| is_pipe(open)).count() >= Self::PIPES {
            return false;
        }
        tables.opens.insert(open.number, Arc::clone(open));
        true
    }

    /// Removes an open, which closes it.
    pub(crate) fn close(&self, number: OpenNumber) -> Option<Arc<Open>> {
        let open = self.tables().opens.remove(&number)?;
        open.set_closed();
        Some(open)
    }

    /// Returns the open with this number.
    pub(crate) fn open(&self, number: OpenNumber) -> Option<Arc<Open>> {
        self.tables().opens.get(&number).cloned()
    }

    /// Makes a session without opens refuse new ones, and returns whether it has done so: then the caller ends it.
    pub(super) fn refuses_opens_from_now(&self) -> bool {
        let mut tables = self.tables();
        if !tables.opens.is_empty() {
            return false;
        }
        tables.ended = true;
        self.ended.store(true, Ordering::Release);
        true
    }

    /// Removes everything and returns it. Nobody can add anything after that.
    pub(super) fn take_everything(&self) -> (Vec<Arc<Open>>, Vec<Arc<Tree>>) {
        let mut tables = self.tables();
        tables.ended = true;
        self.ended.store(true, Ordering::Release);
        let opens: Vec<Arc<Open>> = std::mem::take(&mut tables.opens).into_values().collect();
        opens.iter().for_each(|open| open.set_closed());
        let trees: Vec<_> = std::mem::take(&mut tables.trees).into_values().collect();
        trees.iter().for_each(|tree| tree.share.disconnected());
        (opens, trees)
    }
}

fn nanoseconds(uptime: Duration) -> u64 {
    u64::try_from(uptime.as_nanos()).unwrap_or(u64::MAX)
}
