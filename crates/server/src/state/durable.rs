//! Durable opens: files that stay open for a while after their client has lost its connection ([MS-SMB2] 3.3.1.10,
//! 3.3.7.1). Only the same user can reclaim one, and only from a client with the same GUID.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use netsession_smb::msg::SessionId;
use netsession_smb::msg::create_context::Lease;
use netsession_wire::name::is_same_name;
use netsession_wire::{Guid, NtStatus};

use super::{Durable, Holder, Object, Open, OpenNumber, Session, Share, Tree};
use crate::budget::{Budget, Part};
use crate::fs;
use crate::fs::locks::{Mode, Range};

/// The most opens that wait for clients that have lost their connections. A user can take half of it, and less while others
/// take much.
const MOST: usize = if cfg!(test) { 16 } else { 2048 };
/// The size of the table of GUIDs at which those of opens that no longer exist are removed.
const FEW_GUIDS: usize = 64;

/// The durable opens of a server.
#[derive(Debug)]
pub(crate) struct Durables {
    lost: Mutex<BTreeMap<OpenNumber, Lost>>,
    /// Locked while a session loses its connection: its opens are in neither table for a moment.
    losing: Mutex<()>,
    /// The opens by the GUIDs of their client and of their CREATE request.
    by_guid: Mutex<ByGuid>,
    /// The GUIDs of the CREATE requests that wait for an oplock.
    waiting: Mutex<HashSet<(Guid, Guid)>>,
    budget: Arc<Budget>,
    /// Notified when an open begins to wait, and when it may no longer wait because somebody else needs its file.
    pub(crate) changed: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct ByGuid {
    opens: HashMap<(Guid, Guid), Weak<Open>>,
    sweep_at: usize,
}

/// An open that waits for its client.
#[derive(Debug)]
struct Lost {
    open: Arc<Open>,
    /// The session that has lost it.
    holder: Arc<Holder>,
    /// When the server closes it, by its uptime.
    until: Duration,
    _part: Part,
}

/// What a client sends to reclaim an open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reclaim {
    /// The open.
    pub(crate) number: OpenNumber,
    /// The client's own identifier.
    pub(crate) client: Guid,
    /// The identifier of the CREATE request; `None` for a durable open of version 1.
    pub(crate) create: Option<Guid>,
}

impl Default for Durables {
    fn default() -> Self {
        Self {
            lost: Mutex::default(),
            losing: Mutex::default(),
            by_guid: Mutex::default(),
            waiting: Mutex::default(),
            budget: Budget::new(MOST),
            changed: tokio::sync::Notify::new(),
        }
    }
}

impl Reclaim {
    /// Checks that a client may reclaim an open: it belongs to one client, also without a lease.
    fn check(&self, open: &Open, name: &str, requested: Option<Lease>) -> Result<(), NtStatus> {
        let Object::File(file) = &open.object else { return Err(NtStatus::OBJECT_NAME_NOT_FOUND) };
        // Version 1 of the request names no GUID, and an open of version 1 has the GUID zero.
        let is_named =
            |durable: &Durable| self.create.is_none_or(|create| create == durable.create.unwrap_or_default());
        let durable = open.durable.filter(is_named);
        durable.filter(|durable| durable.client == self.client).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        let Some(lease) = file.lease() else {
            return if requested.is_none() { Ok(()) } else { Err(NtStatus::OBJECT_NAME_NOT_FOUND) };
        };
        let has_lease = requested.is_some_and(|requested| {
            requested.lease_key == lease.lease_key && requested.v2.is_some() == lease.v2.is_some()
        });
        if !has_lease {
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
        }
        if is_same_name(name, &open.path()) { Ok(()) } else { Err(NtStatus::INVALID_PARAMETER) }
    }
}

/// Returns whether the client of a lost connection may still use its open.
fn is_kept(open: &Open) -> bool {
    open.durable.is_some() && matches!(&open.object, Object::File(file) if file.is_durable())
}

impl Durables {
    fn lost(&self) -> MutexGuard<'_, BTreeMap<OpenNumber, Lost>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks out [`Durables::take_of`], from before a session leaves its table until [`Durables::keep`] has its opens.
    pub(super) fn losing(&self) -> MutexGuard<'_, ()> {
        self.losing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn by_guid(&self) -> MutexGuard<'_, ByGuid> {
        self.by_guid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the durable opens of a session that has lost its connection or has logged off; returns the others, which must be closed. If the
    /// user has too many, the rest is closed, too.
    pub(super) fn keep(&self, session: &Session, opens: Vec<Arc<Open>>, now: Duration) -> Vec<Arc<Open>> {
        let mut rest = Vec::new();
        let holder = Arc::new(Holder::of(session));
        for open in opens {
            let part = open.durable.filter(|_| is_kept(&open)).and_then(|durable| {
                let part = self.budget.take(&session.user, 1)?;
                Some((part, now.saturating_add(durable.timeout)))
            });
            let Some((part, until)) = part else {
                rest.push(open);
                continue;
            };
            open.attachment.set(None);
            let (kept, holder) = (Arc::clone(&open), Arc::clone(&holder));
            self.lost().insert(open.number, Lost { open: kept, holder, until, _part: part });
            // From now on, nobody is asked to give the oplock up, so check this again.
            if !is_kept(&open) {
                self.lost().remove(&open.number);
                rest.push(open);
            }
        }
        if !self.lost().is_empty() {
            self.changed.notify_one();
        }
        rest
    }

    /// Gives an open to the client that reclaims it with this file's name and lease ([MS-SMB2] 3.3.5.9.7, 3.3.5.9.12).
    ///
    /// # Errors
    /// - `STATUS_OBJECT_NAME_NOT_FOUND`: no such open waits for a client in this share.
    /// - `STATUS_INVALID_PARAMETER`: the lease is that of another file.
    /// - `STATUS_ACCESS_DENIED`: another user has opened it.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the session has too many opens.
    pub(crate) fn reclaim(
        &self,
        reclaim: Reclaim,
        (name, lease): (&str, Option<Lease>),
        session: &Session,
        tree: &Tree,
    ) -> Result<Arc<Open>, NtStatus> {
        let mut lost = self.lost();
        let open = lost.get(&reclaim.number).map(|lost| &lost.open).filter(|open| is_kept(open));
        let open = open.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
        reclaim.check(open, name, lease)?;
        if !Arc::ptr_eq(&open.share, &tree.share) {
            return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
        }
        if open.user != session.user {
            return Err(NtStatus::ACCESS_DENIED);
        }
        let open = Arc::clone(open);
        open.attach(tree.id);
        open.attachment.set(Some((session.id, &session.channels)));
        let is_opened = session.opened(&open);
        if is_opened && is_kept(&open) {
            lost.remove(&reclaim.number);
            return Ok(open);
        }
        // The session has no room, or somebody needs the file since a moment ago.
        if is_opened {
            session.close(open.number);
        }
        open.set_closed();
        open.attachment.set(None);
        match is_opened {
            true => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
            false => Err(NtStatus::INSUFFICIENT_RESOURCES),
        }
    }

    /// Remembers an open by the GUID of its CREATE request, in case the client repeats the request.
    pub(crate) fn remember(&self, open: &Arc<Open>) {
        let Some(Durable { client, create: Some(create), .. }) = open.durable else { return };
        let mut by_guid = self.by_guid();
        if by_guid.opens.len() >= by_guid.sweep_at {
            by_guid.opens.retain(|_, open| open.strong_count() > 0);
            by_guid.sweep_at = by_guid.opens.len().saturating_mul(2).max(FEW_GUIDS);
        }
        by_guid.opens.insert((client, create), Arc::downgrade(open));
    }

    /// Returns the open that a client's CREATE request with this GUID has made, if it is still open and the client has not
    /// used it.
    pub(crate) fn find(&self, client: Guid, create: Guid) -> Option<Arc<Open>> {
        let open = self.by_guid().opens.get(&(client, create)).and_then(Weak::upgrade)?;
        if open.is_used.load(Ordering::Relaxed) {
            return None;
        }
        (!open.is_closed() || self.lost().contains_key(&open.number)).then_some(open)
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<(Guid, Guid)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a CREATE request of this client with this GUID waits.
    pub(crate) fn is_waiting(&self, client: Guid, create: Guid) -> bool {
        self.waiting().contains(&(client, create))
    }

    /// Records that a CREATE request waits, until [`Durables::has_waited`].
    pub(crate) fn waits(&self, client: Guid, create: Guid) {
        self.waiting().insert((client, create));
    }

    /// Records that a CREATE request does not wait any more.
    pub(crate) fn has_waited(&self, client: Guid, create: Guid) {
        self.waiting().remove(&(client, create));
    }

    /// Returns the opens that wait for their clients, with the sessions that have lost them.
    pub(super) fn all(&self) -> Vec<(Arc<Open>, Arc<Holder>)> {
        self.lost().values().map(|lost| (Arc::clone(&lost.open), Arc::clone(&lost.holder))).collect()
    }

    /// Returns the sessions of which opens wait for their clients.
    pub(super) fn holders(&self) -> Vec<Holder> {
        let mut holders: BTreeMap<SessionId, Holder> = BTreeMap::new();
        for Lost { holder, .. } in self.lost().values() {
            let entry = holders.entry(holder.session);
            let counted = entry.or_insert_with(|| Holder { opens: 0, ..Holder::clone(holder) });
            counted.opens = counted.opens.saturating_add(1);
        }
        holders.into_values().collect()
    }

    /// Returns the open with this number, if it waits for its client.
    pub(super) fn get(&self, number: OpenNumber) -> Option<Arc<Open>> {
        self.lost().get(&number).map(|lost| Arc::clone(&lost.open))
    }

    /// Removes an open that waits, so that dropping it closes it.
    pub(super) fn remove(&self, number: OpenNumber) -> Option<Arc<Open>> {
        self.lost().remove(&number).map(|lost| lost.open)
    }

    /// Removes the opens that must not wait any more: their time is over, or somebody else needs the file.
    pub(super) fn take_due(&self, now: Duration) -> Vec<Arc<Open>> {
        self.take(|lost| now >= lost.until || !is_kept(&lost.open))
    }

    /// Removes the opens of the sessions that `is_selected` selects.
    pub(super) fn take_of(&self, is_selected: impl Fn(&Holder) -> bool) -> Vec<Arc<Open>> {
        self.take(|lost| is_selected(&lost.holder))
    }

    /// Removes the opens whose locks keep `file` from this range: none if a lock of somebody else does, too.
    pub(super) fn take_locking(&self, file: &fs::Open, range: Range, mode: Mode) -> Vec<Arc<Open>> {
        if self.lost().is_empty() {
            return Vec::new();
        }
        let keys = file.kept_out_by(range, mode);
        let is_in_the_way = |lost: &Lost| matches!(&lost.open.object, Object::File(open) if keys.binary_search(&open.key()).is_ok());
        let count = self.lost().values().filter(|lost| is_in_the_way(lost)).count();
        if count < keys.len() { Vec::new() } else { self.take(is_in_the_way) }
    }

    /// Removes the opens in a share.
    pub(super) fn take_in(&self, share: &Arc<Share>, concerns: impl Fn(&str) -> bool) -> Vec<Arc<Open>> {
        self.take(|lost| Arc::ptr_eq(&lost.open.share, share) && concerns(&lost.open.user))
    }

    /// Removes all opens.
    pub(super) fn take_all(&self) -> Vec<Arc<Open>> {
        self.take(|_| true)
    }

    fn take(&self, which: impl Fn(&Lost) -> bool) -> Vec<Arc<Open>> {
        self.lost().extract_if(.., |_, lost| which(lost)).map(|(_, lost)| lost.open).collect()
    }

    /// Returns when the next open must be closed, by the server's uptime.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.lost().values().map(|lost| lost.until).min()
    }
}
