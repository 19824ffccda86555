//! Files that are open, each once however many opens it has: who shares it, what is locked, whether it goes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession_wire::NtStatus;

use super::info::FileKey;
use super::locks::Locks;
use super::name::SharePath;
use super::sharing::Sharing;

/// Names an open of a disk share for as long as the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpenKey(pub u64);

/// A file that is open.
#[derive(Debug)]
pub struct Node {
    /// Which file.
    pub key: FileKey,
    state: Mutex<NodeState>,
}

/// What all opens of a file have in common.
#[derive(Debug)]
pub struct NodeState {
    /// Where it is; a rename through the share changes it.
    pub path: SharePath,
    /// Set: no more opens, and the file goes with its last one.
    pub delete_pending: bool,
    /// Its byte-range locks.
    pub locks: Locks<OpenKey>,
    opens: Vec<(OpenKey, Sharing)>,
}

impl Node {
    /// Its state, for as long as nobody else needs it.
    pub fn state(&self) -> MutexGuard<'_, NodeState> {
        // A panic elsewhere leaves no half-made state here: each change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeState {
    /// Adds an open, where the file is not about to go and the share modes agree.
    ///
    /// # Errors
    /// `STATUS_DELETE_PENDING`, `STATUS_SHARING_VIOLATION`.
    pub fn join(&mut self, open: OpenKey, sharing: Sharing) -> Result<(), NtStatus> {
        if self.delete_pending {
            return Err(NtStatus::DELETE_PENDING);
        }
        if !self.opens.iter().all(|(_, other)| other.goes_with(sharing)) {
            return Err(NtStatus::SHARING_VIOLATION);
        }
        self.opens.push((open, sharing));
        Ok(())
    }

    /// How many opens there are.
    #[must_use]
    pub fn opens(&self) -> usize {
        self.opens.len()
    }
}

/// All open files of a share.
#[derive(Debug, Default)]
pub struct Nodes {
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
    pub fn join(
        &self,
        key: FileKey,
        path: &SharePath,
        open: OpenKey,
        sharing: Sharing,
    ) -> Result<Arc<Node>, NtStatus> {
        let mut table = self.table();
        let node = table.entry(key).or_insert_with(|| {
            let path = path.clone();
            let state = NodeState { path, delete_pending: false, locks: Locks::default(), opens: Vec::new() };
            Arc::new(Node { key, state: Mutex::new(state) })
        });
        node.state().join(open, sharing)?;
        Ok(Arc::clone(node))
    }

    /// Takes an open away with its locks, and says whether locks were freed and whether it was the last one.
    pub fn leave(&self, node: &Node, open: OpenKey) -> Left {
        let mut table = self.table();
        let mut state = node.state();
        state.opens.retain(|(key, _)| *key != open);
        let freed = state.locks.release(open) > 0;
        let last = state.opens.is_empty();
        if last {
            table.remove(&node.key);
        }
        Left { freed, last }
    }

    /// The node of a file, where it is open.
    #[must_use]
    pub fn get(&self, key: FileKey) -> Option<Arc<Node>> {
        self.table().get(&key).cloned()
    }

    /// Whether anything below `folder` is open.
    #[must_use]
    pub fn any_below(&self, folder: &SharePath) -> bool {
        let below = |path: &SharePath| {
            let (path, folder) = (path.components(), folder.components());
            path.len() > folder.len() && path.starts_with(folder)
        };
        self.table().values().any(|node| below(&node.state().path))
    }

    /// How many files are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table().len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What happened when an open left its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Byte-range locks were freed: who waits may ask again.
    pub freed: bool,
    /// Nobody has the file open any more.
    pub last: bool,
}
