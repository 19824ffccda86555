//! Files that are open, each once however many opens it has: who shares it, what is locked, whether it goes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession_wire::NtStatus;

use super::info::FileKey;
use super::locks::Locks;
use super::name::SharePath;
use super::sharing::Sharing;

/// Names an open of a disk share for as long as the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OpenKey(pub u64);

/// Whether an open may keep what it has written, and read, to itself ([MS-FSA] 2.1.1.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OplockKind {
    /// For as long as its program has the file open.
    Exclusive,
    /// And after that, in case it is opened again.
    Batch,
}

/// What an open does to another one's oplock ([MS-FSA] 2.1.4.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// It only looks at the file's attributes, or sets them.
    Nothing,
    /// It waits until the oplock is given back.
    AndWaits,
    /// It is about something else than the data, and does not wait.
    WithoutWaiting,
    /// It has waited long enough.
    ForGood,
}

/// Called when an oplock is to be given back. It must not block.
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

/// A file that is open.
#[derive(Debug)]
pub(crate) struct Node {
    /// Which file.
    pub(crate) key: FileKey,
    state: Mutex<NodeState>,
}

/// What all opens of a file have in common.
#[derive(Debug)]
pub(crate) struct NodeState {
    /// Where it is; a rename through the share changes it.
    pub(crate) path: SharePath,
    /// Set: no more opens, and the file goes with its last one.
    pub(crate) delete_pending: bool,
    /// Its byte-range locks.
    pub(crate) locks: Locks<OpenKey>,
    opens: Vec<(OpenKey, Sharing)>,
    oplock: Option<Oplock>,
}

impl Node {
    /// Its state, for as long as nobody else needs it.
    pub(crate) fn state(&self) -> MutexGuard<'_, NodeState> {
        // A panic elsewhere leaves no half-made state here: each change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeState {
    /// Adds an open, where the file is not about to go and the share modes agree.
    ///
    /// # Errors
    /// `STATUS_DELETE_PENDING`, `STATUS_SHARING_VIOLATION`, and `STATUS_OPLOCK_BREAK_IN_PROGRESS` where the one
    /// who has an oplock was told, or had been told before, to give it back.
    pub(crate) fn join(&mut self, open: OpenKey, sharing: Sharing, breaks: Breaks) -> Result<(), NtStatus> {
        if self.delete_pending {
            return Err(NtStatus::DELETE_PENDING);
        }
        let conflict = !self.opens.iter().all(|(_, other)| other.goes_with(sharing));
        if breaks == Breaks::ForGood {
            self.oplock = None;
        }
        if let Some(oplock) = self.oplock.as_mut().filter(|_| breaks != Breaks::Nothing)
            // Only a batch oplock lets a client keep open what its programs have closed.
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

    /// Gives `open` an oplock, where nobody else has the file open. `on_break` is called once it is to be given back.
    pub(crate) fn give_oplock(&mut self, open: OpenKey, kind: OplockKind, on_break: OnBreak) -> bool {
        let alone = self.opens.len() == 1 && self.oplock.is_none() && self.locks.is_empty();
        if alone {
            self.oplock = Some(Oplock { holder: open, kind, breaking: false, on_break });
        }
        alone
    }

    /// Takes the oplock back that `open` was told to give back; false where it was not.
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

    /// Adds an open to the file's node, which is made where it is the first.
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

    /// Takes an open away with its locks, and says whether locks were freed and whether it was the last one.
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

    /// The node of a file, where it is open.
    #[must_use]
    pub(crate) fn get(&self, key: FileKey) -> Option<Arc<Node>> {
        self.table().get(&key).cloned()
    }

    /// Whether anything below `folder` is open.
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

/// What happened when an open left its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Byte-range locks or an oplock were freed: who waits may ask again.
    pub(crate) freed: bool,
    /// Nobody has the file open any more.
    pub(crate) last: bool,
}
