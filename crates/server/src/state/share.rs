use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::watch::Watches;
use super::{Inbox, Signal};
use crate::fs::{self, Disk};

/// A share: a folder, or the named pipes of `IPC$`.
#[derive(Debug)]
pub struct Share {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) content: Content,
    connections: AtomicU32,
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
    lock_waiters: Mutex<Vec<Weak<Inbox>>>,
}

impl Share {
    /// Returns the name of the share.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the comment that listings show.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// Returns how many sessions are connected to the share, each as often as it is connected.
    #[must_use]
    pub fn connection_count(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Returns `IPC$`.
    pub(crate) fn pipes() -> Self {
        let comment = "Remote IPC".to_owned();
        let (connections, listeners) = (AtomicU32::new(0), Arc::default());
        Self { name: "IPC$".to_owned(), comment, content: Content::Pipes, connections, listeners }
    }

    /// Returns the share of a folder.
    pub(crate) fn disk(name: String, comment: String, root: fs::root::Root, read_only: bool) -> Self {
        let listeners = Arc::new(Listeners::default());
        let notified = Arc::clone(&listeners);
        let disk = Disk::new(root, read_only, move |event| notified.notify(&event));
        let (content, connections) = (Content::Disk(disk), AtomicU32::new(0));
        Self { name, comment, content, connections, listeners }
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
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
        let mut waiters = self.listeners.lock_waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let there = waiters.iter().any(|waiter| std::ptr::eq(waiter.as_ptr(), Arc::as_ptr(inbox)));
        if !there {
            waiters.push(Arc::downgrade(inbox));
        }
    }
}

impl Listeners {
    fn notify(&self, event: &fs::Event) {
        match event {
            fs::Event::Unlocked(_) => {
                let mut waiters = self.lock_waiters.lock().unwrap_or_else(PoisonError::into_inner);
                let waiters = std::mem::take(&mut *waiters);
                waiters.iter().filter_map(Weak::upgrade).for_each(|inbox| inbox.send(Signal::Poll));
            }
            fs::Event::Changed { path, action } => self.watches.changed(path, *action),
        }
    }
}
