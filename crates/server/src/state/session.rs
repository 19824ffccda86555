use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession_smb::fscc::FileTime;
use netsession_smb::msg::{Dialect, SessionId, TreeId};
use netsession_smb::server::{LoggedOn, SessionKeys};
use netsession_wire::NtStatus;

use super::{Account, Channel, Channels, Inbox, Object, Open, OpenNumber, Share, Signal};

/// Somebody who has logged on.
#[derive(Debug)]
pub struct Session {
    /// Names it.
    pub id: SessionId,
    /// The user, in the account's spelling.
    pub user: String,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// The client's name for itself; nothing vouches for it.
    pub workstation: String,
    /// The dialect.
    pub dialect: Dialect,
    /// Whether its messages must be encrypted.
    pub encrypted: bool,
    /// When it was set up.
    pub since: FileTime,
    /// What it is on all of its connections; without these no further one can be bound to it.
    pub keys: Option<Arc<SessionKeys>>,
    pub(crate) channels: Arc<Channels>,
    active: AtomicI64,
    next_tree: Arc<AtomicU32>,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    trees: BTreeMap<TreeId, Arc<Tree>>,
    opens: BTreeMap<OpenNumber, Arc<Open>>,
    ended: bool,
}

/// A session's connection to a share.
#[derive(Debug)]
pub struct Tree {
    /// Names it on this server, in lists of connections too.
    pub id: TreeId,
    /// The share.
    pub share: Arc<Share>,
    /// When it was made.
    pub since: FileTime,
}

/// What an ended session had.
#[derive(Debug)]
pub struct Ended {
    /// Its opens.
    pub opens: Vec<Arc<Open>>,
    /// Its tree connections.
    pub trees: Vec<Arc<Tree>>,
}

impl Session {
    /// Connections that one session can have.
    pub const CONNECTIONS: usize = Channels::LIMIT;
    /// Tree connections, and opens, that one session can have.
    pub const LIMIT: usize = 65_536;
    /// Opens of one session that can be pipes, which keep what is written into them.
    pub const PIPES: usize = 1024;

    pub(super) fn new(
        logon: &LoggedOn,
        keys: Option<Arc<SessionKeys>>,
        account: &Account,
        now: FileTime,
        first: Channel,
        next_tree: &Arc<AtomicU32>,
    ) -> Self {
        Self {
            id: logon.session,
            user: account.name.clone(),
            admin: account.admin,
            workstation: logon.claim.workstation.clone(),
            dialect: logon.dialect,
            encrypted: logon.encrypted,
            since: now,
            keys,
            channels: Arc::new(Channels::new(first)),
            active: AtomicI64::new(now.0),
            next_tree: Arc::clone(next_tree),
            tables: Mutex::default(),
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client as lists show it: its address, an IPv4 one in its own form however it came.
    #[must_use]
    pub fn client(&self) -> IpAddr {
        self.peer().ip().to_canonical()
    }

    /// The client's address: of the oldest connection that the session has.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.channels.peer()
    }

    /// The client's address on each connection of the session, the oldest first.
    #[must_use]
    pub fn connections(&self) -> Vec<SocketAddr> {
        self.channels.all()
    }

    /// Uses it on a further connection.
    ///
    /// # Errors
    /// It has ended, or has too many connections.
    pub(crate) fn join(&self, channel: Channel) -> Result<(), NtStatus> {
        self.channels.join(channel)
    }

    /// A connection is gone; false where it was the last one.
    pub(super) fn leave(&self, inbox: &Arc<Inbox>) -> bool {
        self.channels.leave(inbox)
    }

    /// Something was done on one connection that an answer may wait for on another.
    pub(crate) fn stir(&self) {
        self.channels.tell_others(Signal::Poll);
    }

    /// The dialect as people write it: `3.1.1`.
    #[must_use]
    pub const fn dialect_name(&self) -> &'static str {
        match self.dialect {
            Dialect::SMB_2_0_2 => "2.0.2",
            Dialect::SMB_2_1 => "2.1",
            Dialect::SMB_3_0 => "3.0",
            Dialect::SMB_3_0_2 => "3.0.2",
            Dialect::SMB_3_1_1 => "3.1.1",
            _ => "?",
        }
    }

    /// The client has asked for something.
    pub fn touch(&self, now: FileTime) {
        self.active.store(now.0, Ordering::Relaxed);
    }

    /// When the client last asked for something.
    #[must_use]
    pub fn last_active(&self) -> FileTime {
        FileTime(self.active.load(Ordering::Relaxed))
    }

    /// Whether it was ended; its connection may not know yet.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.tables().ended
    }

    /// Connects a share; none where the session has ended or has too many.
    pub(crate) fn connect(&self, share: &Arc<Share>, now: FileTime) -> Option<Arc<Tree>> {
        let mut tables = self.tables();
        if tables.ended || tables.trees.len() >= Self::LIMIT {
            return None;
        }
        let id = loop {
            let id = TreeId(self.next_tree.fetch_add(1, Ordering::Relaxed));
            if id.0 != 0 && id.0 != u32::MAX && !tables.trees.contains_key(&id) {
                break id;
            }
        };
        let tree = Arc::new(Tree { id, share: Arc::clone(share), since: now });
        share.connected();
        tables.trees.insert(id, Arc::clone(&tree));
        Some(tree)
    }

    /// Takes a tree connection away, and gives it with the opens that go with it.
    pub(crate) fn disconnect(&self, id: TreeId) -> Option<(Arc<Tree>, Vec<Arc<Open>>)> {
        let mut tables = self.tables();
        let tree = tables.trees.remove(&id)?;
        tree.share.disconnected();
        let gone: Vec<_> =
            tables.opens.extract_if(.., |_, open| open.tree.id == id).map(|(_, open)| open).collect();
        gone.iter().for_each(|open| open.set_closed());
        Some((tree, gone))
    }

    /// A tree connection.
    #[must_use]
    pub fn tree(&self, id: TreeId) -> Option<Arc<Tree>> {
        self.tables().trees.get(&id).cloned()
    }

    /// All tree connections.
    #[must_use]
    pub fn trees(&self) -> Vec<Arc<Tree>> {
        self.tables().trees.values().cloned().collect()
    }

    /// Enters an open; false where the session has ended or has too many: it is then closed by being dropped.
    pub(crate) fn opened(&self, open: &Arc<Open>) -> bool {
        let mut tables = self.tables();
        if tables.ended || tables.opens.len() >= Self::LIMIT || !tables.trees.contains_key(&open.tree.id) {
            return false;
        }
        let is_pipe = |open: &Arc<Open>| matches!(open.object, Object::Pipe(_));
        if is_pipe(open) && tables.opens.values().filter(|open| is_pipe(open)).count() >= Self::PIPES {
            return false;
        }
        tables.opens.insert(open.number, Arc::clone(open));
        true
    }

    /// Takes an open away.
    pub(crate) fn close(&self, number: OpenNumber) -> Option<Arc<Open>> {
        let open = self.tables().opens.remove(&number)?;
        open.set_closed();
        Some(open)
    }

    /// An open.
    #[must_use]
    pub fn open(&self, number: OpenNumber) -> Option<Arc<Open>> {
        self.tables().opens.get(&number).cloned()
    }

    /// All opens.
    #[must_use]
    pub fn opens(&self) -> Vec<Arc<Open>> {
        self.tables().opens.values().cloned().collect()
    }

    /// How many opens there are.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.tables().opens.len()
    }

    /// Takes everything away; nothing can be added from now on.
    pub(super) fn take_everything(&self) -> Ended {
        let mut tables = self.tables();
        tables.ended = true;
        let opens: Vec<Arc<Open>> = std::mem::take(&mut tables.opens).into_values().collect();
        opens.iter().for_each(|open| open.set_closed());
        let trees: Vec<_> = std::mem::take(&mut tables.trees).into_values().collect();
        trees.iter().for_each(|tree| tree.share.disconnected());
        Ended { opens, trees }
    }
}
