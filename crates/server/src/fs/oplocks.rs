//! [`Oplocks`]: the oplocks and leases of a file ([MS-FSA] 2.1.4.12, 2.1.5.18, 2.1.5.19).

use netsession_smb::msg::create_context::{Lease, LeaseState};
use netsession_wire::NtStatus;

use super::caching_client::CachingClient;
use super::grant::Grant;
use super::lease::{LeaseId, Terms, granted_at_most};
use super::open_key::OpenKey;
use super::oplock::{Breaks, OplockKind};

/// The oplocks and leases of a file.
#[derive(Debug, Default)]
pub(super) struct Oplocks(Vec<Grant>);

/// A new open, as far as the oplocks of others matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// Its own lease, which it does not break.
    pub(super) lease: Option<LeaseId>,
    /// How it affects the others.
    pub(super) breaks: Breaks,
    /// What it does to the file.
    pub(super) effect: Effect,
    /// Whether another open does not share the file with it.
    pub(super) conflicts: bool,
    /// Whether it needs so little that leases stay as they are.
    pub(super) spares_leases: bool,
}

/// What opening a file does to it, at once or when the open is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effect {
    /// It replaces the data.
    pub(crate) overwrites: bool,
    /// It deletes the file on close.
    pub(crate) deletes: bool,
}

impl Arrival {
    /// Returns the caching that a grant loses. Only without handle caching does a client close a file that its programs have
    /// closed.
    fn takes(self, grant: &Grant) -> LeaseState {
        if self.spares_leases && grant.terms().is_some() {
            return LeaseState::empty();
        }
        let handle = match self.effect.deletes && grant.gives_way_to_names() {
            true => LeaseState::HANDLE_CACHING,
            false => LeaseState::empty(),
        };
        handle | self.takes_of_data(grant)
    }

    fn takes_of_data(self, grant: &Grant) -> LeaseState {
        match (self.conflicts, self.effect.overwrites) {
            (true, _) if !grant.state().contains(LeaseState::HANDLE_CACHING) => LeaseState::empty(),
            (true, true) if grant.terms().is_none() => LeaseState::all(),
            (true, _) => LeaseState::HANDLE_CACHING,
            (false, true) => LeaseState::all(),
            (false, false) => LeaseState::WRITE_CACHING,
        }
    }

    /// Returns the caching that it must not meet.
    const fn waits_for(self) -> LeaseState {
        match (self.conflicts, self.effect.deletes) {
            (true, _) => LeaseState::HANDLE_CACHING,
            (false, true) => LeaseState::HANDLE_CACHING.union(LeaseState::WRITE_CACHING),
            (false, false) => LeaseState::WRITE_CACHING,
        }
    }
}

impl Oplocks {
    /// Breaks the oplocks that conflict with a new open.
    ///
    /// # Errors
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the open must wait.
    pub(super) fn open(&mut self, arrival: Arrival) -> Result<(), NtStatus> {
        if arrival.breaks == Breaks::Nothing {
            return Ok(());
        }
        let mut must_wait = false;
        for grant in self.of_others(arrival.lease) {
            if arrival.breaks == Breaks::ForGood {
                grant.revoke();
            }
            grant.lose(arrival.takes(grant));
            let spares = arrival.spares_leases && grant.terms().is_some();
            let is_met = grant.state().intersects(arrival.waits_for()) || grant.delays_opens();
            must_wait |= is_met && !spares;
        }
        self.clean_up();
        match must_wait && arrival.breaks == Breaks::AndWaits {
            true => Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS),
            false => Ok(()),
        }
    }

    /// Ends read caching of everybody but the lease of the open that changes the data, even by an oplock of that open.
    pub(super) fn change_data(&mut self, own: Option<LeaseId>) {
        let others = self.of_others(own);
        let is_shared = |grant: &&mut Grant| {
            grant.terms().is_some() || !grant.state().contains(LeaseState::WRITE_CACHING)
        };
        others.filter(is_shared).for_each(|grant| grant.lose(LeaseState::all()));
        self.clean_up();
    }

    /// Ends handle caching by the leases of others, and by oplocks of clients that have lost their connections, before the file
    /// gets another name or is deleted.
    ///
    /// # Errors
    /// `STATUS_OPLOCK_BREAK_IN_PROGRESS`: the request must wait.
    pub(super) fn end_handle_caching(
        &mut self,
        own: Option<LeaseId>,
        breaks: Breaks,
    ) -> Result<(), NtStatus> {
        let mut must_wait = false;
        for grant in self.of_others(own).filter(|grant| grant.gives_way_to_names()) {
            if breaks == Breaks::ForGood {
                grant.revoke();
            }
            grant.lose(LeaseState::HANDLE_CACHING);
            must_wait |= grant.state().contains(LeaseState::HANDLE_CACHING);
        }
        match must_wait && breaks == Breaks::AndWaits {
            true => Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS),
            false => Ok(()),
        }
    }

    /// Grants an oplock of this kind, or of level II, or none.
    pub(super) fn grant(
        &mut self,
        open: OpenKey,
        kind: OplockKind,
        is_alone: bool,
        client: Box<dyn CachingClient>,
    ) -> Option<OplockKind> {
        let kind = if is_alone { kind } else { OplockKind::LevelTwo };
        // A level II oplock does not go with handle caching, even that of a lease.
        let is_refused = self
            .0
            .iter()
            .any(|grant| grant.state().intersects(LeaseState::WRITE_CACHING | LeaseState::HANDLE_CACHING));
        if is_refused {
            return None;
        }
        self.0.push(Grant::oplock(open, kind, client));
        Some(kind)
    }

    /// Adds an open to a lease, and grants as much of the requested caching as goes with the others. Returns the lease.
    pub(super) fn grant_lease(
        &mut self,
        open: OpenKey,
        id: LeaseId,
        request: &Lease,
        most: LeaseState,
        client: Box<dyn CachingClient>,
    ) -> Lease {
        let possible = granted_at_most(request.lease_state) & most & self.goes_with_others(id);
        if !self.0.iter().any(|grant| is_of(grant, id)) {
            self.0.push(Grant::lease(Terms::new(id, request)));
        }
        let Some(grant) = self.0.iter_mut().find(|grant| is_of(grant, id)) else { return *request };
        grant.join(open, client);
        // A client that caches something gets all that it asks for, or nothing more; and it gives nothing back in this way.
        let is_upgrade = request.lease_state.contains(grant.state());
        let is_whole = grant.state().is_empty() || possible == granted_at_most(request.lease_state);
        if is_upgrade && is_whole && !grant.is_breaking() {
            grant.promote(granted_at_most(possible));
        }
        describe(grant).unwrap_or(*request)
    }

    /// Returns the caching that a lease can have beside the grants of others.
    fn goes_with_others(&self, id: LeaseId) -> LeaseState {
        let mut possible = LeaseState::all();
        for grant in self.0.iter().filter(|grant| !is_of(grant, id)) {
            if grant.state().contains(LeaseState::WRITE_CACHING) {
                return LeaseState::empty();
            }
            if grant.terms().is_none() {
                possible.remove(LeaseState::HANDLE_CACHING);
            }
            possible.remove(LeaseState::WRITE_CACHING);
        }
        possible
    }

    /// Returns the oplock of an open.
    pub(super) fn kind_of(&self, open: OpenKey) -> Option<OplockKind> {
        let grant = self.of_open(open).filter(|grant| grant.terms().is_none())?;
        OplockKind::of(grant.state())
    }

    /// Returns the lease of an open.
    pub(super) fn lease_of(&self, open: OpenKey) -> Option<Lease> {
        self.of_open(open).and_then(describe)
    }

    /// Returns what the client of an open may cache.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn caching_of(&self, open: OpenKey) -> LeaseState {
        self.of_open(open).map_or(LeaseState::empty(), Grant::state)
    }

    /// Returns whether the client may keep the open without a connection: it caches handles, and must give nothing up.
    pub(super) fn keeps_handle(&self, open: OpenKey) -> bool {
        let keeps =
            |grant: &Grant| !grant.is_breaking() && grant.state().contains(LeaseState::HANDLE_CACHING);
        self.of_open(open).is_some_and(keeps)
    }

    /// Lets a client give up its oplock after a break; `kept` is what it would keep. Returns what it keeps.
    ///
    /// # Errors
    /// - `STATUS_INVALID_DEVICE_STATE`: the server is not breaking an oplock of this open.
    /// - `STATUS_INVALID_OPLOCK_PROTOCOL`: the client would keep too much, and keeps nothing.
    pub(super) fn acknowledge(
        &mut self,
        open: OpenKey,
        kept: Option<OplockKind>,
    ) -> Result<Option<OplockKind>, NtStatus> {
        let grant = self.0.iter_mut().find(|grant| grant.terms().is_none() && grant.is_of(open));
        let grant = grant.ok_or(NtStatus::INVALID_DEVICE_STATE)?;
        let is_allowed = kept.is_none_or(|kept| kept == OplockKind::LevelTwo);
        let kept = kept.filter(|_| is_allowed).map_or(LeaseState::empty(), OplockKind::caching);
        grant.acknowledge(kept, NtStatus::INVALID_DEVICE_STATE)?;
        let kind = OplockKind::of(grant.state());
        self.clean_up();
        if is_allowed { Ok(kind) } else { Err(NtStatus::INVALID_OPLOCK_PROTOCOL) }
    }

    /// Lets a client give up caching by a lease after a break; `kept` is what it keeps.
    ///
    /// # Errors
    /// - `STATUS_UNSUCCESSFUL`: the server is not breaking the lease.
    /// - `STATUS_REQUEST_NOT_ACCEPTED`: the client would keep too much.
    pub(super) fn acknowledge_lease(&mut self, id: LeaseId, kept: LeaseState) -> Result<(), NtStatus> {
        let grant = self.0.iter_mut().find(|grant| is_of(grant, id)).ok_or(NtStatus::UNSUCCESSFUL)?;
        grant.acknowledge(kept, NtStatus::UNSUCCESSFUL)
    }

    /// Tells the client of a lease again that it must give up caching.
    pub(super) fn notify_again(&self, id: LeaseId) {
        self.0.iter().filter(|grant| is_of(grant, id)).for_each(Grant::notify_again);
    }

    /// Removes an open; returns whether requests may wait for that.
    pub(super) fn release(&mut self, open: OpenKey) -> bool {
        let Some(grant) = self.0.iter_mut().find(|grant| grant.is_of(open)) else { return false };
        let waits = grant.state().intersects(LeaseState::WRITE_CACHING | LeaseState::HANDLE_CACHING);
        grant.leave(open);
        self.clean_up();
        waits
    }

    fn of_open(&self, open: OpenKey) -> Option<&Grant> {
        self.0.iter().find(|grant| grant.is_of(open))
    }

    fn of_others(&mut self, own: Option<LeaseId>) -> impl Iterator<Item = &mut Grant> {
        self.0.iter_mut().filter(move |grant| own.is_none_or(|own| !is_of(grant, own)))
    }

    fn clean_up(&mut self) {
        self.0.retain(|grant| !grant.is_void());
    }
}

fn is_of(grant: &Grant, id: LeaseId) -> bool {
    grant.terms().is_some_and(|terms| terms.id() == id)
}

fn describe(grant: &Grant) -> Option<Lease> {
    Some(grant.terms()?.describe(grant.state(), grant.is_breaking()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::caching_client::Break;
    use super::*;

    type Broken = Arc<Mutex<Vec<(u64, Option<OplockKind>)>>>;

    fn grant(oplocks: &mut Oplocks, broken: &Broken, holder: u64, kind: OplockKind) -> Option<OplockKind> {
        let broken = Arc::clone(broken);
        let on_break = Box::new(move |what| {
            let Break::Oplock(left) = what else { panic!("an oplock has no lease") };
            broken.lock().unwrap().push((holder, left));
            true
        });
        let is_alone = oplocks.0.is_empty();
        oplocks.grant(OpenKey(holder), kind, is_alone, on_break)
    }

    fn open(
        oplocks: &mut Oplocks,
        breaks: Breaks,
        overwrites: bool,
        conflicts: bool,
    ) -> Result<(), NtStatus> {
        let effect = Effect { overwrites, deletes: false };
        oplocks.open(Arrival { lease: None, breaks, effect, conflicts, spares_leases: false })
    }

    fn broken(broken: &Broken) -> Vec<(u64, Option<OplockKind>)> {
        std::mem::take(&mut *broken.lock().unwrap())
    }

    /// A failure here would let a client read old data from its cache, or take its cache for no reason.
    #[test]
    fn several_clients_cache_what_they_read_until_somebody_writes() {
        let (mut oplocks, seen) = (Oplocks::default(), Broken::default());
        assert_eq!(grant(&mut oplocks, &seen, 1, OplockKind::Batch), Some(OplockKind::Batch));
        assert_eq!(
            open(&mut oplocks, Breaks::AndWaits, false, false),
            Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS)
        );
        assert_eq!(
            open(&mut oplocks, Breaks::AndWaits, false, false),
            Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS)
        );
        assert_eq!(broken(&seen), [(1, Some(OplockKind::LevelTwo))], "it is told once");
        assert_eq!(grant(&mut oplocks, &seen, 2, OplockKind::LevelTwo), None);
        let kept = oplocks.acknowledge(OpenKey(1), Some(OplockKind::LevelTwo));
        assert_eq!(kept, Ok(Some(OplockKind::LevelTwo)));
        assert_eq!(open(&mut oplocks, Breaks::AndWaits, false, false), Ok(()));
        assert_eq!(grant(&mut oplocks, &seen, 2, OplockKind::Exclusive), Some(OplockKind::LevelTwo));
        oplocks.change_data(None);
        assert_eq!(broken(&seen), [(1, None), (2, None)]);
        oplocks.change_data(None);
        assert_eq!(broken(&seen), [], "nobody caches anything");
        let again = oplocks.acknowledge(OpenKey(1), None);
        assert_eq!(again, Err(NtStatus::INVALID_DEVICE_STATE), "that was no question");
    }

    /// A failure here would let a client keep an oplock that another client waits for.
    #[test]
    fn a_client_keeps_no_more_than_the_break_leaves() {
        let seen = Broken::default();
        for (overwrites, kept, expected) in [
            (true, Some(OplockKind::LevelTwo), Ok(None)),
            (false, None, Ok(None)),
            (false, Some(OplockKind::Exclusive), Err(NtStatus::INVALID_OPLOCK_PROTOCOL)),
        ] {
            let mut oplocks = Oplocks::default();
            grant(&mut oplocks, &seen, 1, OplockKind::Exclusive);
            assert!(open(&mut oplocks, Breaks::AndWaits, overwrites, false).is_err());
            assert_eq!(oplocks.acknowledge(OpenKey(1), kept), expected);
            assert_eq!(open(&mut oplocks, Breaks::AndWaits, overwrites, false), Ok(()));
            assert!(oplocks.0.is_empty());
        }
    }

    /// A failure here would make a client wait for an oplock that does not help it, or keep it out although the programs of
    /// the holder have closed the file.
    #[test]
    fn only_a_batch_oplock_can_end_a_conflict_of_share_modes() {
        let (mut oplocks, seen) = (Oplocks::default(), Broken::default());
        grant(&mut oplocks, &seen, 1, OplockKind::Exclusive);
        assert_eq!(open(&mut oplocks, Breaks::AndWaits, false, true), Ok(()));
        assert_eq!(broken(&seen), []);
        let mut oplocks = Oplocks::default();
        grant(&mut oplocks, &seen, 1, OplockKind::Batch);
        assert_eq!(
            open(&mut oplocks, Breaks::AndWaits, false, true),
            Err(NtStatus::OPLOCK_BREAK_IN_PROGRESS)
        );
        assert_eq!(open(&mut oplocks, Breaks::ForGood, false, true), Ok(()));
        assert!(oplocks.0.is_empty(), "it was silent for too long");
    }
}
