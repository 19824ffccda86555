//! [`Nodes`]: the open files of all shares. A [`Node`] has the share modes, locks and oplocks of all opens of a file.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsession_smb::fscc::AccessMask;
use netsession_smb::msg::create_context::{Lease, LeaseState};
use netsession_wire::NtStatus;

use super::caching_client::CachingClient;
use super::file_name::Name;
use super::folder::Folder;
use super::info::FileKey;
use super::lease::LeaseId;
use super::locks::Locks;
use super::name::SharePath;
use super::open_key::OpenKey;
use super::oplock::{Breaks, OplockKind};
use super::oplocks::{Arrival, Effect, Oplocks};
use super::sharing::Sharing;
use super::times::DelayedWrite;

/// An open file.
#[derive(Debug)]
pub(crate) struct Node {
    /// Which file.
    pub(crate) key: FileKey,
    /// The file whose named stream this is.
    pub(super) stream_of: Option<FileKey>,
    state: Mutex<NodeState>,
}

/// The state that all opens of a file share.
#[derive(Debug, Default)]
pub(crate) struct NodeState {
    /// Its byte-range locks.
    pub(crate) locks: Locks<OpenKey>,
    opens: BTreeMap<OpenKey, Member>,
    /// The names that the server deletes with their last open. Nobody can open them.
    deleted: Vec<Name>,
    /// Its oplocks.
    pub(super) oplocks: Oplocks,
    /// The LastWriteTime that clients see for a while after a write.
    pub(super) delayed_write: Option<DelayedWrite>,
}

/// An open among those of its file.
#[derive(Debug)]
pub(crate) struct Member {
    /// Which open.
    pub(crate) key: OpenKey,
    /// Its rights and share mode.
    pub(crate) sharing: Sharing,
    /// The lease that its client has asked for.
    pub(crate) lease: Option<LeaseId>,
    /// The name that the client opened; a rename of that name through the share changes it. With hard links, symbolic links
    /// and shares inside shares, other opens of the file can have other names.
    pub(crate) name: Name,
}

impl Member {
    /// Returns whether it needs nothing that a lease caches ([MS-FSA] 2.1.4.12).
    fn only_looks(&self) -> bool {
        let looks = AccessMask::READ_ATTRIBUTES | AccessMask::WRITE_ATTRIBUTES;
        (looks | AccessMask::READ_CONTROL | AccessMask::SYNCHRONIZE).contains(self.sharing.access)
    }
}

impl Node {
    /// Locks and returns its state.
    pub(crate) fn state(&self) -> MutexGuard<'_, NodeState> {
        // Each change is one step, so a panic elsewhere leaves no inconsistent state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeState {
    /// Adds an open, unless its name is being deleted or the share modes conflict.
    ///
    /// # Errors
    /// - `STATUS_DELETE_PENDING`: the name is being deleted.
    /// - `STATUS_SHARING_VIOLATION`: the share modes conflict.
    /// - `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the holder of the oplock must give it back first.
    pub(crate) fn join(&mut self, open: Member, breaks: Breaks, effect: Effect) -> Result<(), NtStatus> {
        if self.is_deleted_name(&open.name) {
            return Err(NtStatus::DELETE_PENDING);
        }
        let conflicts = !self.opens.values().all(|other| other.sharing.goes_with(open.sharing));
        let spares_leases = open.only_looks() && !effect.overwrites;
        self.oplocks.open(Arrival { lease: open.lease, breaks, effect, conflicts, spares_leases })?;
        if conflicts {
            return Err(NtStatus::SHARING_VIOLATION);
        }
        self.opens.insert(open.key, open);
        Ok(())
    }

    /// Returns the path of an open; it is empty after the open was removed.
    #[must_use]
    pub(crate) fn path_of(&self, open: OpenKey) -> SharePath {
        self.member(open).map_or_else(SharePath::default, |member| member.name.path.clone())
    }

    /// Returns whether the server deletes this name of the file with its last open.
    #[must_use]
    pub(crate) fn is_deleted_name(&self, name: &Name) -> bool {
        self.deleted.iter().any(|deleted| deleted.is_same(name))
    }

    /// Returns whether the server deletes the name of an open with the last open of that name.
    #[must_use]
    pub(crate) fn is_deleted(&self, open: OpenKey) -> bool {
        self.member(open).is_some_and(|member| self.is_deleted_name(&member.name))
    }

    /// Marks the name of an open for deletion, or removes the mark.
    pub(crate) fn set_deleted(&mut self, open: OpenKey, delete: bool) {
        let Some(name) = self.member(open).map(|member| member.name.clone()) else { return };
        self.deleted.retain(|deleted| !deleted.is_same(&name));
        if delete {
            self.deleted.push(name);
        }
    }

    /// Returns whether an open has this name.
    #[must_use]
    pub(crate) fn is_open_as(&self, name: &Name) -> bool {
        self.opens.values().any(|member| member.name.is_same(name))
    }

    /// Returns whether the file has one open.
    #[must_use]
    pub(crate) fn is_alone(&self) -> bool {
        self.opens.len() == 1
    }

    /// Returns whether an open is below this folder.
    fn is_below(&self, folder: &Name) -> bool {
        self.opens.values().any(|member| member.name.is_below(folder))
    }

    /// Gives every open of a name its new name. An open through another share that does not show the new name keeps its path.
    pub(crate) fn rename(&mut self, from: &Name, to: &Name) {
        for name in self.opens.values_mut().map(|member| &mut member.name).filter(|name| name.is_same(from)) {
            name.path = to.path_in(&name.folder).unwrap_or_else(|| std::mem::take(&mut name.path));
        }
        self.deleted.iter_mut().filter(|name| name.is_same(from)).for_each(|name| name.clone_from(to));
    }

    /// Removes an open. Returns its name if the name must be deleted now.
    fn remove(&mut self, open: OpenKey) -> Option<Name> {
        let Member { name, .. } = self.opens.remove(&open)?;
        if self.is_open_as(&name) {
            return None;
        }
        let place = self.deleted.iter().position(|deleted| deleted.is_same(&name))?;
        Some(self.deleted.swap_remove(place))
    }

    fn member(&self, open: OpenKey) -> Option<&Member> {
        self.opens.get(&open)
    }

    /// Returns the share of an open with this lease, other than one whose name is being deleted.
    #[must_use]
    pub(super) fn share_with_lease(&self, id: LeaseId) -> Option<Arc<Folder>> {
        let has_it = |member: &&Member| member.lease == Some(id) && !self.is_deleted_name(&member.name);
        self.opens.values().find(has_it).map(|member| Arc::clone(&member.name.folder))
    }

    /// Ends handle caching by others, for a request of this open.
    ///
    /// # Errors
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the request must wait.
    pub(crate) fn end_handle_caching(&mut self, open: OpenKey, breaks: Breaks) -> Result<(), NtStatus> {
        let own = self.member(open).and_then(|member| member.lease);
        self.oplocks.end_handle_caching(own, breaks)
    }

    /// Ends the caching of data by others, before an open changes the data.
    pub(crate) fn change_data(&mut self, open: OpenKey) {
        let own = self.member(open).and_then(|member| member.lease);
        self.oplocks.change_data(own);
    }

    /// Adds an open to the lease that its client has asked for, and returns the lease; `None` if it has asked for none.
    pub(crate) fn grant_lease(
        &mut self,
        open: OpenKey,
        request: &Lease,
        client: Box<dyn CachingClient>,
    ) -> Option<Lease> {
        let id = self.member(open)?.lease?;
        let mut most = if self.locks.is_empty() { LeaseState::all() } else { LeaseState::empty() };
        if !self.opens.values().all(|member| member.lease == Some(id) || member.only_looks()) {
            most.remove(LeaseState::WRITE_CACHING);
        }
        Some(self.oplocks.grant_lease(open, id, request, most, client))
    }

    /// Grants `open` an oplock of this kind, or of level II if it is not the only open, or none.
    pub(crate) fn grant_oplock(
        &mut self,
        open: OpenKey,
        kind: OplockKind,
        client: Box<dyn CachingClient>,
    ) -> Option<OplockKind> {
        let is_alone = self.is_alone();
        match self.locks.is_empty() {
            true => self.oplocks.grant(open, kind, is_alone, client),
            false => None,
        }
    }
}

/// All open files.
#[derive(Debug, Default)]
pub(crate) struct Nodes(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    nodes: HashMap<FileKey, Arc<Node>>,
    /// The open named streams of each file that has some.
    streams: HashMap<FileKey, Vec<FileKey>>,
    /// The names to delete with the last open stream of their files. The files themselves are closed.
    doomed: HashMap<FileKey, Name>,
}

impl Table {
    /// Checks that nobody deletes a file while somebody has a stream of it open and does not share that ([MS-FSA]
    /// 2.1.5.1.2.1).
    fn check_deletion(
        &self,
        file: FileKey,
        stream_of: Option<FileKey>,
        open: Sharing,
    ) -> Result<(), NtStatus> {
        let any = |key: &FileKey, is_it: fn(Sharing) -> bool| {
            let node = self.nodes.get(key);
            node.is_some_and(|node| node.state().opens.values().any(|member| is_it(member.sharing)))
        };
        let conflicts = match stream_of {
            Some(file) => open.forbids_deletion() && any(&file, Sharing::can_delete),
            None if open.can_delete() => {
                let mut streams = self.streams.get(&file).into_iter().flatten();
                streams.any(|stream| any(stream, Sharing::forbids_deletion))
            }
            None => false,
        };
        if conflicts { Err(NtStatus::SHARING_VIOLATION) } else { Ok(()) }
    }

    /// Checks that the name is not one that the server deletes with the last stream of the file.
    fn check_doomed(&self, file: FileKey, name: &Name) -> Result<(), NtStatus> {
        match self.doomed.get(&file).is_some_and(|doomed| doomed.is_same(name)) {
            true => Err(NtStatus::DELETE_PENDING),
            false => Ok(()),
        }
    }

    /// Makes clients that only cache handles of a file's streams close them. An open of a lost connection closes then.
    fn end_handle_caching_of_streams(&self, file: FileKey) {
        let streams = self.streams.get(&file).into_iter().flatten();
        for node in streams.filter_map(|stream| self.nodes.get(stream)) {
            _ = node.state().oplocks.end_handle_caching(None, Breaks::WithoutWaiting);
        }
    }

    /// Removes a node without an open. Returns the name of the file to delete, if that waited for the last stream.
    fn remove(&mut self, node: &Node) -> Option<Name> {
        self.nodes.remove(&node.key);
        let file = node.stream_of?;
        let streams = self.streams.get_mut(&file)?;
        streams.retain(|stream| *stream != node.key);
        if !streams.is_empty() {
            return None;
        }
        self.streams.remove(&file);
        self.doomed.remove(&file)
    }
}

impl Nodes {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an open to the node of the file, or of the named stream of a file; the first open creates it.
    ///
    /// # Errors
    /// As [`NodeState::join`]; `STATUS_DELETE_PENDING` if the file is deleted with its last open stream.
    pub(crate) fn join(
        &self,
        (key, stream_of): (FileKey, Option<FileKey>),
        open: Member,
        breaks: Breaks,
        effect: Effect,
    ) -> Result<Arc<Node>, NtStatus> {
        let mut table = self.table();
        table.check_doomed(stream_of.unwrap_or(key), &open.name)?;
        table.check_deletion(key, stream_of, open.sharing)?;
        if let Some(node) = table.nodes.get(&key) {
            node.state().join(open, breaks, effect)?;
            return Ok(Arc::clone(node));
        }
        let node = Arc::new(Node { key, stream_of, state: Mutex::default() });
        node.state().join(open, breaks, effect)?;
        table.nodes.insert(key, Arc::clone(&node));
        if let Some(file) = stream_of {
            table.streams.entry(file).or_default().push(key);
        }
        Ok(node)
    }

    /// Removes an open and its locks. A file with open streams keeps its name until they are closed.
    pub(crate) fn leave(&self, node: &Node, open: OpenKey) -> Left {
        let mut table = self.table();
        let mut state = node.state();
        let mut deleted = state.remove(open);
        state.delayed_write.take_if(|delayed| delayed.by == open);
        let gave_back = state.oplocks.release(open);
        let freed = state.locks.release(open) > 0 || gave_back;
        let is_unused = state.opens.is_empty();
        drop(state);
        if table.streams.contains_key(&node.key)
            && let Some(name) = deleted.take()
        {
            table.doomed.insert(node.key, name);
            table.end_handle_caching_of_streams(node.key);
        }
        let deleted_file = if is_unused { table.remove(node) } else { None };
        Left { freed, deleted, deleted_file }
    }

    /// Returns whether the server deletes the file of a stream with its last open stream.
    #[must_use]
    pub(crate) fn is_of_doomed_file(&self, stream: &Node) -> bool {
        stream.stream_of.is_some_and(|file| self.table().doomed.contains_key(&file))
    }

    /// Returns the node of a file, if it is open.
    #[must_use]
    pub(crate) fn get(&self, key: FileKey) -> Option<Arc<Node>> {
        self.table().nodes.get(&key).cloned()
    }

    /// Returns whether a file or folder below `folder` is open.
    #[must_use]
    pub(crate) fn any_below(&self, folder: &Name) -> bool {
        self.table().nodes.values().any(|node| node.state().is_below(folder))
    }

    /// Ends handle caching of every file below `folder`.
    ///
    /// # Errors
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the request must wait.
    pub(crate) fn end_handle_caching_below(&self, folder: &Name, breaks: Breaks) -> Result<(), NtStatus> {
        let mut ended = Ok(());
        for node in self.table().nodes.values() {
            let mut state = node.state();
            if state.is_below(folder) {
                ended = ended.and(state.oplocks.end_handle_caching(None, breaks));
            }
        }
        ended
    }

    /// Gives the open streams of a file its new name.
    pub(crate) fn rename_streams(&self, from: &Name, to: &Name) {
        self.table().nodes.values().for_each(|node| node.state().rename(from, to));
    }

    /// Returns whether an open of this folder keeps files from getting a new name in it.
    #[must_use]
    pub(crate) fn excludes_new_names(&self, key: FileKey) -> bool {
        let excludes = |member: &Member| !member.sharing.goes_with(Sharing::OF_NEW_NAME);
        self.get(key).is_some_and(|node| node.state().opens.values().any(excludes))
    }

    /// Returns how many files are open in a share.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn count_in(&self, folder: &Arc<Folder>) -> usize {
        let is_in = |member: &Member| Arc::ptr_eq(&member.name.folder, folder);
        let is_open = |node: &&Arc<Node>| node.state().opens.values().any(is_in);
        self.table().nodes.values().filter(is_open).count()
    }
}

/// The effect of removing an open from its node.
#[derive(Debug)]
pub(crate) struct Left {
    /// The open released byte-range locks or an oplock: waiting requests may retry.
    pub(crate) freed: bool,
    /// The name to delete now: it was marked, and no other open of that name is left.
    pub(crate) deleted: Option<Name>,
    /// The name of the file to delete now: it waited for the last open stream.
    pub(crate) deleted_file: Option<Name>,
}
