use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};

use super::watch::Watches;
use super::{Inbox, Rules, Signal};
use crate::fs::{self, Disk, Files};

/// A share: a folder, or the named pipes of `IPC$`.
#[derive(Debug)]
pub struct Share {
    pub(crate) name: String,
    comment: RwLock<String>,
    /// The most connections at a time.
    limit: AtomicU32,
    pub(crate) content: Content,
    /// Who may use it, and how requests must be protected.
    pub(crate) rules: Rules,
    /// Whether the client that added the share called it temporary.
    pub(crate) is_temporary: bool,
    connections: AtomicU32,
    /// The handle that NetrShareDelStart has returned for this share.
    removal: OnceLock<[u8; 16]>,
    listeners: Arc<Listeners>,
}

/// The content of a share.
#[derive(Debug)]
pub(crate) enum Content {
    /// Named pipes: `IPC$`.
    Pipes,
    /// A folder.
    Disk(Arc<Disk>),
}

/// The watches and connections that wait for something in a share.
#[derive(Debug, Default)]
struct Listeners {
    watches: Watches,
    waiters: Arc<Waiters>,
}

/// What the shares of a server have in common, because one can be inside another.
#[derive(Debug, Default)]
pub(crate) struct Common {
    files: Arc<Files>,
    waiters: Arc<Waiters>,
}

/// The connections that wait until somebody gives back a lock or an oplock.
#[derive(Debug, Default)]
struct Waiters(Mutex<Vec<Weak<Inbox>>>);

impl Share {
    /// Returns the name of the share.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the comment that listings show.
    #[must_use]
    pub fn comment(&self) -> String {
        self.comment.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the comment.
    pub(crate) fn set_comment(&self, comment: String) {
        *self.comment.write().unwrap_or_else(PoisonError::into_inner) = comment;
    }

    /// Returns the most connections at a time; `u32::MAX` is no limit.
    pub(crate) fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Changes the most connections at a time. Those above a lower limit stay.
    pub(crate) fn set_limit(&self, limit: u32) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Returns whether the share has as many connections as its limit allows.
    pub(crate) fn is_full(&self) -> bool {
        self.connection_count() >= self.limit()
    }

    /// Returns the handle for the removal of this share, which is `new` if there was none.
    pub(crate) fn removal_handle(&self, new: [u8; 16]) -> [u8; 16] {
        *self.removal.get_or_init(|| new)
    }

    /// Returns whether NetrShareDelStart has returned this handle for the share.
    pub(crate) fn is_removed_by(&self, handle: &[u8; 16]) -> bool {
        self.removal.get() == Some(handle)
    }

    /// Returns how many sessions are connected to the share, each as often as it is connected.
    #[must_use]
    pub fn connection_count(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Returns `IPC$`.
    pub(crate) fn pipes() -> Self {
        Self::new("IPC$".to_owned(), "Remote IPC".to_owned(), Content::Pipes, Arc::default())
    }

    fn new(name: String, comment: String, content: Content, listeners: Arc<Listeners>) -> Self {
        Self {
            name,
            comment: RwLock::new(comment),
            limit: AtomicU32::new(u32::MAX),
            content,
            rules: Rules::default(),
            is_temporary: false,
            connections: AtomicU32::new(0),
            removal: OnceLock::new(),
            listeners,
        }
    }

    /// Returns the share of a folder.
    pub(crate) fn disk(
        common: &Common,
        name: String,
        comment: String,
        root: fs::root::Root,
        read_only: bool,
    ) -> Self {
        let waiters = Arc::clone(&common.waiters);
        let listeners = Arc::new(Listeners { watches: Watches::default(), waiters });
        let notified = Arc::clone(&listeners);
        let disk = Disk::new(&common.files, root, read_only, move |event| notified.notify(&event));
        Self::new(name, comment, Content::Disk(disk), listeners)
    }

    /// Gives a new share its rules.
    pub(crate) fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Marks a new share as temporary, or not.
    pub(crate) fn temporary(mut self, is_temporary: bool) -> Self {
        self.is_temporary = is_temporary;
        self
    }

    /// Counts a connection. Returns false if the share is full.
    pub(super) fn admits(&self) -> bool {
        let limit = self.limit();
        let next = |count: u32| count.checked_add(1).filter(|next| *next <= limit);
        self.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    pub(super) fn disconnected(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Returns the watches of its folders.
    pub(crate) fn watches(&self) -> &Watches {
        &self.listeners.watches
    }

    /// Notifies a connection, once, when byte-range locks are released.
    pub(crate) fn wait_for_lock(&self, inbox: &Arc<Inbox>) {
        self.listeners.waiters.add(inbox);
    }
}

impl Waiters {
    fn add(&self, inbox: &Arc<Inbox>) {
        let mut waiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let there = waiters.iter().any(|waiter| std::ptr::eq(waiter.as_ptr(), Arc::as_ptr(inbox)));
        if !there {
            waiters.push(Arc::downgrade(inbox));
        }
    }

    /// Notifies each of them, once.
    fn wake(&self) {
        let waiters = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        waiters.iter().filter_map(Weak::upgrade).for_each(|inbox| inbox.send(Signal::Poll));
    }
}

impl Listeners {
    fn notify(&self, event: &fs::Event) {
        match event {
            fs::Event::Unlocked(_) => self.waiters.wake(),
            fs::Event::Deleting(path) => self.watches.wake(path),
            fs::Event::Changed { path, action } => self.watches.changed(path, *action),
        }
    }
}
