//! [`Nodes`]: the open files of a share. A [`Node`] has the share modes, locks and oplock of all opens of a file.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession_wire::NtStatus;

use super::info::FileKey;
use super::locks::Locks;
use super::name::SharePath;
use super::sharing::Sharing;

/// Identifies an open of a disk share while the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OpenKey(pub u64);

/// The kind of an oplock: how long a client may cache a file ([MS-FSA] 2.1.1.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OplockKind {
    /// While its program has the file open.
    Exclusive,
    /// Also after that, in case a program opens the file again.
    Batch,
}

/// How a new open affects the oplock of another one ([MS-FSA] 2.1.4.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// It only reads or sets attributes: the oplock stays.
    Nothing,
    /// It breaks the oplock, and waits until it is given back.
    AndWaits,
    /// It breaks the oplock without waiting, because it does not access the data.
    WithoutWaiting,
    /// It has waited long enough, and revokes the oplock.
    ForGood,
}

/// Called when the client must give an oplock back. It must not block.
pub(crate) type OnBreak = Box<dyn Fn() + Send + Sync>;

struct Oplock {
    holder: OpenKey,
    kind: OplockKind,
    breaking: bool,
    on_break: OnBreak,
}

impl fmt::Debug for Oplock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { holder, kind, breaking, on_break: _ } = self;
        write!(f, "{kind:?} of {holder:?}, {}", if *breaking { "breaking" } else { "held" })
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Node {
    /// Which file.
    pub(crate) key: FileKey,
    state: Mutex<NodeState>,
}

/// The state that all opens of a file share.
#[derive(Debug)]
pub(crate) struct NodeState {
    /// Its path; a rename through the share changes it.
    pub(crate) path: SharePath,
    /// Whether the file is deleted with its last open, and refuses new ones.
    pub(crate) delete_pending: bool,
    /// Its byte-range locks.
    pub(crate) locks: Locks<OpenKey>,
    opens: Vec<(OpenKey, Sharing)>,
    oplock: Option<Oplock>,
}

impl Node {
    /// Locks and returns its state.
    pub(crate) fn state(&self) -> MutexGuard<'_, NodeState> {
        // Each change is one step, so a panic elsewhere leaves no inconsistent state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeState {
    /// Adds an open, unless the file is being deleted or the share modes conflict.
    ///
    /// # Errors
    /// - `STATUS_DELETE_PENDING`: the file is being deleted.
    /// - `STATUS_SHARING_VIOLATION`: the share modes conflict.
    /// - `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the holder of the oplock must give it back first.
    pub(crate) fn join(&mut self, open: OpenKey, sharing: Sharing, breaks: Breaks) -> Result<(), NtStatus> {
        if self.delete_pending {
            return Err(NtStatus::DELETE_PENDING);
        }
        let conflict = !self.opens.iter().all(|(_, other)| other.goes_with(sharing));
        if breaks == Breaks::ForGood {
            self.oplock = None;
        }
        if let Some(oplock) = self.oplock.as_mut().filter(|_| breaks != Breaks::Nothing)
            // Only with a batch oplock may a client keep a file open that its programs have closed.
            && (oplock.kind == OplockKind::Batch || !conflict)
        {
            if !oplock.breaking {
                oplock.breaking = true;
                (oplock.on_break)();
            }
            if breaks == Breaks::AndWaits {
                return Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS);
            }
        }
        if conflict {
            return Err(NtStatus::SHARING_VIOLATION);
        }
        self.opens.push((open, sharing));
        Ok(())
    }

    /// Grants `open` an oplock if no other open exists. `on_break` is called when it must be given back.
    pub(crate) fn give_oplock(&mut self, open: OpenKey, kind: OplockKind, on_break: OnBreak) -> bool {
        let alone = self.opens.len() == 1 && self.oplock.is_none() && self.locks.is_empty();
        if alone {
            self.oplock = Some(Oplock { holder: open, kind, breaking: false, on_break });
        }
        alone
    }

    /// Takes back the oplock of `open` after a break; false if no break was requested.
    pub(crate) fn take_oplock_back(&mut self, open: OpenKey) -> bool {
        self.oplock.take_if(|oplock| oplock.holder == open && oplock.breaking).is_some()
    }
}

/// All open files of a share.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    table: Mutex<HashMap<FileKey, Arc<Node>>>,
}

impl Nodes {
    fn table(&self) -> MutexGuard<'_, HashMap<FileKey, Arc<Node>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an open to the file's node; the first open creates it.
    ///
    /// # Errors
    /// As [`NodeState::join`].
    pub(crate) fn join(
        &self,
        key: FileKey,
        path: &SharePath,
        open: OpenKey,
        sharing: Sharing,
        breaks: Breaks,
    ) -> Result<Arc<Node>, NtStatus> {
        let mut table = self.table();
        let node = table.entry(key).or_insert_with(|| {
            let path = path.clone();
            let (locks, opens, oplock) = (Locks::default(), Vec::new(), None);
            let state = NodeState { path, delete_pending: false, locks, opens, oplock };
            Arc::new(Node { key, state: Mutex::new(state) })
        });
        node.state().join(open, sharing, breaks)?;
        Ok(Arc::clone(node))
    }

    /// Removes an open and its locks; returns whether locks were released and whether it was the last one.
    pub(crate) fn leave(&self, node: &Node, open: OpenKey) -> Left {
        let mut table = self.table();
        let mut state = node.state();
        state.opens.retain(|(key, _)| *key != open);
        let gave_back = state.oplock.take_if(|oplock| oplock.holder == open).is_some();
        let freed = state.locks.release(open) > 0 || gave_back;
        let last = state.opens.is_empty();
        if last {
            table.remove(&node.key);
        }
        Left { freed, last }
    }

    /// Returns the node of a file, if it is open.
    #[must_use]
    pub(crate) fn get(&self, key: FileKey) -> Option<Arc<Node>> {
        self.table().get(&key).cloned()
    }

    /// Returns whether a file or folder below `folder` is open.
    #[must_use]
    pub(crate) fn any_below(&self, folder: &SharePath) -> bool {
        let below = |path: &SharePath| {
            let (path, folder) = (path.components(), folder.components());
            path.len() > folder.len() && path.starts_with(folder)
        };
        self.table().values().any(|node| below(&node.state().path))
    }

    /// How many files are open.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.table().len()
    }
}

/// The effect of removing an open from its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Byte-range locks or an oplock were released: waiting requests may retry.
    pub(crate) freed: bool,
    /// No other open of the file is left.
    pub(crate) last: bool,
}
