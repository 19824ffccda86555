//! [`Leases`]: the file of each lease of the server ([MS-SMB2] 3.3.1.11).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use netsession_smb::msg::create_context::LeaseState;
use netsession_wire::NtStatus;

use super::disk::Disk;
use super::files::Files;
use super::folder::{Event, Folder};
use super::info::FileKey;
use super::lease::LeaseId;
use super::node::Node;

/// The size of the table at which leases that no longer exist are removed.
const FEW: usize = 64;

/// The files of all leases. A lease of which no open is left no longer counts.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    files: HashMap<LeaseId, Place>,
    sweep_at: usize,
}

/// A lease that a request names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseClaim<'a> {
    /// Which lease.
    pub(crate) id: LeaseId,
    /// The leases of the server.
    pub(crate) leases: &'a Leases,
}

impl LeaseClaim<'_> {
    /// As [`Leases::claim`].
    pub(super) fn claim(&self, disk: &Arc<Disk>, file: FileKey) -> Result<(), NtStatus> {
        self.leases.claim(self.id, disk, file)
    }
}

/// A file of the server, whatever the share.
#[derive(Debug, Clone)]
struct Place {
    files: Weak<Files>,
    file: FileKey,
}

impl Place {
    /// Returns the file and the share of an open of it, if one has this lease.
    fn find(&self, id: LeaseId) -> Option<(Arc<Folder>, Arc<Node>)> {
        let node = self.files.upgrade()?.nodes.get(self.file)?;
        let folder = node.state().share_with_lease(id)?;
        Some((folder, node))
    }
}

impl Leases {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the client opens this file with the lease.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: the client has the lease for another file ([MS-SMB2] 3.3.5.9.8).
    fn claim(&self, id: LeaseId, disk: &Arc<Disk>, file: FileKey) -> Result<(), NtStatus> {
        let mut table = self.table();
        let files = Arc::downgrade(&disk.files);
        let is_here = |place: &Place| place.file == file && place.files.ptr_eq(&files);
        if table.files.get(&id).is_some_and(|place| !is_here(place) && place.find(id).is_some()) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if table.files.len() >= table.sweep_at {
            table.files.retain(|id, place| place.find(*id).is_some());
            table.sweep_at = table.files.len().saturating_mul(2).max(FEW);
        }
        table.files.insert(id, Place { files, file });
        Ok(())
    }

    /// Lets a client give up caching after a break; `kept` is what it keeps.
    ///
    /// # Errors
    /// - `STATUS_OBJECT_NAME_NOT_FOUND`: the client has no such lease.
    /// - `STATUS_UNSUCCESSFUL`: the server is not breaking it.
    /// - `STATUS_REQUEST_NOT_ACCEPTED`: the client would keep too much.
    pub(crate) fn acknowledge(&self, id: LeaseId, kept: LeaseState) -> Result<(), NtStatus> {
        let (folder, node) = self.find(id).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        node.state().oplocks.acknowledge_lease(id, kept)?;
        folder.notify(Event::Unlocked(node.key));
        Ok(())
    }

    /// Notifies the client again of a break, because it did not receive the first notification.
    pub(crate) fn notify_again(&self, id: LeaseId) {
        if let Some((_, node)) = self.find(id) {
            node.state().oplocks.notify_again(id);
        }
    }

    fn find(&self, id: LeaseId) -> Option<(Arc<Folder>, Arc<Node>)> {
        let place = self.table().files.get(&id).cloned()?;
        place.find(id)
    }
}
